"""Bans and sanctions of an answer: which rules each route meets, and which routes they keep off the list."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.analysis.route.offers import RouteOffer, landmarks
from karwan.analysis.route.query import RoutePlan
from karwan.case.known import later_figures
from karwan.errors import Unreachable
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.transport.network.stage import Row
from karwan.transport.restrictions import UNKNOWN, barring, met, told
from karwan.transport.route import Route
from karwan.transport.route_choice import RouteSearch, short_list


def planned_list(plan: RoutePlan, avoid: Sequence[str]) -> RouteSearch:
    """Short list of a plan that keeps off some places and links.

    Raises
    ------
    Unreachable
        No route is left.
    """
    return short_list(
        plan.network,
        plan.shipment,
        plan.origin,
        plan.destination,
        weights=plan.weights,
        via=plan.via,
        avoid=avoid,
        count=plan.query.count,
    )


def left_out_routes(plan: RoutePlan, search: RouteSearch) -> list[Route]:
    """Routes that would be listed but for a ban or a sanction."""
    listed = {route.way for route in search.routes}
    barred = barring(plan.rules, plan.lawful_for)
    return [route for route in _without_rules(plan) if route.way not in listed and met(barred, route)]


def rules_in_the_way(plan: RoutePlan) -> list[str]:
    """Rules that the routes meet where there is none without; nothing where there is none at all."""
    barred = barring(plan.rules, plan.lawful_for)
    rules = [rule for route in _without_rules(plan) for rule in met(barred, route)]
    return list(dict.fromkeys(told(rule) for rule in rules))


def _without_rules(plan: RoutePlan) -> tuple[Route, ...]:
    """The short list as if no rule held; nothing where none takes anything away."""
    if not plan.barred:
        return ()
    try:
        return planned_list(plan, plan.avoid).routes
    except Unreachable:
        return ()


def rules_table(plan: RoutePlan, offers: Sequence[RouteOffer], left_out: Sequence[Route]) -> pl.DataFrame:
    """Rules each route meets, then those that kept a route off the list, each with the route's way."""
    rows = [_row(plan, rule) | {"route": o.number} for o in offers for rule in met(plan.rules, o.route)]
    barred = barring(plan.rules, plan.lawful_for)
    for route in left_out:
        way = "via " + ", ".join(plan.places.name(place) for place in landmarks(route))
        rows += [_row(plan, rule) | {"left_out": way} for rule in met(barred, route)]
    return result_frame("route_rules", rows)


def _row(plan: RoutePlan, rule: Row) -> Row:
    return {
        "name": rule["name"],
        "effect": rule["effect"],
        "authority": rule["authority"],
        "place_id": rule["place_id"],
        "place": plan.places.name(rule["place_id"]),
        "since": rule["start"],
        "until": rule["end"],
        "restriction_id": rule["restriction_id"],
        "basis": rule["basis"],
        "source_id": rule["source_id"],
        "note": rule["note"],
    }


def rests_on(plan: RoutePlan, first: RouteOffer) -> list[str]:
    """Bans and sanctions that the first choice meets, with day and source; what is not known is left to the table."""
    return [told(rule) for rule in met(plan.rules, first.route) if rule["effect"] != UNKNOWN]


def rule_notes(plan: RoutePlan, offers: Sequence[RouteOffer], left_out: Sequence[Route]) -> list[Note]:
    """What the first choice rests on, how many routes were left out, and what is not known."""
    notes = []
    if rules := rests_on(plan, offers[0]):
        notes.append(note("route.rests_on_rules", route=offers[0].label, rules="; ".join(rules)))
    if left_out:
        kept = ", ".join(plan.lawful_for) or "the bans in force"
        notes.append(note("route.left_out_by_rules", count=len(left_out), authorities=kept))
    if plan.query.as_of is not None:
        count = later_figures(plan.case)
        notes.append(note("route.as_of", count=count, day=plan.case.settings.as_of))
    if plan.cargo.dangerous is not None:
        notes.append(note("route.dangerous", text=plan.cargo.dangerous.text, name=plan.cargo.dangerous.name))
    if plan.case["restrictions"].height:
        notes.append(note("route.rules_known", count=plan.case["restrictions"].height))
    return notes
