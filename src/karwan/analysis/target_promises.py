"""The chance of a turnover target with and without each promise of the plan, and under scenarios."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.turnover import turnover_factors
from karwan.analysis.plan import commitment_table
from karwan.analysis.target import target_section
from karwan.analysis.worth.promises import promise_scenarios
from karwan.analysis.worth.states import together
from karwan.case import Case
from karwan.case.scenario import find_scenario
from karwan.schema.frames import result_frame
from karwan.trade.standing import annual_series, known_flows

BASE_RATE = "base rate"


def factor_under(case: Case, day: date) -> float:
    """What the scenarios a case stands under make of the turnover; 1 of the case as it stands, and where it compares nothing."""
    bare = case.bare
    if bare is None or bare.folder is None:
        return 1.0
    study = CorridorStudy(bare, day)
    if not study.comparable:
        return 1.0
    held = [find_scenario(bare.folder, one.scenario_id) for one in case.scenarios]
    name = "+".join(one.scenario_id for one in held)
    whole = replace(together(held), scenario_id=name)
    return turnover_factors(study, {name: (whole, case)})[name]


def promise_chances(
    case: Case, day: date, *, target_id: str | None = None, due: date | None = None
) -> pl.DataFrame:
    """Chance of each target with and without each promise, the base rate beside; see `results/target_promises.csv`."""
    table = commitment_table(case, day)
    scenarios, _ = promise_scenarios(case, table)
    factors = turnover_factors(CorridorStudy(case, day), scenarios) if scenarios else {}
    annual = annual_series(known_flows(case["flows"], case["sources"], day))

    def chances(factor: float) -> dict[tuple[str, str], float]:
        section = target_section(case, annual, day, target_id=target_id, due=due, factor=factor)
        rows = section.chances.select("target", "model", "probability").iter_rows()
        return {(target, model): chance for target, model, chance in rows}

    now = chances(1.0)
    rates = {target: chance for (target, model), chance in now.items() if model.endswith(BASE_RATE)}
    rows = []
    for name, factor in factors.items():
        titles = table.filter(pl.col("scenario_id") == name)["title"].to_list()
        then = chances(factor)
        rows += [
            {
                "target": target,
                "model": model,
                "scenario_id": name,
                "promises": titles,
                "factor": factor,
                "chance": chance,
                "chance_with": then.get((target, model)),
                "base_rate": rates.get(target),
            }
            for (target, model), chance in now.items()
            if not model.endswith(BASE_RATE)
        ]
    found = result_frame("target_promises", rows)
    return found.sort("target", "model", "factor", "scenario_id", descending=[False, False, True, False])
