"""World matrices in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

WORLD: dict[str, str | Plural] = {
    "world.assumed": (
        "{assumed_share} of the trade between countries is completed by gravity and country totals, or shared out by a rule; no report says it."
    ),
    "world.hubs": Plural(
        "count",
        "{countries} sends on more than it makes: a tenth of its exports stands for what it sells at home.",
        "{countries} send on more than they make: a tenth of their exports stands for what they sell at home.",
    ),
    "world.final_demand": (
        "Only intermediate sales are bilateral in the file: final demand is split over buyers as the intermediate sales of the same sector are. "
        "Corridor countries it lacks are cut in from the case's own matrix, by the mix of their partners' trade."
    ),
    "world.services": "Services are sold at home only and not shocked.",
}
