"""Terminals: ways in bond off the dock, storage and detention beyond the free days, worked out by hand on toyland."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import log, sqrt
from statistics import NormalDist
from typing import Any

import polars as pl
import pytest

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route
from karwan.case import Case
from karwan.case.checks import check_rules
from karwan.transport.terminal import beyond_free_usd

DAY = date(2025, 7, 7)
PHI = NormalDist().cdf


def rows_added(table: pl.DataFrame, *rows: dict[str, Any]) -> pl.DataFrame:
    blank = dict.fromkeys(table.columns)
    return pl.concat([table, pl.DataFrame([blank | row for row in rows], schema=table.schema)])


def off_dock(case: Case, basis: str, **bond: Any) -> Case:
    """Toyland with storage at the pier and a terminal off its dock, at Cove: 40 h and USD 100 a box in bond unless told otherwise."""
    terminals = case["terminals"].with_columns(
        storage_usd_day=pl.when(pl.col("terminal_id") == "PIER").then(50.0).otherwise("storage_usd_day")
    )
    yard = {"terminal_id": "YARD", "name": "Yard off the dock", "node_id": "C", "kind": "off_dock"}
    yard |= {"dwell_time_h": 24.0, "dwell_cv": 0.6, "free_days": 5.0, "storage_usd_day": 50.0}
    told = {"source_id": "toy", "basis": basis}
    way = {
        "transfer_id": "P_bond",
        "node_id": "P",
        "terminal_id": "YARD",
        "from_mode": "sea",
        "to_mode": "road",
    }
    way |= {"directed": True, "method": "in_bond", "time_h": 40.0, "cost_usd_feu": 100.0, **bond}
    tables = {**case.tables, "terminals": rows_added(terminals, yard | told)}
    tables["transfers"] = rows_added(case["transfers"], way | told)
    return replace(case, tables=tables)


def ask(case: Case, **asked: Any) -> Result:
    request = RouteRequest("Alford", "Cove", "beans", 20.0, DAY, via=("Pier",), journeys=200, **asked)
    return answer_route(Inputs(case), request)


def keys_of(result: Result) -> list[str]:
    return [one.key for one in result.notes if not isinstance(one, str)]


def test_an_assumed_terminal_is_taken_only_when_asked_for(toyland: Case) -> None:
    case = off_dock(toyland, "assumed")
    left, taken = ask(case), ask(case, include_assumed=True)
    assert left.tables["routes"]["usd"][0] == ask(toyland).tables["routes"]["usd"][0]
    assert left.tables["terminals"].select("way", "chosen").rows() == [("quay", True), ("in_bond", False)]
    assert "route.assumed_terminal_cheaper" in keys_of(left)
    assert any("P_bond" in row for row in left.meta["rows_left_out"])
    assert taken.tables["terminals"].select("way", "chosen").rows() == [("quay", False), ("in_bond", True)]
    assert "route.assumed_terminal_chosen" in keys_of(taken)
    names = taken.tables["stages"].filter(pl.col("route") == 1)["name"].to_list()
    assert "Yard off the dock: ship to road in bond" in names


def test_a_known_terminal_is_taken_where_it_is_cheaper_and_left_where_it_is_dearer(toyland: Case) -> None:
    cheap, dear = off_dock(toyland, "observed"), off_dock(toyland, "observed", cost_usd_feu=900.0)
    assert ask(cheap).tables["terminals"]["chosen"].to_list() == [False, True]
    left = ask(dear)
    assert left.tables["terminals"]["chosen"].to_list() == [True, False]
    assert "route.assumed_terminal_dearer" not in keys_of(left)


def test_the_ways_are_compared_by_hand(toyland: Case) -> None:
    """One box from the ship at Pier to Cove.

    By the quay: 72 h and USD 90 at Pier, 110 km by road at USD 1.2 and 60 km/h, 10 hours of driving a day (4.4 h in all). In bond: 40 h and
    USD 100, at Cove at once. A stay of 3 (1) days with a coefficient of 0.6 against 5 free days is charged USD 50 a day.
    """
    table = ask(off_dock(toyland, "assumed")).tables["terminals"]
    quay, bond = table.rows(named=True)
    s = sqrt(log(1.36))
    stored = []
    for mean in (3.0, 1.0):
        d = log(mean / 5.0) / s + s / 2.0
        stored.append(50.0 * (mean * PHI(d) - 5.0 * PHI(d - s)))
    assert quay["storage_usd"] == pytest.approx(stored[0])
    assert bond["storage_usd"] == pytest.approx(stored[1])
    assert (quay["charge_usd"], quay["hours"]) == (90.0, 72.0)
    assert (bond["charge_usd"], bond["hours"]) == (100.0, 40.0)
    haul_h = 110.0 / 60.0 * 24.0 / 10.0
    assert quay["days"] - bond["days"] == pytest.approx((72.0 + haul_h - 40.0) / 24.0)
    money = (90.0 + 110.0 * 1.2 - 100.0) * 1.005 + stored[0] - stored[1]  # insurance is 0.5 % of freight
    assert quay["all_told_usd"] - bond["all_told_usd"] == pytest.approx(money)
    assert bond["charge_at_par_usd"] == pytest.approx(100.0 - bond["difference_usd"])
    assert bond["difference_usd"] < -money  # hours and their spread are saved too


@pytest.mark.parametrize(
    ("charge", "stay", "key"),
    [
        ((90.0, 500.0), (30.0, 50.0), "charge"),
        ((90.0, 110.0), (30.0, 50.0), "neither"),
        ((90.0, 110.0), (30.0, 500.0), "hours"),
        ((90.0, 500.0), (30.0, 500.0), "both"),
    ],
    ids=["charge", "neither", "hours", "both"],
)
def test_what_would_decide_lies_within_what_it_may_be(
    toyland: Case, charge: tuple[float, float], stay: tuple[float, float], key: str
) -> None:
    """In bond one box costs USD 100 and 40 h, and is as good as the quay at about USD 290 and some 420 h: which of them can that be?"""
    case = off_dock(toyland, "assumed")
    told = {"terminal_id": "YARD", "unit": "-", "applies": "all", "source_id": "toy", "basis": "assumed"}
    rows = [
        {"term_id": "c", "quantity": "bond_usd_feu", "value": 100.0, "low": charge[0], "high": charge[1]},
        {"term_id": "s", "quantity": "bond_h", "value": 40.0, "low": stay[0], "high": stay[1]},
    ]
    terms = rows_added(case["terminal_terms"], *(told | row for row in rows))
    found = ask(replace(case, tables={**case.tables, "terminal_terms": terms}))
    bond = found.tables["terminals"].row(1, named=True)
    assert (bond["charge_low_usd"], bond["charge_high_usd"], bond["hours_low"]) == (*charge, stay[0])
    left_out = next(one for one in found.notes if one.key == "route.assumed_terminal_cheaper")
    assert left_out.values["decides"].key == f"route.terminal_range_{key}"


def test_detention_runs_from_landing_beyond_the_free_days(toyland: Case) -> None:
    """From Pier to Cove: 72 h at the pier and 4.4 h of road, 2 days free, USD 100 a day after them; both in the port's country."""
    terms = toyland.tables["terminal_terms"]
    told = {"terminal_id": "PIER", "unit": "-", "applies": "import", "source_id": "toy", "basis": "assumed"}
    daily = {"term_id": "a", "quantity": "detention_usd_day", "value": 100.0}
    free = {"term_id": "b", "quantity": "detention_free_days", "value": 2.0}
    case = off_dock(toyland, "assumed")
    held = replace(
        case, tables={**case.tables, "terminal_terms": rows_added(terms, told | daily, told | free)}
    )
    before, after = (
        ask(one).tables["paid"].filter(pl.col("kind") == "storage")["usd"][0] for one in (case, held)
    )
    road_h = 110.0 / 60.0 * 24.0 / 10.0
    mean = (72.0 + road_h) / 24.0
    cv = sqrt((0.5 * 72.0) ** 2 + (0.2 * road_h) ** 2) / (72.0 + road_h)
    assert after - before == pytest.approx(beyond_free_usd(mean, cv, 2.0, 100.0))
    transit = {**told, "applies": "transit"}
    passing = rows_added(terms, transit | daily, transit | free)
    ends_here = replace(case, tables={**case.tables, "terminal_terms": passing})
    assert ask(ends_here).tables["paid"].filter(pl.col("kind") == "storage")["usd"][0] == before


@pytest.mark.parametrize(
    ("stay", "free", "usd"), [(7.0, 5.0, 100.0), (3.0, 5.0, 0.0), (4.0, 0.0, 200.0), (0.0, 5.0, 0.0)]
)
def test_a_stay_that_does_not_vary_pays_the_days_beyond(stay: float, free: float, usd: float) -> None:
    assert beyond_free_usd(stay, 0.0, free, 50.0) == usd


@pytest.mark.parametrize(
    ("values", "column"),
    [({}, ""), ({"terminal_id": "PIER"}, "terminal_id"), ({"from_mode": "rail"}, "from_mode")],
)
def test_a_way_in_bond_joins_a_ship_with_a_terminal_off_the_dock(
    toyland: Case, values: dict[str, Any], column: str
) -> None:
    found = check_rules(off_dock(toyland, "assumed", **values).tables, toyland.settings)
    assert [p.column for p in found if p.file == "transfers.csv"] == ([column] if column else [])
