"""The world's highways and sea lanes of scgraph_data, as arrays, for the routing benchmarks.

scgraph_data (OpenStreetMap, ODbL; sea lanes from searoute) ships the graph as a Python module that builds a
class of scgraph. Its 2.0 asks for a module path that scgraph 3.6 no longer has: the lists are read past it.
"""

from __future__ import annotations

import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PLACES = {
    "Almaty": (43.24, 76.90),
    "Karachi": (24.86, 67.01),
    "Kostanay": (53.21, 63.63),
    "Gwadar": (25.12, 62.33),
    "Tashkent": (41.31, 69.24),
    "Lahore": (31.55, 74.34),
    "Moscow": (55.75, 37.62),
    "Shanghai": (31.23, 121.47),
    "Rotterdam": (51.92, 4.48),
    "Delhi": (28.61, 77.21),
    "Istanbul": (41.01, 28.98),
    "Aktau": (43.65, 51.17),
    "Dubai": (25.20, 55.27),
    "New York": (40.71, -74.00),
    "Los Angeles": (34.05, -118.24),
    "Johannesburg": (-26.20, 28.05),
    "Lagos": (6.45, 3.40),
}


@dataclass(frozen=True)
class World:
    tail: np.ndarray
    head: np.ndarray
    length_km: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray

    def nearest(self, place: str) -> int:
        """Node nearest to a place, on a plane that is good enough to pick one."""
        latitude, longitude = PLACES[place]
        east = (self.longitude - longitude) * np.cos(np.radians(latitude))
        return int(np.argmin((self.latitude - latitude) ** 2 + east**2))


def read_lists() -> tuple[list[dict[int, float]], list[list[float]]]:
    """Adjacency dictionaries and coordinates as scgraph_data holds them."""

    class Bare:
        def __init__(self, **parts: Any) -> None:
            self.__dict__.update(parts)

    stand_in = types.ModuleType("scgraph.core")
    stand_in.GeoGraph = Bare  # type: ignore[attr-defined]
    sys.modules.setdefault("scgraph.core", stand_in)
    from scgraph_data import world_highways_and_marnet as source

    return source.graph, source.nodes


def as_world(graph: list[dict[int, float]], nodes: list[list[float]]) -> World:
    degree = np.array([len(out) for out in graph])
    place = np.array(nodes)
    return World(
        np.repeat(np.arange(len(graph), dtype=np.int32), degree),
        np.fromiter((v for out in graph for v in out), np.int32),
        np.fromiter((km for out in graph for km in out.values()), np.float64),
        place[:, 0],
        place[:, 1],
    )


def save(world: World, path: Path) -> None:
    np.savez(path, **vars(world))


def load(path: Path) -> World:
    with np.load(path) as arrays:
        return World(**{name: arrays[name] for name in arrays.files})
