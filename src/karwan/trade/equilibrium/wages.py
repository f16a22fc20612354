"""Wages at which every country sells its output, by Newton's method with the exact slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karwan.errors import NotConverged
from karwan.trade.equilibrium.base import Array, World
from karwan.trade.equilibrium.deficits import DeficitRule
from karwan.trade.equilibrium.identities import relative_gap

LONGEST_STEP = 1.0  # of a log wage in one step
HALVINGS = 30


@dataclass(frozen=True)
class WageProblem:
    """What stays the same while wages are sought."""

    world: World
    pull: Array  # origin_share x b
    theta: Array
    upper: float
    rule: DeficitRule
    groups: Array
    duty_share: Array | None


@dataclass(frozen=True)
class WageState:
    """Everything that follows from one vector of log wages."""

    log_wages: Array
    origin_share: Array  # (K, n, n)
    sector_share: Array  # (K, n)
    log_prices: Array  # (n,)
    log_sector_prices: Array  # (K, n)
    means: Array  # (n,) spending but for duty
    spending: Array  # (n,)
    duty_part: Array  # (n,) duty in a dollar spent
    sales: Array  # (K, n, n) without duty
    excess: Array  # (n,) sales minus output

    @property
    def wages(self) -> Array:
        """New over old wage, shape (n,)."""
        return np.exp(self.log_wages)


def find_wages(problem: WageProblem, tolerance: float, max_iterations: int) -> tuple[WageState, int]:
    """Wages at which every country sells its output."""
    state = _evaluate(problem, np.zeros(len(problem.world.output_usd)))
    gap = market_gap(problem, state)
    for step in range(max_iterations):
        if gap <= tolerance:
            return state, step
        better = _forward(problem, state, _step(problem, state), gap)
        if better is None:
            return _settled(state, gap, tolerance, step)
        state, gap = better
    return _settled(state, gap, tolerance, max_iterations)


def _settled(state: WageState, gap: float, tolerance: float, steps: int) -> tuple[WageState, int]:
    """Accept what rounding alone keeps from the tolerance, refuse the rest."""
    if gap <= max(tolerance, 1e-11):
        return state, steps
    raise NotConverged(
        "The equilibrium was not found.",
        f"a country's sales miss its output by {gap:.1e} after {steps} steps",
        "the change may leave a deficit that no trade pays for: try the universal rule, or a smaller change.",
    )


def _forward(
    problem: WageProblem, state: WageState, step: Array, gap: float
) -> tuple[WageState, float] | None:
    """The state along a step that comes nearer, the step halved until it does; None where none does."""
    length = min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
    for _ in range(HALVINGS):
        tried = _evaluate(problem, state.log_wages + length * step)
        reached = market_gap(problem, tried)
        if reached < gap:
            return tried, reached
        length /= 2.0
    return None


def market_gap(problem: WageProblem, state: WageState) -> float:
    """Worst of market gap and numeraire; infinite where a country could not spend."""
    output = state.wages * problem.world.output_usd
    if (state.means < 0).any():
        return float("inf")
    sold = relative_gap(state.excess, np.zeros_like(output), output)
    due = problem.groups @ problem.world.output_usd
    return max(sold, relative_gap(problem.groups @ output, due, due))


def _evaluate(problem: WageProblem, log_wages: Array) -> WageState:
    world, theta = problem.world, problem.theta[:, None]
    wages = np.exp(log_wages)
    drawn = problem.pull * np.exp(-theta * log_wages)[:, :, None]
    total = drawn.sum(axis=1)
    total = np.where(total > 0, total, 1.0)
    origin_share = drawn / total[:, None, :]
    log_sector_prices = -np.log(total) / theta
    sector_share, log_prices = _upper_tier(world.sector_share, log_sector_prices, problem.upper)
    means = problem.rule.means(world, wages, problem.groups)
    sales = origin_share * sector_share[:, None, :]
    duty_part = np.zeros_like(means)
    if problem.duty_share is not None:
        duty_part = (sales * problem.duty_share).sum(axis=(0, 1))
        sales = sales * (1.0 - problem.duty_share)
    spending = means / (1.0 - duty_part)
    sales = sales * spending
    excess = sales.sum(axis=(0, 2)) - wages * world.output_usd
    return WageState(
        log_wages,
        origin_share,
        sector_share,
        log_prices,
        log_sector_prices,
        means,
        spending,
        duty_part,
        sales,
        excess,
    )


def _upper_tier(base_share: Array, log_sector_prices: Array, upper: float) -> tuple[Array, Array]:
    """Shares of sectors and log price of all, from the base shares (K, n) and log prices of sectors (K, n)."""
    if upper == 1.0:
        return base_share, (base_share * log_sector_prices).sum(axis=0)
    weight = base_share * np.exp((1.0 - upper) * log_sector_prices)
    total = weight.sum(axis=0)
    total = np.where(total > 0, total, 1.0)
    return weight / total, np.log(total) / (1.0 - upper)


def _step(problem: WageProblem, state: WageState) -> Array:
    """Newton's step of the log wages, the output of each group held at its base."""
    output = state.wages * problem.world.output_usd
    groups = problem.groups
    slope = _slope(problem, state)
    slope[np.diag_indices_from(slope)] -= np.where(output > 0, 0.0, output.sum())
    slope += groups.T @ (groups * output)
    missed = groups.T @ (groups @ (output - problem.world.output_usd))
    return np.asarray(np.linalg.solve(slope, -state.excess - missed), dtype=np.float64)


def _slope(problem: WageProblem, state: WageState) -> Array:
    """Derivative of sales minus output by the log wages, shape (n, n)."""
    sectors, count, _ = state.sales.shape
    output = state.wages * problem.world.output_usd
    theta = problem.theta[:, None, None]
    by_exporter = state.sales.sum(axis=2)
    to_importer = state.sales.sum(axis=0)
    between = 1.0 - problem.upper
    left = ((theta + between) * state.sales).transpose(1, 0, 2).reshape(count, sectors * count)
    right = state.origin_share.transpose(0, 2, 1).reshape(sectors * count, count)
    slope = left @ right + to_importer @ _spending_slope(problem, state)
    if between != 0.0:
        slope -= between * to_importer @ _price_slope(state)
    slope[np.diag_indices(count)] -= (problem.theta[:, None] * by_exporter).sum(axis=0) + output
    return np.asarray(slope, dtype=np.float64)


def _price_slope(state: WageState) -> Array:
    """Derivative of each importer's log price by the log wages, shape (n, n)."""
    return np.asarray(np.einsum("kj,klj->jl", state.sector_share, state.origin_share), dtype=np.float64)


def _spending_slope(problem: WageProblem, state: WageState) -> Array:
    """Derivative of log spending by the log wages, shape (n, n)."""
    means = np.where(state.means > 0, state.means, 1.0)
    slope = problem.rule.slope(problem.world, state.wages, problem.groups) / means[:, None]
    if problem.duty_share is None:
        return np.asarray(slope, dtype=np.float64)
    sector_duty = (state.origin_share * problem.duty_share).sum(axis=1)
    apart = problem.theta[:, None, None] * (problem.duty_share - sector_duty[:, None, :])
    between = 1.0 - problem.upper
    turned = np.einsum(
        "kj,klj,klj->jl", state.sector_share, state.origin_share, between * sector_duty[:, None, :] - apart
    )
    turned -= between * state.duty_part[:, None] * _price_slope(state)
    return np.asarray(slope + turned / (1.0 - state.duty_part)[:, None], dtype=np.float64)
