"""`karwan scenario`: what if; its commands are made from the registry."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Scenarios: list, show, compare with the base.")
