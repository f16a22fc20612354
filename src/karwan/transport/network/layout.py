"""Where the arcs of a network lead, whatever they cost: what loads, days and scenarios that leave them alone share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from karwan.numerics import shortest as kernel
from karwan.schema.modes import WATER_MODES
from karwan.transport.network.request import mode_of

Place = tuple[str, str]
"""Kind and id of the place of an arc."""


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


ArcKey = tuple[State, State, str, str]
"""States an arc joins, kind and id of its place."""


class NewArcs(NamedTuple):
    """What a layout is extended by: states, and the tail, head and place of each arc."""

    states: tuple[State, ...]
    tails: tuple[int, ...]
    heads: tuple[int, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, eq=False)
class Layout:
    """States, and the arcs that join them.

    Attributes
    ----------
    states
        In a fixed order, so that results do not depend on it changing.
    tails, heads
        Number of the state each arc leaves, and of the one it leads to.
    places
        Kind and id of the place of each arc.
    """

    states: tuple[State, ...]
    tails: tuple[int, ...]
    heads: tuple[int, ...]
    places: tuple[Place, ...]

    def extended(self, more: NewArcs) -> Layout:
        """The layout with more states and arcs after its own; the same object each time it is asked for the same ones."""
        if more not in self._extended:
            sides = (one + other for one, other in zip(self._sides, more, strict=True))
            self._extended[more] = Layout(*sides)  # type: ignore[arg-type]
        return self._extended[more]

    @property
    def _sides(self) -> NewArcs:
        return NewArcs(self.states, self.tails, self.heads, self.places)

    @cached_property
    def _extended(self) -> dict[NewArcs, Layout]:
        return {}

    @cached_property
    def index(self) -> Mapping[State, int]:
        """Number of each state."""
        return {state: number for number, state in enumerate(self.states)}

    @cached_property
    def at(self) -> dict[str, tuple[int, ...]]:
        """State indices by place."""
        found: dict[str, list[int]] = {}
        for number, state in enumerate(self.states):
            found.setdefault(state.node_id, []).append(number)
        return {node: tuple(numbers) for node, numbers in found.items()}

    @cached_property
    def out(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of the arcs that leave each state."""
        found: list[list[int]] = [[] for _ in self.states]
        for number, tail in enumerate(self.tails):
            found[tail].append(number)
        return tuple(map(tuple, found))

    @cached_property
    def arc_keys(self) -> list[ArcKey]:
        """What each arc is called in every network it stands in: its states and its place."""
        ends = zip(self.tails, self.heads, self.places, strict=True)
        return [(self.states[tail], self.states[head], *place) for tail, head, place in ends]

    @cached_property
    def arc_numbers(self) -> dict[ArcKey, int]:
        """Number of each arc by its key; of arcs alike the last."""
        return {key: number for number, key in enumerate(self.arc_keys)}

    @cached_property
    def of_place(self) -> dict[Place, list[int]]:
        """Numbers of the arcs of each place."""
        found: dict[Place, list[int]] = {}
        for arc, place in enumerate(self.places):
            found.setdefault(place, []).append(arc)
        return found

    @cached_property
    def head_nodes(self) -> list[str]:
        """Node each arc leads to."""
        return [self.states[head].node_id for head in self.heads]

    @cached_property
    def tail_nodes(self) -> list[str]:
        """Node each arc leaves."""
        return [self.states[tail].node_id for tail in self.tails]

    @cached_property
    def head_modes(self) -> list[str]:
        """Mode in which each arc arrives."""
        modes = [mode_of(state.carrier) for state in self.states]
        return [modes[head] for head in self.heads]

    @cached_property
    def is_crossing(self) -> list[bool]:
        """Whether each arc crosses a border."""
        return [kind == "crossing" for kind, _ in self.places]

    @cached_property
    def ends(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Tail and head state of each arc, two arrays of shape (A,)."""
        return np.array(self.tails, dtype=np.int64), np.array(self.heads, dtype=np.int64)

    @cached_property
    def by_tail(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Arcs by tail (A,), where each state's arcs begin (S + 1,), and the state each of these leads to (A,)."""
        tails, heads = (side.astype(np.int32) for side in self.ends)
        pointers, order = kernel.csr(tails, len(self.states))
        return order, pointers, heads[order]

    @cached_property
    def masks(self) -> dict[tuple[frozenset[str], frozenset[str]], npt.NDArray[np.bool_]]:
        """Arcs allowed by modes and avoided places, kept once reckoned; see `path.allowed_arcs`."""
        return {}

    @cached_property
    def layers(self) -> dict[tuple[str, ...], Any]:
        """Layouts for searches past via places, kept once made; see `path.least_cost_path`."""
        return {}

    @cached_property
    def moves(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Number of each arc's move regardless of the truck's registration (A,), and the first arc of each move (M,)."""
        numbers: dict[tuple[object, ...], int] = {}
        keys: list[int] = []
        first: list[int] = []
        for arc, (tail, head, *place) in enumerate(self.arc_keys):
            move = (*place, tail.node_id, tail.country, head.node_id, head.country, head.carrier)
            number = numbers.setdefault(move, len(numbers))
            if number == len(first):
                first.append(arc)
            keys.append(number)
        return np.array(keys, dtype=np.int64), np.array(first, dtype=np.int64)

    @cached_property
    def gates(self) -> frozenset[str]:
        """Nodes at which some border can be crossed."""
        return frozenset(
            node for node, crossing in zip(self.head_nodes, self.is_crossing, strict=True) if crossing
        )

    @cached_property
    def harbours(self) -> frozenset[str]:
        """Nodes at which some ship calls."""
        return frozenset(s.node_id for s in self.states if s.carrier in WATER_MODES)

    def passes(self, arc: int) -> bool:
        """Whether a move passes the place it leads to: a crossing by crossing its border, a sea port by ship."""
        head = self.states[self.heads[arc]]
        crossed = head.node_id not in self.gates or self.is_crossing[arc]
        return crossed and (head.node_id not in self.harbours or head.carrier in WATER_MODES)

    @cached_property
    def passing(self) -> list[bool]:
        """`passes` of each arc."""
        return [self.passes(arc) for arc in range(len(self.heads))]

    @cached_property
    def into(self) -> dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]]:
        """Arcs that lead to each node (K,), and whether they pass it (K,)."""
        found: dict[str, list[int]] = {}
        for arc, node in enumerate(self.head_nodes):
            found.setdefault(node, []).append(arc)
        passing = np.array(self.passing, dtype=bool)
        return {
            node: (numbers := np.array(arcs, dtype=np.int64), passing[numbers])
            for node, arcs in found.items()
        }

    @cached_property
    def in_mode(self) -> dict[str, npt.NDArray[np.bool_]]:
        """Which arcs arrive in each mode, (A,) each."""
        modes = np.array(self.head_modes, dtype=object)
        return {mode: modes == mode for mode in dict.fromkeys(self.head_modes)}


CHOSEN = ""
"""Change of trucks that no rule asks for."""


class Branch(NamedTuple):
    """One way to make a move by road.

    Attributes
    ----------
    registration
        Country the truck is registered in after the move.
    swap
        Rule of access that makes the load change trucks after it, `CHOSEN` where it changes without one; None where it stays.
    """

    registration: str
    swap: str | None = None


Turn = tuple[Branch, ...]
"""Ways a move may be made with a truck."""
Turns = dict[tuple[str, str, str], Turn]
"""Turns at borders, by the country entered, the truck's registration and the place."""


@dataclass(frozen=True, eq=False)
class SpreadMoves:
    """Moves spread over truck registrations.

    Attributes
    ----------
    layout
        States and arcs.
    moves
        Number of the move each arc makes, shape (A,).
    branches
        Ways to make each move, one an arc of it.
    slots
        Place of each arc among the branches of all moves laid end to end, shape (A,).
    """

    layout: Layout
    moves: npt.NDArray[np.int64]
    branches: tuple[tuple[Branch, ...], ...]
    slots: npt.NDArray[np.int64]
