"""Reasons: why a named corridor is not on the list, and what is shut or slow on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from karwan.analysis.route.offers import ALSO, LISTED, RouteOffer, landmarks, waits_months
from karwan.analysis.route.query import RoutePlan
from karwan.schema.frames import result_frame
from karwan.transport.closures import SLOW, in_force, touches
from karwan.transport.corridor import ABSENT, CLOSED, OPEN, CorridorRoute, corridor_route
from karwan.transport.network import NetworkRequest, build_network
from karwan.transport.network.stage import Floats, Row
from karwan.transport.restrictions import FORBIDDEN, SANCTIONED, barring, met, told
from karwan.transport.route import Route, make_route
from karwan.transport.route_choice import RouteSearch, route_criteria, shared_ways
from karwan.transport.routing import beaten_by
from karwan.transport.weight_limits import exceeded_limits

LONG_WAIT_H = 72.0
SAME = 0.5
"""USD and hours within which two ways are one."""


def corridor_table(
    plan: RoutePlan, search: RouteSearch, offers: Sequence[RouteOffer], named: Mapping[str, CorridorRoute]
) -> pl.DataFrame:
    """Each named corridor: the row it has above, or the reason it has none or is only also possible."""
    rows = []
    for corridor in plan.corridors:
        found = named[corridor["corridor_id"]]
        status, reason, mine = _status(plan, search, offers, corridor, found)
        shown = mine.route if mine is not None else found.route
        row: Row = {
            "corridor_id": corridor["corridor_id"],
            "corridor": corridor["name"],
            "status": status,
            "reason": reason,
        }
        if mine is not None:
            row["route"] = mine.number
        if shown is not None:
            days = shown.days if mine is None else mine.days
            row |= {"usd": shown.usd, "days": days if np.isfinite(days) else None}
        rows.append(row)
    return result_frame("route_corridors", rows)


def _status(
    plan: RoutePlan, search: RouteSearch, offers: Sequence[RouteOffer], corridor: Row, found: CorridorRoute
) -> tuple[str, str, RouteOffer | None]:
    """Status of a corridor, why it is not listed, and the route that keeps to it or is the same way."""
    mine = next((o for o in offers if o.corridor_id == corridor["corridor_id"]), None)
    if mine is not None and mine.status == LISTED:
        return LISTED, "", mine
    if mine is not None:
        return ALSO, _waits(plan, mine.route) + _beaten(plan, search, offers, mine), mine
    way = found.route.way if found.route is not None else None
    alike = next((o for o in offers if o.route.way == way), None)
    if alike is not None:
        return ALSO, f"its best way here is that of route {alike.number}", alike
    if found.status == OPEN and found.route is not None and waits_months(found.route):
        return CLOSED, _waits(plan, found.route) + "others run meanwhile", None
    return found.status, _absence(plan, corridor, found), None


def _beaten(plan: RoutePlan, search: RouteSearch, offers: Sequence[RouteOffer], mine: RouteOffer) -> str:
    """Why a corridor's best route is not listed: a route that dominates it (listed ones are named first), else what kept it off the list.

    A way under no ban or sanction is not dominated by one that does: a shipper who keeps to the law cannot take that.
    """
    lawful = _lawful(plan, mine.route)
    unlawful = ""
    for way, route in _beating(plan, search, offers, route_criteria(mine.route)):
        if not lawful or _lawful(plan, route):
            return f"dominated by {way}"
        unlawful = unlawful or way
    if unlawful:
        return f"beaten only by a sanctioned way, {unlawful}"
    listed = [o for o in offers if o.status == LISTED]
    return left_off(plan, search, listed, mine.route, mine.cost(plan.weights))


def _lawful(plan: RoutePlan, route: Route) -> bool:
    """Whether a route falls under no ban and no sanction; a rule of unknown effect is neither."""
    return not any(rule["effect"] in (FORBIDDEN, SANCTIONED) for rule in met(plan.rules, route))


def _beating(
    plan: RoutePlan, search: RouteSearch, offers: Sequence[RouteOffer], own: Floats
) -> Iterator[tuple[str, Route]]:
    """Routes at least as good in every criterion, each with its name and by how much, listed ones first."""
    for offer in offers:
        rival = route_criteria(offer.route)
        if offer.status == LISTED and bool(np.all(rival <= own * (1.0 + 1e-9))):
            yield f"route {offer.number}: {_versus(own, rival)}", offer.route
    for k in beaten_by(search.pareto, own).tolist():
        rival = search.pareto.criteria[k]
        if not np.allclose(rival[:2], own[:2], rtol=1e-9, atol=SAME):
            beating = make_route(plan.network, plan.shipment, tuple(search.pareto.route(k).tolist()))
            way = ", ".join(plan.places.name(p) for p in landmarks(beating))
            modes = " and ".join(dict.fromkeys(s.mode for s in beating.stages if s.km > 0.0))
            yield f"the way past {way} by {modes}: {_versus(own, rival)}", beating


def left_off(
    plan: RoutePlan, search: RouteSearch, listed: Sequence[RouteOffer], route: Route, cost: float
) -> str:
    """What kept an undominated route off the short list: its likeness to a route taken before it, or the length of the list."""
    if plan.promise_days is not None:
        return (
            f"not dominated, but --count {plan.query.count} lists those that are likelier to keep the promise"
        )
    own = route_criteria(route)
    before = [o for o in listed if o.cost(plan.weights) <= cost]
    shared = shared_ways(route, [o.route for o in before])
    if shared.max(initial=0.0) > search.overlap_max:
        like = before[int(shared.argmax())]
        reason = (
            f"not dominated, but shares {shared.max():.1%} of its way with route {like.number}, above the bound of "
            f"{search.overlap_max:.0%} for listed routes"
        )
    elif before and len(listed) >= plan.query.count:
        like = before[-1]
        reason = f"not dominated, but --count {plan.query.count} ends the list before it"
    else:
        return f"not dominated, but not in the set that stands for all routes within {search.epsilon:.0%}"
    gap = cost - like.cost(plan.weights)
    versus = _versus(own, route_criteria(like.route))
    return f"{reason}; USD {gap:,.0f} worse than route {like.number} at these weights: {versus}"


def _waits(plan: RoutePlan, route: Route) -> str:
    """Long waits for an opening: 'waits 120 days for Zenith – Cove (usable 04-01..11-30); '."""
    seasons = {r["link_id"]: r["season"] for r in plan.case["links"].iter_rows(named=True)}
    words = []
    for a, wait in zip(route.arcs, route.waits_h, strict=True):
        if wait > LONG_WAIT_H:
            place = route.network.arcs[a].place_id
            season = f" (usable {seasons[place]})" if seasons.get(place) else ""
            words.append(f"waits {wait / 24.0:,.0f} days for {plan.places.name(place)}{season}; ")
    return "".join(words)


def _versus(own: Floats, rival: Floats) -> str:
    """'USD 500 dearer, 12 h slower'."""
    usd, hours = (own - rival)[:2]
    return f"{_signed(usd, 'USD', 'dearer', 'cheaper')}, {_signed(hours, 'h', 'slower', 'faster')}"


def _signed(value: float, unit: str, more: str, less: str) -> str:
    amount = f"{unit} {abs(value):,.0f}" if unit == "USD" else f"{abs(value):,.0f} {unit}"
    return f"{amount} {more if value >= 0 else less}"


def _absence(plan: RoutePlan, corridor: Row, found: CorridorRoute) -> str:
    """Why a corridor has no row: closed, avoided, past a via place, forbidden, or no way."""
    if found.status == ABSENT:
        return _no_way(plan, corridor, found)
    route = found.route
    if found.status == CLOSED and route is not None:
        return "; ".join(_shut_text(plan, place, why) for place, why in route.shut())
    if route is not None and not set(plan.via) <= set(route.passed):
        return f"does not pass {', '.join(plan.places.name(v) for v in plan.via)}"
    return "no window is left on the horizon when a shipment gets to a place on it"


def _no_way(plan: RoutePlan, corridor: Row, found: CorridorRoute) -> str:
    """Why a corridor is absent: avoided, forbidden, too heavy, or no way at all."""
    if needed := _avoided(plan, corridor):
        return f"passes what you avoid: {', '.join(plan.places.name(a) for a in needed)}"
    return (
        _ruled_out(plan, corridor)
        or _forbidden(plan, corridor)
        or _too_heavy(plan, corridor)
        or plan.places.spoken(found.reason)
    )


def _avoided(plan: RoutePlan, corridor: Row) -> list[str]:
    """What a corridor cannot do without of all that is avoided; where it could do without each, what its best way passes."""
    free = _avoiding(plan, corridor, ())
    if not plan.avoid or free.route is None:
        return []
    needed = [a for a in plan.avoid if _avoiding(plan, corridor, (a,)).status == ABSENT]
    touched = _touched(free.route) | {s.mode for s in free.route.stages}
    return needed or [a for a in plan.avoid if a in touched] or list(plan.avoid)


def _ruled_out(plan: RoutePlan, corridor: Row) -> str:
    """The bans and sanctions that take a corridor away, where it is there without them."""
    free = _avoiding(plan, corridor, plan.avoid)
    if not plan.barred or free.route is None:
        return ""
    rules = met(barring(plan.rules, plan.lawful_for), free.route)
    return "; ".join(told(rule) for rule in rules)


def _avoiding(plan: RoutePlan, corridor: Row, avoid: Sequence[str]) -> CorridorRoute:
    """A corridor's route that keeps to some of what is avoided."""
    return corridor_route(
        plan.network,
        plan.shipment,
        {**corridor, "avoid": [*(corridor["avoid"] or ()), *avoid]},
        plan.origin,
        plan.destination,
    )


def _forbidden(plan: RoutePlan, corridor: Row) -> str:
    """The access rules that take a corridor away, where it is there without them."""
    access = plan.case["access"]
    banned = access.filter(pl.col("rule") == "forbidden")
    if not banned.height:
        return ""
    tables = {**plan.case.tables, "access": access.filter(pl.col("rule") != "forbidden")}
    free = _corridor_in(plan, corridor, tables, plan.request)
    if free.route is None:
        return ""
    passed = {s.country for s in free.route.stages}
    rules = [r for r in banned.iter_rows(named=True) if r["country"] in passed]
    words = [
        f"{r['country']} forbids {r['vehicle_registration'] or 'foreign'} vehicles ({r['access_id']})"
        for r in rules
    ]
    return "; ".join(words)


def _too_heavy(plan: RoutePlan, corridor: Row) -> str:
    """The weight limits that take a corridor away, where it is there for an empty truck."""
    if not plan.case["weight_limits"].filter(pl.col("over") == "forbidden").height:
        return ""
    free = _corridor_in(plan, corridor, plan.case.tables, replace(plan.request, load_t=0.0))
    if free.route is None:
        return ""
    words = [
        f"{plan.places.name(limit['place_id'])} lets no truck over {limit['max_gross_t']:g} t on"
        for limit, _ in exceeded_limits(free.route, plan.case.tables, plan.query.departure)
        if limit["over"] == "forbidden"
    ]
    return f"{'; '.join(words)}: load less than {plan.shipment.load_t:g} t a truck" if words else ""


def _corridor_in(
    plan: RoutePlan, corridor: Row, tables: Mapping[str, pl.DataFrame], request: NetworkRequest
) -> CorridorRoute:
    """A corridor's route in another network than the plan's."""
    changed = [name for name, table in tables.items() if table is not plan.case.tables[name]]
    return corridor_route(
        build_network(tables, request, kept=plan.kept.without(changed)),
        plan.shipment,
        corridor,
        plan.origin,
        plan.destination,
    )


def _shut_text(plan: RoutePlan, place: str, why: str) -> str:
    """'Torkham closed since 2025-10-12: clashes, no end known, last seen closed 2026-02-24'."""
    name = plan.places.name(place)
    day = plan.query.departure
    for row in plan.case["closures"].iter_rows(named=True):
        if row["place_id"] in plan.places.aliases_of(place) and row["kind"] == "dated" and in_force(row, day):
            until = f"until {row['end']}" if row["end"] else "no end known"
            begun = str(row["last_seen"]) >= str(row["start"] or "")
            told = "last seen closed" if begun else "announced on"
            seen = f", {told} {row['last_seen']}" if row["last_seen"] else ""
            return f"{name} closed since {row['start']} ({row['reason']}), {until}{seen}"
    return f"{name}: {why}"


def closed_table(
    plan: RoutePlan, offers: Sequence[RouteOffer], named: Mapping[str, CorridorRoute]
) -> pl.DataFrame:
    """What is shut or slow between departure and the latest usual arrival, on the listed routes or the named corridors."""
    day, last = plan.query.departure, _last_day(plan, offers)
    touched = _touching(offers, named)
    rows = []
    for row in plan.case["closures"].iter_rows(named=True):
        place = row["place_id"]
        if place in touched and touches(row, day, last):
            rows.append(_closed_row(plan, row, touched[place]))
    rows.sort(key=lambda r: (r["kind"] != "closed", str(r["since"])))
    return result_frame("route_closed", rows)


def _last_day(plan: RoutePlan, offers: Sequence[RouteOffer]) -> date:
    """Day of the latest P95 arrival; 60 days on where no route has one."""
    arrivals = [o.journeys.time_p95_h / 24.0 for o in offers if np.isfinite(o.journeys.time_p95_h)]
    days = max(arrivals, default=60.0)
    return date.fromordinal(plan.query.departure.toordinal() + int(min(days, 400.0)) + 1)


def _touching(offers: Sequence[RouteOffer], named: Mapping[str, CorridorRoute]) -> dict[str, list[str]]:
    """Place to the routes and corridors it is on, in order."""
    routes = [(f"route {o.number}", o.route) for o in offers]
    routes += [(f"corridor {c}", f.route) for c, f in named.items() if f.route is not None]
    touched: dict[str, list[str]] = {}
    for label, route in routes:
        for place in _touched(route):
            touched.setdefault(place, []).append(label)
    return touched


def _closed_row(plan: RoutePlan, closure: Row, touching: Sequence[str]) -> Row:
    place = closure["place_id"]
    slow = closure["kind"] == SLOW
    return {
        "place_id": place,
        "place": plan.places.name(place),
        "kind": f"slower by {closure['slowdown_share']:.0%}" if slow else "closed",
        "since": closure["start"],
        "until": closure["end"],
        "last_seen": closure["last_seen"],
        "reason": closure["reason"],
        "set_aside": place in plan.opened and closure["kind"] != "seasonal",
        "touches": list(dict.fromkeys(touching)),
        "basis": closure["basis"],
        "source_id": closure["source_id"],
    }


def _touched(route: Route) -> set[str]:
    return (
        set(route.nodes) | {s.place_id for s in route.stages} | {s.country for s in route.stages if s.country}
    )
