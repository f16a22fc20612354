"""Published trade by product group as a treemap, one colour per sector."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import polars as pl
import squarify as layout

from karwan.amounts import percent, usd
from karwan.report.charts.axes import WIDTH, is_positive
from karwan.report.fonts import fit, text_width, wrap
from karwan.report.palette import INK, PAPER, SECTORS
from karwan.report.svg import Drawing, legend
from karwan.report.text import clean, words

Box = tuple[float, float, float, float]


def draw_treemap(
    table: pl.DataFrame, key: str, title: str, height: float = 250.0, among: Sequence[str] = ()
) -> str | None:
    """Areas in proportion to value, squarified.

    Parameters
    ----------
    among
        Sectors of all treemaps of a page, in order, so that one sector keeps its colour; see `sectors_of`.

    References
    ----------
    Bruls, Huizing and van Wijk (2000), Squarified treemaps, doi:10.1007/978-3-7091-6783-0_4.
    """
    rows = [r for r in table.iter_rows(named=True) if is_positive(r, "value_usd")]
    rows.sort(key=lambda r: (-r["value_usd"], str(r["group"])))
    if not rows:
        return None
    total = sum(r["value_usd"] for r in rows)
    sectors = sorted({_sector(r) for r in rows})
    colours = dict(zip(dict.fromkeys([*among, *sectors]), cycle(SECTORS), strict=False))
    says = " ".join(
        f"{clean(r['group'])}: USD {usd(r['value_usd'])}, {percent(r['value_usd'] / total)}." for r in rows
    )
    drawing = Drawing(key, WIDTH, 10, title, says)
    top = legend(drawing, 0, 11, [(colours[s], words(s)) for s in sectors], room=WIDTH) - 4
    for row, box in zip(rows, squarify([r["value_usd"] for r in rows], (0, top, WIDTH, height)), strict=True):
        _tile(drawing, row, box, colours[_sector(row)], total)
    drawing.height = top + height + 2
    return drawing.render()


def sectors_of(table: pl.DataFrame) -> list[str]:
    """Sectors of all rows, sorted; a group without a sector stands for itself."""
    return sorted({_sector(row) for row in table.iter_rows(named=True)})


def _sector(row: dict[str, Any]) -> str:
    """Sector of a group; the group itself where none is named."""
    return clean(row["sector"] or row["group"])


def squarify(values: Sequence[float], box: Box) -> list[Box]:
    """Rectangles (x, y, width, height) filling `box`, areas in proportion to the descending positive `values`."""
    x, y, width, height = box
    if sum(values) <= 0:
        return []
    sizes = layout.normalize_sizes(list(values), width, height)
    return [(one["x"], one["y"], one["dx"], one["dy"]) for one in layout.squarify(sizes, x, y, width, height)]


def _tile(drawing: Drawing, row: dict[str, Any], box: Box, colour: str, total: float) -> None:
    """One group: its name on as many lines as fit, and its value below them."""
    x, y, width, height = box
    name, value = clean(row["group"]), usd(row["value_usd"])
    drawing.rect(x, y, width, height, colour, stroke=PAPER, line=1.5, title=f"{name}: USD {value}")
    if width < 34 or height < 18:
        return
    lines, size = name_lines(name, width - 10, int(min(max((height - 20) // 13, 1), 3)))
    for k, line in enumerate(lines):
        drawing.narrow(x + 6, y + 15 + 13 * k, line, size=size, weight=600, fill=INK)
    under = y + 15 + 13 * len(lines)
    if under < y + height - 4:
        text = f"{value} · {percent(row['value_usd'] / total)}"
        if text_width(text, 10.5, stretch="semi-condensed") > width - 10:
            text = fit(value, 10.5, width - 10, stretch="semi-condensed")
        drawing.narrow(x + 6, under, text, size=10.5, fill=INK)


def name_lines(name: str, room: float, most: int) -> tuple[list[str], float]:
    """Lines of a name and their size: the smaller one where the larger would cut it short."""
    for size in (11.0, 9.5):
        lines = wrap(name, size, room, lines=most, stretch="semi-condensed", bold=True)
        if not any(line.endswith("…") for line in lines):
            break
    return lines, size
