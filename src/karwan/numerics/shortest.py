"""Least-cost kernels: Dijkstra trees and bidirectional search on compressed adjacency, with plain twins."""

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
            size = push(key, item, size, 0.0, s, None)
    while size > 0:
        d = key[0]
        u = item[0]
        size = pop(key, item, size, None)
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
                size = push(key, item, size, nd, v, None)
    return dist, pred


@njit(cache=True)
def _forget_open(dist: Array, pred: Array, key: Array, item: Array, size: int, settled: float) -> None:
    """Put states still in the heap beyond the last settled distance back to unreached."""
    for pos in range(size):
        if dist[item[pos]] > settled:
            dist[item[pos]] = np.inf
            pred[item[pos]] = -1


ARC = np.dtype([("weight", "f8"), ("head", "i4"), ("tail", "i4")])
ENTRY = np.dtype([("dist", "f8"), ("state", "i4"), ("after", "i4")])
MOST_BUCKETS = 1 << 15
QUEUED = 4
"""Scans that one queue entry counts for when the side to expand is chosen (measured, any value is correct)."""

Side = tuple[Array, Array]
Room = tuple[Array, Array, Array, Array, Array, Array]


def bucket_width(weight: Array) -> tuple[float, int]:
    """Width and number of buckets for weights (A,): both powers of two, so that bucket bounds are exact.

    The width is two to four times the median weight, wider where the largest weight would need more than
    `MOST_BUCKETS`. States are corrected within a bucket, so any width is correct.
    """
    finite = weight[np.isfinite(weight) & (weight > 0.0)]
    if finite.size == 0:
        return 1.0, 4
    largest = float(finite.max())
    width = max(2.0 * float(np.median(finite)), 2.0 * largest / MOST_BUCKETS)
    width = 2.0 ** float(np.ceil(np.log2(width)))
    return width, 1 << int(np.ceil(np.log2(largest / width + 4.0)))


@njit(cache=True)
def depth_first(ptr: Array, head: Array) -> Array:
    """States in an order that keeps neighbours near each other in memory (n,)."""
    n = ptr.size - 1
    order = np.empty(n, np.int32)
    seen = np.zeros(n, np.bool_)
    stack = np.empty(head.size + 1, np.int32)
    count = 0
    for root in range(n):
        if seen[root]:
            continue
        stack[0] = root
        height = 1
        while height > 0:
            height -= 1
            u = stack[height]
            if seen[u]:
                continue
            seen[u] = True
            order[count] = u
            count += 1
            for slot in range(ptr[u], ptr[u + 1]):
                if not seen[head[slot]]:
                    stack[height] = head[slot]
                    height += 1
    return order


def room(n_states: int, n_buckets: int, n_entries: int) -> Room:
    """Working memory of `bidirectional`.

    Distances (2n,): 2v is state v seen from the origin, 2v + 1 from the destination; the slot that reached each
    (2n,); queue entries (E,); first entry of each bucket (2, B); states touched (2, n); counts (9,): of each
    side the lowest bucket, entries queued, states touched and scanned, then the first spare entry.
    Distances are infinite and all entries spare between queries: a query restores what it touched, so that a
    short query on a large graph stays short.
    """
    entries = np.zeros(n_entries, ENTRY)
    entries["after"] = np.arange(1, n_entries + 1)
    entries["after"][-1] = -1
    return (
        np.full(2 * n_states, np.inf),
        np.empty(2 * n_states, np.int32),
        entries,
        np.full((2, n_buckets), -1, np.int32),
        np.empty((2, n_states), np.int32),
        np.zeros(9, np.int64),
    )


LOW, LIVE, TOUCHED, SCANS, SPARE = 0, 2, 4, 6, 8


@njit(cache=True)
def bidirectional(
    out: Side, into: Side, origins: Array, destinations: Array, width: float, work: Room
) -> tuple[float, Array, Array]:
    """Bidirectional search between two sets of distinct states, with buckets for queues.

    Expands the side that has scanned and queued less (after Pohl 1971) and stops when the lowest buckets of
    both together cannot beat the best meeting found. Labels that cannot beat it are not queued. Buckets: Dial
    (1969), with correction inside a bucket as in delta-stepping (Meyer & Sanders 2003).

    Parameters
    ----------
    out, into
        Pointers (n+1,) and arcs (A,) by tail, and the same with every arc turned round, by head.
    origins, destinations
        Distinct states.
    width, work
        From `bucket_width` and `room`.

    Returns
    -------
    (distance, forward slots, backward slots): slots of `out` from origin to the meeting state, then slots of
    `into` from there to the destination. Distance is infinite and both are empty when nothing joins the sets;
    it is -1 when the queue entries ran out, and the working memory is then spoilt.
    """
    dist, pred, _, _, _, _ = work
    best = np.inf
    meet = -1
    enough = _seed(origins, work, 0) and _seed(destinations, work, 1)
    for s in destinations:
        if dist[2 * s] == 0.0:
            best = 0.0
            meet = s
    if enough:
        enough, best, meet = _search(out, into, work, width, best, meet)
    if not enough:
        return -1.0, np.empty(0, np.int32), np.empty(0, np.int32)
    forward = _half(out[1], pred, meet, 0)
    backward = _half(into[1], pred, meet, 1)
    _restore(work, 0)
    _restore(work, 1)
    return best, forward, backward


@njit(cache=True)
def _seed(states: Array, work: Room, end: int) -> bool:
    """Start one side (0 origin, 1 destination) at its states; False if the entries ran out."""
    dist, pred, entries, first, touched, tally = work
    tally[LOW + end] = 0
    tally[SCANS + end] = 0
    tally[LIVE + end] = states.size
    tally[TOUCHED + end] = states.size
    for k in range(states.size):
        dist[2 * states[k] + end] = 0.0
        pred[2 * states[k] + end] = -1
        touched[end, k] = states[k]
        entry = tally[SPARE]
        if entry < 0:
            return False
        tally[SPARE] = entries[entry].after
        entries[entry].dist = 0.0
        entries[entry].state = states[k]
        entries[entry].after = first[end, 0]
        first[end, 0] = entry
    return True


@njit(cache=True)
def _restore(work: Room, end: int) -> None:
    """Put the touched states of one side back to unreached, and its queue entries back to spare."""
    dist, _, entries, first, touched, tally = work
    for k in range(tally[TOUCHED + end]):
        dist[2 * touched[end, k] + end] = np.inf
    live = tally[LIVE + end]
    bucket = tally[LOW + end]
    while live > 0:
        bucket &= first.shape[1] - 1
        entry = first[end, bucket]
        first[end, bucket] = -1
        while entry >= 0:
            following = entries[entry].after
            entries[entry].after = tally[SPARE]
            tally[SPARE] = entry
            entry = following
            live -= 1
        bucket += 1


@njit(cache=True)
def _search(
    out: Side, into: Side, work: Room, width: float, best: float, meet: int
) -> tuple[bool, float, int]:
    """Empty the lowest bucket of one side after the other until none can improve the best meeting.

    Returns whether the entries sufficed, the best length and its meeting state (-1 = none).
    """
    dist, pred, entries, first, touched, tally = work
    mask = first.shape[1] - 1
    per_width = 1.0 / width
    spare = tally[SPARE]
    while tally[LIVE] > 0 and tally[LIVE + 1] > 0 and (tally[LOW] + tally[LOW + 1]) * width < best:
        effort = tally[SCANS] + QUEUED * tally[LIVE] - tally[SCANS + 1] - QUEUED * tally[LIVE + 1]
        end = 0 if effort <= 0 else 1
        ptr, arcs = out if end == 0 else into
        ahead = tally[LOW + 1 - end] * width
        bucket = tally[LOW + end] & mask
        live = tally[LIVE + end]
        count = tally[TOUCHED + end]
        while first[end, bucket] >= 0:
            entry = first[end, bucket]
            u = entries[entry].state
            d = entries[entry].dist
            first[end, bucket] = entries[entry].after
            entries[entry].after = spare
            spare = entry
            live -= 1
            if d > dist[2 * u + end]:
                continue
            tally[SCANS + end] += 1
            for slot in range(ptr[u], ptr[u + 1]):
                v = arcs[slot].head
                nd = d + arcs[slot].weight
                record = 2 * v + end
                old = dist[record]
                if nd >= old or nd >= best:
                    continue
                total = nd + dist[record ^ 1]
                if total < best:
                    best = total
                    meet = v
                elif nd + ahead >= best:
                    continue
                if old == np.inf:
                    touched[end, count] = v
                    count += 1
                dist[record] = nd
                pred[record] = slot
                entry = spare
                if entry < 0:
                    return False, best, meet
                spare = entries[entry].after
                place = int(nd * per_width) & mask
                entries[entry].dist = nd
                entries[entry].state = v
                entries[entry].after = first[end, place]
                first[end, place] = entry
                live += 1
        tally[LIVE + end] = live
        tally[TOUCHED + end] = count
        while live > 0 and first[end, tally[LOW + end] & mask] < 0:
            tally[LOW + end] += 1
    tally[SPARE] = spare
    return True, best, meet


@njit(cache=True)
def _half(arcs: Array, pred: Array, meet: int, end: int) -> Array:
    """Slots between the meeting state (-1 = none) and one end, in travel order."""
    count = 0
    v = meet
    while v >= 0 and pred[2 * v + end] >= 0:
        count += 1
        v = arcs[pred[2 * v + end]].tail
    slots = np.empty(count, np.int32)
    v = meet
    for k in range(count):
        slots[k if end else count - 1 - k] = pred[2 * v + end]
        v = arcs[pred[2 * v + end]].tail
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
