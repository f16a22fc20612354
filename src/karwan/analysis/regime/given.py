"""Why a regime that opens a country to the trucks of another may be worth nothing: who carries the goods without it."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from karwan.analysis.regime.states import RegimeStates
from karwan.case import Case
from karwan.notes import Note, note
from karwan.transport.network.lookup import access_rule

SHUT = ("swap", "forbidden")
"""Rules under which a truck does not drive on."""


def given_notes(states: RegimeStates) -> Iterator[Note]:
    """Which trucks and which carnet serve the parties without the regime."""
    case = states.before
    for country, trucks in _opened(states):
        rule = _rule(case, trucks, country)
        if rule is not None:
            names = dict(case["regimes"].select("regime_id", "name").iter_rows())
            yield note(
                "regime.given_trucks",
                trucks=case.country_name(trucks),
                country=case.country_name(country),
                regime=str(names.get(rule) or "no regime, by permit"),
            )
    kinds = {row["text_value"] for row in states.terms if row["quantity"] == "guarantee_kind"}
    of_all = [
        row["regime_id"]
        for row in case["regimes"].iter_rows(named=True)
        if row["regime_id"] != states.row["regime_id"] and set(states.row["parties"]) <= set(row["parties"])
    ]
    others = case["regime_terms"].filter(
        (pl.col("quantity") == "guarantee_kind") & pl.col("regime_id").is_in(of_all)
    )
    for kind in sorted(kinds & set(others["text_value"])):
        serving = sorted(set(others.filter(pl.col("text_value") == kind)["regime_id"]))
        yield note("regime.given_guarantee", kind=kind, regimes=serving)


def _opened(states: RegimeStates) -> list[tuple[str, str]]:
    """Country and trucks of the parties that drive on in it with the regime, and do not without."""
    parties = states.row["parties"]
    pairs = [(country, trucks) for country in parties for trucks in parties if country != trucks]
    return [
        (country, trucks)
        for country, trucks in pairs
        if _rule(states.after, country, trucks) is not None and _rule(states.before, country, trucks) is None
    ]


def _rule(case: Case, country: str, trucks: str) -> str | None:
    """Regime by which trucks drive on in a country on the day of the case, blank for none; None where they do not."""
    named = case["access"].filter(pl.col("vehicle_registration") == trucks).iter_rows(named=True)
    rule, row = access_rule(named, country, trucks, case.settings.as_of)
    return None if row is None or rule in SHUT else str(row["regime_id"] or "")
