"""States, stages and arcs of the multimodal network a shipment moves through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from karwan.schema.modes import WATER_MODES
from karwan.transport.calendar import Windows
from karwan.transport.network.request import mode_of
from karwan.transport.network.terms import Stage
from karwan.transport.shipment import Shipment

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
CROSSING_KM = 150.0  # what sharing a crossing counts for beside shared kilometres


class State(NamedTuple):
    """Where a shipment is: place, carrier, side of the border, and where its truck is registered.

    Attributes
    ----------
    node_id
        Place.
    carrier
        'road', 'rail1435', 'rail1520', 'rail1676', 'sea' or 'ferry'.
    country
        Country whose rules hold; '' at sea.
    registration
        Country the truck is registered in; '' when no truck is used.
    service
        Lane of a through rate it travels on; '' where every leg is paid by itself.
    """

    node_id: str
    carrier: str
    country: str
    registration: str
    service: str = ""


class Arc(NamedTuple):
    """A move between two states: its stages, and the calendar that says when it may start."""

    tail: int
    head: int
    stages: tuple[Stage, ...]
    calendar: int
    place_kind: str
    place_id: str
    covariance_h2: float = 0.0


ArcKey = tuple[State, State, str, str]
"""States an arc joins, kind and id of its place."""


@dataclass(frozen=True)
class FreightNetwork:
    """All states and arcs open to one kind of shipment between two countries.

    Attributes
    ----------
    states, arcs
        In a fixed order, so that results do not depend on it changing.
    calendars
        Opening windows, referred to by `Arc.calendar`; -1 there means always open.
    shut
        Calendar index to the reason why it never opens on the horizon.
    first_day
        Day the time axis starts (00:00 UTC).
    form
        Cargo form the network is built for.
    skipped
        (table, key, reason) of rows left out, so that nothing is lost silently.
    home
        Country in which a truck that starts at the origin is registered.
    node_countries
        Country of each node: a port's own, where a state at sea has none.
    trip_log_sd
        Standard deviation of the log of the factor that the hours of all stages of a trip share.
    """

    states: tuple[State, ...]
    arcs: tuple[Arc, ...]
    calendars: tuple[Windows, ...]
    shut: Mapping[int, str]
    first_day: date
    form: str
    skipped: tuple[tuple[str, str, str], ...]
    index: Mapping[State, int] = field(repr=False)
    home: str = ""
    node_countries: Mapping[str, str] = field(default_factory=dict, repr=False)
    trip_log_sd: float = 0.0

    def at(self, node_id: str) -> tuple[int, ...]:
        """State indices at a place."""
        return self._at.get(node_id, ())

    @cached_property
    def _at(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        for number, state in enumerate(self.states):
            found.setdefault(state.node_id, []).append(number)
        return {node: tuple(numbers) for node, numbers in found.items()}

    @cached_property
    def out(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of the arcs that leave each state."""
        found: list[list[int]] = [[] for _ in self.states]
        for number, arc in enumerate(self.arcs):
            found[arc.tail].append(number)
        return tuple(map(tuple, found))

    @cached_property
    def arc_keys(self) -> list[ArcKey]:
        """What each arc is called in every network it stands in: its states and its place."""
        return [(self.states[a.tail], self.states[a.head], a.place_kind, a.place_id) for a in self.arcs]

    @cached_property
    def arc_numbers(self) -> dict[ArcKey, int]:
        """Number of each arc by its key; of arcs alike the last."""
        return {key: number for number, key in enumerate(self.arc_keys)}

    @cached_property
    def head_nodes(self) -> list[str]:
        """Node each arc leads to."""
        return [self.states[h].node_id for h in self.ends[1].tolist()]

    @cached_property
    def tail_nodes(self) -> list[str]:
        """Node each arc leaves."""
        return [self.states[t].node_id for t in self.ends[0].tolist()]

    @cached_property
    def head_modes(self) -> list[str]:
        """Mode in which each arc arrives."""
        return [mode_of(self.states[h].carrier) for h in self.ends[1].tolist()]

    @cached_property
    def kilometres(self) -> list[float]:
        """Length of each arc, km."""
        return [float(km) for km in self._sums[5]]

    @cached_property
    def is_crossing(self) -> list[bool]:
        """Whether each arc crosses a border."""
        return [a.place_kind == "crossing" for a in self.arcs]

    @cached_property
    def ends(self) -> tuple[Ints, Ints]:
        """Tail and head state of each arc, two arrays of shape (A,)."""
        tails = np.fromiter((a.tail for a in self.arcs), np.int64, len(self.arcs))
        return tails, np.fromiter((a.head for a in self.arcs), np.int64, len(self.arcs))

    @cached_property
    def masks(self) -> dict[tuple[frozenset[str], frozenset[str], bool], npt.NDArray[np.bool_]]:
        """Arcs allowed by modes, avoided places and closures, kept once reckoned; see `path.allowed_arcs`."""
        return {}

    @cached_property
    def layers(self) -> dict[tuple[str, ...], Any]:
        """Layouts for searches past via places, kept once made; see `path.least_cost_path`."""
        return {}

    @cached_property
    def _never_open(self) -> npt.NDArray[np.bool_]:
        return np.array([a.calendar in self.shut for a in self.arcs], dtype=bool)

    @cached_property
    def _sums(self) -> tuple[Floats, ...]:
        """Sums over the stages of each arc: USD/t, USD a unit, hours, h2, kg CO2e/t and km, each (A,)."""
        held = {
            id(a.stages): a.stages for a in self.arcs
        }  # arcs that differ by the truck only share their stages
        parts = [
            (s.usd_t, s.usd_unit, s.hours, s.variance_h2, s.co2_kg_t, s.km)
            for stages in held.values()
            for s in stages
        ]
        if not parts:
            return tuple(np.zeros((6, 0)))
        first = np.cumsum([0, *map(len, held.values())])[:-1]
        number = {key: n for n, key in enumerate(held)}
        of_arc = np.array([number[id(a.stages)] for a in self.arcs])
        return tuple(np.add.reduceat(np.array(parts), first)[of_arc].T.copy())

    @cached_property
    def _covariance(self) -> Floats:
        return np.array([a.covariance_h2 for a in self.arcs])

    @cached_property
    def physical(self) -> tuple[Ints, Floats]:
        """Number of each arc's move regardless of the truck's registration (A,), and the length of each move (M,).

        Length is km, plus 150 km for a crossing, so that routes over the same border count as alike.
        """
        numbers: dict[tuple[object, ...], int] = {}
        keys: list[int] = []
        lengths: list[float] = []
        for arc, km in zip(self.arcs, self._sums[5].tolist(), strict=True):
            tail, head = self.states[arc.tail], self.states[arc.head]
            move = (
                arc.place_kind,
                arc.place_id,
                tail.node_id,
                tail.country,
                head.node_id,
                head.country,
                head.carrier,
            )
            number = numbers.setdefault(move, len(numbers))
            if number == len(lengths):
                lengths.append(km + CROSSING_KM * (arc.place_kind == "crossing"))
            keys.append(number)
        return np.array(keys, dtype=np.int64), np.array(lengths, dtype=float)

    @cached_property
    def gates(self) -> frozenset[str]:
        """Nodes at which some border can be crossed."""
        return frozenset(self.states[a.head].node_id for a in self.arcs if a.place_kind == "crossing")

    @cached_property
    def harbours(self) -> frozenset[str]:
        """Nodes at which some ship calls."""
        return frozenset(s.node_id for s in self.states if s.carrier in WATER_MODES)

    def passes(self, arc: int) -> bool:
        """Whether a move passes the place it leads to: a crossing by crossing its border, a sea port by ship."""
        head = self.states[self.arcs[arc].head]
        crossed = head.node_id not in self.gates or self.is_crossing[arc]
        return crossed and (head.node_id not in self.harbours or head.carrier in WATER_MODES)

    @cached_property
    def passing(self) -> list[bool]:
        """`passes` of each arc."""
        return [self.passes(a) for a in range(len(self.arcs))]

    def way(self, arcs: Iterable[int]) -> tuple[tuple[str, ...], ...]:
        """Places a path passes, whose trucks carry it and by which through rate, in no order: what one route is to a shipper.

        A gauge change at a border post stands before the crossing in one path and behind it in another, at the same places, cost and
        hours; choosing between the two is no choice.
        """
        moves = [(self.arcs[a], self.states[self.arcs[a].head]) for a in arcs]
        return tuple(
            sorted(
                (m.place_kind, m.place_id, head.registration, head.service.partition(" ")[0])
                for m, head in moves
            )
        )

    def arc_usd(self, shipment: Shipment) -> Floats:
        """Money of each arc for a shipment, USD, shape (A,)."""
        return self._sums[0] * shipment.tonnes + self._sums[1] * shipment.units

    def arc_hours(self) -> Floats:
        """Mean hours of each arc without waiting for openings, shape (A,)."""
        return self._sums[2].copy()

    def arc_variance(self) -> Floats:
        """Variance of the hours of each arc, h2, the two sides of a crossing correlated, shape (A,)."""
        return self._sums[3] + self._covariance

    def arc_co2(self, shipment: Shipment) -> Floats:
        """Emission of each arc for a shipment, kg CO2e, shape (A,)."""
        return self._sums[4] * shipment.tonnes

    def arc_km(self) -> Floats:
        """Length of each arc, km, shape (A,)."""
        return self._sums[5].copy()

    def never_open(self) -> npt.NDArray[np.bool_]:
        """Arcs whose calendar has no window on the horizon, shape (A,)."""
        return self._never_open.copy()


Row = dict[str, Any]
