"""Ports side by side: door-to-door money and days."""

from __future__ import annotations

import polars as pl

from karwan.amounts import NONE, number
from karwan.report.charts.axes import WIDTH, value_of, x_axis
from karwan.report.fonts import fit
from karwan.report.palette import ACCENT, INK, MUTED, tint
from karwan.report.svg import Drawing, linear
from karwan.report.text import clean

_LEFT, _ROW, _GAP = 118.0, 34.0, 44.0


def draw_ports(table: pl.DataFrame) -> str | None:
    """Two panels: USD per 20 t and days, each port's difference to the first in words."""
    rows = [
        r
        for r in table.iter_rows(named=True)
        if value_of(r, "usd_20t") is not None or value_of(r, "days") is not None
    ]
    if not rows:
        return None
    bottom = 24 + len(rows) * _ROW
    says = " ".join(
        f"{clean(r['port'])}: USD {number(r['usd_20t'])} per 20 t, {number(r['days'], 1)} days." for r in rows
    )
    drawing = Drawing("ports", WIDTH, bottom + 34, "Ports side by side", says)
    width = (WIDTH - _LEFT - _GAP) / 2
    panels = (
        ("usd_20t", "usd_difference", "Money, USD per 20 t", 0),
        ("days", "days_difference", "Time, days", 1),
    )
    for column, (measure, difference, heading, digits) in enumerate(panels):
        left = _LEFT + column * (width + _GAP)
        scale = linear([0.0, *(value_of(r, measure) or 0.0 for r in rows)], left, left + width, pad=0.26)
        drawing.label(left, 9, heading)
        x_axis(drawing, scale, 16, bottom, number, count=4, unit="door to door, mean")
        for k, row in enumerate(rows):
            y = 24 + k * _ROW
            value = value_of(row, measure)
            if value is None:
                drawing.text(left + 4, y + 14, NONE, size=11, fill=MUTED)
                continue
            drawing.rect(left, y, scale(value) - left, 18, tint(ACCENT, 0.0 if k == 0 else 0.45))
            gap = value_of(row, difference)
            text = number(value, digits)
            if gap and k:
                text += f"  ({'+' if gap > 0 else ''}{number(gap, digits)})"
            drawing.text(
                scale(value) + 5, y + 13.5, text, size=11, weight=600, fill=INK, stretch="semi-condensed"
            )
    for k, row in enumerate(rows):
        y = 24 + k * _ROW
        drawing.text(
            0,
            y + 11,
            fit(clean(row["port"]), 12, _LEFT - 10, stretch="semi-condensed", bold=True),
            size=12,
            weight=600,
            stretch="semi-condensed",
        )
        drawing.text(
            0,
            y + 23,
            fit(f"by {clean(row['corridor'])}", 10, _LEFT - 10, stretch="semi-condensed"),
            size=10,
            fill=MUTED,
            stretch="semi-condensed",
        )
    return drawing.render()
