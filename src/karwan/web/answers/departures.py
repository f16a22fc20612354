"""When to leave: the days of the best route for each departure day of a year; and the sheet of one route for print."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from karwan.amounts import number
from karwan.notes import note
from karwan.report.answer_tables import result_block
from karwan.report.blocks import Block, Column, Figure, Table, cell
from karwan.report.charts.departures import draw_departures
from karwan.report.text import clean, day
from karwan.schema.results import result_table
from karwan.web.answers.generic import computed, form_of, usual_values
from karwan.web.answers.page import Asking, Page
from karwan.web.answers.routes import asked_words, chosen_route
from karwan.web.forms import read_request
from karwan.words import say, sentences


def year(asking: Asking) -> Page:
    """P50 and P95 of the best route by departure day; a day of the table sets the departure of the planner."""
    analysis = asking.screen.analysis
    assert analysis is not None
    request = read_request(analysis.request, asking.query, usual_values(asking.project.case, analysis.name))
    result = computed(asking.project, analysis, replace(request, days_of_year=True))
    days = result.tables["days_of_year"]
    svg = draw_departures(days, "year", say(note("page.year_picture")))
    months = days.group_by_dynamic("departure", every="1mo").agg(
        best=pl.col("days_p95").min(),
        worst=pl.col("days_p95").max(),
        day=pl.col("departure").sort_by("days_p95").first(),
        median=pl.col("days_p50").median(),
    )
    return Page(
        title=say(note("page.year_title")),
        lead=asked_words(result),
        parts={
            "pictures": [
                Figure("f-year", say(note("page.year_picture")), say(note("page.year_caption")), "days", svg)
            ],
            "tables": [_months(asking, months)],
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences(result.notes),
    )


def _months(asking: Asking, months: pl.DataFrame) -> Table:
    root = f"/en/{asking.project.case.settings.case_id}/route?depart="
    rows = tuple(
        (
            cell(f"{row['departure']:%B %Y}"),
            cell(number(row["median"], 1)),
            cell(number(row["best"], 1)),
            cell(number(row["worst"], 1)),
            cell(day(row["day"]), url=f"{root}{row['day']}"),
        )
        for row in months.iter_rows(named=True)
    )
    heads = (
        Column("Month"),
        Column("Median", "days", right=True),
        Column("P95 on the best day", "days", right=True),
        Column("P95 on the worst day", "days", right=True),
        Column("Best day to leave"),
    )
    return Table("months", say(note("page.year_table")), heads, rows)


def sheet(asking: Asking) -> Page:
    """One route for print: a ladder of its stages with planned days, and its papers as a check list."""
    analysis = asking.screen.analysis
    assert analysis is not None
    request = read_request(analysis.request, asking.query, usual_values(asking.project.case, analysis.name))
    result = computed(asking.project, analysis, request)
    number_of = chosen_route(asking, result.tables["routes"])
    one = pl.col("route") == number_of
    name = clean(result.tables["routes"].filter(one)["name"][0], 160)
    blocks: list[Block] = [
        _ladder(asking, result.tables["stages"].filter(one), request.departure),
        _papers(asking, result.tables["papers"].filter(one)),
    ]
    guarantees = result.tables["guarantees"].filter(one)
    if guarantees.height:
        rows = result_table("route_guarantees")
        blocks.append(
            result_block(
                rows, "guarantees", say(note("page.guarantees")), guarantees, asking.notes, without=("route",)
            )
        )
    return Page(
        title=say(note("page.sheet_title", route=number_of, name=name)),
        lead=asked_words(result),
        parts={"tables": blocks},
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=[say(note("page.sheet_note"))],
    )


def _ladder(asking: Asking, stages: pl.DataFrame, departure: date) -> Table:
    """Stages with the day each begins where every stage takes its mean."""
    hours, rows = 0.0, []
    for row in stages.iter_rows(named=True):
        start = departure + timedelta(hours=hours)
        hours += row["hours"]
        rows.append(_rung(asking, row, start))
    heads = (
        Column("Begins"),
        Column("Stage", share=3.0),
        Column("By"),
        Column("Length", "km", right=True),
        Column("Mean", "hours", right=True),
        Column("Money", "USD", right=True),
        Column("Done"),
    )
    return Table("ladder", say(note("page.ladder")), heads, tuple(rows))


def _rung(asking: Asking, row: dict[str, Any], start: date) -> tuple[Any, ...]:
    assumed = row["basis"] == "assumed"
    return (
        cell(day(start), notes=asking.notes.of(row["source_id"])),
        cell(clean(row["name"], 120)),
        cell(row["mode"]),
        cell(number(row["km"]) if row["km"] else ""),
        cell(number(row["hours"], 1), assumed=assumed),
        cell(number(row["usd"]), assumed=assumed),
        cell("☐"),
    )


def _papers(asking: Asking, papers: pl.DataFrame) -> Table:
    rows = tuple(
        (
            cell("☐"),
            cell(clean(row["name"], 160), notes=asking.notes.of(row["source_id"])),
            cell(clean(row["place"] or row["scope"], 80)),
            cell(clean(row["issued_by"], 120)),
            cell(number(row["cost_usd"]), assumed=row["basis"] == "assumed"),
            cell(number(row["time_h"]), assumed=row["basis"] == "assumed"),
        )
        for row in papers.iter_rows(named=True)
    )
    heads = (
        Column("Have"),
        Column("Paper", share=3.0),
        Column("Asked at"),
        Column("From whom", share=2.0),
        Column("Cost", "USD", right=True),
        Column("Takes", "hours", right=True),
    )
    return Table("papers", say(note("page.papers")), heads, rows)
