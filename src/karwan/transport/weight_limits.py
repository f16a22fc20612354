"""Weight limits that a loaded truck exceeds on a route, and the permits that lift them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import polars as pl

from karwan.schema.modes import ROAD
from karwan.transport.network.lookup import gross_weight, weight_limit
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import worst_basis
from karwan.transport.network.units import units_by_mode
from karwan.transport.route import Route


def exceeded_limits(
    route: Route, tables: Mapping[str, pl.DataFrame], day: date
) -> Iterator[tuple[Row, float]]:
    """Weight limits that the loaded truck exceeds in a country, on a link or over a crossing on the way, each with its gross weight, t."""
    vehicles, limits = (tables[name].rows(named=True) for name in ("vehicles", "weight_limits"))
    return over_limits(route, vehicles, limits, day)


def over_limits(
    route: Route, vehicles: Sequence[Row], limits: Sequence[Row], day: date
) -> Iterator[tuple[Row, float]]:
    """`exceeded_limits` from rows of the two tables."""
    unit = units_by_mode(vehicles, route.shipment.form).get(ROAD)
    truck = unit and unit.row
    gross_t = gross_weight(truck, route.shipment.load_t)
    hauls = [s for s in route.stages if s.mode == ROAD and s.kind in ("line_haul", "crossing")]
    places = [("link" if s.kind == "line_haul" else "crossing", s.place_id) for s in hauls]
    places += [("country", s.country) for s in hauls if s.kind == "line_haul"]
    for place in dict.fromkeys(places):
        limit = weight_limit(limits, (place,), gross_t, day)
        if limit is not None and truck is not None:
            yield {**limit, "basis": worst_basis(limit["basis"], truck["basis"])}, gross_t


def heavy_permits(exceeded: Iterable[tuple[Row, float]]) -> Iterator[Row]:
    """Special permits of a truck over weight limits on the way; their cost is not known."""
    for limit, gross_t in exceeded:
        yield {
            "scope": "crossing" if limit["place_kind"] == "crossing" else "country",
            "place_id": limit["place_id"],
            "mode": ROAD,
            "document_id": limit["limit_id"],
            "name": f"Permit for a heavy vehicle: {gross_t:.1f} t gross, {limit['max_gross_t']:g} t without",
            "basis": limit["basis"],
            "source_id": limit["source_id"],
        }
