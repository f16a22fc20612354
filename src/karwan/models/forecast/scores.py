"""How good forecasts were: log score, CRPS, PIT, and back-tests on a panel of country pairs."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special, stats

Array = npt.NDArray[np.float64]
SHORTEST = 5


def log_score(observed: Array, mean: Array, deviation: Array) -> Array:
    """Logarithm of the normal density at what came; higher is better."""
    return np.asarray(stats.norm.logpdf(observed, mean, deviation))


def crps(observed: Array, mean: Array, deviation: Array) -> Array:
    """Continuous ranked probability score of a normal forecast; lower is better.

    References
    ----------
    Gneiting & Raftery (2007), doi:10.1198/016214506000001437, eq. 21.
    """
    z = (observed - mean) / deviation
    return np.asarray(
        deviation * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))
    )


def crps_t(observed: Array, mean: Array, deviation: Array, freedom: Array) -> Array:
    """Continuous ranked probability score of a Student t forecast with more than one degree of freedom.

    References
    ----------
    Jordan, Krueger & Lerch (2019), doi:10.18637/jss.v090.i12, appendix A.
    """
    z, n = (observed - mean) / deviation, freedom
    first = z * (2 * stats.t.cdf(z, n) - 1) + 2 * stats.t.pdf(z, n) * (n + z**2) / (n - 1)
    last = 2 * np.sqrt(n) / (n - 1) * special.beta(0.5, n - 0.5) / special.beta(0.5, n / 2) ** 2
    return np.asarray(deviation * (first - last))


def pit(observed: Array, mean: Array, deviation: Array) -> Array:
    """Probability integral transform: uniform on [0, 1] if the forecasts are calibrated."""
    return np.asarray(stats.norm.cdf((observed - mean) / deviation))


def back_tests(turnover: pl.DataFrame, *, step_years: int = 4, pooled: bool = True) -> pl.DataFrame:
    """One-step forecasts of ln turnover of every pair by random walks with and without drift.

    At each step only what came before is used, at least five values without a gap and all positive. The
    pooled walk takes its drift and scale from all pairs' earlier steps.

    Parameters
    ----------
    turnover
        Result of `turnover_panel`.
    step_years
        Distance between two years of the panel.
    pooled
        Add the pooled walk.

    Returns
    -------
    Table with columns model, pair_a, pair_b, year (forecast for), observed, mean, deviation, in logarithms,
    and freedom (degrees of a Student t; null for a normal).
    """
    rows: list[pl.DataFrame] = []
    positive = turnover.filter(pl.col("value_usd") > 0).with_columns(log=pl.col("value_usd").log())
    gap = (pl.col("year").diff().over("pair_a", "pair_b") != step_years).fill_null(True)
    runs = positive.with_columns(run=gap.cum_sum())
    step = pl.col("log").diff().over("run")
    runs = runs.with_columns(step=step).with_columns(
        n=pl.col("step").is_not_null().cum_sum().over("run").shift(1).over("run"),
        sum=pl.col("step").fill_null(0).cum_sum().shift(1).over("run"),
        squares=(pl.col("step").fill_null(0) ** 2).cum_sum().shift(1).over("run"),
        before=pl.col("log").shift(1).over("run"),
    )
    ready = runs.filter(pl.col("n") >= SHORTEST - 1)
    n, drift = pl.col("n"), pl.col("sum") / pl.col("n")
    variance = (pl.col("squares") - n * drift**2) / (n - 1)
    keys = [pl.col("pair_a"), pl.col("pair_b"), pl.col("year"), pl.col("log").alias("observed")]
    rows.append(
        ready.select(
            pl.lit("random walk with drift").alias("model"),
            *keys,
            (pl.col("before") + drift).alias("mean"),
            (variance * (1 + 1 / n)).clip(1e-12).sqrt().alias("deviation"),
            pl.lit(None, dtype=pl.Float64).alias("freedom"),
        )
    )
    for name, freedom in (("random walk", None), ("random walk, Student t", n.cast(pl.Float64))):
        rows.append(
            ready.select(
                pl.lit(name).alias("model"),
                *keys,
                pl.col("before").alias("mean"),
                (pl.col("squares") / n).clip(1e-12).sqrt().alias("deviation"),
                (pl.lit(None, dtype=pl.Float64) if freedom is None else freedom).alias("freedom"),
            )
        )
    if pooled:
        rows.append(_pooled(runs, ready))
    return pl.concat(rows)


def _pooled(runs: pl.DataFrame, ready: pl.DataFrame) -> pl.DataFrame:
    yearly = (
        runs.filter(pl.col("step").is_not_null())
        .group_by("year")
        .agg(count=pl.len(), sum=pl.col("step").sum(), squares=(pl.col("step") ** 2).sum())
        .sort("year")
        .with_columns(pl.col("count", "sum", "squares").cum_sum().shift(1))
        .drop_nulls()
        .with_columns(drift=pl.col("sum") / pl.col("count"))
        .select("year", "drift", spread=(pl.col("squares") / pl.col("count") - pl.col("drift") ** 2).sqrt())
    )
    return ready.join(yearly, on="year").select(
        pl.lit("pooled walk").alias("model"),
        "pair_a",
        "pair_b",
        "year",
        pl.col("log").alias("observed"),
        (pl.col("before") + pl.col("drift")).alias("mean"),
        pl.col("spread").alias("deviation"),
        pl.lit(None, dtype=pl.Float64).alias("freedom"),
    )


def _scored(observed: Array, mean: Array, deviation: Array, freedom: pl.Series) -> tuple[Array, Array, Array]:
    """PIT, log score and CRPS of forecasts that are all normal or all Student t."""
    if freedom.null_count():
        return (
            pit(observed, mean, deviation),
            log_score(observed, mean, deviation),
            crps(observed, mean, deviation),
        )
    degrees = freedom.to_numpy()
    place = np.asarray(stats.t.cdf((observed - mean) / deviation, degrees))
    own = np.asarray(stats.t.logpdf(observed, degrees, mean, deviation))
    return place, own, crps_t(observed, mean, deviation, degrees)


def score_table(forecasts: pl.DataFrame) -> pl.DataFrame:
    """Mean scores by model: model, pairs, forecasts, log_score, crps, cover90_share, pit_mean."""
    rows = []
    for (model,), part in forecasts.group_by("model", maintain_order=True):
        observed, mean = part["observed"].to_numpy(), part["mean"].to_numpy()
        deviation = part["deviation"].to_numpy()
        place, own, ranked = _scored(observed, mean, deviation, part["freedom"])
        rows.append(
            (
                model,
                part.select("pair_a", "pair_b").n_unique(),
                part.height,
                float(np.mean(own)),
                float(np.mean(ranked)),
                float(np.mean((place > 0.05) & (place < 0.95))),
                float(np.mean(place)),
            )
        )
    schema = {
        "model": pl.String,
        "pairs": pl.Int64,
        "forecasts": pl.Int64,
        "log_score": pl.Float64,
        "crps": pl.Float64,
        "cover90_share": pl.Float64,
        "pit_mean": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
