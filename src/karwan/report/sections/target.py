"""Section on the target: forecast, chances and the historical base rate."""

from __future__ import annotations

import polars as pl

from karwan.amounts import is_number, percent
from karwan.analysis.sections import Brief
from karwan.report import listing as li
from karwan.report.blocks import Block, Figure, Notes, Prose, Section
from karwan.report.charts.chances import draw_chances
from karwan.report.charts.fan import draw_fan
from karwan.report.sections.standing import main_target
from karwan.report.text import clean


def target_section(brief: Brief, notes: Notes) -> Section:
    """All blocks of the section."""
    part = brief.target
    fan, chances = draw_fan(part.fan, main_target(brief)), draw_chances(part.chances, part.base_rate)
    blocks: list[Block | None] = [
        Figure(
            "f-chances",
            "Chance of reaching the target",
            "Point: probability; line: its range. Read the spread, not one number.",
            "probability",
            chances,
        )
        if chances
        else None,
        Figure(
            "f-fan",
            "Forecast to the target date",
            "Bands hold half and nine tenths of the simulated futures of each model.",
            "USD a year",
            fan,
        )
        if fan
        else None,
        li.listing(
            "chances-table",
            "Chances by model",
            part.chances,
            notes,
            li.columns("chances"),
        ),
        li.listing(
            "base-rate",
            "Historical base rate",
            part.base_rate,
            notes,
            li.columns("base_rate"),
        ),
        _back_tests(part.back_tests, notes),
        Prose(tuple(clean(t) for t in part.text), "What the chances rest on") if part.text else None,
    ]
    if all(b is None for b in blocks):
        blocks.append(
            li.missing(
                "No forecast in this run",
                (),
                (
                    "`karwan trade target` forecasts to the target date and "
                    "counts how often comparable country pairs grew as much."
                ),
            )
        )
    return Section(
        "target",
        "6",
        "Will the target be reached",
        "Several models side by side, and how often others grew as much in the time named.",
        tuple(b for b in blocks if b is not None),
    )


def _back_tests(table: pl.DataFrame, notes: Notes) -> Block | None:
    """How every way did on past forecasts, the ensemble's members among them."""
    return li.listing(
        "back-tests",
        "How these ways did on past forecasts",
        table,
        notes,
        li.columns("back_tests"),
        note="Best first. CRPS: distance of the whole forecast from what came, smaller is better.",
    )


def target_facts(brief: Brief) -> list[tuple[str, str, str, str]]:
    """Row of the summary: spread of the chances of the nearest large target over models and reporters, base rates apart."""
    rows = [r for r in brief.target.chances.iter_rows(named=True) if is_number(r["probability"])]
    rows = [r for r in rows if not clean(r["model"]).endswith("base rate")]
    target = main_target(brief)
    named = [r for r in rows if target is not None and clean(r["target"]) == target[2]]
    values = [float(r["probability"]) for r in named or rows]
    if not values:
        return []
    low, high = percent(min(values)), percent(max(values))
    shown = low if low == high else f"{low} to {high}"
    return [
        (
            "Chance of reaching the target",
            shown,
            f"by {len(values)} models of each side's own past; base rates stand in section 6",
            "",
        )
    ]
