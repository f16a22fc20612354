"""Arrival: how many days door to door, from the fastest to the slowest tenth, per corridor."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import number
from karwan.report.charts.axes import WIDTH, value_of, x_axis
from karwan.report.fonts import fit
from karwan.report.palette import ALERT, INK, MUTED, PAPER, safe_colour, text_colour, tint
from karwan.report.svg import Drawing, linear, points
from karwan.report.text import clean

_LEFT, _RIGHT = 176.0, 8.0
MARKS = ("days_p05", "days_p25", "days_p50", "days_p75", "days_p95")


def draw_arrivals(routes: pl.DataFrame, arrivals: pl.DataFrame, key: str, title: str) -> str | None:
    """Violins of sampled days with marks at 5, 25, 50, 75 and 95 per cent; marks only where samples lack.

    Parameters
    ----------
    routes
        Rows of `routes` with percentiles, one per strip, in order.
    arrivals
        Table `arrivals`; matched on corridor and direction.
    """
    rows = [r for r in routes.iter_rows(named=True) if value_of(r, "days_p50") is not None]
    samples = {(r["corridor_id"], r["direction"]): r for r in arrivals.iter_rows(named=True)}
    strips = [(row, samples.get((row["corridor_id"], row["direction"]))) for row in rows]
    if not strips:
        return None
    far = [value_of(r, "days_p95") or 0.0 for r, _ in strips]
    scale = linear([0.0, *far], _LEFT, WIDTH - _RIGHT, pad=0.16)
    step = 52.0 if len(strips) < 7 else 45.0
    bottom = 24 + len(strips) * step
    drawing = Drawing(key, WIDTH, bottom + 34, title, _say([r for r, _ in strips]))
    x_axis(drawing, scale, 16, bottom, number, count=8, unit="days door to door")
    for k, (row, sample) in enumerate(strips):
        _strip(drawing, row, sample, scale, 24 + k * step + step / 2, k)
    drawing.label(
        _LEFT,
        9,
        "shape: journeys · bar: middle half · line: 5 to 95 % · tick: median · ring: 95 % if none closes",
    )
    return drawing.render()


def _strip(
    drawing: Drawing, row: dict[str, Any], sample: dict[str, Any] | None, scale: Any, y: float, rank: int
) -> None:
    colour = safe_colour(row["colour"], rank)
    name = fit(clean(row["corridor"]), 12, _LEFT - 20, stretch="semi-condensed", bold=True)
    drawing.text(0, y - 1, name, size=12, weight=600, fill=text_colour(colour), stretch="semi-condensed")
    under = clean(sample["on_time_label"], 80) if sample else ""
    if row["status"] != "open":
        under = "closed: if it were open"
    drawing.text(
        0,
        y + 12,
        fit(under, 9.5, _LEFT - 12, stretch="semi-condensed"),
        size=9.5,
        fill=text_colour(ALERT) if row["status"] != "open" else MUTED,
        stretch="semi-condensed",
    )
    values = (
        np.array([v for v in (sample["days"] or [])], dtype=np.float64)
        if sample and sample["days"] is not None
        else np.array([])
    )
    if len(values) > 20:
        _violin(drawing, values, scale, y, tint(colour, 0.6))
    low, first, middle, third, high = (value_of(row, mark) for mark in MARKS)
    if low is not None and high is not None:
        drawing.line(scale(low), y, scale(high), y, colour, line=1.6)
        for edge in (low, high):
            drawing.line(scale(edge), y - 5, scale(edge), y + 5, colour, line=1.6)
    quiet = value_of(sample, "days_p95_no_closures") if sample else None
    if quiet is not None and high is not None and scale(high) - scale(quiet) > 4:
        drawing.circle(scale(quiet), y, 3.2, PAPER, stroke=colour, line=1.6)
    if first is not None and third is not None:
        drawing.rect(scale(first), y - 4.5, scale(third) - scale(first), 9, colour)
    if middle is not None:
        drawing.line(scale(middle), y - 9, scale(middle), y + 9, INK, line=2.2)
        drawing.text(
            scale(middle),
            y - 14,
            number(middle, 1),
            size=10.5,
            anchor="middle",
            weight=600,
            stretch="semi-condensed",
            halo=PAPER,
        )
    if low is not None and high is not None:
        for edge in (low, high):
            drawing.text(
                scale(edge),
                y + 19,
                number(edge, 1),
                size=10,
                anchor="middle",
                fill=MUTED,
                stretch="semi-condensed",
                halo=PAPER,
            )


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
