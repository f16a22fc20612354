"""The plan as the case has it: a board by state, a line of time, and what keeping each promise is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from karwan.analysis.contract import Result
from karwan.notes import note
from karwan.report.answer_tables import answer_tables, result_block
from karwan.report.blocks import Block, Figure, Missing, Table
from karwan.report.charts.changes import Change, draw_changes
from karwan.report.sections.plan import (
    PROMISED,
    gains_figure,
    promise_tables,
    status_figure,
    timeline_figure,
    venture_tables,
    worth_figure,
)
from karwan.report.text import day
from karwan.schema.results import result_table
from karwan.web.answers.generic import asked, form_of, shown
from karwan.web.answers.page import Asking, Page
from karwan.web.forms import Control
from karwan.words import say, sentences

_VIEWS = ("board", "timeline")


def board(asking: Asking) -> Page:
    """Promises by domain and state, late ones first, each a link to its page; or milestones on a line of time. Its files are those of `karwan plan status`."""
    analysis, result = asked(asking)
    view = asking.value("view") if asking.value("view") in _VIEWS else _VIEWS[0]
    make = _board if view == "board" else _timeline
    return Page(
        title=say(note("page.plan_title")),
        lead=say(note("page.plan_lead", day=day(asking.as_of))),
        parts={
            "views": [
                {"key": one, "label": say(note(f"page.plan_{one}")), "current": one == view} for one in _VIEWS
            ],
            "tables": make(asking, result.tables),
        },
        form=[*form_of(asking), *_filters(asking, result.tables["commitments"])] if view == "board" else (),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences(result.notes),
    )


def _board(asking: Asking, tables: Mapping[str, pl.DataFrame]) -> list[Block]:
    own = _chosen(asking, tables["commitments"])
    found: list[Block | None] = [status_figure(tables["by_domain"], asking.as_of)]
    kinds = (own.filter(pl.col("kind") == "promise"), own.filter(pl.col("kind") != "promise"))
    titles = dict(asking.project.scenarios().tables["scenarios"].select("scenario", "title").iter_rows())
    for table, part in zip(promise_tables(own, asking.notes, titles), kinds, strict=True):
        promises = _linked(table, asking, "plan/promises/{}", 1, part["commitment_id"].to_list())
        found.append(_linked(promises, asking, "scenarios?with={}", -1, part["scenario_id"].to_list()))
    if not own.height:
        found.append(Missing(say(note("page.plan_none")), say(note("page.plan_none_why"))))
    ventures = tables["ventures"]
    for table, part in zip(
        venture_tables(ventures, asking.notes),
        (ventures.filter("announced"), ventures.filter(~pl.col("announced"))),
        strict=False,
    ):
        found.append(_linked(table, asking, "ventures/{}", 0, part["venture_id"].to_list()))
    return [one for one in found if one is not None]


def _timeline(asking: Asking, tables: Mapping[str, pl.DataFrame]) -> list[Block]:
    picture = timeline_figure(tables["milestones"], asking.as_of, asking.notes)
    if picture is None:
        return [Missing(say(note("page.plan_timeline")), say(note("page.plan_no_milestones")))]
    declared = result_table("plan_milestones")
    title = say(note("page.plan_milestones"))
    table = result_block(declared, "milestones", title, tables["milestones"], asking.notes)
    return [picture, _with_ventures(asking, table)]


def _with_ventures(asking: Asking, table: Table) -> Table:
    """A table whose column of ventures holds their names, each a link to its page."""
    names = dict(asking.project.case["ventures"].select("venture_id", "name").iter_rows())
    root = f"/en/{asking.project.case.settings.case_id}/ventures/"
    at = next((k for k, column in enumerate(table.columns) if column.label == "Venture"), None)
    if at is None:
        return table
    rows = []
    for row in table.rows:
        known = row[at].text in names
        one = replace(row[at], text=names[row[at].text], url=root + row[at].text) if known else row[at]
        rows.append((*row[:at], one, *row[at + 1 :]))
    return replace(table, rows=tuple(rows))


def _chosen(asking: Asking, commitments: pl.DataFrame) -> pl.DataFrame:
    """Promises of the domain and side asked for, late or due since a day where that is asked."""
    kept = commitments
    if asking.value("domain"):
        kept = kept.filter(pl.col("domain") == asking.value("domain"))
    if asking.value("side"):
        kept = kept.filter(pl.col("parties").str.contains(asking.value("side"), literal=True))
    if asking.value("late"):
        kept = kept.filter(pl.col("late") | pl.col("part_late"))
    return kept


def _filters(asking: Asking, commitments: pl.DataFrame) -> list[Control]:
    """Controls of what the board shows."""
    parties = asking.project.case.parties
    domains = commitments["domain"].drop_nulls().unique(maintain_order=True).sort().to_list()
    return [
        Control(
            "domain",
            say(note("page.plan_domain")),
            say(note("page.plan_domain_help")),
            "select",
            asking.value("domain"),
            choices=(("", say(note("page.all"))), *((one, one) for one in domains)),
        ),
        Control(
            "side",
            say(note("page.plan_side")),
            say(note("page.plan_side_help")),
            "select",
            asking.value("side"),
            choices=(
                ("", say(note("page.all"))),
                (parties.code_a, parties.name_a),
                (parties.code_b, parties.name_b),
            ),
        ),
        Control(
            "late",
            say(note("page.plan_late")),
            say(note("page.plan_late_help")),
            "check",
            asking.value("late"),
        ),
    ]


def _linked(
    table: Table | None, asking: Asking, pattern: str, at: int, ids: Sequence[str | None]
) -> Table | None:
    """A table, one cell of each row a link to the page of its thing, where it has one; a cell with a link of its own keeps it."""
    if table is None:
        return None
    root = f"/en/{asking.project.case.settings.case_id}/"
    rows = []
    for row, one in zip(table.rows, ids, strict=True):
        cells = list(row)
        if one:
            cells[at] = replace(cells[at], url=cells[at].url or root + pattern.format(one))
        rows.append(tuple(cells))
    return replace(table, rows=tuple(rows))


def worth(asking: Asking) -> Page:
    """What keeping each promise is worth, as a picture and in tables; its files are those of `karwan plan worth`."""
    analysis, result = asked(asking)
    promises = result.tables["promises"]
    known = promises.filter(pl.col("rank").is_not_null())
    parties = asking.project.case.parties
    contracts = asking.project.case["commitments"].filter(~PROMISED).height
    figures = (
        worth_figure(known, promises.height, contracts),
        gains_figure(known, (parties.name_a, parties.name_b)),
    )
    pictures: list[Block] = [one for one in figures if one is not None]
    if known.is_empty():
        pictures.append(Missing(say(note("page.worth_none")), say(note("page.worth_none_why"))))
    return Page(
        title=say(note("page.worth_title")),
        lead=say(note("page.worth_lead")),
        parts={
            "pictures": pictures,
            "tables": answer_tables(analysis, shown(analysis, result), asking.notes),
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences([*result.notes, *result.alerts]),
    )


_AFTERWARDS = ("change", "evidence", "grounds", "delay_usd_month")
"""Columns of the next plan that a second table tells."""


def draft(asking: Asking) -> Page:
    """The next plan: who gains by each promise as a picture, what would be promised, and what shows that it is kept."""
    analysis, result = asked(asking)
    read = shown(analysis, result)
    parties, promises = asking.project.case.parties, read.tables["draft"]
    titles = dict(asking.project.scenarios().tables["scenarios"].select("scenario", "title").iter_rows())
    rows = [
        Change(f"{row['number']}. {titles[row['scenario_id']]}", (row["usd_year_a"], row["usd_year_b"]))
        for row in promises.iter_rows(named=True)
    ]
    title = say(note("page.draft_gains"))
    drawn = draw_changes(rows, title, (parties.name_a, parties.name_b))
    pictures: list[Block] = []
    if drawn:
        pictures.append(Figure("f-draft", title, say(note("page.draft_gains_caption")), "USD a year", drawn))
    declared = result_table("draft_promises")
    told = [name for name in promises.columns if name not in ("number", *_AFTERWARDS)]
    tables: list[Block] = [
        result_block(
            declared, "draft", say(note("page.draft_table")), promises, asking.notes, without=_AFTERWARDS
        ),
        result_block(
            declared,
            "shown-by",
            say(note("page.draft_shown_by")),
            promises,
            asking.notes,
            without=tuple(told),
        ),
    ]
    if not promises.height:
        tables = [Missing(say(note("page.draft_title")), say(note("page.draft_none")))]
    others = Result({key: table for key, table in read.tables.items() if key != "draft"})
    return Page(
        title=say(note("page.draft_title")),
        lead=say(note("page.draft_lead", start=day(result.meta["from"]), end=day(result.meta["to"]))),
        parts={"pictures": pictures, "tables": [*tables, *answer_tables(analysis, others, asking.notes)]},
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences([*result.notes, *result.alerts]),
    )
