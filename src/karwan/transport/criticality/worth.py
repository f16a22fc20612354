"""What an hour less or a truck of capacity more at a place is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from karwan.amounts import YEAR_DAYS
from karwan.schema.modes import ROAD
from karwan.transport.criticality.trade import (
    CROSSING,
    Arcs,
    ChoiceSet,
    Floats,
    Ints,
    Pair,
    Place,
    Trade,
)
from karwan.transport.delay import delay_named, parameter_table

_NONE: Ints = np.empty(0, np.int64)


@dataclass(frozen=True)
class Queue:
    """Trucks a day that a road crossing can clear in one direction, those it clears already, its lanes, and the share of the day it is open."""

    capacity_per_day: float
    background_per_day: float
    servers: int = 1
    open_share: float = 1.0

    def wait_h(self, trucks: float, capacity: float) -> float:
        """Mean wait at a number of trucks a day of ours on top of the background; see `karwan.transport.delay`."""
        entry = delay_named("border_queue")
        given = {"servers": float(self.servers), "open_share": self.open_share}
        shape = parameter_table(entry, 1, given).T[: len(entry.parameters)]
        volume = np.array([trucks + self.background_per_day])
        return float(entry.time(np.zeros(1), volume, np.array([capacity]), *shape)[0])


@dataclass(frozen=True)
class ChoiceModel:
    """How shippers spread over routes: scale per USD/t, and weight of the path size."""

    scale: float
    path_size_weight: float = 1.0


def place_hour(trades: Sequence[Trade], place: Place, choice: ChoiceModel) -> float:
    """Worth of an hour less at a place, or of its whole time where that is shorter."""
    total = 0.0
    for trade in trades:
        saved = np.zeros(trade.hours.size)
        arcs = trade.place_arcs.get(place, _NONE)
        saved[arcs] = np.minimum(1.0, trade.hours[arcs]) * trade.hour_usd_t
        total += _gain(trade, saved, choice)
    return total


def side_values(trades: Sequence[Trade], choice: ChoiceModel) -> dict[tuple[str, str], float]:
    """Worth of an hour less at each side of each crossing on a route of the choice sets."""
    totals: dict[tuple[str, str], float] = {}
    for trade in trades:
        used = {p for r in trade.choice_set.flat for p in trade.places_on(r) if p[0] == CROSSING}
        saved: dict[tuple[str, str], Floats] = {}
        for place in sorted(used):
            for arc in trade.place_arcs[place]:
                for stage in trade.network.arcs[arc].stages:
                    if stage.kind == "crossing":
                        column = saved.setdefault((place[1], stage.country), np.zeros(trade.hours.size))
                        column[arc] = min(1.0, stage.hours) * trade.hour_usd_t
        for key, column in saved.items():
            totals[key] = totals.get(key, 0.0) + _gain(trade, column, choice)
    return totals


def choice_loss(
    trades: Sequence[Trade], place: Place, effects: Sequence[Mapping[str, Any]], choice: ChoiceModel
) -> float | None:
    """What shippers who spread over the routes lose when a place is shut, USD a year: tonnes x rise of the logsum.

    They choose among their routes and the way round the place, before and after, so that losing a route never gains; overlap is
    weighed as before. None where a pair is left without any route.

    Parameters
    ----------
    effects
        `closure_effects` of the place alone.
    """
    lost = 0.0
    for number, trade in enumerate(trades):
        barred = trade.arcs_of.get(place, frozenset())
        ways = {(e["origin"], e["destination"]): e["after"] for e in effects if e["trade"] == number}
        groups = {
            pair: trade.distinct([*routes, *([tuple(ways[pair])] if ways.get(pair) else [])])
            for pair, routes in zip(trade.choice_set.pairs, trade.choice_set.routes, strict=True)
            if any(not barred.isdisjoint(r) for r in routes)
        }
        if not groups:
            continue
        spread = ChoiceSet(trade, tuple(groups), tuple(groups.values()))
        after = np.array(
            [c if barred.isdisjoint(r) else np.inf for c, r in zip(spread.cost, spread.flat, strict=True)]
        )
        rise = spread.logsum(choice.scale, choice.path_size_weight, after) - spread.logsum(
            choice.scale, choice.path_size_weight
        )
        if not np.isfinite(rise).all():
            return None
        lost += float(spread.tonnes @ rise)
    return lost


def access_loss(now: Trade, then: Trade, choice: ChoiceModel) -> dict[Pair, float]:
    """Rise of the logsum of each pair from one state of the network to another, USD/t; inf where no route is left.

    Shippers choose among the routes of both states; one that is not open now cannot be taken now.

    Parameters
    ----------
    now, then
        The same trade in a network as it stands, and with places taken as open.
    """
    groups = {pair: routes for pair, routes in _routes_of_both(now, then).items() if routes}
    if not groups:
        return {}
    spread = ChoiceSet(then, tuple(groups), tuple(groups.values()))
    after = _cost_now(now, then, spread.flat)
    sums = [spread.logsum(choice.scale, choice.path_size_weight, cost) for cost in (after, None)]
    return dict(zip(groups, (sums[0] - sums[1]).tolist(), strict=True))


def _routes_of_both(now: Trade, then: Trade) -> dict[Pair, tuple[Arcs, ...]]:
    """Routes of each pair in either state, as arcs of the network then."""
    arc_then = then.network.arc_numbers
    groups: dict[Pair, tuple[Arcs, ...]] = {}
    sets = zip(then.choice_set.pairs, then.choice_set.routes, now.choice_set.routes, strict=True)
    for pair, own, other in sets:
        keys = [[now.network.arc_keys[a] for a in route] for route in other]
        known = [tuple(arc_then[k] for k in route) for route in keys if arc_then.keys() >= set(route)]
        groups[pair] = then.distinct([*known, *own])
    return groups


def _cost_now(now: Trade, then: Trade, routes: Sequence[Arcs]) -> Floats:
    """Cost of routes of the network then in the network now, USD/t; inf where an arc cannot be taken now."""
    cost = {key: float(now.cost[arc]) for arc, key in enumerate(now.network.arc_keys)}
    return np.array([sum(cost.get(then.network.arc_keys[a], np.inf) for a in route) for route in routes])


def _gain(trade: Trade, saved_usd_t: Floats, choice: ChoiceModel) -> float:
    routes = trade.choice_set
    if not routes.flat:
        return 0.0
    saved = np.asarray(routes.use @ saved_usd_t)
    return routes.gain_usd_year(saved, choice.scale, choice.path_size_weight)


def truck_value(trades: Sequence[Trade], place: Place, queue: Queue, choice: ChoiceModel) -> dict[str, float]:
    """Worth of clearing one more truck a day: fall of the queue's wait x tonnes that pass by road x value of time."""
    worth = others = 0.0
    for trade in trades:
        routes = trade.choice_set
        if not routes.flat or place not in trade.place_arcs:
            continue
        arcs = trade.network.arcs
        road = [a for a in trade.place_arcs[place] if arcs[a].stages[0].mode == ROAD]
        uses = np.asarray(routes.use[:, road].sum(axis=1)).ravel()
        share = routes.shares(choice.scale, choice.path_size_weight)
        tonnes = float((routes.tonnes[routes.group] * share) @ uses)
        trucks = tonnes / YEAR_DAYS / (trade.shipment.tonnes / trade.shipment.units)
        now = queue.wait_h(trucks, queue.capacity_per_day)
        fall = now - queue.wait_h(trucks, queue.capacity_per_day + 1.0)
        worth += fall * tonnes * trade.hour_usd_t
        others += fall * queue.background_per_day * YEAR_DAYS
    return {"value_truck_usd_year": worth, "background_hours_year": others}
