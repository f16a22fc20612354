"""What is said first of a transit regime: what is shut today, who gains and who loses, what its terms are worth."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.amounts import dollars, percent
from karwan.analysis.regime.bands import BAND
from karwan.analysis.regime.permits import HeldTrade
from karwan.analysis.regime.states import RegimeStates
from karwan.analysis.regime.worth import TOGETHER, RegimeGrounds
from karwan.case import Case
from karwan.case.places import Gazetteer
from karwan.notes import Note, note
from karwan.trade.parties import DIRECTIONS
from karwan.transport.closures import shut_places
from karwan.transport.network.stage import Row

FEW_PARTIES = 4
"""Parties of a regime up to which trade among all of them is said first."""
LEAST_FALL = 5e-4
"""Fall of a pair's trade at given prices from which it is said why."""
LEAST_USD = 500.0
"""Change of a pair's trade a year from which it gains or loses."""
NAMED = 6
"""Pairs named of those that gain, and of those that lose."""


def base_lead(states: RegimeStates) -> list[Note]:
    """Crossings that the answer takes as open and that are shut on the day."""
    if not states.base:
        return []
    places = reopened(states)
    day, under = states.bare.settings.as_of, [one.title for one in states.base]
    if not places:
        return [note("regime.none_shut", day=day, under=under)]
    return [note("regime.shut", day=day, under=under, places=places, crossings=len(places))]


def reopened(states: RegimeStates) -> list[str]:
    """Names of crossings that are shut on the day and open in the state trade was made in."""
    bare, day = states.bare, states.bare.settings.as_of
    shut = shut_places(bare["closures"], "crossing", day)
    shut -= shut_places(states.before["closures"], "crossing", day)
    names = Gazetteer(bare.tables)
    return sorted(names.name(one) for one in shut)


def trade_lead(case: Case, states: RegimeStates, pairs: pl.DataFrame) -> list[Note]:
    """Trade of the two countries of the case both ways and of the regime's own parties where they are few; then all that lose, and others that gain."""
    ends = [case.parties.ends(way) for way in DIRECTIONS]
    own = states.row["parties"]
    if len(own) <= FEW_PARTIES:
        ends += [(one, two) for one in own for two in own if one != two]
    rows = [row for row in pairs.iter_rows(named=True) if row["value_usd_year"]]
    first = [row for row in rows if (row["exporter"], row["importer"]) in ends]
    if not first:
        return []
    rest = [row for row in rows if row not in first]
    lost = sorted((row for row in rows if _change(row) <= -LEAST_USD), key=_change)
    gained = sorted((row for row in rest if _change(row) >= LEAST_USD), key=_change, reverse=True)
    said = [note("regime.trade", moved=[_banded(row) for row in first])]
    said.append(_list("regime.losers", lost) if lost else note("regime.no_loser", least_usd=LEAST_USD))
    return [*said, _list("regime.gainers", gained)] if gained else said


def _list(key: str, rows: Sequence[Row]) -> Note:
    """Pairs with dollars, the largest first, and how many are not named."""
    total = sum(abs(_change(row)) for row in rows)
    more = note("regime.more", count=len(rows) - NAMED) if len(rows) > NAMED else ""
    return note(key, pairs=len(rows), total_usd=total, names=[_moved(row) for row in rows[:NAMED]], more=more)


def _change(row: Row) -> float:
    """Change of trade of a pair, USD a year, by the fullest answer there is."""
    return float(row["new_value_usd_year"] - row["value_usd_year"])


def _moved(row: Row) -> str:
    """'Uzbekistan to Afghanistan −USD 5.3 m (−0.5 %)'."""
    return f"{row['pair']} {_dollars(_change(row))} ({_share(row)})"


def _banded(row: Row) -> str:
    """The same with the band of the draws where they are asked for."""
    if row["low_share"] is None:
        return _moved(row)
    low, high = (percent(row[name], 1, signed=True) for name in ("low_share", "high_share"))
    return f"{row['pair']} {_dollars(_change(row))} ({_share(row)}; {low} to {high} in joint draws)"


def _share(row: Row) -> str:
    return percent(_change(row) / row["value_usd_year"], 1, signed=True)


def _dollars(value: float) -> str:
    if abs(value) < LEAST_USD:
        return dollars(0.0)
    return f"{'+' if value > 0 else '−'}{dollars(abs(value))}"


def worth_lead(states: RegimeStates, grounds: RegimeGrounds, worth: pl.DataFrame) -> list[Note]:
    """What all terms are worth together, with the one band there is, and which is worth most."""
    if not grounds.best:
        return [note("regime.worthless")]
    whole = worth.row(by_predicate=pl.col("term") == TOGETHER, named=True)
    ends = BAND[0], BAND[-1]
    low, high = (whole[f"worth_{end}_usd_t"] for end in ends)
    band: Note | str = ""
    if low is not None:
        band = note("regime.drawn", low=low, high=high)
    elif grounds.low_usd_t != grounds.high_usd_t:
        band = note("regime.band", low=grounds.low_usd_t, high=grounds.high_usd_t)
    key = "regime.best_supposed" if all_supposed(states) else "regime.best"
    return [note(key, term=grounds.best, worth=grounds.best_usd_t, whole=grounds.whole_usd_t, band=band)]


def all_supposed(states: RegimeStates) -> bool:
    """Whether every term is assumed: no source gives the text."""
    return all(row["basis"] == "assumed" for row in states.terms)


def fall_notes(pairs: pl.DataFrame) -> list[Note]:
    """What trade that falls at given prices means: what the regime asks for costs, and nothing known takes its place without it."""
    fallen = pairs.filter(pl.col("free_partial_share") <= -LEAST_FALL)["pair"].to_list()
    return [note("regime.falls", pairs=len(fallen), names=fallen)] if fallen else []


def permit_notes(permits: pl.DataFrame, held: HeldTrade) -> list[Note]:
    """Permits that bind, and whether trips were brought to them."""
    bound = permits.filter(pl.col("binds").fill_null(False))
    said = [
        note(
            "regime.quota",
            trucks=row["trucks"],
            permits=row["permits_year"],
            needed=row["after_trucks_year"],
            permit_usd=row["permit_usd"],
        )
        for row in bound.iter_rows(named=True)
    ]
    return said if held.settled else [*said, note("regime.quota_open")]
