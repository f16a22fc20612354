"""Competitiveness in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

COMPETE: dict[str, str | Plural] = {
    "compete.about": (
        "{product}, HS {hs_code}, {origin} to {destination}, {day}, {tonnes} t a load; price at origin {price_usd_t} ({price_kind}, {price_period}"
        "{price_brought}); duty {duty}."
    ),
    "compete.stand_in": (
        "{seller}'s own price is not known: USD {price_usd_t:,.0f}/t of {country} stands in for it. On a way open today it sells only if {seller} asks at "
        "most USD {most_usd_t:,.0f}/t."
    ),
    "compete.stand_in_never": (
        "{seller}'s own price is not known: USD {price_usd_t:,.0f}/t of {country} stands in for it. On no way open today would goods given away land "
        "as cheap as the rival."
    ),
    "compete.market_rivals": (
        "Rivals are those the case knows, as in `karwan trade goods`; duty comes on top of their price, freight is in it. Others: --rival "
        "ORIGIN:PRICE:FREIGHT:DAYS, --rivals FILE, --store FILE."
    ),
    "compete.no_rivals": (
        "No rival prices were given or found, so there is no break-even: give --rival ORIGIN:PRICE:FREIGHT:DAYS, --rivals FILE, or --store FILE "
        "with flows that carry weights (`karwan trade ingest baci FILE --store trade.duckdb`)."
    ),
    "compete.own_goods": "Goods of {importer} itself pay no import duty.",
    "compete.no_purchases": "The store {store} has no purchases of HS {hs_code} by {importer} with weights.",
    "compete.unit_values": (
        "Rivals' prices are unit values of {importer}'s purchases of HS {hs_code} in {period}: mixtures of qualities."
    ),
}
