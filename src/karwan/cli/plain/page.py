"""A plain page: titled tables with their headings, and the sentences under them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from karwan.schema.results import ResultColumn, ResultTable, result_table


@dataclass(frozen=True)
class PlainPage:
    """What a result prints for people.

    Attributes
    ----------
    tables
        Title to table.
    columns
        Title to the columns shown, with their headings.
    notes
        Sentences under the tables.
    """

    tables: Mapping[str, pl.DataFrame]
    columns: Mapping[str, Mapping[str, str]]
    notes: list[str] = field(default_factory=list)


Block = tuple[str, str, pl.DataFrame]
"""Title, result table whose headings it has, table; columns that are not declared go by their names."""


def plain_page(blocks: Iterable[Block], notes: list[str]) -> PlainPage:
    """The filled tables with the headings of their result rows."""
    filled = [block for block in blocks if block[2].height]
    tables = {title: table for title, _, table in filled}
    columns = {title: headings(name, table) for title, name, table in filled}
    return PlainPage(tables, columns, notes)


def headings(name: str, table: pl.DataFrame) -> dict[str, str]:
    """Column to heading of a table, those for which there may be no room last."""
    declared = result_table(name)
    labels = {column.name: column.label or column.name for column in declared.columns}
    last = {column.name for column in declared.columns if column.shown == "room"}
    order = sorted(table.columns, key=lambda column: column in last)
    return {column: labels.get(column, column) for column in order}


def shown_headings(rows: ResultTable, table: pl.DataFrame) -> dict[str, str]:
    """Column to heading of what a plain table shows, those for which there may be no room last."""
    shown = [
        (name, column)
        for column in rows.columns
        for name in _columns_of(column, rows, table)
        if _is_shown(column.shown, table[name])
    ]
    shown.sort(key=lambda found: found[1].shown == "room")
    return {name: _heading(name, column) for name, column in shown}


def _columns_of(column: ResultColumn, rows: ResultTable, table: pl.DataFrame) -> list[str]:
    """Columns of a table that a row declares: the one of its name, or each that fits its pattern."""
    if "*" not in column.name:
        return [column.name] if column.name in table.columns else []
    declared = {other.name for other in rows.columns}
    return [name for name in fnmatch.filter(table.columns, column.name) if name not in declared]


def _is_shown(when: str, values: pl.Series) -> bool:
    if when == "filled":
        return values.null_count() < values.len()
    if when == "varies":
        return values.n_unique() > 1
    return when != "no"


def _heading(name: str, column: ResultColumn) -> str:
    if "*" not in column.name:
        return column.label or name
    before, _, after = column.name.partition("*")
    return column.label.replace("*", name.removeprefix(before).removesuffix(after).upper())
