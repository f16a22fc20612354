"""Diversification and concentration of trade."""

from __future__ import annotations

import numpy as np
import polars as pl

from karwan.trade.indicators.matrix import Floats, checked_flows


def concentration(value_usd: Floats) -> dict[str, float]:
    """Concentration of one vector of values.

    Parameters
    ----------
    value_usd
        Values >= 0, at least one positive. Zeros count as lines without trade in Theil and Gini.

    Returns
    -------
    hhi (sum of squared shares, 1/n to 1), hhi_normalised (0 to 1, NaN for one line), effective_number
    (1 / hhi), theil (mean of (v/mean) ln(v/mean), 0 to ln n), entropy_number (exp of Shannon entropy), gini,
    top_share (largest share), lines (lines with trade).
    """
    values = np.asarray(value_usd, dtype=np.float64)
    size = values.size
    shares = values / values.sum()
    positive = shares[shares > 0]
    hhi = float((shares**2).sum())
    entropy = float(-(positive * np.log(positive)).sum())
    ordered = np.sort(shares)
    gini = float((2.0 * np.arange(1, size + 1) - size - 1.0) @ ordered / size)
    return {
        "hhi": hhi,
        "hhi_normalised": (hhi - 1.0 / size) / (1.0 - 1.0 / size) if size > 1 else float("nan"),
        "effective_number": 1.0 / hhi,
        "theil": float(np.log(size)) - entropy,
        "entropy_number": float(np.exp(entropy)),
        "gini": gini,
        "top_share": float(shares.max()),
        "lines": float(positive.size),
    }


def concentration_table(
    table: pl.DataFrame, *, by: str = "exporter", over: str = "product", value: str = "value_usd"
) -> pl.DataFrame:
    """Concentration over `over` within each `by`: one row per `by`, columns as `concentration` gives them.

    Lines nobody reported are left out; they are unknown, not zero.
    """
    known = checked_flows(table, by, over, value=value)
    known = known.sort(by, over, value)  # sums do not hang on the order of the rows
    summed = known.group_by(by, over, maintain_order=True).agg(pl.col(value).sum()).filter(pl.col(value) > 0)
    rows = [
        {by: key, **concentration(part[value].to_numpy())}
        for (key,), part in sorted(summed.group_by(by), key=lambda item: str(item[0][0]))
    ]
    return pl.DataFrame(rows).with_columns(pl.col("lines").cast(pl.Int64)).fill_nan(None)
