"""Weak points in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

CRITICALITY: dict[str, str | Plural] = {
    "criticality.detours_anywhere": "Detours may pass any country of the case.",
    "criticality.detours_within": "Detours keep to the countries that a named corridor passes: {countries}.",
    "criticality.closed_in_turn": "{places} places closed in turn: {hit} of them are on a best route; {cut}.",
    "criticality.cuts_none": "none cuts a pair off",
    "criticality.cuts": Plural("count", "{count} cuts a pair off", "{count} cut a pair off"),
}
