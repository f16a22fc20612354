"""Arguments and options that several commands share."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

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

PrivateOption = Annotated[
    Path | None,
    typer.Option(
        "--private",
        help="Folder of own observations that move hours and rates; see `karwan observed add`.",
        envvar="KARWAN_PRIVATE",
    ),
]
