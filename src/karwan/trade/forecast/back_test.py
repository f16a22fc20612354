"""Every way of forecasting turnover scored on the same past forecasts of a panel of country pairs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from karwan.trade.forecast.base_rate import growth_cases
from karwan.trade.forecast.scores import crps, crps_t, log_score, log_score_t, pit, sample_crps

Array = npt.NDArray[np.float64]
WORST_LOG = -100.0
SHORTEST = 5  # values before a point that a forecast may learn from
PAIR = ("pair_a", "pair_b", "year")
SCORED = {
    "model": pl.String,
    "pair_a": pl.String,
    "pair_b": pl.String,
    "year": pl.Int64,
    "pit": pl.Float64,
    "log_score": pl.Float64,
    "crps": pl.Float64,
    "error": pl.Float64,
    "scale": pl.Float64,
}
SCORES = {
    "model": pl.String,
    "pairs": pl.Int64,
    "forecasts": pl.Int64,
    "crps": pl.Float64,
    "mase": pl.Float64,
    "cover90_share": pl.Float64,
    "pit_mean": pl.Float64,
    "log_score": pl.Float64,
}


def origins(
    turnover: pl.DataFrame, *, step_years: int = 4, most: int | None = None, seed: int = 1
) -> pl.DataFrame:
    """Points from which ln turnover of a pair is forecast one step ahead, knowing only what came before.

    At least five values before, without a gap and all positive.

    Parameters
    ----------
    turnover
        Result of `turnover_panel`.
    step_years
        Distance between two years of the panel.
    most
        Draw so many at random, with this seed; all by default.

    Returns
    -------
    pair_a, pair_b, year (forecast for), observed, before (the last value), steps, drift (mean step), squares (of the steps, summed), scale (mean absolute step); in
    logarithms.
    """
    positive = (
        turnover.filter(pl.col("value_usd") > 0).sort(*PAIR).with_columns(log=pl.col("value_usd").log())
    )
    gap = (pl.col("year").diff().over("pair_a", "pair_b") != step_years).fill_null(True)
    runs = positive.with_columns(run=gap.cum_sum())
    step = pl.col("log").diff().over("run")
    place = pl.int_range(pl.len()).over("run")
    runs = runs.with_columns(step=step, place=place).with_columns(
        before=pl.col("log").shift(1).over("run"),
        total=pl.col("step").fill_null(0).cum_sum().shift(1).over("run"),
        squares=(pl.col("step").fill_null(0) ** 2).cum_sum().shift(1).over("run"),
        moved=pl.col("step").fill_null(0).abs().cum_sum().shift(1).over("run"),
    )
    steps = (pl.col("place") - 1).cast(pl.Float64)
    ready = runs.filter(pl.col("place") >= SHORTEST).select(
        *PAIR,
        "before",
        "squares",
        observed=pl.col("log"),
        steps=steps,
        drift=pl.col("total") / steps,
        scale=pl.col("moved") / steps,
    )
    if most is not None and most < ready.height:
        ready = ready[np.sort(np.random.default_rng(seed).permutation(ready.height)[:most])]
    return ready


def back_test(
    turnover: pl.DataFrame,
    *,
    step_years: int = 4,
    most: int | None = None,
    seed: int = 1,
) -> pl.DataFrame:
    """Scores of random walks, the pooled walk and the base rate.

    Returns
    -------
    Columns of `SCORED`: one row a model and origin; `log_score` is null for the base rate, which has no
    density. See `score_table` for their means.
    """
    points = origins(turnover, step_years=step_years, most=most, seed=seed)
    return pl.concat(
        [
            _walk_scores(points),
            _pooled_scores(points, turnover, step_years),
            _base_rate_scores(points, growth_cases(turnover, step_years), step_years),
        ]
    )


def score_table(scored: pl.DataFrame) -> pl.DataFrame:
    """Mean scores by model, least CRPS first; columns of `SCORES`.

    mase is the mean absolute error of the median over the mean absolute step of the pair's own past
    (Hyndman & Koehler 2006): below one is better than the past's naive forecast. A pair that never moved has
    no scale and is left out of it. A logarithm of the density below -100 counts as -100.
    """
    inside = (pl.col("pit") > 0.05) & (pl.col("pit") < 0.95)
    table = scored.group_by("model").agg(
        pairs=pl.struct("pair_a", "pair_b").n_unique().cast(pl.Int64),
        forecasts=pl.len().cast(pl.Int64),
        crps=pl.col("crps").mean(),
        mase=(pl.col("error") / pl.col("scale")).filter(pl.col("scale") > 1e-9).mean(),
        cover90_share=inside.cast(pl.Float64).mean(),
        pit_mean=pl.col("pit").mean(),
        log_score=pl.col("log_score").clip(WORST_LOG).mean(),
    )
    return table.select(list(SCORES)).sort("crps", "model")


def _rows(
    points: pl.DataFrame, model: str, place: Array, density: Array | None, ranked: Array, median: Array
) -> pl.DataFrame:
    return points.select(
        pl.lit(model).alias("model"),
        *PAIR,
        pit=pl.Series(place),
        log_score=pl.lit(None, dtype=pl.Float64) if density is None else pl.Series(density),
        crps=pl.Series(ranked),
        error=pl.Series(np.abs(points["observed"].to_numpy() - median)),
        scale="scale",
    )


def _normal_rows(points: pl.DataFrame, model: str, mean: Array, deviation: Array) -> pl.DataFrame:
    seen = points["observed"].to_numpy()
    scores = (pit(seen, mean, deviation), log_score(seen, mean, deviation), crps(seen, mean, deviation))
    return _rows(points, model, *scores, mean)


def _walk_scores(points: pl.DataFrame) -> pl.DataFrame:
    """With drift; without; without and the scale uncertain (Student t)."""
    seen, before, n, drift, squares = (
        points[name].to_numpy() for name in ("observed", "before", "steps", "drift", "squares")
    )
    variance = np.maximum((squares - n * drift**2) / (n - 1) * (1 + 1 / n), 1e-12)
    flat = np.sqrt(np.maximum(squares / n, 1e-12))
    place = np.asarray(special.stdtr(n, (seen - before) / flat))
    density = log_score_t(seen, before, flat, n)
    return pl.concat(
        [
            _normal_rows(points, "random walk with drift", before + drift, np.sqrt(variance)),
            _normal_rows(points, "random walk", before, flat),
            _rows(points, "random walk, Student t", place, density, crps_t(seen, before, flat, n), before),
        ]
    )


def _pooled_scores(points: pl.DataFrame, turnover: pl.DataFrame, step_years: int) -> pl.DataFrame:
    """A walk whose drift and scale come from all pairs' earlier steps."""
    steps = growth_cases(turnover, step_years).filter(pl.col("later_usd") > 0)
    yearly = (
        steps.select((pl.col("year") + step_years).alias("year"), step=pl.col("multiple").log())
        .group_by("year")
        .agg(count=pl.len(), total=pl.col("step").sum(), squares=(pl.col("step") ** 2).sum())
        .sort("year")
        .with_columns(pl.col("count", "total", "squares").cum_sum().shift(1))
        .with_columns(drift_all=pl.col("total") / pl.col("count"))
        .with_columns(
            spread=(pl.col("squares") / pl.col("count") - pl.col("drift_all") ** 2).clip(1e-12).sqrt()
        )
    )
    joined = points.join(yearly, on="year", how="left", maintain_order="left")
    mean = (joined["before"] + joined["drift_all"]).to_numpy()
    return _normal_rows(points, "pooled walk", mean, joined["spread"].to_numpy())


def _base_rate_scores(points: pl.DataFrame, cases: pl.DataFrame, step_years: int) -> pl.DataFrame:
    """What pairs of half to double the turnover had done by then, as the forecast.

    Falls to zero have no logarithm and are left out.
    """
    known = cases.filter(pl.col("later_usd") > 0).select(
        "year", start=pl.col("value_usd").log(), growth=pl.col("multiple").log()
    )
    place, ranked, median = (np.full(points.height, np.nan) for _ in range(3))
    index = points.select("year", "before", "observed").with_row_index("at")
    for (year,), part in index.group_by("year"):
        past = known.filter(pl.col("year") <= year - 2 * step_years).sort("start")
        start, growth = past["start"].to_numpy(), past["growth"].to_numpy()
        for at, _, before, seen in part.iter_rows():
            low, high = np.searchsorted(start, [before - np.log(2), before + np.log(2)])
            like = np.sort(growth[low:high]) + before
            if like.size:
                place[at] = (
                    (np.searchsorted(like, seen) + np.searchsorted(like, seen, "right")) / 2 / like.size
                )
                ranked[at], median[at] = sample_crps(seen, like), np.median(like)
    return _rows(points, "base rate", place, None, ranked, median).filter(pl.col("crps").is_not_nan())
