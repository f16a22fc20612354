"""Which routes a scenario can change: those past a place that one of its overrides speaks of, or all where it reaches further."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from karwan.analysis.worth.routes import Routes
from karwan.case import Case
from karwan.case.scenario import Scenario

# Table, its key, and the column that names the place. What reaches further than its place is left out: a gate that is shut or takes fewer
# makes trucks of its countries dearer everywhere (`scarcity`), and regimes and hours hold for whole countries and kinds of place.
PLACED = {
    "links": ("link_id", "link_id"),
    "services": ("service_id", "service_id"),
    "crossing_times": ("crossing_time_id", "crossing_id"),
    "transfers": ("transfer_id", "node_id"),
    "terminals": ("terminal_id", "node_id"),
}


def routes_hit(
    routes: Routes, cases: Sequence[Case], scenarios: Iterable[Scenario], tables: Iterable[str]
) -> npt.NDArray[np.bool_]:
    """Routes that overrides of some tables can change, shape (R,); all where one of them does not speak of a place.

    Parameters
    ----------
    cases
        The case before and after.
    scenarios, tables
        Overrides of these tables count.
    """
    wanted = frozenset(tables)
    overrides = [o for s in scenarios for o in s.overrides if o.table in wanted]
    if any(o.table not in PLACED for o in overrides):
        return np.ones(len(routes.flat), dtype=bool)
    places: set[str] = set()
    for override in overrides:
        for case in cases:
            key, column = PLACED[override.table]
            rows = case[override.table].filter(pl.col(key).is_in(list(override.keys)))
            places |= set(rows[column])
    for case in cases:
        places |= set(_related(case, places))
    met = [k[3] in places or k[0].node_id in places or k[1].node_id in places for k in routes.keys]
    return np.asarray(routes.use @ np.array(met, dtype=float)) > 0


def _related(case: Case, places: set[str]) -> Iterator[str]:
    """Sailings of the links among the places, and the nodes of the crossings."""
    for service, link in case["services"].select("service_id", "link_id").iter_rows():
        if link in places:
            yield service
    for crossing, node in case["crossings"].select("crossing_id", "node_id").iter_rows():
        if crossing in places:
            yield node
