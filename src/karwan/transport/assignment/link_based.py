"""Link-based user equilibrium: successive averages, Frank-Wolfe and its biconjugate form.

They hold no routes and converge slowly near the equilibrium; they are here to compare with and to check
`gradient_projection`, and for delays that have no compiled form.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from karwan.numerics.assignment import all_or_nothing
from karwan.transport.assignment.network import FlowProblem

Floats = NDArray[np.float64]
BISECTIONS = 60
STALE_SHARE = 0.99


def load_all_or_nothing(problem: FlowProblem, cost: Floats) -> tuple[Floats, Floats, float]:
    """All demand on least-cost routes: link flows (L,), cost of each pair (P,), total cost."""
    flow, pair_cost = np.empty(cost.size), np.empty(problem.pairs.demand.size)
    total = all_or_nothing(problem.graph, cost, problem.pairs, pair_cost, flow)
    return flow, pair_cost, float(total)


def _step(problem: FlowProblem, flow: Floats, direction: Floats) -> float:
    """Step in [0, 1] at which the objective along the direction is least, by bisection of its derivative."""
    low, high = 0.0, 1.0
    if float(problem.cost(flow + direction) @ direction) <= 0.0:
        return 1.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if float(problem.cost(flow + middle * direction) @ direction) > 0.0:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


class _Averages:
    """Method of successive averages: step 1 / (iteration + 1)."""

    def __init__(self, problem: FlowProblem) -> None:
        self.count = 0

    def move(self, problem: FlowProblem, flow: Floats, target: Floats) -> Floats:
        self.count += 1
        return flow + (target - flow) / (self.count + 1)


class _FrankWolfe:
    """Frank & Wolfe (1956): exact line search towards the all-or-nothing flows."""

    def __init__(self, problem: FlowProblem) -> None:
        pass

    def move(self, problem: FlowProblem, flow: Floats, target: Floats) -> Floats:
        direction = target - flow
        return np.maximum(flow + _step(problem, flow, direction) * direction, 0.0)


class _Biconjugate:
    """Mitradjieva & Lindberg (2013): a direction conjugate to the last two in the objective's Hessian."""

    def __init__(self, problem: FlowProblem) -> None:
        self.points: list[Floats] = []
        self.step = 1.0

    def move(self, problem: FlowProblem, flow: Floats, target: Floats) -> Floats:
        point = self._point(problem.delays.slope(flow), flow, target)
        direction = point - flow
        if float(problem.cost(flow) @ direction) >= 0.0:
            point, direction, self.points = target, target - flow, []
        self.step = _step(problem, flow, direction)
        self.points = [point, *self.points[:1]] if self.step < STALE_SHARE else []
        return np.maximum(flow + self.step * direction, 0.0)

    def _point(self, hessian: Floats, flow: Floats, target: Floats) -> Floats:
        plain = target - flow
        if not self.points:
            return target
        last = self.points[0] - flow
        curved = float(last @ (hessian * last))
        if len(self.points) == 1 or self.step >= STALE_SHARE:
            along, across = float(last @ (hessian * plain)), float(last @ (hessian * (plain - last)))
            share = along / across if across != 0.0 else 0.0
            share = min(max(share, 0.0), STALE_SHARE)
            return share * self.points[0] + (1.0 - share) * target
        older = self.step * self.points[0] - flow + (1.0 - self.step) * self.points[1]
        span = float(older @ (hessian * (self.points[1] - self.points[0])))
        if span == 0.0 or curved == 0.0:
            return target
        second = max(-float(older @ (hessian * plain)) / span, 0.0)
        first = -float(last @ (hessian * plain)) / curved + second * self.step / (1.0 - self.step)
        first = max(first, 0.0)
        return (target + first * self.points[0] + second * self.points[1]) / (1.0 + first + second)


Mover = type[_Averages] | type[_FrankWolfe] | type[_Biconjugate]


def link_based(mover: Mover) -> Callable[..., tuple[Floats, list[float], None]]:
    """Solver that starts at the free-flow all-or-nothing flows and moves as `mover` says."""

    def solve(
        problem: FlowProblem, *, relative_gap: float, max_iterations: int
    ) -> tuple[Floats, list[float], None]:
        flow, _, _ = load_all_or_nothing(problem, problem.cost(np.zeros(problem.fixed_cost.size)))
        state = mover(problem)
        gaps: list[float] = []
        for iteration in range(1, max_iterations + 1):
            cost = problem.cost(flow)
            target, _, least = load_all_or_nothing(problem, cost)
            total = float(flow @ cost)
            gaps.append(max(total - least, 0.0) / total if total > 0.0 else 0.0)
            if gaps[-1] <= relative_gap or iteration == max_iterations:
                break
            flow = state.move(problem, flow, target)
        return flow, gaps, None

    return solve


successive_averages = link_based(_Averages)
frank_wolfe = link_based(_FrankWolfe)
biconjugate_frank_wolfe = link_based(_Biconjugate)
