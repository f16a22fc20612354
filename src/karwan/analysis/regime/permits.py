"""Trucks that come under a transit regime a year, against the permits it gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from karwan.amounts import YEAR_DAYS
from karwan.analysis.coupling.answer import Solved
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.regime.states import RegimeStates, Row
from karwan.schema.frames import result_frame
from karwan.schema.modes import ROAD
from karwan.transport.network.regimes import cargo_covered, covers
from karwan.transport.network.stage import ArcKey

QUOTA = "permit_quota_year"


def permit_table(states: RegimeStates, coupling: Coupling, solved: Solved) -> pl.DataFrame:
    """Trucks of each party a year that drive in another party under the regime, and the permits for them; see `results/regime_permits.csv`.

    Trucks are the tonnes on routes that enter another party by road with a truck of the party, of goods the regime covers, over the
    reference load; trips home empty are not counted.
    """
    quota = next((row for row in states.terms if row["quantity"] == QUOTA), None)
    trucks = [_trucks(states, coupling, solved, after=after) for after in (False, True)]
    rows: list[Row] = []
    for registration in sorted(states.row["parties"]):
        before, after = (found.get(registration, 0.0) for found in trucks)
        if quota is None and not before and not after:
            continue
        permits = None if quota is None else float(quota["value"])
        rows.append(
            {
                "registration": registration,
                "trucks": coupling.study.case.country_name(registration),
                "before_trucks_year": before,
                "after_trucks_year": after,
                "permits_year": permits,
                "binds": None if permits is None else after > permits,
                "covered_share": None if permits is None else min(1.0, permits / after) if after else 1.0,
                "basis": "computed" if quota is None else quota["basis"],
                "source_id": None if quota is None else quota["source_id"],
            }
        )
    return result_frame("regime_permits", rows)


def _trucks(states: RegimeStates, coupling: Coupling, solved: Solved, *, after: bool) -> Mapping[str, float]:
    """Trucks a year by the country they are registered in."""
    change, full = solved.change, solved.fullest
    corridor = change.corridor
    shares = corridor.choose(corridor.cost_usd_t if after else corridor.base_usd_t)[0]
    tonnes = (full.tonnes_day if after else corridor.base_tonnes_day)[corridor.good] * shares * YEAR_DAYS
    found: dict[str, float] = defaultdict(float)
    at = 0
    for number, rows in change.served:
        pair = coupling.outcome.pairs[number]
        flat = pair.routes.flat[pair.rows]
        under = [_registrations(states, flat[row], pair.routes.ends) for row in rows]
        count = int(pair.costs.cost_usd_t.shape[1])
        carried = tonnes[at : at + count * rows.size].reshape(count, rows.size).sum(axis=0)
        at += count * rows.size
        for registrations, t in zip(under, carried, strict=True):
            for registration in registrations:
                found[registration] += float(np.nan_to_num(t)) / coupling.study.case.settings.load_t
    return found


def _registrations(states: RegimeStates, route: Sequence[ArcKey], ends: tuple[str, str]) -> list[str]:
    """Parties whose trucks enter another party on a route with goods the regime covers there."""
    parties = set(states.row["parties"])
    cargo = cargo_covered(states.terms).get(states.row["regime_id"])
    entered = [head for tail, head, kind, _ in route if kind == "crossing" and head.carrier == ROAD]
    return sorted(
        {
            head.registration
            for head in entered
            if head.registration != head.country
            and {head.registration, head.country} <= parties
            and covers(cargo, states.row["parties"], head.country, ends)
        }
    )
