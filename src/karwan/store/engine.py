"""Open the store a user names: a DuckDB file, a PostgreSQL database, a Spark warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import cast
from urllib.parse import urlsplit

import duckdb
import ibis
import ibis.expr.types as ir
import polars as pl
import pyarrow as pa
from ibis.backends import BaseBackend

from karwan.errors import InvalidInput, MissingExtra
from karwan.store import counts, tables
from karwan.store.duckdb_file import DuckDBFile, damaged, open_duckdb
from karwan.store.errors import StoreError, first_line, other_format
from karwan.store.link import Layout, Link
from karwan.store.measure import info
from karwan.store.postgres import PostgresDatabase, open_postgres

DEFAULT_STORE = "karwan.duckdb"
# How long to wait for another process, for a question and for a load.
READ_WAIT_S, LOAD_WAIT_S = 15.0, 60.0
# What DuckDB raises where blocks of a file are damaged or cut off.
_UNREADABLE = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.SerializationException,
)


@dataclass
class Store:
    """An open trade store.

    Attributes
    ----------
    link
        The connection to its engine.
    target
        What the user named, without a password.
    """

    link: Link
    target: str

    @property
    def backend(self) -> BaseBackend:
        """The Ibis backend; every query is an Ibis expression on it."""
        return self.link.backend

    @property
    def engine(self) -> str:
        """Name of the engine: `duckdb`, `postgres` or `pyspark`."""
        return cast(str, self.backend.name)

    def flows(self) -> ir.Table:
        """Every flow of finished loads, as one Ibis table with the columns `tables.FLOWS`."""
        return tables.flows(self.backend)

    def table(self, expression: ir.Table) -> pl.DataFrame:
        """Result of an Ibis expression as a Polars frame."""
        with self._readable():
            if isinstance(self.link, DuckDBFile):
                # The same expression; Ibis compiles it and DuckDB hands Arrow over without the detour through
                # pandas.
                arrow = self.link.raw.execute(self.backend.compile(expression)).to_arrow_table()
            else:
                with tables.driver_notices_off():
                    arrow = expression.to_pyarrow()
        return cast(pl.DataFrame, pl.from_arrow(arrow))

    def frame(self, question: str, schema: ibis.Schema) -> pl.DataFrame:
        """Result of a query in SQL that every engine understands, with the columns of a schema."""
        with self._readable():
            return cast(pl.DataFrame, pl.from_arrow(self.link.frame(question, schema)))

    def batches(self, question: str, schema: ibis.Schema) -> Iterator[pa.RecordBatch]:
        """The same, piece by piece."""
        with self._readable():
            yield from self.link.batches(question, schema)

    def loads(self) -> pl.DataFrame:
        """Finished loads, oldest first."""
        return self.frame(
            f"SELECT {', '.join(tables.LOADS)} FROM loads ORDER BY loaded_at, load_id", tables.LOADS
        )

    def rejects(self, load_id: str | None = None) -> pl.DataFrame:
        """Rows that were not stored, with the reason, of one load or of all."""
        rejects = self.backend.table("rejects").semi_join(self.backend.table("loads"), "load_id")
        if load_id is not None:
            rejects = rejects.filter(rejects.load_id == load_id)
        return self.table(rejects.order_by("load_id", "line"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else loads meanwhile."""
        with self.link.transaction():
            yield

    def raw(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB connection below Ibis, for bulk loading."""
        return cast(DuckDBFile, self.link).raw

    def close(self) -> None:
        """Close the store."""
        self.link.close()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Say that the store is damaged where its engine cannot read what it holds."""
        try:
            yield
        except _UNREADABLE as error:
            raise damaged(self.target, first_line(error)) from error
        except Exception as error:
            if type(error).__module__.split(".")[0] not in ("psycopg", "pyspark", "py4j"):
                raise
            raise StoreError(
                f"The store at {self.target} cannot be read.",
                evidence=first_line(error),
                fix="If tables or files are missing or damaged, take them from a backup, or load into a new store.",
            ) from error

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(
    target: str | Path = DEFAULT_STORE,
    *,
    create: bool = False,
    wait_s: float | None = None,
    checked: bool = True,
) -> Store:
    """Open the store at a path (DuckDB) or URL, for reading unless `create`.

    A store opened for reading can still be loaded: it is then open for writing as long as the load takes.

    Parameters
    ----------
    target
        A path; `postgres://user@host:port/database`; `spark://local[2]?warehouse=FOLDER` or
        `spark://HOST:PORT?warehouse=URI`.
    create
        Open for writing, and make the store if it does not exist; without it a missing DuckDB file is an error.
    wait_s
        How long to wait for another process that uses the store; by default 15 s, 60 s with `create`.
    checked
        Hold the counts of the tables against `loads` and refuse a store that lost rows.

    Raises
    ------
    InvalidInput
        There is no store at the path.
    StoreError
        The place holds something else, a store of another format, or a damaged one; another process holds it;
        the engine cannot be reached.
    """
    wait_s = wait_s if wait_s is not None else (LOAD_WAIT_S if create else READ_WAIT_S)
    store = _link(str(target), create, wait_s)
    try:
        _settle(store, create)
        if checked and store.engine != "pyspark":  # which has compared its files
            counts.check_counts(store)
    except BaseException:
        store.close()
        raise
    return store


def open_as_it_is(target: str | Path) -> tuple[Store, int | None]:
    """Open a store of any format for reading, unchecked; its format, None where there is none."""
    store = _link(str(target), False, READ_WAIT_S)
    try:
        return store, format_of(store)
    except BaseException:
        store.close()
        raise


def _link(text: str, create: bool, wait_s: float) -> Store:
    with tables.driver_notices_off():
        scheme, _, rest = text.partition("://")
        if not rest or scheme == "duckdb":
            return Store(open_duckdb(Path(rest or text), create=create, wait_s=wait_s), rest or text)
        shown = _without_password(text)
        if scheme in ("postgres", "postgresql"):
            return Store(_postgres(text, shown, wait_s), shown)
        if scheme in ("spark", "pyspark"):
            from karwan.store.spark import open_spark  # an extra

            return Store(open_spark(text, wait_s=wait_s), text)
    raise InvalidInput(
        f"A store cannot live on the engine `{scheme}`.",
        evidence="a load there could not be kept whole",
        fix="Give the path of a DuckDB file, or a URL postgres://... or spark://...",
    )


def _postgres(url: str, shown: str, wait_s: float) -> Link:
    try:
        return open_postgres(url, shown=shown, wait_s=wait_s)
    except ImportError as error:
        raise MissingExtra(
            "The engine `postgres` needs its Ibis extra.",
            evidence=str(error),
            fix="pip install 'ibis-framework[postgres]'",
        ) from error


def _settle(store: Store, create: bool) -> None:
    """Refuse what is no store of this format, then make ready for reading, or for writing."""
    link = store.link
    found = format_of(store)
    if found not in (None, tables.FORMAT):
        raise other_format(store.target, found)
    if create:
        if found is None:
            _create(store)
        if isinstance(link, DuckDBFile) and not link.writing:
            link.keep_writing()
    else:
        if found is None:
            link.pretend()
        if isinstance(link, PostgresDatabase):
            link.read()


def _create(store: Store) -> None:
    with store.transaction():
        make_empty(store)


def make_empty(store: Store) -> None:
    """Make an empty store where there is none, inside a transaction: another process may have done so just now."""
    if format_of(store) is None:
        store.link.create()
        row = {"name": ["format"], "value": [str(tables.FORMAT)]}
        store.link.insert("store_info", pa.table(row, schema=tables.INFO.to_pyarrow()))


def format_of(store: Store) -> int | None:
    """Format of the store, None where the place is empty.

    Raises
    ------
    StoreError
        The place holds something else, or a store that lacks tables.
    """
    layout = store.link.layout()
    ours = set(tables.TABLES) & set(layout)
    if not ours and (not layout or not isinstance(store.link, DuckDBFile)):
        return None
    if {"name", "value"} <= layout.get("store_info", set()):
        return _stated_format(store, layout)
    if {"flow_rows", "lanes"} <= ours and set(tables.LOADS_AT_FIRST) <= layout.get("loads", set()):
        return 1 if "contexts" in ours or store.engine != "duckdb" else 0
    raise StoreError(
        f"{store.target} is no trade store: it holds other tables. Nothing was written to it.",
        evidence=f"tables {', '.join(sorted(layout)[:5])}",
        fix="Give the path of a store, or of a file that does not exist yet.",
    )


def _stated_format(store: Store, layout: Layout) -> int:
    stated = info(store).get("format", "")
    if not stated.isdecimal():
        raise StoreError(
            f"{store.target} does not state its format.",
            evidence="no number under `format` in store_info",
            fix="Take it from a backup, or load the files again into a new store.",
        )
    missing = sorted(set(tables.TABLES) - set(layout))
    if int(stated) == tables.FORMAT and missing:
        raise StoreError(
            f"The store {store.target} is damaged: it lacks tables. It is not answered from.",
            evidence=f"without {', '.join(missing)}",
            fix="Take it from a backup, or load the files again into a new store.",
        )
    return int(stated)


def _without_password(url: str) -> str:
    parts = urlsplit(url) if url.startswith("postgres") else None
    return url.replace(f":{parts.password}@", ":***@") if parts is not None and parts.password else url
