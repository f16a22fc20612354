"""What a good costs where it starts: one price, of one year, for every answer that lands it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from karwan.analysis.market_facts import MarketFacts, PriceFact, period_text
from karwan.transport.own_goods import OWN
from karwan.transport.shipment import Shipment

Row = dict[str, Any]
CASE = "case"


@dataclass(frozen=True)
class SellerPrice:
    """Price of a good at its origin.

    Attributes
    ----------
    usd_t
        USD/t, in `year` where an index follows the good.
    kind
        'export_price' or 'home_price' of the seller, else 'case': that of products.csv.
    place
        Place and terms; None where not said.
    period
        Period or year in which it was seen.
    year
        Year it is brought to; None where no index brought it.
    basis
        'observed', 'computed' or 'assumed'.
    source_id
        Sources.
    country
        Whose price it is where it stands in for the seller's own; blank where it is the seller's.
    """

    usd_t: float
    kind: str
    place: str | None
    period: str
    year: int | None
    basis: str
    source_id: str
    country: str = ""

    def columns(self) -> Row:
        """Columns of a table of results."""
        return {
            "price_usd_t": self.usd_t,
            "price_kind": self.kind,
            "price_place": self.place,
            "price_period": self.period,
            "price_indexed": self.year is not None,
            "price_basis": self.basis,
            "price_country": self.country or None,
        }

    def is_old(self, year: int) -> bool:
        """Whether another's price stands in, of a year before the one of the verdict, or of none, and no index follows it."""
        seen = self.period.rpartition("..")[2][:4]
        return bool(self.country) and self.year is None and not (seen.isdecimal() and int(seen) >= year)

    def told(self) -> Row:
        """Values of a note that says what price was taken."""
        return {
            "price_usd_t": self.usd_t,
            "price_kind": f"{self.kind} of {self.country}" if self.country else self.kind,
            "price_period": self.period or "no year",
            "price_brought": f", brought to {self.year}" if self.year else "",
        }


def seller_price(facts: MarketFacts, product: Row) -> SellerPrice:
    """The seller's price brought to the newest year of the index: the pair's own before the seller's others, and only then anyone else's.

    In order: what the buyer pays for the seller's goods; the seller's newest export price; its price at home; the case's, where it is the
    seller's; one that stands in: see `_stand_in`. A price of the case that is over three years old and that no index follows is assumed, and
    so is one that stands in. Own goods of a shipper keep their price.

    Parameters
    ----------
    product
        Row of `products`.
    """
    if product["product_id"] == OWN:
        return _of_case(facts, product, "")
    importer = facts.other_party(product["exporter"])
    own = facts.pair_price(product, importer) or facts.own_price(product)
    if own is not None:
        return _of_fact(facts, own)
    stands_in = product.get("price_country") or ""
    other = _stand_in(facts, product, importer) if stands_in else None
    if other is not None:
        return replace(_of_fact(facts, other), basis="assumed", country=other.row["origin"])
    return _of_case(facts, product, stands_in)


def _stand_in(facts: MarketFacts, product: Row, importer: str) -> PriceFact | None:
    """What the buyer pays another origin: the newest, then the one of the greater share; None where the case's price of a third country is newer.

    The cheapest rival's origin lends no price: the good would be compared with itself.
    """
    rival = min(facts.rivals(product, importer), key=lambda one: one.usd_t, default=None)
    kept = rival.row["origin"] if rival else None
    others = [
        one for one in facts.unit_values(product, importer, product["exporter"]) if one.row["origin"] != kept
    ]
    found = max(others, key=lambda one: _newest(facts, product, importer, one), default=None)
    if found is None or product["price_country"] == kept:
        return found
    return found if _year(found.year) >= _year(product["price_year"]) else None


def _newest(facts: MarketFacts, product: Row, importer: str, one: PriceFact) -> tuple[int, float, float]:
    """The newest price first, then the origin of the greatest share, then the cheapest."""
    return _year(one.year), facts.share(product, importer, one.row["origin"]), -one.usd_t


def _year(year: int | None) -> int:
    return year or 0


def _of_fact(facts: MarketFacts, found: PriceFact) -> SellerPrice:
    row = found.row
    year = facts.year() if found.indexed else None
    return SellerPrice(
        found.usd_t,
        row["quantity"],
        row["place"],
        period_text(row) or "",
        year,
        row["basis"],
        row["source_id"],
    )


def _of_case(facts: MarketFacts, product: Row, stands_in: str) -> SellerPrice:
    usd_t, indexed = facts.brought(product["price_usd_t"], product["price_year"], product)
    assumed = bool(stands_in) or facts.stale(product["price_year"], indexed)
    return SellerPrice(
        usd_t,
        CASE,
        None,
        str(product["price_year"] or ""),
        facts.year() if indexed else None,
        "assumed" if assumed else product["basis"],
        product["source_id"],
        stands_in,
    )


def priced(load: Shipment, price: SellerPrice) -> Shipment:
    """The load at the seller's price, by which it is landed."""
    return replace(load, price_usd_t=price.usd_t)
