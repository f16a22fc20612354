"""Result tables: the columns of every table an analysis answers with, read from the CSV rows in `results/`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

TYPES = ("text", "int", "float", "bool", "date", "time", "texts", "floats")
SHOWN = ("yes", "room", "filled", "varies", "no")


@dataclass(frozen=True)
class ResultColumn:
    """One column of a result.

    Attributes
    ----------
    name, type, unit
        Name as in JSON and CSV, a `*` in it and its label for a text known only to the answer (`*_usd` of kaz_usd); one of `TYPES`;
        unit, blank where it has none.
    label
        Heading for people; blank takes the name.
    shown
        In plain tables: yes, only where there is room, only where a value stands, only where its values differ, or no.
    description
        What it is, where it comes from, when it is missing.
    """

    name: str
    type: str
    unit: str
    label: str
    shown: str
    description: str


@dataclass(frozen=True)
class ResultTable:
    """A table of a result.

    Attributes
    ----------
    name, title
        Key and title for people.
    split
        Column by whose values the plain table is printed in parts, the value as title, or a text with columns in braces; blank prints
        it whole.
    columns
        In order.
    """

    name: str
    title: str
    split: str
    columns: tuple[ResultColumn, ...]

    @property
    def headings(self) -> dict[str, str]:
        """Column to heading for plain tables, those for which there may be no room last."""
        ranked = sorted((c for c in self.columns if c.shown != "no"), key=lambda c: c.shown == "room")
        return {c.name: c.label or c.name for c in ranked}


def _read(file_name: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath("results").joinpath(file_name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.split("\n")))


@cache
def _tables() -> dict[str, dict[str, str]]:
    return {row["table"]: row for row in _read("tables.csv")}


def result_names() -> tuple[str, ...]:
    """Keys of all result tables, in the order of `results/tables.csv`."""
    return tuple(_tables())


@cache
def result_table(name: str) -> ResultTable:
    """A declared result table; KeyError where no row of `results/tables.csv` names it."""
    columns = tuple(
        ResultColumn(
            row["column"], row["type"], row["unit"], row["label"], row["shown"] or "yes", row["description"]
        )
        for row in _read(f"{name}.csv")
    )
    return ResultTable(name, _tables()[name]["title"], _tables()[name]["split"], columns)
