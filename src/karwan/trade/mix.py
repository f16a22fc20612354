"""The mix of goods that agrees with both the value and the tonnes of a flow."""

from __future__ import annotations

import numpy as np
import scipy

from karwan.errors import InvalidInput
from karwan.trade.equilibrium.base import Array

CLOSE = 1e-12  # of the bounds of value per tonne


def mix_of_tonnes(share: Array, price_usd_t: Array, value_usd: float, tonnes: float) -> Array:
    """Shares of value nearest to the given ones (least relative entropy) whose tonnes add up to the reported ones.

    `w_g = s_g exp(l / p_g) / sum`, with l such that `sum w_g / p_g = tonnes / value`.

    Parameters
    ----------
    share
        Shares of value before tonnes are looked at, shape (G,); a good with share 0 stays out.
    price_usd_t
        USD a tonne of each good, shape (G,).
    value_usd, tonnes
        The flow as reported.

    Returns
    -------
    Shares of value, shape (G,), summing to 1.

    Raises
    ------
    InvalidInput
        The value per tonne lies outside the prices of the goods, so that no mix fits.

    References
    ----------
    Csiszar (1975), doi:10.1214/aop/1176996454.
    """
    used = np.flatnonzero(share > 0)
    if not len(used) or not value_usd > 0 or not tonnes > 0:
        raise InvalidInput(
            "A mix needs goods, a value and tonnes.",
            f"{len(used)} goods, {value_usd} USD, {tonnes} t",
            "give a flow that has both, and goods that may be in it.",
        )
    price, base = price_usd_t[used], share[used] / share[used].sum()
    per_tonne = value_usd / tonnes
    low, high = float(price.min()), float(price.max())
    if not low * (1 + CLOSE) < per_tonne < high * (1 - CLOSE):
        raise InvalidInput(
            "No mix of the goods has the reported value and tonnes.",
            f"{per_tonne:,.1f} USD a tonne ({value_usd:,.0f} USD, {tonnes:,.0f} t); the goods cost {low:,.0f} to {high:,.0f} USD a tonne",
            "add the goods that make up the tonnes to products.csv, or look at the report: one of its two figures may be of other goods.",
        )
    weight = 1.0 / price
    wanted = tonnes / value_usd
    scale = float(weight.max() - weight.min())

    def tilted(strength: float) -> Array:
        exponent = strength * (weight - weight.mean()) / scale
        tilt = base * np.exp(exponent - exponent.max())
        return np.asarray(tilt / tilt.sum(), dtype=np.float64)

    def gap(strength: float) -> float:
        return float(tilted(strength) @ weight) / wanted - 1.0

    reach = 1.0
    while gap(-reach) > 0 or gap(reach) < 0:
        reach *= 2.0
    out = np.zeros(len(share))
    out[used] = tilted(scipy.optimize.brentq(gap, -reach, reach, xtol=1e-14, rtol=1e-14))
    return out
