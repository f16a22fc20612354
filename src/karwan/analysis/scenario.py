"""Scenarios of a case: list them, show what one changes, compare its corridors with the base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from karwan.case import Case, Problem, read_case
from karwan.case.case import case_folder
from karwan.case.problems import shorten
from karwan.case.reader import read_cells
from karwan.case.scenario import (
    FOLDER,
    ScenarioError,
    apply_scenario,
    differences,
    find_scenario,
    list_scenarios,
    meant,
    read_scenario,
)
from karwan.errors import InvalidInput

COMPARED = ("usd_20t", "days", "days_p95", "co2_kg", "assumed_share")
"""Columns of a corridor that are put side by side."""

_ROUTE = ["corridor_id", "origin_id", "destination_id", "direction"]


@dataclass(frozen=True)
class Comparison:
    """Corridors of a case before and after one or more scenarios.

    Attributes
    ----------
    corridors
        One row a corridor, pair and direction: corridor_id, corridor, pair_label, origin_id, destination_id,
        direction, status_before, status_after, reason_before, reason_after, for each of `COMPARED` its value
        _before, _after and
        _change (after less before), and moved (anything differs). Missing where there is no route at all.
    changes
        What the scenarios change: table, key, column, before, after.
    meta
        Case, scenarios, day, and how many corridors opened, shut or moved.
    """

    corridors: pl.DataFrame
    changes: pl.DataFrame
    meta: Mapping[str, Any]


def scenario_list(case: str | Path) -> pl.DataFrame:
    """Scenarios of a case: scenario, title, basis, overrides, source_ids, description."""
    rows = [
        (s.scenario_id, s.title, s.basis, len(s.overrides), list(s.source_ids), s.description)
        for s in list_scenarios(case_folder(case))
    ]
    schema = {
        "scenario": pl.String(),
        "title": pl.String(),
        "basis": pl.String(),
        "overrides": pl.Int64(),
        "source_ids": pl.List(pl.String()),
        "description": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def case_under(case: str | Path, scenarios: str | Sequence[str] | None) -> tuple[Case, Case]:
    """A case as it stands, and under scenarios applied in the order given.

    Every command and the facade read a case through this function; `Case.scenarios` says what the second one stands under.

    Parameters
    ----------
    case
        Id of an embedded case, or a folder.
    scenarios
        Ids of its scenarios or YAML files; one name alone is one scenario, none leaves the case as it stands.

    Raises
    ------
    UnknownName, CaseProblems, ScenarioError
        No such case or scenario; a case or scenario with errors.
    InvalidInput
        A scenario is named twice.
    """
    scenarios = [scenarios] if isinstance(scenarios, str) else list(scenarios or ())
    twice = [name for name in dict.fromkeys(scenarios) if scenarios.count(name) > 1]
    if twice:
        raise InvalidInput(
            f"Scenario {twice[0]!r} is named twice.",
            f"given: {', '.join(scenarios)}",
            "name each scenario once; they are applied in the order given.",
        )
    base = read_case(case)
    changed = base
    for name in scenarios:
        changed = apply_scenario(changed, find_scenario(case_folder(case), name))
    return base, changed


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
    schema = {
        **dict.fromkeys(["scenario", "title", "basis"], pl.String),
        **dict.fromkeys(["overrides", "cells", "promises"], pl.Int64),
    }
    return pl.DataFrame(rows, schema=schema, orient="row"), problems


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


def scenario_changes(case: str | Path, scenarios: Sequence[str]) -> pl.DataFrame:
    """Every cell the scenarios change; see `karwan.case.scenario.differences`."""
    return differences(*case_under(case, scenarios))


def compare_scenario(case: str | Path, scenarios: Sequence[str], as_of: date | None = None) -> Comparison:
    """Corridors before and after.

    Parameters
    ----------
    case
        Id of an embedded case, or a folder.
    scenarios
        Ids or files, applied in this order.
    as_of
        Day of departure; the case's own day by default.
    """
    from karwan.analysis.corridor_compare import compared_routes
    from karwan.analysis.corridors import CorridorStudy

    base, changed = case_under(case, scenarios)
    day = as_of or base.settings.as_of
    corridors = compare_corridors(
        compared_routes(CorridorStudy(base, day)), compared_routes(CorridorStudy(changed, day))
    )
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
    return Comparison(corridors, differences(base, changed), meta)


def compare_corridors(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Two tables of routes (`CorridorStudy.routes`) joined on corridor, pair and direction.

    A route that one of the two lacks keeps its row, with the other's columns missing.
    """
    kept = ["corridor", "pair_label", "status", "reason", *COMPARED]
    old = before.select(_ROUTE + kept).rename({c: f"{c}_before" for c in kept})
    new = after.select(_ROUTE + kept).rename({c: f"{c}_after" for c in kept})
    both = old.join(new, on=_ROUTE, how="full", coalesce=True, maintain_order="left_right")
    sides = [f"{c}_{side}" for c in COMPARED for side in ("before", "after", "change")]
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
    ).select(
        "corridor_id",
        "corridor",
        "pair_label",
        "origin_id",
        "destination_id",
        "direction",
        "status_before",
        "status_after",
        "reason_before",
        "reason_after",
        *sides,
        "moved",
    )
