"""What a good costs where it starts: one price, of one year, for every answer that lands it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from karwan.analysis.market_facts import MarketFacts, period_text
from karwan.transport.own_goods import OWN
from karwan.transport.shipment import TRUCK_BASIS_T, Shipment, shipment_of

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
    """

    usd_t: float
    kind: str
    place: str | None
    period: str
    year: int | None
    basis: str
    source_id: str

    def columns(self) -> Row:
        """Columns of a table of results."""
        return {
            "price_usd_t": self.usd_t,
            "price_kind": self.kind,
            "price_place": self.place,
            "price_period": self.period,
            "price_indexed": self.year is not None,
            "price_basis": self.basis,
        }

    def told(self) -> Row:
        """Values of a note that says what price was taken."""
        return {
            "price_usd_t": self.usd_t,
            "price_kind": self.kind,
            "price_period": self.period or "no year",
            "price_brought": f", brought to {self.year}" if self.year else "",
        }


def seller_price(facts: MarketFacts, product: Row) -> SellerPrice:
    """The seller's newest export price, else its price at home, else the case's, brought to the newest year of the index.

    A price of the case that is over three years old and that no index follows is assumed. Own goods of a shipper keep their price.

    Parameters
    ----------
    product
        Row of `products`.
    """
    own = facts.own_price(product) if product["product_id"] != OWN else None
    if own is not None:
        return SellerPrice(
            own.usd_t,
            own.row["quantity"],
            own.row["place"],
            period_text(own.row) or "",
            facts.year() if own.indexed else None,
            own.row["basis"],
            own.row["source_id"],
        )
    usd_t, indexed = facts.brought(product["price_usd_t"], product["price_year"], product)
    stale = facts.stale(product["price_year"], indexed)
    return SellerPrice(
        usd_t,
        CASE,
        None,
        str(product["price_year"] or ""),
        facts.year() if indexed else None,
        "assumed" if stale else product["basis"],
        product["source_id"],
    )


def full_load_t(product: Row) -> float:
    """Tonnes of one truck or 40 ft container of a product: the load that landed prices are for."""
    return float(product["stowage_t_feu"] or TRUCK_BASIS_T)


def full_load(product: Row) -> Shipment:
    """One full truck or 40 ft container of a product, at the price of products.csv, by which ways are searched."""
    return shipment_of(product, full_load_t(product))


def priced(load: Shipment, price: SellerPrice) -> Shipment:
    """The load at the seller's price, by which it is landed."""
    return replace(load, price_usd_t=price.usd_t)
