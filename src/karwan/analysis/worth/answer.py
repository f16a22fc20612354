"""`karwan plan worth`: what keeping each promise is worth, what it would remove, and which promises have no figure."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from karwan.analysis.assignment import read_demand
from karwan.analysis.case_requests import WorthRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.worth.promises import plan_worth
from karwan.schema.frames import result_types


def answer_worth(inputs: Inputs, request: WorthRequest) -> Result:
    """Promises, the worth at the ends of each input, and the flows valued."""
    case = inputs.the_case()
    day = request.as_of or case.settings.as_of
    found = plan_worth(case, day, demand=None if request.demand is None else read_demand(request.demand))
    tables = {"promises": found.promises, "inputs": found.inputs, "flows": found.flows}
    return Result(tables, {"case": case.settings.case_id, "as_of": day}, found.text)


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
