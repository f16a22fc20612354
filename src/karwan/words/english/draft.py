"""The next plan in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

DRAFT: dict[str, str | Plural] = {
    "draft.chosen": (
        "{chosen} of {candidates} candidates are proposed, {new} of them new: a set by which no side loses and in which each adds something. {unfigured} promises of the "
        "old plan are modelled by no scenario and left for the sides to decide."
    ),
    "draft.together": "All that is proposed together: {total_usd} a year{span}: {sides}. Each alone, added up: {alone_usd}.",
    "draft.span": " ({low_usd} to {high_usd})",
    "draft.nothing": "No scenario of the case can be used, so nothing can be valued and nothing is proposed.",
    "draft.costs": (
        "Worth: USD a year{trade} where trade, incomes and queues answer, from the case as it stands, each alone; beside it as the last of the set. "
        "What keeping it costs is unknown of {unknown} of {chosen}: unknown is no zero, and no budget holds it."
    ),
    "draft.trade_year": " at the trade of {year}",
    "draft.weak": Plural(
        "count",
        "One weak point of the corridors is taken up by no scenario: {places}.",
        "{count} of the ten weakest points of the corridors are taken up by no scenario: {places}.",
    ),
    "draft.amend": "A draft reckoned from the tables of the case: wording, owner and term are for both sides to amend. Every value that a promise moves stands in its schedule.",
    "draft.worded": "{number}. {wording} ({owner}).",
    "draft.worded_depends": "{number}. {wording} ({owner}; needs {depends} too).",
    "draft.wrote": "Wrote {file}.",
}
