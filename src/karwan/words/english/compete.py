"""Competitiveness in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

COMPETE: dict[str, str | Plural] = {
    "compete.about": (
        "{product}, HS {hs_code}, {origin} to {destination}, {day}, {tonnes} t a load; price at origin {price_usd_t} ({price_kind}, {price_period}"
        "{price_brought}); duty {duty}."
    ),
    "compete.no_rivals": (
        "No rival prices were given, so there is no break-even: give --rival ORIGIN:PRICE:FREIGHT:DAYS, --rivals FILE, or --store FILE "
        "with flows that carry weights (`karwan trade ingest baci FILE --store trade.duckdb`)."
    ),
    "compete.own_goods": "Goods of {importer} itself pay no import duty.",
    "compete.no_purchases": "The store {store} has no purchases of HS {hs_code} by {importer} with weights.",
    "compete.unit_values": (
        "Rivals' prices are unit values of {importer}'s purchases of HS {hs_code} in {period}: mixtures of qualities."
    ),
}
