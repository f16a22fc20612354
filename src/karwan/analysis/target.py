"""Will a turnover target be reached: models side by side with what comparable pairs of countries did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import MEAN_YEAR_DAYS, dollars, percent
from karwan.analysis.flow_table import countries_only
from karwan.analysis.sections import TargetSection
from karwan.analysis.world_flows import with_codes
from karwan.case import Case
from karwan.errors import InvalidInput, UnknownName
from karwan.store.frame import one_row_each, read_frame, with_numbers, with_texts
from karwan.trade.forecast import (
    BaseRate,
    Comparable,
    Walk,
    base_rate,
    comparable_cases,
    fit_walk,
    growth_cases,
    growth_needed,
    turnover_panel,
)
from karwan.trade.forecast.back_test import back_test, score_table
from karwan.trade.period import years_between
from karwan.trade.standing import annual_series, known_flows

STUDENT = "random walk, Student t"
SHARES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
FAN = {"model": pl.String, "date": pl.Date, **dict.fromkeys(SHARES, pl.Float64)}
CHANCES = {
    "target": pl.String,
    "model": pl.String,
    "probability": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "basis_text": pl.String,
    "score": pl.Float64,
}
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
RATES = {
    "label": pl.String,
    "horizon_years": pl.Float64,
    "successes": pl.Int64,
    "cases": pl.Int64,
    "share": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


@dataclass(frozen=True)
class Series:
    """Full-year turnover of one side: ends of the years, values, and the words for them."""

    reporter: str
    name: str
    ends: tuple[date, ...]
    values: np.ndarray
    labels: tuple[str, ...]
    spoken: int

    @property
    def times(self) -> np.ndarray:
        """Ends of the years in years."""
        return np.array([end.toordinal() / MEAN_YEAR_DAYS for end in self.ends])

    def years_to(self, due: date) -> float:
        """Years from the end of the last year to a date; whole years exactly."""
        return years_between(self.ends[-1], due)


def turnover_series(case: Case, annual: pl.DataFrame, reporter: str, as_of: date) -> Series | None:
    """Positive full-year totals of one side since its latest gap of more than two years; None with fewer than
    two.

    Years that overlap an earlier one kept (a fiscal year after a calendar year) stay out: their steps would
    count months twice.
    """
    rows = annual.filter(
        (pl.col("reporter") == reporter)
        & (pl.col("direction") == "total")
        & (pl.col("period_end") <= as_of)
        & (pl.col("value_usd") > 0)
    ).sort("period_end", "period_start", descending=True)
    official = rows.filter(pl.col("claimed") == "official")
    if not official.height:
        return None
    kept: list[dict[str, Any]] = []
    for row in rows.filter(pl.col("period_end") <= official["period_end"][0]).iter_rows(named=True):
        if kept and row["period_end"] > kept[-1]["period_start"]:
            continue
        if kept and (kept[-1]["period_end"] - row["period_end"]).days > 2.5 * MEAN_YEAR_DAYS:
            break
        kept.append(row)
    kept.reverse()
    if len(kept) < 2:
        return None
    return Series(
        reporter,
        case.country_name(reporter),
        tuple(row["period_end"] for row in kept),
        np.array([row["value_usd"] for row in kept]),
        tuple(row["year_label"] for row in kept),
        sum(row["claimed"] != "official" for row in kept),
    )


def turnover_targets(case: Case, as_of: date, target_id: str | None = None) -> pl.DataFrame:
    """Turnover targets in USD with a due date after `as_of`.

    Raises
    ------
    UnknownName
        The target asked for is no such target.
    """
    every = case["targets"].filter(
        (pl.col("quantity") == "turnover") & (pl.col("unit") == "USD") & pl.col("due").is_not_null()
    )
    if target_id is not None:
        every = every.filter(pl.col("target_id") == target_id)
        if not every.height:
            known = case["targets"].filter(pl.col("quantity") == "turnover")["target_id"].to_list()
            raise UnknownName(
                f"No turnover target is called {target_id!r}.",
                f"targets: {', '.join(known)}",
                "use one of these.",
            )
    return every.filter(pl.col("due") > as_of).sort("due", "target_id")


def target_section(
    case: Case,
    annual: pl.DataFrame,
    as_of: date,
    *,
    target_id: str | None = None,
    due: date | None = None,
    rates: pl.DataFrame | None = None,
    back_tests: pl.DataFrame | None = None,
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
    """
    targets = turnover_targets(case, as_of, target_id)
    if due is not None:
        targets = targets.with_columns(due=pl.lit(due)).filter(pl.col("due") > as_of)
    table = case["base_rates"] if rates is None else rates
    tested = (case["back_tests"] if back_tests is None else back_tests).select(TESTED).sort("crps", "model")
    scores = dict(tested.select("model", "crps").iter_rows())
    fan: list[tuple[Any, ...]] = []
    chances: list[tuple[Any, ...]] = []
    texts: list[str] = []
    found: dict[str, tuple[float, BaseRate]] = {}
    for reporter in (case.settings.party_a, case.settings.party_b):
        series = turnover_series(case, annual, reporter, as_of)
        if series is None:
            texts.append(f"{case.country_name(reporter)} publishes too few full years for a forecast.")
            continue
        texts.append(_series_words(series))
        models = list(_models(series))
        if targets.height:
            fan += _fan(series, models[0], targets["due"].max())  # type: ignore[arg-type]
        for target in targets.iter_rows(named=True):
            chances += _chances(scores, series, target, models)
            rows = _matching_rates(table, target["value"] / series.values[-1])
            chances += _rate_chances(series, target, rows, scores.get("base rate"))
            for row in rows:
                rate = BaseRate(_rate_label(series, row), row["successes"], row["cases"])
                found.setdefault(rate.label, (row["horizon_years"], rate))
    texts += _closing(targets, chances, found, as_of)
    if chances:
        texts += _tested_words(tested)
    rated = [(r.label, years, r.successes, r.cases, r.share, r.low, r.high) for years, r in found.values()]
    return TargetSection(
        fan=pl.DataFrame(fan, schema=FAN, orient="row"),
        chances=pl.DataFrame(chances, schema=CHANCES, orient="row"),
        base_rate=pl.DataFrame(rated, schema=RATES, orient="row"),
        text=tuple(texts),
        back_tests=tested,
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
) -> list[tuple[Any, ...]]:
    years = series.years_to(target["due"])
    return [
        (
            target["title"],
            f"{series.name}: {name}",
            *_chance(name, model, target["value"], years),
            words,
            scores.get(name),
        )
        for name, model, words in models
    ]


def _matching_rates(rates: pl.DataFrame, multiple: float) -> list[dict[str, Any]]:
    """Rows whose multiple is the greatest not above the one needed (2 % slack): at most as hard, so an upper
    bound.
    """
    usable = rates.filter(pl.col("multiple") <= multiple * 1.02)
    if not usable.height:
        return []
    return (
        usable.filter(pl.col("multiple") == pl.col("multiple").max())
        .sort("horizon_years", "cases", "comparable")
        .to_dicts()
    )


def _rate_label(series: Series, row: dict[str, Any]) -> str:
    return f"{row['label']} ({series.name}'s multiple). {row['comparable']}"


def _rate_chances(
    series: Series, target: dict[str, Any], rows: list[dict[str, Any]], score: float | None
) -> list[tuple[Any, ...]]:
    """One row for the shortest horizon that is long enough: all narrownesses of 'comparable' together, its range over them.

    The text names the horizon of the cases and the years there are; a rate over another time is never said to be over as long.
    """
    if not rows:
        return []
    years = series.years_to(target["due"])
    enough = [row["horizon_years"] for row in rows if row["horizon_years"] >= years]
    horizon = min(enough) if enough else max(row["horizon_years"] for row in rows)
    same = [BaseRate("", r["successes"], r["cases"]) for r in rows if r["horizon_years"] == horizon]
    middle = same[len(same) // 2]
    text = (
        f"{middle.successes:,} of {middle.cases:,} comparable pairs grew {rows[0]['multiple']:.3g}-fold in {horizon:g} years"
        f"{_other_horizon(horizon, years)}"
    )
    low, high = min(r.low for r in same), max(r.high for r in same)
    return [(target["title"], f"{series.name}: base rate", middle.share, low, high, text, score)]


def _other_horizon(horizon: float, years: float) -> str:
    """How the time of a base rate differs from the time there is; empty where it does not."""
    if abs(horizon - years) <= 0.1:
        return ""
    bound = "an upper bound" if horizon > years else "a lower bound"
    return f"; {bound}, for the date is {years:.1f} years after the last full year and no rate over that time is known"


def _fan(series: Series, model: tuple[str, Walk, str], due: date) -> list[tuple[Any, ...]]:
    name, walk, _ = model
    label = f"{series.name}: {name}"
    last = float(series.values[-1])
    rows: list[tuple[Any, ...]] = [(label, series.ends[-1], *[last] * len(SHARES))]
    total = series.years_to(due)
    for step in range(1, 9):
        years = total * step / 8
        day = date.fromordinal(series.ends[-1].toordinal() + round(years * MEAN_YEAR_DAYS))
        rows.append((label, day, *(walk.quantile_t(share, years) for share in SHARES.values())))
    return rows


def _series_words(series: Series) -> str:
    spoken = f", {series.spoken} of them spoken or press figures" if series.spoken else ""
    thin = ""
    if len(series.values) < 10:
        thin = (
            " That is a thin series: the models' ranges are wide, the base rate weighs more than any of them."
        )
    return (
        f"{series.name}: {len(series.values)} full years ({series.labels[0]} to "
        f"{series.labels[-1]}{spoken}), "
        f"the last {dollars(float(series.values[-1]))}.{thin}"
    )


def _between(low: float, high: float) -> str:
    ends = percent(low), percent(high)
    return f"about {ends[0]}" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _closing(
    targets: pl.DataFrame,
    chances: list[tuple[Any, ...]],
    found: dict[str, tuple[float, BaseRate]],
    as_of: date,
) -> list[str]:
    if not targets.height:
        return [f"No turnover target in USD has a date after {as_of:%-d %B %Y}."]
    lines = []
    for target in targets.iter_rows(named=True):
        own = [row for row in chances if row[0] == target["title"]]
        if not own:
            continue
        low, high = min(row[2] for row in own), max(row[2] for row in own)
        low_end, high_end = min(row[3] for row in own), max(row[4] for row in own)
        lines.append(
            f"{target['title']}, {target['due']:%-d %B %Y}: {_between(low, high)} by the ways side by side; "
            f"with each one's own uncertainty {_between(low_end, high_end)}."
        )
    if found:
        lines.append(
            "A pair counts once for each start year, so cases of the base rate are not independent; values are in "
            "current USD."
        )
    else:
        lines.append(
            "No base rate is at hand for this growth: karwan trade target --panel FILE computes it from a panel of "
            "pairs."
        )
    return lines


def _tested_words(tested: pl.DataFrame) -> list[str]:
    """Which way did best and worst on past forecasts."""
    if tested.height < 2:
        return []
    best, worst = tested.row(0, named=True), tested.row(-1, named=True)
    return [
        f"On {best['forecasts']:,} past forecasts of {best['pairs']:,} pairs, {best['step_years']:g} years ahead, "
        f"{best['model']} came closest (CRPS {best['crps']:.2f}, {percent(best['cover90_share'])} inside its 90 % "
        f"band), {worst['model']} least (CRPS {worst['crps']:.2f}, {percent(worst['cover90_share'])})."
    ]


def target_answer(
    case: Case,
    *,
    as_of: date,
    target_id: str | None = None,
    due: date | None = None,
    panel: Path | None = None,
    geography: tuple[Path, Path] | None = None,
    origins: int | None = None,
) -> TargetSection:
    """Everything the command prints: `target_section` with base rates and, from so many `origins`, scores from a
    panel where one is given.
    """
    if origins is not None and panel is None:
        raise InvalidInput("Back-tests need a panel.", fix="Give --panel FILE with --origins.")
    annual = annual_series(known_flows(case["flows"], case["sources"], as_of))
    rates = None if panel is None else panel_rates(case, annual, as_of, panel, geography, target_id)
    tested = None
    if origins is not None and panel is not None:
        tested = panel_scores(panel, origins)
    section = target_section(
        case,
        annual,
        as_of,
        target_id=target_id,
        due=due,
        rates=rates,
        back_tests=tested,
    )
    return section if panel is None else replace(section, text=(*section.text, *panel_notes(panel)))


def panel_scores(panel: Path, most: int) -> pl.DataFrame:
    """Scores of every way on the same points of a panel of bilateral totals, as the table `back_tests`.

    Parameters
    ----------
    most
        So many points drawn at random, all of them where there are fewer.
    """
    totals = read_panel(panel)
    steps = np.diff(sorted(totals["year"].unique()))
    if not steps.size:
        raise InvalidInput(f"{panel.name} has one year only.", fix="Give a panel of several years.")
    step = int(steps.min())
    scored = back_test(totals, step_years=step, most=most)
    if scored.is_empty():
        raise InvalidInput(
            f"{panel.name} has no pair with six values in a row.",
            f"steps of {step} years",
            "give a longer panel.",
        )
    return score_table(scored).with_columns(step_years=pl.lit(float(step)))


def panel_rates(
    case: Case,
    annual: pl.DataFrame,
    as_of: date,
    panel: Path,
    geography: tuple[Path, Path] | None = None,
    target_id: str | None = None,
) -> pl.DataFrame:
    """Base rates of the growth each side's figure needs, from a panel of bilateral totals (exp, imp, time,
    export).

    Comparable are pairs of half to double the turnover; with geography (CEPII's geo_cepii and dist_cepii)
    also those with a landlocked side, and of them those 1,000-4,000 km apart.
    """
    totals = read_panel(panel)
    years = sorted(totals["year"].unique())
    step = min(np.diff(years)) if len(years) > 1 else 1
    shut, distances = read_geography(geography) if geography else (frozenset(), None)
    rows = []
    for reporter in (case.settings.party_a, case.settings.party_b):
        series = turnover_series(case, annual, reporter, as_of)
        if series is None:
            continue
        base = float(series.values[-1])
        for target in (
            turnover_targets(case, as_of, target_id).unique("value").sort("value").iter_rows(named=True)
        ):
            for horizon in (int(step), int(2 * step)):
                cases = growth_cases(totals, horizon)
                for words, like in comparables(base, with_geography=geography is not None):
                    some = comparable_cases(cases, like, landlocked=shut, distances=distances)
                    multiple = target["value"] / base
                    rate = base_rate(
                        some, multiple, f"Pairs that grew {multiple:.3g}-fold in {horizon} years"
                    )
                    rows.append((rate.label, float(horizon), multiple, rate.successes, rate.cases, words))
    schema = ["label", "horizon_years", "multiple", "successes", "cases", "comparable"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def comparables(base_usd: float, *, with_geography: bool = True) -> list[tuple[str, Comparable]]:
    """Ways to be comparable with a turnover, wide to narrow, each with its words."""
    low, high = round(base_usd / 2, -5), round(base_usd * 2, -5)
    size = f"Turnover of USD {low / 1e6:.1f}-{high / 1e6:.1f} m at the start"
    ways = [(size, Comparable(low, high))]
    if with_geography:
        ways.append((f"{size}, one side landlocked", Comparable(low, high, landlocked=True)))
        near = Comparable(low, high, landlocked=True, low_km=1000, high_km=4000)
        ways.append((f"{size}, one side landlocked, 1,000-4,000 km apart", near))
    return ways


def read_panel(path: Path) -> pl.DataFrame:
    """Turnover of every pair from a Parquet or CSV panel; World rows, groups and own trade are left out.

    Raises
    ------
    InvalidInput
        The file is absent or no such panel.
    """
    return _panel(path)[0]


def _panel(path: Path) -> tuple[pl.DataFrame, list[str]]:
    """Turnover of every pair, and what was left out of the panel."""
    names = {"exporter": "exp", "importer": "imp", "year": "time", "value_usd": "export"}
    kept = list(names.values())
    table = read_frame(path, kept, texts=None, rename=names).select(kept)
    table = with_texts(with_numbers(path, table, ["export"], ["time"]), ["exp", "imp"])
    named = table.rename({"exp": "exporter", "imp": "importer", "export": "value_usd"}).drop_nulls()
    rows, notes = countries_only(named)
    blank = table.height - named.height
    if blank:
        notes.insert(0, f"{blank:,} rows with a blank cell left out.")
    one = one_row_each(path, rows, ("exporter", "importer", "time"))
    turnover = turnover_panel(one.rename({"exporter": "exp", "importer": "imp", "value_usd": "export"}))
    if turnover.is_empty():
        raise InvalidInput(
            f"{path.name} has no year in which a pair reports both directions.",
            " ".join([f"{rows.height} rows of pairs.", *notes]),
            "give exp, imp (ISO3), time and export, a row for each direction and year.",
        )
    return turnover, notes


def panel_notes(path: Path) -> list[str]:
    """What `read_panel` leaves out of a panel, in sentences."""
    return [f"Panel: {note}" for note in _panel(path)[1]]


def read_geography(paths: tuple[Path, Path]) -> tuple[frozenset[str], pl.DataFrame]:
    """Landlocked countries and distances of pairs from CEPII's two tables."""
    places = with_codes(read_frame(paths[0], ("iso3", "landlocked"), texts=None), ("iso3",))
    places = with_numbers(paths[0], places, ["landlocked"])
    pairs = with_codes(read_frame(paths[1], ("iso_o", "iso_d", "dist"), texts=None), ("iso_o", "iso_d"))
    pairs = with_numbers(paths[1], pairs.select("iso_o", "iso_d", "dist"), ["dist"])
    distances = pairs.filter(pl.col("iso_o") < pl.col("iso_d")).select(
        pair_a="iso_o", pair_b="iso_d", distance_km="dist"
    )
    return (
        frozenset(places.filter(pl.col("landlocked") == 1)["iso3"]),
        one_row_each(paths[1], distances, ("pair_a", "pair_b")),
    )


__all__ = [
    "comparables",
    "growth_needed",
    "panel_rates",
    "target_answer",
    "target_section",
    "turnover_series",
]
