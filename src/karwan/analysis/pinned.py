"""Scenarios a case pins: routes are looked for under all of them, so that no figure depends on which scenario is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from karwan.case import Case
from karwan.case.scenario import Scenario, apply_scenario, find_scenario
from karwan.errors import KarwanError


def pinned_scenarios(case: Case, asked: Mapping[str, Scenario]) -> dict[str, Scenario]:
    """Scenarios of the plan's promises and of the state trade was in, without those the case stands under, and those asked for.

    A scenario that cannot be read or applied is left out here; who asks for it is told why.
    """
    named = case["commitments"]["scenario_id"].drop_nulls().unique(maintain_order=True)
    stands = {s.scenario_id for s in case.scenarios}
    found: dict[str, Scenario] = {}
    for name in dict.fromkeys((*named.sort(), *case.settings.trade_state)):
        if name in stands or name in asked or case.folder is None:
            continue
        try:
            scenario = find_scenario(case.folder, name)
            apply_scenario(case, scenario)
        except KarwanError:
            continue
        found[name] = scenario
    every = found | dict(asked)
    return {name: every[name] for name in sorted(every)}
