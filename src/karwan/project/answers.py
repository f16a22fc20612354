"""Answers for a notebook: a short repr, tables as HTML, pandas frames, and a plot of any table."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import polars as pl

from karwan.analysis.contract import Analysis, Result
from karwan.project.plots import plot_table, table_named
from karwan.schema.results import result_table
from karwan.schema.shown import shown_headings
from karwan.words import sentences

ROWS = 10  # of a table shown in a notebook
TABLES = 4


@dataclass(frozen=True)
class Picture:
    """A drawing; a notebook shows it."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


@dataclass(frozen=True, repr=False)
class NotebookAnswer:
    """What an analysis answers, as a notebook reads it.

    Attributes
    ----------
    analysis
        The question.
    result
        Its tables, facts and notes.
    """

    analysis: Analysis[Any]
    result: Result

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Tables by name."""
        return dict(self.result.tables)

    @property
    def notes(self) -> list[str]:
        """What the reader must know, in sentences."""
        return [str(one) for one in sentences([*self.result.notes, *self.result.alerts])]

    def table(self, name: str = "") -> pl.DataFrame:
        """A table by its name or the beginning of it; the first that has rows without one.

        Raises
        ------
        UnknownName
            There is no such table.
        """
        return self.result.tables[table_named(self.result.tables, name)]

    def to_pandas(self, name: str = "") -> Any:
        """A table as a pandas data frame; see `table`."""
        return self.table(name).to_pandas()

    def plot(self, name: str = "", value: str = "") -> Picture:
        """A table's figures drawn, lines over time or bars, largest first; see `table`.

        Parameters
        ----------
        value
            Column of the figures; the first that people are shown by default.

        Raises
        ------
        InvalidInput
            The table has no such figures.
        """
        return Picture(plot_table(self.analysis, self.result.tables, name, value))

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{key} ({table.height:,})" for key, table in self.result.tables.items() if table.height
        )
        return f"{self.analysis.name}: {counts or 'no rows'}; {len(self.notes)} notes"

    def _repr_html_(self) -> str:
        filled = [(key, table) for key, table in self.result.tables.items() if table.height]
        parts = [self._html(key, table) for key, table in filled[:TABLES]]
        parts += [f"<p>{escape(text)}</p>" for text in self.notes[:6]]
        return "\n".join(parts)

    def _html(self, key: str, table: pl.DataFrame) -> str:
        heads = shown_headings(result_table(self.analysis.table_of(key)), table)
        first = table.select(list(heads)).head(ROWS)
        top = "".join(f"<th>{escape(label)}</th>" for label in heads.values())
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_cell(value))}</td>" for value in row) + "</tr>"
            for row in first.iter_rows()
        )
        more = f"<caption>{escape(key)}: {first.height} of {table.height:,} rows</caption>"
        return f"<table>{more}<tr>{top}</tr>{body}</table>"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)[:160]
