"""`karwan trade`: where trade stands; the store, mirror, potential and target join it here."""

from __future__ import annotations

import typer

from karwan.cli.brief import AsOfOption, CaseArgument, ScenarioOption
from karwan.cli.output import CsvOption, JsonOption, chosen, emit

app = typer.Typer(
    no_args_is_help=True, help="Trade: standing, growth, store, mirror, indicators, potential, target."
)
COLUMNS = {
    "growth": [
        "reporter_name",
        "direction_label",
        "product_group",
        "period_label",
        "previous_label",
        "value_usd",
        "growth_share",
        "contribution_share",
    ],
    "distance": [
        "title",
        "due",
        "reporter_name",
        "base_label",
        "base_usd",
        "multiple",
        "growth_needed_share",
    ],
    "mirror": ["direction_label", "period_label", "value_a_usd", "value_b_usd", "ratio", "aligned", "reason"],
    "annual": ["reporter_name", "year_label", "direction_label", "value_usd", "claimed", "source_id"],
    "conflicts": ["conflict_group", "statement"],
    "reconciled": ["direction_label", "year", "value_usd", "low_usd", "high_usd", "sides"],
}


@app.command()
def status(
    case: CaseArgument,
    as_of: AsOfOption = None,
    scenarios: ScenarioOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Each side's figures, growth like for like, mirror gap, distance to the target, conflicts.

    Example: karwan trade status kaz-pak
    """
    from karwan.project import open_case

    project = open_case(case, scenarios)
    tables = project.standing_tables(as_of.date() if as_of else None)
    form = chosen(as_json, as_csv)
    shown = tables if form.value != "table" else {k: v for k, v in tables.items() if k != "reported"}
    emit(shown, form, columns=COLUMNS, under=project.case.scenarios)
