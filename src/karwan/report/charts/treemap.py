"""Published trade by product group as a treemap, one colour per sector."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import polars as pl

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


def squarify(values: list[float], box: Box) -> list[Box]:
    """Rectangles (x, y, width, height) filling `box`, areas in proportion to the descending `values`."""
    total = sum(values)
    if total <= 0:
        return []
    x, y, width, height = box
    areas = [value * width * height / total for value in values]
    result: list[Box] = []
    while areas:
        side = min(width, height)
        row = [areas[0]]
        while len(row) < len(areas) and _worst([*row, areas[len(row)]], side) <= _worst(row, side):
            row.append(areas[len(row)])
        depth = sum(row) / side if side else 0.0
        along = 0.0
        for area in row:
            length = area / depth if depth else 0.0
            result.append((x, y + along, depth, length) if width >= height else (x + along, y, length, depth))
            along += length
        if width >= height:
            x, width = x + depth, width - depth
        else:
            y, height = y + depth, height - depth
        areas = areas[len(row) :]
    return result


def _worst(row: list[float], side: float) -> float:
    total = sum(row)
    return (
        max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))
        if side and min(row) > 0
        else float("inf")
    )


def _tile(drawing: Drawing, row: dict[str, Any], box: Box, colour: str, total: float) -> None:
    """One group: its name on as many lines as fit, and its value below them."""
    x, y, width, height = box
    name, value = clean(row["group"]), usd(row["value_usd"])
    drawing.rect(x, y, width, height, colour, stroke=PAPER, line=1.5, title=f"{name}: USD {value}")
    if width < 34 or height < 18:
        return
    lines, size = _name_lines(name, width - 10, int(min(max((height - 20) // 13, 1), 3)))
    for k, line in enumerate(lines):
        drawing.narrow(x + 6, y + 15 + 13 * k, line, size=size, weight=600, fill=INK)
    under = y + 15 + 13 * len(lines)
    if under < y + height - 4:
        text = f"{value} · {percent(row['value_usd'] / total)}"
        if text_width(text, 10.5, stretch="semi-condensed") > width - 10:
            text = fit(value, 10.5, width - 10, stretch="semi-condensed")
        drawing.narrow(x + 6, under, text, size=10.5, fill=INK)


def _name_lines(name: str, room: float, most: int) -> tuple[list[str], float]:
    """Lines of a name and their size: the smaller one where the larger would cut it short."""
    for size in (11.0, 9.5):
        lines = wrap(name, size, room, lines=most, stretch="semi-condensed", bold=True)
        if not any(line.endswith("…") for line in lines):
            break
    return lines, size
