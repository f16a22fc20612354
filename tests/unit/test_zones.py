"""Free zones: a tonne with and without, worked out by hand on toyland; terms that bar a use; what has no figure."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.port_requests import PortCompareRequest, PortCompareView
from karwan.analysis.port_shown import present_zones
from karwan.analysis.zones import answer_zones
from karwan.appraisal.zone import GoodsIn, barred, compare_zone
from karwan.case import Case, CaseProblems, embedded_cases, read_case
from karwan.errors import UnknownName
from karwan.notes import Note


def ask(case: Case, **asked: Any) -> Result:
    return answer_zones(Inputs(case), PortCompareRequest(**asked))


def keys_of(result: Result) -> list[str]:
    return [one.key for one in result.notes if not isinstance(one, str)]


def test_a_tonne_of_beans_by_hand(toyland: Case) -> None:
    """Beans at 800 from Upland pay 2 % in Lowland: 16. Interest 10 %, a stay and a refund of 73 days each: a fifth of a year.

    Import: 16 + 0.1 / 5 x 16 outside; 16 + 5 of moves + 5 / 0.5 / 5 of rent - half of the pier's 90 / 20 inside.
    Re-export: a fifth of the duty is not paid back, and interest runs over two fifths of a year outside; 5 + 2 - 2.25 inside.
    Processing: profit is a tenth of 1,000, and pays 20 % outside, nothing in the zone. At home the value added is free.
    """
    table = ask(toyland, products=("beans",)).tables["zones"]
    found = {row["use"]: row for row in table.iter_rows(named=True)}
    stay = 5.0 + 5.0 / 0.5 * 0.2 - 0.5 * 90.0 / 20.0
    expected = {
        "import": (16.0 + 0.02 * 16.0, 16.0 + stay),
        "home_sale": (16.0 + 0.02 * 16.0, 16.0 + stay),
        "re_export": (3.2 + 0.04 * 16.0, stay),
        "processing": (3.2 + 0.04 * 16.0 + 20.0, stay),
    }
    assert set(found) == set(expected)
    for use, (without, inside) in expected.items():
        row = found[use]
        assert (row["without_usd_t"], row["with_usd_t"]) == pytest.approx((without, inside))
        assert row["gain_usd_t"] == pytest.approx(without - inside)
        assert row["low_usd_t"] < row["gain_usd_t"] < row["high_usd_t"]


def test_the_band_is_at_the_ends_of_the_ranges(toyland: Case) -> None:
    """Least gain of re-export: all duty back, 5 % for half the days, dear moves and rent, a long stay, a small cut; most the other way round.

    Interest and rent both grow with the stay, so which end counts is found, not given: the dear rent of 10 / 0.5 a year outweighs interest.
    """
    row = (
        ask(toyland, products=("beans",))
        .tables["zones"]
        .filter(pl.col("use") == "re_export")
        .row(0, named=True)
    )
    long, short = 146.0 / 365.0, 36.5 / 365.0
    least = 0.0 + 0.05 * (long + short) * 16.0 - (10.0 + 10.0 / 0.5 * long - 0.25 * 4.5)
    most = 8.0 + 0.2 * (short + long) * 16.0 - (2.0 + 2.5 / 0.5 * short - 0.75 * 4.5)
    assert row["low_usd_t"] == pytest.approx(least)
    assert row["high_usd_t"] == pytest.approx(most)


def test_the_stay_at_which_both_cost_the_same() -> None:
    goods = GoodsIn(1000.0, 365.0, 0.0)
    inputs = dict.fromkeys(("duty_refund_days", "rent", "cut"), (0.0, 0.0, 0.0))
    inputs |= {
        "zone_interest_share_year": (0.1,) * 3,
        "zone_stay_days": (30.0,) * 3,
        "zone_handling_usd_t": (5.0,) * 3,
    }
    inputs |= {"duty_refund_share": (1.0,) * 3, "zone_stow_t_m2": (1.0,) * 3}
    found = compare_zone("import", goods, {}, inputs)
    assert found.par_days == pytest.approx(50.0)  # a day costs 0.1 of interest a tonne
    assert found.gain_usd_t == found.low_usd_t == found.high_usd_t == pytest.approx(-2.0)


def test_a_tax_on_exports_stands_in_place_of_that_on_profit(toyland: Case) -> None:
    table = ask(toyland, products=("beans",), zones=("COVE_EPZ",), include_assumed=True).tables["zones"]
    made = table.filter(pl.col("use") == "processing").row(0, named=True)
    assert made["with_usd_t"] == pytest.approx(5.0 + 0.01 * 1000.0)


def test_an_assumed_zone_is_compared_only_when_asked_for_and_bars_are_named(toyland: Case) -> None:
    left = ask(toyland, zones=("COVE_EPZ",))
    assert left.tables["zones"].is_empty()
    assert "--include-assumed" in left.tables["no figure"]["reason"][0]
    taken = ask(toyland, zones=("COVE_EPZ",), include_assumed=True).tables["no figure"]
    assert dict(taken.select("use", "reason").rows()) == {
        "re_export": "re_export is no",
        "home_sale": "home_duty is barred",
    }


def test_people_read_the_best_good_of_each_zone_and_use(toyland: Case) -> None:
    """The answer stands first; what is left out is counted, and JSON and --all hold it."""
    whole = ask(toyland)
    shown = present_zones(whole, PortCompareView(), "table")
    rows, best = whole.tables["zones"], shown.tables["zones"]
    assert list(shown.tables) == ["zones"] and best.height < rows.height and whole.lead == 2
    for row in best.iter_rows(named=True):
        same = rows.filter(zone_id=row["zone_id"], use=row["use"])
        assert row["gain_usd_t"] == same["gain_usd_t"].max()
    cut = next(one for one in shown.notes if isinstance(one, Note) and one.key == "port.zones_cut")
    assert (cut.values["shown"], cut.values["rows"]) == (best.height, rows.height)
    assert present_zones(whole, PortCompareView(top=1), "table").tables["zones"].height == 1
    for view, form in ((PortCompareView(every=True), "table"), (PortCompareView(), "json")):
        assert present_zones(whole, view, form) is whole


@pytest.mark.parametrize(
    ("terms", "use", "why"),
    [
        ({"duty_deferred": None}, "import", "duty_deferred not known"),
        ({"duty_deferred": False}, "import", "duty_deferred is no"),
        ({"duty_deferred": True, "re_export": True}, "re_export", ""),
    ],
)
def test_what_is_not_known_is_not_allowed(terms: dict[str, Any], use: str, why: str) -> None:
    assert barred(use, terms) == why


def test_a_zone_whose_term_has_run_out_gives_nothing(toyland: Case) -> None:
    old = toyland["zone_terms"].with_columns(ends=pl.lit(2020))
    found = ask(toyland.with_tables({"zone_terms": old})).tables
    assert found["zones"].is_empty()
    assert set(found["no figure"]["reason"]) == {"its exemptions ended in 2020"}


def test_goods_whose_duty_is_not_known_are_named(toyland: Case) -> None:
    away = toyland["zone_terms"].with_columns(country=pl.lit("XTB"))
    reasons = ask(toyland.with_tables({"zone_terms": away})).tables["no figure"]["reason"]
    assert any("is not in tariffs.csv" in reason for reason in reasons)


def test_a_case_without_zones_says_so(toyland: Case) -> None:
    empty = ask(toyland.with_tables({"zone_terms": toyland["zone_terms"].clear()}))
    assert keys_of(empty) == ["port.no_zones"]
    assert all(table.is_empty() for table in empty.tables.values())


def test_unknown_names_are_refused(toyland: Case) -> None:
    with pytest.raises(UnknownName, match="no zone 'PIER_F'"):
        ask(toyland, zones=("PIER_F",))
    with pytest.raises(UnknownName):
        ask(toyland, products=("moonstone",))


@pytest.mark.parametrize(
    ("table", "old", "new", "column"),
    [
        ("zone_terms", ",toy,observed,", ",,observed,", "source_id"),
        ("zone_terms", "0.25,0.75", "0.6,0.75", "charge_cut_low"),
        ("terminals", ",90,,5,,", ",90,,5,-3,", "storage_usd_day"),
    ],
)
def test_a_zone_without_a_source_and_storage_below_nothing_are_refused(
    tmp_path: Path, table: str, old: str, new: str, column: str
) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(embedded_cases()["toyland"], folder)
    path = folder / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CaseProblems, match=column):
        read_case(folder)
