"""Corridors against each other: money and days, split by kind of stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from karwan.amounts import number
from karwan.report.charts.axes import WIDTH, Row, has_any, panels, value_of, x_axis
from karwan.report.fonts import text_width
from karwan.report.palette import (
    ALERT,
    INK,
    PAPER,
    STAGE_LABEL,
    STAGES,
    on_colour,
    safe_colour,
    stage_fill,
    text_colour,
)
from karwan.report.svg import Drawing, Scale, legend, linear
from karwan.report.text import clean

_LEFT, _GAP, _HEIGHT = 118.0, 30.0, 20
_NEUTRAL = "#6f7478"


@dataclass(frozen=True)
class _Measure:
    column: str
    heading: str
    factor: float  # from the column's unit to the one shown
    unit: str
    digits: int

    def total(self, row: Row) -> float:
        """The route's own amount in the unit shown."""
        return (value_of(row, self.column) or 0.0) * self.factor


_MEASURES = (
    _Measure("usd_20t", "Money, USD per 20 t", 1.0, "USD per 20 t", 0),
    _Measure("hours", "Time, days door to door", 1 / 24, "days, mean", 1),
)
Split = dict[
    tuple[str, str], dict[str, list[tuple[str, float]]]
]  # corridor, kind; measure; names and amounts


def draw_stages(routes: pl.DataFrame, stages: pl.DataFrame, key: str, title: str) -> str | None:
    """Two panels of stacked bars, one bar per corridor in its own colour, shaded by kind of stage.

    Parameters
    ----------
    routes
        Rows of `routes` of one pair and direction, in the order to draw.
    stages
        Their rows of `stages`.
    """
    rows = [r for r in routes.iter_rows(named=True) if has_any(r, "hours")]
    if not rows:
        return None
    split = _split(stages)
    step = 40.0 if len(rows) < 7 else 28.0
    bottom = 56 + len(rows) * step
    drawing = Drawing(key, WIDTH, bottom + 34, title, _say(rows))
    drawn = {kind for _, kind in split}
    entries = [(stage_fill(_NEUTRAL, kind), STAGE_LABEL[kind]) for kind in STAGES if kind in drawn]
    top = legend(drawing, 0, 11, entries, room=WIDTH) + 12
    for measure, (left, width) in zip(_MEASURES, panels(2, _LEFT, _GAP), strict=True):
        far = [measure.total(r) for r in rows] + [_stacked(r, split, measure) for r in rows]
        scale = linear(far, left, left + width, pad=0.14)
        drawing.label(left, top, measure.heading)
        x_axis(drawing, scale, top + 8, bottom, number, count=4, unit=measure.unit)
        for k, row in enumerate(rows):
            _draw_bar(drawing, row, split, measure, scale, top + 14 + k * step)
    for k, row in enumerate(rows):
        _draw_name(drawing, row, top + 14 + k * step, k)
    return drawing.render()


def _split(stages: pl.DataFrame) -> Split:
    """Stage amounts by corridor and kind; crossings one by one, the stages of other kinds added up."""
    result: Split = {}
    if stages.is_empty():
        return result
    for row in stages.sort("stage", maintain_order=True).iter_rows(named=True):
        for measure in _MEASURES:
            value = value_of(row, measure.column)
            if value:
                of_kind = result.setdefault((row["corridor_id"], str(row["kind"])), {})
                _add(of_kind.setdefault(measure.column, []), _part_name(row), value)
    return result


def _part_name(row: Row) -> str:
    kind = str(row["kind"])
    if kind == "crossing":
        return clean(row["place"] or row["name"], 40)
    return clean(STAGE_LABEL.get(kind, kind), 40)


def _add(parts: list[tuple[str, float]], name: str, value: float) -> None:
    """Add to the last part when it has the same name, else begin another."""
    if parts and parts[-1][0] == name:
        value += parts.pop()[1]
    parts.append((name, value))


def _stacked(row: Row, split: Split, measure: _Measure) -> float:
    """Sum of the route's stages in the unit shown."""
    return sum(value for _, _, value in _parts(row, split, measure)) * measure.factor


def _parts(row: Row, split: Split, measure: _Measure) -> Iterator[tuple[str, str, float]]:
    """Kind, name and amount of the parts of a bar, from left to right."""
    for kind in STAGES:
        for name, value in split.get((row["corridor_id"], kind), {}).get(measure.column, []):
            yield kind, name, value


def _draw_bar(drawing: Drawing, row: Row, split: Split, measure: _Measure, scale: Scale, y: float) -> None:
    """Stacked parts, or one piece where no part is known; faded and dashed where the corridor is shut."""
    colour, zero, total = safe_colour(row["colour"]), scale(0), measure.total(row)
    x = zero
    for kind, name, value in _parts(row, split, measure):
        width = scale(value * measure.factor) - zero
        text = f"{name}: {number(value * measure.factor, measure.digits)}"
        _draw_part(drawing, x, y, width, stage_fill(colour, kind), text)
        if kind == "crossing":
            _draw_inside(drawing, x, y, width, stage_fill(colour, kind), name)
        x += width
    if x <= zero + 0.5:
        drawing.rect(zero, y, scale(total) - zero, _HEIGHT, colour)
    end = max(x, scale(total))
    if row["status"] != "open":
        drawing.rect(zero, y, end - zero, _HEIGHT, PAPER, opacity=0.45)
        drawing.rect(zero, y, end - zero, _HEIGHT, "none", stroke=ALERT, dash="4 3")
    drawing.narrow(end + 5, y + 14.5, number(total, measure.digits), size=11.5, weight=600, fill=INK)


def _draw_part(drawing: Drawing, x: float, y: float, width: float, fill: str, text: str) -> None:
    stroke = PAPER if width > 3 else "none"
    drawing.rect(x, y, width, _HEIGHT, fill, stroke=stroke, line=0.7, title=text)


def _draw_inside(drawing: Drawing, x: float, y: float, width: float, fill: str, name: str) -> None:
    """Name inside its part, where it fits."""
    if width > text_width(name, 9, stretch="semi-condensed") + 5:
        drawing.narrow(x + 3, y + 13.5, name, size=9, fill=on_colour(fill))


def _draw_name(drawing: Drawing, row: Row, y: float, rank: int) -> None:
    colour = safe_colour(row["colour"], rank)
    shut = row["status"] != "open"
    drawing.rect(0, y, 4, _HEIGHT, colour)
    at, name = y + (9 if shut else 14), clean(row["corridor"])
    drawing.narrow(10, at, name, size=12, weight=600, room=_LEFT - 18, fill=text_colour(colour))
    if shut:
        drawing.narrow(10, y + 21, "closed: if it were open", size=9.5, fill=text_colour(ALERT))


def _say(rows: Sequence[Row]) -> str:
    return " ".join(
        f"{clean(r['corridor'])} ({clean(r['status'])}): USD {number(r['usd_20t'])} "
        f"per 20 t, {number((value_of(r, 'hours') or 0) / 24, 1)} days."
        for r in rows
    )
