"""Parts of an answer taken out: one table, each table as a CSV file, a plot of one column."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from typer.core import TyperCommand

from karwan.analysis.contract import Analysis, Result
from karwan.errors import InvalidInput
from karwan.exports import write_text
from karwan.project.plots import plot_table, table_named, write_plot
from karwan.schema.answer_text import csv_text

CASE_FILE = "case.yaml"
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder", help="Folder to write each table to as a CSV file; `--csv FOLDER/` does so too."
    ),
]
PlotOption = Annotated[
    Path | None, typer.Option("--plot", help="Picture of a table to write: FILE.svg or FILE.png.")
]
ColumnOption = Annotated[
    str | None, typer.Option("--column", help="Column to plot; the first figure by default.")
]
ONLY = "One table of the answer, by its name or the beginning of it."


@dataclass(frozen=True)
class Extract:
    """What is taken out of an answer.

    Attributes
    ----------
    only
        Name of one table; blank keeps all.
    folder
        Where each table goes as a CSV file; None for nowhere.
    plot, column
        Picture to write, and the column it shows.
    """

    only: str = ""
    folder: Path | None = None
    plot: Path | None = None
    column: str = ""

    def of(self, result: Result) -> Result:
        """The answer with the one table asked for; the answer itself where none is."""
        if not self.only:
            return result
        name = table_named(result.tables, self.only)
        return replace(result, tables={name: result.tables[name]})

    def write(self, analysis: Analysis[Any], result: Result) -> list[Path]:
        """Write the picture and the files asked for; the paths written."""
        written = []
        if self.plot is not None:
            drawn = plot_table(analysis, result.tables, column=self.column)
            written.append(write_plot(self.plot, drawn))
        elif self.column:
            raise InvalidInput(
                "A column is named, but no plot.", f"--column {self.column}", "give --plot FILE.svg."
            )
        if self.folder is not None:
            written += write_tables(self.folder, result.tables)
        return written


def _way_out(folder: Path) -> str:
    """How to write elsewhere; a file that is there already is no folder of tables."""
    if folder.is_file():
        return "name a folder that is not a file: each table becomes a CSV in it; one table goes to a file by `--csv --table NAME > FILE`."
    return "name another."


def extract_of(given: dict[str, Any]) -> Extract:
    """What the shell's options ask for; they are taken out of what was given."""
    return Extract(
        given.pop("out_only") or "",
        given.pop("out_folder"),
        given.pop("out_plot"),
        given.pop("out_column") or "",
    )


def only_option(taken: bool) -> Any:
    """The option that names one table: `--table`, or `--only` alone where the question itself has a `--table`."""
    names = ["--only"] if taken else ["--table", "--only"]
    return Annotated[str | None, typer.Option(*names, metavar="NAME", help=ONLY)]


def write_tables(folder: Path, tables: Mapping[str, pl.DataFrame]) -> list[Path]:
    """Write each table as `NAME.csv` into a folder, made where it is not there; no cell is a formula.

    Raises
    ------
    InvalidInput
        A file stands under the name, or the folder cannot be made.
    NotWritten
        The disk is full or the folder not writable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"{folder} is no folder to write to.", error.strerror or str(error), _way_out(folder)
        ) from error
    written: dict[Path, None] = {}
    for name, table in tables.items():
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "table"
        path = folder / f"{plain}.csv"
        while path in written:  # two names alike but for signs
            path = path.with_stem(f"{path.stem}_2")
        write_text(path, csv_text({name: table}))
        written[path] = None
    return list(written)


class AnswerCommand(TyperCommand):
    """A command whose `--csv` may be followed by a folder: `--csv out/` is `--folder out/`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the folder behind `--csv` for that of `--folder`."""
        return super().parse_args(ctx, with_folder(args))


def with_folder(args: list[str]) -> list[str]:
    """Arguments in which `--csv=FOLDER`, and `--csv FOLDER/` with a slash in it, stand as `--folder`; a case's folder stays a case.

    Examples
    --------
    >>> with_folder(["kaz-pak", "--csv", "out/"]), with_folder(["--csv", "kaz-pak"])
    (['kaz-pak', '--folder', 'out/'], ['--csv', 'kaz-pak'])
    """
    found: list[str] = []
    for word in args:
        if word.startswith("--csv="):
            found += ["--folder", word.removeprefix("--csv=")]
        elif found and found[-1] == "--csv" and _is_folder(word):
            found[-1:] = ["--folder", word]
        else:
            found.append(word)
    return found


def _is_folder(word: str) -> bool:
    named = os.sep in word and not word.startswith("-")
    return named and not Path(word, CASE_FILE).exists()
