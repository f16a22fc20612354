"""What of a result table people are shown: headings of its columns, and the parts it is read in."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator

import polars as pl

from karwan.amounts import NONE, is_number, number, percent, usd
from karwan.schema.results import ResultColumn, ResultTable

_TITLE = "title of a part"
_ENDS = ("p05", "p50", "p95")
_NAMED_ENDS = ("low", "median", "high")
_SAID: dict[str, Callable[[float | None], str]] = {
    "USD": usd,
    "share": lambda value: percent(value, 1),
}


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


def with_bands(
    rows: ResultTable, headings: dict[str, str], table: pl.DataFrame
) -> tuple[dict[str, str], pl.DataFrame]:
    """Headings and table for people, the three columns of a band (`x_p05_usd`, `x_p50_usd`, `x_p95_usd`, or `low_`, `median_`, `high_`) said in one cell.

    A band stands where its low end stood, in words: `−16.1 m .. −6.42 m .. 2.70 m`. Other columns are as they were.

    Examples
    --------
    >>> import polars as pl
    >>> columns = tuple(ResultColumn(f"npv_{end}_usd", "float", "USD", f"NPV {part} %", "", "") for end, part in zip(_ENDS, (5, 50, 95)))
    >>> rows = ResultTable("t", "t", "", columns)
    >>> table = pl.DataFrame({"npv_p05_usd": [-2e6], "npv_p50_usd": [0.0], "npv_p95_usd": [1.5e3]})
    >>> heads, said = with_bands(rows, {one.name: one.label for one in columns}, table)
    >>> heads, said.rows()
    ({'npv_p05_usd': 'NPV 5 .. 50 .. 95 %'}, [('−2.00 m .. 0 .. 1.50 k',)])
    """
    units = {column.name: column.unit for column in rows.columns}
    shown = dict(headings)
    for low in headings:
        middle, high = _others(low)
        if high not in headings or middle not in table.columns:
            continue
        shown = {name: text for name, text in shown.items() if name not in (middle, high)}
        shown[low] = f"{headings[low].removesuffix('5 %').strip()} 5 .. 50 .. 95 %".strip()
        said = [_band(row, units.get(low, "")) for row in table.select(low, middle, high).iter_rows()]
        table = table.drop(middle, high).with_columns(pl.Series(low, said, dtype=pl.String))
    return shown, table


def _others(low: str) -> tuple[str, str]:
    """Columns of the middle and the high end of a band beside its low one; blank where a column is none."""
    named = low.startswith(f"{_NAMED_ENDS[0]}_")
    first, middle, high = _NAMED_ENDS if named else _ENDS
    if first not in low:
        return "", ""
    return low.replace(first, middle, 1), low.replace(first, high, 1)


def _band(ends: tuple[float | None, ...], unit: str) -> str:
    """The ends of a band in words; a dash where there is none."""
    if not any(is_number(end) for end in ends):
        return NONE
    return " .. ".join(_SAID.get(unit, _plain)(end) for end in ends)


def _plain(value: float | None) -> str:
    return number(value, 2)


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
