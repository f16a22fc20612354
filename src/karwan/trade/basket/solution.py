"""A solved program read back: the goods it chooses, and what a unit more of each term is worth."""

from __future__ import annotations

import numpy as np
import polars as pl

from karwan.trade.basket.model import Array
from karwan.trade.basket.program import INF, Program, Row, solve_program

TIME_LIMIT_S = 60.0
PRICES = {
    "constraint": pl.String,
    "kind": pl.String,
    "dual": pl.Float64,
    "unit": pl.String,
    "used": pl.Float64,
    "limit": pl.Float64,
    "binding": pl.Boolean,
}
REACH = {"without": pl.String, "reach_usd": pl.Float64, "gain_usd": pl.Float64}
BREACHES = {"constraint": pl.String, "breach": pl.Float64, "unit": pl.String, "limit": pl.Float64}


def chosen_goods(goods: pl.DataFrame, columns: Array) -> tuple[pl.DataFrame, Array]:
    """Rows of the goods a solution chooses, and the value of every good, shape (K,)."""
    count = goods.height
    taken = columns[count : 2 * count] > 0.5
    values = np.clip(columns[:count], 0.0, 1.0) * goods["bound_usd"].to_numpy() * taken
    table = goods.with_columns(value_usd=pl.Series(values)).filter(pl.Series(taken & (values > 0)))
    total = max(float(values.sum()), 1e-300)
    return (
        table.with_columns(
            value_share=pl.col("value_usd") / total,
            total_cost_usd=pl.col("cost_usd") + pl.col("cost_share") * pl.col("value_usd"),
        ).sort("value_usd", descending=True),
        values,
    )


def shadow_prices(program: Program, columns: Array) -> pl.DataFrame:
    """Duals of the linear program with the choice of goods (and of missed scenarios) held.

    A dual is the change of the objective (USD) per unit of the constraint's right-hand side: USD per USD for
    the target, USD per tonne for a capacity. It says nothing about adding a good: the frontier does.
    """
    held = solve_program(program.fixed(columns), gap_share=0.0, time_limit_s=TIME_LIMIT_S)
    if held.status == "infeasible":  # rounding of a choice at the edge of feasibility
        return pl.DataFrame(schema=PRICES)
    rows = []
    for row, dual, used in zip(program.rows, held.duals, held.activity, strict=True):
        if row.kind in ("tail", "risk", "count"):
            continue
        size = _size(program, row)
        limit = row.lower if row.lower > -INF else row.upper
        price = dual * program.scale / size
        rows.append((row.name, row.kind, price, row.unit, used * size, limit * size, abs(price) > 1e-9))
    return pl.DataFrame(rows, schema=PRICES, orient="row").pipe(_merge_scenarios)


def _size(program: Program, row: Row) -> float:
    """Units of the right-hand side per scaled unit."""
    if row.kind == "capacity":
        return row.size
    return program.scale if row.unit == "USD" else 1.0


def _merge_scenarios(prices: pl.DataFrame) -> pl.DataFrame:
    """One row 'target' in place of a row per scenario; its dual is the sum of theirs."""
    own = pl.col("constraint").str.starts_with("scenario ")
    many = prices.filter(own)
    if not many.height:
        return prices
    one = many.select(
        constraint=pl.lit("target"),
        kind=pl.lit("target"),
        dual=pl.col("dual").sum(),
        unit=pl.col("unit").first(),
        used=pl.col("used").min(),
        limit=pl.col("limit").max(),
        binding=pl.col("binding").any(),
    )
    return pl.concat([one, prices.filter(~own)])
