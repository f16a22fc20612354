"""`karwan scenario`: list a case's scenarios, show what they change, compare corridors with the base."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import polars as pl
import typer

from karwan.cli.output import CsvOption, Format, JsonOption, chosen, emit
from karwan.errors import InvalidInput

CaseArgument = Annotated[str, typer.Argument(help="Embedded case or folder.")]
ScenariosArgument = Annotated[
    list[str], typer.Argument(help="Scenario ids or YAML files, applied in this order.")
]
SHOWN = [
    "corridor",
    "route",
    "status_before",
    "status_after",
    "usd_20t_before",
    "usd_20t_after",
    "days_before",
    "days_after",
    "days_p95_before",
    "days_p95_after",
]

app = typer.Typer(no_args_is_help=True, help="Scenarios: list, show, compare with the base.")


def register(root: typer.Typer) -> None:
    """Add `karwan scenario` to the root command."""
    root.add_typer(app, name="scenario")


@app.command("list")
def list_(case: CaseArgument, as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """List the scenarios of a case.

    Example: karwan scenario list kaz-pak
    """
    from karwan.analysis.scenario import scenario_list

    shown = {"scenarios": ["scenario", "title", "basis", "overrides"]}
    emit({"scenarios": scenario_list(case)}, chosen(as_json, as_csv), columns=shown)


@app.command()
def show(
    case: CaseArgument, scenarios: ScenariosArgument, as_json: JsonOption = False, as_csv: CsvOption = False
) -> None:
    """Show every cell of the case's tables that scenarios change.

    Example: karwan scenario show kaz-pak khunjerab_all_week
    """
    from karwan.analysis.scenario import scenario_changes

    emit({"changes": scenario_changes(case, scenarios)}, chosen(as_json, as_csv))


@app.command()
def compare(
    case: CaseArgument,
    scenarios: ScenariosArgument,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Day of departure, YYYY-MM-DD.")] = None,
    all_rows: Annotated[bool, typer.Option("--all", help="Also list corridors that do not move.")] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Compare money, days, P95 days and emissions of every corridor with and without scenarios.

    Example: karwan scenario compare kaz-pak open_afghan_crossings
    """
    from karwan.analysis.scenario import compare_scenario

    form = chosen(as_json, as_csv)
    found = compare_scenario(case, scenarios, _day(as_of))
    table = found.corridors
    if form is Format.TABLE:
        table = table.with_columns(route=pl.col("pair_label")).filter(pl.col("moved") | all_rows)
    emit({"corridors": table}, form, columns={"corridors": SHOWN}, meta=found.meta)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(f"{text!r} is not a day.", "YYYY-MM-DD is wanted", "as 2026-12-01.") from None
