"""What a scenario does to carriage between two countries: what choosing among the open corridors costs, now and then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from karwan.amounts import percent
from karwan.analysis.corridor_compare import compared_routes
from karwan.analysis.corridors import CorridorStudy
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.transport.choice import logit


@dataclass(frozen=True)
class CorridorChange:
    """Carriage of the case's reference load between the places it compares first, now and under a scenario.

    Attributes
    ----------
    cost_share
        Logsum of the open corridors' generalised costs (money, time, reliability, loss), over the value of the
        load at origin; None where nothing changes.
    words
        Product, corridors and figures; None where the shares were stated.
    """

    cost_share: tuple[float, float] | None = None
    words: Note | None = None


def corridor_change(base: Case, changed: Case, exporter: str) -> CorridorChange:
    """What shippers expect carriage to cost, before and after: -ln(sum exp(-scale x cost)) / scale.

    The scale is the case's `logit_scale_per_usd_t`. Corridors count as alternatives of their own: stretches
    they share are not discounted.

    Parameters
    ----------
    base, changed
        A case as it stands and under scenarios, as `karwan.case.scenario.case_under` gives them.
    exporter
        Party whose exports are carried.

    Raises
    ------
    InvalidInput
        No corridor is open on one of the two sides of the comparison.

    References
    ----------
    Williams (1977), doi:10.1068/a090285.
    """
    way = "a_to_b" if exporter == base.settings.party_a else "b_to_a"
    now, then = (_expected(one, way) for one in (base, changed))
    product = CorridorStudy(base, base.settings.as_of).shipment().name
    return CorridorChange(
        cost_share=(now[0], then[0]),
        words=note(
            "potential.corridor",
            product=product,
            now=percent(now[0], 1),
            over=now[1],
            scenarios=[one.scenario_id for one in changed.scenarios],
            then=percent(then[0], 1),
            then_over=then[1],
        ),
    )


def _expected(case: Case, way: str) -> tuple[float, str]:
    """Logsum of the open corridors over the value of the load, and which they are, likeliest first."""
    study = CorridorStudy(case, case.settings.as_of)
    load = study.shipment()
    origin, destination = study.pairs(way)[0]
    routes = compared_routes(study).filter(
        (pl.col("direction") == way)
        & (pl.col("origin_id") == origin)
        & (pl.col("destination_id") == destination)
        & (pl.col("status") == "open")
    )
    if routes.is_empty():
        raise InvalidInput(
            f"No corridor is open from {study.place_name(origin)} to {study.place_name(destination)} on {study.as_of}.",
            fix="Give --freight-share and --days.",
        )
    scale = case.parameter("logit_scale_per_usd_t")
    routes = routes.sort("generalised_usd")
    cost = routes["generalised_usd"].to_numpy() / load.tonnes
    choice = logit(cost, np.ones_like(cost), scale=scale)
    shares = (
        f"{name} {percent(share)}"
        for name, share in zip(routes["corridor"], choice.shares, strict=True)
        if share >= 0.05
    )
    return float(choice.logsum[0]) / load.price_usd_t, ", ".join(shares)
