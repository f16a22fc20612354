"""Targets of a case that a basket or a turnover is held against, and the list of goods that goes with them."""

from __future__ import annotations

import re

import polars as pl

from karwan.case import Case


def turnover_target(case: Case) -> float | None:
    """Value of the turnover target due first, USD; None where the case has none."""
    wanted = case["targets"].filter((pl.col("quantity") == "turnover") & (pl.col("unit") == "USD"))
    first = wanted.sort("due", "target_id", nulls_last=True)
    return float(first["value"][0]) if first.height else None


def named_basket(case: Case) -> str:
    """The case's basket with a target, else that with most goods; blank where it has none."""
    target = basket_target(case)
    if target is not None:
        return target[2]
    sizes = case["products"].drop_nulls("basket").group_by("basket").len()
    ranked = sizes.sort("len", "basket", descending=[True, False])
    return str(ranked["basket"][0]) if ranked.height else ""


def basket_target(case: Case) -> tuple[float, int, str] | None:
    """Value, number of goods and basket of the case's basket target: an export target in USD whose number of
    goods a basket has.
    """
    sizes = {
        int(row["len"]): str(row["basket"])
        for row in case["products"].drop_nulls("basket").group_by("basket").len().sort("basket").to_dicts()
    }
    exports = case["targets"].filter(pl.col("quantity").str.starts_with("exports"))
    for row in exports.sort("due", "target_id", nulls_last=True).iter_rows(named=True):
        named = re.search(r"\b(\d+) (?:\w+ )?goods", row["title"])
        if named and int(named.group(1)) in sizes and row["unit"] == "USD":
            return float(row["value"]), int(named.group(1)), sizes[int(named.group(1))]
    return None
