"""Transit regimes in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

REGIME: dict[str, str | Plural] = {
    "regime.best": "Worth most in its text: {term}, USD {worth:,.1f} a tonne on average over the goods looked at.",
    "regime.assumed": "Terms of {regime} ({state}) are assumed in part: what is said of them holds if its text says so.",
    "regime.nothing": (
        "Worth nothing in the cost of carriage: {terms}. Either another regime gives it already, no route of the pair meets it, or it enters no cost "
        "(quota, cash tied up)."
    ),
}
