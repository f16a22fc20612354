"""Corridors against each other: money and days, split by kind of stage."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.amounts import number
from karwan.report.charts.axes import WIDTH, value_of, x_axis
from karwan.report.fonts import fit, text_width
from karwan.report.palette import (
    ALERT,
    INK,
    MUTED,
    PAPER,
    STAGE_LABEL,
    STAGES,
    on_colour,
    safe_colour,
    stage_fill,
    text_colour,
)
from karwan.report.svg import Drawing, legend, linear
from karwan.report.text import clean

_LEFT, _GAP = 118.0, 30.0
Measure = tuple[str, str, float, str]
MEASURES: tuple[Measure, ...] = (
    ("usd_20t", "Money, USD per 20 t", 1.0, "USD per 20 t"),
    ("hours", "Time, days door to door", 1 / 24, "days, mean"),
)


def draw_stages(routes: pl.DataFrame, stages: pl.DataFrame, key: str, title: str) -> str | None:
    """Two panels of stacked bars, one bar per corridor in its own colour, shaded by kind of stage.

    Parameters
    ----------
    routes
        Rows of `routes` of one pair and direction, in the order to draw.
    stages
        Their rows of `stages`.
    """
    rows = [r for r in routes.iter_rows(named=True) if value_of(r, "hours") is not None]
    if not rows:
        return None
    split = _split(stages)
    width = (WIDTH - _LEFT - _GAP) / 2
    step = 40.0 if len(rows) < 7 else 32.0
    bottom = 56 + len(rows) * step
    drawing = Drawing(key, WIDTH, bottom + 34, title, _say(rows))
    kinds = [kind for kind in STAGES if any(kind == k for (_, k) in split)]
    top = (
        legend(
            drawing, 0, 11, [(stage_fill("#6f7478", kind), STAGE_LABEL[kind]) for kind in kinds], room=WIDTH
        )
        + 12
    )
    for column, (measure, heading, factor, unit) in enumerate(MEASURES):
        left = _LEFT + column * (width + _GAP)
        totals = [(value_of(r, measure) or 0.0) * factor for r in rows]
        sums = [
            sum(v for kind in STAGES for _, v in split.get((r["corridor_id"], kind), {}).get(measure, []))
            * factor
            for r in rows
        ]
        scale = linear([*totals, *sums], left, left + width, pad=0.14)
        drawing.label(left, top, heading)
        x_axis(drawing, scale, top + 8, bottom, number, count=4, unit=unit)
        for k, row in enumerate(rows):
            y = top + 14 + k * step
            _bar(drawing, row, split, measure, factor, scale, y)
    for k, row in enumerate(rows):
        _name(drawing, row, top + 14 + k * step, k)
    return drawing.render()


Split = dict[tuple[str, str], dict[str, list[tuple[str, float]]]]


def _split(stages: pl.DataFrame) -> Split:
    """Stage amounts by corridor and kind; crossings one by one, the stages of other kinds added up."""
    result: Split = {}
    for row in stages.sort("stage", maintain_order=True).iter_rows(named=True) if stages.height else ():
        kind = str(row["kind"])
        for measure, *_ in MEASURES:
            value = value_of(row, measure)
            if not value:
                continue
            parts = result.setdefault((row["corridor_id"], kind), {}).setdefault(measure, [])
            name = row["place"] or row["name"] if kind == "crossing" else STAGE_LABEL.get(kind, kind)
            if not parts or parts[-1][0] != clean(name, 40):
                parts.append((clean(name, 40), value))
            else:
                parts[-1] = (parts[-1][0], parts[-1][1] + value)
    return result


def _bar(
    drawing: Drawing, row: dict[str, Any], split: Split, measure: str, factor: float, scale: Any, y: float
) -> None:
    colour, x = safe_colour(row["colour"]), scale(0)
    faded = row["status"] != "open"
    for kind in STAGES:
        for name, value in split.get((row["corridor_id"], kind), {}).get(measure, []):
            width = scale(value * factor) - scale(0)
            fill = stage_fill(colour, kind)
            drawing.rect(
                x,
                y,
                width,
                20,
                fill,
                stroke=PAPER if width > 3 else "none",
                line=0.7,
                title=f"{name}: {number(value * factor, 1 if measure == 'hours' else 0)}",
            )
            if kind == "crossing" and width > text_width(name, 9, stretch="semi-condensed") + 5:
                drawing.text(x + 3, y + 13.5, name, size=9, fill=on_colour(fill), stretch="semi-condensed")
            x += width
    total = (value_of(row, measure) or 0.0) * factor
    if x <= scale(0) + 0.5:
        drawing.rect(scale(0), y, scale(total) - scale(0), 20, colour)
        x = scale(total)
    if faded:
        drawing.rect(scale(0), y, max(x, scale(total)) - scale(0), 20, PAPER, opacity=0.45)
        drawing.rect(scale(0), y, max(x, scale(total)) - scale(0), 20, "none", stroke=ALERT, dash="4 3")
    text = number(total, 1 if measure == "hours" else 0)
    drawing.text(
        max(x, scale(total)) + 5, y + 14.5, text, size=11.5, weight=600, fill=INK, stretch="semi-condensed"
    )


def _name(drawing: Drawing, row: dict[str, Any], y: float, rank: int) -> None:
    colour = safe_colour(row["colour"], rank)
    drawing.rect(0, y, 4, 20, colour)
    name = fit(clean(row["corridor"]), 12, _LEFT - 18, stretch="semi-condensed", bold=True)
    drawing.text(
        10,
        y + (9 if row["status"] != "open" else 14),
        name,
        size=12,
        weight=600,
        fill=text_colour(colour),
        stretch="semi-condensed",
    )
    if row["status"] != "open":
        drawing.text(
            10, y + 21, "closed: if it were open", size=9.5, fill=text_colour(ALERT), stretch="semi-condensed"
        )
    _ = MUTED


def _say(rows: list[dict[str, Any]]) -> str:
    return " ".join(
        (
            f"{clean(r['corridor'])} ({clean(r['status'])}): USD {number(r['usd_20t'])} "
            f"per 20 t, {number((value_of(r, 'hours') or 0) / 24, 1)} days."
        )
        for r in rows
    )
