"""The model against observed trips: signed errors, bands and scores, calibration and validation rows kept apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import ObservedRequest
from karwan.analysis.trips import TripRoute, fits_without, predicted_days, timed_only, trip_routes
from karwan.case import Case
from karwan.schema.frames import result_frame
from karwan.trade.forecast.scores import sample_crps
from karwan.transport.hours import Floats, HoursFit
from karwan.transport.network import Kept
from karwan.transport.network.stage import Row
from karwan.transport.route import Route

BAND = (0.05, 0.95)
SCORED = ("validate", "calibrate")
MODEL, JUDGEMENT = "model", "judgement before the fit"
JUDGED = ("hours", "queue_states")
"""Tables that hold what was fitted, empty before any fit."""


def answer_observed(inputs: Inputs, request: ObservedRequest) -> Result:
    """Mean errors by use of trip, scores of the model and of the judgement before the fit, and the trips."""
    case = inputs.the_case()
    kept = Kept()
    trips = validation_table(case, kept)
    before = validation_table(judged_case(timed_only(case)), kept.without(JUDGED))
    has_error = pl.any_horizontal(pl.col("error_days", "error_usd").is_not_null())
    shown = trips if request.every else trips.filter((pl.col("status") == "done") & has_error)
    scores = result_frame("observed_scores", [*scores_of(trips, MODEL), *scores_of(before, JUDGEMENT)])
    return Result({"mean errors": error_summary(trips), "scores": scores, "trips": shown})


def judged_case(case: Case) -> Case:
    """A case as it was judged before any fit: no factors on hours, no queues of bad days."""
    return case.with_tables({name: case[name].clear() for name in JUDGED})


def validation_table(case: Case, kept: Kept | None = None) -> pl.DataFrame:
    """Every observed trip beside the model's route between the same places; see `CorridorSection.validation`.

    The route is the cheapest past the trip's own via places in its modes, with dated and random closures set aside, as the trip did take place.
    Days are the mean, P5 and P95 of the model fitted without any trip of the same source, with the factor of the trip's kind. Rates and
    border times are the case's latest, whatever the trip's year. Errors are model minus observed; a row without a figure has none. `kept`
    is what the networks share with others of the case.
    """
    names = dict(case["nodes"].select("node_id", "name").iter_rows())
    trips = trip_routes(case, kept)
    fits = fits_without(case, trips)
    rows = [_trip_row(case, trip, fit, names) for trip, fit in zip(trips, fits, strict=True)]
    order = {"validate": 0, "calibrate": 1, "shown": 2}
    return result_frame("observed_trips", rows).sort(
        pl.col("use").replace_strict(order, return_dtype=pl.Int64), maintain_order=True
    )


def with_names(reason: str, names: Mapping[str, str]) -> str:
    """A reason with names in place of ids."""
    return re.sub(r"\w+", lambda found: names.get(found[0], found[0]), reason)


def _trip_row(case: Case, trip: TripRoute, fit: HoursFit | None, names: dict[str, str]) -> Row:
    known = trip.row
    row: Row = {
        "trip_id": known["trip_id"],
        "trip": known["name"],
        "route_label": f"{names[known['origin_node_id']]} → {names[known['destination_node_id']]}",
        "use": known["use"],
        "kind": known["kind"],
        "status": known["status"],
        "observed_days": known["time_days"],
        "observed_days_min": known["time_days_min"],
        "observed_days_max": known["time_days_max"],
        "observed_usd": known["cost_usd"],
        "observed_km": known["distance_km"],
        "cost_unit": known["cost_unit"],
        "source_id": known["source_id"],
        "note": known["note"]
        if trip.route is not None
        else f"No route in the model: {with_names(trip.reason, names)}",
    }
    if trip.route is None:
        return row
    days = predicted_days(trip, case, fit)
    return row | _days(days, known["time_days"]) | _usd(trip.route, known)


def _days(days: Floats, observed: float | None) -> Row:
    """Mean and band of the modelled days, and how they stand to the observed ones."""
    low, high = (float(np.quantile(days, share)) for share in BAND)
    mean = float(days.mean())
    row: Row = {"model_days": mean, "model_p5_days": low, "model_p95_days": high}
    if observed is None:
        return row
    return row | {
        "error_days": mean - observed,
        "error_share": (mean - observed) / observed,
        "in_band": low <= observed <= high,
        "crps_days": sample_crps(observed, days),
    }


def _usd(route: Route, known: Row) -> Row:
    money = _money(route, known["cost_unit"])
    row: Row = {"model_km": route.km, "model_usd": money}
    if known["cost_usd"] is not None and money is not None:
        row["error_usd"] = money - known["cost_usd"]
    return row


def _money(route: Route, unit: str | None) -> float | None:
    """Money of a route in the unit the trip's cost is for."""
    if unit in ("FEU", "TEU", "truck", "20t"):
        return route.usd
    return route.usd / route.shipment.tonnes if unit == "t" else None


def _timed(validation: pl.DataFrame) -> pl.DataFrame:
    return validation.filter((pl.col("status") == "done") & pl.col("error_days").is_not_null())


def held_back(validation: pl.DataFrame) -> pl.DataFrame:
    """Trips with an error of days that nothing was fitted to."""
    return _timed(validation).filter(pl.col("use") == "validate")


def error_summary(validation: pl.DataFrame) -> pl.DataFrame:
    """Mean signed and mean absolute error of days by use: use, trips, mean_error_days, mean_abs_error_days, mean_error_share."""
    return (
        _timed(validation)
        .group_by("use", maintain_order=True)
        .agg(
            trips=pl.len(),
            mean_error_days=pl.col("error_days").mean(),
            mean_abs_error_days=pl.col("error_days").abs().mean(),
            mean_error_share=pl.col("error_share").mean(),
        )
        .sort("use")
    )


def scores_of(validation: pl.DataFrame, what: str) -> Iterable[Row]:
    """Scores of days over the trips held back, those fitted to (each scored without its own source) and both, as rows of `observed_scores`."""
    timed = _timed(validation)
    for use, chosen in (*((use, [use]) for use in SCORED), ("all", list(SCORED))):
        part = timed.filter(pl.col("use").is_in(chosen))
        if not part.height:
            continue
        yield {
            "forecast": what,
            "use": use,
            "trips": part.height,
            "error_days": part["error_days"].mean(),
            "median_abs_error_share": part["error_share"].abs().median(),
            "in_band_share": part["in_band"].mean(),
            "crps_days": part["crps_days"].mean(),
        }
