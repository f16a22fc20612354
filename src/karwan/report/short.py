"""The brief in print: two pages and at most ten, and an annex that holds the rest."""

from __future__ import annotations

from dataclasses import replace

from karwan.report.blocks import Block, Document, Missing, Prose, Section, Table
from karwan.report.wording import tell

KEPT: dict[str, dict[str, int]] = {
    "standing": {"f-annual": 0, "distance": 6, "f-growth": 0, "mirror": 5, "f-reconciled": 0},
    "corridors": {"corridor-table": 20, "closures": 10, "f-stages-a_to_b": 0, "f-arrivals-a_to_b": 0},
    "goods": {"f-landed-atob": 0, "f-potential": 0, "basket": 10},
    "ports": {"ports-table": 17},
    "plan": {"f-status": 0, "f-worth": 0, "worth": 4, "venture-appraisals": 6, "contracts": 5},
    "target": {"f-chances": 0, "chances-without": 9, "base-rate": 2},
    "basis": {"f-basis": 0},
}
"""Blocks of each section that the printed brief keeps, and of a table how many rows."""


def short_document(document: Document, annex: str) -> Document:
    """What is printed: the two pages, then of each section what it must not miss; the rest stands in the annex.

    Parameters
    ----------
    annex
        File name of the annex, to which sections and sources point.
    """
    sections = tuple(_short(section, annex) for section in document.sections)
    colophon = (tell("front.sources", annex=annex), *document.colophon)
    return replace(document, sections=sections, annexes=(), sources_in=annex, colophon=colophon)


def annex_document(document: Document) -> Document:
    """What the printed brief leaves out, tables in full, and the sources."""
    sections = tuple(filter(None, (_rest(section) for section in document.sections)))
    return replace(
        document,
        title=tell("front.annex_title", title=document.title),
        subtitle=tell("front.annex_subtitle"),
        headlines=(),
        facts=None,
        plate=None,
        printed=None,
        front=(),
        sections=sections,
    )


def _short(section: Section, annex: str) -> Section:
    kept = KEPT.get(section.key, {})
    blocks = [_cut(block, kept) for block in section.blocks if _stays(block, kept)]
    left_out = len(blocks) < len(section.blocks)
    if left_out:
        blocks.append(Prose((tell("front.rest_stands", annex=annex),)))
    return replace(section, blocks=tuple(blocks))


def _rest(section: Section) -> Section | None:
    """The section with what the printed brief leaves out or cuts; None where it has all."""
    kept = KEPT.get(section.key, {})
    blocks = tuple(b for b in section.blocks if not _stays(b, kept) or _cut(b, kept) is not b)
    return replace(section, blocks=blocks) if blocks else None


def _stays(block: Block, kept: dict[str, int]) -> bool:
    return isinstance(block, Missing) or getattr(block, "key", "") in kept


def _cut(block: Block, kept: dict[str, int]) -> Block:
    """The block, a table with at most its share of rows and a word on the others."""
    if not isinstance(block, Table) or len(block.rows) <= kept[block.key]:
        return block
    shown = kept[block.key]
    more = tell("front.more_rows", shown=shown, all=len(block.rows))
    return replace(block, rows=block.rows[:shown], note=f"{block.note} {more}".strip())
