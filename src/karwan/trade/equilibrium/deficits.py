"""What pays for a country's trade deficit when wages move; both rules clear the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from karwan.errors import UnknownName
from karwan.trade.equilibrium.base import Array, World


@dataclass(frozen=True)
class DeficitRule:
    """One rule.

    Attributes
    ----------
    name
        Word of the request.
    means
        `means(world, wages, groups)` is the spending out of sales and deficit, duty left out, shape (n,), in USD
        of the numeraire.
    slope
        `slope(world, wages, groups)` is the derivative of its logarithm by the logarithm of wages: by the own wage, shape (n,), and by all
        wages alike for the countries of a group, shape (G, n), None where there is no such part.
    reference
        Where the rule comes from.
    """

    name: str
    means: Callable[[World, Array, Array], Array]
    slope: Callable[[World, Array, Array], tuple[Array, Array | None]]
    reference: str


def _additive_means(world: World, wages: Array, groups: Array) -> Array:
    return wages * world.output_usd + world.deficit_usd


def _additive_slope(world: World, wages: Array, groups: Array) -> tuple[Array, Array | None]:
    sales = wages * world.output_usd
    means = sales + world.deficit_usd
    return sales / np.where(means > 0, means, 1.0), None


def _financed(world: World, wages: Array, groups: Array) -> tuple[Array, Array, Array]:
    """Spending at unchanged deficit shares, and sales, by group; and the factor that joins them, per country."""
    share = wages * (world.output_usd + world.deficit_usd)
    spent, sold = groups @ share, groups @ (wages * world.output_usd)
    factor = np.divide(sold, spent, out=np.ones_like(sold), where=spent > 0)
    return share, spent, factor @ groups


def _universal_means(world: World, wages: Array, groups: Array) -> Array:
    share, _, factor = _financed(world, wages, groups)
    return factor * share


def _universal_slope(world: World, wages: Array, groups: Array) -> tuple[Array, Array | None]:
    share, spent, _ = _financed(world, wages, groups)
    sales = wages * world.output_usd
    sold = groups @ sales
    by_sales = groups * sales / np.where(sold > 0, sold, 1.0)[:, None]
    by_spending = groups * share / np.where(spent > 0, spent, 1.0)[:, None]
    return np.where(share > 0, 1.0, 0.0), by_sales - by_spending


ADDITIVE = DeficitRule(
    "additive", _additive_means, _additive_slope, "Dekle, Eaton & Kortum (2007), doi:10.1257/aer.97.2.351"
)
UNIVERSAL = DeficitRule(
    "universal", _universal_means, _universal_slope, "Campos, Reggio & Timini (2024), arXiv:2404.09180"
)
DEFICITS = {rule.name: rule for rule in (ADDITIVE, UNIVERSAL)}


def deficit_rule(name: str) -> DeficitRule:
    """The rule of a name, or an error that lists the names."""
    if name not in DEFICITS:
        raise UnknownName(
            f"There is no deficit rule {name!r}.", f"known: {', '.join(DEFICITS)}", "take one of these."
        )
    return DEFICITS[name]
