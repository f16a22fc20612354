"""Loads of goods as `karwan route` sends them: packed in their units, in the network of those units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any

from karwan.case import Case
from karwan.schema.modes import ROAD
from karwan.transport.cargo import Cargo, dangerous_by_hs
from karwan.transport.closures import let_through
from karwan.transport.network import FreightNetwork, Kept, NetworkRequest, build_network
from karwan.transport.network.lookup import gross_weight
from karwan.transport.network.units import units_by_mode
from karwan.transport.packing import Packed, lot_t, pack
from karwan.transport.shipment import shipment_of

Row = Mapping[str, Any]


class GoodsLoads:
    """Loads of the goods of a case on a day, and the networks they travel in; loads that ask for the same share one.

    Parameters
    ----------
    case, day
        Case and day of departure.
    kept
        What its networks share with others of the case.
    set_aside
        Place ids whose dated closures are set aside.
    """

    def __init__(self, case: Case, day: date, kept: Kept, set_aside: frozenset[str]) -> None:
        self.case, self.day = case, day
        self._kept, self._set_aside = kept, set_aside
        self._networks: dict[NetworkRequest, FreightNetwork] = {}

    @cached_property
    def _vehicles(self) -> list[dict[str, Any]]:
        return self.case["vehicles"].to_dicts()

    @cached_property
    def _dangerous(self) -> list[dict[str, Any]]:
        return self.case["dangerous_goods"].to_dicts()

    @cached_property
    def _closures(self) -> list[dict[str, Any]]:
        return self.case["closures"].to_dicts()

    @cached_property
    def _country(self) -> dict[str, str]:
        return dict(self.case["nodes"].select("node_id", "country").iter_rows())

    def cargo(self, product: Row) -> Cargo:
        """What rules and papers ask about a product."""
        code = str(product["hs_code"] or "")
        return Cargo(code, dangerous_by_hs(self._dangerous, code))

    def full_t(self, product: Row) -> float:
        """Tonnes that landed prices are for: one truck or 40 ft container, of goods in bulk the parcel that fills wagons and ship."""
        return lot_t(product, self._vehicles)

    def packed(self, product: Row, tonnes: float) -> Packed:
        """A load in its usual units."""
        return pack(shipment_of(product, tonnes), product, self._vehicles, parameter=self.case.parameter)

    def network(self, packed: Packed, product: Row, ends: tuple[str, str]) -> FreightNetwork:
        """The network of a packed load between two nodes."""
        cargo = self.cargo(product)
        opened = self._set_aside | let_through(self._closures, cargo.classes, self.day)
        start, finish = (self._country[end] for end in ends)
        request = packed.network_request((start, finish), ends, self.day, opened)
        request = self._as_alike(replace(request, dangerous=cargo.dangerous is not None))
        if request not in self._networks:
            self._networks[request] = build_network(self.case.tables, request, kept=self._kept)
        return self._networks[request]

    def _as_alike(self, request: NetworkRequest) -> NetworkRequest:
        """The same for all loads that no limit of weight, parcel or hours of handling tells apart."""
        units = units_by_mode(self._vehicles, request.form, request.units).values()
        tonnes = request.tonnes if any(unit.row["least_t"] for unit in units) else None
        return replace(request, load_t=self._weight_class(request), tonnes=tonnes)

    def _weight_class(self, request: NetworkRequest) -> float:
        """A load that passes the same limits of weight: half way between the two it lies between."""
        truck = units_by_mode(self._vehicles, request.form, request.units).get(ROAD)
        tare = gross_weight(truck and truck.row, 0.0)
        loads = sorted({float(most) - tare for most in self.case["weight_limits"]["max_gross_t"]})
        below = [limit for limit in loads if limit < request.load_t]
        above = [limit for limit in loads if limit >= request.load_t]
        if not above:
            return below[-1] + 1.0 if below else request.load_t
        return (max([0.0, *below]) + above[0]) / 2.0
