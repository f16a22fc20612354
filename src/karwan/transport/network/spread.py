"""Spreading the moves of a network over truck registrations: which states there are, and the arcs between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np

from karwan.schema.modes import ROAD, WATER_MODES
from karwan.transport.network.context import Context
from karwan.transport.network.layout import CHOSEN, Branch, Layout, SpreadMoves, State, Turn, Turns
from karwan.transport.network.lookup import access_rule
from karwan.transport.network.request import Move


def spread(context: Context, moves: Sequence[Move]) -> SpreadMoves:
    """Spread moves from the origin's own trucks, and number the states. Networks that share `kept` do it once for moves that join the same places."""
    shapes = tuple((move.tail, move.head, move.place_kind, move.place_id) for move in moves)
    key = (shapes, context.home, context.request.destination_country, context.access_key, context.regimes_key)
    held = context.kept.spreads
    if key not in held:
        held[key] = _Spreading(context, moves).run()
    return held[key]


class _Spreading:
    """The states and arcs met so far."""

    def __init__(self, context: Context, moves: Sequence[Move]) -> None:
        self.context, self.moves = context, moves
        self.outgoing: dict[tuple[str, str, str], list[int]] = {}
        for number, move in enumerate(moves):
            self.outgoing.setdefault(move.tail, []).append(number)
        self.branches: list[list[Branch]] = [[] for _ in moves]
        self.arcs: list[tuple[int, int, int, int]] = []
        self.rules: dict[tuple[str, str], tuple[str, str]] = {}
        law = (context.request.destination_country, context.access_key, context.regimes_key)
        self.turns: Turns = context.kept.turns.setdefault(law, {})

    def run(self) -> SpreadMoves:
        """Follow every move from every state that is met, nearest first."""
        index = {state: number for number, state in enumerate(dict.fromkeys(self._starts()))}
        queue = deque(index)
        while queue:
            state = queue.popleft()
            tail = index[state]
            for number in self.outgoing.get(state[:3], ()):
                branches = self.branches[number]
                for head, branch in self._turn(state, self.moves[number]):
                    met = index.get(head)
                    if met is None:
                        met = index[head] = len(index)
                        queue.append(head)
                    self.arcs.append((tail, met, number, len(branches)))
                    branches.append(branch)
        return self._spread(tuple(index))

    def _turn(self, state: State, move: Move) -> Turn:
        """What `_follow` gives; networks that share `kept` ask once for trucks alike."""
        key = (state.carrier, state.country, state.registration, move.head, move.place_id)
        found = self.turns.get(key)
        if found is None:
            found = self.turns[key] = tuple(self._follow(state, move))
        return found

    def _spread(self, states: tuple[State, ...]) -> SpreadMoves:
        tails, heads, numbers, turns = zip(*self.arcs, strict=True) if self.arcs else ((), (), (), ())
        places = tuple((self.moves[n].place_kind, self.moves[n].place_id) for n in numbers)
        first = np.cumsum([0, *map(len, self.branches)])
        slots = first[np.array(numbers, dtype=np.int64)] + np.array(turns, dtype=np.int64)
        return SpreadMoves(
            Layout(states, tails, heads, places), numbers, tuple(map(tuple, self.branches)), slots
        )

    def _starts(self) -> Iterator[State]:
        """States at the origin: by land in its own trucks or on its trains; a port abroad may have nothing but ships."""
        context, origin = self.context, self.context.request.origin_country
        for node, carrier, country in self.outgoing:
            if country == origin:
                yield State(node, carrier, country, context.home if carrier == ROAD else "")
        for node, carrier, country in self.outgoing:
            if carrier in WATER_MODES and context.nodes[node]["country"] == origin:
                yield State(node, carrier, country, "")

    def _follow(self, state: State, move: Move) -> list[tuple[State, Branch]]:
        """States a move leads to with the truck in use, each with the truck swap it takes; none where the truck may not go.

        A foreign truck that enters the country of destination may also hand its load to one of that country, which pays what a swap costs. In a
        country on the way it may not choose to: a domestic rate is that of a truck that stays at home.
        """
        node, carrier, country = move.head
        if carrier != ROAD:
            return [(State(node, carrier, country, ""), Branch(""))]
        if state.carrier != ROAD:  # a local truck picks the goods up at a terminal
            return [(State(node, carrier, country, country), Branch(country))]
        if country == state.country or country == state.registration:
            return [self._to(move, state.registration)]
        return self._abroad(state.registration, move)

    def _abroad(self, registration: str, move: Move) -> list[tuple[State, Branch]]:
        """What a foreign truck may do that enters a country."""
        country = move.head[2]
        rule, access = self._rule(country, registration)
        if rule == "forbidden":
            return []
        through = self._to(move, registration)
        if rule == "swap" and not self.context.regimes.spares_swap(country, registration, move.place_id):
            return [self._to(move, country, access)]
        changed = self._to(move, country, CHOSEN)
        return [through, changed] if country == self.context.request.destination_country else [through]

    def _rule(self, country: str, registration: str) -> tuple[str, str]:
        """What a truck may do in a country, and the key of the rule; looked up once."""
        key = (country, registration)
        if key not in self.rules:
            rule, row = access_rule(self.context.access, *key, self.context.request.departure)
            self.rules[key] = rule, "" if row is None else row["access_id"]
        return self.rules[key]

    @staticmethod
    def _to(move: Move, registration: str, swap: str | None = None) -> tuple[State, Branch]:
        return State(*move.head, registration), Branch(registration, swap)
