"""Corridor lines of the map, laid side by side where corridors share a road or a railway."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import polars as pl

from karwan.report.palette import safe_colour
from karwan.report.projection import Floats, Frame
from karwan.schema.modes import WATER_MODES

Point = tuple[float, float]
Key = tuple[Point, Point]
WIDTH = 3.0


@dataclass(frozen=True)
class Strand:
    """One drawn part of a corridor, in picture units."""

    corridor_id: str
    colour: str
    mode: str
    state: str
    x: Floats
    y: Floats
    width: float = WIDTH

    def samples(self, step: float = 6.0) -> Floats:
        """Points along the strand about `step` units apart, shape (P, 2)."""
        points = np.column_stack([self.x, self.y])
        moves = np.diff(points, axis=0)
        counts = np.maximum(np.hypot(moves[:, 0], moves[:, 1]) / step, 1.0).astype(np.int64)
        firsts = np.cumsum(counts) - counts
        share = (np.arange(counts.sum()) - np.repeat(firsts, counts)) / np.repeat(counts, counts)
        along = np.repeat(points[:-1], counts, axis=0) + share[:, None] * np.repeat(moves, counts, axis=0)
        return np.concatenate([along, points[-1:]])


@dataclass(frozen=True)
class _Part:
    corridor_id: str
    colour: str
    mode: str
    state: str
    points: list[Point]


def _key(first: Point, second: Point) -> Key:
    return (first, second) if first <= second else (second, first)


def _parts(lines: pl.DataFrame, frame: Frame) -> list[_Part]:
    """Lines in picture units, without those that shrink to a point."""
    ranks = {corridor: k for k, corridor in enumerate(dict.fromkeys(lines["corridor_id"].to_list()))}
    parts = []
    for row in lines.sort("corridor_id", "seq", maintain_order=True).iter_rows(named=True):
        points = _points(row, frame)
        if len(points) > 1:
            colour = safe_colour(row["colour"], ranks[row["corridor_id"]])
            parts.append(_Part(row["corridor_id"], colour, str(row["mode"]), str(row["state"]), points))
    return parts


def _points(row: dict[str, Any], frame: Frame) -> list[Point]:
    lon, lat = (np.array(row[column] or [], dtype=np.float64) for column in ("lons", "lats"))
    if len(lon) < 2 or len(lon) != len(lat):
        return []
    x, y = frame.place(lon, lat)
    # Not simplified here: corridors that share a road must keep the same points to lie beside each other on it.
    points = [(round(float(px), 1), round(float(py), 1)) for px, py in zip(x, y, strict=True)]
    return [point for point, _ in groupby(points)]


def strands(lines: pl.DataFrame, frame: Frame) -> list[Strand]:
    """Strands of all map lines: parallel where several corridors use the same segment."""
    if lines.is_empty():
        return []
    parts = _parts(lines, frame)
    users = _users(parts)
    land = 2.3 if len({part.corridor_id for part in parts}) > 6 else WIDTH
    once: dict[tuple[object, ...], _Part] = {}
    for part in parts:
        once.setdefault(_same_line(part), part)
    result = []
    for part in once.values():
        xs, ys = _offset(part, users, land)
        result.append(
            Strand(part.corridor_id, part.colour, part.mode, part.state, xs, ys, _width(part, land))
        )
    return result


def _users(parts: list[_Part]) -> dict[Key, list[str]]:
    """Corridors on each segment, each once, in order."""
    users: dict[Key, list[str]] = defaultdict(list)
    for part in parts:
        for first, second in pairwise(part.points):
            owners = users[_key(first, second)]
            if part.corridor_id not in owners:
                owners.append(part.corridor_id)
    return users


def _same_line(part: _Part) -> tuple[object, ...]:
    """What two drawings of one line have in common, whichever way it runs."""
    ends = tuple(sorted((part.points[0], part.points[-1])))
    return part.corridor_id, part.state, part.mode, ends, len(part.points)


def _width(part: _Part, land: float) -> float:
    """Thin without a corridor, a little thinner at sea than on land."""
    if not part.corridor_id:
        return 1.7
    return land * 0.72 if part.mode in WATER_MODES else land


def _offset(part: _Part, users: dict[Key, list[str]], width: float) -> tuple[Floats, Floats]:
    """Shift each segment by the corridor's slot among its users; mitre where slot and users stay the same."""
    points = np.array(part.points)
    shifts = []
    for first, second in pairwise(part.points):
        owners = users[_key(first, second)]
        slot = owners.index(part.corridor_id) - (len(owners) - 1) / 2
        step = np.array(second) - np.array(first)
        normal = np.array([-step[1], step[0]]) / (np.hypot(*step) or 1.0)
        sign = 1.0 if first <= second else -1.0
        shifts.append(normal * sign * slot * min(width + 0.7, 18.0 / len(owners)))
    moved = [points[0] + shifts[0]]
    for k in range(1, len(points) - 1):
        before, after = shifts[k - 1], shifts[k]
        if np.dot(before, after) > 0.2 * np.hypot(*before) * np.hypot(*after):
            moved.append(points[k] + (before + after) / 2)
        else:
            moved += [points[k] + before, points[k] + after]
    moved.append(points[-1] + shifts[-1])
    array = np.array(moved)
    return array[:, 0], array[:, 1]
