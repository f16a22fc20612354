"""One column of any result table: lines over its time, or bars."""

from __future__ import annotations

import polars as pl

from karwan.amounts import number, usd_tick
from karwan.report.charts.axes import WIDTH, x_axis, y_axis
from karwan.report.palette import ACCENT, SERIES
from karwan.report.svg import Drawing, linear, points
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT = 300.0, 22.0, 80.0
_SIDE, _FOOT = 100.0, 320.0
TIMES = ("year", "period", "start", "month", "date")
LEAST_TIMES = 3
NAMED = 4  # columns of words that name a row


def draw_table(table: pl.DataFrame, value: str, title: str, most: int = 25) -> str:
    """A column's figures: a line for each name over three times or more, else bars, largest first, each under the words of its row."""
    known = table.filter(pl.col(value).is_not_null())
    when = next(
        (name for name in TIMES if name in table.columns and known[name].n_unique() >= LEAST_TIMES), ""
    )
    return _lines(known, value, title, when) if when else _bars(table, value, title, most)


def _lines(known: pl.DataFrame, value: str, title: str, when: str) -> str:
    """A line for each of the names with most figures in it, the times in order and evenly apart."""
    rows = _by_line(known, value, when)
    shown = rows["line"].unique(maintain_order=True).to_list()
    times = rows["when"].unique().sort().to_list()
    said = f"{len(shown)} lines, largest first, over {len(times)} times."
    drawing = Drawing("table", WIDTH, _FOOT + 36 + 16 * len(shown), clean(title, 120), said)
    drawing.narrow(0, 12, clean(title, 120), size=11.5, weight=600, room=WIDTH)
    place = linear([0.0, float(len(times) - 1)], _SIDE, WIDTH - 20)
    size = linear(rows["value"].to_list(), _FOOT, 24)
    y_axis(drawing, size, _SIDE, WIDTH - 20, usd_tick if value.endswith("_usd") else number)
    for n in range(0, len(times), max(1, len(times) // 12)):
        drawing.text(place(n), _FOOT + 14, times[n][:7], size=10, anchor="middle")
    for n, line in enumerate(shown):
        own = rows.filter(pl.col("line") == line).sort("when")
        xs = [place(times.index(moment)) for moment in own["when"]]
        drawing.path(points(xs, [size(one) for one in own["value"]]), stroke=SERIES[n], line=2)
        drawing.swatch(_SIDE, _FOOT + 36 + 16 * n, SERIES[n], clean(str(line), 120))
    return drawing.render()


def _by_line(known: pl.DataFrame, value: str, when: str) -> pl.DataFrame:
    """when, line, value of the largest lines, the largest first; a line is what the words of a row say that differ between rows."""
    names = [name for name, kind in known.schema.items() if kind == pl.String and name not in TIMES]
    varied = [name for name in names if 1 < known[name].n_unique() < known.height][:NAMED]
    label = (
        pl.concat_str(varied, separator=", ", ignore_nulls=True)
        if varied
        else pl.lit(value.replace("_", " "))
    )
    rows = known.select(
        pl.col(when).cast(pl.String).alias("when"),
        label.alias("line"),
        pl.col(value).cast(pl.Float64).alias("value"),
    )
    rows = rows.group_by("when", "line").agg(pl.col("value").sum())
    sizes = rows.group_by("line").agg(size=pl.col("value").abs().sum())
    largest = sizes.sort("size", "line", descending=[True, False]).head(len(SERIES))
    return largest.join(rows, on="line", maintain_order="left")


def _bars(table: pl.DataFrame, value: str, title: str, most: int) -> str:
    words = [name for name, kind in table.schema.items() if kind == pl.String][:NAMED]
    rows = table.filter(pl.col(value).is_not_null()).sort(value, descending=True).head(most)
    bottom = 34 + rows.height * _ROW
    heading = clean(title, 120)
    drawing = Drawing(
        "table", WIDTH, bottom + 34, heading, f"{rows.height} of {table.height} rows, largest first."
    )
    figures = [float(one) for one in rows[value]]
    scale = linear([0.0, *figures], _LEFT, WIDTH - _RIGHT)
    drawing.narrow(0, 12, heading, size=11.5, weight=600, room=WIDTH)
    x_axis(drawing, scale, 30, bottom, usd_tick if value.endswith("_usd") else number)
    for n, row in enumerate(rows.iter_rows(named=True)):
        y = 34 + n * _ROW
        drawing.row_name(
            y + 14, clean(", ".join(str(row[name]) for name in words if row[name]), 160), _LEFT - 12
        )
        left, right = sorted((scale(0.0), scale(figures[n])))
        drawing.rect(left, y + 4, right - left, 12, ACCENT)
        drawing.narrow(WIDTH, y + 14, number(figures[n]), anchor="end", weight=600)
    return drawing.render()
