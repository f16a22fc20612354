"""Answering `karwan route`: from place names to routes with money, days, papers, and reasons for what is not there."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import RouteRequest, RouteView
from karwan.analysis.route.carriers import carriers_table
from karwan.analysis.route.explain import explain_table
from karwan.analysis.route.loads import load_notes
from karwan.analysis.route.offers import corridor_routes, find_shares, make_offers
from karwan.analysis.route.paid import Paid, lead_hours, paid_table, totals
from karwan.analysis.route.query import RoutePlan, corridor_notes, promised_days, recorded_by, resolve
from karwan.analysis.route.reasons import closed_table, corridor_table
from karwan.analysis.route.rules import (
    left_out_routes,
    planned_list,
    rests_on,
    rule_notes,
    rules_in_the_way,
    rules_table,
)
from karwan.analysis.route.shutting import shutting_notes
from karwan.analysis.route.tables import (
    days_of_year,
    destination_duty,
    duty_note,
    guarantees_table,
    lateness_table,
    make_meta,
    offer_table,
    papers_table,
    price_note,
    queue_table,
    rates_table,
    search_notes,
    stages_of,
)
from karwan.analysis.route.terminals import terminal_notes, terminal_table
from karwan.errors import Unreachable
from karwan.notes import note
from karwan.transport.journey import arrival_model
from karwan.transport.packing import HEAVY, heaviest_pieces
from karwan.transport.route_choice import RouteSearch

__all__ = ["answer_route", "present_route", "promised_days"]


def answer_route(inputs: Inputs, request: RouteRequest) -> Result:
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
    plan = resolve(inputs.the_case(), request)
    case = plan.case  # as it was known on the day asked for
    search = _search(plan)
    process, closure_notes = recorded_by(case.tables, case.settings.as_of)
    named = corridor_routes(plan)
    model = arrival_model(case.tables, process, load=request.load, opened=plan.opened)
    offers = make_offers(plan, search, named, model)
    shares, logsum = find_shares(plan, offers)
    duty = destination_duty(plan)
    papers, guarantees = papers_table(plan, offers), guarantees_table(plan, offers)
    paid = paid_table(plan, offers)
    left_out = left_out_routes(plan, search)
    first = [price_note(plan), *load_notes(plan), duty_note(duty), *shutting_notes(plan, offers[0], model)]
    notes = [
        *first,
        *rule_notes(plan, offers, left_out),
        *corridor_notes(plan),
        *closure_notes,
        *search_notes(search, request),
    ]
    tables = {
        "routes": offer_table(plan, offers, shares, duty, Paid(totals(paid), lead_hours(papers))),
        "corridors": corridor_table(plan, search, offers, named),
        "stages": pl.concat([stages_of(o) for o in offers]),
        "closed": closed_table(plan, offers, named),
        "carriers": carriers_table(plan, offers),
        "paid": paid,
        "papers": papers,
        "rules": rules_table(plan, offers, left_out),
        "guarantees": guarantees,
        "lateness": lateness_table(offers),
        "closure_rates": rates_table(plan, offers, model),
        "queues": queue_table(plan, offers, model.traffic),
    }
    terminals = terminal_table(plan, offers)
    if terminals.height:
        tables["terminals"] = terminals
        notes += terminal_notes(plan, terminals)
    if request.days_of_year:
        tables["days_of_year"] = days_of_year(plan, offers[0])
        notes.append(note("route.days_of_year"))
    if request.explain:
        tables["amounts"] = explain_table(offers)
    meta = make_meta(plan, search, logsum) | {"first_choice_rests_on": rests_on(plan, offers[0])}
    return Result(tables, meta, tuple(notes), lead=len(first))


def present_route(result: Result, view: RouteView | None, form: str) -> Result:
    """Plain: without stages and the sources of rules unless `--full` asks for them; JSON and CSV hold all."""
    if form != "table" or view is None or view.full:
        return result
    tables = {name: table for name, table in result.tables.items() if name != "stages"}
    return replace(result, tables=tables | {"rules": tables["rules"].drop("source_id")})


def _search(plan: RoutePlan) -> RouteSearch:
    """Short list of the plan; an error names places, not ids."""
    try:
        return planned_list(plan, plan.kept_off)
    except Unreachable as error:
        spoken = plan.places.spoken
        if rules := rules_in_the_way(plan):
            unlawful = ", or drop --lawful-for" if plan.lawful_for else ""
            raise Unreachable(
                f"No lawful route from {plan.places.name(plan.origin)} to {plan.places.name(plan.destination)}.",
                "; ".join(rules),
                f"leave on a day when the rule does not hold{unlawful}.",
            ) from error
        if plan.shipment.form == HEAVY:
            raise _too_heavy(plan) from error
        raise Unreachable(spoken(error.fact), spoken(error.evidence), error.fix) from error


def _too_heavy(plan: RoutePlan) -> Unreachable:
    """Why one heavy piece has no way."""
    load, name = plan.shipment, plan.places.name
    return Unreachable(
        f"{load.tonnes:g} t of {load.name} in one piece cannot get from {name(plan.origin)} to {name(plan.destination)}.",
        f"the heaviest piece borne by {heaviest_pieces(plan.case['vehicles'].iter_rows(named=True))}",
        "send it in parts without --one-piece, start or end at a port, or add its vehicle to vehicles.csv.",
    )
