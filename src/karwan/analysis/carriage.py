"""What carries a basket: room on the land corridors, and what carriage adds to the price of a good."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from karwan.amounts import YEAR_DAYS
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.goods import landed_table
from karwan.case import Case
from karwan.schema.modes import RAIL, ROAD, WATER_MODES
from karwan.trade.parties import DIRECTIONS
from karwan.transport.closures import shut_places
from karwan.transport.duty import Tariffs


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
    shut = shut_places(case["closures"], "crossing", day) if day else set()
    free = {
        row["crossing_id"]: _free_t_day(case, row, shut) for row in case["crossings"].iter_rows(named=True)
    }
    groups: dict[str, float] = {}
    for row in case["corridors"].iter_rows(named=True):
        passed = [place for place in row["via"] or () if place in free]
        if not passed or set(WATER_MODES) & set(row["modes"]):
            continue
        room = min(_room(free[place], row["modes"]) for place in passed)
        groups[passed[-1]] = groups.get(passed[-1], 0.0) + room
    total = sum(min(room, sum(free[last])) for last, room in groups.items()) * YEAR_DAYS
    return pl.DataFrame(
        {
            "name": ["land corridors, first party to second", "land corridors, second party to first"],
            "capacity_t": [total, total],
            "direction": list(DIRECTIONS),
        }
    )


def _free_t_day(case: Case, row: dict[str, Any], shut: set[str]) -> tuple[float, float]:
    if row["crossing_id"] in shut:
        return 0.0, 0.0
    trucks = max(0.0, (row["capacity_trucks_day"] or 0.0) - (row["background_trucks_day"] or 0.0))
    wagons = max(0.0, (row["capacity_wagons_day"] or 0.0) - (row["background_wagons_day"] or 0.0))
    return trucks * case.parameter("truck_payload_t"), wagons * case.parameter("wagon_payload_t")


def _room(free: tuple[float, float], modes: list[str]) -> float:
    return (free[0] if ROAD in modes else 0.0) + (free[1] if RAIL in modes else 0.0)


def landed_goods(case: Case, day: date) -> pl.DataFrame:
    """Landed cost of every good over every corridor on a day, as in the brief."""
    return landed_table(CorridorStudy(case, day))


def with_landed(case: Case, goods: pl.DataFrame, landed: pl.DataFrame, exporter: str) -> pl.DataFrame:
    """Goods with landed_usd_t over the cheapest corridor, cost_share (what carriage, time and duty add to a dollar) and a
    note on where it comes from. A good that no corridor carries bears insurance and duty only.
    """
    best = (
        landed.sort("landed_usd_t")
        .group_by("product_id", maintain_order=True)
        .first()
        .select("product_id", "landed_usd_t", start_usd_t="price_usd_t")
    )
    bare = pl.Series("bare_usd_t", _bare(case, goods, exporter), dtype=pl.Float64)
    joined = goods.join(best, on="product_id", how="left", maintain_order="left").with_columns(bare)
    missing = joined["landed_usd_t"].null_count()
    note = "freight, time, loss, insurance and duty over the cheapest corridor, per dollar at origin"
    note += f"; insurance and duty only for {missing} without a route." if missing else "."
    landed_usd_t, start_usd_t = (
        pl.coalesce("landed_usd_t", "bare_usd_t"),
        pl.coalesce("start_usd_t", "price_usd_t"),
    )
    return joined.with_columns(
        landed_usd_t, cost_share=(landed_usd_t / start_usd_t - 1.0).clip(0.0), note=pl.lit(note)
    ).drop("bare_usd_t", "start_usd_t")


def _bare(case: Case, goods: pl.DataFrame, exporter: str) -> list[float]:
    """Price with insurance and duty of each good."""
    importer = case.parties.other(exporter)
    insured = 1.0 + case.parameter("insurance_share")
    tariffs = Tariffs(case["tariffs"])
    duties = [tariffs.duty(product, importer, exporter) for product in goods["product_id"]]
    return [
        price * insured * (1.0 + duty.rate_share) + duty.specific_usd_t
        for price, duty in zip(goods["price_usd_t"], duties, strict=True)
    ]
