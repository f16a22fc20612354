"""The ranked table of weak points."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from karwan.transport.criticality.closures import (
    SUMMARY_SCHEMA,
    Effects,
    closure_effects,
    same_effects,
    summarise,
)
from karwan.transport.criticality.trade import CROSSING, LINK, TERMINAL, Place, Trade
from karwan.transport.criticality.worth import ChoiceModel, Queue, place_hour, side_values, truck_value


@dataclass(frozen=True)
class Criticality:
    """Result of `criticality`.

    Attributes
    ----------
    places
        kind, place_id, tonnes_year (that reroute), extra_usd_t, extra_hours (means over these tonnes), extra_usd_year (money and value
        of time), extra_money_usd_year, extra_tonne_hours_year, pairs_hit, pairs_cut, tonnes_year_cut, cut_pairs,
        value_hour_usd_year, value_truck_usd_year, background_hours_year (truck hours that one more truck of capacity saves the traffic of others), rank,
        same_as_rank (rank of the first place whose closure sends the same pairs the same ways; null where that is the place itself).
    effects
        One row per place and pair that its closure touches: kind, place_id, trade (index), origin, destination, tonnes_year, before,
        after (arc indices; after null where cut off), extra_usd_t, extra_hours, extra_usd_year.
    sides
        crossing_id, side (country), value_hour_usd_year.
    """

    places: pl.DataFrame
    effects: pl.DataFrame
    sides: pl.DataFrame

    @cached_property
    def effects_of(self) -> dict[Place, Effects]:
        """Rows of `effects` by kind and id of the place; a place that is on no best route is not in it."""
        found: dict[Place, Effects] = {}
        for row in self.effects.iter_rows(named=True):
            found.setdefault((row["kind"], row["place_id"]), []).append(row)
        return found


EFFECT_SCHEMA: dict[str, Any] = {
    "kind": pl.String,
    "place_id": pl.String,
    "trade": pl.Int64,
    "origin": pl.String,
    "destination": pl.String,
    "tonnes_year": pl.Float64,
    "before": pl.List(pl.Int64),
    "after": pl.List(pl.Int64),
    **dict.fromkeys(["extra_usd_t", "extra_hours", "extra_usd_year"], pl.Float64),
}
PLACE_SCHEMA: dict[str, Any] = {
    "kind": pl.String,
    "place_id": pl.String,
    **SUMMARY_SCHEMA,
    **dict.fromkeys(["value_hour_usd_year", "value_truck_usd_year", "background_hours_year"], pl.Float64),
    **dict.fromkeys(["rank", "same_as_rank"], pl.Int64),
}
SIDE_SCHEMA: dict[str, Any] = {
    "crossing_id": pl.String,
    "side": pl.String,
    "value_hour_usd_year": pl.Float64,
}
_KIND_ORDER = {CROSSING: 0, TERMINAL: 1, LINK: 2}


def criticality(
    trades: Sequence[Trade], choice: ChoiceModel, *, queues: Mapping[str, Queue] | None = None
) -> Criticality:
    """Close every place on a route in turn; worth of an hour and of a truck a day there.

    Parameters
    ----------
    trades
        The two directions, or any number of trades.
    choice
        Choice between the routes of each trade.
    queues
        Crossing id to its queue, each direction alike; crossings without one get a null `value_truck_usd_year`.
    """
    effects = {place: closure_effects(trades, [place]) for place in _places(trades)}
    sides = side_values(trades, choice)
    rows = []
    for place, found in effects.items():
        row = {"kind": place[0], "place_id": place[1], **summarise(found)}
        row["value_hour_usd_year"] = (
            max((v for (c, _), v in sides.items() if c == place[1]), default=0.0)
            if place[0] == CROSSING
            else place_hour(trades, place, choice)
        )
        queue = (queues or {}).get(place[1]) if place[0] == CROSSING else None
        if queue is not None:
            row |= truck_value(trades, place, queue, choice)
        rows.append(row)
    flat = [{"kind": p[0], "place_id": p[1], **row} for p, found in effects.items() for row in found]
    return Criticality(
        places=_ranked(rows, effects),
        effects=pl.DataFrame(flat, schema=EFFECT_SCHEMA),
        sides=pl.DataFrame(
            [{"crossing_id": c, "side": s, "value_hour_usd_year": v} for (c, s), v in sides.items()],
            schema=SIDE_SCHEMA,
        ),
    )


def _places(trades: Sequence[Trade]) -> list[Place]:
    """Places on any best route or any route of a choice set, in order of first use."""
    found: dict[Place, None] = {}
    for trade in trades:
        for route in trade.choice_set.flat:
            found.update(dict.fromkeys(trade.places_on(route)))
    return list(found)


def _ranked(rows: list[dict[str, Any]], effects: Mapping[Place, Effects]) -> pl.DataFrame:
    """Pairs cut off first (by tonnes), then extra USD a year; places that matter to nobody last; crossings before terminals before links."""
    first: dict[Hashable, int] = {}
    rows = sorted(rows, key=_order)
    for rank, row in enumerate(rows, 1):
        key = same_effects(effects[row["kind"], row["place_id"]])
        same = first.setdefault(key, rank) if key else rank
        row |= {"rank": rank, "same_as_rank": None if same == rank else same}
    return pl.DataFrame(rows, schema=PLACE_SCHEMA)


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    falling = (row[c] for c in ("pairs_cut", "tonnes_year_cut", "extra_usd_year"))
    worth = row["value_hour_usd_year"]
    idle = (not row["pairs_hit"], worth <= 0)
    return (*(-value for value in falling), *idle, _KIND_ORDER[row["kind"]], -worth, row["place_id"])
