"""Reconciled yearly trade by direction, with the band that two disagreeing reports leave."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import (
    WIDTH,
    Row,
    band,
    has_any,
    is_positive,
    no_tick,
    panels,
    span_of,
    y_axis,
)
from karwan.report.palette import HAIR, MUTED, PAPER, PARTY_A, PARTY_B, SERIES, text_colour
from karwan.report.svg import Drawing, Scale, logarithmic, points
from karwan.report.text import clean

_COLOUR = {"a_to_b": PARTY_A, "b_to_a": PARTY_B, "total": SERIES[2]}
_PANEL, _TOP, _LEFT, _GAP = 190.0, 26.0, 44.0, 26.0
_BOTTOM = _TOP + _PANEL


def draw_reconciled(table: pl.DataFrame) -> str | None:
    """One panel per direction, sharing a logarithmic money scale; ring: one side reported only."""
    known = [r for r in table.iter_rows(named=True) if is_positive(r, "value_usd") and has_any(r, "year")]
    if not known:
        return None
    directions = list(dict.fromkeys(str(r["direction"]) for r in known))
    years = [int(r["year"]) for r in known]
    money = logarithmic(_values(known), _BOTTOM, _TOP)
    drawing = Drawing("reconciled", WIDTH, _BOTTOM + 46, "Reconciled trade with bands", _say(known))
    for k, (left, width) in enumerate(panels(len(directions), _LEFT, _GAP)):
        scale = Scale(min(years) - 0.5, max(years) + 0.5, left, left + width)
        rows = sorted(
            (r for r in known if str(r["direction"]) == directions[k]), key=lambda r: int(r["year"])
        )
        colour = _COLOUR.get(directions[k], SERIES[k % len(SERIES)])
        y_axis(drawing, money, left, left + width, no_tick if k else usd_tick)
        label = clean(rows[0]["direction_label"], 60)
        drawing.narrow(left, 12, label, size=11.5, weight=600, fill=text_colour(colour))
        _draw_range(drawing, rows, money, scale, colour)
        _draw_values(drawing, rows, money, scale, colour)
        _draw_years(drawing, scale, min(years), max(years))
        drawing.line(left, _BOTTOM, left + width, _BOTTOM, HAIR)
    _draw_legend(drawing)
    return drawing.render()


def _values(rows: Sequence[Row]) -> list[float]:
    """Every amount the money scale has to hold."""
    return [r[column] for r in rows for column in ("value_usd", "low_usd", "high_usd") if r[column]]


def _draw_range(drawing: Drawing, rows: Sequence[Row], money: Scale, scale: Scale, colour: str) -> None:
    """What the two reports leave open: an area over several years, a bar in one."""
    spans = [(scale(r["year"]), span_of(r, "low_usd", "high_usd")) for r in rows]
    known = [(x, money(span[0]), money(span[1])) for x, span in spans if span and min(span) > 0]
    if len(known) > 1:
        xs, lows, highs = (list(part) for part in zip(*known, strict=True))
        band(drawing, xs, lows, highs, fill=colour, opacity=0.16)
        return
    for x, low, high in known:
        drawing.line(x, low, x, high, colour, line=5)


def _draw_values(drawing: Drawing, rows: Sequence[Row], money: Scale, scale: Scale, colour: str) -> None:
    places = [(scale(r["year"]), money(r["value_usd"])) for r in rows]
    drawing.path(points(*zip(*places, strict=True)), stroke=colour, line=1.8)
    for row, (x, y) in zip(rows, places, strict=True):
        fill = colour if row["sides"] == "both" else PAPER
        drawing.circle(x, y, 3.2, fill, stroke=colour, line=1.5)


def _draw_years(drawing: Drawing, scale: Scale, first: int, last: int) -> None:
    for year in range(first, last + 1, _year_step(scale.end - scale.start, last - first)):
        drawing.narrow(scale(year), _BOTTOM + 14, str(year), size=10, anchor="middle", fill=MUTED)


def _year_step(width: float, years: int) -> int:
    """Every how many years the axis names one."""
    if width / (years + 1) > 27:
        return 1
    return 2 if years < 24 else 5


def _draw_legend(drawing: Drawing) -> None:
    y = _BOTTOM + 36
    drawing.narrow(WIDTH, y, "USD a year, logarithmic scale", size=10, anchor="end", fill=MUTED)
    for x, fill, text in ((4, MUTED, "both sides reported"), (112, PAPER, "one side only")):
        drawing.circle(x, y - 3.5, 3.2, fill, stroke=MUTED, line=1.5)
        drawing.narrow(x + 8, y, text, size=10, fill=MUTED)


def _say(rows: Sequence[Row]) -> str:
    last = max(int(r["year"]) for r in rows)
    return " ".join(
        f"{clean(r['direction_label'])} {last}: USD {usd(r['value_usd'])} "
        f"({usd(r['low_usd'])} to {usd(r['high_usd'])})."
        for r in rows
        if int(r["year"]) == last
    )
