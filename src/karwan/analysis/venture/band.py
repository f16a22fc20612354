"""Bands of the joint draws: what a table shows beside a single value, and in its place where none may stand."""

from __future__ import annotations

import numpy as np

from karwan.appraisal.venture.model import Floats

ENDS = (0.05, 0.5, 0.95)
NAMES = ("p05", "p50", "p95")


def quantiles(column: Floats) -> tuple[float, ...] | None:
    """5, 50 and 95 % of the values, infinite ones at their end of the order; None where fewer than half have one."""
    known = column[~np.isnan(column)]
    if known.size < column.size / 2 or not known.size:
        return None
    if np.isfinite(known).all():
        return tuple(float(one) for one in np.quantile(known, ENDS))
    return tuple(float(one) for one in np.quantile(known, ENDS, method="inverted_cdf"))


def banded(name: str, column: Floats, unit: str = "_usd") -> dict[str, float | None]:
    """Cells `name_p05`, `name_p50` and `name_p95`, their unit after them; missing where most draws have no value."""
    ends = quantiles(np.asarray(column)) or (None, None, None)
    return {f"{name}_{end}{unit}": value for end, value in zip(NAMES, ends, strict=True)}
