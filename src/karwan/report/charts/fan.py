"""Forecast bands to the target date, one panel per model."""

from __future__ import annotations

from datetime import date

import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import (
    WIDTH,
    Row,
    Span,
    Target,
    band,
    is_positive,
    no_tick,
    panels,
    span_of,
    target_line,
    value_of,
    y_axis,
    year_axis,
)
from karwan.report.palette import MUTED, PARTY_A, tint
from karwan.report.svg import Drawing, Scale, logarithmic, points
from karwan.report.text import as_date, clean

_LEFT, _PANEL, _GAP, _TOP = 46.0, 190.0, 22.0, 40.0
_BOTTOM = _TOP + _PANEL
_BANDS = (("p05", "p95", 0.78), ("p25", "p75", 0.5))  # low, high, how light
_LEGEND = ((0, 0.5, "middle 50 %"), (90, 0.78, "middle 90 %"))
Path = list[tuple[date, Row]]  # one model's rows in the order of their days


def draw_fan(fan: pl.DataFrame, target: Target | None, most: int = 3) -> str | None:
    """Median with bands of 50 and 90 per cent on a logarithmic scale; the target as a dashed line.

    Parameters
    ----------
    fan
        Table `fan` of the target section; the first `most` models are drawn.
    """
    paths = _paths(fan, most)
    if not paths:
        return None
    days = [day for path in paths.values() for day, _ in path]
    limits = (min(days), max(days))
    money = logarithmic(_values(paths, target), _BOTTOM, _TOP)
    drawing = Drawing("fan", WIDTH, _BOTTOM + 40, "Forecast to the target date", _say(paths))
    for k, (left, width) in enumerate(panels(len(paths), _LEFT, _GAP)):
        model, path = list(paths.items())[k]
        time = Scale(limits[0].toordinal(), limits[1].toordinal() + 1, left, left + width)
        drawing.narrow(left, 12, clean(model), size=11.5, weight=600, room=width)
        y_axis(drawing, money, left, left + width, no_tick if k else usd_tick)
        _draw_path(drawing, path, money, time)
        year_axis(drawing, time, _BOTTOM, *limits)
        if target:
            target_line(drawing, target, money, (left, left + width), named=k == 0)
    _draw_legend(drawing)
    return drawing.render()


def _paths(fan: pl.DataFrame, most: int) -> dict[str, Path]:
    """Rows of the first models that have a day and a median, by model."""
    found: dict[str, Path] = {}
    for row in fan.iter_rows(named=True):
        day = as_date(row["date"])
        if day and is_positive(row, "p50"):
            found.setdefault(str(row["model"]), []).append((day, row))
    return {model: sorted(found[model], key=lambda pair: pair[0]) for model in list(found)[:most]}


def _values(paths: dict[str, Path], target: Target | None) -> list[float]:
    """Every amount the money scale has to hold."""
    rows = [row for path in paths.values() for _, row in path]
    values = [value_of(row, column) or 0.0 for row in rows for column in ("p05", "p50", "p95")]
    goal = [target[0]] if target else []
    return [value for value in [*values, *goal] if value > 0]


def _draw_path(drawing: Drawing, path: Path, money: Scale, time: Scale) -> None:
    """Bands, the wider one first, and the median."""
    for low, high, light in _BANDS:
        spans = [(time(day.toordinal()), span_of(row, low, high)) for day, row in path]
        _draw_band(drawing, [(x, span) for x, span in spans if span and min(span) > 0], money, light)
    xs = [time(day.toordinal()) for day, _ in path]
    drawing.path(points(xs, [money(row["p50"]) for _, row in path]), stroke=PARTY_A, line=2)


def _draw_band(drawing: Drawing, known: list[tuple[float, Span]], money: Scale, light: float) -> None:
    if len(known) > 1:
        lows = [money(low) for _, (low, _) in known]
        highs = [money(high) for _, (_, high) in known]
        band(drawing, [x for x, _ in known], lows, highs, fill=tint(PARTY_A, light))


def _draw_legend(drawing: Drawing) -> None:
    y = _BOTTOM + 36
    for x, light, text in _LEGEND:
        drawing.swatch(x, y, tint(PARTY_A, light), text)
    unit = "USD a year, logarithmic scale; line: median"
    drawing.narrow(WIDTH, y, unit, size=10, anchor="end", fill=MUTED)


def _say(paths: dict[str, Path]) -> str:
    texts = []
    for model, path in paths.items():
        last = path[-1][1]
        texts.append(
            f"{clean(model)}: median USD {usd(last['p50'])}, 5 to "
            f"95 per cent {usd(last['p05'])} to {usd(last['p95'])}."
        )
    return " ".join(texts)
