"""`karwan case`: start a new case; its other commands are made from the registry."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from karwan.cli.streams import echo
from karwan.project import new_case

app = typer.Typer(no_args_is_help=True, help="Cases: check, start, list.")


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
