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
    "by_domain": {
        "domain": "domain",
        "done": "done",
        "partly_done": "partly done",
        "in_progress": "in progress",
        "stalled": "stalled",
        "unknown": "unknown",
        "total": "total",
        "late": "late",
    },
    "commitments": {
        "domain": "domain",
        "title": "promise",
        "due": "due",
        "due_part": "of what",
        "status": "status",
        "days_late": "days late",
        "source_id": "source",
    },
    "milestones": {"date": "date", "title": "milestone", "state": "state", "source_id": "source"},
    "ventures": {
        "venture": "venture",
        "kind": "kind",
        "place": "place",
        "state": "state",
        "capex_usd": "capital, USD",
        "announced": "announced",
        "note": "note",
        "source_id": "source",
    },
}
WORTH_TITLE = "what keeping a promise is worth"
WORTH = {
    "rank": "rank",
    "title": "promise",
    "usd_t": "USD/t",
    "hours_t": "h/t",
    "usd_year": "USD a year",
    "low_usd_year": "low",
    "high_usd_year": "high",
    "usd_year_target": "at target",
    "usd_year_kept": "last kept",
    "duty_usd_year": "of it duty",
    "net_usd_year": "net of duty",
}
OBSTACLE_TITLE = "what it would remove"
OBSTACLES = {
    "rank": "rank",
    "scenario_id": "scenario",
    "obstacle": "obstacle",
    "moved_most_by": "moved most by",
    "reason": "why nothing",
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
    from karwan.analysis.assignment import read_demand
    from karwan.project import open_case

    form = chosen(as_json, as_csv)
    project = open_case(case, scenarios)
    opened = project.case
    day = as_of.date() if as_of else opened.settings.as_of
    found = project.worth(day, demand=None if demand is None else read_demand(demand))
    if form is Format.JSON:
        tables = {"promises": found.promises, "inputs": found.inputs, "flows": found.flows}
        meta = {"case": opened.settings.case_id, "as_of": day}
        emit(tables, form, meta=meta, notes=found.text, under=opened.scenarios)
    elif form is Format.CSV:
        emit({"promises": found.promises}, form, under=opened.scenarios)
    else:
        view = _worth_view(found.promises)
        emit(
            view,
            form,
            columns={WORTH_TITLE: WORTH, OBSTACLE_TITLE: OBSTACLES},
            notes=found.text,
            under=opened.scenarios,
        )


def _worth_view(promises: pl.DataFrame) -> dict[str, pl.DataFrame]:
    import polars as pl

    known = promises.filter(pl.col("rank").is_not_null())
    rest = promises.filter(pl.col("rank").is_null())
    tables = {
        WORTH_TITLE: known,
        OBSTACLE_TITLE: known.group_by("scenario_id", maintain_order=True).agg(
            pl.col("rank").cast(pl.String).str.join(", "),
            pl.col("obstacle", "moved_most_by", "reason").first(),
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
