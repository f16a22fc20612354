"""Everything a network is built from: figures of the case by key, fees, calendars."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import polars as pl

from karwan.errors import UnknownName
from karwan.numerics.geodesy import great_circle_km
from karwan.schema.modes import RAIL, ROAD
from karwan.transport.calendar import ClosedSpan, Windows, open_windows, outside_season
from karwan.transport.network.hours import HoursBook, QueueBook
from karwan.transport.network.layout import Branch, SpreadMoves, Turns
from karwan.transport.network.lookup import (
    ClosureBook,
    CrossingTimes,
    Rates,
    fee_terms,
    gross_weight,
    in_time,
    weight_limit,
)
from karwan.transport.network.price import PricedMove, Stages
from karwan.transport.network.regimes import Change, KnownTerms, Regimes, regime_in_force, terms_on
from karwan.transport.network.request import Move, NetworkRequest
from karwan.transport.network.scarcity import overload
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import CellFigure, Stage, Step, Term, figure_of
from karwan.transport.network.units import units_by_mode

Tables = Mapping[str, pl.DataFrame]
ALWAYS_OPEN = -1
Book = TypeVar("Book")

RESTS_ON = {
    "haul": frozenset(("links", "nodes", "countries", "rates", "vehicles", "fees", "parameters", "hours")),
    "sailing": frozenset(("services", "links", "nodes", "rates", "vehicles", "parameters", "hours")),
    "crossing": frozenset(
        ("crossings", "crossing_times", "vehicles", "fees", "parameters", "hours", "queue_states")
    ),
    "regime": frozenset(("regimes", "regime_terms", "fees")),
    "along": frozenset(
        ("links", "services", "nodes", "countries", "rates", "vehicles", "fees", "parameters", "hours")
        + ("closures", "weight_limits", "crossings")
    ),
    "swap": frozenset(("nodes", "access", "parameters", "hours")),
    "gate": frozenset(("regimes", "regime_terms", "fees", "nodes", "access", "parameters", "hours")),
    "transfer": frozenset(("transfers", "terminals", "nodes", "vehicles", "fees", "parameters", "hours")),
}
"""Tables that a stage of each kind is made of, or what is made of stages; slowdowns stand in its key."""
PARTS = {
    "along": "along",
    "hauls": "haul",
    "bases": "haul",
    "regimes": "regime",
    "gates": "gate",
}
"""Kind of what each part of `Kept` holds, of those that hold one kind."""
BY_ROW = {"links": "link_id", "crossings": "crossing_id"}
"""Tables of which a haul or a crossing rests on one row alone, and the column that names it."""
KIND_BY_ROW = {"haul": "links", "crossing": "crossings"}
CROSSING_CAPACITY = {ROAD: "capacity_trucks_day", RAIL: "capacity_wagons_day"}
"""Column of crossings that says what passes in a day, by mode."""


class LinkKey(NamedTuple):
    """What hauls along a link depend on beside who is paid: its unit, slow-downs, who pays its fees."""

    link_id: str
    unit: tuple[object, ...]
    slowdowns: tuple[CellFigure, ...]
    payer: tuple[object, ...]


class HaulBase(NamedTuple):
    """What the hauls along a link share whoever is paid: steps, one a direction, terms beside the money, variance, figures beside."""

    steps: tuple[Step, ...]
    terms: tuple[Term, ...]
    variance_h2: float
    also: tuple[CellFigure, ...]


@dataclass(frozen=True)
class Hauls:
    """What networks share along a link.

    Attributes
    ----------
    by_payee
        A stage for each direction by who is paid, and load over capacity (less 1) of the gates left to his trucks.
    by_truck
        A move as trucks make it: by where it starts, the loads of all gates and the trucks.
    """

    by_payee: dict[tuple[str, float], Stages] = field(default_factory=dict)
    by_truck: dict[tuple[object, ...], PricedMove] = field(default_factory=dict)


@dataclass
class Met:
    """What the rows read so far gave beside moves.

    Attributes
    ----------
    calendars, numbers
        Opening windows, and the number of those of each place.
    shut
        Number of each calendar that never opens, and why.
    hauls
        What the hauls along each link rest on, and those that do so.
    skipped
        Rows left out: table, key, reason.
    """

    calendars: list[Windows] = field(default_factory=list)
    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    shut: dict[int, str] = field(default_factory=dict)
    hauls: dict[str, tuple[LinkKey, Hauls]] = field(default_factory=dict)
    skipped: list[tuple[str, str, str]] = field(default_factory=list)

    def copied(self) -> Met:
        """The same, to which more can be added."""
        return Met(*map(copy, vars(self).values()))


@dataclass(frozen=True)
class Common:
    """What networks share whatever their tables: its keys name all that it was made of.

    Attributes
    ----------
    terms
        Terms of regimes at borders, and the numbers of what they rest on.
    sides
        A side of a border under a regime, with the side and the terms it was made of, by their numbers.
    spreads
        Moves spread over truck registrations, by what they join and the number of the law.
    turns
        What a truck may do at a border, by the number of the law.
    """

    terms: KnownTerms = field(default_factory=KnownTerms)
    sides: dict[tuple[int, int], tuple[Stage, Change, Stage]] = field(default_factory=dict)
    spreads: dict[tuple[Any, ...], SpreadMoves] = field(default_factory=dict)
    turns: dict[int, Turns] = field(default_factory=dict)


@dataclass
class Kept:
    """What several networks of the same tables share, filled as they are built.

    Attributes
    ----------
    rows
        Rows by table.
    books
        What looks figures up in the rows of a table, by table.
    along
        Moves along all links, and what was met on them, by all of a request that they depend on.
    hauls
        Moves along a link in the directions it allows, as if always open: by link, vehicle, slowdowns in force and who pays its fees,
        then by who is paid for the haul.
    stages
        Stages of crossings, transfers, sailings and changes of trucks, by kind and all of a request that they depend on.
    bases
        What hauls along a link share whoever is paid, by all of a request that it depends on.
    regimes
        Regimes by those in force and the ends of the load, none for any load.
    gates
        Stages over a border by road and the moves made of them by trucks, by the numbers of these stages and of the regimes.
    common
        What the states of a case share too.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    books: dict[str, Any] = field(default_factory=dict)
    along: dict[tuple[object, ...], tuple[tuple[Move, ...], Met]] = field(default_factory=dict)
    hauls: dict[tuple[Any, ...], Hauls] = field(default_factory=dict)
    stages: dict[tuple[Any, ...], Stage | None] = field(default_factory=dict)
    bases: dict[tuple[Any, ...], HaulBase | None] = field(default_factory=dict)
    regimes: dict[tuple[tuple[str, ...], tuple[str, ...]], Regimes] = field(default_factory=dict)
    gates: dict[tuple[int, ...], tuple[Stages, dict[tuple[Branch, ...], PricedMove]]] = field(
        default_factory=dict
    )
    common: Common = field(default_factory=Common)

    def without(self, changed: Collection[str], rows: Mapping[str, Collection[str]] | None = None) -> Kept:
        """What still holds where some tables are others: a copy without what was made of them.

        `rows` names, of the tables of `BY_ROW` among them, the keys of the rows that differ, are new or gone: what was made of the others stays.
        """
        rows = rows or {}
        others = set(changed)
        told = {kind: {table} & rows.keys() for kind, table in KIND_BY_ROW.items()}
        gone = {kind for kind, tables in RESTS_ON.items() if (tables - told.get(kind, set())) & others}
        links, crossings = (frozenset(rows.get(name, ())) for name in ("links", "crossings"))
        parts = {name: dict(getattr(self, name)) for name, kind in PARTS.items() if kind not in gone}
        for name in {"hauls", "bases"} & parts.keys():
            parts[name] = {key: held for key, held in parts[name].items() if key.link_id not in links}
        stages = {
            key: stage
            for key, stage in self.stages.items()
            if key[0] not in gone and not (key[0] == "crossing" and key[1] in crossings)
        }
        held = self.fewer(changed)
        return Kept(rows=held.rows, books=held.books, stages=stages, common=self.common, **parts)

    def fewer(self, tables: Collection[str]) -> Kept:
        """What holds where tables lack some of their rows: shared, but for these rows and what is made of all of them."""
        rows, books = (
            {name: one for name, one in own.items() if name not in tables} for own in (self.rows, self.books)
        )
        return replace(self, rows=rows, books=books, along={})

    def take(self, other: Kept) -> None:
        """Take over what another holds and this lacks."""
        self.common = other.common
        for name in vars(other).keys() - {"common"}:
            mine = getattr(self, name)
            mine.update({key: held for key, held in getattr(other, name).items() if key not in mine})


def _by(key: str) -> Callable[[list[Row]], dict[str, Row]]:
    """What finds the rows of a table by a column."""
    return lambda rows: {row[key]: row for row in rows}


def _fees_by_place(rows: list[Row]) -> tuple[list[Row], dict[tuple[str, str], list[int]]]:
    """Fees that hold, and the numbers of those of each place (kind and id)."""
    fees = [row for row in rows if row["use"] == "model"]
    numbers: dict[tuple[str, str], list[int]] = {}
    for number, row in enumerate(fees):
        numbers.setdefault((row["place_kind"], row["place_id"]), []).append(number)
    return fees, numbers


class Context:
    """Figures of a case for one request, with the calendars met so far and the rows left out."""

    def __init__(self, tables: Tables, request: NetworkRequest, kept: Kept | None = None) -> None:
        self.tables = tables
        self.request = request
        self.kept = Kept() if kept is None else kept
        self.bulk = request.form == "bulk"  # whether money per tonne goes before money per container
        self.rates = Rates(self.rows("rates"))  # holds what vehicles pay too
        self.hours = self.book_of("hours", HoursBook)
        self.queues = self.book_of("queue_states", QueueBook)
        self.times = self.book_of("crossing_times", CrossingTimes)
        self.book = ClosureBook(tuple(self.rows("closures")), request.departure, request.opened)
        self.nodes = self.book_of("nodes", _by("node_id"))
        self.fees, self.fee_numbers = self.book_of("fees", _fees_by_place)
        self.home = request.registration or request.origin_country
        self.access = self.rows("access")
        self.limits = self.rows("weight_limits")
        self.units = units_by_mode(self.rows("vehicles"), request.form, request.units, dict(request.fill_t))
        truck = self.units.get(ROAD)
        self.gross_t = gross_weight(truck and truck.row, request.load_t)
        self.parameters = self.book_of("parameters", _by("parameter_id"))
        self.regimes = self._regimes()
        self.links = self.book_of("links", _by("link_id"))
        self.gates = {r["country"]: (r["head_haul_from"], r["head_haul_km"]) for r in self.rows("countries")}
        self.apart_km: dict[tuple[str, str], float] = {}
        self.crossing_at = self.book_of("crossings", _by("node_id"))
        self.met = Met()

    def rows(self, table: str) -> list[Row]:
        """Rows of a table, read once for all networks that share `kept`."""
        rows = self.kept.rows
        if table not in rows:
            rows[table] = self.tables[table].rows(named=True) if table in self.tables else []
        return rows[table]

    def book_of(self, table: str, read: Callable[[list[Row]], Book]) -> Book:
        """What looks figures up in a table, read once for all networks that share `kept`."""
        books = self.kept.books
        if table not in books:
            books[table] = read(self.rows(table))
        found: Book = books[table]
        return found

    def _regimes(self) -> Regimes:
        """Regimes in force on the day for the ends; what does not depend on the ends is shared."""
        live, ends = self.regimes_key
        held = self.kept.regimes
        if (live, ()) not in held:
            rows = [row for row in self.rows("regimes") if row["regime_id"] in live]
            terms, known = self.rows("regime_terms"), self.kept.common.terms
            held[live, ()] = Regimes(rows, terms, self.fees, self.request.departure, known=known)
        if (live, ends) not in held:
            held[live, ends] = held[live, ()].for_load(ends)
        return held[live, ends]

    @cached_property
    def regimes_key(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Regimes in force on the day with those of their terms that began later than they did, and the ends they must cover a load between."""
        live = [r["regime_id"] for r in self.rows("regimes") if regime_in_force(r, self.request.departure)]
        dated = terms_on((r for r in self.rows("regime_terms") if r.get("since")), self.request.departure)
        return (*live, *(row["term_id"] for row in dated)), (
            self.request.origin_country,
            self.request.destination_country,
        )

    @cached_property
    def along_key(self) -> tuple[object, ...]:
        """All of the request that moves along links depend on: of its ends nothing, unless a fee is charged on some link."""
        asked = self.request
        units = tuple(unit.key for unit in self.units.values())
        payers = {self.payer("", place) for place in self.fee_numbers if place[0] == "link"}
        day = (asked.departure, asked.opened, asked.modes)
        return day, units, asked.form, asked.dangerous, asked.tonnes, self.gross_t, frozenset(payers)

    @cached_property
    def law_number(self) -> int:
        """Number of all that says which trucks may go where: countries of places, rules of access on the day, regimes that spare a change of trucks."""
        asked = self.request
        access = tuple(tuple(row.values()) for row in self.access if in_time(row, asked.departure))
        places = tuple((node, row["country"]) for node, row in self.nodes.items())
        law = (places, access, self.regimes.swap_law, asked.origin_country, asked.destination_country)
        return self.kept.common.terms.number(law)

    def parameter(self, name: str) -> CellFigure:
        """CellFigure of a model parameter; UnknownName where parameters.csv lacks it."""
        row = self.parameters.get(name)
        if row is None:
            raise UnknownName(
                f"parameters.csv has no row {name!r}.",
                f"it has {', '.join(sorted(self.parameters)) or 'no rows'}",
                f"add a row with parameter_id {name}; see docs/route.md for what it means.",
            )
        return figure_of(row, "parameters", "parameter_id", "value")

    @property
    def dangerous_share(self) -> CellFigure | None:
        """Price with dangerous goods over that without, where they are dangerous and the case states it."""
        stated = self.request.dangerous and "dangerous_rate_share" in self.parameters
        return self.parameter("dangerous_rate_share") if stated else None

    def too_heavy(self, *places: tuple[str, str]) -> str:
        """Why a loaded truck is not let on at places (kind and id); blank where it is."""
        limit = weight_limit(self.limits, places, self.gross_t, self.request.departure)
        if limit is None or limit["over"] == "permit":
            return ""
        return f"{self.gross_t:.1f} t gross is over the limit of {limit['max_gross_t']:g} t"

    def entry_kinds(self, country: str) -> set[str]:
        """Fees due on entering a country: transit fees only on the way to a third one."""
        ends = (self.request.origin_country, self.request.destination_country)
        return {"entry"} if country in ends else {"entry", "transit"}

    def registered(self, fee: Row, country: str) -> bool:
        """Whether a fee falls on the truck in use; a blank registration means any foreign truck."""
        registration = self.home
        wanted = fee["vehicle_registration"]
        return wanted == registration if wanted else registration != country

    @cached_property
    def overload(self) -> dict[str, float]:
        """Load over capacity, less 1, of the gates left to trucks of a country; see `scarcity.overload`. Empty without `scarcity_slope`."""
        if "scarcity_slope" not in self.parameters:
            return {}
        share = self.parameter("scarcity_turned_share").value
        return overload(self.rows("crossings"), lambda place: self.book.shut("crossing", place, ROAD), share)

    @cached_property
    def overload_key(self) -> tuple[tuple[str, float], ...]:
        """The overloads, as the key of what depends on them."""
        return tuple(self.overload.items())

    def haul(self, registration: str, tail: str, head: str) -> str:
        """'head' where a truck drives away from the place its country is hired from, 'back' towards it; '' where none is named, or it is too far."""
        name, bound = self.gates.get(registration, (None, None))
        gate = name or ""
        if gate not in self.nodes:
            return ""
        before, after = self._apart_km(gate, tail), self._apart_km(gate, head)
        if bound is not None and min(before, after) > bound:
            return ""
        return "head" if after > before else "back"

    def _apart_km(self, gate: str, node: str) -> float:
        """Great-circle distance of a node from the place a country is hired from, reckoned once."""
        if (gate, node) not in self.apart_km:
            one, other = self.nodes[gate], self.nodes[node]
            distance = great_circle_km(one["lat"], one["lon"], other["lat"], other["lon"])
            self.apart_km[gate, node] = float(distance)
        return self.apart_km[gate, node]

    def payer(self, country: str, *places: tuple[str, str]) -> tuple[object, ...]:
        """What of a request the fees at places (kind and id) depend on; nothing where none is charged there."""
        if not any(place in self.fee_numbers for place in places):
            return ()
        ends = (self.request.origin_country, self.request.destination_country)
        return self.home, country in ends, self.bulk

    def fees_at(self, *places: tuple[str, str]) -> list[Row]:
        """Fees charged on places (kind and id), in the order of the table."""
        numbers = [n for place in places for n in self.fee_numbers.get(place, ())]
        return [self.fees[n] for n in sorted(numbers)]

    def place_fees(self, kind: str, place: str, mode: str, when: str) -> tuple[Term, ...]:
        """Fees due at a place."""
        if (kind, place) not in self.fee_numbers:
            return ()

        def due(fee: Row) -> bool:
            return (
                fee["place_kind"] == kind
                and fee["place_id"] == place
                and fee["when"] == when
                and fee["mode"] in (None, mode)
                and self.registered(fee, "")
            )

        return fee_terms(self.fees_at((kind, place)), due, self.units[mode])

    def spans(self, *places: tuple[str, str], mode: str) -> list[tuple[ClosedSpan, str]]:
        """Closed days of several places for a mode, with the reasons."""
        found = []
        for kind, place in places:
            if self.book.names(kind, place):
                found += [(span, row["reason"]) for span, row in self.book.spans(kind, place, mode)]
        return found

    def never_shut(self, link: Row) -> bool:
        """Whether nothing that is known could ever shut a link: no season, no closure of it, its ends or its country."""
        names = self.book.names
        ends = names("node", link["from_node_id"]) or names("node", link["to_node_id"])
        return not (
            link["season"] or ends or names("link", link["link_id"]) or names("country", link["country"])
        )

    def link_calendar(self, link: Row, tail: str, head: str, mode: str) -> int:
        """Calendar of a link: its own closures and season, those of its ends and its country."""
        spans = self.spans(
            ("link", link["link_id"]), ("country", link["country"]), ("node", tail), ("node", head), mode=mode
        )
        if link["season"] and link["link_id"] not in self.request.opened:
            begin, end = link["season"].split("..")
            outside = outside_season(begin, end, self.request.departure)
            spans += [(span, f"usable {begin} to {end}") for span in outside]
        return self.calendar(("link", link["link_id"], tail, head), spans)

    def crossing_calendar(self, row: Row, mode: str) -> int:
        """Calendar of a crossing: opening hours, weekdays, closures; trains pass at any hour; capacity 0 is shut."""
        spans = self.spans(("crossing", row["crossing_id"]), ("node", row["node_id"]), mode=mode)
        limit = CROSSING_CAPACITY[mode]
        if row[limit] == 0:
            spans.append((ClosedSpan(date.min, None), f"{limit} is 0: nothing passes"))
        weekdays = () if mode == RAIL else tuple(row["closed_weekdays"] or ())
        hours = "00:00-24:00" if mode == RAIL else row["opening_hours"]
        return self.calendar(
            ("crossing", row["crossing_id"], mode),
            spans,
            hours=hours,
            weekdays=weekdays,
            offset=row["utc_offset_h"],
        )

    def calendar(
        self,
        key: tuple[object, ...],
        spans: list[tuple[ClosedSpan, str]],
        *,
        hours: str = "00:00-24:00",
        weekdays: tuple[str, ...] = (),
        offset: float | None = None,
    ) -> int:
        """Index of the calendar of a place, made once; -1 where it is always open."""
        if not spans and not weekdays and hours == "00:00-24:00":
            return ALWAYS_OPEN
        if key in self.met.numbers:
            return self.met.numbers[key]
        windows = open_windows(
            self.request.departure,
            hours=hours,
            closed_weekdays=weekdays,
            closed=[span for span, _ in spans],
            utc_offset_h=offset or 0.0,
        )
        index = ALWAYS_OPEN
        if windows is not None:
            index = len(self.met.calendars)
            self.met.calendars.append(windows)
            if not len(windows[0]):
                self.met.shut[index] = _why_shut(spans)
        self.met.numbers[key] = index
        return index


def _why_shut(spans: Sequence[tuple[ClosedSpan, str]]) -> str:
    """Reason of a place that never opens: that of a closure without a known end, else of the first."""
    lasting = [reason for span, reason in spans if span.end is None]
    reasons = lasting or [reason for _, reason in spans]
    return reasons[0] if reasons else "never open on the horizon"
