"""`karwan corridor`: corridors compared."""

from __future__ import annotations

from typing import Annotated

import typer

from karwan.cli.brief import AsOfOption, CaseArgument, ScenarioOption
from karwan.cli.output import CsvOption, Format, JsonOption, by_title, chosen, emit

app = typer.Typer(no_args_is_help=True, help="Corridors: compare, weak points, sensitivity, assignment.")
ROUTES = [
    "corridor",
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
STAGES = ["stage", "kind", "place", "mode", "country", "km", "usd_20t", "hours", "co2_kg", "basis"]
CLOSURES = ["place", "kind", "since", "until", "reason", "corridors"]


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
    import polars as pl

    from karwan.project import open_case

    project = open_case(case, scenarios)
    tables = project.corridor_tables(as_of.date() if as_of else None)
    form, parts = chosen(as_json, as_csv), tables.pop("stages")
    if form is Format.TABLE:
        shown = by_title(tables.pop("routes"), "pair_label", ROUTES)
        route = pl.format("{}: {} → {}", "corridor_id", "origin_id", "destination_id")
        shown |= by_title(parts.with_columns(route=route), "route", STAGES) if stages else {}
        tables = {**shown, **tables}
    elif stages:
        tables["stages"] = parts
    emit(tables, form, columns={"closures": CLOSURES}, under=project.case.scenarios)
