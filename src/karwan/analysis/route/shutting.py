"""Notes on what the first route takes for granted of its places: closures on record, places without any, winters that are over."""

from __future__ import annotations

import math

import polars as pl

from karwan.amounts import MEAN_YEAR_DAYS
from karwan.analysis.route.offers import RouteOffer
from karwan.analysis.route.query import RoutePlan
from karwan.analysis.shutting import past_seasons, shut_before
from karwan.notes import Note, note
from karwan.transport.journey import ArrivalModel

NAMED = 3
"""Places with closures on record that are named."""


def shutting_notes(plan: RoutePlan, offer: RouteOffer, model: ArrivalModel) -> list[Note]:
    """Notes on the closures that the days of a route hold, on those they do not, and on seasons in which a place used to be shut."""
    name = plan.places.name
    met = [
        note(
            "route.shut_before",
            place=name(one.place),
            count=one.count,
            years=one.years,
            total=one.total,
            days=one.days,
            lent=note("route.length_lent") if one.lent else "",
        )
        for one in shut_before(offer.route, model)[:NAMED]
    ]
    past = [
        note("route.past_season", place=name(one.place), reason=one.reason, last=one.last)
        for one in past_seasons(offer.route, plan.case["closures"])
    ]
    return [*met, *_calm(plan, offer, model), *past]


def _calm(plan: RoutePlan, offer: RouteOffer, model: ArrivalModel) -> list[Note]:
    """Crossings of a route without a random closure on record: its P95 holds none of them, which a record of some years does not promise.

    The bound on their rate is the one that would leave so long a record empty once in twenty times: -ln 0.05 over the years that the place
    was open in it (Poisson); of several places that of the shortest.
    """
    if model.closures is None:
        return []
    passed = list(dict.fromkeys(offer.route.crossings))
    calm = model.closures.table.filter(pl.col("place").is_in(passed) & (pl.col("closures") == 0))
    if calm.is_empty():
        return []
    years = min(calm["open_days"].to_list()) / MEAN_YEAR_DAYS
    known = set(calm["place"])
    names = ", ".join(plan.places.name(place) for place in passed if place in known)
    return [note("route.calm", route=offer.label, places=names, years=years, bound=-math.log(0.05) / years)]
