"""Papers a route needs, leg by leg and border by border; its securities stand in `guarantees`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import itemgetter

import polars as pl

from karwan.schema.frames import result_frame
from karwan.schema.modes import FERRY, ROAD, WATER_MODES
from karwan.transport.cargo import Cargo, fits_hs
from karwan.transport.network.lookup import access_rule
from karwan.transport.network.regimes import regime_in_force, terms_of
from karwan.transport.network.stage import Row
from karwan.transport.regime_papers import regime_papers
from karwan.transport.route import Route
from karwan.transport.weight_limits import heavy_permits, over_limits

PAPER = "paper"
"""Where the money of a paper is counted unless its document says otherwise."""
GONE: Row = {}
"""Regime of a document that is not in force."""
SCOPES = (
    *("origin", "leg", "driver", "truck", "loading", "port", "discharge"),
    *("country", "crossing", "destination"),
)
OF_A_DOCUMENT = (
    "scope",
    "document_id",
    "name",
    "issued_by",
    "cost_usd",
    "time_h",
    "regime_id",
    "counted",
    "basis",
    "source_id",
)


Documents = dict[str, dict[str, list[tuple[int, Row, "Row | None"]]]]
"""Number in the table, row and regime of each document by scope and place it names."""


@dataclass(frozen=True)
class Trip:
    """What a document asks about a route: its places by scope, its trade, its goods and trucks.

    Attributes
    ----------
    route
        The route.
    places
        (place, mode) by scope, each once and in order.
    ends
        Countries of origin and destination.
    trucks
        Country entered to the registration of the truck that drives there.
    cargo
        Class and HS code of the goods.
    sector
        Sector of the product.
    preferred
        Whether the tariff of the destination gives the product a preference; None where it is not known.
    journeys
        Countries of each unbroken journey, by mode of the legs.
    """

    route: Route
    places: Mapping[str, list[tuple[str, str]]]
    ends: tuple[str, str]
    trucks: Mapping[str, str]
    cargo: Cargo
    sector: str
    preferred: bool | None
    journeys: Mapping[str, list[set[str]]]


@dataclass(frozen=True)
class Asked:
    """What documents and weight limits ask a trip for.

    Attributes
    ----------
    trip
        The trip.
    papers
        Papers of documents, in the order of their table.
    permits
        Permits for a truck over weight limits.
    """

    trip: Trip
    papers: tuple[Row, ...]
    permits: tuple[Row, ...]


class PaperLaw:
    """What the tables of a case ask for as papers on a day, read once for many routes.

    Parameters
    ----------
    tables
        Tables of a case: documents, regimes, products, tariffs, access, vehicles, weight_limits.
    day
        Day of departure.
    """

    def __init__(self, tables: Mapping[str, pl.DataFrame], day: date) -> None:
        self.tables, self.day = tables, day
        self.regimes = {r["regime_id"]: r for r in tables["regimes"].iter_rows(named=True)}
        self.documents = _by_place(
            (row, regime)
            for row in tables["documents"].to_dicts()
            if (regime := self._regime(row)) is not GONE
        )
        self.access = tables["access"].to_dicts()
        self.terms = terms_of(tables, day)
        self.fees = tables["fees"].to_dicts() if self.terms else []
        tariffs = tables["tariffs"].select("importer", "product_id", "exporter", "kind").rows()
        self.tariffed = {importer for importer, *_ in tariffs}
        self.preferred = {
            (importer, product, exporter)
            for importer, product, exporters, kind in tariffs
            for exporter in ([exporters] if isinstance(exporters, str) else exporters or ())
            if kind == "preference"
        }

    @cached_property
    def _vehicles(self) -> list[Row]:
        return self.tables["vehicles"].rows(named=True)

    @cached_property
    def _limits(self) -> list[Row]:
        return self.tables["weight_limits"].rows(named=True)

    def _regime(self, document: Row) -> Row | None:
        """Regime of a document: None where it belongs to none, `GONE` where its own is not in force."""
        regime = self.regimes.get(document["regime_id"] or "")
        return GONE if regime is not None and not regime_in_force(regime, self.day) else regime

    def rows(self, route: Route, sector: str, cargo: Cargo | None = None) -> list[Row]:
        """Papers a route needs, in the order of their scopes.

        A paper of scope 'origin' or 'destination' is asked for in the country of that end, 'leg' for each mode used (in its country, where
        it names one), 'driver' in each country a foreign truck drives in, 'truck' in those whose access rule wants a permit, 'loading' where
        a ship is boarded after land, 'discharge' where it is left, 'port' at both, 'country' in the land countries passed that are neither
        end, 'crossing' at the crossings passed. A document holds for the HS codes, forms, registrations, partners and class of cargo it
        names. A paper whose regime is not in force on the day is left out; a leg's paper needs two parties of its regime on the way, a paper
        of an end both ends. A form of a preference is asked for where the tariff of the destination has that preference, or is not known. A
        truck over a weight limit that a permit lifts needs the permit.

        Parameters
        ----------
        route
            Route.
        sector
            Sector of the product.
        cargo
            What the goods are; their HS code alone by default.

        Returns
        -------
        Rows with scope, place_id, mode, document_id, name, issued_by, cost_usd, time_h (before departure), regime_id, counted (where its
        money is counted; blank as a paper), basis, source_id; a missing cost stays missing.
        """
        asked = self.asked(route, sector, cargo)
        rows = [*self.with_terms(asked), *asked.permits]
        rows.sort(key=lambda r: SCOPES.index(r["scope"]))
        return rows

    def asked(self, route: Route, sector: str, cargo: Cargo | None = None) -> Asked:
        """What documents and weight limits ask a route for, whatever the terms of regimes."""
        trip = self._trip(route, sector, cargo)
        rows: list[Row] = []
        for document, regime in _documents_at(self.documents, trip.places):
            if not _concerns(document, trip) or not _between_parties(document, regime, trip):
                continue
            paper = {name: document[name] for name in OF_A_DOCUMENT}
            for place, mode in _asked(document, trip.places, regime, trip):
                rows.append({**paper, "place_id": place, "mode": mode})
        over = over_limits(route, self._vehicles, self._limits, self.day)
        return Asked(trip, tuple(rows), tuple(heavy_permits(over)))

    def with_terms(self, asked: Asked) -> list[Row]:
        """Papers of documents, with those that terms of regimes ask for in place of the documents of the regime at the same scope."""
        trip = asked.trip
        goods = (trip.ends, trip.sector, trip.route.shipment.value_usd)
        added = regime_papers(self.regimes, self.terms, self.fees, trip.places, goods, self.day)
        stood_for = {(row["regime_id"], row["scope"]) for row in added}
        return [row for row in asked.papers if (row["regime_id"], row["scope"]) not in stood_for] + added

    def _trip(self, route: Route, sector: str, cargo: Cargo | None) -> Trip:
        places = _places(route)
        ends = (places["origin"][0][0], places["destination"][0][0])
        trucks = _foreign_trucks(route)
        places["driver"] = [(country, ROAD) for country in trucks]
        places["truck"] = [
            (country, ROAD)
            for country, registration in trucks.items()
            if access_rule(self.access, country, registration, self.day)[0] == "permit"
        ]
        product = route.shipment.product_id
        if cargo is None:
            codes = self.tables["products"].filter(pl.col("product_id") == product)["hs_code"]
            cargo = Cargo(str(codes[0]) if codes.len() else "")
        journeys = {mode: _journeys(route, mode) for mode in dict.fromkeys(mode for _, mode in places["leg"])}
        return Trip(route, places, ends, trucks, cargo, sector, self._preference(product, *ends), journeys)

    def _preference(self, product: str, origin: str, destination: str) -> bool | None:
        """Whether a product has a preference at its destination; None where the case has no tariff of that country."""
        if destination not in self.tariffed:
            return None
        return (destination, product, origin) in self.preferred


def papers_frame(rows: Sequence[Row]) -> pl.DataFrame:
    """Papers of `PaperLaw.rows` as a table."""
    return result_frame("route_papers", rows, without=("route", "place"))


def _by_place(documents: Iterable[tuple[Row, Row | None]]) -> Documents:
    """Documents with their numbers by scope and place they name, blank for any."""
    found: Documents = {}
    for number, (row, regime) in enumerate(documents):
        here = found.setdefault(row["scope"], {}).setdefault(row["place_id"] or "", [])
        here.append((number, row, regime))
    return found


def _documents_at(
    documents: Documents, places: Mapping[str, list[tuple[str, str]]]
) -> Iterator[tuple[Row, Row | None]]:
    """Documents that name a place of a route at their scope, or none, in the order of the table; a place without a name fits all."""
    found = []
    for scope, here in places.items():
        named = {place for place, _ in here}
        for place, held in documents.get(scope, {}).items():
            if named and (not place or place in named or "" in named):
                found += held
    for _, row, regime in sorted(found, key=itemgetter(0)):
        yield row, regime


def counted_usd(papers: Iterable[Row]) -> float:
    """Known money of papers that no fee, security or insurance counts already, USD."""
    return sum(float(row.get("cost_usd") or 0.0) for row in papers if counts(row))


def counts(paper: Row) -> bool:
    """Whether the money of a paper is counted as a paper."""
    return (paper.get("counted") or PAPER) == PAPER


def lead_time(papers: pl.DataFrame) -> float:
    """Hours before departure that the papers of a route take: they are asked for together, so the slowest counts."""
    slowest = papers["time_h"].max()
    return 0.0 if slowest is None else float(slowest)  # type: ignore[arg-type]


def _foreign_trucks(route: Route) -> dict[str, str]:
    """Countries in which a truck of another one hauls the goods, with its registration, in order."""
    states, arcs = route.network.states, route.network.arcs
    heads = [(states[arcs[a].head], arcs[a].stages) for a in route.arcs]
    return {
        state.country: state.registration
        for state, stages in heads
        if state.registration not in ("", state.country)
        and any(s.kind == "line_haul" and s.mode == ROAD for s in stages)
    }


def _concerns(document: Row, trip: Trip) -> bool:
    """Whether a document is for such goods, in such a form and class."""
    if document["sectors"] and trip.sector not in document["sectors"]:
        return False
    if not fits_hs(trip.cargo.hs_code, document["hs"]):
        return False
    if document["forms"] and trip.route.shipment.form not in document["forms"]:
        return False
    return not document["cargo"] or document["cargo"] in trip.cargo.classes


def _between_parties(document: Row, regime: Row | None, trip: Trip) -> bool:
    """Whether a document of an end is for trade with the other end, and a form of a preference for one that exists."""
    scope = document["scope"]
    if scope not in ("origin", "destination"):
        return True
    other = trip.ends[1] if scope == "origin" else trip.ends[0]
    if document["partners"] and other not in document["partners"]:
        return False
    if not document["preference"]:
        return True
    both = regime is None or set(trip.ends) <= set(regime["parties"])
    return both and trip.preferred is not False


def _places(route: Route) -> dict[str, list[tuple[str, str]]]:
    """(place, mode) of a route by scope, each once and in order."""
    stages = route.stages
    arcs = [route.network.arcs[a] for a in route.arcs]
    ends = _end_countries(route)
    boarded, left, ports = _ports(route)
    found = {
        "origin": [(ends[0], "")],
        "destination": [(ends[1], "")],
        "leg": [(s.country, s.mode) for s in stages if s.kind in ("line_haul", "sailing")],
        "country": [(s.country, s.mode) for s in stages if s.country and s.country not in ends],
        "crossing": [(a.place_id, a.stages[0].mode) for a in arcs if a.place_kind == "crossing"],
        "port": ports,
        "loading": boarded,
        "discharge": left,
    }
    return {scope: list(dict.fromkeys(places)) for scope, places in found.items()}


def _end_countries(route: Route) -> tuple[str, str]:
    """Countries a route begins and ends in."""
    network = route.network
    ends = (network.arcs[route.arcs[0]].tail, network.arcs[route.arcs[-1]].head)
    first, last = (network.states[end] for end in ends)
    of = network.node_countries
    return first.country or of.get(first.node_id, ""), last.country or of.get(last.node_id, "")


def _ports(route: Route) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[tuple[str, str]]]:
    """(port, mode) at which the goods go aboard and at which they leave a ship, and both in the order they are passed."""
    states = route.network.states
    arcs = [route.network.arcs[a] for a in route.arcs]
    tail, head = states[arcs[0].tail], states[arcs[-1].head]
    boarded = [(tail.node_id, tail.carrier)] if tail.carrier in WATER_MODES else []
    ports = list(boarded)
    left: list[tuple[str, str]] = []
    for arc in arcs:
        before, after = states[arc.tail].carrier, states[arc.head].carrier
        if (before in WATER_MODES) == (after in WATER_MODES):
            continue
        aboard = after in WATER_MODES
        place = (arc.place_id, after if aboard else before)
        (boarded if aboard else left).append(place)
        ports.append(place)
    if head.carrier in WATER_MODES:
        left.insert(0, (head.node_id, head.carrier))
        ports.append(left[0])
    return boarded, left, ports


def _asked(
    document: Row, places: Mapping[str, list[tuple[str, str]]], regime: Row | None, trip: Trip
) -> Iterator[tuple[str, str]]:
    """(place, mode) at which a document is asked for; a document for any mode is asked for once a place, one of a leg once a mode."""
    seen = set()
    scope = document["scope"]
    for place, mode in places[scope]:
        if not (_fits(document["place_id"], place) and _fits(document["mode"], mode)):
            continue
        if scope == "leg" and not _two_parties(regime, trip.journeys[mode]):
            continue
        if scope in ("driver", "truck") and not _fits_truck(document, trip.trucks[place]):
            continue
        where = (document["place_id"] or "") if scope == "leg" else place
        key = (where, document["mode"] or "")
        if key not in seen:
            seen.add(key)
            yield key


def _fits_truck(document: Row, registration: str) -> bool:
    return not document["registrations"] or registration in document["registrations"]


def _fits(wanted: str | None, here: str) -> bool:
    """Whether a place or mode is the one a document names, or either is blank."""
    return not wanted or not here or wanted == here


def _two_parties(regime: Row | None, journeys: Sequence[set[str]]) -> bool:
    """Whether one of the journeys of a mode passes two parties of a regime; true where the document belongs to none."""
    if regime is None:
        return True
    return any(len(countries.intersection(regime["parties"])) >= 2 for countries in journeys)


def _journeys(route: Route, mode: str) -> list[set[str]]:
    """Countries hauled through on each unbroken journey of a mode; another land mode or a ship breaks it, a ferry carries it on."""
    found: list[set[str]] = [set()]
    for stage in route.stages:
        if stage.kind not in ("line_haul", "crossing", "sailing"):
            continue
        if stage.mode == mode:
            found[-1].add(stage.country)
        elif stage.mode != FERRY:
            found.append(set())
    return found
