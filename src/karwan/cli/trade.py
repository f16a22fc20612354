"""`karwan trade`: its commands come from the registry, beside `ingest`, which fills the store."""

from __future__ import annotations

import typer

app = typer.Typer(
    no_args_is_help=True, help="Trade: standing, growth, store, mirror, indicators, potential, target."
)
world = typer.Typer(no_args_is_help=True, help="Trade of all countries by sector: build, show, check.")
app.add_typer(world, name="world")
