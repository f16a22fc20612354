"""A basket on a terminal: the terms that bind alone, directions by the names of the countries."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from karwan.analysis.contract import Result
from karwan.cli.plain.page import Block, PlainPage, plain_page
from karwan.notes import note
from karwan.schema.results import result_table
from karwan.words import say, sentences

TABLES = {
    "basket": "basket_chosen",
    "shadow prices": "basket_prices",
    "reach": "basket_reach",
    "least breach": "basket_breaches",
    "alternatives": "basket_alternatives",
    "frontier": "basket_frontier",
    "comparable pairs": "reach_pairs",
    "bounds by good": "reach_goods",
}


def basket_page(result: Result) -> PlainPage:
    """The answer of `karwan basket` for people."""
    said = sentences(result.notes)
    return plain_page(_blocks(result), said[result.lead :], said[: result.lead])


def _blocks(result: Result) -> Iterator[Block]:
    for key, table in result.tables.items():
        if key == "shadow prices":
            table = table.filter(pl.col("binding"))
        if key == "reach":
            table = table.with_columns(pl.col("without").replace("", say(note("basket.as_asked"))))
        declared = result_table(TABLES[key])
        shown = [name for name in declared.headings if name in table.columns]
        yield declared.title, TABLES[key], table.select(shown)
