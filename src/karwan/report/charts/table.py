"""Bars of one column of any result table."""

from __future__ import annotations

import polars as pl

from karwan.amounts import number
from karwan.report.charts.axes import WIDTH, x_axis
from karwan.report.palette import ACCENT
from karwan.report.svg import Drawing, linear
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT = 300.0, 22.0, 80.0
NAMED = 4  # columns of words that name a row


def draw_table(table: pl.DataFrame, value: str, title: str, most: int = 25) -> str:
    """Bars of a column's figures, largest first, each under the words of its row."""
    words = [name for name, kind in table.schema.items() if kind == pl.String][:NAMED]
    rows = table.filter(pl.col(value).is_not_null()).sort(value, descending=True).head(most)
    bottom = 34 + rows.height * _ROW
    heading = clean(f"{title}: {value.replace('_', ' ')}", 120)
    drawing = Drawing(
        "table", WIDTH, bottom + 34, heading, f"{rows.height} of {table.height} rows, largest first."
    )
    figures = [float(one) for one in rows[value]]
    scale = linear([0.0, *figures], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 30, bottom, number, unit=value.replace("_", " "))
    for n, row in enumerate(rows.iter_rows(named=True)):
        y = 34 + n * _ROW
        drawing.row_name(
            y + 14, clean(", ".join(str(row[name]) for name in words if row[name]), 160), _LEFT - 12
        )
        left, right = sorted((scale(0.0), scale(figures[n])))
        drawing.rect(left, y + 4, right - left, 12, ACCENT)
        drawing.narrow(WIDTH, y + 14, number(figures[n]), anchor="end", weight=600)
    return drawing.render()
