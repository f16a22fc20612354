"""A venture: what its value is, its cash, what moves it, who gains, the tables of the appraisal, its workbook with live formulas; and the list of all."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Figure, Table
from karwan.report.charts.venture import draw_gains, draw_tornado, draw_venture_cash
from karwan.report.venture_book import venture_book
from karwan.report.wording import tell
from karwan.web.answers.generic import asked, form_of, shown
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences

NO_BREAK = "\u00a0"
HEAD = ("fnpv", "enpv", "firr", "eirr", "least_dscr", "fnpv_negative")
"""Indicators that stand above the pictures."""


def listed(asking: Asking) -> Page:
    """The ventures of the case, each a link to its page where it has the figures; its files are those of `karwan venture list`."""
    analysis, result = asked(asking)
    ventures = result.tables["ventures"]
    return Page(
        title=say(note("page.ventures_title")),
        lead=say(note("page.ventures_lead")),
        parts={
            "tables": [
                _linked(one, asking, ventures)
                for one in answer_tables(analysis, shown(analysis, result), asking.notes)
            ]
        },
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences([*result.notes, *result.alerts]),
    )


def _linked(block: Table, asking: Asking, ventures: pl.DataFrame) -> Table:
    """The names of ventures that have figures as links."""
    root = f"/en/{asking.project.case.settings.case_id}/ventures/"
    at = next((k for k, column in enumerate(block.columns) if column.label == "Venture"), 0)
    rows = tuple(
        (*row[:at], replace(row[at], url=f"{root}{one}" if known else ""), *row[at + 1 :])
        for row, one, known in zip(block.rows, ventures["venture_id"], ventures["appraised"], strict=False)
    )
    return replace(block, rows=rows)


def answer(asking: Asking) -> Page:
    """The page of `karwan venture appraise`, of the venture that the address or its question names."""
    if "id" in asking.ids and not asking.value("venture_id"):
        asking = replace(asking, query={**asking.query, "venture_id": [asking.ids["id"]]})
    analysis, result = asked(asking)
    tables = result.tables
    drawn = {
        "cash": draw_venture_cash(tables["cash by year"]),
        "tornado": draw_tornado(tables["what decides"]),
        "gains": draw_gains(tables["who gains"]),
    }
    pictures: list[Block] = [
        Figure(f"f-{name}", tell(f"venture.{name}_figure"), tell(f"venture.{name}_caption"), "USD", picture)
        for name, picture in drawn.items()
        if picture
    ]
    return Page(
        title=say(note("venture.page_title", venture=result.meta["venture"])),
        lead=say(note("venture.page_lead")),
        parts={
            "key": _head(tables["indicators"]),
            "pictures": pictures,
            "tables": answer_tables(analysis, shown(analysis, result), asking.notes),
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in tables},
        notes=sentences([*result.notes, *result.alerts]),
        book=lambda: venture_book(result.detail),
    )


def _head(indicators: pl.DataFrame) -> list[dict[str, str]]:
    """What the page opens with: each indicator's one value with its band, and where none stands the band itself."""
    by_key = {row["indicator"]: row for row in indicators.iter_rows(named=True)}
    found = []
    for row in (by_key[key] for key in HEAD if key in by_key):
        low, _, rest = str(row["band"] or "").partition(" .. ")
        middle, _, high = rest.partition(" .. ")
        if not (high or row["value"] is not None):
            continue
        unit = f"USD{NO_BREAK}" if row["unit"] == "USD" else ""
        if high and row["value"] is None:
            kept = [end.replace(" ", NO_BREAK) for end in (low, high)]
            value = say(note("page.band", low=kept[0], high=kept[1]))
            spread = say(note("page.middle_of_draws", middle=middle))
        else:
            value, spread = row["shown"], say(note("page.of_draws", low=low, high=high)) if high else ""
        found.append({"label": row["label"], "value": f"{unit}{value}", "spread": spread})
    return found
