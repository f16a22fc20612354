"""Adjacency: arcs ordered by tail and by head, built once and reused by every query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from karwan.errors import InvalidInput
from karwan.numerics import shortest as kernel

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Adjacency:
    """Arcs in compressed order, outgoing and incoming; built once, reused by every query.

    `out_arc` and `in_arc` map a slot of either order to the arc id (row of the arc arrays).
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


def prepare(n_states: int, tail: ArrayLike, head: ArrayLike) -> Adjacency:
    """Order the arcs by tail and by head.

    Parameters
    ----------
    n_states
        Number of states; ids run from 0.
    tail, head
        State ids of the two ends of each arc, shape (A,). Parallel arcs and loops are allowed.

    Raises
    ------
    InvalidInput
        Lengths differ, or an id is outside 0..n_states-1.

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
