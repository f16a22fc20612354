"""Section on goods: landed cost, potential, basket, product groups."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.amounts import NONE, usd
from karwan.analysis.goods_shown import NO_PLAN
from karwan.analysis.sections import Brief
from karwan.appraisal.verdict import NO
from karwan.notes import Note
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Figure, Notes, Prose, Section, cell
from karwan.report.charts.landed import draw_landed
from karwan.report.charts.potential import draw_potential
from karwan.report.charts.treemap import draw_treemap, sectors_of
from karwan.report.text import clean, day
from karwan.report.wording import tell
from karwan.words import sentences

_LANDED: li.Spec = li.columns("landed")


def goods_section(brief: Brief, notes: Notes) -> Section:
    """All blocks of the section."""
    goods = brief.goods
    blocks: list[Block | None] = [
        *_landed(brief, notes),
        *_groups(brief, notes),
        *_potential(brief, notes),
        *_basket(brief, notes),
    ]
    if goods.landed.is_empty():
        blocks.insert(
            0,
            li.missing(
                tell("brief_goods.no_landed_costs"),
                (),
                tell("brief_goods.no_landed_costs_why"),
            ),
        )
    if goods.commands:
        blocks.append(
            Prose(tuple(clean(c, 600) for c in sentences(goods.commands)), tell("brief_goods.fill_further"))
        )
    lead = tell("brief_goods.lead")
    return Section("goods", "3", tell("brief_goods.title"), lead, tuple(b for b in blocks if b is not None))


def _landed(brief: Brief, notes: Notes) -> list[Block | None]:
    table = brief.goods.landed
    result: list[Block | None] = []
    for way in dict.fromkeys(table["direction"].to_list()) if table.height else ():
        rows = table.filter(pl.col("direction") == way)
        label = clean(rows["direction_label"][0], 80)
        key = "".join(c for c in str(way) if c.isalnum()) or "way"
        svg = draw_landed(rows, f"landed-{key}", tell("brief_goods.landed_picture", label=label))
        if svg:
            lent = tell("brief_goods.landed_lent") if rows["price_country"].is_not_null().any() else ""
            caption = tell("brief_goods.landed_caption", day=day(brief.as_of), lent=lent)
            result.append(
                Figure(
                    f"f-landed-{key}",
                    tell("brief_goods.landed_figure", label=label),
                    caption,
                    tell("brief_goods.landed_unit"),
                    svg,
                    notes.of_rows(rows.to_dicts()),
                )
            )
        result.append(
            li.listing(
                f"landed-table-{key}",
                tell("brief_goods.landed_table", label=label),
                rows,
                notes,
                _LANDED,
                wide=True,
            )
        )
    return result


def _groups(brief: Brief, notes: Notes) -> list[Block | None]:
    table = brief.goods.groups
    result: list[Block | None] = []
    pairs = (
        list(
            dict.fromkeys(
                zip(
                    table["reporter"].to_list(),
                    table["direction"].to_list(),
                    table["period_label"].to_list(),
                    strict=True,
                )
            )
        )
        if table.height
        else []
    )
    names = {brief.party_a: clean(brief.name_a, 40), brief.party_b: clean(brief.name_b, 40)}
    ways = {
        "a_to_b": f"{names.get(brief.party_a)} to {names.get(brief.party_b)}",
        "b_to_a": f"{names.get(brief.party_b)} to {names.get(brief.party_a)}",
    }
    for k, (reporter, way, period) in enumerate(pairs):
        rows = table.filter(
            (pl.col("reporter") == reporter)
            & (pl.col("direction") == way)
            & pl.col("period_label").eq_missing(period)
        ).unique("group", keep="first", maintain_order=True)
        if rows.height < 3:
            continue
        title = tell(
            "brief_goods.groups_title", way=ways.get(str(way), "both directions"), period=clean(period, 40)
        )
        svg = draw_treemap(rows, f"groups-{k}", title, among=sectors_of(table))
        if svg:
            who = names.get(str(reporter), clean(reporter, 40))
            result.append(
                Figure(
                    f"f-groups-{k}",
                    title,
                    tell("brief_goods.groups_caption", who=who),
                    tell("brief_goods.groups_unit"),
                    svg,
                    notes.of_rows(rows.to_dicts()),
                )
            )
    return result[:4]


def _potential(brief: Brief, notes: Notes) -> list[Block | None]:
    table = brief.goods.potential
    if table.is_empty():
        return [
            li.missing(
                tell("brief_goods.no_potential"),
                [clean(c, 600) for c in sentences(brief.goods.commands)],
                tell("brief_goods.no_potential_why"),
            )
        ]
    table = table.sort("unrealised_usd", "potential_usd", descending=True, nulls_last=True)
    svg = draw_potential(table)
    spec = li.columns("potential")
    figure = (
        Figure(
            "f-potential",
            tell("brief_goods.potential_figure"),
            tell("brief_goods.potential_caption"),
            tell("brief_goods.potential_unit"),
            svg,
        )
        if svg
        else None
    )
    return [
        figure,
        li.listing("potential-table", tell("brief_goods.potential_table"), table, notes, spec, wide=True),
    ]


def _cap(row: dict[str, Any]) -> Cell:
    """Most the basket may take, marked where it is a part of an offer of many goods."""
    return cell(usd(row["cap_usd"]), assumed=row["cap_by"] == "offer")


def _bound(row: dict[str, Any]) -> Cell:
    """Most that can be sold, with what it is and its year."""
    if row["bound_usd"] is None:
        return cell(NONE)
    text = tell("brief_goods.basket_bound", usd=usd(row["bound_usd"]), of=clean(row["bound_of"], 20))
    return cell(text, assumed=row["bound_basis"] == "assumed")


def _verdict(row: dict[str, Any]) -> Cell:
    return cell(clean(row["verdict"], 20), tone="late" if row["verdict"] in (NO, NO_PLAN) else "")


def _basket(brief: Brief, notes: Notes) -> list[Block | None]:
    table = brief.goods.basket
    if table.is_empty() and not brief.goods.basket_text:
        return [
            li.missing(
                tell("brief_goods.no_basket"),
                (),
                tell("brief_goods.no_basket_why"),
            )
        ]
    text = (
        Prose(tuple(clean(t) for t in sentences(brief.goods.basket_text)), tell("brief_goods.basket_text"))
        if brief.goods.basket_text
        else None
    )
    spec = li.columns("basket", cap=_cap, bound=_bound, verdict=_verdict)
    said = [one for one in brief.goods.basket_text if isinstance(one, Note)]
    fewer = [one for one in said if one.key == "basket.fewer"]
    first = " ".join(clean(t) for t in sentences([*fewer, *brief.goods.basket_text[:1]]))
    judged = [one for one in said if one.key.startswith("basket.judged")]
    tested = " ".join(clean(t) for t in sentences(judged))
    note = tell("brief_goods.basket_note", first=first, tested=tested).strip()
    return [text, li.listing("basket", tell("brief_goods.basket_table"), table, notes, spec, note=note)]
