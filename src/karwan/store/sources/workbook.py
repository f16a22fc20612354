"""Read one sheet of an Excel workbook as text, row by row, with the row numbers Excel shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from karwan.store.excel import open_workbook, sheet_rows
from karwan.store.reading import Progress
from karwan.store.sources.content import Content
from karwan.store.sources.delimited import BadTable, check_columns
from karwan.store.sources.mapping import TableMapping

BLOCK_ROWS = 20_000
MAX_HEADER_CELLS = 2_000


def read_sheet(
    content: Content, mapping: TableMapping, progress: Progress, unread: list[str]
) -> Iterator[pl.DataFrame]:
    """Frames with `line` (the row number Excel shows), `fault`, `raw` and the mapping's columns as text.

    A formula is read as its text (`=A1*2`), never evaluated: a figure that is a formula is rejected with that
    reason. Numbers keep their digits; whole numbers lose no digit and gain no `.0`. Cells of figures that are numbers
    are written with the mapping's decimal mark, as cells of text are. Dates read `2025-03-01`.

    Parameters
    ----------
    unread
        Where the mapping names no sheet, the first that is not hidden is read; the titles of the other visible ones that
        have the mapping's columns too are put here.

    Raises
    ------
    BadTable
        No such sheet, or it lacks needed columns.
    BadArchive
        No whole workbook, or a bomb.
    """
    if content.member is not None:
        raise BadTable(
            f"{content.name} is a workbook inside a zip.", fix="A workbook is packed already: unpack the zip."
        )
    with open_workbook(content.path) as book:
        sheet = _sheet(content, book, mapping)
        others = [other for other in _visible(book) if other is not sheet and mapping.sheet is None]
        unread[:] = [other.title for other in others if _has_columns(content, other, mapping)]
        yield from _sheet_frames(content, sheet_rows(content.name, sheet), mapping)
        progress(content.size)


def _visible(book: Any) -> list[Any]:
    """Sheets that are not hidden; all where every one is."""
    return [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or list(book.worksheets)


def _has_columns(content: Content, sheet: Any, mapping: TableMapping) -> bool:
    """Whether the header row of a sheet has the mapping's columns."""
    return set(mapping.needed()) <= set(_header(sheet_rows(content.name, sheet), mapping))


def _header(rows: Iterator[tuple[object, ...]], mapping: TableMapping) -> list[str]:
    header: list[str] = []
    for _ in range(mapping.header_row):
        header = [_text(cell) for cell in next(rows, ())[:MAX_HEADER_CELLS]]
    return header


def _sheet(content: Content, book: Any, mapping: TableMapping) -> Any:
    """The sheet the mapping names, or the first that is not hidden."""
    titles = [sheet.title for sheet in book.worksheets]
    if not titles or (mapping.sheet is not None and mapping.sheet not in titles):
        raise BadTable(
            f"{content.name} has no sheet{f' `{mapping.sheet}`' if mapping.sheet else ''}.",
            evidence=f"sheets: {', '.join(titles) or 'none'}",
            fix="Set `sheet` in the mapping." if titles else "Fetch it again, or save the table as CSV.",
        )
    return book.worksheets[titles.index(mapping.sheet)] if mapping.sheet else _visible(book)[0]


def _sheet_frames(
    content: Content, rows: Iterator[tuple[object, ...]], mapping: TableMapping
) -> Iterator[pl.DataFrame]:
    needed = mapping.needed()
    header = _header(rows, mapping)
    check_columns(content, header, needed, ",")
    figures = mapping.figure_columns()
    columns = [(header.index(name), mapping.decimal_mark if name in figures else ".") for name in needed]
    block: list[list[str]] = []
    first = mapping.header_row + 1
    for row in rows:
        block.append([_text(row[place], mark) if place < len(row) else "" for place, mark in columns])
        if len(block) == BLOCK_ROWS:
            yield _frame(block, needed, first)
            first += len(block)
            block = []
    if block:
        yield _frame(block, needed, first)


def _text(cell: object, decimal: str = ".") -> str:
    """A cell's text; a number's decimals after `decimal`."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, float):
        return str(cell).replace(".", decimal)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()


def _frame(block: list[list[str]], needed: Sequence[str], first: int) -> pl.DataFrame:
    table = pl.DataFrame(block, schema=dict.fromkeys(needed, pl.String), orient="row")
    blank = pl.all_horizontal(pl.col(name) == "" for name in needed)
    return table.select(
        (pl.int_range(pl.len(), dtype=pl.Int64) + first).alias("line"),
        pl.lit(None, dtype=pl.String).alias("fault"),
        pl.concat_str(needed, separator=",").str.slice(0, 300).alias("raw"),
        *needed,
    ).filter(~blank)
