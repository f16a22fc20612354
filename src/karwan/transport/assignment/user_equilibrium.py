"""Deterministic user equilibrium: no traveller can lower its cost by changing route (Wardrop 1952)."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from karwan.errors import InvalidInput, UnknownName, Unreachable
from karwan.numerics.assignment import Pairs
from karwan.transport.assignment.gradient_projection import gradient_projection
from karwan.transport.assignment.link_based import (
    biconjugate_frank_wolfe,
    frank_wolfe,
    load_all_or_nothing,
    successive_averages,
)
from karwan.transport.assignment.network import AssignmentNetwork, FlowProblem, pose
from karwan.transport.assignment.result import Assignment, AssignmentNotConverged, RouteFlows
from karwan.transport.delay import LinkDelays

Floats = NDArray[np.float64]
ROWS_SHOWN = 5


@dataclass(frozen=True)
class Method:
    """A solver: (problem, relative_gap=, max_iterations=) -> (link flows, gap history, routes or None)."""

    name: str
    solve: Callable[..., tuple[Floats, list[float], RouteFlows | None]]
    reference: str


METHOD: Mapping[str, Method] = {
    m.name: m
    for m in (
        Method(
            "gradient_projection",
            gradient_projection,
            "Jayakrishnan, Tsai, Prashker & Rajadhyaksha (1994), TRR 1443; Xie, Nie & Liu (2018),"
            " TRR 2672(48), doi:10.1177/0361198118774236",
        ),
        Method(
            "bfw",
            biconjugate_frank_wolfe,
            "Mitradjieva & Lindberg (2013), Transportation Science 47(2), doi:10.1287/trsc.1120.0409",
        ),
        Method(
            "frank_wolfe",
            frank_wolfe,
            "Frank & Wolfe (1956); LeBlanc, Morlok & Pierskalla (1975), doi:10.1016/0041-1647(75)90030-1",
        ),
        Method("msa", successive_averages, "Sheffi & Powell (1982), doi:10.1002/net.3230120209"),
    )
}


def assign(
    network: AssignmentNetwork,
    demand: ArrayLike,
    *,
    method: str = "gradient_projection",
    delay: str | LinkDelays = "bpr",
    relative_gap: float = 1e-6,
    max_iterations: int = 1000,
) -> Assignment:
    """User equilibrium of a demand matrix on a network.

    Use it for many travellers who know the network; for shippers who weigh routes differently use
    `assign_routes`.

    Parameters
    ----------
    network
        Links, zones, free-flow times, capacities and delay parameters.
    demand
        Shape (n_zones, n_zones), row to column, >= 0, in the unit of the capacity. The diagonal is left out.
    method
        Key of `METHOD`; only "gradient_projection" reaches gaps below about 1e-6 in reasonable time.
    delay
        Key of `karwan.transport.delay.DELAY` for all links, or `LinkDelays` where links differ.
    relative_gap
        Stop at (TSTT - SPTT) / TSTT at most this, where TSTT is flow times cost summed over links and SPTT
        the same if all demand went on least-cost routes at those costs.
    max_iterations
        Stop after this many; the result then says `converged=False` and `AssignmentNotConverged` is warned.

    Raises
    ------
    InvalidInput, UnknownName
        Demand, gap, or iterations out of range; unknown method, delay or parameter.
    Unreachable
        Demand between zones that no route joins.

    References
    ----------
    Beckmann, McGuire & Winsten (1956), Studies in the Economics of Transportation; Wardrop (1952).

    Examples
    --------
    Two links of equal length and one of them twice as wide share three travellers 2 to 1:

    >>> net = AssignmentNetwork([0, 0], [1, 1], 2, 2, 0, [1.0, 1.0], [2.0, 1.0])
    >>> assign(net, [[0, 3], [0, 0]], relative_gap=1e-12).link_flows.round(6).tolist()
    [2.0, 1.0]
    """
    if method not in METHOD:
        raise UnknownName(f"there is no assignment method {method!r}", fix=f"use one of {', '.join(METHOD)}")
    if not math.isfinite(relative_gap) or relative_gap < 0.0:
        raise InvalidInput("relative_gap is out of range", f"{relative_gap!r}", "give a finite number >= 0")
    if max_iterations < 1:
        raise InvalidInput(
            "max_iterations is out of range", f"{max_iterations!r}", "give a whole number >= 1"
        )
    problem = pose(network, demand, delay)
    _refuse_unreachable(problem)
    flow, gaps, routes = METHOD[method].solve(
        problem, relative_gap=relative_gap, max_iterations=max_iterations
    )
    result = _result(problem, flow, gaps, routes, method, relative_gap)
    if not result.converged:
        warnings.warn(
            f"{method} stopped after {result.iterations} iterations at relative gap"
            f" {result.relative_gap:.3g}, above {relative_gap:.3g}: raise max_iterations or relative_gap",
            AssignmentNotConverged,
            stacklevel=2,
        )
    return result


def _refuse_unreachable(problem: FlowProblem) -> None:
    pairs = problem.pairs
    _, pair_cost, _ = load_all_or_nothing(problem, problem.cost(np.zeros(problem.fixed_cost.size)))
    lost = np.flatnonzero(np.isinf(pair_cost))
    if lost.size:
        start, end = (ends + problem.first_number for ends in (problem.pair_origin, pairs.destination))
        shown = ", ".join(f"{start[p]}-{end[p]}" for p in lost[:ROWS_SHOWN])
        amount = f"{pairs.demand[lost].sum():g} of demand"
        seen = f"{lost.size} of {pair_cost.size} zone pairs, {amount}, from zone to zone: {shown}"
        raise Unreachable(
            "demand stands between zones no route joins", seen, "add links, or drop that demand"
        )


def _result(
    problem: FlowProblem,
    flow: Floats,
    gaps: list[float],
    routes: RouteFlows | None,
    method: str,
    relative_gap: float,
) -> Assignment:
    times = problem.delays.time(flow)
    costs = times + problem.fixed_cost
    kinds = sorted(set(problem.delays.names))
    return Assignment(
        link_flows=flow,
        link_times=times,
        link_costs=costs,
        skims=_skim(problem, costs),
        objective=problem.objective(flow),
        total_cost=float(flow @ costs),
        relative_gap=gaps[-1],
        gap_history=np.array(gaps),
        iterations=len(gaps),
        converged=gaps[-1] <= relative_gap,
        method=method,
        delay=kinds[0] if len(kinds) == 1 else "mixed",
        routes=routes,
    )


def _skim(problem: FlowProblem, costs: Floats) -> Floats:
    zones = np.arange(problem.n_zones)
    every = Pairs(
        zones,
        np.arange(problem.n_zones + 1) * problem.n_zones,
        np.tile(zones, problem.n_zones),
        np.zeros(problem.n_zones**2),
    )
    costs_between = load_all_or_nothing(dataclasses.replace(problem, pairs=every), costs)[1]
    return costs_between.reshape(problem.n_zones, problem.n_zones)
