"""The brief with every engine at work: corridors, mirror, potential, basket, criticality, target."""

from __future__ import annotations

from datetime import date

import polars as pl

from karwan.analysis.basket import basket_section
from karwan.analysis.brief_build import BriefParts, build_brief
from karwan.analysis.brief_states import StatesBeside
from karwan.analysis.case_requests import BRIEF_TABLES, BriefRequest
from karwan.analysis.contract import Inputs, Result, function_at
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.criticality import brief_weak_points
from karwan.analysis.goods import landed_table
from karwan.analysis.goods_verdicts import verdict_table
from karwan.analysis.published_potential import published_potential
from karwan.analysis.reconciled import reconciled_table
from karwan.analysis.sections import Brief
from karwan.analysis.sensitivity import sensitivity_table
from karwan.analysis.standing import unusual_table
from karwan.analysis.stored_case import stored_case
from karwan.analysis.target import target_section
from karwan.case import Case
from karwan.notes import Note, note
from karwan.trade.standing import annual_series, known_flows


def answer_brief(inputs: Inputs, request: BriefRequest) -> Result:
    """Every table of the brief, its headlines as notes, and the brief itself as detail."""
    stored = stored_case(inputs, request.as_of)
    as_of = request.as_of or stored.case.settings.as_of
    beside = StatesBeside(CorridorStudy(stored.case, as_of), request.workers).start()
    found = brief_of(stored.case, as_of, store=inputs.store, stored=stored.notes, beside=beside)
    tables = {key: _table_at(found, key) for key in BRIEF_TABLES}
    meta = {"case": found.case_id, "title": found.title, "as_of": found.as_of, "version": found.version}
    alone = (note("brief.one_process", reason=beside.reason),) if beside.reason else ()
    return Result(tables, meta, found.headlines, alerts=alone, detail=found)


def _table_at(found: Brief, key: str) -> pl.DataFrame:
    section, _, name = key.partition(".")
    table: pl.DataFrame = getattr(getattr(found, section), name)
    return table


def brief_of(
    case: Case,
    as_of: date,
    *,
    store: str | None = None,
    stored: tuple[Note, ...] = (),
    beside: StatesBeside | None = None,
) -> Brief:
    """Brief of a case on a day, with the results of all engines.

    Parameters
    ----------
    case
        Case.
    as_of
        Day the brief speaks of; figures and closures after it are not used.
    store
        Where the trade store is whose rows are in the case; the potential by product then comes from it too.
    stored
        What was taken of the store.
    beside
        The states of the case, where they are under way already.
    """
    beside = beside or StatesBeside(CorridorStudy(case, as_of))
    study = beside.study
    landed = landed_table(study)
    engines = study.comparable
    verdicts = verdict_table(study, landed) if engines else None
    basket, basket_text = basket_section(case, landed, as_of, verdicts)
    known = known_flows(case["flows"], case["sources"], as_of)
    annual = annual_series(known)
    criticality, weak_points = brief_weak_points(study) if engines else (None, None)
    potential, said = _potential(case, store)
    parts = BriefParts(
        reconciled=reconciled_table(case, as_of),
        potential=potential,
        basket=basket,
        criticality=criticality,
        weak_points=weak_points,
        sensitivity=sensitivity_table(study) if engines else None,
        basket_text=basket_text,
        commands=_commands(case, store, (*stored, *said)),
        target=target_section(case, annual, as_of, unusual=unusual_table(case, known, annual, as_of)),
        verdicts=verdicts,
        states=beside.part,
    )
    return build_brief(study, landed, parts)


def _potential(case: Case, store: str | None) -> tuple[pl.DataFrame, tuple[Note | str, ...]]:
    """Published potentials, those of the store by product after them, and what was taken of it."""
    published = published_potential(case).drop("direction")
    if store is None:
        return published, ()
    stored_potential = function_at(
        "karwan.analysis.stored_potential:stored_potential"
    )  # loads the store's engines
    own, said = stored_potential(case, store)
    return pl.concat([published, own]), said


def _commands(case: Case, store: str | None, said: tuple[Note | str, ...]) -> tuple[Note | str, ...]:
    """What the goods of the section rest on: the store's figures, or how to bring some in."""
    if store is not None:
        return said
    a, b = case.parties.codes
    return (note("brief.no_trade_by_product", a=a, b=b),)
