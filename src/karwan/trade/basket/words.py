"""A basket in sentences, built from its numbers."""

from __future__ import annotations

import polars as pl

from karwan.amounts import dollars, percent
from karwan.trade.basket.model import Basket


def goods_words(count: int) -> str:
    """'1 good', '40 goods'."""
    return "1 good" if count == 1 else f"{count} goods"


def basket_text(basket: Basket) -> tuple[str, ...]:
    """What was chosen, what it costs, what binds; or what is reachable and what holds it back."""
    if basket.status == "infeasible":
        return _infeasible(basket)
    goods = basket.chosen
    mean = "an expected " if basket.met_share is not None else ""
    lines = [
        f"{goods_words(goods.height)} {'reaches' if goods.height == 1 else 'reach'} {mean}{dollars(basket.value_usd + basket.baseline_usd)}"
        + (f" (of it {dollars(basket.baseline_usd)} flowing already)" if basket.baseline_usd else "")
        + (f", against a target of {dollars(basket.target_usd)}" if basket.target_usd else "")
        + f"; the cost counted is {dollars(basket.cost_usd)}."
    ]
    if basket.status == "limit":
        lines.append(f"Time ran out: a better basket may exist, by at most {percent(basket.gap_share, 2)}.")
    if basket.met_share is not None:
        lines.append(f"It reaches the target in {percent(basket.met_share)} of the scenarios.")
    if goods.height:
        sectors = (
            goods.group_by("sector")
            .agg(pl.col("value_usd").sum(), pl.len())
            # shares that a limit makes equal differ in their last digits
            .sort(pl.col("value_usd").round_sig_figs(9), "sector", descending=[True, False])
        )
        parts = [
            f"{name or 'no sector'} {percent(value / goods['value_usd'].sum())} ({goods_words(count)})"
            for name, value, count in sectors.iter_rows()
        ]
        lines.append(f"By sector: {', '.join(parts)}.")
    return (*lines, *_prices(basket))


def _prices(basket: Basket) -> list[str]:
    lines = []
    cost = basket.objective == "cost"
    for row in basket.prices.filter(pl.col("binding")).iter_rows(named=True):
        gain = abs(row["dual"])
        if row["kind"] == "target" and cost:
            lines.append(f"The last dollar of the target costs {gain:.3f} dollars.")
        elif row["kind"] == "capacity":
            what = f"saves USD {gain:,.2f} of cost" if cost else f"adds USD {gain:,.2f} of value"
            lines.append(f"{row['constraint']} is full: a tonne more {what}.")
        elif row["kind"] == "sector":
            what = f"saves {gain:.3f} dollars of cost" if cost else f"adds {gain:.3f} dollars of value"
            lines.append(f"The cap on {row['constraint']} binds: a dollar more of it {what}.")
        else:
            lines.append(f"The term '{row['constraint']}' binds.")
    return lines


def _infeasible(basket: Basket) -> tuple[str, ...]:
    if not basket.reach.height:
        named = ", ".join(f"'{name}'" for name in basket.breaches["constraint"])
        return (f"No basket meets the terms, whatever the target; they exclude one another: {named}.",)
    reach = basket.reach.filter(pl.col("without") == "")["reach_usd"][0]
    gap = basket.target_usd - reach
    lines = []
    if reach <= basket.baseline_usd and not basket.chosen.height:
        lines.append(
            f"The terms leave no basket at all, let alone {dollars(basket.target_usd)}: sector shares, for "
            "one, need goods "
            "of enough sectors."
        )
    elif gap > 1e-6 * basket.target_usd:
        lines.append(
            f"The target of {dollars(basket.target_usd)} is out of reach: the goods reach {dollars(reach)} at most, "
            f"{dollars(gap)} short."
        )
    else:
        lines.append(
            f"The greatest value is {dollars(reach)}, but the target of {dollars(basket.target_usd)} is not met "
            "in as many "
            "scenarios as asked."
        )
    freed = basket.reach.filter(~pl.col("without").is_in(["", "any of the terms"])).sort(
        "gain_usd", descending=True, nulls_last=True
    )
    for row in freed.iter_rows(named=True):
        lines.append(f"Without the term '{row['without']}' they would reach {dollars(row['reach_usd'])}.")
    everything = basket.reach.filter(pl.col("without") == "any of the terms")["reach_usd"]
    if everything.len() and everything[0] < basket.target_usd:
        lines.append(
            f"Even all goods at their full bounds, with no other term, make {dollars(everything[0])}: the "
            "bounds themselves "
            "fall short."
        )
    for row in basket.breaches.filter(pl.col("constraint") != "target").iter_rows(named=True):
        amount = dollars(row["breach"]) if row["unit"] == "USD" else f"{row['breach']:,.0f} {row['unit']}"
        lines.append(f"The least change that would do breaks the term '{row['constraint']}' by {amount}.")
    return tuple(lines)
