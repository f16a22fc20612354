"""Layers of a network as GeoJSON (RFC 7946) and GeoParquet 1.1, and the lines of its links.

Coordinates are longitude and latitude in degrees, WGS 84 (OGC:CRS84), as both formats expect without saying more.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.errors import InvalidInput, MissingExtra
from karwan.exchange import independent_network
from karwan.exports import beside, write_text
from karwan.numerics.geodesy import great_circle_km

Point = tuple[float, float]
Parts = tuple[tuple[Point, ...], ...]

DIGITS = 6
"""Decimals of a degree that are written: about 0.1 m."""

STRAIGHT = "straight"
GEOMETRIES = (STRAIGHT, "scgraph")

LENGTH_RATIO = (0.7, 1.4)
"""A way whose length over the link's own length lies outside is not taken for the link."""

GEOPARQUET_VERSION = "1.1.0"
_WKB_POINT, _WKB_LINE, _WKB_MULTILINE = 1, 2, 5


@dataclass(frozen=True)
class Layer:
    """A table with one geometry a row.

    Attributes
    ----------
    name
        Name of the layer, and of its file.
    key
        Column that identifies a feature.
    table
        Properties.
    shape
        'point' or 'line'.
    parts
        For each row the parts of its geometry: one part of one point; one part of several (a LineString) or several such
        (a MultiLineString); none is a missing geometry.
    """

    name: str
    key: str
    table: pl.DataFrame
    shape: str
    parts: tuple[Parts, ...]

    def kind(self, row: int) -> str:
        """Geometry type of a row."""
        if self.shape == "point":
            return "Point"
        return "LineString" if len(self.parts[row]) == 1 else "MultiLineString"

    def bounds(self, rows: Sequence[int] | None = None) -> tuple[float, float, float, float] | None:
        """West, south, east, north of some rows (all by default); None where nothing has a geometry."""
        chosen = range(len(self.parts)) if rows is None else rows
        points = [p for row in chosen for part in self.parts[row] for p in part]
        if not points:
            return None
        lon, lat = zip(*points, strict=True)
        return min(lon), min(lat), max(lon), max(lat)

    def only(self, key: str) -> Layer:
        """The same layer with the feature of that key alone; empty where it has none."""
        keep = [row for row, one in enumerate(self.table[self.key]) if one == key]
        return replace(self, table=self.table[keep], parts=tuple(self.parts[row] for row in keep))


# -- lines of links ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LinkLine:
    """The line of a link from its start to its end, and where it comes from."""

    points: tuple[Point, ...]
    source: str


def link_lines(links: pl.DataFrame, nodes: pl.DataFrame, geometry: str = STRAIGHT) -> dict[str, LinkLine]:
    """Line of every link.

    Parameters
    ----------
    links
        link_id, from_node_id, to_node_id, mode, state, length_km.
    nodes
        node_id, lat, lon.
    geometry
        'straight': the two ends joined. 'scgraph': open road and rail links along the world networks of scgraph_data, sea
        and ferry links along searoute's lanes, where these cover the link: both ends near the network and a length within
        0.7 to 1.4 of the link's own. All others stay straight.

    Returns
    -------
    link_id to line, in the order given; `source` is 'straight' or the package with its version.

    Raises
    ------
    InvalidInput
        No such kind of geometry.
    MissingExtra
        'scgraph' without scgraph_data or searoute installed.
    """
    if geometry not in GEOMETRIES:
        raise InvalidInput(
            f"No kind of geometry is called {geometry!r}.",
            f"kinds: {', '.join(GEOMETRIES)}",
            "name one of these.",
        )
    place = {n: (float(a), float(o)) for n, a, o in nodes.select("node_id", "lat", "lon").iter_rows()}
    found = {}
    for row in links.iter_rows(named=True):
        start, end = place[row["from_node_id"]], place[row["to_node_id"]]
        way, source = (np.empty((0, 2)), STRAIGHT) if geometry == STRAIGHT else _covered_way(row, start, end)
        points = way if len(way) else np.array([start, end])
        rounded = [(round(float(lon), DIGITS), round(float(lat), DIGITS)) for lat, lon in points]
        kept = [p for n, p in enumerate(rounded) if not n or p != rounded[n - 1]]
        found[row["link_id"]] = LinkLine(
            tuple(kept if len(kept) > 1 else rounded), source if len(way) else STRAIGHT
        )
    return found


def _covered_way(row: Mapping[str, Any], start: Point, end: Point) -> tuple[NDArray[np.float64], str]:
    mode = row["mode"]
    if mode in independent_network.LAND:
        if row["state"] != "open":
            return np.empty((0, 2)), STRAIGHT
        network = independent_network.read_land_network(mode)
        way, source = independent_network.land_way(network, start, end), network.name
    else:
        way, source = independent_network.sea_way(start, end), independent_network.sea_network_name()
    if not len(way):
        return way, source
    km = float(great_circle_km(way[:-1, 0], way[:-1, 1], way[1:, 0], way[1:, 1]).sum())
    fits = LENGTH_RATIO[0] * row["length_km"] <= km <= LENGTH_RATIO[1] * row["length_km"]
    return (way if fits else np.empty((0, 2))), source


def cut_at_antimeridian(points: Sequence[Point]) -> Parts:
    """Line cut where it crosses the 180th meridian, as RFC 7946 (3.1.9) asks; the shorter way round is meant.

    >>> cut_at_antimeridian([(170.0, 0.0), (-170.0, 10.0)])
    (((170.0, 0.0), (180.0, 5.0)), ((-180.0, 5.0), (-170.0, 10.0)))
    """
    parts: list[tuple[Point, ...]] = []
    run: list[Point] = list(points[:1])
    for (lon_a, lat_a), (lon_b, lat_b) in pairwise(points):
        if abs(lon_b - lon_a) > 180.0:
            edge = math.copysign(180.0, lon_a)
            share = (edge - lon_a) / (lon_b + 2 * edge - lon_a)
            lat = round(lat_a + share * (lat_b - lat_a), DIGITS)
            parts.append((*run, (edge, lat)))
            run = [(-edge, lat)]
        run.append((lon_b, lat_b))
    return (*parts, tuple(run)) if len(run) > 1 else tuple(parts)


# -- GeoJSON -------------------------------------------------------------------------------------------------


def write_geojson(layer: Layer, path: Path) -> Path:
    """Write a layer as one FeatureCollection; the key is each feature's id.

    A property that is not a finite number is written as null.
    """
    bounds = layer.bounds()
    head: dict[str, Any] = {"type": "FeatureCollection", "name": layer.name}
    if bounds:
        head["bbox"] = list(bounds)
    features = [json.dumps(f, ensure_ascii=False, allow_nan=False) for f in geojson_features(layer)]
    opening = json.dumps(head, ensure_ascii=False, allow_nan=False)[:-1]
    write_text(path, opening + ', "features": [\n' + ",\n".join(features) + "\n]}\n")
    return path


def geojson_features(layer: Layer) -> Iterator[dict[str, Any]]:
    """Features of a layer, in the order of its rows."""
    for row, values in enumerate(layer.table.iter_rows(named=True)):
        yield {
            "type": "Feature",
            "id": values[layer.key],
            "geometry": _geojson_geometry(layer, row),
            "properties": {name: _plain(value) for name, value in values.items()},
        }


def _geojson_geometry(layer: Layer, row: int) -> dict[str, Any] | None:
    parts = layer.parts[row]
    if not parts:
        return None
    kind = layer.kind(row)
    lists = [[list(point) for point in part] for part in parts]
    coordinates = {"Point": lists[0][0], "LineString": lists[0], "MultiLineString": lists}[kind]
    return {"type": kind, "coordinates": coordinates}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, date) else value


# -- GeoParquet ----------------------------------------------------------------------------------------------


def write_geoparquet(layer: Layer, path: Path) -> Path:
    """Write a layer as GeoParquet 1.1: geometry as WKB, a bounding box a row as its covering.

    Raises
    ------
    MissingExtra
        pyarrow is not installed.
    """
    pa, parquet = _pyarrow("pyarrow"), _pyarrow("pyarrow.parquet")
    boxes = [layer.bounds([row]) for row in range(len(layer.parts))]
    corners = ("xmin", "ymin", "xmax", "ymax")
    box_type = pa.struct([(name, pa.float64()) for name in corners])
    boxed = [dict(zip(corners, box, strict=True)) if box else None for box in boxes]
    table = (
        layer.table.to_arrow()
        .append_column("bbox", pa.array(boxed, type=box_type))
        .append_column("geometry", pa.array([wkb(layer, r) for r in range(len(boxes))], type=pa.binary()))
    )
    metadata = {**(table.schema.metadata or {}), b"geo": json.dumps(geoparquet_metadata(layer)).encode()}
    with beside(path) as part:
        parquet.write_table(table.replace_schema_metadata(metadata), part, compression="zstd")
    return path


def geoparquet_metadata(layer: Layer) -> dict[str, Any]:
    """What the key `geo` of the file says; without `crs` coordinates are OGC:CRS84."""
    kinds = sorted({layer.kind(row) for row, parts in enumerate(layer.parts) if parts})
    covering = {name: ["bbox", name] for name in ("xmin", "ymin", "xmax", "ymax")}
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": kinds, "covering": {"bbox": covering}}
    bounds = layer.bounds()
    if bounds:
        column["bbox"] = list(bounds)
    return {"version": GEOPARQUET_VERSION, "primary_column": "geometry", "columns": {"geometry": column}}


def wkb(layer: Layer, row: int) -> bytes | None:
    """Geometry of a row as little-endian well-known binary (OGC 06-103r4); None where it is missing."""
    parts = layer.parts[row]
    if not parts:
        return None
    kind = layer.kind(row)
    if kind == "Point":
        return struct.pack("<BIdd", 1, _WKB_POINT, *parts[0][0])
    lines = [_wkb_line(part) for part in parts]
    return (
        lines[0] if len(lines) == 1 else struct.pack("<BII", 1, _WKB_MULTILINE, len(lines)) + b"".join(lines)
    )


def _wkb_line(points: Sequence[Point]) -> bytes:
    flat = [c for point in points for c in point]
    return struct.pack(f"<BII{len(flat)}d", 1, _WKB_LINE, len(points), *flat)


def _pyarrow(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtra(
            "Writing GeoParquet needs the package pyarrow.",
            f"import {module}: {error}",
            "pip install 'karwan[geo]', or write GeoJSON.",
        ) from error
