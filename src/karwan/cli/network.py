"""`karwan network`: export a case's network for other tools, import one that others made."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from karwan.cli.brief import ScenarioOption
from karwan.cli.output import CsvOption, JsonOption, chosen, emit
from karwan.errors import InvalidInput

app = typer.Typer(no_args_is_help=True, help="The network in other formats: export, import.")


def register(root: typer.Typer) -> None:
    """Add `karwan network` to the root command."""
    root.add_typer(app, name="network")


@app.command()
def export(
    case: Annotated[str, typer.Argument(help="Embedded case or folder.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    form: Annotated[str, typer.Option("--format", help="gmns, geojson or geoparquet.")] = "gmns",
    geometry: Annotated[
        str,
        typer.Option(
            "--geometry", help="Lines of links: straight, or scgraph (along roads, rails and sea lanes)."
        ),
    ] = "straight",
    as_of: Annotated[str | None, typer.Option("--as-of", help="Day of closures, YYYY-MM-DD.")] = None,
    scenarios: ScenarioOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Write the nodes, links, crossings and corridors of a case.

    Example: karwan network export kaz-pak --format geojson --out layers
    """
    from karwan.network_desk import export_network

    form_out = chosen(as_json, as_csv)
    found = export_network(case, form, out, geometry=geometry, as_of=_day(as_of), scenarios=scenarios)
    emit({"files": found.files}, form_out, meta=found.meta)


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="Folder that holds the files.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write nodes.csv and links.csv into.")],
    form: Annotated[str, typer.Option("--format", help="gmns or tntp.")] = "gmns",
    country: Annotated[str, typer.Option("--country", help="Country of rows that carry none.")] = "",
    source: Annotated[str, typer.Option("--source", help="source_id of rows that carry none.")] = "",
    length_unit: Annotated[str, typer.Option("--length-unit", help="TNTP only: km, mi, m or ft.")] = "km",
    time_unit: Annotated[str, typer.Option("--time-unit", help="TNTP only: h, min or s.")] = "min",
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Read a network as tables nodes and links of a case; list every problem.

    Ends with exit code 2 where a row has an error; what could be read is written all the same.

    Example: karwan network import gmns-folder --format gmns --out my-tables --country KAZ
    """
    from karwan.network_desk import import_network

    form_out = chosen(as_json, as_csv)
    options = {"country": country, **({"source_id": source} if source else {})}
    if form == "tntp":
        options |= {"length_unit": length_unit, "time_unit": time_unit}
    found = import_network(form, folder, out, **options)
    emit({"files": found.files, "problems": found.problems}, form_out, meta=found.meta)
    if found.errors:
        raise typer.Exit(2)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(f"{text!r} is not a day.", "YYYY-MM-DD is wanted", "as 2026-12-01.") from None
