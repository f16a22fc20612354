"""Who gains and who loses by each promise where trade, incomes and queues answer: both parties and third countries beside each other.

Bars are linear, so that twice the length is twice the money. Where the largest promise would make all others vanish, those are drawn below it
to a scale of their own, and the picture says by how much it is larger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from karwan.amounts import number, two_figures, usd_rough, usd_tick
from karwan.report.charts.axes import WIDTH, Row, Span, has_any, panels, span_of, value_of
from karwan.report.palette import ALERT, HAIR, INK, MUTED, RULE, STATUS, text_colour
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_LEFT, _ROW, _GAP, _VALUE, _AXIS, _BETWEEN, _TOP = 280.0, 24.0, 14.0, 58.0, 16.0, 22.0, 28.0
COLUMNS = ("usd_year_ge_a", "usd_year_ge_b", "third_usd_year")
BAND = ("low_usd_year_ge", "high_usd_year_ge")
LEAST_USD = 1_000.0
"""Gain or loss below which a cell is drawn as nothing, and a row with nothing else left out."""
APART = 10.0
"""How many times the largest cell of a row may be that of the row after it before the scale changes."""


@dataclass(frozen=True)
class _Group:
    """Rows drawn to one scale, from `top` down."""

    rows: tuple[Row, ...]
    top: float

    @property
    def bottom(self) -> float:
        return self.top + len(self.rows) * _ROW

    @property
    def span_usd(self) -> float:
        """Money that the width of a panel stands for."""
        scale = self.scale(0.0, 1.0)
        return scale.high - scale.low

    def scale(self, left: float, room: float) -> Scale:
        """Scale of one panel: the same money a unit of length in all of them."""
        cells = [_known(row, column) for row in self.rows for column in COLUMNS]
        return linear(cells, left, left + room)


def draw_sides(
    table: pl.DataFrame, names: tuple[str, str], *, most: int = 12, key: str = "gains"
) -> str | None:
    """Bars to the right gain, to the left lose; the money stands beside, marked where it rests on assumed figures.

    Parameters
    ----------
    table
        Promises with their worth in equilibrium; one row a scenario is drawn, the largest gain or loss first.
    names
        The two parties.
    key
        Key of the picture within its page.
    """
    rows = drawn_rows(table)[:most]
    if not rows:
        return None
    groups = _groups(rows)
    drawing = Drawing(
        key, WIDTH, groups[-1].bottom + _AXIS + 18, "Who gains by each promise", _say(rows, names)
    )
    banded = any(has_any(row, *BAND) for row in rows)
    heads = (*names, "third countries", *(("both, 5 to 95 %",) if banded else ()))
    spans = panels(len(heads), _LEFT, _GAP)
    for head, (left, _) in zip(heads, spans, strict=True):
        drawing.narrow(left, 14, clean(head, 40), weight=600)
    for earlier, group in zip((None, *groups), groups, strict=False):
        if earlier is not None:
            _new_scale(drawing, group.top, earlier.span_usd / group.span_usd)
        _draw_group(drawing, group, spans)
    unit = "USD a year; † rests on assumed figures"
    y = groups[-1].bottom + _AXIS + 12
    drawing.text(WIDTH, y, unit, size=10, anchor="end", fill=MUTED, stretch="semi-condensed")
    return drawing.render()


def drawn_rows(table: pl.DataFrame) -> list[Row]:
    """One row a scenario that moves somebody, the largest gain or loss first."""
    if not table.height:
        return []
    one = table.unique("scenario_id", keep="first", maintain_order=True)
    rows = [row for row in one.iter_rows(named=True) if _largest(row) >= LEAST_USD]
    return sorted(rows, key=lambda row: (-_largest(row), str(row["scenario_id"])))


def _groups(rows: Sequence[Row]) -> list[_Group]:
    """Rows by scale: a new one where the next row is so much smaller that it would hardly be seen."""
    parts: list[list[Row]] = [[rows[0]]]
    for row in rows[1:]:
        if _largest(parts[-1][-1]) > APART * _largest(row):
            parts.append([])
        parts[-1].append(row)
    groups: list[_Group] = []
    for part in parts:
        top = groups[-1].bottom + _AXIS + _BETWEEN if groups else _TOP
        groups.append(_Group(tuple(part), top))
    return groups


def _new_scale(drawing: Drawing, top: float, times: float) -> None:
    """A line that says that the bars below are drawn larger."""
    drawing.line(0, top - 18, WIDTH, top - 18, HAIR, dash="4 3")
    text = f"Another scale: below, a bar is {number(two_figures(times))} times as long for the same money."
    drawing.narrow(0, top - 7, text, size=10.5, fill=MUTED)


def _draw_group(drawing: Drawing, group: _Group, spans: Sequence[Span]) -> None:
    for column, (left, width) in zip(COLUMNS, spans, strict=False):
        scale = group.scale(left, width - _VALUE)
        _axis(drawing, scale, group)
        for rank, row in enumerate(group.rows):
            _cell(drawing, row, column, scale, (left + width, group.top + rank * _ROW))
    for rank, row in enumerate(group.rows):
        y = group.top + rank * _ROW
        more = f" (and\u00a0{row['shared'] - 1}\u00a0more)" if (row["shared"] or 1) > 1 else ""
        drawing.row_name(y + 11, clean(row["title"], 200) + more, _LEFT - 14)
        band = span_of(row, *BAND)
        if band is not None:
            text = " to ".join(usd_rough(end) for end in band)
            drawing.narrow(WIDTH, y + 11, text, anchor="end", fill=INK)


def _axis(drawing: Drawing, scale: Scale, group: _Group) -> None:
    """Zero line and the end of the scale, the same in each panel."""
    zero = scale(0.0)
    drawing.line(zero, group.top - 3, zero, group.bottom, RULE)
    ends = [tick for tick in (scale.ticks(2)[0], scale.ticks(2)[-1]) if abs(scale(tick) - zero) > 24]
    for tick in (0.0, *dict.fromkeys(ends)):
        drawing.line(scale(tick), group.bottom, scale(tick), group.bottom + 3, RULE)
        drawing.text(
            scale(tick),
            group.bottom + 13,
            usd_tick(tick),
            size=10,
            anchor="middle",
            fill=MUTED,
            stretch="semi-condensed",
        )


def _cell(drawing: Drawing, row: Row, column: str, scale: Scale, at: Span) -> None:
    """Bar from the zero line, and the money at the right edge of the panel."""
    right, y = at
    value = _known(row, column)
    zero, end = scale(0.0), scale(value)
    small = abs(value) < LEAST_USD
    colour = ALERT if value < 0 else STATUS["done"]
    if not small:
        drawing.rect(min(zero, end), y, max(abs(end - zero), 0.6), 13, colour)
    mark = "†" if row["basis"] == "assumed" and not small else ""
    text = "0" if small else usd_rough(value) + mark
    drawing.narrow(
        right, y + 11, text, anchor="end", weight=600, fill=MUTED if small else text_colour(colour)
    )


def _known(row: Row, column: str) -> float:
    return value_of(row, column) or 0.0


def _largest(row: Row) -> float:
    return max(abs(_known(row, column)) for column in COLUMNS)


def _say(rows: Sequence[Row], names: tuple[str, str]) -> str:
    return " ".join(
        f"{clean(row['title'], 120)}: {clean(names[0], 40)} {usd_tick(_known(row, COLUMNS[0]))},"
        f" {clean(names[1], 40)} {usd_tick(_known(row, COLUMNS[1]))},"
        f" third countries {usd_tick(_known(row, COLUMNS[2]))} USD a year."
        for row in rows[:8]
    )
