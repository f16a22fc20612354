"""Share of each port in the trade with a market: middle and band."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.amounts import percent
from karwan.report.charts.axes import WIDTH, error_bar, span_of, x_axis
from karwan.report.palette import ACCENT, INK, MUTED
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_TOP, _LEFT, _ROW, _RIGHT = 26, 230.0, 26.0, 150.0
_LEAST = 0.0005
"""Smaller shares than this at the far end of their band are not drawn."""


def draw_port_shares(table: pl.DataFrame) -> str | None:
    """A line a port, the largest first, then what goes by land; ports without a share worth drawing are left out."""
    rows = [row for row in table.iter_rows(named=True) if _far_end(row) >= _LEAST]
    if not rows:
        return None
    bottom = _TOP + len(rows) * _ROW
    drawing = Drawing("port-shares", WIDTH, bottom + 34, "Share by port", " ".join(_say(row) for row in rows))
    top = max(map(_far_end, rows))
    scale = linear([0.0, min(top * 1.05, 1.0)], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 18, bottom, percent, count=5, unit="share of value")
    drawing.label(WIDTH, 9, "share and band", anchor="end")
    for number, row in enumerate(rows):
        _draw_row(drawing, row, scale, _TOP + number * _ROW + _ROW / 2)
    return drawing.render()


def _far_end(row: dict[str, Any]) -> float:
    """Far end of the band; the share itself where it has none."""
    return float(row["share"] if row["share_high"] is None else row["share_high"])


def _say(row: dict[str, Any]) -> str:
    return f"{clean(row['port'])}: {percent(row['share'])} ({_band(row)})."


def _band(row: dict[str, Any]) -> str:
    if row["share_low"] is None:
        return "no band"
    return f"{percent(row['share_low'])} to {percent(row['share_high'])}"


def _draw_row(drawing: Drawing, row: dict[str, Any], scale: Scale, y: float) -> None:
    port = row["node_id"] is not None
    colour = ACCENT if port else MUTED
    drawing.narrow(0, y + 4, clean(row["port"]), size=11.5, room=_LEFT - 14, fill=INK)
    span = span_of(row, "share_low", "share_high")
    if span:
        error_bar(drawing, scale, span, y, colour, lines=(2.4, 1.4), cap=4)
    drawing.circle(scale(row["share"]), y, 4.6, colour)
    drawing.narrow(WIDTH - 92, y + 4, percent(row["share"]), size=11.5, anchor="end", weight=600)
    drawing.narrow(WIDTH, y + 4, _band(row), size=10, anchor="end", fill=MUTED)
