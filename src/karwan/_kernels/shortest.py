"""Least-cost kernels: Dijkstra trees and bidirectional search on compressed adjacency, with plain twins."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]
INF = np.inf


@njit(cache=True)
def sift_up(key: Array, item: Array, size: int, k: float, i: int) -> int:
    """Push (k, i) on the binary heap held in `key`/`item`; returns the new size."""
    pos = size
    while pos > 0:
        up = (pos - 1) >> 1
        if key[up] <= k:
            break
        key[pos] = key[up]
        item[pos] = item[up]
        pos = up
    key[pos] = k
    item[pos] = i
    return size + 1


@njit(cache=True)
def sift_down(key: Array, item: Array, size: int) -> int:
    """Drop the smallest entry of the binary heap (position 0); returns the new size."""
    size -= 1
    k = key[size]
    i = item[size]
    pos = 0
    child = 1
    while child < size:
        if child + 1 < size and key[child + 1] < key[child]:
            child += 1
        if key[child] >= k:
            break
        key[pos] = key[child]
        item[pos] = item[child]
        pos = child
        child = 2 * pos + 1
    key[pos] = k
    item[pos] = i
    return size


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
def tree(
    ptr: Array, head: Array, weight: Array, seeds: Array, targets: Array, limit: float
) -> tuple[Array, Array]:
    """Dijkstra from a set of seeds.

    Parameters
    ----------
    ptr, head, weight
        Adjacency of shape (n+1,), (A,), (A,); an infinite weight closes an arc.
    seeds
        States at distance 0.
    targets
        Stop once all of these are settled; empty means settle everything within the limit.
    limit
        States farther than this stay at infinity.

    Returns
    -------
    (distance (n,), predecessor slot (n,)): -1 at seeds and unreached states. After an early stop only
    settled states carry a distance.
    """
    n = ptr.size - 1
    dist = np.full(n, np.inf)
    pred = np.full(n, -1, np.int32)
    key = np.empty(head.size + seeds.size + 1, np.float64)
    item = np.empty(head.size + seeds.size + 1, np.int32)
    size = 0
    wanted = np.zeros(n if targets.size else 0, np.uint8)
    left = 0
    for t in targets:
        if wanted[t] == 0:
            wanted[t] = 1
            left += 1
    for s in seeds:
        if dist[s] > 0.0:
            dist[s] = 0.0
            size = sift_up(key, item, size, 0.0, s)
    while size > 0:
        d = key[0]
        u = item[0]
        size = sift_down(key, item, size)
        if d > dist[u]:
            continue
        if left > 0 and wanted[u] == 1:
            wanted[u] = 0
            left -= 1
            if left == 0:
                _forget_open(dist, pred, key, item, size, d)
                break
        for slot in range(ptr[u], ptr[u + 1]):
            v = head[slot]
            nd = d + weight[slot]
            if nd < dist[v] and nd <= limit:
                dist[v] = nd
                pred[v] = slot
                size = sift_up(key, item, size, nd, v)
    return dist, pred


@njit(cache=True)
def _forget_open(dist: Array, pred: Array, key: Array, item: Array, size: int, settled: float) -> None:
    """Put states still in the heap beyond the last settled distance back to unreached."""
    for pos in range(size):
        if dist[item[pos]] > settled:
            dist[item[pos]] = np.inf
            pred[item[pos]] = -1


@njit(cache=True)
def bidirectional(
    out_ptr: Array,
    out_head: Array,
    out_weight: Array,
    in_ptr: Array,
    in_tail: Array,
    in_weight: Array,
    origins: Array,
    destinations: Array,
) -> tuple[float, Array, Array]:
    """Bidirectional Dijkstra between two sets of states.

    Expands the side with the smaller frontier key and stops when the two keys together cannot beat the
    best meeting found (Pohl 1971). Relaxations that cannot beat it are not queued.

    Returns
    -------
    (distance, forward slots, backward slots): slots into the outgoing adjacency from origin to the
    meeting state, then slots into the incoming adjacency from there to the destination. Distance is
    infinite and both are empty when nothing joins the sets.
    """
    n = out_ptr.size - 1
    dist_f = np.full(n, np.inf)
    dist_b = np.full(n, np.inf)
    pred_f = np.empty(n, np.int32)
    pred_b = np.empty(n, np.int32)
    room = out_head.size + origins.size + destinations.size + 1
    key_f = np.empty(room, np.float64)
    item_f = np.empty(room, np.int32)
    key_b = np.empty(room, np.float64)
    item_b = np.empty(room, np.int32)
    size_f = 0
    size_b = 0
    best = np.inf
    meet = -1
    for s in origins:
        dist_f[s] = 0.0
        pred_f[s] = -1
        size_f = sift_up(key_f, item_f, size_f, 0.0, s)
    for s in destinations:
        dist_b[s] = 0.0
        pred_b[s] = -1
        size_b = sift_up(key_b, item_b, size_b, 0.0, s)
        if dist_f[s] == 0.0:
            best = 0.0
            meet = s
    while size_f > 0 and size_b > 0 and key_f[0] + key_b[0] < best:
        if key_f[0] <= key_b[0]:
            size_f, best, meet = _advance(
                out_ptr, out_head, out_weight, dist_f, pred_f, key_f, item_f, size_f, dist_b, best, meet
            )
        else:
            size_b, best, meet = _advance(
                in_ptr, in_tail, in_weight, dist_b, pred_b, key_b, item_b, size_b, dist_f, best, meet
            )
    if meet < 0:
        return np.inf, np.empty(0, np.int32), np.empty(0, np.int32)
    forward = _trace(pred_f, out_ptr, meet, True)
    backward = _trace(pred_b, in_ptr, meet, False)
    return best, forward, backward


@njit(cache=True)
def _advance(
    ptr: Array,
    head: Array,
    weight: Array,
    dist: Array,
    pred: Array,
    key: Array,
    item: Array,
    size: int,
    other: Array,
    best: float,
    meet: int,
) -> tuple[int, float, int]:
    """Settle one state of one side; returns the new heap size, best length and meeting state."""
    d = key[0]
    u = item[0]
    size = sift_down(key, item, size)
    if d > dist[u]:
        return size, best, meet
    for slot in range(ptr[u], ptr[u + 1]):
        v = head[slot]
        nd = d + weight[slot]
        if nd < dist[v] and nd < best:
            dist[v] = nd
            pred[v] = slot
            size = sift_up(key, item, size, nd, v)
            total = nd + other[v]
            if total < best:
                best = total
                meet = v
    return size, best, meet


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
def _trace(pred: Array, ptr: Array, state: int, reverse: bool) -> Array:
    """Slots from the seed to `state` (reverse=True) or from `state` to the seed."""
    count = 0
    v = state
    while pred[v] >= 0:
        count += 1
        v = _owner(ptr, pred[v])
    slots = np.empty(count, np.int32)
    v = state
    for k in range(count):
        slots[count - 1 - k if reverse else k] = pred[v]
        v = _owner(ptr, pred[v])
    return slots


@njit(cache=True)
def trace(pred: Array, ptr: Array, state: int) -> Array:
    """Slots of a tree of `tree` from its seed to a state."""
    return _trace(pred, ptr, state, True)


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
