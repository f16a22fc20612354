"""Who gains and who loses by each promise where trade, incomes and queues answer: both parties and third countries beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl

from karwan.amounts import usd_tick
from karwan.report.charts.axes import WIDTH, Row, Span, panels, value_of
from karwan.report.palette import ALERT, MUTED, RULE, STATUS, text_colour
from karwan.report.svg import Drawing
from karwan.report.text import clean

_LEFT, _ROW, _GAP, _VALUE = 300.0, 25.0, 14.0, 52.0
COLUMNS = ("usd_year_ge_a", "usd_year_ge_b", "third_usd_year")
LEAST_USD = 1_000.0
"""Gain or loss below which a cell is drawn as nothing, and a row with nothing else left out."""


def draw_sides(
    table: pl.DataFrame, names: tuple[str, str], *, most: int = 12, key: str = "gains"
) -> str | None:
    """Bars to the right gain, to the left lose; their length is the logarithm of the money, the money itself stands beside.

    Parameters
    ----------
    table
        Promises with their worth in equilibrium; one row a scenario is drawn, the largest sum of gains and losses first.
    names
        The two parties.
    key
        Key of the picture within its page.
    """
    rows = _drawn(table)[:most]
    if not rows:
        return None
    top, bottom = 34.0, 34.0 + len(rows) * _ROW
    drawing = Drawing(key, WIDTH, bottom + 20, "Who gains by each promise", _say(rows, names))
    heads = (*names, "third countries")
    lengths = [_length(value_of(row, column)) for row in rows for column in COLUMNS]
    longest, losing = max(abs(length) for length in lengths), min(lengths) < 0
    for column, head, (left, width) in zip(COLUMNS, heads, panels(len(COLUMNS), _LEFT, _GAP), strict=True):
        drawing.narrow(left, 14, clean(head, 40), weight=600)
        room = (width - _VALUE) / (2 if losing else 1)
        zero = left + (room if losing else 0.0)
        drawing.line(zero, top - 8, zero, bottom, RULE)
        for number, row in enumerate(rows):
            _cell(drawing, value_of(row, column), (zero, room / longest), left + width, top + number * _ROW)
    for number, row in enumerate(rows):
        more = f" (and\u00a0{row['shared'] - 1}\u00a0more)" if (row["shared"] or 1) > 1 else ""
        drawing.row_name(top + number * _ROW + 11, clean(row["title"], 200) + more, _LEFT - 14)
    unit = "USD a year; length of the bars logarithmic"
    drawing.text(WIDTH, bottom + 14, unit, size=10, anchor="end", fill=MUTED, stretch="semi-condensed")
    return drawing.render()


def _drawn(table: pl.DataFrame) -> list[Row]:
    """One row a scenario that moves somebody, the largest sum of gains and losses first."""
    if not table.height:
        return []
    one = table.unique("scenario_id", keep="first", maintain_order=True)
    sized = [(sum(abs(_known(row, column)) for column in COLUMNS), row) for row in one.iter_rows(named=True)]
    sized.sort(key=lambda found: (-found[0], str(found[1]["scenario_id"])))
    return [row for size, row in sized if size >= LEAST_USD]


def _known(row: Row, column: str) -> float:
    return value_of(row, column) or 0.0


def _length(value: float | None) -> float:
    """Signed logarithm of money; nothing below `LEAST_USD`."""
    if value is None or abs(value) < LEAST_USD:
        return 0.0
    return math.copysign(math.log10(abs(value) / LEAST_USD) + 0.15, value)


def _cell(drawing: Drawing, value: float | None, at: Span, right: float, y: float) -> None:
    """Bar from the zero line, and the money at the right edge of the panel."""
    zero, scale = at
    end = zero + _length(value) * scale
    colour = ALERT if value is not None and value < 0 else STATUS["done"]
    if end != zero:
        drawing.rect(min(zero, end), y, abs(end - zero), 13, colour)
    small = value is None or abs(value) < LEAST_USD
    text = "0" if small else usd_tick(float(f"{value:.2g}"))
    drawing.narrow(
        right, y + 11, text, anchor="end", weight=600, fill=MUTED if small else text_colour(colour)
    )


def _say(rows: Sequence[Row], names: tuple[str, str]) -> str:
    return " ".join(
        f"{clean(row['title'], 120)}: {clean(names[0], 40)} {usd_tick(_known(row, COLUMNS[0]))},"
        f" {clean(names[1], 40)} {usd_tick(_known(row, COLUMNS[1]))},"
        f" third countries {usd_tick(_known(row, COLUMNS[2]))} USD a year."
        for row in rows[:8]
    )
