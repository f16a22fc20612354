"""Weak points in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

CRITICALITY: dict[str, str | Plural] = {
    "criticality.detours_anywhere": "Detours may pass any country of the case.",
    "criticality.detours_within": "Detours keep to the countries that a named corridor passes: {countries}.",
    "criticality.closed_in_turn": "{places} places closed in turn: {hit} of them are on a best route; {cut}.",
    "criticality.cuts_none": "none cuts a pair off",
    "criticality.cuts": Plural("count", "{count} cuts a pair off", "{count} cut a pair off"),
    "criticality.closed_together": (
        "{which} closed together with each of {others} places: {pairs} pairs of places do more than either alone; {cut}."
    ),
    "criticality.every": "{total} weak points (of places in a row the first)",
    "criticality.worst": "The {chosen} worst of {total} weak points (of places in a row the first)",
    "criticality.named": "The {chosen} named '{word}'",
    "criticality.opened": "(opened) is the network with these taken as open: {names}.",
    "criticality.of_opened": "(opened) {line}",
    "criticality.closure": (
        "{cut}On the best ways it costs USD {best:,.0f} a year{moved}. Spread over the routes as shippers choose, it costs USD {spread:,.0f}."
    ),
    "criticality.closure_cuts": "The closure cuts {pairs} pairs off. ",
    "criticality.closure_moves": ": {tonnes:,.0f} t go {hours} and pay {money}",
    "criticality.hours_longer": "{hours:,.0f} hours longer",
    "criticality.hours_less": "{hours:,.0f} hours less",
    "criticality.usd_more": "USD {usd:,.1f} a tonne more",
    "criticality.usd_less": "USD {usd:,.1f} a tonne less",
    "criticality.wrote": "Wrote {file}.",
}
