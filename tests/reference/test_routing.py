"""Routing on the world's highways and sea against scipy, and two-criteria sets against weighted sums."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from karwan.transport.routing import (
    StateGraph,
    least_cost_tree,
    pareto_routes,
    prepare,
    weigh,
)

PLACES = {
    "Almaty": (43.24, 76.90),
    "Karachi": (24.86, 67.01),
    "Kostanay": (53.21, 63.63),
    "Gwadar": (25.12, 62.33),
    "Rotterdam": (51.92, 4.48),
    "Los Angeles": (34.05, -118.24),
}


class World:
    """Arcs, lengths and coordinates of the graph, and its sparse matrix for scipy."""

    def __init__(self, graph: list[dict[int, float]], nodes: list[list[float]]) -> None:
        self.n = len(graph)
        self.tail = np.repeat(np.arange(self.n, dtype=np.int32), [len(out) for out in graph])
        self.head = np.fromiter((v for out in graph for v in out), np.int32)
        km = np.fromiter((d for out in graph for d in out.values()), np.float64)
        self.km = np.maximum(km, 0.001)  # scipy reads a stored zero as no arc
        self.place = np.array(nodes)

    def nearest(self, name: str) -> int:
        latitude, longitude = PLACES[name]
        east = (self.place[:, 1] - longitude) * np.cos(np.radians(latitude))
        return int(np.argmin((self.place[:, 0] - latitude) ** 2 + east**2))

    def truth(self, weights: np.ndarray, origin: int) -> np.ndarray:
        matrix = csr_matrix((weights, (self.tail, self.head)), shape=(self.n, self.n))
        return dijkstra(matrix, indices=origin)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """scgraph_data's graph; its module wants a class of scgraph that it only fills, so a stand-in serves."""
    pytest.importorskip("scgraph_data", reason="needs scgraph_data, which is not installed")

    class Bare:
        def __init__(self, **parts: Any) -> None:
            self.__dict__.update(parts)

    stand_in = types.ModuleType("scgraph.core")
    stand_in.GeoGraph = Bare  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "scgraph.core", stand_in)
        if "scgraph" not in sys.modules:
            patch.setitem(sys.modules, "scgraph", types.ModuleType("scgraph"))
        import scgraph_data

        source = importlib.import_module("scgraph_data.world_highways_and_marnet")
        arrays = World(source.graph, source.nodes)
        del sys.modules[source.__name__]
        del scgraph_data.world_highways_and_marnet
    yield arrays


def test_least_cost_equals_scipy(world: World) -> None:
    names = list(PLACES)
    states = [world.nearest(name) for name in names]
    impedance = weigh(prepare(world.n, world.tail, world.head), world.km)
    truth = world.truth(world.km, states[0])
    tree = least_cost_tree(impedance, states[0])
    assert np.allclose(tree.impedance, truth, rtol=1e-12)
    for state in states:
        arcs = tree.path(state)
        assert world.km[arcs].sum() == pytest.approx(truth[state], rel=1e-12)
        ends = [states[0], *world.head[arcs].tolist()]
        assert ends[:-1] == world.tail[arcs].tolist()
        assert ends[-1] == state


def test_two_criteria_set_holds_every_weighted_optimum(world: World) -> None:
    rng = np.random.default_rng(1)
    hours = world.km / rng.uniform(30.0, 90.0, world.km.size)
    graph = StateGraph.always_open(world.n, world.tail, world.head, cost_usd=world.km, mean_h=hours)
    origin, goal = world.nearest("Almaty"), world.nearest("Karachi")
    routes = pareto_routes(graph, origin, goal, criteria=("cost_usd", "hours"))
    assert routes.exact
    points = routes.criteria[:, :2]
    assert np.all(np.diff(points[:, 0]) > 0.0)
    assert np.all(np.diff(points[:, 1]) < 0.0)
    for weight in (0.0, 0.2, 0.5, 0.8, 1.0):
        mixed = weight * world.km + (1.0 - weight) * 60.0 * hours
        least = (points @ [weight, (1.0 - weight) * 60.0]).min()
        assert least == pytest.approx(world.truth(mixed, origin)[goal], rel=1e-12)
    for k in range(0, len(routes), 100):
        arcs = routes.route(k)
        assert points[k].tolist() == pytest.approx([world.km[arcs].sum(), hours[arcs].sum()], rel=1e-12)
        assert world.head[arcs[:-1]].tolist() == world.tail[arcs[1:]].tolist()
