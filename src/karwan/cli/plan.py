"""`karwan plan` and `karwan sources`: promises and what the case rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from karwan.cli.brief import AsOfOption, CaseArgument, ScenarioOption
from karwan.cli.output import CsvOption, Format, JsonOption, chosen, emit

if TYPE_CHECKING:
    import polars as pl

app = typer.Typer(no_args_is_help=True, help="The action plan.")
COLUMNS = {
    "by_domain": ["domain", "done", "partly_done", "in_progress", "stalled", "unknown", "total", "late"],
    "commitments": ["domain", "title", "due", "status", "late", "days_late"],
    "milestones": ["date", "title", "state"],
    "ventures": ["venture", "kind", "place", "state", "capex_usd"],
}
WORTH = {
    "rank": "rank",
    "promise": "title",
    "scenario": "scenario_id",
    "USD/t": "usd_t",
    "h/t": "hours_t",
    "USD a year": "usd_year",
    "low": "low_usd_year",
    "high": "high_usd_year",
    "at target": "usd_year_target",
    "last kept": "usd_year_kept",
    "of it duty": "duty_usd_year",
}


@app.command()
def status(
    case: CaseArgument,
    as_of: AsOfOption = None,
    scenarios: ScenarioOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Promises by domain and state, late ones first, and the milestones.

    Example: karwan plan status kaz-pak
    """
    from karwan.project import open_case

    project = open_case(case, scenarios)
    tables = project.plan_tables(as_of.date() if as_of else None)
    emit(tables, chosen(as_json, as_csv), columns=COLUMNS, under=project.case.scenarios)


@app.command()
def worth(
    case: CaseArgument = "kaz-pak",
    as_of: AsOfOption = None,
    scenarios: ScenarioOption = None,
    demand: Annotated[
        Path | None,
        typer.Option(
            "--demand",
            help="Flows instead of today's value over all goods; CSV: origin_id,destination_id,product_id,t_day.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Rank the promises by what keeping each is worth a year, through the scenario that models it.

    With --scenario the worth is reckoned from the case under it: what is the railway worth once the border is open?

    Example: karwan plan worth kaz-pak --scenario open_afghan_crossings
    """
    from karwan.assignment_desk import read_demand
    from karwan.project import open_case

    form = chosen(as_json, as_csv)
    project = open_case(case, scenarios)
    opened = project.case
    day = as_of.date() if as_of else opened.settings.as_of
    found = project.worth(day, demand=None if demand is None else read_demand(demand))
    if form is Format.JSON:
        tables = {"promises": found.promises, "inputs": found.inputs, "flows": found.flows}
        meta = {"case": opened.settings.case_id, "as_of": day, "text": list(found.text)}
        emit(tables, form, meta=meta, under=opened.scenarios)
    elif form is Format.CSV:
        emit({"promises": found.promises}, form, under=opened.scenarios)
    else:
        emit(_worth_view(found.promises), form, under=opened.scenarios)
        typer.echo("\n".join(("", *found.text)))


def _worth_view(promises: pl.DataFrame) -> dict[str, pl.DataFrame]:
    import polars as pl

    known = promises.filter(pl.col("rank").is_not_null())
    rest = promises.filter(pl.col("rank").is_null())
    tables = {
        "what keeping a promise is worth": known.select(**{k: pl.col(v) for k, v in WORTH.items()}),
        "what it would remove": known.unique("scenario_id", maintain_order=True).select(
            "scenario_id", "obstacle", "moved_most_by", "reason"
        ),
        "promises without a figure": rest.group_by("reason", maintain_order=True).agg(
            promises=pl.len(), domains=pl.col("domain").unique(maintain_order=True).str.join(", ")
        ),
    }
    return {title: table for title, table in tables.items() if table.height}


def sources(
    case: CaseArgument,
    scenarios: ScenarioOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Sources of a case and how many figures rest on each.

    Example: karwan sources kaz-pak
    """
    from karwan.project import open_case

    project = open_case(case, scenarios)
    emit(
        {"sources": project.sources()},
        chosen(as_json, as_csv),
        columns={"sources": ["number", "title", "publisher", "year", "rows"]},
        under=project.case.scenarios,
    )
