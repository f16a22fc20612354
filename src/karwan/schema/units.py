"""Units that carriage is priced by, and which of them a vehicle is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from karwan.schema.modes import RAIL, ROAD, SEA

TRUCK, BOX20, BOX40, HOPPER, PARCEL, TONNE = "truck", "box20", "box40", "hopper", "parcel", "t"
USUAL = {ROAD: TRUCK, RAIL: BOX40}
"""Unit of each mode that prices are stated for where nothing else is; by ship and ferry a 40 ft container."""


def unit_of(row: Mapping[str, Any]) -> str:
    """Unit a row of `vehicles` is; where it does not say, a truck, a hopper or parcel of bulk, else a 40 ft container."""
    if row.get("unit"):
        return str(row["unit"])
    bulk = {RAIL: HOPPER, SEA: PARCEL} if row["form"] == "bulk" else {}
    return bulk.get(row["mode"]) or USUAL.get(row["mode"], BOX40)
