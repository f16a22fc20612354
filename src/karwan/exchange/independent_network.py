"""Lengths of links in networks that were made by others, to check the case's own lengths.

Road and rail: the world networks of the package scgraph_data (OpenStreetMap, ODbL; simplified, no direction
of travel). Sea and ferry: the package searoute (default network, Suez open, no draught or ice limits). Both
are optional (extra `check`).
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from karwan.errors import MissingExtra
from karwan.numerics.geodesy import EARTH_RADIUS_KM
from karwan.schema.modes import RAIL, ROAD

MAX_SNAP_KM = 25.0
"""A place further than this from a road or rail network is not covered by it."""

MAX_SEA_SNAP_KM = 60.0
"""The same at sea: searoute's lanes are coarse and end off the ports."""

CANDIDATES = 64
"""Network nodes near a place that are tried until both ends of a link lie in one connected part."""

SEARCH_FACTOR = 4.0
"""Longer paths than this times the straight distance are not looked for: they mean a gap in the network."""

LAND = {
    ROAD: ("scgraph_data.world_highways", "world_highways_geograph"),
    RAIL: ("scgraph_data.world_railways", "world_railways_geograph"),
}

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LandNetwork:
    """A road or rail network: points, a symmetric length matrix, and the connected part each node lies in."""

    name: str
    latlon: Floats
    length_km: csr_array
    part: Ints
    tree: cKDTree


def _unit_vectors(latlon: Floats) -> Floats:
    lat, lon = np.radians(latlon[:, 0]), np.radians(latlon[:, 1])
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _arc_km(chord: Floats) -> Floats:
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.clip(chord / 2, 0.0, 1.0)))


def land_network(name: str, latlon: Floats, edges: list[dict[int, float]]) -> LandNetwork:
    """Build a network from node coordinates and one {neighbour: length_km} mapping per node.

    Parameters
    ----------
    name
        Name and version, as it is written into `check_network`.
    latlon
        Degrees, shape (N, 2).
    edges
        N mappings; loops and zero lengths are dropped, the shorter of two parallel edges counts.

    Examples
    --------
    >>> square = land_network("toy", np.array([[0.0, 0.0], [0.0, 1.0]]), [{1: 120.0}, {0: 120.0}])
    >>> square.part.tolist()
    [0, 0]
    """
    counts = np.fromiter((len(e) for e in edges), dtype=np.int64, count=len(edges))
    rows = np.repeat(np.arange(len(edges)), counts)
    cols = np.fromiter((j for e in edges for j in e), dtype=np.int64, count=int(counts.sum()))
    km = np.fromiter((w for e in edges for w in e.values()), dtype=np.float64, count=int(counts.sum()))
    keep = rows != cols
    matrix = csr_array((np.maximum(km[keep], 1e-3), (rows[keep], cols[keep])), shape=(len(edges), len(edges)))
    part = connected_components(matrix, directed=False)[1].astype(np.int64)
    return LandNetwork(name, latlon, matrix, part, cKDTree(_unit_vectors(latlon)))


@contextmanager
def _graph_class_of_scgraph_2() -> Iterator[None]:
    # scgraph_data 2 imports scgraph.core.GeoGraph, which scgraph 3 no longer has; its two fields are enough.
    plain = types.ModuleType("scgraph.core")
    plain.GeoGraph = types.SimpleNamespace  # type: ignore[attr-defined]
    had = sys.modules.get("scgraph.core")
    sys.modules["scgraph.core"] = plain
    try:
        yield
    finally:
        if had is None:
            del sys.modules["scgraph.core"]
        else:
            sys.modules["scgraph.core"] = had


@lru_cache(maxsize=2)
def read_land_network(mode: str) -> LandNetwork:
    """World road or rail network of scgraph_data.

    Provider OpenStreetMap contributors (ODbL) through scgraph_data (MIT); nothing is changed but loops, which
    are dropped.
    """
    module_name, attribute = LAND[mode]
    with _graph_class_of_scgraph_2():
        module = _optional(module_name, "scgraph_data")
    graph: Any = getattr(module, attribute)
    name = f"{module_name} {version('scgraph_data')}"
    return land_network(name, np.asarray(graph.nodes, dtype=np.float64), list(graph.graph))


def _optional(module: str, package: str) -> types.ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f"Checking lengths against an independent network needs the package {package}.",
            f"import {module}: {error}",
            "pip install 'karwan[check]'",
        ) from error


def land_length_km(
    network: LandNetwork, start: tuple[float, float], end: tuple[float, float]
) -> tuple[float, float]:
    """Shortest length between two places over a land network, and how far the worse place lies from it.

    Both places are joined by straight lines to nodes of one connected part within 25 km: the part and the
    nodes with the smallest sum of straight lines. The straight lines count in the length.

    Parameters
    ----------
    start, end
        Latitude and longitude in degrees.

    Returns
    -------
    length_km, snap_km; both NaN where the network does not cover the link.
    """
    ends = _snap(network, start, end)
    if ends is None:
        return float("nan"), float("nan")
    km = float(
        dijkstra(network.length_km, directed=False, indices=ends.node_a, limit=ends.reach_km)[ends.node_b]
    )
    found = np.isfinite(km)
    return (km + ends.snap_a_km + ends.snap_b_km, ends.snap_km) if found else (float("nan"), float("nan"))


def land_way(network: LandNetwork, start: tuple[float, float], end: tuple[float, float]) -> Floats:
    """Places along the way that `land_length_km` measures: latitude and longitude, shape (K, 2).

    The first and the last row are the two places themselves. No rows where the network does not cover the link.
    """
    ends = _snap(network, start, end)
    if ends is None:
        return np.empty((0, 2))
    km, before = dijkstra(
        network.length_km,
        directed=False,
        indices=ends.node_a,
        limit=ends.reach_km,
        return_predecessors=True,
    )
    if not np.isfinite(km[ends.node_b]):
        return np.empty((0, 2))
    nodes = [ends.node_b]
    while nodes[-1] != ends.node_a:
        nodes.append(int(before[nodes[-1]]))
    return np.vstack([start, network.latlon[nodes[::-1]], end])


@dataclass(frozen=True)
class _Ends:
    """Network nodes that stand for the two places of a link."""

    node_a: int
    node_b: int
    snap_a_km: float
    snap_b_km: float
    reach_km: float

    @property
    def snap_km(self) -> float:
        return max(self.snap_a_km, self.snap_b_km)


def _snap(network: LandNetwork, start: tuple[float, float], end: tuple[float, float]) -> _Ends | None:
    pair = np.array([start, end], dtype=np.float64)
    chord, index = network.tree.query(_unit_vectors(pair), k=min(CANDIDATES, len(network.latlon)))
    arc, index = _arc_km(np.atleast_2d(chord)), np.atleast_2d(index)
    nearest = [{}, {}]  # type: list[dict[int, tuple[float, int]]]
    for side in (0, 1):
        for km, node in zip(arc[side], index[side], strict=True):
            if km <= MAX_SNAP_KM:
                nearest[side].setdefault(int(network.part[node]), (float(km), int(node)))
    common = sorted(
        nearest[0].keys() & nearest[1].keys(), key=lambda p: (nearest[0][p][0] + nearest[1][p][0], p)
    )
    if not common:
        return None
    (snap_a, node_a), (snap_b, node_b) = nearest[0][common[0]], nearest[1][common[0]]
    straight = float(_arc_km(np.linalg.norm(np.diff(_unit_vectors(pair), axis=0), axis=1))[0])
    return _Ends(node_a, node_b, snap_a, snap_b, SEARCH_FACTOR * straight + 2 * MAX_SNAP_KM)


def sea_length_km(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Length of the sea way between two ports by searoute, and how far the worse port lies from its network.

    searoute returns the length between the network points nearest to the ports; the straight lines to them
    are added.
    """
    way, path = _searoute(start, end)
    ends = _unit_vectors(np.array([start, path[0], path[-1], end], dtype=np.float64))
    snap = _arc_km(np.linalg.norm(ends[[0, 2]] - ends[[1, 3]], axis=1))
    return float(way.properties["length"]) + float(snap.sum()), float(snap.max())


def sea_way(start: tuple[float, float], end: tuple[float, float]) -> Floats:
    """Places along the sea way that `sea_length_km` measures: latitude and longitude, shape (K, 2)."""
    return np.vstack([start, _searoute(start, end)[1], end])


def sea_network_name() -> str:
    """Name and version of the sea network."""
    _optional("searoute", "searoute")
    return f"searoute {version('searoute')}"


def _searoute(start: tuple[float, float], end: tuple[float, float]) -> tuple[Any, Floats]:
    searoute = _optional("searoute", "searoute").searoute
    way = searoute([start[1], start[0]], [end[1], end[0]], units="km")
    return way, np.asarray(way.geometry["coordinates"], dtype=np.float64)[:, ::-1]


def _measure(
    mode: str,
) -> tuple[str, Callable[[tuple[float, float], tuple[float, float]], tuple[float, float]]]:
    if mode in LAND:
        network = read_land_network(mode)
        return network.name, lambda a, b: land_length_km(network, a, b)
    return sea_network_name(), sea_length_km


def independent_lengths(links: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Length of every link in an independent network.

    Parameters
    ----------
    links
        link_id, from_node_id, to_node_id, mode.
    nodes
        node_id, lat, lon.

    Returns
    -------
    Table of one row per link in the order given: link_id, check_length_km, network, snap_km, covered. A link
    whose places lie further from the network than 25 km (60 km at sea), or that no path of up to four times
    the straight distance joins, has covered false and a missing length.

    Raises
    ------
    MissingExtra
        scgraph_data or searoute is not installed.
    """
    place = {n: (float(a), float(o)) for n, a, o in nodes.select("node_id", "lat", "lon").iter_rows()}
    rows = []
    for link_id, a, b, mode in links.select("link_id", "from_node_id", "to_node_id", "mode").iter_rows():
        name, measure = _measure(mode)
        km, snap = measure(place[a], place[b])
        covered = bool(np.isfinite(km) and snap <= (MAX_SNAP_KM if mode in LAND else MAX_SEA_SNAP_KM))
        rows.append((link_id, km if covered else None, name, snap if np.isfinite(snap) else None, covered))
    schema = {
        "link_id": pl.String,
        "check_length_km": pl.Float64,
        "network": pl.String,
        "snap_km": pl.Float64,
    }
    return pl.DataFrame(rows, schema={**schema, "covered": pl.Boolean}, orient="row")
