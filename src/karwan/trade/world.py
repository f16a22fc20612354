"""The trade of all countries from published totals of pairs and countries, the rest by gravity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from karwan.errors import InvalidInput
from karwan.numerics.geodesy import great_circle_km
from karwan.trade.equilibrium.base import Array
from karwan.trade.equilibrium.scaling import fit_margins

DISTANCE, NEIGHBOUR = -0.7912879, 0.6736456  # Yotov, Piermartini, Monteiro & Larch (2016), with borders, 2006
LEAST_KM = 100.0
LEAST_HOME_SHARE = 0.1  # of exports, sold at home where output says less


@dataclass(frozen=True)
class Completed:
    """Trade abroad of all countries.

    Attributes
    ----------
    flows
        USD, exporter by importer, nothing on the diagonal but for a rest of the world, shape (n, n).
    computed
        True where the cell is no published figure, shape (n, n).
    """

    flows: Array
    computed: NDArray[np.bool_]


def gravity_pull(
    exports: Array, imports: Array, latitude: Array, longitude: Array, neighbours: NDArray[np.bool_]
) -> Array:
    """Trade that sizes, distance and a common border alone would suggest, shape (n, n).

    `imports x exports x km^-.79 x e^.67` between neighbours. A place without coordinates (NaN) is as far as the mean of the others.
    """
    km = great_circle_km(latitude[:, None], longitude[:, None], latitude[None, :], longitude[None, :])
    away = ~np.eye(len(km), dtype=bool)
    usual = float(np.nanmean(km[away]))
    km = np.maximum(np.where(np.isnan(km), usual, km), LEAST_KM)
    return np.asarray(
        np.outer(exports, imports) * km**DISTANCE * np.exp(NEIGHBOUR * neighbours), dtype=np.float64
    )


def complete_trade(known: Array, exports: Array, imports: Array, pull: Array) -> Completed:
    """Fill the cells that nobody published, so that each country's exports and imports are what they are.

    The published cells stay; the others are `pull` scaled to what is left of the totals (F9: multilateral resistance that agrees with the
    margins).

    Parameters
    ----------
    known
        Published cells in USD, NaN where none is, shape (n, n).
    exports, imports
        Totals with the same sum, shape (n,).
    pull
        Result of `gravity_pull`; 0 where nothing can be traded, as on the diagonal.

    Raises
    ------
    InvalidInput
        The totals do not add up, or the published cells of a country exceed its total.
    NotConverged
        No filling meets the totals.
    """
    total = float(exports.sum())
    if abs(total - float(imports.sum())) > 1e-9 * total:
        raise InvalidInput(
            "World exports and imports differ.",
            f"{total:.6g} and {imports.sum():.6g} USD",
            "mend the totals.",
        )
    published = np.where(np.isnan(known), 0.0, known)
    left_to_sell, left_to_buy = exports - published.sum(axis=1), imports - published.sum(axis=0)
    for name, left, whole in (("exports", left_to_sell, exports), ("imports", left_to_buy, imports)):
        _refuse_more_than_all(name, left, whole)
    open_cells = np.isnan(known) & (pull > 0)
    filled = fit_margins(
        np.maximum(left_to_sell, 0.0), np.maximum(left_to_buy, 0.0), np.where(open_cells, pull, 0.0)
    )
    return Completed(published + filled.flows, np.isnan(known))


def _refuse_more_than_all(name: str, left: Array, whole: Array) -> None:
    wrong = np.flatnonzero(left < -1e-9 * np.maximum(whole, 1.0))
    if len(wrong):
        first = int(wrong[0])
        raise InvalidInput(
            f"Published trade of a country is more than all its {name}.",
            f"{len(wrong)} countries, first number {first}: {whole[first] - left[first]:.4g} of {whole[first]:.4g} USD",
            "mend its total, or the pairs.",
        )


def home_sales(output: Array, exports: Array) -> Array:
    """What is sold at home: output less exports, never below a tenth of exports, shape (n,).

    A hub that sends on more than it makes would have none otherwise.
    """
    return np.maximum(output - exports, LEAST_HOME_SHARE * exports)
