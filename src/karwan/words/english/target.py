"""Chances of a turnover target in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

TARGET: dict[str, str | Plural] = {
    "target.too_few_years": "{country} publishes too few full years for a forecast.",
    "target.series": "{country}: {years} full years ({first} to {last}{spoken}), the last {last_usd}.{thin}",
    "target.spoken": ", {count} of them spoken or press figures",
    "target.thin": " That is a thin series: the models' ranges are wide, the base rate weighs more than any of them.",
    "target.without": (
        "{country}'s {year} with {less} as a year before ends at {base_usd}; {multiple} times that is the target. Its chance by {day} is then {probability_share} by the "
        "random walk (Student t), {with_share} as published{rate}{why}."
    ),
    "target.without_higher": (
        "; higher from less trade, for the last step is then {step} ({step_with} as published), and a walk that swings more reaches further up as well as down"
    ),
    "target.without_rate": "; base rate {rate}",
    "target.about": "about {low_share}",
    "target.between": "{low_share} to {high_share}",
    "target.none_ahead": "No turnover target in USD has a date after {day}.",
    "target.range": "{title}, {day}: {alone} by the ways side by side; with each one's own uncertainty {ends}.",
    "target.rates_depend": (
        "A pair counts once for each start year, so cases of the base rate are not independent; values are in current USD."
    ),
    "target.no_rates": (
        "No base rate is at hand for this growth: karwan trade target --panel FILE computes it from a panel of pairs."
    ),
    "target.promises": (
        "With a promise kept turnover starts as many times higher as trade and corridor together make it; of each side the better scored way stands here, --json has all. "
        "The base rate is that of the same side's figures."
    ),
    "target.moved": (
        "Under {scenarios} trade and corridor together make the turnover {factor:.3f} times as high: every forecast starts from there."
    ),
    "target.unmoved": (
        "{scenarios} moves the turnover by less than 0.05 %, so the chances stay as they were: what it changes does not, or hardly, reach "
        "the landed cost of the goods the two sell each other."
    ),
    "target.nothing_compared": (
        "{scenarios} does not move the chances: the case compares no places, goods or routes by which trade could answer."
    ),
    "target.idle": Plural(
        "count",
        "{count} scenario moves the turnover by less than 0.05 %: {names}.",
        "{count} scenarios move the turnover by less than 0.05 %: {names}.",
    ),
    "target.tested": (
        "On {forecasts:,} past forecasts of {pairs:,} pairs, {step} years ahead, {best} came closest (CRPS {best_crps:.2f}, "
        "{best_cover_share} inside its 90 % band), {worst} least (CRPS {worst_crps:.2f}, {worst_cover_share})."
    ),
}
