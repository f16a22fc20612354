"""What a network is built for, and the moves it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from karwan.schema.modes import RAIL
from karwan.transport.network.terms import Stage
from karwan.transport.shipment import TRUCK_BASIS_T


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
    load_t
        Tonnes on one truck, held against weight limits.
    units
        Vehicle ids asked for in place of the usual ones.
    fill_t
        (mode, tonnes in one unit) of a load that does not fill its wagons or parcel; others count as full.
    ends
        Nodes of the two ends where they are known: wagons are loaded and unloaded there.
    tonnes
        Weight of the shipment, where it is known: less than a ship's least parcel pays for it.
    dangerous
        Whether the goods are dangerous: hauls and sailings ask `dangerous_rate_share` times the price, where the case states it.
    include_assumed
        Also build ways in bond through terminals that are assumed.
    """

    origin_country: str
    destination_country: str
    form: str
    departure: date
    opened: frozenset[str] = frozenset()
    registration: str = ""
    modes: frozenset[str] = frozenset()
    load_t: float = TRUCK_BASIS_T
    units: tuple[str, ...] = ()
    fill_t: tuple[tuple[str, float], ...] = ()
    ends: tuple[str, ...] = ()
    tonnes: float | None = None
    dangerous: bool = False
    include_assumed: bool = False

    def uses(self, *modes: str) -> bool:
        """Whether all the modes are asked for."""
        return not self.modes or self.modes.issuperset(modes)


def carrier_of(mode: str, gauge_mm: int | None) -> str:
    """Carrier of a mode: rail carries its gauge, as wagons keep to it."""
    return f"rail{gauge_mm}" if mode == RAIL else mode


def mode_of(carrier: str) -> str:
    """Mode of a carrier."""
    return RAIL if carrier.startswith(RAIL) else carrier


class Move(NamedTuple):
    """A move between two (place, carrier, country), before it is spread over truck registrations."""

    tail: tuple[str, str, str]
    head: tuple[str, str, str]
    stages: tuple[Stage, ...]
    calendar: int
    place_kind: str
    place_id: str
    covariance_h2: float = 0.0
