"""The choice of a port: shares with their band as a picture, and the tables of the answer."""

from __future__ import annotations

from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Figure
from karwan.report.charts.port_shares import draw_port_shares
from karwan.report.wording import tell
from karwan.web.answers.generic import asked, form_of, shown
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences


def answer(asking: Asking) -> Page:
    """The page of `karwan port choice`."""
    analysis, result = asked(asking)
    picture = draw_port_shares(result.tables["ports"])
    pictures: list[Block] = []
    if picture:
        caption = tell("port.shares_caption")
        pictures.append(
            Figure("f-port-shares", tell("port.shares_figure"), caption, tell("port.shares_unit"), picture)
        )
    return Page(
        title=say(note("port.page_title", market=result.meta["market"].replace("_", " "))),
        lead=say(note("port.page_lead")),
        parts={
            "pictures": pictures,
            "tables": answer_tables(analysis, shown(analysis, result), asking.notes),
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences([*result.notes, *result.alerts]),
    )
