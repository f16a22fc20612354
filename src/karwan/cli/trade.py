"""`karwan trade`: where trade stands; the store, mirror, potential and target join it here."""

from __future__ import annotations

import typer

from karwan.cli.brief import AsOfOption, CaseArgument, ScenarioOption
from karwan.cli.output import CsvOption, JsonOption, chosen, emit

app = typer.Typer(
    no_args_is_help=True, help="Trade: standing, growth, store, mirror, indicators, potential, target."
)
COLUMNS = {
    "growth": {
        "reporter_name": "by",
        "direction_label": "direction",
        "product_group": "goods",
        "period_label": "period",
        "previous_label": "against",
        "value_usd": "USD",
        "growth_share": "growth",
        "statistics": "counted by",
        "how": "periods",
        "contribution_share": "of it, points",
        "source_id": "source",
    },
    "distance": {
        "title": "target",
        "due": "due",
        "reporter_name": "by",
        "base_label": "from",
        "base_usd": "USD",
        "multiple": "times as much",
        "growth_needed_share": "growth needed a year",
        "source_id": "source",
    },
    "mirror": {
        "direction_label": "direction",
        "period_label": "period",
        "value_a_usd": "first, USD",
        "value_b_usd": "second, USD",
        "ratio": "ratio",
        "reason": "periods",
        "source_id": "source",
    },
    "annual": {
        "reporter_name": "by",
        "year_label": "year",
        "direction_label": "direction",
        "value_usd": "USD",
        "claimed": "stated by",
        "source_id": "source",
    },
    "conflicts": {"conflict_group": "conflict", "statement": "statement"},
    "reconciled": {
        "direction_label": "direction",
        "year": "year",
        "value_usd": "USD",
        "low_usd": "low",
        "high_usd": "high",
        "sides": "reports",
        "source_id": "source",
    },
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
    settings = project.case.settings
    sides = {"value_a_usd": f"{settings.party_a}, USD", "value_b_usd": f"{settings.party_b}, USD"}
    columns = COLUMNS | {"mirror": COLUMNS["mirror"] | sides}
    emit(shown, form, columns=columns, under=project.case.scenarios)
