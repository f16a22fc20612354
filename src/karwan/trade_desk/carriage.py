"""What carries a basket: room on the land corridors, and what carriage adds to the price of a good."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from karwan.models.landed import find_duty
from karwan.tables import Case

CPMM_LOAD_T = 20.0  # load the road rates per tonne-km are stated for
DAYS_YEAR = 365.0


def shut_crossings(case: Case, day: date) -> set[str]:
    """Crossings with a dated closure in force on a day; a closure without an end counts as in force."""
    text = day.isoformat()
    rows = case["closures"].filter(
        (pl.col("place_kind") == "crossing")
        & (pl.col("kind") == "dated")
        & (pl.col("start") <= text)
        & (pl.col("end").is_null() | (pl.col("end") >= text))
    )
    return set(rows["place_id"])


def land_capacity(case: Case, day: date | None) -> pl.DataFrame:
    """Free tonnes a year and direction of the land corridors together, as one capacity row for each
    direction.

    A corridor counts if it passes crossings whose capacity is stated and needs no ship. Corridors that enter
    by the same last crossing share it. Free is capacity less the traffic already there; a truck carries 20 t,
    a wagon the case's payload.

    Parameters
    ----------
    day
        Crossings shut on this day carry nothing; None takes all as open.
    """
    shut = shut_crossings(case, day) if day else set()
    free = {
        row["crossing_id"]: _free_t_day(case, row, shut) for row in case["crossings"].iter_rows(named=True)
    }
    groups: dict[str, float] = {}
    for row in case["corridors"].iter_rows(named=True):
        passed = [place for place in row["via"] if place in free]
        if not passed or {"sea", "ferry"} & set(row["modes"]):
            continue
        room = min(_room(free[place], row["modes"]) for place in passed)
        groups[passed[-1]] = groups.get(passed[-1], 0.0) + room
    total = sum(min(room, sum(free[last])) for last, room in groups.items()) * DAYS_YEAR
    return pl.DataFrame(
        {
            "name": ["land corridors, first party to second", "land corridors, second party to first"],
            "capacity_t": [total, total],
            "direction": ["a_to_b", "b_to_a"],
        }
    )


def _free_t_day(case: Case, row: dict[str, Any], shut: set[str]) -> tuple[float, float]:
    if row["crossing_id"] in shut:
        return 0.0, 0.0
    trucks = max(0.0, (row["capacity_trucks_day"] or 0.0) - (row["background_trucks_day"] or 0.0))
    wagons = max(0.0, (row["capacity_wagons_day"] or 0.0) - (row["background_wagons_day"] or 0.0))
    return trucks * case.parameter("truck_payload_t"), wagons * case.parameter("wagon_payload_t")


def _room(free: tuple[float, float], modes: list[str]) -> float:
    return (free[0] if "road" in modes else 0.0) + (free[1] if "rail" in modes else 0.0)


def landed_or_reckoned(
    case: Case, goods: pl.DataFrame, landed: pl.DataFrame | None, exporter: str
) -> pl.DataFrame:
    """Goods with cost_share (what carriage, time and duty add to a dollar), landed_usd_t and a note on where
    it comes from.
    """
    if landed is not None and landed.height:
        best = (
            landed.filter(pl.col("product_id").is_in(goods["product_id"].to_list()))
            .sort("landed_usd_t")
            .group_by("product_id", maintain_order=True)
            .first()
            .select("product_id", landed_usd_t="landed_usd_t")
        )
        joined = goods.join(best, on="product_id", how="left", maintain_order="left")
        if not joined["landed_usd_t"].null_count():
            note = "freight, time, loss, insurance and duty over the cheapest corridor, per dollar at origin."
            return _shares(joined, note)
    return _shares(_reckoned(case, goods, exporter), _reckoning(case)[2])


def _shares(goods: pl.DataFrame, note: str) -> pl.DataFrame:
    share = pl.col("landed_usd_t") / pl.col("price_usd_t") - 1.0
    return goods.with_columns(cost_share=share.clip(0.0), note=pl.lit(note))


def _reckoning(case: Case) -> tuple[float, float, str]:
    """USD per 40 ft container, days, and the words: mean road rate of the case times the length of an
    observed trip, between the two countries where one is.
    """
    rate = (
        case["rates"].filter((pl.col("mode") == "road") & (pl.col("use") == "model"))["cost_usd_t_km"].mean()
    )
    trips = case["trips"].filter(
        (pl.col("use") == "calibrate")
        & pl.col("distance_km").is_not_null()
        & pl.col("time_days").is_not_null()
    )
    if rate is None or not trips.height:
        return 0.0, 0.0, "duty only: the case has no road rate or no observed trip with days and kilometres."
    lands = dict(case["nodes"].select("node_id", "country").iter_rows())
    parties = {case.settings.party_a, case.settings.party_b}
    trip = max(
        trips.iter_rows(named=True),
        key=lambda row: {lands[row["origin_node_id"]], lands[row["destination_node_id"]]} == parties,
    )
    money = float(rate) * CPMM_LOAD_T * trip["distance_km"]  # type: ignore[arg-type]
    words = (
        f"duty, loss, {trip['time_days']:g} days and freight of USD {money:,.0f} a container: the mean road rate over "
        f"the {trip['distance_km']:,.0f} km of an observed trip, no route."
    )
    return money, float(trip["time_days"]), words


def _reckoned(case: Case, goods: pl.DataFrame, exporter: str) -> pl.DataFrame:
    importer = case.settings.party_b if exporter == case.settings.party_a else case.settings.party_a
    money, days, _ = _reckoning(case)
    daily = {
        row["product_id"]: row["time_cost_share_day"] + row["loss_share_day"]
        for row in case["products"].iter_rows(named=True)
    }
    insurance = case.parameter("insurance_share")
    landed = []
    for row in goods.iter_rows(named=True):
        price, freight = row["price_usd_t"], money / row["stowage_t_feu"]
        cif = (price + freight) * (1.0 + insurance)
        duty = find_duty(case["tariffs"], row["product_id"], importer, exporter)
        landed.append(
            cif + price * daily[row["product_id"]] * days + duty.rate_share * cif + duty.specific_usd_t
        )
    return goods.with_columns(landed_usd_t=pl.Series(landed, dtype=pl.Float64))
