from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from karwan.models.corridor import corridor_route, name_route
from karwan.models.journey import arrival_model, closure_process, journey_stages, recorded_closures
from karwan.models.network import NetworkRequest, build_network
from karwan.models.reliability import simulate
from karwan.models.shipment import make_shipment
from karwan.tables import read_case


@pytest.fixture(scope="module")
def toyland():
    return read_case("toyland")


def route_of(case, corridor_id, day=date(2025, 6, 2)):
    network = build_network(case.tables, NetworkRequest("XTA", "XTC", "box", day))
    corridor = case["corridors"].filter(corridor_id=corridor_id).row(0, named=True)
    return corridor_route(network, make_shipment(case["products"], "beans", 20), corridor, "A", "C")


@pytest.mark.parametrize("corridor", ["MID", "RAIL", "SEA"])
def test_simulated_mean_equals_the_sum_of_stages(toyland, corridor):
    found = route_of(toyland, corridor)
    waits = sum(found.route.waits_h)
    stages = journey_stages(found.route, arrival_model(toyland.tables, None))
    journeys = simulate(stages, journeys=40_000, seed=3)
    assert stages.size == len(found.route.stages)
    if not stages.clocked:
        assert journeys.mean_h == pytest.approx(found.route.hours - waits, abs=4 * journeys.mean_error_h)
        assert np.var(journeys.hours) == pytest.approx(found.route.variance_h2, rel=0.1)
    else:
        assert journeys.mean_h > found.route.hours - waits


def test_a_sailing_waits_half_its_headway_on_average(toyland):
    found = route_of(toyland, "SEA")
    sailing = next(s for s in found.route.stages if s.kind == "sailing")
    assert sailing.headway_h == pytest.approx(48)
    assert sailing.hours == pytest.approx(400 / 20 + 24)


def test_recorded_closures_join_what_overlaps_and_keep_quiet_places(toyland):
    events = recorded_closures(toyland["closures"], toyland["crossings"], date(2020, 1, 1), date(2025, 7, 1))
    assert events.filter(place="Y").height == 2
    assert events.filter(place="Z")["start_date"].to_list() == [None]
    assert events.filter(place="X")["end_date"].to_list() == [date(2023, 1, 5)]


def test_closures_add_delay(toyland):
    process = closure_process(toyland["closures"], toyland["crossings"], date(2020, 1, 1), date(2025, 7, 1))
    rate, mean_days, _ = process.stage_values("Y")
    open_days = (date(2025, 7, 1) - date(2020, 1, 1)).days - 10 - 4
    assert rate == pytest.approx(2 / open_days, rel=0.01)
    assert mean_days == pytest.approx((10 + 4 + 4) / 3, rel=0.01)
    found = route_of(toyland, "MID")
    model = arrival_model(toyland.tables, process)
    quiet = simulate(journey_stages(found.route, replace(model, closures=None)), journeys=20_000, seed=1)
    risky = simulate(journey_stages(found.route, model), journeys=20_000, seed=1)
    assert risky.mean_h > quiet.mean_h


def test_routes_are_named_by_the_corridor_they_keep_to(toyland):
    corridors = toyland["corridors"].to_dicts()
    assert name_route(route_of(toyland, "PASS").route, corridors) == "PASS"
    assert name_route(route_of(toyland, "SEA").route, corridors) == "SEA"


def test_a_season_shuts_a_corridor_in_winter_only(toyland):
    summer = route_of(toyland, "PASS", date(2025, 6, 2))
    winter = route_of(toyland, "PASS", date(2025, 12, 20))
    assert summer.status == "open"
    assert sum(winter.route.waits_h) > 24 * 60 or winter.status == "closed"


def test_corridors_without_a_way_say_how_far_they_come(toyland):
    cut = toyland.with_tables({"links": toyland["links"].filter(pl.col("link_id") != "Y-C")})
    found = route_of(cut, "MID")
    assert found.status == "absent"
    assert "from Y to C" in found.reason
