"""Routes shippers choose among, the same in every state of a case, and what they cost in each."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from karwan.appraisal.worth import Floats, opening_wait
from karwan.case import Case
from karwan.schema.modes import RAIL, ROAD
from karwan.transport.choice import path_size
from karwan.transport.network import FreightNetwork
from karwan.transport.network.layout import ArcKey
from karwan.transport.network.stage import Arc

PARTS = {
    name: number
    for number, name in enumerate(
        (
            *("usd_t", "usd_unit", "hours", "variance_h2", "km"),
            *("road_h", "rail_h", "swap_h", "swap_usd", "road_h2", "rail_h2", "swap_h2"),
        )
    )
}
"""What a route is made of: money per t and unit, hours with waits, their variance, km; of them road and rail haul, and truck changes."""


@dataclass
class Routes:
    """Routes shippers choose among, one direction and cargo form, the same in all states.

    Attributes
    ----------
    direction, form
        Which network.
    pairs
        Origin and destination of each route's group, in order.
    steps
        Pair to routes; a route is the keys of its arcs: states at both ends, kind and id of the place.
    ends
        Exporter and importer.
    length_km
        Length of each arc, km.
    """

    direction: str
    form: str
    pairs: tuple[tuple[str, str], ...]
    ends: tuple[str, str] = ("", "")
    steps: dict[tuple[str, str], dict[tuple[ArcKey, ...], None]] = field(default_factory=dict)
    length_km: dict[ArcKey, float] = field(default_factory=dict)
    _ways: dict[tuple[str, str], set[Hashable]] = field(default_factory=dict)

    def add(self, pair: tuple[str, str], network: FreightNetwork, arcs: Iterable[int]) -> None:
        """Take a route in, once; ways alike (`FreightNetwork.way`) are one route."""
        numbers = tuple(arcs)
        way, ways = network.way(numbers), self._ways.setdefault(pair, set())
        if way in ways:
            return
        ways.add(way)
        taken = {network.arc_keys[a]: network.arcs[a] for a in numbers}
        self.steps.setdefault(pair, {})[tuple(taken)] = None
        self.length_km |= {key: sum(s.km for s in arc.stages) for key, arc in taken.items()}

    @cached_property
    def flat(self) -> list[tuple[ArcKey, ...]]:
        """All routes in a row."""
        return [route for pair in self.pairs for route in self.steps.get(pair, {})]

    def only(self, mask: npt.NDArray[np.bool_]) -> Routes:
        """The routes of a mask over `flat`, in the same order."""
        found = Routes(self.direction, self.form, self.pairs, self.ends, length_km=self.length_km)
        for pair, rows in self.slices():
            found.steps[pair] = {self.flat[n]: None for n in range(rows.start, rows.stop) if mask[n]}
        return found

    @cached_property
    def keys(self) -> dict[ArcKey, int]:
        """Number of every arc in use."""
        return {key: n for n, key in enumerate(dict.fromkeys(k for route in self.flat for k in route))}

    @cached_property
    def use(self) -> sparse.csr_array:
        """Arcs of each route, shape (R, K)."""
        rows = np.repeat(np.arange(len(self.flat)), [len(r) for r in self.flat])
        columns = np.array([self.keys[k] for r in self.flat for k in r], dtype=np.int64)
        return sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=(len(self.flat), len(self.keys)))

    @cached_property
    def km(self) -> Floats:
        """Length of each arc in use, shape (K,); a hair above 0, so that a route of transfers has a length too."""
        return np.array([self.length_km[key] for key in self.keys]) + 1e-9

    def path_sizes(self, rows: slice, opened: npt.NDArray[np.bool_]) -> Floats:
        """Path size by km of the routes of a pair, counted over those of them that are open, shape (R,); 1 where shut."""
        key = (rows.start, rows.stop, opened.tobytes())
        if key not in self._sizes:
            found = np.ones(opened.size)
            if opened.any():
                found[opened] = path_size(self.use[rows][np.flatnonzero(opened)], self.km)
            self._sizes[key] = found
        return self._sizes[key]

    @cached_property
    def _sizes(self) -> dict[tuple[int, int, bytes], Floats]:
        return {}

    def slices(self) -> Iterable[tuple[tuple[str, str], slice]]:
        """Rows of each pair in `flat`."""
        at = 0
        for pair in self.pairs:
            size = len(self.steps.get(pair, {}))
            yield pair, slice(at, at + size)
            at += size


def arc_parts(network: FreightNetwork, arc: Arc, waits: dict[int, tuple[float, float]]) -> list[float]:
    """Money, hours and their parts of an arc in the order of `PARTS`."""
    if arc.calendar >= 0 and arc.calendar not in waits:
        waits[arc.calendar] = opening_wait(network.calendars[arc.calendar])
    wait, spread = waits[arc.calendar] if arc.calendar >= 0 else (0.0, 0.0)
    part = dict.fromkeys(PARTS, 0.0)
    part["hours"], part["variance_h2"] = wait, spread + arc.covariance_h2
    for stage in arc.stages:
        part["usd_t"] += stage.usd_t
        part["usd_unit"] += stage.usd_unit
        part["hours"] += stage.hours
        part["variance_h2"] += stage.variance_h2
        part["km"] += stage.km
        if stage.kind == "line_haul":
            kind = ROAD if stage.mode == ROAD else RAIL
            part[f"{kind}_h"] += stage.hours
            part[f"{kind}_h2"] += stage.variance_h2
        elif stage.kind == "transfer" and arc.place_kind == "crossing":
            part["swap_h"] += stage.hours
            part["swap_usd"] += stage.usd_unit
            part["swap_h2"] += stage.variance_h2
    return list(part.values())


def route_parts(routes: Routes, network: FreightNetwork) -> Floats:
    """Parts of each route in a network, shape (R, parts); hours are inf where the network lacks an arc or it never opens."""
    parts = np.zeros((len(routes.keys), len(PARTS)))
    waits: dict[int, tuple[float, float]] = {}
    shut = np.zeros(len(routes.keys))
    for key, number in routes.keys.items():
        at = network.arc_numbers.get(key)
        arc = None if at is None else network.arcs[at]
        if arc is None or arc.calendar in network.shut:
            shut[number] = 1.0
        else:
            parts[number] = arc_parts(network, arc, waits)
    unopened = ~np.isfinite(parts).all(axis=1)
    shut[unopened], parts[unopened] = 1.0, 0.0
    found = np.asarray(routes.use @ parts)
    found[np.asarray(routes.use @ shut) > 0, PARTS["hours"]] = np.inf
    return found


FILTERED = ("links", "services", "transfers")
"""Tables of which `only_routes` leaves rows out."""


def only_routes(case: Case, routes: Routes) -> dict[str, pl.DataFrame]:
    """Tables of the case with only the links and transfers that some route uses: small networks, the same figures.

    Crossings stay, for what trucks ask depends on all gates of their countries (`scarcity`).
    """
    keys = list(routes.keys)
    links = {place for *_, kind, place in keys if kind == "link"}
    services = {place for *_, kind, place in keys if kind == "service"}
    sailed = case["services"].filter(pl.col("service_id").is_in(list(services)))
    nodes = list({state.node_id for key in keys for state in key[:2]})
    links |= set(sailed["link_id"])
    return {
        **case.tables,
        "links": case["links"].filter(pl.col("link_id").is_in(list(links))),
        "services": sailed,
        "transfers": case["transfers"].filter(pl.col("node_id").is_in(nodes)),
    }
