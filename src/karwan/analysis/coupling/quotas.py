"""Permits of the regimes in force that promises may run short of: trade held to them by the rule of `scenario regime`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from karwan.amounts import YEAR_DAYS
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.answer import Solved, solve_change
from karwan.analysis.coupling.problem import Coupling, StateChange
from karwan.analysis.regime.permits import (
    LEAST_USD_T,
    HeldTrade,
    PermitNeeds,
    held_at,
    permit_rows,
    permits_year,
)
from karwan.analysis.regime.states import RegimeStates, regime_states
from karwan.analysis.worth.states import NOW, State
from karwan.appraisal.coupling.loop import Floats
from karwan.appraisal.coupling.trade import GENERAL
from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.transport.network.regimes import with_permits


@dataclass(frozen=True)
class ShortPermit:
    """A permit that a promise makes short: regime, country of registration, permits that hold and trips wanted a year, price of a permit."""

    regime_id: str
    registration: str
    permits_year: float
    wanted_year: float
    permit_usd: float


@dataclass(frozen=True)
class HeldState:
    """A state with its permits held: trade, what is short, and what permits cost, by country of the importer, USD a year.

    Permits are given out for nothing: their price keeps away the trips beyond them and stays with the trade that has one.
    """

    solved: Solved
    short: tuple[ShortPermit, ...] = ()
    rents_usd: Mapping[str, float] | None = None


class Quotas:
    """Regimes in force with a quota of permits; what each saves is seen with it suspended in the case as it stands.

    Trips that come as things stand already hold, even above the quota: they are what is observed. Only what a state adds to them is held.

    Parameters
    ----------
    study
        Corridors of the case as it stands.
    """

    def __init__(self, study: CorridorStudy) -> None:
        case = study.case
        regimes, terms = (case[name].iter_rows(named=True) for name in ("regimes", "regime_terms"))
        self.regimes: dict[str, tuple[RegimeStates, Scenario]] = {}
        for name in with_permits(regimes, terms, study.as_of):
            states = replace(regime_states(case, name), base=())
            self.regimes[name] = (states, replace(states.suspended, scenario_id=f"without_{name}"))
        self._usual: dict[str, Floats] = {}

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """Each regime suspended, as a scenario with which no routes are looked for."""
        return {off.scenario_id: off for _, off in self.regimes.values()}

    def cases(self, study: CorridorStudy) -> dict[State, Case]:
        """States in which each regime is suspended."""
        return {frozenset((off.scenario_id,)): study.under([off]) for _, off in self.regimes.values()}

    def held(self, coupling: Coupling, state: State, change: StateChange, kind: str) -> HeldState:
        """A state with permits held, one regime after the other."""
        solved = solve_change(change, (kind,))
        short: list[ShortPermit] = []
        rents: dict[str, float] = {}
        for name, (states, off) in self.regimes.items():
            needs = self._needs(coupling, solved.change, states, off)
            nothing = np.zeros(len(needs.registrations))
            wanted = needs.trips_year(solved, nothing)
            if state == NOW:
                self._usual[name] = wanted
            permits = np.maximum(permits_year(states) or 0.0, self._usual.get(name, np.zeros(wanted.size)))
            if (wanted <= permits * (1.0 + 1e-9)).all():
                continue
            found = held_at(solved.change, needs, permits, partial(solve_change, kinds=(kind,)))
            solved = found.capped
            short += _short(name, found, permits, wanted)
            price = np.array(list(found.permit_usd.values()))
            paid = needs.paid_year(solved, price) * _valued(coupling, solved, kind)
            for good, usd in zip(solved.change.kept.tolist(), paid.tolist(), strict=True):
                importer = coupling.ends[good][1]
                rents[importer] = rents.get(importer, 0.0) + usd
        return HeldState(solved, tuple(short), rents)

    def _needs(
        self, coupling: Coupling, change: StateChange, states: RegimeStates, off: Scenario
    ) -> PermitNeeds:
        """Rows that take a permit, and what it saves: as things stand, or where a row is shut then the mean of those that are not."""
        rows = permit_rows(states, coupling, change)
        plan, outcome = coupling.plan, coupling.outcome
        ends = [plan.states.index(one) for one in (NOW, frozenset((off.scenario_id,)))]
        with_it, without = (
            np.concatenate(
                [outcome.pairs[n].costs.cost_usd_t[at][:, own].ravel() for n, own in change.served]
            )
            for at in ends
        )
        with np.errstate(invalid="ignore"):
            saving = np.where(np.isfinite(with_it), without - with_it, np.nan)
        taken = rows.rows.any(axis=1)
        known = taken & np.isfinite(saving) & (saving > LEAST_USD_T)
        saving = np.where(np.isnan(saving), saving[known].mean() if known.any() else 0.0, saving)
        return rows.saving(np.isfinite(change.corridor.cost_usd_t), saving)


def _valued(coupling: Coupling, solved: Solved, kind: str) -> Floats | float:
    """Dollars that welfare counts for a dollar of carriage of each good, shape (G,): in equilibrium costs are parts of the base value, which holds no freight."""
    if kind != GENERAL:
        return 1.0
    change = solved.change
    landed = change.corridor.base_tonnes_day * YEAR_DAYS * change.corridor.base[2]
    return np.asarray(coupling.value_usd[change.kept] / landed)


def _short(name: str, found: HeldTrade, permits: Floats, wanted: Floats) -> list[ShortPermit]:
    """Permits that have a price."""
    each = zip(found.permit_usd.items(), permits.tolist(), wanted.tolist(), strict=True)
    return [ShortPermit(name, code, most, come, price) for (code, price), most, come in each if price > 0.0]
