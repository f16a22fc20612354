"""The brief as a page, its sections as pages of their own, and what of it other screens show."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date

from karwan.analysis.case_requests import BriefRequest
from karwan.analysis.contract import Result
from karwan.analysis.registry import BY_NAME
from karwan.analysis.sections import Brief
from karwan.errors import UnknownName
from karwan.project import Project
from karwan.report.document import build_document
from karwan.report.typst_pdf import render_pdf
from karwan.web.answers.maps import layer_geojson, map_part
from karwan.web.answers.page import Asking, Page

_LAST: OrderedDict[tuple[int, date], tuple[Project, Result]] = OrderedDict()
_REMEMBERED = 3
_LEADS = {  # words of a headline to the screen it comes from, the first that fits
    "corridor": "corridors",
    "shut": "corridors",
    "Turnover": "target",
    "target": "target",
    "chance": "target",
    "promise": "plan",
    "port": "ports",
    "goods": "goods",
}


def brief_on(asking: Asking) -> Brief:
    """The brief of the case on the day asked."""
    brief: Brief = _answer_on(asking).detail
    return brief


def _answer_on(asking: Asking) -> Result:
    """The answer that holds the brief; the last ones are remembered."""
    key = (id(asking.project), asking.as_of)
    if key not in _LAST:
        asking.say("every engine of the brief at work")
        _LAST[key] = (asking.project, asking.project.ask(BY_NAME["brief"], BriefRequest(asking.as_of)))
    _LAST.move_to_end(key)
    while len(_LAST) > _REMEMBERED:
        _LAST.popitem(last=False)
    return _LAST[key][1]


def front(asking: Asking) -> Page:
    """Headlines, key figures and the map; each section has a page of its own."""
    brief = brief_on(asking)
    document = build_document(brief)
    sections = [
        {"number": one.number, "title": one.title, "lead": one.lead, "to": f"brief/{one.key}"}
        for one in (*document.sections, *document.annexes)
    ]
    heads = [{"text": text, "to": _screen_of(text)} for text in document.headlines]
    return Page(
        title=document.title,
        lead=document.subtitle,
        parts={"map": map_part(asking), "headlines": heads, "facts": document.facts, "sections": sections},
        result=_answer_on(asking),
        pdf=lambda: render_pdf(brief),
        geojson=lambda: layer_geojson(asking, "corridors"),
    )


def _screen_of(text: str) -> str:
    return next((to for word, to in _LEADS.items() if word in text), "")


def section(asking: Asking) -> Page:
    """One section of the brief with all its pictures and tables; its files hold its part of `karwan brief`."""
    key = asking.ids["id"]
    document = build_document(brief_on(asking))
    every = (*document.sections, *document.annexes)
    found = next((one for one in every if one.key == key), None)
    if found is None:
        raise UnknownName(
            f"The brief has no section {key!r}.",
            f"it has {', '.join(one.key for one in every)}",
            "follow a link of the brief.",
        )
    result = _answer_on(asking)
    own = {name: table for name, table in result.tables.items() if name.startswith(f"{key}.")}
    analysis = BY_NAME["brief"]
    return Page(
        title=found.title,
        lead=found.lead,
        parts={"tables": list(found.blocks)},
        result=Result(own, result.meta) if own else None,
        declared={name: analysis.table_of(name) for name in own},
    )
