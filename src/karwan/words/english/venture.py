"""Ventures in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

VENTURE: dict[str, str | Plural] = {
    "venture.counts": "{ready} of {all} ventures have the figures to be appraised; of the others the table says what is missing.",
    "venture.middle_worked_back": (
        "Values at which the NPV is nil are counted from the middle case, all inputs at their middles, and whoever works backwards from them gets near its NPV. It is no forecast: "
        "{worse_share} of the draws are worse and {better_share} better, for ranges need not lie evenly round their middles. Go by the band."
    ),
    "venture.withheld": (
        "No single value stands: assumed inputs drive {assumed_share} of how the financial NPV varies and {economic_share} of how the economic one "
        "does. Read the bands, the values at which it turns, and what to find out first."
    ),
    "venture.gap": (
        "FIRR {firr_share}, EIRR {eirr_share}: the gap is the case for public money, where the second clears its hurdle and the first does not."
    ),
    "venture.gap_band": (
        "FIRR {financial}, EIRR {economic} (5 to 95 % of draws): the gap is the case for public money, where the second clears its hurdle and "
        "the first does not."
    ),
    "venture.chances": (
        "Of {draws} joint draws {financial_share} have a financial NPV above 0, {economic_share} an economic NPV above 0."
    ),
    "venture.stand_in": "Nobody announced this venture: a stand-in of the case. {note}",
    "venture.binds_supply": (
        "What binds is {what}: {within:,.0f} {unit} a year can be had, and the first stage takes in at most {reached:,.0f} of a capacity of "
        "{capacity:,.0f}."
    ),
    "venture.binds_load": (
        "What binds is its own load: the first stage takes in at most {reached:,.0f} {unit} of a capacity of {capacity:,.0f}, and of {what} "
        "{within:,.0f} a year can be had."
    ),
    "venture.supply_tannery": "raw material ({product}) fit and within reach",
    "venture.supply_factory": "raw material ({product}) fit and within reach",
    "venture.supply_off_dock_terminal": "traffic ({product}) that can be won",
    "venture.supply_grain_terminal": "cargo ({product}) that can be won",
    "venture.supply_logistics": "{product} that permits, visas and orders allow",
    "venture.supply_other": "{product} that can be had",
    "venture.ban": (
        "The market in {market} is shut in {banned_share} of the years of the draws, year by year: banned, or no price to sell at. The middle case "
        "knows no such year."
    ),
    "venture.corridor_traffic": (
        "The corridors' own trade past {port} is {own:,.0f} {product} a year, {own_share} of what it can have; the rest is of third countries."
    ),
    "venture.certain": Plural(
        "inputs",
        "{inputs} assumed input has no range, so the draws take it as certain: {names}. Bands are too narrow by what it hides.",
        "{inputs} assumed inputs have no range, so the draws take them as certain: the first are {names}. Bands are too narrow by what these hide.",
    ),
    "venture.fleet_permits": (
        "What binds is the permits: {permits:,.0f} round trips a year, where {vehicles:,.0f} vehicles could make {able:,.0f}."
    ),
    "venture.fleet_vehicles": (
        "What binds is the vehicles: {vehicles:,.0f} can make {able:,.0f} round trips a year, and permits allow {permits:,.0f}."
    ),
    "venture.find_out": "To find out first, as it moves the value most: {inputs}.",
    "venture.same_draws": "The same {draws} draws in every row, so that differences are the scenario's. Values under scenarios stand on assumed inputs too.",
    "venture.wait_lead": (
        "In {neither_share} of draws neither building now nor waiting pays; building now is best in {build_share}, waiting in {wait_share} "
        "(the border opens after {years:.2f} years on average)."
    ),
    "venture.wait_lead_record": (
        "In {neither_share} of draws neither building now nor waiting pays; building now is best in {build_share}, waiting in {wait_share}: if the border "
        "opens as after closures on record, {days:.0f} days on average at {place}. This one has lasted {shut_days} days: give --reopening-years."
    ),
    "venture.earned": (
        "Level yearly earnings while the border is shut {shut_usd}, under {opening} {open_usd}, of the middle case."
    ),
    "venture.earned_band": (
        "Level yearly earnings while the border is shut {shut}, under {opening} {open} (5 to 95 % of draws); both states by the same draws."
    ),
    "venture.equal": "Building at once and waiting are worth the same where the border opens after {years:.2f} years on average.",
    "venture.never_equal": "At no chance of opening are building at once and waiting worth the same.",
    "venture.equal_band": (
        "In {some_share} of draws there is a mean time until the border opens at which building at once and waiting are worth the same: "
        "{low:.2f} to {high:.2f} years (5 to 95 % of these)."
    ),
    "venture.never_equal_band": (
        "In fewer than one draw of 20 there is a mean time until the border opens at which building at once and waiting are worth the same."
    ),
    "venture.record": (
        "The closure record of {place} gives {days:.0f} days for a closure on average. A closure that has lasted longer than that is hardly one of "
        "the record: give --reopening-years."
    ),
    "venture.template": "Rows to fill for a venture of kind {kind}; put its id for ID. {analogues} published and recalled figures stand beside.",
    "venture.page_title": "{venture}",
    "venture.page_lead": "Would it pay: for its owners, its bank, each country? Bands come from joint draws of all inputs with a range.",
    "venture.tornado_figure": "What moves its value",
    "venture.tornado_caption": (
        "By how much the financial NPV moves with one input at the low and at the high end of its range, the others at their base. Beside a bar: "
        "the value at which the NPV is nil, where it lies in the range."
    ),
    "venture.gains_figure": "Who gains",
    "venture.gains_caption": (
        "Present value of what each group of each country gains, with the band of the draws. Bars are of the middle case and add up to the economic "
        "NPV; where no single value stands they are the middle of the draws, and medians do not add up."
    ),
    "venture.cash_figure": "Cash by year",
    "venture.cash_caption": (
        "Cash of the project before finance and its economic flow, year by year: the middle of the draws, whiskers from 5 to 95 %. The middles of "
        "the years are no path of the venture."
    ),
    "venture.wrote": "Wrote {files}.",
}
