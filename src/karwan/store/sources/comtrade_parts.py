"""Totals and their parts in a UN Comtrade table: rows by mode of transport, customs procedure or second partner.

A download holds totals, or totals with their parts, or (as tariff lines do) parts alone. Parts are set aside
where their total is there too and summed where it is not. A row without a mode and procedure is a total only
if it is at least what its parts add up to; among tariff lines it is the part whose mode nobody stated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from karwan.store.sources.comtrade_layout import COLUMNS, DIMENSIONS, ComtradeLayout, without_marks

BREAKDOWN = "set aside: a breakdown by {} of a total that the file has too"
SAME_TOTAL = "set aside: a breakdown by {} of what is summed by another"
# Parts are rounded, and some are withheld: a total may be so much less than their sum.
ROUNDING_SHARE = 0.005
# Two breakdowns of one total agree this closely.
AGREEMENT_SHARE, AGREEMENT_USD = 1e-6, 1.0

_KEY = tuple(
    name
    for name in COLUMNS
    if name.startswith(("reporter_", "partner_")) or name in ("flow", "period", "hs_revision", "product")
)


@dataclass(frozen=True)
class Parts:
    """What becomes of the rows of a table that has parts.

    Attributes
    ----------
    aside
        Columns `line`, `reason`: the rows that are not stored.
    summed, flows
        Rows that are added up, and how many flows they make; 0 where the table has all totals.
    """

    aside: pl.DataFrame
    summed: int = 0
    flows: int = 0

    @property
    def repeats(self) -> str:
        """What the store does with rows of one flow."""
        return "sum" if self.flows else "reject"

    def notes(self) -> list[str]:
        """That rows were summed, and when that is less than the whole."""
        if not self.flows:
            return []
        return [
            f"{self.summed:,} rows are parts of {self.flows:,} flows whose total the file has not: summed; "
            "if the file was filtered, to one mode of transport for instance, the sums are of that alone"
        ]


NO_PARTS = Parts(pl.DataFrame(schema={"line": pl.Int64, "reason": pl.String}))


def parts_of(tables: Iterable[pl.DataFrame], layout: ComtradeLayout) -> Parts:
    """Read a whole table for totals and parts; 40 bytes a row are kept.

    Parameters
    ----------
    tables
        Frames with `line`, `fault` and the layout's columns as text.
    """
    rows = [narrow for table in tables if (narrow := _narrow(table, layout)).height]
    if not rows or not any(bool((part["pattern"] > 0).any()) for part in rows):
        return NO_PARTS
    return _settled(pl.concat(rows))


def _narrow(table: pl.DataFrame, layout: ComtradeLayout) -> pl.DataFrame:
    """Each row as numbers: its flow, its place in the breakdowns, which of them it is broken down by, its value."""
    columns = layout.columns
    code = {
        name: without_marks(pl.col(columns[name])).str.replace(r"\.0+$", "") for name in layout.dimensions()
    }
    broken = [
        (~code[name].is_in(DIMENSIONS[name][1])).fill_null(False).cast(pl.Int8) * 2**place
        for place, name in enumerate(DIMENSIONS)
        if name in code
    ]
    there = [name for name in columns if columns[name] in table.columns]
    key = [pl.col(columns[name]) for name in _KEY if name in there]
    value = pl.col(columns["value"]).str.strip_chars().cast(pl.Float64, strict=False)
    return table.filter(pl.col("fault").is_null()).select(
        "line",
        flow=pl.struct(key).hash(),
        row=pl.struct([pl.col(columns[name]) for name in there]).hash(),
        pattern=pl.sum_horizontal(broken),
        value=value.fill_nan(None).fill_null(0.0),
    )


def _settled(rows: pl.DataFrame) -> Parts:
    """Parts of all the rows of a table of which some are broken down."""
    by_pattern = rows.group_by("flow", "pattern").agg(
        pl.col("value").sum(), pl.col("value").first().alias("first")
    )
    total = pl.col("first").filter(pl.col("pattern") == 0).first()
    parts = pl.col("value").filter(pl.col("pattern") > 0)
    flows = (
        by_pattern.group_by("flow")
        .agg(total.alias("total"), parts.max().alias("most"), parts.len().alias("ways"))
        .filter(pl.col("ways") > 0)
    )
    least = pl.col("most") * (1 - ROUNDING_SHARE)
    short = (pl.col("total") < least).fill_null(True)
    # One flow without a total shows a table of tariff lines: there a row without a mode is a part unless
    # it is the sum of the others.
    tariff_lines = bool(flows.select(short.any()).item())
    is_total = ~short
    if tariff_lines:
        is_total &= pl.col("total") <= pl.col("most") * (1 + ROUNDING_SHARE)
    flows = flows.with_columns(whole=is_total)
    whole = rows.join(flows.filter("whole"), on="flow", how="semi")
    bare = rows.join(flows.filter(~pl.col("whole")), on="flow", how="semi")
    aside = [_aside(whole.filter(pl.col("pattern") > 0), BREAKDOWN)]
    chosen = _one_breakdown(bare, by_pattern)
    aside.append(_aside(bare.join(chosen, on=["flow", "pattern"], how="anti"), SAME_TOTAL))
    kept = bare.join(chosen, on=["flow", "pattern"], how="semi")
    others = rows.join(bare, on="line", how="anti").join(aside[0], on="line", how="anti")
    if kept.height:
        # The store adds rows of one flow up: those that are no parts must not come twice.
        aside += [_repeated(kept, ["flow", "row"]), _repeated(others, ["flow"])]
    said = pl.concat(aside)
    summed = kept.join(said, on="line", how="anti")
    return Parts(said.sort("line"), summed.height, summed["flow"].n_unique())


def _aside(rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    said = {pattern: reason.format(_named(pattern)) for pattern in rows["pattern"].unique()}
    text = pl.col("pattern").replace_strict(said, default=None, return_dtype=pl.String)
    return rows.select("line", reason=text)


def _named(pattern: int) -> str:
    """Names of the dimensions of a pattern."""
    names = [title for place, (title, _) in enumerate(DIMENSIONS.values()) if pattern & 2**place]
    return " and ".join(names) if names else "nothing"


def _one_breakdown(bare: pl.DataFrame, by_pattern: pl.DataFrame) -> pl.DataFrame:
    """Flow and pattern of the rows to sum: all of a flow, or one pattern where two agree on the whole."""
    own = by_pattern.join(bare, on="flow", how="semi").with_columns(most=pl.col("value").max().over("flow"))
    near = pl.col("most") - pl.col("value") <= pl.max_horizontal(
        pl.col("most") * AGREEMENT_SHARE, AGREEMENT_USD
    )
    own = own.with_columns(near=near & (pl.col("pattern") > 0) & (pl.col("most") > AGREEMENT_USD))
    agreed = pl.col("near").sum().over("flow") > 1
    first = pl.col("pattern").filter(pl.col("near")).min().over("flow")
    return own.filter(~agreed | (pl.col("pattern") == first)).select("flow", "pattern")


def _repeated(rows: pl.DataFrame, same: list[str]) -> pl.DataFrame:
    """The second and later rows of one flow, as the store rejects them."""
    first = rows.sort("line").with_columns(
        pl.col("line").first().over(same).alias("before"), pl.col("value").first().over(same).alias("was")
    )
    reason = (
        pl.when(pl.col("value") == pl.col("was"))
        .then(pl.format("duplicate of line {}", "before"))
        .otherwise(pl.format("same flow as line {} with another value", "before"))
    )
    return first.filter(pl.col("line") > pl.col("before")).select("line", reason=reason)
