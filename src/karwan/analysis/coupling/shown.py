"""What people read of the answer of trade: money as well as it is known, and the rows that move."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from karwan.analysis.contract import Result
from karwan.notes import note

DIGITS = 3
"""Digits of money and tonnes: more would say that they are known better than they are."""

COUNTRIES = 12
"""Countries shown: those whose income moves most."""

BUSY_SHARE = 0.8
"""Load from which a place is shown that trade does not move."""

LEAST_HOURS = 0.01
"""Added hours from which a place is shown."""


def present_trade(result: Result, view: None, form: str) -> Result:
    """Plain: money and tonnes to three digits, the countries that move most, and the places that fill or are full."""
    if form != "table":
        return result
    tables = dict(result.tables)
    tables["countries"] = _most_moved(tables["countries"])
    tables["places"] = _busy(tables["places"])
    left = {
        key: result.tables[key].height - tables[key].height
        for key in ("countries", "places")
        if result.tables[key].height > tables[key].height
    }
    said = (note("coupling.shown", **{"countries": 0, "places": 0} | left),) if left else ()
    return replace(
        result, tables={key: _rounded(table) for key, table in tables.items()}, notes=(*result.notes, *said)
    )


def _rounded(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col(r"^.*(usd|tonnes|_day).*$").round_sig_figs(DIGITS))


def _most_moved(table: pl.DataFrame) -> pl.DataFrame:
    return table.sort(pl.col("welfare_usd_year").abs(), descending=True, nulls_last=True).head(COUNTRIES)


def _busy(table: pl.DataFrame) -> pl.DataFrame:
    moved = pl.col("added_h").abs() >= LEAST_HOURS
    return table.filter((pl.col("load_share") >= BUSY_SHARE) | moved | pl.col("beyond_limit"))
