"""The report as one self-contained HTML file: inline SVG, embedded fonts, no request to anywhere."""

from __future__ import annotations

import re
from importlib.resources import files

from karwan.analysis.sections import Brief
from karwan.report.blocks import Block, Cell, Column, Document, Figure, Missing, Prose, Section, Table, Tiles
from karwan.report.document import build_document
from karwan.report.fonts import font_css
from karwan.report.text import escape, right_to_left, tied

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src "
    "data:; font-src data:; base-uri 'none'; form-action 'none'"
)
_TAGS = re.compile(r"<[^>]*>")
_CODE = re.compile(r"`([^`]+)`")


def render_html(brief: Brief) -> str:
    """HTML of a brief: one file, deterministic, without a script.

    Parameters
    ----------
    brief
        All results of one run.

    Returns
    -------
    The page as text; fonts (about 120 kB) and the relief of the map are embedded.
    """
    document = build_document(brief)
    body = _body(document)
    css = files("karwan.report").joinpath("assets/brief.css").read_text(encoding="utf-8")
    text = _TAGS.sub(" ", body) if len(body) < 20_000_000 else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="generator" content="Karwan {escape(document.version)}">\n'
        f"<title>{escape(document.title)}: brief of {escape(document.as_of)}{escape(_tail(document))}</title>\n"
        f"<style>\n{font_css(text)}\n{css}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(document: Document) -> str:
    parts = [
        '<a class="skip" href="#main">Skip to the brief</a>',
        '<div class="page">',
        _mast(document),
        '<main id="main">',
        _front(document),
        _summary(document),
        _contents(document),
    ]
    parts += [_section(section) for section in (*document.sections, *document.annexes)]
    parts += [_sources(document), "</main>", _colophon(document), "</div>"]
    return "\n".join(part for part in parts if part)


def _text(value: str) -> str:
    """Escaped text, isolated when it runs right to left."""
    body = tied(escape(value))
    return f'<bdi dir="rtl">{body}</bdi>' if right_to_left(value) else body


def _sentence(value: str) -> str:
    """Escaped text whose `commands` are set as code."""
    return _CODE.sub(r"<code>\1</code>", _text(value))


def _mast(document: Document) -> str:
    return (
        '<header class="mast"><p class="label"><span>Country pair brief</span>'
        f"<span>Karwan {escape(document.version)}, case {escape(document.case_id)}</span></p>"
        f'<div><h1>{_text(document.title)}</h1><p class="sub">{_text(document.subtitle)}</p>{_under(document)}</div>'
        f'<p class="when">As of<b>{escape(document.as_of)}</b>nothing later is used as known</p></header>'
    )


def _tail(document: Document) -> str:
    return f", {document.under[0].lower()}{document.under[1:]}" if document.under else ""


def _under(document: Document) -> str:
    return f'<p class="under">{_text(document.under)}</p>' if document.under else ""


def _summary(document: Document) -> str:
    heads = "".join(f"<li>{_sentence(text)}</li>" for text in document.headlines)
    plate = _figure(document.plate) if document.plate else ""
    facts = f'<div class="facts">{_table(document.facts)}</div>' if document.facts else ""
    listed = (
        f'<div><h2 class="label" id="summary-h">In brief</h2><ol class="heads">{heads}</ol></div>'
        if heads
        else ""
    )
    return f'<section class="summary" id="summary" aria-label="Summary">{plate}{listed}{facts}</section>'


def _front(document: Document) -> str:
    """The first pages: rows of blocks side by side where there is room."""
    rows = [
        f'<div class="row n{len(row)}">{"".join(f"<div>{_block(block)}</div>" for block in row)}</div>'
        for page in document.front
        for row in page
    ]
    return f'<section class="front" aria-label="For the meeting">{"".join(rows)}</section>' if rows else ""


def _tiles(block: Tiles) -> str:
    tiles = "".join(
        f"<li><b{_class(tile.tone)}>{_text(tile.value)}</b><span>{_text(tile.label)}{_notes(tile.notes)}</span></li>"
        for tile in block.tiles
    )
    return f'<div class="tiles"><h3>{_text(block.title)}</h3><ul>{tiles}</ul></div>'


def _contents(document: Document) -> str:
    entries = [(s.key, s.number, s.title) for s in (*document.sections, *document.annexes)]
    if document.sources:
        entries.append(("sources", "", "Sources"))
    links = "".join(
        f'<li><a href="#{key}"><b>{escape(number)}</b>{escape(title)}</a></li>'
        for key, number, title in entries
    )
    return f'<nav class="contents" aria-label="Contents"><ol>{links}</ol></nav>'


def _section(section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    return (
        f"{_head(section.key, section.number, section.title)}<p>{_sentence(section.lead)}</p></header>\n"
        f"{blocks}</section>"
    )


def _head(key: str, number: str, title: str) -> str:
    return (
        f'<section class="part" id="{key}" aria-labelledby="{key}-h"><header>'
        f'<span class="no" aria-hidden="true">{escape(number)}</span><h2 id="{key}-h">{escape(title)}</h2>'
    )


def _block(block: Block) -> str:
    if isinstance(block, Figure):
        return _figure(block)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Prose):
        return _prose(block)
    if isinstance(block, Tiles):
        return _tiles(block)
    return _missing(block)


def _notes(numbers: tuple[int, ...]) -> str:
    if not numbers:
        return ""
    links = ",<wbr>".join(f'<a href="#s{n}" aria-label="source {n}">{n}</a>' for n in numbers)
    return f"<sup>{links}</sup>"


def _figure(figure: Figure) -> str:
    kind = ' class="plate"' if figure.wide else ""
    sources = f'<span class="unit"><span>Sources:</span> {_many(figure.notes)}</span>' if figure.notes else ""
    return (
        f'<figure id="{figure.key}"{kind} aria-labelledby="{figure.key}-h">'
        f'<h3 id="{figure.key}-h">{_text(figure.title)}</h3>'
        f'<div class="pic" tabindex="0" role="region" aria-label="{escape(figure.title)}, picture">'
        f"{figure.svg}</div><figcaption>{_sentence(figure.caption)}"
        f'<span class="unit"><span>Unit:</span> {escape(figure.unit)}</span>{sources}</figcaption></figure>'
    )


def _many(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(f'<a href="#s{n}">{n}</a>' for n in numbers[:12])
    return f"{shown} and {len(numbers) - 12} more in the tables" if len(numbers) > 12 else shown


def _table(table: Table) -> str:
    head = "".join(
        f'<th scope="col"{_class("r" if c.right else "")}>{escape(c.label)}'
        + (f'<span class="u">{escape(c.unit)}</span>' if c.unit else "")
        + "</th>"
        for c in table.columns
    )
    rows = "\n".join(f"<tr>{_row(table, row)}</tr>" for row in table.rows)
    note = f'<p class="note">{_sentence(table.note)}</p>' if table.note else ""
    kind = ' class="wide"' if table.wide else ""
    key = f"t-{table.key}"
    return (
        f'<div class="tab" id="{key}">'
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{key}-c">'
        f'<table{kind}><caption id="{key}-c"><span>{_text(table.caption)}</span></caption>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>{note}</div>"
    )


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _row(table: Table, row: tuple[Cell, ...]) -> str:
    parts = []
    for k, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
        body = _cell(cell)
        tag, scope = ("th", ' scope="row"') if k == 0 else ("td", "")
        parts.append(f"<{tag}{scope}{_class(_kind(column, cell))}>{body}</{tag}>")
    return "".join(parts)


def _kind(column: Column, cell: Cell) -> str:
    """Class of a cell: number, short (not broken), medium or long text."""
    size = len(cell.text)
    if column.right:
        return "r"
    if size <= 12 or (size <= 20 and cell.swatch) or (size <= 24 and "→" in cell.text):
        return "s"
    return "x" if size > 60 else "l"


def _cell(cell: Cell) -> str:
    body = _text(cell.text).replace("_", "_<wbr>")
    if cell.url:
        body = f'<a href="{escape(cell.url)}" rel="noopener noreferrer">{body}</a>'
    names = " ".join(name for name in (cell.tone, "assumed" if cell.assumed else "") if name)
    if names:
        body = f'<span class="{names}">{body}</span>'
    if cell.swatch:
        body = f'<span class="sw" style="background:{cell.swatch}"></span>{body}'
    return body + _notes(cell.notes)


def _prose(prose: Prose) -> str:
    title = f"<h3>{_text(prose.title)}</h3>" if prose.title else ""
    lines = [_sentence(text) + _notes(numbers) for text, numbers in prose.pairs()]
    if len(lines) == 1:
        return f'<div class="prose">{title}<p>{lines[0]}</p></div>'
    return f'<div class="prose">{title}<ul>{"".join(f"<li>{line}</li>" for line in lines)}</ul></div>'


def _missing(block: Missing) -> str:
    return f'<div class="missing"><h3>{_text(block.title)}</h3><p>{_sentence(block.text)}</p></div>'


def _sources(document: Document) -> str:
    entries = []
    for number, text, url, licence, rows in document.sources:
        shown = f'<a href="{escape(url)}" rel="noopener noreferrer">{_text(text)}</a>' if url else _text(text)
        count = f"{rows} row{'' if rows == 1 else 's'}" if rows else "no row of the brief"
        entries.append(
            f'<li id="s{number}"><b>{number}</b>{shown} '
            f"<span>{escape(f'{licence}; ' if licence else '')} {count}.</span></li>"
        )
    if not entries:
        return ""
    return (
        _head("sources", "§", "Sources")
        + "<p>Every figure leads to one of these. Rows: figures that rest on the source.</p></header>"
        + f'<ol class="sources">{"".join(entries)}</ol></section>'
    )


def _colophon(document: Document) -> str:
    entries = "".join(f"<li>{_sentence(text)}</li>" for text in document.colophon)
    return f'<footer class="colophon"><h2 class="label">Colophon</h2><ul>{entries}</ul></footer>'
