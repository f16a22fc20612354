"""Really different routes: a short list of a Pareto set by generalised cost, with bounded overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from karwan.errors import InvalidInput
from karwan.transport.cost import Weights, buffer_time, generalised_cost
from karwan.transport.routing.pareto import ParetoSet

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class DistinctRoutes:
    """Short list of a Pareto set.

    Parameters
    ----------
    chosen
        Indices into the Pareto set, best first (C,).
    generalised_cost_usd, buffer_time_h
        Of every route of the set (K,).
    dropped
        One row per route not chosen: route, reason ("overlap" or "count"), overlaps_with (the chosen route
        most like it) and overlap_share, both null for "count".
    """

    chosen: Array
    generalised_cost_usd: Array
    buffer_time_h: Array
    dropped: pl.DataFrame


def overlap_share(first: Array, second: Array, arc_length: Array) -> float:
    """Length two routes share, over the length of the shorter one, in [0, 1].

    A route of length 0 overlaps entirely with any route.

    Parameters
    ----------
    first, second
        Arc ids of the routes.
    arc_length
        Length (or another measure of sameness) of every arc, >= 0.

    Examples
    --------
    >>> overlap_share(np.array([0, 1]), np.array([1, 2]), np.array([1.0, 3.0, 5.0]))
    0.75
    """
    shorter = min(float(arc_length[first].sum()), float(arc_length[second].sum()))
    if shorter <= 0.0:
        return 1.0
    shared = np.intersect1d(first, second)
    return min(float(arc_length[shared].sum()) / shorter, 1.0)


def distinct_routes(
    routes: ParetoSet,
    arc_length: ArrayLike,
    *,
    weights: Weights,
    overlap_max: float = 0.6,
    count: int = 5,
) -> DistinctRoutes:
    """Choose routes greedily by generalised cost, skipping those too much like one already chosen.

    The best route for the weights always comes first. Another order of choice could give another list of the
    same length; greedy keeps the rule explainable.

    Parameters
    ----------
    routes
        From `pareto_routes`.
    arc_length
        What overlap is measured on, per arc, >= 0: km, or mean hours where crossings and terminals count.
    weights
        How routes are ranked.
    overlap_max
        Largest overlap share allowed with any route chosen before.
    count
        Routes to choose at most.

    Raises
    ------
    InvalidInput
        A length is negative, the share is outside [0, 1], or count is below 1.

    References
    ----------
    Bekhor, Ben-Akiva & Ramming (2006), doi:10.1007/s10479-006-0009-8 (choice sets of route choice models).

    Examples
    --------
    >>> from karwan.transport.routing import StateGraph, pareto_routes
    >>> g = StateGraph.always_open(2, [0, 0], [1, 1], cost_usd=[1.0, 2.0], mean_h=[4.0, 1.0])
    >>> distinct_routes(pareto_routes(g, 0, 1), [5.0, 5.0], weights=Weights(1.0)).chosen.tolist()
    [1, 0]
    """
    length = np.asarray(arc_length, dtype=np.float64)
    if not np.all(length >= 0.0) or (routes.arcs.size and length.size <= int(routes.arcs.max())):
        raise InvalidInput("arc_length must have one value >= 0 per arc", f"{length.size} values")
    if not 0.0 <= overlap_max <= 1.0:
        raise InvalidInput("overlap_max must be a share", f"{overlap_max}", "give a number from 0 to 1")
    if count < 1:
        raise InvalidInput("count must be at least 1", f"{count}")
    cost = generalised_cost(routes.criteria, weights)
    likeness = _Likeness(routes, length)
    chosen: list[int] = []
    dropped: list[tuple[int, str, int | None, float | None]] = []
    for k in np.argsort(cost, kind="stable").tolist():
        shares = likeness.to_chosen(k)
        worst = int(np.argmax(shares)) if shares else -1
        if shares and shares[worst] > overlap_max:
            dropped.append((k, "overlap", chosen[worst], shares[worst]))
        elif len(chosen) == count:
            dropped.append((k, "count", None, None))
        else:
            chosen.append(k)
            likeness.choose(k)
    schema = {"route": pl.Int64, "reason": pl.String, "overlaps_with": pl.Int64, "overlap_share": pl.Float64}
    buffer = buffer_time(routes.criteria[:, 1], routes.criteria[:, 2])
    table = pl.DataFrame(dropped, schema=schema, orient="row")
    return DistinctRoutes(np.array(chosen, dtype=np.int64), cost, buffer, table)


class _Likeness:
    """Overlap of every route of a set with those chosen from it, as `overlap_share` gives it, a whole set at a time."""

    def __init__(self, routes: ParetoSet, length: Array) -> None:
        sizes = np.diff(routes.route_ptr)
        slots = np.column_stack([np.repeat(np.arange(len(routes)), sizes), routes.arcs])
        self._own, self._arcs = np.unique(slots, axis=0).T
        self._routes, self._length = routes, length
        self._totals = np.bincount(slots[:, 0], weights=length[routes.arcs], minlength=len(routes))
        self._shares: list[list[float]] = []

    def choose(self, k: int) -> None:
        """Count a route among the chosen."""
        shared = np.zeros(self._length.size)
        arcs = self._routes.route(k)
        shared[arcs] = self._length[arcs]
        met = np.bincount(self._own, weights=shared[self._arcs], minlength=len(self._routes))
        shorter = np.minimum(self._totals, self._totals[k])
        share = np.divide(met, shorter, out=np.ones_like(met), where=shorter > 0.0)
        self._shares.append(np.minimum(share, 1.0).tolist())

    def to_chosen(self, k: int) -> list[float]:
        """Overlap of a route with each of the chosen, in the order they were chosen."""
        return [shares[k] for shares in self._shares]
