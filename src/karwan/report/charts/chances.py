"""Chances of reaching the target: every model with its range, never one bare number."""

from __future__ import annotations

import polars as pl

from karwan.amounts import percent
from karwan.report.charts.axes import WIDTH, value_of, x_axis
from karwan.report.fonts import fit
from karwan.report.palette import ACCENT, INK, MUTED, SERIES
from karwan.report.svg import Drawing, linear
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT = 300.0, 28.0, 132.0


def draw_chances(chances: pl.DataFrame, base_rate: pl.DataFrame) -> str | None:
    """Probability with its interval, models first, historical base rates below in another colour."""
    rows: list[tuple[str, str, float | None, float | None, float | None, str]] = []
    for r in chances.iter_rows(named=True):
        model = clean(r["model"])
        colour = SERIES[1] if "base rate" in model.lower() else ACCENT
        ends = (value_of(r, "low"), value_of(r, "high"))
        rows.append((model, clean(r["target"]), value_of(r, "probability"), *ends, colour))
    if not any(row[5] == SERIES[1] for row in rows):
        for r in base_rate.iter_rows(named=True):
            ends = (value_of(r, "low"), value_of(r, "high"))
            rows.append(("Base rate", clean(r["label"]), value_of(r, "share"), *ends, SERIES[1]))
    known = [row for row in rows if row[2] is not None]
    if not known:
        return None
    bottom = 26 + len(known) * _ROW
    says = " ".join(
        f"{name}, {about}: {percent(share)} ({percent(low)} to {percent(high)})."
        for name, about, share, low, high, _ in known
    )
    drawing = Drawing("chances", WIDTH, bottom + 34, "Chance of reaching the target", says)
    top = max(v for row in known for v in row[2:5] if isinstance(v, float))
    scale = linear([0.0, min(max(top * 1.1, 0.01), 1.0)], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 18, bottom, percent, count=5, unit="probability")
    drawing.label(WIDTH, 9, "chance and range", anchor="end")
    for k, (name, about, share, low, high, colour) in enumerate(known):
        y = 26 + k * _ROW + _ROW / 2
        room = _LEFT - 14
        head, under = (fit(t, z, room, stretch="semi-condensed") for t, z in ((name, 11.5), (about, 9.5)))
        drawing.text(0, y - 1, head, size=11.5, fill=INK, stretch="semi-condensed")
        drawing.text(0, y + 10, under, size=9.5, fill=MUTED, stretch="semi-condensed")
        if low is not None and high is not None:
            drawing.line(scale(low), y, scale(high), y, colour, line=2.4)
            for edge in (low, high):
                drawing.line(scale(edge), y - 4, scale(edge), y + 4, colour, line=1.4)
        drawing.circle(scale(share or 0.0), y, 4.6, colour)
        drawing.text(
            WIDTH - 78, y + 4, percent(share), size=11.5, anchor="end", weight=600, stretch="semi-condensed"
        )
        drawing.text(
            WIDTH,
            y + 4,
            f"{percent(low)} to {percent(high)}",
            size=10,
            anchor="end",
            fill=MUTED,
            stretch="semi-condensed",
        )
    return drawing.render()
