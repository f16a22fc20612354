"""A TNTP network as nodes and links of a case."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from karwan.case.problems import Problem
from karwan.case.reader import read_rows
from karwan.errors import InvalidInput
from karwan.exchange.gmns import SHORTEST_KM, NetworkTables
from karwan.exchange.gmns_places import LENGTH_KM
from karwan.exchange.projection import projection
from karwan.exchange.tntp import TntpNetwork, network_file, read_network, read_nodes, sibling
from karwan.numerics.geodesy import great_circle_km
from karwan.schema import load_schema
from karwan.schema.modes import ROAD

TIME_H = {"h": 1.0, "hour": 1.0, "min": 1 / 60, "minute": 1 / 60, "s": 1 / 3600}
"""Hours in a unit of time."""


def read_tntp(
    path: Path,
    *,
    country: str = "",
    source_id: str = "tntp_import",
    length_unit: str = "km",
    time_unit: str = "min",
    crs: str = "",
) -> NetworkTables:
    """Read a `*_net.tntp` file and the `*_node.tntp` file of the same name as tables of a case.

    The format states no units: they are the caller's. Nodes are numbered, so names are the numbers; every link is a
    directed road, `link_id` its place in the file. Speed is length over free-flow time. Capacity is kept as vehicles an hour
    and lane; without a column of lanes the link counts as one lane. A length of 0 becomes the straight way. b, power and toll
    have no column in a case and are left out, which is listed; `karwan.exchange.tntp` reads them for assignment.

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
    crs
        Reference system of the node coordinates, as EPSG:32642; degrees by default.

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
    left_out = ("b", "power", "toll", *network.header.unknown)
    problems = [
        Problem("warning", net_path.name, 0, name, "", "field left out: a case has no such column")
        for name in left_out
    ]
    lanes = "" if network.lanes is not None else ", the link is taken as one lane"
    problems.append(
        Problem("warning", net_path.name, 0, "capacity", "", f"vehicles an hour are supposed{lanes}")
    )
    node_path = sibling(net_path, "node")
    place = _places(node_path, crs, problems)
    node_rows = _node_rows(place, network, country, source_id)
    nodes, found = read_rows(node_rows, load_schema()["nodes"], node_path.name)
    problems += found
    rows = _link_rows(network, LENGTH_KM[length_unit], TIME_H[time_unit], country, source_id)
    problems += _fill_lengths(rows, place, net_path.name)
    links, found = read_rows(rows, load_schema()["links"], net_path.name)
    return NetworkTables(nodes, links, tuple(problems + found))


def _places(path: Path, crs: str, problems: list[Problem]) -> dict[int, tuple[float, float]]:
    """Longitude and latitude of the nodes of a nodes file; none without one."""
    if not path.is_file():
        return {}
    table = read_nodes(path)
    if not crs:
        problems.append(
            Problem("warning", path.name, 0, "x", "", "x and y are supposed to be degrees, WGS 84")
        )
        beyond = table.filter((pl.col("x").abs() > 180) | (pl.col("y").abs() > 90))
        if beyond.height:
            seen = ", ".join(map(str, beyond.row(0)))
            fact, fix = "x and y are not degrees", "--crs EPSG:number, their reference system"
            problems.append(Problem("error", path.name, 0, "x", seen, fact, fix))
    lon, lat = projection(crs or "EPSG:4326").degrees(table["x"].to_list(), table["y"].to_list())
    return dict(zip(table["node_id"], zip(lon.tolist(), lat.tolist(), strict=True), strict=True))


def _node_rows(
    place: dict[int, tuple[float, float]], network: TntpNetwork, country: str, source_id: str
) -> list[tuple[int, dict[str, str]]]:
    """Text rows of the nodes; for nodes without a place it is missing, which the schema reports."""
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
        lanes=pl.lit(1.0) if network.lanes is None else network.lanes,
        kmh=pl.when(pl.col("free_flow_time") > 0, pl.col("length") > 0).then(
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
            "mode": ROAD,
            "country": country,
            "state": "open",
            "length_km": repr(row["km"]),
            "speed_kmh": "" if row["kmh"] is None else repr(row["kmh"]),
            "lanes": "" if row["lanes"] is None else f"{row['lanes']:.12g}",
            "capacity_pcu_h_lane": repr(row["capacity"] / row["lanes"])
            if row["capacity"] and row["lanes"]
            else "",
            "source_id": source_id,
            "basis": "assumed",
        }
        rows.append((number, cells))
    return rows


def _fill_lengths(
    rows: list[tuple[int, dict[str, str]]], place: dict[int, tuple[float, float]], file: str
) -> list[Problem]:
    """Straight lengths for links of length 0 whose ends have places, in place; a warning that counts them."""
    filled = []
    for number, cells in rows:
        ends = [place.get(int(cells[name])) for name in ("from_node_id", "to_node_id")]
        if float(cells["length_km"]) or ends[0] is None or ends[1] is None:
            continue
        (lon_a, lat_a), (lon_b, lat_b) = ends[0], ends[1]
        km = float(great_circle_km(lat_a, lon_a, lat_b, lon_b))
        cells["length_km"] = repr(max(km, SHORTEST_KM))
        filled.append(number)
    message = f"length is 0: the straight way is supposed, 0.1 m at least ({len(filled)} links)"
    return [Problem("warning", file, 0, "length", "0", message)] if filled else []
