"""Tables and words of an answer: money, days, papers, guarantees, lateness, closures, queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from karwan.analysis.route.offers import Offer, landmarks
from karwan.analysis.route.query import Plan, RouteQuery
from karwan.appraisal.landed import landed_cost
from karwan.transport.cost import route_cost
from karwan.transport.duty import find_duty
from karwan.transport.journey import ArrivalModel, closing_places
from karwan.transport.papers import list_guarantees, list_papers
from karwan.transport.reliability import departures
from karwan.transport.route import assumed_share, stage_table
from karwan.transport.route_choice import RouteSearch
from karwan.transport.traffic import BEYOND, STEADY, Traffic

HORIZON_YEAR = 365
YEAR_JOURNEYS = 2000
DAY_COLUMNS = ("days_p5", "days_p50", "days_p95", "days_p95_no_closures", "on_time_share")
_TEXT, _FLOAT, _INT = pl.String, pl.Float64, pl.Int64
RATE_SCHEMA: dict[str, Any] = {
    "place_id": _TEXT,
    "place": _TEXT,
    "closures": _INT,
    **dict.fromkeys(
        [
            "rate_per_year",
            "rate_low_per_year",
            "rate_high_per_year",
            "mean_days",
            "mean_low_days",
            "mean_high_days",
            "closed_share",
        ],
        _FLOAT,
    ),
}
QUEUE_SCHEMA: dict[str, Any] = {
    "route": _INT,
    **dict.fromkeys(["crossing", "crossing_id", "mode"], _TEXT),
    **dict.fromkeys(["background_day", "capacity_day", "usual_load_share", "load_share"], _FLOAT),
    "state": _TEXT,
    **dict.fromkeys(["wait_usual_h", "wait_h", "added_h"], _FLOAT),
}


def route_table(plan: Plan, offers: Sequence[Offer], shares: np.ndarray[Any, Any]) -> pl.DataFrame:
    """One row per route: money, days, share on time, landed cost by part, share, emissions."""
    query, load = plan.query, plan.shipment
    origin, destination = plan.ends
    duty = find_duty(plan.case["tariffs"], load.product_id, destination, origin)
    insurance = plan.case.parameter("insurance_share")
    rows = []
    for offer, share in zip(offers, shares.tolist(), strict=True):
        route, drawn = offer.route, offer.journeys
        landed = landed_cost(load, route.usd, route.days, duty, insurance)
        promise = query.promise_days
        rows.append(
            {
                "route": offer.number,
                "name": offer.label,
                "corridor_id": offer.corridor_id,
                "status": offer.status,
                "passes": [plan.places.name(p) for p in landmarks(route)],
                "modes": list(dict.fromkeys(s.mode for s in route.stages)),
                "usd": route.usd,
                "usd_t": route.usd / load.tonnes,
                "days": route.days,
                "days_p5": _days(drawn.quantile(0.05)),
                "days_p50": _days(drawn.time_p50_h),
                "days_p95": _days(drawn.time_p95_h),
                "days_p95_no_closures": _days(offer.without.time_p95_h),
                "on_time_share": None if promise is None else drawn.probability_by(promise * 24.0),
                "never_arrives_share": drawn.never_arrives_share,
                "km": route.km,
                "co2_kg": route.co2_kg,
                "generalised_usd": route_cost(route, plan.weights),
                "share": share,
                **landed.columns(duty_known=duty.known),
                "crossings": len(route.crossings),
                "gauge_changes": route.gauge_changes,
                "assumed_share": assumed_share(route),
            }
        )
    plan.notes.append(
        f"Duty at destination: {duty.text}." + ("" if duty.known else " Landed cost leaves duty out.")
    )
    return pl.DataFrame(
        rows, infer_schema_length=None, schema_overrides=dict.fromkeys(DAY_COLUMNS, pl.Float64)
    )


def _days(hours: float) -> float | None:
    """Days, or missing where so many journeys never arrive; `never_arrives_share` says how many."""
    return hours / 24.0 if np.isfinite(hours) else None


def stages_of(offer: Offer) -> pl.DataFrame:
    """Stages of a route with its number."""
    return stage_table(offer.route).select(pl.lit(offer.number, dtype=pl.Int64).alias("route"), pl.all())


def papers_table(plan: Plan, offers: Sequence[Offer]) -> pl.DataFrame:
    """Papers of every route, with the names of the places that ask for them."""
    parts = []
    for offer in offers:
        table = list_papers(offer.route, plan.case.tables, plan.sector, plan.query.departure)
        names = [plan.places.name(p) if p else "" for p in table["place_id"]]
        parts.append(
            table.insert_column(0, pl.lit(offer.number, dtype=pl.Int64).alias("route")).with_columns(
                place=pl.Series(names, dtype=pl.String)
            )
        )
    return pl.concat(parts)


def guarantees_table(plan: Plan, offers: Sequence[Offer]) -> pl.DataFrame:
    """Securities of every route; what is at risk where the case has a tariff."""
    load = plan.shipment
    known = set(plan.case["tariffs"]["importer"])
    duties = {c: find_duty(plan.case["tariffs"], load.product_id, c, plan.ends[0]) for c in known}
    parts = []
    for offer in offers:
        table = list_guarantees(offer.route, plan.case.tables, duties, plan.query.departure)
        parts.append(table.insert_column(0, pl.lit(offer.number, dtype=pl.Int64).alias("route")))
    return pl.concat(parts)


def lateness_table(offers: Sequence[Offer]) -> pl.DataFrame:
    """Share of lateness each stage of each route causes."""
    parts = []
    for offer in offers:
        table = offer.journeys.stage_lateness.select(
            "stage",
            "name",
            "kind",
            "share",
            "excess_h",
            "closure_h",
            "opening_h",
            "sailing_h",
            "queue_h",
            "service_h",
        )
        parts.append(table.insert_column(0, pl.lit(offer.number, dtype=pl.Int64).alias("route")))
    return pl.concat(parts)


def rates_table(plan: Plan, offers: Sequence[Offer], model: ArrivalModel) -> pl.DataFrame:
    """Fitted random closures of the crossings and other places on the routes: rate a year with its interval, days of a closure with theirs."""
    if model.closures is None:
        return pl.DataFrame(schema=RATE_SCHEMA)
    passed = {place for o in offers for place in closing_places(o.route, model)}
    year = 365.25
    table = model.closures.table.filter(pl.col("place").is_in(sorted(passed)) & (pl.col("closures") > 0))
    names = [plan.places.name(p) for p in table["place"]]
    return table.select(
        place_id="place",
        place=pl.Series(names, dtype=pl.String),
        closures=pl.col("closures").cast(pl.Int64),
        rate_per_year=pl.col("rate_per_day") * year,
        rate_low_per_year=pl.col("rate_low_per_day") * year,
        rate_high_per_year=pl.col("rate_high_per_day") * year,
        mean_days="mean_days",
        mean_low_days="mean_low_days",
        mean_high_days="mean_high_days",
        closed_share=pl.col("rate_per_day")
        * pl.col("mean_days")
        / (1.0 + pl.col("rate_per_day") * pl.col("mean_days")),
    )


def queue_table(
    plan: Plan, offers: Sequence[Offer], traffic: Mapping[tuple[str, str], Traffic]
) -> pl.DataFrame:
    """Load and queue of every crossing of every route at the load asked for: what it adds to the observed hours, and where nothing is known.

    Parameters
    ----------
    plan, offers
        What was asked and found.
    traffic
        Of `crossing_traffic`, by crossing and mode.
    """
    rows = []
    for offer in offers:
        network = offer.route.network
        for a in offer.route.arcs:
            arc = network.arcs[a]
            here = traffic.get((arc.place_id, arc.stages[0].mode)) if arc.place_kind == "crossing" else None
            if here is None:
                continue
            rows.append(
                {
                    "route": offer.number,
                    "crossing": plan.places.name(arc.place_id),
                    **_queue_row(here, arc.stages[0].hours),
                }
            )
    return pl.DataFrame(rows, schema=QUEUE_SCHEMA)


def _queue_row(here: Traffic, hours: float) -> dict[str, Any]:
    state = here.state(hours)
    row = {
        "crossing_id": here.crossing_id,
        "mode": here.mode,
        "background_day": here.background_day,
        "capacity_day": here.capacity_day,
        "usual_load_share": here.usual_share,
        "load_share": here.load_share,
        "state": state,
    }
    if state not in (STEADY, BEYOND) or here.usual_share is None or here.load_share is None:
        return row
    usual, asked = here.wait(here.usual_share), here.wait(here.load_share)
    return row | {
        "wait_usual_h": usual.wait_mean_h,
        "wait_h": asked.wait_mean_h,
        "added_h": asked.wait_mean_h - usual.wait_mean_h,
    }


def days_of_year(plan: Plan, best: Offer) -> pl.DataFrame:
    """P50 and P95 days of the best route for each departure day of the year after the asked one."""
    hours = np.arange(HORIZON_YEAR) * 24.0
    table = departures(best.journeys.stages, depart_h=hours, journeys=YEAR_JOURNEYS, seed=plan.query.seed)
    first = plan.query.departure.toordinal()
    plan.notes.append(
        "Days of the year: calendars are known for 400 days from the departure asked for and repeat nothing after it; slow-downs hold "
        "as on that day."
    )
    days = table.select(
        departure=pl.Series([date.fromordinal(first + i) for i in range(HORIZON_YEAR)]),
        days_p50=pl.col("time_p50_h") / 24.0,
        days_p95=pl.col("time_p95_h") / 24.0,
        days_mean=pl.col("mean_h") / 24.0,
        never_arrives_share="never_arrives_share",
    )
    never = pl.col(pl.Float64).is_infinite()
    return days.with_columns(pl.when(never).then(None).otherwise(pl.col(pl.Float64)).name.keep())


def search_notes(search: RouteSearch, query: RouteQuery) -> list[str]:
    """Whether the set is exact, and whether the overlap bound was relaxed."""
    exact = (
        f"The Pareto set over USD, hours, variance and CO2e is exact: {len(search.pareto)} routes."
        if search.exact
        else f"The Pareto set was too large to list in full: {len(search.pareto)} routes stand for all of it, none missed by more than "
        f"{search.epsilon:.0%} in any criterion."
    )
    notes = [exact]
    if search.overlap_max > 0.6:
        notes.append(
            f"Fewer than three routes differ in 40 % of their way; routes sharing up to {search.overlap_max:.0%} were let in."
        )
    if len(search.routes) < min(3, query.count):
        notes.append(f"Only {len(search.routes)} route(s) exist that differ at all.")
    if query.load != 1.0:
        notes.append(
            f"Crossings at {query.load:g} times their usual load: this moves P5, P50, P95 and the share on time; mean days, money and ranking "
            "hold at the usual load."
        )
    return notes


def make_meta(plan: Plan, search: RouteSearch, logsum: float) -> dict[str, Any]:
    """What JSON says beside the tables."""
    load, query, weights = plan.shipment, plan.query, plan.weights
    return {
        "case": plan.case.settings.case_id,
        "origin": {"node_id": plan.origin, "name": plan.places.name(plan.origin)},
        "destination": {"node_id": plan.destination, "name": plan.places.name(plan.destination)},
        "departure": query.departure,
        "shipment": {
            "product_id": load.product_id,
            "name": load.name,
            "form": load.form,
            "tonnes": load.tonnes,
            "units": load.units,
            "price_usd_t": load.price_usd_t,
        },
        "avoid": list(plan.avoid),
        "via": list(plan.via),
        "opened": sorted(plan.opened),
        "promise_days": query.promise_days,
        "weights": {
            "value_of_time_usd_h": weights.value_of_time_usd_h,
            "value_of_reliability_usd_h": weights.value_of_reliability_usd_h,
            "carbon_price_usd_kg": weights.carbon_price_usd_kg,
        },
        "search": {
            "pareto_routes": len(search.pareto),
            "exact": search.exact,
            "epsilon": search.epsilon,
            "overlap_max": search.overlap_max,
            "labels": search.pareto.n_labels,
        },
        "choice": {
            "scale_per_usd_t": plan.case.parameter("logit_scale_per_usd_t"),
            "path_size_weight": plan.case.parameter("path_size_weight"),
            "logsum_usd_t": logsum,
        },
        "journeys": query.journeys,
        "seed": query.seed,
        "load": query.load,
        "rows_left_out": [f"{table} {key}: {why}" for table, key, why in plan.network.skipped],
    }
