"""Scenarios a case pins: routes are looked for under all of them, so that no figure depends on which scenario is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from karwan.analysis.corridors import CorridorStudy
from karwan.case.scenario import Scenario, scenario_names
from karwan.errors import KarwanError


def pinned_scenarios(study: CorridorStudy, asked: Mapping[str, Scenario]) -> dict[str, Scenario]:
    """Scenarios of the case's folder, whether a promise names them or not, without those the case stands under, and those asked for.

    A scenario that cannot be read or applied is left out here; who asks for it is told why.
    """
    case = study.case
    stands = {s.scenario_id for s in case.scenarios}
    found: dict[str, Scenario] = {}
    for name in () if case.folder is None else scenario_names(case.folder):
        if name in stands or name in asked:
            continue
        try:
            scenario = study.scenario(name)
            study.under([scenario])
        except KarwanError:
            continue
        found[name] = scenario
    every = found | dict(asked)
    return {name: every[name] for name in sorted(every)}
