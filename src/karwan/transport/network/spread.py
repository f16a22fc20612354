"""Spreading the moves of a network over truck registrations: which states there are, and the arcs between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from karwan.schema.modes import ROAD, WATER_MODES
from karwan.transport.network.context import Context
from karwan.transport.network.layout import CHOSEN, Branch, Layout, SpreadMoves, State, Turn, Turns
from karwan.transport.network.lookup import access_rule
from karwan.transport.network.request import Move


def spread(context: Context, moves: Sequence[Move]) -> SpreadMoves:
    """Spread moves from the origin's own trucks, and number the states. Networks that share `kept.common` do it once for moves that join the same places."""
    shapes = tuple((move.tail, move.head, move.place_kind, move.place_id) for move in moves)
    key = shapes, context.home, context.law_number
    held = context.kept.common.spreads
    if key not in held:
        held[key] = _Spreading(context, moves).run()
    return held[key]


class _Spreading:
    """The states and arcs met so far. Places are numbered; a state is the number of its place and the country its truck is registered in."""

    def __init__(self, context: Context, moves: Sequence[Move]) -> None:
        self.context, self.moves = context, moves
        ends = [end for move in moves for end in (move.tail, move.head)]
        self.places = {place: number for number, place in enumerate(dict.fromkeys(ends))}
        self.by_road = [carrier == ROAD for _, carrier, _ in self.places]
        self.countries = [country for _, _, country in self.places]
        self.heads = [self.places[move.head] for move in moves]
        self.rules: dict[tuple[str, str], tuple[str, str]] = {}
        self.stays: dict[str, Turn] = {}
        self.turns: Turns = context.kept.common.turns.setdefault(context.law_number, {})
        self.outgoing: dict[int, list[tuple[int, int, Turn | None, str | None]]] = {}
        for number, move in enumerate(moves):
            tail, head = self.places[move.tail], self.heads[number]
            self.outgoing.setdefault(tail, []).append((number, head, *self._whatever_truck(tail, head)))
        self.branches: list[list[Branch]] = [[] for _ in moves]

    def run(self) -> SpreadMoves:
        """Follow every move from every state that is met, nearest first."""
        met = list(dict.fromkeys(self._starts()))
        index = {state: number for number, state in enumerate(met)}
        tails: list[int] = []
        heads: list[int] = []
        numbers: list[int] = []
        turns: list[int] = []
        for tail, (place, truck) in enumerate(met):  # grows as states are met
            for number, head, turn, entered in self.outgoing.get(place, ()):
                branches = self.branches[number]
                for branch in turn or self._turn(truck, entered, number):
                    state = head, branch.registration
                    found = index.get(state)
                    if found is None:
                        found = index[state] = len(met)
                        met.append(state)
                    tails.append(tail)
                    heads.append(found)
                    numbers.append(number)
                    turns.append(len(branches))
                    branches.append(branch)
        return self._spread(met, tails, heads, numbers, turns)

    def _whatever_truck(self, place: int, head: int) -> tuple[Turn | None, str | None]:
        """The way a move is made whatever truck is in use, if there is one; else the country it enters, none where it stays in one."""
        country = self.countries[head]
        if not self.by_road[head]:
            return self._stay(""), None
        if not self.by_road[place]:  # a local truck picks the goods up at a terminal
            return self._stay(country), None
        return None, None if country == self.countries[place] else country

    def _turn(self, truck: str, country: str | None, number: int) -> Turn:
        """Ways a truck may make a move by road, each with the truck swap it takes; none where it may not go.

        A foreign truck that enters the country of destination may also hand its load to one of that country, which pays what a swap costs. In a
        country on the way it may not choose to: a domestic rate is that of a truck that stays at home.
        """
        if country is None or country == truck:
            return self._stay(truck)
        key = country, truck, self.moves[number].place_id
        if key not in self.turns:
            self.turns[key] = self._abroad(*key)
        return self.turns[key]

    def _stay(self, truck: str) -> Turn:
        """A move made by one truck without a swap; none is meant by ''."""
        found = self.stays.get(truck)
        if found is None:
            found = self.stays[truck] = (Branch(truck),)
        return found

    def _abroad(self, country: str, registration: str, place: str) -> Turn:
        """What a foreign truck may do that enters a country; networks that share `kept.common` ask once for trucks alike."""
        rule, access = self._rule(country, registration)
        if rule == "forbidden":
            return ()
        if rule == "swap" and not self.context.regimes.spares_swap(country, registration, place):
            return (Branch(country, access),)
        through = Branch(registration)
        at_end = country == self.context.request.destination_country
        return (through, Branch(country, CHOSEN)) if at_end else (through,)

    def _rule(self, country: str, registration: str) -> tuple[str, str]:
        """What a truck may do in a country, and the key of the rule; looked up once."""
        key = (country, registration)
        if key not in self.rules:
            rule, row = access_rule(self.context.access, *key, self.context.request.departure)
            self.rules[key] = rule, "" if row is None else row["access_id"]
        return self.rules[key]

    def _spread(
        self,
        met: Sequence[tuple[int, str]],
        tails: Sequence[int],
        heads: Sequence[int],
        numbers: Sequence[int],
        turns: Sequence[int],
    ) -> SpreadMoves:
        places = list(self.places)
        states = tuple(State(*places[place], truck) for place, truck in met)
        named = [(move.place_kind, move.place_id) for move in self.moves]
        first = np.cumsum([0, *map(len, self.branches)])
        moves = np.array(numbers, dtype=np.int64)
        slots = first[moves] + np.array(turns, dtype=np.int64)
        layout = Layout(states, tuple(tails), tuple(heads), tuple(named[number] for number in numbers))
        return SpreadMoves(layout, moves, tuple(map(tuple, self.branches)), slots)

    def _starts(self) -> Iterator[tuple[int, str]]:
        """States at the origin: by land in its own trucks or on its trains; a port abroad may have nothing but ships."""
        context, origin = self.context, self.context.request.origin_country
        places = list(self.places)
        for place in self.outgoing:
            if self.countries[place] == origin:
                yield place, context.home if self.by_road[place] else ""
        for place in self.outgoing:
            node, carrier, _ = places[place]
            if carrier in WATER_MODES and context.nodes[node]["country"] == origin:
                yield place, ""
