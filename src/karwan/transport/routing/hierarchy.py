"""Contraction hierarchy of a graph: shortcuts laid once for the arcs, priced for any weights, then climbed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from karwan.errors import InvalidInput
from karwan.numerics import hierarchy as kernel
from karwan.numerics.shortest import csr

Array = np.ndarray[Any, Any]

LEAST = 1_000_000
"""Arcs of a hierarchy that are always allowed."""

FILL = 8
"""Arcs of a hierarchy allowed per state and arc of the graph; road networks need about 1."""


@dataclass(frozen=True)
class Hierarchy:
    """Order in which states are taken away, and the arcs that joining their neighbours leaves.

    It depends on which states are joined, not on weights.

    Parameters
    ----------
    rank
        Place of each state in the order, (n,).
    up_ptr, up_tail, up_head
        Upward arcs by tail, as ranks: (n+1,), (U,), (U,).
    down_ptr, down_arc
        The same arcs by head, (n+1,), (U,).
    place
        Upward arc of each arc of the graph, doubled, plus one if the arc leads down; -1 for loops, (A,).
    """

    rank: Array
    up_ptr: Array
    up_tail: Array
    up_head: Array
    down_ptr: Array
    down_arc: Array
    place: Array

    @property
    def n_arcs(self) -> int:
        """Number of upward arcs, shortcuts included."""
        return int(self.up_head.size)

    def price(self, weights: Array) -> Shortcuts:
        """Weigh the shortcuts for a weight per arc (A,), >= 0; infinity closes an arc."""
        cost, via = kernel.customise(
            self.up_ptr, self.up_tail, self.up_head, self.down_ptr, self.down_arc, self.place, weights
        )
        return Shortcuts(self, weights, cost, via)


@dataclass(frozen=True)
class Shortcuts:
    """A hierarchy priced for one weight per arc.

    `cost` (U, 2) is the weight of each upward arc up and down, `via` (U, 2) what it stands for. `_rooms` keeps
    working memory between queries; a query that finds none free makes its own.
    """

    hierarchy: Hierarchy
    weights: Array
    cost: Array
    via: Array
    _rooms: list[kernel.Room] = field(default_factory=list, repr=False, compare=False)

    def between(self, origins: Array, destinations: Array) -> tuple[float, Array]:
        """Least impedance and its arcs between two sets of distinct states (int32)."""
        hierarchy = self.hierarchy
        try:
            room = self._rooms.pop()
        except IndexError:
            room = kernel.room(hierarchy.rank.size)
        total, arcs = kernel.climb(
            hierarchy.rank,
            hierarchy.up_ptr,
            hierarchy.up_head,
            self.cost,
            self.via,
            self.weights,
            origins,
            destinations,
            room,
        )
        self._rooms.append(room)
        return float(total), arcs


def contract(n_states: int, tail: Array, head: Array) -> Hierarchy:
    """Take the states of a graph away one by one, fewest neighbours first, joining what each one joined.

    Parameters
    ----------
    n_states
        Number of states.
    tail, head
        State ids of arc ends, int32 (A,).

    Raises
    ------
    InvalidInput
        The graph is so entangled that its hierarchy would have more than `FILL` arcs per state and arc.

    References
    ----------
    Dibbelt, Strasser & Wagner (2016), Customizable contraction hierarchies, doi:10.1145/2886843.
    """
    most = max(LEAST, FILL * (n_states + tail.size))
    rank, up_ptr, up_head = kernel.eliminate(tail, head, n_states, most)
    if rank.size != n_states:
        raise InvalidInput(
            "this graph has no small hierarchy",
            f"more than {most:,} shortcuts for {n_states:,} states and {tail.size:,} arcs",
            "prepare it without a hierarchy",
        )
    up_tail = np.repeat(np.arange(n_states, dtype=np.int32), np.diff(up_ptr))
    down_ptr, down_arc = csr(up_head, n_states)
    place = kernel.places(tail, head, rank, up_ptr, up_head)
    return Hierarchy(rank, up_ptr, up_tail, up_head, down_ptr, down_arc, place)
