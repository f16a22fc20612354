"""A plain page: titled tables with their headings, and the sentences under them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from karwan.schema.results import result_table


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
    lead
        Sentences above them.
    """

    tables: Mapping[str, pl.DataFrame]
    columns: Mapping[str, Mapping[str, str]]
    notes: list[str] = field(default_factory=list)
    lead: list[str] = field(default_factory=list)


Block = tuple[str, str, pl.DataFrame]
"""Title, result table whose headings it has, table; columns that are not declared go by their names."""


def plain_page(blocks: Iterable[Block], notes: list[str], lead: list[str]) -> PlainPage:
    """The filled tables with the headings of their result rows."""
    filled = [block for block in blocks if block[2].height]
    tables = {title: table for title, _, table in filled}
    columns = {title: headings(name, table) for title, name, table in filled}
    return PlainPage(tables, columns, notes, lead)


def headings(name: str, table: pl.DataFrame) -> dict[str, str]:
    """Column to heading of a table, those for which there may be no room last."""
    declared = result_table(name)
    labels = {column.name: column.label or column.name for column in declared.columns}
    last = {column.name for column in declared.columns if column.shown == "room"}
    order = sorted(table.columns, key=lambda column: column in last)
    return {column: labels.get(column, column) for column in order}
