"""Result tables of any analysis as tables of a page: labels, units, basis marks and sources from their declared rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from karwan.amounts import NONE, is_number, number, percent, usd
from karwan.analysis.contract import Analysis, Result
from karwan.report.blocks import Cell, Column, Notes, Table, cell
from karwan.report.text import clean, day, safe_url, words
from karwan.schema.results import ResultColumn, ResultTable, result_table
from karwan.schema.shown import shown_headings, shown_parts, with_bands

MOST_ROWS = 400
"""Rows of a table on a page, which shows them in parts, and in print; the files hold all."""
_KEYS = ("status", "kind", "state", "mode", "modes", "basis", "scope", "direction", "sector", "basket")
_SIGNED = ("growth", "contribution", "change")
_SOURCE = "source_id"
_SPOKEN = {"share": "", "d": "days", "h": "hours"}
_SHORT = {
    "usd": "USD",
    "t": "t",
    "h/t": "h/t",
    "co2": "CO2",
    "feu": "FEU",
    "teu": "TEU",
    "km": "km",
    "kg": "kg",
    "20t": "/ 20 t",
    "hs": "HS",
    **{f"p{share:02d}": f"P{share}" for share in (5, 25, 50, 75, 95)},
    "p5": "P5",
}
_RATIOS = ("ratio", "factor")
_ONE_DIGIT = ("d", "h", "km")
_HEADS = {
    "value_text": "value and range",
    "switch_text": "ranking changes at",
    "corridor_flipped": "best instead",
    "t_day": "a day",
}
"""Headings of columns whose name is no word, where their row has no label."""
_UNIT_IN_NAME = re.compile(r"_usd_(year|month|day)$")


def answer_tables(
    analysis: Analysis[Any], result: Result, notes: Notes, *, most: int = MOST_ROWS
) -> list[Table]:
    """The filled tables of a result, in order, those declared to be read in parts as one table each.

    Parameters
    ----------
    analysis
        Whose result it is.
    notes
        Numbers of the sources.
    most
        Rows shown of each.
    """
    return [
        table
        for key, frame in result.tables.items()
        for table in result_blocks(
            analysis.table_of(key), key, frame, notes, most=most, titled=analysis.is_titled(key)
        )
    ]


def result_blocks(
    declared: str,
    key: str,
    frame: pl.DataFrame,
    notes: Notes,
    *,
    most: int = MOST_ROWS,
    titled: bool = False,
) -> Iterator[Table]:
    """Tables of one result table, by the name of its row file; `key` is its key in the result, and its title where `titled`."""
    rows = result_table(declared)
    for rank, (title, part) in enumerate(shown_parts(rows, key, frame, titled=titled)):
        block = result_block(rows, f"{_slug(key)}-{rank}", title, part, notes, most=most)
        if block.columns:  # a table for programs alone has none that people read
            yield block


def result_block(
    rows: ResultTable,
    key: str,
    title: str,
    frame: pl.DataFrame,
    notes: Notes,
    *,
    most: int = MOST_ROWS,
    without: tuple[str, ...] = (),
) -> Table:
    """One table as a block; the source of a row stands as a number at its first cell."""
    shown, frame = with_bands(rows, shown_headings(rows, frame), frame)
    headings = {name: text for name, text in shown.items() if name != _SOURCE and name not in without}
    declared = {column.name: column for column in rows.columns}
    columns = tuple(
        _column(name, heading, declared.get(name), frame.schema[name]) for name, heading in headings.items()
    )
    body = tuple(
        _row(row, tuple(headings), declared, notes) for row in frame.head(most).iter_rows(named=True)
    )
    left = frame.height - most
    note = f"{left} more rows in the files." if left > 0 else ""
    return Table(key, _sentence(title), columns, body, note, wide=len(columns) > 6)


def _column(name: str, heading: str, declared: ResultColumn | None, kind: Any) -> Column:
    unit = declared.unit if declared else ""
    label = _HEADS.get(heading, heading).replace("_", " ")
    spoken = _SPOKEN.get(unit, unit)
    if heading == name and (parted := _UNIT_IN_NAME.search(name)):  # a name that ends in money and its time
        label, spoken = name[: parted.start()].replace("_", " "), f"USD a {parted[1]}"
        return Column(_sentence(label), spoken, right=kind.is_numeric())
    if unit == "USD" and label.endswith(" usd"):
        label = label.removesuffix(" usd")
    if unit not in ("", "share"):  # the unit stands under the label, not in it
        label = label.removesuffix(f" {unit.lower().replace('/', ' ')}").rstrip(",")
    if (
        heading == name and "/" in unit and name == unit.lower().replace("/", "_")
    ):  # `usd_t` in USD/t: there is nothing to say but the unit
        return Column(unit, right=kind.is_numeric())
    said = label.lower().split()
    unit = (
        ""
        if spoken.lower() in said or (unit.startswith("USD") and "usd" in said) or ", " in label
        else spoken
    )
    return Column(_sentence(label), unit, right=kind.is_numeric())


def _row(
    row: Mapping[str, Any], shown: tuple[str, ...], declared: Mapping[str, ResultColumn], notes: Notes
) -> tuple[Cell, ...]:
    assumed = row.get("basis") == "assumed"
    cells = [_cell(name, row[name], declared.get(name), assumed) for name in shown]
    sources = notes.of(row.get(_SOURCE))
    if sources and cells:
        at = first_text([row[name] for name in shown])
        cells[at] = replace(cells[at], notes=sources)
    return tuple(cells)


def first_text(values: Sequence[Any]) -> int:
    """Place of the first value that is no number: what a row is called by; 0 where all are numbers."""
    return next((k for k, value in enumerate(values) if not is_number(value)), 0)


def _cell(name: str, value: Any, declared: ResultColumn | None, assumed: bool) -> Cell:
    if is_number(value):
        unit = declared.unit if declared else ""
        return cell(
            amount_text(value, name, unit), assumed=assumed and (bool(unit) or isinstance(value, float))
        )
    if name == "colour":
        return cell("", swatch=str(value))
    if name.endswith("url"):
        return cell(value or NONE, url=safe_url(value) or "")
    return cell(plain_text(value, name))


def amount_text(value: float, name: str, unit: str) -> str:
    """A number as a reader says it, by its unit: shares in percent, money whole, days with one decimal.

    Examples
    --------
    >>> amount_text(0.614, "assumed_share", "share"), amount_text(4850.37, "usd", "USD"), amount_text(30.18, "days", "d")
    ('61 %', '4,850', '30.2')
    """
    if unit == "share" or name.endswith(("share", "probability")):
        return percent(value, signed=name.startswith(_SIGNED))
    if isinstance(value, int):
        return number(value) if abs(value) >= 10_000 else str(value).replace("-", "−")
    size = abs(value)
    if size >= 1e6 and unit.startswith("USD"):
        return usd(value)
    if size >= 100 or value == 0:
        return number(value)
    if name.endswith(_RATIOS):
        return number(value, 3)
    if size >= 1 or unit in _ONE_DIGIT:
        return number(value, 1)
    return number(value, 3)


def plain_text(value: Any, name: str = "") -> str:
    """A value that is no number as a reader says it."""
    if value is None or value != value:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return day(value)
    if isinstance(value, list | tuple):
        return ", ".join(plain_text(one, name) for one in value) or NONE
    if name in _KEYS:
        return words(value).lower()
    return clean(value, 600) or NONE


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _sentence(text: str) -> str:
    """Text with a capital first letter, and the field's short forms as it writes them."""
    parts = [_SHORT.get(part, part) for part in text.split(" ")]
    first = parts[0]
    is_short = first.rstrip(",") in _SHORT.values()
    if first[:1].islower() and not is_short:
        parts[0] = first[:1].upper() + first[1:]
    return " ".join(parts)


__all__ = [
    "MOST_ROWS",
    "amount_text",
    "answer_tables",
    "first_text",
    "plain_text",
    "result_block",
    "result_blocks",
]
