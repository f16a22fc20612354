"""Bans and sanctions: which hold for a trade on a day, and which of them a route meets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from karwan.transport.cargo import Cargo, fits_hs
from karwan.transport.network.stage import Row
from karwan.transport.route import Route

FORBIDDEN, SANCTIONED, UNKNOWN = "forbidden", "sanctioned", "unknown"
AUTHORITIES = ("EU", "US", "UN")
"""Who `--lawful-for` may name."""


def rules_of_trade(rows: Iterable[Row], origin: str, destination: str, cargo: Cargo, day: date) -> list[Row]:
    """Rules that hold on a day for goods from one country to another.

    Parameters
    ----------
    rows
        Rows of the table `restrictions`.
    origin, destination
        Countries of the two ends.
    cargo
        What the goods are.
    day
        Day of departure.
    """
    return [row for row in rows if holds_on(row, day) and _concerns(row, origin, destination, cargo)]


def holds_on(row: Row, day: date) -> bool:
    """Whether a rule is in force on a day."""
    return (row["start"] is None or row["start"] <= day) and (row["end"] is None or day <= row["end"])


def _concerns(row: Row, origin: str, destination: str, cargo: Cargo) -> bool:
    ends = row["ends"]
    if ends and not {origin, destination} & set(ends):
        return False
    if row["origins"] and origin not in row["origins"]:
        return False
    if row["destinations"] and destination not in row["destinations"]:
        return False
    return _concerns_cargo(row, cargo)


def _concerns_cargo(row: Row, cargo: Cargo) -> bool:
    if row["exempt"] and cargo.classes & set(row["exempt"]):
        return False
    wanted = row["cargo"]
    return fits_hs(cargo.hs_code, row["hs"]) and (not wanted or wanted in cargo.classes)


def barring(rules: Iterable[Row], lawful_for: Collection[str]) -> list[Row]:
    """Rules that take places away: bans, and sanctions of those named."""
    return [
        row
        for row in rules
        if row["effect"] == FORBIDDEN
        or (row["effect"] == SANCTIONED and set(row["authority"]) & set(lawful_for))
    ]


def met(rules: Sequence[Row], route: Route) -> list[Row]:
    """Rules that a route meets: it passes their place (a port by ship), or starts or ends in their country."""
    passed = {
        *route.passed,
        *(s.place_id for s in route.stages),
        *(s.country for s in route.stages if s.country),
        *(route.network.node_countries.get(node, "") for node in (route.nodes[0], route.nodes[-1])),
    }
    return [row for row in rules if row["place_id"] in passed]


def sanctioning(rules: Sequence[Row]) -> list[str]:
    """Who sanctions by some rules, those that a route meets, in order of the alphabet."""
    own = (row["authority"] for row in rules if row["effect"] == SANCTIONED)
    return sorted({name for names in own for name in names})


def told(row: Row) -> str:
    """'Pakistan suspended all trade with India (since 2025-04-24, republic_2025_04_24)'."""
    since = f"since {row['start']}, " if row["start"] else ""
    return f"{row['name']} ({since}{row['source_id']})"
