"""Routes of a shipment in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

ROUTE: dict[str, str | Plural] = {
    "route.no_corridors": "Named corridors that do not join these two places: {corridors}.",
    "route.exact": "The Pareto set over USD, hours, variance and CO2e is exact: {count} routes.",
    "route.stand_for_all": (
        "The Pareto set was too large to list in full: {count} routes stand for all of it, none missed by more than {off_share} in any "
        "criterion."
    ),
    "route.overlap_relaxed": (
        "Fewer than three routes differ in 40 % of their way; routes sharing up to {overlap_share} were let in."
    ),
    "route.few": Plural(
        "count",
        "Only {count} route exists that differs at all.",
        "Only {count} routes exist that differ at all.",
    ),
    "route.turned_away": Plural(
        "count",
        "{count} way was left out: it meets a place or border again, changes between rail and road and back at one border, or waits months.",
        "{count} ways were left out: they meet a place or border again, change between rail and road and back at one border, or wait months.",
    ),
    "route.price": "Landed at {price_usd_t} at origin ({price_kind}, {price_period}{price_brought}), for {tonnes} t.",
    "route.own_price": "Landed at {price_usd_t} at origin (the price given), for {tonnes} t.",
    "route.fills": "Units are trucks or 40 ft boxes. In wagons and ships' parcels the load is {fills}.",
    "route.half_empty": (
        "The load fills {percent:.0f} % of a truck or 40 ft box and pays for all of it; --unit part_load prices a share of a truck, by road alone."
    ),
    "route.in_parts": (
        "Reckoned as {count} parts of {each:.3g} t. One piece that cannot be divided takes other ways, or none: --one-piece."
    ),
    "route.calm": (
        "Route 1, {route}: the case records no closure that came unannounced at {places}, known closures and the pandemic's apart, so its days and P95 hold none. "
        "It may lack some, and none in {years:.1f} years open does not rule out {bound:.1f} a year (95 %)."
    ),
    "route.shut_before": Plural(
        "count",
        "Route 1 passes {place}, shut unannounced once in {years:.1f} years open on record, {total:.0f} days; its days and P95 take one as {days:.0f} days{lent}.",
        "Route 1 passes {place}, shut unannounced {count} times in {years:.1f} years open on record, {total:.0f} days in all; its days and P95 take one as {days:.0f} days{lent}.",
    ),
    "route.length_lent": ", the mean of all places of its kind, as fewer than three of its own ended",
    "route.past_season": (
        "{place} used to be shut at this time of the year ({reason}, up to {last}); no row of the case shuts it now, so the answer takes it as open."
    ),
    "route.rests_on_rules": "Route 1, {route}, rests on: {rules}.",
    "route.left_out_by_rules": Plural(
        "count",
        "{count} route was left out for {authorities}: see the rules.",
        "{count} routes were left out for {authorities}: see the rules.",
    ),
    "route.rules_known": Plural(
        "count",
        "Bans and sanctions: {count} rule is typed with source and day; owners of ships, terminals and carriers without a rule were not looked up.",
        "Bans and sanctions: {count} rules are typed with source and day; owners of ships, terminals and carriers without a rule were not "
        "looked up.",
    ),
    "route.rules": "Bans and sanctions, and what is not known of them",
    "route.as_of": Plural(
        "count",
        "As known on {day:%Y-%m-%d}: closures, regimes and figures seen by then; {count} figure is of a later year, as none is older.",
        "As known on {day:%Y-%m-%d}: closures, regimes and figures seen by then; {count} figures are of a later year, as none is older.",
    ),
    "route.dangerous": "Dangerous goods: {text}, {name}.",
    "route.load": (
        "Crossings at {load:g} times their usual load: this moves P5, P50, P95 and the share on time; mean days, money and ranking hold at "
        "the usual load."
    ),
    "route.duty": "Duty at destination: {duty}.",
    "route.duty_unknown": "Duty at destination: {duty}. Landed cost leaves duty out.",
    "route.assumed_terminal_dearer": (
        "{terminals} ways in bond through off-dock terminals are left out: their figures are assumed. By them the best, {terminal}, costs USD "
        "{difference_usd:,.0f} more than the quay. It would be chosen if it charged less than USD {charge_at_par_usd:,.0f} (assumed "
        "{charge_usd:,.0f}) or held the goods less than {hours_at_par:,.0f} h (assumed {hours:,.0f}): {decides}. "
        "--include-assumed takes them."
    ),
    "route.assumed_terminal_cheaper": (
        "{terminals} ways in bond through off-dock terminals are left out: their figures are assumed. By them the best, {terminal}, costs USD "
        "{difference_usd:,.0f} less than the quay, as long as it charges less than USD {charge_at_par_usd:,.0f} (assumed {charge_usd:,.0f}) "
        "and holds the goods less than {hours_at_par:,.0f} h (assumed {hours:,.0f}): {decides}. "
        "--include-assumed takes it."
    ),
    "route.terminals_alike": "{terminal} (the {alike} are assumed alike)",
    "route.terminal_range_unknown": "its tariff and its dwell would decide",
    "route.terminal_range_both": (
        "its tariff or its dwell would decide, as the charge may be USD {charge_low_usd:,.0f} to {charge_high_usd:,.0f} and the stay "
        "{hours_low:,.0f} to {hours_high:,.0f} h"
    ),
    "route.terminal_range_charge": (
        "its tariff would decide, as the charge may be USD {charge_low_usd:,.0f} to {charge_high_usd:,.0f}; no stay of {hours_low:,.0f} to "
        "{hours_high:,.0f} h would by itself"
    ),
    "route.terminal_range_hours": (
        "its dwell would decide, as the stay may be {hours_low:,.0f} to {hours_high:,.0f} h; no charge of USD {charge_low_usd:,.0f} to "
        "{charge_high_usd:,.0f} would by itself"
    ),
    "route.terminal_range_neither": (
        "neither its tariff nor its dwell would by itself, as they may be USD {charge_low_usd:,.0f} to {charge_high_usd:,.0f} and "
        "{hours_low:,.0f} to {hours_high:,.0f} h"
    ),
    "route.assumed_terminal_chosen": "The first route goes in bond through {terminal}, whose figures are assumed.",
    "route.days_of_year": (
        "Days of the year: calendars are known for 400 days from the departure asked for and repeat nothing after it; slow-downs hold as on "
        "that day."
    ),
    "route.asked": Plural(
        "units",
        "{origin} → {destination}, {tonnes:g} t {product} ({units} unit), leaving {departure:%Y-%m-%d}",
        "{origin} → {destination}, {tonnes:g} t {product} ({units} units), leaving {departure:%Y-%m-%d}",
    ),
    "route.caution": "CAUTION: route 1, {route}, falls under sanctions of {authorities}; --lawful-for leaves such ways out",
    "route.routes": "Routes",
    "route.corridors": "Named corridors",
    "route.stages": "Stages of route 1, {route}",
    "route.carriers": "Who can carry each leg of route 1",
    "route.closed": "Closed or slow on the way",
    "route.paid": "What is paid for route 1, {route}",
    "route.papers": "Papers of route 1",
    "route.papers_all": "Papers",
    "route.guarantees": "Guarantees in customs transit, route 1",
    "route.guarantees_all": "Guarantees in customs transit, listed routes",
    "route.lateness": "What makes route 1 late: share of lateness, hours above the mean in late journeys",
    "route.queues": "Waiting in line that traffic adds at the crossings of route 1, at {load:g} times the usual load",
    "route.queues_usual": "Waiting in line that traffic adds at the crossings of route 1, at the usual load",
    "route.closure_rates": "Random closures in the P95, with 90 % intervals",
    "route.by_day": "Route 1 by departure day",
    "route.amounts": "Where the amounts of route 1 come from",
    "route.reading": (
        "Listed routes share at most {overlap_share} of their way with one another, but the cheapest, the fastest and the surest are always "
        "there; they are ranked by what they cost in all, with a promise by the chance to keep it; also possible: "
        "the best way of each other named corridor that is open. Days are door to door; share is the part of shippers a path-size logit "
        "sends there."
    ),
    "route.weights": (
        "What counts in the ranking: money, an hour at USD {hour:.2f}, an hour of P95 less mean at USD {reliability:.2f}, a t of CO2e at "
        "USD {carbon:.0f}."
    ),
    "route.logsum": "Corridor trade cost (logsum): USD {logsum:,.0f}/t.",
    "route.all_tables": "Papers and guarantees of the other routes, stages of route 1 and sources of rules: --full. All tables of all routes: --json or --csv.",
    "closures.no_record": "Random closures are left out: parameters.csv has no row closures_observed_from_year.",
    "closures.record_too_late": (
        "Random closures are left out: their record begins on {start:%Y-%m-%d}, not before {as_of:%Y-%m-%d}."
    ),
    "closures.left_out": "Random closures of each {kind} are left out: {fact}; {evidence}.",
}
