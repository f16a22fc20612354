"""The next plan in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

DRAFT: dict[str, str | Plural] = {
    "draft.chosen": (
        "{chosen} of {candidates} candidates are proposed, {new} of them new: those that gain most in equilibrium, with no side losing. {unfigured} promises of the old plan "
        "are modelled by no scenario and left for the sides to decide."
    ),
    "draft.nothing": "No scenario of the case can be used, so nothing can be valued and nothing is proposed.",
    "draft.costs": (
        "Worth: USD a year where trade, incomes and queues answer, from the case as it stands, each alone (low and high: at today's flows, net of duty). "
        "What keeping a promise costs is not known to the case: `unknown` is no zero."
    ),
    "draft.sides": "Columns of the sides: a is {a}, b is {b}. A draft reckoned from the tables of the case: wording, owner and term are for both sides to amend.",
    "draft.wrote": "Wrote {file}.",
}
