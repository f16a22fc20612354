"""The first two pages in words, and what the printed brief leaves to its annex."""

from __future__ import annotations

from karwan.words.english.plural import Plural

FRONT: dict[str, str | Plural] = {
    "front.momentum": "Momentum",
    "front.momentum_tile": "by {name}'s {counted}: {period} on {previous}{how}{amounts}",
    "front.whole_tile": "by {name}'s {counted}: all of {period} on {previous}, the months beside it included{amounts}",
    "front.amounts": "; USD {value} on {before}",
    "front.no_momentum": "No momentum known",
    "front.no_momentum_why": "No official figure of the same months of two years is known.",
    "front.totals": "Both sides' totals, never added",
    "front.totals_note": "{newest} Customs count goods at the border, payments what banks pass on.{without}",
    "front.without_note": " As before: with months that held {fold} times as much taken as a year before.",
    "front.without_new": " As before: with months that held nothing a year before taken so.",
    "front.less": "as before",
    "front.both_ways": "both ways",
    "front.ways": "The way to ship today, priced for the case's reference load: {load}",
    "front.ways_note": "P95: nineteen journeys in twenty are not later. {load}{rest}{shut}{counts}{errors}{law}",
    "front.shut": Plural(
        "count",
        "On the first way {place} was shut unannounced once in {years} years open{season}. ",
        "On the first way {place} was shut unannounced {count} times in {years} years open{season}. ",
    ),
    "front.season": ", and at this time of year ({reason}) up to {last}; the days take it as open",
    "front.ways_rest": "† {share} of it rests on assumed inputs. ",
    "front.ways_span": "{low} to {high}",
    "front.counts": (
        "Least money and time: all told (freight, papers, guarantees, storage, insurance), USD {day} for each day of the load and USD {late} for each day "
        "from the mean to P95{carbon}; {clear}. "
    ),
    "front.clear": "of the ways under no known sanction the one best at both",
    "front.none_clear": "every open way falls under a known sanction",
    "front.carbon_counts": ", USD {usd} for a tonne of CO2e",
    "front.errors": Plural(
        "trips",
        "On the one trip it was not fitted to, the model is off by {days} days; {band} of 1 lies between its P5 and P95. ",
        "On {trips} trips it was not fitted to, the model is off by {days} days on average (mean absolute error); {band} lie between its P5 and P95. ",
    ),
    "front.no_errors": "No trip was held back to judge the model by. ",
    "front.law": "Signed or negotiated, not found to be in force: {names}.",
    "front.load_only_if": "The load compares ways and is no offer: it sells only at USD {at}/t or less at origin, put at {now}. ",
    "front.load_no": "The load compares ways and is no offer: it lands dearer than its cheapest rival. ",
    "front.load_unknown": "The load compares ways and is no offer: whether it sells is not known. ",
    "front.no_way": "No way is open",
    "front.no_way_why": "The case names nothing to compare, or every corridor is shut on the day.",
    "front.sanctions": Plural(
        "count",
        "falls under {count} {authority} sanction: {first}",
        "falls under {count} {authority} sanctions, the first: {first}",
    ),
    "front.no_sanction": "no sanction known to the case",
    "front.not_known": Plural(
        "count", "; {count} rule of unknown effect", "; {count} rules of unknown effect"
    ),
    "front.slowed": "; slowed, in the days: {places}",
    "front.no_carrier": "; no published carrier on {count} of {legs} legs",
    "front.no_carrier_at_all": "; no published carrier on any leg",
    "front.goods": (
        "Can it be sold? Of {all} goods {judged} can be judged: {yes} sell as priced, {only_if} would if one input moved, {no_plan} no plan, {no} no"
    ),
    "front.goods_note": (
        "{sold}Order: yes; one input, the shortest way first; an old price of another; no plan (a cut over {cut}); no. Landed over the open "
        "corridor of least money and time, duty in it, {loads} t a load. Own unknown: landed rests on another origin's price, the price "
        "it sells at does not. Prices are of one year where a published index follows them. Bound: a year's sales at a price that sells; goods of one heading may "
        "share an offer. † at a rival: it stands in. More: `karwan trade goods`."
    ),
    "front.goods_sold": "Sold all the same, {reporter}'s customs, {period}: {parts}. ",
    "front.goods_sold_part": "{way} USD {usd}",
    "front.no_index": ", no index",
    "front.bound": "{usd} ({tonnes} t)",
    "front.sells": "yes: at or below the cheapest rival",
    "front.only_if": "only if the {what} falls from USD {now} to {at}",
    "front.no_plan": "no plan: the {what} would have to fall by {cut}, from USD {now} to {at}",
    "front.only_if_under": "only if the {what} is under USD {at}; it is put at {now}, and may be off",
    "front.only_if_duty": "only if the duty falls from {now} to {at}",
    "front.only_if_asks": "only if USD {at} or less at origin; own unknown ({now}: {country}, {seen}{index})",
    "front.rival": "{usd} ({origin}, {seen})",
    "front.rival_home": "{usd} ({origin} in {place}, {seen})",
    "front.rival_shut": "{usd} ({origin}, {seen}; border shut)",
    "front.no_year": "no year",
    "front.dearer": "no: {over} above the cheapest rival",
    "front.banned": "no: a ban of {country} holds",
    "front.only_if_ban": "only if the ban is lifted",
    "front.all_origins": "mean of all origins",
    "front.no_goods": "No good to speak of",
    "front.no_goods_why": "Of no good of the case both a landed price and a rival's price are known: `karwan trade goods --all` says why.",
    "front.owed": "{asker} asks, {owner} offers",
    "front.owed_note": "{owner}'s own promises by worth a year net of duty{base}, then hours saved a tonne. Models: {models}. {rest}",
    "front.owed_model": "{promise}: {scenario}, {owner} alone",
    "front.owed_model_needs": "{promise}: {scenario}, which {others} must agree to as well",
    "front.owed_rest": Plural(
        "count", "Not reckoned by anybody: {names}.", "{count} more that nobody has reckoned: {names}."
    ),
    "front.owed_none": Plural(
        "count", "Not reckoned by anybody: {names}.", "{count} that nobody has reckoned: {names}."
    ),
    "front.nothing_owed": "{asker} asks, {owner} offers: nothing with a worth",
    "front.nothing_owed_why": "No scenario of the case gives a promise of {owner} alone a worth or hours saved. {rest}",
    "front.gains": (
        "Each promise kept alone, where trade, incomes and queues answer; trade of every country pair on the corridors counts."
    ),
    "front.due": "Due in {days} days",
    "front.due_note": Plural(
        "count",
        "One in all, {ending} because the plan ends ({day}): the text names no day of its own. {more}",
        "{count} in all, {ending} of them because the plan ends ({day}): their texts name no day of their own. {more}",
    ),
    "front.due_more": "The others stand in section 5.",
    "front.plan_end": "plan's\u00a0end",
    "front.nothing_due": "Nothing falls due in {days} days",
    "front.nothing_due_why": "No promise of the case names a day by {last}, nor does a milestone.",
    "front.outlook": "What is realistic by when",
    "front.outlook_note": (
        "{why}Turnover of a year, USD, if each side's own past goes on (random walk without drift), and the chance of USD {target}. Yearly steps it rests on: {steps}; the range "
        "says more than the middle.{without}"
    ),
    "front.outlook_without": " * Unusual months as a year before: {names}.",
    "front.outlook_wider": "{chance}\u00a0‡",
    "front.outlook_why": "‡ Higher from less trade: {name}'s last step is then {step}, not {published}, and larger steps reach further up too. ",
    "front.no_outlook": "No outlook",
    "front.no_outlook_why": "No turnover target lies ahead, or neither side has two full years.",
    "front.more_rows": "{shown} of {all} rows; the others stand in the annex and the workbook.",
    "front.sources": "Raised numbers are sources, listed in {annex} and in the workbook.",
    "front.annex_title": "{title}: annex",
    "front.annex_subtitle": "What the brief leaves out: tables in full, every route, every stage, sources",
    "front.rest_stands": "More on this stands in {annex} and in the workbook.",
}
