"""Seasonal pattern of a monthly series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from karwan.errors import InvalidInput

YEAR = 12


@dataclass(frozen=True)
class Seasonality:
    """Seasonal indices of a monthly series.

    Attributes
    ----------
    table
        month (1-12), index (mean 1 over the months; 1.2 is 20 % above trend), months_seen (ratios behind it),
        spread (standard deviation of those ratios, null for one).
    strength
        Share of the variance of the detrended logarithm that the pattern explains, in [0, 1].
    """

    table: pl.DataFrame
    strength: float


def seasonality(months: pl.DataFrame, *, month: str = "month", value: str = "value_usd") -> Seasonality:
    """Ratio-to-moving-average indices (classical multiplicative decomposition).

    The trend is the centred 2 x 12 moving average; a month within six of a gap or an end has no trend and
    gives no ratio. The index of a month is the geometric mean of its ratios, scaled to a mean of one.

    Parameters
    ----------
    months
        One row a month: `month` a date within it, `value` in US dollars. A month that is absent or null is
        unknown and breaks the averages around it. Zero has no logarithm and is left out of the ratios.

    Raises
    ------
    InvalidInput
        A month stands twice, or the series gives no ratio for some month of the year (fewer than 24
        consecutive months).
    """
    known = months.select(
        pl.col(month).dt.truncate("1mo").alias("m"), pl.col(value).cast(pl.Float64).alias("v")
    )
    known = known.drop_nulls().sort("m")
    if known["m"].is_duplicated().any():
        raise InvalidInput(
            "A month stands twice in the series.", fix="Sum or choose before asking for seasons."
        )
    if known.is_empty():
        raise InvalidInput("The series has no known month.")
    number = (
        known["m"].dt.year().cast(pl.Int64) * YEAR + known["m"].dt.month().cast(pl.Int64) - 1
    ).to_numpy()
    series = np.full(int(number[-1] - number[0]) + 1, np.nan)
    series[number - number[0]] = known["v"].to_numpy()
    kernel = np.r_[0.5, np.ones(YEAR - 1), 0.5] / YEAR
    if series.size <= YEAR:
        raise _too_short(known.height)
    trend = np.convolve(series, kernel, mode="valid")
    inner = series[YEAR // 2 : series.size - YEAR // 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(inner / trend)
    usable = np.isfinite(ratio)
    which = (number[0] + YEAR // 2 + np.arange(ratio.size)) % YEAR
    logs = [ratio[usable & (which == k)] for k in range(YEAR)]
    if any(part.size == 0 for part in logs):
        raise _too_short(known.height)
    means = np.array([part.mean() for part in logs])
    index = np.exp(means) / np.exp(means).mean()
    table = pl.DataFrame(
        {
            "month": list(range(1, YEAR + 1)),
            "index": index,
            "months_seen": [part.size for part in logs],
            "spread": [float(np.exp(part).std(ddof=1)) if part.size > 1 else None for part in logs],
        }
    )
    left = ratio[usable] - means[which[usable]]
    variance = float(ratio[usable].var())
    strength = max(0.0, 1.0 - float(left.var()) / variance) if variance > 0 else 0.0
    return Seasonality(table, strength)


def _too_short(height: int) -> InvalidInput:
    return InvalidInput(
        "The series gives no ratio to trend for some month of the year.",
        f"{height} known months",
        "Give at least 24 consecutive months.",
    )
