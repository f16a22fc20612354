"""The schema of a case: every table and column, read from the CSV rows beside this file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from io import StringIO

PARTS = ("network", "plan")


@dataclass(frozen=True)
class Column:
    """One declared column of a table.

    Attributes
    ----------
    name, type, unit, description
        What it is; `type` is one of text, int, float, bool, date, list.
    required
        A row without it is an error.
    default
        Text used where the cell is empty; None keeps it missing.
    minimum, maximum
        Hard bounds: outside is an error.
    warn_minimum, warn_maximum
        Plausible bounds: outside is a listed warning.
    allowed
        Allowed values; empty means any.
    references
        (table, column) whose values the cell must be one of, or None.
    """

    name: str
    type: str
    unit: str
    required: bool
    default: str | None
    minimum: float | None
    maximum: float | None
    warn_minimum: float | None
    warn_maximum: float | None
    allowed: tuple[str, ...]
    references: tuple[str, str] | None
    description: str


@dataclass(frozen=True)
class TableSpec:
    """One declared table: its key, whether a case must have it, and its columns in order.

    Attributes
    ----------
    part
        network or plan: required only beside another table of that part, for a case may lack the whole of it; else blank.
    """

    name: str
    key: str
    required: bool
    provenance: bool
    description: str
    columns: tuple[Column, ...]
    part: str = ""

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in file order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Column by name; KeyError when the table does not declare it."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def schema_rows(file_name: str) -> list[dict[str, str]]:
    """Rows of a CSV file of the schema, by column name."""
    text = resources.files(__package__).joinpath(file_name).read_text(encoding="utf-8")
    return list(csv.DictReader(StringIO(text, newline="")))


def _number(text: str) -> float | None:
    return float(text) if text else None


def _column(row: dict[str, str]) -> Column:
    reference = row["references"]
    return Column(
        name=row["column"],
        type=row["type"],
        unit=row["unit"],
        required=row["required"] == "yes",
        default=row["default"] or None,
        minimum=_number(row["min"]),
        maximum=_number(row["max"]),
        warn_minimum=_number(row["warn_min"]),
        warn_maximum=_number(row["warn_max"]),
        allowed=tuple(row["allowed"].split("|")) if row["allowed"] else (),
        references=(reference.split(".")[0], reference.split(".")[1]) if reference else None,
        description=row["description"],
    )


@cache
def load_schema() -> dict[str, TableSpec]:
    """All declared tables by name, in the order a case is read.

    Returns
    -------
    dict of table name to `TableSpec`. Tables with provenance end with source_id, basis and note.
    """
    provenance = tuple(_column(row) for row in schema_rows("provenance.csv"))
    schema = {}
    for row in schema_rows("tables.csv"):
        name = row["table"]
        own = tuple(_column(column) for column in schema_rows(f"{name}.csv"))
        has_provenance = row["provenance"] == "yes"
        schema[name] = TableSpec(
            name=name,
            key=row["key"],
            required=row["required"] != "no",
            part=row["required"] if row["required"] in PARTS else "",
            provenance=has_provenance,
            description=row["description"],
            columns=own + provenance if has_provenance else own,
        )
    return schema


OWN_KINDS = ("trips", "quotes", "border_hours")
"""Kinds of own observations, each with its form."""


@cache
def own_forms() -> dict[str, TableSpec]:
    """Forms of own observations by kind: what a firm or ministry fills in; see `karwan.case.own`."""
    return {kind: _own_form(kind) for kind in OWN_KINDS}


def _own_form(kind: str) -> TableSpec:
    columns = tuple(_column(row) for row in schema_rows(f"own/{kind}.csv"))
    return TableSpec(kind, "observation_id", False, False, f"Own {kind.replace('_', ' ')}.", columns)


@cache
def parameter_bounds() -> dict[str, tuple[float, float]]:
    """Least and greatest value of every parameter that a model reads, by parameter id; outside is an error."""
    rows = schema_rows("known_parameters.csv")
    return {row["parameter_id"]: (float(row["min"]), float(row["max"])) for row in rows}
