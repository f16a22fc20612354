"""`karwan brief`: the main job, a case's brief in the terminal and as files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from karwan.cli.streams import echo

CaseArgument = Annotated[str, typer.Argument(help="Embedded case or folder.")]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", formats=["%Y-%m-%d"], metavar="DAY", help="Day it speaks of; default: the case's own."
    ),
]

ScenarioOption = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario",
        help="Scenario of the case, or a YAML file, to answer under; repeat for several, in order.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `brief` and `warm` to the root command."""
    app.command("brief")(brief)
    app.command("warm")(warm)


def brief(
    case: CaseArgument,
    as_of: AsOfOption = None,
    scenarios: ScenarioOption = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for HTML, PDF and workbook.")] = Path("out"),
) -> None:
    """Print the brief of a case and write it as HTML, PDF and workbook.

    Example: karwan brief kaz-pak --as-of 2026-11-24 --out out
    """
    from rich.console import Console

    from karwan.project import open_case
    from karwan.report import print_summary
    from karwan.report.brief_files import save_brief

    result = open_case(case, scenarios).brief(as_of.date() if as_of else None)
    paths = save_brief(result, out)
    print_summary(result, Console())
    for path in paths:
        echo(f"wrote {path}")


def warm() -> None:
    """Compile the modules and the number-crunching loops once, so that later commands start fast.

    Example: karwan warm
    """
    from karwan.runs.warm import warm_kernels

    for line in warm_kernels():
        echo(line)
