"""What everything rests on: shares by basis, conflicts between sources, the list of sources."""

from __future__ import annotations

import polars as pl

from karwan.analysis.provenance import basis_section
from karwan.notes import note
from karwan.report.blocks import Block, Cell, Column, Figure, Table, cell
from karwan.report.charts.basis import draw_basis
from karwan.report.text import clean, safe_url
from karwan.web.answers.generic import asked
from karwan.web.answers.page import Asking, Page
from karwan.web.answers.paged import part_of
from karwan.web.screens import SOURCES
from karwan.words import say


def answer(asking: Asking) -> Page:
    """The page of sources; its files are those of `karwan sources`."""
    analysis, result = asked(asking)
    found = basis_section(asking.project.case, asking.as_of)
    sought = asking.value("find").lower()
    sources = found.sources
    shown = sources.filter(_holds(sought)) if sought else sources
    blocks: list[Block] = []
    picture = draw_basis(found.shares)
    if picture:
        blocks.append(
            Figure(
                "f-basis", say(note("page.basis")), say(note("page.basis_caption")), "share of rows", picture
            )
        )
    conflicts = Table(
        "conflicts",
        say(note("page.conflicts")),
        (Column("About"), Column("Kind"), Column("What stands against what", share=4.0)),
        tuple(
            (cell(clean(row["subject"], 120)), cell(clean(row["kind"])), cell(clean(row["statement"], 900)))
            for row in found.conflicts.iter_rows(named=True)
        ),
    )
    first, parted = part_of("sources", shown.height, asking.value("rows"), SOURCES)
    return Page(
        title=say(note("page.sources_title")),
        lead=say(note("page.sources_lead", count=sources.height)),
        parts={
            "find": sought,
            "pictures": blocks,
            "conflicts": conflicts,
            "count": shown.height,
            "sources": [_source(row) for row in shown[first : first + SOURCES].iter_rows(named=True)],
            "parted": parted if shown.height > SOURCES else None,
        },
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        printed=(_printed(shown),),
    )


def _holds(sought: str) -> pl.Expr:
    texts = [
        pl.col(name).fill_null("").str.to_lowercase()
        for name in ("source_id", "title", "publisher", "licence")
    ]
    return pl.any_horizontal(*(text.str.contains(sought, literal=True) for text in texts))


def _source(row: dict[str, object]) -> dict[str, object]:
    year = f", {row['year']}" if row["year"] else ""
    return {
        "number": row["number"],
        "text": f"{clean(row['title'], 400)}. {clean(row['publisher'], 200)}{year}.",
        "url": safe_url(row["url"]) or "",
        "licence": clean(row["licence"], 120),
        "rows": row["rows"],
    }


def _printed(sources: pl.DataFrame) -> Table:
    """The list as a table, for print."""
    rows = []
    for row in sources.iter_rows(named=True):
        one = _source(row)
        rows.append(
            (
                cell(one["number"]),
                Cell(str(one["text"]), url=str(one["url"])),
                cell(one["licence"]),
                cell(one["rows"]),
            )
        )
    columns = (
        Column("No", right=True),
        Column("Source", share=5.0),
        Column("Licence"),
        Column("Rows", right=True),
    )
    return Table("sources", say(note("page.sources_title")), columns, tuple(rows))
