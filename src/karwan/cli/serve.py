"""`karwan serve`: the page of a case in a browser, on this machine only."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from karwan.cli.generated import StoreOption
from karwan.cli.streams import echo
from karwan.errors import MissingExtra
from karwan.runs.pool import Limits


def serve(
    case: Annotated[str, typer.Argument(help="Embedded case or folder.")] = "kaz-pak",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on 127.0.0.1.")] = 8765,
    store: StoreOption = None,
    register_file: Annotated[
        str | None,
        typer.Option(
            "--register",
            metavar="REGISTER",
            help="Register of the plan: every page takes it as its plan, and the pages of the plan write to it. Made where it is absent.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=16, help="Processes that compute.")] = 2,
    kept: Annotated[
        Path | None, typer.Option("--kept", help="Folder of answers kept; the user's cache by default.")
    ] = None,
) -> None:
    """Open a case in a browser: every question as a page, with its tables as files. Nothing is fetched from elsewhere.

    Example: karwan serve kaz-pak
    """
    try:
        web = importlib.import_module("karwan.web.serve")  # needs the extra `web`
    except ImportError as error:
        raise MissingExtra(
            "The page needs packages that are not installed.",
            f"missing: {error.name}",
            "install them with: pip install 'karwan[web]'",
        ) from error
    web.run(
        case,
        port=port,
        store=store,
        register=register_file,
        folder=kept,
        limits=Limits(workers=workers),
        ready=_ready,
    )


def _ready(where: str) -> None:
    """Say where the page is, at once also where a program reads it."""
    echo(f"open {where} (stop with Ctrl-C)")
    sys.stdout.flush()
