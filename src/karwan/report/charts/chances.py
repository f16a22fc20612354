"""Chances of reaching the target: every model with its range, never one bare number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from karwan.amounts import percent
from karwan.report.charts.axes import WIDTH, Span, error_bar, span_of, value_of, x_axis
from karwan.report.palette import ACCENT, INK, MUTED, SERIES
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_TOP, _LEFT, _ROW, _RIGHT = 26, 300.0, 28.0, 132.0
_BASE_RATE = SERIES[1]


@dataclass(frozen=True)
class _Chance:
    """A probability, what it is the probability of, and its range."""

    name: str
    about: str
    share: float | None
    span: Span | None
    colour: str
    span_text: str


def draw_chances(chances: pl.DataFrame, base_rate: pl.DataFrame) -> str | None:
    """Probability with its interval, models first, historical base rates below in another colour."""
    every = list(_modelled(chances))
    if all(chance.colour != _BASE_RATE for chance in every):
        every += _historical(base_rate)
    known = [chance for chance in every if chance.share is not None]
    if not known:
        return None
    bottom = _TOP + len(known) * _ROW
    says = " ".join(f"{c.name}, {c.about}: {percent(c.share)} ({c.span_text})." for c in known)
    drawing = Drawing("chances", WIDTH, bottom + 34, "Chance of reaching the target", says)
    top = max(value for c in known for value in (c.share or 0.0, *(c.span or ())))
    scale = linear([0.0, min(max(top * 1.1, 0.01), 1.0)], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 18, bottom, percent, count=5, unit="probability")
    drawing.label(WIDTH, 9, "chance and range", anchor="end")
    for k, chance in enumerate(known):
        _draw_chance(drawing, chance, scale, _TOP + k * _ROW + _ROW / 2)
    return drawing.render()


def _modelled(chances: pl.DataFrame) -> Iterator[_Chance]:
    for row in chances.iter_rows(named=True):
        model = clean(row["model"])
        colour = _BASE_RATE if "base rate" in model.lower() else ACCENT
        share, span = value_of(row, "probability"), span_of(row, "low", "high")
        yield _Chance(model, clean(row["target"]), share, span, colour, _range(row["low"], row["high"]))


def _historical(base_rate: pl.DataFrame) -> Iterator[_Chance]:
    for row in base_rate.iter_rows(named=True):
        share, span = value_of(row, "share"), span_of(row, "low", "high")
        text = _range(row["low"], row["high"])
        yield _Chance("Base rate", clean(row["label"]), share, span, _BASE_RATE, text)


def _range(low: object, high: object) -> str:
    return f"{percent(low)} to {percent(high)}"


def _draw_chance(drawing: Drawing, chance: _Chance, scale: Scale, y: float) -> None:
    drawing.narrow(0, y - 1, chance.name, size=11.5, room=_LEFT - 14, fill=INK)
    drawing.narrow(0, y + 10, chance.about, size=9.5, room=_LEFT - 14, fill=MUTED)
    if chance.span:
        error_bar(drawing, scale, chance.span, y, chance.colour, lines=(2.4, 1.4), cap=4)
    drawing.circle(scale(chance.share or 0.0), y, 4.6, chance.colour)
    drawing.narrow(WIDTH - 78, y + 4, percent(chance.share), size=11.5, anchor="end", weight=600)
    drawing.narrow(WIDTH, y + 4, chance.span_text, size=10, anchor="end", fill=MUTED)
