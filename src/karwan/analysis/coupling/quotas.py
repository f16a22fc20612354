"""Permits of the regimes in force that scenarios may run short of: trade held to them by the rule of `scenario regime`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from karwan.amounts import YEAR_DAYS
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.problem import Coupling, StateChange
from karwan.analysis.coupling.solved import Solved
from karwan.analysis.regime.permits import (
    LEAST_USD_T,
    HeldTrade,
    PermitNeeds,
    held_at,
    permit_rows,
    permits_year,
)
from karwan.analysis.regime.states import RegimeStates, regime_states
from karwan.analysis.worth.rows import GoodsRows
from karwan.analysis.worth.states import NOW, State
from karwan.appraisal.coupling.loop import Floats
from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.notes import Note, note
from karwan.transport.network.regimes import with_permits

ENOUGH = 1.0 + 1e-9
"""Trips over permits up to which nothing is short."""
Solve = Callable[[StateChange], Solved]


@dataclass(frozen=True)
class ShortPermit:
    """A permit that a scenario makes short: regime, country of registration, permits that hold and trips wanted a year, price of a permit."""

    regime_id: str
    registration: str
    permits_year: float
    wanted_year: float
    permit_usd: float


@dataclass(frozen=True)
class HeldState:
    """A state with its permits held.

    Attributes
    ----------
    solved
        Trade and corridor.
    short
        Permits that have a price.
    rents_usd
        What permits cost, by country of the importer, USD a year. They are given out for nothing: their price keeps away the trips beyond them
        and stays with the trade that has one.
    together
        Whether trips and permits were brought together.
    """

    solved: Solved
    short: tuple[ShortPermit, ...]
    rents_usd: Mapping[str, float]
    together: bool


class Quotas:
    """Regimes in force with a quota of permits; what each saves is seen with it suspended in the case as it stands.

    Trips that come as things stand, or came in the state trade was made in, hold already, even above the quota: they are what is observed. Only
    what a state adds to them is held.

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

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """Each regime suspended, as a scenario with which no routes are looked for."""
        return {off.scenario_id: off for _, off in self.regimes.values()}

    def cases(self, study: CorridorStudy) -> dict[State, Case]:
        """States in which each regime is suspended."""
        return {frozenset((name,)): study.under([off]) for name, off in self.scenarios.items()}

    def held(
        self,
        coupling: Coupling,
        free: Solved,
        solve: Solve,
        now: Callable[[], Solved],
        rows: GoodsRows | None = None,
    ) -> HeldState:
        """A state with permits held, one regime after the other.

        Parameters
        ----------
        free
            The state as if every truck got a permit.
        solve
            What trade and corridor make of a change.
        now
            The case as it stands, asked for where more trips come than a quota allows.
        rows
            What the goods cost, where not as the case has it.
        """
        solved, together = free, True
        short: list[ShortPermit] = []
        rents: dict[str, float] = {}
        for name in self.regimes:
            needs = self._needs(
                name, rows or coupling.rows(free.change), _opened(solved.change.corridor.cost_usd_t)
            )
            wanted = _trips(needs, solved)
            permits = self._allowed(name, coupling, wanted, now, rows)
            if (wanted <= permits * ENOUGH).all():
                continue
            found = held_at(solved, needs, permits, solve)
            solved, together = found.capped, together and found.settled
            short += _short(name, found, permits, wanted)
            _add_rents(
                rents, coupling, solved, needs.paid_year(solved, np.array(list(found.permit_usd.values())))
            )
        return HeldState(solved, tuple(short), rents, together)

    def _allowed(
        self, name: str, coupling: Coupling, wanted: Floats, now: Callable[[], Solved], rows: GoodsRows | None
    ) -> Floats:
        """Trips a year that hold, by country of registration: the quota, or those of today or of the state trade was made in where they are more."""
        quota = np.full(wanted.size, permits_year(self.regimes[name][0]) or 0.0)
        if (wanted <= quota * ENOUGH).all():
            return quota
        today = now()
        change = today.change
        own = coupling.rows(change) if rows is None else replace(rows, served=change.served)
        usual = _trips(self._needs(name, own, _opened(change.corridor.cost_usd_t)), today)
        made = _trips(self._needs(name, own, _opened(change.corridor.base_usd_t)), today, after=False)
        return np.asarray(np.maximum(quota, np.maximum(usual, made)))

    def added_usd_t(self, rows: GoodsRows, state: State, short: Iterable[ShortPermit]) -> Floats:
        """What permits that are short make rows dearer in a state, shape (R,)."""
        opened = _opened(rows.usd_t(state))
        found = np.zeros(opened.size)
        for name in self.regimes:
            needs = self._needs(name, rows, opened)
            price = {one.registration: one.permit_usd for one in short if one.regime_id == name}
            found += needs.added_usd_t(np.array([price.get(code, 0.0) for code in needs.registrations]))
        return found

    def _needs(self, name: str, rows: GoodsRows, opened: npt.NDArray[np.bool_]) -> PermitNeeds:
        """Rows that take a permit, and what it saves: as things stand, or where a row is shut then the mean of those that are not."""
        states, off = self.regimes[name]
        taking = permit_rows(states, rows)
        with_it, without = (rows.usd_t(one) for one in (NOW, frozenset((off.scenario_id,))))
        with np.errstate(invalid="ignore"):
            saving = np.where(np.isfinite(with_it), without - with_it, np.nan)
        known = taking.rows.any(axis=1) & np.isfinite(saving) & (saving > LEAST_USD_T)
        saving = np.where(np.isnan(saving), saving[known].mean() if known.any() else 0.0, saving)
        return taking.saving(opened, saving)


def held_notes(case: Case, title: str, held: HeldState) -> list[Note]:
    """What permits hold a state, by the title of what it supposes."""
    found = [
        note(
            "coupling.quota",
            scenario=title,
            regime=one.regime_id,
            trucks=case.country_name(one.registration),
            permits=one.permits_year,
            wanted=one.wanted_year,
            permit_usd=one.permit_usd,
        )
        for one in held.short
    ]
    return found if held.together else [*found, note("coupling.quota_open")]


def _opened(usd_t: Floats) -> npt.NDArray[np.bool_]:
    return np.isfinite(usd_t)


def _trips(needs: PermitNeeds, solved: Solved, *, after: bool = True) -> Floats:
    """Trips a year that take a permit while it is free."""
    free: Floats = np.zeros(len(needs.registrations))
    return needs.trips_year(solved, free, after=after)


def _add_rents(rents: dict[str, float], coupling: Coupling, solved: Solved, paid_usd: Floats) -> None:
    """Add what permits cost the goods to what each importer's trade keeps."""
    valued = paid_usd * _valued(coupling, solved)
    for good, usd in zip(solved.change.kept.tolist(), valued.tolist(), strict=True):
        importer = coupling.ends[good][1]
        rents[importer] = rents.get(importer, 0.0) + usd


def _valued(coupling: Coupling, solved: Solved) -> Floats | float:
    """Dollars that welfare counts for a dollar of carriage of each good, shape (G,): in equilibrium costs are parts of the base value, which holds no freight."""
    if solved.fullest.equilibrium is None:
        return 1.0
    change = solved.change
    landed = change.corridor.base_tonnes_day * YEAR_DAYS * change.corridor.base[2]
    return np.asarray(coupling.value_usd[change.kept] / landed)


def _short(name: str, found: HeldTrade, permits: Floats, wanted: Floats) -> list[ShortPermit]:
    """Permits that have a price."""
    each = zip(found.permit_usd.items(), permits.tolist(), wanted.tolist(), strict=True)
    return [ShortPermit(name, code, most, come, price) for (code, price), most, come in each if price > 0.0]
