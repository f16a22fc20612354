"""Printing results: a table for people, JSON or CSV for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from karwan.tables.case import AppliedScenario

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WIDE = 160  # columns of a table that is not printed on a terminal
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
    view = Table(
        title=Text(title), title_justify="left", title_style="bold", header_style="bold", expand=False
    )
    numeric = {name for name, kind in table.schema.items() if kind.is_numeric()}
    for name in table.columns:
        view.add_column(Text(name), justify="right" if name in numeric else "left", overflow="fold")
    for row in table.iter_rows():
        view.add_row(*(Text(cell_text(value)) for value in row))
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
