"""How much of each table is observed, computed or assumed."""

from __future__ import annotations

import polars as pl

from karwan.amounts import number, percent
from karwan.report.charts.axes import WIDTH, Row, x_axis
from karwan.report.palette import BASIS, INK, MUTED, PAPER
from karwan.report.svg import Drawing, Scale, legend, linear
from karwan.report.text import clean, words

_LEFT, _ROW, _RIGHT = 230.0, 20.0, 104.0


def draw_basis(table: pl.DataFrame) -> str | None:
    """Stacked shares per table, sections in order; assumed share and number of rows at the right."""
    rows = [r for r in table.iter_rows(named=True) if _total(r) > 0]
    if not rows:
        return None
    says = " ".join(
        f"{clean(r['section'])}, {clean(r['table'])}: {percent(r['assumed_share'])} assumed." for r in rows
    )
    drawing = Drawing("basis", WIDTH, 60, "What the figures rest on", says)
    top = legend(drawing, 0, 11, [(BASIS[k], words(k)) for k in BASIS], room=WIDTH) + 8
    bottom = top + len(rows) * _ROW + 4
    scale = linear([0.0, 1.0], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, top - 2, bottom, lambda v: f"{100 * v:.0f} %", unit="share of rows")
    drawing.label(WIDTH - 46, top - 6, "assumed", anchor="end")
    drawing.label(WIDTH, top - 6, "rows", anchor="end")
    before = ""
    for k, row in enumerate(rows):
        y, section = top + k * _ROW, clean(row["section"])
        if section != before:
            drawing.narrow(0, y + 13, section, weight=600, room=116, fill=INK)
        before = section
        _draw_row(drawing, row, scale, y)
    drawing.height = bottom + 34
    return drawing.render()


def _total(row: Row) -> int:
    """Rows of a table, whatever they rest on."""
    return sum(int(row[basis] or 0) for basis in BASIS)


def _draw_row(drawing: Drawing, row: Row, scale: Scale, y: float) -> None:
    drawing.narrow(122, y + 13, words(row["table"]), room=_LEFT - 130, fill=MUTED)
    x, total = scale(0), _total(row)
    for basis, fill in BASIS.items():
        width = int(row[basis] or 0) / total * (scale(1) - scale(0))
        drawing.rect(x, y + 3, width, 13, fill, stroke=PAPER, line=0.6)
        x += width
    drawing.narrow(WIDTH - 46, y + 13.5, percent(row["assumed_share"]), anchor="end", weight=600)
    drawing.narrow(WIDTH, y + 13.5, number(total), anchor="end", fill=MUTED)
