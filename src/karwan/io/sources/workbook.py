"""Read one sheet of an Excel workbook as text, row by row, with the row numbers Excel shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import polars as pl

from karwan.errors import MissingExtra
from karwan.io.archive import check_zip
from karwan.io.sources.content import Content
from karwan.io.sources.delimited import BadTable, check_columns
from karwan.io.store.reading import Progress

BLOCK_ROWS = 20_000
MAX_HEADER_CELLS = 2_000


def read_sheet(
    content: Content, needed: Sequence[str], *, sheet: str | None, header_row: int, progress: Progress
) -> Iterator[pl.DataFrame]:
    """Frames with `line` (the row number Excel shows), `fault`, `raw` and the needed columns as text.

    A formula is read as its text (`=A1*2`), never evaluated: a figure that is a formula is rejected with that
    reason. Numbers keep their digits; whole numbers lose no digit and gain no `.0`. Dates read `2025-03-01`.

    Raises
    ------
    BadTable
        No such sheet, or it lacks needed columns.
    BadArchive
        The workbook is no whole zip, or a bomb.
    """
    try:
        import openpyxl  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtra(
            "Reading .xlsx needs openpyxl.", evidence=str(error), fix="pip install openpyxl"
        ) from error
    check_zip(content.path)
    book = openpyxl.load_workbook(content.path, read_only=True, data_only=False)
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise BadTable(
                f"{content.name} has no sheet `{sheet}`.",
                evidence=f"sheets: {', '.join(book.sheetnames)}",
                fix="Set `sheet`.",
            )
        rows = (book[sheet] if sheet is not None else book.worksheets[0]).iter_rows(values_only=True)
        header: list[str] = []
        for _ in range(header_row):
            header = [_text(cell) for cell in next(rows, ())[:MAX_HEADER_CELLS]]
        check_columns(content, header, needed, ",")
        places = [header.index(name) for name in needed]
        block: list[list[str]] = []
        first = header_row + 1
        for number, row in enumerate(rows, start=first):
            block.append([_text(row[place]) if place < len(row) else "" for place in places])
            if len(block) == BLOCK_ROWS:
                yield _frame(block, needed, number - len(block) + 1)
                block = []
        if block:
            yield _frame(block, needed, number - len(block) + 1)
        progress(content.size)
    finally:
        book.close()


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
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
