"""Base map of a region: coasts, borders, relief and rivers, from files `tools/basemap.py` builds.

Countries come from Natural Earth 1:10m (public domain, German point of view, Baikonur not drawn apart), relief from
ETOPO 2022 at 5 arc minutes, rivers from Natural Earth. A file that is missing is not drawn, and the map says so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from karwan.report.wording import tell

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]
_ASSETS = Path(str(files("karwan.report").joinpath("assets")))
_CELLS = 12  # cells of relief in a degree
_SOUTH = -60  # degrees; where the grid of relief begins
_METRES = 4  # heights are kept to so many metres


@dataclass(frozen=True)
class Country:
    """One country: code, name and label place of Natural Earth, rings as arrays of (lon, lat)."""

    code: str
    name: str
    label: tuple[float, float]
    area: float
    rings: tuple[Floats, ...]


@dataclass(frozen=True)
class Line:
    """Part of a coast (one country) or border (two), as an array of (lon, lat)."""

    countries: tuple[str, ...]
    coordinates: Floats
    name: str = ""


@dataclass(frozen=True)
class Relief:
    """Elevation in metres on a regular grid, row 0 in the south; NaN where there is no land."""

    west: float
    south: float
    step: float
    elevation: Floats


@dataclass(frozen=True)
class Basemap:
    """What is known of a region; tuples are empty where a package is absent."""

    countries: tuple[Country, ...] = ()
    coasts: tuple[Line, ...] = ()
    borders: tuple[Line, ...] = ()
    disputed: tuple[Line, ...] = ()
    rivers: tuple[Floats, ...] = ()
    relief: Relief | None = None
    credit: tuple[str, ...] = field(default=())


@cache
def read_basemap(box: Box) -> Basemap:
    """Base map of the box (west, south, east, north) in degrees."""
    countries = tuple(read_countries(_ASSETS / "countries.npz", box))
    coasts, borders = split_outlines(countries, box)
    disputed, plain = split_disputed(borders)
    relief = read_relief(_ASSETS / "relief.npz", box)
    rivers = tuple(read_rivers(_ASSETS / "rivers.npz", box))
    credit = []
    if countries:
        credit.append(tell("brief_map.countries"))
    if relief or rivers:
        credit.append(tell("brief_map.relief"))
    return Basemap(countries, coasts, plain, disputed, rivers, relief, tuple(credit))


def read_countries(path: Path, box: Box) -> Iterator[Country]:
    """Countries whose bounding box meets `box`, from the file that `tools/basemap.py` builds; none without it."""
    if not path.is_file():
        return
    with np.load(path) as held:
        every = _lines(held, 1e5)
        records = held["countries"].tolist()
    first = 0
    for code, _, name, x, y, count in records:
        own = every[first : first + int(count)]
        first += int(count)
        rings = tuple(ring for ring in own if _meets(ring, box))
        if rings:
            west, south = np.min([ring.min(axis=0) for ring in own], axis=0).tolist()
            east, north = np.max([ring.max(axis=0) for ring in own], axis=0).tolist()
            label = (float(x or (west + east) / 2), float(y or (south + north) / 2))
            yield Country(code, name, label, (east - west) * (north - south), rings)


def _lines(held: Mapping[str, NDArray[np.int32]], whole: float) -> list[Floats]:
    """Lines kept as steps from point to point, `whole` steps to a degree."""
    points = np.column_stack([np.cumsum(held[name], dtype=np.int64) for name in ("lon", "lat")]) / whole
    return np.split(points, np.cumsum(held["sizes"])[:-1])


def _meets(ring: Floats, box: Box) -> bool:
    low, high = ring.min(axis=0), ring.max(axis=0)
    return bool(low[0] <= box[2] and high[0] >= box[0] and low[1] <= box[3] and high[1] >= box[1])


def split_outlines(countries: tuple[Country, ...], box: Box) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Coasts (edges of one country) and borders (edges two countries share), cut to the box."""
    if not countries:
        return (), ()
    rings = [(k, ring) for k, country in enumerate(countries) for ring in country.rings]
    flat = np.concatenate([ring for _, ring in rings])
    keys = np.round(flat * 1e6).astype(np.int64)
    _, ids = np.unique(keys[:, 0] * 1_000_000_007 + keys[:, 1], return_inverse=True)
    owners = np.concatenate([np.full(len(ring), k) for k, ring in rings])
    ends = np.zeros(len(flat), dtype=bool)
    ends[np.cumsum([len(ring) for _, ring in rings]) - 1] = True
    start = np.flatnonzero(~ends)
    low, high = np.minimum(ids[start], ids[start + 1]), np.maximum(ids[start], ids[start + 1])
    edge = low.astype(np.int64) * (int(ids.max()) + 1) + high
    order = np.argsort(edge, kind="stable")
    same = np.flatnonzero(edge[order][1:] == edge[order][:-1])
    other = np.full(len(edge), -1)
    first, second = order[same], order[same + 1]
    other[first], other[second] = owners[start][second], owners[start][first]
    inside = (flat[:, 0] >= box[0]) & (flat[:, 0] <= box[2]) & (flat[:, 1] >= box[1]) & (flat[:, 1] <= box[3])
    kept = (inside[start] | inside[start + 1]) & ~((other >= 0) & (owners[start] > other))
    return _runs(flat, start, owners[start], other, kept, countries)


def _runs(
    flat: Floats,
    start: NDArray[np.intp],
    owner: NDArray[np.intp],
    other: NDArray[np.intp],
    kept: NDArray[np.bool_],
    countries: tuple[Country, ...],
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Group consecutive kept edges of one kind into lines."""
    chosen = np.flatnonzero(kept)
    if not len(chosen):
        return (), ()
    breaks = (np.diff(start[chosen]) != 1) | (np.diff(other[chosen]) != 0) | (np.diff(owner[chosen]) != 0)
    coasts, borders = [], []
    for run in np.split(chosen, np.flatnonzero(breaks) + 1):
        coordinates = flat[start[run[0]] : start[run[-1]] + 2]
        pair = (countries[owner[run[0]]].code,)
        if other[run[0]] < 0:
            coasts.append(Line(pair, coordinates))
        else:
            borders.append(Line((*pair, countries[other[run[0]]].code), coordinates))
    return tuple(coasts), tuple(borders)


@cache
def disputed_rules() -> tuple[dict[str, Any], ...]:
    """Boundaries drawn dashed: two country codes, a box and a name."""
    text = files("karwan.report").joinpath("assets/disputed.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def split_disputed(borders: tuple[Line, ...]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Disputed parts of the borders, each with the name of its dispute, and the other parts."""
    dashed: list[Line] = []
    plain: list[Line] = []
    for line in borders:
        rules = [r for r in disputed_rules() if {r["country_a"], r["country_b"]} == set(line.countries)]
        rule_of = np.full(len(line.coordinates), -1)
        for k, rule in enumerate(rules):
            lon, lat = line.coordinates[:, 0], line.coordinates[:, 1]
            inside = (lon >= float(rule["lon_min"])) & (lon <= float(rule["lon_max"]))
            inside &= (lat >= float(rule["lat_min"])) & (lat <= float(rule["lat_max"]))
            rule_of[inside] = k
        edges = np.where(rule_of[:-1] == rule_of[1:], rule_of[:-1], -1)
        for run in np.split(np.arange(len(edges)), np.flatnonzero(np.diff(edges)) + 1):
            rule_k = int(edges[run[0]])
            part = Line(
                line.countries,
                line.coordinates[run[0] : run[-1] + 2],
                rules[rule_k]["name"] if rule_k >= 0 else "",
            )
            (dashed if rule_k >= 0 else plain).append(part)
    return tuple(dashed), tuple(plain)


def read_rivers(path: Path, box: Box) -> Iterator[Floats]:
    """Rivers whose bounding box meets `box`; none without the file."""
    if not path.is_file():
        return
    with np.load(path) as held:
        yield from (line for line in _lines(held, 1e3) if _meets(line, box))


def read_relief(path: Path, box: Box) -> Relief | None:
    """Elevation cut to the box; None without the file, or where the box holds no land."""
    if not path.is_file():
        return None
    world = _heights(path)
    west, south = (int(np.floor(degrees * _CELLS)) for degrees in box[:2])
    columns = np.arange(west, int(box[2] * _CELLS) + 2) + 180 * _CELLS
    rows = np.arange(south, int(box[3] * _CELLS) + 2) - _SOUTH * _CELLS
    held = (rows >= 0) & (rows < len(world))
    grid = np.full((len(rows), len(columns)), np.nan)
    grid[held] = world[rows[held]][:, columns % world.shape[1]]
    if np.isnan(grid).all():
        return None
    return Relief(west / _CELLS, south / _CELLS, 1 / _CELLS, grid)


@cache
def _heights(path: Path) -> NDArray[np.float32]:
    """Elevation of the world in metres, row 0 in the south; NaN where there is no land."""
    with np.load(path) as held:
        shape = held["shape"]
        land = np.unpackbits(held["land"], count=int(shape.prod())).astype(bool).reshape(shape)
        steps = np.ascontiguousarray(held["steps"].T).view("<i2").ravel()
    heights = np.full(land.shape, np.nan, dtype=np.float32)
    heights[land] = np.cumsum(steps, dtype=np.int64) * _METRES
    return heights
