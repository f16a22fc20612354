"""Will a turnover target be reached: models side by side with what comparable pairs of countries did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import MEAN_YEAR_DAYS, percent
from karwan.analysis.sections import TargetSection
from karwan.analysis.target_without import chances_without
from karwan.analysis.turnover import (
    SLACK,
    Series,
    matching_rates,
    rates_over,
    turnover_series,
    turnover_targets,
)
from karwan.case import Case
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.trade.forecast import (
    BaseRate,
    Walk,
    fit_walk,
)

STUDENT = "random walk, Student t"
THIN = 10  # full years below which a series is called thin
Row = dict[str, Any]
SHARES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
TESTED = (
    "model",
    "step_years",
    "pairs",
    "forecasts",
    "crps",
    "mase",
    "cover90_share",
    "pit_mean",
    "log_score",
)


def target_section(
    case: Case,
    annual: pl.DataFrame,
    as_of: date,
    *,
    target_id: str | None = None,
    due: date | None = None,
    rates: pl.DataFrame | None = None,
    back_tests: pl.DataFrame | None = None,
    factor: float = 1.0,
    unusual: pl.DataFrame | None = None,
) -> TargetSection:
    """Chances of the case's turnover targets, each side's figures apart, with the base rate beside them.

    Parameters
    ----------
    annual
        Result of `karwan.trade.standing.annual_series`.
    target_id, due
        Only this target; another date for it.
    rates
        Base rates as the case's table `base_rates`, in its place.
    back_tests
        Scores as the case's table `back_tests`, in its place.
    factor
        What scenarios make of the level of trade.
    unusual
        Months that a side's last year rests on, as `karwan.trade.unusual.unusual_months` gives them with labels: the chances with them as a year before
        stand beside.
    """
    targets = turnover_targets(case, as_of, target_id)
    if due is not None:
        targets = targets.with_columns(due=pl.lit(due)).filter(pl.col("due") > as_of)
    table = case["base_rates"] if rates is None else rates
    tested = (case["back_tests"] if back_tests is None else back_tests).select(TESTED).sort("crps", "model")
    scores = dict(tested.select("model", "crps").iter_rows())
    fan: list[Row] = []
    chances: list[Row] = []
    rated: dict[str, Row] = {}
    notes: list[Note] = []
    for reporter in (case.settings.party_a, case.settings.party_b):
        series = turnover_series(case, annual, reporter, as_of)
        if series is None:
            notes.append(note("target.too_few_years", country=case.country_name(reporter)))
            continue
        notes.append(_series_note(series))
        series = replace(series, values=series.values * factor)
        models = list(_models(series))
        fan += _fan(series, models[0], targets)
        for target in targets.iter_rows(named=True):
            chances += _chances(scores, series, target, models)
            base = float(series.values[-1])
            rows = matching_rates(table, target["value"] / base, base)
            chances += _rate_chances(series, target, rows, scores.get("base rate"))
            for row in _rate_rows(series, rows):
                rated.setdefault(row["label"], row)
    parts = result_frame("standing_unusual") if unusual is None else unusual
    without = chances_without(case, annual, parts, targets, as_of, rates=table, factor=factor)
    notes += _without_notes(without)
    notes += _closing(targets, chances, bool(rated), as_of)
    if chances and tested.height > 1:
        notes.append(_tested_note(tested))
    return TargetSection(
        fan=result_frame("target_fan", fan),
        chances=result_frame("target_chances", chances),
        base_rate=result_frame("target_rates", rated.values()),
        text=tuple(notes),
        back_tests=tested,
        without=without,
    )


def _models(series: Series) -> Iterator[tuple[str, Walk, str]]:
    """Name, forecast and words of each model that the series can carry."""
    steps = len(series.values) - 1
    flat = fit_walk(series.times, series.values, drifting=False)
    yield STUDENT, flat, f"no drift, scale from {steps} steps, both uncertain"
    if steps >= 2:
        walk = fit_walk(series.times, series.values)
        words = f"drift {percent(np.expm1(walk.drift), signed=True)} a year from {steps} steps, normal"
        yield "random walk with drift", walk, words


def _chance(name: str, model: Walk, value: float, years: float) -> tuple[float, float, float]:
    low, high = model.chance_range(value, years)
    if name != STUDENT:
        return model.chance(value, years), low, high
    middle = model.chance_t(value, years)
    return middle, min(low, middle), max(high, middle)


def _chances(
    scores: dict[str, float],
    series: Series,
    target: dict[str, Any],
    models: list[tuple[str, Walk, str]],
) -> list[Row]:
    years = series.years_to(target["due"])
    rows = []
    for name, model, words in models:
        middle, low, high = _chance(name, model, target["value"], years)
        rows.append(
            {
                "target": target["title"],
                "model": f"{series.name}: {name}",
                "probability": middle,
                "low": low,
                "high": high,
                "basis_text": words,
                "score": scores.get(name),
            }
        )
    return rows


def _rate_rows(series: Series, rows: list[Row]) -> Iterator[Row]:
    """Base rates as the table of them has them, each with its posterior."""
    for row in rows:
        rate = BaseRate(
            f"{row['label']} ({series.name}'s multiple). {row['comparable']}", row["successes"], row["cases"]
        )
        yield {
            "label": rate.label,
            "horizon_years": row["horizon_years"],
            "successes": rate.successes,
            "cases": rate.cases,
            "share": rate.share,
            "low": rate.low,
            "high": rate.high,
        }


def _rate_chances(series: Series, target: Row, rows: list[Row], score: float | None) -> list[Row]:
    """One row for the shortest horizon that is long enough: all narrownesses of 'comparable' together, its range over them.

    The text names the horizon of the cases and the years there are; a rate over another time is never said to be over as long.
    """
    if not rows:
        return []
    years = series.years_to(target["due"])
    horizon, same = rates_over(rows, years)
    middle = same[len(same) // 2]
    needed = target["value"] / float(series.values[-1])
    asked = rows[0]["multiple"]
    other = (
        f"; {needed:.3g}-fold is needed, of which no rate is known" if asked < needed * (1.0 - SLACK) else ""
    )
    text = (
        f"{middle.successes:,} of {middle.cases:,} comparable pairs grew {asked:.3g}-fold in {horizon:g} years"
        f"{other}{_other_horizon(horizon, years)}"
    )
    return [
        {
            "target": target["title"],
            "model": f"{series.name}: base rate",
            "probability": middle.share,
            "low": min(rate.low for rate in same),
            "high": max(rate.high for rate in same),
            "basis_text": text,
            "score": score,
        }
    ]


def _other_horizon(horizon: float, years: float) -> str:
    """How the time of a base rate differs from the time there is; empty where it does not."""
    if abs(horizon - years) <= 0.1:
        return ""
    span = f"the date is {years:.1f} years after the last full year"
    if horizon > years:
        return f"; {span}: an upper bound of base rates, none of models"
    return f"; {span}, and no rate over that time is known: a lower bound of it"


def _fan(series: Series, model: tuple[str, Walk, str], targets: pl.DataFrame) -> list[Row]:
    """Bands from the last full year to the latest date of the targets; none without a target."""
    if not targets.height:
        return []
    name, walk, _ = model
    start = {"model": f"{series.name}: {name}"}
    last = dict.fromkeys(SHARES, float(series.values[-1]))
    rows: list[Row] = [{**start, "date": series.ends[-1], **last}]
    total = series.years_to(targets["due"].max())  # type: ignore[arg-type]
    for step in range(1, 9):
        years = total * step / 8
        day = date.fromordinal(series.ends[-1].toordinal() + round(years * MEAN_YEAR_DAYS))
        bands = {column: walk.quantile_t(share, years) for column, share in SHARES.items()}
        rows.append({**start, "date": day, **bands})
    return rows


def _series_note(series: Series) -> Note:
    count = len(series.values)
    return note(
        "target.series",
        country=series.name,
        years=count,
        first=series.labels[0],
        last=series.labels[-1],
        spoken=note("target.spoken", count=series.spoken) if series.spoken else "",
        last_usd=float(series.values[-1]),
        thin=note("target.thin") if count < THIN else "",
    )


def _between(low: float, high: float) -> Note:
    if percent(low) == percent(high):
        return note("target.about", low_share=low)
    return note("target.between", low_share=low, high_share=high)


def _closing(targets: pl.DataFrame, chances: list[Row], rated: bool, as_of: date) -> list[Note]:
    """The range of each target's chances, and what to know of the base rates."""
    if not targets.height:
        return [note("target.none_ahead", day=as_of)]
    notes = []
    for target in targets.iter_rows(named=True):
        own = [row for row in chances if row["target"] == target["title"]]
        if own:
            middles = [row["probability"] for row in own]
            alone = _between(min(middles), max(middles))
            ends = _between(min(row["low"] for row in own), max(row["high"] for row in own))
            notes.append(
                note("target.range", title=target["title"], day=target["due"], alone=alone, ends=ends)
            )
    return [*notes, note("target.rates_depend" if rated else "target.no_rates")]


def _without_notes(without: pl.DataFrame) -> Iterator[Note]:
    """Of each side's last year what it rests on, and the chance of the nearest target without that."""
    first = without.unique(["reporter", "less"], keep="first", maintain_order=True)
    for row in first.iter_rows(named=True):
        rate = row["rate_text"]
        yield note(
            "target.without",
            country=row["reporter_name"],
            year=row["base_label"],
            less=row["less"],
            base_usd=row["base_usd"],
            multiple=f"{row['multiple']:.1f}",
            day=row["by"],
            probability_share=row["probability"],
            with_share=row["probability_with"],
            rate=note("target.without_rate", rate=rate) if rate is not None else "",
            why=_why_higher(row),
        )


def _why_higher(row: dict[str, Any]) -> Note | str:
    """Why less trade gives a higher chance; empty where it does not."""
    if row["probability"] <= row["probability_with"]:
        return ""
    steps = (row["last_step_share"], row["last_step_with_share"])
    step, step_with = (percent(one, signed=True) for one in steps)
    return note("target.without_higher", step=step, step_with=step_with)


def _tested_note(tested: pl.DataFrame) -> Note:
    """Which way did best and worst on past forecasts."""
    best, worst = tested.row(0, named=True), tested.row(-1, named=True)
    return note(
        "target.tested",
        forecasts=best["forecasts"],
        pairs=best["pairs"],
        step=f"{best['step_years']:g}",
        best=best["model"],
        best_crps=best["crps"],
        best_cover_share=best["cover90_share"],
        worst=worst["model"],
        worst_crps=worst["crps"],
        worst_cover_share=worst["cover90_share"],
    )
