"""What `trade target` answers: chances of the targets, with base rates and scores from a panel where one is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.flow_table import countries_only
from karwan.analysis.sections import TargetSection
from karwan.analysis.standing import unusual_table
from karwan.analysis.stored_case import stored_case
from karwan.analysis.target import target_section
from karwan.analysis.target_promises import factor_under, promise_chances, scenario_notes
from karwan.analysis.trade_requests import TargetRequest
from karwan.analysis.turnover import Series, turnover_series, turnover_targets
from karwan.analysis.world_flows import with_codes
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.store.frame import one_row_each, read_frame, with_numbers, with_texts
from karwan.trade.forecast import Comparable, base_rate, comparable_cases, growth_cases, turnover_panel
from karwan.trade.forecast.back_test import back_test, score_table
from karwan.trade.standing import annual_series, known_flows


def answer_target(inputs: Inputs, request: TargetRequest) -> Result:
    """Chances of the case's turnover targets, base rates, scores and bands; see `target_section`."""
    stored = stored_case(inputs, request.as_of)
    case = stored.case
    day = request.as_of or case.settings.as_of
    if request.due is not None and request.due <= day:
        raise InvalidInput(
            "The date of the target is past.",
            f"{request.due} is not after {day}, the day of the answer",
            "give a later date.",
        )
    moved = factor_under(case, day)
    factor = 1.0 if moved is None else moved
    section = target_answer(
        case,
        as_of=day,
        factor=factor,
        target_id=request.target,
        due=request.due,
        panel=request.panel,
        geography=request.geography,
        origins=request.origins,
    )
    tables = {
        "chances": section.chances,
        "unusual months as a year before": section.without,
        "base rate": section.base_rate,
        "back-tests": section.back_tests,
        "fan": section.fan,
    }
    if request.promises:
        annual = annual_series(known_flows(case["flows"], case["sources"], day))
        panel, geography = request.panel, request.geography
        rates = None if panel is None else panel_rates(case, annual, day, panel, geography, request.target)
        tables["promises"] = promise_chances(
            case, day, target_id=request.target, due=request.due, factor=factor, rates=rates
        )
    meta = {"case": case.settings.case_id} | ({"factor": factor} if case.scenarios else {})
    return Result(tables, meta, (*section.text, *scenario_notes(case, moved), *stored.notes))


def target_answer(
    case: Case,
    *,
    as_of: date,
    target_id: str | None = None,
    due: date | None = None,
    panel: Path | None = None,
    geography: tuple[Path, Path] | None = None,
    origins: int | None = None,
    factor: float = 1.0,
) -> TargetSection:
    """Everything the command prints: `target_section` with base rates and, from so many `origins`, scores from a
    panel where one is given.
    """
    if origins is not None and panel is None:
        raise InvalidInput("Back-tests need a panel.", fix="Give --panel FILE with --origins.")
    known = known_flows(case["flows"], case["sources"], as_of)
    annual = annual_series(known)
    unusual = unusual_table(case, known, annual, as_of)
    rates = None
    if panel is not None:
        rates = panel_rates(case, annual, as_of, panel, geography, target_id, unusual=unusual)
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
        factor=factor,
        unusual=unusual,
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
    unusual: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Base rates of the growth each side's figure needs, from a panel of bilateral totals (exp, imp, time,
    export); of its year with `unusual` months as a year before too, where they are given.

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
        targets = turnover_targets(case, as_of, target_id)["value"].unique().sort()
        ways = product(starts(series, unusual), targets, (int(step), int(2 * step)))
        for base, target, horizon in ways:
            cases = growth_cases(totals, horizon)
            multiple = target / base
            label = f"Pairs that grew {multiple:.3g}-fold in {horizon} years"
            for words, like in comparables(base, with_geography=geography is not None):
                some = comparable_cases(cases, like, landlocked=shut, distances=distances)
                rate = base_rate(some, multiple, label)
                counted = (rate.label, float(horizon), multiple, rate.successes, rate.cases)
                rows.append((*counted, like.low_usd, like.high_usd, words))
    schema = ["label", "horizon_years", "multiple", "successes", "cases", "low_usd", "high_usd", "comparable"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def starts(series: Series, unusual: pl.DataFrame | None) -> list[float]:
    """Turnover of the last year, then of the same with each stretch of unusual months as a year before."""
    last = float(series.values[-1])
    if unusual is None:
        return [last]
    own = unusual.filter(
        (pl.col("reporter") == series.reporter)
        & (pl.col("year_label") == series.labels[-1])
        & (pl.col("without_usd") > 0.0)
    )
    return [last, *(last * own["without_usd"] / own["turnover_usd"])]


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


def _panel(path: Path) -> tuple[pl.DataFrame, list[Note]]:
    """Turnover of every pair, and what was left out of the panel."""
    names = {"exporter": "exp", "importer": "imp", "year": "time", "value_usd": "export"}
    kept = list(names.values())
    table = read_frame(path, kept, texts=None, rename=names).select(kept)
    table = with_texts(with_numbers(path, table, ["export"], ["time"]), ["exp", "imp"])
    named = table.rename({"exp": "exporter", "imp": "importer", "export": "value_usd"}).drop_nulls()
    rows, notes = countries_only(named)
    blank = table.height - named.height
    if blank:
        notes.insert(0, note("flows.blank", rows=note("flows.rows", count=blank)))
    one = one_row_each(path, rows, ("exporter", "importer", "time"))
    turnover = turnover_panel(one.rename({"exporter": "exp", "importer": "imp", "value_usd": "export"}))
    if turnover.is_empty():
        raise InvalidInput(
            f"{path.name} has no year in which a pair reports both directions.",
            f"{rows.height} of {table.height} rows are of pairs",
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
