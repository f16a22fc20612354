"""`karwan plan worth`: what keeping each promise is worth, what it would remove, and which promises have no figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from karwan.analysis.assignment import read_demand
from karwan.analysis.case_requests import WorthRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.promised import PromisedWelfare
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.plan import commitment_table
from karwan.analysis.worth.promises import plan_worth, promise_scenarios
from karwan.case import Case
from karwan.notes import Note
from karwan.schema.frames import result_types


def answer_worth(inputs: Inputs, request: WorthRequest) -> Result:
    """Promises, the worth at the ends of each input, and the flows valued."""
    case = inputs.the_case()
    day = request.as_of or case.settings.as_of
    found = plan_worth(case, day, demand=None if request.demand is None else read_demand(request.demand))
    promises = found.promises
    notes: tuple[Note, ...] = ()
    if request.general_equilibrium:
        promises, notes = in_equilibrium(case, day, promises, request.who)
    tables = {"promises": promises, "inputs": found.inputs, "flows": found.flows}
    return Result(tables, {"case": case.settings.case_id, "as_of": day}, (*found.text, *notes))


def in_equilibrium(
    case: Case, day: date, promises: pl.DataFrame, who: str
) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """Promises with what they are worth where trade answers, ranked by it, and what to know of it."""
    scenarios, _ = promise_scenarios(case, commitment_table(case, day))
    if not scenarios:
        return promises, ()
    world = read_world_trade(case)
    welfare = PromisedWelfare(CorridorStudy(case, day), world, scenarios)
    rows = {name: welfare.columns(name, who) for name in scenarios}
    order = sorted(rows, key=lambda name: (-rows[name]["usd_year_ge"], name))
    table = pl.DataFrame(
        [{"scenario_id": name, **rows[name], "rank": order.index(name) + 1} for name in rows],
        infer_schema_length=None,
    )
    own = [name for name in table.columns if name != "scenario_id"]
    joined = promises.drop(own).join(table, on="scenario_id", how="left", maintain_order="left")
    moved = pl.col("reason").is_null() | (pl.col("reason") == "") | pl.col("usd_year").is_not_null()
    joined = joined.with_columns(pl.when(moved).then(pl.col(name)).alias(name) for name in own)
    joined = joined.with_columns(pl.col("rank").cast(pl.Int64)).select(promises.columns)
    alone = sum(row["usd_year_ge"] for row in rows.values())
    return joined.sort("rank", nulls_last=True, maintain_order=True), welfare.notes(who, alone)


def present_worth(result: Result, view: None, form: str) -> Result:
    """Plain: scenarios with a figure, what they would remove, and the other promises by reason. CSV: the promises alone."""
    promises = result.tables["promises"]
    if form == "json":
        return result
    if form == "csv":
        return replace(result, tables={"promises": promises})
    known = promises.filter(pl.col("rank").is_not_null())
    rest = promises.filter(pl.col("rank").is_null())
    tables = {
        "scenarios": scenario_table(known),
        **(
            {"equilibrium": equilibrium_table(known)}
            if known["usd_year_ge"].null_count() < known.height
            else {}
        ),
        "obstacles": obstacle_table(known),
        "no figure": no_figure_table(rest),
    }
    return replace(result, tables=tables, meta={})


def scenario_table(known: pl.DataFrame) -> pl.DataFrame:
    """One row a scenario with its promises, money to two figures; see `results/plan_worth_scenarios.csv`."""
    own = [name for name in result_types("plan_worth_scenarios") if name not in ("scenario_id", "promises")]
    table = known.group_by("scenario_id", maintain_order=True).agg(
        pl.col(own).first(), promises=pl.col("title").str.join(" • ")
    )
    rounded = pl.col("^.*usd_year.*$").round_sig_figs(2)
    return table.select(list(result_types("plan_worth_scenarios"))).with_columns(rounded)


def equilibrium_table(known: pl.DataFrame) -> pl.DataFrame:
    """One row a scenario with its worth where trade answers; see `results/plan_worth_equilibrium.csv`."""
    own = list(result_types("plan_worth_equilibrium"))
    one = known.unique("scenario_id", keep="first", maintain_order=True)
    return one.select(own).with_columns(pl.col("^.*usd.*$").round_sig_figs(2))


def obstacle_table(known: pl.DataFrame) -> pl.DataFrame:
    """What each scenario would remove; see `results/plan_obstacles.csv`."""
    table = known.group_by("scenario_id", maintain_order=True).agg(
        pl.col("rank", "obstacle", "moved_most_by", "reason").first(),
    )
    return table.select(list(result_types("plan_obstacles")))


def no_figure_table(rest: pl.DataFrame) -> pl.DataFrame:
    """Promises without a figure by reason; see `results/plan_no_figure.csv`."""
    return rest.group_by("reason", maintain_order=True).agg(
        promises=pl.len(), domains=pl.col("domain").unique(maintain_order=True).str.join(", ")
    )
