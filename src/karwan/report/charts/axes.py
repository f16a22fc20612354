"""Axes, grid lines and readers of rows shared by the charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from karwan.amounts import is_number
from karwan.report.palette import HAIR, MUTED, RULE
from karwan.report.svg import Drawing, Scale

WIDTH = 740.0
Row = Mapping[str, Any]


def value_of(row: Row, column: str) -> float | None:
    """Finite number of a column, or None."""
    found = row.get(column)
    return float(found) if is_number(found) else None  # type: ignore[arg-type]


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
