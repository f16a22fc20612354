"""Section on where trade stands: each side's statistics, growth, mirror, distance to the target."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from karwan.amounts import NONE, is_number, number, percent, usd
from karwan.analysis.sections import Brief
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Figure, Notes, Prose, Section, Table, cell
from karwan.report.charts.annual import draw_annual
from karwan.report.charts.growth import draw_growth
from karwan.report.charts.reconciled import draw_reconciled
from karwan.report.text import as_date, clean, day
from karwan.report.wording import tell
from karwan.trade.standing import PUBLISHED, counted_by
from karwan.trade.standing import main_target as rows_of_main_target

Target = tuple[float, date | None, str]


def main_target(brief: Brief) -> Target | None:
    """The largest monetary target of the case, the nearest of equal ones: value, due date, title."""
    top = _main_row(brief)
    return (float(top["target_usd"]), as_date(top["due"]), clean(top["title"])) if top else None


def _main_row(brief: Brief) -> dict[str, Any] | None:
    """Row of the largest target; of equal ones the first that is still ahead, else the last one due."""
    table = brief.standing.distance
    rows = rows_of_main_target(table, brief.as_of) if table.height else table
    return rows.row(0, named=True) if rows.height else None


def directions(brief: Brief) -> dict[str, str]:
    """Words for the directions of trade."""
    a, b = clean(brief.name_a, 40), clean(brief.name_b, 40)
    return {"a_to_b": f"{a} to {b}", "b_to_a": f"{b} to {a}", "total": "Both directions"}


def standing_section(brief: Brief, notes: Notes) -> Section:
    """All blocks of the section."""
    standing = brief.standing
    codes = {brief.party_a: clean(brief.name_a, 40), brief.party_b: clean(brief.name_b, 40)}
    named = (
        standing.growth.with_columns(pl.col("reporter").replace(codes))
        if standing.growth.height
        else standing.growth
    )
    blocks: list[Block | None] = [
        _annual(brief, notes),
        _distance(standing.distance, notes),
        _growth(brief, notes),
        li.listing(
            "growth-table",
            tell("brief_standing.growth_table"),
            named,
            notes,
            li.columns(
                "growth",
                figures=_kind,
                without=() if "product_group" in named.columns else ("product_group",),
            ),
        ),
        li.listing(
            "refused",
            tell("brief_standing.refused_table"),
            standing.refused,
            notes,
            li.columns("refused"),
        ),
        li.listing("mirror", tell("brief_standing.mirror_table"), standing.mirror, notes, _mirror(brief)),
        conflict_list(standing.conflicts, tell("brief_standing.conflicts"), notes),
        _reconciled(standing.reconciled),
    ]
    if standing.annual.is_empty() and standing.reported.is_empty():
        blocks.append(
            li.missing(
                tell("brief_standing.no_trade_figures"),
                (),
                tell("brief_standing.no_trade_figures_why"),
            )
        )
    lead = tell("brief_standing.lead")
    return Section(
        "standing", "1", tell("brief_standing.title"), lead, tuple(b for b in blocks if b is not None)
    )


def _annual(brief: Brief, notes: Notes) -> Block | None:
    svg = draw_annual(brief.standing.annual, main_target(brief), directions(brief))
    if svg is None:
        return None
    rows = brief.standing.reported.to_dicts()
    return Figure(
        "f-annual",
        tell("brief_standing.annual_figure"),
        (tell("brief_standing.annual_caption")),
        tell("brief_standing.annual_unit"),
        svg,
        notes.of_rows(rows),
    )


def _distance(table: pl.DataFrame, notes: Notes) -> Table | None:
    return li.listing(
        "distance",
        tell("brief_standing.distance_table"),
        table,
        notes,
        li.columns("distance", growth_needed=_growth_needed),
        note=tell("brief_standing.distance_note"),
    )


def _growth_needed(row: dict[str, Any]) -> Cell:
    share = row["growth_needed_share"]
    return cell(percent(share, signed=True) if is_number(share) else "past due")


def _growth(brief: Brief, notes: Notes) -> Block | None:
    codes = {brief.party_a: clean(brief.name_a, 40), brief.party_b: clean(brief.name_b, 40)}
    svg = draw_growth(brief.standing.growth, codes)
    if svg is None:
        return None
    return Figure(
        "f-growth",
        tell("brief_standing.growth_figure"),
        (tell("brief_standing.growth_caption")),
        tell("brief_standing.growth_unit"),
        svg,
        notes.of_rows(brief.standing.growth.to_dicts()),
    )


def _kind(row: dict[str, Any]) -> Cell:
    """What the figures of a row are: 'customs, by subtraction'; published statistics of no stated kind are official."""
    counted = row.get("statistics") or row.get("claimed")
    words = [clean(word, 40) for word in (counted, row.get("how")) if word and word != PUBLISHED]
    return cell(", ".join(words) or NONE)


def _mirror(brief: Brief) -> li.Spec:
    """Columns of both sides' figures, each headed by its country."""
    known = {"a": clean(brief.name_a, 24), "b": clean(brief.name_b, 24)}
    spec = li.columns("mirror", comparable=_comparable)
    return tuple((replace(column, label=column.label.format(**known)), make) for column, make in spec)


def _comparable(row: dict[str, Any]) -> Cell:
    plain = "same period" if row["aligned"] else "periods differ"
    return cell(clean(row["reason"]) or plain, tone="" if row["aligned"] else "late")


def conflict_list(table: pl.DataFrame, title: str, notes: Notes) -> Prose | None:
    """Conflicts as sentences; source ids written into them become raised numbers at their end."""
    if table.is_empty():
        return None
    texts, numbers = [], []
    for row in table.iter_rows(named=True):
        text, found = notes.lift(f"{clean(row['subject'])}: {clean(row['statement'])}")
        texts.append(text[:1].upper() + text[1:])
        numbers.append(tuple(dict.fromkeys([*notes.of(row.get("source_id")), *found])))
    return Prose(tuple(texts), title, tuple(numbers))


def _reconciled(table: pl.DataFrame) -> Block | None:
    svg = draw_reconciled(table)
    if svg is None:
        return None
    return Figure(
        "f-reconciled",
        tell("brief_standing.reconciled_figure"),
        (tell("brief_standing.reconciled_caption")),
        tell("brief_standing.reconciled_unit"),
        svg,
    )


def _times_without(brief: Brief, row: dict[str, Any]) -> str:
    """How many times the target is of a year with its unusual months as a year before; empty where it has none."""
    own = (pl.col("reporter") == row["reporter"]) & (pl.col("year_label") == row["base_label"])
    left = brief.standing.unusual.filter(own & (pl.col("without_usd") > 0.0))["without_usd"]
    if left.is_empty():
        return ""
    times = " or ".join(number(row["target_usd"] / usd_left, 1) for usd_left in left)
    return tell("brief_standing.times_without", times=times)


def stand_facts(brief: Brief) -> list[tuple[str, str, str, str]]:
    """Rows of the summary: measure, value, unit and date, source id."""
    main, target = _main_row(brief), main_target(brief)
    result = []
    for row in brief.standing.distance.iter_rows(named=True):
        if main is None or row["target_id"] != main["target_id"]:
            continue
        times = (
            f"; target is {number(row['multiple'], 1)} times as much" if is_number(row["multiple"]) else ""
        )
        result.append(
            (
                f"Trade by {clean(row['reporter_name'], 40)}'s {counted_by(clean(row.get('statistics')))}",
                usd(row["base_usd"]),
                f"USD, {clean(row['base_label'], 40)}{times}{_times_without(brief, row)}",
                "",
            )
        )
    if target:
        unset = (
            " (the plan's end; its text sets no day)"
            if main and main.get("due_basis") == "plan_period"
            else ""
        )
        due = f"USD, due {day(target[1])}{unset}" if target[1] else "USD, no date set"
        result.append((clean(target[2], 60) or "Target", usd(target[0]), due, ""))
    return result
