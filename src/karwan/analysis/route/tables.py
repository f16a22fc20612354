"""Tables and notes of an answer: money, days, papers, guarantees, lateness, closures, queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import MEAN_YEAR_DAYS
from karwan.analysis.market_facts import MarketFacts
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route.offers import RouteOffer, best_in, chance_of, landmarks, papers_of
from karwan.analysis.route.paid import Paid
from karwan.analysis.route.query import RoutePlan
from karwan.analysis.seller_price import SellerPrice, seller_price
from karwan.appraisal.landed import landed_cost
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.transport.duty import Duty, find_duty
from karwan.transport.journey import ArrivalModel, closing_places
from karwan.transport.own_goods import OWN
from karwan.transport.reliability import departures
from karwan.transport.restrictions import met
from karwan.transport.route import assumed_share, stage_table
from karwan.transport.route_choice import OVERLAPS, RouteSearch
from karwan.transport.shipment import find_product
from karwan.transport.traffic import BEYOND, STEADY, Traffic

DEPARTURES = 365  # one a day of a year
YEAR_JOURNEYS = 2000


def offer_table(
    plan: RoutePlan, offers: Sequence[RouteOffer], shares: np.ndarray[Any, Any], duty: Duty, paid: Paid
) -> pl.DataFrame:
    """One row per route: money, days, share on time, landed cost by part at the price of `plan_price`, share, emissions."""
    load = replace(plan.shipment, price_usd_t=plan_price(plan).usd_t)
    insurance = plan.case.parameter("insurance_share")
    rows = []
    for offer, share, best in zip(offers, shares.tolist(), best_in(plan, offers), strict=True):
        route, drawn = offer.route, offer.journeys
        freight, all_told = paid.usd[offer.number]
        lead_h = paid.lead_h.get(offer.number, 0.0)
        landed = landed_cost(load, plan.bills.carriage_usd(route), offer.days, duty, insurance)
        rows.append(
            {
                "route": offer.number,
                "name": offer.label,
                "corridor_id": offer.corridor_id,
                "status": offer.status,
                "best_in": best,
                "passes": [plan.places.name(p) for p in landmarks(route)],
                "modes": list(dict.fromkeys(s.mode for s in route.stages)),
                "usd": route.usd,
                "usd_t": route.usd / load.tonnes,
                "freight_usd": freight,
                "all_told_usd": all_told,
                "lead_days": lead_h / 24.0,
                "days": offer.days,
                "days_p5": _days(drawn.quantile(0.05)),
                "days_p50": _days(drawn.time_p50_h),
                "days_p95": _days(drawn.time_p95_h),
                "days_p95_no_closures": _days(offer.without.time_p95_h),
                "on_time_share": None if plan.promise_days is None else chance_of(plan, offer),
                "rules": [row["restriction_id"] for row in met(plan.rules, route)],
                "never_arrives_share": drawn.never_arrives_share,
                "km": route.km,
                "co2_kg": route.co2_kg,
                "generalised_usd": offer.cost(plan.weights),
                "share": share,
                **landed.columns(duty_known=duty.known),
                "crossings": len(route.crossings),
                "gauge_changes": route.gauge_changes,
                "assumed_share": assumed_share(route),
            }
        )
    return result_frame("route_offers", rows)


def plan_price(plan: RoutePlan) -> SellerPrice:
    """Price of the goods at origin on the case's day, as every landed price takes it; the search itself goes by that of products.csv."""
    product = find_product(plan.case["products"], plan.query.product)
    return seller_price(MarketFacts(plan.case, plan.case.settings.as_of), product)


def price_note(plan: RoutePlan) -> Note:
    """At which price and load the goods land."""
    kind = "route.own_price" if plan.shipment.product_id == OWN else "route.price"
    return note(kind, tonnes=f"{plan.shipment.tonnes:g}", **plan_price(plan).told())


def destination_duty(plan: RoutePlan) -> Duty:
    """Duty on the product where it arrives."""
    origin, destination = plan.ends
    return find_duty(plan.case["tariffs"], plan.shipment.product_id, destination, origin)


def _days(hours: float) -> float | None:
    """Days, or missing where so many journeys never arrive; `never_arrives_share` says how many."""
    return hours / 24.0 if np.isfinite(hours) else None


def stages_of(offer: RouteOffer) -> pl.DataFrame:
    """Stages of a route with its number."""
    return stage_table(offer.route).select(pl.lit(offer.number, dtype=pl.Int64).alias("route"), pl.all())


def papers_table(plan: RoutePlan, offers: Sequence[RouteOffer]) -> pl.DataFrame:
    """Papers of every route, with the names of the places that ask for them."""
    parts = []
    for offer in offers:
        table = papers_of(plan, offer.route)
        names = [plan.places.name(p) if p else "" for p in table["place_id"]]
        numbered = table.select(pl.lit(offer.number, dtype=pl.Int64).alias("route"), pl.all())
        parts.append(numbered.with_columns(place=pl.Series(names, dtype=pl.String)))
    return pl.concat(parts)


def guarantees_table(plan: RoutePlan, offers: Sequence[RouteOffer]) -> pl.DataFrame:
    """Securities of every route; what is at risk where the case has a tariff."""
    parts = []
    for offer in offers:
        table = plan.bills.guarantees(offer.route)
        parts.append(table.select(pl.lit(offer.number, dtype=pl.Int64).alias("route"), pl.all()))
    return pl.concat(parts)


def lateness_table(offers: Sequence[RouteOffer]) -> pl.DataFrame:
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


def rates_table(plan: RoutePlan, offers: Sequence[RouteOffer], model: ArrivalModel) -> pl.DataFrame:
    """Fitted random closures of the crossings and other places on the routes: rate a year with its interval, days of a closure with theirs."""
    if model.closures is None:
        return result_frame("closure_rates")
    passed = {place for o in offers for place in closing_places(o.route, model)}
    table = model.closures.table.filter(pl.col("place").is_in(sorted(passed)) & (pl.col("closures") > 0))
    names = [plan.places.name(p) for p in table["place"]]
    return table.select(
        place_id="place",
        place=pl.Series(names, dtype=pl.String),
        closures=pl.col("closures").cast(pl.Int64),
        rate_per_year=pl.col("rate_per_day") * MEAN_YEAR_DAYS,
        rate_low_per_year=pl.col("rate_low_per_day") * MEAN_YEAR_DAYS,
        rate_high_per_year=pl.col("rate_high_per_day") * MEAN_YEAR_DAYS,
        mean_days="mean_days",
        mean_low_days="mean_low_days",
        mean_high_days="mean_high_days",
        closed_share=pl.col("rate_per_day")
        * pl.col("mean_days")
        / (1.0 + pl.col("rate_per_day") * pl.col("mean_days")),
    )


def queue_table(
    plan: RoutePlan, offers: Sequence[RouteOffer], traffic: Mapping[tuple[str, str], Traffic]
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
                    **_queue_row(here, arc.stages[0].service_h),
                }
            )
    return result_frame("route_queues", rows)


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


def days_of_year(plan: RoutePlan, best: RouteOffer) -> pl.DataFrame:
    """P50 and P95 days of the best route for each departure day of the year after the asked one."""
    hours = np.arange(DEPARTURES) * 24.0
    table = departures(best.journeys.stages, depart_h=hours, journeys=YEAR_JOURNEYS, seed=plan.query.seed)
    first = plan.query.departure.toordinal()
    days = table.select(
        departure=pl.Series([date.fromordinal(first + i) for i in range(DEPARTURES)]),
        days_p50=pl.col("time_p50_h") / 24.0,
        days_p95=pl.col("time_p95_h") / 24.0,
        days_mean=pl.col("mean_h") / 24.0,
        never_arrives_share="never_arrives_share",
    )
    never = pl.col(pl.Float64).is_infinite()
    return days.with_columns(pl.when(never).then(None).otherwise(pl.col(pl.Float64)).name.keep())


def search_notes(search: RouteSearch, query: RouteRequest) -> list[Note]:
    """Whether the set is exact, and whether the overlap bound was relaxed."""
    count = len(search.pareto)
    notes = [note("route.exact", count=count)]
    if not search.exact:
        notes = [note("route.stand_for_all", count=count, off_share=search.epsilon)]
    if search.overlap_max > OVERLAPS[0]:
        notes.append(note("route.overlap_relaxed", overlap_share=search.overlap_max))
    if len(search.routes) < min(3, query.count):
        notes.append(note("route.few", count=len(search.routes)))
    if search.turned_away:
        notes.append(note("route.turned_away", count=search.turned_away))
    if query.load != 1.0:
        notes.append(note("route.load", load=query.load))
    return notes


def duty_note(duty: Duty) -> Note:
    """The duty at destination, and whether landed cost holds it."""
    return note("route.duty" if duty.known else "route.duty_unknown", duty=duty.text)


def make_meta(plan: RoutePlan, search: RouteSearch, logsum: float) -> dict[str, Any]:
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
            "landed_price": plan_price(plan).columns(),
            "hs_code": plan.cargo.hs_code,
            "dangerous": plan.cargo.dangerous.text if plan.cargo.dangerous else None,
            "humanitarian": plan.cargo.humanitarian,
        },
        "avoid": list(plan.avoid),
        "via": list(plan.via),
        "opened": sorted(plan.opened),
        "lawful_for": list(plan.lawful_for),
        "as_of": plan.case.settings.as_of,
        "promise_days": plan.promise_days,
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
