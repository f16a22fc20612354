"""Who can carry the legs of the routes of an answer."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.analysis.route.offers import RouteOffer
from karwan.analysis.route.query import RoutePlan
from karwan.schema.frames import result_frame
from karwan.transport.carriers import TRIAL, WHOLE, Leg, Offer, carriers_of
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import join_sources

NOBODY = "nobody published"


def carriers_table(plan: RoutePlan, offers: Sequence[RouteOffer]) -> pl.DataFrame:
    """One row per route and leg; see `schema/results/route_carriers.csv`."""
    rows = []
    for offer in offers:
        legs = carriers_of(offer.route, plan.case.tables, plan.query.departure)
        rows += [
            {"route": offer.number, "leg": number, **_row(plan, leg)}
            for number, leg in enumerate(legs, start=1)
        ]
    return result_frame("route_carriers", rows)


def _row(plan: RoutePlan, leg: Leg) -> Row:
    whole = [one for one in leg.offers if one.km_share >= WHOLE]
    running = [one for one in whole if one.state != TRIAL]
    tried = [one for one in whole if one.state == TRIAL]
    part = [one for one in leg.offers if one.km_share < WHOLE]
    return {
        "from_place": plan.places.name(leg.start),
        "to_place": plan.places.name(leg.end),
        "mode": leg.mode,
        "country": leg.country or None,
        "km": leg.km,
        "can_carry": _named(running) or NOBODY,
        "tried": _named(tried),
        "part_of_it": _named(part),
        "through_rate_id": leg.through_id or None,
        "service_ids": [one.service_id for one in leg.offers],
        "source_id": join_sources(*(one.source_id for one in leg.offers)) or None,
    }


def _named(offers: Sequence[Offer]) -> str | None:
    """Names of operators, each once; how far a service goes that ends on the way, and what was published for the other way."""
    return "; ".join(dict.fromkeys(map(_told, offers))) or None


def _told(offer: Offer) -> str:
    told = [f"{offer.km_share:.0%} of it"] if offer.km_share < WHOLE else []
    if offer.backward:
        told.append("published the other way")
    return f"{offer.who} ({', '.join(told)})" if told else offer.who
