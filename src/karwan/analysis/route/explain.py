"""Where the amounts of a route come from: each one, and the cells of the case whose product it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from karwan.analysis.route.offers import RouteOffer
from karwan.schema.frames import result_frame
from karwan.transport.network.terms import EMISSION, HOURS, Term
from karwan.transport.route import Route
from karwan.transport.shipment import Shipment

USD, CO2 = "USD", "kg CO2e"


def explain_table(offers: Sequence[RouteOffer]) -> pl.DataFrame:
    """Every amount of every route with the figures it is the product of; see `schema/results/route_amounts.csv`.

    The USD of a route add up to its money, the hours to its hours without waits for openings, kg CO2e to its emissions.
    """
    rows = ({"route": offer.number, **row} for offer in offers for row in amount_rows(offer.route))
    return result_frame("route_amounts", rows)


def amount_rows(route: Route) -> Iterator[dict[str, Any]]:
    """Every amount of a route, a row for each figure it is the product of; `part` numbers the amounts."""
    part = 0
    for stage in route.stages:
        for term in stage.terms:
            part += 1
            common = {"stage": stage.name, "kind": stage.kind, "part": part}
            yield from _cells(common, term, route.shipment)


def _cells(common: dict[str, Any], term: Term, load: Shipment) -> Iterator[dict[str, Any]]:
    quantity, amount = _amount(term, load)
    for figure, power in term.factors:
        yield {
            **common,
            "quantity": quantity,
            "amount": amount,
            "cell": f"{figure.table} {figure.key} {figure.column}" if figure.table else "none",
            "power": power,
            "value": figure.value,
            "basis": figure.basis,
            "source_id": figure.source_id,
            "table": figure.table,
            "key": figure.key,
            "column": figure.column,
        }


def _amount(term: Term, load: Shipment) -> tuple[str, float]:
    """What a term is for the whole shipment."""
    if term.unit == HOURS:
        return "hours", term.amount
    if term.unit == EMISSION:
        return CO2, term.amount * load.tonnes
    return USD, term.amount * (load.tonnes if term.unit == "usd_t" else load.units)
