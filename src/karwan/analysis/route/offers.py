"""Routes offered for a shipment: named, with simulated arrivals and shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from karwan.analysis.route.query import RoutePlan
from karwan.schema.modes import WATER_MODES
from karwan.transport.choice import path_size_logit
from karwan.transport.corridor import OPEN, CorridorRoute, corridor_route, name_route
from karwan.transport.cost import Weights, arrival_cost, route_cost
from karwan.transport.journey import ArrivalModel, journey_stages
from karwan.transport.papers import lead_time
from karwan.transport.path import allowed_arcs
from karwan.transport.reliability import Journeys, JourneyStages, simulate
from karwan.transport.route import Route
from karwan.transport.route_choice import RouteSearch, incidence
from karwan.transport.turning import LONG_WAIT_H

LISTED, ALSO = "listed", "also possible"
QUICK = 2000
"""Journeys that tell which way is the surest before the list is drawn in full."""
Candidate = tuple[str | None, str, Route]
"""Corridor, if it keeps to one; listed or also possible; route."""
ALIKE = 0.01
"""Chances to keep a promise that differ by no more are told apart neither by the draw nor by a shipper."""


@dataclass(frozen=True)
class RouteOffer:
    """A route with its name and its simulated arrivals."""

    number: int
    label: str
    corridor_id: str | None
    status: str
    route: Route
    journeys: Journeys
    without: Journeys
    paid_usd: float

    @property
    def days(self) -> float:
        """Mean days of the simulated journeys; the route's own where none arrives."""
        return (self.journeys.mean_h if self.journeys.never_arrives_share < 1.0 else self.route.hours) / 24.0

    def cost(self, weights: Weights) -> float:
        """Generalised cost by the simulated journeys, USD for the shipment."""
        return arrival_cost(self.route, weights, self.journeys.hours, self.paid_usd)


def corridor_routes(plan: RoutePlan) -> dict[str, CorridorRoute]:
    """Best route that keeps to each named corridor and to what the user avoids."""
    found = {}
    for corridor in plan.corridors:
        own = {**corridor, "avoid": [*(corridor["avoid"] or ()), *plan.kept_off]}
        found[corridor["corridor_id"]] = corridor_route(
            plan.network, plan.shipment, own, plan.origin, plan.destination
        )
    return found


def make_offers(
    plan: RoutePlan, search: RouteSearch, named: Mapping[str, CorridorRoute], model: ArrivalModel
) -> list[RouteOffer]:
    """The short list with the fastest and surest by simulated days, then the best route of each open corridor that is not on it.

    With a promise the routes stand in order of the chance to keep it; as many are listed as asked for, and the cheapest, fastest and surest.
    """
    listed = [_candidate(plan, route, LISTED) for route in search.routes]
    also = _also(plan, named, listed)
    reserve = [_candidate(plan, route, LISTED) for route in search.reserve]
    tried = _tried(plan, [*listed, *also, *reserve], model)
    if plan.promise_days is None:
        chosen = _with_surest(plan, listed, also, tried)
    else:
        chosen = _likeliest(plan, also, tried)
    offers: list[RouteOffer] = []
    for (corridor, status, route), drawn in _by_cost(plan, chosen, model):
        label = _label(plan, route, corridor, offers)
        offers.append(
            RouteOffer(
                len(offers) + 1, label, corridor, status, route, *drawn, plan.bills.all_told_usd(route)
            )
        )
    return offers if plan.promise_days is None else _by_chance(plan, offers)


def _by_cost(
    plan: RoutePlan, chosen: Sequence[Candidate], model: ArrivalModel
) -> list[tuple[Candidate, tuple[Journeys, Journeys]]]:
    """Routes with their arrivals in order of generalised cost by these arrivals, listed ones first."""
    drawn = [(candidate, _arrivals(plan, candidate[2], model)) for candidate in chosen]

    def place(one: tuple[Candidate, tuple[Journeys, Journeys]]) -> tuple[bool, float]:
        (_, status, route), (journeys, _) = one
        return status != LISTED, arrival_cost(
            route, plan.weights, journeys.hours, plan.bills.all_told_usd(route)
        )

    return sorted(drawn, key=place)


def _candidate(plan: RoutePlan, route: Route, status: str) -> Candidate:
    return name_route(route, plan.corridors), status, route


def _expected(plan: RoutePlan, route: Route) -> float:
    """Generalised cost before arrivals are drawn, by all that is paid."""
    return route_cost(route, plan.weights, plan.bills.all_told_usd(route))


@dataclass(frozen=True)
class Tried:
    """A candidate with what a short simulation says of it, and all that is paid for it, USD."""

    candidate: Candidate
    fast_h: float
    sure_h: float
    chance: float
    usd: float


def _tried(plan: RoutePlan, candidates: Sequence[Candidate], model: ArrivalModel) -> list[Tried]:
    """Every way once with its simulated P50, P95 and chance to keep the promise."""
    found = []
    ways = set()
    quick = replace(plan, query=replace(plan.query, journeys=min(QUICK, plan.query.journeys)))
    for candidate in candidates:
        route = candidate[2]
        if route.way in ways:
            continue
        ways.add(route.way)
        drawn = _simulated(quick, journey_stages(route, model))
        chance = drawn.probability_by(promised_hours(plan, route))
        paid_usd = plan.bills.all_told_usd(route)
        found.append(Tried(candidate, drawn.time_p50_h, drawn.time_p95_h, chance, paid_usd))
    return found


def _best_of(tried: Sequence[Tried]) -> list[Candidate]:
    """The cheapest, the fastest and the surest."""
    return [min(tried, key=key).candidate for key in (_usd, _fast, _sure)]


def _usd(one: Tried) -> float:
    return one.usd


def _fast(one: Tried) -> tuple[float, float]:
    return one.fast_h, one.usd


def _sure(one: Tried) -> tuple[float, float]:
    return one.sure_h, one.usd


def _with_surest(
    plan: RoutePlan, listed: Sequence[Candidate], also: Sequence[Candidate], tried: Sequence[Tried]
) -> list[Candidate]:
    """The list in order of cost with the best in one thing, then the corridors that are not on it."""
    best = {c[2].way: (c[0], LISTED, c[2]) for c in [listed[0], *_best_of(tried)]}
    for corridor, _, route in listed:
        if len(best) < max(plan.query.count, len(listed)):
            best.setdefault(route.way, (corridor, LISTED, route))
    kept = list(best.values())
    held = {route.way for _, _, route in kept}
    kept.sort(key=lambda candidate: _expected(plan, candidate[2]))
    return [*kept, *(candidate for candidate in also if candidate[2].way not in held)]


def _likeliest(plan: RoutePlan, also: Sequence[Candidate], tried: Sequence[Tried]) -> list[Candidate]:
    """As many routes as asked for by the chance to keep the promise, the best in one thing, and the corridors left."""
    order = sorted(tried, key=lambda one: (-one.chance, _expected(plan, one.candidate[2])))
    likely = [one.candidate for one in order[: plan.query.count]]
    chosen = {c[2].way: (c[0], LISTED, c[2]) for c in [likely[0], *_best_of(tried)]}
    for corridor, _, route in likely:
        if len(chosen) < plan.query.count:
            chosen.setdefault(route.way, (corridor, LISTED, route))
    return [*chosen.values(), *(c for c in also if c[2].way not in chosen)]


def _by_chance(plan: RoutePlan, offers: Sequence[RouteOffer]) -> list[RouteOffer]:
    """Offers in order of the chance to keep the promise, equal chances by cost, numbered again.

    Chances are equal that lie within `ALIKE` of the best one left: of two as sure as each other the cheaper stands first.
    """
    left = sorted(offers, key=lambda o: -chance_of(plan, o))
    order: list[RouteOffer] = []
    while left:
        least = chance_of(plan, left[0]) - ALIKE
        alike = [offer for offer in left if chance_of(plan, offer) >= least]
        order += sorted(alike, key=lambda o: o.cost(plan.weights))
        left = left[len(alike) :]
    return [replace(offer, number=number) for number, offer in enumerate(order, start=1)]


def promised_hours(plan: RoutePlan, route: Route) -> float:
    """Hours under way that keep the promise: all of it, or what papers leave of it where lead time counts; infinite without one."""
    if plan.promise_days is None:
        return float("inf")
    return plan.promise_days * 24.0 - (
        lead_time(papers_of(plan, route)) if plan.query.with_lead_time else 0.0
    )


def chance_of(plan: RoutePlan, offer: RouteOffer) -> float:
    """Share of journeys that keep the promise."""
    return offer.journeys.probability_by(promised_hours(plan, offer.route))


def papers_of(plan: RoutePlan, route: Route) -> pl.DataFrame:
    """Papers of a route for the plan's goods."""
    return plan.bills.papers(route)


def best_in(plan: RoutePlan, offers: Sequence[RouteOffer]) -> list[list[str]]:
    """What each offer is the best of all in: cheapest, fastest (P50), surest (P95), likeliest to keep the promise."""
    measures = {
        "cheapest": [o.paid_usd for o in offers],
        "fastest": [o.journeys.time_p50_h for o in offers],
        "surest": [o.journeys.time_p95_h for o in offers],
    }
    chances = [] if plan.promise_days is None else [chance_of(plan, o) for o in offers]
    if any(chances):
        measures["likeliest"] = [-min(chance, max(chances) - ALIKE) for chance in chances]
    return [
        [name for name, values in measures.items() if values[k] <= min(values)] for k in range(len(offers))
    ]


def _also(
    plan: RoutePlan, named: Mapping[str, CorridorRoute], listed: Sequence[Candidate]
) -> list[Candidate]:
    """Best routes of the open corridors that no listed route keeps to, each way once, the cheapest in all first.

    A way that waits for months is none where others run.
    """
    held = {corridor for corridor, _, _ in listed}
    taken = {route.way for _, _, route in listed}
    found: list[Candidate] = []
    for corridor_id, best in named.items():
        route = _open_route(plan, best)
        if corridor_id in held or route is None or route.way in taken or (listed and waits_months(route)):
            continue
        found.append((corridor_id, ALSO, route))
        taken.add(route.way)
    return sorted(found, key=lambda candidate: _expected(plan, candidate[2]))


def waits_months(route: Route) -> bool:
    """Whether a route waits for one opening so long that another way is taken."""
    return max(route.waits_h, default=0.0) >= LONG_WAIT_H


def _open_route(plan: RoutePlan, best: CorridorRoute) -> Route | None:
    """A corridor's best route, if it is open and keeps to what the user avoids and wants passed."""
    route = best.route
    if best.status != OPEN or route is None or not np.isfinite(route.hours):
        return None
    allowed = allowed_arcs(plan.network, avoid=plan.kept_off)[list(route.arcs)].all()
    return route if allowed and set(plan.via) <= set(route.passed) else None


def _arrivals(plan: RoutePlan, route: Route, model: ArrivalModel) -> tuple[Journeys, Journeys]:
    """Simulated journeys with random closures and without."""
    stages = journey_stages(route, model)
    journeys = _simulated(plan, stages)
    if not stages.closure_rate_per_day.any():
        return journeys, journeys
    return journeys, _simulated(plan, journey_stages(route, replace(model, closures=None)))


def _simulated(plan: RoutePlan, stages: JourneyStages) -> Journeys:
    query = plan.query
    promised_h = None if plan.promise_days is None else plan.promise_days * 24.0
    return simulate(stages, journeys=query.journeys, seed=query.seed, promised_h=promised_h)


def _label(plan: RoutePlan, route: Route, corridor_id: str | None, before: Sequence[RouteOffer]) -> str:
    """Name of the corridor, else the crossings and ports passed; what tells it from the routes before is added."""
    names = _names(plan, route, corridor_id)
    if any(o.label.startswith(names[0]) and landmarks(o.route) == landmarks(route) for o in before):
        return _told_apart(plan, route, names[0], before)  # crossings and ports tell nothing
    taken = {o.label for o in before}
    free = [name for name in names if name not in taken]
    return free[0] if free else _told_apart(plan, route, names[-1], before)


def _names(plan: RoutePlan, route: Route, corridor_id: str | None) -> list[str]:
    """What a route may be called, the shortest first; each says by which modes."""
    marks = landmarks(route)
    modes = dict.fromkeys(s.mode for s in route.stages if s.kind in ("line_haul", "sailing"))
    by = f"by {_listed(list(modes))}"
    if not marks and corridor_id is None and set(modes) <= set(WATER_MODES):
        return [by]
    way = "via " + ", ".join(plan.places.name(p) for p in marks) if marks else "inland"
    if corridor_id is None:
        return [f"{way}, {by}"]
    corridor = str(next(c["name"] for c in plan.corridors if c["corridor_id"] == corridor_id))
    return [f"{corridor}, {by}", f"{corridor}, {way}, {by}"]


def _listed(names: Sequence[str]) -> str:
    """'road', 'rail and sea', 'rail, sea and road'."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _told_apart(plan: RoutePlan, route: Route, name: str, before: Sequence[RouteOffer]) -> str:
    """A name that routes before have already, with a place that none of them passes or that the last one does, or a number."""
    alike = [o for o in before if o.label.startswith(name)]
    known = {node for o in alike for node in o.route.nodes}
    own = [plan.places.name(node) for node in route.nodes if node not in known]
    if own:
        return f"{name}, past {own[len(own) // 2]}"
    left = [plan.places.name(node) for node in alike[-1].route.nodes if node not in route.nodes]
    apart = f"{name}, not past {left[len(left) // 2]}" if left else ""
    numbered = not apart or apart in {o.label for o in alike}
    return f"{name} ({len(alike) + 1})" if numbered else apart


def landmarks(route: Route) -> list[str]:
    """Crossings passed and ports where a ship is boarded or left, in order."""
    states = route.network.states
    found = []
    for a in route.arcs:
        arc = route.network.arcs[a]
        tail, head = states[arc.tail], states[arc.head]
        if arc.place_kind == "crossing":
            found.append(arc.place_id)
        elif (tail.carrier in WATER_MODES) != (head.carrier in WATER_MODES):
            found.append(head.node_id)
    return list(dict.fromkeys(found))


def find_shares(plan: RoutePlan, offers: Sequence[RouteOffer]) -> tuple[np.ndarray[Any, Any], float]:
    """Shares of the routes by path-size logit, shape (R,), and the logsum, USD/t."""
    routes = [o.route for o in offers]
    used, lengths = incidence(routes)
    cost = [o.cost(plan.weights) / plan.shipment.tonnes for o in offers]
    choice = path_size_logit(
        cost,
        used,
        lengths,
        scale=plan.case.parameter("logit_scale_per_usd_t"),
        path_size_weight=plan.case.parameter("path_size_weight"),
    )
    return choice.shares, float(choice.logsum[0])
