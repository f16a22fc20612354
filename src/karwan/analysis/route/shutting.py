"""What the first route takes for granted of its places: closures on record, places without any, winters that are over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from karwan.amounts import MEAN_YEAR_DAYS
from karwan.analysis.route.offers import RouteOffer
from karwan.analysis.route.query import RoutePlan
from karwan.notes import Note, note
from karwan.transport.closures import FULL_DATE
from karwan.transport.journey import ArrivalModel, closing_places

NAMED = 3
"""Places with closures on record that are named, those shut for the largest share of days first."""
SEASON_DAYS = 28
"""Days from which a closure known ahead counts as a season, not as a holiday."""


def shutting_notes(plan: RoutePlan, offer: RouteOffer, model: ArrivalModel) -> list[Note]:
    """Notes on the closures that the days of a route hold, on those they do not, and on seasons in which a place used to be shut."""
    return [*_met(plan, offer, model), *_calm(plan, offer, model), *_past_seasons(plan, offer)]


def _met(plan: RoutePlan, offer: RouteOffer, model: ArrivalModel) -> Iterator[Note]:
    """Places that were shut unannounced on record, and how often while they were open."""
    if model.closures is None:
        return
    passed = sorted(closing_places(offer.route, model))
    shut = model.closures.table.filter(pl.col("place").is_in(passed) & (pl.col("closures") > 0))
    for row in shut.sort("closed_share", "place", descending=[True, False]).head(NAMED).iter_rows(named=True):
        yield note(
            "route.shut_before",
            place=plan.places.name(row["place"]),
            count=row["closures"],
            years=row["open_days"] / MEAN_YEAR_DAYS,
            days=row["mean_days"],
        )


def _calm(plan: RoutePlan, offer: RouteOffer, model: ArrivalModel) -> list[Note]:
    """Crossings of a route without a random closure on record: its P95 holds none of them, which a record of some years does not promise.

    The bound on their rate is the one that would leave so long a record empty once in twenty times: -ln 0.05 over the years that the place
    was open in it (Poisson); of several places that of the shortest.
    """
    if model.closures is None:
        return []
    passed = _crossings(offer)
    calm = model.closures.table.filter(pl.col("place").is_in(passed) & (pl.col("closures") == 0))
    if calm.is_empty():
        return []
    years = min(calm["open_days"].to_list()) / MEAN_YEAR_DAYS
    known = set(calm["place"])
    names = ", ".join(plan.places.name(place) for place in passed if place in known)
    return [note("route.calm", route=offer.label, places=names, years=years, bound=-math.log(0.05) / years)]


def _past_seasons(plan: RoutePlan, offer: RouteOffer) -> Iterator[Note]:
    """Crossings of a route that were shut at its time of year in an earlier year, known ahead, and that no row shuts now."""
    first = offer.route.network.first_day
    last = first + timedelta(hours=offer.route.hours)
    known = (pl.col("kind") == "dated") & ~pl.col("history") & pl.col("announced").fill_null(True)
    rows = plan.case["closures"].filter(known & (pl.col("start").str.len_chars() == FULL_DATE))
    for place in _crossings(offer):
        spans = rows.filter(pl.col("place_id") == place).select(
            "start", pl.col("end").fill_null("9999-12-31")
        )
        ends = [end for start, end in map(_span, *spans) if _same_season(start, end, first, last)]
        if ends and max(ends) < first:
            yield note("route.past_season", place=plan.places.name(place), last=max(ends))


def _span(start: str, end: str) -> tuple[date, date]:
    return date.fromisoformat(start), date.fromisoformat(end)


def _same_season(start: date, end: date, first: date, last: date) -> bool:
    """Whether a span of days, moved by whole years, is a season that touches the days from `first` to `last`."""
    if (end - start).days < SEASON_DAYS:
        return False
    years = round((first - start).days / MEAN_YEAR_DAYS)
    moved = (start + timedelta(days=round((years + n) * MEAN_YEAR_DAYS)) for n in (-1, 0, 1))
    return any(day <= last and day + (end - start) >= first for day in moved)


def _crossings(offer: RouteOffer) -> list[str]:
    """Crossings of a route, in the order it meets them."""
    arcs = [offer.route.network.arcs[a] for a in offer.route.arcs]
    return list(dict.fromkeys(arc.place_id for arc in arcs if arc.place_kind == "crossing"))
