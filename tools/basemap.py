"""Build `src/karwan/report/assets/countries.npz`: Natural Earth's 1:10m countries, German point of view, in one small file.

    python tools/basemap.py ne_10m_admin_0_countries_deu.zip

The zip is Natural Earth's own (public domain), as naturalearthdata.com offers it. Coordinates are kept to a hundred-thousandth
of a degree, a metre; points two countries share stay the same.
"""

from __future__ import annotations

import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FIELDS = ("ADM0_A3", "ISO_A2_EH", "NAME_EN", "LABEL_X", "LABEL_Y")
TARGET = Path(__file__).resolve().parents[1] / "src" / "karwan" / "report" / "assets" / "countries.npz"
POLYGON = 5


def main() -> None:
    """Read the zip that is named and write the file."""
    path = Path(sys.argv[1])
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
    np.savez_compressed(
        TARGET, countries=np.array(names), sizes=[len(r) for r in rings], lon=steps[:, 0], lat=steps[:, 1]
    )
    print(f"{len(names)} countries, {len(points):,} points, {TARGET.stat().st_size:,} bytes")


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
