"""One-to-one least cost on the world's roads and sea: karwan beside scgraph, rustworkx, igraph and networkx.

    python benchmarks/shortest_path.py [REPEATS]

Every package answers the same pairs on the same graph held in its own structure, returning length and path;
lengths are compared, on these pairs and on 300 random ones. Times are the best of REPEATS warm queries, karwan's
and the peer's in turn. Building is timed apart, in processor time, from the data in the form the package asks
for:

- karwan, hierarchy: prepare(hierarchy=True) and weigh(), which lays and weighs shortcuts.
- karwan, search: prepare() and weigh(); nothing is known beforehand but the arcs.
- scgraph: its four searches, the same after reduce(), and A*. Its contraction hierarchy takes many minutes to
  build on this graph, so that one is compared on a part of it, between the Caspian and the plains of India.
- rustworkx, igraph and networkx: every one-to-one method they have; A* gets the great-circle distance.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Any

import numpy as np
from world_graph import PAIRS, World, as_world, read_lists

from karwan.transport.routing import least_cost, prepare, weigh

Query = Callable[[int, int], float]
REGION = (22.0, 56.0, 45.0, 90.0)
"""South, north, west and east of the part on which hierarchies are compared, degrees."""
SLOW_S = 1.5
"""Repeats of one query stop after this many seconds."""


@dataclass
class Method:
    """One way to answer: its building time and the best time of each pair."""

    name: str
    build_s: float
    query: Query
    best_ms: np.ndarray = field(default_factory=lambda: np.full(len(PAIRS), np.inf))
    length: np.ndarray = field(default_factory=lambda: np.full(len(PAIRS), np.nan))

    def ask(self, pair: int, a: int, b: int) -> None:
        start = time.perf_counter()
        self.length[pair] = self.query(a, b)
        self.best_ms[pair] = min(self.best_ms[pair], 1e3 * (time.perf_counter() - start))


def timed(run: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> tuple[float, Any]:
    """Seconds of processor time, or by another clock, and the result."""
    start = clock()
    made = run()
    return clock() - start, made


def great_circle(world: World) -> Callable[[int, int], float]:
    """Km between two nodes, one in a hundred short because roads were measured on another ellipsoid."""
    place = [
        (radians(lat), radians(lon))
        for lat, lon in zip(world.latitude.tolist(), world.longitude.tolist(), strict=True)
    ]

    def km(a: int, b: int) -> float:
        (p, x), (q, y) = place[a], place[b]
        half = sin((p - q) / 2) ** 2 + cos(p) * cos(q) * sin((x - y) / 2) ** 2
        return 0.99 * 12742.0 * asin(sqrt(half))

    return km


def ours(world: World, hierarchy: bool) -> Method:
    def build() -> Any:
        return weigh(
            prepare(world.latitude.size, world.tail, world.head, hierarchy=hierarchy), world.length_km
        )

    least_cost(build(), 0, 1)  # compiled kernels
    seconds, impedance = timed(build)
    first, _ = timed(lambda: least_cost(impedance, 0, 1))  # working memory and layout are made here
    name = "karwan, hierarchy" if hierarchy else "karwan, search"
    return Method(name, seconds + first, lambda a, b: least_cost(impedance, a, b).impedance)


def with_scgraph(graph: list[dict[int, float]], world: World) -> Iterator[Method]:
    import scgraph

    km = great_circle(world)
    names = ("dijkstra", "bidirectional_dijkstra", "dijkstra_buckets", "bidirectional_buckets")
    for reduced in (False, True):
        seconds, plain = timed(lambda: scgraph.Graph(graph))
        if reduced:
            seconds += timed(plain.reduce)[0]
        for name in names:
            method = getattr(plain, name)
            label = f"scgraph {name}{', reduced' if reduced else ''}"
            yield Method(label, seconds, lambda a, b, method=method: method(a, b)["length"])
        if not reduced:
            yield Method("scgraph a_star", seconds, lambda a, b, g=plain: g.a_star(a, b, km)["length"])


def with_rustworkx(world: World) -> Iterator[Method]:
    import rustworkx as rx

    arcs = list(zip(world.tail.tolist(), world.head.tolist(), world.length_km.tolist(), strict=True))
    km = great_circle(world)

    def build() -> Any:
        graph = rx.PyDiGraph(multigraph=False)
        graph.add_nodes_from(range(world.latitude.size))
        graph.add_edges_from(arcs)
        return graph

    seconds, graph = timed(build)

    def length(path: list[int]) -> float:
        return sum(graph.get_edge_data(u, v) for u, v in pairwise(path))

    def dijkstra(a: int, b: int) -> float:
        return length(rx.dijkstra_shortest_paths(graph, a, target=b, weight_fn=float)[b])

    def a_star(a: int, b: int) -> float:
        return length(
            rx.astar_shortest_path(graph, a, lambda node: node == b, float, lambda node: km(node, b))
        )

    yield Method("rustworkx dijkstra", seconds, dijkstra)
    yield Method("rustworkx a_star", seconds, a_star)


def with_igraph(world: World) -> Iterator[Method]:
    import igraph as ig

    edges = np.column_stack([world.tail, world.head])
    weights = world.length_km.tolist()
    km = great_circle(world)

    def build() -> Any:
        graph = ig.Graph(n=world.latitude.size, edges=edges, directed=True)
        graph.es["km"] = weights
        return graph

    seconds, graph = timed(build)

    def dijkstra(a: int, b: int) -> float:
        path = graph.get_shortest_path(a, b, weights="km", output="epath", algorithm="dijkstra")
        return sum(weights[edge] for edge in path)

    def a_star(a: int, b: int) -> float:
        path = graph.get_shortest_path_astar(a, b, lambda _, u, v: km(u, v), weights="km", output="epath")
        return sum(weights[edge] for edge in path)

    yield Method("igraph dijkstra", seconds, dijkstra)
    yield Method("igraph a_star", seconds, a_star)


def with_networkx(world: World) -> Iterator[Method]:
    import networkx as nx

    arcs = list(zip(world.tail.tolist(), world.head.tolist(), world.length_km.tolist(), strict=True))

    def build() -> Any:
        graph = nx.DiGraph()
        graph.add_weighted_edges_from(arcs)
        return graph

    seconds, graph = timed(build)
    yield Method(
        "networkx bidirectional_dijkstra", seconds, lambda a, b: nx.bidirectional_dijkstra(graph, a, b)[0]
    )


def compare(peer: Method, mine: list[Method], pairs: list[tuple[int, int]], repeats: int) -> None:
    """Ask every pair, karwan's methods and the peer in turn, and print the ratios of the best times."""
    here = [Method(method.name, method.build_s, method.query) for method in mine]
    for k, pair in enumerate(pairs):
        start = time.perf_counter()
        for _ in range(repeats):
            for method in (*here, peer):
                method.ask(k, *pair)
            if time.perf_counter() - start > SLOW_S:
                break
    ratios = [peer.best_ms / method.best_ms for method in here]
    cells = "".join(f"  {np.median(ratio):8.1f} {ratio.min():7.2f}" for ratio in ratios)
    differs = np.flatnonzero(~np.isclose(peer.length, here[0].length, rtol=1e-9))
    note = f"  LENGTHS DIFFER on {[PAIRS[k] for k in differs]}" if differs.size else ""
    print(f"{peer.name:40s} {peer.build_s:7.1f} {np.median(peer.best_ms):9.2f}{cells}{note}", flush=True)
    for method, seen in zip(mine, here, strict=True):
        method.best_ms = np.minimum(method.best_ms, seen.best_ms)


def check_random(world: World, mine: list[Method], count: int = 300) -> None:
    """Lengths of random pairs against a tree of scipy."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    n = world.latitude.size
    km = np.maximum(world.length_km, 1e-300)  # scipy reads a stored zero as no arc
    matrix = csr_matrix((km, (world.tail, world.head)), shape=(n, n))
    rng = np.random.default_rng(1)
    origins, goals = rng.integers(0, n, 15), rng.integers(0, n, (15, count // 15))
    worst = 0.0
    for origin, row in zip(origins.tolist(), goals.tolist(), strict=True):
        truth = dijkstra(matrix, indices=origin)[row]
        for method in mine:
            found = np.array([method.query(origin, goal) for goal in row])
            assert np.array_equal(np.isfinite(found), np.isfinite(truth))
            joined = np.isfinite(truth)
            gap = np.abs(found[joined] - truth[joined]) / np.maximum(truth[joined], 1e-9)
            worst = max(worst, float(np.max(gap, initial=0.0)))
    print(f"{count} random pairs against scipy: largest relative difference {worst:.1e}")


def hierarchies(world: World, repeats: int, count: int = 150) -> None:
    """Both contraction hierarchies on the largest connected part of a region, random pairs in turn."""
    import scgraph
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    south, north, west, east = REGION
    inside = (world.latitude > south) & (world.latitude < north)
    inside &= (world.longitude > west) & (world.longitude < east)
    name = np.cumsum(inside) - 1
    kept = inside[world.tail] & inside[world.head]
    n, km = int(inside.sum()), world.length_km[kept]
    tail, head = name[world.tail[kept]].astype(np.int32), name[world.head[kept]].astype(np.int32)
    lists: list[dict[int, float]] = [{} for _ in range(n)]
    for a, b, length in zip(tail.tolist(), head.tolist(), km.tolist(), strict=True):
        lists[a][b] = length
    graph = scgraph.Graph(lists)
    theirs, _ = timed(graph.create_contraction_hierarchy)
    own, impedance = timed(lambda: weigh(prepare(n, tail, head, hierarchy=True), km))
    _, part = connected_components(csr_matrix((km, (tail, head)), shape=(n, n)), directed=False)
    joined = np.flatnonzero(part == np.bincount(part).argmax())
    best = np.full((count, 2), np.inf)
    for k, (a, b) in enumerate(np.random.default_rng(1).choice(joined, (count, 2)).tolist()):
        for _ in range(repeats):
            own_s, path = timed(lambda a=a, b=b: least_cost(impedance, a, b), time.perf_counter)
            their_s, found = timed(lambda a=a, b=b: graph.contraction_hierarchy(a, b), time.perf_counter)
            assert np.isclose(path.impedance, found["length"], rtol=1e-9)
            best[k] = np.minimum(best[k], [1e3 * own_s, 1e3 * their_s])
    ratio = best[:, 1] / best[:, 0]
    print(f"hierarchies on {n:,} nodes and {tail.size:,} arcs, {count} random pairs, karwan against scgraph:")
    print(
        f"  built in {own:.2f} and {theirs:.1f} s; median {np.median(best[:, 0]):.3f} and "
        f"{np.median(best[:, 1]):.3f} ms; ratio median {np.median(ratio):.1f}, lowest {ratio.min():.2f}"
    )


def main(repeats: int) -> None:
    graph, nodes = read_lists()
    world = as_world(graph, nodes)
    print(f"{world.latitude.size:,} nodes, {world.tail.size:,} arcs, {len(PAIRS)} pairs, best of {repeats}")
    pairs = [(world.nearest(a), world.nearest(b)) for a, b in PAIRS]
    mine = [ours(world, True), ours(world, False)]
    for method in mine:
        print(f"{method.name}: built in {method.build_s:.2f} s")
    check_random(world, mine)
    print(
        f"{'':40s} {'build s':>7s} {'median ms':>9s}  ratio to karwan, hierarchy; to karwan, search: median, lowest"
    )
    fastest, by = np.full(len(pairs), np.inf), [""] * len(pairs)
    builders = (
        lambda: with_scgraph(graph, world),
        lambda: with_igraph(world),
        lambda: with_rustworkx(world),
        lambda: with_networkx(world),
    )
    for build in builders:
        for peer in build():
            compare(peer, mine, pairs, repeats)
            for k in np.flatnonzero(peer.best_ms < fastest):
                fastest[k], by[k] = peer.best_ms[k], peer.name
    print(f"{'pair':28s} {'km':>9s} {'hierarchy':>9s} {'search':>8s} {'peer':>8s}  ms, the fastest peer")
    for k, (a, b) in enumerate(PAIRS):
        here = [method.best_ms[k] for method in mine]
        mark = "" if max(here) <= fastest[k] else "  SLOWER"
        km = mine[0].query(*pairs[k])
        print(
            f"{a + ' - ' + b:28s} {km:9,.1f} {here[0]:9.3f} {here[1]:8.3f} {fastest[k]:8.3f}  {by[k]}{mark}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
