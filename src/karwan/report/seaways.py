"""Ways by sea on the map: straight where the line stays at sea, else a short stub at each end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from karwan.report.basemap import Relief
from karwan.report.palette import safe_colour
from karwan.report.projection import Floats, Frame
from karwan.report.strands import Strand
from karwan.schema.modes import SEA, WATER_MODES

_MODES = WATER_MODES
_STUB, _SHARE, _NEAR_DEGREES = 34.0, 0.25, 18.0


@dataclass(frozen=True)
class Seaways:
    """Lines left to draw as they are, and stubs of those that would cross land."""

    lines: pl.DataFrame
    stubs: tuple[Strand, ...]


def split_seaways(lines: pl.DataFrame, frame: Frame, relief: Relief | None) -> Seaways:
    """Take long ways by sea that would be drawn over land out of `lines`, and give each of their ends a stub.

    Parameters
    ----------
    lines
        Table `map_lines`.
    relief
        Elevation of the land, NaN at sea; without it a way by sea is kept as it is.
    """
    if relief is None or lines.is_empty():
        return Seaways(lines, ())
    rows: list[dict[str, object]] = []
    stubs: list[Strand] = []
    taken: dict[tuple[float, float], list[float]] = {}
    for row in lines.iter_rows(named=True):
        kept = _at_sea(row, relief)
        if kept is None:
            stubs += _stubs(row, taken, frame, relief)
        else:
            rows.append(kept)
    return Seaways(pl.DataFrame(rows, schema=lines.schema), tuple(stubs))


def _at_sea(row: dict[str, Any], relief: Relief) -> dict[str, Any] | None:
    """The line as it is, bent off the land where it is a way by sea, or None when no bend keeps it at sea."""
    lons, lats = list(row["lons"] or []), list(row["lats"] or [])
    if (
        row["mode"] not in _MODES
        or row.get("state") == "lane"
        or len(lons) < 2
        or not _overland(lons, lats, relief)
    ):
        return row
    bent = _bend(lons, lats, relief)
    return bent and {**row, "lons": bent[0].tolist(), "lats": bent[1].tolist()}


def _stubs(
    row: dict[str, Any], taken: dict[tuple[float, float], list[float]], frame: Frame, relief: Relief
) -> Iterator[Strand]:
    """Stubs at both ends; `taken` holds the headings already used at a port."""
    ends = [(row["lons"][k], row["lats"][k]) for k in (0, -1)]
    for end, other in zip(ends, ends[::-1], strict=True):
        headings = taken.setdefault((round(end[0], 2), round(end[1], 2)), [])
        stub = _stub(row, end, other, headings, frame, relief)
        if stub is not None:
            yield stub


def _bend(lons: list[float], lats: list[float], relief: Relief) -> tuple[Floats, Floats] | None:
    """Flattest arc between two ports of one sea that stays off the land; None when none is found."""
    dx, dy = lons[-1] - lons[0], lats[-1] - lats[0]
    if len(lons) != 2 or math.hypot(dx * math.cos(math.radians(lats[0])), dy) > _NEAR_DEGREES:
        return None
    share = np.linspace(0, 1, 25)
    for size in (0.08, 0.14, 0.2, 0.28, 0.36, 0.45):
        for side in (size, -size):
            swell = 4 * share * (1 - share) * side
            arc_lon, arc_lat = lons[0] + share * dx - swell * dy, lats[0] + share * dy + swell * dx
            if on_land(arc_lon[2:-2], arc_lat[2:-2], relief).mean() < 0.06:
                return arc_lon, arc_lat
    return None


def on_land(lon: Floats, lat: Floats, relief: Relief) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether each place is on known land; places outside the grid count as sea."""
    column = np.floor((lon - relief.west) / relief.step).astype(int)
    row = np.floor((lat - relief.south) / relief.step).astype(int)
    rows, columns = relief.elevation.shape
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    land = np.zeros(len(lon), dtype=bool)
    land[inside] = ~np.isnan(relief.elevation[row[inside], column[inside]])
    return land


def _overland(lons: list[float], lats: list[float], relief: Relief) -> bool:
    """Whether more than a quarter of the line lies on land."""
    share = np.linspace(0.02, 0.98, 60)
    hits = [
        on_land(a + share * (b - a), c + share * (d - c), relief).mean()
        for a, b, c, d in zip(lons, lons[1:], lats, lats[1:], strict=False)
    ]
    return bool(max(hits) > _SHARE)


def _stub(
    row: dict[str, object],
    end: tuple[float, float],
    other: tuple[float, float],
    taken: list[float],
    frame: Frame,
    relief: Relief,
) -> Strand | None:
    """Short way out to sea from a port: the heading least on land, not taken, nearest to the other end's."""
    xs, ys = frame.place(np.array([end[0], other[0]]), np.array([end[1], other[1]]))
    x, y = float(xs[0]), float(ys[0])
    if not (0 <= x <= frame.width and 0 <= y <= frame.height):
        return None
    wanted = math.atan2(float(ys[1]) - y, float(xs[1]) - x)
    reach = np.linspace(0.15, 1.0, 12) * _STUB
    best, found = (math.inf, math.inf), 0.0
    for k in range(24):
        heading = k * math.pi / 12
        px, py = x + reach * math.cos(heading), y + reach * math.sin(heading)
        place = frame.projection.inverse(px / frame.scale + frame.left, frame.top - py / frame.scale)
        crowd = 6.0 * sum(_turn(heading, other_heading) < 0.4 for other_heading in taken)
        score = (float(on_land(*place, relief).sum()) + crowd, _turn(heading, wanted))
        if score < best:
            best, found = score, heading
    taken.append(found)
    ends_x = np.array([x, x + _STUB * math.cos(found)])
    ends_y = np.array([y, y + _STUB * math.sin(found)])
    return Strand(str(row["corridor_id"]), safe_colour(row["colour"]), SEA, "stub", ends_x, ends_y, 2.0)


def _turn(first: float, second: float) -> float:
    """Angle between two headings, radians in [0, pi]."""
    return abs((first - second + math.pi) % (2 * math.pi) - math.pi)
