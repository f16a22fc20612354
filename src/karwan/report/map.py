"""The map of the corridors: base map, corridor lines side by side, places, labels, legend."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl

from karwan.report.basemap import Basemap, Country, read_basemap
from karwan.report.fonts import text_width
from karwan.report.labels import Placed, Wish, place_labels
from karwan.report.palette import ALERT, INK, LAND, MUTED, PAPER, RULE, SEA, SEA_INK, safe_colour, text_colour
from karwan.report.projection import Floats, Frame, fit_frame, simplify
from karwan.report.relief import relief_image
from karwan.report.seaways import split_seaways
from karwan.report.strands import Strand, strands
from karwan.report.svg import Drawing, points
from karwan.report.text import clean

WIDTH, RATIO = 900.0, 1.28
Box = tuple[float, float, float, float]
_REACH, _WATER = 0.45, ("sea", "ferry")
_BORDER = "#8d8270"
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
    """
    known = nodes.filter(pl.col("lon").is_not_null() & pl.col("lat").is_not_null()) if nodes.height else nodes
    if known.is_empty():
        return None
    frame = map_frame(known, lines, parties)
    base = read_basemap(map_box(frame))
    drawing = Drawing("map", WIDTH, frame.height, title, description)
    drawing.defs.append(
        f'<clipPath id="map-w"><rect x="0" y="0" width="{WIDTH:.0f}" height="{frame.height:.1f}"/></clipPath>'
    )
    drawing.raw('<g clip-path="url(#map-w)">')
    _draw_base(drawing, base, frame, parties)
    sea = split_seaways(lines, frame, base.relief)
    found = [*strands(sea.lines, frame), *sea.stubs]
    _draw_strands(drawing, found)
    names = {str(r["corridor_id"]): clean(r["name"], 40) for r in corridors.iter_rows(named=True)}
    _draw_places(drawing, known, found, frame, closed, base, names)
    drawing.raw("</g>")
    drawing.rect(0.5, 0.5, WIDTH - 1, frame.height - 1, "none", stroke=_BORDER)
    draw_scale(drawing, frame)
    drawing.height = _draw_legend(drawing, corridors, found, frame.height, bool(closed))
    return drawing.render(), _notes(base, frame)


def map_frame(nodes: pl.DataFrame, lines: pl.DataFrame, parties: tuple[str, str]) -> Frame:
    """Window of the map; `nodes` have coordinates."""
    return fit_frame(*_extent(nodes, lines, parties), WIDTH, RATIO)


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
        return ("Coasts and borders are not drawn: the file of countries is not installed.",)
    notes = list(base.credit)
    if base.relief is None:
        notes.append("Relief is not drawn: its file holds no land here, or is not installed.")
    names = [line.name for line in base.disputed if is_visible(line.coordinates, frame)]
    if names:
        notes.append("Dashed borders are disputed: " + "; ".join(dict.fromkeys(names)) + ".")
    notes.append("Borders are drawn for orientation and imply no position on the status of any territory.")
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


def _draw_base(drawing: Drawing, base: Basemap, frame: Frame, parties: tuple[str, str]) -> None:
    drawing.rect(0, 0, frame.width, frame.height, SEA if base.countries else "#eef2f2")
    _graticule(drawing, frame)
    west, south, east, north = frame.box()
    box = (west - 4, south - 4, east + 4, north + 4)
    paths = {country.code: _country_path(frame, country, box) for country in base.countries}
    land = "".join(paths.values())
    drawing.path(land, fill=LAND, stroke=LAND, line=0.8)
    if base.relief is not None:
        drawing.defs.append(f'<clipPath id="map-l"><path d="{land}"/></clipPath>')
        drawing.raw(
            f'<image x="0" y="0" width="{frame.width:.0f}" height="{frame.height:.1f}" '
            f'preserveAspectRatio="none" '
            f'clip-path="url(#map-l)" href="{relief_image(base.relief, frame)}"/>'
        )
    for code, path in paths.items():
        if code not in parties:
            drawing.path(path, fill="#ffffff", opacity=0.42)
    rivers = "".join(_line_path(frame, river, 0.7) for river in base.rivers)
    drawing.path(rivers, stroke="#8fb3c4", line=0.6, opacity=0.8)
    drawing.path(
        "".join(_line_path(frame, line.coordinates, 0.35) for line in base.coasts), stroke="#7fa0ad", line=0.7
    )
    drawing.path(
        "".join(_line_path(frame, line.coordinates, 0.35) for line in base.borders), stroke=_BORDER, line=0.8
    )
    dashed = "".join(_line_path(frame, line.coordinates, 0.6) for line in base.disputed)
    drawing.path(dashed, stroke=_BORDER, line=0.9, dash="3 2.6")


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
        x, y = (float(v[0]) for v in frame.place(np.array([lon]), np.array([lat])))
        name, size = str(sea["name"]), 10.0 + 1.5 * int(sea["size"])
        half = text_width(name, size) / 2 + 4
        box = _free(((0, 0), (0, 22), (0, -22), (0, 44), (-30, 12), (30, 12)), x, y, half, size, frame, boxes)
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


def _free(
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
        left, top, right, bottom = x + dx - half, y + dy - size, x + dx + half, y + dy + 4
        if left < 6 or right > frame.width - 6 or top < 6 or bottom > frame.height - 6:
            continue
        if any(left < b[2] and right > b[0] and top < b[3] and bottom > b[1] for b in boxes):
            continue
        if path is not None and len(path):
            across = (path[:, 0] > left) & (path[:, 0] < right)
            if (across & (path[:, 1] > top - 2) & (path[:, 1] < bottom + 2)).any():
                continue
        return left, top, right, bottom
    return None


_DASH = {"open": "", "closed": "7 4", "planned": "0.1 5.5", "stub": "4 3"}


def _draw_strands(drawing: Drawing, found: list[Strand]) -> None:
    for strand in found:
        drawing.path(points(strand.x, strand.y), stroke="#ffffff", line=strand.width + 2.2, opacity=0.7)
    for strand in found:
        dash = _DASH.get(strand.state, "")
        drawing.path(points(strand.x, strand.y), stroke=strand.colour, line=strand.width, dash=dash)


def _draw_places(
    drawing: Drawing,
    nodes: pl.DataFrame,
    found: list[Strand],
    frame: Frame,
    closed: frozenset[str],
    base: Basemap,
    names: dict[str, str],
) -> None:
    x, y = frame.place(nodes["lon"].to_numpy().astype(np.float64), nodes["lat"].to_numpy().astype(np.float64))
    path = np.concatenate([s.samples() for s in found]) if found else np.empty((0, 2))
    wishes, marks = [], []
    for k, row in enumerate(nodes.iter_rows(named=True)):
        px, py = float(x[k]), float(y[k])
        if not (4 < px < frame.width - 4 and 4 < py < frame.height - 4):
            continue
        near = len(path) == 0 or float(np.min(np.hypot(path[:, 0] - px, path[:, 1] - py))) < 9
        name, rank = clean(row["name"], 60), int(row["rank"] or 3)
        if not near and rank > 1:
            continue
        shut = name in closed
        kind = clean(row["kind"])
        if rank > 2 and not shut:
            drawing.circle(px, py, 1.7, "#ffffff", stroke=INK, line=0.7)
            continue
        marks.append((px, py))
        _mark(drawing, px, py, kind, shut)
        if rank <= 2 or shut:
            size = 12.5 if rank == 1 and kind != "crossing" else 11.0
            wishes.append(
                Wish(
                    name, px, py, size, 1 if shut else rank, bold=rank == 1 and kind != "crossing", clear=7.0
                )
            )
    points_array = np.array(marks) if marks else np.empty((0, 2))
    wishes += _exits(found, frame, names)
    wishes += _stub_names(found, names)
    placed = place_labels(wishes, points_array, path, frame.width, frame.height)
    boxes = [(p.x - 2, p.y - p.wish.size, p.x + p.width + 2, p.y + 4) for p in placed]
    boxes.append((0.0, frame.height - 40, 0.16 * frame.width + 90, frame.height))
    if base.countries:
        draw_sea_names(drawing, frame, boxes)
    draw_country_names(drawing, base, frame, boxes, path)
    for label in placed:
        draw_label(drawing, label, label.wish.text in closed)


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
    """Labels where a corridor leaves the window: its name, at the edge."""
    result, used = [], set()
    for strand in found:
        if strand.state == "stub" or strand.corridor_id in used or strand.corridor_id not in names:
            continue
        inside = (strand.x > 0) & (strand.x < frame.width) & (strand.y > 0) & (strand.y < frame.height)
        for k in np.flatnonzero(inside[:-1] != inside[1:]):
            near, far = (k, k + 1) if inside[k] else (k + 1, k)
            share = _exit_share(strand, frame, int(near), int(far))
            x = float(strand.x[near] + share * (strand.x[far] - strand.x[near]))
            y = float(strand.y[near] + share * (strand.y[far] - strand.y[near]))
            fill = text_colour(strand.colour)
            result.append(
                Wish(
                    f"← {names[strand.corridor_id]}"
                    if x < frame.width / 2
                    else f"{names[strand.corridor_id]} →",
                    x,
                    y,
                    11.0,
                    1,
                    bold=True,
                    clear=6.0,
                    fill=fill,
                )
            )
            used.add(strand.corridor_id)
            break
    return result


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


_MOVES = ((0, 0), (0, 26), (0, -26), (45, 0), (-45, 0), (40, 30), (-40, -30), (0, 50), (0, -50), (80, 10))


def draw_country_names(drawing: Drawing, base: Basemap, frame: Frame, boxes: list[Box], path: Floats) -> None:
    """Names of countries in wide capitals, large ones first, where they meet nothing."""
    for country in sorted(base.countries, key=lambda c: -c.area):
        text = clean(country.name, 40).upper()
        size = 12.5 if country.area > 120 else 10.5
        half = text_width(text, size) / 2 + len(text) * 1.1
        x, y = (float(v[0]) for v in frame.place(np.array([country.label[0]]), np.array([country.label[1]])))
        box = _free(_MOVES, x, y, half, size, frame, boxes, path)
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
    x, y = 0.0, top + 19
    drawn = {strand.corridor_id for strand in found}
    for k, row in enumerate(corridors.iter_rows(named=True)):
        name, colour = clean(row["name"], 40), safe_colour(row["colour"], k)
        text = name if row["corridor_id"] in drawn else f"{name} (not drawn)"
        width = 28 + text_width(text, 12, stretch="semi-condensed", bold=True) + 20
        if x and x + width - 20 > WIDTH:
            x, y = 0.0, y + 18
        drawing.line(x, y - 4, x + 22, y - 4, colour, line=4)
        drawing.text(x + 28, y, text, size=12, weight=600, stretch="semi-condensed", fill=text_colour(colour))
        x += width
    drawing.line(0, y + 8, WIDTH, y + 8, RULE, line=0.6)
    x, y = 0.0, y + 21
    for state, text in (
        ("open", "in use"),
        ("closed", "closed on the day"),
        ("planned", "planned, not built"),
    ):
        drawing.path(f"M{x:.1f} {y - 4:.1f}H{x + 28:.1f}", stroke=MUTED, line=3, dash=_DASH[state])
        drawing.text(x + 34, y, text, size=11, fill=MUTED, stretch="semi-condensed")
        x += 34 + text_width(text, 11, stretch="semi-condensed") + 18
    marks = (
        ("city", False, "city"),
        ("port", False, "port or terminal"),
        ("crossing", False, "border crossing"),
        ("crossing", True, "closed"),
    )
    for kind, shut, text in marks:
        if shut and not any_closed:
            continue
        _mark(drawing, x + 6, y - 4, kind, shut)
        drawing.text(x + 16, y, text, size=11, fill=MUTED, stretch="semi-condensed")
        x += 16 + text_width(text, 11, stretch="semi-condensed") + 18
    return y + 6
