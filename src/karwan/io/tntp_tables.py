"""A TNTP network as nodes and links of a case."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from karwan.errors import InvalidInput
from karwan.io.gmns import LENGTH_KM, NetworkTables
from karwan.io.tntp import TntpNetwork, beside, network_file, read_network, read_nodes
from karwan.schema import load_schema
from karwan.tables.problems import Problem
from karwan.tables.reader import read_rows

TIME_H = {"h": 1.0, "hour": 1.0, "min": 1 / 60, "minute": 1 / 60, "s": 1 / 3600}
"""Hours in a unit of time."""


def read_tntp(
    path: Path,
    *,
    country: str = "",
    source_id: str = "tntp_import",
    length_unit: str = "km",
    time_unit: str = "min",
) -> NetworkTables:
    """Read a `*_net.tntp` file and the `*_node.tntp` file of the same name as tables of a case.

    The format states no units: they are the caller's. Nodes are numbered, so names are the numbers; every link is a
    directed road, `link_id` its place in the file. Speed is length over free-flow time. Capacity (vehicles), b, power and
    toll have no column in a case and are left out, which is listed; `karwan.io.tntp` reads them for assignment.

    Parameters
    ----------
    path
        The `*_net.tntp` file, or a folder that holds one.
    country
        ISO 3166-1 alpha-3 code of every node and link.
    source_id
        Source of every row.
    length_unit, time_unit
        Units of the file: km, mi, m or ft; h, min or s.

    Raises
    ------
    InvalidInput
        No or several network files in the folder, or an unknown unit.
    MalformedTntp
        A file does not hold what the format promises.
    """
    if length_unit not in LENGTH_KM or time_unit not in TIME_H:
        raise InvalidInput(
            f"Units {length_unit!r} and {time_unit!r} are not both known.",
            f"lengths: {', '.join(LENGTH_KM)}; times: {', '.join(TIME_H)}",
            "name one of each.",
        )
    net_path = network_file(path)
    network = read_network(net_path)
    problems = [
        Problem("warning", net_path.name, 0, name, "", "field left out: a case has no such column")
        for name in ("capacity", "b", "power", "toll")
    ]
    node_path = beside(net_path, "node")
    node_rows = _node_rows(node_path, network, country, source_id, problems)
    nodes, found = read_rows(node_rows, load_schema()["nodes"], node_path.name)
    problems += found
    rows = _link_rows(network, LENGTH_KM[length_unit], TIME_H[time_unit], country, source_id)
    links, found = read_rows(rows, load_schema()["links"], net_path.name)
    return NetworkTables(nodes, links, tuple(problems + found))


def _node_rows(
    path: Path, network: TntpNetwork, country: str, source_id: str, problems: list[Problem]
) -> list[tuple[int, dict[str, str]]]:
    """Text rows of the nodes file; without one, or for nodes it lacks, places are missing, which the schema reports."""
    place: dict[int, tuple[float, float]] = {}
    if path.is_file():
        place = {n: (x, y) for n, x, y in read_nodes(path).iter_rows()}
        problems.append(
            Problem("warning", path.name, 0, "x", "", "x and y are supposed to be degrees, WGS 84")
        )
    rows = []
    for number in range(1, network.n_nodes + 1):
        cells = {
            "node_id": str(number),
            "name": str(number),
            "country": country,
            "kind": "city" if number <= network.n_zones else "junction",
            "source_id": source_id,
            "basis": "assumed",
        }
        if number in place:
            cells |= {"lon": repr(place[number][0]), "lat": repr(place[number][1])}
        rows.append((number, cells))
    return rows


def _link_rows(
    network: TntpNetwork, km: float, hours: float, country: str, source_id: str
) -> list[tuple[int, dict[str, str]]]:
    table = network.links.with_columns(
        km=pl.col("length") * km,
        kmh=pl.when(pl.col("free_flow_time") > 0).then(
            pl.col("length") * km / (pl.col("free_flow_time") * hours)
        ),
    )
    rows = []
    for number, row in enumerate(table.iter_rows(named=True), start=1):
        cells = {
            "link_id": str(number),
            "from_node_id": str(row["from_node_id"]),
            "to_node_id": str(row["to_node_id"]),
            "directed": "true",
            "mode": "road",
            "country": country,
            "state": "open",
            "length_km": repr(row["km"]),
            "speed_kmh": "" if row["kmh"] is None else repr(row["kmh"]),
            "source_id": source_id,
            "basis": "assumed",
        }
        rows.append((number, cells))
    return rows
