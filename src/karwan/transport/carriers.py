"""Who can carry the legs of a route: published services of operators, and the lines of its sailings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from karwan.schema.days import within
from karwan.schema.modes import WATER_MODES
from karwan.transport.network.stage import Arc, Row
from karwan.transport.network.through import RUNS, lane_service
from karwan.transport.route import Route

TRIAL = "trial"
WHOLE = 0.999
"""Share of a leg's km from which a service is said to cover all of it."""
HAULS = ("link", "service")


@dataclass(frozen=True)
class Offer:
    """A service that carries on a leg.

    Attributes
    ----------
    who
        Names of its operators; those of a sailing as the case has them.
    service_id
        Key in land_services or services.
    state
        'running', 'on_booking' or 'trial'.
    km_share
        Share of the leg's km that lies on the service, in (0, 1].
    backward
        Whether it was published for the other direction only.
    """

    who: str
    service_id: str
    state: str
    km_share: float
    backward: bool = False
    source_id: str = ""


@dataclass(frozen=True)
class Leg:
    """A part of a route in one mode and one country.

    Attributes
    ----------
    start, end
        Node ids.
    mode, country
        Country is '' at sea.
    km
        Length.
    offers
        Services that carry on it, those on the whole of it first.
    through_id
        Service whose through rate pays for it or for a part of it, several joined by semicolons; blank where legs are paid one by one.
    """

    start: str
    end: str
    mode: str
    country: str
    km: float
    offers: tuple[Offer, ...] = field(default=())
    through_id: str = ""

    @property
    def carried(self) -> bool:
        """Whether somebody published a service on the whole of it that runs or can be booked; a trial is none."""
        return any(one.km_share >= WHOLE and one.state != TRIAL for one in self.offers)


def carriers_of(route: Route, tables: Mapping[str, pl.DataFrame], day: date) -> list[Leg]:
    """Legs of a route with the services that can carry on them.

    A service carries on what lies between two of its places, next to one another in its list, where the route passes both in either order in
    its modes, and the countries it names between them. Those announced, ended or not offered on the day carry nothing.

    Parameters
    ----------
    route
        A route of `make_route`.
    tables
        Tables of a case; `operators` and `land_services` may be empty.
    day
        Day of departure.
    """
    named = operator_names(tables)
    lines = {row["service_id"]: row for row in tables["services"].iter_rows(named=True)}
    arcs = [route.network.arcs[a] for a in route.arcs]
    live = [row for row in tables["land_services"].iter_rows(named=True) if _live(row, day)]
    carried = [(row, *found) for row in live if (found := _carried(route, row))[0]]
    legs = []
    for numbers in _legs(route, arcs):
        km = {k: sum(stage.km for stage in arcs[k].stages) for k in numbers}
        offers = [*_lines_on(arcs, numbers, lines), *_services_on(km, carried, named)]
        legs.append(_leg(route, arcs, numbers, sum(km.values()), offers))
    return legs


def operator_names(tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """Name of each operator of a case by its id."""
    return dict(tables["operators"].select("operator_id", "name").iter_rows())


def _live(row: Row, day: date) -> bool:
    """Whether a service can be had, or was tried, by a day."""
    return row["state"] in (*RUNS, TRIAL) and within(row["since"], row["until"], day)


def _legs(route: Route, arcs: Sequence[Arc]) -> Iterator[list[int]]:
    """Positions of the hauls of each leg: one mode in one country."""
    states = route.network.states
    held: list[int] = []
    last: tuple[str, str] | None = None
    for k, arc in enumerate(arcs):
        if arc.place_kind not in HAULS:
            continue
        kind = (arc.stages[-1].mode, states[arc.head].country)
        if held and kind != last:
            yield held
            held = []
        held.append(k)
        last = kind
    if held:
        yield held


def _leg(
    route: Route, arcs: Sequence[Arc], numbers: Sequence[int], km: float, offers: Sequence[Offer]
) -> Leg:
    states = route.network.states
    first, last = arcs[numbers[0]], arcs[numbers[-1]]
    lanes = [states[arcs[k].head].service or states[arcs[k].tail].service for k in numbers]
    lane = ";".join(dict.fromkeys(lane_service(name) for name in lanes if name))
    ranked = tuple(sorted(offers, key=lambda one: (-round(one.km_share, 6), one.state == TRIAL)))
    start, end = states[first.tail].node_id, states[last.head].node_id
    return Leg(start, end, last.stages[-1].mode, states[last.head].country, km, ranked, lane)


def _lines_on(arcs: Sequence[Arc], numbers: Sequence[int], lines: Mapping[str, Row]) -> Iterator[Offer]:
    """Lines of the sailings of a leg, as the case names them."""
    for k in numbers:
        row = lines.get(arcs[k].place_id) if arcs[k].place_kind == "service" else None
        if row is not None and row["operator"]:
            state = RUNS[1] if "on call" in row["operator"] else RUNS[0]
            share = 1.0 / len(numbers)
            yield Offer(row["operator"], row["service_id"], state, share, source_id=row["source_id"])


def _services_on(
    km: Mapping[int, float], carried: Sequence[tuple[Row, set[int], bool]], named: Mapping[str, str]
) -> Iterator[Offer]:
    """Services that carry on some of the hauls of a leg."""
    total = sum(km.values())
    for row, positions, backward in carried:
        own = sum(length for k, length in km.items() if k in positions)
        if own > 0.0:
            who = ", ".join(named[one] for one in row["operator_ids"])
            yield Offer(who, row["land_service_id"], row["state"], own / total, backward, row["source_id"])


def _carried(route: Route, row: Row) -> tuple[set[int], bool]:
    """Positions of the moves of a route that lie on a service, and whether they run against it as published."""
    onward, back = _covered(route, row, _pieces(route, row)), _covered(route, row, _pieces(route, row)[::-1])
    if len(onward) >= len(back):
        return onward, False
    return back, not row["both_ways"]


def _pieces(route: Route, row: Row) -> list[str]:
    """Places and countries of a service in order."""
    via = row["via"] or []
    return [place for place in (row["from_node_id"], *via, row["to_node_id"]) if place]


def _covered(route: Route, row: Row, places: Sequence[str]) -> set[int]:
    """Positions of the moves between places that follow one another, with the countries named between them."""
    network = route.network
    arcs = [network.arcs[a] for a in route.arcs]
    found: set[int] = set()
    before, countries = "", set[str]()
    for place in places:
        if place not in network.node_countries:
            countries.add(place)
            continue
        found |= _between(route, arcs, (before, place), countries, row["modes"])
        before, countries = place, set()
    return found


def _between(
    route: Route, arcs: Sequence[Arc], ends: tuple[str, str], countries: set[str], modes: Sequence[str]
) -> set[int]:
    """Positions of the moves from one place to another, where the service's modes carry all of them."""
    states = route.network.states
    tails = [states[arc.tail].node_id for arc in arcs]
    heads = [states[arc.head].node_id for arc in arcs]
    if ends[0] not in tails or ends[1] not in heads:
        return set()
    first, last = tails.index(ends[0]), len(heads) - 1 - heads[::-1].index(ends[1])
    stretch = range(first, last + 1)
    hauls = {arcs[k].stages[-1].mode for k in stretch if arcs[k].place_kind in HAULS}
    passed = {states[arcs[k].head].country for k in stretch}
    fits = hauls and hauls <= _carried_by(modes) and countries <= passed
    return set(stretch) if fits else set()


def _carried_by(modes: Sequence[str]) -> set[str]:
    """Modes of a service; a ferry is a ship."""
    found = set(modes)
    return found | set(WATER_MODES) if found & set(WATER_MODES) else found
