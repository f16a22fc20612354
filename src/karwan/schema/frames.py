"""Data frames of result tables, with the types their schema rows declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from karwan.schema.results import result_table

KINDS: dict[str, pl.DataType] = {
    "text": pl.String(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "texts": pl.List(pl.String()),
    "floats": pl.List(pl.Float64()),
}


def result_types(name: str) -> dict[str, pl.DataType]:
    """Column to type of a result table, in order."""
    return {column.name: KINDS[column.type] for column in result_table(name).columns}


def result_frame(name: str, rows: Iterable[Mapping[str, Any]] = ()) -> pl.DataFrame:
    """Rows as the declared table; a column a row lacks is missing, one that is not declared an error."""
    types = result_types(name)
    listed = list(rows)
    unknown = {key for row in listed for key in row} - types.keys()
    if unknown:
        raise ValueError(f"results/{name}.csv declares no column {', '.join(sorted(unknown))}")
    return pl.DataFrame(listed, schema=types)
