"""Goods: which can be sold and why, and one good with its rivals."""

from __future__ import annotations

import polars as pl

from karwan.amounts import number
from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Cell, Figure, Table
from karwan.report.charts.rivals import draw_against_rivals
from karwan.report.charts.treemap import draw_treemap, sectors_of
from karwan.report.text import clean
from karwan.web.answers.generic import asked, form_of
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences

_LEAST = 4
"""Goods with a known demand from which on it is drawn."""


def overview(asking: Asking) -> Page:
    """The page of `karwan trade goods`: verdicts, each good a link to its own page."""
    analysis, result = asked(asking)
    goods = result.tables["goods"]
    blocks = answer_tables(analysis, result, asking.notes, most=120)
    root = f"/en/{asking.project.case.settings.case_id}/trade/compete?product="
    linked: list[Block] = []
    for block in blocks:
        codes = goods["product_id"].to_list()[: len(block.rows)]
        rows = tuple(_follow(row, f"{root}{code}") for row, code in zip(block.rows, codes, strict=True))
        linked.append(Table(block.key, block.caption, block.columns, rows, block.note, block.wide))
    counts = goods.group_by("verdict", maintain_order=True).agg(count=pl.len())
    return Page(
        title=say(note("page.goods_title")),
        lead=say(note("page.goods_lead", count=goods.height)),
        parts={
            "counts": [
                {"verdict": clean(v).replace("_", " "), "count": number(n)} for v, n in counts.iter_rows()
            ],
            "pictures": _pictures(goods),
            "tables": linked,
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences([*result.notes, *result.alerts]),
    )


def _pictures(goods: pl.DataFrame) -> list[Block]:
    """Landed prices against the rival's, and what the other side buys of each good."""
    demand = goods.filter(pl.col("demand_usd_year") > 0).with_columns(
        value_usd="demand_usd_year", group="product"
    )
    few = demand.height < _LEAST  # a picture of two areas says nothing
    drawn = {
        "rivals": draw_against_rivals(goods),
        "demand": None
        if few
        else draw_treemap(demand, "demand", say(note("page.goods_demand")), among=sectors_of(goods)),
    }
    return [
        Figure(f"f-{key}", say(note(f"page.goods_{key}")), say(note(f"page.goods_{key}_caption")), "", svg)
        for key, svg in drawn.items()
        if svg
    ]


def _follow(row: tuple[Cell, ...], to: str) -> tuple[Cell, ...]:
    first = row[0]
    return (Cell(first.text, first.assumed, first.notes, to, first.tone, first.swatch), *row[1:])
