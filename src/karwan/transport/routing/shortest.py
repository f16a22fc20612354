"""Least cost from a place to every state for one impedance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from karwan.errors import InvalidInput
from karwan.numerics import shortest as kernel
from karwan.transport.routing.adjacency import Adjacency, state_ids

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Impedance:
    """A weight per arc, shape (A,): as given, by tail and by head."""

    adjacency: Adjacency
    weights: Array
    out_weight: Array
    in_weight: Array


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
    >>> weigh(prepare(3, [1, 0], [2, 1]), [2.0, 3.0]).out_weight.tolist()
    [3.0, 2.0]
    """
    values = np.ascontiguousarray(weights, dtype=np.float64)
    if values.shape != adjacency.tail.shape:
        raise InvalidInput(
            "weights must have one value per arc", f"{values.shape} for {adjacency.tail.size} arcs"
        )
    if values.size and not values.min() >= 0.0:
        bad = np.flatnonzero(~(values >= 0.0))
        raise InvalidInput("weights must be >= 0", f"{bad.size} arcs, first arc {bad[0]}: {values[bad[0]]}")
    return Impedance(adjacency, values, values[adjacency.out_arc], values[adjacency.in_arc])


def least_cost_tree(impedance: Impedance, origin: ArrayLike) -> Tree:
    """Least impedance from a place to every state; states out of reach are infinite.

    Parameters
    ----------
    impedance
        From `weigh`.
    origin
        State ids of the place, all at 0.

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
    dist, slot = kernel.tree(adjacency.out_ptr, adjacency.out_head, impedance.out_weight, seeds, np.inf)
    return Tree(adjacency, dist, slot)
