"""Pictures of a venture: cash by year, what moves its value (tornado), and who gains."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.amounts import number, usd, usd_tick
from karwan.report.charts.axes import WIDTH, Row, span_of, value_of, whisker, x_axis, y_axis
from karwan.report.palette import ACCENT, ALERT, ASSUMED, INK, MUTED, PAPER, tint
from karwan.report.svg import Drawing, Scale, linear, points
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT, _NIL = 250.0, 22.0, 104.0, 58.0
MOST_BARS = 12
"""Inputs drawn in the tornado."""


def draw_venture_cash(table: pl.DataFrame) -> str | None:
    """Bars: cash of the project before finance; line: its economic flow; year by year, the middle of the draws with 5 to 95 % of them."""
    rows = list(table.iter_rows(named=True))
    if not rows:
        return None
    drawing = Drawing("venture-cash", WIDTH, 270, "Cash of the venture by year", _cash_said(rows))
    drawing.swatch(0, 11, ACCENT, "project cash, middle of the draws")
    drawing.swatch(206, 11, tint(ALERT, 0.35), "outlay")
    drawing.swatch(266, 11, ASSUMED, "economic flow (line)")
    drawing.text(396, 11, "whisker: 5 to 95 % of the draws", size=10.5, fill=MUTED, stretch="semi-condensed")
    names = ("project_p05_usd", "project_p50_usd", "project_p95_usd", "economic_p50_usd")
    money = linear([0.0, *(value_of(row, name) or 0.0 for row in rows for name in names)], 236.0, 30.0)
    y_axis(drawing, money, 64.0, WIDTH, usd_tick)
    step = (WIDTH - 70.0) / len(rows)
    middles = [70.0 + (k + 0.5) * step for k in range(len(rows))]
    for x, row in zip(middles, rows, strict=True):
        _cash_bar(drawing, money, row, x, step)
        year = row["calendar_year"] if row["calendar_year"] is not None else row["year"]
        if len(rows) <= 18 or row["year"] % 2 == 0:
            drawing.text(x, 252, str(year), size=10, anchor="middle", fill=MUTED, stretch="semi-condensed")
    line = [money(value_of(row, "economic_p50_usd") or 0.0) for row in rows]
    drawing.path(points(middles, line), fill="none", stroke=ASSUMED, line=1.8)
    return drawing.render()


def _cash_said(rows: Sequence[Row]) -> str:
    """First and last year in words."""
    ends = [(row["year"], usd(row["project_p05_usd"]), usd(row["project_p95_usd"])) for row in rows]
    return " ".join(f"Year {year}: project cash {low} to {high}." for year, low, high in (ends[0], ends[-1]))


def _cash_bar(drawing: Drawing, money: Scale, row: Row, x: float, step: float) -> None:
    """Bar of the middle of the draws and its whisker."""
    value = value_of(row, "project_p50_usd") or 0.0
    top, bottom = sorted((money(value), money(0.0)))
    drawing.rect(x - 0.34 * step, top, 0.68 * step, bottom - top, ACCENT if value >= 0 else tint(ALERT, 0.35))
    span = span_of(row, "project_p05_usd", "project_p95_usd")
    if span and span[1] > span[0]:
        low, high = money(span[0]), money(span[1])
        drawing.line(x, low, x, high, PAPER, line=2.6)
        drawing.line(x, low, x, high, INK)
        for y in (low, high):
            drawing.line(x - 3, y, x + 3, y, INK)


def draw_tornado(table: pl.DataFrame) -> str | None:
    """Bars by how much the value moves at the low and high end of each input, the widest first; a star marks an assumed input."""
    rows = [r for r in table.iter_rows(named=True) if span_of(r, "low_change_usd", "high_change_usd")]
    rows = [r for r in rows if r["low_change_usd"] != r["high_change_usd"]]
    rows.sort(key=lambda r: -abs(r["high_change_usd"] - r["low_change_usd"]))
    rows = rows[:MOST_BARS]
    if not rows:
        return None
    bottom = 34 + len(rows) * _ROW
    drawing = Drawing("venture-tornado", WIDTH, bottom + 34, "What moves the financial NPV", _said(rows))
    drawing.swatch(0, 11, ACCENT, "at the high end of the input")
    drawing.swatch(176, 11, tint(ALERT, 0.35), "at its low end")
    drawing.text(276, 11, "* assumed input", size=10.5, fill=ASSUMED, stretch="semi-condensed")
    drawing.text(WIDTH, 11, "NPV nil at", size=10.5, anchor="end", fill=MUTED, stretch="semi-condensed")
    ends = [r[n] for r in rows for n in ("low_change_usd", "high_change_usd")]
    scale = linear([0.0, *ends], _LEFT, WIDTH - _NIL)
    unit = "change of the FNPV in USD, one input at a time, the others at their base"
    x_axis(drawing, scale, 30, bottom, usd_tick, unit=unit)
    for count, row in enumerate(rows):
        _tornado_bar(drawing, scale, row, 34 + count * _ROW)
    return drawing.render()


def _tornado_bar(drawing: Drawing, scale: Scale, row: Row, y: float) -> None:
    mark = " *" if row["basis"] == "assumed" else ""
    drawing.row_name(y + 14, clean(row["input"], 60) + mark, _LEFT - 12)
    for name, colour in (("low_change_usd", tint(ALERT, 0.35)), ("high_change_usd", ACCENT)):
        left, right = sorted((scale(0.0), scale(row[name])))
        drawing.rect(left, y + 4, right - left, 13, colour)
    drawing.narrow(WIDTH, y + 14, _turn(row), anchor="end", fill=MUTED)


def _turn(row: Row) -> str:
    """Value at which the NPV is nil, where it lies in the range."""
    value, span = value_of(row, "switching"), span_of(row, "low", "high")
    inside = value is not None and span is not None and span[0] <= value <= span[1]
    return f"{value:,.3g}" if inside and abs(value or 0.0) < 1000 else number(value) if inside else ""


def _said(rows: Sequence[Row]) -> str:
    return " ".join(
        f"{clean(r['input'], 60)} moves it by {usd(r['low_change_usd'])} to {usd(r['high_change_usd'])}."
        for r in rows[:6]
    )


def draw_gains(table: pl.DataFrame) -> str | None:
    """Bars: present value of what each group gains, of the middle case or, where none may stand, the middle of the draws; whisker: 5 to 95 %."""
    rows = [(r, found) for r in table.iter_rows(named=True) if (found := _gain(r)) is not None]
    rows.sort(key=lambda found: -found[1])
    if not rows:
        return None
    bottom = 34 + len(rows) * _ROW
    single = all(value_of(row, "npv_usd") is not None for row, _ in rows)
    says = " ".join(_gain_said(row, worth) for row, worth in rows)
    drawing = Drawing("venture-gains", WIDTH, bottom + 34, "Who gains", says)
    drawing.swatch(0, 11, ACCENT, "gains")
    drawing.swatch(58, 11, tint(ALERT, 0.35), "loses")
    what = "middle case" if single else "middle of the draws"
    note = f"bar: {what}; whisker: 5 to 95 % of the draws"
    drawing.text(116, 11, note, size=10.5, fill=MUTED, stretch="semi-condensed")
    ends = [value_of(r, n) or 0.0 for r, _ in rows for n in ("p05_usd", "p95_usd")]
    scale = linear([0.0, *ends, *(worth for _, worth in rows)], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 30, bottom, usd_tick, unit="present value in USD at the economic rate")
    for count, (row, worth) in enumerate(rows):
        _gain_bar(drawing, scale, row, worth, 34 + count * _ROW)
    return drawing.render()


def _gain(row: Row) -> float | None:
    """Middle case where it stands, else the middle of the draws."""
    single = value_of(row, "npv_usd")
    return value_of(row, "p50_usd") if single is None else single


def _gain_said(row: Row, worth: float) -> str:
    span = span_of(row, "p05_usd", "p95_usd")
    text = usd(worth) if span is None else f"{usd(span[0])} to {usd(span[1])}"
    return f"{row['group']} of {row['country']}: {text}."


def _gain_bar(drawing: Drawing, scale: Scale, row: Row, worth: float, y: float) -> None:
    drawing.row_name(y + 14, f"{clean(row['group'], 60)}, {row['country']}", _LEFT - 12)
    left, right = sorted((scale(0.0), scale(worth)))
    drawing.rect(left, y + 4, right - left, 13, ACCENT if worth >= 0 else tint(ALERT, 0.35))
    span = span_of(row, "p05_usd", "p95_usd")
    if span and span[1] > span[0]:
        whisker(drawing, scale, span, y + 10.5)
    label = usd(worth) if span is None else f"{usd(span[0])} … {usd(span[1])}"
    drawing.narrow(WIDTH, y + 14, label, anchor="end", fill=INK)
