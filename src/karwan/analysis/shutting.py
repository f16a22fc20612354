"""What a route takes for granted of its places: closures on record and seasons in which a crossing used to be shut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from karwan.amounts import MEAN_YEAR_DAYS
from karwan.transport.closures import FULL_DATE
from karwan.transport.journey import ENOUGH_ENDS, ArrivalModel, closing_places
from karwan.transport.route import Route

SEASON_DAYS = 28
"""Days from which a closure known ahead counts as a season, not as a holiday."""
_NO_END = date.max.isoformat()


@dataclass(frozen=True)
class ShutBefore:
    """Unannounced closures of a place on record: how many in how many years open, days of all of them, and mean days of one as fitted;
    `lent` where these are of the places of its kind together, as too few of its own ended."""

    place: str
    count: int
    years: float
    total: float
    days: float
    lent: bool


def shut_before(route: Route, model: ArrivalModel) -> list[ShutBefore]:
    """Places of a route that were shut unannounced on record, those shut for the largest share of days first."""
    if model.closures is None:
        return []
    passed = sorted(closing_places(route, model))
    shut = model.closures.table.filter(pl.col("place").is_in(passed) & (pl.col("closures") > 0))
    return [
        ShutBefore(
            row["place"],
            row["closures"],
            row["open_days"] / MEAN_YEAR_DAYS,
            row["closed_days"],
            row["mean_days"],
            row["ended"] < ENOUGH_ENDS,
        )
        for row in shut.sort("closed_share", "place", descending=[True, False]).iter_rows(named=True)
    ]


@dataclass(frozen=True)
class PastSeason:
    """A season, known ahead, in which a crossing was shut in earlier years: why, and its last day of all."""

    place: str
    reason: str
    last: date


def past_seasons(route: Route, closures: pl.DataFrame) -> Iterator[PastSeason]:
    """Crossings of a route that were shut at its time of year in earlier years, known ahead, and that no row shuts now."""
    first = route.network.first_day
    last = first + timedelta(hours=route.hours)
    known = (pl.col("kind") == "dated") & ~pl.col("history") & pl.col("announced").fill_null(True)
    rows = closures.filter(known & (pl.col("start").str.len_chars() == FULL_DATE))
    for place in dict.fromkeys(route.crossings):
        spans = rows.filter(pl.col("place_id") == place).select(
            "start", pl.col("end").fill_null(_NO_END), "reason"
        )
        held = [(*_span(start, end), reason) for start, end, reason in spans.iter_rows()]
        for reason in dict.fromkeys(why for start, end, why in held if _same_season(start, end, first, last)):
            latest = max(end for _, end, why in held if why == reason)
            if latest < first:
                yield PastSeason(place, reason, latest)


def _span(start: str, end: str) -> tuple[date, date]:
    return date.fromisoformat(start), date.fromisoformat(end)


def _same_season(start: date, end: date, first: date, last: date) -> bool:
    """Whether a span of days, moved by whole years, is a season that touches the days from `first` to `last`."""
    if (end - start).days < SEASON_DAYS:
        return False
    years = round((first - start).days / MEAN_YEAR_DAYS)
    moved = (start + timedelta(days=round((years + n) * MEAN_YEAR_DAYS)) for n in (-1, 0, 1))
    return any(day <= last and day + (end - start) >= first for day in moved)
