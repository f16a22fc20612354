"""The compiled search past via places against the same search written out with a heap, on every corridor of both cases."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.case import Case, read_case
from karwan.transport.network import FreightNetwork, NetworkRequest, build_network
from karwan.transport.path import PathSearch, allowed_arcs, climber, door_states, least_cost_path
from karwan.transport.shipment import make_shipment

TOYLAND = read_case("toyland")
TOY_NETWORK = build_network(TOYLAND.tables, NetworkRequest("XTA", "XTC", "box", TOYLAND.settings.as_of))


def plain(  # the search of docs/route.md, layer by layer
    network: FreightNetwork,
    cost: npt.NDArray[np.float64],
    origin: str,
    destination: str,
    via: Sequence[str],
    modes: Collection[str],
    allowed: npt.NDArray[np.bool_],
) -> PathSearch:
    size, climb = len(network.states), climber(network, via)
    best = {s: 0.0 for s in door_states(network, origin, modes, start=True)}
    came: dict[int, tuple[int, int]] = {}
    heap = [(0.0, key) for key in best]
    goals = {len(via) * size + s for s in door_states(network, destination, modes)}
    reached = 0
    while heap:
        value, key = heapq.heappop(heap)
        if value > best[key]:
            continue
        layer, state = divmod(key, size)
        reached = max(reached, layer)
        if key in goals:
            arcs = []
            while key in came:
                key, arc = came[key]
                arcs.append(arc)
            return PathSearch(tuple(reversed(arcs)), len(via))
        for arc in network.out[state]:
            target = climb(layer, arc) * size + network.arcs[arc].head
            total = value + float(cost[arc])
            if allowed[arc] and total < best.get(target, np.inf):
                best[target] = total
                came[target] = (key, arc)
                heapq.heappush(heap, (total, target))
    return PathSearch(None, reached)


def same(network: FreightNetwork, cost: npt.NDArray[np.float64], one: PathSearch, other: PathSearch) -> None:
    assert one.reached == other.reached
    assert (one.arcs is None) == (other.arcs is None)
    if one.arcs is not None and other.arcs is not None:
        sums = [float(cost[list(found.arcs or ())].sum()) for found in (one, other)]
        assert sums[0] == pytest.approx(sums[1], rel=1e-12)
        ends = [network.arcs[a] for a in one.arcs]
        assert all(a.head == b.tail for a, b in pairwise(ends))


@pytest.mark.parametrize("direction", [0, 1])
def test_every_corridor_of_kaz_pak(kaz_pak: Case, direction: int) -> None:
    own = kaz_pak.settings
    turn = slice(None, None, 1 - 2 * direction)
    start, finish = [own.party_a, own.party_b][turn]
    load = make_shipment(kaz_pak["products"], own.reference_product, own.load_t)
    network = build_network(kaz_pak.tables, NetworkRequest(start, finish, load.form, own.as_of))
    cost = network.arc_usd(load) + load.value_of_time_usd_h * network.arc_hours()
    origin, destination = [own.origins[-1], own.destinations[-1]][turn]
    for row in kaz_pak["corridors"].iter_rows(named=True):
        via = [v for v in list(row["via"] or ())[turn] if v not in (origin, destination)]
        for closed in (False, True):
            allowed = allowed_arcs(network, modes=row["modes"], avoid=row["avoid"] or (), closed=closed)
            found = least_cost_path(
                network, cost, origin, destination, via=via, modes=row["modes"], allowed=allowed
            )
            twin = plain(network, cost, origin, destination, via, row["modes"], allowed)
            same(network, cost, found, twin)


@settings(max_examples=60, deadline=None)
@given(
    via=st.lists(st.sampled_from(["X", "Y", "Z", "B", "P", "Q", "A"]), max_size=3),
    seed=st.integers(0, 2**32 - 1),
    shut=st.floats(0.0, 0.4),
)
def test_random_costs_and_closures_on_toyland(via: list[str], seed: int, shut: float) -> None:
    draw = np.random.default_rng(seed)
    size = len(TOY_NETWORK.arcs)
    cost, allowed = draw.exponential(10.0, size), draw.random(size) >= shut
    found = least_cost_path(TOY_NETWORK, cost, "A", "C", via=via, allowed=allowed)
    same(TOY_NETWORK, cost, found, plain(TOY_NETWORK, cost, "A", "C", via, (), allowed))
