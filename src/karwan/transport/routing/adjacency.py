"""Adjacency: arcs ordered by tail and by head, built once and reused by every query."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from karwan.errors import InvalidInput
from karwan.numerics import shortest as kernel

if TYPE_CHECKING:
    from karwan.transport.routing.hierarchy import Hierarchy

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Adjacency:
    """Arcs in compressed order, outgoing and incoming; built once, reused by every query.

    `out_arc` and `in_arc` map a slot of either order to the arc id (row of the arc arrays). With a
    `hierarchy`, least cost between two places climbs it instead of searching.
    """

    n_states: int
    tail: Array
    head: Array
    out_ptr: Array
    out_arc: Array
    out_head: Array
    in_ptr: Array
    in_arc: Array
    in_tail: Array
    hierarchy: Hierarchy | None = None

    @cached_property
    def layout(self) -> Layout:
        """Arcs with states renamed for searching from both ends, made on first use."""
        order = kernel.depth_first(self.out_ptr, self.out_head)
        rank = np.empty(self.n_states, np.int32)
        rank[order] = np.arange(self.n_states, dtype=np.int32)
        sides = []
        for ptr, arc, far, near in (
            (self.out_ptr, self.out_arc, self.head, self.tail),
            (self.in_ptr, self.in_arc, self.tail, self.head),
        ):
            sizes = np.diff(ptr)[order]
            new_ptr = np.concatenate([[0], np.cumsum(sizes)])
            arcs = arc[np.repeat(ptr[order] - new_ptr[:-1], sizes) + np.arange(arc.size)]
            sides.append((new_ptr.astype(np.int32), arcs, rank[far[arcs]], rank[near[arcs]]))
        return Layout(rank, *sides[0], *sides[1])


@dataclass(frozen=True)
class Layout:
    """Arcs by tail and by head with states renamed so that neighbours lie close together in memory.

    `rank` (n,) is the new name of each state; `out_arc` and `in_arc` map a slot to the arc id. `far` is the
    end a search reaches over the arc and `near` the one it comes from.
    """

    rank: Array
    out_ptr: Array
    out_arc: Array
    out_far: Array
    out_near: Array
    in_ptr: Array
    in_arc: Array
    in_far: Array
    in_near: Array

    def sides(self, weights: Array) -> tuple[kernel.Side, kernel.Side]:
        """Pointers and arcs of either direction for a weight per arc (A,)."""
        both = []
        for ptr, arc, far, near in (
            (self.out_ptr, self.out_arc, self.out_far, self.out_near),
            (self.in_ptr, self.in_arc, self.in_far, self.in_near),
        ):
            arcs = np.empty(arc.size, kernel.ARC)
            arcs["weight"] = weights[arc]
            arcs["head"] = far
            arcs["tail"] = near
            both.append((ptr, arcs))
        return both[0], both[1]


def prepare(n_states: int, tail: ArrayLike, head: ArrayLike, *, hierarchy: bool = False) -> Adjacency:
    """Order the arcs by tail and by head.

    Parameters
    ----------
    n_states
        Number of states; ids run from 0.
    tail, head
        State ids of the two ends of each arc, shape (A,). Parallel arcs and loops are allowed.
    hierarchy
        Whether to lay shortcuts for many one-to-one queries: slower to prepare and weigh, hundreds of times
        faster to ask on a large road network.

    Raises
    ------
    InvalidInput
        Lengths differ, an id is outside 0..n_states-1, or the graph has no small hierarchy.

    Examples
    --------
    >>> prepare(3, [0, 1], [1, 2]).out_ptr.tolist()
    [0, 1, 2, 2]
    """
    tails = _ids("tail", tail, n_states)
    heads = _ids("head", head, n_states)
    if tails.shape != heads.shape:
        raise InvalidInput("tail and head differ in length", f"{tails.size} and {heads.size} arcs")
    out_ptr, out_arc = kernel.csr(tails, n_states)
    in_ptr, in_arc = kernel.csr(heads, n_states)
    shortcuts = None
    if hierarchy:
        from karwan.transport.routing.hierarchy import contract  # only here: most runs need none of it

        shortcuts = contract(n_states, tails, heads)
    return Adjacency(
        n_states,
        tails,
        heads,
        out_ptr,
        out_arc,
        heads[out_arc],
        in_ptr,
        in_arc,
        tails[in_arc],
        shortcuts,
    )


def _ids(name: str, values: ArrayLike, n_states: int) -> Array:
    """State ids as int32, or InvalidInput when one is outside the graph."""
    raw = np.atleast_1d(np.asarray(values))
    if raw.size == 0:
        return np.empty(0, np.int32)
    if raw.ndim != 1 or not np.issubdtype(raw.dtype, np.integer):
        raise InvalidInput(f"{name} must be a list of state ids", f"shape {raw.shape}, type {raw.dtype}")
    if raw.min() < 0 or raw.max() >= n_states:
        raise InvalidInput(
            f"{name} names a state outside the graph", f"ids {raw.min()}..{raw.max()} of {n_states} states"
        )
    return np.ascontiguousarray(raw, dtype=np.int32)


def state_ids(name: str, values: ArrayLike, n_states: int) -> Array:
    """Distinct state ids (int32, order kept), at least one; otherwise InvalidInput."""
    if type(values) is int and 0 <= values < n_states:
        return np.array([values], dtype=np.int32)
    ids = _ids(name, values, n_states)
    if ids.size == 0:
        raise InvalidInput(f"{name} is empty", fix="give at least one state id")
    _, first = np.unique(ids, return_index=True)
    return np.ascontiguousarray(ids[np.sort(first)])
