"""`karwan venture`: would it pay; its commands are made from the registry."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Ventures: list, appraise, compare, wait, rows to fill.")
