"""Data frames of result tables, with the types their schema rows declare."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl

from karwan.schema.results import result_table

KINDS: dict[str, pl.DataType] = {
    "text": pl.String(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "time": pl.Datetime(),
    "texts": pl.List(pl.String()),
    "floats": pl.List(pl.Float64()),
}


def result_types(name: str, without: Collection[str] = ()) -> dict[str, pl.DataType]:
    """Column to type of a result table, in order, but for some."""
    return {c.name: KINDS[c.type] for c in result_table(name).columns if c.name not in without}


def result_frame(
    name: str, rows: Iterable[Mapping[str, Any]] = (), *, without: Collection[str] = ()
) -> pl.DataFrame:
    """Rows as the declared table; a column a row lacks is missing, one that is not declared an error.

    `without` names columns that the caller adds later, such as the number of a route.
    """
    types = result_types(name, without)
    listed = list(rows)
    unknown = {key for row in listed for key in row} - types.keys()
    if unknown:
        raise ValueError(f"results/{name}.csv declares no column {', '.join(sorted(unknown))}")
    return pl.DataFrame(listed, schema=types)
