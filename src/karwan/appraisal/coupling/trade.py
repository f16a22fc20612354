"""The trade side of the loop: cost ratios of goods to spending and tonnes, partial, with multilateral resistance, or in general equilibrium."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from karwan.appraisal.coupling.loop import Floats
from karwan.trade.equilibrium.hat import Equilibrium, conditional, partial, solve
from karwan.trade.equilibrium.tariffs import Duties

PARTIAL, CONDITIONAL, GENERAL = "partial", "conditional", "general"


@dataclass(frozen=True)
class TradeAnswer:
    """What trade makes of cost ratios.

    Attributes
    ----------
    tonnes_day
        Of each good, shape (G,).
    value_ratio
        Spending on each good at landed cost, new over old, shape (G,).
    b
        Factor on the trade of each cell at given prices, shape (K, n, n).
    flows
        Shape (K, n, n).
    equilibrium
        The world after the change; None where it was not asked for.
    """

    tonnes_day: Floats
    value_ratio: Floats
    b: Floats
    flows: Floats
    equilibrium: Equilibrium | None


@dataclass(frozen=True)
class TradeResponse:
    """Goods of the corridors within the world's trade; G goods, K sectors, n countries.

    Attributes
    ----------
    flows, theta
        The world before, shape (K, n, n), and its elasticities, shape (K,).
    cell
        Number of each good's cell in the flattened world, shape (G,).
    weight
        Share of each good in the value of its cell, shape (G,); sums to 1 over the goods of a cell.
    tonnes_day
        Base tonnes, shape (G,).
    banned
        Cells that a ban leaves empty, shape (K, n, n); None where there is none.
    deficits
        Rule of deficits, see `karwan.trade.equilibrium.hat.solve`.
    duty_share
        Duty in the spending on each good before, shape (G,), and after at the same route shares, as (2, G); None where duties do not move.
    """

    flows: Floats
    theta: Floats
    cell: npt.NDArray[np.int64]
    weight: Floats
    tonnes_day: Floats
    banned: npt.NDArray[np.bool_] | None = None
    deficits: str = "additive"
    duty_share: Floats | None = None

    @property
    def good_theta(self) -> Floats:
        """Elasticity of each good's sector, shape (G,)."""
        return np.asarray(self.theta[self.cell // self.flows[0].size])

    def factors(self, t_hat: Floats) -> Floats:
        """B of every cell: the goods' t_hat ** -theta by weight, 1 where none is modelled, 0 where it is banned."""
        found = np.ones(self.flows.size)
        pull = np.bincount(self.cell, self.weight * t_hat**-self.good_theta, self.flows.size)
        modelled = np.unique(self.cell)
        found[modelled] = pull[modelled]
        b = found.reshape(self.flows.shape)
        return b if self.banned is None else np.where(self.banned, 0.0, b)

    def answer(self, t_hat: Floats, kind: str = GENERAL) -> TradeAnswer:
        """Spending and tonnes at cost ratios of the goods, shape (G,).

        Parameters
        ----------
        kind
            `partial`: spending moves with B alone; `conditional`: multilateral resistances answer too; `general`: incomes as well.
        """
        b = self.factors(t_hat)
        equilibrium, wages = None, np.ones(self.flows.shape[1])
        if kind == PARTIAL:
            flows = partial(self.flows, b)
        elif kind == CONDITIONAL:
            flows = conditional(self.flows, b, self.theta).flows
        else:
            equilibrium = solve(
                self.flows, b, self.theta, deficits=self.deficits, tariffs=self._duties(b.shape)
            )
            flows, wages = equilibrium.flows, equilibrium.wages
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self.flows > 0, flows / self.flows, 0.0).ravel()[self.cell]
            within = np.where(b > 0, 1.0 / b, 0.0).ravel()[self.cell] * t_hat**-self.good_theta
        value = ratio * within
        exporter = self.cell % self.flows[0].size // self.flows.shape[1]
        tonnes = np.where(value > 0, self.tonnes_day * value / (t_hat * wages[exporter]), 0.0)
        return TradeAnswer(tonnes, value, b, flows, equilibrium)

    def under(self, deficits: str) -> TradeResponse:
        """The same under another rule of deficits."""
        return replace(self, deficits=deficits)

    def duty_before_usd(self) -> Floats | None:
        """Duty each importer takes on the goods before, USD, shape (n,); None where duties do not move."""
        duties = self._duties(self.flows.shape)
        return (
            None if duties is None else np.asarray((self.flows * duties.duty_share_before).sum(axis=(0, 1)))
        )

    def _duties(self, shape: tuple[int, ...]) -> Duties | None:
        """Duty in spending by cell, before and after; the mean over its goods."""
        if self.duty_share is None:
            return None
        size = int(np.prod(shape))
        sides = [np.bincount(self.cell, self.weight * side, size).reshape(shape) for side in self.duty_share]
        before, after = (side / (1.0 - side) for side in sides)
        return Duties(before, after)
