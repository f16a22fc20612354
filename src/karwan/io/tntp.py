"""Reader of TNTP files, the text format of the transportation field's public test networks.

Format: `<NAME> value` lines up to `<END OF METADATA>`, then rows ending in `;`; `~` starts a comment.
Provider of the public collection: Transportation Networks for Research Core Team,
https://github.com/bstabler/TransportationNetworks. The reader changes nothing: units stay those of the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.errors import InvalidInput, KarwanError
from karwan.models.assignment import AssignmentNetwork

LINK_COLUMNS = (
    "from_node_id",
    "to_node_id",
    "capacity",
    "length",
    "free_flow_time",
    "b",
    "power",
    "speed",
    "toll",
    "link_type",
)


class MalformedTntp(KarwanError, ValueError):
    """A TNTP file does not hold what the format promises."""


@dataclass(frozen=True)
class TntpNetwork:
    """A network file.

    Attributes
    ----------
    n_zones, n_nodes, first_thru_node
        As declared; nodes are 1..n_nodes, zones 1..n_zones, and routes do not pass through nodes below
        first_thru_node.
    links
        One row a link in file order: `LINK_COLUMNS`, in the units of the file.
    """

    n_zones: int
    n_nodes: int
    first_thru_node: int
    links: pl.DataFrame

    def arrays(self, *, toll_weight: float = 0.0, length_weight: float = 0.0) -> AssignmentNetwork:
        """The network as `assign` takes it, with the file's own BPR parameters.

        Parameters
        ----------
        toll_weight, length_weight
            Time per unit of toll and of length in the generalised cost; each network's page states its own
            (zero for Sioux Falls and Anaheim).
        """
        columns = {name: self.links[name].to_numpy() for name in LINK_COLUMNS}
        flat = (columns["b"] == 0.0) | (columns["free_flow_time"] == 0.0)
        return AssignmentNetwork(
            from_node=columns["from_node_id"] - 1,
            to_node=columns["to_node_id"] - 1,
            n_nodes=self.n_nodes,
            n_zones=self.n_zones,
            first_thru=self.first_thru_node - 1,
            free_flow_time=columns["free_flow_time"],
            capacity=np.where(flat & (columns["capacity"] <= 0.0), 1.0, columns["capacity"]),
            fixed_cost=toll_weight * columns["toll"] + length_weight * columns["length"],
            parameters={"alpha": columns["b"], "beta": columns["power"]},
        )


@dataclass(frozen=True)
class TntpTrips:
    """A trip table: one row a stated pair (origin_id, destination_id, trips), zeros included."""

    n_zones: int
    demand: pl.DataFrame

    def matrix(self) -> NDArray[np.float64]:
        """Trips from row to column, shape (n_zones, n_zones); pairs the file does not state are zero."""
        trips = np.zeros((self.n_zones, self.n_zones))
        rows = self.demand["origin_id"].to_numpy() - 1
        columns = self.demand["destination_id"].to_numpy() - 1
        trips[rows, columns] = self.demand["trips"].to_numpy()
        return trips


def network_file(path: str | Path) -> Path:
    """The `*_net.tntp` file a path names, or the only one in the folder it names.

    Raises
    ------
    InvalidInput
        No such file or folder, or a folder with none or several networks.
    """
    path = Path(path)
    if path.is_file():
        return path
    if not path.is_dir():
        raise InvalidInput(f"{path} is neither a file nor a folder.", fix="name the *_net.tntp file.")
    found = sorted(path.glob("*_net.tntp"))
    if len(found) != 1:
        raise InvalidInput(
            f"{path} holds {len(found)} files *_net.tntp.",
            ", ".join(p.name for p in found) or "none",
            "name one of them." if found else "give a folder that holds the network.",
        )
    return found[0]


def beside(net: Path, kind: str) -> Path:
    """File of another kind ('trips', 'flow', 'node') of the same network.

    >>> beside(Path("SiouxFalls_net.tntp"), "trips").name
    'SiouxFalls_trips.tntp'
    """
    return net.with_name(f"{net.name.removesuffix('.tntp').removesuffix('_net')}_{kind}.tntp")


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", fix="name the file.")
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise MalformedTntp(
            f"{path.name} is not text", f"byte {error.start}", "give a TNTP text file"
        ) from None


def _wrong(path: Path, line: int, fact: str, seen: str, expected: str) -> MalformedTntp:
    where = f"line {line}: {seen[:80]!r}" if line else seen
    return MalformedTntp(f"{path.name}: {fact}", where, f"expected {expected}")


def _number(path: Path, line: int, text: str, name: str, *, minimum: float = -math.inf) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _wrong(path, line, f"{name} is not a number", text, f"a number for {name}") from None
    if not math.isfinite(value) or value < minimum:
        expected = "a finite number" if minimum == -math.inf else f"a finite number of at least {minimum:g}"
        raise _wrong(path, line, f"{name} is out of range", text, expected)
    return value


def _whole(path: Path, line: int, text: str, name: str, low: int, high: int) -> int:
    value = _number(path, line, text, name)
    if value != int(value) or not low <= value <= high:
        raise _wrong(path, line, f"{name} is out of range", text, f"a whole number from {low} to {high}")
    return int(value)


def _metadata(path: Path, lines: list[str], needed: tuple[str, ...]) -> tuple[dict[str, str], int]:
    """Metadata by name, and the index of the first line after it; refuses what is missing."""
    found: dict[str, str] = {}
    for index, raw in enumerate(lines):
        text = raw.strip()
        if not text or text.startswith("~"):
            continue
        if not text.startswith("<") or ">" not in text:
            raise _wrong(
                path, index + 1, "metadata does not end", text, "<END OF METADATA> before the first row"
            )
        name, _, value = text[1:].partition(">")
        if name.strip().upper() == "END OF METADATA":
            missing = [n for n in needed if n not in found]
            if missing:
                raise _wrong(
                    path, 0, "metadata is incomplete", f"missing {', '.join(missing)}", "one line for each"
                )
            return found, index + 1
        found[name.strip().upper()] = value.strip()
    raise _wrong(path, len(lines), "metadata does not end", lines[-1] if lines else "", "<END OF METADATA>")


def _count(path: Path, found: dict[str, str], name: str) -> int:
    return _whole(path, 0, found[name], f"<{name}>", 1, 10**9)


def _rows(lines: list[str], start: int) -> Iterator[tuple[int, str]]:
    for index in range(start, len(lines)):
        text = lines[index].partition("~")[0].strip()
        if text:
            yield index + 1, text


def read_network(path: str | Path) -> TntpNetwork:
    """Read a `*_net.tntp` file.

    Raises
    ------
    MalformedTntp
        With line number and what was expected: missing metadata, wrong number of fields or links, a field
        that is not a finite number, nodes out of range, negative capacity, time, length, toll, b or power.
    """
    path = Path(path)
    lines = _lines(path)
    needed = ("NUMBER OF ZONES", "NUMBER OF NODES", "FIRST THRU NODE", "NUMBER OF LINKS")
    found, start = _metadata(path, lines, needed)
    n_zones, n_nodes, n_links = (_count(path, found, name) for name in (needed[0], needed[1], needed[3]))
    if n_zones > n_nodes:
        raise _wrong(
            path, 0, "more zones than nodes", f"{n_zones} zones, {n_nodes} nodes", "zones to be nodes"
        )
    first_thru = _whole(path, 0, found[needed[2]], "<FIRST THRU NODE>", 1, n_nodes + 1)
    rows = []
    for line, text in _rows(lines, start):
        fields = text.rstrip(";").split()
        if len(fields) != len(LINK_COLUMNS):
            expected = f"{len(LINK_COLUMNS)} fields ({' '.join(LINK_COLUMNS)}) and ;"
            raise _wrong(path, line, f"{len(fields)} fields", text, expected)
        rows.append(_link(path, line, fields, n_nodes))
    if len(rows) != n_links:
        raise _wrong(
            path, 0, "the number of links differs", f"{len(rows)} rows", f"{n_links} as in <NUMBER OF LINKS>"
        )
    schema = {
        n: pl.Int64 if n in ("from_node_id", "to_node_id", "link_type") else pl.Float64 for n in LINK_COLUMNS
    }
    return TntpNetwork(n_zones, n_nodes, first_thru, pl.DataFrame(rows, schema=schema, orient="row"))


def _link(path: Path, line: int, fields: list[str], n_nodes: int) -> tuple[int | float, ...]:
    ends = tuple(_whole(path, line, f, n, 1, n_nodes) for f, n in zip(fields[:2], LINK_COLUMNS, strict=False))
    if ends[0] == ends[1]:
        raise _wrong(path, line, "a link joins a node to itself", " ".join(fields), "two different nodes")
    numbers = [_number(path, line, fields[i], LINK_COLUMNS[i], minimum=0.0) for i in range(2, 9)]
    capacity, _, free_time, b = numbers[:4]
    if capacity == 0.0 and b > 0.0 and free_time > 0.0:
        raise _wrong(
            path, line, "capacity is zero", " ".join(fields), "a positive capacity where b is positive"
        )
    return *ends, *numbers, int(_number(path, line, fields[9], "link_type"))


def read_trips(path: str | Path, *, total_tolerance: float = 1e-4) -> TntpTrips:
    """Read a `*_trips.tntp` file.

    Parameters
    ----------
    total_tolerance
        Largest relative difference allowed between the trips read and <TOTAL OD FLOW>; some published files
        round that total, `inf` turns the check off.

    Raises
    ------
    MalformedTntp
        With line number and what was expected: a pair before any origin, a pair stated twice, zones out of
        range, negative or non-finite trips, an entry that is not `destination : trips;`, a total that
        differs.
    """
    path = Path(path)
    lines = _lines(path)
    found, start = _metadata(path, lines, ("NUMBER OF ZONES", "TOTAL OD FLOW"))
    n_zones = _count(path, found, "NUMBER OF ZONES")
    trips: dict[tuple[int, int], float] = {}
    origin = 0
    for line, text in _rows(lines, start):
        words = text.split()
        if words[0].lower() == "origin":
            if len(words) != 2:
                raise _wrong(path, line, "an origin line is not readable", text, "Origin and one zone")
            origin = _whole(path, line, words[1], "origin", 1, n_zones)
            continue
        if not origin:
            raise _wrong(path, line, "trips stand before any origin", text, "an Origin line first")
        for entry in filter(None, (part.strip() for part in text.split(";"))):
            destination, colon, value = (part.strip() for part in entry.partition(":"))
            if not colon:
                raise _wrong(path, line, "an entry is not readable", entry, "destination : trips ;")
            pair = (origin, _whole(path, line, destination, "destination", 1, n_zones))
            if pair in trips:
                raise _wrong(path, line, f"pair {pair[0]}-{pair[1]} is stated twice", entry, "each pair once")
            trips[pair] = _number(path, line, value, "trips", minimum=0.0)
    declared = _number(path, 0, found["TOTAL OD FLOW"], "<TOTAL OD FLOW>", minimum=0.0)
    total = math.fsum(trips.values())
    if abs(total - declared) > total_tolerance * max(declared, 1e-300):
        raise _wrong(
            path, 0, "the total differs", f"{total:.10g} read, {declared:.10g} declared", "equal totals"
        )
    schema = {"origin_id": pl.Int64, "destination_id": pl.Int64, "trips": pl.Float64}
    table = [(o, d, v) for (o, d), v in trips.items()]
    return TntpTrips(n_zones, pl.DataFrame(table, schema=schema, orient="row"))


def read_nodes(path: str | Path) -> pl.DataFrame:
    """Read a `*_node.tntp` file: node_id, x, y (degrees or plane coordinates, as the file has them)."""
    return _table(Path(path), ("node_id", "x", "y"), n_ids=1)


def read_flows(path: str | Path) -> pl.DataFrame:
    """Read a `*_flow.tntp` file: from_node_id, to_node_id, volume, cost per link, the best-known solution."""
    return _table(Path(path), ("from_node_id", "to_node_id", "volume", "cost"), n_ids=2)


def _table(path: Path, columns: tuple[str, ...], n_ids: int) -> pl.DataFrame:
    """Rows under one header line; ids unique."""
    lines = list(_rows(_lines(path), 0))
    if not lines or lines[0][1].split()[0][0].isdigit():
        raise _wrong(path, 1, "the header line is missing", lines[0][1] if lines else "", " ".join(columns))
    rows: dict[tuple[int, ...], tuple[int | float, ...]] = {}
    for line, text in lines[1:]:
        fields = text.replace(":", " ").rstrip(";").split()
        if len(fields) != len(columns):
            raise _wrong(
                path, line, f"{len(fields)} fields", text, f"{len(columns)} fields ({' '.join(columns)})"
            )
        key = tuple(_whole(path, line, f, n, 1, 10**9) for f, n in zip(fields[:n_ids], columns, strict=False))
        if key in rows:
            raise _wrong(path, line, "a row is stated twice", text, "each node or link once")
        rest = (_number(path, line, f, n) for f, n in zip(fields[n_ids:], columns[n_ids:], strict=True))
        rows[key] = (*key, *rest)
    schema = {n: pl.Int64 if i < n_ids else pl.Float64 for i, n in enumerate(columns)}
    return pl.DataFrame(list(rows.values()), schema=schema, orient="row")
