"""Landed cost of goods, split into price, freight, insurance, time, loss and duty."""

from __future__ import annotations

import polars as pl

from karwan.amounts import number, percent, usd_t
from karwan.report.charts.axes import WIDTH, value_of, x_axis
from karwan.report.palette import MUTED, PRICE, PRICE_LABEL, safe_colour
from karwan.report.svg import Drawing, legend, linear
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT = 176.0, 22.0, 92.0


def draw_landed(table: pl.DataFrame, key: str, title: str, most: int = 26) -> str | None:
    """Share of each part in the landed price of a tonne, the price in USD at the right.

    Parameters
    ----------
    table
        Rows of `landed` of one direction; the `most` with the greatest corridor share are drawn.
    """
    rows = [r for r in table.iter_rows(named=True) if (value_of(r, "landed_usd_t") or 0) > 0]
    rows.sort(key=lambda r: (-(value_of(r, "corridor_share") or 0.0), str(r["product_id"])))
    rows = rows[:most]
    if not rows:
        return None
    says = " ".join(
        (
            f"{clean(r['product'])}: landed USD {usd_t(r['landed_usd_t'])} "
            f"a tonne, corridor {percent(r['corridor_share'])}."
        )
        for r in rows
    )
    drawing = Drawing(key, WIDTH, 100, title, says)
    top = legend(drawing, 0, 11, [(PRICE[part], PRICE_LABEL[part]) for part in PRICE], room=WIDTH) + 14
    bottom = top + len(rows) * _ROW + 2
    scale = linear([0.0, 1.0], _LEFT, WIDTH - _RIGHT)
    x_axis(
        drawing,
        scale,
        top - 4,
        bottom,
        lambda v: f"{100 * v:.0f} %",
        count=5,
        unit="share of the landed price",
    )
    drawing.label(WIDTH - 46, top - 8, "corridor", anchor="end")
    drawing.label(WIDTH, top - 8, "usd/t", anchor="end")
    for k, row in enumerate(rows):
        y, x = top + k * _ROW, scale(0)
        drawing.rect(0, y + 3, 4, 12, safe_colour(row["colour"]))
        drawing.row_name(y + 13, clean(row["product"]), _LEFT - 16, x=10)
        for part, fill in PRICE.items():
            value = value_of(row, part) or 0.0
            width = scale(value / row["landed_usd_t"]) - scale(0)
            if width > 0:
                drawing.rect(
                    x, y + 2, width, 15, fill, title=f"{PRICE_LABEL[part]}: USD {usd_t(value)} a tonne"
                )
                x += width
        drawing.text(
            WIDTH - 46,
            y + 13.5,
            percent(row["corridor_share"]),
            size=11,
            anchor="end",
            weight=600,
            stretch="semi-condensed",
        )
        drawing.text(
            WIDTH,
            y + 13.5,
            number(row["landed_usd_t"]),
            size=11,
            anchor="end",
            fill=MUTED,
            stretch="semi-condensed",
        )
    drawing.height = bottom + 34
    return drawing.render()
