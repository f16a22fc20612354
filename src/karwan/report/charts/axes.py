"""Axes, panels, marks and readers of rows shared by the charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from karwan.amounts import is_number, usd
from karwan.report.palette import ALERT, HAIR, INK, MUTED, PAPER, RULE, text_colour
from karwan.report.svg import Drawing, Scale, points
from karwan.report.text import month

WIDTH = 740.0
Row = Mapping[str, Any]
Span = tuple[float, float]
Target = tuple[float, date | None, str]  # USD, due date, title


def value_of(row: Row, column: str) -> float | None:
    """Finite number of a column, or None."""
    found = row.get(column)
    return float(found) if is_number(found) else None  # type: ignore[arg-type]


def has_any(row: Row, *columns: str) -> bool:
    """Whether one of the columns holds a number."""
    return any(value_of(row, column) is not None for column in columns)


def is_positive(row: Row, *columns: str) -> bool:
    """Whether each of the columns holds a number above zero."""
    return all((value_of(row, column) or 0) > 0 for column in columns)


def span_of(row: Row, low: str, high: str) -> Span | None:
    """Low and high end of a range; None unless both are known."""
    ends = value_of(row, low), value_of(row, high)
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def panels(count: int, left: float, gap: float) -> list[Span]:
    """Left edge and width of `count` equal panels beside each other, from `left` to the right edge."""
    width = (WIDTH - left - gap * (count - 1)) / count
    return [(left + k * (width + gap), width) for k in range(count)]


def x_axis(
    drawing: Drawing,
    scale: Scale,
    top: float,
    bottom: float,
    form: Callable[[float], str],
    *,
    count: int = 5,
    unit: str = "",
) -> None:
    """Vertical grid lines with values below; the unit stands at the right end."""
    for tick in scale.ticks(count):
        x = scale(tick)
        drawing.line(x, top, x, bottom, RULE if tick == 0 else HAIR, line=1 if tick == 0 else 0.8)
        drawing.text(
            x, bottom + 13, form(tick), size=10, anchor="middle", fill=MUTED, stretch="semi-condensed"
        )
    if unit:
        drawing.text(
            scale.end, bottom + 27, unit, size=10, anchor="end", fill=MUTED, stretch="semi-condensed"
        )


def y_axis(
    drawing: Drawing, scale: Scale, left: float, right: float, form: Callable[[float], str], *, count: int = 4
) -> None:
    """Horizontal grid lines with values on the left."""
    for tick in scale.ticks(count):
        y = scale(tick)
        drawing.line(left, y, right, y, RULE if tick == 0 else HAIR, line=1 if tick == 0 else 0.8)
        drawing.text(
            left - 6, y + 3.5, form(tick), size=10, anchor="end", fill=MUTED, stretch="semi-condensed"
        )


def year_axis(drawing: Drawing, scale: Scale, bottom: float, first: date, last: date) -> None:
    """Ticks on 1 January, year names between them."""
    years = range(first.year, last.year + 1)
    step = 1 if (scale.end - scale.start) / max(len(years), 1) > 27 else 2 if len(years) < 40 else 5
    for year in years:
        start, end = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
        if scale.low <= start <= scale.high:
            drawing.line(scale(start), bottom, scale(start), bottom + 4, RULE)
        middle = (max(start, scale.low) + min(end, scale.high)) / 2
        room = scale(end) - scale(start)
        if (year - first.year) % step == 0 and room > 14:
            drawing.text(
                scale(middle),
                bottom + 14,
                str(year),
                size=10,
                anchor="middle",
                fill=MUTED,
                stretch="semi-condensed",
            )


def no_tick(_: float) -> str:
    """Form of the values of an axis whose panel repeats the scale of the first."""
    return ""


def error_bar(
    drawing: Drawing, scale: Scale, span: Span, y: float, colour: str, *, lines: Span, cap: float
) -> None:
    """Horizontal range with caps; `lines` are the widths of the bar and of its caps, `cap` half their height."""
    low, high = (scale(end) for end in span)
    drawing.line(low, y, high, y, colour, line=lines[0])
    for x in (low, high):
        drawing.line(x, y - cap, x, y + cap, colour, line=lines[1])


def whisker(drawing: Drawing, scale: Scale, span: Span, y: float) -> None:
    """Thin error bar that can be read on a filled bar."""
    drawing.line(scale(span[0]), y, scale(span[1]), y, PAPER, line=2.6)
    drawing.line(scale(span[0]), y, scale(span[1]), y, INK, line=1)
    for end in span:
        drawing.line(scale(end), y - 3, scale(end), y + 3, INK)


def band(drawing: Drawing, xs: list[float], lows: list[float], highs: list[float], **style: Any) -> None:
    """Filled area between two lines over the same places."""
    drawing.path(points(xs + xs[::-1], highs + lows[::-1]) + "Z", **style)


def target_line(drawing: Drawing, target: Target, money: Scale, edges: Span, *, named: bool = True) -> None:
    """Dashed line at the value of the target, with its name above it."""
    value, due, _ = target
    y = money(value)
    drawing.line(edges[0], y, edges[1], y, ALERT, line=1.3, dash="6 4")
    if named:
        text = f"Target {usd(value)}" + (f", due {month(due)}" if due else "")
        drawing.narrow(edges[0] + 4, y - 5, text, size=10.5, fill=text_colour(ALERT), weight=600)
