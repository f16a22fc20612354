"""Potential against actual trade, by product."""

from __future__ import annotations

import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import WIDTH, value_of, x_axis
from karwan.report.palette import ACCENT, INK, MUTED, PAPER, tint
from karwan.report.svg import Drawing, linear
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT = 190.0, 22.0, 70.0


def draw_potential(table: pl.DataFrame, most: int = 24) -> str | None:
    """Bars: actual (dark) inside potential (light), whisker: interval; the largest unrealised first."""
    rows = [r for r in table.iter_rows(named=True) if (value_of(r, "potential_usd") or 0) > 0]
    rows.sort(
        key=lambda r: (
            -(value_of(r, "unrealised_usd") or 0.0),
            -(value_of(r, "potential_usd") or 0.0),
            str(r["product_id"]),
        )
    )
    rows = rows[:most]
    if not rows:
        return None
    bottom = 34 + len(rows) * _ROW
    says = " ".join(
        f"{clean(r['product'])}: actual USD {usd(r['actual_usd'])}, potential {usd(r['potential_usd'])}."
        for r in rows[:8]
    )
    drawing = Drawing("potential", WIDTH, bottom + 34, "Potential against actual trade", says)
    light = tint(ACCENT, 0.68)
    drawing.swatch(0, 11, ACCENT, "actual")
    drawing.swatch(66, 11, light, "potential")
    drawing.text(
        150, 11, "whisker: interval of the potential", size=10.5, fill=MUTED, stretch="semi-condensed"
    )
    drawing.label(WIDTH - 66, 26, "unrealised")
    ends = [
        max(r["potential_usd"], value_of(r, "high_usd") or 0.0, value_of(r, "actual_usd") or 0.0)
        for r in rows
    ]
    scale = linear([0.0, *ends], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 30, bottom, usd_tick, unit="USD a year")
    for k, row in enumerate(rows):
        y = 34 + k * _ROW
        drawing.row_name(y + 13, clean(row["product"]), _LEFT - 12)
        drawing.rect(scale(0), y + 2, scale(row["potential_usd"]) - scale(0), 15, light)
        drawing.rect(scale(0), y + 5.5, scale(value_of(row, "actual_usd") or 0.0) - scale(0), 8, ACCENT)
        low, high = value_of(row, "low_usd"), value_of(row, "high_usd")
        if low is not None and high is not None:
            drawing.line(scale(low), y + 9.5, scale(high), y + 9.5, PAPER, line=2.6)
            drawing.line(scale(low), y + 9.5, scale(high), y + 9.5, INK, line=1)
            for edge in (low, high):
                drawing.line(scale(edge), y + 6.5, scale(edge), y + 12.5, INK)
        drawing.text(
            WIDTH,
            y + 13.5,
            usd(row["unrealised_usd"]),
            size=11,
            anchor="end",
            weight=600,
            stretch="semi-condensed",
        )
    return drawing.render()
