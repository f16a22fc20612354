"""Files of a screen: JSON and CSV as the command line prints them, a workbook, GeoJSON, and the page as PDF."""

from __future__ import annotations

from typing import Any

from karwan._version import __version__
from karwan.analysis.contract import Result
from karwan.errors import UnknownName
from karwan.exports import json_text
from karwan.report.answer_book import answer_book
from karwan.report.blocks import Document, Section
from karwan.report.text import clean, day, safe_url
from karwan.report.typst_pdf import print_document
from karwan.report.wording import tell
from karwan.schema.answer_text import answer_content, csv_text, with_notes
from karwan.web.answers.page import Asking, Page
from karwan.words import say_facts, sentences

KINDS = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "geojson": "application/geo+json",
}


def file_of(asking: Asking, page: Page, form: str) -> tuple[str, bytes]:
    """Media type and bytes of one file of an answered screen.

    Raises
    ------
    UnknownName
        The screen has no such file.
    """
    if form == "geojson" and page.geojson is not None:
        return KINDS[form], page.geojson()
    if form == "xlsx" and page.book is not None:
        return KINDS[form], page.book()
    if form == "pdf" and page.pdf is not None:
        return KINDS[form], page.pdf()
    if form == "pdf":
        return KINDS[form], print_document(_document(asking, page), asking.as_of)
    if page.result is None or form not in ("json", "csv", "xlsx"):
        raise UnknownName(f"This page has no {form}.", "its files stand at its foot", "ask one of them.")
    result = _presented(asking, page.result, form)
    if form == "json":
        return KINDS[form], json_of(asking, result)
    if form == "csv":
        return KINDS[form], csv_text(result.tables).encode()
    return KINDS[form], answer_book(
        result.tables,
        page.declared,
        title=page.title,
        under=asking.project.case.under,
        notes=page.notes,
        as_of=asking.as_of,
    )


def json_of(asking: Asking, result: Result) -> bytes:
    """JSON of a result, byte for byte that of the command."""
    analysis = asking.screen.analysis
    if analysis is None:
        return _text(answer_content(result.tables, say_facts(result.meta), sentences(result.notes)))
    if analysis.bare:
        return _text(next(iter(result.tables.values())).to_dicts())
    said = sentences([*result.notes, *result.alerts])
    facts = say_facts(result.meta)
    meta, notes = with_notes(facts, said, analysis.notes_key, joined=analysis.notes_joined)
    under = asking.project.case.stands_under if analysis.case in ("argument", "option") else ()
    return _text(answer_content(result.tables, meta, notes, under))


def _presented(asking: Asking, result: Result, form: str) -> Result:
    analysis = asking.screen.analysis
    if analysis is None:
        return result
    return analysis.presented(result, analysis.view() if analysis.view else None, form)


def _text(content: Any) -> bytes:
    return (json_text(content) + "\n").encode()


def _document(asking: Asking, page: Page) -> Document:
    """The page as a document: its blocks in order, its notes, and the sources they rest on."""
    case = asking.project.case
    settings = case.settings
    blocks = tuple(page.blocks())
    used = {n for block in blocks for row in getattr(block, "rows", ()) for cell in row for n in cell.notes}
    sources = tuple(
        (
            int(row["number"]),
            f"{clean(row['title'], 400)}. {clean(row['publisher'], 200)}, {row['year'] or 'no year'}.",
            safe_url(row["url"]) or "",
            clean(row["licence"], 120),
            int(row["rows"] or 0),
        )
        for row in asking.project.sources().tables["sources"].iter_rows(named=True)
        if row["number"] in used
    )
    return Document(
        title=clean(page.title, 300),
        subtitle=clean(settings.title, 300),
        as_of=day(asking.as_of),
        version=__version__,
        case_id=settings.case_id,
        headlines=tuple(clean(note, 600) for note in page.notes),
        facts=None,
        plate=None,
        sections=(Section("answer", "1", clean(page.title, 300), clean(page.lead, 600), blocks),),
        annexes=(),
        sources=sources,
        colophon=(tell("brief_page.marks"),),
        under=clean(case.under, 600),
    )
