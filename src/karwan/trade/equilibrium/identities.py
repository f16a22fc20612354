"""What must hold in every answer, measured in every run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karwan.errors import NotConverged
from karwan.trade.equilibrium.base import Array, World

EXACT = 1e-10
"""Largest gap of an identity that is rounding; a larger one is no answer."""


@dataclass(frozen=True)
class Identities:
    """Largest relative gap of each identity; all are 0 but for rounding.

    Attributes
    ----------
    markets
        Sales of each country against its output at the new wages.
    spending
        Purchases of each country against its means and the duty it takes.
    income
        Output of all at the new wages against output of all (the numeraire).
    home_share
        Real income against the change of the share bought at home (Arkolakis, Costinot & Rodriguez-Clare 2012,
        doi:10.1257/aer.102.1.94), for the countries that buy of every sector at home; NaN where none does.
    """

    markets: float
    spending: float
    income: float
    home_share: float

    @property
    def worst(self) -> float:
        """The largest of the gaps that could be measured."""
        return float(np.nanmax([self.markets, self.spending, self.income, self.home_share]))

    def require(self) -> None:
        """Let no answer pass in which an identity does not hold.

        Raises
        ------
        NotConverged
            A gap is above `EXACT`.
        """
        if self.worst <= EXACT:
            return
        each = ", ".join(f"{name} {gap:.1e}" for name, gap in vars(self).items())
        raise NotConverged(
            "Incomes and spending of the equilibrium do not add up.",
            f"largest gaps: {each}; rounding is below {EXACT:.0e}",
            "look for countries or sectors of next to no trade with `karwan trade world check`, and leave them out.",
        )


def relative_gap(seen: Array, due: Array, scale: Array) -> float:
    """Largest difference, each relative to its own scale; rows of scale 0 against the largest scale."""
    whole = np.where(scale > 0, scale, max(float(scale.max()), 1e-300))
    return float((np.abs(seen - due) / whole).max())


def home_share_gap(
    world: World,
    home_factor: Array,
    theta: Array,
    new_home_share: Array,
    wages: Array,
    sector_prices: Array,
) -> float:
    """Gap of each sector's real wage against the home share, weighted to a country; NaN where none applies.

    `home_factor` (the change of cost at home), `new_home_share` and `sector_prices` have shape (K, n); wages (n,). The formula holds sector by sector, so it
    needs no word on the upper tier. Below an elasticity of 1 it is held to the power of it, for a root magnifies rounding.
    """
    home, factor = world.home_share, home_factor
    bought = world.sector_share > 0
    usable = (~bought | ((home > 0) & (factor > 0))).all(axis=0) & (world.output_usd > 0)
    if not usable.any():
        return float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(new_home_share / (home * factor))
    power = np.minimum(theta, 1.0)[:, None]
    told = np.where(bought, -change * power / theta[:, None], 0.0)
    seen = np.where(bought, (np.log(wages)[None, :] - np.log(sector_prices)) * power, 0.0)
    apart = (world.sector_share * (seen - told)).sum(axis=0)
    return float(np.max(np.abs(np.expm1(apart[usable]))))
