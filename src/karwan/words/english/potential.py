"""What could be traded, in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

POTENTIAL: dict[str, str | Plural] = {
    "potential.unknown": "The {kind} easiness is not known: it lacks {lacks}.",
    "potential.size": "{products} products{level}, {countries} countries, {years} averaged.",
    "potential.level": " ({level})",
    "potential.years": Plural("count", "{count} year", "{count} years"),
    "potential.benchmark": "A potential is a benchmark from world shares, not a ceiling and not a forecast.",
    "potential.thin_pair": (
        "The pair trades {traded_share} of what world shares say: its own easiness only repeats that it trades little. "
        "Read the other easiness terms beside it."
    ),
    "potential.silent_borders": (
        "Distances left out of demand: not one of the {pairs} pairs with a common border trades in this table, so they do not "
        "describe its flows."
    ),
    "potential.few_products": (
        "So few products hide what is inside each: a good sold and another bought in one group count as a match."
    ),
    "potential.few_sellers": (
        "Only {sellers} countries sell in this table: shares of the world are shares of these, and supply is too high."
    ),
    "potential.one_year": "One year only: the method asks for a mean of five.",
    "potential.distance_given": "Distances are the column distance_km of the table.",
    "potential.distance_weighted": "Distances are distw: between the cities of the two countries, weighted by their population.",
    "potential.distance_cities": "Distances are dist: between the largest cities alone; a table with distw gives the weighted ones.",
    "potential.no_correction": "Net-importer correction off: it is meant for single goods.",
    "potential.nothing": "nothing the method asks for",
    "potential.published": "published figures of the case {case}; no product-level table was given",
    "potential.commands": (
        "`karwan trade ingest baci BACI_HS17_Y2020_V202501.csv --store trade.duckdb` brings HS6 trade of all countries in; "
        "`karwan trade potential {exporter} {importer} --store trade.duckdb --level hs6` then estimates by product."
    ),
    "potential.corridor": (
        "{goods} goods over {pairs} pairs of places: carriage, time and duty are expected to add {now} to the value, under {scenarios} {then}"
    ),
    "potential.corridor_alone": (
        "At given prices that makes trade {factor:.3f} times as high (elasticity {theta:g}); published potentials are not moved by it, as they say nothing of costs."
    ),
}
