"""Hours of a crossing whose capacity or traffic a scenario changes."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from karwan.case import Case, read_case
from karwan.case.scenario import Override, Scenario, apply_scenario
from karwan.transport.network import NetworkRequest, build_network
from karwan.transport.network.lookup import CrossingTimes
from karwan.transport.reliability import mmc_wait

TOYLAND = read_case("toyland")
DAY = date(2025, 6, 2)


def under(*overrides: Override, case: Case = TOYLAND) -> Case:
    return apply_scenario(case, Scenario("s", "S", "", ("judgement",), "assumed", overrides))


def widen(trucks: float, crossing: str = "X") -> Override:
    return Override("crossings", "set", (crossing,), {"capacity_trucks_day": str(trucks)})


def hours(case: Case, crossing: str, mode: str, side: int) -> set[float]:
    """Hours of the first (0) or second (1) side passed, both directions."""
    network = build_network(case.tables, NetworkRequest("XTA", "XTB", "container", DAY, frozenset()))
    arcs = [a for a in network.arcs if a.place_kind == "crossing" and a.place_id == crossing]
    return {round(a.stages[side].hours, 9) for a in arcs if a.stages[side].mode == mode}


def wait(capacity: float, background: float = 100.0) -> float:
    servers = 4  # the case's parameter crossing_servers
    return mmc_wait(background / 24.0, servers * 24.0 / capacity, servers).wait_mean_h


def seen(*directions: str) -> CrossingTimes:
    """One observed row of road hours at side XTA of X for each direction: 1 h, 2 h, ..."""
    fields = {"crossing_id": "X", "side": "XTA", "mode": "road", "year": 2024, "use": "model"}
    origin = {"basis": "observed", "source_id": "toy"}
    return CrossingTimes(
        {**fields, **origin, "crossing_time_id": d, "direction": d, "time_h": float(hours)}
        for hours, d in enumerate(directions, start=1)
    )


@pytest.mark.parametrize(("direction", "opposite"), [("outbound", "inbound"), ("inbound", "outbound")])
def test_hours_of_the_opposite_direction_are_assumed(direction: str, opposite: str) -> None:
    def found(*directions: str) -> tuple[float, str] | None:
        figure = seen(*directions).find("X", "XTA", "road", direction, "time_h")
        return None if figure is None else (figure.value, figure.basis)

    assert found(opposite) == (1.0, "assumed")
    assert found(opposite, direction) == (2.0, "observed")
    assert found(opposite, "both") == (2.0, "observed")
    assert found() is None


def test_servers_of_the_case_are_those_reckoned_with() -> None:
    rows = TOYLAND["parameters"].filter(pl.col("parameter_id") == "crossing_servers")
    assert rows["value"].to_list() in ([4.0], [])


def test_more_capacity_takes_the_queue_out_of_the_side_left() -> None:
    # X clears 200 trucks a day and has 100; four and six hours at its sides
    changed, moved = under(widen(400.0)), wait(400.0) - wait(200.0)
    assert moved < -0.01
    assert hours(TOYLAND, "X", "road", 0) == {4.0, 6.0}
    assert hours(changed, "X", "road", 0) == {round(4.0 + moved, 9), round(6.0 + moved, 9)}
    assert hours(changed, "X", "road", 1) == {4.0, 6.0}
    for mode, gate in (("rail", "X"), ("road", "Y")):
        assert hours(changed, gate, mode, 0) == hours(TOYLAND, gate, mode, 0)


def test_less_capacity_adds_to_the_hours() -> None:
    changed = under(widen(125.0))
    assert min(hours(changed, "X", "road", 0)) == pytest.approx(4.0 + wait(125.0) - wait(200.0))


def test_two_scenarios_one_after_the_other_equal_the_last() -> None:
    twice = under(widen(300.0), case=under(widen(400.0)))
    assert hours(twice, "X", "road", 0) == hours(under(widen(300.0)), "X", "road", 0)
    back = under(widen(200.0), case=under(widen(400.0)))
    assert hours(back, "X", "road", 0) == hours(TOYLAND, "X", "road", 0)


def test_hours_that_a_scenario_states_stay() -> None:
    stated = Override("crossing_times", "set", ("X_XTA_road",), {"time_h": "1.5"})
    for case in (under(widen(400.0), stated), under(stated, case=under(widen(400.0)))):
        assert hours(case, "X", "road", 0) == {1.5, 6.0}


def test_unknown_traffic_moves_nothing() -> None:
    blank = under(Override("crossings", "set", ("X",), {"background_trucks_day": ""}))
    changed = under(widen(400.0), case=blank)
    assert changed["crossing_times"].equals(blank["crossing_times"])


def test_new_rows_say_what_they_rest_on() -> None:
    rows = under(widen(400.0))["crossing_times"].filter(pl.col("crossing_time_id").str.ends_with("~queue"))
    assert rows["basis"].unique().to_list() == ["assumed"]
    assert rows.height == 4 and rows["note"].str.contains("queue").all()
