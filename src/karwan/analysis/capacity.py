"""What the places of a case can take a day: crossings, terminals, links, sailings and services with a fleet that a route loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import WEEK_DAYS, WEEK_H, YEAR_DAYS
from karwan.analysis.sensitivity import parameter_or
from karwan.case import Case
from karwan.transport.criticality import CROSSING, LINK, TERMINAL, Trade
from karwan.transport.delay import delay_named, parameter_table
from karwan.transport.network.request import carrier_of
from karwan.transport.network.through import TABLE as THROUGH
from karwan.transport.network.through import lanes_of
from karwan.transport.network.transfers import IN_BOND
from karwan.transport.shipment import Shipment
from karwan.transport.traffic import SERVERS, TRAIN_WAGONS, crossing_traffic

SAILING, SERVICE = "sailing", "service"
QUEUE, FILLING = "border_queue", "davidson"
BULK = "bulk"
WAGONS = ("covered_wagon", "hopper", "tank_wagon", "platform")


@dataclass(frozen=True)
class Limit:
    """A capacity that a move of a route uses.

    Attributes
    ----------
    kind, place_id
        'crossing', 'terminal', 'link', 'sailing' or 'service' (place_id is the service), and which.
    start, finish
        Countries of a crossing, node ids of a link, sailing or service; empty at a terminal, which both ways share.
    unit
        'truck', 'train', 'TEU' or 't'.
    capacity_day, background_day
        Units a day, and those other trade takes; None where the case does not say.
    delay, shape
        Key of `karwan.transport.delay.DELAY` and its parameters by name.
    """

    kind: str
    place_id: str
    start: str
    finish: str
    unit: str
    capacity_day: float
    background_day: float | None
    delay: str = FILLING
    shape: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """Id of the limit, the same for every route that uses it."""
        return "|".join((self.kind, self.place_id, self.start, self.finish, self.unit))

    def free_flow_h(self, hours: float) -> float:
        """Hours on the empty place, so that at the background load it takes the hours observed; at least 0."""
        if self.delay == QUEUE:
            return max(0.0, hours - self.time_h(0.0))
        return hours / self.time_h(1.0)

    def time_h(self, free_flow_h: float) -> float:
        """Hours at the background load."""
        entry = delay_named(self.delay)
        shape = parameter_table(entry, 1, self.shape).T[: len(entry.parameters)]
        volume, capacity = np.array([self.background_day or 0.0]), np.array([self.capacity_day])
        return float(entry.time(np.array([free_flow_h]), volume, capacity, *shape)[0])


class Capacities:
    """Capacities of a case, found by the moves of a route.

    Parameters
    ----------
    case
        Its tables crossings, terminals, transfers, links, services and land_services state them; what states none has no limit.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.train_wagons = parameter_or(case, "train_wagons", TRAIN_WAGONS)
        servers = parameter_or(case, "crossing_servers", SERVERS)
        self.traffic = crossing_traffic(case["crossings"], servers, self.train_wagons)
        self.rows = {
            name: {row[key]: row for row in case[name].iter_rows(named=True)}
            for name, key in (
                ("terminals", "terminal_id"),
                ("links", "link_id"),
                ("services", "service_id"),
            )
        }
        fleets = case[THROUGH].filter(pl.col("units_per_week").is_not_null())
        self.fleets = {row["land_service_id"]: row for row in fleets.iter_rows(named=True)}
        self.terminal_of: dict[tuple[str, frozenset[str]], str] = {}
        for row in case["transfers"].iter_rows(named=True):
            carriers = {carrier_of(row[f"{end}_mode"], row[f"{end}_gauge_mm"]) for end in ("from", "to")}
            if row["terminal_id"] and row["method"] != IN_BOND:
                self.terminal_of[row["node_id"], frozenset(carriers)] = row["terminal_id"]

    def payloads(self, load: Shipment) -> dict[str, float]:
        """Tonnes of a load in a unit of each kind: payload_t (truck), train_payload_t, teu_payload_t; a box fills a wagon."""
        unit = load.tonnes / load.units
        wagon = parameter_or(self.case, "wagon_payload_t", unit) if load.form == BULK else unit
        return {
            "payload_t": unit,
            "train_payload_t": self.train_wagons * wagon,
            "teu_payload_t": unit / 2.0,
        }

    def on(self, trade: Trade, arcs: tuple[int, ...]) -> Iterator[tuple[Limit, float]]:
        """Limits a route uses, each with the hours its move takes there."""
        for a in arcs:
            kind = trade.network.arcs[a].place_kind
            found = {
                "crossing": self._crossing,
                "transfer": self._terminal,
                "link": self._link,
                "service": self._sailing,
            }[kind](trade, a)
            if found is not None:
                yield found
        yield from self._services(trade, arcs)

    def _services(self, trade: Trade, arcs: tuple[int, ...]) -> Iterator[tuple[Limit, float]]:
        """Fleets that the route loads: a full one makes a load wait for the next departure, or for the next unit that comes free."""
        for service, start, finish in lanes_of(trade.network, arcs) if self.fleets else ():
            row = self.fleets.get(service)
            if row is None:
                continue
            unit, size = _counted(row["rate_unit"], self.train_wagons)
            departures = row["departures_per_week"] or row["units_per_week"]
            capacity = row["units_per_week"] * size / WEEK_DAYS
            yield Limit(SERVICE, service, start, finish, unit, capacity, None), WEEK_H / departures / 2.0

    def _crossing(self, trade: Trade, a: int) -> tuple[Limit, float] | None:
        arc, (start, finish) = trade.network.arcs[a], _ends(trade, a, "country")
        one = self.traffic.get((arc.place_id, arc.stages[0].mode))
        if one is None or not one.capacity_day:
            return None
        hours = sum(s.hours for s in arc.stages if s.kind == "crossing")
        background = None if one.background_day is None else one.background_day / one.unit
        limit = Limit(
            CROSSING,
            arc.place_id,
            start,
            finish,
            "truck" if one.unit == 1.0 else "train",
            one.capacity_day / one.unit,
            background,
            QUEUE,
            {"servers": one.servers, "service_cv": one.service_cv, "open_share": one.open_share},
        )
        return limit, hours

    def _terminal(self, trade: Trade, a: int) -> tuple[Limit, float] | None:
        arc = trade.network.arcs[a]
        known = self.terminal_of.get((arc.place_id, frozenset(_ends(trade, a, "carrier"))))
        row = self.rows["terminals"].get(known or "")
        if row is None:
            return None
        boxes = trade.shipment.form != BULK and row["capacity_teu_year"]
        capacity = row["capacity_teu_year"] if boxes else row["capacity_t_year"]
        if not capacity:
            return None
        handled = row["throughput_teu_year"] if boxes else None
        background = None if handled is None else handled / YEAR_DAYS
        unit = "TEU" if boxes else "t"
        limit = Limit(TERMINAL, row["terminal_id"], "", "", unit, capacity / YEAR_DAYS, background)
        return limit, sum(s.hours for s in arc.stages)

    def _link(self, trade: Trade, a: int) -> tuple[Limit, float] | None:
        arc, ends = trade.network.arcs[a], _ends(trade, a, "node_id")
        row = self.rows["links"][arc.place_id]
        if not row["capacity_t_day"]:
            return None
        limit = Limit(LINK, arc.place_id, *ends, "t", row["capacity_t_day"], row["background_t_day"])
        return limit, sum(s.hours for s in arc.stages)

    def _sailing(self, trade: Trade, a: int) -> tuple[Limit, float] | None:
        """A full ship makes boxes wait for the next: what fills is the wait for a sailing, not the voyage."""
        arc, ends = trade.network.arcs[a], _ends(trade, a, "node_id")
        slots = self.rows["services"][arc.place_id]["capacity_teu_week"]
        if not slots or trade.shipment.form == BULK:
            return None
        limit = Limit(SAILING, arc.place_id, *ends, "TEU", slots / WEEK_DAYS, None)
        return limit, sum(s.step.headway_h for s in arc.stages) / 2.0


def _counted(rate_unit: str, train_wagons: float) -> tuple[str, float]:
    """Unit in which a fleet is counted, and how many of it one unit of a rate is."""
    if rate_unit == "box20":
        return "TEU", 1.0
    if "box" in rate_unit:
        return "TEU", 2.0
    if rate_unit in WAGONS:
        return "train", 1.0 / train_wagons
    return "truck", 1.0


def _ends(trade: Trade, a: int, what: str) -> tuple[Any, Any]:
    arc, states = trade.network.arcs[a], trade.network.states
    return getattr(states[arc.tail], what), getattr(states[arc.head], what)


__all__ = ["Capacities", "Limit"]
