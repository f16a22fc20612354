"""One-to-one least cost on the world's roads and sea: karwan beside scgraph, rustworkx, igraph and networkx.

    python benchmarks/shortest_path.py [REPEATS]

Every package answers the same pairs on the same graph held in its own structure, returning length and path;
lengths are compared. Times are medians of warm queries, karwan's and the peer's in turn; a peer's fastest
method counts. Nobody precomputes anything about the graph (scgraph can also build contraction hierarchies).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from world_graph import PAIRS, World, as_world, read_lists

from karwan.models.routing import least_cost, prepare, weigh

Query = Callable[[int, int], float]


def ours(world: World) -> Query:
    impedance = weigh(prepare(world.latitude.size, world.tail, world.head), world.length_km)
    return lambda a, b: least_cost(impedance, a, b).impedance


def with_scgraph(graph: list[dict[int, float]]) -> dict[str, Query]:
    import scgraph

    plain = scgraph.Graph(graph)
    names = ("dijkstra", "bidirectional_dijkstra", "dijkstra_buckets", "bidirectional_buckets")

    def query(name: str) -> Query:
        method = getattr(plain, name)
        return lambda a, b: method(a, b)["length"]

    return {f"scgraph {name}": query(name) for name in names}


def with_rustworkx(world: World) -> dict[str, Query]:
    import rustworkx as rx

    graph = rx.PyDiGraph(multigraph=False)
    graph.add_nodes_from(range(world.latitude.size))
    arcs = zip(world.tail.tolist(), world.head.tolist(), world.length_km.tolist(), strict=True)
    graph.add_edges_from(list(arcs))
    place = list(zip(world.latitude.tolist(), world.longitude.tolist(), strict=True))

    def dijkstra(a: int, b: int) -> float:
        path = rx.dijkstra_shortest_paths(graph, a, target=b, weight_fn=float)[b]
        return sum(graph.get_edge_data(u, v) for u, v in pairwise(path))

    def a_star(a: int, b: int) -> float:
        goal = place[b]

        def straight_km(node: int) -> float:
            here = place[node]
            p, q = np.radians(here[0]), np.radians(goal[0])
            half = np.sin((p - q) / 2) ** 2
            half += np.cos(p) * np.cos(q) * np.sin(np.radians(here[1] - goal[1]) / 2) ** 2
            return 0.99 * 12742.0 * float(np.arcsin(np.sqrt(half)))

        path = rx.astar_shortest_path(graph, a, lambda node: node == b, float, straight_km)
        return sum(graph.get_edge_data(u, v) for u, v in pairwise(path))

    return {"rustworkx dijkstra": dijkstra, "rustworkx a_star": a_star}


def with_igraph(world: World) -> dict[str, Query]:
    import igraph as ig

    edges = np.column_stack([world.tail, world.head])
    graph = ig.Graph(n=world.latitude.size, edges=edges, directed=True)
    graph.es["km"] = world.length_km
    weights = world.length_km.tolist()

    def dijkstra(a: int, b: int) -> float:
        path = graph.get_shortest_path(a, b, weights="km", output="epath", algorithm="dijkstra")
        return sum(weights[edge] for edge in path)

    return {"igraph dijkstra": dijkstra}


def with_networkx(world: World) -> dict[str, Query]:
    import networkx as nx

    graph = nx.DiGraph()
    arcs = zip(world.tail.tolist(), world.head.tolist(), world.length_km.tolist(), strict=True)
    graph.add_weighted_edges_from(arcs)
    return {"networkx bidirectional": lambda a, b: nx.bidirectional_dijkstra(graph, a, b)[0]}


@dataclass(frozen=True)
class Comparison:
    ours_ms: np.ndarray
    peer_ms: np.ndarray
    differs: list[int]

    def line(self, name: str) -> str:
        ratio = self.peer_ms / self.ours_ms
        note = f"  lengths differ on {[PAIRS[k] for k in self.differs]}" if self.differs else ""
        return (
            f"{name:32s} median {np.median(self.peer_ms):8.2f} ms against {np.median(self.ours_ms):6.2f} ms; "
            f"sum {self.peer_ms.sum():8.1f} against {self.ours_ms.sum():6.1f} ms; "
            f"ratio median {np.median(ratio):6.1f}, lowest {ratio.min():.2f}{note}"
        )


def clock(query: Query, a: int, b: int) -> tuple[float, float]:
    start = time.perf_counter()
    length = query(a, b)
    return 1e3 * (time.perf_counter() - start), float(length)


def compare(karwan: Query, peer: Query, pairs: list[tuple[int, int]], repeats: int) -> Comparison:
    ours_ms, peer_ms, differs = [], [], []
    karwan(*pairs[0])
    peer(*pairs[0])
    for k, (a, b) in enumerate(pairs):
        runs = [(clock(karwan, a, b), clock(peer, a, b)) for _ in range(repeats)]
        ours_ms.append(statistics.median(run[0][0] for run in runs))
        peer_ms.append(statistics.median(run[1][0] for run in runs))
        if not np.isclose(runs[0][0][1], runs[0][1][1], rtol=1e-9):
            differs.append(k)
    return Comparison(np.array(ours_ms), np.array(peer_ms), differs)


def main(repeats: int) -> None:
    graph, nodes = read_lists()
    world = as_world(graph, nodes)
    print(f"{world.latitude.size:,} nodes, {world.tail.size:,} arcs, {len(PAIRS)} pairs, {repeats} runs each")
    pairs = [(world.nearest(a), world.nearest(b)) for a, b in PAIRS]
    karwan = ours(world)
    karwan(*pairs[0])
    for (a, b), pair in zip(PAIRS, pairs, strict=True):
        runs = [clock(karwan, *pair) for _ in range(5)]
        print(f"  {a} - {b}: {runs[0][1]:,.1f} km in {statistics.median(run[0] for run in runs):.2f} ms")
    builders = (lambda: with_scgraph(graph), lambda: with_rustworkx(world), lambda: with_igraph(world))
    for build in (*builders, lambda: with_networkx(world)):
        for name, query in build().items():
            slow = name.startswith(("networkx", "rustworkx"))
            print(compare(karwan, query, pairs, 1 if slow else repeats).line(name), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
