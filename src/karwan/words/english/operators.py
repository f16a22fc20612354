"""Sentences about operators and their services."""

from __future__ import annotations

from karwan.words.english.plural import Plural

OPERATORS: dict[str, str | Plural] = {
    "operators.hidden": Plural(
        "count",
        "{count} service is not shown: announced only, ended, begun later, or not what was asked for; --all shows the first three.",
        "{count} services are not shown: announced only, ended, begun later, or not what was asked for; --all shows the first three.",
    ),
    "operators.none": "Nobody published a service like that.",
    "operators.rates": Plural(
        "count",
        "{count} of the published services shown has a through rate; freights of sailings are the case's own, with their basis.",
        "{count} of the published services shown have a through rate; freights of sailings are the case's own, with their basis.",
    ),
    "operators.no_fleets": (
        "Of none is it known how many units a week it can take: their fleets and slots are text and hold nothing back in the assignment."
    ),
    "operators.fleets": Plural(
        "count",
        "Of {count} it is known how many units a week it can take each way: it is full beyond that in the assignment, the others never.",
        "Of {count} it is known how many units a week they can take each way: they are full beyond that in the assignment, the others never.",
    ),
}
