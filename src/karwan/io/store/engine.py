"""Open the engine a store lives on: a DuckDB file, or any Ibis backend named by a URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import duckdb
import ibis
import ibis.expr.types as ir
import polars as pl
from ibis.backends import BaseBackend

from karwan.errors import InvalidInput, KarwanError, MissingExtra
from karwan.io.store import layout, tables

DEFAULT_STORE = "karwan.duckdb"


class StoreError(KarwanError, RuntimeError):
    """A store cannot be opened, or its engine cannot do what was asked."""


@dataclass(frozen=True)
class Store:
    """An open trade store.

    Attributes
    ----------
    backend
        The Ibis backend; every query is an Ibis expression on it.
    target
        What the user named.
    """

    backend: BaseBackend
    target: str

    @property
    def engine(self) -> str:
        """Name of the Ibis backend: `duckdb`, `postgres`, `pyspark`, ..."""
        return cast(str, self.backend.name)

    def flows(self) -> ir.Table:
        """Every flow of finished loads, as one Ibis table with the columns `tables.FLOWS`."""
        return tables.flows(self.backend)

    def table(self, expression: ir.Table) -> pl.DataFrame:
        """Result of an Ibis expression as a Polars frame."""
        if self.engine == "duckdb":
            # The same expression; Ibis compiles it and DuckDB hands Arrow over without the detour through
            # pandas.
            arrow = self.raw().execute(self.backend.compile(expression)).to_arrow_table()
        else:
            with tables.driver_notices_off():
                arrow = expression.to_pyarrow()
        frame = pl.from_arrow(arrow)
        return cast(pl.DataFrame, frame)

    def loads(self) -> pl.DataFrame:
        """Finished loads, oldest first."""
        return self.table(self.backend.table("loads").order_by("loaded_at", "load_id"))

    def rejects(self, load_id: str | None = None) -> pl.DataFrame:
        """Rows that were not stored, with the reason, of one load or of all."""
        rejects = self.backend.table("rejects").semi_join(self.backend.table("loads"), "load_id")
        if load_id is not None:
            rejects = rejects.filter(rejects.load_id == load_id)
        return self.table(rejects.order_by("load_id", "line"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing on DuckDB; elsewhere nothing to do: a load counts from its row in `loads` on."""
        if self.engine != "duckdb":
            yield
            return
        raw = self.raw()
        raw.execute("BEGIN TRANSACTION")
        try:
            yield
            raw.execute("COMMIT")
        except BaseException:
            raw.execute("ROLLBACK")
            raise

    def raw(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB connection below Ibis, for bulk loading."""
        return cast(Any, self.backend).con  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the store."""
        self.backend.disconnect()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(target: str | Path = DEFAULT_STORE, *, create: bool = False) -> Store:
    """Open the store at a path (DuckDB) or URL.

    Parameters
    ----------
    target
        A path; `postgres://user@host:port/database`; `spark://local[2]?warehouse=FOLDER` or
        `spark://HOST:PORT?warehouse=URI`; any other URL `ibis.connect` knows.
    create
        Make the store if it does not exist; without it a missing DuckDB file is an error.

    Raises
    ------
    InvalidInput
        There is no store at the path.
    StoreError
        The file is no DuckDB file, another process holds it, or the engine cannot be reached.
    """
    text = str(target)
    with tables.driver_notices_off():
        if "://" not in text:
            backend = _open_duckdb(Path(text), create)
        elif text.startswith(("spark://", "pyspark://")):
            backend = _open_spark(text)
        else:
            backend = _open_url(text)
    try:
        if backend.name == "duckdb":
            layout.create(cast(Any, backend).con)
        else:
            tables.create(backend)
        current = backend.name == "duckdb" or "context_key" in backend.table("lanes").columns
    except Exception as error:
        backend.disconnect()
        raise StoreError(
            f"The tables of the store at {text} cannot be created.", evidence=_first_line(error)
        ) from error
    if not current:
        backend.disconnect()
        raise StoreError(
            f"The store at {text} has the layout of before November 2026.",
            fix="Ingest the files again into a store of its own.",
        )
    return Store(backend=backend, target=text)


def _open_duckdb(path: Path, create: bool) -> BaseBackend:
    if not path.exists() and not create:
        raise InvalidInput(
            f"There is no trade store at {path}.", fix="Fill one with `karwan trade ingest`, or give --store."
        )
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder, not a trade store.", fix="Give the path of a file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        backend = ibis.duckdb.connect(path)
    except duckdb.IOException as error:
        said = _first_line(error)
        fix = (
            "Give the path of a store."
            if "not a valid DuckDB" in said
            else "Wait for the other process, or stop it."
        )
        raise StoreError(f"The trade store {path} cannot be opened.", evidence=said, fix=fix) from error
    raw = cast(duckdb.DuckDBPyConnection, backend.con)
    raw.execute(f"SET memory_limit = '{layout.MEMORY_LIMIT}B'")
    raw.execute("SET preserve_insertion_order = false")
    raw.execute("SET enable_progress_bar = false")
    return cast(BaseBackend, backend)


def _open_url(url: str) -> BaseBackend:
    try:
        return cast(BaseBackend, ibis.connect(url.replace("postgresql://", "postgres://", 1)))
    except (ImportError, ModuleNotFoundError) as error:
        scheme = urlsplit(url).scheme
        raise MissingExtra(
            f"The engine `{scheme}` needs its Ibis extra.",
            evidence=str(error),
            fix=f"pip install 'ibis-framework[{scheme}]'",
        ) from error
    except Exception as error:
        raise StoreError(
            f"The store at {_without_password(url)} cannot be opened.",
            evidence=_first_line(error),
            fix="Check host, port, database and that the server runs.",
        ) from error


def _open_spark(url: str) -> BaseBackend:
    """Spark with each table as Parquet files in a warehouse folder, so that they outlive the session."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise MissingExtra(
            "A spark:// store needs PySpark.",
            evidence=str(error),
            fix="pip install 'ibis-framework[pyspark]' and Java 17",
        ) from error
    # `local[2]` is no host name for urlsplit: cut by hand.
    address, _, query = url.split("://", 1)[1].partition("?")
    options = parse_qs(query)
    warehouse = options.pop("warehouse", [""])[0]
    if not warehouse:
        raise InvalidInput(
            "A spark:// store needs a warehouse.", fix="spark://local[2]?warehouse=/data/karwan"
        )
    master = address.strip("/") if address.startswith("local") else f"spark://{address}"
    builder = SparkSession.builder.master(master).appName("karwan").config("spark.ui.enabled", "false")
    for key, values in options.items():
        builder = builder.config(key, values[-1])
    session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    backend = ibis.pyspark.connect(session)
    root = warehouse if "://" in warehouse else Path(warehouse).resolve().as_uri()
    for name, schema in tables.TABLES.items():
        columns = ", ".join(f"`{column}` {_SPARK_TYPES[str(kind)]}" for column, kind in schema.items())
        session.sql(
            f"CREATE TABLE IF NOT EXISTS {name} ({columns}) USING parquet "
            f"LOCATION '{root.rstrip('/')}/{name}'"
        )
    return cast(BaseBackend, backend)


_SPARK_TYPES = {
    "int32": "INT",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "string": "STRING",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamp(6)": "TIMESTAMP",
}


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0][:300]


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":***@") if parts.password else url
