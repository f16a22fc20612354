"""What shuts or slows a route on the day of a study, and when that was last seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from karwan.amounts import percent
from karwan.analysis.corridors import CorridorStudy
from karwan.transport.closures import SLOW, in_force
from karwan.transport.route import Route

SLOWED = ("closures", "slowdown_share")
"""Table and column of a figure that slows a stage."""


def slowed_places(study: CorridorStudy, route: Route) -> list[str]:
    """Places that the hours of a route are slowed at, in the order of the way, each with the share added: those figures are in its terms."""
    closures = {row["closure_id"]: row for row in study.case["closures"].iter_rows(named=True)}
    slowed = _slowed(route)
    return [
        f"{study.place_name(closures[key]['place_id'])} {percent(share)}" for key, share in slowed.items()
    ]


def last_seen(study: CorridorStudy, route: Route) -> date | None:
    """Day on which that was last seen which shuts or slows a route, of several the earliest; None where nothing does or no day is known."""
    slowed, shut = _slowed(route), {place for place, _ in route.shut()}

    def counts(row: Mapping[str, Any]) -> bool:
        if row["closure_id"] in slowed:
            return True
        return row["kind"] != SLOW and row["place_id"] in shut and in_force(row, study.as_of)

    rows = filter(counts, study.case["closures"].iter_rows(named=True))
    return min((row["last_seen"] for row in rows if row["last_seen"]), default=None)


def _slowed(route: Route) -> dict[str, float]:
    """Share added by key of the closure, of all that slow the route."""
    factors = (factor for stage in route.stages for term in stage.terms for factor in term.factors)
    figures = (factor.figure for factor in factors)
    return {one.key: one.value for one in figures if (one.table, one.column) == SLOWED}
