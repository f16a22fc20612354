"""Days of a route by the day it leaves: the median and the late days over a year."""

from __future__ import annotations

import polars as pl

from karwan.amounts import number
from karwan.report.charts.axes import WIDTH, band, y_axis
from karwan.report.palette import ACCENT, MUTED, PAPER, tint
from karwan.report.svg import Drawing, Scale, linear, points
from karwan.report.text import day, month

_LEFT, _HEIGHT = 46.0, 250.0


def draw_departures(days: pl.DataFrame, key: str, title: str) -> str:
    """A band from P50 to P95 days over the departure days of a year; days on which too many never arrive are a gap.

    Parameters
    ----------
    days
        departure, days_p50, days_p95.
    """
    known = days.drop_nulls(["days_p50", "days_p95"])
    first, last = days["departure"][0], days["departure"][-1]
    time = Scale(first.toordinal(), last.toordinal(), _LEFT, WIDTH - 10)
    scale = linear(known["days_p95"].to_list(), _HEIGHT - 26, 22, pad=0.08)
    drawing = Drawing(key, WIDTH, _HEIGHT, title, _say(known))
    y_axis(drawing, scale, _LEFT, WIDTH - 10, number, count=5)
    drawing.label(0, 9, "days door to door · band: median to P95")
    xs = [time(one.toordinal()) for one in known["departure"]]
    lows = [scale(value) for value in known["days_p50"]]
    highs = [scale(value) for value in known["days_p95"]]
    band(drawing, xs, lows, highs, fill=tint(ACCENT, 0.72))
    drawing.path(points(xs, highs), stroke=tint(ACCENT, 0.3), line=1.2)
    drawing.path(points(xs, lows), stroke=ACCENT, line=2)
    for start in days.filter(pl.col("departure").dt.day() == 1)["departure"]:
        x = time(start.toordinal())
        drawing.line(x, _HEIGHT - 26, x, _HEIGHT - 21)
        drawing.narrow(x, _HEIGHT - 8, month(start), size=10, anchor="middle", fill=MUTED, halo=PAPER)
    return drawing.render()


def _say(days: pl.DataFrame) -> str:
    best, worst = days.sort("days_p95").row(0, named=True), days.sort("days_p95").row(-1, named=True)
    return (
        f"Best day to leave: {day(best['departure'])}, P95 {number(best['days_p95'], 1)} days. "
        f"Worst: {day(worst['departure'])}, P95 {number(worst['days_p95'], 1)} days."
    )
