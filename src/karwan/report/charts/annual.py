"""Twelve-month trade as each side gives it, at its true dates, under the target."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import WIDTH, value_of, y_axis, year_axis
from karwan.report.fonts import text_width
from karwan.report.palette import ALERT, INK, PAPER, PARTY_A, PARTY_B, TOTAL, text_colour
from karwan.report.svg import Drawing, Scale, legend, linear
from karwan.report.text import as_date, clean, month

_COLOUR = {"a_to_b": PARTY_A, "b_to_a": PARTY_B, "total": TOTAL}
_LEFT, _PANEL = 52.0, 168.0
YEARS = 12
Period = tuple[date, date]


def draw_annual(
    annual: pl.DataFrame, target: tuple[float, date | None, str] | None, directions: dict[str, str]
) -> str | None:
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
    panels = _panels(annual)
    if not panels:
        return None
    latest = max(end for _, spans in panels for _, end in spans).year
    panels = [
        (name, {p: r for p, r in spans.items() if p[0].year > latest - YEARS}) for name, spans in panels
    ]
    panels = [(name, spans) for name, spans in panels if spans]
    periods = [period for _, spans in panels for period in spans]
    first = min(start for start, _ in periods)
    last = max([end for _, end in periods] + ([target[1]] if target and target[1] else []))
    tops = [_height(rows) for _, spans in panels for rows in spans.values()]
    high = max([*tops, target[0] if target else 0.0]) * 1.08
    drawing = Drawing(
        "annual",
        WIDTH,
        26 + len(panels) * (_PANEL + 46),
        "Trade over twelve months, by reporter",
        _say(panels, target),
    )
    entries = [
        (_COLOUR[key], directions.get(key, key)) for key in ("a_to_b", "b_to_a", "total") if _has(panels, key)
    ]
    top = legend(drawing, 0, 12, entries, room=WIDTH) + 4
    for name, spans in panels:
        drawing.label(0, top + 8, f"By {name}'s side")
        bottom = top + 18 + _PANEL
        money = linear([0.0, high], bottom, top + 24)
        time = Scale(first.toordinal(), last.toordinal() + 40, _LEFT, WIDTH)
        y_axis(drawing, money, _LEFT, WIDTH, usd_tick)
        _bars(drawing, spans, money, time)
        year_axis(drawing, time, bottom, first, last)
        if target:
            _target(drawing, target, money, time)
        top = bottom + 28
    drawing.height = top + 2
    return drawing.render()


def _panels(annual: pl.DataFrame) -> list[tuple[str, dict[Period, list[dict[str, Any]]]]]:
    found: dict[str, dict[Period, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in annual.iter_rows(named=True):
        start, end = as_date(row["period_start"]), as_date(row["period_end"])
        if start and end and value_of(row, "value_usd") is not None:
            found[clean(row["reporter_name"], 40)][start, end].append(row)
    return [(name, dict(sorted(spans.items()))) for name, spans in found.items()]


def _has(panels: list[tuple[str, dict[Period, list[dict[str, Any]]]]], direction: str) -> bool:
    return any(
        part[0] == direction for _, spans in panels for rows in spans.values() for part in _split(rows)
    )


def _split(rows: list[dict[str, Any]]) -> list[tuple[str, float, bool]]:
    """Stacked parts of one period: both directions, else the total, else the one known.

    The flag is True where the figure is assumed or was only claimed.
    """
    known: dict[str, tuple[float, bool]] = {}
    for row in rows:
        weak = row["basis"] == "assumed" or row.get("claimed") in (True, "speech")
        known.setdefault(str(row["direction"]), (float(row["value_usd"]), weak))
    ways: list[str] = [way for way in ("a_to_b", "b_to_a") if way in known]
    if len(ways) < 2 and "total" in known:
        ways = ["total"]
    return [(way, *known[way]) for way in ways]


def _height(rows: list[dict[str, Any]]) -> float:
    return sum(part[1] for part in _split(rows))


def _bars(drawing: Drawing, spans: dict[Period, list[dict[str, Any]]], money: Scale, time: Scale) -> None:
    busy = 0.0
    labels: list[tuple[float, float, float]] = []
    for (start, end), rows in spans.items():
        left, right = time(start.toordinal()) + 2, time(end.toordinal()) - 2
        if left < busy - 1:
            left = min(busy + 1, (left + right) / 2)
        busy = right
        base, width = money(0), max(right - left, 3)
        for way, value, weak in _split(rows):
            height = money(0) - money(value)
            colour = _COLOUR.get(way, TOTAL)
            if weak:
                drawing.rect(
                    left, base - height, width, height, colour, opacity=0.35, stroke=colour, dash="3 2"
                )
            else:
                drawing.rect(left, base - height, width, height, colour)
            base -= height
        text, y = usd(_height(rows)), base - 4
        half = text_width(text, 10, stretch="semi-condensed") / 2 + 2
        middle = min((left + right) / 2, WIDTH - half)
        while any(a < middle + half and b > middle - half and abs(c - y) < 11 for a, b, c in labels):
            y -= 1
        labels.append((middle - half, middle + half, y))
        drawing.text(
            middle, y, text, size=10, anchor="middle", fill=INK, stretch="semi-condensed", halo=PAPER
        )


def _target(drawing: Drawing, target: tuple[float, date | None, str], money: Scale, time: Scale) -> None:
    value, due, _ = target
    y = money(value)
    drawing.line(time.start, y, time.end, y, ALERT, line=1.3, dash="6 4")
    text = f"Target {usd(value)}" + (f", due {month(due)}" if due else "")
    drawing.text(
        time.start + 4, y - 5, text, size=10.5, fill=text_colour(ALERT), weight=600, stretch="semi-condensed"
    )
    if due:
        drawing.circle(time(due.toordinal()), y, 3.6, ALERT)


def _say(
    panels: list[tuple[str, dict[Period, list[dict[str, Any]]]]],
    target: tuple[float, date | None, str] | None,
) -> str:
    texts = []
    for name, spans in panels:
        (_, end), rows = list(spans.items())[-1]
        texts.append(f"{name}: USD {usd(_height(rows))} in the twelve months to {month(end)}.")
    if target:
        texts.append(f"The target is USD {usd(target[0])}.")
    return " ".join(texts)
