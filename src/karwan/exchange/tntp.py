"""Reader of TNTP files, the text format of the transportation field's public test networks.

Format: `<NAME> value` lines up to `<END OF METADATA>`, then rows ending in `;`; `~` starts a comment.
Provider of the public collection: Transportation Networks for Research Core Team,
https://github.com/bstabler/TransportationNetworks. The reader changes nothing: units stay those of the file.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.errors import InvalidInput, KarwanError
from karwan.exchange.tntp_header import LANES, LINK_COLUMNS, PER_LANE, STANDARD, Header, read_header
from karwan.transport.assignment import AssignmentNetwork

MAX_BYTES = 25_000_000  # of links or flows: one refused at its last line then ends below 500 MB of memory
TRIPS_BYTES = 500_000_000  # they go into a matrix line by line
MAX_LINE = 1_000_000
MOST = 10**9  # of a count or a number of a node
MOST_ZONES = 10_000  # a matrix of trips between them takes 0.8 GB
FEW_NODES = 1_000  # so many may be declared whatever the links are
GREATEST = {"capacity": 1e12, "length": 1e12, "free_flow_time": 1e9, "b": 1e12, "power": 100.0, LANES: 1e4}
OTHERWISE = {"length": "0", "speed": "0", "toll": "0", "link_type": "1"}
"""What a file has that does not name the column."""


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
        One row a link in file order: `LINK_COLUMNS`, in the units of the file. Capacity is that of the whole link: a
        capacity per lane is multiplied by the lanes.
    header
        Columns of the file.
    lanes
        Lanes of each link; None where the file has none.
    """

    n_zones: int
    n_nodes: int
    first_thru_node: int
    links: pl.DataFrame
    header: Header = STANDARD
    lanes: pl.Series | None = None

    def arrays(self, *, toll_weight: float = 0.0, length_weight: float = 0.0) -> AssignmentNetwork:
        """The network as `assign` takes it, with the file's own BPR parameters.

        Parameters
        ----------
        toll_weight, length_weight
            Time per unit of toll and of length in the generalised cost; each network's page states its own
            (zero for Sioux Falls and Anaheim).
        """
        columns = {name: self.links[name].to_numpy() for name in LINK_COLUMNS}
        flat = self.constant
        return AssignmentNetwork(
            from_node=columns["from_node_id"] - 1,
            to_node=columns["to_node_id"] - 1,
            n_nodes=self.n_nodes,
            n_zones=self.n_zones,
            first_thru=self.first_thru_node - 1,
            free_flow_time=columns["free_flow_time"],
            capacity=np.where(flat & (columns["capacity"] <= 0.0), 1.0, columns["capacity"]),
            fixed_cost=toll_weight * columns["toll"] + length_weight * columns["length"],
            parameters={
                "alpha": np.where(columns["free_flow_time"] == 0.0, 0.0, columns["b"]),
                "beta": np.where(flat, 0.0, columns["power"]),
            },
            first_number=1,
        )

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Links whose time does not depend on the volume (b, power or free-flow time of 0), shape (L,)."""
        columns = [self.links[name].to_numpy() == 0.0 for name in ("b", "power", "free_flow_time")]
        return np.asarray(np.logical_or.reduce(columns))


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


def sibling(net: Path, kind: str) -> Path:
    """File of another kind ('trips', 'flow', 'node') of the same network; the plural where only that is there.

    >>> sibling(Path("SiouxFalls_net.tntp"), "trips").name
    'SiouxFalls_trips.tntp'
    """
    stem = net.name.removesuffix(".tntp").removesuffix("_net")
    usual, plural = (net.with_name(f"{stem}_{word}.tntp") for word in (kind, f"{kind}s"))
    return plural if plural.is_file() and not usual.is_file() else usual


# -- text ----------------------------------------------------------------------------------------------------


def _lines(path: Path, most: int = MAX_BYTES) -> Iterator[tuple[int, str]]:
    """Number and text of each line, one at a time."""
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", fix="name the file.")
    if path.stat().st_size > most:
        seen = f"{path.stat().st_size / 1e6:,.0f} MB"
        raise MalformedTntp(f"{path.name} is too large", seen, f"give at most {most / 1e6:,.0f} MB")
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as file:
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise _wrong(path, number, "a line is too long", line, f"at most {MAX_LINE:,} characters")
                yield number, line.rstrip("\n")
    except UnicodeDecodeError as error:
        raise MalformedTntp(
            f"{path.name} is not text",
            f"after line {number}: {error.object[error.start : error.start + 1]!r}",
            "give a TNTP text file in UTF-8",
        ) from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read.", str(error.strerror), "name another file.") from None


def _wrong(path: Path, line: int, fact: str, seen: str, expected: str) -> MalformedTntp:
    where = f"line {line}: {seen[:80]!r}" if line else seen
    return MalformedTntp(f"{path.name}: {fact}", where, f"expected {expected}")


def _number(
    path: Path, line: int, text: str, name: str, *, minimum: float = -math.inf, maximum: float = math.inf
) -> float:
    try:
        value = float(text if text.isascii() and "_" not in text else "no number")
    except ValueError:
        raise _wrong(path, line, f"{name} is not a number", text, f"a number for {name}") from None
    if not math.isfinite(value) or not minimum <= value <= maximum:
        least = "" if minimum == -math.inf else f" of at least {minimum:g}"
        most = "" if maximum == math.inf else f"{' and' if least else ' of'} at most {maximum:g}"
        raise _wrong(path, line, f"{name} is out of range", text, f"a finite number{least}{most}")
    return value


def _whole(path: Path, line: int, text: str, name: str, low: int, high: int) -> int:
    value = _number(path, line, text, name)
    if value != int(value) or not low <= value <= high:
        raise _wrong(path, line, f"{name} is out of range", text, f"a whole number from {low} to {high}")
    return int(value)


def _metadata(path: Path, lines: Iterator[tuple[int, str]], needed: tuple[str, ...]) -> dict[str, str]:
    """Metadata by name, read up to its end; refuses what is missing."""
    found: dict[str, str] = {}
    number, raw = 0, ""
    for number, raw in lines:
        text = raw.strip()
        if not text or text.startswith("~"):
            continue
        if not text.startswith("<") or ">" not in text:
            raise _wrong(
                path, number, "metadata does not end", text, "<END OF METADATA> before the first row"
            )
        name, _, value = text[1:].partition(">")
        name = name.strip().upper()
        if name == "END OF METADATA":
            missing = [n for n in needed if n not in found]
            if missing:
                seen = f"missing {', '.join(missing)}"
                raise _wrong(path, 0, "metadata is incomplete", seen, "one line for each")
            return found
        if name in needed and name in found:
            raise _wrong(path, number, f"<{name}> stands twice", text, "each name once")
        found[name] = value.partition("~")[0].strip()
    raise _wrong(path, number, "metadata does not end", raw, "<END OF METADATA>")


def _count(path: Path, found: dict[str, str], name: str, most: int = MOST) -> int:
    return _whole(path, 0, found[name], f"<{name}>", 1, most)


def _rows(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for number, raw in lines:
        text = raw.partition("~")[0].strip()
        if text:
            yield number, text


# -- network -------------------------------------------------------------------------------------------------


def read_network(path: str | Path) -> TntpNetwork:
    """Read a `*_net.tntp` file.

    Columns are those its header line names, whatever their order; without such a line the standard order is supposed.
    Columns that are not known are left out and named in `header.unknown`.

    Raises
    ------
    MalformedTntp
        With line number and what was expected: missing metadata or columns, wrong number of fields or links, more nodes
        than the links can join, a field that is not a finite number, nodes out of range, negative capacity, time, length,
        toll, b or power, a capacity per lane without lanes.
    """
    path = Path(path)
    lines = _lines(path)
    needed = ("NUMBER OF ZONES", "NUMBER OF NODES", "FIRST THRU NODE", "NUMBER OF LINKS")
    found = _metadata(path, lines, needed)
    n_zones = _count(path, found, needed[0], MOST_ZONES)
    n_nodes, n_links = (_count(path, found, name) for name in (needed[1], needed[3]))
    if n_zones > n_nodes:
        raise _wrong(
            path, 0, "more zones than nodes", f"{n_zones} zones, {n_nodes} nodes", "zones to be nodes"
        )
    first_thru = _whole(path, 0, found[needed[2]], "<FIRST THRU NODE>", 1, n_nodes + 1)
    header, rows = _links(path, lines, n_nodes)
    if len(rows) != n_links:
        raise _wrong(
            path, 0, "the number of links differs", f"{len(rows)} rows", f"{n_links} as in <NUMBER OF LINKS>"
        )
    if n_nodes > max(FEW_NODES, 2 * n_links):
        seen = f"{n_nodes:,} nodes, {n_links:,} links"
        raise _wrong(path, 0, "more nodes than the links can join", seen, "at most two nodes a link")
    whole = ("from_node_id", "to_node_id", "link_type")
    schema = {name: pl.Int64 if name in whole else pl.Float64 for name in (*LINK_COLUMNS, LANES)}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    lanes = table[LANES] if LANES in header.columns else None
    return TntpNetwork(n_zones, n_nodes, first_thru, table.drop(LANES), header, lanes)


def _links(
    path: Path, lines: Iterator[tuple[int, str]], n_nodes: int
) -> tuple[Header, list[tuple[int | float, ...]]]:
    """Columns, and the fields of each link in the order of `LINK_COLUMNS` with the lanes behind."""
    header = STANDARD
    rows: list[tuple[int | float, ...]] = []
    for number, raw in lines:
        text, _, comment = raw.partition("~")
        text = text.strip()
        named = read_header(text or comment, number) if not rows else None
        if named is not None:
            header = _checked(path, named, text if text else comment)
        elif text:
            fields = text.rstrip("; \t").split()
            if len(fields) != len(header.columns):
                expected = f"{len(header.columns)} fields ({' '.join(header.columns)}) and ;"
                raise _wrong(path, number, f"{len(fields)} fields", text, expected)
            rows.append(_link(path, number, dict(zip(header.columns, fields, strict=True)), n_nodes))
    return header, rows


def _checked(path: Path, header: Header, text: str) -> Header:
    """A header that names what a link needs, once."""
    if header.twice:
        names = ", ".join(header.twice)
        raise _wrong(path, header.line, f"the header names {names} twice", text.strip(), "each column once")
    if header.missing:
        names = ", ".join(header.missing)
        raise _wrong(
            path, header.line, f"the header does not name {names}", text.strip(), "a column for each"
        )
    if PER_LANE in header.columns and LANES not in header.columns:
        expected = "a column lanes, or the capacity of the whole link"
        raise _wrong(path, header.line, "the capacity is one per lane", text.strip(), expected)
    return header


def _link(path: Path, line: int, fields: dict[str, str], n_nodes: int) -> tuple[int | float, ...]:
    ends = [_whole(path, line, fields[name], name, 1, n_nodes) for name in LINK_COLUMNS[:2]]
    shown = " ".join(fields.values())
    if ends[0] == ends[1]:
        raise _wrong(path, line, "a link joins a node to itself", shown, "two different nodes")

    def value(name: str) -> float:
        text = fields.get(name, OTHERWISE.get(name, ""))
        return _number(path, line, text, name, minimum=0.0, maximum=GREATEST.get(name, 1e12))

    lanes = value(LANES) if LANES in fields else math.nan
    capacity = value(PER_LANE) * lanes if PER_LANE in fields else value("capacity")
    numbers = [capacity, *(value(name) for name in LINK_COLUMNS[3:9])]
    free_time, b = numbers[2:4]
    if capacity == 0.0 and b > 0.0 and free_time > 0.0:
        raise _wrong(path, line, "capacity is zero", shown, "a positive capacity where b is positive")
    kind = _whole(path, line, fields.get("link_type", OTHERWISE["link_type"]), "link_type", -MOST, MOST)
    return *ends, *numbers, kind, lanes


# -- trips, nodes, flows -------------------------------------------------------------------------------------


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
    lines = _lines(path, TRIPS_BYTES)
    found = _metadata(path, lines, ("NUMBER OF ZONES", "TOTAL OD FLOW"))
    n_zones = _count(path, found, "NUMBER OF ZONES", MOST_ZONES)
    declared = _number(path, 0, found["TOTAL OD FLOW"], "<TOTAL OD FLOW>", minimum=0.0)
    pairs, numbers, trips = array("q"), array("q"), array("d")
    for line, origin, destination, amount in _entries(path, lines, n_zones):
        pairs.append((origin - 1) * n_zones + destination - 1)
        numbers.append(line)
        trips.append(amount)
    _refuse_twice(path, np.asarray(pairs), numbers, n_zones)
    total = math.fsum(trips)
    if abs(total - declared) > total_tolerance * max(declared, 1e-300):
        raise _wrong(
            path, 0, "the total differs", f"{total:.10g} read, {declared:.10g} declared", "equal totals"
        )
    keys = pl.Series(np.asarray(pairs, dtype=np.int64))
    table = {"origin_id": keys // n_zones + 1, "destination_id": keys % n_zones + 1}
    return TntpTrips(n_zones, pl.DataFrame({**table, "trips": np.asarray(trips, dtype=np.float64)}))


def _entries(
    path: Path, lines: Iterator[tuple[int, str]], n_zones: int
) -> Iterator[tuple[int, int, int, float]]:
    """Line, origin, destination and trips of each entry."""
    origin = 0
    for line, text in _rows(lines):
        words = text.rstrip("; \t").split()
        if words and words[0].lower() == "origin":
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
            to = _whole(path, line, destination, "destination", 1, n_zones)
            yield line, origin, to, _number(path, line, value, "trips", minimum=0.0, maximum=1e15)


def _refuse_twice(path: Path, pairs: NDArray[np.int64], lines: array[int], n_zones: int) -> None:
    order = np.argsort(pairs, kind="stable")
    again = order[1:][pairs[order][1:] == pairs[order][:-1]]
    if again.size:
        first = int(again.min())
        origin, destination = (int(n) + 1 for n in divmod(int(pairs[first]), n_zones))
        name = f"{origin}-{destination}"
        raise _wrong(path, lines[first], f"pair {name} is stated twice", name, "each pair once")


def read_nodes(path: str | Path) -> pl.DataFrame:
    """Read a `*_node.tntp` file: node_id, x, y (degrees or plane coordinates, as the file has them)."""
    return _table(Path(path), ("node_id", "x", "y"), n_ids=1)


def read_flows(path: str | Path) -> pl.DataFrame:
    """Read a `*_flow.tntp` file: from_node_id, to_node_id, volume, cost per link, the best-known solution."""
    return _table(Path(path), ("from_node_id", "to_node_id", "volume", "cost"), n_ids=2)


def _table(path: Path, columns: tuple[str, ...], n_ids: int) -> pl.DataFrame:
    """Rows under one header line; ids unique."""
    lines = _rows(_lines(path))
    line, header = next(lines, (1, ""))
    if not header or header[0].isdigit():
        raise _wrong(path, line, "the header line is missing", header, " ".join(columns))
    rows: dict[tuple[int, ...], tuple[int | float, ...]] = {}
    for line, text in lines:
        fields = text.replace(":", " ").rstrip("; \t").split()
        if len(fields) != len(columns):
            raise _wrong(
                path, line, f"{len(fields)} fields", text, f"{len(columns)} fields ({' '.join(columns)})"
            )
        key = tuple(_whole(path, line, f, n, 1, MOST) for f, n in zip(fields[:n_ids], columns, strict=False))
        if key in rows:
            raise _wrong(path, line, "a row is stated twice", text, "each node or link once")
        rest = (_number(path, line, f, n) for f, n in zip(fields[n_ids:], columns[n_ids:], strict=True))
        rows[key] = (*key, *rest)
    schema = {n: pl.Int64 if i < n_ids else pl.Float64 for i, n in enumerate(columns)}
    return pl.DataFrame(list(rows.values()), schema=schema, orient="row")
