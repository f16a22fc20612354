"""Goods: which can be sold and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from karwan.amounts import NONE, number, percent, usd
from karwan.analysis.goods_shown import is_far
from karwan.notes import note
from karwan.report.blocks import Block, Cell, Column, Figure, Table, cell
from karwan.report.charts.rivals import draw_against_rivals
from karwan.report.charts.sellable import draw_sellable
from karwan.report.charts.treemap import draw_treemap, sectors_of
from karwan.report.text import clean
from karwan.web.answers.generic import asked, form_of
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences

Row = Mapping[str, Any]
_LEAST = 4
"""Goods with a known demand from which on it is drawn."""
_TONES = {"yes": "good", "no": "late"}


def overview(asking: Asking) -> Page:
    """The page of `karwan trade goods`: what could be sold and is, landed prices, and verdicts, each good a link to its own page."""
    analysis, result = asked(asking)
    goods = result.tables["goods"]
    counts = goods.group_by("verdict", maintain_order=True).agg(count=pl.len())
    return Page(
        title=say(note("page.goods_title")),
        lead=say(note("page.goods_lead", count=goods.height)),
        parts={
            "counts": [
                {"verdict": clean(v).replace("_", " "), "count": number(n)} for v, n in counts.iter_rows()
            ],
            "pictures": _pictures(goods),
            "tables": [goods_table(asking, goods)] if goods.height else [],
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences([*result.notes, *result.alerts]),
    )


def _pictures(goods: pl.DataFrame) -> list[Block]:
    """What could be sold and is, landed prices against the rival's, and what the other side buys of each good."""
    demand = goods.filter(pl.col("demand_usd_year") > 0).with_columns(
        value_usd="demand_usd_year", group="product"
    )
    few = demand.height < _LEAST  # a picture of two areas says nothing
    drawn = {
        "sellable": draw_sellable(goods, say(note("page.goods_sellable"))),
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


def goods_table(asking: Asking, goods: pl.DataFrame) -> Table:
    """A row a good as people read it: verdict with what decides it, what could be sold, is and is not yet, and the landed price."""
    root = f"/en/{asking.project.case.settings.case_id}/goods/"
    rows = tuple(_good(asking, row, root) for row in goods.iter_rows(named=True))
    return Table("goods", say(note("page.goods_table")), _COLUMNS, rows, say(note("page.goods_note")))


_COLUMNS = (
    Column("Good", share=2.0),
    Column("From and to"),
    Column("Can it be sold", share=2.0),
    Column("Could be sold", "USD a year", right=True),
    Column("Sold now", "USD a year", right=True),
    Column("Unrealised", "USD a year", right=True),
    Column("Landed", "USD/t", right=True),
    Column("5 to 95 %", "USD/t", right=True),
    Column("Corridor's share", right=True),
    Column("Cheapest rival", "USD/t", right=True),
    Column("Rival from"),
)


def _good(asking: Asking, row: Row, root: str) -> tuple[Cell, ...]:
    assumed = row["basis"] == "assumed"
    band = NONE
    if row["landed_low_usd_t"] is not None:
        band = f"{number(row['landed_low_usd_t'])} to {number(row['landed_high_usd_t'])}"
    return (
        cell(row["product"], url=f"{root}{row['product_id']}", notes=asking.notes.of(row["source_id"])),
        cell(f"{row['exporter']} → {row['importer']}"),
        cell(verdict_text(row), tone=_TONES.get(row["verdict"], "")),
        cell(usd(row["bound_usd"])),
        cell(usd(row["sold_usd"])),
        cell(usd(row["unrealised_usd"])),
        cell(number(row["landed_usd_t"]), assumed=assumed and row["landed_usd_t"] is not None),
        cell(band),
        cell(percent(row["corridor_share"])),
        cell(number(row["rival_usd_t"])),
        cell(row["rival_origin"] or NONE),
    )


def verdict_text(row: Row) -> str:
    """A verdict with what decides it: the ban that holds, the input at which it turns, or what is lacking."""
    verdict = str(row["verdict"])
    if row["ban"]:
        return say(
            note("page.goods_banned", verdict=verdict, country=row["ban"], since=row["ban_since"] or NONE)
        )
    if row["switch"] and row["switch_at"] is not None:
        at = percent(row["switch_at"]) if row["switch"] == "duty" else f"{number(row['switch_at'])} USD/t"
        if is_far(row):
            return say(note("page.goods_far", switch=row["switch"], at=at, cut=percent(row["cut_share"])))
        return say(note("page.goods_switch", verdict=verdict, switch=row["switch"], at=at))
    if row["lacks"]:
        return say(note("page.goods_lacks", verdict=verdict, lacks=row["lacks"]))
    return verdict
