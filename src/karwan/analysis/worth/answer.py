"""`karwan plan worth`: what keeping each promise is worth, what it would remove, and which promises have no figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import polars as pl

from karwan.analysis.assignment import read_demand
from karwan.analysis.case_requests import DRAWS, WorthRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.promised import PromisedWelfare
from karwan.analysis.coupling.sides import LEAST_LOSS_USD, SIDES, loss_columns
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.plan import commitment_table
from karwan.analysis.worth.promises import plan_worth, promise_scenarios
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame, result_types


def answer_worth(inputs: Inputs, request: WorthRequest) -> Result:
    """Promises, the worth at the ends of each input, and the flows valued."""
    case = inputs.the_case()
    day = request.as_of or case.settings.as_of
    study = CorridorStudy(case, day)
    demand = None if request.demand is None else read_demand(request.demand)
    found = plan_worth(case, day, demand=demand, study=study)
    promises = found.promises
    notes: tuple[Note, ...] = ()
    if request.general_equilibrium:
        promises, notes = in_equilibrium(study, promises, request)
    sided = promises if request.general_equilibrium else _first_by_sides(study, promises)
    lead = loss_notes(case, sided)
    tables = {"promises": promises, "inputs": found.inputs, "flows": found.flows}
    meta = {"case": case.settings.case_id, "as_of": day}
    return Result(tables, meta, (*lead, *found.text, *notes), lead=len(lead))


def _first_by_sides(study: CorridorStudy, promises: pl.DataFrame) -> pl.DataFrame:
    """The promises with what the scenario of the first rank is worth to each side where trade answers; as they are where nothing can be said."""
    first = promises.filter(pl.col("rank") == 1)["scenario_id"].to_list()
    scenarios, _ = promise_scenarios(study, commitment_table(study.case, study.as_of))
    own = {name: scenarios[name] for name in first[:1] if name in scenarios}
    if not own:
        return promises
    try:
        welfare = PromisedWelfare(study, read_world_trade(study.case), own)
        rows = [_both_sides(welfare, name) for name in own]
    except InvalidInput:  # no trade of the corridors is known
        return promises
    return with_equilibrium(promises, rows)


def _both_sides(welfare: PromisedWelfare, name: str) -> dict[str, Any]:
    """Columns of a scenario: its worth to the two, and what is known of a loss."""
    worth = welfare.columns(name, "parties")
    return {"scenario_id": name, **worth, **loss_columns(welfare, name, DRAWS, SEED)}


def loss_notes(case: Case, promises: pl.DataFrame) -> tuple[Note, ...]:
    """That a side loses by the first rank where trade answers."""
    first = promises.filter(pl.col("rank") == 1).head(1)
    names = [case.country_name(code) for code in case.parties.codes]
    for row in first.iter_rows(named=True):
        worth = {name: row[column] for name, column in zip(names, _WORTH, strict=True)}
        if None in worth.values() or min(worth.values()) >= -LEAST_LOSS_USD:
            continue
        loser, other = sorted(names, key=worth.__getitem__)
        told: dict[str, Any] = {
            "loser": loser,
            "other": other,
            "lost_usd": -worth[loser],
            "gained_usd": worth[other],
        }
        title = row["modelled_as"] or row["scenario_id"]
        year, usd = row["flows_year"], row["flows_usd"]
        told["valued"] = note("coupling.valued_year", year=year, flows_usd=usd) if year else ""
        return (note("coupling.side_loses", scenario=title, **told), *_loss_more(row, names, loser, other))
    return ()


_WORTH = SIDES[:2]
SEED = 1


def _loss_more(row: Mapping[str, Any], names: Sequence[str], loser: str, other: str) -> Iterator[Note]:
    """The market that the loser loses most of, and the band of each side's worth, as far as they are known."""
    if row["lost_market"]:
        told = {"market": row["lost_market"], "less_usd": row["lost_market_usd_year"]}
        yield note(
            "coupling.loss_cause", loser=loser, other=other, more_usd=row["won_market_usd_year"], **told
        )
    alone_usd = row["loss_pair_usd_year"]
    if alone_usd is not None:
        lost_usd = min(row[column] for column in _WORTH)
        told = {"exporter": row["loss_exporter"], "importer": row["loss_importer"]}
        usd = {"alone_usd": -alone_usd, "rest_usd": lost_usd - alone_usd}
        yield note("coupling.loss_pair", loser=loser, **told, **usd)
    ends = [
        (name, row[f"low_{column}"], row[f"high_{column}"])
        for name, column in zip(names, _WORTH, strict=True)
    ]
    if ends[0][1] is not None:
        each = [note("coupling.loss_band", name=name, low_usd=low, high_usd=high) for name, low, high in ends]
        yield note("coupling.loss_bands", each=each)


def in_equilibrium(
    study: CorridorStudy, promises: pl.DataFrame, request: WorthRequest
) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """Promises with what they are worth where trade answers, and their place by it, and what to know of it."""
    table = commitment_table(study.case, study.as_of)
    scenarios, _ = promise_scenarios(study, table)
    if not scenarios:
        return promises, ()
    world = read_world_trade(study.case)
    welfare = PromisedWelfare(study, world, scenarios)
    joined = with_equilibrium(promises, equilibrium_rows(welfare, request))
    alone = joined.unique("scenario_id")["usd_year_ge"].sum()
    notes = welfare.notes(request.who, float(alone))
    return joined, (*notes, *draw_notes(request.draws, request.seed))


def equilibrium_rows(welfare: PromisedWelfare, request: WorthRequest) -> list[dict[str, Any]]:
    """Columns of each promise's scenario: alone, as the last to be kept, and the band of the draws."""
    names = welfare.names
    kept = welfare.last_kept(request.who)
    states = [frozenset((name,)) for name in names]
    none = [(None, None)] * len(names)
    bands = welfare.bands(states, request.who, request.draws, request.seed) if request.draws else none
    rows = [
        {"scenario_id": name, **welfare.columns(name, request.who)}
        | {"low_usd_year_ge": low, "high_usd_year_ge": high, "usd_year_ge_kept": kept.get(name)}
        for name, (low, high) in zip(names, bands, strict=True)
    ]
    rows.sort(key=lambda row: (-row["usd_year_ge"], row["scenario_id"]))
    return [{**row, "rank_ge": rank} for rank, row in enumerate(rows, start=1)]


def brief_worth(study: CorridorStudy) -> tuple[pl.DataFrame, tuple[str | Note, ...]]:
    """Table and sentences for the plan section of the brief, with who gains where trade answers; empty, with the reason, where nothing can be said."""
    case = study.case
    try:
        found = plan_worth(case, study.as_of, kept=False, study=study)
    except InvalidInput as error:
        return result_frame("plan_worth"), (f"{error.fact} What promises are worth cannot be reckoned.",)
    table = commitment_table(case, study.as_of)
    scenarios, _ = promise_scenarios(study, table)
    promises = found.promises
    if scenarios:
        with suppress(InvalidInput):  # no trade of the corridors is known: the other columns stand
            welfare = PromisedWelfare(study, read_world_trade(case), scenarios)
            rows = [_both_sides(welfare, name) for name in welfare.names]
            promises = with_equilibrium(promises, rows)
    return promises, found.text


def with_equilibrium(promises: pl.DataFrame, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Promises with the columns of their scenarios; those that are done, or cannot be valued, without."""
    empty = {
        name: kind for name, kind in promises.schema.items() if name in {key for row in rows for key in row}
    }
    table = pl.DataFrame(rows, schema=empty)
    own = [name for name in table.columns if name != "scenario_id"]
    joined = promises.drop(own).join(table, on="scenario_id", how="left", maintain_order="left")
    valued = pl.col("reason").is_null() | (pl.col("reason") == "") | pl.col("usd_year").is_not_null()
    shown = [pl.when(valued).then(pl.col(name)).alias(name) for name in own]
    return joined.with_columns(shown).select(promises.columns)


def draw_notes(draws: int, seed: int) -> tuple[Note, ...]:
    """What the band rests on."""
    return (note("coupling.bands", draws=draws, seed=seed),) if draws else ()


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
    rounded = pl.col("^.*usd.*$").round_sig_figs(2)
    return table.select(list(result_types("plan_worth_scenarios"))).with_columns(rounded)


def equilibrium_table(known: pl.DataFrame) -> pl.DataFrame:
    """One row a scenario with its worth where trade answers; see `results/plan_worth_equilibrium.csv`."""
    own = list(result_types("plan_worth_equilibrium"))
    one = known.unique("scenario_id", keep="first", maintain_order=True).sort("rank_ge", nulls_last=True)
    return one.select(own).with_columns(pl.col("^.*usd.*$").round_sig_figs(2))


def obstacle_table(known: pl.DataFrame) -> pl.DataFrame:
    """What each scenario would remove; see `results/plan_obstacles.csv`."""
    table = known.group_by("scenario_id", maintain_order=True).agg(
        pl.col("rank", "modelled_as", "obstacle", "moved_most_by", "reason").first(),
    )
    return table.select(list(result_types("plan_obstacles")))


def no_figure_table(rest: pl.DataFrame) -> pl.DataFrame:
    """Promises without a figure by reason and by what one would need; see `results/plan_no_figure.csv`."""
    table = rest.group_by("reason", "needs", maintain_order=True).agg(
        promises=pl.len(),
        titles=pl.col("title").str.join(" • "),
        domains=pl.col("domain").unique(maintain_order=True).str.join(", "),
    )
    order = table.sort("reason", "promises", "needs", descending=[False, True, False], maintain_order=True)
    return order.select(list(result_types("plan_no_figure")))
