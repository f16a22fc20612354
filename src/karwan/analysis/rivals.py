"""Rivals of a good in the buyer's country: the one place that says which are known and what they cost there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from karwan.analysis.market_facts import MarketFacts, PriceFact, period_text
from karwan.case import Case
from karwan.transport.closures import shut_places
from karwan.transport.duty import Duty, Tariffs

Row = dict[str, Any]
MEAN_OF_ALL = "mean of all origins"
OFFER = "an offer"
HOME = ("home_price", "export_price")  # of the buyer's own goods
NO_DUTY = Duty(0.0, 0.0, "none on the country's own goods", "computed", "", True)


@dataclass(frozen=True)
class MarketRival:
    """A rival's price in the buyer's country.

    Attributes
    ----------
    fact
        The price before duty; of a heading wider than the good where none of the good itself is known.
    origin
        Country its goods come from; blank for an offer and for the mean of all origins.
    duty
        The buyer's duty on it; none on the buyer's own goods.
    """

    fact: PriceFact
    origin: str
    duty: Duty

    @property
    def usd_t(self) -> float:
        """Price with the duty in it, USD/t."""
        return self.fact.usd_t * (1 + self.duty.rate_share) + self.duty.specific_usd_t

    @property
    def name(self) -> str:
        """Its origin, or what a rival without one is called."""
        if self.origin:
            return self.origin
        return OFFER if self.fact.row["quantity"] == "offer_price" else MEAN_OF_ALL

    @property
    def heading(self) -> str | None:
        """Heading its price is a mean of, where that is wider than the good."""
        row = self.fact.row
        return None if row["product_id"] else str(row["heading"])

    @property
    def period(self) -> str | None:
        """Months in which its price was seen."""
        return period_text(self.fact.row)


@dataclass(frozen=True)
class Rivals:
    """Rivals of known origin and offers, and the lowest mean over all origins; None where none is known."""

    named: tuple[MarketRival, ...]
    mean: MarketRival | None

    @property
    def cheapest(self) -> MarketRival | None:
        """The cheapest that has an origin or is an offer."""
        return min(self.named, key=lambda rival: rival.usd_t, default=None)

    @property
    def shown(self) -> MarketRival | None:
        """The one the good is compared with: the cheapest, else the mean."""
        return self.cheapest or self.mean

    @property
    def compared(self) -> tuple[MarketRival, ...]:
        """All a good is compared with: the mean alone where no other is known."""
        return self.named or ((self.mean,) if self.mean else ())


def market_rivals(
    facts: MarketFacts, tariffs: Tariffs, product: Row, importer: str, stands_in: str = ""
) -> Rivals:
    """What the case knows of rivals: other origins and offers with their duty, the buyer's own goods without.

    Parameters
    ----------
    product
        Row of `products`.
    importer
        The buyer.
    stands_in
        Origin whose price stands in for the seller's own (`SellerPrice.country`): it is no rival, for its price would be compared with itself.
    """

    def taxed(price: PriceFact) -> MarketRival:
        if price.row["quantity"] in HOME:
            return MarketRival(price, importer, NO_DUTY)
        origin = price.row["origin"] or ""
        return MarketRival(price, origin, tariffs.duty(product["product_id"], importer, origin))

    named = map(taxed, facts.rivals(product, importer, stands_in))
    mean = facts.mean_value(product, importer)
    return Rivals(tuple(named), taxed(mean) if mean else None)


def border_shut(case: Case, one: str, other: str, day: date) -> bool | None:
    """Whether every crossing of the case between two countries is shut on a day; None where it knows none."""
    between = {
        row["crossing_id"]
        for row in case["crossings"].iter_rows(named=True)
        if {row["country_a"], row["country_b"]} == {one, other}
    }
    return between <= shut_places(case["closures"], "crossing", day) if between else None
