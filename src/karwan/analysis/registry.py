"""Every analysis, in the order of the pages. Loads no engine: each is imported when it is first asked."""

from __future__ import annotations

from typing import Any

from karwan.analysis import requests as ask
from karwan.analysis.contract import Analysis

ANALYSES: tuple[Analysis[Any], ...] = (
    Analysis(
        name="route",
        method="route",
        request=ask.RouteRequest,
        run="karwan.analysis.route:answer_route",
        tables={
            "routes": "route_offers",
            "corridors": "route_corridors",
            "stages": "route_stages",
            "closed": "route_closed",
            "papers": "route_papers",
            "guarantees": "route_guarantees",
            "lateness": "route_lateness",
            "closure_rates": "closure_rates",
            "queues": "route_queues",
            "days_of_year": "route_days",
            "amounts": "route_amounts",
        },
        page="route",
        case="option",
        notes_key="notes",
    ),
    Analysis(
        name="corridor compare",
        method="compare",
        request=ask.CompareRequest,
        run="karwan.analysis.corridor_compare:run",
        tables={"routes": "corridor_routes", "stages": "corridor_stages", "closures": "corridor_closures"},
        page="corridor",
    ),
    Analysis(
        name="corridor observed",
        method="observed",
        request=ask.ObservedRequest,
        run="karwan.analysis.observed:run",
        tables={"mean errors": "observed_errors", "trips": "observed_trips"},
        page="reliability",
    ),
)
BY_NAME = {analysis.name: analysis for analysis in ANALYSES}
