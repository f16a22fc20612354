"""The workbench: promises and scenarios to tick, corridors before and after, two sets side by side with the cells they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from karwan.amounts import NONE, number, usd
from karwan.errors import UnknownName
from karwan.notes import note
from karwan.project import Project
from karwan.report.blocks import Cell, Column, Table, cell
from karwan.report.text import clean
from karwan.web.answers.page import Asking, Page
from karwan.words import say

_MEASURES = (("usd_20t", 0), ("days", 1), ("days_p95", 1))
_LAST: dict[tuple[int, date], tuple[Project, pl.DataFrame]] = {}


def workbench(asking: Asking) -> Page:
    """The page of `karwan scenario compare`, for one set of scenarios or two."""
    project = asking.project
    listed = project.scenarios().tables["scenarios"]
    known = listed["scenario"].to_list()
    first, second = _set(asking, "with", known), _set(asking, "against", known)
    parts: dict[str, Any] = {
        "choices": _choices(asking, listed, first, second),
        "sets": [_names(first), _names(second)],
    }
    result = None
    if first or second:
        asking.say("corridors before and after")
        sets = [names for names in (first, second) if names]
        marks = [mark for mark, names in zip("AB", (first, second), strict=True) if names]
        found = [project.compare_scenarios(names, as_of=asking.as_of) for names in sets]
        cells = [project.scenario_cells(names).tables["changes"] for names in sets]
        parts |= _compared(marks, [one.tables["corridors"] for one in found])
        parts["changes"] = [_changes(mark, table) for mark, table in zip(marks, cells, strict=True)]
        result = found[0]
        parts["asked"] = _asked(first or second, second if first else [])
        parts["worth"] = _worth(asking, [*first, *second])
    return Page(
        title=say(note("page.scenarios_title")),
        lead=say(note("page.scenarios_lead")),
        parts=parts,
        result=result,
        notes=[say(note("page.scenarios_target"))],
    )


def _asked(first: Sequence[str], second: Sequence[str]) -> str:
    """Two sets as the query of the pages of trade."""
    against = f"&against={','.join(second)}" if second else ""
    return f"?scenarios={','.join(first)}{against}"


def _set(asking: Asking, name: str, known: Sequence[str]) -> list[str]:
    """Scenarios of one set, each once, in the order of the address."""
    named = [part.strip() for text in asking.query.get(name, ()) for part in text.split(",")]
    unknown = [one for one in named if one not in known]
    if unknown:
        raise UnknownName(
            f"No scenario is called {unknown[0]!r}.", f"known: {', '.join(known)}", "tick one of the list."
        )
    return list(dict.fromkeys(named))


def _names(names: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def _choices(
    asking: Asking, listed: pl.DataFrame, first: Sequence[str], second: Sequence[str]
) -> list[dict[str, Any]]:
    """Scenarios with the promises that each models."""
    promises = asking.project.case["commitments"].filter(pl.col("scenario_id").is_not_null())
    rows = []
    for row in listed.iter_rows(named=True):
        own = promises.filter(pl.col("scenario_id") == row["scenario"])["title"].to_list()
        rows.append(
            {
                "id": row["scenario"],
                "title": clean(row["title"], 200),
                "basis": row["basis"],
                "cells": row["overrides"],
                "promises": [clean(title, 160) for title in own],
                "with": row["scenario"] in first,
                "against": row["scenario"] in second,
            }
        )
    return rows


def _compared(marks: Sequence[str], found: Sequence[pl.DataFrame]) -> dict[str, Any]:
    """Corridors as they stand and under each set; those that no set moves by name."""
    moved: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    still: set[str] = set()
    for k, row in enumerate(found[0].iter_rows(named=True)):
        sides = [one.row(k, named=True) for one in found]
        if any(side["moved"] for side in sides):
            moved.append((row, sides))
        else:
            still.add(f"{row['corridor']} ({row['pair_label']})")
    table = Table(
        "compared",
        say(note("page.compared")),
        _columns(marks),
        tuple(_row(row, sides) for row, sides in moved),
        note="" if moved else say(note("page.nothing_moves")),
        wide=True,
    )
    return {"compared": table, "still": sorted(still)}


def _columns(marks: Sequence[str]) -> tuple[Column, ...]:
    heads = [Column("Corridor"), Column("From and to"), Column("State today")]
    for label, unit in (("Money", "USD / 20 t"), ("Days", "scheduled"), ("P95", "days")):
        heads.append(Column(f"{label} today", unit, right=True))
        heads += [Column(f"under {mark}", right=True) for mark in marks]
    heads += [Column(f"State under {mark}") for mark in marks]
    return tuple(heads)


def _row(row: dict[str, Any], sides: Sequence[dict[str, Any]]) -> tuple[Cell, ...]:
    cells = [
        cell(row["corridor"], tone="strong"),
        cell(row["pair_label"]),
        cell(row["status_before"], tone=_tone(row["status_before"])),
    ]
    for measure, digits in _MEASURES:
        before = row[f"{measure}_before"]
        cells.append(cell(number(before, digits)))
        cells += [_change(before, side[f"{measure}_after"], digits) for side in sides]
    cells += [cell(side["status_after"], tone=_tone(side["status_after"])) for side in sides]
    return tuple(cells)


def _tone(status: str | None) -> str:
    return "good" if status == "open" else "late"


def _change(before: float | None, after: float | None, digits: int) -> Cell:
    """A figure after; strong where it moves, quiet where it does not."""
    if after is None:
        return cell(NONE)
    same = before is not None and round(before, digits) == round(after, digits)
    return cell("same" if same else number(after, digits), tone="muted" if same else "strong")


def _changes(mark: str, cells: pl.DataFrame) -> Table:
    """The cells of the case that a set changes, old and new."""
    rows = tuple(
        (
            cell(clean(row["table"])),
            cell(clean(row["key"], 120)),
            cell(clean(row["column"])),
            cell(_said(row["before"])),
            cell(_said(row["after"]), tone="strong"),
        )
        for row in cells.head(60).iter_rows(named=True)
    )
    left = cells.height - len(rows)
    return Table(
        f"changes-{mark}",
        say(note("page.changes", mark=mark, cells=cells.height)),
        (Column("Table"), Column("Row"), Column("Column"), Column("As it stands"), Column("Under it")),
        rows,
        note=f"{left} more cells." if left > 0 else "",
    )


def _said(value: Any) -> str:
    return "(empty)" if value in (None, "") else clean(value, 200)


_NET = (
    *("net_usd_year", "low_net_usd_year", "high_net_usd_year"),
    *("net_usd_year_target", "net_usd_year_kept"),
)


def _promises(asking: Asking) -> pl.DataFrame:
    """What each promise is worth; remembered for the last case and day."""
    key = (id(asking.project), asking.as_of)
    if key not in _LAST:
        asking.say("what keeping is worth")
        found = asking.project.worth(as_of=asking.as_of).tables["promises"]
        _LAST.clear()
        _LAST[key] = (asking.project, found)
    return _LAST[key][1]


def _worth(asking: Asking, names: Sequence[str]) -> Table | None:
    """What keeping the promises of the ticked scenarios is worth: alone, and as the last of all."""
    worth = _promises(asking)
    if not worth.height:
        return None
    own = worth.filter(pl.col("scenario_id").is_in(list(names))).unique(
        "scenario_id", keep="first", maintain_order=True
    )
    rows = tuple(
        (
            cell(clean(row["title"], 140)),
            cell(str(row["scenario_id"]).replace("_", " ")),
            *(cell(usd(row[name])) for name in _NET),
            cell(clean(row["reason"], 200) or NONE),
        )
        for row in own.iter_rows(named=True)
    )
    if not rows:
        return None
    heads = (
        Column("Promise", share=3.0),
        Column("Scenario"),
        Column("Net of duty", "USD a year", right=True),
        Column("low", right=True),
        Column("high", right=True),
        Column("At target", "USD a year", right=True),
        Column("Kept last", "USD a year", right=True),
        Column("Why nothing"),
    )
    return Table("worth", say(note("page.worth")), heads, rows, wide=True)
