"""Laws of the contraction hierarchy: equal to search, to its plain twin and to other packages on random graphs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.errors import InvalidInput
from karwan.numerics import hierarchy as kernel
from karwan.transport.routing import Impedance, least_cost, least_cost_tree, prepare, weigh
from karwan.transport.routing import hierarchy as model

LAWS = settings(max_examples=150, deadline=None)
Ends = tuple[np.ndarray, np.ndarray]


def near_planar(seed: int, side: int) -> Ends:
    """Arcs of a grid of side x side states with gaps, some of them one-way, and a few long links."""
    rng = np.random.default_rng(seed)
    at = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    head = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    there, back = rng.random((2, tail.size)) < 0.85
    far = rng.integers(0, side * side, (2, side))
    return (
        np.concatenate([tail[there], head[back], far[0]]),
        np.concatenate([head[there], tail[back], far[1]]),
    )


def path_holds(impedance: Impedance, arcs: np.ndarray, origins: list[int], goals: list[int]) -> bool:
    """Whether the arcs join one of the origins to one of the goals."""
    tail, head = impedance.adjacency.tail[arcs], impedance.adjacency.head[arcs]
    if arcs.size == 0:
        return bool(set(origins) & set(goals))
    return tail[0] in origins and head[-1] in goals and head[:-1].tolist() == tail[1:].tolist()


@LAWS
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 50]), st.integers(1, 3), st.integers(1, 3))
def test_equals_search_and_plain_twin(seed: int, top: int, n_origins: int, n_goals: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 25))
    n_arcs = int(rng.integers(0, 4 * n))
    tail, head = rng.integers(0, n, (2, n_arcs))
    weights = rng.integers(0, top + 1, n_arcs).astype(float)
    weights[rng.random(n_arcs) < 0.1] = np.inf
    plain = weigh(prepare(n, tail, head), weights)
    short = weigh(prepare(n, tail, head, hierarchy=True), weights)
    assert short.shortcuts is not None
    rank = short.shortcuts.hierarchy.rank.tolist()
    assert sorted(rank) == list(range(n))
    arcs = list(zip(tail.tolist(), head.tolist(), weights.tolist(), strict=True))
    for _ in range(8):
        origins = rng.choice(n, n_origins, replace=False).tolist()
        goals = rng.choice(n, n_goals, replace=False).tolist()
        found = least_cost(short, origins, goals)
        assert found.impedance == least_cost(plain, origins, goals).impedance
        assert found.impedance == kernel.climb_plain(arcs, rank, origins, goals)
        if found.found:
            assert weights[found.arcs].sum() == found.impedance
            assert path_holds(short, found.arcs, origins, goals)
        else:
            assert found.arcs.size == 0


@LAWS
@given(st.integers(0, 2**32 - 1))
def test_upward_neighbours_are_joined_to_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 30))
    tail, head = rng.integers(0, n, (2, int(rng.integers(1, 3 * n)))).astype(np.int32)
    shape = model.contract(n, tail, head)
    up = [set(shape.up_head[shape.up_ptr[v] : shape.up_ptr[v + 1]].tolist()) for v in range(n)]
    for v in range(n):
        row = shape.up_head[shape.up_ptr[v] : shape.up_ptr[v + 1]]
        assert np.all(np.diff(row, prepend=v) > 0)
        assert all(up[v] - set(range(u + 1)) <= up[u] for u in up[v])
    joined = {
        (min(a, b), max(a, b)) for a, b in zip(shape.rank[tail], shape.rank[head], strict=True) if a != b
    }
    assert all(high in up[low] for low, high in joined)


@pytest.mark.parametrize("seed", range(3))
def test_hundreds_of_pairs_equal_igraph_and_rustworkx(seed: int) -> None:
    igraph = pytest.importorskip("igraph", reason="needs igraph")
    rustworkx = pytest.importorskip("rustworkx", reason="needs rustworkx")
    side = 40
    tail, head = near_planar(seed, side)
    rng = np.random.default_rng(seed)
    km = rng.lognormal(1.0, 1.5, tail.size)
    short = weigh(prepare(side**2, tail, head, hierarchy=True), km)
    plain = weigh(prepare(side**2, tail, head), km)
    pairs = rng.integers(0, side**2, (200, 2)).tolist()
    one = igraph.Graph(n=side**2, edges=np.column_stack([tail, head]), directed=True)
    other = rustworkx.PyDiGraph()
    other.add_nodes_from(range(side**2))
    other.add_edges_from(list(zip(tail.tolist(), head.tolist(), km.tolist(), strict=True)))
    for a, b in pairs:
        truth = one.distances(a, b, weights=km.tolist())[0][0]
        lengths = rustworkx.dijkstra_shortest_path_lengths(other, a, float, goal=b)
        assert truth == pytest.approx(0.0 if a == b else dict(lengths).get(b, np.inf), rel=1e-12)
        for impedance in (short, plain):
            path = least_cost(impedance, a, b)
            assert path.impedance == pytest.approx(truth, rel=1e-12)
            if path.found:
                assert path_holds(impedance, path.arcs, [a], [b])


def test_one_hierarchy_serves_any_weights() -> None:
    tail, head = near_planar(5, 15)
    adjacency = prepare(225, tail, head, hierarchy=True)
    rng = np.random.default_rng(5)
    for _ in range(4):
        weights = rng.integers(0, 100, tail.size).astype(float)
        weights[rng.random(tail.size) < 0.2] = np.inf
        impedance = weigh(adjacency, weights)
        for origin in rng.integers(0, 225, 5).tolist():
            tree = least_cost_tree(impedance, origin).impedance
            found = [least_cost(impedance, origin, goal).impedance for goal in range(225)]
            assert found == tree.tolist()


def test_entangled_graphs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    tail, head = np.random.default_rng(2).integers(0, 3000, (2, 9000))
    monkeypatch.setattr(model, "LEAST", 10_000)
    with pytest.raises(InvalidInput, match="no small hierarchy"):
        prepare(3000, tail, head, hierarchy=True)
    assert prepare(3000, tail, head).hierarchy is None
