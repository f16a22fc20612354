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


NODE = np.dtype([("dist", "f8"), ("scanned", "f8"), ("pred", "i4"), ("origin", "i4")])
MOST_BUCKETS = 1 << 15

Room = tuple[Any, Array, Array, Array, Array]


def bucket_width(weight: Array) -> tuple[float, int]:
    """Width and number of buckets for weights (A,): both powers of two, so that bucket bounds are exact.

    The width is about twice the median weight, wider where the largest weight would need more than
    `MOST_BUCKETS`. States are corrected within a bucket, so any width is correct.
    """
    finite = weight[np.isfinite(weight) & (weight > 0.0)]
    if finite.size == 0:
        return 1.0, 4
    largest = float(finite.max())
    width = max(2.0 * float(np.median(finite)), 2.0 * largest / MOST_BUCKETS)
    width = 2.0 ** float(np.floor(np.log2(width)))
    return width, 1 << int(np.ceil(np.log2(largest / width + 4.0)))


def room(n_states: int, n_buckets: int, n_entries: int) -> Room:
    """Working memory of `bidirectional`.

    Records (2n,): 2v is state v seen from the origin, 2v + 1 from the destination; first entry of each bucket
    (2, B); states touched (2, n); the state of each queue entry and the entry after it (2, E); first spare
    entry (1,).
    Distances are infinite and all entries spare between queries: a query restores what it touched, so that a
    short query on a large graph stays short.
    """
    nodes = np.zeros(2 * n_states, NODE)
    nodes["dist"] = np.inf
    nodes["scanned"] = np.inf
    after = np.empty((2, n_entries), np.int32)
    after[1] = np.arange(1, n_entries + 1)
    after[1, -1] = -1
    first = np.full((2, n_buckets), -1, np.int32)
    return nodes, first, np.empty((2, n_states), np.int32), after, np.zeros(1, np.int32)


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
    width: float,
    work: Room,
) -> tuple[float, Array, Array]:
    """Bidirectional search between two sets of distinct states, with buckets for queues.

    Expands the side with fewer entries queued (Pohl 1971) and stops when the lowest buckets of both together
    cannot beat the best meeting found. Labels that cannot beat it are not queued. Buckets: Dial (1969), with
    correction inside a bucket as in delta-stepping (Meyer & Sanders 2003).

    Returns
    -------
    (distance, forward slots, backward slots): slots into the outgoing adjacency from origin to the
    meeting state, then slots into the incoming adjacency from there to the destination. Distance is
    infinite and both are empty when nothing joins the sets; it is -1 when the queue entries ran out.
    """
    nodes, first, _, _, _ = work
    best = np.inf
    meet = -1
    live_f = _seed(origins, work, 0)
    live_b = _seed(destinations, work, 1)
    touched_f = origins.size
    touched_b = destinations.size
    for s in destinations:
        if nodes[2 * s].dist == 0.0:
            best = 0.0
            meet = s
    low_f = 0
    low_b = 0
    mask = first.shape[1] - 1
    while live_f > 0 and live_b > 0 and (low_f + low_b) * width < best:
        if live_f <= live_b:
            live_f, touched_f, best, meet = _advance(
                out_ptr, out_head, out_weight, work, 0, low_f, live_f, touched_f, width, low_b, best, meet
            )
            while live_f > 0 and first[0, low_f & mask] < 0:
                low_f += 1
        else:
            live_b, touched_b, best, meet = _advance(
                in_ptr, in_tail, in_weight, work, 1, low_b, live_b, touched_b, width, low_f, best, meet
            )
            while live_b > 0 and first[1, low_b & mask] < 0:
                low_b += 1
    forward = np.empty(0, np.int32)
    backward = np.empty(0, np.int32)
    if live_f < 0 or live_b < 0:
        best = -1.0
    elif meet >= 0:
        forward = _half(nodes, meet, 0)
        backward = _half(nodes, meet, 1)
    _restore(work, 0, touched_f)
    _restore(work, 1, touched_b)
    return best, forward, backward


@njit(cache=True)
def _seed(states: Array, work: Room, end: int) -> int:
    """Start one side (0 origin, 1 destination) at its states; returns entries queued, -1 if they ran out."""
    nodes, _, touched, _, _ = work
    short = False
    for k in range(states.size):
        record = 2 * states[k] + end
        nodes[record].dist = 0.0
        nodes[record].pred = -1
        touched[end, k] = states[k]
        short |= not _queue(work, end, 0, states[k])
    return -1 if short else states.size


@njit(cache=True)
def _queue(work: Room, end: int, bucket: int, state: int) -> bool:
    """Put a state first in a bucket; False when no spare entry is left."""
    _, first, _, after, spare = work
    entry = spare[0]
    if entry < 0:
        return False
    spare[0] = after[1, entry]
    after[0, entry] = state
    after[1, entry] = first[end, bucket]
    first[end, bucket] = entry
    return True


@njit(cache=True)
def _restore(work: Room, end: int, n_touched: int) -> None:
    """Put the touched states of one side back to unreached, and its queue entries back to spare."""
    nodes, first, touched, after, spare = work
    for k in range(n_touched):
        nodes[2 * touched[end, k] + end].dist = np.inf
        nodes[2 * touched[end, k] + end].scanned = np.inf
    for bucket in range(first.shape[1]):
        entry = first[end, bucket]
        while entry >= 0:
            following = after[1, entry]
            after[1, entry] = spare[0]
            spare[0] = entry
            entry = following
        first[end, bucket] = -1


@njit(cache=True)
def _advance(
    ptr: Array,
    head: Array,
    weight: Array,
    work: Room,
    end: int,
    low: int,
    live: int,
    n_touched: int,
    width: float,
    other_low: int,
    best: float,
    meet: int,
) -> tuple[int, int, float, int]:
    """Empty the lowest bucket of one side.

    Returns entries queued (-1 if they ran out), states touched, best length and meeting state.
    """
    nodes, first, touched, after, spare = work
    mask = first.shape[1] - 1
    per_width = 1.0 / width
    ahead = other_low * width
    bucket = low & mask
    while first[end, bucket] >= 0:
        entry = first[end, bucket]
        u = after[0, entry]
        first[end, bucket] = after[1, entry]
        after[1, entry] = spare[0]
        spare[0] = entry
        live -= 1
        d = nodes[2 * u + end].dist
        if nodes[2 * u + end].scanned <= d:
            continue
        nodes[2 * u + end].scanned = d
        for slot in range(ptr[u], ptr[u + 1]):
            v = head[slot]
            record = 2 * v + end
            nd = d + weight[slot]
            old = nodes[record].dist
            if nd >= old or nd >= best:
                continue
            total = nd + nodes[record ^ 1].dist
            if total < best:
                best = total
                meet = v
            elif nd + ahead >= best:
                continue
            if old == np.inf:
                touched[end, n_touched] = v
                n_touched += 1
            nodes[record].dist = nd
            nodes[record].pred = slot
            nodes[record].origin = u
            live += 1
            if not _queue(work, end, int(nd * per_width) & mask, v):
                return -1, n_touched, best, meet
    return live, n_touched, best, meet


@njit(cache=True)
def _half(nodes: Array, meet: int, end: int) -> Array:
    """Slots between the meeting state and one end, in travel order."""
    count = 0
    v = meet
    while nodes[2 * v + end].pred >= 0:
        count += 1
        v = nodes[2 * v + end].origin
    slots = np.empty(count, np.int32)
    v = meet
    for k in range(count):
        slots[k if end else count - 1 - k] = nodes[2 * v + end].pred
        v = nodes[2 * v + end].origin
    return slots


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
