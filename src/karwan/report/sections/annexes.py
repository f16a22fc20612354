"""Annexes: every published figure, every route, every stage of the reference pair, every venture appraised, terms of ports."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.amounts import NONE, usd
from karwan.analysis.sections import Brief
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Notes, Section, cell
from karwan.report.sections.corridors import WAYS, headline_routes, route_columns
from karwan.report.sections.ports import ports_annex
from karwan.report.sections.ventures import annex_section
from karwan.report.text import clean, items, names, words
from karwan.report.wording import tell


def annexes(brief: Brief, notes: Notes) -> tuple[Section, ...]:
    """Annexes that hold rows."""
    found = []
    reported = li.listing(
        "reported",
        tell("brief_annexes.reported_table"),
        brief.standing.reported,
        notes,
        _REPORTED,
        wide=True,
    )
    if reported:
        found.append(
            Section(
                "annex-a",
                "A",
                tell("brief_annexes.annex_a_title"),
                tell("brief_annexes.annex_a_lead"),
                (reported,),
            )
        )
    routes = li.listing(
        "all-routes",
        tell("brief_annexes.all_routes_table"),
        brief.corridors.routes,
        notes,
        route_columns(brief.corridors.routes),
        wide=True,
    )
    if routes:
        found.append(
            Section(
                "annex-b",
                "B",
                tell("brief_annexes.annex_b_title"),
                tell("brief_annexes.annex_b_lead"),
                (routes,),
            )
        )
    stages = _stages(brief, notes)
    if stages:
        found.append(
            Section(
                "annex-c",
                "C",
                tell("brief_annexes.annex_c_title"),
                tell("brief_annexes.annex_c_lead"),
                tuple(stages),
            )
        )
    further = (annex_section(brief, notes), ports_annex(brief, notes))
    return (*found, *(section for section in further if section is not None))


def _claim(value: Any) -> str:
    """Who gave the figure: official statistics, press, a speech; or that it was only claimed."""
    return words(value) if isinstance(value, str) else "claim" if value else NONE


def _value(row: dict[str, Any]) -> Cell:
    return cell(usd(row["value_usd"]), assumed=row["basis"] == "assumed")


_REPORTED: li.Spec = li.columns("reported", value=_value, printed_by=lambda row: cell(_claim(row["claimed"])))


def _stages(brief: Brief, notes: Notes) -> list[Block]:
    result: list[Block] = []
    stages = brief.corridors.stages
    if stages.is_empty():
        return result
    for way in WAYS:
        for k, row in enumerate(headline_routes(brief, way).iter_rows(named=True)):
            same = pl.lit(True)
            for column in ("corridor_id", "origin_id", "destination_id", "direction"):
                same = same & (pl.col(column) == row[column])
            part = merge_line_hauls(stages.filter(same).sort("stage", maintain_order=True))
            caption = f"{clean(row['corridor'], 60)}, {names(row['pair_label'])}"
            spec = li.columns("stages", without=() if "usd_feu" in part.columns else ("usd_feu",))
            listed = li.listing(f"stages-table-{way}-{k}", caption, part, notes, spec, wide=True)
            if listed:
                result.append(listed)
    return result


def merge_line_hauls(stages: pl.DataFrame) -> pl.DataFrame:
    """Stages with consecutive line hauls of one mode in one country as one row, added up, weakest basis."""
    merged: list[dict[str, Any]] = []
    for row in stages.iter_rows(named=True):
        if merged and _goes_on(merged[-1], row):
            merged[-1] = _together(merged[-1], row)
        else:
            merged.append(row)
    return pl.DataFrame(merged, schema=stages.schema)


def _goes_on(last: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether a line haul goes on in the same country by the same mode."""
    same = all(row[column] == last[column] for column in ("kind", "mode", "country"))
    return same and row["kind"] == "line_haul"


def _together(last: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    sums = {
        column: (last[column] or 0.0) + row[column]
        for column in ("km", "usd_20t", "usd_feu", "hours", "co2_kg")
        if row.get(column) is not None
    }
    return {
        **last,
        **sums,
        "name": _span(clean(last["name"]), clean(row["name"])),
        "place": None,
        "basis": "assumed" if "assumed" in (last["basis"], row["basis"]) else last["basis"],
        "source_id": "; ".join(dict.fromkeys([*items(last["source_id"]), *items(row["source_id"])])),
    }


def _span(first: str, second: str) -> str:
    """'Almaty – Taraz' and 'Taraz – Shymkent' as 'Almaty – Shymkent'."""
    start, end = first.split(" – ")[0], second.split(" – ")[-1]
    return f"{start} – {end}"
