"""Ventures in the brief: one table in the section on the plan, and an annex with indicators and pictures of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from karwan.amounts import NONE, percent, usd
from karwan.analysis.sections import Brief, VentureSheet
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Figure, Notes, Section, cell
from karwan.report.charts.venture import draw_gains, draw_tornado, draw_venture_cash
from karwan.report.text import clean
from karwan.report.wording import tell

PICTURES: tuple[tuple[str, Callable[[VentureSheet], str | None]], ...] = (
    ("cash", lambda sheet: draw_venture_cash(sheet.cash)),
    ("tornado", lambda sheet: draw_tornado(sheet.decides)),
    ("gains", lambda sheet: draw_gains(sheet.gains)),
)


def appraised(brief: Brief, notes: Notes) -> tuple[Block | None, ...]:
    """Would each venture pay, one line a venture, and of the others why that is not known."""
    table = brief.plan.appraisals
    if table.is_empty():
        return ()
    known = pl.col("fnpv_p50_usd").is_not_null()
    return (
        li.listing(
            "venture-appraisals",
            tell("brief_ventures.table"),
            table.filter(known),
            notes,
            _APPRAISALS,
            note=tell("brief_ventures.note"),
            wide=True,
        ),
        li.listing(
            "venture-reasons",
            tell("brief_ventures.reasons"),
            table.filter(~known),
            notes,
            li.columns("venture_reasons"),
        ),
    )


def _band(row: dict[str, Any], name: str, unit: str, form: Callable[[Any], str]) -> str:
    low, high = (form(row[f"{name}_{end}_{unit}"]) for end in ("p05", "p95"))
    return NONE if NONE in (low, high) else f"{low} to {high}"


def _money(name: str) -> Callable[[dict[str, Any]], Cell]:
    return lambda row: cell(_band(row, name, "usd", usd), assumed=bool(row["withheld"]))


def _rates(row: dict[str, Any]) -> Cell:
    bands = "; ".join(_band(row, name, "share", percent) for name in ("firr", "eirr"))
    return cell(bands, assumed=bool(row["withheld"]))


def _discounted(row: dict[str, Any]) -> Cell:
    """Discount rates of the two NPVs, and the year of their prices."""
    rates = "; ".join(percent(row[f"{name}_share"]) for name in ("financial", "economic"))
    return cell(f"{rates}; {row['price_year'] or NONE}", tone="muted")


def _positive(name: str) -> Callable[[dict[str, Any]], Cell]:
    return lambda row: cell(percent(row[f"{name}_positive_share"]), assumed=bool(row["withheld"]))


_APPRAISALS: li.Spec = li.columns(
    "appraisals",
    fnpv=_money("fnpv"),
    enpv=_money("enpv"),
    discounted=_discounted,
    rates=_rates,
    fnpv_positive_share=_positive("fnpv"),
    enpv_positive_share=_positive("enpv"),
    decides=lambda row: cell(clean(row["decides"], 200) or NONE, tone="muted"),
)


def annex_section(brief: Brief, notes: Notes) -> Section | None:
    """Annex with indicators of each venture that has figures, and pictures of those that somebody announced."""
    blocks = annex(brief.plan.sheets, notes)
    if not blocks:
        return None
    return Section(
        "annex-d", "D", tell("brief_ventures.annex_title"), tell("brief_ventures.annex_lead"), blocks
    )


def annex(sheets: Sequence[VentureSheet], notes: Notes) -> tuple[Block, ...]:
    """Blocks of the annex."""
    return tuple(block for number, sheet in enumerate(sheets) for block in _sheet(sheet, number, notes))


def _sheet(sheet: VentureSheet, number: int, notes: Notes) -> list[Block]:
    name, key = clean(sheet.venture, 120), f"venture-{number}"
    spec = li.columns("venture_indicators")
    listed = li.listing(f"indicators-{key}", name, sheet.indicators, notes, spec)
    blocks: list[Block] = [] if listed is None else [listed]
    for part, draw in PICTURES if sheet.announced else ():
        drawn = draw(sheet)
        if drawn:
            title = tell("brief_ventures.figure", figure=tell(f"venture.{part}_figure"), venture=name)
            blocks.append(Figure(f"f-{part}-{key}", title, tell(f"venture.{part}_caption"), "USD", drawn, ()))
    return blocks
