"""The report as an A4 PDF through Typst: blocks passed as data, so no text is read as markup."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import typst

from karwan.analysis.sections import Brief
from karwan.report.blocks import Block, Cell, Document, Figure, Missing, Prose, Section, Table, Tiles
from karwan.report.document import build_document
from karwan.report.fonts import font_folder
from karwan.report.short import annex_document, short_document
from karwan.report.text import tied

TALLEST = 1.24  # height over text width that a page holds beside title and caption
_LONG = re.compile(r"\S{22,}")
_BREAK = re.compile(r"(?<=[/\-_.,;:?&=])(?=\w)")


def render_pdf(brief: Brief, annex: str = "annex.pdf") -> bytes:
    """PDF of a brief: two pages for the meeting, then at most ten; `render_annex` prints the rest.

    `annex` is the name of that file, to which it points for more rows and for its sources.

    The same brief gives the same bytes with the same Typst: the creation date is the day of the brief, and
    only the packaged fonts and those inside Typst are used.
    """
    return print_document(short_document(build_document(brief), annex), brief.as_of)


def render_annex(brief: Brief) -> bytes:
    """PDF of what the printed brief leaves out: tables in full, every route, every stage, sources."""
    return print_document(annex_document(build_document(brief)), brief.as_of)


def print_document(document: Document, as_of: date) -> bytes:
    """PDF of a document, as of a day; see `render_pdf`."""
    known = {source[0] for source in document.sources}
    content = _document(document, known)
    content["date"] = [as_of.year, as_of.month, as_of.day]
    template = files("karwan.report").joinpath("assets/brief.typ").read_text(encoding="utf-8")
    stamp = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    folder = font_folder()
    result: object = typst.compile(  # type: ignore[misc]
        template.encode("utf-8"),
        font_paths=[str(folder)] if folder else [],
        ignore_system_fonts=True,
        sys_inputs={"doc": json.dumps(content, ensure_ascii=False, sort_keys=True)},
        timestamp=stamp,
    )
    assert isinstance(result, bytes)
    return result


def soften(text: str) -> str:
    """Text whose long words may break: zero-width spaces after separators and inside very long words."""

    def part(match: re.Match[str]) -> str:
        pieces = _BREAK.sub("\u200b", match.group()).split("\u200b")
        return "\u200b".join("\u200b".join(p[k : k + 18] for k in range(0, len(p), 18)) for p in pieces)

    return _LONG.sub(part, tied(text)).replace("_", "_\u200b")


def _document(document: Document, known: set[int]) -> dict[str, Any]:
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "as_of": document.as_of,
        "version": document.version,
        "case_id": document.case_id,
        "under": soften(document.under),
        "front": [[[_block(b, known) for b in row] for row in page] for page in document.front],
        "linked": not document.sources_in,
        "headlines": [soften(h) for h in document.headlines],
        "plate": _figure(document.printed, known) if document.printed else None,
        "sections": [_section(s, known) for s in document.sections],
        "annexes": [_section(s, known) for s in document.annexes],
        "sources": [
            {
                "n": n,
                "text": soften(t),
                "url": u,
                "licence": soften(f"{lic}; {rows} rows." if lic else f"{rows} rows."),
            }
            for n, t, u, lic, rows in (() if document.sources_in else document.sources)
        ],
        "colophon": [soften(c) for c in document.colophon],
    }


def _section(section: Section, known: set[int]) -> dict[str, Any]:
    blocks = [_block(b, known) for b in section.blocks]
    return {"number": section.number, "title": section.title, "lead": soften(section.lead), "blocks": blocks}


def _block(block: Block, known: set[int]) -> dict[str, Any]:
    if isinstance(block, Figure):
        return _figure(block, known)
    if isinstance(block, Table):
        return _table(block, known)
    if isinstance(block, Prose):
        lines = [
            {"t": soften(text), "n": [n for n in numbers if n in known]} for text, numbers in block.pairs()
        ]
        return {"kind": "prose", "title": soften(block.title), "texts": lines}
    if isinstance(block, Tiles):
        tiles = [
            {
                "v": soften(t.value),
                "t": soften(t.label),
                "tone": t.tone,
                "n": [n for n in t.notes if n in known],
            }
            for t in block.tiles
        ]
        return {"kind": "tiles", "title": soften(block.title), "tiles": tiles}
    assert isinstance(block, Missing)
    return {"kind": "missing", "title": soften(block.title), "text": soften(block.text)}


def _figure(figure: Figure, known: set[int]) -> dict[str, Any]:
    return {
        "kind": "figure",
        "title": soften(figure.title),
        "caption": soften(figure.caption),
        "unit": figure.unit,
        "svg": figure.svg,
        "width": min(1.0, TALLEST / _tallness(figure.svg)),
        "alt": figure.title,
        "notes": [n for n in figure.notes if n in known],
    }


def _tallness(svg: str) -> float:
    """Height of a picture over its width."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    return float(found[2]) / float(found[1]) if found else 1.0


def _table(table: Table, known: set[int]) -> dict[str, Any]:
    columns = [
        {"label": soften(c.label), "unit": c.unit, "right": c.right, "share": c.share, "wraps": c.wraps}
        for c in table.columns
    ]
    rows = [[_cell(c, known) for c in row] for row in table.rows]
    return {
        "kind": "table",
        "caption": soften(table.caption),
        "note": soften(table.note),
        "wide": table.wide,
        "columns": columns,
        "rows": rows,
    }


def _cell(cell: Cell, known: set[int]) -> dict[str, Any]:
    return {
        "t": soften(cell.text),
        "a": cell.assumed,
        "n": [n for n in cell.notes if n in known],
        "u": cell.url,
        "tone": cell.tone,
        "sw": cell.swatch,
    }
