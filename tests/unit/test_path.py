"""Least-cost paths through toyland: via places, crossings that must be crossed, ports that must be sailed from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from karwan.case import read_case
from karwan.transport.network import FreightNetwork, NetworkRequest, build_network
from karwan.transport.path import allowed_arcs, door_states, least_cost_path
from karwan.transport.route import make_route
from karwan.transport.shipment import make_shipment

CASE = read_case("toyland")
BEANS = make_shipment(CASE["products"], "beans", 20.0)


@pytest.fixture(scope="module")
def network() -> FreightNetwork:
    return build_network(CASE.tables, NetworkRequest("XTA", "XTC", "box", date(2025, 6, 2)))


def nodes(network: FreightNetwork, arcs: tuple[int, ...] | None) -> tuple[str, ...]:
    assert arcs is not None
    return make_route(network, BEANS, arcs).nodes


def test_boxes_start_on_a_home_truck(network: FreightNetwork) -> None:
    starts = [network.states[i] for i in door_states(network, "A", start=True)]
    assert [(s.carrier, s.registration) for s in starts] == [("road", "XTA")]
    ends = {network.states[i].registration for i in door_states(network, "C")}
    assert "XTC" in ends


def test_registration_moves_the_start(network: FreightNetwork) -> None:
    request = NetworkRequest("XTA", "XTC", "box", date(2025, 6, 2), registration="XTC")
    other = build_network(CASE.tables, request)
    assert {other.states[i].registration for i in door_states(other, "A", start=True)} == {"XTC"}
    found = least_cost_path(other, other.arc_hours(), "A", "C")
    assert found.arcs is not None
    assert not any(
        s.name.startswith("Yard: goods change") for s in make_route(other, BEANS, found.arcs).stages
    )


def test_bulk_may_start_on_a_siding() -> None:
    bulk = build_network(CASE.tables, NetworkRequest("XTA", "XTC", "bulk", date(2025, 6, 2)))
    assert {bulk.states[i].carrier for i in door_states(bulk, "A", start=True)} == {"road", "rail1520"}


def test_cheapest_and_fastest_differ(network: FreightNetwork) -> None:
    cheap = least_cost_path(network, network.arc_usd(BEANS), "A", "C")
    assert nodes(network, cheap.arcs) == ("A", "X", "B", "Y", "C")
    assert cheap.arcs is not None
    assert {s.mode for s in make_route(network, BEANS, cheap.arcs).stages} == {"rail", "road"}
    fast = least_cost_path(network, network.arc_hours(), "A", "C")
    assert fast.arcs is not None
    assert {s.mode for s in make_route(network, BEANS, fast.arcs).stages} == {"road"}


def test_via_a_crossing_means_crossing_it(network: FreightNetwork) -> None:
    """Yard lies beside Midland's road: touching it and turning round is not enough."""
    found = least_cost_path(network, network.arc_usd(BEANS), "A", "C", via=["Z", "Y"])
    assert found.arcs is not None
    assert make_route(network, BEANS, found.arcs).crossings.count("Z") == 1
    assert "Y" in make_route(network, BEANS, found.arcs).crossings


def test_via_a_port_means_sailing(network: FreightNetwork) -> None:
    found = least_cost_path(network, network.arc_usd(BEANS), "A", "C", via=["Q"])
    assert found.arcs is not None
    assert any(s.kind == "sailing" for s in make_route(network, BEANS, found.arcs).stages)


def test_via_order_counts(network: FreightNetwork) -> None:
    there = least_cost_path(network, network.arc_usd(BEANS), "A", "C", via=["X", "Y"])
    back = least_cost_path(network, network.arc_usd(BEANS), "A", "C", via=["Y", "X"])
    assert there.arcs is not None
    assert back.arcs is not None
    assert make_route(network, BEANS, back.arcs).usd > make_route(network, BEANS, there.arcs).usd


def test_how_far_a_search_came(network: FreightNetwork) -> None:
    no_lowland = allowed_arcs(network, avoid=["XTC"])
    found = least_cost_path(network, network.arc_usd(BEANS), "A", "C", via=["X"], allowed=no_lowland)
    assert found.arcs is None
    assert found.reached == 1


def test_modes_and_avoid(network: FreightNetwork) -> None:
    road = allowed_arcs(network, modes=["road"], avoid=["XTB"])
    found = least_cost_path(network, network.arc_usd(BEANS), "A", "C", allowed=road)
    assert nodes(network, found.arcs) == ("A", "Z", "C")


def test_closed_arcs_count_as_usable_only_when_asked(network: FreightNetwork) -> None:
    never = replace(network, shut={0: "test"})
    assert allowed_arcs(never, closed=True).all()
    assert np.array_equal(allowed_arcs(never), [a.calendar != 0 for a in never.arcs])
