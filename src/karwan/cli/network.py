"""`karwan network`: export a case's network for other tools, import one that others made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from karwan.cli.brief import ScenarioOption
from karwan.cli.output import CsvOption, Format, JsonOption, chosen, emit, say
from karwan.cli.streams import echo
from karwan.errors import InvalidInput

app = typer.Typer(
    no_args_is_help=True, help="The network in other formats: export, import; TNTP networks assigned."
)

SHORT = ("relative_gap", "objective_error", "largest_volume_error", "largest_tie_difference")
"""Figures of `assign` that are shown with three digits."""


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
    from karwan.analysis.exchange import export_network

    form_out = chosen(as_json, as_csv)
    found = export_network(case, form, out, geometry=geometry, as_of=_day(as_of), scenarios=scenarios)
    emit({"files": found.files, "lines": found.lines}, form_out, meta=found.meta)


@app.command("import")
def import_(
    folder: Annotated[
        Path, typer.Argument(help="Folder that holds the files; for TNTP also the *_net.tntp file.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write nodes.csv and links.csv into.")],
    form: Annotated[str, typer.Option("--format", help="gmns or tntp.")] = "gmns",
    country: Annotated[str, typer.Option("--country", help="Country of rows that carry none.")] = "",
    source: Annotated[str, typer.Option("--source", help="source_id of rows that carry none.")] = "",
    length_unit: Annotated[str, typer.Option("--length-unit", help="TNTP only: km, mi, m or ft.")] = "km",
    time_unit: Annotated[str, typer.Option("--time-unit", help="TNTP only: h, min or s.")] = "min",
    crs: Annotated[
        str,
        typer.Option(
            "--crs", help="Reference system of coordinates where the files name none, as EPSG:32642."
        ),
    ] = "",
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Read a network as tables nodes and links of a case; list every problem.

    Ends with exit code 2 where a row has an error; what could be read is written all the same.

    Example: karwan network import gmns-folder --format gmns --out my-tables --country KAZ
    """
    from karwan.analysis.exchange import import_network, problem_summary

    form_out = chosen(as_json, as_csv)
    options = {"country": country, "crs": crs, **({"source_id": source} if source else {})}
    if form == "tntp":
        options |= {"length_unit": length_unit, "time_unit": time_unit}
    found = import_network(form, folder, out, **options)
    problems = problem_summary(found.problems) if form_out is Format.TABLE else found.problems
    tables = {
        "files": found.files,
        **({"problems": problems} if problems.height or form_out is not Format.TABLE else {}),
    }
    emit(tables, form_out, meta=found.meta)
    if found.errors:
        raise typer.Exit(2)


@app.command()
def assign(
    net: Annotated[Path, typer.Argument(help="The *_net.tntp file, or a folder that holds one.")],
    trips: Annotated[
        Path | None, typer.Option("--trips", help="Trip table; *_trips.tntp of the same name by default.")
    ] = None,
    flows: Annotated[
        Path | None,
        typer.Option("--flows", help="Known flows; *_flow.tntp of the same name where there is one."),
    ] = None,
    gap: Annotated[float, typer.Option("--gap", help="Relative gap to reach.", min=0.0)] = 1e-6,
    iterations: Annotated[int, typer.Option("--iterations", help="At most so many.", min=1)] = 1000,
    method: Annotated[
        str, typer.Option("--method", help="gradient_projection, bfw, frank_wolfe or msa.")
    ] = "gradient_projection",
    toll_weight: Annotated[
        float, typer.Option("--toll-weight", help="Time per unit of toll in the cost.", min=0.0)
    ] = 0.0,
    length_weight: Annotated[
        float, typer.Option("--length-weight", help="Time per unit of length in the cost.", min=0.0)
    ] = 0.0,
    top: Annotated[int, typer.Option("--top", help="Links to show, the fullest first.", min=1)] = 15,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Assign the trips of a TNTP network to its user equilibrium and compare with the best-known flows.

    Units are those of the files. --json and --csv hold every link, in the order of the file.

    Example: karwan network assign SiouxFalls_net.tntp --gap 1e-10
    """
    from karwan.analysis.network_assignment import assign_tntp

    form_out = chosen(as_json, as_csv)
    found = assign_tntp(
        net, trips=trips, flows=flows, toll_weight=toll_weight, length_weight=length_weight,
        method=method, relative_gap=gap, max_iterations=iterations,
    )  # fmt: skip
    if form_out is Format.JSON:
        tables = {"links": found.links, "convergence": found.convergence}
        emit(tables, form_out, meta=found.meta, notes=found.notes)
    elif form_out is Format.CSV:
        emit({"links": found.links}, form_out)
        say(found.notes, err=True)
    else:
        fullest = found.links.sort("load", descending=True, nulls_last=True, maintain_order=True).head(top)
        emit({"fullest links": fullest}, form_out, meta=_spoken(found.meta), notes=found.notes)
    if not found.meta["converged"]:
        reached = f"{found.meta['relative_gap']:.3g} after {found.meta['iterations']} iterations"
        echo(f"NOT converged: relative gap {reached}, {gap:g} asked.", err=True)


def _spoken(meta: Mapping[str, object]) -> dict[str, object]:
    """Figures with as many digits as a comparison needs."""
    return {
        name: f"{value:{'.3g' if name in SHORT else ',.12g'}}" if isinstance(value, float) else value
        for name, value in meta.items()
        if value is not None
    }


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(f"{text!r} is not a day.", "YYYY-MM-DD is wanted", "as 2026-12-01.") from None
