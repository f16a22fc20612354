"""Building the freight network of a case for a kind of shipment between two countries."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from karwan.errors import UnknownName
from karwan.models.calendar import ClosedSpan, Windows, open_windows, seasonal_spans
from karwan.models.network.lookup import (
    ClosureBook,
    CrossingTimes,
    Figure,
    Rates,
    access_rule,
    combine,
    fee_money,
    join_sources,
)
from karwan.models.network.stage import SEA, Arc, FreightNetwork, Row, Stage, State, worst_basis

Tables = Mapping[str, pl.DataFrame]
CV_PARAMETER = {"road": "line_haul_cv_road", "rail": "line_haul_cv_rail", "sea": "line_haul_cv_sea"}
ALWAYS_OPEN = -1


@dataclass(frozen=True)
class NetworkRequest:
    """What a network is built for.

    Attributes
    ----------
    origin_country, destination_country
        Countries of the two ends; entry and transit fees depend on them.
    form
        Cargo form: 'bulk', 'box' or 'reefer'.
    departure
        Day of departure, the start of the time axis.
    opened
        Place ids whose dated closures are set aside, and planned links taken as open.
    registration
        Country the truck is registered in; blank is the origin's.
    modes
        Modes to build; empty is all.
    """

    origin_country: str
    destination_country: str
    form: str
    departure: date
    opened: frozenset[str] = frozenset()
    registration: str = ""
    modes: frozenset[str] = frozenset()

    def uses(self, *modes: str) -> bool:
        """Whether all the modes are asked for."""
        return not self.modes or self.modes.issuperset(modes)


def build_network(tables: Tables, request: NetworkRequest) -> FreightNetwork:
    """Multimodal network of a case as states and arcs.

    Line haul keeps to the country that a link lies in; a crossing joins the two sides of a border in each direction; a transfer changes the
    mode or gauge at a place; a sailing waits for its ship. Money and hours follow `docs/route.md`.

    Parameters
    ----------
    tables
        Tables of a case.
    request
        Ends, cargo form, departure day, places taken as open.

    Returns
    -------
    The network. Rows that cannot be used (no rate, no border time, no service, not yet built) stand in `skipped` with the reason.

    Raises
    ------
    UnknownName
        A parameter the model needs is missing from parameters.csv.
    """
    builder = _Builder(tables, request)
    builder.add_links()
    builder.add_crossings()
    builder.add_transfers()
    return builder.finish()


def carrier_of(mode: str, gauge_mm: int | None) -> str:
    """Carrier of a mode: rail carries its gauge, as wagons keep to it."""
    return f"rail{gauge_mm}" if mode == "rail" else mode


def mode_of(carrier: str) -> str:
    """Mode of a carrier."""
    return "rail" if carrier.startswith("rail") else carrier


class _Builder:
    """Collects moves between (place, carrier, country) and spreads them over truck registrations at the end."""

    def __init__(self, tables: Tables, request: NetworkRequest) -> None:
        self.tables = tables
        self.request = request
        self.rates = Rates(tables["rates"])
        self.times = CrossingTimes(tables["crossing_times"])
        self.book = ClosureBook(
            tuple(tables["closures"].iter_rows(named=True)), request.departure, request.opened
        )
        self.nodes = {r["node_id"]: r for r in tables["nodes"].iter_rows(named=True)}
        self.fees = [r for r in tables["fees"].iter_rows(named=True) if r["use"] == "model"]
        self.access = list(tables["access"].iter_rows(named=True))
        self.vehicles = self._vehicles()
        self.parameters = {r["parameter_id"]: r for r in tables["parameters"].iter_rows(named=True)}
        self.crossing_at = {r["node_id"]: r for r in tables["crossings"].iter_rows(named=True)}
        self.rules: dict[tuple[str, str], tuple[str, Row | None]] = {}
        self.moves: list[_Move] = []
        self.calendars: list[Windows] = []
        self.calendar_index: dict[tuple[object, ...], int] = {}
        self.shut: dict[int, str] = {}
        self.skipped: list[tuple[str, str, str]] = []

    def parameter(self, name: str) -> Figure:
        row = self.parameters.get(name)
        if row is None:
            raise UnknownName(
                f"parameters.csv has no row {name!r}.",
                f"it has {', '.join(sorted(self.parameters)) or 'no rows'}",
                f"add a row with parameter_id {name}; see docs/route.md for what it means.",
            )
        return Figure(float(row["value"]), row["basis"], row["source_id"])

    def _vehicles(self) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for row in self.tables["vehicles"].iter_rows(named=True):
            if row["form"] == self.request.form and (row["default"] or row["mode"] not in found):
                found[row["mode"]] = row
        for row in self.tables["vehicles"].iter_rows(named=True):
            found.setdefault(row["mode"], row)
        return found

    # -- line haul and sailings ------------------------------------------------------------------------------

    def add_links(self) -> None:
        services: dict[str, list[Row]] = {}
        for row in self.tables["services"].iter_rows(named=True):
            services.setdefault(row["link_id"], []).append(row)
        for link in self.tables["links"].iter_rows(named=True):
            if not self.request.uses(link["mode"]):
                continue
            reason = self._unbuilt(link)
            if reason:
                self.skipped.append(("links", link["link_id"], reason))
            elif link["mode"] in SEA:
                self._add_sailings(link, services.get(link["link_id"], []))
            else:
                self._add_line_haul(link)

    def _unbuilt(self, link: Row) -> str:
        if link["link_id"] in self.request.opened:
            return "" if link["mode"] != "rail" or link["gauge_mm"] else "no gauge is decided"
        if link["state"] == "open":
            return ""
        if link["state"] == "closed":
            return "closed"
        if link["opens_on"] and link["opens_on"] <= self.request.departure:
            return ""
        return f"{link['state']}, not open on {self.request.departure}"

    def _add_line_haul(self, link: Row) -> None:
        mode, country = link["mode"], link["country"]
        money = self.rates.find(country, mode, "cost_usd_t_km")
        speed = self.rates.find(country, mode, "speed_kmh")
        if link["speed_kmh"] is not None:
            speed = Figure(link["speed_kmh"], link["basis"], link["source_id"])
        if money is None or speed is None:
            what = "cost_usd_t_km" if money is None else "speed_kmh"
            self.skipped.append(("links", link["link_id"], f"rates.csv has no {what} for {country} {mode}"))
            return
        day_hours = self.parameter("driving_hours_day_road" if mode == "road" else "rail_hours_day")
        slow, slow_rows = self._slowdown(link, mode)
        hours = link["length_km"] / speed.value * 24.0 / day_hours.value * (1.0 + slow)
        cv, cv_figure = self._line_haul_cv(link, country, mode)
        vehicle = self.vehicles[mode]
        own = Figure(0, link["basis"], link["source_id"])
        basis_usd, usd_sources = combine(own, money)
        basis_hours, hour_sources = combine(own, speed, day_hours, *_rows(*slow_rows))
        sources = join_sources(usd_sources, hour_sources, cv_figure.source_id if cv_figure else "")
        for tail, head in self._directions(link):
            fee_t, fee_unit, fee_bases, fee_sources = self._fees("link", link["link_id"], mode, "passage")
            stage = Stage(
                kind="line_haul",
                name=f"{self.nodes[tail]['name']} – {self.nodes[head]['name']}",
                place_id=link["link_id"],
                mode=mode,
                country=country,
                km=link["length_km"],
                usd_t=money.value * link["length_km"] * link["cost_factor"] + fee_t,
                usd_unit=fee_unit,
                hours=hours,
                variance_h2=(cv * hours) ** 2,
                co2_kg_t=vehicle["emission_kg_t_km"] * link["length_km"],
                headway_h=0.0,
                basis_usd=worst_basis(basis_usd, *fee_bases),
                basis_hours=basis_hours,
                source_id=join_sources(sources, *fee_sources),
            )
            carrier = carrier_of(mode, link["gauge_mm"])
            calendar = self._calendar_of_link(link, tail, head, mode)
            self.moves.append(
                _Move(
                    (tail, carrier, country),
                    (head, carrier, country),
                    (stage,),
                    calendar,
                    "link",
                    link["link_id"],
                )
            )

    def _slowdown(self, link: Row, mode: str) -> tuple[float, list[Row]]:
        """Added share of hours on a link: the worst of its ends, plus its own and its country's."""
        ends = [self.book.slowdown("node", link[end], mode) for end in ("from_node_id", "to_node_id")]
        own = self.book.slowdown("link", link["link_id"], mode)
        wide = self.book.slowdown("country", link["country"], mode) if link["country"] else (0.0, None)
        parts = [max(ends, key=lambda e: e[0]), own, wide]
        return sum(share for share, _ in parts), [row for _, row in parts if row is not None]

    def _line_haul_cv(self, link: Row, country: str, mode: str) -> tuple[float, Figure | None]:
        if link["speed_cv"] is not None:
            return float(link["speed_cv"]), None
        figure = self.rates.find(country, mode, "speed_cv") or self.parameter(CV_PARAMETER[mode])
        return figure.value, figure

    def _directions(self, link: Row) -> list[tuple[str, str]]:
        ends = (link["from_node_id"], link["to_node_id"])
        return [ends] if link["directed"] else [ends, ends[::-1]]

    def _add_sailings(self, link: Row, services: list[Row]) -> None:
        if not services:
            self.skipped.append(("links", link["link_id"], "services.csv has no sailing on it"))
        for service in services:
            money = self._sailing_money(service, link)
            speed = self.rates.find("", link["mode"], "speed_kmh")
            if service["speed_kmh"] is not None:
                speed = Figure(service["speed_kmh"], service["basis"], service["source_id"])
            if money is None or speed is None:
                what = "freight" if money is None else "speed"
                self.skipped.append(
                    ("services", service["service_id"], f"no {what} for form {self.request.form}")
                )
                continue
            headway = 168.0 / service["sailings_per_week"]
            slow, slow_rows = self._slowdown(link, link["mode"])
            hours = link["length_km"] / speed.value * (1.0 + slow)
            cv = self.parameter(CV_PARAMETER["sea"])
            figures = [Figure(0, row["basis"], row["source_id"]) for row in (link, service)]
            basis_hours, sources = combine(*figures, speed, *_rows(*slow_rows))
            sources = join_sources(sources, cv.source_id)
            for tail, head in self._directions(link):
                stage = Stage(
                    kind="sailing",
                    name=f"{self.nodes[tail]['name']} – {self.nodes[head]['name']}",
                    place_id=service["service_id"],
                    mode=link["mode"],
                    country="",
                    km=link["length_km"],
                    usd_t=money[0],
                    usd_unit=money[1],
                    hours=hours + headway / 2.0,
                    variance_h2=(cv.value * hours) ** 2 + headway**2 / 12.0,
                    co2_kg_t=self.vehicles[link["mode"]]["emission_kg_t_km"] * link["length_km"],
                    headway_h=headway,
                    basis_usd=worst_basis(link["basis"], service["basis"]),
                    basis_hours=basis_hours,
                    source_id=sources,
                )
                places = (
                    ("service", service["service_id"]),
                    ("link", link["link_id"]),
                    ("node", tail),
                    ("node", head),
                )
                spans = self._spans(*places, mode=link["mode"])
                calendar = self._calendar(("service", service["service_id"]), spans)
                self.moves.append(
                    _Move(
                        (tail, link["mode"], ""),
                        (head, link["mode"], ""),
                        (stage,),
                        calendar,
                        "service",
                        service["service_id"],
                    )
                )

    def _sailing_money(self, service: Row, link: Row) -> tuple[float, float] | None:
        """Freight per tonne and per unit; bulk pays per tonne where a rate exists, boxes per 40 ft container."""
        per_t, per_feu = service["cost_usd_t"], service["cost_usd_feu"]
        if self.request.form == "bulk" and per_t is not None:
            return per_t, 0.0
        if per_feu is not None:
            return 0.0, per_feu
        if per_t is not None:
            return per_t, 0.0
        rate = self.rates.find("", link["mode"], "cost_usd_t_km")
        return None if rate is None else (rate.value * link["length_km"], 0.0)

    # -- crossings -------------------------------------------------------------------------------------------

    def add_crossings(self) -> None:
        for row in self.tables["crossings"].iter_rows(named=True):
            for mode in filter(self.request.uses, row["modes"]):
                carriers = ["road"] if mode == "road" else self._rail_carriers(row)
                for leave, enter in (
                    (row["country_a"], row["country_b"]),
                    (row["country_b"], row["country_a"]),
                ):
                    stages = self._crossing_stages(row, mode, leave, enter)
                    if stages is None:
                        continue
                    calendar = self._crossing_calendar(row, mode)
                    for carrier in carriers:
                        self.moves.append(
                            _Move(
                                (row["node_id"], carrier, leave),
                                (row["node_id"], carrier, enter),
                                stages,
                                calendar,
                                "crossing",
                                row["crossing_id"],
                                self._pair_covariance(stages),
                            )
                        )

    def _rail_carriers(self, row: Row) -> list[str]:
        gauges = dict.fromkeys(g for g in (row["rail_gauge_a_mm"], row["rail_gauge_b_mm"]) if g)
        return [f"rail{gauge}" for gauge in gauges]

    def _pair_covariance(self, stages: tuple[Stage, ...]) -> float:
        first, second = stages[0].variance_h2, stages[1].variance_h2
        return float(2.0 * self.parameter("pair_correlation").value * np.sqrt(first * second))

    def _crossing_stages(self, row: Row, mode: str, leave: str, enter: str) -> tuple[Stage, Stage] | None:
        stages = []
        for side, direction in ((leave, "outbound"), (enter, "inbound")):
            hours = self.times.find(row["crossing_id"], side, mode, direction, "time_h")
            if hours is None:
                self.skipped.append(
                    ("crossings", row["crossing_id"], f"crossing_times.csv has no {mode} hours for {side}")
                )
                return None
            money = self.times.find(row["crossing_id"], side, mode, direction, "cost_usd")
            cv = self.times.find(row["crossing_id"], side, mode, direction, "time_cv") or self.parameter(
                "crossing_time_cv"
            )
            slow, slow_row = self.book.slowdown("crossing", row["crossing_id"], mode)
            fee_t, fee_unit, fee_bases, fee_sources = self._side_fees(
                row["crossing_id"], mode, side, direction
            )
            basis_hours, hour_sources = combine(hours, *_rows(slow_row))
            basis_usd, usd_sources = combine(money) if money else ("assumed", "")
            sources = join_sources(hour_sources, usd_sources, cv.source_id)
            time_h = hours.value * (1.0 + slow)
            way = "out" if direction == "outbound" else "in"
            stages.append(
                Stage(
                    kind="crossing",
                    name=f"{row['name']}: {side} {way}",
                    place_id=row["crossing_id"],
                    mode=mode,
                    country=side,
                    km=0.0,
                    usd_t=fee_t,
                    usd_unit=(money.value if money else 0.0) + fee_unit,
                    hours=time_h,
                    variance_h2=(cv.value * time_h) ** 2,
                    co2_kg_t=0.0,
                    headway_h=0.0,
                    basis_usd=worst_basis(basis_usd, *fee_bases),
                    basis_hours=basis_hours,
                    source_id=join_sources(sources, *fee_sources),
                )
            )
        return stages[0], stages[1]

    def _side_fees(
        self, crossing: str, mode: str, side: str, direction: str
    ) -> tuple[float, float, list[str], list[str]]:
        """Fees due at a side: leaving pays exit fees, entering pays entry and, on the way to a third country, transit fees."""
        when = {"exit"} if direction == "outbound" else self._entry_kinds(side)

        def due(fee: Row) -> bool:
            at_crossing = fee["place_kind"] == "crossing" and fee["place_id"] == crossing
            if at_crossing and fee["when"] == "passage":
                return direction == "inbound" and self._registered(fee, side) and fee["mode"] in (None, mode)
            here = at_crossing or (fee["place_kind"] == "country" and fee["place_id"] == side)
            return (
                here and fee["when"] in when and self._registered(fee, side) and fee["mode"] in (None, mode)
            )

        return fee_money(self.fees, due, self.request.form)

    def _entry_kinds(self, country: str) -> set[str]:
        ends = (self.request.origin_country, self.request.destination_country)
        return {"entry"} if country in ends else {"entry", "transit"}

    def _registered(self, fee: Row, country: str) -> bool:
        registration = self.request.registration or self.request.origin_country
        wanted = fee["vehicle_registration"]
        return wanted == registration if wanted else registration != country

    def _fees(self, kind: str, place: str, mode: str, when: str) -> tuple[float, float, list[str], list[str]]:
        def due(fee: Row) -> bool:
            return (
                fee["place_kind"] == kind
                and fee["place_id"] == place
                and fee["when"] == when
                and fee["mode"] in (None, mode)
                and self._registered(fee, "")
            )

        return fee_money(self.fees, due, self.request.form)

    # -- transfers -------------------------------------------------------------------------------------------

    def add_transfers(self) -> None:
        terminals = {r["terminal_id"]: r for r in self.tables["terminals"].iter_rows(named=True)}
        for row in self.tables["transfers"].iter_rows(named=True):
            if not self.request.uses(row["from_mode"], row["to_mode"]):
                continue
            ways = [("from", "to")] if row["directed"] else [("from", "to"), ("to", "from")]
            for before, after in ways:
                first = carrier_of(row[f"{before}_mode"], row[f"{before}_gauge_mm"])
                second = carrier_of(row[f"{after}_mode"], row[f"{after}_gauge_mm"])
                self._add_transfer(row, first, second, terminals.get(row["terminal_id"] or ""))

    def _add_transfer(self, row: Row, before: str, after: str, terminal: Row | None) -> None:
        node = self.nodes[row["node_id"]]
        crossing = self.crossing_at.get(row["node_id"])
        countries = [crossing["country_a"], crossing["country_b"]] if crossing else [node["country"]]
        cv = self.parameter("transfer_time_cv")
        variance = ((row["time_cv"] if row["time_cv"] is not None else cv.value) * row["time_h"]) ** 2
        per_t, per_unit = self._transfer_money(row)
        place = terminal["name"] if terminal else node["name"]
        fee_t, fee_unit, fee_bases, fee_sources = self._fees(
            "node", row["node_id"], mode_of(after), "passage"
        )
        for country in countries:
            entering = before in SEA and after not in SEA
            entry = self._port_entry_fees(country, mode_of(after)) if entering else (0.0, 0.0, [], [])
            stage = Stage(
                kind="transfer",
                name=f"{place}: {_spoken(before)} to {_spoken(after)}",
                place_id=row["node_id"],
                mode=mode_of(after),
                country=country,
                km=0.0,
                usd_t=per_t + fee_t + entry[0],
                usd_unit=per_unit + fee_unit + entry[1],
                hours=row["time_h"],
                variance_h2=variance,
                co2_kg_t=0.0,
                headway_h=0.0,
                basis_usd=worst_basis(row["basis"], *fee_bases, *entry[2]),
                basis_hours=row["basis"],
                source_id=join_sources(row["source_id"], *fee_sources, *entry[3]),
            )
            tail = (row["node_id"], before, "" if before in SEA else country)
            head = (row["node_id"], after, "" if after in SEA else country)
            spans = self._spans(("node", row["node_id"]), mode=mode_of(after))
            calendar = self._calendar(("node", row["node_id"], mode_of(after)), spans)
            self.moves.append(_Move(tail, head, (stage,), calendar, "transfer", row["node_id"]))

    def _port_entry_fees(self, country: str, mode: str) -> tuple[float, float, list[str], list[str]]:
        kinds = self._entry_kinds(country)

        def due(fee: Row) -> bool:
            return (
                fee["place_kind"] == "country"
                and fee["place_id"] == country
                and fee["when"] in kinds
                and fee["mode"] in (None, mode)
                and self._registered(fee, country)
            )

        return fee_money(self.fees, due, self.request.form)

    def _transfer_money(self, row: Row) -> tuple[float, float]:
        if self.request.form == "bulk" and row["cost_usd_t"] is not None:
            return row["cost_usd_t"], 0.0
        per_unit = row["cost_usd_feu"] if row["cost_usd_feu"] is not None else row["cost_usd_teu"]
        if per_unit is not None:
            return 0.0, per_unit
        return row["cost_usd_t"] or 0.0, 0.0

    # -- calendars -------------------------------------------------------------------------------------------

    def _spans(self, *places: tuple[str, str], mode: str) -> list[tuple[ClosedSpan, str]]:
        found = []
        for kind, place in places:
            found += [(span, row["reason"]) for span, row in self.book.spans(kind, place, mode)]
        return found

    def _calendar_of_link(self, link: Row, tail: str, head: str, mode: str) -> int:
        spans = self._spans(
            ("link", link["link_id"]), ("country", link["country"]), ("node", tail), ("node", head), mode=mode
        )
        if link["season"] and link["link_id"] not in self.request.opened:
            begin, end = link["season"].split("..")
            outside = seasonal_spans(_day_after(end), _day_before(begin), self.request.departure)
            spans += [(span, f"usable {begin} to {end}") for span in outside]
        return self._calendar(("link", link["link_id"], tail, head), spans)

    def _crossing_calendar(self, row: Row, mode: str) -> int:
        spans = self._spans(("crossing", row["crossing_id"]), ("node", row["node_id"]), mode=mode)
        weekdays = () if mode == "rail" else tuple(row["closed_weekdays"] or ())
        hours = "00:00-24:00" if mode == "rail" else row["opening_hours"]
        return self._calendar(
            ("crossing", row["crossing_id"], mode),
            spans,
            hours=hours,
            weekdays=weekdays,
            offset=row["utc_offset_h"],
        )

    def _calendar(
        self,
        key: tuple[object, ...],
        spans: list[tuple[ClosedSpan, str]],
        *,
        hours: str = "00:00-24:00",
        weekdays: tuple[str, ...] = (),
        offset: float | None = None,
    ) -> int:
        if key in self.calendar_index:
            return self.calendar_index[key]
        windows = open_windows(
            self.request.departure,
            hours=hours,
            closed_weekdays=weekdays,
            closed=[span for span, _ in spans],
            utc_offset_h=offset or 0.0,
        )
        if windows is None:
            self.calendar_index[key] = ALWAYS_OPEN
            return ALWAYS_OPEN
        self.calendars.append(windows)
        index = len(self.calendars) - 1
        self.calendar_index[key] = index
        if not len(windows[0]):
            lasting = [reason for span, reason in spans if span.end is None] or [
                reason for _, reason in spans
            ]
            self.shut[index] = lasting[0] if lasting else "never open on the horizon"
        return index

    # -- registrations ---------------------------------------------------------------------------------------

    def finish(self) -> FreightNetwork:
        """Spread the moves over truck registrations, from the origin's own trucks, and number the states."""
        outgoing: dict[tuple[str, str, str], list[_Move]] = {}
        for move in self.moves:
            outgoing.setdefault(move.tail, []).append(move)
        home = self.request.registration or self.request.origin_country
        starts = [
            State(*place, self._start_registration(place, home))
            for place in outgoing
            if place[2] == self.request.origin_country
        ]
        index: dict[State, int] = {}
        arcs: list[Arc] = []
        queue = deque(dict.fromkeys(starts))
        for state in queue:
            index[state] = len(index)
        while queue:
            state = queue.popleft()
            for move in outgoing.get((state.node_id, state.carrier, state.country), ()):
                reached = self._follow(state, move)
                if reached is None:
                    continue
                head, extra = reached
                if head not in index:
                    index[head] = len(index)
                    queue.append(head)
                arcs.append(
                    Arc(
                        index[state],
                        index[head],
                        move.stages + extra,
                        move.calendar,
                        move.place_kind,
                        move.place_id,
                        move.covariance_h2,
                    )
                )
        return self._freeze(index, arcs)

    def _freeze(self, index: dict[State, int], arcs: list[Arc]) -> FreightNetwork:
        out: list[list[int]] = [[] for _ in index]
        for number, arc in enumerate(arcs):
            out[arc.tail].append(number)
        return FreightNetwork(
            states=tuple(index),
            arcs=tuple(arcs),
            calendars=tuple(self.calendars),
            shut=self.shut,
            first_day=self.request.departure,
            form=self.request.form,
            skipped=tuple(dict.fromkeys(self.skipped)),
            index=index,
            out=tuple(tuple(numbers) for numbers in out),
        )

    def _start_registration(self, place: tuple[str, str, str], home: str) -> str:
        return home if place[1] == "road" else ""

    def _follow(self, state: State, move: _Move) -> tuple[State, tuple[Stage, ...]] | None:
        """State a move leads to with the truck in use, and the truck swap it takes; None where the truck may not go."""
        node, carrier, country = move.head
        if carrier != "road":
            return State(node, carrier, country, ""), ()
        if state.carrier != "road":  # a local truck picks the goods up at a terminal
            return State(node, carrier, country, country), ()
        if country == state.country:
            return State(node, carrier, country, state.registration), ()
        key = (country, state.registration)
        if key not in self.rules:
            self.rules[key] = access_rule(self.access, *key, self.request.departure)
        rule, row = self.rules[key]
        if rule == "forbidden":
            return None
        if rule == "swap":
            return State(node, carrier, country, country), (self._swap_stage(move, country, row),)
        return State(node, carrier, country, state.registration), ()

    def _swap_stage(self, move: _Move, country: str, row: Row | None) -> Stage:
        hours, money = self.parameter("truck_swap_time_h"), self.parameter("truck_swap_cost_usd")
        cv = self.parameter("transfer_time_cv")
        _, sources = combine(hours, money, *_rows(row))
        return Stage(
            kind="transfer",
            name=f"{self.nodes[move.head[0]]['name']}: goods change to a {country} truck",
            place_id=move.head[0],
            mode="road",
            country=country,
            km=0.0,
            usd_t=0.0,
            usd_unit=money.value,
            hours=hours.value,
            variance_h2=(cv.value * hours.value) ** 2,
            co2_kg_t=0.0,
            headway_h=0.0,
            basis_usd=money.basis,
            basis_hours=hours.basis,
            source_id=sources,
        )


class _Move(NamedTuple):
    tail: tuple[str, str, str]
    head: tuple[str, str, str]
    stages: tuple[Stage, ...]
    calendar: int
    place_kind: str
    place_id: str
    covariance_h2: float = 0.0


def _rows(*rows: Row | None) -> list[Figure]:
    return [Figure(0.0, r["basis"], r["source_id"]) for r in rows if r is not None]


def _spoken(carrier: str) -> str:
    return f"rail {carrier[4:]} mm" if carrier.startswith("rail") else {"sea": "ship"}.get(carrier, carrier)


def _day_after(month_day: str) -> str:
    return _shift(month_day, 1)


def _day_before(month_day: str) -> str:
    return _shift(month_day, -1)


def _shift(month_day: str, days: int) -> str:
    day = date.fromordinal(date(2023, int(month_day[:2]), int(month_day[3:])).toordinal() + days)
    return day.strftime("%m-%d")
