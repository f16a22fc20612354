"""Landed price of goods against the cheapest rival: the band of each as a share of the rival's price."""

from __future__ import annotations

import polars as pl

from karwan.amounts import number, percent
from karwan.report.charts.axes import WIDTH, Row, error_bar, is_positive, value_of, x_axis
from karwan.report.palette import ACCENT, ALERT, INK, MUTED, PAPER, STATUS
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT, _TOP, _FAR = 210.0, 22.0, 116.0, 30.0, 3.0
_VERDICT = {"yes": STATUS["done"], "only_if": STATUS["in_progress"], "no": ALERT}


def draw_against_rivals(table: pl.DataFrame, most: int = 24) -> str | None:
    """A line a good with a known rival, the one nearest to selling first: dot at the landed price, line from its P5 to its P95, the rival's at 100 %.

    A good under a ban has a cross in place of the dot, and says beside it whose ban it is: no price sells it.
    Bands beyond three times the rival's price are cut there. A ring in place of a dot: the seller's price is not known, another origin's stands in.

    Parameters
    ----------
    table
        Goods with product, exporter, verdict, landed_usd_t, landed_low_usd_t, landed_high_usd_t, rival_usd_t, price_country where
        another origin's price stands in, and ban.
    """
    rows = [row for row in table.iter_rows(named=True) if is_positive(row, "landed_usd_t", "rival_usd_t")]
    rows.sort(key=lambda row: (row["landed_usd_t"] / row["rival_usd_t"], str(row["product"])))
    rows = rows[:most]
    if not rows:
        return None
    bottom = _TOP + len(rows) * _ROW
    said = " ".join(
        f"{_name(row)}: {percent(_ratio(row, 'landed_usd_t'))} of the rival's{_ban(row)}." for row in rows
    )
    drawing = Drawing("rivals", WIDTH, bottom + 34, "Landed price against the cheapest rival", said)
    drawing.circle(5, 7.5, 4.4, ACCENT)
    rings = any(row.get("price_country") for row in rows)
    more = "; ring: another origin's price stands in for the seller's" if rings else ""
    more += "; cross: a ban holds" if any(row.get("ban") for row in rows) else ""
    drawing.narrow(14, 11, f"landed price; line: 5 to 95 %{more}", size=10.5, fill=MUTED)
    drawing.label(WIDTH, 11, "landed and rival, usd/t", anchor="end")
    ends = [min(_ratio(row, name), _FAR) for row in rows for name in ("landed_usd_t", "landed_high_usd_t")]
    scale = linear([0.0, 1.1, *ends], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, _TOP - 8, bottom, percent, count=5, unit="share of the rival's price")
    drawing.line(scale(1.0), _TOP - 8, scale(1.0), bottom, ALERT, line=1, dash="4 3")
    for rank, row in enumerate(rows):
        _draw(drawing, scale, row, _TOP + rank * _ROW + _ROW / 2)
    return drawing.render()


def _draw(drawing: Drawing, scale: Scale, row: Row, y: float) -> None:
    colour = _VERDICT.get(str(row["verdict"]).replace(" ", "_"), ACCENT)
    drawing.row_name(y + 4, _name(row), _LEFT - 12)
    span = min(_ratio(row, "landed_low_usd_t"), _FAR), min(_ratio(row, "landed_high_usd_t"), _FAR)
    error_bar(drawing, scale, span, y, colour, lines=(2.4, 1.4), cap=4)
    _mark(drawing, scale, row, y, colour)
    prices = f"{number(row['landed_usd_t'])} · {number(row['rival_usd_t'])}"
    drawing.narrow(WIDTH, y + 4, prices, size=11.5, anchor="end", fill=INK)


def _mark(drawing: Drawing, scale: Scale, row: Row, y: float, colour: str) -> None:
    """Dot at the landed price; a ring where another origin's price stands in, a named cross where a ban holds."""
    x = scale(min(_ratio(row, "landed_usd_t"), _FAR))
    if row.get("ban"):
        for way in (-4.5, 4.5):
            drawing.line(x - 4.5, y - way, x + 4.5, y + way, ALERT, line=2.2)
        end = scale(min(max(_ratio(row, "landed_high_usd_t"), _ratio(row, "landed_usd_t")), _FAR))
        drawing.narrow(end + 9, y + 4, f"ban of {clean(row['ban'])}", size=10.5, weight=600, fill=ALERT)
        return
    fill = PAPER if row.get("price_country") else colour
    drawing.circle(x, y, 4.6, fill, stroke=colour, line=1.6)


def _ratio(row: Row, column: str) -> float:
    """A price as a share of the rival's; the landed price where the end of its band is not known."""
    value = value_of(row, column)
    return float((row["landed_usd_t"] if value is None else value) / row["rival_usd_t"])


def _ban(row: Row) -> str:
    """Whose ban holds, after a figure; empty for none."""
    return f", under a ban of {clean(row['ban'])}" if row.get("ban") else ""


def _name(row: Row) -> str:
    return f"{clean(row['product'], 60)}, {clean(row['exporter'])}"
