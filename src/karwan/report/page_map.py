"""The map of the page: a base picture in tiles, and over it an SVG of corridors, a chosen way and places that can be followed."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import typst
from PIL import Image

from karwan.report.basemap import Country, read_basemap
from karwan.report.fonts import text_width
from karwan.report.labels import Placed, Wish, place_labels
from karwan.report.map import MOVES, WIDTH, Box, draw_base, free_box, is_beside, map_box
from karwan.report.palette import ALERT, INK, PAPER, text_colour
from karwan.report.projection import Floats, Frame
from karwan.report.seaways import split_seaways
from karwan.report.strands import Strand, strands
from karwan.report.svg import Drawing, fmt, points
from karwan.report.text import clean, escape

ZOOMS = 3
"""Depths of tiles: 1, 4 and 16 pictures of one window."""
_DENSITY = 2.0  # picture points a unit of the drawing
_QUALITY = 72


@dataclass(frozen=True)
class PageMap:
    """What a map of the page shows.

    Attributes
    ----------
    nodes, lines, corridors
        Tables `map_nodes`, `map_lines` and `corridors` of the corridors.
    frame
        The window, that of the brief's map.
    closed
        Names of the places shut on the day.
    chosen
        Lines of a chosen way, with the columns of `lines`; None for none.
    """

    nodes: pl.DataFrame
    lines: pl.DataFrame
    corridors: pl.DataFrame
    frame: Frame
    closed: frozenset[str] = frozenset()
    chosen: pl.DataFrame | None = None


def tile_frame(frame: Frame, zoom: int, column: int, row: int) -> Frame:
    """Window of one tile: at depth `zoom` the window is cut into 2^zoom by 2^zoom."""
    scale = frame.scale * 2**zoom
    left = frame.left + column * frame.width / scale
    top = frame.top - row * frame.height / scale
    return Frame(frame.projection, left, top, scale, frame.width, frame.height)


def draw_tile(frame: Frame, parties: tuple[str, str], zoom: int = 0, column: int = 0, row: int = 0) -> bytes:
    """One tile of the base as WebP at double density: water, land with relief, rivers, coasts and borders."""
    part = tile_frame(frame, zoom, column, row)
    drawing = Drawing("base", WIDTH, part.height, "base", "base")
    draw_base(drawing, read_basemap(map_box(part)), part, parties)
    svg = drawing.render()
    page = f'#set page(width: {WIDTH}pt, height: {part.height}pt, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg", width: 100%)'
    png: object = typst.compile(page.encode(), format="png", ppi=72 * _DENSITY, sys_inputs={"svg": svg})
    assert isinstance(png, bytes)
    target = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(target, "WEBP", quality=_QUALITY, method=4)
    return target.getvalue()


def draw_overlay(shown: PageMap, links: Mapping[str, str], title: str, description: str) -> str:
    """What lies over the base, as the inside of an SVG in the units of the window.

    Parameters
    ----------
    shown
        What the map shows.
    links
        Ids of corridors and nodes to the address each leads to.
    title, description
        For readers who do not see it.

    Notes
    -----
    Lines stay as wide, and marks and names as large, on the screen when the map is magnified: their classes take the scale from the style
    sheet. A name of class `z1` or `z2` shows only from that depth, where there is room for it.
    """
    frame = shown.frame
    base = read_basemap(map_box(frame))
    sea = split_seaways(shown.lines, frame, base.relief)
    found = [*strands(sea.lines, frame), *sea.stubs]
    parts = [f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"]
    way: list[Strand] = []
    if shown.chosen is not None:
        bent = split_seaways(shown.chosen, frame, base.relief)
        way = [*strands(bent.lines, frame), *bent.stubs]
    pale = " pale" if way else ""
    parts.append(f'<g class="ways{pale}">{"".join(_ways(found, shown, links))}</g>')
    parts += _chosen(way)
    path = np.concatenate([s.samples() for s in (*found, *way)]) if found or way else np.empty((0, 2))
    boxes: list[Box] = []
    places = "".join(_places(shown, frame, path, links, boxes))
    parts.append(f'<g class="names">{"".join(_countries(frame, path, base.countries, boxes))}</g>')
    parts.append(f'<g class="places">{places}</g>')
    return "".join(parts)


def _ways(found: Sequence[Strand], shown: PageMap, links: Mapping[str, str]) -> Iterator[str]:
    """Strands of each corridor as one link; what is planned leads nowhere."""
    names = dict(shown.corridors.select("corridor_id", "name").iter_rows())
    for corridor in dict.fromkeys(strand.corridor_id for strand in found):
        own = [strand for strand in found if strand.corridor_id == corridor]
        halo = "".join(f'<path d="{points(s.x, s.y)}" class="halo"/>' for s in own)
        drawn = "".join(
            f'<path d="{points(s.x, s.y)}" class="strand {s.state}" stroke="{s.colour}"/>' for s in own
        )
        name = escape(clean(names.get(corridor, "planned"), 60))
        inside = f"<title>{name}</title>{halo}{drawn}"
        to = links.get(corridor)
        yield f'<a href="{escape(to)}" aria-label="{name}">{inside}</a>' if to else f"<g>{inside}</g>"


def _chosen(way: Sequence[Strand]) -> Iterator[str]:
    for kind in ("chosen-halo", "chosen-way"):
        for strand in way:
            yield f'<path d="{points(strand.x, strand.y)}" class="{kind} {strand.state}"/>'


def _places(
    shown: PageMap, frame: Frame, path: Floats, links: Mapping[str, str], boxes: list[Box]
) -> Iterator[str]:
    """Marks of the places in the window, each a link where it has a page, with its name from the depth that has room for it."""
    inside = []
    for row in shown.nodes.iter_rows(named=True):
        x, y = frame.point(row["lon"], row["lat"])
        if frame.holds(x, y, 3) and (int(row["rank"] or 3) <= 1 or is_beside(path, x, y)):
            inside.append((row, x, y))
    names = _named(inside, frame, path, shown.closed, boxes)
    for row, x, y in inside:
        name = clean(row["name"], 60)
        shut = name in shown.closed
        mark = _mark(str(row["kind"]), shut, int(row["rank"] or 3))
        label = names.get(row["node_id"], "")
        body = f'<g transform="translate({fmt(x)} {fmt(y)})"><g class="k"><title>{escape(name)}{", shut" if shut else ""}</title>{mark}{label}</g></g>'
        to = links.get(row["node_id"])
        yield f'<a href="{escape(to)}" aria-label="{escape(name)}">{body}</a>' if to else body


def _named(
    inside: Sequence[tuple[Mapping[str, object], float, float]],
    frame: Frame,
    path: Floats,
    closed: frozenset[str],
    boxes: list[Box],
) -> dict[str, str]:
    """Names of places as SVG at their marks, each at the least depth that has room for it."""
    found: dict[str, str] = {}
    for zoom in range(ZOOMS):
        factor = 2.0**zoom
        wishes, ids = [], {}
        for row, x, y in inside:
            wish = _wish(row, x * factor, y * factor, closed, zoom)
            if wish is not None:
                wishes.append(wish)
                ids[wish] = str(row["node_id"])
        marks = np.array([(w.x, w.y) for w in wishes] or np.empty((0, 2)))
        for one in place_labels(wishes, marks, path * factor, frame.width * factor, frame.height * factor):
            if ids[one.wish] not in found and not (one.leader and zoom == 0 and one.wish.rank > 1):
                found[ids[one.wish]] = _label(one, zoom)
                if zoom == 0:
                    boxes.append((one.x - 3, one.y - one.wish.size, one.x + one.width + 3, one.y + 5))
    return found


def _wish(row: Mapping[str, object], x: float, y: float, closed: frozenset[str], zoom: int) -> Wish | None:
    name, rank = clean(row["name"], 60), int(str(row["rank"] or 3))
    shut = name in closed
    if rank > zoom + 2 and not shut:
        return None
    first = rank == 1 and row["kind"] != "crossing"
    fill = text_colour(ALERT) if shut else INK
    return Wish(name, x, y, 12.5 if first else 11.0, 1 if shut else rank, bold=first, clear=7.0, fill=fill)


def _label(one: Placed, zoom: int) -> str:
    dx, dy = one.x - one.wish.x, one.y - one.wish.y
    text = escape(one.wish.text)
    weight = ' font-weight="600"' if one.wish.bold else ""
    kind = f' class="z{zoom}"' if zoom or one.wish.rank > 1 else ""
    head = f'<text x="{fmt(dx)}" y="{fmt(dy)}" font-size="{fmt(one.wish.size)}"{weight}'
    leader = ""
    if one.leader:
        end = dx if dx > 0 else dx + one.width
        leader = f'<line x1="0" y1="0" x2="{fmt(end)}" y2="{fmt(dy - one.wish.size * 0.3)}" stroke="#6d675c" stroke-width=".7"/>'
    return f'<g{kind}>{leader}{head} class="under-name" aria-hidden="true">{text}</text>{head} fill="{one.wish.fill}">{text}</text></g>'


def _mark(kind: str, shut: bool, rank: int) -> str:
    if shut:
        return (
            f'<circle r="6" fill="#ffffff" stroke="{ALERT}" stroke-width="1.5"/>'
            f'<path d="M-2.7-2.7L2.7 2.7M-2.7 2.7L2.7-2.7" stroke="{ALERT}" stroke-width="1.6"/>'
        )
    if rank > 2:
        return f'<circle r="2" fill="#ffffff" stroke="{INK}" stroke-width=".8"/>'
    if kind in ("port", "sea_port", "terminal"):
        return f'<rect x="-3.6" y="-3.6" width="7.2" height="7.2" fill="{INK}" stroke="#ffffff"/>'
    if kind == "crossing":
        return f'<path d="M0-4.8L4.6 3.4L-4.6 3.4Z" fill="{PAPER}" stroke="{INK}" stroke-width="1.2"/>'
    return f'<circle r="3.7" fill="{PAPER}" stroke="{INK}" stroke-width="1.5"/>'


def _countries(frame: Frame, path: Floats, countries: Sequence[Country], boxes: list[Box]) -> Iterator[str]:
    """Names of countries in wide capitals, the large ones first, where they meet neither names nor lines."""
    for country in sorted(countries, key=lambda one: -one.area):
        text = clean(country.name, 40).upper()
        half = text_width(text, 11.5) / 2 + len(text) * 1.2
        box = free_box(MOVES, *frame.point(*country.label), half, 12.0, frame, boxes, path)
        if box is not None:
            boxes.append(box)
            x, y = (box[0] + box[2]) / 2, box[3] - 4
            yield f'<g transform="translate({fmt(x)} {fmt(y)})"><text class="k country" text-anchor="middle">{escape(text)}</text></g>'
