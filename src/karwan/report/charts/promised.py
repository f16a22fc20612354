"""Chance of a turnover target with and without each promise, the base rate beside."""

from __future__ import annotations

import polars as pl

from karwan.amounts import percent
from karwan.report.charts.axes import WIDTH, Row, value_of, x_axis
from karwan.report.palette import ACCENT, INK, MUTED, RULE, SERIES
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_TOP, _LEFT, _ROW, _RIGHT = 44, 330.0, 28.0, 96.0
_BASE_RATE = SERIES[1]
MOST = 14


def draw_promised_chances(table: pl.DataFrame, *, most: int = MOST, key: str = "promised") -> str | None:
    """A grey point without and a dark one with each promise, joined; a tick at the base rate. The rows that move most first.

    Parameters
    ----------
    table
        Rows of `results/target_promises.csv`; those without a chance are left out.
    most
        Rows at most: those that move the chance most.
    key
        Id of the drawing.

    Returns
    -------
    The drawing; None where no row has a chance.
    """
    rows = [
        row for row in table.iter_rows(named=True) if row["chance"] is not None and _then(row) is not None
    ]
    rows = sorted(rows, key=lambda row: -abs((_then(row) or 0.0) - row["chance"]))[:most]
    if not rows:
        return None
    bottom = _TOP + len(rows) * _ROW
    says = " ".join(
        f"{_name(row)}, {clean(row['model'])}: {percent(row['chance'])} without, {percent(_then(row))} with."
        for row in rows
    )
    drawing = Drawing(key, WIDTH, bottom + 34, "Chance of the target with and without each promise", says)
    for x, fill, text in ((0, MUTED, "without"), (86, ACCENT, "with"), (150, _BASE_RATE, "base rate")):
        drawing.swatch(x, 11, fill, text)
    drawing.label(WIDTH, 11, "without → with", anchor="end")
    top = max(value or 0.0 for row in rows for value in (row["chance"], _then(row), row["base_rate"]))
    scale = linear([0.0, min(max(top * 1.1, 0.01), 1.0)], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 30, bottom, percent, count=5, unit="probability")
    for number, row in enumerate(rows):
        _draw_row(drawing, scale, row, _TOP + number * _ROW + _ROW / 2)
    return drawing.render()


def _then(row: Row) -> float | None:
    return value_of(row, "chance_with")


def _name(row: Row) -> str:
    """Title of the scenario of a row; its id in words where it has none."""
    return clean(row.get("modelled_as") or row["scenario_id"]).replace("_", " ")


def _draw_row(drawing: Drawing, scale: Scale, row: Row, y: float) -> None:
    name = _name(row)
    drawing.narrow(0, y - 1, name, size=11.5, room=_LEFT - 14, fill=INK)
    about = f"{clean(row['target'])}; {clean(row['model'])}"
    drawing.narrow(0, y + 10, about, size=9.5, room=_LEFT - 14, fill=MUTED)
    before, after = float(row["chance"]), _then(row) or 0.0
    drawing.line(scale(before), y, scale(after), y, RULE, line=2.4)
    rate = value_of(row, "base_rate")
    if rate is not None:
        drawing.line(scale(rate), y - 8, scale(rate), y + 8, _BASE_RATE, line=2.0)
    drawing.circle(scale(before), y, 4.6, MUTED)
    drawing.circle(scale(after), y, 3.4, ACCENT)
    drawing.narrow(WIDTH, y + 4, f"{percent(before)} → {percent(after)}", size=11.5, anchor="end", weight=600)
