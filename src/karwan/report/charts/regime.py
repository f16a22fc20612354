"""Pictures of a transit regime: what each of its terms is worth, what changes at each leg, and trade by country pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from karwan.amounts import number, percent
from karwan.report.charts.axes import WIDTH, Row, Span, has_any, span_of, value_of, whisker, x_axis
from karwan.report.palette import ACCENT, ALERT, INK, MUTED, RULE, STATUS, tint
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT, _TOP = 300.0, 24.0, 72.0, 26.0
_NIL = 0.05  # USD a tonne that is written as nothing
_UNITS = {"hours_change": ("h", "hours"), "usd_change": ("USD", "USD/truck", "USD/trip")}
"""Units of a leg's figures in which a change is told too."""


LEAST_SHARE = 5e-4
"""Change of trade from which a pair is drawn."""


def draw_terms(table: pl.DataFrame) -> str | None:
    """A bar a term, by how much the expected landed cost rises where the regime lacks it alone; whisker: the ranges of its rows."""
    rows = [row for row in table.iter_rows(named=True) if has_any(row, "worth_usd_t")]
    rows.sort(key=lambda row: -(value_of(row, "worth_usd_t") or 0.0))
    ends = _ends_of_terms(rows)
    if all(abs(end) < _NIL for end in ends):
        return None
    bottom = _TOP + len(rows) * _ROW
    said = " ".join(f"{clean(row['term'])}: USD {number(row['worth_usd_t'], 1)} a tonne." for row in rows)
    drawing = Drawing("regime-terms", WIDTH, bottom + 34, "What each term of the regime is worth", said)
    drawing.swatch(0, 11, ACCENT, "worth of the term")
    drawn = any(has_any(row, "worth_p05_usd_t") for row in rows)
    legend = "5 to 95 % of the joint draws" if drawn else "ranges of its figures"
    drawing.narrow(116, 11, f"whisker: {legend}; * assumed", size=10.5, fill=MUTED)
    scale = linear([0.0, *ends], _LEFT, WIDTH - _RIGHT)
    x_axis(
        drawing,
        scale,
        _TOP - 6,
        bottom,
        lambda value: number(value, 0 if scale.high > 8 else 1),
        unit="USD a tonne",
    )
    for rank, row in enumerate(rows):
        assumed = " *" if row["basis"] == "assumed" else ""
        worth = value_of(row, "worth_usd_t") or 0.0
        bar = _Bar(clean(row["term"], 120) + assumed, worth, _span_of_term(row), number(worth, 1))
        _draw_bar(drawing, scale, bar, _TOP + rank * _ROW)
    return drawing.render()


@dataclass(frozen=True)
class _Bar:
    """Name, figure, ends of the whisker and the figure in words."""

    name: str
    value: float
    span: Span | None
    text: str


def _draw_bar(drawing: Drawing, scale: Scale, bar: _Bar, y: float) -> None:
    drawing.row_name(y + 15, bar.name, _LEFT - 12)
    left, right = sorted((scale(0.0), scale(bar.value)))
    drawing.rect(left, y + 5, right - left, 13, ACCENT if bar.value >= 0 else tint(ALERT, 0.35))
    if bar.span and bar.span[1] > bar.span[0]:
        whisker(drawing, scale, bar.span, y + 11.5)
    drawing.narrow(WIDTH, y + 15, bar.text, anchor="end", weight=600)


def _ends_of_terms(rows: Sequence[Row]) -> list[float]:
    """Worth of the terms and ends of their whiskers."""
    worths = [value_of(row, "worth_usd_t") or 0.0 for row in rows]
    whiskers = [span for row in rows if (span := _span_of_term(row))]
    return worths + [end for span in whiskers for end in span]


def _span_of_term(row: Row) -> tuple[float, float] | None:
    """Ends of the joint draws of a term; where none are asked for, those of its ranges."""
    return span_of(row, "worth_p05_usd_t", "worth_p95_usd_t") or span_of(row, "low_usd_t", "high_usd_t")


def draw_trade(table: pl.DataFrame, most: int = 20) -> str | None:
    """A bar a country pair, by how much its trade changes with queues; whisker: 5 to 95 % of the joint draws. None where no pair moves by half a thousandth."""
    rows = [row for row in table.iter_rows(named=True) if _trade_moves(row)][:most]
    if not rows:
        return None
    bottom = _TOP + len(rows) * _ROW
    said = " ".join(f"{clean(row['pair'])}: {percent(_trade_of(row), 1)}." for row in rows)
    drawing = Drawing("regime-trade", WIDTH, bottom + 34, "Trade by country pair with the regime", said)
    spans = [span for row in rows if (span := span_of(row, "low_share", "high_share"))]
    drawing.swatch(0, 11, ACCENT, "change of trade")
    drawing.narrow(116, 11, "whisker: 5 to 95 % of the joint draws", size=10.5, fill=MUTED)
    ends = [_trade_of(row) for row in rows] + [end for span in spans for end in span]
    scale = linear([0.0, *ends], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, _TOP - 6, bottom, lambda value: percent(value, 1), unit="")
    for rank, row in enumerate(rows):
        change, span = _trade_of(row), span_of(row, "low_share", "high_share")
        bar = _Bar(clean(row["pair"], 120), change, span, percent(change, 1))
        _draw_bar(drawing, scale, bar, _TOP + rank * _ROW)
    return drawing.render()


def _trade_of(row: Row) -> float:
    """Change of a pair's trade in the fullest answer there is."""
    names = ("queue_general_share", "queue_partial_share")
    return next((value for name in names if (value := value_of(row, name)) is not None), 0.0)


def _trade_moves(row: Row) -> bool:
    """Whether a pair's trade, or an end of its band, moves by half a thousandth."""
    ends = span_of(row, "low_share", "high_share") or ()
    return any(abs(value) >= LEAST_SHARE for value in (_trade_of(row), *ends))


def draw_before_after(table: pl.DataFrame, change: str, unit: str, most: int = 16) -> str | None:
    """A line a leg from its figure before to that after, where one of `change` (hours_change or usd_change) is known and not nil."""
    rows = [_in_unit(row, change) for row in table.iter_rows(named=True) if _moves(row, change)][:most]
    if not rows:
        return None
    bottom = _TOP + len(rows) * _ROW
    said = " ".join(f"{_name(row)}: {number(row['before'], 1)} to {number(row['after'], 1)}." for row in rows)
    drawing = Drawing(f"regime-{change}", WIDTH, bottom + 34, f"Each leg before and after, {unit}", said)
    drawing.circle(5, 7.5, 4.4, "#ffffff", stroke=MUTED, line=1.4)
    drawing.narrow(14, 11, "without the regime", size=10.5, fill=MUTED)
    drawing.circle(117, 7.5, 4.6, STATUS["done"])
    drawing.narrow(126, 11, "with it in force, less; red where more", size=10.5, fill=MUTED)
    scale = linear(
        [0.0, *(value_of(row, name) or 0.0 for row in rows for name in ("before", "after"))],
        _LEFT,
        WIDTH - _RIGHT,
    )
    x_axis(
        drawing, scale, _TOP - 6, bottom, lambda value: number(value, 0 if scale.high > 8 else 1), unit=unit
    )
    for rank, row in enumerate(rows):
        _leg(drawing, scale, row, _TOP + rank * _ROW + _ROW / 2, change)
    return drawing.render()


def _moves(row: Row, change: str) -> bool:
    """Whether both figures are known in the unit of the change, and differ."""
    moved = value_of(row, change)
    return moved is not None and abs(moved) > 1e-9 and has_any(row, "before") and has_any(row, "after")


def _in_unit(row: Row, change: str) -> Row:
    """A row with its figures in the unit of the change; of a leg counted in trucks or shares what is saved or added stands against none."""
    if row["unit"] in _UNITS[change]:
        return row
    moved = value_of(row, change) or 0.0
    return {**row, "before": max(-moved, 0.0), "after": max(moved, 0.0)}


def _name(row: Row) -> str:
    who = f", trucks of {clean(row['registration'])}" if row["registration"] else ""
    return f"{clean(row['what'], 80)}, {clean(row['leg'], 60)}{who}"


def _leg(drawing: Drawing, scale: Scale, row: Row, y: float, change: str) -> None:
    before, after = value_of(row, "before") or 0.0, value_of(row, "after") or 0.0
    drawing.row_name(y + 4, _name(row), _LEFT - 12)
    colour = STATUS["done"] if after < before else ALERT
    drawing.line(scale(before), y, scale(after), y, colour, line=2.4)
    drawing.circle(scale(before), y, 4.4, "#ffffff", stroke=RULE if before == after else MUTED, line=1.4)
    drawing.circle(scale(after), y, 4.6, colour)
    moved = value_of(row, change) or 0.0
    sign = "+" if moved > 0 else ""
    drawing.narrow(WIDTH, y + 4, f"{sign}{number(moved, 1)}", anchor="end", weight=600, fill=INK)
