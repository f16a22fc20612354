"""All that is paid for the routes of an answer, each kind a row, and the time before departure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from karwan.analysis.route.offers import RouteOffer
from karwan.analysis.route.query import RoutePlan
from karwan.schema.frames import result_frame
from karwan.transport.network.stage import Row
from karwan.transport.paid import FREIGHT, KINDS


@dataclass(frozen=True)
class Paid:
    """What routes cost and take beside the stages: `usd` is freight alone and all told, USD, `lead_h` hours before departure, by route."""

    usd: Mapping[int, tuple[float, float]]
    lead_h: Mapping[int, float]


def paid_table(plan: RoutePlan, offers: Sequence[RouteOffer]) -> pl.DataFrame:
    """What each route costs all told, one row per route and kind of money; see `schema/results/route_paid.csv`."""
    rows: list[Row] = []
    for offer in offers:
        own = plan.bills.rows(offer.route)
        rows += [{"route": offer.number, "kind": kind, **own[kind]} for kind in KINDS if kind in own]
    return result_frame("route_paid", rows)


def totals(paid: pl.DataFrame) -> dict[int, tuple[float, float]]:
    """Route to what freight alone and all told cost, USD."""
    found = {}
    for (number,), rows in paid.group_by(["route"], maintain_order=True):
        freight = rows.filter(pl.col("kind").is_in(FREIGHT))["usd"].sum()
        found[int(str(number))] = (float(freight), float(rows["usd"].sum()))
    return found


def lead_hours(papers: pl.DataFrame) -> dict[int, float]:
    """Route to the hours that its slowest paper takes before departure: papers are applied for side by side."""
    slowest = papers.group_by("route").agg(pl.col("time_h").max().fill_null(0.0))
    return {int(number): float(hours) for number, hours in slowest.iter_rows()}
