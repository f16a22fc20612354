"""What a tonne pays with and without a free zone: duty and sales tax put off, handling, rent and taxes of the zone.

Per tonne of goods brought in, worth P, with duty D = rate x P + specific, sales tax V = rate x (P + D), interest i a year, a stay of S days,
a refund that takes R days and gives back the share g of the duty, H for the moves in and out of the zone, r for its rent a day and tonne:

- import: D + i S (D + V) / 365 outside; D + H + r S inside.
- re-export: D (1 - g) + i (S + R) (D + V) / 365 outside; H + r S inside.
- processing for export: as re-export, and tax on profit outside; H + r S and the zone's own tax inside. Profit is m (1 + a) P, with a the
  value added and m the margin; a tax on exports stands in place of that on profit.
- home sale of what was made: D + i S (D + V) / 365 outside; inside D (1 + a) where the whole pays, D where value added is free, and H + r S.

Sales tax comes back to a trader, so it costs only its interest. Charges of the port that are cheaper for goods of the zone come off inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Values = Mapping[str, Any]
YEAR = 365.0
INPUTS = (
    "zone_interest_share_year",
    "zone_stay_days",
    "duty_refund_days",
    "duty_refund_share",
    "zone_handling_usd_t",
    "zone_stow_t_m2",
    "zone_value_added_share",
    "zone_margin_share",
    "profit_tax_share",
)
"""Parameters of a case that the comparison reads, each with its range."""
IMPORT, RE_EXPORT, PROCESSING, HOME_SALE = "import", "re_export", "processing", "home_sale"
USES = (IMPORT, RE_EXPORT, PROCESSING, HOME_SALE)


@dataclass(frozen=True)
class GoodsIn:
    """What is brought in, per tonne.

    Attributes
    ----------
    price_usd_t, duty_usd_t, sales_tax_usd_t
        Value, duty and sales tax on entering the country.
    handling_usd_t
        What the port asks for handling it, before any cut for goods of the zone.
    """

    price_usd_t: float
    duty_usd_t: float
    sales_tax_usd_t: float
    handling_usd_t: float = 0.0


@dataclass(frozen=True)
class Compared:
    """USD per tonne with and without a zone, and the band of the gain.

    Attributes
    ----------
    without_usd_t, with_usd_t, gain_usd_t
        In the middle case; the gain is the first less the second.
    low_usd_t, high_usd_t
        Gain with every input at the end of its range that makes it least, and most.
    par_days
        Stay at which the gain is nil; None where no stay makes it so.
    """

    without_usd_t: float
    with_usd_t: float
    gain_usd_t: float
    low_usd_t: float
    high_usd_t: float
    par_days: float | None


def compare_zone(
    use: str, goods: GoodsIn, zone: Mapping[str, Any], inputs: Mapping[str, tuple[float, float, float]]
) -> Compared:
    """A tonne with and without a zone.

    Parameters
    ----------
    use
        One of `USES`.
    goods
        What is brought in.
    zone
        Row of `zone_terms`.
    inputs
        (base, low, high) of each of `INPUTS`, and of `rent` (USD a m2 and year) and `cut` (share of the port's handling).
    """
    base = {name: values[0] for name, values in inputs.items()}
    without, inside = (float(side) for side in _sides(use, goods, zone, base))
    ranged = [name for name, (_, low, high) in inputs.items() if low != high]
    corners = np.array(list(product(*((inputs[name][1], inputs[name][2]) for name in ranged))), dtype=float)
    drawn: Values = {**base, **{name: corners[:, n] for n, name in enumerate(ranged)}}
    outer, inner = _sides(use, goods, zone, drawn)
    gains = np.atleast_1d(outer - inner)
    gain = without - inside
    return Compared(
        without, inside, gain, float(gains.min()), float(gains.max()), _par(use, goods, zone, base)
    )


def _par(use: str, goods: GoodsIn, zone: Mapping[str, Any], base: Values) -> float | None:
    """Days at which both cost the same; both grow evenly with the stay."""
    at = [np.subtract(*_sides(use, goods, zone, {**base, "zone_stay_days": days})) for days in (0.0, 1.0)]
    slope = float(at[1] - at[0])
    days = -float(at[0]) / slope if slope else -1.0
    return days if days >= 0.0 else None


def _sides(use: str, goods: GoodsIn, zone: Mapping[str, Any], at: Values) -> tuple[Any, Any]:
    """USD per tonne without and with the zone."""
    return _USES[use](goods, zone, at)


def _interest(goods: GoodsIn, at: Values, days: Any) -> Any:
    return at["zone_interest_share_year"] * days / YEAR * (goods.duty_usd_t + goods.sales_tax_usd_t)


def _stay(goods: GoodsIn, at: Values) -> Any:
    """Moves in and out, rent, and the cut of the port's charges."""
    rent = at["rent"] / at["zone_stow_t_m2"] * at["zone_stay_days"] / YEAR
    return at["zone_handling_usd_t"] + rent - at["cut"] * goods.handling_usd_t


def _import(goods: GoodsIn, zone: Mapping[str, Any], at: Values) -> tuple[Any, Any]:
    outside = goods.duty_usd_t + _interest(goods, at, at["zone_stay_days"])
    return outside, goods.duty_usd_t + _stay(goods, at)


def _re_export(goods: GoodsIn, zone: Mapping[str, Any], at: Values) -> tuple[Any, Any]:
    kept = goods.duty_usd_t * (1.0 - at["duty_refund_share"])
    return kept + _interest(goods, at, at["zone_stay_days"] + at["duty_refund_days"]), _stay(goods, at)


def _processing(goods: GoodsIn, zone: Mapping[str, Any], at: Values) -> tuple[Any, Any]:
    outside, inside = _re_export(goods, zone, at)
    made = goods.price_usd_t * (1.0 + at["zone_value_added_share"])
    profit = made * at["zone_margin_share"]
    tax = (zone["profit_tax_share"] or 0.0) * profit
    if zone["export_tax_share"] is not None:
        tax = zone["export_tax_share"] * made
    return outside + at["profit_tax_share"] * profit, inside + tax


def _home_sale(goods: GoodsIn, zone: Mapping[str, Any], at: Values) -> tuple[Any, Any]:
    outside, inside = _import(goods, zone, at)
    if zone["home_duty"] == "full":
        inside = inside + goods.duty_usd_t * at["zone_value_added_share"]
    return outside, inside


_USES: Mapping[str, Callable[[GoodsIn, Mapping[str, Any], Values], tuple[Any, Any]]] = {
    IMPORT: _import,
    RE_EXPORT: _re_export,
    PROCESSING: _processing,
    HOME_SALE: _home_sale,
}


def barred(use: str, zone: Mapping[str, Any]) -> str:
    """Why a zone is of no use so, by the column of its terms; blank where it is."""
    needs = {
        IMPORT: ("duty_deferred",),
        RE_EXPORT: ("duty_deferred", "re_export"),
        PROCESSING: ("duty_deferred", "processing"),
        HOME_SALE: ("duty_deferred", "processing", "home_duty"),
    }[use]
    for column in needs:
        value = zone[column]
        if value is None:
            return f"{column} not known"
        if value in (False, "barred"):
            return f"{column} is {'no' if value is False else value}"
    return ""
