"""Demand, sensitivity and assignment of corridors in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

CORRIDORS: dict[str, str | Plural] = {
    "as_of.holds": (
        "Of {day:%Y-%m-%d}, by all that the case holds on {stands:%Y-%m-%d}, not by what was known then. Closures and slowdowns in force: {closures}, "
        "of which {ended} ended later; {later} begin after the day and do not hold. Regimes in force: {regimes}; later {regimes_later} more. "
        "Rates and border hours of a later year that count all the same: {figures}. `karwan route --as-of` leaves out what was not known."
    ),
    "as_of.shut": "Shut or slower on {day:%Y-%m-%d}: {names}.",
    "demand.given": "{tonnes:,.0f} t a year each way (given), spread evenly over the pairs.",
    "demand.none": "{way}: the case has no yearly flow on {day:%Y-%m-%d}; give --tonnes-year.",
    "demand.flow": (
        "{way}: USD {value:,.0f} in {year} as {reporter} reports, taken as {product} at USD {price:,.0f}/t ({priced}): {tonnes:,.0f} t a year, "
        "spread evenly over the pairs (assumed)."
    ),
    "demand.price_year": "price of {year}",
    "demand.price_no_year": "price of no stated year",
    "demand.a_to_b": "a to b",
    "demand.b_to_a": "b to a",
    "prices.none": "The case has no observed price between places of its network.",
    "prices.no_index": "The case has no index of the dollar's consumer prices: prices stand as printed.",
    "prices.no_way_without": "No way is left, or none with a rate, without the rates of their own source: {prices}. They are not scored.",
    "own.no_judgement": "The case states no judgement on hours (hours.csv): own trips are compared, no hours are fitted to them.",
    "own.unused": "The model has no way for {rows}: nothing moved with them.",
    "own.named": (
        "Own observations are private: every answer that rests on them says so in its first line, and the source own_observation stands "
        "beside each figure they moved."
    ),
    "sensitivity.one_open": "Fewer than two corridors are open: nothing to flip.",
    "sensitivity.flips": (
        "{corridor} leads by {lead:,.1f} USD/t; {flips} of {inputs} assumed inputs could flip it within their range, to {others}."
    ),
    "sensitivity.holds": (
        "{corridor} leads by {lead:,.1f} USD/t; none of {inputs} assumed inputs flips it within its range. Nearest comes {rival}, still "
        "{behind:,.1f} USD/t behind: {input}."
    ),
    "assignment.not_served": "{od}: no route open, {t_day:,.1f} t a day not served.",
    "assignment.choice": (
        "Shares by path-size logit: scale {scale:g} per USD/t{span}, {basis}, source {source_id}; weight of the path size {weight:g}."
    ),
    "assignment.span": " ({low:g} to {high:g})",
    "assignment.no_capacity": "No place on the routes has a capacity: nothing queues.",
    "assignment.capacity": "Capacity counts at {kinds}; places without one take any load.{unknown}{beyond}",
    "assignment.crossing": Plural("count", "{count} crossing", "{count} crossings"),
    "assignment.terminal": Plural("count", "{count} terminal", "{count} terminals"),
    "assignment.link": Plural("count", "{count} link", "{count} links"),
    "assignment.sailing": Plural("count", "{count} sailing", "{count} sailings"),
    "assignment.service": Plural("count", "{count} fleet", "{count} fleets"),
    "assignment.fleet_full": (
        "The fleet of {place} is full: {volume_day:.2f} of {capacity_day:.2f} {unit} a day ({load_share:.0%}). It binds: the wait for a "
        "unit outweighs its price, and the rest goes as without it."
    ),
    "assignment.fleet_tight": (
        "The fleet of {place} takes {volume_day:.2f} of {capacity_day:.2f} {unit} a day ({load_share:.0%}): a load waits {delay_h:.1f} h "
        "more for a unit, which keeps some away."
    ),
    "assignment.fleet_room": (
        "The fleet of {place} takes {volume_day:.2f} of {capacity_day:.2f} {unit} a day ({load_share:.0%}): it does not bind."
    ),
    "assignment.no_fleet": Plural(
        "count",
        "Of {count} service with a through rate nobody stated how many units a week it can take, so it is never full: {names}.",
        "Of {count} services with a through rate nobody stated how many units a week they can take, so they are never full: {names}.",
    ),
    "assignment.unknown": " Traffic of others is not known at {count} of them and taken as none.",
    "assignment.beyond": " Loaded beyond the limit: {count}; hours there order the routes, they forecast no queue.",
    "assignment.converged": "Converged: residual {residual:.2e} (bound {bound:g}), iterations: {iterations}.",
    "assignment.not_converged": (
        "NOT converged, so the flows are those of the last iteration: residual {residual:.2e} (bound {bound:g}), iterations: {iterations}."
    ),
}
