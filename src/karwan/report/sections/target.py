"""Section on the target: forecast, chances and the historical base rate."""

from __future__ import annotations

import polars as pl

from karwan.amounts import percent
from karwan.analysis.sections import Brief
from karwan.analysis.target_without import chance_span
from karwan.report import listing as li
from karwan.report.blocks import Block, Figure, Notes, Prose, Section
from karwan.report.charts.chances import draw_chances
from karwan.report.charts.fan import draw_fan
from karwan.report.sections.standing import main_target
from karwan.report.text import clean
from karwan.report.wording import tell
from karwan.words import sentences


def target_section(brief: Brief, notes: Notes) -> Section:
    """All blocks of the section."""
    part = brief.target
    fan, chances = draw_fan(part.fan, main_target(brief)), draw_chances(part.chances, part.base_rate)
    blocks: list[Block | None] = [
        Figure(
            "f-chances",
            tell("brief_target.chances_figure"),
            tell("brief_target.chances_caption"),
            tell("brief_target.chances_unit"),
            chances,
        )
        if chances
        else None,
        Figure(
            "f-fan",
            tell("brief_target.fan_figure"),
            tell("brief_target.fan_caption"),
            tell("brief_target.fan_unit"),
            fan,
        )
        if fan
        else None,
        li.listing(
            "chances-table",
            tell("brief_target.chances_table"),
            part.chances,
            notes,
            li.columns("chances"),
        ),
        li.listing(
            "chances-without",
            tell("brief_target.without_table"),
            part.without,
            notes,
            li.columns("chances_without"),
            note=tell("brief_target.without_note"),
        ),
        li.listing(
            "base-rate",
            tell("brief_target.base_rate_table"),
            part.base_rate,
            notes,
            li.columns("base_rate"),
        ),
        _back_tests(part.back_tests, notes),
        Prose(tuple(clean(t) for t in sentences(part.text)), tell("brief_target.chances_text"))
        if part.text
        else None,
    ]
    if all(b is None for b in blocks):
        blocks.append(
            li.missing(
                tell("brief_target.no_forecast"),
                (),
                tell("brief_target.no_forecast_why"),
            )
        )
    return Section(
        "target",
        "6",
        tell("brief_target.title"),
        tell("brief_target.lead"),
        tuple(b for b in blocks if b is not None),
    )


def _back_tests(table: pl.DataFrame, notes: Notes) -> Block | None:
    """How every way did on past forecasts."""
    return li.listing(
        "back-tests",
        tell("brief_target.back_tests_table"),
        table,
        notes,
        li.columns("back_tests"),
        note=tell("brief_target.back_tests_note"),
    )


def target_facts(brief: Brief) -> list[tuple[str, str, str, str]]:
    """Row of the summary: chances of the nearest large target over models, sides and years without unusual months, base rates apart."""
    target = main_target(brief)
    part = brief.target
    titles = [] if target is None else [target[2]]
    titles += part.chances["target"].unique(maintain_order=True).to_list() if part.chances.height else []
    spans = (chance_span(part.chances, part.without, title) for title in titles)
    span = next((one for one in spans if one is not None), None)
    if span is None:
        return []
    less = tell("brief_target.fact_less") if span.less else ""
    unit = tell("brief_target.fact_unit", models=span.models, less=less, most=percent(span.most))
    return [(tell("brief_target.fact"), span.words, unit, "")]
