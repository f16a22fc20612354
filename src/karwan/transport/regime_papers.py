"""What the terms of a transit regime ask for as papers: their money, hours before departure, and fees by the value of the goods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from karwan.schema.modes import ROAD
from karwan.transport.network.regimes import cargo_covered, covers, regime_in_force
from karwan.transport.network.stage import Row

ASKED = ("paper_usd", "prepare_h", "fee_share")
"""Quantities of terms that are papers: USD, hours before departure, share of the value."""
SCOPES = {
    "origin": "origin",
    "country": "country",
    "border": "crossing",
    "port": "port",
    "destination": "destination",
}
"""Scope of a paper by the leg of its term; `country` is one passed that is neither end."""


def regime_papers(
    regimes: Mapping[str, Row],
    terms: Sequence[Row],
    fees: Iterable[Row],
    places: Mapping[str, Sequence[tuple[str, str]]],
    goods: tuple[tuple[str, str], str, float],
    day: date,
) -> list[Row]:
    """Papers that the terms of the regimes in force ask for; they stand for the documents of the regime at the same scope.

    Parameters
    ----------
    regimes
        Rows of regimes by id.
    terms, fees
        Rows of regime_terms and of fees: a paper whose money stands in fees under its regime costs nothing more.
    places
        (place, mode) by scope.
    goods
        Countries of origin and destination, sector, and value in USD.
    day
        Day of departure.

    Returns
    -------
    Rows as `papers.PaperLaw.rows` has them, one a regime, leg and place.
    """
    ends, sector, value_usd = goods
    charged = {row["regime_id"] for row in fees if row["regime_id"]}
    cargo = cargo_covered(terms)
    found: dict[tuple[str, str, str], Row] = {}
    for term in terms:
        regime = regimes.get(term["regime_id"])
        if term["quantity"] not in ASKED or regime is None or not regime_in_force(regime, day):
            continue
        if term["sectors"] and sector not in term["sectors"]:
            continue
        if term["quantity"] == "paper_usd" and term["regime_id"] in charged:
            continue
        scope = SCOPES[term["leg"]]
        for place in _asked(term, regime, places[scope], cargo.get(term["regime_id"]), ends):
            row = found.setdefault((term["regime_id"], scope, place), _paper(term, regime, scope, place))
            _add(row, term, value_usd)
    return list(found.values())


def _asked(
    term: Row, regime: Row, places: Iterable[tuple[str, str]], cargo: str | None, ends: tuple[str, str]
) -> Iterator[str]:
    """Places of a scope at which a term bites on such goods: in a party, or at a crossing or port of a trade with an end in one."""
    parties = set(regime["parties"])
    for place, mode in places:
        where = set(ends) if term["leg"] in ("border", "port") else {place}
        here = term["place_id"] in (None, place) and (not mode or term["mode"] in (None, mode))
        if here and where & parties and covers(cargo, regime["parties"], place, ends):
            yield place


def _paper(term: Row, regime: Row, scope: str, place: str) -> Row:
    return {
        "scope": scope,
        "place_id": place,
        "mode": term["mode"] or ROAD,
        "document_id": term["term_id"],
        "name": f"Papers of {regime['regime_id']}",
        "cost_usd": 0.0,
        "time_h": 0.0,
        "regime_id": term["regime_id"],
        "basis": term["basis"],
        "source_id": term["source_id"],
    }


def _add(row: Row, term: Row, value_usd: float) -> None:
    """Put the money or hours of a term on its paper."""
    if term["quantity"] == "prepare_h":
        row["time_h"] = max(row["time_h"], float(term["value"]))
    elif term["quantity"] == "paper_usd":
        row["cost_usd"] += float(term["value"])
    else:
        row["cost_usd"] += float(term["value"]) * value_usd
        row["name"] = f"Papers and fee of {row['regime_id']}, {term['value']:.0%} of the value"
