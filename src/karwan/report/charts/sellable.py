"""What could be sold of each good as a treemap, with what is sold now inside it."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.amounts import percent, usd
from karwan.report.charts.axes import WIDTH, is_positive, value_of
from karwan.report.charts.treemap import Box, name_lines, squarify
from karwan.report.fonts import fit, text_width
from karwan.report.palette import ACCENT, ALERT, INK, MUTED, PAPER, STATUS, tint
from karwan.report.svg import Drawing, legend
from karwan.report.text import clean

Row = dict[str, Any]
_COLOURS = {"yes": STATUS["done"], "only if": STATUS["in_progress"], "no": ALERT, "unknown": ACCENT}
_SAID = {
    "yes": "it sells",
    "only if": "only if something changes",
    "no": "does not sell",
    "unknown": "not judged",
}
_PALE, _DEEP = 0.66, 0.15
_LINE, _EDGE = 13.0, 6.0


def draw_sellable(table: pl.DataFrame, title: str, most: int = 40, height: float = 300.0) -> str | None:
    """A tile a good, its area what could be sold a year; from its foot up, darker, the part that is sold now; coloured by its verdict.

    A good of which more is sold than was reckoned to be within reach has the area of what is sold. A dashed foot: what is sold is not known.
    A good under a ban is crossed out and says whose it is.

    Parameters
    ----------
    table
        Goods with product, exporter, verdict, bound_usd, sold_usd and ban.
    most
        Goods drawn, the largest first.

    References
    ----------
    Bruls, Huizing and van Wijk (2000), Squarified treemaps, doi:10.1007/978-3-7091-6783-0_4.
    """
    rows = [row for row in table.iter_rows(named=True) if is_positive(row, "bound_usd")]
    rows.sort(key=lambda row: (-_area(row), str(row["product"])))
    rows = rows[:most]
    if not rows:
        return None
    drawing = Drawing("sellable", WIDTH, 10, title, " ".join(_sentence(row) for row in rows))
    kinds = [kind for kind in _COLOURS if any(row["verdict"] == kind for row in rows)]
    entries = [(tint(_COLOURS[kind], _PALE), _SAID[kind]) for kind in kinds]
    known = any(row["sold_usd"] is not None for row in rows)
    entries += [(tint(ACCENT, _DEEP), "darker foot: sold now")] if known else []
    top = legend(drawing, 0, 11, entries, room=WIDTH) - 4
    drawing.narrow(0, top + 9, "dashed foot: what is sold now is not known", size=10.5, fill=MUTED)
    top += 16
    for row, box in zip(rows, squarify([_area(row) for row in rows], (0, top, WIDTH, height)), strict=True):
        _tile(drawing, row, box)
    drawing.height = top + height + 2
    return drawing.render()


def _area(row: Row) -> float:
    """What could be sold, or what is sold where that is more, USD a year."""
    return max(float(row["bound_usd"]), value_of(row, "sold_usd") or 0.0)


def _sentence(row: Row) -> str:
    sold = value_of(row, "sold_usd")
    now = "not known" if sold is None else f"USD {usd(sold)}"
    ban = f", under a ban of {clean(row['ban'])}" if row["ban"] else ""
    return f"{_name(row)}: could be sold USD {usd(row['bound_usd'])}, sold now {now}{ban}."


def _name(row: Row) -> str:
    return f"{clean(row['product'], 60)}, {clean(row['exporter'])}"


def _tile(drawing: Drawing, row: Row, box: Box) -> None:
    x, y, width, height = box
    colour = _COLOURS.get(str(row["verdict"]), ACCENT)
    drawing.rect(x, y, width, height, tint(colour, _PALE), stroke=PAPER, line=1.5, title=_sentence(row))
    _foot(drawing, row, box, colour)
    if row["ban"]:
        drawing.line(x + 2, y + height - 2, x + width - 2, y + 2, ALERT, line=1)
    if width >= 34 and height >= 18:
        _texts(drawing, row, box)


def _foot(drawing: Drawing, row: Row, box: Box, colour: str) -> None:
    """What is sold now, as the part of the tile that it is; a dashed line where that is not known."""
    x, y, width, height = box
    sold = value_of(row, "sold_usd")
    if sold is None:
        drawing.line(x + 3, y + height - 3, x + width - 3, y + height - 3, colour, line=1, dash="3 3")
        return
    part = height * min(sold / _area(row), 1.0)
    if part > 0:
        drawing.rect(x + 0.75, y + height - part, width - 1.5, part - 0.75, tint(colour, _DEEP), opacity=0.55)


def _texts(drawing: Drawing, row: Row, box: Box) -> None:
    """Name, what could be sold, and the ban, as far as there is room."""
    x, y, width, height = box
    room = width - 2 * _EDGE
    lines, size = name_lines(_name(row), room, int(min(max((height - 34) // _LINE, 1), 3)))
    told = [(line, size, 600, INK) for line in lines] + [(_amount(row, room), 10.5, 400, INK)]
    told += [(f"ban of {clean(row['ban'])}", 10.5, 600, INK)] if row["ban"] else []
    for rank, (line, size, weight, fill) in enumerate(told):
        at = y + 15 + _LINE * rank
        if at < y + height - 3:
            drawing.narrow(x + _EDGE, at, line, size=size, weight=weight, fill=fill, room=room)


def _amount(row: Row, room: float) -> str:
    """What could be sold, and the share of it that is sold where that is known and there is room."""
    short = usd(row["bound_usd"])
    sold = value_of(row, "sold_usd")
    long = short if sold is None else f"{short}, {percent(sold / _area(row))} sold"
    fits = text_width(long, 10.5, stretch="semi-condensed") <= room
    return long if fits else fit(short, 10.5, room, stretch="semi-condensed")
