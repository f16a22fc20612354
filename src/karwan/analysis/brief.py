"""The brief with every engine at work: corridors, mirror, potential, basket, criticality, target."""

from __future__ import annotations

from datetime import date

import polars as pl

from karwan.analysis.basket import basket_section
from karwan.analysis.brief_build import BriefParts, build_brief
from karwan.analysis.case_requests import BRIEF_TABLES, BriefRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.criticality import brief_weak_points
from karwan.analysis.goods import landed_table
from karwan.analysis.goods_verdicts import verdict_table
from karwan.analysis.published_potential import published_potential
from karwan.analysis.reconciled import reconciled_table
from karwan.analysis.sections import Brief
from karwan.analysis.sensitivity import sensitivity_table
from karwan.analysis.target import target_section
from karwan.analysis.worth import brief_worth
from karwan.case import Case
from karwan.trade.standing import annual_series, known_flows


def answer_brief(inputs: Inputs, request: BriefRequest) -> Result:
    """Every table of the brief, its headlines as notes, and the brief itself as detail."""
    case = inputs.the_case()
    found = brief_of(case, request.as_of or case.settings.as_of)
    tables = {key: _table_at(found, key) for key in BRIEF_TABLES}
    meta = {"case": found.case_id, "title": found.title, "as_of": found.as_of, "version": found.version}
    return Result(tables, meta, found.headlines, detail=found)


def _table_at(found: Brief, key: str) -> pl.DataFrame:
    section, _, name = key.partition(".")
    table: pl.DataFrame = getattr(getattr(found, section), name)
    return table


def brief_of(case: Case, as_of: date) -> Brief:
    """Brief of a case on a day, with the results of all engines.

    Parameters
    ----------
    case
        Case.
    as_of
        Day the brief speaks of; figures and closures after it are not used.
    """
    study = CorridorStudy(case, as_of)
    landed = landed_table(study)
    basket, basket_text = basket_section(case, landed, as_of)
    annual = annual_series(known_flows(case["flows"], case["sources"], as_of))
    engines = study.comparable
    criticality, weak_points = brief_weak_points(study) if engines else (None, None)
    a, b = case.settings.party_a, case.settings.party_b
    worth, worth_text = brief_worth(study) if engines else (None, ())
    parts = BriefParts(
        reconciled=reconciled_table(case, as_of),
        potential=published_potential(case).drop("direction"),
        basket=basket,
        criticality=criticality,
        weak_points=weak_points,
        sensitivity=sensitivity_table(study) if engines else None,
        basket_text=basket_text,
        commands=(
            f"Trade by product is not shipped with the case. `karwan trade ingest baci FILE` brings a CEPII BACI file in, "
            f"`karwan trade ingest comtrade` asks UN Comtrade; `karwan trade potential {a} {b} --store FILE` then gives the potential by product.",
        ),
        target=target_section(case, annual, as_of),
        worth=worth,
        worth_text=worth_text,
        verdicts=verdict_table(study, landed) if engines else None,
    )
    return build_brief(study, landed, parts)
