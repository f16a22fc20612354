"""Weak points: what closing a place costs, and what an hour or a truck of capacity there is worth.

Closing a place takes its arcs out of the network; each origin-destination pair then takes the route of least generalised cost (money plus
value of time x mean hours, waits for openings left out, as the search of routes does). What an hour less is worth comes from the logsum
of the routes shippers choose among, so that those who would switch to the place count too.

References
----------
Jenelius, Petersen & Mattsson (2006), doi:10.1016/j.tra.2005.11.003 (importance of a link as the cost of its closure, pairs cut off apart).
Williams (1977), Environment and Planning A 9(3) (logsum).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from karwan.errors import InvalidInput
from karwan.models.choice import logit, path_size
from karwan.models.delay import delay_named, parameter_table
from karwan.models.network import FreightNetwork
from karwan.models.path import door_states
from karwan.models.routing import Adjacency, least_cost_tree, prepare, weigh
from karwan.models.shipment import Shipment

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Arcs = tuple[int, ...]
Pair = tuple[str, str]
Place = tuple[str, str]
CROSSING, TERMINAL, LINK = "crossing", "terminal", "link"
DAYS = 365.0


@dataclass(frozen=True)
class Trade:
    """Tonnes a year that move one way through a network, and the routes shippers choose among.

    Attributes
    ----------
    network, shipment
        Where, and the load that prices it.
    tonnes
        Origin and destination to tonnes a year, >= 0.
    routes
        Origin and destination to routes as arc indices; only open ones.
    link_of_service
        Sailing service to the link it sails, so that closing a link stops all its services.
    within
        Countries the search may pass, the sea always; empty is all.
    """

    network: FreightNetwork
    shipment: Shipment
    tonnes: Mapping[Pair, float]
    routes: Mapping[Pair, tuple[Arcs, ...]]
    link_of_service: Mapping[str, str]
    within: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        wrong = [f"{o} to {d}: {t}" for (o, d), t in self.tonnes.items() if not 0 <= t < np.inf]
        if wrong:
            raise InvalidInput("Tonnes a year are out of range.", "; ".join(wrong), "give numbers >= 0.")

    @property
    def hour_usd_t(self) -> float:
        """Value of an hour, USD per tonne."""
        return self.shipment.value_of_time_usd_h / self.shipment.tonnes

    @cached_property
    def usd_t(self) -> Floats:
        """Money of each arc, USD/t, shape (A,)."""
        return self.network.arc_usd(self.shipment) / self.shipment.tonnes

    @cached_property
    def hours(self) -> Floats:
        """Mean hours of each arc, shape (A,)."""
        return self.network.arc_hours()

    @cached_property
    def cost(self) -> Floats:
        """Generalised cost of each arc, USD/t, infinite where it never opens or leaves `within`, shape (A,)."""
        cost = self.usd_t + self.hour_usd_t * self.hours
        known = self.within | {""}
        barred = [bool(self.within) and s.country not in known for s in self.network.states]
        outside = [barred[a.tail] or barred[a.head] for a in self.network.arcs]
        return np.where(self.network.never_open() | np.array(outside, dtype=bool), np.inf, cost)

    @cached_property
    def adjacency(self) -> Adjacency:
        """Arcs in search order."""
        tails = np.array([a.tail for a in self.network.arcs], dtype=np.int32)
        heads = np.array([a.head for a in self.network.arcs], dtype=np.int32)
        return prepare(len(self.network.states), tails, heads)

    @cached_property
    def starts(self) -> dict[str, tuple[int, ...]]:
        """States in which the pairs start, by place."""
        return {n: door_states(self.network, n, start=True) for n in sorted({o for o, _ in self.tonnes})}

    @cached_property
    def goals(self) -> dict[str, tuple[int, ...]]:
        """States in which the pairs end, by place."""
        return {n: door_states(self.network, n) for n in sorted({d for _, d in self.tonnes})}

    @cached_property
    def arc_place(self) -> list[Place]:
        """Kind and id of the place each arc belongs to."""
        kinds = {"crossing": CROSSING, "transfer": TERMINAL, "link": LINK, "service": LINK}
        found = [(kinds[a.place_kind], a.place_id) for a in self.network.arcs]
        return [(kind, self.link_of_service.get(place, place)) for kind, place in found]

    @cached_property
    def place_arcs(self) -> dict[Place, Ints]:
        """Arcs of every place."""
        found: dict[Place, list[int]] = {}
        for arc, place in enumerate(self.arc_place):
            found.setdefault(place, []).append(arc)
        return {place: np.array(arcs, dtype=np.int64) for place, arcs in found.items()}

    @cached_property
    def best(self) -> dict[Pair, Arcs | None]:
        """Route of least generalised cost of each pair; None where there is none."""
        return self.least_routes()

    def least_routes(
        self, closed: Iterable[Place] = (), pairs: Iterable[Pair] | None = None
    ) -> dict[Pair, Arcs | None]:
        """Route of least generalised cost of each pair with places closed.

        Parameters
        ----------
        closed
            Kind and id of the places taken out.
        pairs
            Pairs to look at; all by default.
        """
        cost = self.cost.copy()
        for place in closed:
            cost[self.place_arcs.get(place, np.empty(0, np.int64))] = np.inf
        impedance = weigh(self.adjacency, cost)
        by_origin: dict[str, list[Pair]] = {}
        for pair in self.tonnes if pairs is None else pairs:
            by_origin.setdefault(pair[0], []).append(pair)
        found: dict[Pair, Arcs | None] = {}
        for origin, wanted in by_origin.items():
            if not self.starts[origin]:
                found.update(dict.fromkeys(wanted))
                continue
            tree = least_cost_tree(impedance, list(self.starts[origin]))
            for pair in wanted:
                goals = self.goals[pair[1]]
                goal = min(goals, key=lambda s: float(tree.impedance[s]), default=None)
                reached = goal is not None and np.isfinite(tree.impedance[goal])
                found[pair] = tuple(int(a) for a in tree.path(goal)) if reached and goal is not None else None
        return {pair: found[pair] for pair in (self.tonnes if pairs is None else pairs)}

    def money(self, arcs: Sequence[int]) -> float:
        """Money of a route, USD/t."""
        return float(self.usd_t[list(arcs)].sum())

    def time(self, arcs: Sequence[int]) -> float:
        """Mean hours of a route without waits for openings."""
        return float(self.hours[list(arcs)].sum())

    def places_on(self, arcs: Iterable[int]) -> list[Place]:
        """Places of a route, in order, each once."""
        return list(dict.fromkeys(self.arc_place[a] for a in arcs))

    @cached_property
    def choice_set(self) -> ChoiceSet:
        """Routes shippers choose among, the best one included."""
        groups: list[tuple[Arcs, ...]] = []
        for pair in self.tonnes:
            best = self.best[pair]
            known = [r for r in self.routes.get(pair, ()) if np.isfinite(self.cost[list(r)]).all()]
            groups.append(tuple(dict.fromkeys([*known, *([best] if best else [])])))
        return ChoiceSet(self, tuple(self.tonnes), tuple(groups))


@dataclass(frozen=True)
class ChoiceSet:
    """Routes of each pair, ready for the path-size logit.

    Attributes
    ----------
    pairs, routes
        Pairs, and the routes of each.
    """

    trade: Trade
    pairs: tuple[Pair, ...]
    routes: tuple[tuple[Arcs, ...], ...]

    @cached_property
    def flat(self) -> list[Arcs]:
        """All routes in a row."""
        return [r for group in self.routes for r in group]

    @cached_property
    def group(self) -> Ints:
        """Pair of each route, numbered over the pairs that have a route."""
        sizes = [len(g) for g in self.routes if g]
        return np.repeat(np.arange(len(sizes)), sizes)

    @cached_property
    def tonnes(self) -> Floats:
        """Tonnes a year of each pair that has a route."""
        return np.array([self.trade.tonnes[p] for p, g in zip(self.pairs, self.routes, strict=True) if g])

    @cached_property
    def use(self) -> sparse.csr_array:
        """Arcs of each route, shape (R, A)."""
        rows = np.repeat(np.arange(len(self.flat)), [len(r) for r in self.flat])
        columns = np.array([a for r in self.flat for a in r], dtype=np.int64)
        shape = (len(self.flat), len(self.trade.network.arcs))
        return sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=shape)

    @cached_property
    def cost(self) -> Floats:
        """Generalised cost of each route, USD/t."""
        return np.asarray(self.use @ np.where(np.isfinite(self.trade.cost), self.trade.cost, 0.0))

    @cached_property
    def path_size(self) -> Floats:
        """Path size of each route by km."""
        km = self.trade.network.arc_km() + 1e-9
        return path_size(self.use, km, group=self.group)

    def shares(self, scale: float, weight: float) -> Floats:
        """Share of each route of its pair."""
        found = logit(self.cost, self.path_size, scale=scale, path_size_weight=weight, group=self.group)
        return found.shares

    def gain_usd_year(self, saved_usd_t: Floats, scale: float, weight: float) -> float:
        """Worth of making routes cheaper, USD a year: tonnes x fall of the logsum.

        Parameters
        ----------
        saved_usd_t
            Cost each route loses, shape (R,).
        """
        if not saved_usd_t.any():
            return 0.0
        size, group = self.path_size, self.group
        before = logit(self.cost, size, scale=scale, path_size_weight=weight, group=group).logsum
        after = logit(self.cost - saved_usd_t, size, scale=scale, path_size_weight=weight, group=group).logsum
        return float(self.tonnes @ (before - after))


@dataclass(frozen=True)
class Queue:
    """Trucks a day that a road crossing can clear in one direction, and those it clears already."""

    capacity_per_day: float
    background_per_day: float
    servers: int = 1

    def wait_h(self, trucks: float, capacity: float) -> float:
        """Mean wait at a number of trucks a day of ours on top of the background; see `karwan.models.delay`."""
        entry = delay_named("border_queue")
        shape = parameter_table(entry, 1, {"servers": float(self.servers)}).T[: len(entry.parameters)]
        volume = np.array([trucks + self.background_per_day])
        return float(entry.time(np.zeros(1), volume, np.array([capacity]), *shape)[0])


@dataclass(frozen=True)
class ChoiceModel:
    """How shippers spread over routes: scale per USD/t, and weight of the path size."""

    scale: float
    path_size_weight: float = 1.0


@dataclass(frozen=True)
class Criticality:
    """Result of `criticality`.

    Attributes
    ----------
    places
        kind, place_id, tonnes_year (that reroute), extra_usd_t, extra_hours (means over these tonnes), extra_usd_year (money and value
        of time), extra_money_usd_year, pairs_hit, pairs_cut, tonnes_year_cut, value_hour_usd_year, value_truck_usd_year,
        background_hours_year (truck hours that one more truck of capacity saves the traffic of others), rank.
    effects
        One row per place and pair that its closure touches: kind, place_id, trade (index), origin, destination, tonnes_year, before,
        after (arc indices; after null where cut off), extra_usd_t, extra_hours, extra_usd_year.
    sides
        crossing_id, side (country), value_hour_usd_year.
    """

    places: pl.DataFrame
    effects: pl.DataFrame
    sides: pl.DataFrame


EFFECT_SCHEMA: dict[str, Any] = {
    "kind": pl.String,
    "place_id": pl.String,
    "trade": pl.Int64,
    "origin": pl.String,
    "destination": pl.String,
    "tonnes_year": pl.Float64,
    "before": pl.List(pl.Int64),
    "after": pl.List(pl.Int64),
    "extra_usd_t": pl.Float64,
    "extra_hours": pl.Float64,
    "extra_usd_year": pl.Float64,
}
PLACE_SCHEMA: dict[str, Any] = {
    "kind": pl.String,
    "place_id": pl.String,
    **dict.fromkeys(["tonnes_year", "extra_usd_t", "extra_hours", "extra_usd_year"], pl.Float64),
    "extra_money_usd_year": pl.Float64,
    **dict.fromkeys(["pairs_hit", "pairs_cut"], pl.Int64),
    "tonnes_year_cut": pl.Float64,
    **dict.fromkeys(["value_hour_usd_year", "value_truck_usd_year", "background_hours_year"], pl.Float64),
    "rank": pl.Int64,
}
SIDE_SCHEMA: dict[str, Any] = {
    "crossing_id": pl.String,
    "side": pl.String,
    "value_hour_usd_year": pl.Float64,
}


def closure_effects(trades: Sequence[Trade], closed: Sequence[Place]) -> list[dict[str, Any]]:
    """What closing places together does to each pair whose best route uses one of them.

    A pair whose best route uses none of them keeps it, so it is not searched again.

    Returns
    -------
    Rows as `Criticality.effects`, without kind and place_id.
    """
    rows: list[dict[str, Any]] = []
    for number, trade in enumerate(trades):
        arcs = {int(a) for place in closed for a in trade.place_arcs.get(place, ())}
        hit = [p for p, route in trade.best.items() if route is not None and not arcs.isdisjoint(route)]
        if not hit:
            continue
        for pair, after in trade.least_routes(closed, hit).items():
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
                row |= {
                    "extra_usd_t": usd,
                    "extra_hours": hours,
                    "extra_usd_year": trade.tonnes[pair] * (usd + trade.hour_usd_t * hours),
                }
            rows.append(row)
    return rows


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
    places = _places(trades)
    effects = [
        {"kind": p[0], "place_id": p[1], **row} for p in places for row in closure_effects(trades, [p])
    ]
    by_place: dict[Place, list[dict[str, Any]]] = {p: [] for p in places}
    for row in effects:
        by_place[row["kind"], row["place_id"]].append(row)
    sides = _side_values(trades, choice)
    rows = []
    for place in places:
        row = {"kind": place[0], "place_id": place[1], **summarise(by_place[place])}
        row["value_hour_usd_year"] = (
            max((v for (c, _), v in sides.items() if c == place[1]), default=0.0)
            if place[0] == CROSSING
            else _place_hour(trades, place, choice)
        )
        queue = (queues or {}).get(place[1]) if place[0] == CROSSING else None
        if queue is not None:
            row |= _truck_value(trades, place, queue, choice)
        rows.append(row)
    return Criticality(
        places=_ranked(rows),
        effects=pl.DataFrame(effects, schema=EFFECT_SCHEMA),
        sides=pl.DataFrame(
            [{"crossing_id": c, "side": s, "value_hour_usd_year": v} for (c, s), v in sides.items()],
            schema=SIDE_SCHEMA,
        ),
    )


def close_pairs(trades: Sequence[Trade], places: Sequence[Place]) -> pl.DataFrame:
    """Close every two of the places together.

    Returns
    -------
    kind_1, place_id_1, kind_2, place_id_2, the columns of `summarise`, and beyond_usd_year: extra USD a year over the sum of the two
    single closures (null where either cuts a pair off); the largest first, cut pairs before them.
    """
    single = {p: summarise(closure_effects(trades, [p])) for p in places}
    rows = []
    for i, first in enumerate(places):
        for second in places[i + 1 :]:
            both = summarise(closure_effects(trades, [first, second]))
            alone = [single[first], single[second]]
            cut = both["pairs_cut"] or any(s["pairs_cut"] for s in alone)
            beyond = None if cut else both["extra_usd_year"] - sum(s["extra_usd_year"] for s in alone)
            ids = dict(zip(("kind_1", "place_id_1", "kind_2", "place_id_2"), (*first, *second), strict=True))
            rows.append({**ids, **both, "beyond_usd_year": beyond})
    table = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame()
    order = ["pairs_cut", "extra_usd_year"]
    return table.sort(order, descending=[True, True]) if rows else table


def summarise(effects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Totals over the pairs a closure touches: means per rerouted tonne, sums per year, pairs cut off."""
    moved = [e for e in effects if e["after"] is not None]
    cut = [e for e in effects if e["after"] is None]
    tonnes = sum(e["tonnes_year"] for e in moved)
    usd = sum(e["tonnes_year"] * e["extra_usd_t"] for e in moved)
    hours = sum(e["tonnes_year"] * e["extra_hours"] for e in moved)
    return {
        "tonnes_year": tonnes,
        "extra_usd_t": usd / tonnes if tonnes else None,
        "extra_hours": hours / tonnes if tonnes else None,
        "extra_usd_year": sum(e["extra_usd_year"] for e in moved),
        "extra_money_usd_year": usd,
        "pairs_hit": len(effects),
        "pairs_cut": len(cut),
        "tonnes_year_cut": sum(e["tonnes_year"] for e in cut),
    }


def _places(trades: Sequence[Trade]) -> list[Place]:
    """Places on any best route or any route of a choice set, in order of first use."""
    found: dict[Place, None] = {}
    for trade in trades:
        for route in trade.choice_set.flat:
            found.update(dict.fromkeys(trade.places_on(route)))
    return list(found)


def _place_hour(trades: Sequence[Trade], place: Place, choice: ChoiceModel) -> float:
    """Worth of an hour less at a place, or of its whole time where that is shorter."""
    total = 0.0
    for trade in trades:
        saved = np.zeros(trade.hours.size)
        arcs = trade.place_arcs.get(place, np.empty(0, np.int64))
        saved[arcs] = np.minimum(1.0, trade.hours[arcs]) * trade.hour_usd_t
        total += _gain(trade, saved, choice)
    return total


def _side_values(trades: Sequence[Trade], choice: ChoiceModel) -> dict[tuple[str, str], float]:
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


def _gain(trade: Trade, saved_usd_t: Floats, choice: ChoiceModel) -> float:
    routes = trade.choice_set
    if not routes.flat:
        return 0.0
    saved = np.asarray(routes.use @ saved_usd_t)
    return routes.gain_usd_year(saved, choice.scale, choice.path_size_weight)


def _truck_value(
    trades: Sequence[Trade], place: Place, queue: Queue, choice: ChoiceModel
) -> dict[str, float]:
    """Worth of clearing one more truck a day: fall of the queue's wait x tonnes that pass by road x value of time."""
    worth = others = 0.0
    for trade in trades:
        routes = trade.choice_set
        if not routes.flat or place not in trade.place_arcs:
            continue
        arcs = trade.network.arcs
        road = [a for a in trade.place_arcs[place] if arcs[a].stages[0].mode == "road"]
        uses = np.asarray(routes.use[:, road].sum(axis=1)).ravel()
        share = routes.shares(choice.scale, choice.path_size_weight)
        tonnes = float((routes.tonnes[routes.group] * share) @ uses)
        trucks = tonnes / DAYS / (trade.shipment.tonnes / trade.shipment.units)
        now = queue.wait_h(trucks, queue.capacity_per_day)
        fall = now - queue.wait_h(trucks, queue.capacity_per_day + 1.0)
        worth += fall * tonnes * trade.hour_usd_t
        others += fall * queue.background_per_day * DAYS
    return {"value_truck_usd_year": worth, "background_hours_year": others}


def _ranked(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Pairs cut off first (by tonnes), then extra USD a year, then the worth of an hour; ties by place id."""
    order = ["pairs_cut", "tonnes_year_cut", "extra_usd_year", "value_hour_usd_year"]
    table = pl.DataFrame([{**row, "rank": 0} for row in rows], schema=PLACE_SCHEMA)
    table = table.sort([*order, "kind", "place_id"], descending=[True] * 4 + [False] * 2, nulls_last=True)
    return table.with_columns(rank=pl.int_range(1, table.height + 1, dtype=pl.Int64))
