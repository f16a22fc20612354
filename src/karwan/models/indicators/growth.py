"""What a change in trade is made of."""

from __future__ import annotations

import polars as pl

from karwan.errors import InvalidInput
from karwan.models.indicators.matrix import checked


def contributions(
    earlier: pl.DataFrame, later: pl.DataFrame, *, by: str = "product", value: str = "value_usd"
) -> pl.DataFrame:
    """Contribution of each group to the growth of the total, percentage points as shares.

    Both tables must describe like periods of one reporter; see `karwan.models.standing.like_for_like`. A
    group that one table does not name is `new` or `gone`: it counts with zero in the sum, and is marked,
    for it may be unreported rather than absent.

    Returns
    -------
    Table `by`, earlier_usd, later_usd (null where not reported), change_usd, contribution_share (change over
    the earlier total; they add up to the growth of the total), growth_share (of the group itself), state
    ('both', 'new', 'gone'); largest absolute change first.
    """
    sides = []
    for table, name in ((earlier, "earlier_usd"), (later, "later_usd")):
        known = checked(table, by, value=value)
        sides.append(known.group_by(by).agg(pl.col(value).sum().alias(name)))
    before = float(sides[0]["earlier_usd"].sum())
    if not before > 0:
        raise InvalidInput("The earlier period has no trade; growth is undefined.")
    table = sides[0].join(sides[1], on=by, how="full", coalesce=True)
    change = pl.col("later_usd").fill_null(0.0) - pl.col("earlier_usd").fill_null(0.0)
    table = table.with_columns(
        change_usd=change,
        contribution_share=change / before,
        growth_share=pl.when(pl.col("earlier_usd") > 0).then(
            pl.col("later_usd") / pl.col("earlier_usd") - 1.0
        ),
        state=pl.when(pl.col("earlier_usd").is_null())
        .then(pl.lit("new"))
        .when(pl.col("later_usd").is_null())
        .then(pl.lit("gone"))
        .otherwise(pl.lit("both")),
    )
    return table.sort(pl.col("change_usd").abs(), by, descending=[True, False])
