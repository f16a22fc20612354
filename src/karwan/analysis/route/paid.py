"""All that is paid for a route, each kind a row: freight, fees, transfers, papers, guarantees, storage, insurance; and the time before departure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtr

from karwan.analysis.route.offers import RouteOffer
from karwan.analysis.route.query import RoutePlan
from karwan.schema.frames import result_frame
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import MONEY, Stage, Term, join_sources, worst_basis
from karwan.transport.route import Route

FREIGHT = ("line_haul", "sailing", "scarcity")
KINDS = (*FREIGHT, "border", "fees", "transfers", "papers", "guarantees", "storage", "insurance")
OF_TABLE = {"fees": "fees", "crossing_times": "border", "transfers": "transfers", "services": "sailing"}
"""Kind of money that a figure of a table stands for; the rest goes by the kind of its stage."""


@dataclass(frozen=True)
class Paid:
    """What routes cost and take beside the stages: `usd` is freight alone and all told, USD, `lead_h` hours before departure, by route."""

    usd: Mapping[int, tuple[float, float]]
    lead_h: Mapping[int, float]


def paid_table(
    plan: RoutePlan, offers: Sequence[RouteOffer], papers: pl.DataFrame, guarantees: pl.DataFrame
) -> pl.DataFrame:
    """What each route costs all told, one row per route and kind of money; see `schema/results/route_paid.csv`.

    Parameters
    ----------
    papers, guarantees
        Tables of all routes, as `tables.papers_table` and `tables.guarantees_table` give them; a paper or security whose cost is not known adds
        nothing, and the row says how many there are.
    """
    rows: list[Row] = []
    for offer in offers:
        own = {
            **_carriage(offer.route),
            "papers": _listed(papers.filter(pl.col("route") == offer.number), "papers"),
            "guarantees": _listed(guarantees.filter(pl.col("route") == offer.number), "guarantees"),
            "storage": _storage(plan, offer.route),
            "insurance": _insurance(plan, offer.route),
        }
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


def _carriage(route: Route) -> dict[str, Row]:
    """Money of the stages by kind."""
    load = route.shipment
    found: dict[str, Row] = {}
    for stage in route.stages:
        for term in stage.terms:
            if term.unit not in MONEY:
                continue
            usd = term.amount * (load.tonnes if term.unit == "usd_t" else load.units)
            row = found.setdefault(_kind(stage, term), {"usd": 0.0, "basis": "observed", "source_id": ""})
            row["usd"] += usd
            row["basis"] = worst_basis(row["basis"], *(f.figure.basis for f in term.factors))
            row["source_id"] = join_sources(row["source_id"], *(f.figure.source_id for f in term.factors))
    return found


def _kind(stage: Stage, term: Term) -> str:
    """What the money of a term is paid for."""
    figures = [factor.figure for factor in term.factors]
    if any(figure.key == "scarcity_slope" for figure in figures):
        return "scarcity"
    named = next((OF_TABLE[figure.table] for figure in figures if figure.table in OF_TABLE), None)
    return named or {"line_haul": "line_haul", "sailing": "sailing"}.get(stage.kind, "transfers")


def _listed(table: pl.DataFrame, what: str) -> dict[str, Any]:
    """Sum of the known costs of a list, and how many are not known."""
    unknown = table["cost_usd"].null_count()
    return {
        "usd": float(table["cost_usd"].sum()),
        "basis": worst_basis("observed", *table["basis"].drop_nulls()),
        "source_id": join_sources(*table["source_id"].drop_nulls()),
        "note": f"cost of {unknown} of {table.height} {what} not known" if unknown else None,
    }


def _storage(plan: RoutePlan, route: Route) -> dict[str, Any]:
    """Storage and detention expected at the ports where a ship is boarded or left, beyond the free days."""
    rows = list(_charged(plan, route))
    return {
        "usd": sum(_beyond_usd(row) for row in rows) * route.shipment.units,
        "basis": worst_basis("computed", *(row["basis"] for row in rows)),
        "source_id": join_sources(*(row["source_id"] for row in rows)),
        "note": ", ".join(row["name"] for row in rows) or None,
    }


def _charged(plan: RoutePlan, route: Route) -> Iterator[Row]:
    """The first terminal with free days, a daily charge and a dwell at each port on the way."""
    states, arcs = route.network.states, route.network.arcs
    ports = {
        states[arcs[a].head].node_id
        for a in route.arcs
        if arcs[a].place_kind == "transfer"
        and "sea" in (states[arcs[a].tail].carrier, states[arcs[a].head].carrier)
    }
    needed = ("free_days", "storage_usd_day", "dwell_time_h")
    for row in plan.case["terminals"].iter_rows(named=True):
        if row["node_id"] in ports and all(row[name] is not None for name in needed):
            ports.discard(row["node_id"])
            yield row


def _beyond_usd(row: Row) -> float:
    """Expected charge of a box at a terminal: the log-normal dwell beyond the free days, times the charge of a day.

    E[(T - K)+] of a log-normal T is the undiscounted value of a call, Black (1976).
    """
    mean, free = row["dwell_time_h"] / 24.0, float(row["free_days"])
    sigma = float(np.sqrt(np.log1p((row["dwell_cv"] or 0.6) ** 2)))
    if free <= 0.0:
        return float(mean * row["storage_usd_day"])
    d1 = np.log(mean / free) / sigma + sigma / 2.0
    days = mean * ndtr(d1) - free * ndtr(d1 - sigma)
    return float(days * row["storage_usd_day"])


def _insurance(plan: RoutePlan, route: Route) -> dict[str, Any]:
    """Cargo insurance on price and freight."""
    share = plan.case.parameter("insurance_share")
    row = plan.case["parameters"].row(by_predicate=pl.col("parameter_id") == "insurance_share", named=True)
    usd = share * (route.shipment.value_usd + route.usd)
    return {"usd": usd, "basis": row["basis"], "source_id": row["source_id"]}
