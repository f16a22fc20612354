"""`karwan scenario regime`: what a transit regime does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from karwan.analysis.case_requests import RegimeRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.answer import banded_pairs, pair_table
from karwan.analysis.coupling.drawn import names_of
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.coupling.shown import without_bands
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.regime.drawn import (
    RegimeDrawing,
    RegimeDraws,
    banded_permits,
    banded_worths,
    draw_regime,
    regime_drawing,
)
from karwan.analysis.regime.given import given_notes
from karwan.analysis.regime.lead import (
    all_supposed,
    base_lead,
    fall_notes,
    permit_notes,
    trade_lead,
    worth_lead,
)
from karwan.analysis.regime.legs import leg_table
from karwan.analysis.regime.papers import moved_papers, paper_table
from karwan.analysis.regime.permits import HeldTrade, hold_permits, permit_table
from karwan.analysis.regime.states import IN_FORCE, SUSPENDED, RegimeStates, regime_states
from karwan.analysis.regime.term_draws import TermDraws
from karwan.analysis.regime.worth import RegimeGrounds, TermCosts, regime_grounds
from karwan.analysis.worth.states import NOW
from karwan.appraisal.coupling.trade import GENERAL, PARTIAL
from karwan.case import Case
from karwan.notes import Note, note
from karwan.schema.frames import result_frame

INPUTS = 3
"""Inputs shown of a country pair: those that move its trade most."""
LEAST_MOVE = 1e-3
"""Change of a pair's trade from which it is shown what moves it."""


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
    terms, costs = TermDraws(states), TermCosts(states, study)
    worth = costs.table()
    coupling, held = _solved(study, states, request)
    reckoned = {
        "terms by worth": worth,
        "permits": permit_table(states, coupling, held),
        "pairs": pair_table(coupling, held.capped),
        "inputs": result_frame("response_inputs"),
    }
    cases: list[tuple[Case, Case]] = []
    at: tuple[dict[str, float], ...] = ()
    drawn: list[Note] = []
    if request.draws:
        kind = GENERAL if held.capped.fullest.equilibrium is not None else PARTIAL
        drawing = regime_drawing(states, (terms, costs), coupling, held, kind)
        found = draw_regime(drawing, request.draws, request.seed, request.workers)
        reckoned = _banded(drawing, found, reckoned)
        cases, at = [terms.cases(terms.levels(one), one) for one in found.at], found.at
        drawn = [note("regime.draws", draws=request.draws, seed=request.seed)]
    tables = {"legs": leg_table(states, cases), "papers": paper_table(states, study, cases, at), **reckoned}
    meta = {"regime_id": request.regime_id, "state": states.row["state"], "parties": states.row["parties"]}
    grounds = regime_grounds(worth)
    lead = (
        *base_lead(states),
        *trade_lead(study.case, states, tables["pairs"]),
        *worth_lead(states, grounds, tables["terms by worth"]),
        *fall_notes(tables["pairs"]),
        *permit_notes(tables["permits"], held),
    )
    notes = (*lead, *_base_notes(states), *_text_notes(states, grounds), *drawn)
    return Result(tables, meta, notes=notes, lead=len(lead))


def present_regime(result: Result, view: None, form: str) -> Result:
    """Plain: no band that nobody asked for, of the papers those that move, with a row for all that stay, and what moves the pairs that move."""
    if form != "table":
        return result
    tables = {key: without_bands(table) for key, table in result.tables.items()}
    tables["papers"] = moved_papers(tables["papers"])
    change = pl.col("new_value_usd_year") / pl.col("value_usd_year") - 1.0
    moved = tables["pairs"].filter(change.abs() >= LEAST_MOVE)["pair"].to_list()
    inputs = tables["inputs"].filter(pl.col("pair").is_in(moved))
    tables["inputs"] = inputs.group_by("pair", maintain_order=True).head(INPUTS)
    return replace(result, tables=tables)


# -- trade ---------------------------------------------------------------------------------------------------


def _solved(study: CorridorStudy, states: RegimeStates, request: RegimeRequest) -> tuple[Coupling, HeldTrade]:
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
    return coupling, held


def _banded(
    drawing: RegimeDrawing, drawn: RegimeDraws, tables: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """Worth of terms, permits and trade with the bands of the joint draws, and what moves trade most."""
    inputs = (names_of(drawing.trade.spreads), drawn.inputs, drawn.ratios)
    pairs, shares = banded_pairs(drawing.trade.coupling, drawing.trade.change, tables["pairs"], inputs)
    return {
        "terms by worth": banded_worths(tables["terms by worth"], drawn),
        "permits": banded_permits(tables["permits"], drawn, drawing.needs.registrations),
        "pairs": pairs,
        "inputs": shares,
    }


def _base_notes(states: RegimeStates) -> list[Note]:
    made = [one.scenario_id for one in states.base]
    year = states.bare.settings.trade_year
    if not made or year is None:
        return [note("regime.base_bare", day=states.bare.settings.as_of)]
    return [note("regime.base", scenarios=made, year=year, day=states.bare.settings.as_of)]


def _text_notes(states: RegimeStates, grounds: RegimeGrounds) -> list[Note]:
    """What of the terms is assumed, and which are worth nothing."""
    said = []
    if any(row["basis"] == "assumed" for row in states.terms):
        key = "regime.assumed_all" if all_supposed(states) else "regime.assumed"
        said.append(note(key, regime=states.row["name"], state=states.row["state"]))
    if grounds.nothing:
        said += [note("regime.nothing", terms=list(grounds.nothing)), *given_notes(states)]
    return said
