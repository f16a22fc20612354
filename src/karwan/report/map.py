"""The map of the corridors: base map, corridor lines side by side, places, labels, legend."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl

from karwan.report.basemap import Basemap, Country, Relief, read_basemap
from karwan.report.fonts import text_width
from karwan.report.labels import Placed, Wish, place_labels
from karwan.report.palette import ALERT, INK, LAND, MUTED, PAPER, RULE, SEA, SEA_INK, safe_colour, text_colour
from karwan.report.projection import Floats, Frame, fit_frame, simplify
from karwan.report.relief import relief_image
from karwan.report.seaways import split_seaways
from karwan.report.strands import Strand, strands
from karwan.report.svg import Drawing, points
from karwan.report.text import clean
from karwan.report.wording import tell
from karwan.schema.modes import WATER_MODES

WIDTH, RATIO = 900.0, 1.28
PRINT_RATIO = 2.6
"""As wide as a page of the brief, as low as its first page leaves room for: letters of 11 units are 6 points there."""
Box = tuple[float, float, float, float]
_REACH, _WATER = 0.45, WATER_MODES
_BORDER = "#8d8270"
_DEGREE_KM = 111.0
_EDGE = 60.0  # land further outside the window is drawn flat


def draw_map(
    nodes: pl.DataFrame,
    lines: pl.DataFrame,
    corridors: pl.DataFrame,
    closed: frozenset[str],
    *,
    parties: tuple[str, str],
    title: str,
    description: str,
    ratio: float = RATIO,
) -> tuple[str, tuple[str, ...]] | None:
    """The map and the notes to print below it; None when there is no place to show.

    Parameters
    ----------
    nodes, lines, corridors
        Tables `map_nodes`, `map_lines` and `corridors` of the brief.
    closed
        Names of the places that are shut on the day.
    parties
        ISO alpha-3 codes of the two countries, tinted.
    ratio
        Width over height of the window.
    """
    known = nodes.filter(pl.col("lon").is_not_null() & pl.col("lat").is_not_null()) if nodes.height else nodes
    if known.is_empty():
        return None
    frame = map_frame(known, lines, parties, ratio)
    base = read_basemap(map_box(frame))
    drawing = Drawing("map", WIDTH, frame.height, title, description)
    drawing.defs.append(
        f'<clipPath id="map-w"><rect x="0" y="0" width="{WIDTH:.0f}" height="{frame.height:.1f}"/></clipPath>'
    )
    drawing.raw('<g clip-path="url(#map-w)">')
    draw_base(drawing, base, frame, parties)
    sea = split_seaways(lines, frame, base.relief)
    found = [*strands(sea.lines, frame), *sea.stubs]
    _draw_strands(drawing, found)
    names = {str(r["corridor_id"]): clean(r["name"], 40) for r in corridors.iter_rows(named=True)}
    _draw_places(drawing, known, found, frame, closed, base, names)
    drawing.raw("</g>")
    drawing.rect(0.5, 0.5, WIDTH - 1, frame.height - 1, "none", stroke=_BORDER)
    draw_scale(drawing, frame)
    drawing.height = _draw_legend(drawing, corridors, found, frame.height, bool(closed))
    return drawing.render(), (*_notes(base, frame), *_line_notes(lines))


def _line_notes(lines: pl.DataFrame) -> tuple[str, ...]:
    """Where the lines of ways come from, if the case has a table of them."""
    follows = lines.height and bool(lines["state"].is_in(["lane", "straight"]).any())
    return (tell("brief_map.lines"),) if follows else ()


def map_frame(
    nodes: pl.DataFrame, lines: pl.DataFrame, parties: tuple[str, str], ratio: float = RATIO
) -> Frame:
    """Window of the map; `nodes` have coordinates."""
    return fit_frame(*_extent(nodes, lines, parties), WIDTH, ratio)


def map_box(frame: Frame) -> Box:
    """West, south, east, north of the base map of a window, degrees."""
    west, south, east, north = frame.box()
    return west - 1, south - 1, east + 1, north + 1


def _extent(nodes: pl.DataFrame, lines: pl.DataFrame, parties: tuple[str, str]) -> tuple[Floats, Floats]:
    """Places that set the window: the first places of the two countries, and land lines not far beyond.

    Ways by sea may lead half round the world; the window cuts them off.
    """
    first = nodes.filter(pl.col("rank") == 1)
    first = first if first.height else nodes
    core = first.filter(pl.col("country").is_in(list(parties)))
    core = core if core.height else first
    lon, lat = (core[c].to_numpy().astype(np.float64) for c in ("lon", "lat"))
    reach = _REACH * max(float(np.ptp(lon)), float(np.ptp(lat)), 4.0)
    low, high = (lon.min() - reach, lat.min() - reach), (lon.max() + reach, lat.max() + reach)
    points = [np.column_stack([lon, lat])]
    for row in lines.iter_rows(named=True):
        if row["corridor_id"] and row["mode"] not in _WATER and row["lons"] is not None:
            found = np.column_stack([np.array(row[c], dtype=np.float64) for c in ("lons", "lats")])
            points.append(found[((found >= low) & (found <= high)).all(axis=1)])
    every = np.concatenate(points)
    return every[:, 0], every[:, 1]


def _notes(base: Basemap, frame: Frame) -> tuple[str, ...]:
    if not base.countries:
        return (tell("brief_map.no_countries"),)
    notes = list(base.credit)
    if base.relief is None:
        notes.append(tell("brief_map.no_relief"))
    names = [line.name for line in base.disputed if is_visible(line.coordinates, frame)]
    if names:
        notes.append(tell("brief_map.disputed", names="; ".join(dict.fromkeys(names))))
    notes.append(tell("brief_map.no_position"))
    return tuple(notes)


def is_visible(coordinates: Floats, frame: Frame) -> bool:
    """Whether a point of the line lies inside the window."""
    x, y = frame.place(coordinates[:, 0], coordinates[:, 1])
    return bool(((x > 0) & (x < frame.width) & (y > 0) & (y < frame.height)).any())


def _graticule(drawing: Drawing, frame: Frame) -> None:
    west, south, east, north = frame.box()
    step = 10 if east - west > 25 else 5
    for value in range(int(west // step) * step, int(east) + step + 1, step):
        lat = np.linspace(max(south, -85), min(north, 85), 40)
        drawing.path(points(*frame.place(np.full(40, float(value)), lat)), stroke="#b9cbd2", line=0.6)
    for value in range(int(south // step) * step, int(north) + step + 1, step):
        lon = np.linspace(west, east, 60)
        drawing.path(points(*frame.place(lon, np.full(60, float(value)))), stroke="#b9cbd2", line=0.6)


def _line_path(frame: Frame, coordinates: Floats, tolerance: float) -> str:
    x, y = frame.place(coordinates[:, 0], coordinates[:, 1])
    if x.max() < 0 or x.min() > frame.width or y.max() < 0 or y.min() > frame.height:
        return ""
    kept = simplify(x, y, tolerance)
    return points(x[kept], y[kept])


def _lines_path(frame: Frame, lines: Sequence[Floats], tolerance: float) -> str:
    return "".join(_line_path(frame, line, tolerance) for line in lines)


def _country_path(frame: Frame, country: Country, box: tuple[float, float, float, float]) -> str:
    parts = []
    for ring in country.rings:
        lon, lat = np.clip(ring[:, 0], box[0], box[2]), np.clip(ring[:, 1], box[1], box[3])
        x, y = frame.place(lon, lat)
        x, y = np.clip(x, -_EDGE, frame.width + _EDGE), np.clip(y, -_EDGE, frame.height + _EDGE)
        if np.ptp(x) * np.ptp(y) < 2.0:
            continue
        kept = simplify(x, y, 0.5)
        if len(kept) > 3:
            parts.append(points(x[kept[:-1]], y[kept[:-1]]) + "Z")
    return "".join(parts)


def draw_base(drawing: Drawing, base: Basemap, frame: Frame, parties: tuple[str, str]) -> None:
    """Water, land with relief, the other countries lighter, rivers, coasts and borders."""
    drawing.rect(0, 0, frame.width, frame.height, SEA if base.countries else "#eef2f2")
    _graticule(drawing, frame)
    west, south, east, north = frame.box()
    box = (west - 4, south - 4, east + 4, north + 4)
    paths = {country.code: _country_path(frame, country, box) for country in base.countries}
    _draw_land(drawing, "".join(paths.values()), base.relief, frame)
    for code, path in paths.items():
        if code not in parties:
            drawing.path(path, fill="#ffffff", opacity=0.42)
    drawing.path(_lines_path(frame, base.rivers, 0.7), stroke="#8fb3c4", line=0.6, opacity=0.8)
    coasts, borders, disputed = (
        [line.coordinates for line in lines] for lines in (base.coasts, base.borders, base.disputed)
    )
    drawing.path(_lines_path(frame, coasts, 0.35), stroke="#7fa0ad", line=0.7)
    drawing.path(_lines_path(frame, borders, 0.35), stroke=_BORDER, line=0.8)
    drawing.path(_lines_path(frame, disputed, 0.6), stroke=_BORDER, line=0.9, dash="3 2.6")


def _draw_land(drawing: Drawing, land: str, relief: Relief | None, frame: Frame) -> None:
    drawing.path(land, fill=LAND, stroke=LAND, line=0.8)
    if relief is not None:
        drawing.defs.append(f'<clipPath id="map-l"><path d="{land}"/></clipPath>')
        drawing.raw(
            f'<image x="0" y="0" width="{frame.width:.0f}" height="{frame.height:.1f}" '
            f'preserveAspectRatio="none" '
            f'clip-path="url(#map-l)" href="{relief_image(relief, frame)}"/>'
        )


@cache
def sea_names() -> tuple[dict[str, Any], ...]:
    """Names of seas with the place and the size of their labels."""
    text = files("karwan.report").joinpath("assets/seas.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def draw_sea_names(drawing: Drawing, frame: Frame, boxes: list[Box]) -> None:
    """Names of seas where they meet nothing in `boxes`, which grows by them."""
    west, south, east, north = frame.box()
    for sea in sea_names():
        lon, lat = float(sea["lon"]), float(sea["lat"])
        if not (west < lon < east and south < lat < north):
            continue
        x, y = frame.point(lon, lat)
        name, size = str(sea["name"]), 10.0 + 1.5 * int(sea["size"])
        half = text_width(name, size) / 2 + 4
        box = free_box(
            ((0, 0), (0, 22), (0, -22), (0, 44), (-30, 12), (30, 12)), x, y, half, size, frame, boxes
        )
        if box is not None:
            boxes.append(box)
            middle, base = (box[0] + box[2]) / 2, box[3] - 4
            drawing.text(
                middle,
                base,
                name,
                size=size,
                anchor="middle",
                fill=SEA_INK,
                italic=True,
                halo=SEA,
                spacing=0.4,
            )


def free_box(
    offsets: Sequence[tuple[float, float]],
    x: float,
    y: float,
    half: float,
    size: float,
    frame: Frame,
    boxes: list[Box],
    path: Floats | None = None,
) -> Box | None:
    """First box of a centred text, moved by one of `offsets`, that meets neither edge, boxes nor lines."""
    for dx, dy in offsets:
        box = (x + dx - half, y + dy - size, x + dx + half, y + dy + 4)
        if _inside(box, frame) and not any(_meet(box, b) for b in boxes) and not _crossed(box, path):
            return box
    return None


def _inside(box: Box, frame: Frame) -> bool:
    left, top, right, bottom = box
    return left >= 6 and right <= frame.width - 6 and top >= 6 and bottom <= frame.height - 6


def _meet(box: Box, other: Box) -> bool:
    return box[0] < other[2] and box[2] > other[0] and box[1] < other[3] and box[3] > other[1]


def _crossed(box: Box, path: Floats | None) -> bool:
    """Whether a point of the lines lies in the box or just above or below it."""
    if path is None or not len(path):
        return False
    left, top, right, bottom = box
    x, y = path.T
    return bool(((x > left) & (x < right) & (y > top - 2) & (y < bottom + 2)).any())


_DASH = {"open": "", "straight": "2.6 2.2", "closed": "7 4", "planned": "0.1 5.5", "stub": "4 3"}


def _draw_strands(drawing: Drawing, found: list[Strand]) -> None:
    for strand in found:
        drawing.path(points(strand.x, strand.y), stroke="#ffffff", line=strand.width + 2.2, opacity=0.7)
    for strand in found:
        dash = _DASH.get(strand.state, "")
        drawing.path(points(strand.x, strand.y), stroke=strand.colour, line=strand.width, dash=dash)


@dataclass(frozen=True)
class _Place:
    """A place in the window, in picture units."""

    name: str
    kind: str
    rank: int
    shut: bool
    x: float
    y: float

    @property
    def plain(self) -> bool:
        """Whether it is a small dot without a name."""
        return self.rank > 2 and not self.shut

    def wish(self) -> Wish:
        """Its label; one of first rank is bold, unless it is a crossing."""
        first = self.rank == 1 and self.kind != "crossing"
        rank = 1 if self.shut else self.rank
        return Wish(self.name, self.x, self.y, 12.5 if first else 11.0, rank, bold=first, clear=7.0)


def _draw_places(
    drawing: Drawing,
    nodes: pl.DataFrame,
    found: list[Strand],
    frame: Frame,
    closed: frozenset[str],
    base: Basemap,
    names: dict[str, str],
) -> None:
    """Signs of the places in the order of the table, then every label for which there is room."""
    path = np.concatenate([s.samples() for s in found]) if found else np.empty((0, 2))
    places = _places(nodes, frame, closed, path)
    for place in places:
        if place.plain:
            drawing.circle(place.x, place.y, 1.7, "#ffffff", stroke=INK, line=0.7)
        else:
            _mark(drawing, place.x, place.y, place.kind, place.shut)
    signs = [place for place in places if not place.plain]
    marks = np.array([*((place.x, place.y) for place in signs), *_scale_points(frame)])
    wishes = [place.wish() for place in signs] + _exits(found, frame, names) + _stub_names(found, names)
    placed = place_labels(wishes, marks, path, frame.width, frame.height)
    draw_names(drawing, base, frame, placed, path)
    for label in placed:
        draw_label(drawing, label, label.wish.text in closed)


def _scale_points(frame: Frame) -> list[tuple[float, float]]:
    """Points of the scale bar, which no label may cover."""
    xs, ys = np.arange(6.0, 0.16 * frame.width + 80, 10.0), np.arange(frame.height - 34, frame.height, 8.0)
    return [(float(x), float(y)) for x in xs for y in ys]


def _places(nodes: pl.DataFrame, frame: Frame, closed: frozenset[str], path: Floats) -> list[_Place]:
    """Places inside the window: the first ones, and those on a drawn line."""
    places = []
    for row in nodes.iter_rows(named=True):
        x, y = frame.point(row["lon"], row["lat"])
        rank = int(row["rank"] or 3)
        if frame.holds(x, y, 4) and (rank <= 1 or is_beside(path, x, y)):
            name = clean(row["name"], 60)
            places.append(_Place(name, clean(row["kind"]), rank, name in closed, x, y))
    return places


def is_beside(path: Floats, x: float, y: float) -> bool:
    """Whether a drawn line passes; every place counts where none is drawn."""
    return not len(path) or float(np.min(np.hypot(path[:, 0] - x, path[:, 1] - y))) < 9


def draw_names(drawing: Drawing, base: Basemap, frame: Frame, placed: Sequence[Placed], path: Floats) -> None:
    """Names of seas and countries where labels, lines and the scale bar leave room."""
    boxes: list[Box] = [(p.x - 2, p.y - p.wish.size, p.x + p.width + 2, p.y + 4) for p in placed]
    boxes.append((0.0, frame.height - 40, 0.16 * frame.width + 90, frame.height))
    if base.countries:
        draw_sea_names(drawing, frame, boxes)
    draw_country_names(drawing, base, frame, boxes, path)


def _mark(drawing: Drawing, x: float, y: float, kind: str, shut: bool) -> None:
    if shut:
        drawing.circle(x, y, 5.2, "#ffffff", stroke=ALERT, line=1.4)
        drawing.path(
            (
                f"M{x - 2.4:.1f} {y - 2.4:.1f}L{x + 2.4:.1f} "
                f"{y + 2.4:.1f}M{x - 2.4:.1f} {y + 2.4:.1f}L{x + 2.4:.1f} {y - 2.4:.1f}"
            ),
            stroke=ALERT,
            line=1.5,
        )
    elif kind in ("port", "sea_port", "terminal"):
        drawing.rect(x - 3.4, y - 3.4, 6.8, 6.8, INK, stroke="#ffffff", line=1)
    elif kind == "crossing":
        drawing.path(
            f"M{x:.1f} {y - 4.4:.1f}L{x + 4.2:.1f} {y + 3.2:.1f}L{x - 4.2:.1f} {y + 3.2:.1f}Z",
            fill=PAPER,
            stroke=INK,
            line=1.1,
        )
    else:
        drawing.circle(x, y, 3.5, PAPER, stroke=INK, line=1.4)


def _exits(found: list[Strand], frame: Frame, names: dict[str, str]) -> list[Wish]:
    """Labels where a corridor leaves the window for the first time: its name, at the edge."""
    result: dict[str, Wish] = {}
    for strand in found:
        name = names.get(strand.corridor_id)
        if name is None or strand.state == "stub" or strand.corridor_id in result:
            continue
        place = _leaves(strand, frame)
        if place:
            text = f"← {name}" if place[0] < frame.width / 2 else f"{name} →"
            fill = text_colour(strand.colour)
            result[strand.corridor_id] = Wish(text, *place, 11.0, 1, bold=True, clear=6.0, fill=fill)
    return list(result.values())


def _leaves(strand: Strand, frame: Frame) -> tuple[float, float] | None:
    """Where a strand first meets the window's edge; None when it does not."""
    inside = (strand.x > 0) & (strand.x < frame.width) & (strand.y > 0) & (strand.y < frame.height)
    crossings = np.flatnonzero(inside[:-1] != inside[1:])
    if not len(crossings):
        return None
    first = int(crossings[0])
    near, far = (first, first + 1) if inside[first] else (first + 1, first)
    share = _exit_share(strand, frame, near, far)
    x = float(strand.x[near] + share * (strand.x[far] - strand.x[near]))
    return x, float(strand.y[near] + share * (strand.y[far] - strand.y[near]))


def _stub_names(found: list[Strand], names: dict[str, str]) -> list[Wish]:
    """Labels at the stubs of ways by sea: which corridor goes on there."""
    return [
        Wish(
            names.get(s.corridor_id, "").removesuffix(" sea") + " by sea",
            float(s.x[-1]),
            float(s.y[-1]),
            10.0,
            1,
            clear=4.0,
            fill=text_colour(s.colour),
        )
        for s in found
        if s.state == "stub"
    ]


def _exit_share(strand: Strand, frame: Frame, near: int, far: int) -> float:
    """Share of the way from an inner to an outer point at which the window's edge is met."""
    shares = [1.0]
    for start, end, size in (
        (strand.x[near], strand.x[far], frame.width),
        (strand.y[near], strand.y[far], frame.height),
    ):
        for edge in (0.0, size):
            if (start - edge) * (end - edge) < 0:
                shares.append(float((edge - start) / (end - start)))
    return min(shares)


def draw_label(drawing: Drawing, label: Placed, shut: bool) -> None:
    """A placed label with its leader; that of a shut place in red."""
    wish = label.wish
    if label.leader:
        end = label.x if label.x > wish.x else label.x + label.width
        drawing.line(wish.x, wish.y, end, label.y - wish.size * 0.3, "#6d675c", line=0.7)
    drawing.text(
        label.x,
        label.y,
        wish.text,
        size=wish.size,
        weight=600 if wish.bold else 400,
        stretch="semi-condensed",
        fill=text_colour(ALERT) if shut else wish.fill or INK,
        halo="#fdfcf8",
    )


MOVES = ((0, 0), (0, 26), (0, -26), (45, 0), (-45, 0), (40, 30), (-40, -30), (0, 50), (0, -50), (80, 10))


def draw_country_names(drawing: Drawing, base: Basemap, frame: Frame, boxes: list[Box], path: Floats) -> None:
    """Names of countries in wide capitals, large ones first, where they meet nothing and not far outside."""
    for country in sorted(base.countries, key=lambda c: -c.area):
        text = clean(country.name, 40).upper()
        size = 12.5 if country.area > 120 else 10.5
        half = text_width(text, size) / 2 + len(text) * 1.1
        x, y = frame.point(*country.label)
        reach = max(10.0, 0.5 * float(np.sqrt(country.area)) * _DEGREE_KM / frame.km())
        moves = [move for move in MOVES if np.hypot(*move) <= reach]
        box = free_box(moves, x, y, half, size, frame, boxes, path)
        if box is not None:
            boxes.append(box)
            middle = (box[0] + box[2]) / 2
            drawing.text(
                middle,
                box[3] - 4,
                text,
                size=size,
                anchor="middle",
                fill="#5f5747",
                spacing=2.2,
                halo="#f6f2e6",
            )


def draw_scale(drawing: Drawing, frame: Frame) -> None:
    """Scale bar in the lower left corner."""
    target = frame.width * 0.16 * frame.km()
    power = 10 ** int(np.floor(np.log10(target)))
    length = max(f * power for f in (1, 2, 5) if f * power <= target)
    width, y = length / frame.km(), frame.height - 16
    x = 18.0
    drawing.rect(x - 8, y - 18, width + 58, 27, "#fdfcf8", opacity=0.82, rx=2)
    drawing.path(f"M{x:.1f} {y - 4:.1f}V{y:.1f}H{x + width:.1f}V{y - 4:.1f}", stroke=INK, line=1.1)
    drawing.text(x + width + 6, y + 1, f"{length:,.0f} km", size=10.5, fill=INK)


def _draw_legend(
    drawing: Drawing, corridors: pl.DataFrame, found: list[Strand], top: float, any_closed: bool
) -> float:
    """Corridors with their colours, then the kinds of lines and places; the bottom of it all is returned."""
    y = _draw_corridor_keys(drawing, corridors, {strand.corridor_id for strand in found}, top + 19)
    drawing.line(0, y + 8, WIDTH, y + 8, RULE, line=0.6)
    x, y = 0.0, y + 21
    drawn = {strand.state for strand in found}
    for state, text in (one for one in _STATES if one[0] != "straight" or "straight" in drawn):
        drawing.path(f"M{x:.1f} {y - 4:.1f}H{x + 28:.1f}", stroke=MUTED, line=3, dash=_DASH[state])
        drawing.narrow(x + 34, y, text, fill=MUTED)
        x += 34 + text_width(text, 11, stretch="semi-condensed") + 18
    for kind, shut, text in _KINDS if any_closed else _KINDS[:-1]:
        _mark(drawing, x + 6, y - 4, kind, shut)
        drawing.narrow(x + 16, y, text, fill=MUTED)
        x += 16 + text_width(text, 11, stretch="semi-condensed") + 18
    return y + 6


def _draw_corridor_keys(drawing: Drawing, corridors: pl.DataFrame, drawn: set[str], y: float) -> float:
    """Names of the corridors in their colours, on one line or on lines of as many each; the last baseline is returned."""
    x = 0.0
    keys = []
    for k, row in enumerate(corridors.iter_rows(named=True)):
        name = clean(row["name"], 40)
        text = name if row["corridor_id"] in drawn else f"{name} (not drawn)"
        width = 22 + text_width(text, 12, stretch="semi-condensed", bold=True)
        keys.append((text, safe_colour(row["colour"], k), width))
    gap = 12.0
    lines = max(1, int(np.ceil(sum(width + gap for _, _, width in keys) / (WIDTH + gap))))
    in_line = max(1, -(-len(keys) // lines))
    for number, (text, colour, width) in enumerate(keys):
        x, y = (0.0, y + 18 * bool(number)) if number % in_line == 0 else (x, y)
        drawing.line(x, y - 4, x + 17, y - 4, colour, line=4)
        drawing.narrow(x + 22, y, text, size=12, weight=600, fill=text_colour(colour))
        x += width + gap
    return y


_STATES = (
    ("open", "in use"),
    ("straight", "line not known"),
    ("closed", "closed on the day"),
    ("planned", "planned, not built"),
)
_KINDS = (
    ("city", False, "city"),
    ("port", False, "port or terminal"),
    ("crossing", False, "border crossing"),
    ("crossing", True, "closed"),
)
