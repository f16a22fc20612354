"""Small things that were wrong once, each by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.analysis.contract import Inputs
from karwan.analysis.indicators import trade_indicators
from karwan.analysis.ports import room_and_use
from karwan.analysis.published_potential import published_potential
from karwan.analysis.target_answer import answer_target
from karwan.analysis.target_promises import scenario_notes
from karwan.analysis.trade_flows import newest_turnover, trade_flows
from karwan.analysis.trade_requests import IndicatorRequest, TargetRequest
from karwan.analysis.world_flows import distance_measure, read_distances
from karwan.case import Case
from karwan.case.case import AppliedScenario
from karwan.cli.app import app
from karwan.project import Project
from karwan.report.workbook import _NUMBER
from karwan.schema.results import result_table
from karwan.words import sentences

RUN = CliRunner(env={"COLUMNS": "200"})


def test_a_panel_that_is_given_is_not_asked_for(kaz_pak: Case, tmp_path: Path) -> None:
    """Where no pair of the panel is comparable the answer says so of the panel, and does not ask for one."""
    path = tmp_path / "panel.csv"
    rows = [
        f"{a},{b},{year},{50 + 10 * k}"
        for k, year in enumerate(range(2000, 2012))
        for a, b in (("FRA", "DEU"), ("DEU", "FRA"))
    ]
    path.write_text("\n".join(["exp,imp,time,export", *rows]), encoding="utf-8")
    given = " ".join(sentences(answer_target(Inputs(kaz_pak), TargetRequest(panel=path)).notes))
    assert "--panel" not in given


@pytest.mark.parametrize(
    ("factor", "said"),
    [(None, "compares no places"), (1.0002, "less than 0.05 %"), (1.06, "1.060 times as high")],
)
def test_a_scenario_says_why_it_does_not_move_the_target(
    toyland: Case, factor: float | None, said: str
) -> None:
    assert scenario_notes(toyland, factor) == []
    under = _under(toyland)
    assert said in " ".join(" ".join(sentences(scenario_notes(under, factor))).split())


def test_the_target_under_a_scenario_says_what_moved_in_the_answer_itself(toyland: Case) -> None:
    found = answer_target(Inputs(_under(toyland)), TargetRequest())
    assert any("fast_yard" in one for one in sentences(found.notes))
    assert not any(
        "fast_yard" in one for one in sentences(answer_target(Inputs(toyland), TargetRequest()).notes)
    )


def _under(case: Case) -> Case:
    return replace(case, scenarios=(AppliedScenario("fast_yard", "Yard", "assumed"),), bare=case)


def test_potential_stands_beside_the_newest_flow(kaz_pak: Case) -> None:
    """Potentials of 2016 stand beside what flows now, each of its own year, and no difference is taken."""
    flows = trade_flows(kaz_pak, kaz_pak.settings.as_of)
    known = published_potential(kaz_pak).filter(pl.col("product").str.starts_with("all goods"))
    assert known.height
    for row in known.iter_rows(named=True):
        now = flows[row["direction"]]
        assert row["actual_usd"] == now.value_usd
        assert row["actual_of"] == f"{now.taken.reporter} {now.taken.year_label}"
        assert row["potential_of"] == "2016" and row["unrealised_usd"] is None


def test_the_distance_of_gravity_is_the_weighted_one_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(
        "iso_o,iso_d,contig,dist,distw\nKAZ,PAK,0,1116.9,2222.3\nKAZ,MCO,0,4900.0,.\n", encoding="utf-8"
    )
    assert read_distances(path).rows() == [("KAZ", "PAK", 2222.3, 0.0)]
    assert "weighted by their population" in sentences([distance_measure(path)])[0]
    flows = tmp_path / "f.csv"
    codes, countries = ("1001", "1006", "5201"), ("KAZ", "PAK", "UZB", "IND")
    rows = [
        f"{a},{b},{c},{10 + len(a + c) + k}"
        for k, a in enumerate(countries)
        for b in countries
        if a != b
        for c in codes
    ]
    flows.write_text("\n".join(["exporter,importer,product,value_usd", *rows]), encoding="utf-8")
    said = RUN.invoke(
        app, ["trade", "potential", "KAZ", "PAK", "--table", str(flows), "--distances", str(path)]
    )
    assert "Distances are distw" in " ".join(said.output.split()), said.output


def test_growth_needed_is_847_percent(kaz_pak: Case) -> None:
    """9.47 times in the 0.9993 years from the end of 2025 to the end of 2026 counted as one year: 847 % and not 848."""
    table = Project(kaz_pak).status().tables["distance"]
    found = table.filter(pl.col("reporter") == "KAZ").sort("due")
    assert f"{found['growth_needed_share'][0]:.0%}" == "847%"


def test_indicators_without_a_partner_term_give_the_rest(tmp_path: Path) -> None:
    table = tmp_path / "exports.csv"
    rows = [
        f"{a},{c},{10 + (n * (3 + 4 * k) + n * n) % 97}"
        for k, a in enumerate(("KAZ", "PAK", "UZB", "IND", "CHN"))
        for n, c in enumerate(range(11, 31))
    ]
    table.write_text("\n".join(["exporter,product,value_usd", *rows]), encoding="utf-8")
    found = trade_indicators(Inputs(), IndicatorRequest("KAZ", partner="PAK", table=table))
    assert found.tables["country"].height == 1 and found.tables["advantages"].height
    assert "pair" not in found.tables
    assert any("Nothing is said of the pair with PAK" in one for one in sentences(found.alerts))


def test_reach_starts_from_the_newest_year_and_the_newest_split(kaz_pak: Case) -> None:
    """USD 105.6 m of 2025, split as 55.5 to 34.1 in January-July 2025; the split of 2024 was 11.8 to 41.9."""
    today = newest_turnover(kaz_pak, kaz_pak.settings.as_of)
    assert today.usd == pytest.approx(105.6e6)
    assert today.ways["a_to_b"] == pytest.approx(105.6e6 * 55.5 / 89.6)
    assert (today.reporter, today.year_label) == ("KAZ", "2025")
    before = newest_turnover(kaz_pak, date(2025, 6, 30))
    assert before.usd == pytest.approx(53.7e6) and before.year_label == "2024"


def test_reach_without_directions_is_what_is_known(toyland: Case) -> None:
    assert newest_turnover(toyland, toyland.settings.as_of).usd == pytest.approx(15e6)
    assert newest_turnover(toyland, date(1990, 1, 1)).usd == 0.0


def test_kazakh_flows_of_2025_are_taken_where_they_are_known(kaz_pak: Case) -> None:
    found = answer_target(Inputs(kaz_pak), TargetRequest())
    assert any("2021 to 2025" in one and "USD 105.6 m" in one for one in sentences(found.notes))


def test_chances_in_the_workbook_are_in_percent() -> None:
    forms = {name: form for name, _, form in _NUMBER}
    for table in ("target_chances", "front_outlook", "venture_states"):
        chances = [
            column.name for column in result_table(table).columns if "chance" in f"{column.label}".lower()
        ]
        assert chances
        assert all(
            any(name.endswith(end) and form == "0.0%" for end, form in forms.items()) for name in chances
        )


def test_capacity_and_throughput_of_a_port_are_on_one_basis() -> None:
    """Of terminals that state both for one year; as Karachi was, 750 of one terminal beside 1,452 of two made 194 %."""
    one = {
        "terminal_id": "A",
        "basis": "observed",
        "capacity_teu_year": 750.0,
        "throughput_teu_year": 371.0,
        "year": 2025,
    }
    two = {"terminal_id": "B", "basis": "observed", "throughput_teu_year": 1081.0, "year": 2014}
    blank = dict.fromkeys(
        ("capacity_teu_year", "throughput_teu_year", "capacity_year", "throughput_year", "year")
    )
    room = room_and_use([blank | one, blank | two])
    assert room["used_share"] == pytest.approx(371.0 / 750.0)
    assert room["throughput_teu_year"] == 371.0
