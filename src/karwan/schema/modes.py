"""Modes of carriage, as the schema allows them: read from its rows, so that a mode is named in one place."""

from __future__ import annotations

from karwan.schema import load_schema

MODES = load_schema()["links"].column("mode").allowed
"""Every mode a link may have."""

LAND_MODES = load_schema()["crossing_times"].column("mode").allowed
"""Modes that cross a border by land."""

WATER_MODES = tuple(mode for mode in MODES if mode not in LAND_MODES)
ROAD, RAIL = LAND_MODES
SEA, FERRY = WATER_MODES
