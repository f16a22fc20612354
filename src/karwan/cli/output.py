"""Printing results: a table for people, JSON or CSV for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer
from rich.box import HEAVY_HEAD, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from karwan.tables.case import AppliedScenario

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WIDE = 160  # columns of a table that is not printed on a terminal
LEAST_TEXT, MOST_WORD = (
    10,
    14,
)  # columns left to a text before the lines between columns, then the table, are given up
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV.")]


class Format(Enum):
    """How results leave the command line."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def chosen(as_json: bool, as_csv: bool) -> Format:
    """Format from the two switches; both together is a usage error."""
    if as_json and as_csv:
        raise typer.BadParameter("choose --json or --csv, not both")
    return Format.JSON if as_json else Format.CSV if as_csv else Format.TABLE


def emit(
    tables: Mapping[str, pl.DataFrame],
    form: Format,
    *,
    columns: Mapping[str, Sequence[str]] | None = None,
    meta: Mapping[str, Any] | None = None,
    under: Sequence[AppliedScenario] = (),
) -> None:
    """Print result tables.

    Parameters
    ----------
    tables
        Title to table. CSV prints them one after another, the title in a comment line where there are several.
    form
        Table, JSON or CSV.
    columns
        Columns to show in the plain table (all by default); JSON and CSV always hold all.
    meta
        What JSON says beside the tables.
    under
        Scenarios the case stands under: first line of the plain tables, `scenarios` in JSON, and a line on stderr beside CSV.
    """
    if form is Format.JSON:
        stands = {"scenarios": [asdict(s) for s in under]} if under else {}
        content = {**stands, **(meta or {}), **{name: table.to_dicts() for name, table in tables.items()}}
        print(json.dumps(content, ensure_ascii=False, indent=2, default=_plain))
        return
    said = _said(under)
    if form is Format.CSV:
        if said:
            print(said, file=sys.stderr)
        for name, table in tables.items():
            if len(tables) > 1:
                print(f"# {name}")
            sys.stdout.write(flat(table).write_csv())
        return
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    if said:
        console.print(Text(said, style="bold"))
    for name, table in tables.items():
        shown = (columns or {}).get(name)
        console.print(_rich(name, table.select(shown) if shown else table, console.width))
    for key, value in (meta or {}).items():
        console.print(Text(f"{key}: {value}"))


def _said(under: Sequence[AppliedScenario]) -> str:
    if not under:
        return ""
    from karwan.tables.case import spoken

    return spoken(under)


def flat(table: pl.DataFrame) -> pl.DataFrame:
    """Table with list columns joined by semicolons, as CSV wants it."""
    lists = [name for name, kind in table.schema.items() if kind == pl.List(pl.String)]
    return table.with_columns(pl.col(lists).list.join(";")) if lists else table


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def _rich(title: str, table: pl.DataFrame, width: int) -> Table:
    """Table that fits the width: a number is never broken, text gives way first, then the lines, then the columns."""
    rows = [[cell_text(value) for value in row] for row in table.iter_rows()]
    numeric = [kind.is_numeric() for kind in table.schema.values()]
    widest = [max((cell_len(row[i]) for row in rows), default=0) for i in range(table.width)]
    heads = list(table.columns)
    natural = sum(max(w, cell_len(h)) for w, h in zip(widest, heads, strict=True))
    lines, count = True, table.width
    if natural + 3 * count + 1 > width:
        heads = [_broken(head, w) for head, w in zip(heads, widest, strict=True)]
        least = sum(
            max(w if number else min(w, least_text), *(cell_len(part) for part in head.split("\n")))
            for head, w, number, least_text in zip(
                heads, widest, numeric, _least_texts(rows, count), strict=True
            )
        )
        lines = least + 3 * count + 1 <= width
        if not lines and least + count - 1 > width and rows:
            return _records(title, table.columns, rows)
    view = Table(
        title=Text(title),
        title_justify="left",
        title_style="bold",
        header_style="bold",
        expand=False,
        box=HEAVY_HEAD if lines else SIMPLE_HEAD,
        padding=(0, 1) if lines else 0,
        show_edge=lines,
    )
    for head, number in zip(heads, numeric, strict=True):
        view.add_column(Text(head), justify="right" if number else "left", overflow="fold", no_wrap=number)
    for row in rows:
        view.add_row(*(Text(cell) for cell in row))
    return view


def _least_texts(rows: Sequence[Sequence[str]], count: int) -> list[int]:
    """Columns a text needs in order to be read: its longest word, within bounds."""
    words = (
        max((cell_len(word) for row in rows for word in row[i].split()), default=0) for i in range(count)
    )
    return [min(max(longest, LEAST_TEXT), MOST_WORD) for longest in words]


def _broken(head: str, width: int) -> str:
    """Heading in lines no wider than the column needs, broken at spaces and after underscores."""
    parts = re.findall(r"[^ _]+_*", head) or [head]
    room = max(width, *(cell_len(part) for part in parts))
    lines = [parts[0]]
    for part in parts[1:]:
        joined = lines[-1] + ("" if lines[-1].endswith("_") else " ") + part
        if cell_len(joined) <= room:
            lines[-1] = joined
        else:
            lines.append(part)
    return "\n".join(lines)


def _records(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """One row after another, a line for each column: for more columns than the terminal has room for."""
    view = Table(
        title=Text(title),
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 2, 0, 0),
        show_header=False,
    )
    view.add_column(no_wrap=True)
    view.add_column(overflow="fold")
    for row in rows:
        for name, cell in zip(names, row, strict=True):
            view.add_row(Text(name), Text(cell))
        view.add_row("", "")
    return view


def cell_text(value: Any) -> str:
    """A value as a person reads it: missing is a dash, large numbers in groups, lists joined."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value != value:
            return "–"
        size = abs(value)
        return f"{value:,.0f}" if size >= 100 else f"{value:,.1f}" if size >= 10 else f"{value:,.3g}"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10000 else str(value)
    if isinstance(value, list):
        return ", ".join(cell_text(v) for v in value)
    return str(value)
