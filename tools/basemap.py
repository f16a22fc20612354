"""Build the files of the base map in `src/karwan/report/assets`.

    python tools/basemap.py countries ne_10m_admin_0_countries_deu.zip
    python tools/basemap.py relief

`countries.npz` is Natural Earth's 1:10m countries, German point of view, from the zip naturalearthdata.com offers (public domain).
Coordinates are kept to a hundred-thousandth of a degree, a metre; points two countries share stay the same.

`relief.npz` and `rivers.npz` come from `pyworldatlas-mapdata-standard` (CC0; the extra `basemap` installs it). Relief is ETOPO 2022
on a grid of 5 arc minutes, kept to 4 m; rivers are Natural Earth's, kept to a thousandth of a degree. Antarctica is left out.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FIELDS = ("ADM0_A3", "ISO_A2_EH", "NAME_EN", "LABEL_X", "LABEL_Y")
ASSETS = Path(__file__).resolve().parents[1] / "src" / "karwan" / "report" / "assets"
POLYGON = 5
CELLS = 12  # cells of relief in a degree
SOUTH = -60  # degrees; no land is kept below
METRES = 4  # heights are kept to so many metres
NO_DATA = -32768


def main() -> None:
    """Build what is named: `countries ZIP` or `relief`."""
    match sys.argv[1:]:
        case ["countries", name]:
            build_countries(Path(name))
        case ["relief"]:
            build_relief()
        case _:
            sys.exit(__doc__)


def build_countries(path: Path) -> None:
    """Write `countries.npz` from Natural Earth's zip."""
    with zipfile.ZipFile(path) as archive:
        shapes, table = archive.read(f"{path.stem}.shp"), archive.read(f"{path.stem}.dbf")
    records = _records(table)
    names, rings = [], []
    for record, parts in zip(records, _polygons(shapes), strict=True):
        if parts:
            names.append((*record, str(len(parts))))
            rings.extend(parts)
    points = np.round(np.concatenate(rings) * 1e5).astype(np.int32)
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int32))
    target = ASSETS / "countries.npz"
    np.savez_compressed(
        target, countries=np.array(names), sizes=[len(r) for r in rings], lon=steps[:, 0], lat=steps[:, 1]
    )
    print(f"{len(names)} countries, {len(points):,} points, {target.stat().st_size:,} bytes")


def build_relief() -> None:
    """Write `relief.npz` and `rivers.npz` from the installed package of map data."""
    store = Path(str(files("pyworldatlas_mapdata_standard").joinpath("data/maps.sqlite3")))
    height = np.full(((90 - SOUTH) * CELLS, 360 * CELLS), NO_DATA, dtype=np.int16)
    rivers: dict[bytes, NDArray[np.int64]] = {}
    for country in _countries_of(store):
        _paste(height, country)
        for river in country["rivers"]:
            line = np.round(np.asarray(river["points"]) * 1e3).astype(np.int64)
            if len(line) > 1:
                rivers.setdefault(line.tobytes(), line)
    _write_relief(height)
    _write_rivers(list(rivers.values()))


def _countries_of(store: Path) -> Iterator[dict[str, Any]]:
    with sqlite3.connect(f"{store.as_uri()}?mode=ro&immutable=1", uri=True) as connection:
        for (payload,) in connection.execute("SELECT payload FROM country_map ORDER BY alpha2"):
            yield json.loads(zlib.decompress(payload))


def _paste(height: NDArray[np.int16], country: dict[str, Any]) -> None:
    """Heights of one country into the grid of the world, row 0 in the south; small countries come on finer grids."""
    own = np.frombuffer(bytes.fromhex(country["elevation"]), "<i2").reshape(
        country["rows"], country["columns"]
    )
    row, column = np.nonzero(own != NO_DATA)
    lat = country["south"] + (row + 0.5) * country["latitudeStep"]
    lon = country["west"] + (column + 0.5) * country["longitudeStep"]
    north = np.floor((lat - SOUTH) * CELLS).astype(int)
    east = np.floor((lon + 180) * CELLS).astype(int) % height.shape[1]
    held = north >= 0
    height[north[held], east[held]] = own[row[held], column[held]]


def _write_relief(height: NDArray[np.int16]) -> None:
    """Which cells are land, and their heights in steps from one to the next, low and high bytes apart: they pack better."""
    land = height != NO_DATA
    levels = np.round(height[land] / METRES).astype(np.int16)
    steps = np.diff(levels, prepend=np.int16(0)).astype("<i2")
    planes = np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 2).T)
    target = ASSETS / "relief.npz"
    np.savez_compressed(target, shape=land.shape, land=np.packbits(land), steps=planes)
    print(f"{land.sum():,} cells of land, {target.stat().st_size:,} bytes")


def _write_rivers(lines: list[NDArray[np.int64]]) -> None:
    steps = np.diff(np.concatenate(lines), axis=0, prepend=0).astype(np.int32)
    target = ASSETS / "rivers.npz"
    np.savez_compressed(target, sizes=[len(line) for line in lines], lon=steps[:, 0], lat=steps[:, 1])
    print(f"{len(lines):,} rivers, {target.stat().st_size:,} bytes")


def _polygons(shapes: bytes) -> Iterator[list[NDArray[np.float64]]]:
    """Rings of each record of a shapefile; none of a record that is no polygon."""
    position = 100
    while position < len(shapes):
        length = struct.unpack(">i", shapes[position + 4 : position + 8])[0] * 2
        body = position + 8
        position = body + length
        yield _rings(shapes, body) if struct.unpack("<i", shapes[body : body + 4])[0] == POLYGON else []


def _rings(shapes: bytes, body: int) -> list[NDArray[np.float64]]:
    parts, count = struct.unpack("<2i", shapes[body + 36 : body + 44])
    starts = np.frombuffer(shapes, "<i4", parts, body + 44)
    flat = np.frombuffer(shapes, "<f8", 2 * count, body + 44 + 4 * parts).reshape(-1, 2)
    return [np.asarray(ring) for ring in np.split(flat, starts[1:])]


def _records(table: bytes) -> list[tuple[str, ...]]:
    """`FIELDS` of each record of a dBase table."""
    count, head, size = struct.unpack("<IHH", table[4:12])
    fields: dict[str, slice] = {}
    place, offset = 32, 1
    while table[place] != 0x0D:
        name = table[place : place + 11].split(b"\0")[0].decode("ascii")
        fields[name] = slice(offset, offset + table[place + 16])
        offset += table[place + 16]
        place += 32
    rows = (table[head + k * size : head + (k + 1) * size] for k in range(count))
    return [tuple(row[fields[n]].decode("utf-8", "replace").strip("\0 ") for n in FIELDS) for row in rows]


if __name__ == "__main__":
    main()
