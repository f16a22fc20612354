"""Laws of routing on random graphs: equal to enumeration, to the plain twin, blind to order and labels."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from karwan.numerics import pareto as kernel
from karwan.transport.routing import (
    CRITERIA,
    ParetoSet,
    StateGraph,
    beaten_by,
    brute_force,
    follow,
    least_cost_tree,
    pareto_routes,
    prepare,
    weigh,
)
from karwan.transport.routing.pareto import arc_windows

LAWS = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def graphs(draw: st.DrawFn, n_max: int = 7, arcs_max: int = 18, calendars: bool = True) -> StateGraph:
    """Small graphs with whole-number criteria (sums are exact), parallel arcs, loops, and calendars.

    Sizes come from the seed, not from hypothesis, which would mostly try graphs too small to have a choice.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    top = draw(st.sampled_from([20, 4, 1]))
    n = int(rng.integers(4, n_max + 1))
    n_arcs = int(rng.integers(2 * n, arcs_max + 1))
    ptr, start, end = [0], [], []
    for _ in range(3 if calendars else 0):
        edges = np.sort(rng.integers(0, 60, 2 * int(rng.integers(0, 4))))
        start += edges[0::2].tolist()
        ends = edges[1::2].tolist()
        if ends and rng.random() < 0.4:
            ends[-1] = np.inf
        end += ends
        ptr.append(len(start))
    calendar = np.full(n_arcs, -1)
    if calendars:
        some = rng.random(n_arcs) < 0.4
        calendar[some] = rng.integers(0, 3, int(some.sum()))
    tail = rng.integers(0, n - 1, n_arcs)
    head = np.minimum(tail + rng.integers(-1, 3, n_arcs), n - 1).clip(0)
    return StateGraph(
        n, tail, head,
        rng.integers(0, top + 1, n_arcs), rng.integers(0, top + 1, n_arcs),
        rng.integers(0, top + 1, n_arcs), rng.integers(0, top + 1, n_arcs),
        calendar, ptr, start, end,
    )  # fmt: skip


SELECTIONS = st.lists(st.sampled_from(CRITERIA), min_size=1, max_size=4, unique=True)
ORIGINS = st.sampled_from([[0], [1, 0], [2]])
BACK = st.sampled_from([[1], [1, 2], [2], [3, 4]])


def last(graph: StateGraph, back: list[int]) -> list[int]:
    """States counted from the end of the graph."""
    return [graph.n_states - k for k in back]


def chosen_rows(routes: ParetoSet) -> list[list[float]]:
    """Selected criteria of every route, sorted."""
    columns = [CRITERIA.index(name) for name in routes.selected]
    return sorted(routes.criteria[:, columns].tolist())


def replay(graph: StateGraph, routes: ParetoSet, k: int, depart_h: float) -> list[float]:
    """Criteria of a route from its arcs alone, checking that arcs join and openings are kept."""
    clock, total = depart_h, np.zeros(4)
    at = None
    for a, wait in zip(routes.route(k), routes.waits(k), strict=True):
        assert at is None or graph.tail[a] == at
        at = graph.head[a]
        assert wait >= 0.0
        clock += wait
        assert any(opens <= clock < closes for opens, closes in arc_windows(graph, int(a)))
        clock += graph.mean_h[a]
        total += [graph.cost_usd[a], 0.0, graph.var_h2[a], graph.co2_kg[a]]
    return [total[0], clock - depart_h, total[2], total[3]]


@LAWS
@given(graphs(), ORIGINS, BACK, SELECTIONS, st.integers(0, 40))
def test_equals_enumeration(
    graph: StateGraph, origins: list[int], back: list[int], criteria: list[str], depart: int
) -> None:
    destinations = last(graph, back)
    ours = pareto_routes(graph, origins, destinations, depart_h=float(depart), criteria=criteria)
    truth = brute_force(graph, origins, destinations, depart_h=float(depart), criteria=criteria)
    assert ours.exact
    assert chosen_rows(ours) == chosen_rows(truth)
    for k in range(len(ours)):
        assert replay(graph, ours, k, float(depart)) == ours.criteria[k].tolist()
        followed = follow(graph, ours.route(k), depart_h=float(depart))
        assert followed.open
        assert followed.criteria.tolist() == ours.criteria[k].tolist()
        assert k in beaten_by(ours, followed.criteria)
        states = graph.head[ours.route(k)].tolist()
        assert len(set(states)) == len(states)


@LAWS
@given(graphs(), ORIGINS, BACK, st.sampled_from([0.05, 0.3, 1.0]))
def test_epsilon_covers_every_route(
    graph: StateGraph, origins: list[int], back: list[int], epsilon: float
) -> None:
    destinations = last(graph, back)
    some = pareto_routes(graph, origins, destinations, epsilon=epsilon)
    for route in brute_force(graph, origins, destinations).criteria:
        assert np.any(np.all(some.criteria <= (1 + epsilon) * route + 1e-9, axis=1))


@LAWS
@given(graphs(n_max=12, arcs_max=50))
def test_equals_plain_twin(graph: StateGraph) -> None:
    goal = graph.n_states - 1
    arcs = [
        (
            int(graph.tail[a]),
            int(graph.head[a]),
            (graph.cost_usd[a], graph.mean_h[a], graph.var_h2[a], graph.co2_kg[a]),
            None if graph.calendar[a] < 0 else arc_windows(graph, a),
        )
        for a in range(graph.n_arcs)
    ]
    twin = kernel.label_setting_plain(arcs, 1, 4, {goal}, [0])
    assert chosen_rows(pareto_routes(graph, 0, goal)) == [list(g) for g, _ in twin]


@LAWS
@given(graphs(n_max=12, arcs_max=50), st.integers(0, 2**32 - 1))
def test_order_of_arcs_and_labels_of_states_change_nothing(graph: StateGraph, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(graph.n_arcs), rng.permutation(graph.n_states)
    other = StateGraph(
        graph.n_states, names[graph.tail][rows], names[graph.head][rows],
        graph.cost_usd[rows], graph.mean_h[rows], graph.var_h2[rows], graph.co2_kg[rows],
        graph.calendar[rows], graph.calendar_ptr, graph.open_start_h, graph.open_end_h,
    )  # fmt: skip
    goal = graph.n_states - 1
    here = pareto_routes(graph, 0, goal)
    there = pareto_routes(other, names[0], names[goal])
    assert here.criteria.tolist() == there.criteria.tolist()


@LAWS
@given(graphs(n_max=12, arcs_max=50, calendars=False))
def test_scaling_a_criterion_scales_the_set(graph: StateGraph) -> None:
    scaled = StateGraph.always_open(
        graph.n_states, graph.tail, graph.head,
        cost_usd=4.0 * graph.cost_usd, mean_h=0.5 * graph.mean_h, var_h2=graph.var_h2, co2_kg=graph.co2_kg,
    )  # fmt: skip
    goal = graph.n_states - 1
    before, after = pareto_routes(graph, 0, goal), pareto_routes(scaled, 0, goal)
    assert (before.criteria * [4.0, 0.5, 1.0, 1.0]).tolist() == after.criteria.tolist()


@LAWS
@given(graphs(n_max=15, arcs_max=60, calendars=False))
def test_one_criterion_equals_networkx(graph: StateGraph) -> None:
    reference = nx.MultiDiGraph()
    reference.add_nodes_from(range(graph.n_states))
    reference.add_weighted_edges_from(zip(graph.tail, graph.head, graph.cost_usd, strict=True))
    truth = nx.single_source_dijkstra_path_length(reference, 0)
    tree = least_cost_tree(weigh(prepare(graph.n_states, graph.tail, graph.head), graph.cost_usd), 0)
    for state in range(graph.n_states):
        expected = truth.get(state, np.inf)
        assert tree.impedance[state] == expected
        arcs = tree.path(state)
        if np.isfinite(expected):
            assert graph.cost_usd[arcs].sum() == expected
            ends = [0, *graph.head[arcs].tolist()]
            assert ends[:-1] == graph.tail[arcs].tolist()
            assert ends[-1] == state
        routes = pareto_routes(graph, 0, state, criteria=("cost_usd",))
        assert routes.criteria[:, 0].tolist() == ([expected] if np.isfinite(expected) else [])


def test_correlated_real_numbers_equal_the_plain_twin() -> None:
    rng = np.random.default_rng(11)
    n, n_arcs = 60, 240
    km = rng.uniform(5.0, 400.0, n_arcs)
    columns = [km * rng.lognormal(0.0, 0.3, n_arcs) for _ in range(4)]
    tail, head = rng.integers(0, n, n_arcs), rng.integers(0, n, n_arcs)
    graph = StateGraph.always_open(
        n, tail, head, cost_usd=columns[0], mean_h=columns[1], var_h2=columns[2], co2_kg=columns[3]
    )
    arcs = [
        (int(t), int(h), tuple(float(c[a]) for c in columns), None)
        for a, (t, h) in enumerate(zip(tail, head, strict=True))
    ]
    for goal in range(1, 12):
        twin = kernel.label_setting_plain(arcs, 1, 4, {goal}, [0])
        ours = pareto_routes(graph, 0, goal)
        assert len(ours) == len(twin)
        if twin:
            assert ours.criteria == pytest.approx(np.array([g for g, _ in twin]), rel=1e-12)
            assert [ours.route(k).tolist() for k in range(len(ours))] == [path for _, path in twin]


@LAWS
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 200), st.sampled_from([3, 30, 10_000]))
def test_undominated_equals_comparing_all_pairs(seed: int, n_dim: int, count: int, top: int) -> None:
    points = np.random.default_rng(seed).integers(0, top, (count, n_dim)).astype(float)
    points = np.ascontiguousarray(points[np.lexsort(points.T[::-1])])
    keep = kernel.undominated(points, 1e-9)
    for b in range(count):
        no_worse = np.all(points <= points[b], axis=1)
        beaten = np.any(no_worse & np.any(points < points[b], axis=1))
        twin_before = np.any(np.all(points[:b] == points[b], axis=1))
        assert keep[b] == (not beaten and not twin_before)
