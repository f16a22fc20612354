"""Answering `karwan route`: from place names to routes with money, days, papers, and reasons for what is not there."""

from __future__ import annotations

import polars as pl

from karwan.analysis.route.explain import explain_table
from karwan.analysis.route.offers import corridor_routes, find_shares, fitted_closures, make_offers
from karwan.analysis.route.query import Plan, RouteAnswer, RouteQuery, promised_days, resolve
from karwan.analysis.route.reasons import closed_table, corridor_table
from karwan.analysis.route.tables import (
    days_of_year,
    guarantees_table,
    lateness_table,
    make_meta,
    papers_table,
    queue_table,
    rates_table,
    route_table,
    search_notes,
    stages_of,
)
from karwan.case import Case
from karwan.errors import Unreachable
from karwan.transport.journey import arrival_model
from karwan.transport.route_choice import RouteSearch, find_routes

__all__ = ["RouteAnswer", "RouteQuery", "answer_route", "promised_days"]


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
    plan = resolve(case, query)
    search = _search(plan)
    process = fitted_closures(plan)
    named = corridor_routes(plan)
    model = arrival_model(case.tables, process, load=query.load, opened=plan.opened)
    offers = make_offers(plan, search, named, model)
    plan.notes.extend(search_notes(search, query))
    shares, logsum = find_shares(plan, offers)
    best = offers[0]
    tables = {
        "routes": route_table(plan, offers, shares),
        "corridors": corridor_table(plan, search, offers, named),
        "stages": pl.concat([stages_of(o) for o in offers]),
        "closed": closed_table(plan, offers, named),
        "papers": papers_table(plan, offers),
        "guarantees": guarantees_table(plan, offers),
        "lateness": lateness_table(offers),
        "closure_rates": rates_table(plan, offers, model),
        "queues": queue_table(plan, offers, model.traffic),
    }
    if query.days_of_year:
        tables["days_of_year"] = days_of_year(plan, best)
    if query.explain:
        tables["amounts"] = explain_table(offers)
    return RouteAnswer(tables, make_meta(plan, search, logsum), tuple(plan.notes))


def _search(plan: Plan) -> RouteSearch:
    """Short list of the plan; an error names places, not ids."""
    try:
        return find_routes(
            plan.network,
            plan.shipment,
            plan.origin,
            plan.destination,
            weights=plan.weights,
            via=plan.via,
            avoid=plan.avoid,
            count=plan.query.count,
        )
    except Unreachable as error:
        spoken = plan.places.spoken
        raise Unreachable(spoken(error.fact), spoken(error.evidence), error.fix) from error
