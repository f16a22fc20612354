"""Chances of a turnover target had the months that a side's last year rests on been as a year before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import percent
from karwan.analysis.turnover import Series, matching_rates, rate_in_words, turnover_series
from karwan.case import Case
from karwan.schema.frames import result_frame
from karwan.trade.forecast import fit_walk

Row = dict[str, Any]


def chances_without(
    case: Case,
    annual: pl.DataFrame,
    unusual: pl.DataFrame,
    targets: pl.DataFrame,
    as_of: date,
    *,
    rates: pl.DataFrame,
    factor: float = 1.0,
) -> pl.DataFrame:
    """Chance of each target had the unusual months of a side's last year been as a year before, beside the one of the year as published.

    The last step of the series changes with the last year, so its scale does: a chance may be larger so.

    Parameters
    ----------
    annual
        Result of `karwan.trade.standing.annual_series`.
    unusual
        Table `unusual` of `karwan.analysis.standing.standing_section`.
    targets
        Result of `karwan.analysis.target.turnover_targets`.
    rates
        Base rates, as the case's table of them.
    factor
        What scenarios make of the level of trade.

    Returns
    -------
    Rows of `results/target_without.csv`, by side and months, then by day.
    """
    rows: list[Row] = []
    for part in unusual.iter_rows(named=True):
        series = turnover_series(case, annual, part["reporter"], as_of)
        if series is None or series.labels[-1] != part["year_label"] or part["without_usd"] <= 0.0:
            continue
        series = replace(series, values=series.values * factor)
        rows += _of_part(series, part, targets, rates)
    return result_frame("target_without", rows)


def leaving_least(without: pl.DataFrame) -> pl.DataFrame:
    """Rows of each side's stretch of unusual months that leaves least of its last year."""
    return without.filter(pl.col("base_usd") == pl.col("base_usd").min().over("reporter"))


@dataclass(frozen=True)
class Span:
    """Chances of one target on one day by every model: least, greatest, and the greatest with a model's own error."""

    low: float
    high: float
    most: float
    models: int
    less: bool

    @property
    def words(self) -> str:
        """The range, as one figure where its ends print alike."""
        low, high = percent(self.low), percent(self.high)
        return low if low == high else f"{low} to {high}"


def chance_span(chances: pl.DataFrame, without: pl.DataFrame, title: str) -> Span | None:
    """Range over the models of both sides, with and without unusual months, base rates apart; None where there is no chance.

    Parameters
    ----------
    chances, without
        Tables of `results/target_chances.csv` and `results/target_without.csv`.
    title
        Which target.
    """
    columns = ["probability", "high"]
    of_title = pl.col("target") == title
    own = chances.filter(of_title & ~pl.col("model").str.ends_with("base rate")).select(columns).drop_nulls()
    if not own.height:
        return None
    less = without.filter(of_title).select(columns).drop_nulls() if without.height else own.clear()
    every = pl.concat([own, less])
    values = every["probability"]
    return Span(values.min(), values.max(), every["high"].max(), own.height, bool(less.height))  # type: ignore[arg-type]


def _of_part(series: Series, part: Row, targets: pl.DataFrame, rates: pl.DataFrame) -> Iterator[Row]:
    """Rows of one stretch of months taken as a year before, a target each."""
    left = series.values[-1] * part["without_usd"] / part["turnover_usd"]
    walk = fit_walk(series.times, np.append(series.values[:-1], left), drifting=False)
    whole = fit_walk(series.times, series.values, drifting=False)
    before = series.values[-2]
    for target in targets.iter_rows(named=True):
        years = series.years_to(target["due"])
        middle = walk.chance_t(target["value"], years)
        yield {
            "reporter": series.reporter,
            "reporter_name": series.name,
            "less": f"{part['direction_label']}, {part['months_label']}",
            "base_label": series.labels[-1],
            "base_usd": float(left),
            "by": target["due"],
            "target": target["title"],
            "target_usd": target["value"],
            "multiple": target["value"] / left,
            "probability": middle,
            "high": max(walk.chance_range(target["value"], years)[1], middle),
            "probability_with": whole.chance_t(target["value"], years),
            "last_step_share": float(left / before - 1.0),
            "last_step_with_share": float(series.values[-1] / before - 1.0),
            **_rate(rates, target["value"] / left, float(left), years),
            "p05_usd": walk.quantile_t(0.05, years),
            "p50_usd": walk.quantile_t(0.5, years),
            "p95_usd": walk.quantile_t(0.95, years),
        }


def _rate(rates: pl.DataFrame, multiple: float, base_usd: float, years: float) -> Row:
    """Share of comparable pairs that grew as much and its words; None where no base rate is at hand."""
    rows = matching_rates(rates, multiple, base_usd)
    share, words = rate_in_words(rows, multiple, base_usd, years) if rows else (None, None)
    return {"rate_share": share, "rate_text": words}
