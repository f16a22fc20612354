"""What scenarios are worth where trade answers: welfare of the parties, of the corridor's countries and of the world, queues and duty in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from karwan.amounts import YEAR_DAYS
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.answer import Solved, solve_change
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.coupling.states import promised_states
from karwan.analysis.coupling.world_trade import WorldTrade
from karwan.analysis.worth.states import NOW, State
from karwan.appraisal.coupling.trade import GENERAL, PARTIAL
from karwan.appraisal.worth import Floats
from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.notes import Note, note

MONTHS = 12.0


@dataclass(frozen=True)
class Welfare:
    """Worth of a state against the base, USD a year by country, shape (n,), without and with queues and under the other rule of deficits."""

    free: Floats
    queued: Floats
    universal: Floats
    duty: Floats
    converged: bool


class PromisedWelfare:
    """Welfare in the states that promises can bring about, each against the state the base flows were made in.

    Parameters
    ----------
    study
        Corridors of the case as it stands.
    world
        The world's trade.
    scenarios
        Scenarios of the promises, by id, with the case under each.
    """

    def __init__(
        self, study: CorridorStudy, world: WorldTrade, scenarios: Mapping[str, tuple[Scenario, Case]]
    ) -> None:
        self.world, self.names = world, tuple(scenarios)
        states = promised_states(study.case, scenarios)
        self.before, self.every = states.before, states.every
        self.coupling = Coupling(study, world, states.scenarios, states.cases)
        self._found: dict[State, Welfare] = {}

    def at(self, state: State) -> Welfare:
        """Welfare of a state against the base."""
        if state not in self._found:
            change = self.coupling.change(self.before, state)
            kinds = (GENERAL,) if self.world.whole else (PARTIAL,)
            solved = solve_change(change, kinds)
            if self.world.whole:
                response = change.response.under("universal").answer(solved.settled[GENERAL].t_hat, GENERAL)
                universal = response.equilibrium.welfare_usd if response.equilibrium else np.zeros(0)
            else:
                universal = self._surplus(solved, True)
            self._found[state] = Welfare(
                self._worth(solved, False),
                self._worth(solved, True),
                universal,
                self._duty(solved),
                all(one.converged for one in solved.settled.values()),
            )
        return self._found[state]

    def _worth(self, solved: Solved, queues: bool) -> Floats:
        if not self.world.whole:
            return self._surplus(solved, queues)
        equilibrium = solved.answers[GENERAL, queues].equilibrium
        assert equilibrium is not None
        return equilibrium.welfare_usd

    def _surplus(self, solved: Solved, queues: bool) -> Floats:
        """Fall of the landed cost at the tonnes between before and after, by importer: all there is without incomes."""
        change, answer = solved.change, solved.answers[PARTIAL, queues]
        t_hat = solved.settled[PARTIAL].t_hat if queues else solved.free.t_hat
        corridor = change.corridor
        tonnes = (corridor.base_tonnes_day + answer.tonnes_day) / 2.0 * YEAR_DAYS
        gain = np.where(np.isfinite(t_hat), tonnes * corridor.base[2] * (1.0 - t_hat), 0.0)
        importer = change.response.cell % len(self.world.countries)
        return np.bincount(importer, gain, len(self.world.countries)).astype(float)

    def _duty(self, solved: Solved) -> Floats:
        """Duty that importers take on the goods of the corridors, USD a year."""
        shares = solved.change.response.duty_share
        if shares is None:
            return np.zeros(len(self.world.countries))
        equilibrium = solved.fullest.equilibrium
        if equilibrium is not None:
            return equilibrium.duty_usd
        response, answer = solved.change.response, solved.fullest
        spent = response.flows.ravel()[response.cell] * response.weight * answer.value_ratio
        importer = response.cell % len(self.world.countries)
        return np.bincount(importer, spent * shares[1], len(self.world.countries)).astype(float)

    def columns(self, name: str, who: str) -> dict[str, Any]:
        """Columns of a scenario in `results/plan_worth.csv`: what it is worth from the case as it stands."""
        now, then = self.at(NOW), self.at(frozenset((name,)))
        gain, free = then.queued - now.queued, then.free - now.free
        ours, parties = self.members(who), self.members("parties")
        a, b = (self.world.index(code) for code in self.coupling.study.case.parties.codes)
        mine = float(gain[ours].sum())
        return {
            "usd_year_ge": mine,
            "usd_year_ge_a": None if a is None else float(gain[a]),
            "usd_year_ge_b": None if b is None else float(gain[b]),
            "usd_year_ge_world": float(gain.sum()),
            "usd_year_ge_universal": float((then.universal - now.universal)[ours].sum()),
            "queue_usd_year": float((free - gain)[ours].sum()),
            "third_usd_year": float(gain.sum() - gain[parties].sum()),
            "duty_net_usd_year": float((then.duty - now.duty)[ours].sum()),
            "delay_usd_month": mine / MONTHS,
        }

    def all_kept(self, who: str) -> float | None:
        """Worth of all scenarios together; None where they exclude one another."""
        if self.every is None:
            return None
        gain = self.at(self.every).queued - self.at(NOW).queued
        return float(gain[self.members(who)].sum())

    def members(self, who: str) -> Sequence[int]:
        """Numbers of the countries that count."""
        parties = [self.world.index(code) for code in self.coupling.study.case.parties.codes]
        if who == "world":
            return list(range(len(self.world.countries)))
        if who == "corridor":
            codes = {code for pair in self.coupling.ends for code in pair}
            return [n for n, code in enumerate(self.world.countries) if code in codes]
        return [n for n in parties if n is not None]

    def notes(self, who: str, alone: float) -> tuple[Note, ...]:
        """What to know of these columns."""
        found = [note("coupling.worth", who=who, before=sorted(self.before))]
        whole = self.all_kept(who)
        if whole is not None:
            found.append(note("coupling.worth_together", together_usd=whole, alone_usd=alone))
        if not self.world.whole:
            found.append(note("coupling.worth_partial"))
        stuck = [name for name in self.names if not self.at(frozenset((name,))).converged]
        if stuck:
            found.append(note("coupling.worth_stuck", scenarios=stuck))
        return tuple(found)
