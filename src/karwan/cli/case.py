"""`karwan case`: check a case, start a new one, list the embedded ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from karwan.cli.output import CsvOption, JsonOption, chosen, emit
from karwan.cli.streams import echo
from karwan.project import case_report, list_cases, new_case

app = typer.Typer(no_args_is_help=True, help="Cases: check, start, list.")


@app.command()
def check(
    case: Annotated[str, typer.Argument(help="Embedded case or folder.")],
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Count a case's rows by basis and list its conflicts and warnings.

    Example: karwan case check kaz-pak
    """
    report = case_report(case)
    emit(report.tables, chosen(as_json, as_csv), meta=report.meta)
    if report.errors:
        raise typer.Exit(2)


@app.command()
def new(
    party_a: Annotated[str, typer.Argument(help="First country, ISO 3166-1 alpha-3.")],
    party_b: Annotated[str, typer.Argument(help="Second country, ISO 3166-1 alpha-3.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder to make.")] = None,
) -> None:
    """Write a valid empty case from the schema.

    Example: karwan case new UZB PAK --out my-case
    """
    for path in new_case(party_a, party_b, out, date.today()):
        echo(path)


@app.command("list")
def list_(as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """List the cases shipped with the package.

    Example: karwan case list
    """
    emit({"cases": list_cases()}, chosen(as_json, as_csv))
