"""Exchange of the nodes and links of a case as GMNS (General Modeling Network Specification) CSV files.

Format: https://github.com/zephyr-data-specs/GMNS (Apache-2.0), tables node, link and config. GMNS allows fields of
one's own; every column of the case's tables that GMNS has no name for is written under its own name, so that an
export reads back as the same tables.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from karwan.exports import beside, defused
from karwan.geodesy import great_circle_km
from karwan.schema import TableSpec, load_schema
from karwan.tables.problems import Problem
from karwan.tables.reader import empty_table, read_cells, read_rows

GMNS_VERSION = "0.95"
MAX_BYTES = 200_000_000

NODE_NAMES = {"node_id": "node_id", "name": "name", "x_coord": "lon", "y_coord": "lat", "node_type": "kind"}
"""GMNS field to column of `nodes`; written first, in this order."""

LINK_NAMES = {
    "link_id": "link_id",
    "from_node_id": "from_node_id",
    "to_node_id": "to_node_id",
    "directed": "directed",
    "length": "length_km",
    "facility_type": "mode",
    "free_speed": "speed_kmh",
}
"""GMNS field to column of `links`. GMNS's capacity counts passenger cars an hour and lane, the case's tonnes a day:
the two are not exchanged, `capacity_t_day` goes under its own name."""

KM = {"km": 1.0, "kilometer": 1.0, "kilometers": 1.0, "kilometre": 1.0, "kilometres": 1.0}
LENGTH_KM = {
    **KM,
    **dict.fromkeys(("mi", "mile", "miles"), 1.609344),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 0.001),
    **dict.fromkeys(("ft", "foot", "feet"), 0.0003048),
}
"""Kilometres in a unit of length that config.csv may name."""

SPEED_KMH = {
    **dict.fromkeys(("km/h", "kmh", "kph", "kilometers per hour", "km per hour"), 1.0),
    **dict.fromkeys(("mph", "mi/h", "miles per hour"), 1.609344),
    **dict.fromkeys(("m/s", "mps"), 3.6),
}
"""Kilometres an hour in a unit of speed that config.csv may name."""

DEGREES = {"epsg:4326", "4326", "wgs84", "wgs 84", "ogc:crs84", "crs84", "epsg:4269"}
_NULL = {"nan", "null"}
_POINT = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True)
class NetworkTables:
    """Nodes and links read from another format.

    Attributes
    ----------
    nodes, links
        Tables of a case, rows in the order of the files; empty where a file as a whole could not be read.
    problems
        What is wrong ('error') and what was filled in or left out ('warning'), with file, row and column.
    """

    nodes: pl.DataFrame
    links: pl.DataFrame
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        """Number of problems that stop the tables from being used."""
        return sum(p.severity == "error" for p in self.problems)


# -- export --------------------------------------------------------------------------------------------------


def write_gmns(
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    folder: Path,
    *,
    title: str,
    lines: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> list[Path]:
    """Write config.csv, node.csv and link.csv.

    Parameters
    ----------
    nodes, links
        Tables of a case.
    folder
        Folder to write into; made where it does not exist.
    title
        Name of the data set.
    lines
        Longitude and latitude along each link by link_id; a link without a line gets no geometry.

    Returns
    -------
    The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "dataset_name": title,
        "short_length": "m",
        "long_length": "km",
        "speed": "km/h",
        "crs": "EPSG:4326",
        "geometry_field_format": "WKT",
        "currency": "USD",
        "version_number": GMNS_VERSION,
        "id_type": "string",
    }
    names = dict(nodes.select("node_id", "name").iter_rows())
    link_rows = [
        {
            **row,
            "name": f"{names.get(row['from_node_id'], '')} - {names.get(row['to_node_id'], '')}",
            "geometry": wkt((lines or {}).get(row["link_id"], ())),
            "dir_flag": "1" if (lines or {}).get(row["link_id"]) and row["directed"] == "true" else "0",
        }
        for row in _text_rows(links, LINK_NAMES)
    ]
    return [
        _write(folder / "config.csv", [config]),
        _write(folder / "node.csv", _text_rows(nodes, NODE_NAMES)),
        _write(folder / "link.csv", link_rows),
    ]


def wkt(points: Sequence[tuple[float, float]]) -> str:
    """LINESTRING of longitudes and latitudes; empty text for no points.

    >>> wkt([(60, 45), (60.5, 44)])
    'LINESTRING (60.0 45.0, 60.5 44.0)'
    """
    return "LINESTRING (" + ", ".join(f"{float(x)!r} {float(y)!r}" for x, y in points) + ")" if points else ""


def _text_rows(table: pl.DataFrame, names: Mapping[str, str]) -> list[dict[str, str]]:
    kept = [c for c in table.columns if c not in names.values()]
    order = {**names, **{c: c for c in kept}}
    return [
        {field: cell_text(row[column]) for field, column in order.items()}
        for row in table.iter_rows(named=True)
    ]


def cell_text(value: object) -> str:
    """A value as it stands in a CSV cell: lists joined by semicolons, missing as empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(map(str, value))
    return repr(value) if isinstance(value, float) else str(value)


def _write(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    header = list(rows[0]) if rows else ["link_id" if path.stem == "link" else "node_id"]
    with beside(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: defused(text) for name, text in row.items()} for row in rows)
    return path


# -- import --------------------------------------------------------------------------------------------------


def read_gmns(folder: Path, *, country: str = "", source_id: str = "gmns_import") -> NetworkTables:
    """Read node.csv, link.csv and, where there are such, config.csv and geometry.csv as tables of a case.

    What GMNS does not say is filled in and listed as a warning: names, kinds and modes that the case does not know, lengths
    (along the geometry, or straight), source and basis ('assumed'). Fields the case has no column for are left
    out and listed once. Coordinates must be degrees; other reference systems are an error.

    Parameters
    ----------
    country
        ISO 3166-1 alpha-3 code of nodes and links that carry none; GMNS has no field for it.
    source_id
        Source of rows that carry none.
    """
    problems: list[Problem] = []
    config = _read_config(folder / "config.csv", problems)
    files: list[tuple[str, list[tuple[int, dict[str, str]]]]] = []
    for name in ("node", "link"):
        path = next((p for p in (folder / f"{name}.csv", folder / f"{name}s.csv") if p.is_file()), None)
        if path is None:
            problems.append(
                Problem("error", f"{name}.csv", 0, "", "", "required file is missing", f"{name}.csv")
            )
            files.append((f"{name}.csv", []))
            continue
        rows, found = read_cells(
            path, tuple(NODE_NAMES if name == "node" else LINK_NAMES), max_bytes=MAX_BYTES
        )
        problems += found
        files.append((path.name, [(n, _clean(cells)) for n, cells in rows]))
    (node_file, node_rows), (link_file, link_rows) = files
    fill = {"country": country, "source_id": source_id, "basis": "assumed"}
    nodes = _convert(node_rows, node_file, load_schema()["nodes"], NODE_NAMES, _node_filler(fill), problems)
    places = {n: (lat, lon) for n, lat, lon in nodes.select("node_id", "lat", "lon").iter_rows()}
    filler = _link_filler(fill, config, places, _read_geometries(folder / "geometry.csv", problems))
    links = _convert(link_rows, link_file, load_schema()["links"], LINK_NAMES, filler, problems)
    problems += _lost_ends(links, places, link_file, [n for n, _ in link_rows])
    return NetworkTables(nodes, links, tuple(problems))


Note = Callable[[str, str, str], None]
Filler = Callable[[dict[str, str], dict[str, str], Note], None]


def _clean(cells: Mapping[str, str]) -> dict[str, str]:
    return {k.strip(): "" if v.strip().lower() in _NULL else v.strip() for k, v in cells.items()}


def _read_config(path: Path, problems: list[Problem]) -> dict[str, float]:
    """Kilometres in the file's unit of length and km/h in its unit of speed."""

    def report(severity: str, column: str, value: str, message: str, allowed: str = "") -> None:
        problems.append(Problem(severity, "config.csv", 0, column, value, message, allowed))

    if not path.is_file():
        report("warning", "", "", "no config.csv: km, km/h and degrees (WGS 84) are supposed")
        return {"length": 1.0, "speed": 1.0}
    rows, found = read_cells(path, ("long_length", "speed", "crs"))
    problems.extend(found)
    cells = _clean(rows[0][1]) if rows else {}
    factors = {}
    for name, field, units in (("length", "long_length", LENGTH_KM), ("speed", "speed", SPEED_KMH)):
        unit = cells.get(field, "")
        if unit and unit.lower() not in units:
            report("error", field, unit, "unit is not known", ", ".join(units))
        elif not unit:
            report("warning", field, "", f"no unit: {'km' if name == 'length' else 'km/h'} is supposed")
        factors[name] = units.get(unit.lower(), 1.0)
    crs = cells.get("crs", "")
    if crs and crs.lower() not in DEGREES:
        report("error", "crs", crs, "coordinates are not degrees", "EPSG:4326; reproject the file first")
    return factors


def _read_geometries(path: Path, problems: list[Problem]) -> dict[str, str]:
    """WKT by geometry_id; links may name one instead of carrying their own."""
    if not path.is_file():
        return {}
    rows, found = read_cells(path, ("geometry_id", "geometry"), max_bytes=MAX_BYTES)
    problems.extend(found)
    cleaned = (_clean(cells) for _, cells in rows)
    return {cells["geometry_id"]: cells.get("geometry", "") for cells in cleaned if cells.get("geometry_id")}


def _convert(
    rows: Sequence[tuple[int, dict[str, str]]],
    file: str,
    spec: TableSpec,
    names: Mapping[str, str],
    fill: Filler,
    problems: list[Problem],
) -> pl.DataFrame:
    """Rows under the case's names, filled and read by its schema."""
    ready: list[tuple[int, dict[str, str]]] = []
    filled: dict[tuple[str, str], list[int]] = {}
    left: set[str] = set()
    for number, cells in rows:
        own = {c: v for c, v in cells.items() if c in spec.column_names}
        own |= {column: cells[field] for field, column in names.items() if cells.get(field)}
        left |= {c for c, v in cells.items() if v and c not in own and c not in names and c not in _DERIVED}

        def note(column: str, message: str, value: str, number: int = number) -> None:
            filled.setdefault((column, message), []).append(number)

        fill(own, cells, note)
        ready.append((number, own))
    problems += [
        Problem("warning", file, numbers[0], column, "", message + _counted(numbers))
        for (column, message), numbers in filled.items()
    ]
    problems += [
        Problem("warning", file, 1, name, "", "field left out: no such column") for name in sorted(left)
    ]
    if not ready:
        return empty_table(spec)
    table, found = read_rows(ready, spec, file)
    problems += found
    return table


_DERIVED = {"geometry", "geometry_id", "dir_flag", "name"}


def _counted(numbers: Sequence[int]) -> str:
    return f" ({len(numbers)} rows)" if len(numbers) > 1 else ""


def _missing(own: dict[str, str], fill: Mapping[str, str], note: Note) -> None:
    for column, value in fill.items():
        if value and not own.get(column):
            own[column] = value
            note(column, f"missing: {value} is supposed", value)


def _node_filler(fill: Mapping[str, str]) -> Filler:
    kinds = load_schema()["nodes"].column("kind").allowed

    def run(own: dict[str, str], cells: dict[str, str], note: Note) -> None:
        _missing(own, fill, note)
        if not own.get("name"):
            own["name"] = own.get("node_id", "")
            note("name", "missing: the node_id is supposed", "")
        if own.get("kind") not in kinds:
            note("kind", f"node_type {own.get('kind') or 'missing'}: junction is supposed", "")
            own["kind"] = "junction"

    return run


def _link_filler(
    fill: Mapping[str, str],
    config: Mapping[str, float],
    places: Mapping[str, tuple[float | None, float | None]],
    lines: Mapping[str, str],
) -> Filler:
    modes = load_schema()["links"].column("mode").allowed

    def run(own: dict[str, str], cells: dict[str, str], note: Note) -> None:
        own["mode"] = cells.get("mode") or own.get("mode", "")
        if own["mode"] not in modes:
            guess = _mode_of(f"{own['mode']} {cells.get('allowed_uses', '')}")
            note("mode", f"facility_type {own['mode'] or 'missing'}: {guess} is supposed", "")
            own["mode"] = guess
        sea = own["mode"] in ("sea", "ferry")
        _missing(own, {**fill, "state": "open", "country": "" if sea else fill["country"]}, note)
        _scale(own, cells, "length", "length_km", config["length"])
        _scale(own, cells, "free_speed", "speed_kmh", config["speed"])
        if not own.get("length_km"):
            line = cells.get("geometry") or lines.get(cells.get("geometry_id", ""), "")
            km = _way_km(own, line, places)
            if km is not None:
                own["length_km"] = repr(km)
                note("length_km", "missing: measured along the geometry, or straight", "")

    return run


def _mode_of(text: str) -> str:
    lowered = text.lower()
    for mode, words in (("ferry", ("ferry",)), ("sea", ("ship", "maritime")), ("rail", ("rail", "train"))):
        if any(w in lowered for w in words):
            return mode
    return "road"


def _scale(own: dict[str, str], cells: Mapping[str, str], field: str, column: str, factor: float) -> None:
    """A GMNS figure in the case's unit; a text that is no number is left for the schema to refuse."""
    if not cells.get(field) or factor == 1.0:
        return
    try:
        own[column] = repr(float(cells[field]) * factor)
    except ValueError:
        own[column] = cells[field]


def _way_km(
    own: Mapping[str, str], geometry: str, places: Mapping[str, tuple[float | None, float | None]]
) -> float | None:
    points = read_linestring(geometry)
    if not points:
        ends = [places.get(own.get(c, ""), (None, None)) for c in ("from_node_id", "to_node_id")]
        if any(lat is None or lon is None for lat, lon in ends):
            return None
        points = [(lon, lat) for lat, lon in ends if lat is not None and lon is not None]
    lon, lat = zip(*points, strict=True)
    return float(great_circle_km(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum())


def read_linestring(text: str) -> list[tuple[float, float]]:
    """Points of a WKT LINESTRING; empty where the text is none, or has under two points.

    >>> read_linestring("LINESTRING (60 45, 60.5 44)")
    [(60.0, 45.0), (60.5, 44.0)]
    """
    found = _POINT.search(text)
    if not text.upper().startswith("LINESTRING") or not found:
        return []
    try:
        points = [tuple(map(float, pair.split()[:2])) for pair in found[1].split(",")]
    except ValueError:
        return []
    good = len(points) > 1 and all(len(p) == 2 and all(map(math.isfinite, p)) for p in points)
    return [(p[0], p[1]) for p in points] if good else []


def _lost_ends(
    links: pl.DataFrame, places: Mapping[str, object], file: str, numbers: Sequence[int]
) -> list[Problem]:
    problems = []
    for number, row in zip(numbers, links.iter_rows(named=True), strict=True):
        for column in ("from_node_id", "to_node_id"):
            if row[column] is not None and row[column] not in places:
                problems.append(
                    Problem(
                        "error", file, number, column, row[column], "no such node", "a node_id of node.csv"
                    )
                )
        if row["from_node_id"] is not None and row["from_node_id"] == row["to_node_id"]:
            problems.append(
                Problem("error", file, number, "to_node_id", row["to_node_id"], "link joins a node to itself")
            )
    return problems
