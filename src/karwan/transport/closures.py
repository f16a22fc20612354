"""When a closure or slowdown is in force. The one reading of the rows of `closures.csv`.

A row is dated (days as YYYY-MM-DD, no end where none is known), seasonal (MM-DD to MM-DD, each year) or, in the record of the past, dated to
the month or year only; the last kind is never in force on a day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from karwan.transport.calendar import HORIZON_DAYS, ClosedSpan, seasonal_spans

SLOW = "disruption"
"""Kind of a row that slows a place down and does not shut it."""

FULL_DATE, MONTH_DAY = len("YYYY-MM-DD"), len("MM-DD")


def let_through(rows: Iterable[Mapping[str, Any]], classes: Collection[str], day: date) -> frozenset[str]:
    """Places whose closure lets one of some classes of cargo through on a day."""
    return frozenset(
        str(row["place_id"])
        for row in rows
        if row["lets_through"]
        and set(classes) & set(row["lets_through"])
        and (row["lets_through_from"] is None or row["lets_through_from"] <= day)
    )


def closure_spans(row: Mapping[str, Any], first: date, days: int = HORIZON_DAYS) -> list[ClosedSpan]:
    """Spans of days a row speaks of, as far as they touch the days from `first`.

    Parameters
    ----------
    row
        Row of `closures.csv`: start, end.
    first
        First day looked at; spans that ended before it are left out.
    days
        How far seasons are followed.
    """
    start, end = row["start"], row["end"]
    if len(start) == MONTH_DAY:
        return seasonal_spans(start, end or start, first, days)
    if len(start) != FULL_DATE:
        return []
    last = date.fromisoformat(end) if end else None
    if last is not None and last < first:
        return []
    return [ClosedSpan(date.fromisoformat(start), last)]


def in_force(row: Mapping[str, Any], day: date) -> bool:
    """Whether a row holds on a day; one without a known end still holds."""
    return any(span.covers(day) for span in closure_spans(row, day))


def touches(row: Mapping[str, Any], first: date, last: date) -> bool:
    """Whether a row holds on any day from `first` to `last`."""
    return any(span.start <= last for span in closure_spans(row, first))


def shut_days(rows: Iterable[Mapping[str, Any]], first: date, last: date) -> set[int]:
    """Ordinals of the days from `first` to the one before `last` on which any of some rows holds."""
    shut: set[int] = set()
    for span in (s for row in rows for s in closure_spans(row, first, (last - first).days)):
        end = last if span.end is None else min(last, span.end + timedelta(days=1))
        shut.update(range(max(first, span.start).toordinal(), end.toordinal()))
    return shut


def days_shut(row: Mapping[str, Any], day: date) -> int:
    """Days a closure that holds on a day has held by then; 0 where it does not hold, or no day is known that it began on."""
    if len(row["start"]) != FULL_DATE or not in_force(row, day):
        return 0
    return (day - date.fromisoformat(row["start"])).days


def end_unseen(row: Mapping[str, Any]) -> bool:
    """Whether nobody saw the closure end: its last sighting lies before its end, or it has none."""
    seen = row["last_seen"]
    return seen is not None and (not row["end"] or seen < date.fromisoformat(row["end"]))


def shut_places(closures: pl.DataFrame, place_kind: str, day: date) -> set[str]:
    """Keys of places of a kind (`crossing`, `link`, ...) that are shut on a day, for whatever mode."""
    rows = closures.filter((pl.col("place_kind") == place_kind) & (pl.col("kind") != SLOW))
    return {row["place_id"] for row in rows.iter_rows(named=True) if in_force(row, day)}
