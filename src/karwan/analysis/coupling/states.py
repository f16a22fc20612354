"""The states that promises can bring about: each alone, all together, and the state the base flows were made in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.worth.states import NOW, State
from karwan.case import Case
from karwan.case.scenario import Scenario, ScenarioError

Promised = tuple[Scenario, Case]
"""A scenario and the case under it."""


@dataclass(frozen=True)
class PromisedStates:
    """States of promises.

    Attributes
    ----------
    before
        The state the base flows were made in.
    every
        All promises together, the other scenarios left out; None where they exclude one another.
    cases
        The case in each state.
    scenarios
        All scenarios of the states, by id.
    """

    before: State
    every: State | None
    cases: dict[State, Case]
    scenarios: dict[str, Scenario]


def promised_states(
    study: CorridorStudy, promised: Mapping[str, Promised], others: Mapping[str, Promised] | None = None
) -> PromisedStates:
    """States of promises' scenarios and of others that no promise names, by id, each with the case under it."""
    alone = {**promised, **(others or {})}
    base = _base_scenarios(study)
    before: State = frozenset(s.scenario_id for s in base)
    cases: dict[State, Case] = {NOW: study.case}
    cases |= {frozenset((name,)): changed for name, (_, changed) in alone.items()}
    if before not in cases:
        cases[before] = study.under(base)
    asked = {name: scenario for name, (scenario, _) in alone.items()}
    every: State = frozenset(promised)
    if every not in cases:
        with suppress(ScenarioError):  # they may exclude one another
            cases[every] = study.under([asked[name] for name in promised])
    together_or_none = every if every in cases else None
    return PromisedStates(before, together_or_none, cases, asked | {s.scenario_id: s for s in base})


def _base_scenarios(study: CorridorStudy) -> list[Scenario]:
    """Scenarios of the state the base flows were made in, without those the case stands under."""
    case = study.case
    if case.folder is None:
        return []
    stands = {s.scenario_id for s in case.scenarios}
    return [study.scenario(name) for name in case.settings.trade_state if name not in stands]
