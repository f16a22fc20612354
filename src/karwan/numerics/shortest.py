"""Least-cost kernels: Dijkstra trees on compressed adjacency, with plain twins."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from karwan.numerics.compiled import njit
from karwan.numerics.heap import pop, push

Array = np.ndarray[Any, Any]
INF = np.inf


@njit(cache=True)
def csr(ends: Array, n_states: int) -> tuple[Array, Array]:
    """Order the arcs by one of their ends: pointers (n+1,) and arc ids (A,), stable."""
    ptr = np.zeros(n_states + 1, np.int64)
    for a in range(ends.size):
        ptr[ends[a] + 1] += 1
    for v in range(n_states):
        ptr[v + 1] += ptr[v]
    fill = ptr.copy()
    order = np.empty(ends.size, np.int32)
    for a in range(ends.size):
        v = ends[a]
        order[fill[v]] = a
        fill[v] += 1
    return ptr, order


@njit(cache=True)
def tree(ptr: Array, head: Array, weight: Array, seeds: Array, limit: float) -> tuple[Array, Array]:
    """Dijkstra from a set of seeds.

    Parameters
    ----------
    ptr, head, weight
        Adjacency of shape (n+1,), (A,), (A,); an infinite weight closes an arc.
    seeds
        States at distance 0.
    limit
        States farther than this stay at infinity.

    Returns
    -------
    (distance (n,), predecessor slot (n,)): -1 at seeds and unreached states.
    """
    n = ptr.size - 1
    dist = np.full(n, np.inf)
    pred = np.full(n, -1, np.int32)
    key = np.empty(head.size + seeds.size + 1, np.float64)
    item = np.empty(head.size + seeds.size + 1, np.int32)
    size = 0
    for s in seeds:
        if dist[s] > 0.0:
            dist[s] = 0.0
            size = push(key, item, size, 0.0, s, None)
    while size > 0:
        d = key[0]
        u = item[0]
        size = pop(key, item, size, None)
        if d > dist[u]:
            continue
        for slot in range(ptr[u], ptr[u + 1]):
            v = head[slot]
            nd = d + weight[slot]
            if nd < dist[v] and nd <= limit:
                dist[v] = nd
                pred[v] = slot
                size = push(key, item, size, nd, v, None)
    return dist, pred


@njit(cache=True)
def _owner(ptr: Array, slot: int) -> int:
    """State whose adjacency holds the slot."""
    lo = 0
    hi = ptr.size - 1
    while hi - lo > 1:
        mid = (lo + hi) >> 1
        if ptr[mid] <= slot:
            lo = mid
        else:
            hi = mid
    return lo


@njit(cache=True)
def trace(pred: Array, ptr: Array, state: int) -> Array:
    """Slots of a tree of `tree` from its seed to a state."""
    count = 0
    v = state
    while pred[v] >= 0:
        count += 1
        v = _owner(ptr, pred[v])
    slots = np.empty(count, np.int32)
    v = state
    for k in range(count - 1, -1, -1):
        slots[k] = pred[v]
        v = _owner(ptr, pred[v])
    return slots


def tree_plain(ptr: Array, head: Array, weight: Array, seeds: Array) -> Array:
    """Plain twin of `tree`: distances from a set of seeds (n,)."""
    dist = np.full(ptr.size - 1, INF)
    heap: list[tuple[float, int]] = [(0.0, int(s)) for s in seeds]
    while heap:
        d, u = heapq.heappop(heap)
        if d >= dist[u]:
            continue
        dist[u] = d
        for slot in range(int(ptr[u]), int(ptr[u + 1])):
            if d + weight[slot] < dist[head[slot]]:
                heapq.heappush(heap, (d + float(weight[slot]), int(head[slot])))
    return dist
