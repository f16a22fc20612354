"""Least cost between states for one impedance: one to one, one to many, and skims."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from karwan.errors import InvalidInput
from karwan.numerics import shortest as kernel
from karwan.transport.routing.adjacency import Adjacency, state_ids

if TYPE_CHECKING:
    from karwan.transport.routing.hierarchy import Shortcuts

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Impedance:
    """One weight per arc, laid out for searches from either end.

    `shortcuts` is there when the adjacency has a hierarchy. `_rooms` keeps working memory between one-to-one
    queries. It holds no result, and a query that finds none free (another thread has it) makes its own.
    """

    adjacency: Adjacency
    weights: Array
    out_weight: Array
    in_weight: Array
    bucket_width: float
    n_buckets: int
    shortcuts: Shortcuts | None = None
    _rooms: list[kernel.Room] = field(default_factory=list, repr=False, compare=False)

    def between(self, origins: Array, destinations: Array) -> tuple[float, Array]:
        """Least impedance and its arcs between two sets of distinct states (int32)."""
        if self.shortcuts is not None:
            return self.shortcuts.between(origins, destinations)
        layout = self.adjacency.layout
        out, into = self._sides
        starts, goals = layout.rank[origins], layout.rank[destinations]
        n_states = self.adjacency.n_states
        n_entries = n_states + 1
        total = -1.0
        while total < 0.0:
            try:
                room = self._rooms.pop()
            except IndexError:
                room = kernel.room(n_states, self.n_buckets, n_entries)
            total, forward, backward = kernel.bidirectional(out, into, starts, goals, self.bucket_width, room)
            n_entries = 2 * room[2].size
        self._rooms.append(room)
        return float(total), np.concatenate([layout.out_arc[forward], layout.in_arc[backward]])

    @cached_property
    def _sides(self) -> tuple[kernel.Side, kernel.Side]:
        return self.adjacency.layout.sides(self.weights)


@dataclass(frozen=True)
class Path:
    """A least-cost path: its impedance (infinite when there is none) and its arcs in order."""

    impedance: float
    arcs: Array

    @property
    def found(self) -> bool:
        """Whether origin and destination are joined."""
        return bool(np.isfinite(self.impedance))


@dataclass(frozen=True)
class Tree:
    """Least impedance from one origin to every state, with the arc that reaches each state."""

    adjacency: Adjacency
    impedance: Array
    slot: Array

    def path(self, state: int) -> Array:
        """Arcs from the origin to a state, empty at the origin and where unreachable."""
        target = state_ids("state", [state], self.adjacency.n_states)
        return self.adjacency.out_arc[kernel.trace(self.slot, self.adjacency.out_ptr, target[0])]


def weigh(adjacency: Adjacency, weights: ArrayLike) -> Impedance:
    """Lay a weight per arc out for searching.

    Parameters
    ----------
    adjacency
        From `prepare`.
    weights
        What is minimised, (A,), >= 0; infinity closes an arc.

    Raises
    ------
    InvalidInput
        Wrong length, or a weight is negative or not a number.

    Examples
    --------
    >>> from karwan.transport.routing import prepare
    >>> weigh(prepare(3, [0, 1], [1, 2]), [2.0, 3.0]).in_weight.tolist()
    [2.0, 3.0]
    """
    values = np.ascontiguousarray(weights, dtype=np.float64)
    if values.shape != adjacency.tail.shape:
        raise InvalidInput(
            "weights must have one value per arc", f"{values.shape} for {adjacency.tail.size} arcs"
        )
    if values.size and not values.min() >= 0.0:
        bad = np.flatnonzero(~(values >= 0.0))
        raise InvalidInput("weights must be >= 0", f"{bad.size} arcs, first arc {bad[0]}: {values[bad[0]]}")
    width, n_buckets = kernel.bucket_width(values)
    return Impedance(
        adjacency,
        values,
        values[adjacency.out_arc],
        values[adjacency.in_arc],
        width,
        n_buckets,
        adjacency.hierarchy.price(values) if adjacency.hierarchy else None,
    )


def least_cost(impedance: Impedance, origin: ArrayLike, destination: ArrayLike) -> Path:
    """Least-cost path between two places, each one state or several.

    Use it for one pair; `least_cost_tree` or `skim` serve many destinations.

    Parameters
    ----------
    impedance
        From `weigh`.
    origin, destination
        State ids; with several, the cheapest pair is taken.

    Returns
    -------
    Path; its impedance is infinite and its arcs empty when nothing joins them.

    Raises
    ------
    InvalidInput
        A state id is outside the graph.

    References
    ----------
    Nicholson (1966), doi:10.1093/comjnl/9.3.275; Dial (1969), doi:10.1145/363269.363610; Meyer & Sanders
    (2003), doi:10.1016/S0196-6774(03)00076-2.

    Examples
    --------
    >>> from karwan.transport.routing import prepare
    >>> path = least_cost(weigh(prepare(3, [0, 1, 0], [1, 2, 2]), [2.0, 3.0, 6.0]), 0, 2)
    >>> path.impedance, path.arcs.tolist()
    (5.0, [0, 1])
    """
    n_states = impedance.adjacency.n_states
    total, arcs = impedance.between(
        state_ids("origin", origin, n_states), state_ids("destination", destination, n_states)
    )
    return Path(total, arcs)


def least_cost_tree(impedance: Impedance, origin: ArrayLike, *, limit: float = np.inf) -> Tree:
    """Least impedance from a place to every state within a limit.

    Parameters
    ----------
    impedance
        From `weigh`.
    origin
        State ids of the place, all at 0.
    limit
        States farther away are reported as infinite.

    References
    ----------
    Dijkstra (1959), doi:10.1007/BF01386390.

    Examples
    --------
    >>> from karwan.transport.routing import prepare
    >>> least_cost_tree(weigh(prepare(3, [0, 1], [1, 2]), [2.0, 3.0]), 0).impedance.tolist()
    [0.0, 2.0, 5.0]
    """
    adjacency = impedance.adjacency
    seeds = state_ids("origin", origin, adjacency.n_states)
    none = np.empty(0, np.int32)
    dist, slot = kernel.tree(
        adjacency.out_ptr, adjacency.out_head, impedance.out_weight, seeds, none, float(limit)
    )
    return Tree(adjacency, dist, slot)


def skim(impedance: Impedance, origins: ArrayLike, destinations: ArrayLike) -> Array:
    """Least impedance between each origin and destination state.

    Parameters
    ----------
    impedance
        From `weigh`.
    origins, destinations
        State ids, (O,) and (D,). Order is kept; repeats are an error.

    Returns
    -------
    Array (O, D) in the unit of the weights; unreachable pairs are infinite.

    Raises
    ------
    InvalidInput
        An id is outside the graph, or listed twice.

    Examples
    --------
    >>> from karwan.transport.routing import prepare
    >>> skim(weigh(prepare(3, [0, 1], [1, 2]), [2.0, 3.0]), [0, 2], [1, 2]).tolist()
    [[2.0, 5.0], [inf, 0.0]]
    """
    adjacency = impedance.adjacency
    ends: list[Array] = []
    for name, values in (("origins", origins), ("destinations", destinations)):
        ids = state_ids(name, values, adjacency.n_states)
        if ids.size != np.size(values):
            raise InvalidInput(f"{name} lists a state twice")
        ends.append(ids)
    table = np.empty((ends[0].size, ends[1].size))
    for row, state in enumerate(ends[0]):
        seed = np.array([state], dtype=np.int32)
        dist, _ = kernel.tree(
            adjacency.out_ptr, adjacency.out_head, impedance.out_weight, seed, ends[1], np.inf
        )
        table[row] = dist[ends[1]]
    return table
