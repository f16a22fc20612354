"""Observed trips on the network of a case: their routes, their hours by kind of place, and the hours fitted to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.case import Case
from karwan.transport.corridor import corridor_route
from karwan.transport.hours import (
    FACTORS,
    KINDS_OF_PLACE,
    KINDS_OF_TRIP,
    Floats,
    HoursFit,
    HoursPrior,
    TripSample,
    fit_hours,
    place_spread,
)
from karwan.transport.journey import ArrivalModel, arrival_model, journey_stages
from karwan.transport.network import Kept, NetworkRequest, build_network
from karwan.transport.network.hours import PORT_KIND, TRIP
from karwan.transport.network.stage import FreightNetwork, Row
from karwan.transport.reliability import JourneyStages, moments, simulate
from karwan.transport.route import Route, make_route
from karwan.transport.shipment import TRUCK_BASIS_T, Shipment, make_shipment

JOURNEYS, SEED = 10_000, 1


@dataclass(frozen=True, eq=False)
class TripRoute:
    """An observed trip and the model's cheapest route past its places, with dated closures set aside.

    Attributes
    ----------
    row
        Row of the table `trips`.
    route
        None where the model has no route.
    reason
        Why it has none.
    stages
        Stages of its arrival without random closures: the trip did arrive.
    """

    row: Row
    route: Route | None
    reason: str
    stages: JourneyStages | None

    @property
    def sources(self) -> frozenset[str]:
        """Sources that tell of the trip."""
        return frozenset(self.row["source_id"].split(";"))

    @property
    def timed(self) -> bool:
        """Whether the trip happened, its days are known and the model has a route for it."""
        done: bool = self.row["status"] == "done" and self.row["time_days"] is not None
        return done and self.route is not None

    @property
    def fitted(self) -> bool:
        """Whether hours may be fitted to it."""
        return self.timed and self.row["use"] == "calibrate"


def timed_only(case: Case) -> Case:
    """A case with the trips alone that happened and whose days are known: no score and no fit rests on others."""
    timed = (pl.col("status") == "done") & pl.col("time_days").is_not_null()
    return case.with_tables({"trips": case["trips"].filter(timed)})


def trip_routes(case: Case, kept: Kept | None = None) -> list[TripRoute]:
    """Every trip of a case on its network; `kept` is what networks of the same tables share."""
    country = dict(case["nodes"].select("node_id", "country").iter_rows())
    networks: dict[NetworkRequest, FreightNetwork] = {}
    kept = Kept() if kept is None else kept
    if case["trips"].is_empty() or not case.settings.reference_product:
        return []  # a new case has no parameters to time trips by either, or no load to price them for
    model = _quiet_model(case)
    found = []
    for trip in case["trips"].sort("trip_id").iter_rows(named=True):
        day = trip["departed"] or date(trip["year"], 7, 1)
        ends = country[trip["origin_node_id"]], country[trip["destination_node_id"]]
        request = NetworkRequest(*ends, "box", day, modes=frozenset(trip["modes"]))
        if request not in networks:
            networks[request] = build_network(case.tables, request, kept=kept)
        found.append(_trip_route(case, trip, networks[request], model))
    return found


def _quiet_model(case: Case) -> ArrivalModel:
    """Loads and correlation of a case without closures."""
    return arrival_model(case.tables, None)


def _trip_route(case: Case, trip: Row, network: FreightNetwork, model: ArrivalModel) -> TripRoute:
    load = trip_load(case, trip)
    corridor: Row = {"corridor_id": trip["trip_id"], "via": trip["via"], "avoid": [], "modes": trip["modes"]}
    found = corridor_route(network, load, corridor, trip["origin_node_id"], trip["destination_node_id"])
    if found.route is None:
        return TripRoute(trip, None, found.reason, None)
    route = make_route(network, load, found.route.arcs, ignore_shut=True)
    stages = journey_stages(route, model, ignore_shut=True)
    undated = replace(stages, dated=np.full(stages.size, -1))
    return TripRoute(trip, route, "", _as_told(trip, route, undated))


def _as_told(trip: Row, route: Route, stages: JourneyStages) -> JourneyStages:
    """Stages whose hours the stated days hold: a trip told without its stays in port waits for no ship and changes in no port."""
    if not trip["without_stay"]:
        return stages
    in_port = np.array([stage.step.hours_group == PORT_KIND for stage in route.stages])
    none = np.zeros(stages.size)
    return replace(
        stages,
        mean_h=np.where(in_port, 0.0, stages.mean_h),
        headway_h=none,
        jam_share=np.where(stages.headway_h > 0.0, 0.0, stages.jam_share),
    )


def trip_load(case: Case, trip: Row) -> Shipment:
    """Load a trip is reckoned for: a full 40 ft box where its price is for one, else a truck."""
    settings = case.settings
    tonnes = TRUCK_BASIS_T
    if trip["cost_unit"] == "FEU":
        product = case["products"].filter(pl.col("product_id") == settings.reference_product)
        tonnes = float(product["stowage_t_feu"][0] or TRUCK_BASIS_T)
    return make_shipment(case["products"], settings.reference_product, tonnes)


# -- the fit ------------------------------------------------------------------------------------------------


def hours_prior(case: Case) -> HoursPrior | None:
    """Judgement on the factors of a case; None where it states none."""
    rows = {row["hours_id"]: row for row in case["hours"].iter_rows(named=True)}
    if not set(rows) >= {*FACTORS, TRIP}:
        return None
    mean = np.log([rows[name]["prior_factor"] for name in FACTORS])
    spread = np.array([rows[name]["prior_log_sd"] for name in FACTORS])
    return HoursPrior(mean, spread, rows[TRIP]["prior_log_sd"])


def trip_sample(case: Case, trips: Sequence[TripRoute]) -> TripSample:
    """Trips with a route and days as the fit reads them."""
    factor = _factors_in_force(case)
    told = [trip.sources for trip in trips]
    return TripSample(
        hours=np.array([_judged_hours(trip, factor) for trip in trips]).reshape(-1, len(KINDS_OF_PLACE)),
        fixed_h=np.array([_waits(trip) for trip in trips]),
        of_kind=np.array(
            [[trip.row["kind"] == kind for kind in KINDS_OF_TRIP] for trip in trips], float
        ).reshape(-1, len(KINDS_OF_TRIP)),
        observed_h=np.array([24.0 * trip.row["time_days"] for trip in trips]),
        log_sd=np.array([_day_to_day(trip) for trip in trips]),
        same_source=np.array([[bool(a & b) for b in told] for a in told], dtype=bool).reshape(
            len(told), len(told)
        ),
    )


def _factors_in_force(case: Case) -> dict[str, float]:
    return dict(case["hours"].select("hours_id", "factor").iter_rows())


def _judged_hours(trip: TripRoute, factor: Mapping[str, float]) -> list[float]:
    """Hours by kind of place as they were before any factor."""
    assert trip.route is not None
    found = dict.fromkeys(KINDS_OF_PLACE, 0.0)
    for stage in trip.route.stages:
        if stage.step.hours_group:
            found[stage.step.hours_group] += stage.service_h / factor[stage.step.hours_group]
    if trip.row["without_stay"]:
        found[PORT_KIND] = 0.0
    return list(found.values())


def _waits(trip: TripRoute) -> float:
    """Hours that no factor moves: for an opening, a ship, in the queue of a bad day."""
    assert trip.route is not None
    served = sum(stage.service_h for stage in trip.route.stages if stage.step.hours_group)
    if not trip.row["without_stay"]:
        return trip.route.hours - served
    for_ships = sum(stage.hours - stage.service_h for stage in trip.route.stages if stage.step.headway_h)
    return trip.route.hours - served - for_ships


def _day_to_day(trip: TripRoute) -> float:
    """Standard deviation of the log of a trip's hours by what varies from day to day alone."""
    assert trip.stages is not None
    alone = replace(trip.stages, group_log_sd=np.zeros(trip.stages.size), trip_log_sd=0.0)
    found = moments(alone)
    return float(np.sqrt(np.log1p(found.variance_h2 / found.mean_h**2)))


def fits_without(case: Case, trips: Sequence[TripRoute]) -> list[HoursFit | None]:
    """For each trip the fit to the others: without the trips that share a source with it; None where the case states no judgement."""
    prior = hours_prior(case)
    if prior is None:
        return [None] * len(trips)
    fitted = [trip for trip in trips if trip.fitted]
    sample = trip_sample(case, fitted)
    made: dict[tuple[bool, ...], HoursFit] = {}
    found: list[HoursFit | None] = []
    for trip in trips:
        others = tuple(not trip.sources & other.sources for other in fitted)
        if others not in made:
            made[others] = fit_hours(prior, sample.part(np.array(others, dtype=bool)))
        found.append(made[others])
    return found


def predicted_days(trip: TripRoute, case: Case, fit: HoursFit | None) -> Floats:
    """Days of a trip under a fit as a sample in increasing order, shape (10,000,): spread from day to day, between trips and of the fit."""
    assert trip.route is not None
    assert trip.stages is not None
    stages = trip.stages if fit is None else _under(trip.route, trip.stages, _factors_in_force(case), fit)
    hours = simulate(stages, journeys=JOURNEYS, seed=SEED).hours
    if fit is not None and trip.row["kind"] in KINDS_OF_TRIP:
        number = FACTORS.index(trip.row["kind"])
        drawn = np.random.default_rng(SEED).standard_normal(hours.size)
        hours = hours * np.exp(fit.log_mean[number] + fit.log_sd[number] * drawn)
    return np.sort(hours) / 24.0


def _under(route: Route, stages: JourneyStages, factor: Mapping[str, float], fit: HoursFit) -> JourneyStages:
    """Stages with the factors of a fit in place of those of the case."""
    means, spreads = dict(zip(FACTORS, fit.factor, strict=True)), dict(zip(FACTORS, fit.log_sd, strict=True))
    kinds = [stage.step.hours_group for stage in route.stages]
    moved = np.array([means[kind] / factor[kind] if kind else 1.0 for kind in kinds])
    return replace(
        stages,
        mean_h=stages.mean_h * moved,
        group_log_sd=np.array([spreads.get(kind, 0.0) for kind in kinds]),
        trip_log_sd=fit.trip_log_sd,
    )


def trips_fitted_to(case: Case) -> list[TripRoute]:
    """Trips that the hours of a case are fitted to; no other is looked for on the network."""
    timed = timed_only(case)
    told = timed.with_tables({"trips": timed["trips"].filter(pl.col("use") == "calibrate")})
    return [trip for trip in trip_routes(told) if trip.fitted]


def fitted_hours(case: Case) -> pl.DataFrame:
    """Table `hours` of a case fitted anew from its judgement, its border figures and the trips it may be fitted to."""
    prior = hours_prior(case)
    if prior is None:
        return case["hours"]
    judged = case.with_tables({"hours": _judged_hours_table(case)})
    trips = trips_fitted_to(judged)
    sample = trip_sample(judged, trips)
    fit = fit_hours(prior, sample)
    touched = np.hstack([sample.hours > 0, sample.of_kind > 0])
    rows = [row | _fitted_row(row["hours_id"], fit, touched) for row in judged["hours"].iter_rows(named=True)]
    return pl.DataFrame(rows, schema=case["hours"].schema)


def _fitted_row(name: str, fit: HoursFit, touched: NDArray[np.bool_]) -> dict[str, Any]:
    """Factor of a kind of place or trip, how far it may be off, and the trips that told of it."""
    if name == TRIP:
        return {"log_sd": round(fit.trip_log_sd, 3), "trips": touched.shape[0]}
    number = FACTORS.index(name)
    return {
        "factor": round(float(fit.factor[number]), 3),
        "log_sd": round(float(fit.log_sd[number]), 3),
        "trips": int(touched[:, number].sum()),
    }


def _judged_hours_table(case: Case) -> pl.DataFrame:
    """Table `hours` before any trip is looked at: factors of 1, with the spreads that figures of places show."""
    rows: list[dict[str, Any]] = []
    for row in case["hours"].iter_rows(named=True):
        own, other, figures = _figures_spread(case, row["hours_id"])
        spread = {"own_log_sd": round(own, 3), "other_log_sd": round(other, 3), "rows": figures}
        rows.append(row | spread | {"factor": 1.0, "log_sd": row["prior_log_sd"]})
    return pl.DataFrame(rows, schema=case["hours"].schema)


def _figures_spread(case: Case, kind: str) -> tuple[float, float, int]:
    """How far figures of places of a kind may be off, and from how many rows.

    Borders are alike on one side in one direction; line haul of a mode is alike in all countries.
    """
    mode, _, what = kind.partition("_")
    observed = (pl.col("basis") == "observed") & (pl.col("mode") == mode)
    if what == "border":
        known = case["crossing_times"].filter(observed & (pl.col("time_h") > 0))
        like, figure = pl.struct("side", "direction"), pl.col("time_h")
        place = pl.struct("crossing_id", "side", "direction")
    elif what == "haul":
        known = case["rates"].filter(observed & (pl.col("speed_kmh") > 0))
        like, place, figure = pl.col("mode"), pl.col("country"), pl.col("speed_kmh")
    else:
        return 0.0, 0.0, 0
    table = known.select(place=place.rank("dense"), log=figure.log(), like=like.rank("dense"))
    numbers = (table[column].to_numpy() for column in ("place", "log", "like"))
    return *place_spread(*numbers), table.height
