"""Columns of the tables of the report, read from the rows of `report_columns.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from karwan.schema import schema_rows


@dataclass(frozen=True)
class ReportColumn:
    """One column of a table of the report.

    Attributes
    ----------
    name
        Column of the brief's table; of a column made of several, a name of its own.
    form
        How its values are written: text, key, date, number (with decimals: number1 to number3), signed0, signed1, year, usd, usd_t, share,
        share_signed, corridor, status; own (own_right) where the section writes it.
    label, unit
        Heading and what stands below it.
    share
        Relative width in print.
    marks
        What marks its figures as assumed: "yes", an assumed row; "way", a way of whose money and hours any share is assumed; both; or nothing.
    """

    name: str
    form: str
    label: str
    unit: str
    share: float
    marks: str


TEXTS = ("text", "key", "date", "own", "corridor", "status")
_SHARES = {"text": 1.0, "key": 1.0, "date": 0.8, "corridor": 1.35, "status": 0.8}  # figures take 0.7


@cache
def _tables() -> dict[str, tuple[ReportColumn, ...]]:
    found: dict[str, list[ReportColumn]] = {}
    for row in schema_rows("report_columns.csv"):
        share = float(row["share"] or _SHARES.get(row["form"], 0.7))
        column = ReportColumn(row["column"], row["form"], row["label"], row["unit"], share, row["basis"])
        found.setdefault(row["table"], []).append(column)
    return {name: tuple(columns) for name, columns in found.items()}


def report_tables() -> tuple[str, ...]:
    """Keys of all tables of the report that are declared, in the order of the rows."""
    return tuple(_tables())


def report_columns(name: str) -> tuple[ReportColumn, ...]:
    """Columns of a table, in order; KeyError where no row names the table."""
    return _tables()[name]
