"""Milestones on a time line: every one named, in lanes that never overlap."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from karwan.report.charts.axes import WIDTH
from karwan.report.fonts import text_width, wrap
from karwan.report.palette import ACCENT, ALERT, INK, MUTED, PAPER, RULE, STATUS, text_colour
from karwan.report.svg import Drawing, Scale
from karwan.report.text import as_date, clean, day, month, tied

_LANE, _SIZE, _MARGIN = 17.0, 10.5, 230.0


def draw_timeline(table: pl.DataFrame, as_of: date) -> str | None:
    """A dot per milestone at its date, its name in a lane below; a line marks the day of the brief."""
    rows = [(found, r) for r in table.iter_rows(named=True) if (found := as_date(r["date"]))]
    rows.sort(key=lambda pair: (pair[0], str(pair[1]["milestone_id"])))
    if not rows:
        return None
    first, last = min(rows[0][0], as_of), max(rows[-1][0], as_of)
    pad = max((last - first).days // 40, 10)
    scale = Scale(first.toordinal() - pad, last.toordinal() + pad, 8, WIDTH - _MARGIN)
    says = " ".join(f"{day(when)}: {clean(r['title'])}." for when, r in rows)
    drawing = Drawing("timeline", WIDTH, 100, "Milestones on a time line", says)
    axis = 34.0
    lanes = _lanes(rows, scale)
    bottom = axis + 30 + max(lane + len(lines) for lane, _, lines in lanes) * _LANE
    today = scale(as_of.toordinal())
    drawing.line(today, 14, today, axis + 12, ALERT, line=1, dash="4 3")  # no further: names stand below
    anchor = "start"
    drawing.text(
        today + 5,
        11,
        f"brief of {day(as_of)}",
        size=10.5,
        anchor=anchor,
        fill=text_colour(ALERT),
        weight=600,
        stretch="semi-condensed",
    )
    drawing.line(scale.start, axis, scale.end, axis, INK, line=1.4)
    _years(drawing, scale, axis, first, last)
    for lane, x, _ in lanes:
        drawing.line(x, axis, x, axis + 26 + lane * _LANE - 1, RULE, line=0.9)
    for (when, row), (lane, x, lines) in zip(rows, lanes, strict=True):
        for k, line in enumerate(lines):
            y = axis + 26 + lane * _LANE + k * _SIZE * 1.2
            drawing.text(x + 4, y, line, size=_SIZE, fill=INK, stretch="semi-condensed", halo=PAPER)
        drawing.circle(x, axis, 4.2, _colour(when, row, as_of), stroke=PAPER, line=1.2)
    drawing.height = bottom + 24
    _key(drawing, bottom + 16)
    return drawing.render()


def _lanes(rows: list[tuple[date, dict[str, Any]]], scale: Scale) -> list[tuple[int, float, list[str]]]:
    """Lane, x and text of each milestone, a long one on two lines and lanes, such that no name meets another name or the stem of a later dot.

    Going back in time, a name takes the lane below every later one whose dot it reaches.
    """
    result: list[tuple[int, float, list[str]]] = []
    spans: list[tuple[float, int]] = []
    for when, row in reversed(rows):
        stamp = _stamp(when, str(row["date_precision"]))
        x = scale(when.toordinal())
        text = tied(f"{stamp}  {clean(row['title'])}")
        lines = wrap(text, _SIZE, min(330.0, WIDTH - x - 6), stretch="semi-condensed")
        end = x + 12 + max(text_width(line, _SIZE, stretch="semi-condensed") for line in lines)
        lane = max((below + 1 for start, below in spans if start < end), default=0)
        spans.append((x, lane + len(lines) - 1))
        result.append((lane, x, lines))
    return result[::-1]


def _colour(when: date, row: dict[str, Any], as_of: date) -> str:
    """Colour of a dot: held, still due, or expected earlier and not seen."""
    if str(row["state"]) in ("past", "reached", "done"):
        return STATUS["done"]
    return ACCENT if when >= as_of else ALERT


def _stamp(when: date, precision: str) -> str:
    if precision == "year":
        return str(when.year)
    return month(when) if precision in ("month", "quarter") else day(when)


def _years(drawing: Drawing, scale: Scale, axis: float, first: date, last: date) -> None:
    """A tick on each 1 January, the year's name after it."""
    for year in range(first.year, last.year + 1):
        x = scale(max(date(year, 1, 1).toordinal(), scale.low))
        drawing.line(x, axis - 13, x, axis, RULE)
        if x < scale.end - 24:
            drawing.text(x + 4, axis - 7, str(year), size=10, fill=MUTED, stretch="semi-condensed")


def _key(drawing: Drawing, y: float) -> None:
    x = 0.0
    for colour, text in (
        (STATUS["done"], "held"),
        (ACCENT, "still expected"),
        (ALERT, "date passed, not seen"),
    ):
        drawing.circle(x + 4, y - 3.5, 4.2, colour)
        drawing.text(x + 13, y, text, size=10.5, fill=MUTED, stretch="semi-condensed")
        x += 13 + text_width(text, 10.5, stretch="semi-condensed") + 16
