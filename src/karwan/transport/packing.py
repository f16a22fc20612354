"""How many units a load fills: by weight and by room, and which units may carry it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from karwan.errors import InvalidInput
from karwan.schema.units import unit_of
from karwan.transport.cargo import fits_hs
from karwan.transport.network.request import NetworkRequest
from karwan.transport.network.units import Unit, units_by_mode
from karwan.transport.shipment import TRUCK_BASIS_T, Shipment

Row = Mapping[str, Any]
HEAVY, BULK = "heavy", "bulk"
LIVESTOCK = "livestock"
HELD_BY_UNIT = (HEAVY, LIVESTOCK)
"""Forms that no unit of another form carries: a mode without a unit of theirs is lost."""
PART_LOAD = "part_load"
FEU_M3 = 67.0
"""Room in a 40 ft container, m3 (ISO 668)."""
VOLUME_BOUND_T = 24.0
"""A product of which a 40 ft container takes fewer tonnes than this fills it by volume."""


@dataclass(frozen=True)
class Packed:
    """A load in its units.

    Attributes
    ----------
    shipment
        The load, its units counted.
    units
        Vehicle ids asked for.
    fill_t
        (mode, tonnes in one unit) of wagons and parcels.
    modes
        Modes that can carry it; empty is all.
    """

    shipment: Shipment
    units: tuple[str, ...] = ()
    fill_t: tuple[tuple[str, float], ...] = ()
    modes: frozenset[str] = frozenset()

    def network_request(
        self,
        countries: tuple[str, str],
        ends: tuple[str, str],
        departure: date,
        opened: frozenset[str],
        *,
        registration: str = "",
        include_assumed: bool = False,
    ) -> NetworkRequest:
        """The network that the load is searched in, between two nodes of two countries."""
        shipment = self.shipment
        return NetworkRequest(
            *countries,
            shipment.form,
            departure,
            opened,
            registration,
            modes=self.modes,
            load_t=shipment.load_t if shipment.units >= 1 else shipment.tonnes,
            units=self.units,
            fill_t=self.fill_t,
            ends=ends,
            tonnes=shipment.tonnes,
            include_assumed=include_assumed,
        )


def capacity_t(product: Row, unit: Row) -> float:
    """Tonnes of a product that one unit takes: by weight, and by volume where the product is light.

    Examples
    --------
    >>> carpets = {"stowage_t_feu": 10.0, "density_t_m3": None}
    >>> round(capacity_t(carpets, {"payload_t": 21.0, "volume_m3": 33.5}), 2)
    5.0
    """
    payload, volume = float(unit["payload_t"]), unit["volume_m3"]
    density, stowage = product["density_t_m3"], product["stowage_t_feu"]
    if density is None and stowage is not None and stowage < VOLUME_BOUND_T:
        density = stowage / FEU_M3
    return payload if volume is None or density is None else min(payload, float(volume) * density)


def lot_t(product: Row, vehicles: Iterable[Row]) -> float:
    """Tonnes of a full load of a product: what fills a truck or 40 ft container and no usual unit of its form is too small for, so that every mode of
    a way may carry it (a truck takes its payload, not what a container holds); of goods in bulk the least parcel of the ships that carry it.

    Examples
    --------
    >>> ship = {"form": "bulk", "hs": None, "least_t": 3000.0}
    >>> truck = {"form": "box", "default": True, "payload_t": 20.0}
    >>> lot_t({"form": "bulk", "hs_code": "1001", "stowage_t_feu": 26.0}, [ship]), lot_t({"form": "box", "hs_code": "0713", "stowage_t_feu": 25.0}, [truck])
    (3000.0, 20.0)
    """
    rows = [row for row in vehicles if row["form"] == product["form"]]
    if product["form"] == BULK:
        fitting = (row for row in rows if fits_hs(str(product["hs_code"]), row.get("hs")))
        return max((float(row["least_t"]) for row in fitting if row["least_t"]), default=_room_t(product))
    return min([_room_t(product), *(float(row["payload_t"]) for row in rows if row["default"])])


def _room_t(product: Row) -> float:
    """Tonnes of a product that a 40 ft container holds; a truck's where that is not known."""
    return float(product["stowage_t_feu"] or TRUCK_BASIS_T)


def pack(
    shipment: Shipment,
    product: Row,
    vehicles: Iterable[Row],
    asked: Sequence[str] = (),
    *,
    parameter: Callable[[str], float],
) -> Packed:
    """The units a load travels in: the usual ones of its cargo form, or those asked for.

    A load that its unit of a mode cannot hold in one piece loses that mode. A part load pays a share of the truck: its own share to the
    power `part_load_exponent`, at least `part_load_least_share`.

    Parameters
    ----------
    shipment, product
        The load and the row of its product.
    vehicles
        Rows of `vehicles`.
    asked
        Kinds of unit or vehicle ids in place of the usual ones: 'covered_wagon', 'box20', 'part_load'.
    parameter
        Value of a parameter of the case by name.

    Raises
    ------
    InvalidInput
        No mode carries the form in such a unit, or one piece is too heavy for every unit; what is allowed is named.
    """
    rows = [dict(row) for row in vehicles]
    chosen = _chosen(shipment, product, rows, asked)
    by_mode = units_by_mode(rows, shipment.form, chosen)
    if shipment.form == HEAVY:
        return _in_one_piece(shipment, rows)
    counted = _counted(shipment, by_mode.values(), chosen)
    if counted:
        least = min(capacity_t(product, row) for row in counted)
        shipment = replace(shipment, units=_number(shipment.tonnes, least))
    if PART_LOAD in asked:
        shipment = _part_load(shipment, product, parameter)
    fill_t = tuple(
        (mode, shipment.tonnes / _number(shipment.tonnes, capacity_t(product, unit.row)))
        for mode, unit in sorted(by_mode.items())
        if not unit.counted
    )
    able = {str(row["mode"]) for row in rows if row["form"] == shipment.form}
    return Packed(shipment, chosen, fill_t, frozenset(able if shipment.form in HELD_BY_UNIT else ()))


def _chosen(shipment: Shipment, product: Row, rows: Sequence[Row], asked: Sequence[str]) -> tuple[str, ...]:
    """Ids of the vehicles asked for; of goods in bulk that only some vehicles hold, as liquids in tanks, those."""
    kinds = [kind for kind in asked if kind != PART_LOAD]
    fitting = [row for row in rows if fits_hs(str(product["hs_code"]), row.get("hs"))]
    kept = [row for row in rows if row not in fitting]
    found = tuple(
        str(row["vehicle_id"]) for kind in kinds for row in _carriers(fitting, shipment, kind, kept)
    )
    if found or shipment.form != BULK:
        return found
    return tuple(str(row["vehicle_id"]) for row in fitting if row["form"] == BULK and row.get("hs"))


def _counted(shipment: Shipment, units: Iterable[Unit], chosen: Sequence[str]) -> list[Row]:
    """Vehicles by whose number the load is priced: those chosen, and those of a form that is held by its unit."""
    own = shipment.form in HELD_BY_UNIT
    counted = [unit.row for unit in units if unit.counted]
    return [row for row in counted if row["vehicle_id"] in chosen or (own and row["form"] == shipment.form)]


def _number(tonnes: float, capacity: float) -> int:
    """Whole units that hold a weight."""
    return max(1, math.ceil(tonnes / capacity - 1e-9))


def _carriers(rows: Sequence[Row], shipment: Shipment, kind: str, kept: Sequence[Row] = ()) -> list[Row]:
    """Vehicles of a kind, or the one with an id, that carry the form of a load; those `kept` for other goods are named where it asks for one."""
    found = [r for r in rows if r["form"] == shipment.form and kind in (unit_of(dict(r)), r["vehicle_id"])]
    if found:
        return found
    allowed: dict[str, list[str]] = {}
    for row in rows:
        if row["form"] == shipment.form:
            allowed.setdefault(row["mode"], []).append(unit_of(dict(row)))
    listed = "; ".join(f"{mode}: {', '.join(dict.fromkeys(kinds))}" for mode, kinds in allowed.items())
    raise InvalidInput(
        f"No mode carries {shipment.name} ({shipment.form}) in a unit {kind!r}.",
        f"allowed are {listed}; {PART_LOAD} by road{_for_others(kept, kind)}",
        "name one of these with --unit, or leave it out for the usual ones.",
    )


def _for_others(rows: Iterable[Row], kind: str) -> str:
    """Which goods alone a kind of unit takes: '; tank_wagon takes HS 27 alone'."""
    codes = dict.fromkeys(str(code) for row in rows if unit_of(dict(row)) == kind for code in row["hs"] or ())
    return f"; {kind} takes HS {', '.join(codes)} alone" if codes else ""


def _in_one_piece(shipment: Shipment, rows: Sequence[Row]) -> Packed:
    """One indivisible load on the modes whose unit bears it."""
    units = [row for row in rows if row["form"] == HEAVY]
    able = frozenset(str(row["mode"]) for row in units if row["payload_t"] >= shipment.tonnes)
    if not able:
        raise InvalidInput(
            f"{shipment.tonnes:g} t of {shipment.name} in one piece is more than any unit carries.",
            heaviest_pieces(units) or "vehicles.csv has no unit for one heavy piece",
            "send it in parts without --one-piece, or add its vehicle to vehicles.csv.",
        )
    return Packed(replace(shipment, units=1), modes=able)


def heaviest_pieces(rows: Iterable[Row]) -> str:
    """The heaviest piece that each mode bears: 'road: Low-loader with tractor 60 t; sea: Heavy piece on deck 250 t'."""
    units = [row for row in rows if row["form"] == HEAVY]
    return "; ".join(f"{row['mode']}: {row['name']} {row['payload_t']:g} t" for row in units)


def _part_load(shipment: Shipment, product: Row, parameter: Callable[[str], float]) -> Shipment:
    """A load that shares its truck: whole trucks, and the last one by the curve of part loads."""
    full = float(product["stowage_t_feu"] or shipment.load_t)
    whole, rest = divmod(shipment.tonnes / full, 1.0)
    if rest <= 1e-9:
        return shipment
    share = min(1.0, max(parameter("part_load_least_share"), rest ** parameter("part_load_exponent")))
    return replace(shipment, units=whole + share)
