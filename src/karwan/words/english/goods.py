"""Verdicts on goods in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

GOODS: dict[str, str | Plural] = {
    "goods.none": "The case lists no goods: fill products.csv, or open a case `karwan case new A B --like kaz-pak` made.",
    "goods.counts": (
        "Of {all} goods {judged} can be judged: {yes} sell as priced (yes), {only_if} would if one input moved (only if), {no_plan} would only by a cut of more "
        "than {cut} (no plan), {no} do not (no). {unknown} are unknown."
    ),
    "goods.full": "Sells at: the price at origin, USD a tonne, at or below which it sells. One good in all its figures: --product NAME; all of them: --full.",
    "goods.hidden": Plural(
        "goods",
        "1 good that cannot be judged is not shown: --all prints it, --json and --csv hold it.",
        "{goods} goods that cannot be judged are not shown: --all prints them, --json and --csv hold them.",
    ),
    "goods.contradicts": (
        "{product}: the verdict is {verdict}, yet {exporter} held {sold_share} of {importer}'s imports ({sold_period}). "
        "Trust what was sold before the price."
    ),
    "goods.stand_in": Plural(
        "goods",
        "1 good has no price of the seller's own: the price of an origin that is no rival stands in. It sells only if the seller asks at most what the "
        "table says ({products}).",
        "{goods} goods have no price of the seller's own: the price of an origin that is no rival stands in. They sell only if the seller asks at most "
        "what the table says ({products}).",
    ),
    "goods.shared_offer": (
        "{products}: one figure of {exporter}'s exports of HS {heading} ({year}) bounds each; together they cannot bring more than it."
    ),
    "goods.heading_mean": Plural(
        "goods",
        "1 good is compared with the mean of its whole heading, for no price of its own is known: a stand-in ({products}).",
        "{goods} goods are compared with the mean of their whole heading, for no price of their own is known: a stand-in ({products}).",
    ),
    "goods.rival_shut": Plural(
        "goods",
        "1 good is compared with an origin whose every known crossing to the buyer is shut on the day ({products}): while it stays shut that rival cannot "
        "deliver by land.",
        "{goods} goods are compared with an origin whose every known crossing to the buyer is shut on the day ({products}): while they stay shut these rivals "
        "cannot deliver by land.",
    ),
    "goods.lacks_corridor": "{goods} without a verdict: no corridor is open.",
    "goods.lacks_network": (
        "{goods} without a verdict: the case has no corridor at all, so nothing lands. Fill nodes.csv, links.csv and corridors.csv; demand and rivals "
        "stand without them (--json)."
    ),
    "goods.lacks_rival": "{goods} without a verdict: no price of a rival is known.",
    "goods.lacks_named_rival": (
        "{goods} without a verdict: only the mean of all origins is known, the seller's own among them, and it alone says neither no nor only if."
    ),
    "goods.lacks_like_rival": (
        "{goods} without a verdict: the rival is over three times as dear or cheap, before and after carriage, or as the mean of all origins, so "
        "it is another good."
    ),
    "goods.lacks_demand": "{goods} without a verdict: the price would do, but nobody is known to want the goods.",
    "goods.duty_assumed": "The duty under {goods} of {all} verdicts is assumed, not read off a tariff: {within}",
    "goods.duty_holds": "within its range none of them changes.",
    "goods.duty_turns": "within its range some verdicts would be others: {products}.",
    "goods.demand_unknown": (
        "Demand is unknown for {goods} of {all} goods: they have no bound, and enter a basket only as such."
    ),
    "goods.method": (
        "Prices are brought to {price_year} where a published index follows them. Assumed: {reach_share} of the demand can be reached, and "
        "an assumed price or a freight may be off by {cv_share} (standard deviation)."
    ),
}
