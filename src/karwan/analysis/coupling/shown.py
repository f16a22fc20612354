"""What people read of the answer of trade: money as well as it is known, and the rows that move."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from karwan.analysis.contract import Result
from karwan.analysis.coupling.answer import BANDS, EQUAL_SHARE
from karwan.notes import Note, note

DIGITS = 3
"""Digits of money and tonnes: more would say that they are known better than they are."""

COUNTRIES = 12
"""Countries shown: those whose income moves most."""

BUSY_SHARE = 0.8
"""Load from which a place is shown that trade does not move."""

LEAST_SHARE, LEAST_USD = 1e-9, 0.5
"""Changes below are rounding of the arithmetic."""

TONNES = ("tonnes_year", "new_tonnes_year")
"""Tonnes of a good: its money over its price."""

LEAST_HOURS = 0.01
"""Added hours from which a place is shown."""


def present_trade(result: Result, view: None, form: str) -> Result:
    """Plain: money and tonnes to three digits, the countries that move most, and the places that fill or are full."""
    if form != "table":
        return result
    tables = {key: without_bands(table) for key, table in result.tables.items()}
    split: tuple[Note, ...] = ()
    if "products" in tables:
        tables["products"], split = _as_known(tables["products"])
    tables["countries"] = _most_moved(tables["countries"])
    tables["places"] = _busy(tables["places"])
    left = {
        key: result.tables[key].height - tables[key].height
        for key in ("countries", "places")
        if result.tables[key].height > tables[key].height
    }
    said = (note("coupling.shown", **{"countries": 0, "places": 0} | left),) if left else ()
    shown = {key: _rounded(table) for key, table in tables.items()}
    return replace(result, tables=shown, notes=(*result.notes, *split, *said))


def without_bands(table: pl.DataFrame) -> pl.DataFrame:
    """A table of pairs without the columns of a band that nobody asked for."""
    return table.drop([name for name in BANDS if name in table.columns and table[name].is_null().all()])


def _as_known(products: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """Goods without tonnes that rest on an even split, and without landed cost that rests on an assumed price."""
    split = pl.col("base_split") == EQUAL_SHARE
    if products.filter(split).is_empty():
        return products, ()
    priced = products.with_columns(cost_usd_t=pl.when(pl.col("price_basis") != "assumed").then("cost_usd_t"))
    hidden = priced.with_columns(pl.when(~split).then(pl.col(name)).alias(name) for name in TONNES)
    bare = [name for name in TONNES if hidden[name].is_null().all()]
    return hidden.drop(bare), (note("coupling.split", split=EQUAL_SHARE),)


def _rounded(table: pl.DataFrame) -> pl.DataFrame:
    """Money and tonnes to a few digits; what is less than rounding of the arithmetic is nothing."""
    least = {n: LEAST_SHARE for n in table.columns if n.endswith("_share")}
    least |= {n: LEAST_USD for n in table.columns if n.startswith("welfare_")}
    plain = table.with_columns(
        pl.when(pl.col(name).abs() < floor).then(0.0).otherwise(name).alias(name)
        for name, floor in least.items()
    )
    return plain.with_columns(pl.col(r"^.*(usd|tonnes|_day).*$").round_sig_figs(DIGITS))


def _most_moved(table: pl.DataFrame) -> pl.DataFrame:
    return table.sort(pl.col("welfare_usd_year").abs(), descending=True, nulls_last=True).head(COUNTRIES)


def _busy(table: pl.DataFrame) -> pl.DataFrame:
    moved = pl.col("added_h").abs() >= LEAST_HOURS
    return table.filter((pl.col("load_share") >= BUSY_SHARE) | moved | pl.col("beyond_limit"))
