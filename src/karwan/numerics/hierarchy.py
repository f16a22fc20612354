"""Customizable contraction hierarchy: elimination order, shortcut weights, climb and unpacking, with plain twin."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from karwan.numerics.compiled import njit

Array = np.ndarray[Any, Any]
INF = np.inf

CLIMB = np.dtype([("dist", "f8"), ("arc", "i4"), ("origin", "i4")])


@njit(cache=True)
def _grown(old: Array, least: int) -> Array:
    """Copy of a one-dimensional array with at least twice the room."""
    new = np.empty(max(2 * old.size, least), old.dtype)
    new[: old.size] = old
    return new


@njit(cache=True)
def _neighbours(tail: Array, head: Array, n_states: int) -> tuple[Array, Array, Array]:
    """Distinct neighbours of each state over arcs of either direction: pointers (n+1,), pool, counts (n,)."""
    ptr = np.zeros(n_states + 1, np.int64)
    for a in range(tail.size):
        ptr[tail[a] + 1] += 1
        ptr[head[a] + 1] += 1
    for v in range(n_states):
        ptr[v + 1] += ptr[v]
    pool = np.empty(2 * tail.size, np.int32)
    fill = ptr.copy()
    for a in range(tail.size):
        pool[fill[tail[a]]] = head[a]
        fill[tail[a]] += 1
        pool[fill[head[a]]] = tail[a]
        fill[head[a]] += 1
    count = np.zeros(n_states, np.int32)
    seen = np.full(n_states, -1, np.int32)
    for v in range(n_states):
        for k in range(ptr[v], ptr[v + 1]):
            w = pool[k]
            if w != v and seen[w] != v:
                seen[w] = v
                pool[ptr[v] + count[v]] = w
                count[v] += 1
    return ptr, pool, count


@njit(cache=True)
def _queue(v: int, degree: int, first: Array, after: Array, before: Array) -> None:
    """Put a state first in the list of its degree."""
    after[v] = first[degree]
    before[v] = -1
    if first[degree] >= 0:
        before[first[degree]] = v
    first[degree] = v


@njit(cache=True)
def _leave(v: int, degree: int, first: Array, after: Array, before: Array) -> None:
    """Take a state out of the list of its degree."""
    if before[v] >= 0:
        after[before[v]] = after[v]
    else:
        first[degree] = after[v]
    if after[v] >= 0:
        before[after[v]] = before[v]


@njit(cache=True)
def _join(
    u: int, v: int, turn: int, pool: Array, used: int, start: Array, room: Array, count: Array, seen: Array
) -> tuple[Array, int]:
    """Replace v among the neighbours of u by the neighbours of v that u lacks; `seen` marks them by turn.

    Neighbours are segments of the pool; a segment that gets too long moves to its end. Returns the pool and
    the part of it in use.
    """
    seen[u] = turn
    kept = 0
    for k in range(start[u], start[u] + count[u]):
        if pool[k] != v:
            seen[pool[k]] = turn
            pool[start[u] + kept] = pool[k]
            kept += 1
    if kept + count[v] > room[u]:
        need = 2 * (kept + count[v])
        if used + need > pool.size:
            pool = _grown(pool, used + need)
        for k in range(kept):
            pool[used + k] = pool[start[u] + k]
        start[u] = used
        room[u] = need
        used += need
    for k in range(start[v], start[v] + count[v]):
        if seen[pool[k]] != turn:
            pool[start[u] + kept] = pool[k]
            kept += 1
    count[u] = kept
    return pool, used


@njit(cache=True)
def eliminate(tail: Array, head: Array, n_states: int, max_fill: int) -> tuple[Array, Array, Array]:
    """Take the states away one by one, least neighbours first, joining the neighbours of each.

    Parameters
    ----------
    tail, head
        Ends of the arcs, int32 (A,); direction plays no part.
    max_fill
        Largest number of arcs of the hierarchy.

    Returns
    -------
    (rank of each state (n,), pointers (n+1,) by rank, heads): the neighbours a state still has when it is
    taken away, as ranks in rising order. The heads are empty when there would be more than `max_fill`.
    """
    ptr, pool, count = _neighbours(tail, head, n_states)
    start = ptr[:-1].copy()
    room = np.diff(ptr)
    used = pool.size
    first = np.full(n_states + 1, -1, np.int32)
    after = np.empty(n_states, np.int32)
    before = np.empty(n_states, np.int32)
    for v in range(n_states - 1, -1, -1):
        _queue(v, count[v], first, after, before)
    seen = np.zeros(n_states, np.int64)
    turn = 0
    order = np.empty(n_states, np.int32)
    up_ptr = np.zeros(n_states + 1, np.int64)
    low = 0
    for step in range(n_states):
        while first[low] < 0:
            low += 1
        v = first[low]
        _leave(v, low, first, after, before)
        order[step] = v
        degree = count[v]
        up_ptr[step + 1] = up_ptr[step] + degree
        if up_ptr[step + 1] > max_fill:
            return np.empty(0, np.int32), up_ptr, np.empty(0, np.int32)
        for i in range(degree):
            u = pool[start[v] + i]
            old = count[u]
            turn += 1
            pool, used = _join(u, v, turn, pool, used, start, room, count, seen)
            if count[u] != old:
                _leave(u, old, first, after, before)
                _queue(u, count[u], first, after, before)
                low = min(low, count[u])
    rank = np.empty(n_states, np.int32)
    for k in range(n_states):
        rank[order[k]] = k
    return rank, up_ptr, _ranked(order, rank, up_ptr, start, pool)


@njit(cache=True)
def _ranked(order: Array, rank: Array, up_ptr: Array, start: Array, pool: Array) -> Array:
    """Neighbours of each state as ranks in rising order, by putting each head in turn to its tails."""
    n = order.size
    down_ptr = np.zeros(n + 1, np.int64)
    for step in range(n):
        for k in range(up_ptr[step + 1] - up_ptr[step]):
            down_ptr[rank[pool[start[order[step]] + k]] + 1] += 1
    for v in range(n):
        down_ptr[v + 1] += down_ptr[v]
    tails = np.empty(up_ptr[n], np.int32)
    fill = down_ptr.copy()
    for step in range(n):
        for k in range(up_ptr[step + 1] - up_ptr[step]):
            w = rank[pool[start[order[step]] + k]]
            tails[fill[w]] = step
            fill[w] += 1
    fill = up_ptr.copy()
    heads = np.empty(up_ptr[n], np.int32)
    for w in range(n):
        for k in range(down_ptr[w], down_ptr[w + 1]):
            heads[fill[tails[k]]] = w
            fill[tails[k]] += 1
    return heads


@njit(cache=True)
def places(tail: Array, head: Array, rank: Array, up_ptr: Array, up_head: Array) -> Array:
    """Place of each arc in the hierarchy (A,): 2 x its upward arc, + 1 if it leads down; -1 for loops."""
    place = np.empty(tail.size, np.int32)
    for a in range(tail.size):
        u = rank[tail[a]]
        v = rank[head[a]]
        low = min(u, v)
        if u == v:
            place[a] = -1
            continue
        lo = up_ptr[low]
        hi = up_ptr[low + 1]
        while hi - lo > 1:
            mid = (lo + hi) >> 1
            if up_head[mid] <= max(u, v):
                lo = mid
            else:
                hi = mid
        place[a] = 2 * lo + (u > v)
    return place


@njit(cache=True)
def customise(
    up_ptr: Array,
    up_tail: Array,
    up_head: Array,
    down_ptr: Array,
    down_arc: Array,
    place: Array,
    weights: Array,
) -> tuple[Array, Array]:
    """Weights of the upward arcs in both directions by relaxing lower triangles.

    Parameters
    ----------
    up_ptr, up_tail, up_head
        Upward arcs by their tail, from `eliminate`.
    down_ptr, down_arc
        The same arcs by their head.
    place, weights
        From `places`, and the weight of each arc (A,).

    Returns
    -------
    (weight (U, 2) up and down, what it stands for (U, 2)): -1 - a for arc a, or the upward arc from the state
    passed on the way to the lower end.
    """
    n = up_ptr.size - 1
    cost = np.full((up_head.size, 2), np.inf)
    via = np.full((up_head.size, 2), -1, np.int32)
    for a in range(place.size):
        if place[a] >= 0 and weights[a] < cost[place[a] >> 1, place[a] & 1]:
            cost[place[a] >> 1, place[a] & 1] = weights[a]
            via[place[a] >> 1, place[a] & 1] = -1 - a
    best = np.empty((n, 2))
    through = np.empty((n, 2), np.int32)
    for u in range(n):
        for e in range(up_ptr[u], up_ptr[u + 1]):
            w = up_head[e]
            best[w, 0] = cost[e, 0]
            best[w, 1] = cost[e, 1]
            through[w, 0] = via[e, 0]
            through[w, 1] = via[e, 1]
        for k in range(down_ptr[u], down_ptr[u + 1]):
            arc = down_arc[k]
            to_low = cost[arc, 1]
            from_low = cost[arc, 0]
            for e in range(arc + 1, up_ptr[up_tail[arc] + 1]):
                w = up_head[e]
                if to_low + cost[e, 0] < best[w, 0]:
                    best[w, 0] = to_low + cost[e, 0]
                    through[w, 0] = arc
                if cost[e, 1] + from_low < best[w, 1]:
                    best[w, 1] = cost[e, 1] + from_low
                    through[w, 1] = arc
        for e in range(up_ptr[u], up_ptr[u + 1]):
            w = up_head[e]
            cost[e, 0] = best[w, 0]
            cost[e, 1] = best[w, 1]
            via[e, 0] = through[w, 0]
            via[e, 1] = through[w, 1]
    return cost, via


Room = tuple[Array, Array]


def room(n_states: int) -> Room:
    """Working memory of `climb`: records of the origin's side, then the destination's (2n,), and a trail (n,)."""
    nodes = np.zeros(2 * n_states, CLIMB)
    nodes["dist"] = np.inf
    return nodes, np.empty(n_states, np.int32)


@njit(cache=True)
def _start(states: Array, rank: Array, nodes: Array, end: int, at: Array) -> None:
    """Start one side (0 origin, 1 destination) at its states; `at` gets their ranks."""
    for k in range(states.size):
        at[k] = rank[states[k]]
        nodes[2 * at[k] + end].dist = 0.0
        nodes[2 * at[k] + end].arc = -1


@njit(cache=True)
def climb(
    rank: Array,
    up_ptr: Array,
    up_head: Array,
    cost: Array,
    via: Array,
    weights: Array,
    origins: Array,
    destinations: Array,
    work: Room,
) -> tuple[float, Array]:
    """Least cost between two sets of states by walking up the elimination tree from both at once.

    The states above a state in the tree are all that its upward paths can touch. They are taken in rising
    rank, so every state is final when its turn comes, without a queue, until none is left that could help.

    Returns
    -------
    (sum of weights along the path, arcs in travel order); infinite and empty when nothing joins the sets.
    """
    nodes, trail = work
    at = np.empty(origins.size + destinations.size, np.int32)
    _start(origins, rank, nodes, 0, at[: origins.size])
    _start(destinations, rank, nodes, 1, at[origins.size :])
    none = up_ptr.size
    best = np.inf
    meet = -1
    steps = 0
    open_ = at.size
    while open_ > 0:
        v = none
        for k in range(at.size):
            v = min(v, at[k])
        trail[steps] = v
        steps += 1
        above = up_head[up_ptr[v]] if up_ptr[v] < up_ptr[v + 1] else none
        for k in range(at.size):
            if at[k] == v:
                at[k] = above
        total = nodes[2 * v].dist + nodes[2 * v + 1].dist
        if total < best:
            best = total
            meet = v
        for end in range(2):
            d = nodes[2 * v + end].dist
            if d == np.inf:
                continue
            open_ -= 1
            if d >= best:
                continue
            for e in range(up_ptr[v], up_ptr[v + 1]):
                record = 2 * up_head[e] + end
                reached = d + cost[e, end]
                if reached < best and reached < nodes[record].dist:
                    open_ += nodes[record].dist == np.inf
                    nodes[record].dist = reached
                    nodes[record].arc = e
                    nodes[record].origin = v
    total = best
    arcs = np.empty(0, np.int32)
    if meet >= 0:
        total, arcs = _unpacked(nodes, meet, up_head, via, weights)
    for k in range(steps):
        nodes[2 * trail[k]].dist = np.inf
        nodes[2 * trail[k] + 1].dist = np.inf
    return total, arcs


@njit(cache=True)
def _unpacked(nodes: Array, meet: int, up_head: Array, via: Array, weights: Array) -> tuple[float, Array]:
    """Weight and arcs of the path through the meeting state, shortcuts replaced by what they stand for."""
    stack = np.empty(64, np.int64)
    arcs = np.empty(256, np.int32)
    count = 0
    total = 0.0
    for end in range(2):
        v = meet
        while nodes[2 * v + end].arc >= 0:
            height = 0
            # Towards the origin the nearest arc comes last in travel, so all are stacked before any is opened.
            while nodes[2 * v + end].arc >= 0:
                if height == stack.size:
                    stack = _grown(stack, 0)
                stack[height] = 2 * nodes[2 * v + end].arc + end
                height += 1
                v = nodes[2 * v + end].origin
                if end == 1:
                    break
            while height > 0:
                height -= 1
                e = stack[height] >> 1
                way = stack[height] & 1
                low = via[e, way]
                if low < 0:
                    if count == arcs.size:
                        arcs = _grown(arcs, 0)
                    arcs[count] = -1 - low
                    total += weights[-1 - low]
                    count += 1
                    continue
                high = low + 1
                while up_head[high] != up_head[e]:
                    high += 1
                if height + 2 > stack.size:
                    stack = _grown(stack, 0)
                stack[height] = 2 * (low if way else high)  # then up from the state passed
                stack[height + 1] = 2 * (high if way else low) + 1  # first down to it
                height += 2
    return total, arcs[:count]


def climb_plain(
    arcs: list[tuple[int, int, float]], rank: list[int], origins: list[int], destinations: list[int]
) -> float:
    """Plain twin of `customise` and `climb`: shortcuts by contraction in order of rank, then two upward searches.

    Parameters
    ----------
    arcs
        Tail, head and weight.
    rank
        Place of each state in the order.
    origins, destinations
        States.

    Returns
    -------
    Least cost, infinite when nothing joins the sets.
    """
    ways: tuple[dict[int, dict[int, float]], ...] = ({v: {} for v in rank}, {v: {} for v in rank})
    for tail, head, weight in arcs:
        _shorten(ways, rank[tail], rank[head], weight)
    for v in sorted(rank):
        above_in = [u for u in ways[1][v] if u > v]
        above_out = [w for w in ways[0][v] if w > v]
        for u in above_in:
            for w in above_out:
                _shorten(ways, u, w, ways[1][v][u] + ways[0][v][w])
    found = []
    for way, seeds in ((0, origins), (1, destinations)):
        dist: dict[int, float] = {}
        heap = [(0.0, rank[s]) for s in seeds]
        heapq.heapify(heap)
        while heap:
            d, v = heapq.heappop(heap)
            if v not in dist:
                dist[v] = d
                for w, weight in ways[way][v].items():
                    if w > v:
                        heapq.heappush(heap, (d + weight, w))
        found.append(dist)
    return min((found[0][v] + found[1][v] for v in found[0].keys() & found[1].keys()), default=INF)


def _shorten(ways: tuple[dict[int, dict[int, float]], ...], tail: int, head: int, weight: float) -> None:
    """Keep the least weight from tail to head, seen from either end."""
    if weight < ways[0][tail].get(head, INF):
        ways[0][tail][head] = weight
        ways[1][head][tail] = weight
