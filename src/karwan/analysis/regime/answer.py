"""`karwan scenario regime`: what a transit regime does."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from karwan.analysis.case_requests import RegimeRequest, ScenarioTradeRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.answer import Solved, States, pair_table, with_draws
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.coupling.shown import without_bands
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.regime.legs import leg_table
from karwan.analysis.regime.papers import moved_papers, paper_table
from karwan.analysis.regime.permits import HeldTrade, hold_permits, permit_table
from karwan.analysis.regime.states import IN_FORCE, SUSPENDED, RegimeStates, regime_states
from karwan.analysis.regime.worth import RegimeGrounds, regime_grounds, worth_table
from karwan.analysis.worth.states import NOW
from karwan.appraisal.coupling.trade import GENERAL, PARTIAL
from karwan.notes import Note, note


def answer_regime(inputs: Inputs, request: RegimeRequest) -> Result:
    """Legs and papers before and after, terms by worth, permits, trade by pair.

    Raises
    ------
    UnknownName
        The case has no such regime.
    InvalidInput
        It has no terms.
    """
    case = inputs.the_case()
    states = regime_states(case, request.regime_id)
    study = CorridorStudy(case, case.settings.as_of)
    study.require_comparable()
    worth = worth_table(states, study)
    coupling, held, both = _solved(study, states, request)
    pairs, drawn = _pairs(coupling, held.capped, both, request)
    permits = permit_table(states, coupling, held)
    tables = {
        "legs": leg_table(states),
        "papers": paper_table(states, study),
        "terms by worth": worth,
        "permits": permits,
        "pairs": pairs,
    }
    meta = {"regime_id": request.regime_id, "state": states.row["state"], "parties": states.row["parties"]}
    notes = (
        *_base_notes(states),
        *worth_notes(states, regime_grounds(worth)),
        *_permit_notes(permits, held),
        *drawn,
    )
    return Result(tables, meta, notes=notes)


def present_regime(result: Result, view: None, form: str) -> Result:
    """Plain: no band that nobody asked for, and of the papers those that move, with a row for all that stay."""
    if form != "table":
        return result
    tables = {key: without_bands(table) for key, table in result.tables.items()}
    tables["papers"] = moved_papers(tables["papers"])
    return replace(result, tables=tables)


# -- trade ---------------------------------------------------------------------------------------------------


def _solved(
    study: CorridorStudy, states: RegimeStates, request: RegimeRequest
) -> tuple[Coupling, HeldTrade, States]:
    """Trade with the regime against without it, through the loop of corridors and trade, its permits held."""
    world = read_world_trade(study.case, None, "")
    ids = frozenset(one.scenario_id for one in states.base)
    before, after = ids | {SUSPENDED}, ids | {IN_FORCE}
    cases = {NOW: study.case, before: states.before, after: states.after}
    joined = {one.scenario_id: one for one in (*states.base, states.in_force)}
    apart = {SUSPENDED: states.suspended}
    looked_in = (before, frozenset((SUSPENDED,)))
    ours = request.pairs == "parties"
    coupling = Coupling(study, world, joined, cases, parties_only=ours, also=apart, searched=looked_in)
    kinds = (PARTIAL, GENERAL) if world.whole else (PARTIAL,)
    held = hold_permits(states, coupling, coupling.change(before, after, deficits="additive"), kinds)
    return coupling, held, States(before, after, cases, joined | apart)


def _pairs(
    coupling: Coupling, solved: Solved, both: States, request: RegimeRequest
) -> tuple[pl.DataFrame, list[Note]]:
    """Trade by country pair, with the band of the draws where they are asked for."""
    pairs = pair_table(coupling, solved)
    if not request.draws:
        return pairs, []
    asked = ScenarioTradeRequest((request.regime_id,), draws=request.draws, seed=request.seed)
    pairs, _, drawn = with_draws(coupling, solved, both, asked, pairs)
    return pairs, drawn


# -- what to know --------------------------------------------------------------------------------------------


def _base_notes(states: RegimeStates) -> list[Note]:
    made = [one.scenario_id for one in states.base]
    year = states.bare.settings.trade_year
    if not made or year is None:
        return [note("regime.base_bare", day=states.bare.settings.as_of)]
    return [note("regime.base", scenarios=made, year=year, day=states.bare.settings.as_of)]


def worth_notes(states: RegimeStates, grounds: RegimeGrounds) -> list[Note]:
    """What the terms of a regime are worth, in words: the grounds for its text."""
    said = []
    if grounds.best:
        said.append(
            note("regime.best", term=grounds.best, worth=grounds.best_usd_t, whole=grounds.whole_usd_t)
        )
    if grounds.low_usd_t is not None:
        said.append(note("regime.band", low=grounds.low_usd_t, high=grounds.high_usd_t))
    if any(row["basis"] == "assumed" for row in states.terms):
        said.append(note("regime.assumed", regime=states.row["name"], state=states.row["state"]))
    if grounds.nothing:
        said.append(note("regime.nothing", terms=list(grounds.nothing)))
    return said


def _permit_notes(permits: pl.DataFrame, held: HeldTrade) -> list[Note]:
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
