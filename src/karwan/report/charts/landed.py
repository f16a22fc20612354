"""Landed cost of goods, split into price, freight, insurance, time, loss and duty."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.amounts import number, percent, usd_t
from karwan.report.charts.axes import WIDTH, Row, is_positive, value_of, x_axis
from karwan.report.palette import MUTED, PRICE, PRICE_LABEL, safe_colour
from karwan.report.svg import Drawing, Scale, legend, linear
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT = 176.0, 22.0, 92.0


def draw_landed(table: pl.DataFrame, key: str, title: str, most: int = 26) -> str | None:
    """Share of each part in the landed price of a tonne, the price in USD at the right.

    Parameters
    ----------
    table
        Rows of `landed` of one direction; the `most` with the greatest corridor share are drawn.
    """
    rows = [r for r in table.iter_rows(named=True) if is_positive(r, "landed_usd_t")]
    rows.sort(key=lambda r: (-(value_of(r, "corridor_share") or 0.0), str(r["product_id"])))
    rows = rows[:most]
    if not rows:
        return None
    drawing = Drawing(key, WIDTH, 100, title, _say(rows))
    top = legend(drawing, 0, 11, [(PRICE[part], PRICE_LABEL[part]) for part in PRICE], room=WIDTH) + 14
    bottom = top + len(rows) * _ROW + 2
    scale = linear([0.0, 1.0], _LEFT, WIDTH - _RIGHT)
    unit = "share of the landed price"
    x_axis(drawing, scale, top - 4, bottom, lambda v: f"{100 * v:.0f} %", count=5, unit=unit)
    drawing.label(WIDTH - 46, top - 8, "corridor", anchor="end")
    drawing.label(WIDTH, top - 8, "usd/t", anchor="end")
    for k, row in enumerate(rows):
        _draw_row(drawing, row, scale, top + k * _ROW)
    drawing.height = bottom + 34
    return drawing.render()


def _draw_row(drawing: Drawing, row: Row, scale: Scale, y: float) -> None:
    drawing.rect(0, y + 3, 4, 12, safe_colour(row["colour"]))
    lent = "†" if row.get("price_country") else ""
    drawing.row_name(y + 13, clean(row["product"]) + lent, _LEFT - 16, x=10)
    x = scale(0)
    for part, fill in PRICE.items():
        value = value_of(row, part) or 0.0
        width = scale(value / row["landed_usd_t"]) - scale(0)
        if width > 0:
            text = f"{PRICE_LABEL[part]}: USD {usd_t(value)} a tonne"
            drawing.rect(x, y + 2, width, 15, fill, title=text)
            x += width
    drawing.narrow(WIDTH - 46, y + 13.5, percent(row["corridor_share"]), anchor="end", weight=600)
    drawing.narrow(WIDTH, y + 13.5, number(row["landed_usd_t"]), anchor="end", fill=MUTED)


def _say(rows: Sequence[Row]) -> str:
    return " ".join(
        f"{clean(r['product'])}: landed USD {usd_t(r['landed_usd_t'])} "
        f"a tonne, corridor {percent(r['corridor_share'])}."
        for r in rows
    )
