"""Gravity estimates in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

GRAVITY: dict[str, str | Plural] = {
    "gravity.method": (
        "Poisson pseudo-maximum likelihood with effects of exporter-years and importer-years; standard errors are clustered by {cluster}."
    ),
    "gravity.method_pairs": (
        "Poisson pseudo-maximum likelihood with effects of exporter-years, importer-years and pairs; standard errors are clustered by {cluster}."
    ),
    "gravity.left_out": Plural(
        "rows",
        "{rows:,} row is left out, as no finite effect fits it (no trade in a whole pair or year, or alone in it).",
        "{rows:,} rows are left out, as no finite effect fits them (no trade in a whole pair or year, or alone in it).",
    ),
    "gravity.home": "{rows:,} rows are sales at home: a coefficient is an effect against them.",
    "gravity.no_home": "No row is a sale at home: effects that all of a country's trade abroad has in common cannot be told.",
    "gravity.bias": (
        "With few years, effects of pairs bias a three-way estimate by a part of its standard error (Weidner & Zylkin 2021); it is not corrected here."
    ),
}
