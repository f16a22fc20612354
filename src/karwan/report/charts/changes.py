"""Changes by name: one bar to the right of nothing where it gains, to the left where it loses; two sets beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import WIDTH, x_axis
from karwan.report.palette import ACCENT, ALERT, MUTED, tint
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_LEFT, _TOP, _BAR, _RIGHT = 250.0, 34.0, 13.0, 76.0


@dataclass(frozen=True)
class Change:
    """One name with its change under each set, USD a year; None where it is not known."""

    name: str
    usd_year: tuple[float | None, ...]

    @property
    def size(self) -> float:
        """Its greatest change, either way."""
        return max((abs(value) for value in self.usd_year if value is not None), default=0.0)


def draw_changes(rows: Sequence[Change], title: str, marks: Sequence[str], most: int = 16) -> str | None:
    """Bars of the names that change most, largest first; None where nothing changes by a dollar.

    Parameters
    ----------
    marks
        Letter of each set, in the order of the changes of a name.
    """
    shown = sorted((row for row in rows if row.size >= 1.0), key=lambda row: -row.size)[:most]
    if not shown:
        return None
    height = _BAR * len(marks) + 10
    bottom = _TOP + len(shown) * height
    says = " ".join(f"{clean(row.name, 80)}: {_said(row, marks)}." for row in shown[:10])
    drawing = Drawing("changes", WIDTH, bottom + 34, title, says)
    drawing.swatch(0, 11, ACCENT, "gains")
    drawing.swatch(58, 11, tint(ALERT, 0.35), "loses")
    if len(marks) > 1:
        drawing.narrow(116, 11, f"upper bar: {marks[0]}; lower, paler: {marks[1]}", size=10.5, fill=MUTED)
    ends = [value or 0.0 for row in shown for value in row.usd_year]
    scale = linear([0.0, *ends], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 30, bottom, usd_tick, unit="USD a year")
    for number, row in enumerate(shown):
        _row(drawing, scale, row, _TOP + number * height)
    return drawing.render()


def _row(drawing: Drawing, scale: Scale, row: Change, top: float) -> None:
    drawing.row_name(top + 14, clean(row.name, 80), _LEFT - 12)
    for k, value in enumerate(row.usd_year):
        y = top + 4 + k * _BAR
        if value is None:
            continue
        left, right = sorted((scale(0.0), scale(value)))
        colour = ACCENT if value >= 0 else tint(ALERT, 0.35)
        drawing.rect(left, y, max(right - left, 0.6), _BAR - 2, tint(colour, 0.5) if k else colour)
        drawing.narrow(WIDTH, y + 10, _signed(value), anchor="end", weight=400 if k else 600)


def _signed(value: float) -> str:
    return f"+{usd(value)}" if value > 0 else usd(value)


def _said(row: Change, marks: Sequence[str]) -> str:
    parts = [
        f"{mark} {_signed(value)} USD a year"
        for mark, value in zip(marks, row.usd_year, strict=True)
        if value is not None
    ]
    return ", ".join(parts)
