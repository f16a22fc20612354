"""Potential against actual trade, by product."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import WIDTH, Row, is_positive, span_of, value_of, whisker, x_axis
from karwan.report.palette import ACCENT, MUTED, tint
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_TOP, _LEFT, _ROW, _RIGHT = 34, 230.0, 22.0, 70.0
_LIGHT = tint(ACCENT, 0.68)


def draw_potential(table: pl.DataFrame, most: int = 24) -> str | None:
    """Bars: actual (dark) inside potential (light), whisker: interval; the largest unrealised first."""
    rows = sorted((r for r in table.iter_rows(named=True) if is_positive(r, "potential_usd")), key=_order)[
        :most
    ]
    if not rows:
        return None
    bottom = _TOP + len(rows) * _ROW
    drawing = Drawing("potential", WIDTH, bottom + 34, "Potential against actual trade", _say(rows[:8]))
    drawing.swatch(0, 11, ACCENT, "actual")
    drawing.swatch(66, 11, _LIGHT, "potential")
    drawing.narrow(150, 11, "whisker: interval of the potential", size=10.5, fill=MUTED)
    if any(value_of(row, "unrealised_usd") is not None for row in rows):
        drawing.label(WIDTH - 66, 26, "unrealised")
    far = [value_of(r, c) or 0.0 for r in rows for c in ("potential_usd", "high_usd", "actual_usd")]
    scale = linear([0.0, *far], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 30, bottom, usd_tick, unit="USD a year")
    for k, row in enumerate(rows):
        _draw_row(drawing, row, scale, _TOP + k * _ROW)
    return drawing.render()


def _order(row: Row) -> tuple[float, float, str]:
    """Largest unrealised first, then largest potential."""
    unrealised, potential = (value_of(row, c) or 0.0 for c in ("unrealised_usd", "potential_usd"))
    return -unrealised, -potential, str(row["product_id"])


def _draw_row(drawing: Drawing, row: Row, scale: Scale, y: float) -> None:
    drawing.row_name(y + 13, clean(row["product"]) + _kind(row), _LEFT - 12)
    zero = scale(0)
    drawing.rect(zero, y + 2, scale(row["potential_usd"]) - zero, 15, _LIGHT)
    drawing.rect(zero, y + 5.5, scale(value_of(row, "actual_usd") or 0.0) - zero, 8, ACCENT)
    interval = span_of(row, "low_usd", "high_usd")
    if interval:
        whisker(drawing, scale, interval, y + 9.5)
    if value_of(row, "unrealised_usd") is not None:
        drawing.narrow(WIDTH, y + 13.5, usd(row["unrealised_usd"]), anchor="end", weight=600)


def _kind(row: Row) -> str:
    """', offered 2024' of an offer, ', potential 2016, actual KAZ 2024' of a published potential; nothing where no year is named."""
    period, actual = clean(row.get("potential_of")), clean(row.get("actual_of"))
    if not period:
        return ""
    kind = "offered" if "offer" in clean(row.get("method")) else "potential"
    return f", {kind} {period}" + (f", actual {actual}" if actual else "")


def _say(rows: Sequence[Row]) -> str:
    return " ".join(
        f"{clean(r['product'])}: actual USD {usd(r['actual_usd'])}, potential {usd(r['potential_usd'])}."
        for r in rows
    )
