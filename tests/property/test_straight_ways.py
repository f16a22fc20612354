"""Ways do not turn back on themselves: no place or border met twice, no change of mode and back at a border, no wait of months."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.analysis.contract import Inputs
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route
from karwan.case import Case, read_case
from karwan.errors import Unreachable
from karwan.transport.cost import Weights, buffer_time
from karwan.transport.network import NetworkRequest, build_network
from karwan.transport.route import Route
from karwan.transport.route_choice import RouteSearch, short_list
from karwan.transport.shipment import make_shipment
from karwan.transport.turning import LONG_WAIT_H

TOYLAND = read_case("toyland")
PAIRS = (
    ("ISB", "KBL"),
    ("TAS", "KHI"),
    ("KHI", "OSH"),
    ("P_JEA", "ALA"),
    ("ALA", "P_KHI"),
    ("KHG", "ISB"),
    ("MOW", "LHE"),
    ("P_MUN", "DUS"),
)


def nodes_met_twice(route: Route) -> list[str]:
    return [node for node, times in Counter(route.nodes).items() if times > 1]


def hops(route: Route) -> list[str]:
    """Land modes taken between two stretches by the other whose haul costs no more than the two changes, written out over the stages."""
    load = route.shipment
    runs: list[list[tuple[str, float]]] = []
    modes: list[str] = []
    for stage in route.stages:
        if not modes or modes[-1] != stage.mode:
            modes.append(stage.mode)
            runs.append([])
        runs[-1].append((stage.kind, stage.usd_t * load.tonnes + stage.usd_unit * load.units))
    found = []
    for k in range(1, len(runs) - 1):
        if {modes[k], modes[k + 1]} == {"road", "rail"} and modes[k - 1] == modes[k + 1]:
            changes = runs[k][0][1] + runs[k + 1][0][1]
            haul = sum(usd for kind, usd in runs[k][1:] if kind == "line_haul")
            if haul <= changes:
                found.append(modes[k])
    return found


def straight(route: Route) -> None:
    assert not nodes_met_twice(route)
    assert len(set(route.crossings)) == len(route.crossings)
    assert not hops(route)
    assert max(route.waits_h, default=0.0) < LONG_WAIT_H
    assert all(a.head == b.tail for a, b in pairwise(route.network.arcs[a] for a in route.arcs))


def best_are_listed(found: RouteSearch) -> None:
    usd, hours, variance = (
        found.pareto.criteria[:, 0],
        found.pareto.criteria[:, 1],
        found.pareto.criteria[:, 2],
    )
    late = hours + buffer_time(hours, variance)
    assert min(r.usd for r in found.routes) == pytest.approx(usd.min())
    assert min(r.hours for r in found.routes) == pytest.approx(hours.min())
    listed = [float(late[k]) for k in found.chosen.tolist()]
    assert min(listed) == pytest.approx(late.min())


@pytest.mark.parametrize(("origin", "destination"), PAIRS)
def test_pairs_of_kaz_pak(kaz_pak: Case, origin: str, destination: str) -> None:
    country = dict(kaz_pak["nodes"].select("node_id", "country").iter_rows())
    load = make_shipment(kaz_pak["products"], "potatoes", 20.0)
    request = NetworkRequest(country[origin], country[destination], load.form, date(2026, 12, 1))
    network = build_network(kaz_pak.tables, request)
    found = short_list(
        network, load, origin, destination, weights=Weights(load.value_of_time_usd_h), avoid=["P_NSA"]
    )
    assert len(found.routes) >= 1
    for route in (*found.routes, *found.reserve):
        straight(route)
    best_are_listed(found)


@pytest.mark.parametrize("via", [("Kabul",), ("Torkham", "Kandahar"), ("Tashkent", "Shymkent"), ("Sost",)])
def test_no_border_is_crossed_three_times(kaz_pak: Case, via: tuple[str, ...]) -> None:
    query = RouteRequest(
        "Almaty",
        "Karachi",
        "chickpeas",
        20.0,
        date(2026, 12, 1),
        via=via,
        opened=("Torkham", "Chaman"),
        journeys=100,
    )
    try:
        stages = answer_route(Inputs(kaz_pak), query).tables["stages"]
    except Unreachable as error:
        assert "three times" in str(error)
        return
    for _, one in stages.filter(stages["kind"] == "crossing").group_by("route"):
        assert max(Counter(one["place_id"]).values()) <= 4  # two stages a crossing


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*(st.sampled_from(["A", "B", "C", "Q"]),) * 2).filter(lambda p: p[0] != p[1]),
    st.sampled_from([("wheat", "bulk"), ("beans", "box"), ("fruit", "reefer")]),
    st.integers(0, 364).map(lambda n: date(2025, 1, 1) + timedelta(days=n)),
)
def test_ways_of_toyland(pair: tuple[str, str], good: tuple[str, str], day: date) -> None:
    country = dict(TOYLAND["nodes"].select("node_id", "country").iter_rows())
    network = build_network(TOYLAND.tables, NetworkRequest(*(country[p] for p in pair), good[1], day))
    load = make_shipment(TOYLAND["products"], good[0], 20.0)
    try:
        found = short_list(network, load, *pair, weights=Weights(load.value_of_time_usd_h))
    except Unreachable:
        return
    for route in found.routes:
        assert len(set(route.crossings)) == len(route.crossings)
        assert not hops(route)
    best_are_listed(found)
