"""What a seller can send of a good in a year, and whose figure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from karwan.analysis.market_facts import MarketFacts

Row = dict[str, Any]
SHARED = "shared offer"


@dataclass(frozen=True)
class SellerOffer:
    """What a seller exports of a good to the whole world in a year.

    Attributes
    ----------
    usd
        USD a year.
    heading
        Heading the figure is for, where that is wider than the good: goods of it share the figure.
    year
        Year of the figure.
    source_id
        Its source.
    """

    usd: float
    heading: str | None
    year: int
    source_id: str

    def columns(self) -> Row:
        """Columns of a table of results."""
        return {"offer_usd_year": self.usd, "offer_heading": self.heading, "offer_year": self.year}


def seller_offer(
    facts: MarketFacts, product: Row, supply: Row | None, price_usd_t: float
) -> SellerOffer | None:
    """Exports of the good itself by weight, at a price, where they are no older than the figure of `supplies`; else that; None without either."""
    own = facts.yearly(product, "capacity_t", product["exporter"])
    year = (own.row["end"] or own.row["start"]).year if own and own.row["start"] else 0
    if own is not None and (supply is None or year >= supply["year"]):
        return SellerOffer(own.usd(price_usd_t), None, year, own.row["source_id"])
    if supply is None:
        return None
    wide = supply["heading"] if len(supply["heading"]) < len(product["hs_code"]) else None
    return SellerOffer(supply["exports_usd"], wide, supply["year"], supply["source_id"])


def seller_crop_usd(facts: MarketFacts, product: Row, price_usd_t: float) -> float | None:
    """What the seller's whole crop or output of the good is worth at a price, USD a year; None where it is not known."""
    crop = facts.yearly(product, "harvest_t", product["exporter"])
    return crop.usd(price_usd_t) if crop else None


def sharing(verdicts: pl.DataFrame) -> dict[tuple[str, str, int], list[str]]:
    """Goods whose bound is one and the same figure of a heading: products by exporter, heading and year, two or more each."""
    held = verdicts.filter((pl.col("binding") == "offer") & pl.col("offer_heading").is_not_null())
    keys = ("exporter", "offer_heading", "offer_year")
    found = held.group_by(*keys, maintain_order=True).agg("product")
    return {(row[0], row[1], row[2]): row[3] for row in found.iter_rows() if len(row[3]) > 1}


def shared_once(rows: list[Row], verdicts: Mapping[str, Row]) -> list[Row]:
    """Bounds that may be added up: goods whose offer is one figure of a heading get together no more than it, in the order of the rows.

    What a good takes of the figure is its tonnes at the price of now, by which the figure was turned into tonnes.
    """
    room: dict[tuple[Any, ...], float] = {}
    capped = []
    for row in rows:
        known = verdicts[row["product_id"]]
        if known.get("offer_heading") is None or not row["bound_usd"]:
            capped.append(row)
            continue
        key = (known["exporter"], known["offer_heading"], known["offer_year"])
        left = room.setdefault(key, known["offer_usd_year"])
        wanted = known["bound_t"] * known["price_usd_t"]
        room[key] = left - min(wanted, left)
        lowered = wanted > left
        less = {"bound_usd": row["bound_usd"] * left / wanted, "binding": SHARED}
        capped.append(row | less if lowered else row)
    return capped
