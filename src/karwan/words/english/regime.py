"""Transit regimes in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

REGIME: dict[str, str | Plural] = {
    "regime.base": (
        "Base: trade of {year} as it was made, {scenarios} in force, on {day}; the regime suspended against in force. `karwan plan worth` and `plan draft` start from "
        "the case as it stands, so their figures are others."
    ),
    "regime.base_bare": "Base: the case as it stands on {day}; the regime suspended against in force.",
    "regime.shut": Plural(
        "crossings",
        "A crossing that this answer takes as open is closed on {day}: {places}. It supposes “{under}”.",
        "{crossings} crossings that this answer takes as open are closed on {day}: {places}. It supposes “{under}”.",
    ),
    "regime.none_shut": "No crossing that this answer takes as open is closed on {day}; it supposes “{under}”.",
    "regime.trade": "Trade a year with the regime in force against suspended: {moved}.",
    "regime.losers": Plural(
        "pairs",
        "One country pair loses trade: {names} a year.",
        "{pairs} country pairs lose trade, {total_usd} a year in all: {names}{more}.",
    ),
    "regime.no_loser": "No country pair loses {least_usd} of trade a year.",
    "regime.gainers": Plural(
        "pairs",
        "One other country pair gains: {names} a year.",
        "{pairs} other country pairs gain, {total_usd} a year in all: {names}{more}.",
    ),
    "regime.more": " and {count} more",
    "regime.best": (
        "All terms together are worth USD {whole:,.1f} a tonne on average over the goods looked at{band}; worth most alone: {term}, USD {worth:,.1f}."
    ),
    "regime.best_supposed": (
        "All terms, supposed as no source gives the text, are worth USD {whole:,.1f} a tonne together on average over the goods looked at{band}; worth most alone: "
        "{term}, USD {worth:,.1f}."
    ),
    "regime.worthless": "Its terms are worth nothing a tonne to the goods looked at.",
    "regime.drawn": " ({low:,.1f} to {high:,.1f} in nine of ten joint draws)",
    "regime.band": " ({low:,.1f} to {high:,.1f} at the ends of the terms' ranges)",
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
    "regime.given_trucks": (
        "Without it trucks of {country} drive on through {trucks} ({regime}) and can carry the whole way, both ways, so no load needs a "
        "truck of {trucks} in {country}. It would be worth what a change of trucks costs where trucks of {country} were not to be had, "
        "which the model does not know: no fleet of a country is bounded."
    ),
    "regime.given_guarantee": "The same guarantee ({kind}) is had without it, by {regimes}.",
}
