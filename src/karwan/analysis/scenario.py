"""Scenarios of a case: list them, show what one changes, compare its corridors with the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from karwan.analysis.case_requests import (
    ScenarioCompareRequest,
    ScenarioCompareView,
    ScenarioListRequest,
    ScenarioShowRequest,
)
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridor_compare import compared_routes
from karwan.analysis.corridors import CorridorStudy
from karwan.case import Case, Problem
from karwan.case.case import case_folder
from karwan.case.problems import shorten
from karwan.case.reader import read_cells
from karwan.case.scenario import (
    FOLDER,
    ScenarioError,
    apply_scenario,
    differences,
    list_scenarios,
    meant,
    read_scenario,
    with_scenarios,
)
from karwan.schema.frames import result_frame, result_types

COMPARED = ("usd_20t", "days", "days_p95", "co2_kg", "assumed_share")
"""Columns of a corridor that are put side by side."""

_ROUTE = ["corridor_id", "origin_id", "destination_id", "direction"]


def answer_list(inputs: Inputs, request: ScenarioListRequest) -> Result:
    """Scenarios of a case folder; see `results/scenarios.csv`."""
    rows = (
        {
            "scenario": s.scenario_id,
            "title": s.title,
            "basis": s.basis,
            "overrides": len(s.overrides),
            "source_ids": list(s.source_ids),
            "description": s.description,
        }
        for s in list_scenarios(case_folder(inputs.the_place()))
    )
    return Result({"scenarios": result_frame("scenarios", rows)})


def answer_show(inputs: Inputs, request: ScenarioShowRequest) -> Result:
    """Every cell that scenarios change; see `karwan.case.scenario.differences`."""
    base = inputs.the_case()
    return Result({"changes": differences(base, with_scenarios(base, request.scenarios))})


def answer_comparison(inputs: Inputs, request: ScenarioCompareRequest) -> Result:
    """Corridors before and after, and how many opened, shut or moved."""
    base = inputs.the_case()
    changed = with_scenarios(base, request.scenarios)
    day = request.as_of or base.settings.as_of
    before, after = (compared_routes(CorridorStudy(case, day)) for case in (base, changed))
    return comparison(base, request.scenarios, day, before, after)


def comparison(
    base: Case, scenarios: Sequence[str], day: date, before: pl.DataFrame, after: pl.DataFrame
) -> Result:
    """What `answer_comparison` answers, from routes that are known.

    Parameters
    ----------
    base
        The case as it stands.
    scenarios, day
        What it is set beside, and on which day.
    before, after
        Routes of the case and of the case under the scenarios, as `compared_routes` gives them.
    """
    corridors = compare_corridors(before, after)
    opened = pl.col("status_after") == "open"
    was_open = pl.col("status_before") == "open"
    meta = {
        "case": base.settings.case_id,
        "scenarios": ", ".join(scenarios),
        "as_of": day,
        "routes": corridors.height,
        "opened": corridors.filter(opened & ~was_open).height,
        "shut": corridors.filter(was_open & ~opened).height,
        "moved": corridors.filter("moved").height,
    }
    return Result({"corridors": corridors}, meta)


def present_compare(result: Result, view: ScenarioCompareView, form: str) -> Result:
    """Plain: the corridors that move, or all where asked."""
    if form != "table" or view.every:
        return result
    return replace(result, tables={"corridors": result.tables["corridors"].filter("moved")})


def check_scenarios(case: Case, folder: Path) -> tuple[pl.DataFrame, list[Problem]]:
    """Read every scenario file of a case folder, apply each to the case, and list what is wrong.

    Parameters
    ----------
    case
        The case, readable as a whole.
    folder
        Its folder; `scenarios/*.yaml` in it are read.

    Returns
    -------
    Table of scenario, title, basis, overrides, cells (that differ from the case; null where it cannot be applied) and promises (that
    name it); and the problems: files that are no scenarios, unknown tables, columns, rows and sources, values not allowed, rules of the
    case broken, promises that name a scenario which does not exist; as warnings, scenarios that change nothing and files not read.
    """
    rows: list[tuple[str, str | None, str | None, int | None, int | None, int]] = []
    problems: list[Problem] = []
    promises = case["commitments"]["scenario_id"].drop_nulls().to_list()
    home = folder / FOLDER
    for path in sorted(home.glob("*")) if home.is_dir() else []:
        if path.suffix != ".yaml":
            allowed = f"scenarios are files {FOLDER}/<id>.yaml"
            problems.append(
                Problem("warning", f"{FOLDER}/{path.name}", 0, "", "", "file is not read", allowed)
            )
            continue
        name = path.stem
        try:
            scenario = read_scenario(path)
            cells = differences(case, apply_scenario(case, scenario)).height
        except ScenarioError as error:
            problems += [replace(p, file=f"{FOLDER}/{path.name}") for p in error.problems]
            rows.append((name, None, None, None, None, promises.count(name)))
            continue
        if not cells:
            fact, allowed = (
                "changes no cell of the case",
                "at least one override that differs from the tables",
            )
            problems.append(Problem("warning", f"{FOLDER}/{path.name}", 0, "overrides", "", fact, allowed))
        count = len(scenario.overrides)
        rows.append((name, scenario.title, scenario.basis, count, cells, promises.count(name)))
    problems += _unknown_promises(case, folder, [row[0] for row in rows])
    columns = list(result_types("case_scenarios"))
    table = result_frame("case_scenarios", (dict(zip(columns, row, strict=True)) for row in rows))
    return table, problems


def _unknown_promises(case: Case, folder: Path, known: Sequence[str]) -> list[Problem]:
    """Promises that name a scenario which has no file."""
    if set(case["commitments"]["scenario_id"].drop_nulls()) <= set(known):
        return []
    cells, _ = read_cells(folder / "commitments.csv", ())
    found = []
    for number, row in cells:
        name = row.get("scenario_id", "").strip()
        if name and name not in known:
            fact = f"promise {row.get('commitment_id')} names a scenario without a file{meant(name, known)}"
            allowed = f"a file {FOLDER}/{shorten(name)}.yaml, or an empty cell"
            found.append(Problem("error", "commitments.csv", number, "scenario_id", name, fact, allowed))
    return found


def compare_corridors(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Two tables of routes (`CorridorStudy.routes`) joined on corridor, pair and direction.

    A route that one of the two lacks keeps its row, with the other's columns missing; see `results/scenario_corridors.csv`.
    """
    kept = ["corridor", "pair_label", "status", "reason", *COMPARED]
    old = before.select(_ROUTE + kept).rename({c: f"{c}_before" for c in kept})
    new = after.select(_ROUTE + kept).rename({c: f"{c}_after" for c in kept})
    both = old.join(new, on=_ROUTE, how="full", coalesce=True, maintain_order="left_right")
    moved = pl.any_horizontal(
        pl.col("status_before").ne_missing(pl.col("status_after")),
        *(pl.col(f"{c}_before").ne_missing(pl.col(f"{c}_after")) for c in COMPARED),
    )
    return (
        both.with_columns(
            *(pl.coalesce(f"{c}_before", f"{c}_after").alias(c) for c in ("corridor", "pair_label")),
            *((pl.col(f"{c}_after") - pl.col(f"{c}_before")).alias(f"{c}_change") for c in COMPARED),
            moved=moved,
        )
    ).select(list(result_types("scenario_corridors")))
