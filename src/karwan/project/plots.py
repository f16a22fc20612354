"""Plots of an answer's tables, drawn without a display: SVG, or PNG set by typst."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from karwan.analysis.contract import Analysis, function_at
from karwan.errors import InvalidInput, UnknownName
from karwan.exports import write_bytes, write_text
from karwan.schema.results import result_table
from karwan.schema.shown import shown_headings

KINDS = (".svg", ".png")
TIMES = ("year", "period", "start", "end", "month", "date")


def table_named(tables: Mapping[str, pl.DataFrame], name: str = "") -> str:
    """Key of a table by its name or the beginning of it; of the first that has rows without one.

    Raises
    ------
    UnknownName
        There is no such table.
    """
    filled = [key for key, table in tables.items() if table.height] or list(tables)
    found = [key for key in ((name, *tables) if name else filled) if key in tables]
    fits = [key for key in found if key.startswith(name)]
    if not fits:
        raise UnknownName(
            f"There is no table {name!r}.", f"tables: {', '.join(tables)}", "use one of these names."
        )
    return fits[0]


def plot_table(
    analysis: Analysis[Any], tables: Mapping[str, pl.DataFrame], name: str = "", column: str = ""
) -> str:
    """A table's figures as SVG: lines where it has a time with three values or more, else bars, largest first.

    Parameters
    ----------
    name
        Table; the first with rows by default.
    column
        Column of the figures; by default the first that people are shown, of those with a unit before the others.

    Raises
    ------
    InvalidInput
        The table has no such figures.
    """
    key = table_named(tables, name)
    table = tables[key]
    figures = _figures(analysis, key, table)
    chosen = column or next(iter(figures), "")
    if chosen not in figures or not table[chosen].drop_nulls().len():
        raise InvalidInput(
            f"The table {key!r} has no figures {chosen!r} to draw."
            if chosen
            else f"The table {key!r} has no figures to draw.",
            f"columns of numbers: {', '.join(figures) or 'none'}; {table.height} rows",
            "name another column or table.",
        )
    title = analysis.name if len(tables) == 1 else f"{analysis.name}, {key}"
    rows = result_table(analysis.table_of(key))
    heads = shown_headings(rows, table)
    units = {one.name: one.unit for one in rows.columns}
    label, unit = heads.get(chosen) or chosen.replace("_", " "), units.get(chosen) or ""
    axis = label if unit in label else f"{label}, {unit}"
    drawn: str = function_at("karwan.report.charts.table:draw_table")(
        table.select(
            list(dict.fromkeys([*heads, *(name for name in TIMES if name in table.columns), chosen]))
        ),
        chosen,
        f"{title}: {axis}",
    )
    return drawn


def _figures(analysis: Analysis[Any], key: str, table: pl.DataFrame) -> list[str]:
    """Columns of numbers that are no time, those shown and with a unit first."""
    declared = {column.name: column for column in result_table(analysis.table_of(key)).columns}
    numbers = [name for name, kind in table.schema.items() if kind.is_numeric() and name not in TIMES]

    def rank(name: str) -> tuple[bool, bool, bool]:
        column = declared.get(name)
        empty = table[name].null_count() == table.height
        return empty, column is not None and column.shown == "no", column is None or not column.unit

    return sorted(numbers, key=rank)


def write_plot(path: Path, svg: str) -> Path:
    """Write a plot as SVG or PNG, by the file's ending.

    Raises
    ------
    InvalidInput
        Another ending.
    NotWritten
        The disk is full or the folder not writable.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise InvalidInput(
            f"{path.name} is no picture Karwan writes.", f"endings: {', '.join(KINDS)}", "name one of them."
        )
    if kind == ".svg":
        write_text(path, svg)
    else:
        write_bytes(path, function_at("karwan.report.picture:png_of")(svg))
    return path
