"""A basket of goods: what is chosen of each, and what the same value costs with fewer or more of them."""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from karwan.amounts import number, usd, usd_tick
from karwan.report.charts.axes import WIDTH, Row, is_positive, value_of, x_axis, y_axis
from karwan.report.palette import ACCENT, INK, MUTED, PAPER, tint
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_TOP, _LEFT, _ROW, _RIGHT = 34.0, 230.0, 22.0, 70.0
_LIGHT = tint(ACCENT, 0.68)


def draw_basket(table: pl.DataFrame, most: int = 40) -> str | None:
    """Bars: value chosen (dark) inside the most there is (light), the dearest first; None for an empty basket."""
    rows = [row for row in table.iter_rows(named=True) if is_positive(row, "value_usd")]
    rows = sorted(rows, key=lambda row: (-row["value_usd"], str(row["product_id"])))[:most]
    if not rows:
        return None
    bottom = _TOP + len(rows) * _ROW
    says = " ".join(f"{clean(row['product'], 80)}: USD {usd(row['value_usd'])}." for row in rows[:10])
    drawing = Drawing("basket", WIDTH, bottom + 34, "Goods of the basket", says)
    drawing.swatch(0, 11, ACCENT, "chosen")
    drawing.swatch(66, 11, _LIGHT, "at most; a bar that leaves the picture goes on")
    drawing.label(WIDTH, 26, "chosen", anchor="end")
    scale = linear([0.0, *(row["value_usd"] for row in rows)], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 30, bottom, usd_tick, unit="USD a year")
    for k, row in enumerate(rows):
        _row(drawing, scale, row, _TOP + k * _ROW)
    return drawing.render()


def _row(drawing: Drawing, scale: Scale, row: Row, y: float) -> None:
    drawing.row_name(y + 13, clean(row["product"], 80), _LEFT - 12)
    zero, bound = scale(0.0), value_of(row, "cap_usd" if "cap_usd" in row else "bound_usd")
    if bound is not None:
        drawing.rect(zero, y + 2, min(scale(bound), WIDTH - _RIGHT) - zero, 15, _LIGHT)
    drawing.rect(zero, y + 5.5, scale(row["value_usd"]) - zero, 8, ACCENT)
    drawing.narrow(WIDTH, y + 13.5, usd(row["value_usd"]), anchor="end", weight=600)


def draw_frontier(table: pl.DataFrame, height: float = 260.0) -> str | None:
    """Cost of the value by the most goods allowed, a mark each; None where fewer than two numbers were asked and answered."""
    rows = [row for row in table.iter_rows(named=True) if value_of(row, "cost_usd") is not None]
    if len(rows) < 2:
        return None
    rows.sort(key=lambda row: row["most_goods"])
    says = " ".join(f"At most {row['most_goods']} goods: USD {usd(row['cost_usd'])}." for row in rows)
    drawing = Drawing("frontier", WIDTH, height + 34, "Cost by the number of goods", says)
    across = linear([0.0, *(float(row["most_goods"]) for row in rows)], 70.0, WIDTH - 90)
    up = linear([0.0, *(row["cost_usd"] for row in rows)], height, 26.0)
    y_axis(drawing, up, 70.0, WIDTH - 90, usd_tick)
    x_axis(drawing, across, 26.0, height, number, unit="goods at most")
    drawing.narrow(0, 14, "cost of bringing the value, USD", size=10.5, fill=MUTED)
    for before, after in pairwise(rows):
        drawing.line(*_at(before, across, up), *_at(after, across, up), ACCENT, line=1.6)
    for row in rows:
        x, y = _at(row, across, up)
        drawing.circle(x, y, 4.5, ACCENT, stroke=PAPER, line=1.4)
        drawing.narrow(x + 8, y - 7, f"{row['goods']} chosen", size=10.5, fill=INK)
    return drawing.render()


def _at(row: Row, across: Scale, up: Scale) -> tuple[float, float]:
    return across(float(row["most_goods"])), up(row["cost_usd"])
