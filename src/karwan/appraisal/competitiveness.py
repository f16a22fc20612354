"""Landed competitiveness: an origin's landed price by corridor against its rivals', and the freight at which
they are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from karwan.appraisal.landed import LandedCost, landed_cost
from karwan.errors import InvalidInput
from karwan.schema.frames import result_frame
from karwan.transport.duty import Duty
from karwan.transport.shipment import Shipment

AHEAD, FREIGHT, NEVER = "ahead", "freight", "never"


@dataclass(frozen=True)
class PricedOffer:
    """A tonne of a product from one origin over one way.

    Attributes
    ----------
    origin, way
        Country or seller, and corridor.
    price_usd_t
        Price at origin, USD/t.
    freight_usd_t
        Freight and fees door to door, USD/t.
    days
        Mean days door to door.
    rate_share, specific_usd_t
        Duty on this origin: ad valorem on CIF, and USD/t.
    insurance_share
        Premium over price plus freight.
    time_cost_share_day, loss_share_day
        Value of a day and loss per day, shares of the price at origin.
    lacks
        What is not known of the offer.
    basis
        Worst basis of its figures.
    shut
        Whether its way is shut on the day.
    """

    origin: str
    way: str
    price_usd_t: float
    freight_usd_t: float
    days: float
    rate_share: float = 0.0
    specific_usd_t: float = 0.0
    insurance_share: float = 0.0
    time_cost_share_day: float = 0.0
    loss_share_day: float = 0.0
    lacks: str = ""
    basis: str = "assumed"
    shut: bool = False


def land_offer(offer: PricedOffer) -> LandedCost:
    """Landed cost of an offer per tonne, by `karwan.appraisal.landed`."""
    load = Shipment(
        product_id="",
        name="",
        form="box",
        tonnes=1.0,
        units=1,
        price_usd_t=offer.price_usd_t,
        time_cost_share_day=offer.time_cost_share_day,
        loss_share_day=offer.loss_share_day,
    )
    duty = Duty(offer.rate_share, offer.specific_usd_t, "", offer.basis, "", True)
    return landed_cost(load, offer.freight_usd_t, offer.days, duty, offer.insurance_share)


def break_even_freight(offer: PricedOffer, landed_usd_t: float) -> float:
    """Freight, USD/t, at which the offer lands at a given price, days unchanged; below 0 where no freight is
    low enough.

    With price p, insurance q, duty r and s, and the time and loss of d days at c and l a day,
    landed = (1 + r)(1 + q)(p + F) + s + p (c + l) d, so F = (landed - s - p (c + l) d) / ((1 + r)(1 + q)) -
    p.
    """
    waiting = offer.price_usd_t * (offer.time_cost_share_day + offer.loss_share_day) * offer.days
    charged = (1 + offer.rate_share) * (1 + offer.insurance_share)
    return (landed_usd_t - offer.specific_usd_t - waiting) / charged - offer.price_usd_t


def break_even_days(offer: PricedOffer, landed_usd_t: float) -> float | None:
    """Days at which the offer lands at a given price, freight unchanged; None where a day costs nothing,
    below 0 where no speed is enough.
    """
    a_day = offer.price_usd_t * (offer.time_cost_share_day + offer.loss_share_day)
    if a_day <= 0:
        return None
    charged = (1 + offer.rate_share) * (1 + offer.insurance_share)
    rest = charged * (offer.price_usd_t + offer.freight_usd_t) + offer.specific_usd_t
    return (landed_usd_t - rest) / a_day


def break_even_price(offer: PricedOffer, landed_usd_t: float) -> float:
    """Price at origin, USD/t, at which the offer lands at a given price, freight and days unchanged."""
    charged = (1 + offer.rate_share) * (1 + offer.insurance_share)
    a_dollar = charged + (offer.time_cost_share_day + offer.loss_share_day) * offer.days
    return (landed_usd_t - offer.specific_usd_t - charged * offer.freight_usd_t) / a_dollar


def compare_offers(offers: Sequence[PricedOffer], rivals: Sequence[PricedOffer]) -> pl.DataFrame:
    """Each offer against the cheapest rival.

    Parameters
    ----------
    offers
        The origin's own product, one per corridor.
    rivals
        The competing origins; without any the break-even columns are missing.

    Returns
    -------
    Table by landed price with the columns of `compete_offers`.

    Raises
    ------
    InvalidInput
        No offer, or a price, freight, day, rate or share that is negative.
    """
    if not offers:
        raise InvalidInput("There is no offer to compare.", "", "give at least one route of the product.")
    for offer in (*offers, *rivals):
        _check(offer)
    best = min(((land_offer(r).landed_usd_t, r.origin, r.way) for r in rivals), default=None)
    rows = [_row(o, "own", best) for o in offers] + [_row(r, "rival", None) for r in rivals]
    return result_frame("compete_offers", rows).sort("landed_usd_t", "origin", "way")


def _check(offer: PricedOffer) -> None:
    numbers = {name: value for name, value in vars(offer).items() if isinstance(value, float | int)}
    bad = [name for name, value in numbers.items() if not 0 <= value < float("inf")]
    if bad or offer.price_usd_t <= 0:
        raise InvalidInput(
            f"The offer of {offer.origin}{f' over {offer.way}' if offer.way else ''} has an impossible {', '.join(bad) or 'price'}.",
            ", ".join(f"{name} {numbers[name]}" for name in bad) or f"price {offer.price_usd_t}",
            "prices are above 0; freight, days, rates and shares are 0 or more.",
        )


def _row(offer: PricedOffer, role: str, best: tuple[float, str, str] | None) -> dict[str, Any]:
    landed = land_offer(offer)
    own = {
        "origin": offer.origin,
        "way": offer.way,
        "role": role,
        **landed.columns(duty_known=True),
        "days": offer.days,
        "lacks": offer.lacks,
        "basis": offer.basis,
        "shut": offer.shut,
    }
    return own if best is None else own | _against(offer, landed.landed_usd_t, best)


def _against(offer: PricedOffer, landed_usd_t: float, best: tuple[float, str, str]) -> dict[str, Any]:
    """An offer beside the cheapest rival: price, seller and way of that."""
    price, rival, way = best
    freight = break_even_freight(offer, price)
    return {
        "rival": f"{rival}, {way}" if way else rival,
        "rival_landed_usd_t": price,
        "gap_usd_t": landed_usd_t - price,
        "break_even_freight_usd_t": freight,
        "freight_cut_share": 1 - freight / offer.freight_usd_t if offer.freight_usd_t > 0 else None,
        "break_even_days": break_even_days(offer, price),
        "break_even_price_usd_t": break_even_price(offer, price),
        "standing": _standing(landed_usd_t <= price, freight),
    }


def _standing(ahead: bool, break_even_freight_usd_t: float) -> str:
    if ahead:
        return AHEAD
    return FREIGHT if break_even_freight_usd_t >= 0 else NEVER
