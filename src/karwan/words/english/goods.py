"""Verdicts on goods in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

GOODS: dict[str, str | Plural] = {
    "goods.counts": "Yes: {yes}, only if: {only_if}, no: {no}, unknown: {unknown}.",
    "goods.demand_unknown": (
        "Demand is unknown for {goods} of {all} goods: they have no bound, and enter a basket only as such."
    ),
    "goods.method": (
        "Prices are brought to {price_year} where a published index follows them. Assumed: {reach_share} of the demand can be reached, and "
        "an assumed price or a freight may be off by {cv_share} (standard deviation)."
    ),
}
