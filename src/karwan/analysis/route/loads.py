"""What a load fills, said: the wagons and parcels of each mode, a truck paid for but half empty, pieces that may not be divided."""

from __future__ import annotations

from karwan.analysis.route.query import RoutePlan
from karwan.notes import Note, note
from karwan.schema.modes import ROAD
from karwan.transport.packing import PART_LOAD
from karwan.transport.shipment import find_product

MACHINERY = "machinery"
SMALL_SHARE = 0.5
"""A load that fills less of a truck than this is better asked for as a part load."""


def load_notes(plan: RoutePlan) -> list[Note]:
    """What the number of units in the title leaves out."""
    load, query = plan.shipment, plan.query
    product = find_product(plan.case["products"], load.product_id)
    found = []
    fills = [f"{load.tonnes / full:.0f} by {mode} of {full:,.4g} t" for mode, full in plan.request.fill_t]
    if fills:
        found.append(note("route.fills", fills=", ".join(fills)))
    full = product["stowage_t_feu"]
    may_share = query.units is None and not query.one_piece and ROAD not in plan.avoid
    if (
        may_share
        and PART_LOAD not in query.unit
        and isinstance(full, float)
        and load.tonnes < SMALL_SHARE * full
    ):
        found.append(note("route.half_empty", percent=100.0 * load.tonnes / full))
    if product["sector"] == MACHINERY and load.units > 1 and not query.one_piece:
        found.append(note("route.in_parts", count=int(load.units), each=load.tonnes / load.units))
    return found
