"""Pictures of a venture: cash by year, what moves its value (tornado), and who gains."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import WIDTH, Row, span_of, value_of, whisker, x_axis, y_axis
from karwan.report.palette import ACCENT, ALERT, ASSUMED, INK, MUTED, tint
from karwan.report.svg import Drawing, Scale, linear, points
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT = 250.0, 22.0, 58.0
MOST_BARS = 12
"""Inputs drawn in the tornado."""


def draw_venture_cash(table: pl.DataFrame) -> str | None:
    """Bars: cash of the project before finance; line: its economic flow; year by year in the middle case."""
    rows = list(table.iter_rows(named=True))
    if not rows:
        return None
    says = f"Project cash from {usd(rows[0]['project_usd'])} in year 0 to {usd(rows[-1]['project_usd'])} in the last."
    drawing = Drawing("venture-cash", WIDTH, 270, "Cash of the venture by year", says)
    drawing.swatch(0, 11, ACCENT, "project cash")
    drawing.swatch(100, 11, tint(ALERT, 0.35), "outlay")
    drawing.swatch(160, 11, ASSUMED, "economic flow (line)")
    flows = [value_of(row, name) or 0.0 for row in rows for name in ("project_usd", "economic_usd")]
    money = linear(flows, 236.0, 30.0)
    y_axis(drawing, money, 64.0, WIDTH, usd_tick)
    step = (WIDTH - 70.0) / len(rows)
    middles = [70.0 + (k + 0.5) * step for k in range(len(rows))]
    for x, row in zip(middles, rows, strict=True):
        value = value_of(row, "project_usd") or 0.0
        top, bottom = sorted((money(value), money(0.0)))
        colour = ACCENT if value >= 0 else tint(ALERT, 0.35)
        drawing.rect(x - 0.34 * step, top, 0.68 * step, bottom - top, colour)
        year = row["calendar_year"] if row["calendar_year"] is not None else row["year"]
        if len(rows) <= 18 or row["year"] % 2 == 0:
            drawing.text(x, 252, str(year), size=10, anchor="middle", fill=MUTED, stretch="semi-condensed")
    line = [money(value_of(row, "economic_usd") or 0.0) for row in rows]
    drawing.path(points(middles, line), fill="none", stroke=ASSUMED, line=1.8)
    return drawing.render()


def draw_tornado(table: pl.DataFrame) -> str | None:
    """Bars from the value at the low end of each input to that at its high end, the widest first; hatched inputs are assumed."""
    rows = [r for r in table.iter_rows(named=True) if span_of(r, "low_npv_usd", "high_npv_usd")]
    rows = [r for r in rows if r["low_npv_usd"] != r["high_npv_usd"]]
    rows.sort(key=lambda r: -abs(r["high_npv_usd"] - r["low_npv_usd"]))
    rows = rows[:MOST_BARS]
    if not rows:
        return None
    bottom = 34 + len(rows) * _ROW
    drawing = Drawing("venture-tornado", WIDTH, bottom + 34, "What moves the financial NPV", _said(rows))
    drawing.swatch(0, 11, ACCENT, "towards the high end of the input")
    drawing.swatch(196, 11, tint(ALERT, 0.35), "towards its low end")
    drawing.text(322, 11, "* assumed input", size=10.5, fill=ASSUMED, stretch="semi-condensed")
    scale = linear(
        [0.0, *(r[n] for r in rows for n in ("low_npv_usd", "high_npv_usd"))], _LEFT, WIDTH - _RIGHT
    )
    x_axis(
        drawing,
        scale,
        30,
        bottom,
        usd_tick,
        unit="FNPV in USD, one input at a time, the others at their base",
    )
    for number, row in enumerate(rows):
        _tornado_bar(drawing, scale, row, 34 + number * _ROW)
    return drawing.render()


def _tornado_bar(drawing: Drawing, scale: Scale, row: Row, y: float) -> None:
    low, high = row["low_npv_usd"], row["high_npv_usd"]
    base = row["base_npv_usd"]
    mark = " *" if row["basis"] == "assumed" else ""
    drawing.row_name(y + 14, clean(row["input"], 60) + mark, _LEFT - 12)
    for end, colour in ((low, tint(ALERT, 0.35)), (high, ACCENT)):
        left, right = sorted((scale(base), scale(end)))
        drawing.rect(left, y + 4, right - left, 13, colour)
    drawing.narrow(WIDTH, y + 14, usd(max(low, high)), anchor="end", fill=MUTED)


def _said(rows: Sequence[Row]) -> str:
    return " ".join(
        f"{clean(r['input'], 60)}: {usd(r['low_npv_usd'])} to {usd(r['high_npv_usd'])}." for r in rows[:6]
    )


def draw_gains(table: pl.DataFrame) -> str | None:
    """Bars: present value of what each group gains in the middle case; whisker: 5 to 95 % of the draws."""
    rows = [r for r in table.iter_rows(named=True) if value_of(r, "npv_usd") is not None]
    rows.sort(key=lambda r: -r["npv_usd"])
    if not rows:
        return None
    bottom = 34 + len(rows) * _ROW
    says = " ".join(f"{r['group']} of {r['country']}: {usd(r['npv_usd'])}." for r in rows)
    drawing = Drawing("venture-gains", WIDTH, bottom + 34, "Who gains", says)
    drawing.swatch(0, 11, ACCENT, "gains")
    drawing.swatch(58, 11, tint(ALERT, 0.35), "loses")
    drawing.text(116, 11, "whisker: 5 to 95 % of the draws", size=10.5, fill=MUTED, stretch="semi-condensed")
    ends = [value_of(r, n) or 0.0 for r in rows for n in ("npv_usd", "p05_usd", "p95_usd")]
    scale = linear([0.0, *ends], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 30, bottom, usd_tick, unit="present value in USD at the economic rate")
    for number, row in enumerate(rows):
        y = 34 + number * _ROW
        worth = row["npv_usd"]
        drawing.row_name(y + 14, f"{clean(row['group'], 60)}, {row['country']}", _LEFT - 12)
        left, right = sorted((scale(0.0), scale(worth)))
        drawing.rect(left, y + 4, right - left, 13, ACCENT if worth >= 0 else tint(ALERT, 0.35))
        span = span_of(row, "p05_usd", "p95_usd")
        if span and span[1] > span[0]:
            whisker(drawing, scale, span, y + 10.5)
        drawing.narrow(WIDTH, y + 14, usd(worth), anchor="end", weight=600, fill=INK)
    return drawing.render()
