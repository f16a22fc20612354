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
        name="corridor critical",
        method="critical",
        request=ask.CriticalRequest,
        run="karwan.analysis.criticality:run",
        tables={
            "weak points": "weak_places",
            "ways round": "weak_ways",
            "closed together": "weak_pairs",
            "cut off together": "weak_cut_off",
            "an hour less at a side": "weak_sides",
            "reroutes": "weak_reroutes",
            "what the closure costs": "closure_cost",
        },
        page="criticality",
        view=ask.CriticalView,
        present="karwan.report.weak_map_files:present",
    ),
    Analysis(
        name="corridor sensitivity",
        method="sensitivity",
        request=ask.SensitivityRequest,
        run="karwan.analysis.sensitivity:run",
        tables={"sensitivity": "sensitivity"},
        page="sensitivity",
    ),
    Analysis(
        name="corridor assign",
        method="assign",
        request=ask.AssignRequest,
        run="karwan.analysis.assignment:run",
        tables={"routes": "assigned_routes", "loads": "assigned_loads", "demand": "assigned_demand"},
        page="assignment",
    ),
    Analysis(
        name="network export",
        method="export_network",
        request=ask.ExportRequest,
        run="karwan.analysis.exchange:run_export",
        tables={"files": "exchange_files", "lines": "exchange_lines"},
        page="exchange",
    ),
    Analysis(
        name="network import",
        method="import_network",
        request=ask.ImportRequest,
        run="karwan.analysis.exchange:run_import",
        tables={"files": "exchange_files", "problems": "exchange_problems"},
        page="exchange",
        case="none",
        present="karwan.analysis.exchange:present",
    ),
    Analysis(
        name="network assign",
        method="network_assign",
        request=ask.TntpRequest,
        run="karwan.analysis.network_assignment:run",
        tables={"links": "tntp_links", "convergence": "tntp_convergence"},
        page="assignment",
        case="none",
        view=ask.TntpView,
        present="karwan.analysis.network_assignment:present",
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
