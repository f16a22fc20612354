"""`karwan case`: start a new case; its other commands are made from the registry."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from karwan.cli.streams import echo
from karwan.project import new_case, new_case_like

app = typer.Typer(no_args_is_help=True, help="Cases: check, start, list.")


@app.command()
def new(
    party_a: Annotated[str, typer.Argument(help="First country, ISO 3166-1 alpha-3.")],
    party_b: Annotated[str, typer.Argument(help="Second country, ISO 3166-1 alpha-3.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder to make.")] = None,
    like: Annotated[
        str | None,
        typer.Option("--like", help="Case of the same region whose network, rates and papers to keep."),
    ] = None,
) -> None:
    """Write a valid empty case from the schema, or one with all but the pair's own figures from a case of the region.

    Example: karwan case new UZB PAK --like kaz-pak --out my-case
    """
    if like is None:
        for path in new_case(party_a, party_b, out, date.today()):
            echo(path)
        return
    made = new_case_like(party_a, party_b, like, out, date.today())
    echo(made.files[0].parent)
    echo(f"kept: {', '.join(f'{name} ({rows:,})' for name, rows in made.kept.items())}")
    echo(f"to fill: {', '.join(f'{name}.csv' for name in made.empty)}")
