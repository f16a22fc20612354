"""`karwan port`: terminals, zones and the choice of a port; its commands are made from the registry."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Ports: terminals, free zones with and without, share by port.")
