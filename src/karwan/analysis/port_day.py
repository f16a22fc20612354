"""What of the ways by port is sanctioned, banned, shut or slow on the day of a case, by the rules and closures that `karwan route` reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from karwan.amounts import percent
from karwan.analysis.port_places import Pair
from karwan.case import Case
from karwan.case.places import Gazetteer
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.schema.modes import RAIL, ROAD
from karwan.transport.cargo import Cargo
from karwan.transport.closures import SLOW, in_force
from karwan.transport.network.stage import Row
from karwan.transport.restrictions import FORBIDDEN, SANCTIONED, barring, met, rules_of_trade
from karwan.transport.route import Route
from karwan.transport.shipment import find_product

BANNED, CLOSED, NOT_KNOWN = "banned", "closed", "not known"
KINDS = {SANCTIONED: SANCTIONED, FORBIDDEN: BANNED}
ORDER = (SANCTIONED, BANNED, CLOSED)
"""What comes first in the table; slow places and what is not known come after."""


@dataclass(frozen=True)
class PortDay:
    """Rules and closures that the ways of an answer met, gathered as they are found.

    Parameters
    ----------
    case
        Its tables and its day.
    places
        For names.
    opened
        Places that the request takes as open.
    """

    case: Case
    places: Gazetteer
    opened: frozenset[str]
    _found: dict[str, tuple[Row, list[str]]] = field(default_factory=dict)

    @cached_property
    def _cargo(self) -> Cargo:
        product = find_product(self.case["products"], self.case.settings.reference_product)
        return Cargo(str(product["hs_code"] or ""))

    @cached_property
    def _closures(self) -> list[Row]:
        day = self.case.settings.as_of
        rows = self.case["closures"].iter_rows(named=True)
        return [row for row in rows if row["place_id"] not in self.opened and in_force(row, day)]

    @cached_property
    def _restrictions(self) -> list[Row]:
        return self.case["restrictions"].rows(named=True)

    def rules(self, pair: Pair) -> list[Row]:
        """Bans, sanctions and what is not known of them, for the reference product of a pair."""
        ends = pair.exporter, pair.importer
        return rules_of_trade(self._restrictions, *ends, self._cargo, self.case.settings.as_of)

    def banned(self, pair: Pair) -> tuple[str, ...]:
        """Places and countries that a ban shuts to the trade of a pair, the country of an end where the trade itself is banned."""
        rows = barring(self.rules(pair), ())
        for row in rows:
            self._add(row, self._name(pair))
        return tuple(dict.fromkeys(row["place_id"] for row in rows))

    def passed(self, pair: Pair, port: str, route: Route) -> None:
        """Take in what an open way by a port meets."""
        for row in met([*self.rules(pair), *self._closures], route):
            self._add(row, self.places.name(port) if port else "by land")

    def shut_at(self, pairs: Iterable[Pair]) -> None:
        """Take in the shut crossings of a country at an end of a pair, where one of the two has no coast."""
        inland = set(self.case["countries"].filter(pl.col("landlocked"))["country"])
        crossings = {row["crossing_id"]: row for row in self.case["crossings"].iter_rows(named=True)}
        closed = [row for row in self._closures if row["kind"] != SLOW and row["place_id"] in crossings]
        for pair in pairs:
            ends = {pair.exporter, pair.importer}
            for row in closed if ends & inland else ():
                crossing = crossings[row["place_id"]]
                if ends & {crossing["country_a"], crossing["country_b"]}:
                    self._add(row, self._name(pair))

    def _name(self, pair: Pair) -> str:
        return f"{self.case.country_name(pair.exporter)} to {self.case.country_name(pair.importer)}"

    def _add(self, row: Row, touched: str) -> None:
        key = str(row.get("restriction_id") or row["closure_id"])
        whom = self._found.setdefault(key, (row, []))[1]
        if touched not in whom:
            whom.append(touched)

    def table(self) -> pl.DataFrame:
        """One row a rule or closure: what is sanctioned first, then what is banned, shut, slow, or not known."""
        rows = [self._row(row, touched) for row, touched in self._found.values()]
        rows.sort(key=lambda row: (_rank(str(row["kind"])), str(row["place"]), str(row["since"])))
        return result_frame("port_on_day", rows)

    def _row(self, row: Row, touched: Sequence[str]) -> Row:
        rule = "restriction_id" in row
        slow = not rule and row["kind"] == SLOW
        shut = f"slower by {percent(row['slowdown_share'])}" if slow else CLOSED
        return {
            "place_id": row["place_id"],
            "place": self.places.name(row["place_id"]),
            "kind": KINDS.get(row["effect"], NOT_KNOWN) if rule else shut,
            "authority": list(row["authority"] or ()) if rule else [],
            "what": row["name"] if rule else row["reason"],
            "since": str(row["start"]) if row["start"] else None,
            "until": str(row["end"]) if row["end"] else None,
            "last_seen": None if rule else row["last_seen"],
            "touches": list(touched),
            "basis": row["basis"],
            "source_id": row["source_id"],
        }


def _rank(kind: str) -> int:
    if kind in ORDER:
        return ORDER.index(kind)
    return len(ORDER) + (kind == NOT_KNOWN)


def told_of_day(case: Case, table: pl.DataFrame) -> list[Note]:
    """Which ways fall under sanctions, bans, closures and slow-downs on the day."""
    day = case.settings.as_of
    found = []
    by_port: dict[str, set[str]] = {}
    for row in table.filter(pl.col("kind") == SANCTIONED).iter_rows(named=True):
        for port in row["touches"]:
            by_port.setdefault(port, set()).update(row["authority"])
    if by_port:
        told = [f"{port} ({' '.join(sorted(whom))})" for port, whom in sorted(by_port.items())]
        found.append(note("port.choice_sanctioned", day=day, ports=told))
    bans = table.filter(pl.col("kind") == BANNED)
    whole = bans.filter(pl.col("place_id").is_in(case["countries"]["country"].to_list()))
    if whole.height:
        rules = [f"{row['what']} (since {row['since']})" for row in whole.iter_rows(named=True)]
        found.append(note("port.choice_banned", rules="; ".join(rules), more=bans.height - whole.height))
    shut = [_seen(row) for row in table.filter(pl.col("kind") == CLOSED).iter_rows(named=True)]
    slow = table.filter(pl.col("kind").str.starts_with("slower"))
    slowed = [
        f"{row['place']} {row['kind']} ({row['what']}{_last(row)})" for row in slow.iter_rows(named=True)
    ]
    for key, places in (("port.choice_shut", shut), ("port.choice_slow", slowed)):
        if places:
            found.append(note(key, places=places))
    return found


def _seen(row: Row) -> str:
    return f"{row['place']} ({row['what']}{_last(row)})"


def _last(row: Row) -> str:
    return f", last seen {row['last_seen']}" if row["last_seen"] else ""


def without_land(case: Case, countries: Iterable[str]) -> tuple[str, ...]:
    """Countries of some that no road or railway of the network reaches, in the order given."""
    where = dict(case["nodes"].select("node_id", "country").iter_rows())
    links = case["links"].filter(pl.col("mode").is_in([ROAD, RAIL]))
    ends = {where[node] for column in ("from_node_id", "to_node_id") for node in links[column]}
    return tuple(country for country in dict.fromkeys(countries) if country not in ends)
