"""Compiled user-equilibrium kernels: least-cost trees that respect zones, route generation, flow shifting.

Links of a stored route stand in travel order, so that summing costs along it and along a fresh tree gives the
same float, and a route is never stored twice. Plain Python twins stand at the end: `grow_tree_plain`,
`balance_plain`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from karwan.numerics.compiled import njit
from karwan.numerics.delay import time_and_slope
from karwan.numerics.heap import pop, push

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
OVERSHOOT = 0.5
REFINEMENTS = 40
ALL_PAIRS = 10


class Graph(NamedTuple):
    """Links (L,); node n has `out_link[out_ptr[n]:out_ptr[n+1]]`; below `first_thru` nodes are ends only."""

    n_nodes: int
    first_thru: int
    out_ptr: Ints
    out_link: Ints
    from_node: Ints
    to_node: Ints


class Pairs(NamedTuple):
    """Origin-destination pairs (P,), those of `origins[g]` at `origin_ptr[g]:origin_ptr[g + 1]`."""

    origins: Ints
    origin_ptr: Ints
    destination: Ints
    demand: Floats


class PairRoutes(NamedTuple):
    """Routes (K,), pair p has `pair_ptr[p]:pair_ptr[p + 1]`, route k has `links[ptr[k]:ptr[k + 1]]`."""

    pair_ptr: Ints
    ptr: Ints
    links: Ints
    flow: Floats


class Loads(NamedTuple):
    """Flow, cost and slope of the cost of each link, (L,), changed in place."""

    flow: Floats
    cost: Floats
    slope: Floats


class Curves(NamedTuple):
    """What gives the cost of a link from its flow: (L,) each, parameters (L, 4)."""

    fixed_cost: Floats
    code: Ints
    free_time: Floats
    capacity: Floats
    parameters: Floats


class NodeTree(NamedTuple):
    """A least-cost tree and its heap: cost and last link of each node (N,)."""

    cost: Floats
    via: Ints
    heap_key: Floats
    heap_node: Ints


@njit(cache=True)
def empty_tree(graph: Graph) -> NodeTree:
    """Work space for `grow_tree`."""
    size = graph.to_node.size + 1
    return NodeTree(
        np.empty(graph.n_nodes), np.empty(graph.n_nodes, np.int64), np.empty(size), np.empty(size, np.int64)
    )


@njit(cache=True)
def grow_tree(origin: int, graph: Graph, link_cost: Floats, tree: NodeTree) -> None:
    """Fill `tree` with the least-cost routes from a node (Dijkstra); an unreached node costs inf."""
    tree.cost[:] = np.inf
    tree.via[:] = -1
    tree.cost[origin] = 0.0
    size = push(tree.heap_key, tree.heap_node, 0, 0.0, origin, None)
    while size > 0:
        cost = tree.heap_key[0]
        node = tree.heap_node[0]
        size = pop(tree.heap_key, tree.heap_node, size, None)
        if cost > tree.cost[node] or (node < graph.first_thru and node != origin):
            continue
        for at in range(graph.out_ptr[node], graph.out_ptr[node + 1]):
            link = graph.out_link[at]
            reached = cost + link_cost[link]
            head = graph.to_node[link]
            if reached < tree.cost[head]:
                tree.cost[head] = reached
                tree.via[head] = link
                size = push(tree.heap_key, tree.heap_node, size, reached, head, None)


@njit(cache=True)
def all_or_nothing(graph: Graph, link_cost: Floats, pairs: Pairs, pair_cost: Floats, flow: Floats) -> float:
    """Load all demand on least-cost routes into `flow` (L,), fill `pair_cost` (P,); gives the total cost."""
    tree = empty_tree(graph)
    flow[:] = 0.0
    total = 0.0
    for group in range(pairs.origins.size):
        origin = pairs.origins[group]
        grow_tree(origin, graph, link_cost, tree)
        for pair in range(pairs.origin_ptr[group], pairs.origin_ptr[group + 1]):
            node = pairs.destination[pair]
            pair_cost[pair] = tree.cost[node]
            if pairs.demand[pair] == 0.0 or tree.cost[node] == np.inf:
                continue
            total += pairs.demand[pair] * tree.cost[node]
            while node != origin:
                link = tree.via[node]
                flow[link] += pairs.demand[pair]
                node = graph.from_node[link]
    return total


@njit(cache=True)
def _grown(links: Ints, used: int, extra: int) -> Ints:
    if used + extra <= links.size:
        return links
    wider = np.empty(2 * (used + extra), np.int64)
    wider[:used] = links[:used]
    return wider


@njit(cache=True)
def _append_tree_route(
    links: Ints, used: int, via: Ints, from_node: Ints, origin: int, node: int
) -> tuple[Ints, int]:
    """Append the tree's route to `node` in travel order; returns the pool and how much of it is used."""
    length = 0
    at = node
    while at != origin:
        length += 1
        at = from_node[via[at]]
    links = _grown(links, used, length)
    spot = used + length
    at = node
    while at != origin:
        spot -= 1
        links[spot] = via[at]
        at = from_node[via[at]]
    return links, used + length


@njit(cache=True)
def _route_cost(route: int, routes: PairRoutes, link_cost: Floats) -> float:
    links = routes.links
    cost = 0.0
    for at in range(routes.ptr[route], routes.ptr[route + 1]):
        cost += link_cost[links[at]]
    return cost


@njit(cache=True)
def extend_routes(
    graph: Graph, link_cost: Floats, pairs: Pairs, routes: PairRoutes
) -> tuple[PairRoutes, float]:
    """Drop empty routes, add each pair's least-cost route where it is new; also returns the least total cost.

    A route added to a pair that has none carries all its demand; otherwise it starts empty.
    """
    tree = empty_tree(graph)
    most = routes.flow.size + pairs.destination.size
    pair_ptr, ptr, flow = (
        np.zeros(pairs.destination.size + 1, np.int64),
        np.zeros(most + 1, np.int64),
        np.zeros(most),
    )
    links = np.empty(2 * routes.links.size + 64, np.int64)
    count = used = 0
    total = 0.0
    for group in range(pairs.origins.size):
        origin = pairs.origins[group]
        grow_tree(origin, graph, link_cost, tree)
        for pair in range(pairs.origin_ptr[group], pairs.origin_ptr[group + 1]):
            least = np.inf
            for route in range(routes.pair_ptr[pair], routes.pair_ptr[pair + 1]):
                if routes.flow[route] <= 0.0:
                    continue
                start, stop = routes.ptr[route], routes.ptr[route + 1]
                links = _grown(links, used, stop - start)
                links[used : used + stop - start] = routes.links[start:stop]
                used += stop - start
                flow[count] = routes.flow[route]
                count += 1
                ptr[count] = used
                least = min(least, _route_cost(route, routes, link_cost))
            node = pairs.destination[pair]
            total += pairs.demand[pair] * tree.cost[node]
            if tree.cost[node] < least:
                links, used = _append_tree_route(links, used, tree.via, graph.from_node, origin, node)
                flow[count] = pairs.demand[pair] if least == np.inf else 0.0
                count += 1
                ptr[count] = used
            pair_ptr[pair + 1] = count
    return PairRoutes(pair_ptr, ptr[: count + 1].copy(), links[:used].copy(), flow[:count].copy()), total


@njit(cache=True)
def load_routes(routes: PairRoutes, flow: Floats) -> None:
    """Sum the route flows into the link flows `flow` (L,)."""
    flow[:] = 0.0
    for route in range(routes.flow.size):
        for at in range(routes.ptr[route], routes.ptr[route + 1]):
            flow[routes.links[at]] += routes.flow[route]


@njit(cache=True)
def set_flow(link: int, volume: float, loads: Loads, curves: Curves) -> None:
    """Set the flow of one link and bring its cost and slope up to date."""
    loads.flow[link] = max(volume, 0.0)
    time, loads.slope[link] = time_and_slope(
        curves.code[link],
        curves.free_time[link],
        loads.flow[link],
        curves.capacity[link],
        curves.parameters[link, 0],
        curves.parameters[link, 1],
        curves.parameters[link, 2],
        curves.parameters[link, 3],
    )
    loads.cost[link] = time + curves.fixed_cost[link]


@njit(cache=True)
def refresh(loads: Loads, curves: Curves) -> None:
    """Bring cost and slope of every link up to date with its flow."""
    for link in range(loads.flow.size):
        set_flow(link, loads.flow[link], loads, curves)


@njit(cache=True)
def _difference(route: int, best: int, routes: PairRoutes, loads: Loads, mark: Ints) -> tuple[float, float]:
    """Cost of `route` over `best` and the sum of slopes, both on the links they do not share.

    Leaves `mark` at 1 on links of `best` only and 2 on shared links; `_clear` undoes it.
    """
    ptr, links, cost, slope = routes.ptr, routes.links, loads.cost, loads.slope
    for at in range(ptr[best], ptr[best + 1]):
        mark[links[at]] = 1
    gap = steep = 0.0
    for at in range(ptr[route], ptr[route + 1]):
        link = links[at]
        if mark[link] == 0:
            gap += cost[link]
            steep += slope[link]
        else:
            mark[link] = 2
    for at in range(ptr[best], ptr[best + 1]):
        link = links[at]
        if mark[link] == 1:
            gap -= cost[link]
            steep += slope[link]
    return gap, steep


@njit(cache=True)
def _clear(best: int, routes: PairRoutes, mark: Ints) -> None:
    for at in range(routes.ptr[best], routes.ptr[best + 1]):
        mark[routes.links[at]] = 0


@njit(cache=True)
def _move(
    amount: float, route: int, best: int, routes: PairRoutes, loads: Loads, curves: Curves, mark: Ints
) -> float:
    """Move `amount` from `route` to `best` on the links they do not share; returns the cost gap after it."""
    ptr, links, flow, cost = routes.ptr, routes.links, loads.flow, loads.cost
    gap = 0.0
    for at in range(ptr[route], ptr[route + 1]):
        link = links[at]
        if mark[link] == 0:
            set_flow(link, flow[link] - amount, loads, curves)
            gap += cost[link]
    for at in range(ptr[best], ptr[best + 1]):
        link = links[at]
        if mark[link] == 1:
            set_flow(link, flow[link] + amount, loads, curves)
            gap -= cost[link]
    return gap


@njit(cache=True)
def shift_flow(route: int, best: int, routes: PairRoutes, loads: Loads, curves: Curves, mark: Ints) -> None:
    """One safeguarded Newton step between two routes: an overshooting step is cut back in its bracket."""
    gap, steep = _difference(route, best, routes, loads, mark)
    low, high = -routes.flow[best], routes.flow[route]
    if gap == 0.0 or (gap > 0.0 and high <= 0.0) or (gap < 0.0 and low >= 0.0):
        _clear(best, routes, mark)
        return
    step = min(max(gap / steep, low), high) if steep > 0.0 else (high if gap > 0.0 else low)
    after = _move(step, route, best, routes, loads, curves, mark)
    near, near_gap, far, far_gap = 0.0, gap, step, after
    for _ in range(REFINEMENTS):
        if after * gap >= 0.0 or abs(after) <= OVERSHOOT * abs(gap):
            break
        share = near_gap / (near_gap - far_gap)
        target = near + min(max(share, 0.1), 0.9) * (far - near)
        after = _move(target - step, route, best, routes, loads, curves, mark)
        step = target
        if after * gap > 0.0:
            near, near_gap = step, after
        else:
            far, far_gap = step, after
    _clear(best, routes, mark)
    routes.flow[route] = max(routes.flow[route] - step, 0.0)
    routes.flow[best] = max(routes.flow[best] + step, 0.0)


@njit(cache=True)
def _cheapest(first: int, last: int, routes: PairRoutes, link_cost: Floats) -> tuple[int, float]:
    """Cheapest of the routes first..last-1, and what their flows cost above its price."""
    best, least, spent, carried = first, np.inf, 0.0, 0.0
    for route in range(first, last):
        price = _route_cost(route, routes, link_cost)
        spent += price * routes.flow[route]
        carried += routes.flow[route]
        if price < least:
            best, least = route, price
    return best, max(spent - carried * least, 0.0)


@njit(cache=True)
def _shift_others(
    first: int, last: int, best: int, routes: PairRoutes, loads: Loads, curves: Curves, mark: Ints
) -> None:
    """Shift all routes of a pair but the cheapest against one another."""
    for route in range(first, last):
        for other in range(first, route):
            if other != best and route != best:
                shift_flow(route, other, routes, loads, curves, mark)


@njit(cache=True)
def balance(passes: int, tolerance: float, routes: PairRoutes, loads: Loads, curves: Curves) -> float:
    """Shift flow of each pair to its cheapest stored route, pair after pair, until the excess cost is small.

    Works in place on the route flows and the loads. The excess is the sum over routes of flow times (cost -
    least stored cost of the pair) as met on the pass; stops at `tolerance` or after `passes`. Every few passes all routes
    of a pair are shifted against one another: two routes that differ on flat links only may share a steep link with the
    cheapest route, and against that one alone each step would stay tiny.
    """
    mark = np.zeros(loads.flow.size, np.int64)
    excess = np.inf
    for number in range(passes):
        excess = 0.0
        thorough = number % ALL_PAIRS == ALL_PAIRS - 1
        for pair in range(routes.pair_ptr.size - 1):
            first, last = routes.pair_ptr[pair], routes.pair_ptr[pair + 1]
            if last - first < 2:
                continue
            best, over = _cheapest(first, last, routes, loads.cost)
            excess += over
            for route in range(first, last):
                if route != best:
                    shift_flow(route, best, routes, loads, curves, mark)
            if thorough:
                _shift_others(first, last, best, routes, loads, curves, mark)
        if excess <= tolerance:
            break
    return excess


def grow_tree_plain(origin: int, graph: Graph, link_cost: Floats) -> tuple[Floats, Ints]:
    """Twin of `grow_tree`: cost and last link of the least-cost route to every node, shapes (N,)."""
    out: list[list[int]] = [[] for _ in range(graph.n_nodes)]
    for link, tail in enumerate(graph.from_node.tolist()):
        out[tail].append(link)
    node_cost, via_link = np.full(graph.n_nodes, np.inf), np.full(graph.n_nodes, -1, dtype=np.int64)
    node_cost[origin] = 0.0
    heap = [(0.0, origin)]
    while heap:
        cost, node = heapq.heappop(heap)
        if cost > node_cost[node] or (node < graph.first_thru and node != origin):
            continue
        for link in out[node]:
            reached, head = cost + float(link_cost[link]), int(graph.to_node[link])
            if reached < node_cost[head]:
                node_cost[head], via_link[head] = reached, link
                heapq.heappush(heap, (reached, head))
    return node_cost, via_link


def balance_plain(
    passes: int,
    routes: list[list[list[int]]],
    route_flow: list[list[float]],
    flow: Floats,
    cost_at: Callable[[int, float], tuple[float, float]],
) -> None:
    """Twin of `balance` where no step overshoots: plain Newton shifts on lists of routes per pair, in place.

    `cost_at(link, volume)` returns cost and slope; `routes[pair][route]` lists the links.
    """
    for _ in range(passes):
        for stored, carried in zip(routes, route_flow, strict=True):
            costs = [sum(cost_at(a, flow[a])[0] for a in route) for route in stored]
            best = int(np.argmin(costs))
            for k, route in enumerate(stored):
                if k == best:
                    continue
                only, other = sorted(set(route) - set(stored[best])), sorted(set(stored[best]) - set(route))
                gap = sum(cost_at(a, flow[a])[0] for a in only) - sum(cost_at(a, flow[a])[0] for a in other)
                steep = sum(cost_at(a, flow[a])[1] for a in only + other)
                newton = gap / steep if steep > 0.0 else np.copysign(np.inf, gap)
                step = min(max(newton, -carried[best]), carried[k])
                carried[k] -= step
                carried[best] += step
                flow[only] -= step
                flow[other] += step
