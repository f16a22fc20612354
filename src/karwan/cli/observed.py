"""`karwan observed template|add|remove`: own observations in a private folder; `list` is made from the registry."""

from __future__ import annotations

import csv
import sys
import tempfile
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer

from karwan.cli.options import PrivateOption
from karwan.cli.streams import echo
from karwan.errors import InvalidInput
from karwan.project import add_observations, observation_form, remove_observations
from karwan.schema import Column

app = typer.Typer(
    no_args_is_help=True, help="Own trips, quotes and border hours, kept private: form, add, list, remove."
)
KindArgument = Annotated[str, typer.Argument(help="trips, quotes or border_hours.")]
CaseOption = Annotated[str, typer.Option("--case", help="Embedded case or folder.")]
MOST_BYTES = 8_000_000


@app.command()
def template(kind: KindArgument) -> None:
    """Print the form of own observations as CSV, to be filled in; what each column holds goes to stderr.

    Example: karwan observed template trips > my.csv
    """
    form = observation_form(kind)
    echo(",".join(form.column_names))
    for column in form.columns:
        typer.echo(f"{column.name}: {_meaning(column)}", err=True)


def _meaning(column: Column) -> str:
    """What a column holds, in a line."""
    allowed = f" One of {', '.join(column.allowed)}." if column.allowed else ""
    default = f" Blank is {column.default}." if column.default else ""
    needed = "" if column.required else " May be blank." * (not default)
    return f"{column.description}{allowed}{default}{needed}"


@app.command()
def add(
    kind: KindArgument,
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV file in the form of `template`; none asks for each figure, or reads stdin."),
    ] = None,
    case: CaseOption = "kaz-pak",
    private: PrivateOption = None,
) -> None:
    """Keep own trips, quotes or border hours in a private folder, from a CSV file, from stdin, or asked for one by one.

    The folder is in the user's data unless --private names one; it never lies in a case, and git does not see it. Nothing reads it unless
    --private names it.

    Example: karwan observed add trips my.csv --private my-trips
    """
    if file is None:
        text = _asked(kind) if sys.stdin.isatty() else sys.stdin.read(MOST_BYTES)
        with tempfile.TemporaryDirectory() as place:
            given = Path(place, "typed.csv")
            given.write_text(text, encoding="utf-8")
            keys, folder = add_observations(case, kind, given, private)
    elif file.is_file():
        keys, folder = add_observations(case, kind, file, private)
    else:
        raise InvalidInput(
            f"No file {str(file)!r}.",
            fix="name a CSV file; `karwan observed template KIND` prints its header.",
        )
    echo(f"added to {folder}: {', '.join(keys)}")
    echo(f"to answer with them: --private {folder}, as in `karwan observed list {case} --private {folder}`")


def _asked(kind: str) -> str:
    """Rows asked for one figure at a time, as CSV."""
    form = observation_form(kind)
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(form.column_names)
    while True:
        writer.writerow([_prompted(column) for column in form.columns])
        if not typer.confirm("Another?", default=False):
            return text.getvalue()


def _prompted(column: Column) -> str:
    blank = None if column.required else (column.default or "")
    said: str = typer.prompt(f"{column.name}: {_meaning(column)}\n ", default=blank, show_default=bool(blank))
    return said.strip()


@app.command()
def remove(
    kind: KindArgument,
    keys: Annotated[list[str], typer.Argument(help="Keys of the rows, as `list` prints them.")],
    case: CaseOption = "kaz-pak",
    private: PrivateOption = None,
) -> None:
    """Remove own observations by their keys.

    Example: karwan observed remove trips t1 --private my-trips
    """
    left, folder = remove_observations(case, kind, keys, private)
    echo(f"{folder}: {left} {kind.replace('_', ' ')} left")
