"""The chance of a turnover target with and without each promise of the plan, and under scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from karwan.analysis.contract import Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.turnover import turnover_factors
from karwan.analysis.plan import commitment_table
from karwan.analysis.target import target_section
from karwan.analysis.worth.promises import promise_scenarios
from karwan.case import Case
from karwan.case.scenario import find_scenario, together
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.trade.standing import annual_series, known_flows

BASE_RATE = "base rate"
LEAST = 5e-4
"""Change of the turnover below which a promise is said to move nothing."""
Row = dict[str, Any]
Ways = dict[tuple[str, str], Row]
"""Chances by target and way of forecasting."""


def factor_under(case: Case, day: date) -> float | None:
    """What the scenarios a case stands under make of the turnover; 1 of the case as it stands, None where it compares nothing."""
    bare = case.bare
    if bare is None or bare.folder is None:
        return 1.0
    study = CorridorStudy(bare, day)
    if not study.comparable:
        return None
    held = [find_scenario(bare.folder, one.scenario_id) for one in case.scenarios]
    name = "+".join(one.scenario_id for one in held)
    whole = replace(together(held), scenario_id=name)
    return turnover_factors(study, {name: (whole, case)})[name]


def scenario_notes(case: Case, factor: float | None) -> list[Note]:
    """Whether and why the scenarios a case stands under move the chances; nothing of the case as it stands."""
    if not case.scenarios:
        return []
    names = ", ".join(one.scenario_id for one in case.scenarios)
    if factor is None:
        return [note("target.nothing_compared", scenarios=names)]
    if abs(factor - 1.0) < LEAST:
        return [note("target.unmoved", scenarios=names)]
    return [note("target.moved", scenarios=names, factor=factor)]


def promise_chances(
    case: Case,
    day: date,
    *,
    target_id: str | None = None,
    due: date | None = None,
    factor: float = 1.0,
    rates: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Chance of each target with and without each promise, the base rate beside; see `results/target_promises.csv`.

    Parameters
    ----------
    target_id, due
        Only this target; another date for it.
    factor
        What the scenarios that the case stands under make of the turnover; see `factor_under`.
    rates
        Base rates as the case's table `base_rates`, in its place.
    """
    table = commitment_table(case, day)
    study = CorridorStudy(case, day)
    scenarios, _ = promise_scenarios(study, table)
    factors = turnover_factors(study, scenarios) if scenarios else {}
    annual = annual_series(known_flows(case["flows"], case["sources"], day))

    def chances(times: float) -> Ways:
        section = target_section(case, annual, day, target_id=target_id, due=due, rates=rates, factor=times)
        return _by_way(section.chances)

    now = chances(factor)
    rows = []
    for name, own in factors.items():
        titles = table.filter(pl.col("scenario_id") == name)["title"].to_list()
        modelled = scenarios[name][0].title if name in scenarios else name
        head = {"scenario_id": name, "modelled_as": modelled, "promises": titles, "factor": own}
        rows += _beside(now, chances(factor * own), head)
    found = result_frame("target_promises", rows)
    return found.sort("target", "model", "factor", "scenario_id", descending=[False, False, True, False])


def set_chances(now: Result, under: Mapping[str, Result]) -> pl.DataFrame:
    """Chances as things stand beside those under sets of scenarios; see `results/target_promises.csv`.

    Parameters
    ----------
    now
        Answer of `trade target` for the case as it stands.
    under
        The same under each set, by the name of the set, which stands as scenario.
    """
    before = _by_way(now.tables["chances"])
    rows = []
    for name, result in under.items():
        head = {"scenario_id": name, "modelled_as": name, "promises": [], "factor": result.meta["factor"]}
        then = _by_way(result.tables["chances"])
        rows += [row for row in _beside(before, then, head) if (row["target"], row["model"]) in then]
    return result_frame("target_promises", rows)


def _by_way(chances: pl.DataFrame) -> Ways:
    return {(row["target"], row["model"]): row for row in chances.iter_rows(named=True)}


def _beside(now: Ways, then: Ways, head: Row) -> list[Row]:
    """Rows of the chances as things stand beside those in another state, with the base rate of their side."""
    base = {
        (target, side_of(model)): row["probability"]
        for (target, model), row in now.items()
        if model.endswith(BASE_RATE)
    }
    return [
        {
            "target": target,
            "model": model,
            **head,
            "chance": row["probability"],
            "chance_with": then.get((target, model), {}).get("probability"),
            "base_rate": base.get((target, side_of(model))),
            "score": row["score"],
        }
        for (target, model), row in now.items()
        if not model.endswith(BASE_RATE)
    ]


def side_of(model: str) -> str:
    """Whose figures a way of forecasting rests on: what stands before the colon of its name."""
    return model.partition(":")[0]


def present_target(result: Result, view: None, form: str) -> Result:
    """Plain: of the promises the better scored way of each side alone, and those that move nothing in one line."""
    if form != "table" or "promises" not in result.tables:
        return result
    shown, said = shown_promises(result.tables["promises"])
    return replace(result, tables={**result.tables, "promises": shown}, notes=(*result.notes, *said))


def shown_promises(table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """Rows of promises that move the turnover, by the better scored way of each side, and how many move nothing."""
    moves = (pl.col("factor") - 1.0).abs() >= LEAST
    idle = table.filter(~moves)["modelled_as"].unique().sort().to_list()
    side = pl.col("model").map_elements(side_of, return_dtype=pl.String)
    best = (
        table.sort("score", "model", nulls_last=True)
        .unique(["target", side], keep="first", maintain_order=True)
        .select("target", "model")
    )
    shown = table.filter(moves).join(best, on=["target", "model"], how="semi", maintain_order="left")
    found = []
    if shown.height:
        found.append(note("target.promises"))
    if idle:
        found.append(note("target.idle", count=len(idle), names=idle))
    return shown, tuple(found)
