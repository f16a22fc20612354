"""Answering `karwan route`: from place names to routes with money, days, papers, and reasons for what is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from karwan.errors import InvalidInput, UnknownName
from karwan.models.choice import path_size_logit
from karwan.models.corridor import ABSENT, CLOSED, CorridorRoute, corridor_route, name_route
from karwan.models.journey import closure_process, journey_stages
from karwan.models.landed import find_duty, landed_cost
from karwan.models.network import FreightNetwork, NetworkRequest, build_network
from karwan.models.network.stage import SEA, Row
from karwan.models.papers import list_guarantees, list_papers
from karwan.models.reliability import (
    ClosureProcess,
    Journeys,
    JourneyStages,
    UnidentifiedClosures,
    departures,
    simulate,
    stage_queues,
)
from karwan.models.route import Route, assumed_share, stage_table
from karwan.models.route_choice import (
    RouteSearch,
    find_routes,
    generalised_usd,
    incidence,
    route_criteria,
    usable_arcs,
)
from karwan.models.routing import Weights, beaten_by
from karwan.models.shipment import Shipment, make_shipment
from karwan.places import Gazetteer
from karwan.tables import Case

LISTED, ALSO = "listed", "also possible"
DAYS_BACK, DAYS_AHEAD = 365, 3 * 365
HORIZON_YEAR = 365
YEAR_JOURNEYS = 2000


@dataclass(frozen=True)
class RouteQuery:
    """What is asked.

    Attributes
    ----------
    origin, destination
        Places by node id, name or alias.
    product, tonnes, departure
        The shipment.
    avoid, via, opened
        Places by id, name or alias; `avoid` also countries and modes, `opened` also links.
    promise_days
        Days within which it is promised; None: no promise.
    value_of_time_usd_h, reliability_ratio, carbon_price_usd_t
        Weights of the ranking; None takes the product's value of time and the case's parameters.
    journeys, seed
        Monte Carlo.
    queues
        Add waits in queues at the recorded traffic to the border hours.
    days_of_year
        Also P50 and P95 of the best route for each departure day of a year.
    count
        Routes on the short list at most.
    registration
        Country the truck is registered in; blank is the origin's.
    """

    origin: str
    destination: str
    product: str
    tonnes: float
    departure: date
    avoid: Sequence[str] = ()
    via: Sequence[str] = ()
    opened: Sequence[str] = ()
    promise_days: float | None = None
    value_of_time_usd_h: float | None = None
    reliability_ratio: float | None = None
    carbon_price_usd_t: float | None = None
    journeys: int = 20_000
    seed: int = 1
    queues: bool = False
    days_of_year: bool = False
    count: int = 5
    registration: str = ""


@dataclass(frozen=True)
class RouteAnswer:
    """What `karwan route` prints.

    Attributes
    ----------
    tables
        Title to table: routes, corridors, stages, closed, papers, guarantees, lateness, closure_rates, queues and, where asked for,
        days_of_year.
    meta
        The shipment, the weights, the search, the logsum.
    notes
        What the reader must know to use the figures.
    """

    tables: Mapping[str, pl.DataFrame]
    meta: Mapping[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Plan:
    """Everything resolved: the case, the ends, the network and the weights."""

    case: Case
    query: RouteQuery
    places: Gazetteer
    origin: str
    destination: str
    avoid: tuple[str, ...]
    via: tuple[str, ...]
    opened: frozenset[str]
    shipment: Shipment
    sector: str
    network: FreightNetwork
    weights: Weights
    backward: bool
    corridors: tuple[Row, ...]
    notes: list[str] = field(default_factory=list)

    @property
    def ends(self) -> tuple[str, str]:
        """Countries of origin and destination."""
        return self.places.country(self.origin), self.places.country(self.destination)


@dataclass(frozen=True)
class _Offer:
    """A route with its name and its simulated arrivals."""

    number: int
    label: str
    corridor_id: str | None
    status: str
    route: Route
    journeys: Journeys
    without: Journeys


def answer_route(case: Case, query: RouteQuery) -> RouteAnswer:
    """Routes for a shipment: money, days with their spread, papers, what is closed, and why a corridor is missing.

    Raises
    ------
    UnknownName
        A place, product, corridor or parameter is not known; candidates are named.
    InvalidInput
        Tonnes, day, promise or number of journeys out of bounds; the two ends are the same.
    Unreachable
        No open route; what is shut or missing is named.
    """
    plan = _resolve(case, query)
    search = find_routes(
        plan.network,
        plan.shipment,
        plan.origin,
        plan.destination,
        weights=plan.weights,
        via=plan.via,
        avoid=plan.avoid,
        count=query.count,
    )
    process = _closures(plan)
    named = _corridor_routes(plan)
    offers = _offers(plan, search, named, process)
    plan.notes.extend(_search_notes(search, query))
    shares, logsum = _shares(plan, offers)
    best = offers[0]
    tables = {
        "routes": _route_table(plan, offers, shares),
        "corridors": _corridor_table(plan, search, offers, named),
        "stages": pl.concat([_stages_of(o) for o in offers]),
        "closed": _closed_table(plan, offers, named),
        "papers": _papers(plan, offers),
        "guarantees": _guarantees(plan, offers),
        "lateness": _lateness(offers),
        "closure_rates": _rates_table(plan, offers, process),
        "queues": _queue_table(plan, best),
    }
    if query.days_of_year:
        tables["days_of_year"] = _days_of_year(plan, best)
    return RouteAnswer(tables, _meta(plan, search, logsum), tuple(plan.notes))


# -- resolving -----------------------------------------------------------------------------------------------


def _resolve(case: Case, query: RouteQuery) -> _Plan:
    shipment = make_shipment(case["products"], query.product, query.tonnes)
    _check(case, query)
    places = Gazetteer(case.tables)
    origin, destination = places.node(query.origin), places.node(query.destination)
    if origin == destination:
        raise InvalidInput(
            "Origin and destination are the same place.",
            f"{query.origin!r} and {query.destination!r} are both {places.name(origin)} ({origin})",
            "name two different places.",
        )
    avoid = tuple(places.avoidable(name) for name in query.avoid)
    via = tuple(places.node(name) for name in query.via)
    for place in (origin, destination):
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
    opened = frozenset(place for name in query.opened for place in places.openable(name))
    ends = (places.country(origin), places.country(destination))
    request = NetworkRequest(*ends, shipment.form, query.departure, opened, query.registration)
    value = query.value_of_time_usd_h
    value = shipment.value_of_time_usd_h if value is None else value
    ratio = (
        case.parameter("reliability_ratio") if query.reliability_ratio is None else query.reliability_ratio
    )
    carbon = (
        case.parameter("carbon_price_usd_t") if query.carbon_price_usd_t is None else query.carbon_price_usd_t
    )
    sector = case["products"].filter(pl.col("product_id") == shipment.product_id)["sector"][0]
    settings = case.settings
    return _Plan(
        case=case,
        query=query,
        places=places,
        origin=origin,
        destination=destination,
        avoid=avoid,
        via=tuple(v for v in via if v not in (origin, destination)),
        opened=opened,
        shipment=shipment,
        sector=sector,
        network=build_network(case.tables, request),
        weights=Weights(value, ratio * value, carbon / 1000.0),
        backward=ends[0] == settings.party_b or ends[1] == settings.party_a,
        corridors=tuple(case["corridors"].sort("rank").iter_rows(named=True)),
    )


def _check(case: Case, query: RouteQuery) -> None:
    away = (query.departure - case.settings.as_of).days
    if not -DAYS_BACK <= away <= DAYS_AHEAD:
        side = "before" if away < 0 else "after"
        raise InvalidInput(
            f"{query.departure} is too far from the day the case was brought up to date.",
            f"{abs(away)} days {side} {case.settings.as_of}; allowed: {DAYS_BACK} before to {DAYS_AHEAD} after",
            "closures, fees and rates hold around that day: choose a day near it.",
        )
    promise = query.promise_days
    if promise is not None and not 0 < promise <= 400:
        raise InvalidInput(
            f"A promise of {promise:g} days cannot be used.",
            "allowed: more than 0, at most 400",
            "give days.",
        )
    if not 100 <= query.journeys <= 5_000_000:
        raise InvalidInput(
            f"{query.journeys:,} journeys cannot be drawn here.",
            "allowed: 100 to 5,000,000",
            "20,000 is the default.",
        )
    if query.registration and query.registration not in set(case["countries"]["country"]):
        raise UnknownName(
            f"No country has the code {query.registration!r}.",
            f"countries: {', '.join(case['countries']['country'])}",
            "give an ISO 3166-1 alpha-3 code of the case.",
        )


# -- routes --------------------------------------------------------------------------------------------------


def _closures(plan: _Plan) -> ClosureProcess | None:
    case = plan.case
    start = date(int(case.parameter("closures_observed_from_year")), 1, 1)
    try:
        return closure_process(case["closures"], case["crossings"], start, case.settings.as_of)
    except UnidentifiedClosures as error:
        plan.notes.append(f"Random closures are left out: {error.fact}; {error.evidence}.")
        return None


def _corridor_routes(plan: _Plan) -> dict[str, CorridorRoute]:
    """Best route that keeps to each named corridor and to what the user avoids."""
    found = {}
    for corridor in plan.corridors:
        own = {**corridor, "avoid": [*(corridor["avoid"] or ()), *plan.avoid]}
        found[corridor["corridor_id"]] = corridor_route(
            plan.network, plan.shipment, own, plan.origin, plan.destination, backward=plan.backward
        )
    return found


def _offers(
    plan: _Plan, search: RouteSearch, named: Mapping[str, CorridorRoute], process: ClosureProcess | None
) -> list[_Offer]:
    """The short list, then the best route of each open corridor that is not on it."""
    rows: list[tuple[str | None, str, Route]] = []
    for route in search.routes:
        rows.append((name_route(route, plan.corridors, backward=plan.backward), LISTED, route))
    held = {corridor for corridor, _, _ in rows}
    usable = usable_arcs(plan.network, plan.avoid)
    extra = []
    for corridor_id, found in named.items():
        if found.status != "open" or found.route is None or corridor_id in held:
            continue
        if not usable[list(found.route.arcs)].all() or not set(plan.via) <= set(_passed(found.route)):
            continue
        if np.isfinite(found.route.hours):
            extra.append((corridor_id, ALSO, found.route))
    rows += sorted(extra, key=lambda r: generalised_usd(r[2], plan.weights))
    offers = []
    for number, (corridor, status, route) in enumerate(rows, start=1):
        label = _label(plan, route, corridor, [o.label for o in offers])
        stages, without = _stages(plan, route, process), _stages(plan, route, None)
        promised = None if plan.query.promise_days is None else plan.query.promise_days * 24.0
        draw = {"journeys": plan.query.journeys, "seed": plan.query.seed, "promised_h": promised}
        journeys = simulate(stages, **draw)  # type: ignore[arg-type]
        offers.append(_Offer(number, label, corridor, status, route, journeys, simulate(without, **draw)))  # type: ignore[arg-type]
    return offers


def _passed(route: Route) -> tuple[str, ...]:
    """Nodes passed; a crossing counts only where its border is crossed."""
    arcs, states = route.network.arcs, route.network.states
    gates = {states[a.head].node_id for a in arcs if a.place_kind == "crossing"}
    crossed = {states[arcs[a].head].node_id for a in route.arcs if arcs[a].place_kind == "crossing"}
    return tuple(n for n in route.nodes if n not in gates or n in crossed)


def _label(plan: _Plan, route: Route, corridor_id: str | None, taken: Sequence[str]) -> str:
    way = "via " + ", ".join(plan.places.name(p) for p in _landmarks(route))
    if corridor_id is None:
        return way
    name = str(next(c["name"] for c in plan.corridors if c["corridor_id"] == corridor_id))
    return name if name not in taken else f"{name}, {way}"


def _landmarks(route: Route) -> list[str]:
    """Crossings passed and ports where a ship is boarded or left, in order."""
    states = route.network.states
    found = []
    for a in route.arcs:
        arc = route.network.arcs[a]
        tail, head = states[arc.tail], states[arc.head]
        if arc.place_kind == "crossing":
            found.append(arc.place_id)
        elif (tail.carrier in SEA) != (head.carrier in SEA):
            found.append(head.node_id)
    return list(dict.fromkeys(found))


def _stages(plan: _Plan, route: Route, process: ClosureProcess | None) -> JourneyStages:
    stages = journey_stages(route, plan.case.parameter("pair_correlation"), closures=process)
    return _queued(plan, route, stages) if plan.query.queues else stages


def _queued(plan: _Plan, route: Route, stages: JourneyStages) -> JourneyStages:
    """Stages with a queue before each road crossing whose capacity and traffic are stated; full ones are left without."""
    size = stages.size
    arrivals, servers, service = (np.full(size, np.nan) for _ in range(3))
    rows = {r["crossing_id"]: r for r in plan.case["crossings"].iter_rows(named=True)}
    lanes = plan.case.parameter("crossing_servers") if "crossing_servers" in plan.places.parameters else 4.0
    position = 0
    for a in route.arcs:
        arc = route.network.arcs[a]
        row = (
            rows.get(arc.place_id) if arc.place_kind == "crossing" and arc.stages[0].mode == "road" else None
        )
        if row and row["capacity_trucks_day"] and row["background_trucks_day"]:
            open_share = _open_share(row["opening_hours"])
            rate = row["background_trucks_day"] + 1.0
            if rate < row["capacity_trucks_day"]:
                arrivals[position] = rate / open_share
                servers[position] = lanes
                service[position] = lanes * 24.0 * open_share / row["capacity_trucks_day"]
        position += len(arc.stages)
    return replace(stages, arrivals_per_day=arrivals, servers=servers, service_h=service)


def _open_share(hours: str) -> float:
    begin, end = (int(t[:2]) + int(t[3:5]) / 60.0 for t in hours.split("-"))
    return ((end - begin) % 24.0 or 24.0) / 24.0


def _shares(plan: _Plan, offers: Sequence[_Offer]) -> tuple[np.ndarray[Any, Any], float]:
    routes = [o.route for o in offers]
    used, lengths = incidence(routes)
    cost = [generalised_usd(r, plan.weights) / plan.shipment.tonnes for r in routes]
    choice = path_size_logit(
        cost,
        used,
        lengths,
        scale=plan.case.parameter("logit_scale_per_usd_t"),
        path_size_weight=plan.case.parameter("path_size_weight"),
    )
    return choice.shares, float(choice.logsum[0])


# -- tables --------------------------------------------------------------------------------------------------


def _route_table(plan: _Plan, offers: Sequence[_Offer], shares: np.ndarray[Any, Any]) -> pl.DataFrame:
    query, load = plan.query, plan.shipment
    origin, destination = plan.ends
    duty = find_duty(plan.case["tariffs"], load.product_id, destination, origin)
    insurance = plan.case.parameter("insurance_share")
    rows = []
    for offer, share in zip(offers, shares.tolist(), strict=True):
        route, drawn = offer.route, offer.journeys
        landed = landed_cost(load, route.usd, route.days, duty, insurance)
        promise = query.promise_days
        rows.append(
            {
                "route": offer.number,
                "name": offer.label,
                "corridor_id": offer.corridor_id,
                "status": offer.status,
                "passes": [plan.places.name(p) for p in _landmarks(route)],
                "modes": list(dict.fromkeys(s.mode for s in route.stages)),
                "usd": route.usd,
                "usd_t": route.usd / load.tonnes,
                "days": route.days,
                "days_p5": drawn.quantile(0.05) / 24.0,
                "days_p50": drawn.time_p50_h / 24.0,
                "days_p95": drawn.time_p95_h / 24.0,
                "days_p95_no_closures": offer.without.time_p95_h / 24.0,
                "on_time_share": None if promise is None else drawn.probability_by(promise * 24.0),
                "never_arrives_share": drawn.never_arrives_share,
                "km": route.km,
                "co2_kg": route.co2_kg,
                "generalised_usd": generalised_usd(route, plan.weights),
                "share": share,
                "price_usd_t": landed.price_usd_t,
                "freight_usd_t": landed.freight_usd_t,
                "insurance_usd_t": landed.insurance_usd_t,
                "time_usd_t": landed.time_usd_t,
                "loss_usd_t": landed.loss_usd_t,
                "duty_usd_t": landed.duty_usd_t if duty.known else None,
                "landed_usd_t": landed.landed_usd_t,
                "corridor_share": landed.corridor_share,
                "crossings": len(route.crossings),
                "gauge_changes": route.gauge_changes,
                "assumed_share": assumed_share(route),
            }
        )
    plan.notes.append(
        f"Duty at destination: {duty.text}." + ("" if duty.known else " Landed cost leaves duty out.")
    )
    return pl.DataFrame(rows, infer_schema_length=None)


def _stages_of(offer: _Offer) -> pl.DataFrame:
    return stage_table(offer.route).select(pl.lit(offer.number).alias("route"), pl.all())


def _corridor_table(
    plan: _Plan, search: RouteSearch, offers: Sequence[_Offer], named: Mapping[str, CorridorRoute]
) -> pl.DataFrame:
    """Each named corridor: the row it has above, or the reason it has none or is only also possible."""
    rows = []
    for corridor in plan.corridors:
        corridor_id = corridor["corridor_id"]
        mine = [o for o in offers if o.corridor_id == corridor_id]
        found = named[corridor_id]
        if mine and mine[0].status == LISTED:
            status, reason = LISTED, ""
        elif mine:
            status, reason = ALSO, _beaten(plan, search, offers, mine[0])
        else:
            status, reason = found.status, _absence(plan, corridor, found)
        rows.append(
            {
                "corridor_id": corridor_id,
                "corridor": corridor["name"],
                "status": status,
                "route": mine[0].number if mine else None,
                "reason": reason,
                "usd": None if found.route is None else found.route.usd,
                "days": None
                if found.route is None or not np.isfinite(found.route.hours)
                else found.route.days,
            }
        )
    return pl.DataFrame(rows, schema=CORRIDOR_SCHEMA)


def _beaten(plan: _Plan, search: RouteSearch, offers: Sequence[_Offer], mine: _Offer) -> str:
    """Which listed route makes a corridor's best route no candidate, and by how much."""
    own = route_criteria(mine.route)
    listed = [o for o in offers if o.status == LISTED]
    better = [o for o in listed if bool(np.all(route_criteria(o.route) <= own * (1.0 + 1e-9)))]
    rival = (better or listed)[0]
    usd, hours = mine.route.usd - rival.route.usd, mine.route.hours - rival.route.hours
    gap = generalised_usd(mine.route, plan.weights) - generalised_usd(rival.route, plan.weights)
    versus = f"{_signed(usd, 'USD', 'dearer', 'cheaper')}, {_signed(hours, 'h', 'slower', 'faster')}"
    if better:
        return f"dominated by route {rival.number}: {versus}"
    if len(beaten_by(search.pareto, own)):
        return f"dominated by a variant close to a listed route; against route {rival.number}: {versus}"
    return f"in the Pareto set but ranked below or too like the list; USD {gap:,.0f} more in all than route {rival.number}: {versus}"


def _signed(value: float, unit: str, more: str, less: str) -> str:
    amount = f"{unit} {abs(value):,.0f}" if unit == "USD" else f"{abs(value):,.0f} {unit}"
    return f"{amount} {more if value >= 0 else less}"


def _absence(plan: _Plan, corridor: Row, found: CorridorRoute) -> str:
    """Why a corridor has no row: closed, avoided, past a via place, forbidden, or no way."""
    if found.status == CLOSED and found.route is not None:
        return "; ".join(_shut_text(plan, place, why) for place, why in found.route.shut())
    if found.status == ABSENT:
        if plan.avoid and _without_avoid(plan, corridor).status != ABSENT:
            return f"passes what you avoid: {', '.join(plan.places.name(a) for a in plan.avoid)}"
        forbidden = _forbidden(plan, corridor)
        return forbidden or plan.places.spoken(found.reason)
    if plan.via and found.route is not None and not set(plan.via) <= set(_passed(found.route)):
        return f"does not pass {', '.join(plan.places.name(v) for v in plan.via)}"
    return "no window is left on the horizon when a shipment gets to a place on it"


def _without_avoid(plan: _Plan, corridor: Row) -> CorridorRoute:
    return corridor_route(
        plan.network, plan.shipment, corridor, plan.origin, plan.destination, backward=plan.backward
    )


def _forbidden(plan: _Plan, corridor: Row) -> str:
    """The access rules that take a corridor away, where it is there without them."""
    access = plan.case["access"]
    banned = access.filter(pl.col("rule") == "forbidden")
    if not banned.height:
        return ""
    tables = {**plan.case.tables, "access": access.filter(pl.col("rule") != "forbidden")}
    request = NetworkRequest(
        *plan.ends, plan.shipment.form, plan.query.departure, plan.opened, plan.query.registration
    )
    free = corridor_route(
        build_network(tables, request),
        plan.shipment,
        corridor,
        plan.origin,
        plan.destination,
        backward=plan.backward,
    )
    if free.route is None:
        return ""
    passed = {s.country for s in free.route.stages}
    rules = [r for r in banned.iter_rows(named=True) if r["country"] in passed]
    words = [
        f"{r['country']} forbids {r['vehicle_registration'] or 'foreign'} vehicles ({r['access_id']})"
        for r in rules
    ]
    return "; ".join(words)


def _shut_text(plan: _Plan, place: str, why: str) -> str:
    """'Torkham closed since 2025-10-12: clashes, no end known, last seen closed 2026-02-24'."""
    name = plan.places.name(place)
    day = plan.query.departure
    for row in plan.case["closures"].iter_rows(named=True):
        if row["place_id"] in plan.places.aliases_of(place) and row["kind"] == "dated" and _running(row, day):
            until = f"until {row['end']}" if row["end"] else "no end known"
            seen = f", last seen closed {row['last_seen']}" if row["last_seen"] else ""
            return f"{name} closed since {row['start']} ({row['reason']}), {until}{seen}"
    return f"{name}: {why}"


def _running(row: Row, day: date) -> bool:
    if len(row["start"]) != 10:
        return False
    return date.fromisoformat(row["start"]) <= day and (
        row["end"] is None or day <= date.fromisoformat(row["end"])
    )


def _closed_table(plan: _Plan, offers: Sequence[_Offer], named: Mapping[str, CorridorRoute]) -> pl.DataFrame:
    """What is shut or slow between departure and the latest usual arrival, on the listed routes or the named corridors."""
    days = max([o.journeys.time_p95_h / 24.0 for o in offers if np.isfinite(o.journeys.time_p95_h)] or [60.0])
    last = date.fromordinal(plan.query.departure.toordinal() + int(min(days, 400.0)) + 1)
    touched: dict[str, list[str]] = {}
    named_routes = [(f"corridor {c}", f.route) for c, f in named.items() if f.route is not None]
    for label, route in [(f"route {o.number}", o.route) for o in offers] + named_routes:
        for place in _touched(route):
            touched.setdefault(place, []).append(label)
    rows = []
    for row in plan.case["closures"].iter_rows(named=True):
        if row["place_id"] not in touched or not _overlaps(row, plan.query.departure, last):
            continue
        slow = row["kind"] == "disruption"
        waived = row["place_id"] in plan.opened and row["kind"] != "seasonal"
        rows.append(
            {
                "place_id": row["place_id"],
                "place": plan.places.name(row["place_id"]),
                "kind": f"slower by {row['slowdown_share']:.0%}" if slow else "closed",
                "since": row["start"],
                "until": row["end"],
                "last_seen": row["last_seen"],
                "reason": row["reason"],
                "set_aside": waived,
                "touches": list(dict.fromkeys(touched[row["place_id"]])),
                "basis": row["basis"],
                "source_id": row["source_id"],
            }
        )
    rows.sort(key=lambda r: (r["kind"] != "closed", str(r["since"])))
    return pl.DataFrame(rows, schema=CLOSED_SCHEMA)


def _touched(route: Route) -> set[str]:
    return (
        set(route.nodes) | {s.place_id for s in route.stages} | {s.country for s in route.stages if s.country}
    )


def _overlaps(row: Row, first: date, last: date) -> bool:
    """Whether a closure, dated or seasonal, touches the days from `first` to `last`."""
    start, end = row["start"], row["end"]
    if len(start) == 10:
        return date.fromisoformat(start) <= last and (end is None or date.fromisoformat(end) >= first)
    days = [date.fromordinal(first.toordinal() + i).strftime("%m-%d") for i in range((last - first).days + 1)]
    stop = end or start
    return any(start <= d <= stop if start <= stop else d >= start or d <= stop for d in days)


def _papers(plan: _Plan, offers: Sequence[_Offer]) -> pl.DataFrame:
    parts = []
    for offer in offers:
        table = list_papers(offer.route, plan.case.tables, plan.sector, plan.query.departure)
        names = [plan.places.name(p) if p else "" for p in table["place_id"]]
        parts.append(
            table.insert_column(0, pl.lit(offer.number).alias("route")).with_columns(
                place=pl.Series(names, dtype=pl.String)
            )
        )
    return pl.concat(parts)


def _guarantees(plan: _Plan, offers: Sequence[_Offer]) -> pl.DataFrame:
    load = plan.shipment
    known = set(plan.case["tariffs"]["importer"])
    duties = {c: find_duty(plan.case["tariffs"], load.product_id, c, plan.ends[0]) for c in known}
    parts = []
    for offer in offers:
        table = list_guarantees(offer.route, plan.case.tables, duties, plan.query.departure)
        parts.append(table.insert_column(0, pl.lit(offer.number).alias("route")))
    return pl.concat(parts)


def _lateness(offers: Sequence[_Offer]) -> pl.DataFrame:
    parts = []
    for offer in offers:
        table = offer.journeys.stage_lateness.select(
            "stage",
            "name",
            "kind",
            "share",
            "excess_h",
            "closure_h",
            "opening_h",
            "sailing_h",
            "queue_h",
            "service_h",
        )
        parts.append(table.insert_column(0, pl.lit(offer.number).alias("route")))
    return pl.concat(parts)


def _rates_table(plan: _Plan, offers: Sequence[_Offer], process: ClosureProcess | None) -> pl.DataFrame:
    """Fitted random closures of the crossings on the routes: rate a year with its interval, days of a closure with theirs."""
    if process is None:
        return pl.DataFrame(schema=RATE_SCHEMA)
    passed = {c for o in offers for c in o.route.crossings}
    year = 365.25
    table = process.table.filter(pl.col("place").is_in(sorted(passed)) & (pl.col("closures") > 0))
    names = [plan.places.name(p) for p in table["place"]]
    return table.select(
        crossing_id="place",
        crossing=pl.Series(names, dtype=pl.String),
        closures=pl.col("closures").cast(pl.Int64),
        rate_per_year=pl.col("rate_per_day") * year,
        rate_low_per_year=pl.col("rate_low_per_day") * year,
        rate_high_per_year=pl.col("rate_high_per_day") * year,
        mean_days="mean_days",
        mean_low_days="mean_low_days",
        mean_high_days="mean_high_days",
        closed_share=pl.col("rate_per_day")
        * pl.col("mean_days")
        / (1.0 + pl.col("rate_per_day") * pl.col("mean_days")),
    )


def _queue_table(plan: _Plan, best: _Offer) -> pl.DataFrame:
    """Queues at the best route's road crossings at the recorded traffic, whether or not they are added."""
    stages = journey_stages(best.route, plan.case.parameter("pair_correlation"))
    return stage_queues(_queued(plan, best.route, stages))


def _days_of_year(plan: _Plan, best: _Offer) -> pl.DataFrame:
    """P50 and P95 days of the best route for each departure day of the year after the asked one."""
    hours = np.arange(HORIZON_YEAR) * 24.0
    table = departures(best.journeys.stages, depart_h=hours, journeys=YEAR_JOURNEYS, seed=plan.query.seed)
    first = plan.query.departure.toordinal()
    plan.notes.append(
        "Days of the year: calendars are known for 400 days from the departure asked for and repeat nothing after it; slow-downs hold "
        "as on that day."
    )
    return table.select(
        departure=pl.Series([date.fromordinal(first + i) for i in range(HORIZON_YEAR)]),
        days_p50=pl.col("time_p50_h") / 24.0,
        days_p95=pl.col("time_p95_h") / 24.0,
        days_mean=pl.col("mean_h") / 24.0,
        never_arrives_share="never_arrives_share",
    )


# -- words ---------------------------------------------------------------------------------------------------


def _search_notes(search: RouteSearch, query: RouteQuery) -> list[str]:
    exact = (
        f"The Pareto set over USD, hours, variance and CO2e is exact: {len(search.pareto)} routes."
        if search.exact
        else f"The Pareto set was too large to list in full: {len(search.pareto)} routes stand for all of it, none missed by more than "
        f"{search.epsilon:.0%} in any criterion."
    )
    notes = [exact]
    if search.overlap_max > 0.6:
        notes.append(
            f"Fewer than three routes differ in 40 % of their way; routes sharing up to {search.overlap_max:.0%} were let in."
        )
    if len(search.routes) < min(3, query.count):
        notes.append(f"Only {len(search.routes)} route(s) exist that differ at all.")
    return notes


def _meta(plan: _Plan, search: RouteSearch, logsum: float) -> dict[str, Any]:
    load, query, weights = plan.shipment, plan.query, plan.weights
    return {
        "case": plan.case.settings.case_id,
        "origin": {"node_id": plan.origin, "name": plan.places.name(plan.origin)},
        "destination": {"node_id": plan.destination, "name": plan.places.name(plan.destination)},
        "departure": query.departure,
        "shipment": {
            "product_id": load.product_id,
            "name": load.name,
            "form": load.form,
            "tonnes": load.tonnes,
            "units": load.units,
            "price_usd_t": load.price_usd_t,
        },
        "avoid": list(plan.avoid),
        "via": list(plan.via),
        "opened": sorted(plan.opened),
        "promise_days": query.promise_days,
        "weights": {
            "value_of_time_usd_h": weights.value_of_time_usd_h,
            "value_of_reliability_usd_h": weights.value_of_reliability_usd_h,
            "carbon_price_usd_kg": weights.carbon_price_usd_kg,
        },
        "search": {
            "pareto_routes": len(search.pareto),
            "exact": search.exact,
            "epsilon": search.epsilon,
            "overlap_max": search.overlap_max,
            "labels": search.pareto.n_labels,
        },
        "choice": {
            "scale_per_usd_t": plan.case.parameter("logit_scale_per_usd_t"),
            "path_size_weight": plan.case.parameter("path_size_weight"),
            "logsum_usd_t": logsum,
        },
        "journeys": query.journeys,
        "seed": query.seed,
        "queues_added": query.queues,
        "rows_left_out": [f"{table} {key}: {why}" for table, key, why in plan.network.skipped],
    }


_TEXT, _FLOAT, _INT = pl.String, pl.Float64, pl.Int64
CORRIDOR_SCHEMA: dict[str, Any] = {
    "corridor_id": _TEXT,
    "corridor": _TEXT,
    "status": _TEXT,
    "route": _INT,
    "reason": _TEXT,
    "usd": _FLOAT,
    "days": _FLOAT,
}
CLOSED_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(["place_id", "place", "kind", "since", "until"], _TEXT),
    "last_seen": pl.Date,
    "reason": _TEXT,
    "set_aside": pl.Boolean,
    "touches": pl.List(_TEXT),
    "basis": _TEXT,
    "source_id": _TEXT,
}
RATE_SCHEMA: dict[str, Any] = {
    "crossing_id": _TEXT,
    "crossing": _TEXT,
    "closures": _INT,
    **dict.fromkeys(
        [
            "rate_per_year",
            "rate_low_per_year",
            "rate_high_per_year",
            "mean_days",
            "mean_low_days",
            "mean_high_days",
            "closed_share",
        ],
        _FLOAT,
    ),
}
