"""Baskets in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

BASKET: dict[str, str | Plural] = {
    "basket.basket_figure": "What is chosen of each good",
    "basket.basket_caption": "Dark: chosen; light: the most the basket may take of it.",
    "basket.frontier_figure": "Cost by the number of goods",
    "basket.frontier_caption": "Cost of bringing the value with so many goods at most. A case's goods keep their own bounds there; a greatest"
    " share, a least value and the usual caps on sectors do not hold.",
    "basket.as_asked": "none, all as asked",
    "basket.goods": Plural("count", "{count:d} good", "{count:d} goods"),
    "basket.reached": Plural(
        "goods",
        "{goods:d} good reaches {mean}{value_usd}{flowing}{against}; the cost counted is {cost_usd}.",
        "{goods:d} goods reach {mean}{value_usd}{flowing}{against}; the cost counted is {cost_usd}.",
    ),
    "basket.expected": "an expected ",
    "basket.flowing": " (of it {baseline_usd} flowing already)",
    "basket.against": ", against a target of {target_usd}",
    "basket.time_out": "Time ran out: a better basket may exist, by at most {gap}.",
    "basket.met": "It reaches the target in {met_share} of the scenarios.",
    "basket.sectors": "By sector: {sectors}.",
    "basket.sector": "{name} {value_share} ({goods})",
    "basket.no_sector": "no sector",
    "basket.target_price": "The last dollar of the target costs {gain:.3f} dollars.",
    "basket.full": "{constraint} is full: a tonne more {what}.",
    "basket.capacity_cost": "saves USD {gain:,.2f} of cost",
    "basket.capacity_value": "adds USD {gain:,.2f} of value",
    "basket.cap": "The cap on {constraint} binds: a dollar more of it {what}.",
    "basket.cap_cost": "saves {gain:.3f} dollars of cost",
    "basket.cap_value": "adds {gain:.3f} dollars of value",
    "basket.binds": "The term '{constraint}' binds.",
    "basket.exclude": "No basket meets the terms, whatever the target; they exclude one another: {terms}.",
    "basket.no_basket": (
        "The terms leave no basket at all, let alone {target_usd}: sector shares, for one, need goods of enough sectors."
    ),
    "basket.out_of_reach": (
        "The target of {target_usd} is out of reach: the goods reach {reach_usd} at most, {gap_usd} short."
    ),
    "basket.too_few_scenarios": (
        "The greatest value is {reach_usd}, but the target of {target_usd} is not met in as many scenarios as asked."
    ),
    "basket.without": "Without the term '{constraint}' they would reach {reach_usd}.",
    "basket.all_goods": (
        "Even all goods at their full bounds, with no other term, make {reach_usd}: the bounds themselves fall short."
    ),
    "basket.breach": "The least change that would do breaks the term '{constraint}' by {breach:,.0f} {unit}.",
    "basket.breach_usd": "The least change that would do breaks the term '{constraint}' by {breach_usd}.",
    "basket.limits": (
        "Terms: {goods} goods, none above {most_share} of the target, none below {least_usd} unless that is all it can have "
        "(--fewest, --share and --least change them)."
    ),
    "basket.frontier": (
        "The frontier asks what fewer goods would cost: no greatest share, no least value of a good and no usual cap on sectors holds in it; "
        "each good keeps its own bound."
    ),
    "basket.fewer": "{asked} goods were asked, {goods} stand: no other of the list or of the seller passes the price test or has room.",
    "basket.caps_dropped": "No sector was held to {cap_share}: the goods would not reach the target so.",
    "basket.refused": Plural(
        "goods",
        "{goods} good is left out, as it cannot be sold, or only by a cut of more than {cut_share}, which is no plan: {names}.",
        "{goods} goods are left out, as they cannot be sold, or only by a cut of more than {cut_share}, which is no plan: {names}.",
    ),
    "basket.last_of_sector": Plural(
        "goods",
        "{goods} good fails the price test and stays, as no other good is of its sector: {names}.",
        "{goods} goods fail the price test and stay, as no other good is of their sector: {names}.",
    ),
    "basket.judged": (
        "Price test: of the {goods} goods {yes} pass as priced ({yes_usd}), {only_if} if one price, freight or duty is as `karwan trade goods` says "
        "({only_if_usd}), {fail} fail ({fail_usd}), {unknown} are not judged ({unknown_usd})."
    ),
    "basket.judged_enough": "The target is reached without the goods not judged: {judged_usd} of {target_usd}.",
    "basket.judged_short": "Without the goods not judged or failed the basket holds {judged_usd} of the {target_usd}.",
    "basket.stand_ins": Plural(
        "goods",
        "{goods} good from outside the list stands in, the cheapest to bring: {names}.",
        "{goods} goods from outside the list stand in, the cheapest to bring: {names}.",
    ),
    "basket.demand_unknown": "Nobody is known to want {goods} of the {all} goods: they stand here as demand unknown.",
    "basket.no_costs": "The table has no costs (cost_usd, cost_share): the goods of greatest value were taken.",
    "basket.offer": "the offer of {group} worth {value_usd} ({year:d})",
    "basket.bounds": (
        "Caps: {assumed:d} of {goods:d} goods share {goods:d}/{offered:d} of {offer}, split by the country's world exports under "
        "their headings: assumed, no values by good are published."
    ),
    "basket.costs": "Costs: {costs}",
    "basket.scenarios": (
        "The scenarios are assumed: deliveries scatter by {spread_share} (log), of it {common_share} common to all goods."
    ),
    "basket.reach_no": (
        "{target_usd} is not within reach in the time that is left: from {now_usd}, the {goods} goods whose demand is known add at most "
        "{carried_usd} a year over the land corridors open today ({most_usd} in all), and fewer than one comparable pair in ten grew as much."
    ),
    "basket.reach_maybe": (
        "{target_usd} is unlikely: the {goods} goods whose demand is known bring {most_usd} at most over the land corridors open today, and "
        "it takes what one comparable pair in ten did in the time that is left."
    ),
    "basket.reach_yes": (
        "{target_usd} is within the bounds of the {goods} goods whose demand is known, over the land corridors open today ({most_usd}); what "
        "comparable pairs did in the time that is left stands beside."
    ),
    "basket.reach_from": (
        "{now_usd} is what {reporter} reports for {year}; its directions as in {period}, the newest it gives both of: {a_usd} and {b_usd}."
    ),
    "basket.reach_pairs": (
        "By {due} ({years} years): comparable pairs would bring {reporter}'s {now_usd} to {median_usd} (median of {cases}), one in ten to "
        "{p90_usd} or more; {multiple} times as much is needed."
    ),
    "basket.no_reach": "Whether the turnover is within reach is not said: {fact}",
    "basket.none": "No basket: {fact} {evidence}",
}
