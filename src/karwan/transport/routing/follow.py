"""A given route at a departure: what it costs, where it waits or is shut, and which routes beat it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from karwan.errors import InvalidInput
from karwan.numerics import pareto as kernel
from karwan.transport.routing.graph import CRITERIA, StateGraph
from karwan.transport.routing.pareto import ROUNDING, ParetoSet, arc_windows

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Followed:
    """A route followed arc by arc.

    Parameters
    ----------
    criteria
        (4,) as in `CRITERIA`, up to the arc that is shut if there is one.
    wait_h
        Wait before each arc entered.
    shut_at
        Position in the route of the arc that is closed for good on arrival there, None when all are open.
    """

    criteria: Array
    wait_h: Array
    shut_at: int | None

    @property
    def open(self) -> bool:
        """Whether the route reaches its end."""
        return self.shut_at is None


def follow(graph: StateGraph, arcs: ArrayLike, *, depart_h: float = 0.0) -> Followed:
    """Criteria and waits of a route given by its arcs, whether or not it is a good one.

    Use it to price a route the user expects, or a known route at another departure.

    Parameters
    ----------
    graph
        States and arcs.
    arcs
        Arc ids in order; each must start where the one before ends.
    depart_h
        Departure, hours from the horizon's origin.

    Raises
    ------
    InvalidInput
        An arc id is outside the graph or the arcs do not join.

    Examples
    --------
    >>> g = StateGraph.always_open(3, [0, 1], [1, 2], cost_usd=[1.0, 2.0], mean_h=[4.0, 5.0])
    >>> follow(g, [0, 1]).criteria.tolist()
    [3.0, 9.0, 0.0, 0.0]
    """
    route = np.atleast_1d(np.asarray(arcs, dtype=np.int64))
    if route.size and (route.min() < 0 or route.max() >= graph.n_arcs):
        raise InvalidInput("arcs names an arc outside the graph", f"ids of {graph.n_arcs} arcs")
    gaps = np.flatnonzero(graph.head[route[:-1]] != graph.tail[route[1:]])
    if gaps.size:
        raise InvalidInput("the arcs do not join", f"arc {route[gaps[0]]} and arc {route[gaps[0] + 1]}")
    total = np.zeros(4)
    waits: list[float] = []
    for position, arc in enumerate(route.tolist()):
        windows = [(opens - depart_h, closes - depart_h) for opens, closes in arc_windows(graph, arc)]
        entry = kernel.entry_time_plain(float(total[1]), windows)
        if not np.isfinite(entry):
            return Followed(total, np.array(waits), position)
        waits.append(entry - float(total[1]))
        total[1] = entry
        total += [graph.cost_usd[arc], graph.mean_h[arc], graph.var_h2[arc], graph.co2_kg[arc]]
    return Followed(total, np.array(waits), None)


def beaten_by(routes: ParetoSet, criteria: ArrayLike) -> Array:
    """Routes of a set that are no worse than given criteria in every selected criterion, up to rounding.

    Tells why a route the user expects is not in the set. Empty when it is not beaten: it is then in the set,
    or the set is not exact. A route of the set is covered by itself.

    Parameters
    ----------
    routes
        From `pareto_routes`.
    criteria
        (4,) as in `CRITERIA`, from `follow`.

    Returns
    -------
    Indices into the set, in its order.

    Examples
    --------
    >>> from karwan.transport.routing import pareto_routes
    >>> g = StateGraph.always_open(2, [0, 0], [1, 1], cost_usd=[1.0, 2.0], mean_h=[4.0, 5.0])
    >>> beaten_by(pareto_routes(g, 0, 1), follow(g, [1]).criteria).tolist()
    [0]
    """
    columns = [CRITERIA.index(name) for name in routes.selected]
    values = np.asarray(criteria, dtype=np.float64)[columns]
    ceiling = values + ROUNDING * np.abs(values)
    return np.flatnonzero(np.all(routes.criteria[:, columns] <= ceiling, axis=1))
