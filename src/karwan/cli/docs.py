"""`karwan docs`: the schema of a case, as the program knows it."""

from __future__ import annotations

from typing import Annotated

import typer

from karwan.cli.output import CsvOption, JsonOption, chosen, emit
from karwan.schema.describe import columns_of, tables_of_schema

app = typer.Typer(no_args_is_help=True, help="Reference: the tables and columns of a case.")
SHOWN = ("column", "type", "unit", "required", "default", "bounds", "allowed", "description")


@app.callback()
def root() -> None:
    """Reference of what a case may hold."""


@app.command()
def tables(
    table: Annotated[str | None, typer.Argument(help="One table; all of them, briefly, by default.")] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Tables of a case, or the columns of one table with unit, bounds and allowed values.

    Example: karwan docs tables crossings
    """
    form = chosen(as_json, as_csv)
    if table is None:
        emit({"tables": tables_of_schema()}, form)
        return
    name = table.removesuffix(".csv")
    emit({name: columns_of(name)}, form, columns={name: SHOWN})
