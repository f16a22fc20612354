"""What closing places does: the pairs that take another way or are cut off, and what it costs them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import polars as pl

from karwan.transport.criticality.trade import Arcs, Pair, Place, Trade

Effects = list[dict[str, Any]]


def closure_effects(trades: Sequence[Trade], closed: Sequence[Place]) -> Effects:
    """What closing places together does to each pair whose best route uses one of them.

    A pair whose best route uses none of them keeps it, so it is not searched again.

    Returns
    -------
    Rows as `Criticality.effects`, without kind and place_id.
    """
    rows: Effects = []
    for number, trade in enumerate(trades):
        arcs = frozenset[int]().union(*(trade.arcs_of.get(place, ()) for place in closed))
        hit = [p for p, route in trade.best.items() if route is not None and not arcs.isdisjoint(route)]
        if hit:
            found = trade.least_routes(closed, hit)
            rows += [_effect(number, trade, pair, after) for pair, after in found.items()]
    return rows


def joint_effects(
    trades: Sequence[Trade], first: Place, second: Place, alone: Mapping[Place, Effects]
) -> Effects:
    """What closing two places together does: as `closure_effects` of both, from what each does alone.

    A way round one place that avoids the other stays the best one with both shut; only the other pairs are searched again.

    Parameters
    ----------
    first, second
        Places to close.
    alone
        `closure_effects` of each of the two.
    """
    rows: Effects = []
    for number, trade in enumerate(trades):
        kept: dict[Pair, dict[str, Any]] = {}
        lost: dict[Pair, None] = {}
        for place, other in ((first, second), (second, first)):
            barred = trade.arcs_of.get(other, frozenset())
            for effect in (e for e in alone[place] if e["trade"] == number):
                pair = (effect["origin"], effect["destination"])
                if effect["after"] is None or barred.isdisjoint(effect["after"]):
                    kept[pair] = effect
                else:
                    lost[pair] = None
        again = [pair for pair in lost if pair not in kept]
        found = trade.least_routes([first, second], again) if again else {}
        kept |= {pair: _effect(number, trade, pair, after) for pair, after in found.items()}
        rows += [kept[pair] for pair in trade.tonnes if pair in kept]
    return rows


def _effect(number: int, trade: Trade, pair: Pair, after: Arcs | None) -> dict[str, Any]:
    """Row of `Criticality.effects` of a pair that must take another way."""
    before = trade.best[pair]
    assert before is not None
    row: dict[str, Any] = {
        "trade": number,
        "origin": pair[0],
        "destination": pair[1],
        "tonnes_year": trade.tonnes[pair],
        "before": list(before),
        "after": None if after is None else list(after),
    }
    if after is not None:
        usd = trade.money(after) - trade.money(before)
        hours = trade.time(after) - trade.time(before)
        yearly = trade.tonnes[pair] * (usd + trade.hour_usd_t * hours)
        row |= {"extra_usd_t": usd, "extra_hours": hours, "extra_usd_year": yearly}
    return row


def same_effects(effects: Sequence[Mapping[str, Any]]) -> Hashable:
    """Key that closures share where they send the same pairs the same ways."""
    return frozenset(
        (e["trade"], e["origin"], e["destination"], None if e["after"] is None else tuple(e["after"]))
        for e in effects
    )


def close_pairs(
    trades: Sequence[Trade],
    places: Sequence[Place],
    others: Sequence[Place] = (),
    *,
    distinct: bool = False,
) -> pl.DataFrame:
    """Close every two of the places together, and each of them with each of the others.

    Parameters
    ----------
    places, others
        Places; one that is in both counts once.
    distinct
        Leave out pairs that do no more than one of the two does alone (places in a row), and of pairs with the same effects all
        but the first.

    Returns
    -------
    kind_1, place_id_1, kind_2, place_id_2, the columns of `summarise`, and beyond_usd_year: extra USD a year over the sum of the two
    single closures (null where a pair is cut off); most pairs and tonnes cut off first, then the dearest.
    """
    every = list(dict.fromkeys([*places, *others]))
    alone = {p: closure_effects(trades, [p]) for p in every}
    keys = {p: same_effects(alone[p]) for p in every}
    single = {p: summarise(alone[p]) for p in every}
    seen: set[Hashable] = set()
    rows = []
    for i, first in enumerate(dict.fromkeys(places)):
        for second in every[i + 1 :]:
            joint = joint_effects(trades, first, second, alone)
            key = same_effects(joint)
            if distinct and (key in seen or key in (keys[first], keys[second])):
                continue
            seen.add(key)
            both, parts = summarise(joint), (single[first], single[second])
            cut = both["pairs_cut"] or any(s["pairs_cut"] for s in parts)
            beyond = None if cut else _excess(both["extra_usd_year"], [s["extra_usd_year"] for s in parts])
            ids = dict(zip(("kind_1", "place_id_1", "kind_2", "place_id_2"), (*first, *second), strict=True))
            rows.append({**ids, **both, "beyond_usd_year": beyond})
    table = pl.DataFrame(rows, schema=PAIR_SCHEMA)
    order = ["pairs_cut", "tonnes_year_cut", "extra_usd_year"]
    return table.sort(order, descending=True, maintain_order=True)


def _excess(total: float, parts: Sequence[float]) -> float:
    """Total over the sum of its parts; what lies in the last digits is nothing."""
    excess = total - sum(parts)
    return 0.0 if abs(excess) <= 1e-9 * abs(total) else excess


def summarise(effects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Totals over the pairs a closure touches: means per rerouted tonne, sums per year, pairs cut off (cut_pairs: origin and destination).

    Where no tonnes move the means are those of the pairs.
    """
    moved = [e for e in effects if e["after"] is not None]
    cut = [e for e in effects if e["after"] is None]
    tonnes = sum(e["tonnes_year"] for e in moved)
    usd = sum(e["tonnes_year"] * e["extra_usd_t"] for e in moved)
    hours = sum(e["tonnes_year"] * e["extra_hours"] for e in moved)

    def mean(total: float, column: str) -> float | None:
        if not moved:
            return None
        return float(total / tonnes if tonnes else sum(e[column] for e in moved) / len(moved))

    return {
        "tonnes_year": tonnes,
        "extra_usd_t": mean(usd, "extra_usd_t"),
        "extra_hours": mean(hours, "extra_hours"),
        "extra_usd_year": sum(e["extra_usd_year"] for e in moved),
        "extra_money_usd_year": usd,
        "extra_tonne_hours_year": hours,
        "pairs_hit": len(effects),
        "pairs_cut": len(cut),
        "tonnes_year_cut": sum(e["tonnes_year"] for e in cut),
        "cut_pairs": [[e["origin"], e["destination"]] for e in cut],
    }


SUMMARY_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(["tonnes_year", "extra_usd_t", "extra_hours", "extra_usd_year"], pl.Float64),
    **dict.fromkeys(["extra_money_usd_year", "extra_tonne_hours_year"], pl.Float64),
    **dict.fromkeys(["pairs_hit", "pairs_cut"], pl.Int64),
    "tonnes_year_cut": pl.Float64,
    "cut_pairs": pl.List(pl.List(pl.String)),
}
PAIR_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(["kind_1", "place_id_1", "kind_2", "place_id_2"], pl.String),
    **SUMMARY_SCHEMA,
    "beyond_usd_year": pl.Float64,
}
