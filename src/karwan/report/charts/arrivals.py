"""Arrival: how many days door to door, from the fastest to the slowest tenth, per corridor."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import number
from karwan.report.charts.axes import WIDTH, Row, error_bar, has_any, span_of, value_of, x_axis
from karwan.report.palette import ALERT, INK, MUTED, PAPER, safe_colour, text_colour, tint
from karwan.report.svg import Drawing, Scale, linear, points
from karwan.report.text import clean

_LEFT, _RIGHT = 176.0, 8.0
_KEY = "bar: middle half · line: 5 to 95 % · tick: median"
_SAMPLED = ("shape: journeys", "ring: 95 % if none closes")
_FEWEST = 20  # samples that make a shape


def draw_arrivals(routes: pl.DataFrame, arrivals: pl.DataFrame, key: str, title: str) -> str | None:
    """Violins of sampled days with marks at 5, 25, 50, 75 and 95 per cent; marks only where samples lack.

    Parameters
    ----------
    routes
        Rows of `routes` with percentiles, one per strip, in order.
    arrivals
        Table `arrivals`; matched on corridor and direction.
    """
    rows = [r for r in routes.iter_rows(named=True) if has_any(r, "days_p50")]
    if not rows:
        return None
    samples = {_journey(r): r for r in arrivals.iter_rows(named=True)}
    far = [value_of(r, "days_p95") or 0.0 for r in rows]
    scale = linear([0.0, *far], _LEFT, WIDTH - _RIGHT, pad=0.16)
    step = 52.0 if len(rows) < 7 else 45.0
    bottom = 24 + len(rows) * step
    drawing = Drawing(key, WIDTH, bottom + 34, title, _say(rows))
    x_axis(drawing, scale, 16, bottom, number, count=8, unit="days door to door")
    for k, row in enumerate(rows):
        sample = samples.get(_journey(row), {})
        y = 24 + k * step + step / 2
        colour = safe_colour(row["colour"], k)
        _draw_name(drawing, row, sample, y, colour)
        _draw_spread(drawing, row, sample, scale, y, colour)
        _draw_days(drawing, row, scale, y)
    drawing.label(_LEFT, 9, f"{_SAMPLED[0]} · {_KEY} · {_SAMPLED[1]}" if samples else _KEY)
    return drawing.render()


def _journey(row: Row) -> tuple[object, object]:
    return row["corridor_id"], row["direction"]


def _draw_name(drawing: Drawing, row: Row, sample: Row, y: float, colour: str) -> None:
    """Name of the corridor; below it whether it is on time, or that it is shut."""
    name = clean(row["corridor"])
    drawing.narrow(0, y - 1, name, size=12, weight=600, room=_LEFT - 20, fill=text_colour(colour))
    shut = row["status"] != "open"
    under = "closed: if it were open" if shut else clean(sample.get("on_time_label"), 80)
    drawing.narrow(0, y + 12, under, size=9.5, room=_LEFT - 12, fill=text_colour(ALERT) if shut else MUTED)


def _draw_spread(drawing: Drawing, row: Row, sample: Row, scale: Scale, y: float, colour: str) -> None:
    """Shape of the samples, line from 5 to 95 per cent, ring where it would end without closures, middle half."""
    days = np.array(sample.get("days") or (), dtype=np.float64)
    if len(days) > _FEWEST:
        _violin(drawing, days, scale, y, tint(colour, 0.6))
    whole, half = span_of(row, "days_p05", "days_p95"), span_of(row, "days_p25", "days_p75")
    quiet = value_of(sample, "days_p95_no_closures")
    if whole:
        error_bar(drawing, scale, whole, y, colour, lines=(1.6, 1.6), cap=5)
    if whole and quiet is not None and scale(whole[1]) - scale(quiet) > 4:
        drawing.circle(scale(quiet), y, 3.2, PAPER, stroke=colour, line=1.6)
    if half:
        drawing.rect(scale(half[0]), y - 4.5, scale(half[1]) - scale(half[0]), 9, colour)


def _draw_days(drawing: Drawing, row: Row, scale: Scale, y: float) -> None:
    """Median with its tick, and both ends, in days."""
    middle = scale(row["days_p50"])
    drawing.line(middle, y - 9, middle, y + 9, INK, line=2.2)
    text = number(row["days_p50"], 1)
    drawing.narrow(middle, y - 14, text, size=10.5, anchor="middle", weight=600, halo=PAPER)
    for edge in span_of(row, "days_p05", "days_p95") or ():
        text = number(edge, 1)
        drawing.narrow(scale(edge), y + 19, text, size=10, anchor="middle", fill=MUTED, halo=PAPER)


def _violin(drawing: Drawing, values: Any, scale: Any, y: float, fill: str) -> None:
    """Gaussian kernel density with Silverman's bandwidth between the 1st and 99th percentile."""
    low, high = np.quantile(values, [0.01, 0.99])
    spread = min(values.std(), (np.quantile(values, 0.75) - np.quantile(values, 0.25)) / 1.34 or values.std())
    width = max(0.9 * spread * len(values) ** -0.2, 1e-6)
    grid = np.linspace(low, min(high, scale.high), 48)
    density = np.exp(-0.5 * ((grid[:, None] - values[None, :]) / width) ** 2).sum(axis=1)
    half = density / density.max() * 13
    seen = int(np.flatnonzero(half >= 0.2)[-1]) + 1  # thinner is not a shape but broken hairs
    grid, half = grid[:seen], half[:seen]
    xs = [scale(float(v)) for v in grid]
    drawing.path(points(xs + xs[::-1], [*(y - half), *(y + half)[::-1]]) + "Z", fill=fill, opacity=0.85)


def _say(rows: list[dict[str, Any]]) -> str:
    return " ".join(
        (
            f"{clean(r['corridor'])}: median {number(r['days_p50'], 1)} days, 5 to "
            f"95 per cent {number(r['days_p05'], 1)} to {number(r['days_p95'], 1)}."
        )
        for r in rows
    )
