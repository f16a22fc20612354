"""Section 1 of the brief: where the two countries' trade stands."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.reconciled import reconciled_table
from karwan.analysis.sections import Standing
from karwan.analysis.stored_case import stored_case
from karwan.analysis.trade_requests import StatusRequest
from karwan.case import Case
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.trade.parties import Parties
from karwan.trade.standing import (
    annual_series,
    conflict_statements,
    distance_to_targets,
    known_flows,
    like_for_like,
    mirror_pairs,
    refused_comparisons,
)
from karwan.trade.unusual import unusual_months


def parties_of(case: Case) -> Parties:
    """The two countries of a case with their names."""
    return case.parties


def trade_status(inputs: Inputs, request: StatusRequest) -> Result:
    """Tables of `standing_section` on a day, by name."""
    stored = stored_case(inputs, request.as_of)
    case = stored.case
    day = request.as_of or case.settings.as_of
    section = standing_section(case, day, reconciled_table(case, day))
    tables = {one.name: getattr(section, one.name) for one in fields(section)}
    none = none_published(case)
    if not none and section.reported.is_empty():
        told = {
            "case": case.settings.case_id,
            "day": str(day),
            "first": str(case["flows"]["period_end"].min()),
        }
        none = (note("flows.none_by", **told),)
    return Result(tables, notes=(*none, *stored.notes))


def none_published(case: Case) -> tuple[Note, ...]:
    """A note that the case has no figures of trade, where it has none."""
    return () if case["flows"].height else (note("flows.case_none", case=case.settings.case_id),)


def standing_section(case: Case, as_of: date, reconciled: pl.DataFrame | None = None) -> Standing:
    """Tables of section 1; see `Standing`.

    Parameters
    ----------
    case
        Case.
    as_of
        Figures of periods that end later are left out.
    reconciled
        Yearly series with bands, from the mirror model.
    """
    parties = parties_of(case)
    known = known_flows(case["flows"], case["sources"], as_of)
    annual = annual_series(known)
    labels = _labels(parties)
    return Standing(
        reported=known.with_columns(labels).drop("derived", "printed"),
        growth=like_for_like(known).with_columns(labels),
        refused=refused_comparisons(known, parties),
        mirror=mirror_pairs(known, parties).with_columns(labels[1]),
        conflicts=conflict_statements(case["flows"], as_of, parties),
        distance=distance_to_targets(annual, case["targets"], as_of).with_columns(labels[0]),
        annual=annual.with_columns(labels),
        reconciled=result_frame("standing_reconciled") if reconciled is None else reconciled,
        unusual=unusual_table(case, known, annual, as_of),
    )


def unusual_table(case: Case, known: pl.DataFrame, annual: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Months that each side's latest full year rests on, see `karwan.trade.unusual.unusual_months`, with names of sides and directions."""
    return unusual_months(known, annual, as_of).with_columns(_labels(parties_of(case)))


def _labels(parties: Parties) -> list[pl.Expr]:
    return [
        pl.col("reporter").replace(parties.names).alias("reporter_name"),
        pl.col("direction").replace(parties.labels).alias("direction_label"),
    ]
