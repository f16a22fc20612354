"""`karwan brief`: the main job, a case's brief in the terminal and as files."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from karwan.analysis.case_requests import BriefRequest
from karwan.analysis.registry import BY_NAME
from karwan.cli.generated import StoreOption, show
from karwan.cli.options import AsOfOption, CaseArgument, PrivateOption, ScenarioOption
from karwan.cli.output import Format, JsonOption
from karwan.cli.streams import echo
from karwan.project import open_case
from karwan.words import sentences


def register(app: typer.Typer) -> None:
    """Add `brief` and `warm` to the root command."""
    app.command("brief")(brief)
    app.command("warm")(warm)


def brief(
    case: CaseArgument,
    as_of: AsOfOption = None,
    scenarios: ScenarioOption = None,
    private: PrivateOption = None,
    store: StoreOption = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for HTML, PDF and workbook.")] = Path("out"),
    milestone: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only the documents of one milestone of the plan, as state_visit."),
    ] = None,
    register_file: Annotated[
        str | None,
        typer.Option(
            "--register",
            metavar="REGISTER",
            help="Register of the plan: what both sides say stands in place of the case's plan.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            max=64,
            help="Processes that share the work, by default as many as the machine has; the answer is the same.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the brief of a case and write it as HTML, PDF with its annex, and workbook.

    With --json all its tables are printed and no file is written. With --store the reports of both sides, what the buyer pays other origins and
    the potential by product come from the trade store too. With --milestone it is about one event alone: each document signed, in force or not,
    what followed, what is owed. With --register the plan is as the two sides keep it: a status both state, due dates both confirmed, and
    unknown where they differ.

    Example: karwan brief kaz-pak --as-of 2026-11-24 --out out
    """
    if milestone is not None:
        _milestone(case, as_of.date() if as_of else None, scenarios, out, milestone, as_json=as_json)
        return
    analysis = BY_NAME["brief"]
    request = BriefRequest(as_of.date() if as_of else None, workers or os.cpu_count() or 1)
    project = open_case(case, scenarios or None, store=store, private=private)
    if register_file is not None:
        project = project.under_register(register_file)
    result = project.ask(analysis, request)
    if as_json:
        show(analysis, result, Format.JSON, under=project.case.stands_under)
        return
    for said in sentences(result.alerts):
        echo(str(said), err=True)
    for path in _pages().hand_out(result.detail, out, Console()):
        echo(f"wrote {path}")


def _milestone(
    case: str,
    as_of: date | None,
    scenarios: list[str] | None,
    out: Path,
    milestone: str,
    *,
    as_json: bool,
) -> None:
    """The documents of one milestone: printed, and written as a PDF."""
    analysis = BY_NAME["plan documents"]
    project = open_case(case, scenarios or None)
    result = project.documents(milestone, as_of=as_of)
    show(analysis, result, Format.JSON if as_json else Format.TABLE, under=project.case.scenarios)
    if as_json:
        return
    day = as_of or project.case.settings.as_of
    said = sentences(result.notes)
    path = _pages().save_milestone(project.case, milestone, result.tables["documents"], said, day, out)
    echo(f"wrote {path}")


def _pages() -> Any:
    """What draws pages: half a second that no other command needs."""
    from karwan.report import brief_files

    return brief_files


def warm() -> None:
    """Compile the modules and the number-crunching loops once, so that later commands start fast.

    Example: karwan warm
    """
    from karwan.runs.warm import warm_kernels  # loads every engine

    for line in warm_kernels():
        echo(line)
