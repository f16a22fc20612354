"""Base map of a region: coasts, borders, relief and rivers.

Countries come from Natural Earth 1:10m (public domain, German point of view, Baikonur not drawn apart): the file
`assets/countries.npz`, which `tools/basemap.py` builds; relief (ETOPO 2022, sampled at 5 arc minutes) and rivers
(Natural Earth) from `pyworldatlas-mapdata-standard` (CC0), which may be
absent: the map then says so and draws less.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]
_COUNTRIES = Path(str(files("karwan.report").joinpath("assets/countries.npz")))
_RELIEF = ("pyworldatlas_mapdata_standard", "data/maps.sqlite3")
NO_DATA = -32768


@dataclass(frozen=True)
class Country:
    """One country: code, names and label place of Natural Earth, rings as arrays of (lon, lat)."""

    code: str
    code_2: str
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


def package_file(package: str, name: str) -> Path | None:
    """File inside an installed package, without importing it; None when it is not there."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / name
    return path if path.is_file() else None


@cache
def read_basemap(box: Box) -> Basemap:
    """Base map of the box (west, south, east, north) in degrees."""
    relief_path = package_file(*_RELIEF)
    countries = tuple(read_countries(_COUNTRIES, box)) if _COUNTRIES.is_file() else ()
    coasts, borders = split_outlines(countries, box)
    disputed, plain = split_disputed(borders)
    credit = ["Coasts and borders: Natural Earth 1:10m, public domain."] if countries else []
    relief: Relief | None = None
    rivers: tuple[Floats, ...] = ()
    if relief_path and countries:
        relief, rivers = read_relief(relief_path, [c.code_2 for c in countries], box)
        credit.append(
            "Relief: NOAA ETOPO 2022 at 5 arc minutes; rivers: Natural Earth (PyWorldAtlas map data, CC0)."
        )
    return Basemap(countries, coasts, plain, disputed, rivers, relief, tuple(credit))


def read_countries(path: Path, box: Box) -> Iterator[Country]:
    """Countries whose bounding box meets `box`, from the file that `tools/basemap.py` builds."""
    with np.load(path) as held:
        points = np.column_stack([np.cumsum(held[name], dtype=np.int64) for name in ("lon", "lat")]) / 1e5
        every = np.split(points, np.cumsum(held["sizes"])[:-1])
        records = held["countries"].tolist()
    first = 0
    for code, code_2, name, x, y, count in records:
        own = every[first : first + int(count)]
        first += int(count)
        rings = tuple(ring for ring in own if _meets(ring, box))
        if rings:
            west, south = np.min([ring.min(axis=0) for ring in own], axis=0).tolist()
            east, north = np.max([ring.max(axis=0) for ring in own], axis=0).tolist()
            label = (float(x or (west + east) / 2), float(y or (south + north) / 2))
            yield Country(code, code_2, name, label, (east - west) * (north - south), rings)


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


def read_relief(path: Path, codes: list[str], box: Box) -> tuple[Relief | None, tuple[Floats, ...]]:
    """Elevation and rivers of the countries (ISO alpha-2), cut to the box."""
    step = 1 / 12
    west, south = np.floor(box[0] / step) * step, np.floor(box[1] / step) * step
    columns, rows = int((box[2] - west) / step) + 2, int((box[3] - south) / step) + 2
    grid = np.full((rows, columns), np.nan)
    rivers: list[Floats] = []
    with sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True) as store:
        for code in sorted(set(codes)):
            found = store.execute("SELECT payload FROM country_map WHERE alpha2 = ?", (code,)).fetchone()
            if found is None:
                continue
            country = json.loads(zlib.decompress(found[0]))
            _paste(grid, country, west, south, step)
            lines = (np.asarray(river["points"], dtype=np.float64) for river in country["rivers"])
            rivers.extend(line for line in lines if len(line) > 1 and _meets(line, box))
    store.close()
    if np.isnan(grid).all():
        return None, tuple(rivers)
    return Relief(float(west), float(south), step, grid), tuple(rivers)


def _paste(grid: Floats, country: dict[str, Any], west: float, south: float, step: float) -> None:
    values = np.frombuffer(bytes.fromhex(country["elevation"]), "<i2").reshape(
        country["rows"], country["columns"]
    )
    left, bottom = round((country["west"] - west) / step), round((country["south"] - south) / step)
    top, right = min(bottom + values.shape[0], grid.shape[0]), min(left + values.shape[1], grid.shape[1])
    low, first = max(bottom, 0), max(left, 0)
    if top <= low or right <= first:
        return
    part = values[low - bottom : top - bottom, first - left : right - left].astype(np.float64)
    target = grid[low:top, first:right]
    known = part != NO_DATA
    target[known] = part[known]
