"""Exchange of the nodes and links of a case as GMNS (General Modeling Network Specification) CSV files.

Format: https://github.com/zephyr-data-specs/GMNS (Apache-2.0), tables node, link and config. GMNS allows fields of
one's own; every column of the case's tables that GMNS has no name for is written under its own name, so that an
export reads back as the same tables.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from karwan.case.problems import Problem
from karwan.case.reader import empty_table, read_cells, read_rows
from karwan.exchange.gmns_places import (
    LENGTH_KM,
    Cells,
    LinkWays,
    figure,
    in_degrees,
    length_unit,
    reference_system,
    srid,
)
from karwan.exchange.gmns_places import read_linestring as read_linestring
from karwan.exports import beside, defused
from karwan.schema import TableSpec, load_schema
from karwan.schema.modes import FERRY, RAIL, ROAD, SEA, WATER_MODES

GMNS_VERSION = "0.95"
MAX_BYTES = 40_000_000  # a file of a network that is refused then ends below 500 MB of memory

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
    "lanes": "lanes",
    "capacity": "capacity_pcu_h_lane",
}
"""GMNS field to column of `links`. GMNS's capacity counts passenger cars an hour and lane; what freight a link takes,
`capacity_t_day`, goes under its own name."""

SPEED_KMH = {
    **dict.fromkeys(
        ("km/h", "kmh", "kph", "kmph", "km/hr", "kilometers per hour", "kilometres per hour", "km per hour"),
        1.0,
    ),
    **dict.fromkeys(("mph", "mi/h", "mi/hr", "mile/h", "miles/h", "miles per hour"), 1.609344),
    **dict.fromkeys(("m/s", "mps"), 3.6),
}
"""Kilometres an hour in a unit of speed that config.csv may name."""

_MILES = {"ft", "foot", "feet", "us-ft", "us survey foot", "us survey feet", "yd", "mi", "mile", "miles"}
"""Units of length beside which a speed without a unit is in miles an hour."""

SHORTEST_KM = 0.0001
"""What a link takes whose two ends lie on one point."""

WITHOUT_GOODS = {
    "bike",
    "bicycle",
    "cycle",
    "walk",
    "walking",
    "foot",
    "ped",
    "pedestrian",
    "pedestrians",
    "peds",
    "b",
    "w",
    "p",
}
"""Uses of a link that carry no goods."""

_NULL = {"nan", "null", "none"}
_WORDS = {"name", "note", "aliases", "node_id", "link_id", "from_node_id", "to_node_id"}
"""Fields in which these are words like others."""

_TRUTH = {"1.0": "true", "0.0": "false", "t": "true", "f": "false", "y": "true", "n": "false"}


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
        {field: field_text(row[column]) for field, column in order.items()}
        for row in table.iter_rows(named=True)
    ]


def field_text(value: object) -> str:
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
        writer.writerows({name: guarded(text) for name, text in row.items()} for row in rows)
    return path


def guarded(text: str) -> str:
    """Text of a cell that no spreadsheet takes for a formula; `bare` brings back what it was.

    >>> guarded("=1+1"), guarded("'=1+1"), guarded("-5.3")
    ("'=1+1", "''=1+1", '-5.3')
    """
    plain = text.lstrip("'")
    return f"'{text}" if defused(plain) != plain else text


def bare(text: str) -> str:
    """Text without the apostrophe that `guarded` set before it.

    >>> bare("'=1+1"), bare("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith("'") and guarded(text) != text else text


# -- import --------------------------------------------------------------------------------------------------


def read_gmns(
    folder: Path, *, country: str = "", source_id: str = "gmns_import", crs: str = ""
) -> NetworkTables:
    """Read node.csv, link.csv and, where there are such, config.csv and geometry.csv as tables of a case.

    What GMNS does not say is filled in and listed as a warning: names, kinds and modes that the case does not know, lengths
    (along the geometry, or straight), source and basis ('assumed'). A link that does not say whether it is directed is taken
    as one-way. Fields the case has no column for are left out and listed once. Coordinates of another reference system become
    degrees.

    Parameters
    ----------
    folder
        Folder that holds the files.
    country
        ISO 3166-1 alpha-3 code of nodes and links that carry none; GMNS has no field for it.
    source_id
        Source of rows that carry none.
    crs
        Reference system of the coordinates where config.csv names none, as EPSG:32642.
    """
    problems: list[Problem] = []
    files: list[tuple[str, list[Cells]]] = []
    for name, fields in (("node", NODE_NAMES), ("link", LINK_NAMES)):
        path = next((p for p in (folder / f"{name}.csv", folder / f"{name}s.csv") if p.is_file()), None)
        if path is None:
            held = ", ".join(sorted(p.name for p in folder.glob("*.csv"))[:8]) if folder.is_dir() else ""
            problems.append(
                Problem("error", f"{name}.csv", 0, "", held, "required file is missing", f"{name}.csv")
            )
            files.append((f"{name}.csv", []))
            continue
        rows, found = read_cells(path, tuple(fields), max_bytes=MAX_BYTES)
        problems += found
        files.append((path.name, [(n, _clean(cells)) for n, cells in rows]))
    (node_file, node_rows), (link_file, link_rows) = files
    config = _read_cleaned(folder / "config.csv", ("long_length", "speed", "crs"), problems)
    shapes = _read_geometries(folder / "geometry.csv", problems)
    named = (config or {}).get("crs") or crs or srid(link_rows, shapes)
    system = reference_system(named, node_file, node_rows, problems)
    node_rows = in_degrees(node_rows, system, node_file, problems)
    fill = {"country": country, "source_id": source_id, "basis": "assumed"}
    nodes = _convert(node_rows, node_file, load_schema()["nodes"], NODE_NAMES, _node_filler(fill), problems)
    places = {n: (lat, lon) for n, lat, lon in nodes.select("node_id", "lat", "lon").iter_rows()}
    ways = LinkWays(places, shapes, system)
    units = _units(config, link_rows, ways, problems)
    filler = _link_filler(fill, units, ways)
    links = _convert(link_rows, link_file, load_schema()["links"], LINK_NAMES, filler, problems)
    problems += _lost_ends(links, places, link_file, [n for n, _ in link_rows])
    return NetworkTables(nodes, links, tuple(problems))


Note = Callable[[str, str, str], None]
Filler = Callable[[dict[str, str], dict[str, str], Note], None]


def _clean(cells: Mapping[str, str]) -> dict[str, str]:
    """Cells under names in small letters, without blanks, apostrophes set for spreadsheets, and words for 'missing'."""
    found: dict[str, str] = {}
    for field, raw in cells.items():
        name, text = field.strip().lower(), bare(raw.strip())
        if name not in found or not found[name]:
            found[name] = "" if text.lower() in _NULL and name not in _WORDS else text
    return found


def _read_cleaned(path: Path, fields: tuple[str, ...], problems: list[Problem]) -> dict[str, str] | None:
    """First row of a file; None where there is no such file."""
    if not path.is_file():
        return None
    rows, found = read_cells(path, fields)
    problems.extend(found)
    return _clean(rows[0][1]) if rows else {}


def _read_geometries(path: Path, problems: list[Problem]) -> dict[str, str]:
    """WKT by geometry_id; links may name one instead of carrying their own."""
    if not path.is_file():
        return {}
    rows, found = read_cells(path, ("geometry_id", "geometry"), max_bytes=MAX_BYTES)
    problems.extend(found)
    cleaned = (_clean(cells) for _, cells in rows)
    return {cells["geometry_id"]: cells.get("geometry", "") for cells in cleaned if cells.get("geometry_id")}


# -- units ----------------------------------------------------------------------------------------------------


def _units(
    config: Mapping[str, str] | None, rows: Sequence[Cells], ways: LinkWays, problems: list[Problem]
) -> dict[str, float]:
    """Kilometres in the file's unit of length and km/h in its unit of speed."""

    def report(severity: str, column: str, value: str, message: str, allowed: str = "") -> None:
        problems.append(Problem(severity, "config.csv", 0, column, value, message, allowed))

    if config is None:
        report("warning", "", "", "no config.csv: units and reference system are supposed")

    def stated(field: str, units: Mapping[str, float], supposed: str, because: str) -> str:
        unit = (config or {}).get(field, "").lower()
        if not unit:
            report("warning", field, "", f"no unit: {supposed} is supposed{because}")
            return supposed
        if unit not in units:
            report("error", field, unit, "unit is not known", ", ".join(units))
        return unit

    likely = length_unit(rows, ways)
    fits = ": such lengths fit the places" if likely in ("m", "ft") else ""
    length = stated("long_length", LENGTH_KM, likely, fits)
    in_miles = length in _MILES
    beside = ", as lengths are in feet or miles" if in_miles else ""
    speed = stated("speed", SPEED_KMH, "mph" if in_miles else "km/h", beside)
    return {"length": LENGTH_KM.get(length, 1.0), "speed": SPEED_KMH.get(speed, 1.0)}


# -- rows ----------------------------------------------------------------------------------------------------


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


def _link_filler(fill: Mapping[str, str], units: Mapping[str, float], ways: LinkWays) -> Filler:
    modes = load_schema()["links"].column("mode").allowed

    def run(own: dict[str, str], cells: dict[str, str], note: Note) -> None:
        own["mode"] = cells.get("mode") or own.get("mode", "")
        if own["mode"] not in modes:
            guess = _mode_of(f"{own['mode']} {cells.get('allowed_uses', '')}")
            note("mode", f"facility_type {own['mode'] or 'missing'}: {guess} is supposed", "")
            own["mode"] = guess
        sea = own["mode"] in WATER_MODES
        _close_to_goods(own, cells, note)
        _missing(own, {**fill, "state": "open", "country": "" if sea else fill["country"]}, note)
        _name_ends(own, ways, note)
        _direct(own, cells, note)
        _scale(own, cells, "length", "length_km", units["length"])
        _scale(own, cells, "free_speed", "speed_kmh", units["speed"])
        _measure(own, cells, ways, note)
        _drop_nothing(own, note)

    return run


def _close_to_goods(own: dict[str, str], cells: Mapping[str, str], note: Note) -> None:
    """A link whose uses are all of people on foot or on a bicycle carries no goods: it is kept, and shut."""
    text = cells.get("allowed_uses", "")
    uses = {use for use in re.split(r"[^a-z]+", text.lower()) if use}
    if uses and uses <= WITHOUT_GOODS and not own.get("state"):
        own["state"] = "closed"
        note("state", "allowed_uses without a vehicle for goods: closed is supposed", text)


def _name_ends(own: dict[str, str], ways: LinkWays, note: Note) -> None:
    """Ends under the ids of the nodes where the two files write one number as 7 and 7.0."""
    for column in ("from_node_id", "to_node_id"):
        end = own.get(column, "")
        other = end.removesuffix(".0") if end.endswith(".0") else f"{end}.0"
        if end and end not in ways.places and other in ways.places:
            own[column] = other
            note(column, "number written with and without .0: the node of that number is supposed", end)


def _direct(own: dict[str, str], cells: Mapping[str, str], note: Note) -> None:
    """One way where the file does not say; left blank, which is an error, where dir_flag says both."""
    text = own.get("directed", "")
    if text:
        own["directed"] = _TRUTH.get(text.lower(), text)
    elif figure(cells.get("dir_flag", "")) == 0.0:
        own["directed"] = "directed is missing and dir_flag 0 says both ways"
    else:
        own["directed"] = "true"
        note("directed", "missing: true (one way, from from_node_id to to_node_id) is supposed", "")


def _measure(own: dict[str, str], cells: Mapping[str, str], ways: LinkWays, note: Note) -> None:
    """Length of a link that has none, along its geometry or straight."""
    if own.get("length_km") and figure(own["length_km"]) != 0.0:
        return
    km = ways.km(cells)
    if km is not None:
        said = "is 0" if own.get("length_km") else "missing"
        own["length_km"] = repr(max(km, SHORTEST_KM))
        note("length_km", f"{said}: measured along the geometry, or straight, 0.1 m at least", "")


def _drop_nothing(own: dict[str, str], note: Note) -> None:
    """Whole lanes as whole numbers; a speed of 0, which nobody drives, as not known."""
    lanes = figure(own.get("lanes", ""))
    if lanes is not None and lanes == int(lanes):
        own["lanes"] = str(int(lanes))
    if figure(own.get("speed_kmh", "")) == 0.0:
        own["speed_kmh"] = ""
        note("speed_kmh", "free_speed is 0: taken as not known", "")


def _mode_of(text: str) -> str:
    lowered = text.lower()
    for mode, words in ((FERRY, ("ferry",)), (SEA, ("ship", "maritime")), (RAIL, ("rail", "train"))):
        if any(w in lowered for w in words):
            return mode
    return ROAD


def _scale(own: dict[str, str], cells: Mapping[str, str], field: str, column: str, factor: float) -> None:
    """A GMNS figure in the case's unit; a text that is no number is left for the schema to refuse."""
    if not cells.get(field) or factor == 1.0:
        return
    try:
        own[column] = repr(float(cells[field]) * factor)
    except ValueError:
        own[column] = cells[field]


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
