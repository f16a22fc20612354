"""Ports side by side: door-to-door money and days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from karwan.amounts import NONE, number
from karwan.report.charts.axes import WIDTH, Row, has_any, panels, value_of, x_axis
from karwan.report.palette import ACCENT, INK, MUTED, tint
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_TOP, _LEFT, _ROW, _GAP = 24, 118.0, 34.0, 44.0


@dataclass(frozen=True)
class _Measure:
    column: str
    difference: str  # column of the difference to the first port
    heading: str
    digits: int


_MEASURES = (
    _Measure("usd_20t", "usd_difference", "Money, USD per 20 t", 0),
    _Measure("days", "days_difference", "Time, days", 1),
)


def draw_ports(table: pl.DataFrame) -> str | None:
    """Two panels: USD per 20 t and days, each port's difference to the first in words."""
    rows = [r for r in table.iter_rows(named=True) if has_any(r, "usd_20t", "days")]
    if not rows:
        return None
    bottom = _TOP + len(rows) * _ROW
    drawing = Drawing("ports", WIDTH, bottom + 34, "Ports side by side", _say(rows))
    for measure, (left, width) in zip(_MEASURES, panels(2, _LEFT, _GAP), strict=True):
        far = [value_of(r, measure.column) or 0.0 for r in rows]
        scale = linear([0.0, *far], left, left + width, pad=0.26)
        drawing.label(left, 9, measure.heading)
        x_axis(drawing, scale, 16, bottom, number, count=4, unit="door to door, mean")
        for k, row in enumerate(rows):
            _draw_bar(drawing, row, measure, scale, k)
    for k, row in enumerate(rows):
        y = _TOP + k * _ROW
        drawing.narrow(0, y + 11, clean(row["port"]), size=12, weight=600, room=_LEFT - 10)
        drawing.narrow(0, y + 23, f"by {clean(row['corridor'])}", size=10, room=_LEFT - 10, fill=MUTED)
    return drawing.render()


def _draw_bar(drawing: Drawing, row: Row, measure: _Measure, scale: Scale, rank: int) -> None:
    y, left, value = _TOP + rank * _ROW, scale.start, value_of(row, measure.column)
    if value is None:
        drawing.text(left + 4, y + 14, NONE, size=11, fill=MUTED)
        return
    drawing.rect(left, y, scale(value) - left, 18, tint(ACCENT, 0.45 if rank else 0.0))
    text = number(value, measure.digits)
    gap = value_of(row, measure.difference)
    if gap and rank:
        sign = "+" if gap > 0 else ""
        text += f"  ({sign}{number(gap, measure.digits)})"
    drawing.narrow(scale(value) + 5, y + 13.5, text, weight=600, fill=INK)


def _say(rows: Sequence[Row]) -> str:
    return " ".join(
        f"{clean(r['port'])}: USD {number(r['usd_20t'])} per 20 t, {number(r['days'], 1)} days." for r in rows
    )
