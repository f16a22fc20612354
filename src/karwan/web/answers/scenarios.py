"""The workbench: promises and scenarios to tick, corridors before and after, two sets side by side with the cells they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from karwan.amounts import NONE, number, usd
from karwan.analysis.contract import Result
from karwan.analysis.registry import BY_NAME
from karwan.analysis.requests import CompareRequest
from karwan.analysis.scenario import comparison
from karwan.case.scenario import with_scenarios
from karwan.errors import UnknownName
from karwan.notes import note
from karwan.project import Project
from karwan.report.blocks import Cell, Column, Figure, Missing, Table, cell
from karwan.report.charts.moves import Move, draw_moves
from karwan.report.charts.worth import draw_worth
from karwan.report.palette import TOTAL
from karwan.report.text import clean
from karwan.report.wording import tell
from karwan.web.answers.generic import computed
from karwan.web.answers.page import Asking, Page
from karwan.words import say

_MEASURES = (("usd_20t", 0), ("days", 1), ("days_p95", 1))
_ALL = "all"
_WAY = ("corridor_id", "origin_id", "destination_id", "direction")
_Sides = tuple[dict[str, Any], list[dict[str, Any]]]
_LAST: dict[tuple[int, date], tuple[Project, pl.DataFrame]] = {}


def workbench(asking: Asking) -> Page:
    """The page of `karwan scenario compare`, for one set of scenarios or two."""
    project = asking.project
    listed = project.scenarios().tables["scenarios"]
    titles = dict(listed.select("scenario", "title").iter_rows())
    sets = sets_of(asking)
    parts: dict[str, Any] = {"choices": _choices(asking, listed, sets)}
    result = None
    if sets:
        asking.say("corridors before and after")
        found = {mark: _comparison(asking, names) for mark, names in sets.items()}
        parts["sets"] = [
            {"mark": mark, "names": [clean(titles[name], 200) for name in names]}
            for mark, names in sets.items()
        ]
        parts |= _compared(asking, [*sets], [one.tables["corridors"] for one in found.values()])
        parts |= _worth(asking, [name for names in sets.values() for name in names], titles)
        parts["changes"] = [
            _changes(mark, project.scenario_cells(names).tables["changes"]) for mark, names in sets.items()
        ]
        parts["asked"] = _asked(list(sets.values()))
        result = next(iter(found.values()))
    return Page(
        title=say(note("page.scenarios_title")),
        lead=say(note("page.scenarios_lead")),
        parts=parts,
        result=result,
    )


def _comparison(asking: Asking, names: Sequence[str]) -> Result:
    """The answer of `karwan scenario compare`; the routes of the case as it stands are computed once, however many sets are asked."""
    project, day = asking.project, asking.as_of
    before = computed(project, BY_NAME["corridor compare"], CompareRequest(day))
    changed = type(project)(with_scenarios(project.case, names), project.store)
    after = changed.compare(as_of=day)
    return comparison(project.case, names, day, before.tables["routes"], after.tables["routes"])


def sets_of(asking: Asking) -> dict[str, list[str]]:
    """Scenarios of each set that is not empty, by its letter: A is ticked in `with`, B in `against`.

    Raises
    ------
    UnknownName
        A set names a scenario that the case does not have.
    """
    known = asking.project.scenarios().tables["scenarios"]["scenario"].to_list()
    found = {"A": _set(asking, "with", known), "B": _set(asking, "against", known)}
    return {mark: names for mark, names in found.items() if names}


def _asked(sets: Sequence[Sequence[str]]) -> str:
    """One set or two as the query of the pages of trade."""
    first, *others = [",".join(names) for names in sets]
    return f"?scenarios={first}" + "".join(f"&against={one}" for one in others)


def _set(asking: Asking, name: str, known: Sequence[str]) -> list[str]:
    """Scenarios of one set, each once, in the order of the address."""
    named = [part.strip() for text in asking.query.get(name, ()) for part in text.split(",")]
    unknown = [one for one in named if one not in known]
    if unknown:
        raise UnknownName(
            f"No scenario is called {unknown[0]!r}.", f"known: {', '.join(known)}", "tick one of the list."
        )
    return list(dict.fromkeys(named))


def _choices(asking: Asking, listed: pl.DataFrame, sets: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
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
                "with": row["scenario"] in sets.get("A", ()),
                "against": row["scenario"] in sets.get("B", ()),
            }
        )
    return rows


def _compared(asking: Asking, marks: Sequence[str], found: Sequence[pl.DataFrame]) -> dict[str, Any]:
    """Corridors as they stand and under each set, between two places or all; those that no set moves by name."""
    rows = aligned(found)
    pairs = list(dict.fromkeys(row["pair_label"] for row, _ in rows))
    chosen = asking.value("pair") if asking.value("pair") in (*pairs, _ALL) else next(iter(pairs), _ALL)
    moved = [(row, sides) for row, sides in rows if any(side["moved"] for side in sides)]
    own = [(row, sides) for row, sides in moved if chosen in (row["pair_label"], _ALL)]
    drawn = _most_moved(moved, pairs) if chosen == _ALL else chosen
    title = say(note("page.compared") if chosen == _ALL else note("page.compared_of", pair=chosen))
    table = Table(
        "compared",
        title,
        _columns(marks, paired=chosen == _ALL),
        tuple(_row(row, sides, paired=chosen == _ALL) for row, sides in own),
        note=_moved_note(len(moved), len(moved) - len(own)),
        wide=True,
    )
    return {
        "pairs": [{"label": one, "current": one == chosen} for one in (*pairs, _ALL)],
        "picture": _picture(asking, marks, [one for one in rows if one[0]["pair_label"] == drawn], drawn),
        "compared": table,
        "still": sorted(_way(row) for row, sides in rows if not any(side["moved"] for side in sides)),
    }


def _most_moved(moved: Sequence[_Sides], pairs: Sequence[str]) -> str:
    """The pair of places between which most ways move, the first of several; a picture of all would have a hundred rows."""
    counted = [row["pair_label"] for row, _ in moved]
    return max(pairs, key=counted.count, default="")


def _way(row: Mapping[str, Any]) -> str:
    return f"{row['corridor']} ({row['pair_label']})"


def aligned(found: Sequence[pl.DataFrame]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Every way as it stands with its row under each set; a way that only another set has is absent under this one."""
    tables = [{tuple(row[key] for key in _WAY): row for row in one.iter_rows(named=True)} for one in found]
    every = {key: row for table in reversed(tables) for key, row in table.items()}
    ways = [*tables[0], *(key for key in every if key not in tables[0])]
    return [
        (_told(every[way]), [_told(table.get(way, _absent(every[way]))) for table in tables]) for way in ways
    ]


def _absent(row: Mapping[str, Any]) -> dict[str, Any]:
    """A way that a set does not have, as it does not stand either."""
    figures = {f"{measure}_after": row[f"{measure}_before"] for measure, _ in _MEASURES}
    return {**row, **figures, "status_after": row["status_before"], "moved": False}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose states are said where there is no way."""
    return {**row, **{name: row[name] or "absent" for name in ("status_before", "status_after")}}


def _moved_note(moved: int, elsewhere: int) -> str:
    """What moves beyond the table, or that nothing does."""
    if not moved:
        return say(note("page.nothing_moves"))
    return say(note("page.moved_elsewhere", count=elsewhere)) if elsewhere else ""


def _picture(asking: Asking, marks: Sequence[str], rows: Sequence[_Sides], pair: str) -> list[Figure]:
    """Every corridor between two places before and after, those that do not move too."""
    colours = dict(asking.project.case["corridors"].select("corridor_id", "colour").iter_rows())
    moves = [
        Move(
            name=row["corridor"],
            colour=colours.get(row["corridor_id"]) or TOTAL,
            states=(row["status_before"], *(side["status_after"] for side in sides)),
            figures=tuple(
                (row[f"{measure}_before"], *(side[f"{measure}_after"] for side in sides))
                for measure, _ in _MEASURES
            ),
        )
        for row, sides in rows
    ]
    title = say(note("page.moves", pair=pair))
    drawn = draw_moves(moves, marks, title)
    if drawn is None:
        return []
    return [Figure("f-moves", title, say(note("page.moves_caption")), say(note("page.moves_unit")), drawn)]


def _columns(marks: Sequence[str], *, paired: bool) -> tuple[Column, ...]:
    """Headings; `paired` where the rows are of several pairs of places."""
    heads = [Column("Corridor"), *([Column("From and to")] if paired else []), Column("State today")]
    heads += [Column(f"under {mark}") for mark in marks]
    for label, unit in (("Money", "USD / 20 t"), ("Mean", "days"), ("P95", "days")):
        heads.append(Column(f"{label} today", unit, right=True))
        heads += [Column(f"under {mark}", unit, right=True) for mark in marks]
    return tuple(heads)


def _row(row: dict[str, Any], sides: Sequence[dict[str, Any]], *, paired: bool) -> tuple[Cell, ...]:
    cells = [
        cell(row["corridor"], tone="strong"),
        *([cell(row["pair_label"])] if paired else []),
        cell(row["status_before"], tone=_tone(row["status_before"])),
        *(cell(side["status_after"], tone=_tone(side["status_after"])) for side in sides),
    ]
    for measure, digits in _MEASURES:
        before = row[f"{measure}_before"]
        cells.append(cell(number(before, digits)))
        cells += [_change(before, side[f"{measure}_after"], digits) for side in sides]
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


def _worth(asking: Asking, names: Sequence[str], titles: Mapping[str, str]) -> dict[str, Any]:
    """What keeping the promises of the ticked scenarios is worth, drawn and as a table: alone, and as the last of all."""
    worth = _promises(asking)
    own = worth.filter(pl.col("scenario_id").is_in(list(names))) if worth.height else worth
    if not own.height:
        return {"worth": [Missing(say(note("page.worth")), say(note("page.worth_not_modelled")))]}
    rows = tuple(
        (
            cell(clean(row["title"], 140)),
            cell(clean(titles.get(row["scenario_id"], ""), 120)),
            *(cell(usd(row[name])) for name in _NET),
            cell(clean(row["reason"], 200) or NONE),
        )
        for row in own.unique("scenario_id", keep="first", maintain_order=True).iter_rows(named=True)
    )
    heads = (
        Column("Promise", share=3.0),
        Column("Scenario"),
        Column("Net of duty", "USD a year", right=True),
        Column("Low", "USD a year", right=True),
        Column("High", "USD a year", right=True),
        Column("At target", "USD a year", right=True),
        Column("Kept last", "USD a year", right=True),
        Column("Why nothing"),
    )
    table = Table("worth", say(note("page.worth")), heads, rows, note=say(note("page.worth_note")), wide=True)
    picture = draw_worth(own)
    if picture is None:
        return {"worth": [table]}
    caption, unit = say(note("page.worth_caption")), tell("brief_plan.worth_unit")
    return {"worth": [Figure("f-worth", say(note("page.worth")), caption, unit, picture), table]}
