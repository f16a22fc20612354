"""Multi-criteria label setting with opening calendars, a two-criteria special case, and a plain twin."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from karwan.numerics.compiled import njit
from karwan.numerics.heap import pop, push

Array = np.ndarray[Any, Any]
Windows = tuple[Array, Array, Array]
Labels = tuple[Array, Array, Array, Array]
"""Criteria (L, D), state, parent and slot (L,) of every label."""
BLOCK = 64


@njit(cache=True)
def entry_time(t: float, c: int, windows: Windows) -> float:
    """Earliest t' >= t inside a window [start, end) of calendar c; infinite when none is left."""
    cal_ptr, start, end = windows
    lo = cal_ptr[c]
    hi = cal_ptr[c + 1]
    while lo < hi:
        mid = (lo + hi) >> 1
        if end[mid] > t:
            hi = mid
        else:
            lo = mid + 1
    while lo < cal_ptr[c + 1] and start[lo] >= end[lo]:
        lo += 1
    if lo == cal_ptr[c + 1]:
        return np.inf
    return start[lo] if start[lo] > t else t


@njit(cache=True)
def shut_arcs(
    out_ptr: Array,
    out_head: Array,
    hours: Array,
    calendar: Array,
    windows: Windows,
    origins: Array,
) -> Array:
    """Mask (A,) of the slots that no traveller leaving the origins at clock 0 can ever enter.

    A time-dependent Dijkstra gives the earliest clock at each state; later arrivals can enter no more arcs.
    """
    n = out_ptr.size - 1
    clock = np.full(n, np.inf)
    key = np.empty(out_head.size + origins.size + 1, np.float64)
    item = np.empty(out_head.size + origins.size + 1, np.int32)
    size = 0
    for s in origins:
        clock[s] = 0.0
        size = push(key, item, size, 0.0, s, None)
    while size > 0:
        d = key[0]
        u = item[0]
        size = pop(key, item, size, None)
        if d > clock[u]:
            continue
        for slot in range(out_ptr[u], out_ptr[u + 1]):
            t = d
            if calendar[slot] >= 0:
                t = entry_time(d, calendar[slot], windows)
            t += hours[slot]
            v = out_head[slot]
            if t < clock[v]:
                clock[v] = t
                size = push(key, item, size, t, v, None)
    shut = np.ones(out_head.size, np.bool_)
    for u in range(n):
        if clock[u] < np.inf:
            for slot in range(out_ptr[u], out_ptr[u + 1]):
                c = calendar[slot]
                shut[slot] = c >= 0 and entry_time(clock[u], c, windows) == np.inf
    return shut


@njit(cache=True)
def _grown(old: Array) -> Array:
    """Copy of a one-dimensional array with twice the room."""
    new = np.empty(2 * old.size, old.dtype)
    for k in range(old.size):
        new[k] = old[k]
    return new


@njit(cache=True)
def _grown_rows(old: Array) -> Array:
    """Copy of a two-dimensional array with twice the rows."""
    new = np.empty((2 * old.shape[0], old.shape[1]), old.dtype)
    for k in range(old.shape[0]):
        for d in range(old.shape[1]):
            new[k, d] = old[k, d]
    return new


@njit(cache=True)
def _wider(old: Array) -> Array:
    """Copy of a two-dimensional array with twice the columns."""
    new = np.empty((old.shape[0], 2 * old.shape[1]), old.dtype)
    for d in range(old.shape[0]):
        for k in range(old.shape[1]):
            new[d, k] = old[d, k]
    return new


@njit(cache=True)
def _covered(pool: Array, start: int, count: int, t: Array) -> bool:
    """Whether one of the vectors start..start+count-1 is at most t in all three places.

    Vectors hold criteria 1, 2 and 3; criterion 0 needs no test, because labels are settled in its order
    (dimensionality reduction). Blocks without an early exit let the compiler use vector instructions.
    """
    t0, t1, t2 = t[0], t[1], t[2]
    k = start
    stop = start + count
    while k + BLOCK <= stop:
        one = pool[0, k : k + BLOCK]
        two = pool[1, k : k + BLOCK]
        three = pool[2, k : k + BLOCK]
        hits = 0
        for j in range(BLOCK):
            hits |= int(one[j] <= t0) & int(two[j] <= t1) & int(three[j] <= t2)
        if hits:
            return True
        k += BLOCK
    while k < stop:
        if pool[0, k] <= t0 and pool[1, k] <= t1 and pool[2, k] <= t2:
            return True
        k += 1
    return False


@njit(cache=True)
def _bounded(t: Array, g: Array, bound: Array, slack: Array, n: int) -> None:
    """Set t to criteria 1..n-1 of (g + bound) x slack, infinite beyond."""
    for d in range(1, 4):
        t[d - 1] = (g[d] + bound[d]) * slack[d] if d < n else np.inf


@njit(cache=True)
def _reduced(t: Array, g: Array, n: int) -> None:
    """Set t to criteria 1..n-1 of g, zero beyond."""
    for d in range(1, 4):
        t[d - 1] = g[d] if d < n else 0.0


@njit(cache=True)
def _put(pool: Array, place: int, t: Array) -> None:
    """Write vector t at a place of the pool."""
    for d in range(3):
        pool[d, place] = t[d]


@njit(cache=True)
def _without_covered(pool: Array, start: int, count: int, t: Array) -> int:
    """Close the gaps left by vectors that t covers; returns the new count."""
    keep = start
    for k in range(start, start + count):
        if pool[0, k] < t[0] or pool[1, k] < t[1] or pool[2, k] < t[2]:
            if keep != k:
                pool[0, keep] = pool[0, k]
                pool[1, keep] = pool[1, k]
                pool[2, keep] = pool[2, k]
            keep += 1
    return keep - start


@njit(cache=True)
def _settle(pool: Array, used: int, where: Array, state: int, t: Array) -> tuple[Array, int]:
    """Add vector t to the segment of a state, dropping those it covers.

    `where` holds (start, count, room) of each state's segment in the pool; a full segment moves to the end
    with twice the room. Returns the pool and the part of it in use.
    """
    start = where[state, 0]
    count = _without_covered(pool, start, where[state, 1], t)
    if count == where[state, 2]:
        room = max(1, 2 * count)
        while used + room > pool.shape[1]:
            pool = _wider(pool)
        for d in range(3):
            for k in range(count):
                pool[d, used + k] = pool[d, start + k]
        start = used
        where[state, 0] = start
        where[state, 2] = room
        used += room
    _put(pool, start + count, t)
    where[state, 1] = count + 1
    return pool, used


@njit(cache=True)
def _grown_labels(labels: Labels) -> Labels:
    """The labels with twice the room."""
    g, state, parent, slot_of = labels
    return _grown_rows(g), _grown(state), _grown(parent), _grown(slot_of)


@njit(cache=True)
def _write(labels: Labels, label: int, values: Array, at: int, before: int, slot: int) -> None:
    """Write a label: its criteria, state, parent and the slot it came over."""
    g, state, parent, slot_of = labels
    for d in range(g.shape[1]):
        g[label, d] = values[d]
    state[label] = at
    parent[label] = before
    slot_of[label] = slot


@njit(cache=True)
def _moved(g: Array, weight: Array, clock: int, c: int, windows: Windows, cand: Array) -> bool:
    """Set cand to the criteria beyond an arc of calendar c; False where it is shut for good."""
    for d in range(weight.size):
        cand[d] = g[d] + weight[d]
    if clock >= 0 and c >= 0:
        entry = entry_time(g[clock], c, windows)
        cand[clock] = entry + weight[clock]
        return entry < np.inf
    return True


@njit(cache=True)
def _join_front(front: Array, count: int, t: Array) -> tuple[Array, int]:
    """Add vector t to the front, dropping those it covers; returns the front and the part of it in use."""
    count = _without_covered(front, 0, count, t)
    if count == front.shape[1]:
        front = _wider(front)
    _put(front, count, t)
    return front, count + 1


@njit(cache=True)
def label_setting(
    out_ptr: Array,
    out_head: Array,
    weight: Array,
    calendar: Array,
    windows: Windows,
    clock: int,
    bound: Array,
    n_checked: int,
    goal: Array,
    origins: Array,
    slack: Array,
    max_labels: int,
) -> tuple[Array, Array, Array, int, bool]:
    """Exact multi-criteria label setting in lexicographic order of g + h.

    Parameters
    ----------
    out_ptr, out_head, weight
        Adjacency (n+1,), (A,), and arc criteria (A, D) in its order.
    calendar, windows, clock
        Calendar of each arc (-1 = always open), the windows as (pointers (C+1,), start, end) relative to
        departure, and the column of `weight` that is the clock (-1 = time plays no part, calendars are
        ignored).
    bound
        Lower bounds to a destination (n, D), infinite where none is reachable.
    n_checked
        Criteria that count at the destination, the first ones; a clock that is only a state comes last.
    goal
        1 at destinations (n,).
    slack
        1 + epsilon per criterion (D,).
    max_labels
        Labels to create at most.

    Returns
    -------
    (goal labels (K,), parent (L,), slot (L,), labels created, complete)
    """
    n_dim = weight.shape[1]
    room = 4096
    labels = (
        np.empty((room, n_dim)),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
    )
    key = np.empty(room, np.float64)
    item = np.empty(room, np.int32)
    pool = np.empty((3, 4096))
    used = 0
    where = np.zeros((out_ptr.size - 1, 3), np.int64)
    front = np.empty((3, 64))
    in_front = 0
    found = np.empty(64, np.int32)
    n_found = 0
    size = 0
    count = 0
    cand = np.zeros(4)
    t = np.zeros(3)
    for s in origins[bound[origins, 0] < np.inf]:
        _write(labels, count, cand, s, -1, -1)
        size = push(key, item, size, bound[s, 0], count, (labels[1], labels[0], bound))
        count += 1
    while size > 0:
        top = item[0]
        g = labels[0]
        size = pop(key, item, size, (labels[1], g, bound))
        u = labels[1][top]
        _bounded(t, g[top], bound[u], slack, n_checked)
        if _covered(front, 0, in_front, t):
            continue
        if goal[u] == 1:
            if n_found == found.size:
                found = _grown(found)
            found[n_found] = top
            n_found += 1
            _reduced(t, g[top], n_checked)
            front, in_front = _join_front(front, in_front, t)
            continue
        _reduced(t, g[top], n_dim)
        if _covered(pool, where[u, 0], where[u, 1], t):
            continue
        pool, used = _settle(pool, used, where, u, t)
        for slot in range(out_ptr[u], out_ptr[u + 1]):
            v = out_head[slot]
            if bound[v, 0] == np.inf:
                continue
            if not _moved(labels[0][top], weight[slot], clock, calendar[slot], windows, cand):
                continue
            _reduced(t, cand, n_dim)
            if _covered(pool, where[v, 0], where[v, 1], t):
                continue
            _bounded(t, cand, bound[v], slack, n_checked)
            if _covered(front, 0, in_front, t):
                continue
            if count == max_labels:
                return found[:n_found], labels[2], labels[3], count, False
            if count == room:
                room *= 2
                labels, key, item = _grown_labels(labels), _grown(key), _grown(item)
            _write(labels, count, cand, v, top, slot)
            size = push(key, item, size, cand[0] + bound[v, 0], count, (labels[1], labels[0], bound))
            count += 1
    return found[:n_found], labels[2], labels[3], count, True


@njit(cache=True)
def route_slots(goals: Array, parent: Array, slot_of: Array) -> tuple[Array, Array]:
    """Slots of each goal label from origin to destination: pointers (K+1,) and slots."""
    ptr = np.zeros(goals.size + 1, np.int64)
    for k in range(goals.size):
        label = goals[k]
        steps = 0
        while parent[label] >= 0:
            steps += 1
            label = parent[label]
        ptr[k + 1] = ptr[k] + steps
    slots = np.empty(ptr[-1], np.int32)
    for k in range(goals.size):
        label = goals[k]
        pos = ptr[k + 1]
        while parent[label] >= 0:
            pos -= 1
            slots[pos] = slot_of[label]
            label = parent[label]
    return ptr, slots


@njit(cache=True)
def walk(ptr: Array, slots: Array, weight: Array, calendar: Array, windows: Windows) -> tuple[Array, Array]:
    """Criteria (K, 4) of routes and the wait at each arc, summed in travel order from clock 0."""
    totals = np.zeros((ptr.size - 1, weight.shape[1]))
    wait = np.zeros(slots.size)
    for k in range(ptr.size - 1):
        for pos in range(ptr[k], ptr[k + 1]):
            slot = slots[pos]
            if calendar[slot] >= 0:
                clock = totals[k, 1]
                t = entry_time(clock, calendar[slot], windows)
                wait[pos] = t - clock
                totals[k, 1] = t
            for d in range(weight.shape[1]):
                totals[k, d] += weight[slot, d]
    return totals, wait


@njit(cache=True)
def _covers(a: Array, b: Array, tolerance: float) -> bool:
    """Whether a is no worse than b in every criterion, up to rounding."""
    for d in range(a.size):  # noqa: SIM110 (compiled)
        if a[d] > b[d] + tolerance * abs(b[d]):
            return False
    return True


@njit(cache=True)
def _beaten(points: Array, b: int, reach: int, keep: Array, tolerance: float) -> bool:
    """Whether one of the first kept rows covers row b; of two equal rows the first beats the second."""
    for a in range(reach):
        if a == b or not keep[a] or not _covers(points[a], points[b], tolerance):
            continue
        if a < b or not _covers(points[b], points[a], tolerance):
            return True
    return False


@njit(cache=True)
def undominated(points: Array, tolerance: float) -> Array:
    """Mask (K,) of the rows no other kept row covers; of rows equal up to rounding the first is kept.

    Rows (K, 1..4) must be sorted by their first column: only those up to just beyond a row can cover it.
    """
    n = points.shape[0]
    keep = np.ones(n, np.bool_)
    pool = np.zeros((3, n))
    t = np.zeros(3)
    for k in range(n):
        for d in range(1, points.shape[1]):
            pool[d - 1, k] = points[k, d]
    reach = 0
    for b in range(n):
        limit = points[b, 0] + tolerance * abs(points[b, 0])
        while reach < n and points[reach, 0] <= limit:
            reach += 1
        for d in range(3):
            t[d] = pool[d, b] + tolerance * abs(pool[d, b])
        if _covered(pool, 0, b, t) or _covered(pool, b + 1, reach - b - 1, t):
            keep[b] = not _beaten(points, b, reach, keep, tolerance)
    return keep


def entry_time_plain(t: float, windows: list[tuple[float, float]]) -> float:
    """Plain twin of `entry_time` over a list of (start, end)."""
    for opens, closes in windows:
        if opens < closes and t < closes:
            return max(t, opens)
    return float("inf")


def label_setting_plain(
    arcs: list[tuple[int, int, tuple[float, ...], list[tuple[float, float]] | None]],
    clock: int,
    n_checked: int,
    goals: set[int],
    origins: list[int],
) -> list[tuple[tuple[float, ...], list[int]]]:
    """Plain twin of `label_setting` without bounds, epsilon or limits.

    Parameters
    ----------
    arcs
        Per arc: tail, head, criteria, and its windows (None = always open).
    clock, n_checked, goals, origins
        As in `label_setting`.

    Returns
    -------
    (criteria, arc ids) of every undominated route, in lexicographic order.
    """
    leaving: dict[int, list[int]] = {}
    for a, arc in enumerate(arcs):
        leaving.setdefault(arc[0], []).append(a)
    n_dim = len(arcs[0][2]) if arcs else n_checked
    queue: list[tuple[tuple[float, ...], int, int, list[int]]] = []
    for order, s in enumerate(origins):
        heapq.heappush(queue, ((0.0,) * n_dim, order, s, []))
    pushed = len(queue)
    settled: dict[int, list[tuple[float, ...]]] = {}
    routes: list[tuple[tuple[float, ...], list[int]]] = []
    while queue:
        g, _, state, path = heapq.heappop(queue)
        if any(_no_worse(r[0], g, n_checked) for r in routes):
            continue
        if state in goals:
            routes.append((g, path))
            continue
        if any(_no_worse(old, g, n_dim) for old in settled.get(state, [])):
            continue
        settled.setdefault(state, []).append(g)
        for a in leaving.get(state, []):
            _, head, weight, windows = arcs[a]
            moved = _moved_plain(g, weight, clock, windows)
            if moved is not None:
                heapq.heappush(queue, (moved, pushed, head, [*path, a]))
                pushed += 1
    return routes


def _moved_plain(
    g: tuple[float, ...], weight: tuple[float, ...], clock: int, windows: list[tuple[float, float]] | None
) -> tuple[float, ...] | None:
    """Criteria beyond an arc; None where it is shut for good."""
    base = list(g)
    if clock >= 0 and windows is not None:
        base[clock] = entry_time_plain(g[clock], windows)
        if base[clock] == float("inf"):
            return None
    return tuple(x + w for x, w in zip(base, weight, strict=True))


def _no_worse(a: tuple[float, ...], b: tuple[float, ...], n_dim: int) -> bool:
    """Whether a is at most b in the first n_dim criteria."""
    return all(x <= y for x, y in zip(a[:n_dim], b[:n_dim], strict=True))
