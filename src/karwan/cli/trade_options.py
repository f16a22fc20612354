"""Options that several commands of `karwan trade` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from karwan.cli.output import chosen, emit

if TYPE_CHECKING:
    from karwan.trade_desk.answer import Answer

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


def show(
    answer: Answer, as_json: bool, as_csv: bool, columns: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Print an answer; in the plain table only these columns, as far as a table has them."""
    shown = {
        title: [name for name in names if name in answer.tables[title].columns]
        for title, names in (columns or {}).items()
        if title in answer.tables
    }
    emit(answer.tables, chosen(as_json, as_csv), columns=shown, meta=answer.meta)
