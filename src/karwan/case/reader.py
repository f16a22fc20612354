"""Reading one table of a case from CSV by its schema, with every problem named."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl

from karwan.case.problems import Problem, shorten
from karwan.schema import Column, TableSpec
from karwan.schema.days import FIRST_DAY, LAST_DAY

MAX_BYTES = 8_000_000
MAX_CELL = 4_000
MAX_COLUMNS = 200
MAX_ROWS = 50_000
MAX_PROBLEMS = 500  # of one file; the rest is counted
POLARS_TYPE: dict[str, Any] = {
    "text": pl.String,
    "int": pl.Int64,
    "float": pl.Float64,
    "bool": pl.Boolean,
    "date": pl.Date,
    "list": pl.List(pl.String),
}
_TRUTH = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HS = re.compile(r"\d{2}(\d{2}){0,4}", re.ASCII)


@dataclass
class _Collector:
    """Problems of one file; the first are kept, the rest only counted, so that garbage does not fill the memory."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    left_off: int = 0

    def add(
        self,
        message: str,
        *,
        row: int = 0,
        column: str = "",
        value: str = "",
        allowed: str = "",
        severity: str = "error",
    ) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(
                Problem(severity, self.file, row, column, shorten(value, 200), message, allowed)
            )
            return
        self.left_off += 1
        more = f"{self.left_off} more problems in this file are not listed"
        self.problems[MAX_PROBLEMS:] = [Problem("error", self.file, 0, "", "", more, "mend the first ones")]


@cache
def empty_table(spec: TableSpec) -> pl.DataFrame:
    """Table with the columns of `spec` and no rows."""
    return pl.DataFrame(schema={c.name: POLARS_TYPE[c.type] for c in spec.columns})


def read_table(path: Path, spec: TableSpec) -> tuple[pl.DataFrame, list[Problem]]:
    """Read a CSV file by its schema.

    Parameters
    ----------
    path
        CSV file, UTF-8, comma separated, header first.
    spec
        Declared table.

    Returns
    -------
    The table (rows that could be read; empty when the file as a whole could not) and the problems found, each with file, row,
    column, value and what is allowed. Nothing is raised for bad content.
    """
    found = _Collector(path.name)
    lines = _read_rows(path, spec.column_names, found, MAX_BYTES)
    if lines is None:
        return empty_table(spec), found.problems
    header, rows = lines
    if not _check_header(header, spec, found):
        return empty_table(spec), found.problems
    position = {name: header.index(name) for name in header}
    columns: dict[str, list[Any]] = {}
    for column in spec.columns:
        at = position.get(column.name)
        cells = [(number, cells[at] if at is not None else "") for number, cells in rows]
        columns[column.name] = _convert(column, cells, found)
    _check_keys(spec, columns[spec.key], [number for number, _ in rows], found)
    table = pl.DataFrame(columns, schema={c.name: POLARS_TYPE[c.type] for c in spec.columns})
    return table, found.problems


def read_rows(
    rows: Sequence[tuple[int, Mapping[str, str]]], spec: TableSpec, file: str
) -> tuple[pl.DataFrame, list[Problem]]:
    """Read rows given as text by column, by the rules of `read_table`.

    Parameters
    ----------
    rows
        Row number to report, and text by column name; a column left out is an empty cell.
    spec
        Declared table.
    file
        Name to report.

    Returns
    -------
    The table, one row for each given, and the problems found. Nothing is raised for bad content.
    """
    found = _Collector(file)
    known = set(spec.column_names)
    for number, cells in rows:
        for name in cells.keys() - known:
            found.add("unknown column", row=number, column=name, allowed=", ".join(spec.column_names))
    columns = {
        column.name: _convert(column, [(number, cells.get(column.name, "")) for number, cells in rows], found)
        for column in spec.columns
    }
    _check_keys(spec, columns[spec.key], [number for number, _ in rows], found)
    return pl.DataFrame(columns, schema={c.name: POLARS_TYPE[c.type] for c in spec.columns}), found.problems


def read_cells(
    path: Path, expected: Sequence[str], *, max_bytes: int = MAX_BYTES
) -> tuple[list[tuple[int, dict[str, str]]], list[Problem]]:
    """Read a CSV file as text, whatever its columns are.

    Parameters
    ----------
    path
        CSV file, UTF-8, comma separated, header first.
    expected
        Columns to name where the file is empty.
    max_bytes
        Larger files are refused.

    Returns
    -------
    Line number and text by column name of every row, and the problems found (a file that is not readable has
    no rows).
    """
    found = _Collector(path.name)
    lines = _read_rows(path, tuple(expected), found, max_bytes)
    if lines is None:
        return [], found.problems
    header, rows = lines
    for name in sorted({n for n in header if header.count(n) > 1}):
        found.add("column stands twice in the header", row=1, column=shorten(name, 40))
    return [(number, dict(zip(header, cells, strict=True))) for number, cells in rows], found.problems


def _read_rows(
    path: Path, expected: tuple[str, ...], found: _Collector, max_bytes: int
) -> tuple[list[str], list[tuple[int, list[str]]]] | None:
    size = path.stat().st_size
    if size > max_bytes:
        found.add(
            f"file has {size / 1e6:.1f} MB; such a table has at most {max_bytes / 1e6:.0f} MB",
            allowed="a table of facts; bulk trade data goes through `karwan trade ingest`",
        )
        return None
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found.add(
            f"not UTF-8: byte {error.object[error.start]:#04x} at position {error.start}",
            allowed="save it as UTF-8",
        )
        return None
    if "\x00" in text:
        found.add("holds NUL bytes: not a text file", allowed="comma-separated text in UTF-8")
        return None
    return _split_rows(text, expected, found)


def _split_rows(
    text: str, expected: tuple[str, ...], found: _Collector
) -> tuple[list[str], list[tuple[int, list[str]]]] | None:
    reader = csv.reader(StringIO(text, newline=""), strict=True)  # only CR and LF end a row
    rows: list[tuple[int, list[str]]] = []
    header: list[str] | None = None
    try:
        for cells in reader:
            if header is None:
                header = [cell.strip() for cell in cells]
                if len(header) > MAX_COLUMNS:
                    found.add(f"header has {len(header)} columns", row=1, allowed=f"at most {MAX_COLUMNS}")
                    return None
            elif len(rows) == MAX_ROWS:
                found.add(f"more than {MAX_ROWS:,} rows", row=reader.line_num, allowed="a table of facts")
                return None
            elif not any(cell.strip() for cell in cells):
                continue
            elif len(cells) != len(header):
                found.add(
                    f"row has {len(cells)} cells, the header {len(header)}",
                    row=reader.line_num,
                    value=",".join(cells[:MAX_COLUMNS]),
                    allowed="one cell per column; quote cells that hold commas",
                )
            else:
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        found.add(
            f"not readable as CSV: {error}", row=reader.line_num, allowed="comma-separated, quotes doubled"
        )
        return None
    if header is None:
        found.add("empty file", allowed=f"a header: {', '.join(expected)}")
        return None
    return header, rows


def _check_header(header: list[str], spec: TableSpec, found: _Collector) -> bool:
    known = set(spec.column_names)
    ok = True
    for name in {n for n in header if header.count(n) > 1}:
        found.add("column stands twice in the header", row=1, column=shorten(name, 40))
        ok = False
    for name in header:
        if name not in known:
            found.add("unknown column", row=1, column=shorten(name, 40), allowed=", ".join(spec.column_names))
            ok = False
    for column in spec.columns:
        if column.required and column.default is None and column.name not in header:
            found.add("required column is missing", row=1, column=column.name, allowed=column.description)
            ok = False
    return ok


def _convert(column: Column, cells: list[tuple[int, str]], found: _Collector) -> list[Any]:
    parse = _PARSERS[column.type]
    values: list[Any] = []
    for row, raw in cells:
        text = raw.strip() or (column.default or "")
        if not text:
            if column.required:
                found.add("required cell is empty", row=row, column=column.name, allowed=_allowed(column))
            values.append(None)
            continue
        if len(text) > MAX_CELL or _CONTROL.search(text):
            found.add(
                "cell is too long or holds control characters",
                row=row,
                column=column.name,
                value=text,
                allowed=f"at most {MAX_CELL} printable characters",
            )
            values.append(None)
            continue
        value = parse(text)
        if value is None:
            found.add(
                f"not a {column.type}", row=row, column=column.name, value=text, allowed=_allowed(column)
            )
        else:
            _check_value(column, value, text, row, found)
        values.append(value)
    return values


def _check_value(column: Column, value: Any, text: str, row: int, found: _Collector) -> None:
    items = value if isinstance(value, list) else [str(value)]
    for item in items if column.allowed else ():
        if item not in column.allowed:
            found.add("value not allowed", row=row, column=column.name, value=item, allowed=_allowed(column))
    if column.unit == "HS" and not _HS.fullmatch(text):
        _add_wrong_code(column, text, row, found)
    if column.type in ("int", "float"):
        _check_bounds(column, value, text, row, found)


def _add_wrong_code(column: Column, text: str, row: int, found: _Collector) -> None:
    lost = text.isascii() and text.isdigit() and len(text) % 2 == 1
    found.add(
        f"HS code lost its leading zero (0{text}?)" if lost else "not an HS code",
        row=row,
        column=column.name,
        value=text,
        allowed="text of 2, 4, 6, 8 or 10 digits, leading zero kept",
    )


def _outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


def _check_bounds(column: Column, value: Any, text: str, row: int, found: _Collector) -> None:
    """Hard bounds are an error, plausible ones a warning."""
    low, high = column.minimum, column.maximum
    if _outside(value, low, high):
        found.add("outside hard bounds", row=row, column=column.name, value=text, allowed=_bounds(low, high))
        return
    low, high = column.warn_minimum, column.warn_maximum
    if _outside(value, low, high):
        found.add(
            "outside plausible bounds",
            row=row,
            column=column.name,
            value=text,
            allowed=_bounds(low, high),
            severity="warning",
        )


def _check_keys(spec: TableSpec, keys: list[Any], rows: list[int], found: _Collector) -> None:
    first: dict[Any, int] = {}
    for key, row in zip(keys, rows, strict=True):
        if key is None:
            continue
        if key in first:
            found.add(
                f"duplicate key, first in row {first[key]}",
                row=row,
                column=spec.key,
                value=key,
                allowed="one row per key",
            )
        else:
            first[key] = row


def _allowed(column: Column) -> str:
    if column.allowed:
        return ", ".join(column.allowed)
    hints = {
        "date": f"YYYY-MM-DD, years {FIRST_DAY.year} to {LAST_DAY.year}",
        "bool": "true or false",
        "int": "a whole number",
        "float": "a number with a decimal point",
        "list": "texts joined by semicolons",
        "text": column.description,
    }
    return hints[column.type]


def _bounds(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"


def _parse_int(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?\d{1,15}", text, re.ASCII) else None


def _parse_float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and text.isascii() and "_" not in text else None


def _parse_date(text: str) -> date | None:
    """A day of the years 1800 to 2200; models add and take months from it."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


_PARSERS: dict[str, Callable[[str], Any]] = {
    "text": lambda text: text,
    "int": _parse_int,
    "float": _parse_float,
    "bool": lambda text: _TRUTH.get(text.lower()),
    "date": _parse_date,
    "list": lambda text: [part.strip() for part in text.split(";") if part.strip()],
}
