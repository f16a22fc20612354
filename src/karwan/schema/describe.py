"""The schema as tables a person can read."""

from __future__ import annotations

import polars as pl

from karwan.errors import UnknownName
from karwan.schema import Column, load_schema


def tables_of_schema() -> pl.DataFrame:
    """Declared tables: table, key, required, provenance, columns (their number), description."""
    return pl.DataFrame(
        [
            (t.name, t.key, t.required, t.provenance, len(t.columns), t.description)
            for t in load_schema().values()
        ],
        schema=["table", "key", "required", "provenance", "columns", "description"],
        orient="row",
    )


def columns_of(table: str) -> pl.DataFrame:
    """Columns of a declared table.

    Returns
    -------
    Table with column, type, unit, required, default, bounds, plausible, allowed, references, description, all text but
    `required`. `bounds` are hard (an error outside), `plausible` are soft (a warning outside).

    Raises
    ------
    UnknownName
        The schema has no such table.
    """
    schema = load_schema()
    if table not in schema:
        raise UnknownName(
            f"No table is called {table!r}.",
            f"tables: {', '.join(schema)}",
            "`karwan docs tables` lists them.",
        )
    names = [
        "column",
        "type",
        "unit",
        "required",
        "default",
        "bounds",
        "plausible",
        "allowed",
        "references",
        "description",
    ]
    kinds = {n: pl.Boolean if n == "required" else pl.String for n in names}
    return pl.DataFrame([_row(c) for c in schema[table].columns], schema=kinds, orient="row")


def _row(column: Column) -> tuple[str | bool | None, ...]:
    return (
        column.name,
        column.type,
        column.unit or None,
        column.required,
        column.default,
        _span(column.minimum, column.maximum),
        _span(column.warn_minimum, column.warn_maximum),
        ", ".join(column.allowed) or None,
        ".".join(column.references) if column.references else None,
        column.description,
    )


def _span(low: float | None, high: float | None) -> str | None:
    if low is None and high is None:
        return None
    if high is None:
        return f">= {low:g}"
    return f"<= {high:g}" if low is None else f"{low:g} to {high:g}"
