"""Binary heap of the search kernels: keys and items in two arrays, equal keys in the order of labels or in any."""

from __future__ import annotations

from typing import Any

import numpy as np

from karwan.numerics.compiled import njit

Array = np.ndarray[Any, Any]
Ties = tuple[Array, Array, Array] | None


@njit(cache=True)
def _before(a: int, b: int, ties: Ties) -> bool:
    """Whether item a comes before item b of the same key; without ties the order is left open."""
    if ties is None:
        return False
    state, g, bound = ties
    for d in range(1, g.shape[1]):
        fa = g[a, d] + bound[state[a], d]
        fb = g[b, d] + bound[state[b], d]
        if fa < fb:
            return True
        if fa > fb:
            return False
    return a < b


@njit(cache=True)
def push(key: Array, item: Array, size: int, k: float, i: int, ties: Ties) -> int:
    """Put (k, i) on the heap; returns the new size.

    Items with equal keys come out in any order, or with `ties` = (state (L,), g (L, D), bound (n, D)) as labels:
    by g + bound of the state from the second criterion on, then by number. The plain twin is `heapq`.
    """
    pos = size
    while pos > 0:
        up = (pos - 1) >> 1
        if key[up] < k or (key[up] == k and not _before(i, item[up], ties)):
            break
        key[pos] = key[up]
        item[pos] = item[up]
        pos = up
    key[pos] = k
    item[pos] = i
    return size + 1


@njit(cache=True)
def pop(key: Array, item: Array, size: int, ties: Ties) -> int:
    """Drop the first entry of the heap (position 0); returns the new size."""
    size -= 1
    k = key[size]
    i = item[size]
    pos = 0
    child = 1
    while child < size:
        other = child + 1
        if other < size and (
            key[other] < key[child] or (key[other] == key[child] and _before(item[other], item[child], ties))
        ):
            child = other
        if key[child] > k or (key[child] == k and not _before(item[child], i, ties)):
            break
        key[pos] = key[child]
        item[pos] = item[child]
        pos = child
        child = 2 * pos + 1
    key[pos] = k
    item[pos] = i
    return size
