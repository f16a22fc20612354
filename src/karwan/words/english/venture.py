"""Ventures in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

VENTURE: dict[str, str | Plural] = {
    "venture.counts": "{ready} of {all} ventures have the figures to be appraised; of the others the table says what is missing.",
    "venture.withheld": (
        "No single value stands: assumed inputs drive {assumed_share} of how the financial NPV varies. Read the band, the values at which it "
        "turns, and what to find out first."
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
    "venture.binds": (
        "What binds is {what}: the first stage takes in at most {reached:,.0f} {unit} of a capacity of {capacity:,.0f}; {within:,.0f} are fit and "
        "within reach."
    ),
    "venture.find_out": "To find out first, as it moves the value most: {inputs}.",
    "venture.same_draws": "The same {draws} draws in every row, so that differences are the scenario's. Values under scenarios stand on assumed inputs too.",
    "venture.earned": (
        "Level yearly earnings while the border is shut {shut_usd}, under {opening} {open_usd}, of the middle case."
    ),
    "venture.equal": "Building at once and waiting are worth the same where the border opens after {years:.2f} years on average.",
    "venture.never_equal": "At no chance of opening are building at once and waiting worth the same.",
    "venture.record": (
        "The closure record of {place} gives {days:.0f} days for a closure on average. A closure that has lasted longer than that is hardly one of "
        "the record: give --reopening-years."
    ),
    "venture.template": "Rows to fill for a venture of kind {kind}; put its id for ID. {analogues} published and recalled figures stand beside.",
    "venture.page_title": "{venture}",
    "venture.page_lead": "Would it pay: for its owners, its bank, each country? Bands come from joint draws of all inputs with a range.",
    "venture.tornado_figure": "What moves its value",
    "venture.tornado_caption": (
        "Financial NPV with one input at the low and at the high end of its range, the others at their base. A bar that crosses nil can turn the "
        "answer."
    ),
    "venture.gains_figure": "Who gains",
    "venture.gains_caption": "Present value of what each group of each country gains; the bars add up to the economic NPV of the middle case.",
    "venture.cash_figure": "Cash by year, middle case",
    "venture.cash_caption": "Cash of the project before finance, and its economic flow. One case of many: read it with the bands.",
    "venture.wrote": "Wrote {files}.",
}
