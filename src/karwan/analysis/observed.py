"""The model against observed trips: signed errors, calibration and validation rows kept apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import ObservedRequest
from karwan.case import Case
from karwan.schema.frames import result_frame
from karwan.transport.corridor import corridor_route
from karwan.transport.network import Kept, NetworkRequest, build_network
from karwan.transport.network.stage import FreightNetwork, Row
from karwan.transport.route import Route, make_route
from karwan.transport.shipment import TRUCK_BASIS_T, Shipment, make_shipment


def answer_observed(inputs: Inputs, request: ObservedRequest) -> Result:
    """Mean errors by use of trip, and the trips."""
    trips = validation_table(inputs.the_case())
    has_error = pl.any_horizontal(pl.col("error_days", "error_usd").is_not_null())
    shown = trips if request.every else trips.filter((pl.col("status") == "done") & has_error)
    return Result({"mean errors": error_summary(trips), "trips": shown})


def validation_table(case: Case, kept: Kept | None = None) -> pl.DataFrame:
    """Every observed trip beside the model's route between the same places; see `CorridorSection.validation`.

    The route is the cheapest past the trip's own via places in its modes, with dated closures set aside, as the trip did take place. Rates and
    border times are the case's latest, whatever the trip's year. Errors are model minus observed; a row without a figure has none. `kept`
    is what the networks share with others of the case.
    """
    names = dict(case["nodes"].select("node_id", "name").iter_rows())
    country = dict(case["nodes"].select("node_id", "country").iter_rows())
    networks: dict[NetworkRequest, FreightNetwork] = {}
    kept = Kept() if kept is None else kept
    rows = []
    for trip in case["trips"].sort("trip_id").iter_rows(named=True):
        day = trip["departed"] or date(trip["year"], 7, 1)
        start, finish = country[trip["origin_node_id"]], country[trip["destination_node_id"]]
        request = NetworkRequest(start, finish, "box", day, modes=frozenset(trip["modes"]))
        if request not in networks:
            networks[request] = build_network(case.tables, request, kept=kept)
        rows.append(_trip_row(case, trip, networks[request], names))
    order = {"validate": 0, "calibrate": 1, "shown": 2}
    return result_frame("observed_trips", rows).sort(
        pl.col("use").replace_strict(order, return_dtype=pl.Int64), maintain_order=True
    )


def with_names(reason: str, names: Mapping[str, str]) -> str:
    """A reason with names in place of ids."""
    return re.sub(r"\w+", lambda found: names.get(found[0], found[0]), reason)


def _trip_row(case: Case, trip: Row, network: FreightNetwork, names: dict[str, str]) -> Row:
    load = _load(case, trip)
    corridor: Row = {"corridor_id": trip["trip_id"], "via": trip["via"], "avoid": [], "modes": trip["modes"]}
    found = corridor_route(network, load, corridor, trip["origin_node_id"], trip["destination_node_id"])
    row: Row = {
        "trip_id": trip["trip_id"],
        "trip": trip["name"],
        "route_label": f"{names[trip['origin_node_id']]} → {names[trip['destination_node_id']]}",
        "use": trip["use"],
        "status": trip["status"],
        "observed_days": trip["time_days"],
        "observed_days_min": trip["time_days_min"],
        "observed_days_max": trip["time_days_max"],
        "observed_usd": trip["cost_usd"],
        "observed_km": trip["distance_km"],
        "cost_unit": trip["cost_unit"],
        "source_id": trip["source_id"],
        "note": trip["note"]
        if found.route is not None
        else f"No route in the model: {with_names(found.reason, names)}",
    }
    if found.route is None:
        return row
    route = make_route(network, load, found.route.arcs, ignore_shut=True)
    money = _money(route, trip["cost_unit"])
    row |= {"model_days": route.days, "model_km": route.km, "model_usd": money}
    if trip["time_days"] is not None:
        row["error_days"] = route.days - trip["time_days"]
        row["error_share"] = row["error_days"] / trip["time_days"]
    if trip["cost_usd"] is not None and money is not None:
        row["error_usd"] = money - trip["cost_usd"]
    return row


def _load(case: Case, trip: Row) -> Shipment:
    settings = case.settings
    tonnes = TRUCK_BASIS_T
    if trip["cost_unit"] == "FEU":
        product = case["products"].filter(pl.col("product_id") == settings.reference_product)
        tonnes = float(product["stowage_t_feu"][0] or TRUCK_BASIS_T)
    return make_shipment(case["products"], settings.reference_product, tonnes)


def _money(route: Route, unit: str | None) -> float | None:
    """Money of a route in the unit the trip's cost is for."""
    if unit in ("FEU", "TEU", "truck", "20t"):
        return route.usd
    return route.usd / route.shipment.tonnes if unit == "t" else None


def error_summary(validation: pl.DataFrame) -> pl.DataFrame:
    """Mean signed and mean absolute error of days by use: use, trips, mean_error_days, mean_abs_error_days, mean_error_share."""
    done = validation.filter((pl.col("status") == "done") & pl.col("error_days").is_not_null())
    return (
        done.group_by("use", maintain_order=True)
        .agg(
            trips=pl.len(),
            mean_error_days=pl.col("error_days").mean(),
            mean_abs_error_days=pl.col("error_days").abs().mean(),
            mean_error_share=pl.col("error_share").mean(),
        )
        .sort("use")
    )
