"""Potentials and offers that a case's sources state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from karwan.analysis.trade_flows import trade_flows
from karwan.case import Case
from karwan.schema.frames import result_types
from karwan.trade.standing import period_label

ALL_GOODS = "all"


def published_potential(case: Case) -> pl.DataFrame:
    """Potentials and offers a case's sources state, by direction and group of goods.

    Several figures for one group are not averaged: the lowest is the headline, lowest and highest are the
    interval. Trade is taken off a potential of the same year only: dollars of two years have no difference.

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
    period = period_label(first["period_start"], first["period_end"], first["period_kind"])
    goods = case["products"].filter(pl.col("product_id").eq_missing(pl.lit(product_id, pl.String))).to_dicts()
    good = goods[0] if goods else {"name": _group_name(first["product_group"]), "sector": None}
    actual = _actual(case, key, first["reporter"])
    return (
        key["direction"],
        product_id,
        f"{good['name']}, {_way(case, key['direction'])}",
        good["sector"],
        actual.usd if actual else None,
        f"{actual.whose} {actual.period}" if actual else None,
        period,
        low,
        low if several else None,
        high if several else None,
        max(0.0, low - actual.usd) if actual and actual.period == period else None,
        _published_method(case, group, key),
        "; ".join(_published_lacks(actual, period, several, product_id)),
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


def _published_lacks(
    actual: _Actual | None, period: str, several: bool, product_id: str | None
) -> Iterator[str]:
    if actual is None:
        yield "actual trade in the same goods"
    elif actual.period != period:
        yield f"trade of {period}, or a potential of {actual.period}: dollars of two years have no difference"
    if not several:
        yield "an interval"
    yield "the publisher's method"
    if not product_id:
        yield "a split by product"


@dataclass(frozen=True)
class _Actual:
    """Trade that stands beside a potential: USD, whose it is and of which period."""

    usd: float
    whose: str
    period: str


def _actual(case: Case, key: dict[str, object], reporter: str) -> _Actual | None:
    """Newest trade in the same goods and direction; None where none is published.

    Of all goods it is the flow that counts everywhere (`trade_flows`); of a group the newest official full year, of the potential's own reporter
    before others.
    """
    if key["product_group"] == ALL_GOODS:
        flow = trade_flows(case, case.settings.as_of).get(str(key["direction"]))
        if flow is not None:
            return _Actual(flow.value_usd, flow.taken.reporter, flow.taken.year_label)
    same = case["flows"].filter(
        (pl.col("value_kind") == "trade")
        & pl.col("value_usd").is_not_null()
        & (pl.col("claimed") == "official")
        & pl.col("period_kind").is_in(["calendar_year", "fiscal_year"])
        & pl.all_horizontal(pl.col(n) == pl.lit(key[n]) for n in ("direction", "product_group"))
    )
    if same.is_empty():
        return None
    own = (pl.col("reporter") == reporter).alias("own")
    newest = same.with_columns(own).sort("period_end", "own", "flow_id").row(-1, named=True)
    label = period_label(newest["period_start"], newest["period_end"], newest["period_kind"])
    return _Actual(float(newest["value_usd"]), newest["reporter"], label)
