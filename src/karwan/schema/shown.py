"""What of a result table people are shown: headings of its columns, and the parts it is read in."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

import polars as pl

from karwan.schema.results import ResultColumn, ResultTable

_TITLE = "title of a part"


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


def shown_parts(
    rows: ResultTable, key: str, table: pl.DataFrame, *, titled: bool = False
) -> Iterator[tuple[str, pl.DataFrame]]:
    """A table under its title, or its parts each under the value they share; nothing of an empty one.

    `titled` where the table goes by its key, as `karwan.analysis.contract.Analysis.is_titled` says.
    """
    if not table.height:
        return
    suffix = key.partition(" (")[2]
    ending = f" ({suffix}" if suffix else ""
    if not rows.split:
        yield (key if titled else rows.title + ending), table
        return
    parted = table.with_columns(split_title(rows.split).alias(_TITLE))
    for (value,), part in parted.partition_by(_TITLE, maintain_order=True, as_dict=True).items():
        yield f"{value}{ending}", part.drop(_TITLE)


def split_title(split: str) -> pl.Expr:
    """Title of each row's part: a column, or a text with columns in braces."""
    columns = re.findall(r"\{(\w+)\}", split)
    return pl.format(re.sub(r"\{\w+\}", "{}", split), *columns) if columns else pl.col(split)
