"""Exact hat algebra: the trade of all countries after a change of trade costs, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karwan.errors import InvalidInput
from karwan.trade.equilibrium.base import (
    BALANCED,
    Array,
    World,
    base_world,
    factor_array,
    flow_array,
    theta_array,
    trading_groups,
)
from karwan.trade.equilibrium.deficits import DeficitRule, deficit_rule
from karwan.trade.equilibrium.identities import Identities, home_share_gap, relative_gap
from karwan.trade.equilibrium.scaling import Scaled, fit_margins
from karwan.trade.equilibrium.tariffs import Duties
from karwan.trade.equilibrium.wages import WageProblem, WageState, find_wages, market_gap


@dataclass(frozen=True)
class Equilibrium:
    """The world after the change; K sectors, n countries.

    Attributes
    ----------
    flows
        USD of the numeraire at consumer prices, shape (K, n, n).
    wages
        New over old wage (and price of output), shape (n,); output-weighted mean 1.
    prices
        New over old price of what a country buys, shape (n,).
    sector_prices
        The same by sector, shape (K, n); 1 where a country buys nothing of a sector.
    real_income
        wages / prices, shape (n,).
    welfare_usd
        What the change is worth at base prices: spending over prices minus spending before, shape (n,).
    duty_usd
        Duty taken after the change, USD of the numeraire, shape (n,).
    iterations
        Steps of Newton's method.
    residual
        Largest gap between a country's sales and its output, relative to the output.
    identities
        Gaps of everything that must hold.
    """

    flows: Array
    wages: Array
    prices: Array
    sector_prices: Array
    real_income: Array
    welfare_usd: Array
    duty_usd: Array
    iterations: int
    residual: float
    identities: Identities


@dataclass(frozen=True)
class Conditional:
    """Trade after the change with every country's sales and purchases by sector as they were.

    Attributes
    ----------
    flows
        USD, shape (K, n, n).
    outward
        New over old price that a seller must take to sell its output, shape (K, n), relative to the world's mean;
        1 where it sells nothing.
    inward
        New over old price that a buyer pays, shape (K, n); 1 where it buys nothing.
    iterations
        Steps of Newton's method, all sectors together.
    residual
        Largest gap between sales and output, relative to the output.
    """

    flows: Array
    outward: Array
    inward: Array
    iterations: int
    residual: float


def partial(flows: Array, b: Array) -> Array:
    """Flows when nothing but the trade cost moves: X B, shape (K, n, n). Zeros stay zero."""
    base = flow_array(flows)
    return base * factor_array(b, base.shape)


def conditional(
    flows: Array, b: Array, theta: Array, *, tolerance: float = 1e-12, max_iterations: int = 200
) -> Conditional:
    """Flows when the trade cost moves and multilateral resistances answer, sales and purchases fixed.

    The fixed point of Sinkhorn's scaling of X B to the old margins; Newton's method finds it where plain scaling
    creeps (large shares bought at home).

    Parameters
    ----------
    flows, b, theta
        As in `solve`.
    tolerance
        Largest gap between sales and output, relative to a country's output of the sector.
    max_iterations
        Steps of one sector before giving up.

    Raises
    ------
    InvalidInput
        Shapes differ or a value is negative.
    NotConverged
        No scaling meets the margins, as after a ban that leaves a seller without a market.

    References
    ----------
    Sinkhorn (1967), doi:10.2307/2314570; Anderson & van Wincoop (2003), doi:10.1257/000282803321455214.
    """
    base = flow_array(flows)
    pull = base * factor_array(b, base.shape)
    exponent = theta_array(theta, len(base))
    made = [_resisted(base[k], pull[k], tolerance, max_iterations) for k in range(len(base))]
    seller = np.stack([one.seller for one in made])
    buyer = np.stack([one.buyer for one in made])
    return Conditional(
        flows=np.stack([one.flows for one in made]),
        outward=seller ** (-1.0 / exponent[:, None]),
        inward=buyer ** (1.0 / exponent[:, None]),
        iterations=sum(one.iterations for one in made),
        residual=max(one.residual for one in made),
    )


def _resisted(flows: Array, pull: Array, tolerance: float, max_iterations: int) -> Scaled:
    sales, purchases = flows.sum(axis=1), flows.sum(axis=0)
    return fit_margins(sales, purchases, pull, tolerance=tolerance, max_iterations=max_iterations)


def solve(
    flows: Array,
    b: Array,
    theta: Array,
    *,
    deficits: str = "additive",
    tariffs: Duties | None = None,
    upper: float = 1.0,
    tolerance: float = 1e-12,
    max_iterations: int = 60,
) -> Equilibrium:
    """World trade after a change of trade costs, wages and prices free.

    A country sells one factor's output in all sectors and spends on all of them; within a sector it buys by
    origin with elasticity theta. Flows that are zero stay zero. Where the cost change cuts the world into groups
    that no longer trade, each group has its own numeraire.

    Parameters
    ----------
    flows
        USD a year at consumer prices, sales at home on the diagonal, shape (K, n, n): sector, exporter,
        importer.
    b
        Change of the landed cost to the power of minus theta, duty in it, of the shape of `flows`: 1 where
        nothing changes, 0 for a ban.
    theta
        Trade elasticity of each sector (sigma - 1), shape (K,).
    deficits
        `additive`: a deficit keeps its dollars; `universal`: it keeps its share of output, and all spending is
        scaled alike so that the world clears.
    tariffs
        Duties whose revenue goes back to the importer; none are money where absent. Their change must stand in
        `b` already (`Duties.cost_factor` makes it).
    upper
        Elasticity between sectors; 1 is Cobb-Douglas.
    tolerance
        Largest gap between sales and output, relative to a country's output.
    max_iterations
        Steps before giving up.

    Raises
    ------
    InvalidInput
        Shapes differ, a value is negative, an importer loses every origin of a sector, or a deficit can no longer
        be financed.
    NotConverged
        The tolerance was not met.

    References
    ----------
    Dekle, Eaton & Kortum (2007), doi:10.1257/aer.97.2.351; Caliendo & Parro (2015), doi:10.1093/restud/rdu035.
    """
    problem = _pose(flows, b, theta, deficits, tariffs, upper)
    state, steps = find_wages(problem, tolerance, max_iterations)
    return _answer(problem, factor_array(b, problem.pull.shape), state, steps)


def _pose(
    flows: Array, b: Array, theta: Array, deficits: str, tariffs: Duties | None, upper: float
) -> WageProblem:
    base = flow_array(flows)
    factor = factor_array(b, base.shape)
    exponent = theta_array(theta, len(base))
    before = None if tariffs is None else tariffs.duty_share_before
    world = base_world(base, before)
    pull = base * factor
    pull /= world.bought_usd[:, None, :]
    kept_pull = pull if tariffs is None else pull * (1.0 - tariffs.duty_share_after)
    if upper <= 0:
        raise InvalidInput("The elasticity between sectors is not positive.", f"{upper}", "take 1 or more.")
    _refuse_lost_origins(world, pull)
    rule = deficit_rule(deficits)
    groups = trading_groups(pull)
    _refuse_stranded_deficits(world, groups, rule)
    return WageProblem(world, pull, kept_pull, exponent, upper, rule, groups)


def _refuse_lost_origins(world: World, pull: Array) -> None:
    lost = (world.sector_share > 0) & (pull.sum(axis=1) <= 0)
    if lost.any():
        cells = [tuple(int(x) for x in cell) for cell in np.argwhere(lost)[:5]]
        raise InvalidInput(
            "The change leaves an importer without any origin of a sector it buys.",
            f"{int(lost.sum())} (sector, importer), first {cells}",
            "leave a cost factor above 0 for one origin at least.",
        )


def _refuse_stranded_deficits(world: World, groups: Array, rule: DeficitRule) -> None:
    if rule.name != "additive" or len(groups) == 1:
        return
    stranded = np.abs(groups @ world.deficit_usd)
    if (stranded > BALANCED * world.output_usd.sum()).any():
        raise InvalidInput(
            "The change cuts the world in groups of countries, and a deficit cannot be paid across them.",
            f"{len(groups)} groups, largest deficit {stranded.max():.3g} USD",
            'take deficits="universal", or leave some trade between the groups.',
        )


def _answer(problem: WageProblem, b: Array, state: WageState, steps: int) -> Equilibrium:
    world, wages = problem.world, state.wages
    prices, sector_prices = np.exp(state.log_prices), np.exp(state.log_sector_prices)
    flows = problem.pull * state.draw[:, :, None]
    flows *= state.rate[:, None, :]
    duty = state.duty_part * state.spending_usd
    home_share = _home(problem.pull) * state.draw / state.total
    identities = Identities(
        markets=relative_gap(_sold(problem, state, flows), state.output_usd, state.output_usd),
        spending=relative_gap(flows.sum(axis=(0, 1)), state.means_usd + duty, state.spending_usd),
        income=abs(float(state.output_usd.sum() / world.output_usd.sum()) - 1.0),
        home_share=home_share_gap(world, _home(b), problem.theta, home_share, wages, sector_prices),
    )
    identities.require()
    return Equilibrium(
        flows=flows,
        wages=wages,
        prices=prices,
        sector_prices=sector_prices,
        real_income=wages / prices,
        welfare_usd=state.spending_usd / prices - world.spending_usd,
        duty_usd=duty,
        iterations=steps,
        residual=market_gap(problem, state),
        identities=identities,
    )


def _home(values: Array) -> Array:
    """What stands on the diagonal of each sector, shape (K, n)."""
    return np.asarray(values.diagonal(axis1=1, axis2=2), dtype=np.float64)


def _sold(problem: WageProblem, state: WageState, flows: Array) -> Array:
    """Sales of each country summed over the flows themselves, shape (n,)."""
    if not problem.has_duty:
        return np.asarray(flows.sum(axis=(0, 2)), dtype=np.float64)
    kept = problem.kept_pull * state.draw[:, :, None] * state.rate[:, None, :]
    return np.asarray(kept.sum(axis=(0, 2)), dtype=np.float64)
