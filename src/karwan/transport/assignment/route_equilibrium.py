"""Fixed point of route shares and queueing delays on given routes: the solvers behind `assign_routes`.

The unknown is the volume v of each link that can congest. v gives link times, these the generalised costs,
these the path-size logit flows, these the volumes the flows would make; the equilibrium is where both volumes
agree.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from karwan.transport.choice import Choice, logit
from karwan.transport.delay import LinkDelays

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SHORTEST_STEP = 1e-6
AVERAGING_STEP = 0.1
RUN = 15
EASY = 1e-3
CLOSEST = 1.05
DECREASE = 1e-4
GROWTH_WORSE, GROWTH_BETTER = 1.8, 0.1


@dataclass(frozen=True)
class RouteProblem:
    """Routes (R,), links (L,) and demand groups (G,) as arrays.

    Attributes
    ----------
    use
        Shape (R, L), 1 where a route uses a link.
    volume_per_tonne
        Shape (R, L), what one tonne on a route adds to a link in the link's own unit (1, or trucks per
        tonne).
    group, path_size, fixed_cost
        Shape (R,): demand group, path size, cost in USD/t that does not hang on load.
    demand, value_of_time
        Shape (G,): t/day, USD per tonne and hour.
    delays, background
        Link times in hours; volume per day that does not choose, shape (L,).
    """

    use: sparse.csr_array
    volume_per_tonne: sparse.csr_array
    group: Ints
    path_size: Floats
    fixed_cost: Floats
    demand: Floats
    value_of_time: Floats
    delays: LinkDelays
    background: Floats
    scale: float
    path_size_weight: float

    def times(self, volume: Floats) -> Floats:
        """Hours on each link at the chosen volume on top of the background; below zero counts as zero."""
        return self.delays.time(self.background + np.maximum(volume, 0.0))

    def costs(self, times: Floats) -> Floats:
        """Generalised cost of each route in USD/t, shape (R,)."""
        return np.asarray(self.fixed_cost + self.value_of_time[self.group] * (self.use @ times))

    def choice(self, costs: Floats) -> Choice:
        """Path-size logit shares at the costs."""
        weight = self.path_size_weight
        return logit(costs, self.path_size, scale=self.scale, path_size_weight=weight, group=self.group)

    def flows(self, volume: Floats) -> Floats:
        """Route flows in t/day that shippers choose at the times the volume causes, shape (R,)."""
        return np.asarray(self.demand[self.group] * self.choice(self.costs(self.times(volume))).shares)

    def volumes(self, flows: Floats) -> Floats:
        """Volume per day that route flows make on each link, shape (L,)."""
        return np.asarray(self.volume_per_tonne.T @ flows)

    def residual(self, flows: Floats, answer: Floats) -> float:
        """How far flows are from their answer: sum of absolute changes over the demand with routes."""
        total = float(self.demand[np.unique(self.group)].sum())
        return float(np.abs(answer - flows).sum()) / total if total > 0.0 else 0.0


def solve_newton(problem: RouteProblem, tolerance: float, max_iterations: int) -> tuple[Floats, list[float]]:
    """Newton's method on the volumes with backtracking.

    Where it does not get there within `RUN` steps, as with a large scale, it first solves for a smaller scale
    and starts from that answer. Ends at the best iterate if the scales can be brought no closer.
    """
    volume = np.zeros(problem.background.size)
    residuals: list[float] = []
    best, best_flows = np.inf, volume
    solved, scale, left = 0.0, problem.scale, max_iterations
    while left > 0:
        last = scale == problem.scale
        eased = problem if last else dataclasses.replace(problem, scale=scale)
        end, flows, history = _newton_run(eased, volume, tolerance if last else EASY, min(RUN, left))
        left -= len(history)
        if last:
            residuals += history
            if history[-1] < best:
                best, best_flows = history[-1], flows
        if history[-1] <= (tolerance if last else EASY):
            if last:
                break
            volume, solved, scale = end, scale, problem.scale
        else:
            scale = math.sqrt(solved * scale) if solved > 0.0 else scale / 16.0
            if scale < CLOSEST * solved:
                break
    return best_flows, residuals if residuals[-1] == best else [*residuals, best]


def _newton_run(
    problem: RouteProblem, volume: Floats, tolerance: float, most: int
) -> tuple[Floats, Floats, list[float]]:
    """Volume and flows of the last of at most `most` iterates, and the residual of each."""
    residuals: list[float] = []
    while True:
        flows = problem.flows(volume)
        residuals.append(problem.residual(flows, problem.flows(problem.volumes(flows))))
        if residuals[-1] <= tolerance or len(residuals) >= most:
            return volume, flows, residuals
        volume = _newton_step(problem, volume, flows)


def _newton_step(problem: RouteProblem, volume: Floats, flows: Floats) -> Floats:
    error = volume - problem.volumes(flows)
    scale = 1.0 / problem.delays.capacity
    merit = float(np.linalg.norm(scale * error))
    direction = _newton_direction(problem, volume, flows, error)
    step = 1.0
    while step > SHORTEST_STEP:
        trial = volume + step * direction
        after = float(np.linalg.norm(scale * (trial - problem.volumes(problem.flows(trial)))))
        if after <= (1.0 - DECREASE * step) * merit:
            return trial
        step *= 0.5
    return volume - AVERAGING_STEP * error


def _newton_direction(problem: RouteProblem, volume: Floats, flows: Floats, error: Floats) -> Floats:
    """Direction that would remove the error if shares were linear; solves for links whose time reacts."""
    n_routes, n_groups = problem.group.size, problem.demand.size
    slope = problem.delays.slope(problem.background + np.maximum(volume, 0.0))
    active = np.flatnonzero((slope > 0.0) & (volume >= 0.0))
    demand = problem.demand[problem.group]
    share = np.divide(flows, demand, out=np.zeros(n_routes), where=demand > 0.0)
    ratio = problem.scale * problem.demand * problem.value_of_time
    use = problem.use[:, active]
    member = sparse.csr_array((share, (problem.group, np.arange(n_routes))), shape=(n_groups, n_routes))
    own = problem.volume_per_tonne.T @ (sparse.diags_array(ratio[problem.group] * share) @ use)
    common = (member @ problem.volume_per_tonne).T @ (sparse.diags_array(ratio) @ (member @ use))
    reaction = (own - common).toarray() * slope[active][None, :]
    try:
        moved = np.linalg.solve(np.eye(active.size) + reaction[active], -error[active])
    except np.linalg.LinAlgError:
        return -AVERAGING_STEP * error
    return np.asarray(-error - reaction @ moved)


def solve_averages(
    problem: RouteProblem, tolerance: float, max_iterations: int
) -> tuple[Floats, list[float]]:
    """Method of successive averages: step 1 / iteration."""
    return _averages(problem, tolerance, max_iterations, 1.0, 1.0)


def solve_self_regulating(
    problem: RouteProblem, tolerance: float, max_iterations: int
) -> tuple[Floats, list[float]]:
    """Successive averages whose step shrinks fast only when the residual grew (Liu, He & He 2009)."""
    return _averages(problem, tolerance, max_iterations, GROWTH_WORSE, GROWTH_BETTER)


def _averages(
    problem: RouteProblem, tolerance: float, max_iterations: int, worse: float, better: float
) -> tuple[Floats, list[float]]:
    flows = problem.flows(np.zeros(problem.background.size))
    residuals: list[float] = []
    divisor = 1.0
    while True:
        answer = problem.flows(problem.volumes(flows))
        residuals.append(problem.residual(flows, answer))
        if residuals[-1] <= tolerance or len(residuals) >= max_iterations:
            return flows, residuals
        grew = len(residuals) > 1 and residuals[-1] >= residuals[-2]
        divisor += worse if grew else better
        flows = flows + (answer - flows) / divisor


@dataclass(frozen=True)
class RouteMethod:
    """A solver: (problem, tolerance, max_iterations) -> (route flows, residual history)."""

    name: str
    solve: Callable[[RouteProblem, float, int], tuple[Floats, list[float]]]
    reference: str


ROUTE_METHOD: Mapping[str, RouteMethod] = {
    m.name: m
    for m in (
        RouteMethod(
            "newton",
            solve_newton,
            "Dennis & Schnabel (1983), Numerical Methods for Unconstrained Optimization",
        ),
        RouteMethod(
            "self_regulating",
            solve_self_regulating,
            "Liu, He & He (2009), Networks and Spatial Economics 9(4), doi:10.1007/s11067-007-9023-x",
        ),
        RouteMethod("msa", solve_averages, "Sheffi & Powell (1982), doi:10.1002/net.3230120209"),
    )
}
