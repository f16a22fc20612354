"""What scenarios do to the turnover of the two parties: the factor by which a target comes nearer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.answer import pair_change
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.coupling.quotas import Quotas
from karwan.analysis.coupling.solved import Solved, solve_change
from karwan.analysis.coupling.states import promised_states
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.worth.states import NOW, State
from karwan.appraisal.coupling.trade import GENERAL, PARTIAL
from karwan.case import Case
from karwan.case.scenario import Scenario

TOGETHER = "all of them"


def turnover_factors(
    study: CorridorStudy, scenarios: Mapping[str, tuple[Scenario, Case]]
) -> dict[str, float]:
    """Turnover of the parties under each scenario over that of the case as it stands, queues and incomes in it.

    Permits of the regimes in force hold what a scenario adds, by the rule of `plan worth --general-equilibrium`; only trips of the parties' trade
    are counted against them.

    Parameters
    ----------
    study
        Corridors of the case as it stands.
    scenarios
        Scenarios by id with the case under each.

    Returns
    -------
    Factor by id, and of all together under `TOGETHER` where they do not exclude one another.
    """
    world = read_world_trade(study.case)
    found = promised_states(study, scenarios)
    states: dict[str, State] = {name: frozenset((name,)) for name in scenarios}
    if len(scenarios) > 1 and found.every is not None:
        states[TOGETHER] = found.every
    quotas = Quotas(study)
    cases, apart = found.cases | quotas.cases(study), quotas.scenarios
    coupling = Coupling(study, world, found.scenarios, cases, parties_only=True, also=apart)
    kind = GENERAL if world.whole else PARTIAL
    solve = partial(solve_change, kinds=(kind,))
    today = solve(coupling.change(found.before, NOW))
    now = _turnover(coupling, today)
    factors = {}
    for name, state in states.items():
        free = solve(coupling.change(found.before, state))
        factors[name] = _turnover(coupling, quotas.held(coupling, free, solve, lambda: today).solved) / now
    return factors


def _turnover(coupling: Coupling, solved: Solved) -> float:
    """Trade of the parties both ways in a state over that of the base state."""
    moved = pair_change(coupling, solved.change, solved.fullest.value_ratio)
    world, places = coupling.world, coupling.world.countries.index
    base = {ends: float(world.flows_usd[:, places(ends[0]), places(ends[1])].sum()) for ends in moved}
    whole = sum(base.values())
    return sum(base[ends] * (1.0 + share) for ends, share in moved.items()) / whole
