"""How much of each table is observed, computed or assumed."""

from __future__ import annotations

import polars as pl

from karwan.amounts import number, percent
from karwan.report.charts.axes import WIDTH, x_axis
from karwan.report.fonts import fit
from karwan.report.palette import BASIS, INK, MUTED, PAPER
from karwan.report.svg import Drawing, legend, linear
from karwan.report.text import clean, words

_LEFT, _ROW, _RIGHT = 230.0, 20.0, 104.0


def draw_basis(table: pl.DataFrame) -> str | None:
    """Stacked shares per table, sections in order; assumed share and number of rows at the right."""
    rows = [r for r in table.iter_rows(named=True) if sum(int(r[k] or 0) for k in BASIS) > 0]
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
        y, x = top + k * _ROW, scale(0)
        section = clean(row["section"])
        total = sum(int(row[b] or 0) for b in BASIS)
        if section != before:
            drawing.text(
                0,
                y + 13,
                fit(section, 11, 116, stretch="semi-condensed", bold=True),
                size=11,
                weight=600,
                fill=INK,
                stretch="semi-condensed",
            )
        before = section
        drawing.text(
            122,
            y + 13,
            fit(words(row["table"]), 11, _LEFT - 130, stretch="semi-condensed"),
            size=11,
            fill=MUTED,
            stretch="semi-condensed",
        )
        for basis, fill in BASIS.items():
            width = int(row[basis] or 0) / total * (scale(1) - scale(0))
            drawing.rect(x, y + 3, width, 13, fill, stroke=PAPER, line=0.6)
            x += width
        drawing.text(
            WIDTH - 46,
            y + 13.5,
            percent(row["assumed_share"]),
            size=11,
            anchor="end",
            weight=600,
            stretch="semi-condensed",
        )
        drawing.text(
            WIDTH, y + 13.5, number(total), size=11, anchor="end", fill=MUTED, stretch="semi-condensed"
        )
    drawing.height = bottom + 34
    return drawing.render()
