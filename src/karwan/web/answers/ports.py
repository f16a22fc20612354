"""Ports: by which the trade with a market goes, with its band; and the ports, terminals and zones side by side."""

from __future__ import annotations

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.ports import ports_section
from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Figure
from karwan.report.charts.port_shares import draw_port_shares
from karwan.report.sections.ports import port_blocks
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
    market = say(note(f"port.market_{result.meta['market']}"))
    return Page(
        title=say(note("port.page_title", market=market)),
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


def screen(asking: Asking) -> Page:
    """The same with the ports, terminals and zones of the case side by side; its files are those of `karwan port choice`."""
    page = answer(asking)
    study = CorridorStudy(asking.project.case, asking.as_of)
    parts = {**page.parts, "after": port_blocks(ports_section(study), asking.as_of, asking.notes)}
    return Page(page.title, page.lead, parts, page.form, page.result, page.declared, page.notes)
