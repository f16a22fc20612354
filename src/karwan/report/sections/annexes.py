"""Annexes: every published figure, every route, every stage of the reference pair."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.amounts import NONE, number, usd
from karwan.analysis.sections import Brief
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Column, Notes, Section, cell
from karwan.report.sections.corridors import ROUTES, WAYS, headline_routes
from karwan.report.text import clean, items, names, words


def annexes(brief: Brief, notes: Notes) -> tuple[Section, ...]:
    """Annexes that hold rows."""
    found = []
    reported = li.listing(
        "reported",
        "Published figures, each as its source gives it",
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
                "Every published figure",
                "Both sides, never merged: official statistics, press and speeches as each gives its figure.",
                (reported,),
            )
        )
    routes = li.listing(
        "all-routes",
        "All routes of the brief, both directions",
        brief.corridors.routes,
        notes,
        ROUTES,
        wide=True,
    )
    if routes:
        found.append(
            Section(
                "annex-b", "B", "Every route", "Between all the brief's origins and destinations.", (routes,)
            )
        )
    stages = _stages(brief, notes)
    if stages:
        found.append(
            Section(
                "annex-c",
                "C",
                "Stage by stage",
                "The reference pair by corridor; line hauls of one mode in one country are one row.",
                tuple(stages),
            )
        )
    return tuple(found)


def _claim(value: Any) -> str:
    """Who gave the figure: official statistics, press, a speech; or that it was only claimed."""
    return words(value) if isinstance(value, str) else "claim" if value else NONE


def _value(row: dict[str, Any]) -> Cell:
    return cell(usd(row["value_usd"]), assumed=row["basis"] == "assumed")


_REPORTED: li.Spec = (
    li.text("Reporter", "reporter_name"),
    li.text("Direction", "direction_label", 1.4),
    li.text("Period", "period_label", 1.1),
    li.key_text("Kind", "period_kind", 0.9),
    li.text("Group", "product_group", 1.1),
    li.key_text("Value is", "value_kind", 0.8),
    (Column("Value", "USD", right=True, share=0.8), _value),
    li.part("Stated growth", "stated_growth_share", signed=True),
    (Column("Printed by", share=0.6), lambda row: cell(_claim(row["claimed"]))),
    li.text("Note", "note", 1.8),
)
_STAGES: li.Spec = (
    li.key_text("Stage", "kind", 0.8),
    li.text("Name", "name", 1.8),
    li.text("Place", "place"),
    li.key_text("Mode", "mode", 0.5),
    li.text("Country", "country", 0.5),
    li.figure("Way", "km", "km"),
    li.rate("Money", "usd_20t", "USD / 20 t", basis=True),
    li.rate("Money", "usd_feu", "USD / FEU", basis=True),
    li.figure("Time", "hours", "hours", lambda v: number(v, 1), basis=True),
    li.figure("CO2e", "co2_kg", "kg / 20 t"),
)


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
            spec = [(c, m) for c, m in _STAGES if c.unit != "USD / FEU" or "usd_feu" in part.columns]
            listed = li.listing(f"stages-table-{way}-{k}", caption, part, notes, spec, wide=True)
            if listed:
                result.append(listed)
    return result


def merge_line_hauls(stages: pl.DataFrame) -> pl.DataFrame:
    """Stages with consecutive line hauls of one mode in one country as one row, added up, weakest basis."""
    merged: list[dict[str, Any]] = []
    for row in stages.iter_rows(named=True):
        last = merged[-1] if merged else None
        same = last is not None and all(row[c] == last[c] for c in ("kind", "mode", "country"))
        if last is None or not same or row["kind"] != "line_haul":
            merged.append(dict(row))
            continue
        for column in ("km", "usd_20t", "usd_feu", "hours", "co2_kg"):
            if row.get(column) is not None:
                last[column] = (last[column] or 0.0) + row[column]
        last["name"] = _span(clean(last["name"]), clean(row["name"]))
        last["place"] = None
        last["basis"] = "assumed" if "assumed" in (last["basis"], row["basis"]) else last["basis"]
        last["source_id"] = "; ".join(dict.fromkeys([*items(last["source_id"]), *items(row["source_id"])]))
    return pl.DataFrame(merged, schema=stages.schema)


def _span(first: str, second: str) -> str:
    """'Almaty – Taraz' and 'Taraz – Shymkent' as 'Almaty – Shymkent'."""
    start, end = first.split(" – ")[0], second.split(" – ")[-1]
    return f"{start} – {end}"
