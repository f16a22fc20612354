"""The basket: the goods that reach a value at least cost, what binds, and the cost with fewer or more of them."""

from __future__ import annotations

import polars as pl

from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Figure
from karwan.report.charts.basket import draw_basket, draw_frontier
from karwan.report.wording import tell
from karwan.web.answers.generic import asked, form_of, shown
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences

_EMPTY = pl.DataFrame()


def answer(asking: Asking) -> Page:
    """The page of `karwan basket`."""
    analysis, result = asked(asking)
    tables = result.tables
    drawn = {
        "basket": draw_basket(tables.get("basket", _EMPTY)),
        "frontier": draw_frontier(tables.get("frontier", _EMPTY)),
    }
    pictures: list[Block] = [
        Figure(f"f-{name}", tell(f"basket.{name}_figure"), tell(f"basket.{name}_caption"), "USD", picture)
        for name, picture in drawn.items()
        if picture
    ]
    follow = (
        [] if asking.value("frontier") else [{"add": "5,10,20,40", "text": say(note("page.basket_frontier"))}]
    )
    return Page(
        title=say(note("page.basket_title")),
        lead=say(note("page.basket_lead")),
        parts={
            "pictures": pictures,
            "frontier": follow,
            "tables": answer_tables(analysis, shown(analysis, result), asking.notes),
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in tables},
        notes=sentences([*result.notes, *result.alerts]),
    )
