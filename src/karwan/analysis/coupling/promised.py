"""What scenarios are worth where trade answers: welfare of the parties, of the corridor's countries and of the world, queues and duty in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from karwan.amounts import YEAR_DAYS
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.drawn import case_spreads, drawn_change, drawn_outcome, named_values
from karwan.analysis.coupling.problem import Coupling, StateChange
from karwan.analysis.coupling.quotas import HeldState, Quotas, held_notes
from karwan.analysis.coupling.solved import Solved, solve_change
from karwan.analysis.coupling.states import Promised, promised_states
from karwan.analysis.coupling.world_trade import WorldTrade
from karwan.analysis.worth.promises import MONTHS
from karwan.analysis.worth.states import NOW, State
from karwan.appraisal.coupling.draws import band, draw_inputs
from karwan.appraisal.coupling.trade import GENERAL, PARTIAL, TradeAnswer
from karwan.appraisal.worth import Floats
from karwan.case import Case
from karwan.case.scenario import ScenarioError
from karwan.notes import Note, note


@dataclass(frozen=True)
class Welfare:
    """Worth of a state against the base, USD a year by country, shape (n,).

    Attributes
    ----------
    free, queued, universal
        Without queues, with them, and with them under the other rule of deficits.
    duty
        Duty that importers take on the goods of the corridors.
    converged
        Whether the loop of trade and corridors settled.
    gap
        Largest gap of an identity of the equilibrium; 0 where there is none.
    change, added_h
        The change of state, and the hours that queues add in it.
    held, rents_usd
        Its permits held, and what they cost by country, which stays with the trade that has one: in the worth already.
    """

    free: Floats
    queued: Floats
    universal: Floats
    duty: Floats
    converged: bool
    gap: float
    change: StateChange
    added_h: Floats
    held: HeldState
    rents_usd: Floats


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
    others
        Scenarios that no promise names, whose worth is asked for too.
    """

    def __init__(
        self,
        study: CorridorStudy,
        world: WorldTrade,
        scenarios: Mapping[str, Promised],
        others: Mapping[str, Promised] | None = None,
    ) -> None:
        self.world, self.names = world, tuple(scenarios)
        states = promised_states(study, scenarios, others)
        self.before, self.every, self._scenarios = states.before, states.every, states.scenarios
        self.quotas = Quotas(study)
        cases, apart = states.cases | self.quotas.cases(study), self.quotas.scenarios
        self.coupling = Coupling(study, world, states.scenarios, cases, also=apart)
        self._found: dict[State, Welfare] = {}

    @property
    def kind(self) -> str:
        """Kind of response: in equilibrium where the world's trade is known."""
        return GENERAL if self.world.whole else PARTIAL

    def look_at(self, states: Iterable[State]) -> list[State]:
        """Make states known that hold several scenarios; those are returned whose scenarios exclude one another."""
        cases: dict[State, Case] = {}
        refused = []
        study = self.coupling.study
        for state in states:
            if state in self.coupling.cases:
                continue
            try:
                chosen = [self._scenarios[name] for name in self._scenarios if name in state]
                cases[state] = study.under(chosen)
            except ScenarioError:
                refused.append(state)
        self.coupling.add(cases)
        return refused

    def at(self, state: State) -> Welfare:
        """Welfare of a state against the base."""
        if state not in self._found:
            free = self._today if state == NOW else self._solve(self.coupling.change(self.before, state))
            held = self.quotas.held(self.coupling, free, self._solve, lambda: self._today)
            solved, change = held.solved, held.solved.change
            settled, rents = solved.settled[self.kind], self._by_country(held.rents_usd)
            if self.world.whole:
                response = change.response.under("universal").answer(settled.t_hat, GENERAL)
                universal = response.equilibrium.welfare_usd if response.equilibrium else np.zeros(0)
            else:
                universal = self._worth(change, solved.answers[PARTIAL, True], settled.t_hat)
            self._found[state] = Welfare(
                free=self._worth(change, solved.answers[self.kind, False], solved.free.t_hat) + rents,
                queued=self._worth(change, solved.answers[self.kind, True], settled.t_hat) + rents,
                universal=universal + rents,
                duty=self._duty(solved),
                converged=solved.converged,
                gap=full.identities.worst if (full := solved.fullest.equilibrium) else 0.0,
                change=change,
                added_h=change.corridor.added_h(solved.volume_day),
                held=held,
                rents_usd=rents,
            )
        return self._found[state]

    def _by_country(self, usd: Mapping[str, float]) -> Floats:
        found = np.zeros(len(self.world.countries))
        for code, value in usd.items():
            place = self.world.index(code)
            if place is not None:
                found[place] += value
        return found

    @cached_property
    def _today(self) -> Solved:
        """The case as it stands, as if every truck got a permit: its trips hold already."""
        return self._solve(self.coupling.change(self.before, NOW))

    def _solve(self, change: StateChange) -> Solved:
        return solve_change(change, (self.kind,))

    def held_notes(self, names: Iterable[str]) -> tuple[Note, ...]:
        """Scenarios that would bring more trips than a regime has permits, and what holds them."""
        found: list[Note] = []
        for name in names:
            held = self.at(frozenset((name,))).held
            found += held_notes(self.coupling.study.case, self._scenarios[name].title, held)
        return tuple(found)

    def gain(self, state: State, start: State = NOW) -> Floats:
        """Worth of one state over another, USD a year by country."""
        return self.at(state).queued - self.at(start).queued

    def _worth(self, change: StateChange, answer: TradeAnswer, t_hat: Floats) -> Floats:
        """Welfare by country; without incomes the fall of the landed cost at the tonnes between before and after, by importer."""
        if answer.equilibrium is not None:
            return answer.equilibrium.welfare_usd
        corridor = change.corridor
        tonnes = (corridor.base_tonnes_day + answer.tonnes_day) / 2.0 * YEAR_DAYS
        gain = np.where(np.isfinite(t_hat), tonnes * corridor.base[2] * (1.0 - t_hat), 0.0)
        importer = change.response.cell % len(self.world.countries)
        return np.bincount(importer, gain, len(self.world.countries)).astype(float)

    def drawn(self, states: Sequence[State], draws: int, seed: int) -> Floats:
        """Worth of states over the case as it stands in joint draws of every input, shape (N, S, n), USD a year by country.

        Queues keep the hours they add at the inputs of the case.
        """
        spreads = case_spreads(self.coupling)
        wanted = (NOW, *states)
        central = {state: self.at(state) for state in wanted}
        numbers = {state: self.coupling.plan.states.index(state) for state in (self.before, *wanted)}
        found = np.zeros((draws, len(wanted), len(self.world.countries)))
        for row, values in zip(found, draw_inputs(spreads, draws, seed), strict=True):
            at = named_values(spreads, values)
            outcome = drawn_outcome(self.coupling, at)
            for place, state in enumerate(wanted):
                one, ends = central[state], (numbers[self.before], numbers[state])
                change = drawn_change(self.coupling, one.change, ends, at, outcome)
                t_hat = change.corridor.with_hours(one.added_h).t_hat
                row[place] = (
                    self._worth(change, change.response.answer(t_hat, self.kind), t_hat) + one.rents_usd
                )
        return found[:, 1:] - found[:, :1]

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

    def bands(self, states: Sequence[State], who: str, draws: int, seed: int) -> list[tuple[float, float]]:
        """5 and 95 % points of the worth of states, wide enough to hold the worth at the inputs of the case; USD a year."""
        ours = self.members(who)
        low, _, high = band(self.drawn(states, draws, seed)[:, :, ours].sum(axis=2))
        own = np.array([self.gain(state)[ours].sum() for state in states])
        ends = zip(np.minimum(low, own), np.maximum(high, own), strict=True)
        return [(float(least), float(most)) for least, most in ends]

    def last_kept(self, who: str) -> dict[str, float]:
        """Worth of each promise as the last of all to be kept, by scenario; nothing where they exclude one another."""
        if self.every is None:
            return {}
        states = {name: self.every - {name} for name in self.names}
        refused = set(self.look_at(states.values()))
        ours = self.members(who)
        return {
            name: float(self.gain(self.every, state)[ours].sum())
            for name, state in states.items()
            if state not in refused
        }

    def all_kept(self, who: str) -> float | None:
        """Worth of all promises together; None where they exclude one another."""
        if self.every is None:
            return None
        return float(self.gain(self.every)[self.members(who)].sum())

    def members(self, who: str) -> Sequence[int]:
        """Numbers of the countries that count."""
        parties = [self.world.index(code) for code in self.coupling.study.case.parties.codes]
        if who == "world":
            return list(range(len(self.world.countries)))
        if who == "corridor":
            codes = {code for pair in self.coupling.ends for code in pair}
            return [n for n, code in enumerate(self.world.countries) if code in codes]
        return [n for n in parties if n is not None]

    def identities(self) -> Note:
        """How exactly incomes and spending add up in all states looked at."""
        gaps = [one.gap for one in self._found.values()]
        return note("coupling.held", states=len(gaps), gap=max(gaps, default=0.0))

    def notes(self, who: str, alone: float) -> tuple[Note, ...]:
        """What to know of these columns."""
        found = [note("coupling.worth", who=who, before=sorted(self.before))]
        whole = self.all_kept(who)
        if whole is not None:
            found.append(note("coupling.worth_together", together_usd=whole, alone_usd=alone))
        if not self.world.whole:
            found.append(note("coupling.worth_partial"))
        else:
            found.append(self.identities())
        case = self.coupling.study.case
        a, b = (case.country_name(code) for code in case.parties.codes)
        found.append(note("coupling.sides", a=a, b=b))
        stuck = [name for name in self.names if not self.at(frozenset((name,))).converged]
        if stuck:
            found.append(note("coupling.worth_stuck", scenarios=stuck))
        return (*found, *self.held_notes(self.names))
