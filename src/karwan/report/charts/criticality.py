"""Weak points: what closing each place costs a tonne and how long it takes to go round."""

from __future__ import annotations

import polars as pl

from karwan.amounts import number, usd_t
from karwan.report.charts.axes import WIDTH, value_of, x_axis
from karwan.report.fonts import fit
from karwan.report.palette import ACCENT, ALERT, MUTED, text_colour, tint
from karwan.report.svg import Drawing, linear
from karwan.report.text import clean

_LEFT, _ROW, _GAP = 190.0, 28.0, 40.0


def draw_criticality(table: pl.DataFrame, most: int = 14) -> str | None:
    """Two panels: extra USD a tonne and extra hours when the place is shut; pairs cut off in red."""
    rows = sorted(table.iter_rows(named=True), key=lambda r: (r["rank"] is None, r["rank"] or 0))[:most]
    rows = [
        r
        for r in rows
        if value_of(r, "extra_usd_t") is not None or value_of(r, "extra_hours") is not None or r["pairs_cut"]
    ]
    if not rows:
        return None
    bottom = 22 + len(rows) * _ROW
    says = " ".join(
        (
            f"{clean(r['place'])}: USD {usd_t(r['extra_usd_t'])} "
            f"a tonne and {number(r['extra_hours'])} hours more."
        )
        for r in rows
    )
    drawing = Drawing("criticality", WIDTH, bottom + 34, "Weak points of the corridors", says)
    width = (WIDTH - _LEFT - _GAP) / 2
    for column, (measure, heading, unit) in enumerate(
        (("extra_usd_t", "Extra money", "USD a tonne"), ("extra_hours", "Extra time", "hours"))
    ):
        left = _LEFT + column * (width + _GAP)
        scale = linear([0.0, *(value_of(r, measure) or 0.0 for r in rows)], left, left + width, pad=0.16)
        drawing.label(left, 9, heading)
        x_axis(drawing, scale, 14, bottom, number, count=4, unit=unit)
        for k, row in enumerate(rows):
            y, value = 22 + k * _ROW, value_of(row, measure)
            cut = int(row["pairs_cut"] or 0)
            if value is not None:
                zero, end = scale(0.0), scale(value)
                drawing.rect(min(zero, end), y, abs(end - zero), 15, ACCENT if not cut else tint(ALERT, 0.25))
                drawing.text(
                    max(zero, end) + 5,
                    y + 12,
                    usd_t(value) if column == 0 else number(value),
                    size=11,
                    weight=600,
                    stretch="semi-condensed",
                )
            if cut and column == 0 and value is None:
                drawing.text(
                    left + 4,
                    y + 12,
                    f"{cut} pairs cut off",
                    size=11,
                    weight=600,
                    fill=text_colour(ALERT),
                    stretch="semi-condensed",
                )
    for k, row in enumerate(rows):
        y = 22 + k * _ROW
        drawing.row_name(y + 8, clean(row["place"]), _LEFT - 4, weight=600, lines=1)
        cut = int(row["pairs_cut"] or 0)
        under = f"{clean(row['kind'])}" + (f", {cut} pairs cut off" if cut else "")
        drawing.text(
            0,
            y + 19,
            fit(under, 9.5, _LEFT - 12, stretch="semi-condensed"),
            size=9.5,
            fill=text_colour(ALERT) if cut else MUTED,
            stretch="semi-condensed",
        )
    return drawing.render()
