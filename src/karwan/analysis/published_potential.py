"""Potentials and offers that a case's sources state."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from karwan.case import Case
from karwan.schema.frames import result_types


def published_potential(case: Case) -> pl.DataFrame:
    """Potentials and offers a case's sources state, by direction and group of goods.

    Several figures for one group are not averaged: the lowest is the headline, lowest and highest are the
    interval.

    Returns
    -------
    Table with `direction` and the columns of `schema/results/potential_published.csv`. product_id is null for a group of goods;
    actual_usd is the trade published for
    the same goods, direction and period, null where none is.
    """
    flows = case["flows"]
    stated = flows.filter(
        pl.col("value_kind").is_in(["potential", "offer"]) & pl.col("value_usd").is_not_null()
    )
    rows = []
    keys = ["direction", "product_group", "value_kind", "period_start", "period_end"]
    for key, group in stated.sort("value_usd", "flow_id").group_by(keys, maintain_order=True):
        rows.append(_published_row(case, group, dict(zip(keys, key, strict=True))))
    schema = {"direction": pl.String(), **result_types("potential_published")}
    return pl.DataFrame(rows, schema=schema, orient="row").sort(
        "direction", "potential_usd", descending=[False, True], nulls_last=True
    )


def _published_row(case: Case, group: pl.DataFrame, key: dict[str, object]) -> tuple[object, ...]:
    first = group.row(0, named=True)
    low, high = float(group["value_usd"][0]), float(group["value_usd"][-1])
    several = group.height > 1
    product_id = first["product_id"]
    goods = case["products"].filter(pl.col("product_id").eq_missing(pl.lit(product_id, pl.String))).to_dicts()
    good = goods[0] if goods else {"name": _group_name(first["product_group"]), "sector": None}
    actual = _actual(case["flows"], key, first["reporter"])
    return (
        key["direction"],
        product_id,
        f"{good['name']}, {_way(case, key['direction'])}",
        good["sector"],
        actual,
        low,
        low if several else None,
        high if several else None,
        None if actual is None else max(0.0, low - actual),
        _published_method(case, group, key),
        "; ".join(_published_lacks(actual, several, product_id)),
    )


def _group_name(group: str) -> str:
    return group.replace("all", "all goods", 1)


def _way(case: Case, direction: object) -> str:
    a, b = case.settings.party_a, case.settings.party_b
    return f"{a} to {b}" if direction == "a_to_b" else f"{b} to {a}"


def _published_method(case: Case, group: pl.DataFrame, key: dict[str, object]) -> str:
    """Kind of the figure, its year, who published it, and that it is the lowest of several."""
    named = group["source_id"].str.split(";").explode()
    sources = case["sources"].filter(pl.col("source_id").is_in(named.implode())).sort("source_id")
    who = [f"{r['publisher'] or r['title']} {r['year'] or ''}".strip() for r in sources.iter_rows(named=True)]
    kind = "potential" if key["value_kind"] == "potential" else "offer of supply, not demand"
    several = "; lowest of the figures stated" if group.height > 1 else ""
    return f"published {kind}, {key['period_start']:%Y}, {'; '.join(who)}{several}"


def _published_lacks(actual: float | None, several: bool, product_id: str | None) -> Iterator[str]:
    if actual is None:
        yield "actual trade in the same goods and period"
    if not several:
        yield "an interval"
    yield "the publisher's method"
    if not product_id:
        yield "a split by product"


def _actual(flows: pl.DataFrame, key: dict[str, object], reporter: str) -> float | None:
    same = flows.filter(
        (pl.col("value_kind") == "trade")
        & (pl.col("reporter") == reporter)
        & pl.col("value_usd").is_not_null()
        & pl.all_horizontal(
            pl.col(n) == pl.lit(key[n]) for n in ("direction", "product_group", "period_start", "period_end")
        )
    )
    return float(same["value_usd"][0]) if same.height == 1 else None
