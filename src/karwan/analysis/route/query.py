"""What is asked of `karwan route`, and everything it resolves to."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from karwan.analysis.requests import RouteRequest
from karwan.analysis.route.goods import authorities, cargo_of, in_units, with_goods
from karwan.case import Case
from karwan.case.known import known_on
from karwan.case.places import Gazetteer
from karwan.errors import InvalidInput, UnknownName, Unreachable
from karwan.notes import Note, note
from karwan.transport.cargo import Cargo
from karwan.transport.closures import let_through
from karwan.transport.corridor import joined_corridors
from karwan.transport.cost import Weights, shipper_weights
from karwan.transport.journey import recorded_process
from karwan.transport.network import FreightNetwork, Kept, NetworkRequest, build_network
from karwan.transport.network.stage import Row
from karwan.transport.packing import Packed, pack
from karwan.transport.paid import Bills
from karwan.transport.reliability import ClosureProcess
from karwan.transport.restrictions import barring, rules_of_trade, told
from karwan.transport.shipment import Shipment, find_product, make_shipment

DAYS_AHEAD = 3 * 365
MOST_LOAD = 5.0
WEIGHTS = {  # option, attribute, most, unit
    "--value-of-time": ("value_of_time_usd_h", 1e7, "USD an hour"),
    "--reliability-ratio": ("reliability_ratio", 100.0, "hours of mean for an hour of P95 less mean"),
    "--carbon-price": ("carbon_price_usd_t", 1e5, "USD per t CO2e"),
}


@dataclass(frozen=True)
class RoutePlan:
    """Everything resolved: the case, the ends, the network and the weights.

    `promise_days` counts from the start of the departure day; `kept` is what other networks of the case share with this one.
    """

    case: Case
    query: RouteRequest
    promise_days: float | None
    places: Gazetteer
    origin: str
    destination: str
    avoid: tuple[str, ...]
    barred: tuple[str, ...]
    lawful_for: tuple[str, ...]
    rules: tuple[Row, ...]
    cargo: Cargo
    via: tuple[str, ...]
    opened: frozenset[str]
    shipment: Shipment
    sector: str
    request: NetworkRequest
    network: FreightNetwork
    kept: Kept
    weights: Weights
    bills: Bills
    corridors: tuple[Row, ...]

    @property
    def kept_off(self) -> tuple[str, ...]:
        """What no route may touch: what is avoided, and what rules take away."""
        return (*self.avoid, *self.barred)

    @property
    def ends(self) -> tuple[str, str]:
        """Countries of origin and destination."""
        return self.places.country(self.origin), self.places.country(self.destination)


def promised_days(text: str, departure: date) -> float:
    """Days from the start of the departure day that a promise leaves: '35', or a day by whose end it must arrive.

    Examples
    --------
    >>> promised_days("2026-12-03", date(2026, 12, 1))
    3.0
    """
    try:
        if "-" in text.strip()[1:]:
            return float((date.fromisoformat(text.strip()) - departure).days + 1)
        return float(text)
    except ValueError as error:
        raise InvalidInput(
            f"A promise of {text!r} is neither days nor a day.", fix="give days (35), or a day (2027-01-05)."
        ) from error


_MOST_SHARED = 40
"""Questions that share what their networks have in common; then it is begun anew, so that it stays small."""


Recorded = tuple[ClosureProcess | None, tuple[Note, ...]]


class _Shared(threading.local):
    """What the networks of the last tables asked about share, in each thread its own."""

    tables: Mapping[str, pl.DataFrame] | None = None
    kept: Kept
    recorded: dict[date, Recorded]
    questions = 0


_SHARED = _Shared()


def shared_by(tables: Mapping[str, pl.DataFrame]) -> Kept:
    """What networks of these tables share from one question to the next: the same objects, so that nothing in it can be of other tables."""
    if _SHARED.tables is not tables or _SHARED.questions >= _MOST_SHARED:
        _SHARED.tables, _SHARED.kept, _SHARED.recorded, _SHARED.questions = tables, Kept(), {}, 0
    _SHARED.questions += 1
    return _SHARED.kept


def recorded_by(tables: Mapping[str, pl.DataFrame], as_of: date) -> Recorded:
    """Random closures fitted to the record up to a day, once for questions to the same tables."""
    if _SHARED.tables is not tables:
        return recorded_process(tables, as_of)
    if as_of not in _SHARED.recorded:
        _SHARED.recorded[as_of] = recorded_process(tables, as_of)
    return _SHARED.recorded[as_of]


def resolve(case: Case, query: RouteRequest) -> RoutePlan:
    """Look up places and product, check bounds, build the network."""
    if query.as_of is not None:
        case = known_on(case, query.as_of)
    case, query = with_goods(case, query)
    lawful_for = authorities(query.lawful_for)
    cargo = cargo_of(case, query)
    packed = _packed(case, query)
    shipment = packed.shipment
    promise_days = None if query.promise is None else promised_days(query.promise, query.departure)
    _check(case, query, promise_days, query.registration.upper())
    places = Gazetteer(case.tables)
    origin, destination = places.node(query.origin), places.node(query.destination)
    avoid = tuple(places.avoidable(name) for name in query.avoid)
    via = tuple(places.node(name) for name in query.via)
    _check_places(query, places, (origin, destination), avoid, via)
    opened = frozenset(place for name in query.opened for place in places.openable(name))
    ends = (places.country(origin), places.country(destination))
    opened |= let_through(case["closures"].iter_rows(named=True), cargo.classes, query.departure)
    rules = rules_of_trade(case["restrictions"].rows(named=True), *ends, cargo, query.departure)
    barred = barring(rules, lawful_for)
    _check_ends(barred, places, (origin, destination), query)
    request = _network_request(query, packed, places, (origin, destination), opened)
    request = replace(request, dangerous=cargo.dangerous is not None)
    weights = shipper_weights(
        shipment,
        case.parameter,
        value_of_time_usd_h=query.value_of_time_usd_h,
        reliability_ratio=query.reliability_ratio,
        carbon_price_usd_t=query.carbon_price_usd_t,
    )
    sector = case["products"].filter(pl.col("product_id") == shipment.product_id)["sector"][0]
    kept = shared_by(case.tables)
    network = build_network(case.tables, request, kept=kept)
    return RoutePlan(
        case=case,
        query=query,
        promise_days=promise_days,
        places=places,
        origin=origin,
        destination=destination,
        avoid=avoid,
        barred=tuple(dict.fromkeys(row["place_id"] for row in barred)),
        lawful_for=lawful_for,
        rules=tuple(rules),
        cargo=cargo,
        via=tuple(v for v in via if v not in (origin, destination)),
        opened=opened,
        shipment=shipment,
        sector=sector,
        request=request,
        network=network,
        kept=kept,
        weights=weights,
        bills=Bills(case.tables, shipment.product_id, sector, ends[0], query.departure, cargo),
        corridors=_corridors(case, network, shipment, (origin, destination)),
    )


def _network_request(
    query: RouteRequest, packed: Packed, places: Gazetteer, ends: tuple[str, str], opened: frozenset[str]
) -> NetworkRequest:
    """The network that a packed load is searched in, between two nodes."""
    return packed.network_request(
        (places.country(ends[0]), places.country(ends[1])),
        ends,
        query.departure,
        opened,
        registration=query.registration.upper(),
        include_assumed=query.include_assumed,
    )


def _packed(case: Case, query: RouteRequest) -> Packed:
    """The load in the units asked for, or in those it needs."""
    load = make_shipment(case["products"], query.product, query.tonnes, one_piece=query.one_piece)
    product = find_product(case["products"], query.product)
    units = case["vehicles"].iter_rows(named=True)
    packed = pack(load, product, units, query.unit, parameter=case.parameter)
    return replace(packed, shipment=in_units(packed.shipment, query.units))


def _corridors(
    case: Case, network: FreightNetwork, shipment: Shipment, ends: tuple[str, str]
) -> tuple[Row, ...]:
    """Named corridors between two places, each with its via places in order of travel."""
    rows = case["corridors"].sort("rank", "corridor_id").rows(named=True)
    settings = case.settings
    countries = tuple(network.node_countries[end] for end in ends)
    if countries == (settings.party_a, settings.party_b):
        return tuple(rows)
    if countries == (settings.party_b, settings.party_a):
        return tuple({**row, "via": list(reversed(row["via"] or ()))} for row in rows)
    touches = {node: {country} for node, country in network.node_countries.items()}
    touches |= {
        row["node_id"]: {row["country_a"], row["country_b"]}
        for row in case["crossings"].iter_rows(named=True)
    }
    return tuple(joined_corridors(network, shipment, rows, *ends, touches))


def corridor_notes(plan: RoutePlan) -> list[Note]:
    """The case's named corridors that do not join the two ends."""
    joined = {row["corridor_id"] for row in plan.corridors}
    others = [
        row["name"]
        for row in plan.case["corridors"].iter_rows(named=True)
        if row["corridor_id"] not in joined
    ]
    if not others:
        return []
    return [note("route.no_corridors", corridors=", ".join(others))]


def _check_ends(barred: Sequence[Row], places: Gazetteer, ends: tuple[str, str], query: RouteRequest) -> None:
    """Refuse a trade that is banned in the country of an end."""
    held = {*ends, *(places.country(end) for end in ends)}
    bans = [row for row in barred if row["place_id"] in held]
    if bans:
        asked = f" lawful for {', '.join(query.lawful_for)}" if query.lawful_for else ""
        raise Unreachable(
            f"No trade{asked} from {places.name(ends[0])} to {places.name(ends[1])} in these goods.",
            "; ".join(told(row) for row in bans),
            "leave on a day when the rule does not hold, or put its end into restrictions.csv by a scenario.",
        )


def _check_places(
    query: RouteRequest,
    places: Gazetteer,
    ends: tuple[str, str],
    avoid: tuple[str, ...],
    via: tuple[str, ...],
) -> None:
    if ends[0] == ends[1]:
        raise InvalidInput(
            "Origin and destination are the same place.",
            f"{query.origin!r} and {query.destination!r} are both {places.name(ends[0])} ({ends[0]})",
            "name two different places.",
        )
    for place in ends:
        if place in avoid or places.country(place) in avoid:
            raise InvalidInput(
                f"{places.name(place)} cannot be avoided: it is an end of the route.",
                fix="drop it from --avoid.",
            )
    both = set(avoid) & set(via)
    if both:
        raise InvalidInput(
            f"{places.name(both.pop())} is both in --avoid and in --via.", fix="drop one of the two."
        )


def _check(case: Case, query: RouteRequest, promise: float | None, registration: str) -> None:
    _check_departure(query.departure, case.settings.as_of)
    if promise is not None and not 0 < promise <= 400:
        raise InvalidInput(
            f"A promise of {promise:g} days cannot be used.",
            "allowed: more than 0, at most 400 days after departure",
            "give days, or a day not before the departure.",
        )
    _check_weights(query)
    if not 100 <= query.journeys <= 5_000_000:
        raise InvalidInput(
            f"{query.journeys:,} journeys cannot be drawn here.",
            "allowed: 100 to 5,000,000",
            "20,000 is the default.",
        )
    if not 0.0 <= query.load <= MOST_LOAD:
        raise InvalidInput(
            f"A load of {query.load:g} times the usual traffic cannot be used.",
            f"allowed: 0 to {MOST_LOAD:g}",
            "1 is the recorded traffic, 1.2 a fifth more.",
        )
    if registration and registration not in set(case["countries"]["country"]):
        raise UnknownName(
            f"No country has the code {registration!r}.",
            f"countries: {', '.join(case['countries']['country'])}",
            "give an ISO 3166-1 alpha-3 code of the case.",
        )


def _check_weights(query: RouteRequest) -> None:
    for option, (name, most, unit) in WEIGHTS.items():
        given = getattr(query, name)
        if given is not None and not 0.0 <= given <= most:
            raise InvalidInput(
                f"{option} {given:g} cannot be used.",
                f"allowed: 0 to {most:,.0f} {unit}",
                "leave it out for the value of the product or of the case.",
            )


def _check_departure(day: date, as_of: date) -> None:
    """Refuse a day before the one the case stands on, and one too far ahead for its closures, fees and rates."""
    ahead = (day - as_of).days
    if ahead < 0:
        raise InvalidInput(
            f"Departure on {day} is in the past.",
            f"the case stands on {as_of}, {-ahead} {'day' if ahead == -1 else 'days'} later",
            f"leave on {as_of} or after, or see the case as it was known with --as-of {day} or before.",
        )
    if ahead > DAYS_AHEAD:
        raise InvalidInput(
            f"Departure on {day} is too far ahead.",
            f"{ahead:,} days after {as_of}, the day the case stands on; allowed: {DAYS_AHEAD:,}",
            f"choose a day up to {as_of + timedelta(days=DAYS_AHEAD)}: closures, fees and rates hold near that day.",
        )
