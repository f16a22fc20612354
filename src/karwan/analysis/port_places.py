"""Trade with a market by country pair and place, and the ports of a case that could carry it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from karwan.analysis.ports import PORT_KINDS
from karwan.case import Case
from karwan.case.provenance import BASES
from karwan.numerics.geodesy import great_circle_km
from karwan.schema.modes import ROAD, SEA
from karwan.transport.network.stage import Row
from karwan.transport.network.transfers import IN_BOND

ALL_GOODS = "GOODS"


@dataclass(frozen=True)
class Pair:
    """Published trade of a country pair between two places.

    Attributes
    ----------
    exporter, importer
        Countries.
    year
        Of the trade.
    value_usd, tonnes
        The part of the pair's trade that goes between these places; tonnes by the price of the exporter's goods.
    origin, destination
        Nodes.
    overseas
        The country at the far side of the sea: its own ports are an end, not a gateway.
    source_id
        Of the trade.
    """

    exporter: str
    importer: str
    year: int
    value_usd: float
    tonnes: float
    origin: str
    destination: str
    overseas: str
    source_id: str

    def times(self, factor: float) -> Pair:
        """The same pair with so many times the trade."""
        return replace(self, value_usd=self.value_usd * factor, tonnes=self.tonnes * factor)

    def row(self, case: Case, reason: str) -> Row:
        """The pair as a row of a table of pairs."""
        return {
            "exporter": case.country_name(self.exporter),
            "importer": case.country_name(self.importer),
            "year": self.year,
            "usd": self.value_usd,
            "reason": reason,
            "source_id": self.source_id,
        }


@dataclass(frozen=True)
class MarketTrade:
    """Trade with a market.

    Attributes
    ----------
    members
        Countries of the market, without a party of the case that has a coast of its own where there are others.
    pairs
        Pairs with published trade and places.
    without
        Rows of `port_no_data`: pairs without published trade, or without a place in the network.
    reason
        Note that says why there is no pair; blank where there is one.
    """

    members: tuple[str, ...]
    pairs: tuple[Pair, ...]
    without: tuple[Row, ...]
    reason: str = ""


def read_trade(case: Case, market: str) -> MarketTrade:
    """Published trade between a market and countries outside it, latest year of each pair.

    Pairs the case is about (its parties and `pairs`) that nobody published are listed, as are published ones without a place.
    """
    coast = {row["country"] for row in case["countries"].iter_rows(named=True) if not row["landlocked"]}
    parties = {case.settings.party_a, case.settings.party_b}
    named = tuple(case["market_members"].filter(pl.col("market") == market)["country"])
    members = tuple(country for country in named if country not in parties & coast) or named
    if not members:
        return MarketTrade((), (), (), "no_market")
    places = _Places(case, coast)
    flows = {ends: row for ends, row in _latest(case).items() if (ends[0] in members) != (ends[1] in members)}
    pairs: list[Pair] = []
    without: list[Row] = []
    for ends, flow in sorted(flows.items()):
        found = list(places.pairs(ends, flow, members))
        pairs += found
        if not found:
            without.append(_lacking(case, ends, flow, places.lacking(ends)))
    without += [
        _lacking(case, ends, None, "no published trade in world_flows.csv")
        for ends in _missing(case, members, flows)
    ]
    reason = "" if pairs else ("no_places" if flows else "no_flows")
    return MarketTrade(members, tuple(pairs), tuple(without), reason)


def _lacking(case: Case, ends: tuple[str, str], flow: Row | None, reason: str) -> Row:
    return {
        "exporter": case.country_name(ends[0]),
        "importer": case.country_name(ends[1]),
        "year": flow["year"] if flow else None,
        "usd": flow["value_usd"] if flow else None,
        "reason": reason,
        "source_id": flow["source_id"] if flow else None,
    }


def _missing(
    case: Case, members: tuple[str, ...], flows: dict[tuple[str, str], Row]
) -> Iterator[tuple[str, str]]:
    """Pairs of a member with a country the case is about that nobody published, and of such a member with one of any market."""
    settings = case.settings
    named = {settings.party_a, settings.party_b, *(country for pair in settings.pairs for country in pair)}
    any_market = named | set(case["market_members"]["country"])
    for member in members:
        others = any_market if member in named else named
        for other in sorted(others - set(members)):
            for ends in ((member, other), (other, member)):
                if ends not in flows:
                    yield ends


def _latest(case: Case) -> dict[tuple[str, str], Row]:
    """Trade of each pair in its latest year: all goods where they are given, else the sum of the sectors."""
    found: dict[tuple[str, str], Row] = {}
    flows = case["world_flows"].sort("year", descending=True)
    for ends, rows in flows.group_by(["exporter", "importer"], maintain_order=True):
        own = rows.filter(pl.col("year") == rows["year"][0])
        whole = own.filter(pl.col("sector") == ALL_GOODS)
        own = whole.head(1) if whole.height else own
        found[str(ends[0]), str(ends[1])] = {
            **own.row(0, named=True),
            "value_usd": float(own["value_usd"].sum()),
        }
    return found


def prices_of(case: Case, exporter: str) -> npt.NDArray[np.float64]:
    """Prices of the goods the case lists for an exporter, of all its goods where it lists none, sorted; USD/t, shape (G,)."""
    products = case["products"]
    own = products.filter(pl.col("exporter") == exporter)
    return (own if own.height else products)["price_usd_t"].sort().to_numpy()


@dataclass(frozen=True)
class _Places:
    """Where the countries of a case trade: as `place_weights` says, else their middle, the case's own places or their sea ports, evenly."""

    case: Case
    coast: set[str]

    @cached_property
    def _nodes(self) -> dict[str, Row]:
        return {row["node_id"]: row for row in self.case["nodes"].iter_rows(named=True)}

    def pairs(self, ends: tuple[str, str], flow: Row, members: tuple[str, ...]) -> Iterator[Pair]:
        """The trade of a pair, a part for each of its places."""
        overseas = self._overseas(ends, members)
        weighed = self._weighed(ends)
        total = sum(weight for _, _, weight in weighed)
        for origin, destination, weight in weighed:
            start, finish = (
                node if self._nodes[node]["country"] == overseas else self._inland(node)
                for node in (origin, destination)
            )
            value = flow["value_usd"] * weight / total
            tonnes = value / self._price(ends[0])
            yield Pair(*ends, flow["year"], value, tonnes, start, finish, overseas, flow["source_id"])

    def lacking(self, ends: tuple[str, str]) -> str:
        """Which of the two countries has no place."""
        names = [self.case.country_name(country) for country in ends if not self._usual(country)]
        return f"no place of {' and '.join(names)} in the network" if names else "no price of its goods"

    def _overseas(self, ends: tuple[str, str], members: tuple[str, ...]) -> str:
        """The end with a coast where the other has none, else the one in the market."""
        coastal = [country for country in ends if country in self.coast]
        if len(coastal) == 1:
            return coastal[0]
        return ends[0] if ends[0] in members else ends[1]

    def _weighed(self, ends: tuple[str, str]) -> list[tuple[str, str, float]]:
        """Origin, destination and weight; none where a country has no place."""
        rows = self.case["place_weights"].filter(
            (pl.col("exporter") == ends[0]) & (pl.col("importer") == ends[1]) & (pl.col("share") > 0.0)
        )
        if rows.height:
            return list(rows.select("origin_id", "destination_id", "share").iter_rows())
        origins, destinations = (self._usual(country) for country in ends)
        return [(origin, destination, 1.0) for origin in origins for destination in destinations]

    def _usual(self, country: str) -> tuple[str, ...]:
        """The city of a country nearest to its middle in `world_countries`; else the case's own places in it; else all its sea ports."""
        settings = self.case.settings
        own = [row for row in self._nodes.values() if row["country"] == country]
        cities = [row for row in own if row["kind"] == "city"]
        world = self.case["world_countries"].filter(pl.col("country") == country)
        if cities and world["latitude"].drop_nulls().len():
            latitude, longitude = world.select("latitude", "longitude").row(0)
            far = [float(great_circle_km(latitude, longitude, row["lat"], row["lon"])) for row in cities]
            return (str(cities[int(np.argmin(far))]["node_id"]),)
        named = (*settings.origins, *settings.destinations)
        ports = tuple(str(row["node_id"]) for row in own if row["kind"] == "sea_port")
        return tuple(node for node in named if self._nodes[node]["country"] == country) or ports

    def _inland(self, node: str) -> str:
        """The place nearest by road to a port, as goods do not end at the gateway; the node itself where it is no port."""
        if self._nodes[node]["kind"] != "sea_port":
            return node
        links = self.case["links"].filter((pl.col("mode") == ROAD) & (pl.col("state") == "open"))
        near = links.filter((pl.col("from_node_id") == node) | (pl.col("to_node_id") == node)).sort(
            "length_km"
        )
        if near.is_empty():
            return node
        ends = near.select("from_node_id", "to_node_id").row(0)
        return str(ends[1] if ends[0] == node else ends[0])

    def _price(self, exporter: str) -> float:
        """Middle price of the goods of an exporter, USD/t."""
        return float(np.median(prices_of(self.case, exporter)))


@dataclass(frozen=True)
class Gateways:
    """Ports of a case by which trade can go: sea ports with a terminal, where goods change between ship and land, on the open sea.

    Parameters
    ----------
    case
        Its tables.
    include_assumed
        Also ports all of whose terminals are assumed.
    """

    case: Case
    include_assumed: bool

    @cached_property
    def _countries(self) -> dict[str, str]:
        return dict(self.case["nodes"].select("node_id", "country").iter_rows())

    @cached_property
    def _all(self) -> dict[str, bool]:
        """Node to whether all its terminals are assumed, in the order of the tables."""
        changes = self.case["transfers"].filter(
            ((pl.col("from_mode") == SEA) | (pl.col("to_mode") == SEA))
            & (pl.col("method").fill_null("") != IN_BOND)
        )
        inland = set(self.case["countries"].filter(pl.col("landlocked"))["country"])
        terminals = self.case["terminals"].filter(pl.col("kind").is_in(PORT_KINDS))
        found = {}
        for node in dict.fromkeys(changes["node_id"]):
            own = terminals.filter(pl.col("node_id") == node)
            if own.height and self._countries[node] not in inland:
                found[node] = bool((own["basis"] == BASES[-1]).all())
        return found

    @property
    def left_out(self) -> tuple[str, ...]:
        """Ports that are not chosen as all that is known of their terminals is assumed."""
        return tuple(node for node, assumed in self._all.items() if assumed and not self.include_assumed)

    def between(self, pair: Pair) -> tuple[str, ...]:
        """Ports that may be chosen for a pair: those of its far side are an end, not a gateway."""
        ends = (pair.origin, pair.destination)
        return tuple(
            node
            for node in self._all
            if node not in self.left_out and self._countries[node] != pair.overseas and node not in ends
        )

    def shunned(self, pair: Pair, port: str) -> tuple[str, ...]:
        """All other gateways of a pair, those left out too: a way by one port touches no other."""
        ends = (pair.origin, pair.destination)
        return tuple(
            node
            for node in self._all
            if node != port and self._countries[node] != pair.overseas and node not in ends
        )

    def country(self, port: str) -> str | None:
        """Name of the country of a port; None where there is no port."""
        return self.case.country_name(self._countries[port]) if port else None

    def observed(self, port: str, market: str) -> Row | None:
        """Latest published share of a port, of the market where there is one, else of a trade that names none."""
        rows = (
            self.case["port_shares"]
            .filter((pl.col("node_id") == port) & (pl.col("basis") != "assumed"))
            .sort("year", descending=True)
            .to_dicts()
        )
        own = [row for row in rows if row["market"] == market] or [row for row in rows if not row["market"]]
        return own[0] if own else None
