"""Whether lengths of links are plausible: against the great circle and against a network made by others."""

from __future__ import annotations

from typing import Final

import polars as pl

from karwan.numerics.geodesy import great_circle_km
from karwan.schema.frames import result_types
from karwan.schema.modes import FERRY, RAIL, ROAD, SEA

DETOUR: Final[dict[str, tuple[float, float]]] = {
    ROAD: (1.0, 2.2),
    RAIL: (1.0, 2.2),
    SEA: (1.0, 3.6),
    FERRY: (1.0, 1.6),
}
"""Plausible length over great circle by mode.

Roads and railways between towns run 1.1 to 1.6 times the straight line, mountain valleys up to about 2.2. A
ship rounds continents: Jebel Ali to Poti through Suez is 3.5. A ferry crosses one sea.
"""

TOLERANCE_SHARE: Final = 0.25
"""A length this far from the independent one is listed."""

SLACK_KM: Final = 2.0
"""Allowed beside the places' own `accuracy_km` before a length is listed as too short or too long."""

SHORTER = "shorter than great circle"
DETOUR_OUTSIDE = "detour outside band"
DISAGREES = "disagrees with independent network"


def length_findings(links: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Links whose length needs a look; offline, from the lengths typed into the tables.

    A link that is shorter than the great circle, or whose detour is too large, is listed only when the
    inaccuracy of its two places (`accuracy_km`, plus 2 km) cannot explain it. A disagreement with the
    independent network is always listed.

    Parameters
    ----------
    links
        link_id, from_node_id, to_node_id, mode, length_km, check_length_km (may be missing), note.
    nodes
        node_id, lat, lon, accuracy_km.

    Returns
    -------
    Table of one row per finding, in the order of the links: link_id, finding, length_km, great_circle_km,
    detour (1; null for two places at one point), check_length_km, check_ratio (check over length), note.

    Examples
    --------
    >>> places = {"node_id": ["A", "B"], "lat": [0.0, 0.0], "lon": [0.0, 1.0]}
    >>> nodes = pl.DataFrame({**places, "accuracy_km": [1.0, 1.0]})
    >>> ends = {"link_id": ["l"], "from_node_id": ["A"], "to_node_id": ["B"], "mode": ["road"]}
    >>> links = pl.DataFrame({**ends, "length_km": [90.0], "check_length_km": [None], "note": [None]})
    >>> length_findings(links, nodes)["finding"].to_list()
    ['shorter than great circle']
    """
    measured = _measured(links, nodes)
    low = pl.col("mode").replace_strict({m: b[0] for m, b in DETOUR.items()}, return_dtype=pl.Float64)
    high = pl.col("mode").replace_strict({m: b[1] for m, b in DETOUR.items()}, return_dtype=pl.Float64)
    slack = pl.col("slack_km") + SLACK_KM
    tests = {
        SHORTER: pl.col("length_km") + slack < low * pl.col("great_circle_km"),
        DETOUR_OUTSIDE: pl.col("length_km") > high * (pl.col("great_circle_km") + slack),
        DISAGREES: (pl.col("check_ratio") - 1.0).abs() > TOLERANCE_SHARE,
    }
    found = [
        measured.filter(t.fill_null(False)).with_columns(finding=pl.lit(name)) for name, t in tests.items()
    ]
    columns = list(result_types("case_lengths"))
    return pl.concat(found).sort("row", maintain_order=True).select(columns)


def _measured(links: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    places = nodes.select("node_id", "lat", "lon", pl.col("accuracy_km").cast(pl.Float64).fill_null(0.0))
    ends = (
        links.with_row_index("row")
        .join(places.rename({c: f"from_{c}" for c in places.columns}), on="from_node_id", how="left")
        .join(places.rename({c: f"to_{c}" for c in places.columns}), on="to_node_id", how="left")
    )
    straight = great_circle_km(*(ends[c].to_numpy() for c in ("from_lat", "from_lon", "to_lat", "to_lon")))
    check, apart = pl.col("check_length_km").cast(pl.Float64), pl.col("great_circle_km")
    return ends.with_columns(
        great_circle_km=pl.Series(straight).round(1),
        slack_km=pl.col("from_accuracy_km") + pl.col("to_accuracy_km"),
        check_length_km=check,
        check_ratio=(check / pl.col("length_km")).round(2),
    ).with_columns(detour=pl.when(apart > 0.0).then((pl.col("length_km") / apart).round(2)))
