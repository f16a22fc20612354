"""Own observations on toyland by hand: border hours, rates and trips before and after, and what stays private."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

import karwan
from karwan.analysis.own import with_own
from karwan.analysis.trips import trip_routes, trip_sample
from karwan.case import Case
from karwan.case.own import ObservationProblems, add_own, private_folder, template_text
from karwan.case.scenario import with_scenarios
from karwan.cli.app import app
from karwan.cli.observed import _asked
from karwan.errors import InvalidInput, UnknownName
from karwan.project import Project, open_case
from karwan.transport.hours import FACTORS

RUN = CliRunner(env={"COLUMNS": "200"})
BORDER = "seen,crossing,side,direction,mode,time_h,vehicles\n"
SIDE = "2026-10-01,Xing,XTA,outbound,road,10,4\n2026-10-09,X,XTA,outbound,road,20,1\n"
QUOTE = "quoted,origin,destination,avoid,mode,unit,cargo,tonnes,cost_usd\n2026-10-01,Alford,C,rail;sea,road,truck,beans,20,1000\n"
TRIP = "departed,origin,destination,via,modes,time_days,kind\n2026-10-01,Alford,Cove,Xing;Yard,road,3.1,showcase\n"
JUDGED = math.sqrt(math.log1p(0.3**2))

Keep = Callable[..., Path]


@pytest.fixture
def keep(tmp_path: Path, toyland: Case) -> Keep:
    """Keeps CSV text as own observations of toyland; its folder."""

    def kept(**texts: str) -> Path:
        for kind, text in texts.items():
            given = tmp_path / f"{kind}-typed.csv"
            given.write_text(text, encoding="utf-8")
            add_own(toyland, tmp_path / "private", kind, given)
        return tmp_path / "private"

    return kept


def _effect(case: Case, what: str) -> Any:
    assert case.own is not None
    found = [row for row in case.own.effects if row["what"] == what]
    assert len(found) == 1
    return found[0]


def test_border_hours_are_weighed_by_their_precision(toyland: Case, keep: Keep) -> None:
    moved = with_own(toyland, keep(border_hours=BORDER + SIDE))
    prior, seen = 0.4**-2, 1 / math.log1p(0.5**2 / 5)  # 4 h in the case; the mean of five trucks is 12 h
    log_h = (prior * math.log(4) + seen * math.log(12)) / (prior + seen)
    effect = _effect(moved, "border hours")
    assert (effect["before"], effect["own"], effect["shipped"]) == (pytest.approx(4.0), 5, 1)
    assert effect["after"] == pytest.approx(math.exp(log_h)) == pytest.approx(9.282, abs=1e-3)
    width = math.log(effect["after_p95"] / effect["after_p5"]) / (2 * 1.6448536)
    assert width == pytest.approx((prior + seen) ** -0.5)
    stages = Project(moved).compare(stages=True).tables["stages"]
    out = stages.filter(pl.col("name") == "Xing: XTA out")
    assert out["hours"].unique().to_list() == [pytest.approx(9.282, abs=1e-3)]
    assert all("own_observation" in source for source in out["source_id"])
    spread = math.sqrt((1 + 0.5**2) * math.exp(1 / (prior + seen)) - 1)
    assert out["sd_h"][0] == pytest.approx(spread * 9.2822, rel=1e-4)


def test_no_other_side_moves(toyland: Case, keep: Keep) -> None:
    moved = with_own(toyland, keep(border_hours=BORDER + SIDE))
    fresh = moved["crossing_times"].filter(pl.col("off_log_sd").is_not_null())
    assert fresh.select("crossing_id", "side", "direction", "mode").rows() == [
        ("X", "XTA", "outbound", "road")
    ]
    rest = moved["crossing_times"].filter(pl.col("off_log_sd").is_null())
    assert rest.equals(toyland["crossing_times"])


def test_a_quote_moves_the_rates_of_its_mode(toyland: Case, keep: Keep) -> None:
    """576 of the 796 USD go by the rate of the road; both spreads are the judged one, 0.05 more for what the quote rounds."""
    moved = with_own(toyland, keep(quotes=QUOTE))
    effect = _effect(moved, "factor on rates")
    factor = effect["after"]
    slope = 576 * factor / (220 + 576 * factor)
    left = math.log(1000 / (220 + 576 * factor))
    assert math.log(factor) / JUDGED**2 == pytest.approx(slope * left / (JUDGED**2 + 0.05**2))
    log_sd = math.log(effect["after_p95"] / factor) / 1.6448536
    assert log_sd**-2 == pytest.approx(JUDGED**-2 + slope**2 / (JUDGED**2 + 0.05**2))
    rate = moved["rates"].row(by_predicate=pl.col("rate_id") == "XTA_road", named=True)
    assert (rate["cost_usd_km"], rate["source_id"]) == (pytest.approx(1.2 * factor), "own_observation;toy")
    rail = pl.col("mode") != "road"
    assert moved["rates"].filter(rail).equals(toyland["rates"].filter(rail))
    shown = Project(moved).prices().tables["prices"].row(0, named=True)
    assert (shown["model_usd"], shown["model_without_usd"]) == (pytest.approx(220 + 576 * factor), 796.0)


def test_a_trip_joins_the_fit(toyland: Case, keep: Keep) -> None:
    """All that judgement leaves open is how showcases differ: log y = log(model) + beta + e, in closed form."""
    blank = dict.fromkeys(toyland["hours"].schema)
    still = {"prior_factor": 1.0, "prior_log_sd": 0.0, "factor": 1.0, "log_sd": 0.0, "trips": 0, "rows": 0}
    rows = [
        blank | still | {"hours_id": name, "source_id": "toy", "basis": "assumed"}
        for name in (*FACTORS, "trip")
    ]
    rows = [row | {"own_log_sd": 0.0, "other_log_sd": 0.0} for row in rows]
    open_still = {"showcase": 0.3, "trip": 0.001}
    rows = [row | {"prior_log_sd": open_still.get(str(row["hours_id"]), 0.0)} for row in rows]
    judged = toyland.with_tables({"hours": pl.DataFrame(rows, schema=toyland["hours"].schema)})
    moved = with_own(judged, keep(trips=TRIP))
    own = [trip for trip in trip_routes(moved) if trip.row["trip_id"] == "own_observation:t1"]
    sample = trip_sample(judged, own)
    modelled = float(sample.hours.sum() + sample.fixed_h[0])
    noise = float(sample.log_sd[0] ** 2) + 0.05**2 + 0.02**2
    beta = 0.09 / (0.09 + noise) * math.log(3.1 * 24 / modelled)
    variance = 0.09 * noise / (0.09 + noise)
    fitted = moved["hours"].row(by_predicate=pl.col("hours_id") == "showcase", named=True)
    assert fitted["log_sd"] == pytest.approx(math.sqrt(variance), abs=6e-4)
    assert fitted["factor"] == pytest.approx(math.exp(beta + variance / 2), abs=6e-4)
    assert (fitted["trips"], fitted["source_id"]) == (1, "own_observation;toy")
    assert _effect(moved, "factor on all hours")["own"] == 1


def test_what_is_held_back_moves_nothing(toyland: Case, keep: Keep) -> None:
    held = QUOTE.replace("cost_usd\n", "cost_usd,use\n").replace(",1000\n", ",1000,validate\n")
    moved = with_own(toyland, keep(quotes=held))
    assert moved["rates"].equals(toyland["rates"])
    assert moved.own is not None
    assert moved.own.effects == ()
    assert Project(moved).prices().tables["prices"]["use"].to_list() == ["validate"]


def test_a_scenario_stands_on_top(toyland: Case, keep: Keep) -> None:
    both = with_scenarios(with_own(toyland, keep(border_hours=BORDER + SIDE)), ["fast_yard"], toyland.folder)
    assert both.under.startswith(
        "With own observations, private: 2 rows of border hours. Under scenario fast_yard"
    )
    assert both.bare is not None
    assert both.bare.own is not None
    assert [one.scenario_id for one in both.stands_under] == ["own_observation", "fast_yard"]


def test_an_answer_names_them_and_without_the_folder_there_are_none(keep: Keep) -> None:
    folder = keep(border_hours=BORDER + SIDE)
    with_them = RUN.invoke(app, ["corridor", "compare", "toyland", "--json", "--private", str(folder)])
    without = RUN.invoke(app, ["corridor", "compare", "toyland", "--json"])
    assert json.loads(with_them.stdout)["scenarios"][0]["scenario_id"] == "own_observation"
    assert "own_observation" not in without.stdout
    plain = RUN.invoke(app, ["corridor", "compare", "toyland", "--private", str(folder)]).stdout
    assert plain.startswith("With own observations, private: 2 rows of border hours")


def test_a_brief_names_them_on_its_pages_and_in_its_file_names(keep: Keep) -> None:
    brief = open_case("toyland", private=keep(border_hours=BORDER + SIDE)).brief()
    assert brief.under == "With own observations, private: 2 rows of border hours"
    assert brief.scenarios == ("own_observation",)


def test_the_list_shows_before_and_after(keep: Keep) -> None:
    folder = keep(border_hours=BORDER + SIDE, trips=TRIP)
    said = RUN.invoke(app, ["observed", "list", "toyland", "--json", "--private", str(folder)])
    content = json.loads(said.stdout)
    assert [row["what"] for row in content["before and after"]] == ["border hours"]
    assert [row["observation_id"] for row in content["observations"]] == ["t1", "b1", "b2"]
    assert "states no judgement on hours" in said.stdout
    bare = RUN.invoke(app, ["observed", "list", "toyland"])
    assert isinstance(bare.exception, InvalidInput)


def test_the_folder_is_hidden_from_git_and_no_part_of_a_case(
    tmp_path: Path, toyland: Case, keep: Keep
) -> None:
    folder = keep(border_hours=BORDER + SIDE)
    assert (folder / ".gitignore").read_text(encoding="utf-8") == "*\n"
    assert folder.stat().st_mode & 0o077 == 0
    given = tmp_path / "border_hours-typed.csv"
    package = Path(karwan.__file__).parent
    for place in (package / "cases" / "toyland" / "own", package / "own", tmp_path):
        with pytest.raises(InvalidInput, match=r"inside|holds other things"):
            add_own(toyland, place, "border_hours", given)
        assert not (place / "border_hours.csv").exists()


def test_the_private_folder_is_the_users(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, toyland: Case
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert private_folder(toyland) == tmp_path / "karwan" / "observed" / "toyland"
    text = BORDER + SIDE
    said = RUN.invoke(app, ["observed", "add", "border_hours", "--case", "toyland"], input=text)
    assert "b1, b2" in said.stdout
    assert (private_folder(toyland) / "border_hours.csv").is_file()
    left = RUN.invoke(app, ["observed", "remove", "border_hours", "b1", "--case", "toyland"])
    assert "1 border hours left" in left.stdout


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("border_hours", BORDER + "2026-10-01,Yonder,XTA,outbound,road,10,1\n", "No place is called 'Yonder'"),
        ("border_hours", BORDER + "2026-10-01,Alford,XTA,outbound,road,10,1\n", "is no crossing"),
        ("border_hours", BORDER + "2026-10-01,Xing,XTC,outbound,road,10,1\n", "no side of Xing"),
        ("border_hours", BORDER + "2026-10-01,Zenith,XTA,outbound,rail,10,1\n", "No rail crosses at Zenith"),
        ("border_hours", BORDER + "2026-10-01,Xing,XTA,outbound,road,0,1\n", "row 2, column time_h"),
        ("border_hours", BORDER, "has no row"),
        ("quotes", QUOTE.replace("beans", "beens"), "such as beans"),
        ("trips", TRIP.replace(",road,", ",mule,"), "No mode 'mule'"),
        ("trips", TRIP.replace("time_days", "days"), "column days: unknown column"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_line(keep: Keep, kind: str, text: str, said: str) -> None:
    with pytest.raises((ObservationProblems, InvalidInput)) as refused:
        keep(**{kind: text})
    assert said in str(refused.value)


def test_the_same_row_counts_once(keep: Keep) -> None:
    keep(quotes=QUOTE)
    with pytest.raises(ObservationProblems, match="nothing was taken") as refused:
        keep(quotes=QUOTE)
    assert "row 2: is there already, as q1" in str(refused.value)


def test_a_quote_without_a_way_is_named(toyland: Case, keep: Keep) -> None:
    moved = with_own(toyland, keep(quotes=QUOTE.replace("rail;sea", "road;rail;sea")))
    assert moved.own is not None
    assert moved.own.unused == ("own_observation:q1",)


def test_the_template_is_the_header_and_an_unknown_kind_is_refused() -> None:
    said = RUN.invoke(app, ["observed", "template", "quotes"])
    assert said.stdout == template_text("quotes")
    assert isinstance(RUN.invoke(app, ["observed", "template", "fares"]).exception, UnknownName)


def test_figures_are_asked_for_one_by_one() -> None:
    asking = typer.Typer()
    asking.command()(lambda: typer.echo(_asked("border_hours")))
    typed = "\n2026-10-01\nXing\nXTA\noutbound\nroad\n10\n4\n\nn\n"
    said = RUN.invoke(asking, [], input=typed)
    assert said.exit_code == 0, said.output
    assert said.stdout.endswith("\n,2026-10-01,Xing,XTA,outbound,road,10,4,\n\n")
