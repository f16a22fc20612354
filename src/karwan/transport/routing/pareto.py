"""Pareto routes: every undominated route over money, hours, variance and emissions at one departure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from karwan.errors import InvalidInput
from karwan.numerics import pareto as kernel
from karwan.numerics import shortest as shortest_kernel
from karwan.transport.routing.adjacency import state_ids
from karwan.transport.routing.graph import CRITERIA, StateGraph
from karwan.transport.routing.shortest import Impedance, least_cost_tree

Array = np.ndarray[Any, Any]

ROUNDING = 1e-9
"""Relative difference below which two criteria values count as equal in the final comparison."""


@dataclass(frozen=True)
class ParetoSet:
    """Undominated routes, sorted by USD, then hours, variance and emissions.

    Parameters
    ----------
    criteria
        (K, 4): cost_usd, hours (arrival minus departure, waiting included), var_h2, co2_kg of every route,
        also those that were not selected as criteria.
    route_ptr, arcs, wait_h
        Arcs of route k in order are ``arcs[route_ptr[k]:route_ptr[k + 1]]``; `wait_h` is the wait before
        entering each.
    selected
        Criteria over which routes are undominated.
    epsilon
        Relative slack per selected criterion; all 0 is the exact set.
    complete
        False when `max_labels` stopped the search. The routes found are then the cheapest of the set in the
        first selected criterion; dearer ones are missing.
    n_labels
        Labels the search created.
    """

    criteria: Array
    route_ptr: Array
    arcs: Array
    wait_h: Array
    selected: tuple[str, ...]
    epsilon: tuple[float, ...]
    complete: bool
    n_labels: int

    def __len__(self) -> int:
        return int(self.criteria.shape[0])

    @property
    def exact(self) -> bool:
        """Whether every undominated route is in the set."""
        return self.complete and not any(self.epsilon)

    def route(self, k: int) -> Array:
        """Arc ids of route k, in order."""
        return self.arcs[self.route_ptr[k] : self.route_ptr[k + 1]]

    def waits(self, k: int) -> Array:
        """Hours waited before each arc of route k."""
        return self.wait_h[self.route_ptr[k] : self.route_ptr[k + 1]]


@dataclass(frozen=True)
class _Search:
    """A query laid out for the kernel: criteria columns of the label, clock column, bounds."""

    columns: tuple[int, ...]
    clock: int
    n_checked: int
    calendar: Array
    windows: tuple[Array, Array, Array]


def pareto_routes(
    graph: StateGraph,
    origins: ArrayLike,
    destinations: ArrayLike,
    *,
    depart_h: float = 0.0,
    criteria: Sequence[str] = CRITERIA,
    epsilon: float | Sequence[float] = 0.0,
    max_labels: int = 5_000_000,
) -> ParetoSet:
    """All routes that no other route beats in every criterion.

    Exact when `epsilon` is 0: the set equals enumeration of all routes. Of routes with identical criteria (up
    to 1e-9 relative) one representative is kept. Routes visit no state twice. With epsilon, every undominated
    route r has a returned route at most (1 + epsilon) r in each criterion; slack does not accumulate along
    the route.

    Parameters
    ----------
    graph
        States and arcs, priced per shipment.
    origins, destinations
        State ids of the two places (several states each, e.g. one per mode).
    depart_h
        Departure, hours from the horizon's origin.
    criteria
        One to four of `CRITERIA`.
    epsilon
        Relative slack, one for all or one per criterion, in the order of `criteria`.
    max_labels
        Bound on memory (about 60 bytes a label); when met, `complete` is False.

    Returns
    -------
    ParetoSet, of length 0 when no route is open; one route without arcs when the places share a state.

    Raises
    ------
    InvalidInput
        Unknown criterion, negative epsilon, a state outside the graph, or a departure that is not finite.

    References
    ----------
    Martins (1984), doi:10.1016/0377-2217(84)90202-2; NAMOA*: Mandow & Perez de la Cruz (2010),
    doi:10.1145/1754399.1754400; dimensionality reduction: Pulido, Mandow & Perez de la Cruz (2015),
    doi:10.1016/j.cor.2015.05.007; BOA*, which the search becomes with two criteria: Hernandez et al. (2023),
    doi:10.1016/j.artint.2022.103807.

    Examples
    --------
    >>> g = StateGraph.always_open(3, [0, 1, 0], [1, 2, 2], cost_usd=[1.0, 1.0, 5.0], mean_h=[4.0, 4.0, 3.0])
    >>> pareto_routes(g, 0, 2, criteria=("cost_usd", "hours")).criteria[:, :2].tolist()
    [[2.0, 8.0], [5.0, 3.0]]
    """
    chosen = _chosen(criteria)
    given = np.broadcast_to(np.asarray(epsilon, dtype=np.float64), (len(criteria),))
    if not np.all(np.isfinite(given) & (given >= 0.0)):
        raise InvalidInput("epsilon must be finite and >= 0", f"{epsilon}")
    if not np.isfinite(depart_h):
        raise InvalidInput("depart_h must be a finite number of hours", f"{depart_h}")
    if max_labels < 1:
        raise InvalidInput("max_labels must be at least 1", f"{max_labels}")
    slack = tuple(float(given[list(criteria).index(name)]) for name in chosen)
    seeds = state_ids("origins", origins, graph.n_states)
    goals = state_ids("destinations", destinations, graph.n_states)
    search = _lay_out(graph, chosen, depart_h)
    bound = _bounds(graph, search, seeds, goals)
    goal = np.zeros(graph.n_states, np.uint8)
    goal[goals] = 1
    factor = np.ones(len(search.columns))
    factor[: len(slack)] += slack
    adjacency = graph.adjacency
    found, parent, slot_of, n_labels, complete = kernel.label_setting(
        adjacency.out_ptr,
        adjacency.out_head,
        np.ascontiguousarray(graph.weights[:, search.columns]),
        search.calendar,
        search.windows,
        search.clock,
        bound,
        search.n_checked,
        goal,
        seeds,
        factor,
        int(max_labels),
    )
    ptr, slots = kernel.route_slots(found, parent, slot_of)
    totals, wait = kernel.walk(ptr, slots, graph.weights, search.calendar, search.windows)
    arcs = adjacency.out_arc[slots]
    return _collect(totals, ptr, arcs, wait, chosen, slack, bool(complete), int(n_labels))


def united(sets: Sequence[ParetoSet], kept: Sequence[Array]) -> ParetoSet:
    """Undominated routes among those kept of several sets over the same criteria and arcs.

    Parameters
    ----------
    sets
        At least one, of the same `selected`.
    kept
        Indices into each set.
    """
    parts = [(one, int(k)) for one, rows in zip(sets, kept, strict=True) for k in rows]
    if not parts:
        return replace(sets[0], criteria=np.empty((0, len(CRITERIA))), route_ptr=np.zeros(1, np.int64))
    sizes = [one.route(k).size for one, k in parts]
    none = np.empty(0)
    return _collect(
        np.array([one.criteria[k] for one, k in parts], dtype=np.float64).reshape(-1, len(CRITERIA)),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.concatenate([none.astype(np.int64), *(one.route(k) for one, k in parts)]),
        np.concatenate([none, *(one.waits(k) for one, k in parts)]),
        sets[0].selected,
        tuple(max(values) for values in zip(*(one.epsilon for one in sets), strict=True)),
        all(one.complete for one in sets),
        sum(one.n_labels for one in sets),
    )


def _chosen(criteria: Sequence[str]) -> tuple[str, ...]:
    """Selected criteria in column order."""
    unknown = [name for name in criteria if name not in CRITERIA]
    if unknown or not criteria or isinstance(criteria, str) or len(set(criteria)) != len(criteria):
        raise InvalidInput(
            "criteria must be one to four different names",
            f"{criteria}",
            f"choose from {', '.join(CRITERIA)}",
        )
    return tuple(name for name in CRITERIA if name in criteria)


def _lay_out(graph: StateGraph, chosen: tuple[str, ...], depart_h: float) -> _Search:
    """Decide whether the clock is a criterion, a hidden state, or plays no part.

    Without hours among the criteria the clock still decides which arcs are open, if some calendar ends; it is
    then compared at states but not at the destination.
    """
    columns = [CRITERIA.index(name) for name in chosen]
    n_checked = len(columns)
    used = np.unique(graph.calendar[graph.calendar >= 0])
    last = graph.calendar_ptr[used + 1]
    empty = last == graph.calendar_ptr[used]
    ends = bool(np.any(empty) or np.any(np.isfinite(graph.open_end_h[last[~empty] - 1])))
    clock = -1
    if "hours" in chosen:
        clock = columns.index(1)
    elif ends:
        columns.append(1)
        clock = n_checked
    calendar = graph.calendar[graph.adjacency.out_arc]
    windows = (graph.calendar_ptr, graph.open_start_h - depart_h, graph.open_end_h - depart_h)
    return _Search(tuple(columns), clock, n_checked, calendar, windows)


def _bounds(graph: StateGraph, search: _Search, seeds: Array, goals: Array) -> Array:
    """Least remaining value of each label column from every state (n, D), without waiting.

    Arcs that are shut for good by the earliest possible arrival at their tail are left out. A state whose
    bound is infinite in one column is infinite in all.
    """
    adjacency = graph.adjacency
    impedances = [graph.impedance(CRITERIA[column]) for column in search.columns]
    weights = [impedance.in_weight for impedance in impedances]
    if np.any(search.calendar >= 0):
        shut = _shut_arcs(graph, search, seeds)[adjacency.in_arc]
        weights = [np.where(shut, np.inf, values) for values in weights]
    limits = [np.inf] * len(weights)
    if len(weights) == 2 and not np.any(search.calendar >= 0):
        limits = _corner(impedances, seeds, goals)
    bound = np.column_stack(
        [
            shortest_kernel.tree(adjacency.in_ptr, adjacency.in_tail, values, goals, limit)[0]
            for values, limit in zip(weights, limits, strict=True)
        ]
    )
    bound[~np.isfinite(bound).all(axis=1)] = np.inf
    return np.ascontiguousarray(bound)


def _shut_arcs(graph: StateGraph, search: _Search, seeds: Array) -> Array:
    """Mask (A,) of the arcs that no traveller leaving now can still enter."""
    adjacency = graph.adjacency
    hours = graph.mean_h[adjacency.out_arc]
    shut = kernel.shut_arcs(
        adjacency.out_ptr,
        adjacency.out_head,
        hours,
        search.calendar,
        search.windows,
        seeds,
    )
    mask = np.empty(graph.n_arcs, bool)
    mask[adjacency.out_arc] = shut
    return mask


def _corner(impedances: list[Impedance], seeds: Array, goals: Array) -> list[float]:
    """Largest value each of two criteria can take on an undominated route.

    It is its value on a route that is best in the other criterion.
    """
    limits = [np.inf, np.inf]
    for best, other in ((0, 1), (1, 0)):
        tree = least_cost_tree(impedances[best], seeds)
        arcs = tree.path(goals[tree.impedance[goals].argmin()])
        limits[other] = float(impedances[other].weights[arcs].sum()) * (1.0 + ROUNDING)
    return limits


def _collect(
    totals: Array,
    ptr: Array,
    arcs: Array,
    wait: Array,
    chosen: tuple[str, ...],
    epsilon: tuple[float, ...],
    complete: bool,
    n_labels: int,
) -> ParetoSet:
    """Sort the routes and drop those that differ from a kept one by rounding only."""
    points = totals[:, [CRITERIA.index(name) for name in chosen]]
    by_points = np.lexsort((*totals.T[::-1], *points.T[::-1]))
    kept = by_points[kernel.undominated(np.ascontiguousarray(points[by_points]), ROUNDING)]
    order = kept[np.lexsort(totals[kept].T[::-1])]
    sizes = np.diff(ptr)[order]
    new_ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    pick = np.repeat(ptr[order] - new_ptr[:-1], sizes) + np.arange(new_ptr[-1])
    return ParetoSet(totals[order], new_ptr, arcs[pick], wait[pick], chosen, epsilon, complete, n_labels)


def brute_force(
    graph: StateGraph,
    origins: ArrayLike,
    destinations: ArrayLike,
    *,
    depart_h: float = 0.0,
    criteria: Sequence[str] = CRITERIA,
    max_routes: int = 200_000,
) -> ParetoSet:
    """Pareto set by enumerating every route that visits no state twice: the reference for small graphs.

    Parameters
    ----------
    graph, origins, destinations, depart_h, criteria
        As in `pareto_routes`.
    max_routes
        Refuse (InvalidInput) beyond this many routes.

    Examples
    --------
    >>> g = StateGraph.always_open(2, [0, 0], [1, 1], cost_usd=[1.0, 2.0], mean_h=[4.0, 4.0])
    >>> len(brute_force(g, 0, 1))
    1
    """
    chosen = _chosen(criteria)
    seeds = state_ids("origins", origins, graph.n_states)
    goals = set(state_ids("destinations", destinations, graph.n_states).tolist())
    totals: list[tuple[float, ...]] = []
    routes: list[list[int]] = []
    waits: list[list[float]] = []
    for seed in seeds:
        for arcs, wait, total in _enumerate(graph, int(seed), goals, depart_h):
            routes.append(arcs)
            waits.append(wait)
            totals.append(total)
            if len(routes) > max_routes:
                raise InvalidInput("too many routes to enumerate", f"more than {max_routes}")
    points = np.array(totals, dtype=np.float64).reshape(-1, 4)
    kept = _kept_plain(points, [CRITERIA.index(name) for name in chosen])
    ptr = np.concatenate([[0], np.cumsum([len(routes[k]) for k in kept])]).astype(np.int64)
    return ParetoSet(
        points[kept],
        ptr,
        np.array([a for k in kept for a in routes[k]], dtype=np.int32),
        np.array([w for k in kept for w in waits[k]], dtype=np.float64),
        chosen,
        (0.0,) * len(chosen),
        True,
        len(routes),
    )


def _kept_plain(points: Array, columns: list[int]) -> list[int]:
    """Rows that no row beats in the chosen columns, in lexicographic order; of equal rows the first."""
    kept: list[int] = []
    chosen = points[:, columns]
    for k in np.lexsort(points.T[::-1]):
        beaten = np.any(np.all(chosen <= chosen[k], axis=1) & np.any(chosen < chosen[k], axis=1))
        twin = any(np.array_equal(chosen[j], chosen[k]) for j in kept)
        if not beaten and not twin:
            kept.append(int(k))
    return kept


def _enumerate(
    graph: StateGraph, seed: int, goals: set[int], depart_h: float
) -> Iterator[tuple[list[int], list[float], tuple[float, ...]]]:
    """Every open route without a repeated state from one origin: arcs, waits, criteria."""
    leaving: list[list[int]] = [[] for _ in range(graph.n_states)]
    for a, tail in enumerate(graph.tail):
        leaving[int(tail)].append(a)
    stack: list[tuple[int, list[int], list[float], tuple[float, ...], frozenset[int]]] = [
        (seed, [], [], (0.0, 0.0, 0.0, 0.0), frozenset((seed,)))
    ]
    while stack:
        state, arcs, waits, total, seen = stack.pop()
        if state in goals:
            yield arcs, waits, total
            continue
        for a in leaving[state]:
            head = int(graph.head[a])
            if head in seen:
                continue
            clock = depart_h + total[1]
            entry = kernel.entry_time_plain(clock, arc_windows(graph, a))
            if not np.isfinite(entry):
                continue
            moved = (
                total[0] + float(graph.cost_usd[a]),
                entry - depart_h + float(graph.mean_h[a]),
                total[2] + float(graph.var_h2[a]),
                total[3] + float(graph.co2_kg[a]),
            )
            stack.append((head, [*arcs, a], [*waits, entry - clock], moved, seen | {head}))


def arc_windows(graph: StateGraph, arc: int) -> list[tuple[float, float]]:
    """Windows in which an arc may be entered; an arc that is always open has one from -inf to inf."""
    c = int(graph.calendar[arc])
    if c < 0:
        return [(-np.inf, np.inf)]
    rows = slice(int(graph.calendar_ptr[c]), int(graph.calendar_ptr[c + 1]))
    return list(zip(graph.open_start_h[rows].tolist(), graph.open_end_h[rows].tolist(), strict=True))
