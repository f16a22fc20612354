"""Routes computed by hand: waiting, closures, ties, limits, short lists, and refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from karwan.errors import InvalidInput
from karwan.numerics import pareto as kernel
from karwan.numerics import shortest as shortest_kernel
from karwan.transport.cost import Weights, buffer_time, generalised_cost
from karwan.transport.routing import (
    StateGraph,
    beaten_by,
    brute_force,
    distinct_routes,
    follow,
    least_cost_tree,
    overlap_share,
    pareto_routes,
    prepare,
    weigh,
)

INF = math.inf


def border(windows: list[tuple[float, float]]) -> StateGraph:
    """A cheap road over a border (0-1-2, the second arc has the windows) and a dear ferry (0-2)."""
    return StateGraph(
        n_states=3,
        tail=[0, 1, 0],
        head=[1, 2, 2],
        cost_usd=[100.0, 50.0, 400.0],
        mean_h=[10.0, 5.0, 30.0],
        var_h2=[4.0, 9.0, 1.0],
        co2_kg=[7.0, 1.0, 3.0],
        calendar=[-1, 0, -1],
        calendar_ptr=[0, len(windows)],
        open_start_h=[w[0] for w in windows],
        open_end_h=[w[1] for w in windows],
    )


def test_route_waits_for_the_opening() -> None:
    routes = pareto_routes(border([(0.0, 8.0), (24.0, 32.0)]), 0, 2)
    assert routes.criteria.tolist() == [[150.0, 29.0, 13.0, 8.0], [400.0, 30.0, 1.0, 3.0]]
    assert routes.route(0).tolist() == [0, 1]
    assert routes.waits(0).tolist() == [0.0, 14.0]
    assert routes.route(1).tolist() == [2]
    assert routes.exact


@pytest.mark.parametrize(
    ("depart_h", "hours"),
    [(0.0, [29.0, 30.0]), (14.0, [15.0, 30.0]), (21.9, [15.0, 30.0]), (22.0, [30.0]), (100.0, [30.0])],
)
def test_hours_depend_on_departure_and_a_window_is_half_open(depart_h: float, hours: list[float]) -> None:
    routes = pareto_routes(border([(0.0, 8.0), (24.0, 32.0)]), 0, 2, depart_h=depart_h)
    assert routes.criteria[:, 1].tolist() == hours


def test_open_end_and_empty_calendars() -> None:
    assert len(pareto_routes(border([(0.0, INF)]), 0, 2)) == 2
    assert pareto_routes(border([]), 0, 2).criteria[:, 0].tolist() == [400.0]
    assert len(pareto_routes(border([(5.0, 5.0)]), 0, 2)) == 1


def test_closing_matters_even_when_hours_are_no_criterion() -> None:
    # The cheap way to state 1 arrives after the gate has shut; only the dear, fast one gets through.
    graph = StateGraph(
        3, [0, 0, 1], [1, 1, 2], [1.0, 9.0, 1.0], [20.0, 2.0, 1.0], [0.0] * 3, [0.0] * 3,
        [-1, -1, 0], [0, 1], [0.0], [10.0],
    )  # fmt: skip
    routes = pareto_routes(graph, 0, 2, criteria=("cost_usd",))
    assert routes.route(0).tolist() == [1, 2]
    assert routes.criteria[0, :2].tolist() == [10.0, 3.0]


def test_unreachable_gives_an_empty_set_and_shared_state_an_empty_route() -> None:
    graph = border([(0.0, 8.0)])
    assert len(pareto_routes(graph, 2, 0)) == 0
    assert len(brute_force(graph, 2, 0)) == 0
    here = pareto_routes(graph, [0, 1], [1, 2])
    assert here.criteria.tolist() == [[0.0, 0.0, 0.0, 0.0]]
    assert here.route(0).size == 0


def test_identical_criteria_keep_one_route_and_rounding_is_no_difference() -> None:
    tail, head = [0, 0, 0, 1], [2, 2, 1, 2]
    graph = StateGraph.always_open(3, tail, head, cost_usd=[0.3, 0.3, 0.1, 0.2], mean_h=[1.0, 1.0, 0.5, 0.5])
    assert len(pareto_routes(graph, 0, 2)) == 1


def test_cycles_without_cost_do_not_loop() -> None:
    graph = StateGraph.always_open(3, [0, 1, 0, 1], [1, 0, 0, 2])
    routes = pareto_routes(graph, 0, 2)
    assert routes.route(0).tolist() == [0, 3]


def test_label_limit_is_said_and_keeps_the_cheapest() -> None:
    graph = ladder(8)
    full = pareto_routes(graph, 0, 8, criteria=("cost_usd", "hours"))
    cut = pareto_routes(graph, 0, 8, criteria=("cost_usd", "hours"), max_labels=200)
    assert full.complete
    assert len(full) == 256
    assert not cut.complete
    assert not cut.exact
    assert 0 < len(cut) < 256
    assert cut.criteria.tolist() == full.criteria[: len(cut)].tolist()


def test_epsilon_shortens_the_set_and_is_said() -> None:
    graph = ladder(8)
    some = pareto_routes(graph, 0, 8, criteria=("cost_usd", "hours"), epsilon=0.1)
    assert len(some) < 60
    assert some.complete
    assert not some.exact
    assert some.epsilon == (0.1, 0.1)


def ladder(steps: int) -> StateGraph:
    """Two parallel arcs per step, 2**steps undominated routes in (cost, hours)."""
    tail = np.repeat(np.arange(steps), 2)
    power = 2.0 ** np.arange(steps)
    cost = np.column_stack([1.0 + power, np.ones(steps)]).ravel()
    hours = np.column_stack([np.ones(steps), 1.0 + power]).ravel()
    return StateGraph.always_open(steps + 1, tail, tail + 1, cost_usd=cost, mean_h=hours)


def test_one_criterion_is_least_cost() -> None:
    graph = ladder(5)
    routes = pareto_routes(graph, 0, 5, criteria=["hours"])
    assert routes.criteria[:, 1].tolist() == [5.0]


@pytest.mark.parametrize(
    "change",
    [
        {"criteria": ()},
        {"criteria": ("money",)},
        {"criteria": "hours"},
        {"criteria": ("hours", "hours")},
        {"epsilon": -0.1},
        {"epsilon": math.nan},
        {"depart_h": INF},
        {"max_labels": 0},
    ],
)
def test_queries_out_of_range_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        pareto_routes(ladder(2), 0, 2, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(("origin", "destination"), [(-1, 2), (0, 9), ([], 2), (0.5, 2)])
def test_unknown_states_are_refused(origin: object, destination: object) -> None:
    with pytest.raises(InvalidInput):
        pareto_routes(ladder(2), origin, destination)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"head": [1, 2]},
        {"tail": [-1, 0]},
        {"head": [1]},
        {"cost_usd": [1.0, -1.0]},
        {"mean_h": [1.0, math.nan]},
        {"var_h2": [1.0, INF]},
        {"co2_kg": [1.0]},
        {"calendar": [0, 1]},
        {"calendar_ptr": [0, 3]},
        {"open_start_h": [5.0, 0.0], "open_end_h": [6.0, 1.0]},
        {"open_start_h": [0.0, 3.0], "open_end_h": [4.0, 5.0]},
        {"open_start_h": [0.0, 6.0], "open_end_h": [4.0, 5.0]},
    ],
)
def test_broken_graphs_are_refused(change: dict[str, object]) -> None:
    good = {
        "n_states": 2, "tail": [0, 0], "head": [1, 1], "cost_usd": [1.0, 2.0], "mean_h": [1.0, 2.0],
        "var_h2": [1.0, 2.0], "co2_kg": [1.0, 2.0], "calendar": [-1, 0], "calendar_ptr": [0, 2],
        "open_start_h": [0.0, 5.0], "open_end_h": [1.0, 6.0],
    }  # fmt: skip
    StateGraph(**good)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        StateGraph(**{**good, **change})  # type: ignore[arg-type]


def test_windows_of_different_calendars_may_overlap() -> None:
    graph = StateGraph(
        2, [0, 0], [1, 1], [1.0, 2.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0],
        [0, 1], [0, 1, 2], [9.0, 0.0], [INF, 4.0],
    )  # fmt: skip
    assert pareto_routes(graph, 0, 1).criteria[:, 1].tolist() == [10.0, 1.0]


def test_brute_force_refuses_too_many_routes() -> None:
    with pytest.raises(InvalidInput, match="too many"):
        brute_force(ladder(8), 0, 8, max_routes=100)


@pytest.mark.parametrize(
    ("t", "expected"),
    [(-1.0, 0.0), (0.0, 0.0), (3.9, 3.9), (4.0, 10.0), (12.0, 12.0), (15.0, INF)],
)
def test_entry_time_and_its_twin(t: float, expected: float) -> None:
    windows = (np.array([0, 3]), np.array([0.0, 5.0, 10.0]), np.array([4.0, 5.0, 15.0]))
    assert kernel.entry_time(t, 0, windows) == expected
    assert kernel.entry_time_plain(t, list(zip(windows[1], windows[2], strict=True))) == expected


def test_least_cost_tree() -> None:
    adjacency = prepare(5, [0, 1, 0, 2, 3], [1, 2, 2, 3, 0])
    impedance = weigh(adjacency, [2.0, 3.0, 6.0, 1.0, 1.0])
    tree = least_cost_tree(impedance, 0)
    assert tree.impedance.tolist() == [0.0, 2.0, 5.0, 6.0, INF]
    assert tree.path(3).tolist() == [0, 1, 3]
    assert tree.path(4).size == 0
    assert tree.path(0).size == 0
    assert least_cost_tree(impedance, [2, 4]).impedance.tolist() == [2.0, 4.0, 0.0, 1.0, 0.0]


def test_infinite_weight_closes_an_arc_for_least_cost() -> None:
    tree = least_cost_tree(weigh(prepare(2, [0], [1]), [INF]), 0)
    assert tree.impedance.tolist() == [0.0, INF]


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [1.0, math.nan]])
def test_broken_weights_are_refused(weights: list[float]) -> None:
    with pytest.raises(InvalidInput):
        weigh(prepare(2, [0, 1], [1, 0]), weights)


def test_tree_equals_its_plain_twin() -> None:
    rng = np.random.default_rng(3)
    adjacency = prepare(60, rng.integers(0, 60, 200), rng.integers(0, 60, 200))
    impedance = weigh(adjacency, rng.integers(0, 9, 200))
    seeds = np.array([0, 7], dtype=np.int32)
    plain = shortest_kernel.tree_plain(adjacency.out_ptr, adjacency.out_head, impedance.out_weight, seeds)
    assert least_cost_tree(impedance, seeds).impedance.tolist() == plain.tolist()


def test_buffer_time_is_the_log_normal_quantile() -> None:
    mean, cv = 240.0, 0.5
    s2 = math.log(1 + cv**2)
    p95 = math.exp(math.log(mean) - s2 / 2 + 1.6448536269514722 * math.sqrt(s2))
    assert buffer_time([mean], [(cv * mean) ** 2])[0] == pytest.approx(p95 - mean, rel=1e-12)
    assert buffer_time([0.0, 1.0], [0.0, 1e12]).tolist() == [0.0, 0.0]


def test_generalised_cost_adds_up() -> None:
    criteria = np.array([[100.0, 10.0, 4.0, 50.0]])
    weights = Weights(value_of_time_usd_h=2.0, value_of_reliability_usd_h=3.0, carbon_price_usd_kg=0.1)
    assert generalised_cost(criteria, weights)[0] == pytest.approx(
        125.0 + 3.0 * buffer_time([10.0], [4.0])[0]
    )


def test_distinct_routes_drop_what_overlaps() -> None:
    # Routes: A = arcs 0,2 ; B = arcs 1,2 (shares the long arc 2 with A) ; C = arc 3.
    graph = StateGraph.always_open(
        3, [0, 0, 1, 0], [1, 1, 2, 2], cost_usd=[1.0, 2.0, 10.0, 30.0], mean_h=[5.0, 4.0, 10.0, 3.0]
    )
    routes = pareto_routes(graph, 0, 2, criteria=("cost_usd", "hours"))
    assert [routes.route(k).tolist() for k in range(3)] == [[0, 2], [1, 2], [3]]
    length = np.array([2.0, 2.0, 8.0, 12.0])
    result = distinct_routes(routes, length, weights=Weights(), overlap_max=0.6)
    assert result.chosen.tolist() == [0, 2]
    assert result.dropped.rows() == [(1, "overlap", 0, 0.8)]
    assert distinct_routes(routes, length, weights=Weights(), overlap_max=0.8).chosen.tolist() == [0, 1, 2]
    assert distinct_routes(routes, length, weights=Weights(100.0)).chosen.tolist() == [2, 1]
    short = distinct_routes(routes, length, weights=Weights(), overlap_max=1.0, count=1)
    assert short.dropped.rows() == [(1, "count", None, None), (2, "count", None, None)]
    assert overlap_share(np.array([0]), np.array([3]), np.zeros(4)) == 1.0


def test_distinct_routes_are_those_of_overlaps_taken_pair_by_pair() -> None:
    rng = np.random.default_rng(11)
    graph = StateGraph.always_open(
        25, *rng.integers(0, 25, (2, 160)), cost_usd=rng.random(160), mean_h=rng.random(160)
    )
    routes = pareto_routes(graph, 0, 24, criteria=("cost_usd", "hours"))
    length = rng.integers(0, 4, 160).astype(float)
    cost = generalised_cost(routes.criteria, Weights(1.0))
    chosen: list[int] = []
    for k in np.argsort(cost, kind="stable").tolist():
        pairs = [overlap_share(routes.route(k), routes.route(j), length) for j in chosen]
        if max(pairs, default=0.0) <= 0.5:
            chosen.append(k)
    found = distinct_routes(routes, length, weights=Weights(1.0), overlap_max=0.5, count=99)
    assert 1 < len(chosen) < len(routes)
    assert found.chosen.tolist() == chosen


def test_distinct_routes_of_nothing_is_nothing() -> None:
    empty = pareto_routes(ladder(2), 2, 0)
    result = distinct_routes(empty, np.ones(4), weights=Weights())
    assert result.chosen.size == 0
    assert result.dropped.is_empty()


@pytest.mark.parametrize("change", [{"overlap_max": 1.1}, {"count": 0}, {"arc_length": [1.0]}])
def test_distinct_routes_refuses_nonsense(change: dict[str, object]) -> None:
    given = {"arc_length": np.ones(4), "weights": Weights(), **change}
    with pytest.raises(InvalidInput):
        distinct_routes(pareto_routes(ladder(2), 0, 2), **given)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        Weights(value_of_time_usd_h=-1.0)


def test_following_a_route_waits_and_stops_where_it_is_shut() -> None:
    graph = border([(0.0, 8.0), (24.0, 32.0)])
    route = follow(graph, [0, 1])
    assert route.open
    assert route.criteria.tolist() == [150.0, 29.0, 13.0, 8.0]
    assert route.wait_h.tolist() == [0.0, 14.0]
    late = follow(graph, [0, 1], depart_h=22.0)
    assert (late.shut_at, late.open, late.criteria.tolist()) == (1, False, [100.0, 10.0, 4.0, 7.0])
    assert follow(graph, []).criteria.tolist() == [0.0] * 4


def test_beaten_routes_are_named_with_what_beats_them() -> None:
    graph = ladder(2)
    routes = pareto_routes(graph, 0, 2, criteria=("cost_usd", "hours"))
    assert beaten_by(routes, [4.0, 4.0, 0.0, 0.0]).tolist() == [1, 2]
    assert beaten_by(routes, [1.0, 1.0, 0.0, 0.0]).tolist() == []


@pytest.mark.parametrize("arcs", [[0, 0], [7], [-1]])
def test_following_arcs_that_do_not_join_is_refused(arcs: list[int]) -> None:
    with pytest.raises(InvalidInput):
        follow(ladder(2), arcs)
