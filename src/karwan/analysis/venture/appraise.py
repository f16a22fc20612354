"""Appraise a venture: cash and economics in the middle case, switching values, draws, who gains, and what to find out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from karwan.amounts import Z95
from karwan.analysis.venture.read import BAN, CAPEX, ReadVenture
from karwan.appraisal.venture.cash import Cash, cash_flows
from karwan.appraisal.venture.draws import (
    OVERRUN_MEAN,
    OVERRUN_SD,
    Importance,
    chances,
    draw_values,
    importance,
    shut_years,
)
from karwan.appraisal.venture.economic import Gain, distribution, economic_flow, shadow_of
from karwan.appraisal.venture.indicators import InternalRate, internal_rate, least_cover, npv
from karwan.appraisal.venture.model import Floats, Values, VentureStage
from karwan.appraisal.venture.switching import SwitchingValue, TriedInput, switching_values

USUAL_DRAWS = 1_000
LOW_COVER = 1.2
"""Cover of debt below which a bank calls a loan weak."""
ASSUMED_BOUND = 0.5
"""Share of the variance that assumed inputs may drive before a single value is withheld."""
LOAD = "factor.utilisation"
ECONOMIC_ONLY = ("venture_shadow.", "venture_finance.")
"""Numbers that move no cash of the project."""


@dataclass(frozen=True)
class Drawn:
    """Results of joint draws: values and indicators of shape (N,), cash and the economic flow of shape (T+1, N)."""

    values: Mapping[str, Floats]
    cash: Cash
    economic: Floats
    fnpv: Floats
    equity_npv: Floats
    enpv: Floats
    least_dscr: Floats
    firr: Floats
    eirr: Floats


@dataclass(frozen=True)
class Appraisal:
    """A venture appraised: in the middle case at once, the rest when it is asked for.

    Attributes
    ----------
    read
        The venture, numbers of the corridor among them.
    draws, seed
        How many joint draws.
    """

    read: ReadVenture
    draws: int = USUAL_DRAWS
    seed: int = 1

    @cached_property
    def cash(self) -> Cash:
        """Cash in the middle case."""
        return cash_flows(self.read.venture)

    @cached_property
    def economic(self) -> Floats:
        """Economic flow in the middle case, shape (T+1,)."""
        return economic_flow(self.read.venture, self.cash, self._shadow(self.read.venture.values))[:, 0]

    def _shadow(self, values: Values) -> Mapping[str, Floats]:
        return shadow_of(values, self.read.shadow_keys)

    @cached_property
    def gains(self) -> tuple[Gain, ...]:
        """Who gains what by year in the middle case."""
        return distribution(self.read.venture, self.cash, self._shadow(self.read.venture.values))

    @property
    def fnpv(self) -> float:
        """Net present value to the project, before finance."""
        return float(npv(self.read.venture.terms.financial, self.cash.project[:, 0]))

    @property
    def enpv(self) -> float:
        """Net present value to the economies."""
        return float(npv(self.read.venture.terms.economic, self.economic))

    @property
    def least_cover(self) -> Floats:
        """Least cover of debt over the years at work in the middle case; inf without debt."""
        return least_cover(self.cash.available, self.cash.service, self.read.venture.terms.build)

    @cached_property
    def firr(self) -> InternalRate:
        """Internal rate of the project."""
        return internal_rate(self.cash.project[:, 0])

    @cached_property
    def eirr(self) -> InternalRate:
        """Economic internal rate."""
        return internal_rate(self.economic)

    @cached_property
    def bans(self) -> Mapping[str, Floats]:
        """1 in the years of each draw in which the market of a sale is shut, shape (T+1, N), by key of the sale."""
        drawn = draw_values(self.read.ranges, self.draws, self.seed)
        found = {}
        for sale, spell in self.read.spells.items():
            key = f"{sale}.{BAN}"
            share = np.broadcast_to(drawn.get(key, self.read.venture.value(key)), (self.draws,))
            dice = chances(self.seed, f"{key}.years")
            found[sale] = shut_years(share, self.read.venture.terms.years, spell, dice).astype(float)
        return found

    def _at_work(self, states: Mapping[str, Floats]) -> Mapping[str, Floats]:
        """States of the years at work alone."""
        return {key: found[self.read.venture.terms.build :] for key, found in states.items()}

    @cached_property
    def drawn(self) -> Drawn:
        """Joint draws of every input with a range."""
        key = CAPEX if self.read.overruns else ""
        values = dict(draw_values(self.read.ranges, self.draws, self.seed, key))
        values |= {f"{sale}.{BAN}": states.mean(axis=0) for sale, states in self._at_work(self.bans).items()}
        venture = replace(self.read.venture.with_values(values), shut=self.bans)
        cash = cash_flows(venture)
        economic = economic_flow(venture, cash, self._shadow(venture.values))
        terms = venture.terms
        return Drawn(
            values,
            cash,
            economic,
            npv(terms.financial, cash.project),
            npv(terms.financial, cash.equity),
            npv(terms.economic, economic),
            least_cover(cash.available, cash.service, terms.build),
            rates_of(cash.project),
            rates_of(economic),
        )

    @cached_property
    def importance(self) -> tuple[Importance, ...]:
        """Inputs by their share in how the financial NPV varies."""
        moving = {k: v for k, v in self.drawn.values.items() if not k.startswith(ECONOMIC_ONLY)}
        return importance(moving, self.drawn.fnpv)

    @cached_property
    def importance_economic(self) -> tuple[Importance, ...]:
        """Inputs by their share in how the economic NPV varies."""
        return importance(self.drawn.values, self.drawn.enpv)

    @property
    def assumed_share(self) -> float:
        """Share of the variance of the financial NPV that assumed inputs drive."""
        return self._assumed(self.importance)

    @property
    def assumed_share_economic(self) -> float:
        """Share of the variance of the economic NPV that assumed inputs drive."""
        return self._assumed(self.importance_economic)

    def _assumed(self, found: Sequence[Importance]) -> float:
        return sum(one.share for one in found if self.read.figures[one.key].basis == "assumed")

    @cached_property
    def withheld(self) -> bool:
        """Whether no single value may stand: assumed inputs drive more than half of how the financial or the economic NPV varies."""
        return max(self.assumed_share, self.assumed_share_economic) > ASSUMED_BOUND

    def single(self, value: float | None) -> float | None:
        """The one rule on values of the middle case: the value, or None where none may stand and the band of the draws is read."""
        return None if self.withheld else value

    @cached_property
    def switches(self) -> tuple[SwitchingValue, ...]:
        """Switching value of each input for the financial NPV, the widest bar first."""
        inputs = [
            TriedInput(one.key, one.base, one.low, one.high, _bounds(one.base, one.high, one.most))
            for one in self.read.ranges
            if not one.key.startswith(ECONOMIC_ONLY) and not one.key.endswith(BAN)
        ]
        if self.read.overruns:
            high = OVERRUN_MEAN + Z95 * OVERRUN_SD
            inputs.append(TriedInput(CAPEX, 1.0, 0.9, high, _bounds(1.0, high, np.inf)))
        most = self.full_load
        inputs.append(TriedInput(LOAD, 1.0, 0.5, min(1.5, most), (0.0, most)))
        known = {one.key for one in inputs}
        inputs += [one for one in self._return_loads() if one.key not in known]
        found = switching_values(self._worth, inputs)
        return tuple(sorted(found, key=lambda one: -abs(one.high_npv - one.low_npv)))

    def _return_loads(self) -> list[TriedInput]:
        """Loads on the way back of a fleet: by-products of a stage with vehicles, from none to one a trip."""
        fleets = {one.key for one in self.fleets}
        sold = [one for one in self.read.venture.sales if one.by_product]
        first = self.read.venture.stages[0].key
        keys = [f"{one.key}.share" for one in sold if (one.stage or first) in fleets]
        return [TriedInput(key, float(self.read.venture.value(key)), 0.0, 1.0, (0.0, 1.0)) for key in keys]

    @property
    def full_load(self) -> float:
        """Factor on every load at which the last stage is full; 1 where all are."""
        venture = self.read.venture
        loads = [float(venture.value(f"{one.key}.utilisation", 1.0)) for one in venture.stages]
        return max((1.0 / load for load in loads if 0.0 < load < 1.0), default=1.0)

    @property
    def fleets(self) -> tuple[VentureStage, ...]:
        """Stages whose units are round trips of vehicles."""
        venture = self.read.venture
        return tuple(one for one in venture.stages if f"{one.key}.vehicles" in venture.values)

    def _worth(self, values: Values) -> Floats:
        """Financial NPV at other numbers, shape (N,)."""
        venture = self.read.venture.with_values(values)
        return npv(venture.terms.financial, cash_flows(venture).project)

    @property
    def break_even_load(self) -> float | None:
        """Factor on every load at which the financial NPV is nil; None where there is none up to full load."""
        return next(one.value for one in self.switches if one.key == LOAD)


def _bounds(base: float, high: float, most: float) -> tuple[float, float]:
    """Where a switching value is looked for: from nothing to five times the base or high end, or to what the input can be at most."""
    return 0.0, min(most, 5.0 * max(base, high))


def rates_of(flows: Floats, low: float = -0.95, high: float = 2.0) -> Floats:
    """Internal rates of many flows that start with an outlay, by bisection, shape (T+1, N) to (N,).

    Where the ends do not differ in sign: -inf where too little comes back for any rate, nan where nothing is laid out.
    """
    below, above = np.full(flows.shape[1], low), np.full(flows.shape[1], high)
    differ = np.sign(npv(below, flows)) * np.sign(npv(above, flows)) < 0
    first = np.sign(npv(below, flows))
    for _ in range(40):
        middle = 0.5 * (below + above)
        same = np.sign(npv(middle, flows)) == first
        below, above = np.where(same, middle, below), np.where(same, above, middle)
    lost = np.where(first < 0, -np.inf, np.nan)
    return np.where(differ, 0.5 * (below + above), lost)


def with_carriage(read: ReadVenture, values: Values) -> ReadVenture:
    """The venture with numbers of the corridor: duty, freight, hours and cost of a day of each sale."""
    return replace(read, venture=read.venture.with_values(values))
