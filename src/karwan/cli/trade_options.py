"""Options that several commands of `karwan trade` share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from karwan.cli.output import Columns, Format, chosen, emit, say

if TYPE_CHECKING:
    from karwan.analysis.answer import Answer

PairCaseOption = Annotated[
    str | None, typer.Option("--case", help="Case of the two countries; the embedded one by default.")
]
StoreOption = Annotated[str | None, typer.Option("--store", help="Trade store; see `karwan trade ingest`.")]
TableOption = Annotated[
    Path | None,
    typer.Option("--table", help="CSV or Parquet: exporter, importer, product, value_usd [, year]."),
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source", help="Source of the store's loads to use; by default the one with most flows."),
]
LevelOption = Annotated[
    str | None, typer.Option("--level", help="hs2, hs4, hs6 or sitc1; what most rows have by default.")
]
DistancesOption = Annotated[
    Path | None,
    typer.Option("--distances", help="exporter, importer, distance_km, contiguous; or CEPII's columns."),
]


def show(answer: Answer, as_json: bool, as_csv: bool, columns: Mapping[str, Columns] | None = None) -> None:
    """Print an answer; in the plain tables only these columns, as far as a table has them, and no empty table."""
    form = chosen(as_json, as_csv)
    tables = {t: table for t, table in answer.tables.items() if table.height or form is not Format.TABLE}
    shown: dict[str, Columns] = {}
    for title, names in (columns or {}).items():
        if title in tables:
            held = [name for name in names if name in tables[title].columns]
            shown[title] = {name: names[name] for name in held} if isinstance(names, Mapping) else held
    emit(tables, form, columns=shown, meta=answer.meta)
    if form is Format.CSV:
        say([f"note: {note}" for note in answer.left_out], err=True)
