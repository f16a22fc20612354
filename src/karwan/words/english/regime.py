"""Transit regimes in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

REGIME: dict[str, str | Plural] = {
    "regime.base": (
        "Base: trade of {year} as it was made, {scenarios} in force, on {day}; the regime suspended against in force. `karwan plan worth` and `plan draft` start from "
        "the case as it stands, so their figures are others."
    ),
    "regime.base_bare": "Base: the case as it stands on {day}; the regime suspended against in force.",
    "regime.best": (
        "Worth most in its text: {term}, USD {worth:,.1f} a tonne on average over the goods looked at, of USD {whole:,.1f} a tonne for all terms together."
    ),
    "regime.best_supposed": (
        "Worth most of the terms supposed, as no source gives the text: {term}, USD {worth:,.1f} a tonne on average over the goods looked at, of USD {whole:,.1f} a "
        "tonne for all terms together."
    ),
    "regime.drawn": "All terms together in the joint draws: USD {middle:,.1f} a tonne in the middle, {low:,.1f} to {high:,.1f} in nine of ten.",
    "regime.band": "All terms together at the ends of their ranges: USD {low:,.1f} to {high:,.1f} a tonne.",
    "regime.trade": "Trade with the regime in force against suspended, a year: {moved}.",
    "regime.trade_under": "Trade with the regime in force against suspended, a year, supposing “{under}”: {moved}.",
    "regime.falls": Plural(
        "pairs",
        "Trade of {pairs} country pair falls at given prices: fees, papers, securities and checks of the regime are paid with it, and what would be asked for in their "
        "place without it is not known and costs nothing here, so the fall may be too large: {names}.",
        "Trade of {pairs} country pairs falls at given prices: fees, papers, securities and checks of the regime are paid with it, and what would be asked for in their "
        "place without it is not known and costs nothing here, so the fall may be too large: {names}.",
    ),
    "regime.quota": (
        "Permits bind for trucks of {trucks}: {permits:,.0f} a year, where {needed:,.0f} trips a year would come. Trade by pair is reckoned with as many trips as permits: at USD "
        "{permit_usd:,.0f} a permit, which those earn who hold one, the others take another way."
    ),
    "regime.quota_open": "Trips and permits were not brought together: trade by pair holds more trips than there are permits.",
    "regime.draws": (
        "Bands: 5, 50 and 95 % of {draws} joint draws (seed {seed}, hours of queues held) of the inputs of trade, of the terms that have a range (of every regime), of changes of "
        "trucks, and of what is judged of papers; each draw prices the whole state, so terms act on one another. "
        "A row marked stated moves in no draw: its text, tariff or rule gives it, or it is supposed without a range "
        "where its basis is assumed."
    ),
    "regime.assumed": "Terms of {regime} ({state}) are assumed in part: what is said of them holds if its text says so.",
    "regime.assumed_all": "All terms of {regime} ({state}) are assumed, as no source gives them: what is said of them holds if its text says so.",
    "regime.nothing": (
        "Worth nothing in the cost of carriage: {terms}. Another regime gives it already, or no route of the pair meets it; a quota enters "
        "no cost."
    ),
}
