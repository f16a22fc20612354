"""The map of weak points: what shutting each crossing, terminal and link costs a year, and which cut pairs off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import floor, log10
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.basemap import Basemap, read_basemap
from karwan.report.fonts import text_width
from karwan.report.labels import Wish, place_labels
from karwan.report.map import draw_label, draw_names, draw_scale, map_box, map_frame
from karwan.report.outline import draw_outline
from karwan.report.palette import ALERT, INK, MUTED, PAPER
from karwan.report.projection import Floats, Frame
from karwan.report.seaways import split_seaways
from karwan.report.svg import Drawing, points
from karwan.report.text import clean, escape
from karwan.report.wording import tell

WIDTH = 900.0
FREE = "#938c7d"
SHADES = ("#b58a2e", "#b0602a", "#8f2f1f", "#4f0f12")
LINES, SIZES = (2.0, 3.0, 4.4, 6.0), (3.6, 4.6, 5.8, 7.2)
_BORDER = "#8d8270"
_LABELLED = 14
_ROOM = 1.14  # a file that stands alone is read in whatever font is there
_SHORT = 12.0  # a named link below this length is drawn as a dot too
Row = Mapping[str, Any]


def cost_steps(highest: float) -> tuple[float, ...]:
    """Three round bounds between the classes of cost a year, so that the dearest places stand apart.

    >>> cost_steps(1_750_000)
    (100000.0, 500000.0, 1000000.0)
    """
    if highest <= 0:
        return (1.0, 5.0, 10.0)
    high = 0.8 * highest
    power = 10.0 ** floor(log10(high))
    top = max(f * power for f in (1.0, 2.0, 3.0, 4.0, 6.0, 8.0) if f * power <= high)
    return (top / 10.0, top / 2.0, top)


@dataclass(frozen=True)
class _Places:
    """Weak points in picture units: rows, class of each (-1 costs nothing), coordinates."""

    rows: Sequence[Row]
    steps: tuple[float, ...]
    frame: Frame

    def grade(self, row: Row) -> int:
        """0 to 3 by cost a year; -1 where nothing is lost; 3 where pairs are cut off."""
        if row["pairs_cut"]:
            return 3
        cost = row["extra_usd_year"] or 0.0
        return -1 if cost <= 0 else sum(cost >= step for step in self.steps)

    def at(self, row: Row) -> tuple[Floats, Floats]:
        """Coordinates of a place."""
        lon, lat = (np.array(row[c], dtype=np.float64) for c in ("lons", "lats"))
        return self.frame.place(lon, lat)


def draw_weak_map(
    weak: pl.DataFrame,
    nodes: pl.DataFrame,
    lines: pl.DataFrame,
    shut: frozenset[str],
    *,
    parties: tuple[str, str],
    title: str,
    heading: Sequence[str] = (),
    footing: Sequence[str] = (),
) -> str | None:
    """Map of the weak points; None when there is none, or no place to set the window by.

    Parameters
    ----------
    weak, nodes, lines
        Tables `weak_points`, `map_nodes` and `map_lines` of the brief; the last two set the window and stand behind.
    shut
        Names of places that are shut on the day.
    parties
        ISO alpha-3 codes of the two countries.
    heading, footing
        Lines above and below the picture (the sources of the base map after them), for a file that stands alone.
    """
    known = nodes.filter(pl.col("lon").is_not_null() & pl.col("lat").is_not_null()) if nodes.height else nodes
    if known.is_empty() or weak.is_empty():
        return None
    frame = map_frame(known, lines, parties)
    base = read_basemap(map_box(frame))
    rows = weak.sort("rank", descending=True).to_dicts()
    places = _Places(rows, cost_steps(max(r["extra_usd_year"] or 0.0 for r in rows)), frame)
    drawing = Drawing("weak-map", WIDTH, frame.height, title, _described(rows))
    drawing.defs.append(
        f'<clipPath id="weak-map-w"><rect x="0" y="0" width="{WIDTH:.0f}" height="{frame.height:.1f}"/></clipPath>'
    )
    drawing.raw('<g clip-path="url(#weak-map-w)">')
    draw_outline(drawing, base, frame, parties)
    path = _draw_lines(drawing, places, lines, base)
    _draw_marks(drawing, places, known, shut, base, path, alone=bool(heading))
    drawing.raw("</g>")
    drawing.rect(0.5, 0.5, WIDTH - 1, frame.height - 1, "none", stroke=_BORDER)
    draw_scale(drawing, frame)
    closed = bool(lines.height) and "closed" in lines["state"].to_list()
    drawing.height = _draw_legend(drawing, places, frame.height, shut=bool(shut), closed=closed)
    return (_framed(drawing, heading, (*footing, *_credit(base))) if heading else drawing).render()


def _credit(base: Basemap) -> list[str]:
    if not base.countries:
        return [tell("brief_map.no_countries")]
    return [tell("brief_map.outline")]


def _described(rows: Sequence[Row]) -> str:
    first = [r for r in rows[::-1] if r["same_as_rank"] is None][:8]
    return " ".join(_said(r) for r in first)


def _said(row: Row) -> str:
    """A place in a sentence: what its closure costs and which pairs it cuts off."""
    cut = f" Cut off: {', '.join(clean(p) for p in row['cut_off'])}." if row["cut_off"] else ""
    cost = f"USD {usd(row['extra_usd_year'])} a year if shut" if row["extra_usd_year"] else "no cost if shut"
    return f"{row['rank']}. {clean(row['place'])}, {clean(row['kind'])}: {cost}.{cut}"


# -- lines ---------------------------------------------------------------------------------------------------


def _draw_lines(drawing: Drawing, places: _Places, lines: pl.DataFrame, base: Basemap) -> Floats:
    """Corridors thin behind, links by class above; points of the drawn links are returned."""
    _draw_corridors(drawing, places.frame, lines, base)
    parts = _link_parts(places, base)
    free = "".join(points(x, y) for row, x, y in parts if places.grade(row) < 0)
    drawing.path(free, stroke=FREE, line=1.3)
    dear = [part for part in parts if places.grade(part[0]) >= 0]
    for row, x, y in sorted(dear, key=lambda part: (places.grade(part[0]), -part[0]["rank"])):
        _draw_link(drawing, row, places.grade(row), points(x, y))
    return _samples([(x, y) for _, x, y in dear])


def _draw_corridors(drawing: Drawing, frame: Frame, lines: pl.DataFrame, base: Basemap) -> None:
    behind = lines.filter(pl.col("state") != "planned") if lines.height else lines
    for line in split_seaways(behind, frame, base.relief).lines.iter_rows(named=True):
        x, y = frame.place(np.array(line["lons"] or ()), np.array(line["lats"] or ()))
        dash = "5 4" if line["state"] == "closed" else ""
        drawing.path(points(x, y), stroke=FREE, line=1.0, dash=dash)


def _link_parts(places: _Places, base: Basemap) -> list[tuple[Row, Floats, Floats]]:
    """Links in picture units; a way by sea that would cross land as its two stubs."""
    links = {str(r["place_id"]): r for r in places.rows if r["kind"] == "link"}
    sea = split_seaways(_as_lines(links), places.frame, base.relief)
    parts = [
        (links[line["corridor_id"]], *places.frame.place(np.array(line["lons"]), np.array(line["lats"])))
        for line in sea.lines.iter_rows(named=True)
    ]
    return parts + [(links[stub.corridor_id], stub.x, stub.y) for stub in sea.stubs]


def _as_lines(links: Mapping[str, Row]) -> pl.DataFrame:
    """Links as a table of lines, for the ways by sea."""
    return pl.DataFrame(
        [
            {
                "corridor_id": i,
                "colour": FREE,
                "mode": r["mode"],
                "lons": list(r["lons"]),
                "lats": list(r["lats"]),
            }
            for i, r in links.items()
        ],
        schema={**dict.fromkeys(("corridor_id", "colour", "mode"), pl.String), **_LISTS},
    )


_LISTS = dict.fromkeys(("lons", "lats"), pl.List(pl.Float64))


def _samples(parts: Sequence[tuple[Floats, Floats]], step: float = 6.0) -> Floats:
    """Points along polylines about `step` units apart, shape (P, 2)."""
    found = [np.empty((0, 2))]
    for x, y in parts:
        for k in range(len(x) - 1):
            share = np.linspace(0, 1, max(int(np.hypot(x[k + 1] - x[k], y[k + 1] - y[k]) / step), 1) + 1)
            found.append(
                np.column_stack([x[k] + share * (x[k + 1] - x[k]), y[k] + share * (y[k + 1] - y[k])])
            )
    return np.concatenate(found)


def _draw_link(drawing: Drawing, row: Row, grade: int, data: str) -> None:
    drawing.raw(f"<g><title>{escape(_said(row))}</title>")
    drawing.path(data, stroke=PAPER, line=LINES[grade] + 1.8)
    if row["pairs_cut"]:
        drawing.path(data, stroke=INK, line=LINES[grade] + 1.6)
        drawing.path(data, stroke="#ffffff", line=LINES[grade] - 1.0)
        drawing.path(data, stroke=ALERT, line=LINES[grade] - 1.0, dash="7 6")
    else:
        drawing.path(data, stroke=SHADES[grade], line=LINES[grade])
    drawing.raw("</g>")


# -- places --------------------------------------------------------------------------------------------------


@dataclass
class _Labels:
    """Labels to place and the signs they must not cover, as the signs are drawn."""

    wishes: list[Wish] = field(default_factory=list)
    marks: list[tuple[float, float]] = field(default_factory=list)


def _draw_marks(
    drawing: Drawing,
    places: _Places,
    nodes: pl.DataFrame,
    shut: frozenset[str],
    base: Basemap,
    path: Floats,
    *,
    alone: bool,
) -> None:
    """Signs of the places, names of the worst, of places shut and of the ends; names of seas and countries where room is left."""
    frame, labels = places.frame, _Labels()
    named = _named(places)
    ends = [node for node in nodes.iter_rows(named=True) if node["rank"] == 1 or node["name"] in shut]
    for node in ends:
        _draw_end(drawing, node, frame, labels, shut=node["name"] in shut, named=set(named.values()))
    for row in sorted(places.rows, key=lambda r: (places.grade(r), -r["rank"])):
        _draw_place(drawing, row, places, labels, named=row["rank"] in named)
    marks = np.array(labels.marks or np.empty((0, 2)))
    room = _ROOM if alone else 1.0
    placed = place_labels(labels.wishes, marks, path, frame.width, frame.height, room=room)
    draw_names(drawing, base, frame, placed, path)
    for label in placed:
        draw_label(drawing, label, False)


def _named(places: _Places) -> dict[int, str]:
    """Names of the worst places by rank; a crossing and a terminal that share a name are named once."""
    shown = [r for r in places.rows if r["same_as_rank"] is None and places.grade(r) >= 0]
    worst = sorted(shown, key=lambda r: -int(r["rank"]))[-_LABELLED:]
    ranks = {clean(r["place"], 60): r["rank"] for r in worst}
    return {rank: name for name, rank in ranks.items()}


def _draw_end(
    drawing: Drawing, node: Row, frame: Frame, labels: _Labels, *, shut: bool, named: set[str]
) -> None:
    """Sign of a first place or of one that is shut, with its name unless a weak point carries it."""
    x, y = frame.point(node["lon"], node["lat"])
    if not frame.holds(x, y, 4):
        return
    labels.marks.append((x, y))
    if shut:
        _draw_shut(drawing, x, y)
    else:
        drawing.circle(x, y, 2.4, PAPER, stroke=MUTED, line=1.1)
    name = clean(node["name"], 60)
    if name not in named:
        labels.wishes.append(Wish(name, x, y, 10.5, 3, clear=6.0, fill=MUTED))


def _draw_place(drawing: Drawing, row: Row, places: _Places, labels: _Labels, *, named: bool) -> None:
    """Sign of a weak point; a link has one only where it is named and too short to see."""
    xs, ys = places.at(row)
    x, y = float(xs.mean()), float(ys.mean())
    if not places.frame.holds(x, y, 8):
        return
    short = float(np.hypot(np.ptp(xs), np.ptp(ys))) < _SHORT
    grade = places.grade(row)
    if row["kind"] != "link" or (short and named):
        _draw_point(drawing, row, grade, x, y)
        if grade >= 0:
            labels.marks.append((x, y))
    if named:
        labels.wishes.append(_wish(row, x, y))


def _wish(row: Row, x: float, y: float) -> Wish:
    """Label of a weak point: its rank in the table, name, and pairs cut off or cost a year."""
    point = row["kind"] != "link"
    name = clean(row["place"], 40).split(" (")[0]
    what = f"cuts {row['pairs_cut']} off" if row["pairs_cut"] else _short(row["extra_usd_year"])
    size, rank = (12.0, 1) if point else (10.5, 2)
    clear = 17.0 if point and row["pairs_cut"] else 9.0 if point else 6.0
    return Wish(f"{row['rank']} {name}, {what}", x, y, size, rank, bold=point, clear=clear)


def _short(cost: float) -> str:
    """USD with three figures at most: 1.55 m, 478 k."""
    text = usd(cost)
    return f"{cost / 1000:.0f} k" if text.endswith(" k") else text


def _draw_point(drawing: Drawing, row: Row, grade: int, x: float, y: float) -> None:
    if grade < 0:
        drawing.circle(x, y, 1.6, "#ffffff", stroke=FREE, line=0.9)
        return
    drawing.raw(f"<g><title>{escape(_said(row))}</title>")
    draw_symbol(drawing, str(row["kind"]), x, y, SIZES[grade], SHADES[grade], cut=bool(row["pairs_cut"]))
    drawing.raw("</g>")


def draw_symbol(
    drawing: Drawing, kind: str, x: float, y: float, size: float, fill: str, *, cut: bool = False
) -> None:
    """Triangle of a crossing, square of a terminal, dot of a link too short to see; two rings where its closure cuts pairs off."""
    if cut:
        drawing.circle(x, y, size + 5.2, "#ffffff", stroke=ALERT, line=1.8)
        drawing.circle(x, y, size + 2.2, "none", stroke=INK, line=1.2)
    if kind == "crossing":
        wide, low = size * 1.12, size * 0.8
        data = f"M{x:.1f} {y - size * 1.15:.1f}L{x + wide:.1f} {y + low:.1f}L{x - wide:.1f} {y + low:.1f}Z"
        drawing.path(data, fill=fill, stroke="#ffffff", line=1.2)
    elif kind == "link":
        drawing.circle(x, y, 0.8 * size, fill, stroke="#ffffff", line=1.2)
    else:
        half = size * 0.86
        drawing.rect(x - half, y - half, 2 * half, 2 * half, fill, stroke="#ffffff", line=1.2)


def _draw_shut(drawing: Drawing, x: float, y: float) -> None:
    drawing.circle(x, y, 4.4, "#ffffff", stroke=MUTED, line=1.1)
    d = 2.0
    cross = (
        f"M{x - d:.1f} {y - d:.1f}L{x + d:.1f} {y + d:.1f}M{x - d:.1f} {y + d:.1f}L{x + d:.1f} {y - d:.1f}"
    )
    drawing.path(cross, stroke=MUTED, line=1.2)


# -- legend and frame ----------------------------------------------------------------------------------------


def _draw_legend(drawing: Drawing, places: _Places, top: float, *, shut: bool, closed: bool) -> float:
    """Classes of cost, then signs; the bottom of it all is returned."""
    _draw_classes(drawing, places.steps, top + 20)
    drawn = {
        "cut": any(r["pairs_cut"] for r in places.rows),
        "free": any(places.grade(r) == -1 for r in places.rows),
        "shut": shut,
        "dash": closed,
    }
    x, y = 0.0, top + 42
    for sign, text in _SIGNS:
        if drawn.get(sign, True):
            _draw_sign(drawing, sign, x + 11, y - 4)
            drawing.narrow(x + 28, y, text, fill=MUTED)
            x += 28 + text_width(text, 11, stretch="semi-condensed") + 16
    return y + 8


def _draw_classes(drawing: Drawing, steps: Sequence[float], y: float) -> None:
    bounds = [usd_tick(step) for step in steps]
    between = [f"{a} to {b}" for a, b in pairwise(bounds)]
    texts = [f"under {bounds[0]}", *between, f"{bounds[-1]} and more"]
    head = "USD a year if shut alone:"
    drawing.narrow(0.0, y, head, size=11.5, weight=600)
    x = text_width(head, 11.5, stretch="semi-condensed", bold=True) + 24
    for grade, text in enumerate(texts):
        drawing.line(x, y - 4, x + 22, y - 4, SHADES[grade], line=LINES[grade])
        draw_symbol(drawing, "crossing", x + 33, y - 4, SIZES[grade], SHADES[grade])
        draw_symbol(drawing, "terminal", x + 50, y - 4, SIZES[grade], SHADES[grade])
        drawing.narrow(x + 62, y, text, fill=INK)
        x += 62 + text_width(text, 11, stretch="semi-condensed") + 18


_SIGNS = (
    ("link", "link"),
    ("crossing", "border crossing"),
    ("terminal", "terminal: change of mode or gauge"),
    ("cut", "cuts pairs off"),
    ("free", "used, costs nothing"),
    ("shut", "shut on the day"),
    ("dash", "corridor closed on the day"),
    ("city", "start or end"),
)


def _draw_sign(drawing: Drawing, sign: str, x: float, y: float) -> None:
    if sign in ("crossing", "terminal"):
        draw_symbol(drawing, sign, x, y, 4.6, SHADES[1])
    elif sign == "cut":
        draw_symbol(drawing, "crossing", x, y, 3.2, SHADES[3], cut=True)
    elif sign == "shut":
        _draw_shut(drawing, x, y)
    elif sign == "city":
        drawing.circle(x, y, 2.4, PAPER, stroke=MUTED, line=1.1)
    else:
        stroke, line = (SHADES[1], 3.0) if sign == "link" else (FREE, 1.3)
        drawing.line(x - 11, y, x + 11, y, stroke, line=line, dash="5 4" if sign == "dash" else "")


def _framed(drawing: Drawing, heading: Sequence[str], footing: Sequence[str]) -> Drawing:
    """The drawing with lines of text above and below, on paper."""
    top = 42.0 + 18.0 * (len(heading) - 1)
    height = top + drawing.height + 10 + 15 * len(footing) + 10
    sheet = Drawing(drawing.key, drawing.width + 40, height, drawing.title, drawing.description)
    sheet.defs = drawing.defs
    sheet.rect(0, 0, sheet.width, sheet.height, PAPER)
    for k, line in enumerate(heading):
        size, weight = (17.0, 600) if k == 0 else (12.5, 400)
        sheet.text(20, 30 + 18 * k, line, size=size, weight=weight, fill=INK if k == 0 else MUTED)
    sheet.raw(f'<g transform="translate(20 {top:.0f})">')
    sheet.parts += drawing.parts
    sheet.raw("</g>")
    for k, line in enumerate(footing):
        sheet.text(20, top + drawing.height + 14 + 15 * k, line, size=10.5, fill=MUTED)
    return sheet


__all__ = ["cost_steps", "draw_weak_map"]
