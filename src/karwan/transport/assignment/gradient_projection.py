"""Path-based user equilibrium: route generation and Newton shifts between the routes of each pair.

Routes of a pair are equalised one pair after another with link costs kept up to date (Jayakrishnan et al.
1994); the many cheap shifts between two searches are the greedy loop of Xie, Nie & Liu (2018).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from karwan.errors import InvalidInput
from karwan.numerics.assignment import Curves, Loads, PairRoutes, balance, extend_routes, load_routes, refresh
from karwan.transport.assignment.network import FlowProblem
from karwan.transport.assignment.result import RouteFlows

Floats = NDArray[np.float64]
PASSES = 40
INNER_SHARE = 0.02


def gradient_projection(
    problem: FlowProblem, *, relative_gap: float, max_iterations: int
) -> tuple[Floats, list[float], RouteFlows]:
    """Link flows (L,), gap history and used routes."""
    delays = problem.delays
    code = delays.codes
    if (code < 0).any():
        raise InvalidInput("a delay has no compiled form", fix="use method 'bfw', 'frank_wolfe' or 'msa'")
    curves = Curves(problem.fixed_cost, code, delays.free_flow_time, delays.capacity, delays.parameters)
    loads = Loads(np.zeros(code.size), np.empty(code.size), np.empty(code.size))
    no_pair, no_route = np.zeros(problem.pairs.demand.size + 1, np.int64), np.zeros(1, np.int64)
    routes = PairRoutes(no_pair, no_route, np.empty(0, np.int64), np.empty(0))
    gaps: list[float] = []
    for iteration in range(max_iterations + 1):
        refresh(loads, curves)
        total = float(loads.flow @ loads.cost)
        routes, least = extend_routes(problem.graph, loads.cost, problem.pairs, routes)
        if iteration:
            gaps.append(max(total - least, 0.0) / total if total > 0.0 else 0.0)
            if gaps[-1] <= relative_gap or iteration == max_iterations:
                break
            bound = max(INNER_SHARE * (total - least), 0.1 * relative_gap * total)
            balance(PASSES, bound, routes, loads, curves)
        load_routes(routes, loads.flow)
    return loads.flow, gaps, _used(problem, loads.cost, routes)


def _used(problem: FlowProblem, cost: Floats, routes: PairRoutes) -> RouteFlows:
    pair = np.repeat(np.arange(problem.pairs.demand.size), np.diff(routes.pair_ptr))
    used = routes.flow > 0.0
    length = np.diff(routes.ptr)
    route = np.repeat(np.arange(routes.flow.size), length)
    spent = np.bincount(route, weights=cost[routes.links], minlength=routes.flow.size).astype(float)
    return RouteFlows(
        origin=problem.pair_origin[pair[used]],
        destination=problem.pairs.destination[pair[used]],
        flow=routes.flow[used],
        cost=spent[used],
        link_ptr=np.concatenate([[0], np.cumsum(length[used])]).astype(np.int64),
        links=routes.links[np.repeat(used, length)],
    )
