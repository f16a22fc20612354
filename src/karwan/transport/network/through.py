"""Through rates: one price from a place to another past others, laid beside the sum of its legs as a lane of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from karwan.amounts import WEEK_H
from karwan.numerics import shortest as kernel
from karwan.schema.days import within
from karwan.transport.network.context import Context
from karwan.transport.network.layout import NewArcs, State
from karwan.transport.network.price import in_rows, sums_of
from karwan.transport.network.request import mode_of
from karwan.transport.network.stage import Arc, FreightNetwork, Row
from karwan.transport.network.terms import (
    FREIGHT_KINDS,
    HOURS,
    MONEY,
    Factor,
    Stage,
    Step,
    Term,
    figure_of,
    money_kind,
    times,
)
from karwan.transport.network.units import Unit, unit_term

RUNS = ("running", "on_booking")
"""States of a service whose rate can be had."""
TABLE, KEY = "land_services", "land_service_id"
NO_ARCS = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool))


@dataclass(frozen=True)
class _Lane:
    """A service with a through rate in one direction."""

    row: Row
    unit: Unit
    places: tuple[str, ...]
    trucks: frozenset[str]

    def boards(self, state: State, origin: str) -> bool:
        """Whether a load in a state can be handed to it: at the start of its trip, off a train or ship, or on a truck of its operators."""
        if mode_of(state.carrier) not in self.row["modes"]:
            return False
        others = self.trucks and state.registration not in ("", *self.trucks)
        return not others or state.node_id == origin


def with_through_rates(context: Context, network: FreightNetwork) -> FreightNetwork:
    """The network, and a lane for each service whose through rate the load can have.

    A lane takes the fastest way past the places of its service, with the hours, openings and borders of that way. Its first move holds the
    rate; its stages lack the kinds of money that the rate covers. It is boarded where the service starts and left where it ends, so a part of
    the way cannot be had for it.
    """
    lanes = list(_lanes(context))
    if not lanes:
        return network
    search = _Fastest(network, context.request.ends[0] if context.request.ends else "")
    states: list[State] = []
    arcs: list[Arc] = []
    missing = []
    for lane in lanes:
        ways = [way for way in search.ways(lane) if _touches(network, way, lane.row["via"] or ())]
        if not ways:
            missing.append((TABLE, lane.row[KEY], f"no way {' - '.join(lane.places)}"))
        for way in ways:
            _lay(context, network, lane, way, states, arcs)
    return _extended(network, states, arcs, missing)


def _extended(
    network: FreightNetwork,
    states: Sequence[State],
    arcs: Sequence[Arc],
    missing: Sequence[tuple[str, str, str]],
) -> FreightNetwork:
    """The network with the states and arcs of lanes, and why others could not be laid."""
    ends = [(arc.tail, arc.head, (arc.place_kind, arc.place_id)) for arc in arcs]
    tails, heads, places = zip(*ends, strict=True) if ends else ((), (), ())
    stages = tuple(arc.stages for arc in arcs)
    return replace(
        network,
        layout=network.layout.extended(NewArcs(tuple(states), tails, heads, places)),
        stages=(*network.stages, *stages),
        sums=np.concatenate([network.sums, in_rows(map(sums_of, stages))]),
        calendar=np.append(network.calendar, np.array([arc.calendar for arc in arcs], dtype=np.int64)),
        covariance_h2=np.append(network.covariance_h2, [arc.covariance_h2 for arc in arcs]),
        skipped=tuple(dict.fromkeys((*network.skipped, *missing))),
    )


def _lanes(context: Context) -> Iterator[_Lane]:
    """Services with a rate that holds for the load on the day of departure; why others do not is noted."""
    homes = {row["operator_id"]: row["country"] for row in context.rows("operators")}
    for row in context.rows(TABLE):
        if row["rate_usd"] is None or None in (row["from_node_id"], row["to_node_id"]):
            continue
        unit = _unit(context, row)
        why = _unusable(context, row, unit)
        if why or unit is None:
            context.met.skipped.append((TABLE, row[KEY], why))
            continue
        via = [place for place in row["via"] or () if place in context.nodes]
        places = (row["from_node_id"], *via, row["to_node_id"])
        trucks = frozenset(homes[one] for one in row["operator_ids"] if homes[one])
        yield _Lane(row, unit, places, trucks)
        if row["both_ways"]:
            yield _Lane(row, unit, places[::-1], trucks)


def _unit(context: Context, row: Row) -> Unit | None:
    """The load's unit on one of the service's modes where the rate is for that unit."""
    units = (context.units.get(mode) for mode in row["modes"])
    return next((unit for unit in units if unit is not None and unit.kind == row["rate_unit"]), None)


def _unusable(context: Context, row: Row, unit: Unit | None) -> str:
    """Why a through rate does not hold for the load; blank where it does."""
    if row["state"] not in RUNS:
        return f"the service is {row['state']}"
    if not within(row["since"], row["until"], context.request.departure):
        return f"not offered on {context.request.departure}"
    if not all(context.request.uses(mode) for mode in row["modes"]):
        return "one of its modes is not looked at"
    if unit is None:
        return f"its rate is for a {row['rate_unit']}, which the load does not go in"
    return "its rate is not for dangerous goods" if context.request.dangerous else ""


class _Fastest:
    """Fastest ways through a network past places, borders crossed and ports called at where they are places."""

    def __init__(self, network: FreightNetwork, origin: str) -> None:
        self.network, self.layout = network, network.layout
        self.origin = origin
        self.order, self.ptr, self.heads = network.layout.by_tail
        self.tails = network.layout.ends[0].astype(np.int32)

    def ways(self, lane: _Lane) -> Iterator[tuple[int, ...]]:
        """Arcs of the way from each state in which a load may wait at the start; as if open where it is shut."""
        none = np.zeros(len(self.network.arcs), dtype=bool)
        own = np.logical_or.reduce(
            [none, *[self.layout.in_mode.get(mode, none) for mode in lane.row["modes"]]]
        )
        opened = own & ~self.network.never_open()
        for start in self.network.at(lane.places[0]):
            if not lane.boards(self.network.states[start], self.origin):
                continue
            way = self._way(start, lane.places[1:], opened) or self._way(start, lane.places[1:], own)
            if way:
                yield way

    def _way(self, start: int, places: Sequence[str], allowed: npt.NDArray[np.bool_]) -> tuple[int, ...]:
        hours = np.where(allowed, self.network.arc_hours(), np.inf)
        found: list[int] = []
        for number, place in enumerate(places):
            seed = np.array([start], dtype=np.int32)
            least, slot = kernel.tree(self.ptr, self.heads, hours[self.order], seed, np.inf)
            last = number == len(places) - 1
            into, passing = self.layout.into.get(place, NO_ARCS)
            into = into if last else into[passing]
            total = least[self.tails[into]] + hours[into]
            if not np.isfinite(total).any():
                return ()
            best = int(into[np.argmin(total)])
            slots = kernel.trace(slot, self.ptr, self.tails[best])
            found += [*self.order[slots].tolist(), best]
            start = int(self.layout.heads[best])
        return tuple(found)


def _touches(network: FreightNetwork, way: Sequence[int], via: Sequence[str]) -> bool:
    """Whether a way passes the countries that a service names without a place."""
    countries = {network.states[network.arcs[a].head].country for a in way}
    named = set(network.node_countries.values()) & set(via)
    return named <= countries


def lane_service(name: str) -> str:
    """Service of a lane, from the name its states carry."""
    return name.split(" ")[0]


def lanes_of(network: FreightNetwork, arcs: Sequence[int]) -> Iterator[tuple[str, str, str]]:
    """Lanes that a path takes: service, and the nodes where each is boarded and left."""
    states, moves = network.states, [network.arcs[a] for a in arcs]
    for number, move in enumerate(moves):
        service = service_boarded(move)
        if service:
            left = next(one for one in moves[number:] if not states[one.head].service)
            yield service, states[move.tail].node_id, states[left.head].node_id


def service_boarded(move: Arc) -> str:
    """Service whose through rate a move pays; blank where it pays none."""
    terms = (term for stage in move.stages for term in stage.terms)
    figures = (factor.figure for term in terms for factor in term.factors)
    return next((one.key for one in figures if (one.table, one.column) == (TABLE, "rate_usd")), "")


def _lay(
    context: Context,
    network: FreightNetwork,
    lane: _Lane,
    way: Sequence[int],
    states: list[State],
    arcs: list[Arc],
) -> None:
    """Add the states and arcs of a lane to those of others, all numbered after those of a network."""
    price = figure_of(lane.row, TABLE, KEY, "rate_usd")
    kinds = {*FREIGHT_KINDS, *(lane.row["rate_covers"] or ())}
    tail = network.arcs[way[0]].tail
    start = network.states[tail]
    name = " ".join((lane.row[KEY], *start[:4], lane.places[-1]))  # the same in every network of a case
    for number, a in enumerate(way):
        arc = network.arcs[a]
        stages = tuple(_covered(stage, kinds, price.basis) for stage in arc.stages)
        if number == 0:
            booked = _booking(context, network, lane, arc)
            crossing = arc.place_kind == "crossing"
            stages = (*stages, booked) if crossing else (booked, *stages)
        head = arc.head
        if number < len(way) - 1:
            head = len(network.states) + len(states)
            states.append(network.states[arc.head]._replace(service=name))
        arcs.append(arc._replace(tail=tail, head=head, stages=stages))
        tail = head


def _booking(context: Context, network: FreightNetwork, lane: _Lane, first: Arc) -> Stage:
    """The price of a lane, and the wait for its departure where a number of them was published."""
    row, start = lane.row, network.states[first.tail]
    ends = " – ".join(str(context.nodes[place]["name"]) for place in (lane.places[0], lane.places[-1]))
    terms = [unit_term(lane.unit, figure_of(row, TABLE, KEY, "rate_usd"))]
    headway = 0.0
    if row["departures_per_week"] is not None:
        weekly = figure_of(row, TABLE, KEY, "departures_per_week")
        headway = WEEK_H / weekly.value
        terms.append(times(HOURS, Factor(weekly, -1), by=WEEK_H / 2.0))
    named = {r["operator_id"]: r["name"] for r in context.rows("operators")}
    who = ", ".join(str(named[one]) for one in row["operator_ids"])
    step = Step(
        "transfer",
        f"through rate of {who}, {ends}",
        start.node_id,
        mode_of(start.carrier),
        start.country,
        headway_h=headway,
    )
    return Stage(step, tuple(terms), variance_h2=headway**2 / 12.0)


@dataclass(frozen=True)
class _Covered(Stage):
    """A stage without the money that a through rate covers: its sources are those of the whole, money it lacks has the basis of the rate."""

    whole: Stage = field(kw_only=True)
    rate_basis: str = field(kw_only=True)

    @property
    def basis_usd(self) -> str:
        """Weakest basis of the figures that make the money."""
        paid = any(term.unit in MONEY for term in self.terms)
        return self.whole.basis_usd if paid else self.rate_basis

    @property
    def source_id(self) -> str:
        """Sources of the whole stage."""
        return self.whole.source_id


def _covered(stage: Stage, kinds: set[str], basis: str) -> Stage:
    """A stage without the money that a through rate covers."""
    kept = tuple(term for term in stage.terms if not _paid_by(stage, term, kinds))
    if len(kept) == len(stage.terms):
        return stage
    return _Covered(stage.step, kept, stage.variance_h2, stage.also, whole=stage, rate_basis=basis)


def _paid_by(stage: Stage, term: Term, kinds: set[str]) -> bool:
    return term.unit in MONEY and money_kind(stage.kind, term) in kinds
