"""Capacities of a case's places: where they stand, what fills them, and that observed hours hold at the usual load."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import polars as pl
import pytest

from karwan.analysis.assignment import _Leg, _legs, assign_corridors
from karwan.analysis.capacity import Capacities, Limit
from karwan.analysis.corridor_compare import compared_routes
from karwan.analysis.corridors import CorridorStudy
from karwan.case import Case, read_case
from karwan.transport.shipment import make_shipment
from karwan.words import sentences

PAIRS = (("ALA", "P_KHI", "chickpeas"), ("P_KHI", "KOS", "wheat_milling"), ("P_GWA", "AST", "chickpeas"))


@cache
def study(case_id: str = "kaz-pak") -> CorridorStudy:
    case = read_case(case_id)
    return CorridorStudy(case, case.settings.as_of)


def demand(t_day: float, pairs: tuple[tuple[str, str, str], ...] = PAIRS) -> pl.DataFrame:
    rows = [(*pair, t_day) for pair in pairs]
    return pl.DataFrame(rows, schema=["origin_id", "destination_id", "product_id", "t_day"], orient="row")


@cache
def legs() -> tuple[_Leg, ...]:
    return tuple(_legs(study(), demand(100.0), frozenset()))


def limits(leg: _Leg) -> dict[str, tuple[Limit, float]]:
    capacities = Capacities(study().case)
    found = (pair for way in leg.routes for pair in capacities.on(leg.trade, way.arcs))
    return {limit.key: (limit, hours) for limit, hours in found}


def test_capacities_come_from_their_tables() -> None:
    boxes = limits(legs()[0])
    train = boxes["crossing|B_SARA|TKM|IRN|train"][0]
    row = study().case["crossings"].row(by_predicate=pl.col("crossing_id") == "B_SARA", named=True)
    assert train.capacity_day == row["capacity_wagons_day"] / 50
    assert train.background_day == row["background_wagons_day"] / 50
    assert train.shape["service_cv"] == 0.0
    assert boxes["terminal|AKTAU|||TEU"][0].capacity_day == pytest.approx(140_000 / 365)
    assert boxes["terminal|SARAKHS|||t"][0].capacity_day == pytest.approx(7.5e6 / 365)  # states tonnes only
    sailing, wait = boxes["sailing|KHI_BND|P_BND|P_KHI|TEU"]
    assert sailing.capacity_day == pytest.approx(1500 / 7)
    assert wait == pytest.approx(
        168 / 2 / study().case["services"].filter(service_id="KHI_BND")["sailings_per_week"][0]
    )
    assert boxes["link|rail_SLK_BEY|SLK|BEY|t"][0].capacity_day == 11_200.0
    assert limits(legs()[1])["link|rail_B_BOLA_BRK|BRK|B_BOLA|t"][0].capacity_day == 5500.0


def test_the_queue_at_the_usual_load_is_that_of_journeys() -> None:
    """The same wait as the simulated journeys take out of the observed hours, for trucks and trains."""
    traffic = Capacities(study().case).traffic
    queues = {
        key: found for leg in legs() for key, found in limits(leg).items() if key.startswith("crossing")
    }
    assert {limit.unit for limit, _ in queues.values()} == {"truck", "train"}
    for limit, _ in queues.values():
        one = traffic[limit.place_id, "road" if limit.unit == "truck" else "rail"]
        assert one.usual_share is not None
        assert limit.time_h(0.0) == pytest.approx(one.wait(one.usual_share).wait_mean_h)


def test_bulk_fills_no_slots_for_boxes() -> None:
    bulk = limits(legs()[1])
    assert {limit.unit for limit, _ in bulk.values()} <= {"truck", "train", "t"}
    assert bulk["terminal|AKTAU|||t"][0].capacity_day == pytest.approx(1.1e7 / 365)


@pytest.mark.parametrize("background", [0.0, 30.0, 80.0, 99.0, 140.0])
@pytest.mark.parametrize("delay", ["border_queue", "davidson"])
def test_observed_hours_hold_at_the_usual_load(delay: str, background: float) -> None:
    limit = Limit("crossing", "x", "A", "B", "truck", 100.0, background, delay)
    assert limit.time_h(limit.free_flow_h(1000.0)) == pytest.approx(1000.0)
    assert limit.free_flow_h(0.0) == 0.0


def test_payloads_by_hand() -> None:
    case = study().case
    capacities = Capacities(case)
    box = capacities.payloads(make_shipment(case["products"], "chickpeas", 20.0))
    assert box == {"payload_t": 20.0, "train_payload_t": 50 * 20.0, "teu_payload_t": 10.0}
    bulk = make_shipment(case["products"], "wheat_milling", 20.0)
    assert capacities.payloads(bulk)["train_payload_t"] == 50 * 66.0


def test_a_negligible_demand_leaves_all_hours_as_observed() -> None:
    found = assign_corridors(study(), demand(1e-9))
    hours = [way.hours for leg in legs() for way in leg.routes]
    assert found.routes["hours"].to_list() == pytest.approx(hours, rel=1e-9)
    assert found.loads["delay_h"].abs().max() < 1e-6


def test_flows_are_conserved_at_every_state_of_the_network() -> None:
    flows = assign_corridors(study(), demand(4000.0)).routes["t_day"].to_list()
    assert min(flows) >= 0.0
    for leg in legs():
        network, balance = leg.trade.network, defaultdict(float)
        for way in leg.routes:
            flow = flows.pop(0)
            for arc in (network.arcs[a] for a in way.arcs):
                balance[network.states[arc.tail].node_id] -= flow
                balance[network.states[arc.head].node_id] += flow
        assert balance.pop(leg.origin) == pytest.approx(-4000.0)
        assert balance.pop(leg.destination) == pytest.approx(4000.0)
        assert all(abs(rest) < 1e-9 * 4000.0 for rest in balance.values())


def test_a_full_place_sends_freight_elsewhere_and_says_so() -> None:
    """The trains that lead to the ship fill up before it, so it takes this much freight to fill the ship."""
    calm, busy = (assign_corridors(study(), demand(t)) for t in (1.0, 400_000.0))
    key = pl.col("place_id") == "KHI_BND"
    assert calm.loads.filter(key)["load_share"].max() < 0.01
    assert busy.loads.filter(key)["beyond_limit"].all()
    assert busy.loads.filter(key)["delay_h"].max() > 100.0
    share = [
        f.routes.filter(pl.col("route").str.starts_with("Iran sea"))["share"].sum() for f in (calm, busy)
    ]
    assert share[1] < share[0]
    beyond = [int(f.loads["beyond_limit"].sum()) for f in (calm, busy)]
    assert beyond[0] < beyond[1]
    assert any(f"Loaded beyond the limit: {beyond[1]}; hours" in line for line in sentences(busy.notes))


def shuffled(case: Case, seed: int) -> Case:
    return case.with_tables(
        {name: t.sample(fraction=1.0, shuffle=True, seed=seed) for name, t in case.tables.items()}
    )


@pytest.mark.parametrize(
    "case_id, pairs", [("kaz-pak", PAIRS), ("toyland", (("A", "C", "beans"), ("C", "A", "fruit")))]
)
def test_the_order_of_rows_changes_nothing(case_id: str, pairs: tuple[tuple[str, str, str], ...]) -> None:
    one = study(case_id)
    other = CorridorStudy(shuffled(one.case, 7), one.as_of)
    first = assign_corridors(one, demand(2000.0, pairs))
    second = assign_corridors(other, demand(2000.0, pairs[::-1]))
    keys = ["od", "route", "usd_t"]
    a, b = (f.routes.with_columns(pl.col("usd_t").round(6)).sort(keys) for f in (first, second))
    assert a.select(keys).rows() == b.select(keys).rows()
    assert a["t_day"].to_list() == pytest.approx(b["t_day"].to_list(), rel=1e-6, abs=1e-6)
    keys = ["kind", "place_id", "start"]
    a, b = (f.loads.sort(keys) for f in (first, second))
    assert a.select(keys).rows() == b.select(keys).rows()
    assert a["volume_day"].to_list() == pytest.approx(b["volume_day"].to_list(), rel=1e-6, abs=1e-9)


def routes_at(**capacities: float) -> pl.DataFrame:
    """Routes of the corridors of toyland where all crossings have other capacities."""
    case = read_case("toyland")
    changed = case["crossings"].with_columns(**{name: pl.lit(value) for name, value in capacities.items()})
    return compared_routes(CorridorStudy(case.with_tables({"crossings": changed}), case.settings.as_of))


def test_a_crossing_of_no_capacity_is_shut() -> None:
    before, shut = routes_at(), routes_at(capacity_trucks_day=0.0)
    by_road = pl.Series(before["corridor"] != "Rail")
    assert set(before["status"]) == {"open"}
    assert set(shut.filter(by_road)["status"]) == {"closed"}
    assert shut.filter(by_road)["reason"].str.contains("capacity_trucks_day is 0").all()
    assert shut.filter(~by_road)["status"].to_list() == ["open", "open"]  # by the trains that still pass
    slower = shut.filter(by_road)["days_p95"] - before.filter(by_road)["days_p95"]
    assert slower.min() >= 0.0  # type: ignore[operator]


def test_trains_are_shut_apart_from_trucks() -> None:
    shut = routes_at(capacity_wagons_day=0.0)
    assert set(shut["status"]) == {"open"}
    assert routes_at(capacity_wagons_day=0.0, capacity_trucks_day=0.0)["status"].to_list() == ["closed"] * 8
