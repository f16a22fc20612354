"""Corridors before and after: money, days and late days as each stands and under one set of scenarios or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from karwan.amounts import number
from karwan.report.charts.axes import WIDTH, Span, panels, x_axis
from karwan.report.palette import ALERT, MUTED, PAPER, RULE, STATUS, safe_colour, text_colour
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_LEFT, _GAP, _VALUE, _TOP, _LANE = 130.0, 26.0, 40.0, 46.0, 15.0
PANELS = (
    ("Money", "USD per 20 t", 0),
    ("Mean days", "door to door", 1),
    ("Late days", "95 of 100 arrive", 1),
)
"""Heading, unit and decimals of each panel, in the order of the figures of a row."""


@dataclass(frozen=True)
class Move:
    """One corridor.

    Attributes
    ----------
    name, colour
        As every picture has them.
    states
        open, closed or absent: as it stands, then under each set.
    figures
        One tuple a panel, of the figure as it stands and under each set; None where there is no route.
    """

    name: str
    colour: str
    states: tuple[str, ...]
    figures: tuple[tuple[float | None, ...], ...]


def draw_moves(rows: Sequence[Move], marks: Sequence[str], title: str) -> str | None:
    """A lane a set in each panel: a ring as it stands, joined to a disc under the first set or a square under the second.

    None where no row has a figure. `marks` are the letters of the sets, in the order of the figures of a row.
    """
    shown = [row for row in rows if any(value is not None for panel in row.figures for value in panel)]
    if not shown:
        return None
    height = _LANE * len(marks) + 14
    bottom = _TOP + len(shown) * height
    drawing = Drawing("moves", WIDTH, bottom + 32, title, _say(shown, marks))
    _legend(drawing, marks)
    for k, (left, width) in enumerate(panels(len(PANELS), _LEFT, _GAP)):
        _panel(drawing, shown, k, (left, width - _VALUE), bottom, height)
    for rank, row in enumerate(shown):
        _name(drawing, row, _TOP + rank * height, height)
    return drawing.render()


def _legend(drawing: Drawing, marks: Sequence[str]) -> None:
    drawing.circle(5, 7.5, 4.2, PAPER, stroke=MUTED, line=1.4)
    drawing.narrow(14, 11, "as it stands", size=10.5, fill=MUTED)
    for k, mark in enumerate(marks):
        _mark(drawing, 92 + k * 74, 7.5, MUTED, square=mark == "B")
        drawing.narrow(101 + k * 74, 11, f"under {mark}", size=10.5, fill=MUTED)


def _panel(drawing: Drawing, rows: Sequence[Move], k: int, room: Span, bottom: float, height: float) -> None:
    """Heading, axis and lanes of one measure."""
    heading, unit, digits = PANELS[k]
    left, width = room
    known = [value for row in rows for value in row.figures[k] if value is not None]
    scale = linear(known, left + 6, left + width - 8, zero=False, pad=0.04)
    drawing.narrow(left, 29, heading, weight=600)
    x_axis(drawing, scale, _TOP - 8, bottom, number, count=3, unit=unit)
    for rank, row in enumerate(rows):
        before, *after = row.figures[k]
        for lane, value in enumerate(after):
            y = _TOP + rank * height + 7 + lane * _LANE
            _lane(drawing, scale, (before, value), y, safe_colour(row.colour, rank), square=lane > 0)
            text, moved = _value(before, value, digits)
            ink = text_colour(safe_colour(row.colour, rank)) if moved else MUTED
            drawing.narrow(
                left + width + _VALUE,
                y + 4,
                text,
                size=10.5,
                anchor="end",
                weight=600 if moved else 400,
                fill=ink,
            )


def _lane(
    drawing: Drawing,
    scale: Scale,
    ends: tuple[float | None, float | None],
    y: float,
    colour: str,
    *,
    square: bool,
) -> None:
    """Ring before, mark after, and what joins them."""
    before, after = ends
    if before is not None and after is not None:
        drawing.line(scale(before), y, scale(after), y, colour, line=2.2)
    if before is not None:
        drawing.circle(scale(before), y, 4.2, PAPER, stroke=MUTED, line=1.4)
    if after is not None and after != before:
        _mark(drawing, scale(after), y, colour, square=square)


def _mark(drawing: Drawing, x: float, y: float, colour: str, *, square: bool) -> None:
    if square:
        drawing.rect(x - 4, y - 4, 8, 8, colour)
    else:
        drawing.circle(x, y, 4.4, colour)


def _value(before: float | None, after: float | None, digits: int) -> tuple[str, bool]:
    """Figure after in words, and whether it moves."""
    if after is None:
        return "no way", before is not None
    same = before is not None and round(before, digits) == round(after, digits)
    return ("same", False) if same else (number(after, digits), True)


def _name(drawing: Drawing, row: Move, top: float, height: float) -> None:
    """Name of the corridor, its state below, and a hairline to the next one."""
    colour = safe_colour(row.colour)
    drawing.rect(0, top, 4, height - 12, colour)
    drawing.narrow(
        11, top + 10, clean(row.name, 40), size=11.5, weight=600, room=_LEFT - 20, fill=text_colour(colour)
    )
    shut = row.states[-1] != "open"
    drawing.narrow(
        11,
        top + 22,
        _states(row.states),
        size=9.5,
        room=_LEFT - 20,
        fill=text_colour(ALERT if shut else STATUS["done"]),
    )
    drawing.line(0, top + height - 6, WIDTH, top + height - 6, RULE, line=0.5)


def _states(states: Sequence[str]) -> str:
    """`closed`, or `closed → open`; of two sets that differ both."""
    before, *after = states
    if all(state == before for state in after):
        return before
    return f"{before} → {' / '.join(dict.fromkeys(after))}"


def _say(rows: Sequence[Move], marks: Sequence[str]) -> str:
    """The figures in words, a sentence a corridor."""
    return " ".join(f"{clean(row.name, 40)}, {_states(row.states)}: {_figures(row, marks)}." for row in rows)


def _figures(row: Move, marks: Sequence[str]) -> str:
    parts = []
    for (heading, unit, digits), (before, *after) in zip(PANELS, row.figures, strict=True):
        ends = ", ".join(
            f"{mark} {_value(before, value, digits)[0]}" for mark, value in zip(marks, after, strict=True)
        )
        parts.append(f"{heading.lower()} {number(before, digits)}, {ends} ({unit})")
    return "; ".join(parts)
