"""`karwan corridor observed`: the model beside trips that somebody made."""

from __future__ import annotations

from typing import Annotated

import typer

from karwan.cli.brief import CaseArgument, ScenarioOption
from karwan.cli.output import CsvOption, Format, JsonOption, chosen, emit

SHOWN = (
    "trip", "use", "observed_days", "model_days", "error_days", "observed_usd", "model_usd", "error_usd", "cost_unit"
)  # fmt: skip


def register(corridor: typer.Typer) -> None:
    """Add `observed` to `karwan corridor`."""
    corridor.command("observed")(observed)


def observed(
    case: CaseArgument,
    scenarios: ScenarioOption = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show planned, claimed and unmeasured trips too.")
    ] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """The model against observed trips, with signed errors: model minus observed.

    Parameters may be fitted to trips of use calibrate, never to those of use validate; others are shown only. JSON and CSV hold
    every trip. Means are those of trips done whose days are known.

    Example: karwan corridor observed kaz-pak
    """
    import polars as pl

    from karwan.analysis.observed import error_summary, validation_table
    from karwan.analysis.scenario import case_under

    form = chosen(as_json, as_csv)
    opened = case_under(case, scenarios)[1]
    trips = validation_table(opened)
    measured = (pl.col("status") == "done") & pl.any_horizontal(
        pl.col("error_days", "error_usd").is_not_null()
    )
    tables = {
        "mean errors": error_summary(trips),
        "trips": trips if every or form is not Format.TABLE else trips.filter(measured),
    }
    emit(tables, form, columns={"trips": (*SHOWN, "status") if every else SHOWN}, under=opened.scenarios)
