"""Where the nodes and links of a GMNS network lie: reference system, lines, the way between two ends, units that fit it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from karwan.case.problems import Problem
from karwan.errors import InvalidInput
from karwan.exchange.projection import PLAIN, Projection, projection
from karwan.numerics.geodesy import great_circle_km

Cells = tuple[int, dict[str, str]]
"""Line of a row, and its text by field."""

LOOKED_AT = 2_000  # rows looked at for what a file does not say
KM = {"km": 1.0, "kilometer": 1.0, "kilometers": 1.0, "kilometre": 1.0, "kilometres": 1.0}
LENGTH_KM = {
    **KM,
    **dict.fromkeys(("mi", "mile", "miles", "statute mile"), 1.609344),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 0.001),
    **dict.fromkeys(("ft", "foot", "feet"), 0.0003048),
    **dict.fromkeys(("us-ft", "us survey foot", "us survey feet"), 0.0012 / 3.937),
    **dict.fromkeys(("yd", "yard", "yards"), 0.0009144),
}
"""Kilometres in a unit of length that config.csv may name."""

METRES_NOT_KM = 30.0
"""Lengths without a unit that are so many times the way in km are metres or feet."""

_POINTS = re.compile(r"\(([^()]*)\)")
_LINES = re.compile(r"\s*(?:SRID\s*=\s*(\d{1,9})\s*;)?\s*(?:MULTI)?LINESTRING", re.IGNORECASE)


def srid(rows: Sequence[Cells], shapes: Mapping[str, str]) -> str:
    """Reference system that a geometry carries before its text, as 'SRID=26986;LINESTRING (...)'."""
    texts = [cells.get("geometry", "") for _, cells in rows[:LOOKED_AT]] + list(shapes.values())[:LOOKED_AT]
    found = (_LINES.match(text) for text in texts)
    return next((f"EPSG:{match[1]}" for match in found if match and match[1]), "")


def reference_system(name: str, file: str, rows: Sequence[Cells], problems: list[Problem]) -> Projection:
    """Reference system of the coordinates; degrees where it is not known, which is said where they cannot be."""
    if name:
        try:
            found = projection(name)
            if found.plane and rows and not any(map(_beyond_degrees, rows)):
                fact = "by crs the coordinates are not degrees, but all of them look like degrees"
                problems.append(
                    Problem("error", "config.csv", 0, "crs", name, fact, "EPSG:4326, if they are")
                )
            return found
        except InvalidInput as error:
            problems.append(
                Problem("error", "config.csv", 0, "crs", name, f"{error.fact} {error.evidence}", error.fix)
            )
            return PLAIN
    lost = next(filter(_beyond_degrees, rows), None)
    if lost is not None:
        fact = "coordinates are not degrees, and no file names their reference system"
        fix = "crs in config.csv, or --crs EPSG:number"
        problems.append(Problem("error", file, lost[0], "x_coord", lost[1]["x_coord"], fact, fix))
    return PLAIN


def _beyond_degrees(row: Cells) -> bool:
    x, y = (figure(row[1].get(field, "")) for field in ("x_coord", "y_coord"))
    return x is not None and y is not None and (abs(x) > 180.0 or abs(y) > 90.0)


def in_degrees(rows: list[Cells], system: Projection, file: str, problems: list[Problem]) -> list[Cells]:
    """Rows of nodes with their coordinates as degrees."""
    if system.transformer is None:
        return rows
    pairs = [[figure(cells.get(field, "")) for field in ("x_coord", "y_coord")] for _, cells in rows]
    numbers = [[math.nan if v is None else v for v in pair] for pair in pairs]
    lon, lat = system.degrees([x for x, _ in numbers], [y for _, y in numbers])
    moved: list[Cells] = []
    for (number, cells), pair, x, y in zip(rows, pairs, lon.tolist(), lat.tolist(), strict=True):
        if math.isfinite(x) and math.isfinite(y):
            cells = {**cells, "x_coord": repr(x), "y_coord": repr(y)}
        elif None not in pair:
            seen = f"{cells['x_coord']}, {cells['y_coord']}"
            fact = f"coordinates lie outside {system.name[:60]}"
            problems.append(Problem("error", file, number, "x_coord", seen, fact, "places it covers"))
            cells = {**cells, "x_coord": "", "y_coord": ""}
        moved.append((number, cells))
    return moved


@dataclass(frozen=True)
class LinkWays:
    """What the way of a link is measured by: latitude and longitude of nodes, lines by geometry_id, their system."""

    places: Mapping[str, tuple[float | None, float | None]]
    lines: Mapping[str, str]
    system: Projection

    def km(self, cells: Mapping[str, str]) -> float | None:
        """Length along the geometry of a link, straight where it has none; None where an end has no place."""
        text = cells.get("geometry") or self.lines.get(cells.get("geometry_id", ""), "")
        points = read_linestring(text)
        if points:
            x, y = zip(*points, strict=True)
            lon, lat = self.system.degrees(x, y)
        else:
            ends = [self._place(cells.get(c, "")) for c in ("from_node_id", "to_node_id")]
            known = [(a, o) for a, o in ends if a is not None and o is not None]
            if len(known) < 2:
                return None
            lat, lon = np.array(known).T
        km = float(great_circle_km(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum())
        return km if math.isfinite(km) else None

    def _place(self, node: str) -> tuple[float | None, float | None]:
        lost = (None, None)
        return self.places.get(node, self.places.get(node.removesuffix(".0"), lost))


def read_linestring(text: str) -> list[tuple[float, float]]:
    """Points of a WKT LINESTRING, or of the lines of a MULTILINESTRING one after another, with an SRID or without.

    Empty where the text is none, or has under two points.

    >>> read_linestring("LINESTRING (60 45, 60.5 44)")
    [(60.0, 45.0), (60.5, 44.0)]
    """
    if not _LINES.match(text):
        return []
    try:
        pairs = [pair.split()[:2] for part in _POINTS.findall(text) for pair in part.split(",")]
        points = [tuple(map(float, pair)) for pair in pairs]
    except ValueError:
        return []
    good = len(points) > 1 and all(len(p) == 2 and all(map(math.isfinite, p)) for p in points)
    return [(p[0], p[1]) for p in points] if good else []


def length_unit(rows: Sequence[Cells], ways: LinkWays) -> str:
    """Unit that lengths without one seem to have: km, or m or ft where km would be many times the way between the ends."""
    shares = []
    for _, cells in rows[:LOOKED_AT]:
        length, km = figure(cells.get("length", "")), ways.km(cells)
        if length and km:
            shares.append(length / km)
    usual = median(shares) if shares else 1.0
    if usual < METRES_NOT_KM:
        return "km"
    return min(("m", "ft"), key=lambda unit: abs(math.log(usual * LENGTH_KM[unit])))


def figure(text: str) -> float | None:
    """Number of a cell; None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
