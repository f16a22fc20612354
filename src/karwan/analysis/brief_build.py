"""Building the brief of a case: every section from its model, then the sentences a minister reads first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from karwan._version import __version__
from karwan.analysis.brief_states import StatesPart
from karwan.analysis.corridor_compare import (
    arrival_table,
    closure_table,
    compared_routes,
    corridor_stages,
    headline_amounts,
)
from karwan.analysis.corridor_map import map_lines, map_nodes
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.front import front_section
from karwan.analysis.goods import group_table, landed_table
from karwan.analysis.headlines import headlines
from karwan.analysis.observed import validation_table
from karwan.analysis.plan import plan_section
from karwan.analysis.ports import ports_section
from karwan.analysis.provenance import basis_section
from karwan.analysis.sections import Brief, CorridorSection, GoodsSection, TargetSection
from karwan.analysis.standing import standing_section
from karwan.case import Case
from karwan.notes import Note
from karwan.schema.frames import result_frame


@dataclass(frozen=True)
class BriefParts:
    """Results of the engines that stand beside the brief; what is missing stays an empty table.

    Attributes
    ----------
    reconciled, potential, basket, criticality, weak_points, sensitivity
        Tables as `Standing`, `GoodsSection` and `CorridorSection` describe them.
    basket_text, commands
        Sentences for section 3.
    target
        Section on the target.
    verdicts
        Which goods can be sold, of which the first page names three.
    states
        What the case is in other states: worth of the promises and ventures, as `PlanSection` describes them. Asked for last, as it may be
        under way in another process.
    """

    reconciled: pl.DataFrame | None = None
    potential: pl.DataFrame | None = None
    basket: pl.DataFrame | None = None
    basket_text: tuple[Note, ...] = ()
    commands: tuple[Note | str, ...] = ()
    criticality: pl.DataFrame | None = None
    weak_points: pl.DataFrame | None = None
    sensitivity: pl.DataFrame | None = None
    target: TargetSection = field(default_factory=lambda: empty_target())
    verdicts: pl.DataFrame | None = None
    states: Callable[[], StatesPart] = StatesPart


def empty_target() -> TargetSection:
    """A target section without results."""
    return TargetSection(
        result_frame("target_fan"), result_frame("target_chances"), result_frame("target_rates"), ()
    )


def build_brief(study: CorridorStudy, landed: pl.DataFrame, parts: BriefParts) -> Brief:
    """All sections of the brief of a case.

    Parameters
    ----------
    study
        Corridors of the case on the day of the brief.
    landed
        Result of `landed_table(study)`, which the basket is built on too.
    parts
        Results of the engines beside the brief.

    Returns
    -------
    The brief; no clock is read, so that the same inputs give the same brief.
    """
    case, as_of = study.case, study.as_of
    standing = standing_section(case, as_of, parts.reconciled)
    corridors = _corridor_section(case, study, parts)
    ports = ports_section(study)
    states = parts.states()
    plan = plan_section(case, as_of, states.worth, states.worth_text, states.ventures)
    settings = case.settings
    return Brief(
        case_id=settings.case_id,
        title=settings.title,
        party_a=settings.party_a,
        party_b=settings.party_b,
        name_a=case.country_name(settings.party_a),
        name_b=case.country_name(settings.party_b),
        plan_title=settings.plan_title,
        as_of=as_of,
        version=__version__,
        headlines=headlines(case, as_of, standing, corridors, plan, parts.target),
        standing=standing,
        corridors=corridors,
        goods=GoodsSection(
            landed=landed,
            potential=_or_empty(parts.potential, "potential_published"),
            basket=_or_empty(parts.basket, "goods_basket"),
            basket_text=parts.basket_text,
            groups=group_table(case, standing.reported),
            commands=parts.commands,
        ),
        ports=ports,
        plan=plan,
        target=parts.target,
        basis=basis_section(case, as_of),
        scenarios=tuple(s.scenario_id for s in case.stands_under),
        under=case.under,
        front=front_section(
            study,
            standing,
            corridors,
            plan,
            _or_empty(parts.verdicts, "goods_verdicts"),
            parts.target.without,
        ),
    )


def _corridor_section(case: Case, study: CorridorStudy, parts: BriefParts) -> CorridorSection:
    return CorridorSection(
        corridors=case["corridors"]
        .sort("rank", "corridor_id")
        .select("corridor_id", "name", "title", "colour", "rank"),
        routes=compared_routes(study),
        stages=corridor_stages(study),
        closures=closure_table(study),
        validation=validation_table(case, study.kept),
        reference=result_frame("brief_reference", ({"key": k, "value": v} for k, v in _reference(study))),
        map_nodes=map_nodes(study),
        map_lines=map_lines(study),
        arrivals=arrival_table(study),
        criticality=_or_empty(parts.criticality, "brief_weak_places"),
        sensitivity=_or_empty(parts.sensitivity, "brief_sensitivity"),
        weak_points=_or_empty(parts.weak_points, "brief_weak_map"),
        amounts=headline_amounts(study),
    )


def _or_empty(table: pl.DataFrame | None, name: str) -> pl.DataFrame:
    """A table of an engine, or the declared one without rows."""
    return result_frame(name) if table is None else table


def _reference(study: CorridorStudy) -> list[tuple[str, str]]:
    """What the headline figures are for; empty where the case names nothing to compare."""
    if not study.comparable:
        return []
    load = study.shipment()
    origin, destination = study.pairs("a_to_b")[0]
    return [
        ("product", load.name),
        ("load", f"{load.tonnes:g} t in {load.units} truck or 40 ft container"),
        ("pair", study.pair_label(origin, destination)),
        ("departure", str(study.as_of)),
    ]


__all__ = ["BriefParts", "build_brief", "empty_target", "landed_table"]
