"""`karwan corridor`: corridors compared."""

from __future__ import annotations

from typing import Annotated

import typer

from karwan.cli.brief import AsOfOption, CaseArgument, ScenarioOption
from karwan.cli.output import CsvOption, JsonOption, chosen, emit

app = typer.Typer(no_args_is_help=True, help="Corridors: compare, weak points, sensitivity, assignment.")
SHOWN = [
    "corridor",
    "pair_label",
    "status",
    "usd_20t",
    "usd_feu",
    "days",
    "days_p05",
    "days_p95",
    "km",
    "co2_kg",
    "crossings",
]


@app.command()
def compare(
    case: CaseArgument,
    as_of: AsOfOption = None,
    scenarios: ScenarioOption = None,
    stages: Annotated[bool, typer.Option("--stages", help="Show the stages of every route too.")] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Money, days, emissions and state of every corridor, both ways.

    Example: karwan corridor compare kaz-pak
    """
    from karwan.project import open_case

    project = open_case(case, scenarios)
    tables = project.corridor_tables(as_of.date() if as_of else None)
    if not stages:
        tables.pop("stages")
    emit(tables, chosen(as_json, as_csv), columns={"routes": SHOWN}, under=project.case.scenarios)
