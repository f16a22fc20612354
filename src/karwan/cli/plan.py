"""`karwan plan` and `karwan sources`: promises and what the case rests on."""

from __future__ import annotations

import typer

from karwan.cli.brief import AsOfOption, CaseArgument, ScenarioOption
from karwan.cli.output import CsvOption, JsonOption, chosen, emit

app = typer.Typer(no_args_is_help=True, help="The action plan.")
COLUMNS = {
    "by_domain": ["domain", "done", "partly_done", "in_progress", "stalled", "unknown", "total", "late"],
    "commitments": ["domain", "title", "due", "status", "late", "days_late"],
    "milestones": ["date", "title", "state"],
    "ventures": ["venture", "kind", "place", "state", "capex_usd"],
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
