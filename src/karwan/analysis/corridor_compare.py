"""`karwan corridor compare`: money, days, emissions and state of every corridor, its stages and what is shut."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.amounts import percent
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridor_day import last_seen, slowed_places
from karwan.analysis.corridors import CorridorStudy, Evaluated
from karwan.analysis.requests import CompareRequest
from karwan.analysis.route.explain import amount_rows
from karwan.schema.frames import result_frame, result_types
from karwan.transport.closures import SLOW, in_force
from karwan.transport.corridor import OPEN
from karwan.transport.cost import arrival_cost
from karwan.transport.network.stage import Row
from karwan.transport.restrictions import FORBIDDEN, sanctioning
from karwan.transport.route import assumed_share, stage_table
from karwan.transport.shipment import find_product

SHARES = (0.05, 0.25, 0.50, 0.75, 0.95)
SAMPLES = 200  # quantiles of an arrival distribution


def answer_compare(inputs: Inputs, request: CompareRequest) -> Result:
    """Routes of every corridor, closures on the day, and the stages where asked."""
    case = inputs.the_case()
    study = CorridorStudy(case, request.as_of or case.settings.as_of)
    tables = {"routes": compared_routes(study), "closures": closure_table(study)}
    if request.stages:
        tables["stages"] = corridor_stages(study)
    return Result(tables)


def compared_routes(study: CorridorStudy) -> pl.DataFrame:
    """One row per corridor, pair and direction; see `results/corridor_routes.csv`."""
    return result_frame("corridor_routes", (_route_row(study, e) for e in study.evaluated))


def _route_row(study: CorridorStudy, e: Evaluated) -> Row:
    row: Row = {
        "corridor_id": e.corridor["corridor_id"],
        "corridor": e.corridor["name"],
        "colour": e.corridor["colour"],
        "pair_label": study.pair_label(e.origin, e.destination),
        "origin_id": e.origin,
        "origin": study.place_name(e.origin),
        "destination_id": e.destination,
        "destination": study.place_name(e.destination),
        "direction": e.direction,
        "status": e.found.status,
        "reason": study.spoken_reason(e.found),
    }
    route = e.found.route
    if route is None or e.journeys is None:
        return row
    load, rules = route.shipment, study.rules_met(route)
    bills = study.bills(find_product(study.case["products"], load.product_id), e.direction)
    all_told = bills.all_told_usd(route)
    mean_h = e.journeys.mean_h if e.journeys.never_arrives_share < 1.0 else route.hours
    days = [e.journeys.quantile(share) / 24.0 for share in SHARES]
    return {
        **row,
        "usd_20t": route.usd,
        "usd_feu": e.usd_feu,
        "hours": mean_h,
        "days": mean_h / 24.0,
        **{f"days_p{round(100 * s):02d}": d for s, d in zip(SHARES, days, strict=True)},
        "km": route.km,
        "co2_kg": route.co2_kg,
        "gauge_changes": route.gauge_changes,
        "crossings": len(route.crossings),
        "assumed_share": assumed_share(route),
        "sanctions": " ".join(sanctioning(rules)),
        "ban": next((rule["name"] for rule in rules if rule["effect"] == FORBIDDEN), None),
        "slowed": ", ".join(slowed_places(study, route)) or None,
        "last_seen": last_seen(study, route),
        "all_told_usd": all_told,
        "generalised_usd": arrival_cost(route, study.weights(load), e.journeys.hours, all_told),
    }


def corridor_stages(study: CorridorStudy) -> pl.DataFrame:
    """Stages of every route; see `results/corridor_stages.csv`."""
    types = result_types("corridor_stages")
    parts = [_stages_of(study, e) for e in study.evaluated if e.found.route is not None]
    if not parts:
        return pl.DataFrame(schema=types)
    return pl.concat(parts).select(list(types))


def _stages_of(study: CorridorStudy, e: Evaluated) -> pl.DataFrame:
    assert e.found.route is not None
    table = stage_table(e.found.route).rename({"usd": "usd_20t"})
    return table.with_columns(
        corridor_id=pl.lit(e.corridor["corridor_id"]),
        origin_id=pl.lit(e.origin),
        destination_id=pl.lit(e.destination),
        direction=pl.lit(e.direction),
        place=pl.Series([study.place_name(p) for p in table["place_id"]], dtype=pl.String),
    )


def closure_table(study: CorridorStudy) -> pl.DataFrame:
    """What is shut or slowed on the day; see `results/corridor_closures.csv`."""
    touched = _corridors_through(study)
    rows = (
        {
            "place": study.place_name(row["place_id"]),
            "kind": f"slower by {percent(row['slowdown_share'])}" if row["kind"] == SLOW else "closed",
            "since": row["start"],
            "until": row["end"],
            "last_seen": row["last_seen"],
            "reason": row["reason"],
            "corridors": ", ".join(sorted(touched[row["place_id"]])),
            "source_id": row["source_id"],
        }
        for row in study.case["closures"].iter_rows(named=True)
        if in_force(row, study.as_of)
    )
    return result_frame("corridor_closures", rows)


def _corridors_through(study: CorridorStudy) -> dict[str, set[str]]:
    """Node, crossing, link, service or country to the names of the corridors whose routes pass it."""
    touched: dict[str, set[str]] = defaultdict(set)
    for e in study.evaluated:
        if e.found.route is None:
            continue
        passed = {place for stage in e.found.route.stages for place in (stage.place_id, stage.country)}
        for place in passed.union(e.found.route.nodes):
            touched[place].add(e.corridor["name"])
    return touched


def arrival_table(study: CorridorStudy) -> pl.DataFrame:
    """Sampled arrival days of the headline pair both ways; see `results/corridor_arrivals.csv`."""
    shown = (e for e in study.evaluated if (e.origin, e.destination) == study.pairs(e.direction)[0])
    rows = (
        {
            "corridor_id": e.corridor["corridor_id"],
            "corridor": e.corridor["name"],
            "colour": e.corridor["colour"],
            "direction": e.direction,
            "pair_label": study.pair_label(e.origin, e.destination),
            "days": _sample_days(e.journeys.hours),
            "days_p95_no_closures": None if e.p95_quiet_h is None else e.p95_quiet_h / 24.0,
            "on_time_label": "" if e.found.status == OPEN else e.found.status,
        }
        for e in shown
        if e.journeys is not None
    )
    return result_frame("corridor_arrivals", rows)


def headline_amounts(study: CorridorStudy) -> pl.DataFrame:
    """Every amount of the routes of the headline pair, both ways, with its cells; see `results/corridor_amounts.csv`.

    The amounts of a route in USD add up to its `usd_20t`, those in kg CO2e to its `co2_kg`, each part counted once.
    """
    rows = (
        {
            "corridor_id": e.corridor["corridor_id"],
            "corridor": e.corridor["name"],
            "direction": e.direction,
            "pair_label": study.pair_label(e.origin, e.destination),
            **row,
        }
        for e in study.evaluated
        if (e.origin, e.destination) == study.pairs(e.direction)[0] and e.found.route is not None
        for row in amount_rows(e.found.route)
    )
    return result_frame("corridor_amounts", rows)


def _sample_days(hours: NDArray[np.float64]) -> list[float]:
    """Quantiles at equal steps of the journeys that arrive, days; empty where none does."""
    arrived = np.sort(hours[np.isfinite(hours)])
    if not arrived.size:
        return []
    picks = np.quantile(arrived, (np.arange(SAMPLES) + 0.5) / SAMPLES) / 24.0
    return [round(float(d), 3) for d in picks]
