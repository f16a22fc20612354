"""The `karwan` command and its nouns."""

from __future__ import annotations

from typing import Annotated

import typer

import karwan
from karwan.cli import case

app = typer.Typer(
    name="karwan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="What holds two countries' trade back, over which corridor, and what removing it is worth.",
)
app.add_typer(case.app, name="case")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"karwan {karwan.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of user errors.")] = False,
) -> None:
    """Karwan reads a case (two countries, their network, trade and plan) and answers from it."""
