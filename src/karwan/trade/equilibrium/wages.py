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
    """What stays the same while wages are sought.

    Attributes
    ----------
    world
        The base year.
    pull
        Shares of origins times cost factors, shape (K, n, n).
    kept_pull
        The part of it that reaches the seller, duty taken off; `pull` itself where there is no duty.
    theta
        Trade elasticities, shape (K,).
    upper
        Elasticity between sectors.
    rule
        What pays for deficits.
    groups
        Countries that hang together, shape (G, n).
    """

    world: World
    pull: Array
    kept_pull: Array
    theta: Array
    upper: float
    rule: DeficitRule
    groups: Array

    @property
    def has_duty(self) -> bool:
        """True where duty is money."""
        return self.kept_pull is not self.pull


@dataclass(frozen=True)
class WageState:
    """Everything that follows from one vector of wages; no array over pairs, so that a look is cheap.

    Attributes
    ----------
    wages, output_usd
        New over old wage, and output at the new wage, shape (n,).
    draw
        wages^-theta, shape (K, n).
    total
        Sum over origins of pull times draw, price^-theta of a sector, shape (K, n).
    sector_share
        Share of each sector in spending, shape (K, n).
    log_prices, log_sector_prices
        Shapes (n,) and (K, n).
    means_usd, spending_usd
        Spending without and with duty, shape (n,).
    duty_part
        Duty in a dollar spent, shape (n,).
    rate
        Spending on a sector over its `total`: a flow is pull x draw x rate; shape (K, n).
    sales_usd
        Sales of each sector, duty left out, shape (K, n).
    """

    wages: Array
    output_usd: Array
    draw: Array
    total: Array
    sector_share: Array
    log_prices: Array
    log_sector_prices: Array
    means_usd: Array
    spending_usd: Array
    duty_part: Array
    rate: Array
    sales_usd: Array


def find_wages(problem: WageProblem, tolerance: float, max_iterations: int) -> tuple[WageState, int]:
    """Wages at which every country sells its output."""
    state = _evaluate(problem, np.ones(len(problem.world.output_usd)))
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
        tried = _evaluate(problem, state.wages * np.exp(length * step))
        reached = market_gap(problem, tried)
        if reached < gap:
            return tried, reached
        length /= 2.0
    return None


def market_gap(problem: WageProblem, state: WageState) -> float:
    """Worst of market gap and numeraire; infinite where a country could not spend."""
    if float(state.means_usd.min()) < 0:
        return float("inf")
    output = state.output_usd
    sold = relative_gap(state.sales_usd.sum(axis=0), output, output)
    due = problem.groups @ problem.world.output_usd
    return max(sold, relative_gap(problem.groups @ output, due, due))


def _evaluate(problem: WageProblem, wages: Array) -> WageState:
    world, theta = problem.world, problem.theta[:, None]
    draw = wages**-theta
    total = _drawn(problem.pull, draw)
    total = np.where(total > 0, total, 1.0)
    log_sector_prices = -np.log(total) / theta
    sector_share, log_prices = _upper_tier(world.sector_share, log_sector_prices, problem.upper)
    means = problem.rule.means(world, wages, problem.groups)
    duty_part = np.zeros_like(means)
    if problem.has_duty:
        duty_part = (sector_share * (1.0 - _drawn(problem.kept_pull, draw) / total)).sum(axis=0)
    spending = means / (1.0 - duty_part)
    rate = sector_share * spending / total
    sales = np.matmul(problem.kept_pull, rate[:, :, None])[:, :, 0] * draw
    return WageState(
        wages,
        wages * world.output_usd,
        draw,
        total,
        sector_share,
        log_prices,
        log_sector_prices,
        means,
        spending,
        duty_part,
        rate,
        sales,
    )


def _drawn(pull: Array, draw: Array) -> Array:
    """Sum over origins of pull times draw, shape (K, n)."""
    return np.asarray(np.matmul(draw[:, None, :], pull)[:, 0, :], dtype=np.float64)


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
    output, groups = state.output_usd, problem.groups
    excess = state.sales_usd.sum(axis=0) - output
    slope = _slope(problem, state)
    slope.flat[:: len(slope) + 1] -= np.where(output > 0, 0.0, output.sum())  # the diagonal
    slope += groups.T @ (groups * output)
    missed = groups.T @ (groups @ (output - problem.world.output_usd))
    return np.asarray(np.linalg.solve(slope, -excess - missed), dtype=np.float64)


def _slope(problem: WageProblem, state: WageState) -> Array:
    """Derivative of sales minus output by the log wages, shape (n, n).

    A seller's flows fall by theta with its own wage; they rise with the price its rivals push up, and with what the
    importer spends.
    """
    between = 1.0 - problem.upper
    slope, to_importer = _rivalry(problem, state)
    own, common = problem.rule.slope(problem.world, state.wages, problem.groups)
    slope += to_importer * own
    if common is not None:
        slope += (to_importer @ problem.groups.T) @ common
    if problem.has_duty:
        slope += (to_importer / (1.0 - state.duty_part)) @ _duty_slope(problem, state)
    if between != 0.0:
        slope -= between * to_importer @ _price_slope(problem, state)
    lost = problem.theta @ state.sales_usd + state.output_usd
    slope.flat[:: len(slope) + 1] -= lost  # the diagonal
    return slope


def _rivalry(problem: WageProblem, state: WageState) -> tuple[Array, Array]:
    """What a rival's wage adds to a seller's sales, and sales by importer, both shape (n, n).

    Sector by sector: what a sector needs stays in the processor's cache.
    """
    count = len(state.wages)
    rivals = (problem.theta[:, None] + 1.0 - problem.upper) * state.rate / state.total
    added, to_importer = np.zeros((count, count)), np.zeros((count, count))
    for k, draw in enumerate(state.draw):
        pulled = problem.pull[k] * draw[:, None]
        kept = problem.kept_pull[k] * draw[:, None] if problem.has_duty else pulled
        added += (kept * rivals[k]) @ pulled.T
        to_importer += kept * state.rate[k]
    return added, to_importer


def _price_slope(problem: WageProblem, state: WageState) -> Array:
    """Derivative of each importer's log price by the log wages, shape (n, n): importer, seller."""
    return _weighted(problem.pull, state.draw, state.sector_share / state.total)


def _duty_slope(problem: WageProblem, state: WageState) -> Array:
    """Derivative of the duty in a dollar spent by the log wages, shape (n, n): importer, seller."""
    theta, between = problem.theta[:, None], 1.0 - problem.upper
    sector_duty = 1.0 - _drawn(problem.kept_pull, state.draw) / state.total
    share = state.sector_share / state.total
    of_price = share * sector_duty * (theta + between)
    turned = _weighted(problem.pull, state.draw, of_price)
    turned -= _weighted(problem.pull - problem.kept_pull, state.draw, share * theta)
    return turned - between * state.duty_part[:, None] * _price_slope(problem, state)


def _weighted(pull: Array, draw: Array, weight: Array) -> Array:
    """Sum over sectors of pull times draw times a weight of the importer, shape (n, n): importer, seller."""
    return np.asarray(np.einsum("klj,kl,kj->jl", pull, draw, weight), dtype=np.float64)
