"""States, stages and arcs of the multimodal network a shipment moves through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from karwan.transport.calendar import Windows
from karwan.transport.network.layout import ArcKey, Layout, State
from karwan.transport.network.terms import Stage
from karwan.transport.shipment import Shipment

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
CROSSING_KM = 150.0  # what sharing a crossing counts for beside shared kilometres


class Arc(NamedTuple):
    """A move between two states: its stages, and the calendar that says when it may start."""

    tail: int
    head: int
    stages: tuple[Stage, ...]
    calendar: int
    place_kind: str
    place_id: str
    covariance_h2: float = 0.0


class Arcs(Sequence[Arc]):
    """Arcs of a network in the order of its layout, each made when it is asked for: a search looks at arrays, a route at a few arcs."""

    def __init__(self, network: FreightNetwork) -> None:
        self._layout, self._stages = network.layout, network.stages
        self._calendar = network.calendar.tolist()
        self._covariance_h2 = network.covariance_h2.tolist()
        self._made: dict[int, Arc] = {}

    def __len__(self) -> int:
        return len(self._stages)

    @overload
    def __getitem__(self, number: int) -> Arc: ...
    @overload
    def __getitem__(self, number: slice) -> list[Arc]: ...
    def __getitem__(self, number: int | slice) -> Arc | list[Arc]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        if number not in self._made:
            self._made[number] = self._new(number)
        return self._made[number]

    def _new(self, number: int) -> Arc:
        layout = self._layout
        ends = layout.tails[number], layout.heads[number]
        calendar, place = self._calendar[number], layout.places[number]
        return Arc(*ends, self._stages[number], calendar, *place, self._covariance_h2[number])


@dataclass(frozen=True)
class FreightNetwork:
    """All states and arcs open to one kind of shipment between two countries.

    Attributes
    ----------
    layout
        States, and where each arc leads.
    stages
        Stages of each arc, in the order of the layout.
    sums
        What they add up to: `terms.Amounts`, shape (A, 6).
    calendar
        Which of the calendars says when each arc may start, -1 where it always may, shape (A,).
    covariance_h2
        Twice the covariance of the two sides of a crossing, h2, shape (A,).
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

    layout: Layout = field(repr=False)
    stages: tuple[tuple[Stage, ...], ...] = field(repr=False)
    sums: Floats = field(repr=False)
    calendar: Ints = field(repr=False)
    covariance_h2: Floats = field(repr=False)
    calendars: tuple[Windows, ...]
    shut: Mapping[int, str]
    first_day: date
    form: str
    skipped: tuple[tuple[str, str, str], ...]
    home: str = ""
    node_countries: Mapping[str, str] = field(default_factory=dict, repr=False)
    trip_log_sd: float = 0.0

    @cached_property
    def arcs(self) -> Arcs:
        """Arcs, in the order of the layout."""
        return Arcs(self)

    @cached_property
    def states(self) -> tuple[State, ...]:
        """States, in the order of the layout."""
        return self.layout.states

    @cached_property
    def index(self) -> Mapping[State, int]:
        """Number of each state."""
        return self.layout.index

    def at(self, node_id: str) -> tuple[int, ...]:
        """State indices at a place."""
        return self.layout.at.get(node_id, ())

    @cached_property
    def out(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of the arcs that leave each state."""
        return self.layout.out

    @cached_property
    def arc_keys(self) -> list[ArcKey]:
        """What each arc is called in every network it stands in: its states and its place."""
        return self.layout.arc_keys

    @cached_property
    def arc_numbers(self) -> dict[ArcKey, int]:
        """Number of each arc by its key; of arcs alike the last."""
        return self.layout.arc_numbers

    @cached_property
    def head_nodes(self) -> list[str]:
        """Node each arc leads to."""
        return self.layout.head_nodes

    @cached_property
    def tail_nodes(self) -> list[str]:
        """Node each arc leaves."""
        return self.layout.tail_nodes

    @cached_property
    def head_modes(self) -> list[str]:
        """Mode in which each arc arrives."""
        return self.layout.head_modes

    @cached_property
    def is_crossing(self) -> list[bool]:
        """Whether each arc crosses a border."""
        return self.layout.is_crossing

    @cached_property
    def ends(self) -> tuple[Ints, Ints]:
        """Tail and head state of each arc, two arrays of shape (A,)."""
        return self.layout.ends

    @cached_property
    def kilometres(self) -> list[float]:
        """Length of each arc, km."""
        return [float(km) for km in self._sums[5]]

    @cached_property
    def _never_open(self) -> npt.NDArray[np.bool_]:
        return np.isin(self.calendar, list(self.shut))

    @cached_property
    def _sums(self) -> tuple[Floats, ...]:
        """Sums over the stages of each arc: USD/t, USD a unit, hours, h2, kg CO2e/t and km, each (A,)."""
        return tuple(self.sums.T.copy())

    @cached_property
    def physical(self) -> tuple[Ints, Floats]:
        """Number of each arc's move regardless of the truck's registration (A,), and the length of each move (M,).

        Length is km, plus 150 km for a crossing, so that routes over the same border count as alike.
        """
        numbers, first = self.layout.moves
        crossings = np.array(self.is_crossing, dtype=bool)
        return numbers, (self._sums[5] + CROSSING_KM * crossings)[first]

    def passes(self, arc: int) -> bool:
        """Whether a move passes the place it leads to: a crossing by crossing its border, a sea port by ship."""
        return self.layout.passes(arc)

    @cached_property
    def passing(self) -> list[bool]:
        """`passes` of each arc."""
        return self.layout.passing

    def way(self, arcs: Iterable[int]) -> tuple[tuple[str, ...], ...]:
        """Places a path passes, whose trucks carry it and by which through rate, in no order: what one route is to a shipper.

        A gauge change at a border post stands before the crossing in one path and behind it in another, at the same places, cost and
        hours; choosing between the two is no choice.
        """
        layout = self.layout
        moves = [(layout.places[a], layout.states[layout.heads[a]]) for a in arcs]
        return tuple(
            sorted((*place, head.registration, head.service.partition(" ")[0]) for place, head in moves)
        )

    def arc_usd(self, shipment: Shipment) -> Floats:
        """Money of each arc for a shipment, USD, shape (A,)."""
        return self._sums[0] * shipment.tonnes + self._sums[1] * shipment.units

    def arc_hours(self) -> Floats:
        """Mean hours of each arc without waiting for openings, shape (A,)."""
        return self._sums[2].copy()

    def arc_variance(self) -> Floats:
        """Variance of the hours of each arc, h2, the two sides of a crossing correlated, shape (A,)."""
        return self._sums[3] + self.covariance_h2

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
