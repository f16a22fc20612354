"""Rows of the tables of a case as plain Python, which is several times cheaper than Polars on tables of some ten rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl


def numbered_rows(table: pl.DataFrame) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows by column name, with their number in the file (the header is 1)."""
    return enumerate(table.rows(named=True) if table.height else (), start=2)


def cells(table: pl.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Cells of some columns, row by row."""
    return zip(*(table.get_column(name).to_list() for name in columns), strict=True)
