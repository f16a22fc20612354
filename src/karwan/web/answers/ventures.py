"""A venture: its cash, what moves its value, who gains, the tables of the appraisal, and its workbook with live formulas."""

from __future__ import annotations

from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Figure
from karwan.report.charts.venture import draw_gains, draw_tornado, draw_venture_cash
from karwan.report.venture_book import venture_book
from karwan.report.wording import tell
from karwan.web.answers.generic import asked, form_of
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences


def answer(asking: Asking) -> Page:
    """The page of `karwan venture appraise`."""
    analysis, result = asked(asking)
    tables = result.tables
    drawn = {
        "tornado": draw_tornado(tables["what decides"]),
        "gains": draw_gains(tables["who gains"]),
        "cash": draw_venture_cash(tables["cash by year"]),
    }
    pictures: list[Block] = [
        Figure(f"f-{name}", tell(f"venture.{name}_figure"), tell(f"venture.{name}_caption"), "USD", picture)
        for name, picture in drawn.items()
        if picture
    ]
    return Page(
        title=say(note("venture.page_title", venture=result.meta["venture"])),
        lead=say(note("venture.page_lead")),
        parts={"pictures": pictures, "tables": answer_tables(analysis, result, asking.notes, most=40)},
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in tables},
        notes=sentences([*result.notes, *result.alerts]),
        book=lambda: venture_book(result.detail),
    )
