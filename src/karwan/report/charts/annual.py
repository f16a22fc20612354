"""Twelve-month trade as each side gives it, at its true dates, under the target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import (
    WIDTH,
    Row,
    Span,
    Target,
    has_any,
    target_line,
    y_axis,
    year_axis,
)
from karwan.report.fonts import text_width
from karwan.report.palette import ALERT, INK, PAPER, PARTY_A, PARTY_B, TOTAL
from karwan.report.svg import Drawing, Scale, legend, linear
from karwan.report.text import as_date, clean, month

_COLOUR = {"a_to_b": PARTY_A, "b_to_a": PARTY_B, "total": TOTAL}
_LEFT, _PANEL = 52.0, 168.0
YEARS = 12
Period = tuple[date, date]


@dataclass(frozen=True)
class _Part:
    """One direction's amount in a stacked bar; `weak`: assumed, or only claimed."""

    direction: str
    usd: float
    weak: bool


@dataclass(frozen=True)
class _Panel:
    """One reporter's bars by period, each the parts it is stacked from."""

    reporter: str
    bars: dict[Period, list[_Part]]


def draw_annual(annual: pl.DataFrame, target: Target | None, directions: dict[str, str]) -> str | None:
    """One panel per reporter on one money scale that starts at zero and holds the target; the last 12 years.

    Parameters
    ----------
    annual
        Table `annual` of the standing.
    target
        Value in USD, due date and title of the largest target; None for none.
    directions
        Words for 'a_to_b', 'b_to_a' and 'total'.
    """
    panels = _recent(_panels(annual))
    if not panels:
        return None
    first, last = _limits(panels, target)
    height = 26 + len(panels) * (_PANEL + 46)
    drawing = Drawing("annual", WIDTH, height, "Trade over twelve months, by reporter", _say(panels, target))
    top = legend(drawing, 0, 12, _entries(panels, directions), room=WIDTH) + 4
    for panel in panels:
        drawing.label(0, top + 8, f"By {panel.reporter}'s side")
        bottom = top + 18 + _PANEL
        money = linear([0.0, _highest(panels, target)], bottom, top + 24)
        time = Scale(first.toordinal(), last.toordinal() + 40, _LEFT, WIDTH)
        y_axis(drawing, money, _LEFT, WIDTH, usd_tick)
        _draw_bars(drawing, panel, money, time)
        year_axis(drawing, time, bottom, first, last)
        if target:
            _draw_target(drawing, target, money, time)
        top = bottom + 28
    drawing.height = top + 2
    return drawing.render()


def _panels(annual: pl.DataFrame) -> list[_Panel]:
    found: dict[str, dict[Period, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in annual.iter_rows(named=True):
        start, end = as_date(row["period_start"]), as_date(row["period_end"])
        if start and end and has_any(row, "value_usd"):
            found[clean(row["reporter_name"], 40)][start, end].append(row)
    return [
        _Panel(name, {period: _stacked(rows) for period, rows in sorted(periods.items())})
        for name, periods in found.items()
    ]


def _recent(panels: list[_Panel]) -> list[_Panel]:
    """Panels cut to the last years of them all; one with nothing left is dropped."""
    latest = max((end.year for panel in panels for _, end in panel.bars), default=0)
    cut = [
        _Panel(panel.reporter, {p: bar for p, bar in panel.bars.items() if p[0].year > latest - YEARS})
        for panel in panels
    ]
    return [panel for panel in cut if panel.bars]


def _stacked(rows: Sequence[Row]) -> list[_Part]:
    """Stacked parts of one period: both directions, else the total, else the one known."""
    known: dict[str, _Part] = {}
    for row in rows:
        weak = row["basis"] == "assumed" or row.get("claimed") in (True, "speech")
        direction = str(row["direction"])
        known.setdefault(direction, _Part(direction, float(row["value_usd"]), weak))
    both = [known[way] for way in ("a_to_b", "b_to_a") if way in known]
    return [known["total"]] if len(both) < 2 and "total" in known else both


def _height(bar: list[_Part]) -> float:
    return sum(part.usd for part in bar)


def _limits(panels: list[_Panel], target: Target | None) -> Period:
    """First and last day the time axis has to hold."""
    periods = [period for panel in panels for period in panel.bars]
    due = [target[1]] if target and target[1] else []
    return min(start for start, _ in periods), max([end for _, end in periods] + due)


def _highest(panels: list[_Panel], target: Target | None) -> float:
    tops = [_height(bar) for panel in panels for bar in panel.bars.values()]
    return max([*tops, target[0] if target else 0.0]) * 1.08


def _entries(panels: list[_Panel], directions: dict[str, str]) -> list[tuple[str, str]]:
    """Legend: colour and name of each direction that is drawn."""
    drawn = {part.direction for panel in panels for bar in panel.bars.values() for part in bar}
    return [(_COLOUR[key], directions.get(key, key)) for key in ("a_to_b", "b_to_a", "total") if key in drawn]


def _draw_bars(drawing: Drawing, panel: _Panel, money: Scale, time: Scale) -> None:
    """Bars of one reporter; periods that overlap stand beside each other."""
    busy = 0.0
    labels: list[tuple[float, float, float]] = []
    for (start, end), bar in panel.bars.items():
        left, right = time(start.toordinal()) + 2, time(end.toordinal()) - 2
        if left < busy - 1:
            left = min(busy + 1, (left + right) / 2)
        busy = right
        top = _draw_bar(drawing, bar, money, (left, max(right - left, 3)))
        _draw_amount(drawing, usd(_height(bar)), (left + right) / 2, top - 4, labels)


def _draw_bar(drawing: Drawing, bar: list[_Part], money: Scale, place: Span) -> float:
    """Stack the parts at `place` (left edge and width); the top of the stack is returned."""
    left, width = place
    base = money(0)
    for part in bar:
        height = money(0) - money(part.usd)
        colour = _COLOUR.get(part.direction, TOTAL)
        if part.weak:
            drawing.rect(left, base - height, width, height, colour, opacity=0.35, stroke=colour, dash="3 2")
        else:
            drawing.rect(left, base - height, width, height, colour)
        base -= height
    return base


def _draw_amount(
    drawing: Drawing, text: str, middle: float, y: float, labels: list[tuple[float, float, float]]
) -> None:
    """Amount over a bar, lifted until it meets none of `labels`, which grows by it."""
    half = text_width(text, 10, stretch="semi-condensed") / 2 + 2
    middle = min(middle, WIDTH - half)
    near = [at for left, right, at in labels if left < middle + half and right > middle - half]
    y = next(y - lift for lift in count() if all(abs(at - (y - lift)) >= 11 for at in near))
    labels.append((middle - half, middle + half, y))
    drawing.narrow(middle, y, text, size=10, anchor="middle", fill=INK, halo=PAPER)


def _draw_target(drawing: Drawing, target: Target, money: Scale, time: Scale) -> None:
    target_line(drawing, target, money, (time.start, time.end))
    if target[1]:
        drawing.circle(time(target[1].toordinal()), money(target[0]), 3.6, ALERT)


def _say(panels: list[_Panel], target: Target | None) -> str:
    texts = []
    for panel in panels:
        (_, end), bar = list(panel.bars.items())[-1]
        texts.append(f"{panel.reporter}: USD {usd(_height(bar))} in the twelve months to {month(end)}.")
    if target:
        texts.append(f"The target is USD {usd(target[0])}.")
    return " ".join(texts)
