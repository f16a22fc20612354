"""Routes offered for a shipment: named, with simulated arrivals and shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from karwan.analysis.route.query import Plan
from karwan.transport.choice import path_size_logit
from karwan.transport.corridor import CorridorRoute, corridor_route, name_route
from karwan.transport.cost import route_cost
from karwan.transport.journey import ArrivalModel, journey_stages, recorded_process
from karwan.transport.network.stage import SEA
from karwan.transport.reliability import ClosureProcess, Journeys, JourneyStages, simulate
from karwan.transport.route import Route
from karwan.transport.route_choice import RouteSearch, incidence, usable_arcs

LISTED, ALSO = "listed", "also possible"


@dataclass(frozen=True)
class Offer:
    """A route with its name and its simulated arrivals."""

    number: int
    label: str
    corridor_id: str | None
    status: str
    route: Route
    journeys: Journeys
    without: Journeys


def fitted_closures(plan: Plan) -> ClosureProcess | None:
    """Random closures fitted to the case's record; None, with a note, where no closure was seen to end."""
    process, note = recorded_process(plan.case.tables, plan.case.settings.as_of)
    if note:
        plan.notes.append(note)
    return process


def corridor_routes(plan: Plan) -> dict[str, CorridorRoute]:
    """Best route that keeps to each named corridor and to what the user avoids."""
    found = {}
    for corridor in plan.corridors:
        own = {**corridor, "avoid": [*(corridor["avoid"] or ()), *plan.avoid]}
        found[corridor["corridor_id"]] = corridor_route(
            plan.network, plan.shipment, own, plan.origin, plan.destination, backward=plan.backward
        )
    return found


def make_offers(
    plan: Plan, search: RouteSearch, named: Mapping[str, CorridorRoute], model: ArrivalModel
) -> list[Offer]:
    """The short list, then the best route of each open corridor that is not on it."""
    rows: list[tuple[str | None, str, Route]] = []
    for route in search.routes:
        rows.append((name_route(route, plan.corridors, backward=plan.backward), LISTED, route))
    held, ways = {corridor for corridor, _, _ in rows}, {route.arcs for _, _, route in rows}
    usable = usable_arcs(plan.network, plan.avoid)
    extra = []
    for corridor_id, found in named.items():
        if found.status != "open" or found.route is None or corridor_id in held:
            continue
        if not usable[list(found.route.arcs)].all() or not set(plan.via) <= set(found.route.passed):
            continue
        if np.isfinite(found.route.hours) and found.route.arcs not in ways:
            extra.append((corridor_id, ALSO, found.route))
            ways.add(found.route.arcs)
    rows += sorted(extra, key=lambda r: route_cost(r[2], plan.weights))
    offers: list[Offer] = []
    quiet = replace(model, closures=None)
    for number, (corridor, status, route) in enumerate(rows, start=1):
        label = _label(plan, route, corridor, offers)
        stages = journey_stages(route, model)
        promised = None if plan.query.promise_days is None else plan.query.promise_days * 24.0
        journeys = _simulated(plan, stages, promised)
        without = journeys
        if stages.closure_rate_per_day.any():
            without = _simulated(plan, journey_stages(route, quiet), promised)
        offers.append(Offer(number, label, corridor, status, route, journeys, without))
    return offers


def _simulated(plan: Plan, stages: JourneyStages, promised_h: float | None) -> Journeys:
    query = plan.query
    return simulate(stages, journeys=query.journeys, seed=query.seed, promised_h=promised_h)


def _label(plan: Plan, route: Route, corridor_id: str | None, before: Sequence[Offer]) -> str:
    """Name of the corridor, else the crossings and ports passed; what tells it from the routes before is added."""
    marks = landmarks(route)
    way = "via " + ", ".join(plan.places.name(p) for p in marks) if marks else "inland"
    name = way
    if corridor_id is not None:
        name = str(next(c["name"] for c in plan.corridors if c["corridor_id"] == corridor_id))
    taken = {o.label for o in before}
    modes = dict.fromkeys(s.mode for s in route.stages if s.kind in ("line_haul", "sailing"))
    choices = [name] if corridor_id is None else [name, f"{name}, {way}"]
    choices.append(f"{choices[-1]}, by {' and '.join(modes)}")
    for choice in choices:
        if choice not in taken:
            return choice
    alike = [o for o in before if o.label.startswith(choices[-1])]
    known = {n for o in alike for n in o.route.nodes}
    own = [plan.places.name(n) for n in route.nodes if n not in known]
    return f"{choices[-1]}, past {own[len(own) // 2]}" if own else f"{choices[-1]} ({len(alike) + 1})"


def landmarks(route: Route) -> list[str]:
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


def find_shares(plan: Plan, offers: Sequence[Offer]) -> tuple[np.ndarray[Any, Any], float]:
    """Shares of the routes by path-size logit, shape (R,), and the logsum, USD/t."""
    routes = [o.route for o in offers]
    used, lengths = incidence(routes)
    cost = [route_cost(r, plan.weights) / plan.shipment.tonnes for r in routes]
    choice = path_size_logit(
        cost,
        used,
        lengths,
        scale=plan.case.parameter("logit_scale_per_usd_t"),
        path_size_weight=plan.case.parameter("path_size_weight"),
    )
    return choice.shares, float(choice.logsum[0])
