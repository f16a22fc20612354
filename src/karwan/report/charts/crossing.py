"""A border crossing by year: hours surveyed at each side, and the days on which it was shut."""

from __future__ import annotations

from datetime import date

import polars as pl

from karwan.amounts import number
from karwan.report.charts.axes import WIDTH, Row, value_of, y_axis, year_axis
from karwan.report.palette import ACCENT, ALERT, INK, MUTED, PAPER
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean, day

_LEFT, _RIGHT, _HEIGHT = 60.0, 40.0, 240.0
_COLOURS = (ACCENT, ALERT)


def draw_hours(times: pl.DataFrame) -> str | None:
    """A mark a survey at its year: colour by side, filled where the model takes it, hollow where it only stands beside; None without hours."""
    rows = [
        row for row in times.sort("year", "side").iter_rows(named=True) if value_of(row, "time_h") is not None
    ]
    if not rows:
        return None
    sides = sorted({str(row["side"]) for row in rows})
    says = " ".join(
        f"{clean(row['side'])} {clean(row['direction'])} {row['year']}: {number(row['time_h'], 1)} hours."
        for row in rows
    )
    drawing = Drawing("hours", WIDTH, _HEIGHT + 46, "Hours at each side, by survey", says)
    years = [int(row["year"]) for row in rows]
    first, last = date(min(years), 1, 1), date(max(years), 12, 31)
    across = Scale(first.toordinal(), last.toordinal(), _LEFT, WIDTH - _RIGHT)
    up = linear([0.0, *(row["time_h"] for row in rows)], _HEIGHT, 30.0)
    y_axis(drawing, up, _LEFT, WIDTH - _RIGHT, number)
    year_axis(drawing, across, _HEIGHT, first, last)
    for row in rows:
        _survey(drawing, row, across, up, sides)
    for k, side in enumerate(sides):
        drawing.circle(6 + k * 90, 8, 4.5, _COLOURS[k % 2])
        drawing.narrow(16 + k * 90, 12, side, size=11)
    drawing.narrow(
        16 + len(sides) * 90,
        12,
        "filled: the model takes it; hollow: stands beside it; square: by rail",
        fill=MUTED,
    )
    drawing.narrow(0, 26, "hours", size=10, fill=MUTED)
    return drawing.render()


def _survey(drawing: Drawing, row: Row, across: Scale, up: Scale, sides: list[str]) -> None:
    turn = {"outbound": -7.0, "inbound": 7.0}.get(str(row["direction"]), 0.0)
    x, y = across(date(int(row["year"]), 7, 1).toordinal()) + turn, up(row["time_h"])
    colour = _COLOURS[sides.index(str(row["side"])) % 2]
    fill = colour if row["use"] == "model" else PAPER
    if row["mode"] == "rail":
        drawing.rect(x - 4.5, y - 4.5, 9, 9, fill, stroke=colour)
    else:
        drawing.circle(x, y, 4.5, fill, stroke=colour, line=1.5)


def draw_shut(closures: pl.DataFrame, as_of: date) -> str | None:
    """A band of years with the spans it was shut, up to the day; None where no closure has its day."""
    spans = [
        (start, end, row)
        for row in closures.iter_rows(named=True)
        if (found := _span(row, as_of))
        for start, end in [found]
    ]
    if not spans:
        return None
    first = min(start for start, _, _ in spans).replace(month=1, day=1)
    says = " ".join(f"{day(start)} to {day(end)}: {clean(row['reason'], 120)}." for start, end, row in spans)
    drawing = Drawing("shut", WIDTH, 74, "Days on which it was shut", says)
    across = Scale(first.toordinal(), as_of.toordinal(), 0.0, WIDTH)
    drawing.rect(0, 22, WIDTH, 20, "#e9e4d8")
    for start, end, _ in spans:
        drawing.rect(
            across(start.toordinal()),
            22,
            max(across(end.toordinal()) - across(start.toordinal()), 1.5),
            20,
            ALERT,
        )
    year_axis(drawing, across, 42, first, as_of)
    drawing.swatch(0, 11, ALERT, "shut")
    drawing.narrow(WIDTH, 14, f"up to {day(as_of)}", anchor="end", fill=INK)
    return drawing.render()


def _span(row: Row, as_of: date) -> tuple[date, date] | None:
    """First and last day of a closure that has its days; None for one of every year, a slow-down, or one to come."""
    slower = value_of(row, "slowdown_share")
    if row["kind"] != "dated" or slower is not None or len(str(row["start"])) != 10:
        return None
    start = date.fromisoformat(str(row["start"]))
    end = date.fromisoformat(str(row["end"])) if row["end"] else as_of
    return (start, min(end, as_of)) if start <= as_of else None
