"""Section on goods: landed cost, potential, basket, product groups."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.amounts import usd
from karwan.analysis.sections import Brief
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Figure, Notes, Prose, Section, cell
from karwan.report.charts.landed import draw_landed
from karwan.report.charts.potential import draw_potential
from karwan.report.charts.treemap import draw_treemap, sectors_of
from karwan.report.text import clean, day

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
                "No landed costs",
                (),
                (
                    "The case has no products with a price and an open or "
                    "would-be route: fill `products.csv` and `tariffs.csv`."
                ),
            ),
        )
    if goods.commands:
        blocks.append(Prose(tuple(clean(c) for c in goods.commands), "What would fill this section further"))
    lead = (
        "What a tonne costs when it arrives, and how much of that "
        "is the way: freight, insurance, time in transit and loss."
    )
    return Section("goods", "3", "Goods", lead, tuple(b for b in blocks if b is not None))


def _landed(brief: Brief, notes: Notes) -> list[Block | None]:
    table = brief.goods.landed
    result: list[Block | None] = []
    for way in dict.fromkeys(table["direction"].to_list()) if table.height else ():
        rows = table.filter(pl.col("direction") == way)
        label = clean(rows["direction_label"][0], 80)
        key = "".join(c for c in str(way) if c.isalnum()) or "way"
        svg = draw_landed(rows, f"landed-{key}", f"Landed price, {label}")
        if svg:
            caption = (
                "Bars end at the landed price; the coloured part is the corridor's "
                f"share. Small block: the corridor used. {day(brief.as_of)}."
            )
            result.append(
                Figure(
                    f"f-landed-{key}",
                    f"What the landed price is made of, {label}",
                    caption,
                    "share of USD per tonne",
                    svg,
                    notes.of_rows(rows.to_dicts()),
                )
            )
        result.append(
            li.listing(f"landed-table-{key}", f"Landed cost, {label}", rows, notes, _LANDED, wide=True)
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
        title = f"What is traded, {ways.get(str(way), 'both directions')}, {clean(period, 40)}"
        svg = draw_treemap(rows, f"groups-{k}", title, among=sectors_of(table))
        if svg:
            who = names.get(str(reporter), clean(reporter, 40))
            result.append(
                Figure(
                    f"f-groups-{k}",
                    title,
                    f"Area is value, by {who}'s statistics; one colour per sector.",
                    "USD in the period",
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
                "Potential by product is not in this run",
                [clean(c) for c in brief.goods.commands],
                "Ingest product-level trade of both sides to fill it.",
            )
        ]
    table = table.sort("unrealised_usd", "potential_usd", descending=True, nulls_last=True)
    svg = draw_potential(table)
    spec = li.columns("potential")
    figure = (
        Figure(
            "f-potential",
            "Potential against actual",
            "Largest unrealised potential first; where actual trade in the same goods is not known, largest potential first.",
            "USD a year",
            svg,
        )
        if svg
        else None
    )
    return [figure, li.listing("potential-table", "Potential by product", table, notes, spec, wide=True)]


def _bound(row: dict[str, Any]) -> Cell:
    """Upper bound of a product's value, marked where its note says that it is assumed."""
    return cell(usd(row["bound_usd"]), assumed="assumed" in clean(row["note"]))


def _basket(brief: Brief, notes: Notes) -> list[Block | None]:
    table = brief.goods.basket
    if table.is_empty() and not brief.goods.basket_text:
        return [
            li.missing(
                "No basket was solved",
                (),
                "`karwan basket` chooses goods that reach a target value; it needs potentials by product.",
            )
        ]
    text = (
        Prose(tuple(clean(t) for t in brief.goods.basket_text), "The basket: what it solves and what binds")
        if brief.goods.basket_text
        else None
    )
    spec = li.columns("basket", bound=_bound)
    return [text, li.listing("basket", "Goods chosen", table, notes, spec)]
