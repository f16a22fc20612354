"""Operators on toyland by hand: who can carry a leg, a through rate in place of the legs, bad input refused."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from karwan.analysis.assignment import assign_corridors
from karwan.analysis.contract import Result
from karwan.analysis.corridors import CorridorStudy
from karwan.case.problems import CaseProblems
from karwan.errors import InvalidInput, UnknownName
from karwan.project import Project, open_case
from karwan.transport.network import NetworkRequest, build_network
from karwan.transport.path import door_states

DAY = date(2026, 12, 1)


def _route(project: Project, **asked: Any) -> Result:
    return project.route("Alford", "Cove", product="beans", tonnes=20, departure=DAY, explain=True, **asked)


def _with(**cells: Any) -> Project:
    """Toyland with cells of its service set."""
    project = open_case("toyland")
    table = project.case["land_services"]
    row = table.row(0, named=True) | cells
    changed = pl.DataFrame([row], schema=table.schema)
    return Project(project.case.with_tables({"land_services": changed}), project.store)


@pytest.fixture(scope="module")
def legs_paid() -> Result:
    return _route(open_case("toyland"))


@pytest.fixture(scope="module")
def through_paid() -> Result:
    return _route(_with(rate_usd=400.0, rate_unit="truck", departures_per_week=7.0))


def _of_road(result: Result, table: str) -> pl.DataFrame:
    number = result.tables["routes"].filter(pl.col("name") == "Midland, by road")["route"][0]
    return result.tables[table].filter(pl.col("route") == number)


def test_a_leg_names_who_can_carry_it_and_says_where_nobody_was_found(legs_paid: Result) -> None:
    assert _of_road(legs_paid, "carriers")["can_carry"].to_list() == ["Toy Haul"] * 3
    by_rail = legs_paid.tables["carriers"].filter(pl.col("mode") == "rail")
    assert by_rail["can_carry"].unique().to_list() == ["nobody published"]
    at_sea = legs_paid.tables["carriers"].filter(pl.col("mode") == "sea")
    assert at_sea["can_carry"].to_list() == ["Toy Line"]


def test_a_through_rate_stands_for_the_hauls_and_leaves_borders_and_fees(
    legs_paid: Result, through_paid: Result
) -> None:
    before = dict(_of_road(legs_paid, "paid").select("kind", "usd").iter_rows())
    after = dict(_of_road(through_paid, "paid").select("kind", "usd").iter_rows())
    assert before["line_haul"] == pytest.approx(480 * 1.2)  # 480 km at 1.20 USD
    assert "line_haul" not in after
    assert after["through_rate"] == 400.0
    assert {kind: after[kind] for kind in ("border", "fees", "transfers")} == {
        kind: before[kind] for kind in ("border", "fees", "transfers")
    }
    usd = _of_road(through_paid, "routes")["usd"][0] - _of_road(legs_paid, "routes")["usd"][0]
    assert usd == pytest.approx(400.0 - 576.0)
    assert _of_road(through_paid, "carriers")["through_rate_id"].to_list() == ["TOYHAUL_A_C"] * 3


def test_its_cell_is_explained_and_a_day_between_departures_costs_half_a_day(through_paid: Result) -> None:
    amounts = _of_road(through_paid, "amounts").filter(pl.col("table") == "land_services")
    found = amounts.select("quantity", "amount", "key", "column").rows()
    assert ("USD", 400.0, "TOYHAUL_A_C", "rate_usd") in found
    assert ("hours", 12.0, "TOYHAUL_A_C", "departures_per_week") in found


@pytest.mark.parametrize(
    "cells",
    [
        {"rate_usd": 600.0, "rate_unit": "truck"},  # dearer than the legs
        {"rate_usd": 400.0, "rate_unit": "reefer_truck"},  # not the load's unit
        {"rate_usd": 400.0, "rate_unit": "truck", "until": "2026-11"},
        {"rate_usd": 400.0, "rate_unit": "truck", "state": "planned"},
        {"rate_usd": 400.0, "rate_unit": "truck", "from_node_id": "C", "to_node_id": "A", "via": ["Y", "X"]},
    ],
    ids=["dearer", "another unit", "ended", "planned", "the other way"],
)
def test_a_rate_that_is_dearer_or_does_not_hold_changes_nothing(
    cells: dict[str, Any], legs_paid: Result
) -> None:
    found = _route(_with(**cells))
    assert _of_road(found, "routes")["usd"][0] == _of_road(legs_paid, "routes")["usd"][0]


def test_both_ways_holds_the_other_way_too() -> None:
    cells = {"rate_usd": 400.0, "rate_unit": "truck", "both_ways": True, "rate_covers": ["border", "fees"]}
    found = _with(**cells).route("Cove", "Alford", product="beans", tonnes=20, departure=DAY)
    paid = dict(_of_road(found, "paid").select("kind", "usd").iter_rows())
    assert paid["through_rate"] == 400.0
    assert not {"line_haul", "border", "fees"} & set(paid)


def test_nobody_boards_or_leaves_a_lane_on_the_way() -> None:
    case = _with(rate_usd=1.0, rate_unit="truck").case
    network = build_network(case.tables, NetworkRequest("XTA", "XTC", "box", DAY))
    lanes = [state.node_id for state in network.states if state.service]
    assert set(lanes) == {"X", "B", "Y"}
    names = {state.service for state in network.states if state.service}
    assert names == {
        "TOYHAUL_A_C A road XTA XTA C"
    }  # no number of a state: the same in every network of a case
    doors = [network.states[number] for node in lanes for number in door_states(network, node)]
    assert all(not state.service for state in doors)


@pytest.mark.parametrize(
    ("t_day", "told"), [(1.0, "room"), (40.0, "tight"), (200.0, "full")], ids=["room", "tight", "full"]
)
def test_a_fleet_binds_in_the_assignment_by_hand(t_day: float, told: str) -> None:
    """One truck a day each way: the wait for it is Davidson's, 12 h (1 + J x / (1 - x)), and who finds it full pays the legs."""
    case = _with(rate_usd=400.0, rate_unit="truck", departures_per_week=7.0, units_per_week=7.0).case
    rows = {"origin_id": ["A"], "destination_id": ["C"], "product_id": ["beans"], "t_day": [t_day]}
    found = assign_corridors(CorridorStudy(case, DAY), pl.DataFrame(rows))
    fleet = found.loads.row(by_predicate=pl.col("kind") == "service", named=True)
    by_rate = found.routes.row(
        by_predicate=pl.col("route").str.ends_with("at the rate of Toy Haul"), named=True
    )
    trucks = by_rate["t_day"] / 20.0  # of 20 t
    assert fleet["volume_day"] == pytest.approx(trucks)
    assert fleet["capacity_day"] == pytest.approx(1.0)
    load = min(trucks, 0.95)
    slope = 12.0 * 0.25 / (1.0 - load) ** 2  # the tangent line beyond 95 % of the fleet
    wait = 12.0 * (1.0 + 0.25 * load / (1.0 - load)) + slope * max(0.0, trucks - 0.95)
    assert fleet["time_h"] == pytest.approx(wait)
    assert fleet["delay_h"] == pytest.approx(wait - 12.0)
    legs = found.routes.row(by_predicate=pl.col("route") == "Midland (Xing, Yard)", named=True)
    assert (by_rate["share"] > legs["share"]) == (told != "full")
    assert f"assignment.fleet_{told}" in {one.key for one in found.notes}


def test_a_fleet_nobody_stated_is_never_full_and_the_answer_says_so() -> None:
    case = _with(rate_usd=400.0, rate_unit="truck").case
    rows = {"origin_id": ["A"], "destination_id": ["C"], "product_id": ["beans"], "t_day": [1000.0]}
    found = assign_corridors(CorridorStudy(case, DAY), pl.DataFrame(rows))
    assert not found.loads.filter(pl.col("kind") == "service").height
    assert next(one for one in found.notes if one.key == "assignment.no_fleet").values["names"] == [
        "Toy Haul"
    ]


def test_the_list_holds_published_services_and_sailings() -> None:
    project = open_case("toyland")
    found = project.operators().tables
    assert found["operators"].select("name", "services").rows() == [("Toy Haul", 1)]
    assert found["services"]["service_id"].to_list() == ["TOYHAUL_A_C", "QP"]
    assert project.operators(mode="sea").tables["services"]["service_id"].to_list() == ["QP"]
    assert project.operators(as_of=date(2024, 1, 1)).tables["services"]["service_id"].to_list() == ["QP"]
    with pytest.raises(InvalidInput, match="No mode 'air'"):
        project.operators(mode="air")
    with pytest.raises(UnknownName):
        project.operators(place="Nowhere at all")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",,,,,,,,3 trucks", ",,-5,truck,,,,,3 trucks", "rate_usd"),
        (",TOYHAUL,", ",NOBODY,", "not in operators.csv"),
        (",A,Xing; Yard", ",NOWHERE,Xing; Yard", "not in nodes.csv"),
        (",X;Y,", ",X;MARS,", "no node or country MARS"),
        (",,,,,,,,3 trucks", ",,500,hopper,,,,,3 trucks", "no vehicle by road is a hopper"),
        (",,,,,,,,3 trucks", ",,500,,,,,,3 trucks", "a rate without a unit"),
        ("2024-05", "May 2024", "not a year, month or day"),
    ],
    ids=["negative", "operator", "node", "via", "unit", "no unit", "day"],
)
def test_bad_input_is_refused_with_what_is_allowed(toy_copy: Path, old: str, new: str, said: str) -> None:
    path = toy_copy / "land_services.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CaseProblems, match=re.escape(said)):
        open_case(toy_copy)
