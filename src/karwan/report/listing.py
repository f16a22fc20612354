"""Tables of the report made from data frames by a list of columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from karwan.amounts import NONE, is_number, number, percent, usd, usd_t
from karwan.report.blocks import Cell, Column, Missing, Notes, Table, cell
from karwan.report.palette import STATUS, STATUS_LABEL, safe_colour
from karwan.report.text import day, names, words
from karwan.schema.report import TEXTS, ReportColumn, report_columns

Row = dict[str, Any]
Maker = Callable[[Row], Cell]
Spec = Sequence[tuple[Column, Maker]]


def listing(
    key: str,
    caption: str,
    frame: pl.DataFrame,
    notes: Notes,
    spec: Spec,
    *,
    note: str = "",
    wide: bool = False,
) -> Table | None:
    """Table with one row per row of the frame, source notes on the first cell; None when it is empty."""
    if frame.is_empty():
        return None
    rows = []
    for row in frame.iter_rows(named=True):
        cells = [make(row) for _, make in spec]
        first = cells[0]
        sources = notes.of(row.get("source_id"))
        if sources:
            cells[0] = Cell(first.text, first.assumed, sources, first.url, first.tone, first.swatch)
        rows.append(tuple(cells))
    return Table(key, caption, tuple(column for column, _ in spec), tuple(rows), note, wide)


def columns(name: str, *, without: Sequence[str] = (), **makers: Maker) -> Spec:
    """Columns of a declared table.

    Parameters
    ----------
    name
        Table of `schema/report_columns.csv`.
    without
        Columns to leave out.
    makers
        For each column of form `own`, what makes its cell from a row.
    """
    declared = [column for column in report_columns(name) if column.name not in without]
    return tuple(
        (
            Column(column.label, column.unit, right=column.form not in TEXTS, share=column.share),
            makers[column.name] if column.form in ("own", "own_right") else maker(column),
        )
        for column in declared
    )


def signed(digits: int) -> Callable[[Any], str]:
    """Form of a difference: a plus sign before what is above zero."""

    def form(value: Any) -> str:
        text = number(value, digits)
        return f"+{text}" if is_number(value) and value > 0 else text

    return form


FORMS: dict[str, Callable[[Any], str]] = {
    "text": lambda v: names(v, "; "),
    "key": words,
    "date": day,
    "number": number,
    "number1": lambda v: number(v, 1),
    "number2": lambda v: number(v, 2),
    "number3": lambda v: number(v, 3),
    "signed0": signed(0),
    "signed1": signed(1),
    "year": lambda v: str(v) if is_number(v) else NONE,
    "usd": usd,
    "usd_t": usd_t,
    "share": percent,
    "share_signed": lambda v: percent(v, signed=True),
}


def maker(column: ReportColumn) -> Maker:
    """What makes the cell of a column; a figure that rests on assumed inputs is marked where the column says so."""
    if column.form == "corridor":
        return lambda row: cell(row.get(column.name), tone="strong", swatch=safe_colour(row.get("colour")))
    if column.form == "status":
        return lambda row: _status(str(row.get(column.name)))
    form = FORMS[column.form]

    def make(row: Row) -> Cell:
        shown = form(row.get(column.name))
        return cell(shown, assumed=shown != NONE and is_assumed(row, column.marks))

    return make


def is_assumed(row: Row, marks: str) -> bool:
    """Whether a figure stands in italics with a dagger: "yes" in `marks`, where its row is assumed; "way", where any share of the money and hours
    of its way is."""
    by_row = "yes" in marks and row.get("basis") == "assumed"
    return by_row or ("way" in marks and bool(row.get("assumed_share")))


def _status(key: str) -> Cell:
    """Status of a commitment with its colour."""
    return cell(STATUS_LABEL.get(key, words(key)), swatch=STATUS.get(key, ""))


def missing(title: str, commands: Sequence[str], fallback: str) -> Missing:
    """Notice in place of an empty chart: what would fill it."""
    return Missing(title, " ".join(commands) if commands else fallback)
