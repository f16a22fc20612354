"""What each engine gives the store: a way to look, to add, to take away, and to do all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend

# Names of tables and views with the names of their columns.
Layout = dict[str, set[str]]


class Link(Protocol):
    """A connection to the engine a store lives on.

    Attributes
    ----------
    backend
        The Ibis backend; every query of flows is an Ibis expression on it.
    """

    backend: BaseBackend

    def layout(self) -> Layout:
        """The tables that are there, other people's too where they tell that the place is not ours."""

    def create(self) -> None:
        """Create the tables of an empty store; they stay."""

    def pretend(self) -> None:
        """Let an empty place read as an empty store; nothing stays."""

    def transaction(self) -> AbstractContextManager[None]:
        """Alone among writers, and all or nothing; inside it what was written can be read."""

    def frame(self, question: str, schema: ibis.Schema) -> pa.Table:
        """Answer of a query in SQL that all engines understand."""

    def batches(self, question: str, schema: ibis.Schema) -> Iterator[pa.RecordBatch]:
        """The same, piece by piece."""

    def insert(self, name: str, rows: pa.Table) -> None:
        """Append rows to a table."""

    def insert_rows(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Append to `flow_rows` as the batches come."""

    def delete(self, name: str, keys: Sequence[str], doomed: str) -> None:
        """Delete the rows whose `keys` are among those that the query `doomed` gives."""

    def close(self) -> None:
        """Let go of the engine."""
