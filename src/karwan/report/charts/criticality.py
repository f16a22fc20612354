"""Weak points: what closing each place costs a tonne and how long it takes to go round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from karwan.amounts import number, usd_t
from karwan.report.charts.axes import WIDTH, Row, has_any, panels, value_of, x_axis
from karwan.report.palette import ACCENT, ALERT, MUTED, text_colour, tint
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_TOP, _LEFT, _ROW, _GAP = 22, 190.0, 28.0, 40.0


@dataclass(frozen=True)
class _Measure:
    column: str
    heading: str
    unit: str
    form: Callable[[object], str]
    says_cut: bool  # tells of pairs cut off where it has no figure


_MEASURES = (
    _Measure("extra_usd_t", "Extra money", "USD a tonne", usd_t, True),
    _Measure("extra_hours", "Extra time", "hours", number, False),
)


def draw_criticality(table: pl.DataFrame, most: int = 14) -> str | None:
    """Two panels: extra USD a tonne and extra hours when the place is shut; pairs cut off in red."""
    rows = _drawn(table, most)
    if not rows:
        return None
    bottom = _TOP + len(rows) * _ROW
    drawing = Drawing("criticality", WIDTH, bottom + 34, "Weak points of the corridors", _say(rows))
    for measure, (left, width) in zip(_MEASURES, panels(2, _LEFT, _GAP), strict=True):
        far = [value_of(r, measure.column) or 0.0 for r in rows]
        scale = linear([0.0, *far], left, left + width, pad=0.16)
        drawing.label(left, 9, measure.heading)
        x_axis(drawing, scale, 14, bottom, number, count=4, unit=measure.unit)
        for k, row in enumerate(rows):
            _draw_bar(drawing, row, measure, scale, _TOP + k * _ROW)
    for k, row in enumerate(rows):
        _draw_name(drawing, row, _TOP + k * _ROW)
    return drawing.render()


def _drawn(table: pl.DataFrame, most: int) -> list[Row]:
    """The first places by rank, without those of which nothing is known."""
    ranked = sorted(table.iter_rows(named=True), key=lambda r: (r["rank"] is None, r["rank"] or 0))
    return [r for r in ranked[:most] if has_any(r, "extra_usd_t", "extra_hours") or r["pairs_cut"]]


def _draw_bar(drawing: Drawing, row: Row, measure: _Measure, scale: Scale, y: float) -> None:
    cut, value = _cut(row), value_of(row, measure.column)
    if value is not None:
        zero, end = scale(0.0), scale(value)
        drawing.rect(min(zero, end), y, abs(end - zero), 15, tint(ALERT, 0.25) if cut else ACCENT)
        drawing.narrow(max(zero, end) + 5, y + 12, measure.form(value), weight=600)
    elif cut and measure.says_cut:
        drawing.narrow(scale.start + 4, y + 12, cut, weight=600, fill=text_colour(ALERT))


def _draw_name(drawing: Drawing, row: Row, y: float) -> None:
    drawing.row_name(y + 8, clean(row["place"]), _LEFT - 4, weight=600, lines=1)
    cut = _cut(row)
    under = ", ".join(text for text in (clean(row["kind"]), cut) if text)
    fill = text_colour(ALERT) if cut else MUTED
    drawing.narrow(0, y + 19, under, size=9.5, room=_LEFT - 12, fill=fill)


def _cut(row: Row) -> str:
    """'2 pairs cut off'; '' where none is."""
    return f"{int(row['pairs_cut'])} pairs cut off" if row["pairs_cut"] else ""


def _say(rows: Sequence[Row]) -> str:
    return " ".join(
        f"{clean(r['place'])}: USD {usd_t(r['extra_usd_t'])} "
        f"a tonne and {number(r['extra_hours'])} hours more."
        for r in rows
    )
