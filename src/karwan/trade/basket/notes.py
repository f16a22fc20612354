"""What a basket has to say, from its numbers."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.amounts import percent
from karwan.notes import Note, note
from karwan.trade.basket.model import Basket


def basket_notes(basket: Basket) -> tuple[Note, ...]:
    """What was chosen, what it costs, what binds; or what is reachable and what holds it back."""
    if basket.status == "infeasible":
        return _infeasible(basket)
    notes = [_reached(basket)]
    if basket.status == "limit":
        notes.append(note("basket.time_out", gap=percent(basket.gap_share, 2)))
    if basket.met_share is not None:
        notes.append(note("basket.met", met_share=basket.met_share))
    if basket.chosen.height:
        notes.append(note("basket.sectors", sectors=_sectors(basket.chosen)))
    return (*notes, *_prices(basket))


def _reached(basket: Basket) -> Note:
    flowing = note("basket.flowing", baseline_usd=basket.baseline_usd) if basket.baseline_usd else ""
    return note(
        "basket.reached",
        goods=basket.chosen.height,
        mean="" if basket.met_share is None else note("basket.expected"),
        value_usd=basket.value_usd + basket.baseline_usd,
        flowing=flowing,
        against=note("basket.against", target_usd=basket.target_usd) if basket.target_usd else "",
        cost_usd=basket.cost_usd,
    )


def _sectors(goods: pl.DataFrame) -> list[Note]:
    """Value and number of goods by sector, largest first."""
    total = goods["value_usd"].sum()
    sectors = (
        goods.group_by("sector")
        .agg(pl.col("value_usd").sum(), pl.len())
        # shares that a limit makes equal differ in their last digits
        .sort(pl.col("value_usd").round_sig_figs(9), "sector", descending=[True, False])
    )
    return [
        note(
            "basket.sector",
            name=name or note("basket.no_sector"),
            value_share=value / total,
            goods=note("basket.goods", count=count),
        )
        for name, value, count in sectors.iter_rows()
    ]


def _prices(basket: Basket) -> list[Note]:
    binding = basket.prices.filter(pl.col("binding")).iter_rows(named=True)
    return [_price(row, basket.objective == "cost") for row in binding]


def _price(row: dict[str, Any], cost: bool) -> Note:
    """What the last unit of a binding term costs or adds."""
    gain, constraint, kind = abs(row["dual"]), row["constraint"], row["kind"]
    if kind == "target" and cost:
        return note("basket.target_price", gain=gain)
    if kind == "capacity":
        what = note("basket.capacity_cost" if cost else "basket.capacity_value", gain=gain)
        return note("basket.full", constraint=constraint, what=what)
    if kind == "sector":
        what = note("basket.cap_cost" if cost else "basket.cap_value", gain=gain)
        return note("basket.cap", constraint=constraint, what=what)
    return note("basket.binds", constraint=constraint)


def _infeasible(basket: Basket) -> tuple[Note, ...]:
    if not basket.reach.height:
        terms = [f"'{name}'" for name in basket.breaches["constraint"]]
        return (note("basket.exclude", terms=terms),)
    freed = basket.reach.filter(~pl.col("without").is_in(["", "any of the terms"])).sort(
        "gain_usd", descending=True, nulls_last=True
    )
    notes = [_out_of_reach(basket)]
    for row in freed.iter_rows(named=True):
        notes.append(note("basket.without", constraint=row["without"], reach_usd=row["reach_usd"]))
    everything = basket.reach.filter(pl.col("without") == "any of the terms")["reach_usd"]
    if everything.len() and everything[0] < basket.target_usd:
        notes.append(note("basket.all_goods", reach_usd=everything[0]))
    for row in basket.breaches.filter(pl.col("constraint") != "target").iter_rows(named=True):
        key = "basket.breach_usd" if row["unit"] == "USD" else "basket.breach"
        notes.append(
            note(
                key,
                constraint=row["constraint"],
                breach=row["breach"],
                breach_usd=row["breach"],
                unit=row["unit"],
            )
        )
    return tuple(notes)


def _out_of_reach(basket: Basket) -> Note:
    """Why the target is not met."""
    reach = basket.reach.filter(pl.col("without") == "")["reach_usd"][0]
    gap, target = basket.target_usd - reach, basket.target_usd
    if reach <= basket.baseline_usd and not basket.chosen.height:
        return note("basket.no_basket", target_usd=target)
    if gap > 1e-6 * target:
        return note("basket.out_of_reach", target_usd=target, reach_usd=reach, gap_usd=gap)
    return note("basket.too_few_scenarios", reach_usd=reach, target_usd=target)
