"""A store on Spark: tables are folders of Parquet files, and a version's file says which of them count."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import duckdb
import ibis
import pyarrow as pa
from ibis.backends import BaseBackend

from karwan.errors import InvalidInput, MissingExtra
from karwan.store import tables, warehouse
from karwan.store.errors import StoreError, first_line, other_format
from karwan.store.link import Layout
from karwan.store.measure import quoted

_TYPES = {
    "int32": "INT",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "string": "STRING",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}


class SparkWarehouse:
    """A session whose views show one version of the warehouse."""

    def __init__(self, session: Any, root: str, target: str, wait_s: float) -> None:
        self.session = session
        self.backend = cast(BaseBackend, ibis.pyspark.connect(session))
        self.root = root
        self.target = target
        self.wait_s = wait_s
        self.files = warehouse.files_at(session, root)
        self.version = warehouse.newest(self.files, target)
        self._folders = dict(self.version.folders)
        self._shown: dict[str, dict[str, int]] = {}

    def layout(self) -> Layout:
        """The tables of the version; of a warehouse from before versions, those of its folders."""
        if self.version.number:
            if self.version.format > tables.FORMAT:
                raise other_format(self.target, self.version.format)
            warehouse.check_files(self.files, self.version, self.target)
            self._show_all()
            return {name: set(schema) for name, schema in tables.TABLES.items()}
        if self.files.names("loads") and not self.files.names("store_info"):
            return {name: set(tables.LOADS_AT_FIRST) for name in ("loads", "flow_rows", "lanes")}
        return {}

    def create(self) -> None:
        """Show an empty store; the first load makes the first version."""
        self._show_all()

    def pretend(self) -> None:
        """Let an empty warehouse read as an empty store."""
        self._show_all()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write beside; the version's file, put in place last, makes it count."""
        with self.files.alone(self.wait_s) as locked:
            before = warehouse.newest(self.files, self.target)
            self._turn_to(before)
            if locked:
                warehouse.sweep(self.files, before, self.target)
            try:
                yield
                self._commit(before)
            except BaseException:
                self._turn_to(before)
                raise

    def _commit(self, before: warehouse.Version) -> None:
        if self._folders == before.folders:
            return
        version = before.with_folders(dict(self._folders))
        if not self.files.publish(warehouse.file_of(version), version.text()):
            raise StoreError(
                f"Nothing was loaded into the store at {self.target}: another load ended meanwhile.",
                evidence=f"there is a version {version.number} already",
                fix="Load again.",
            )
        self.version = version

    def _turn_to(self, version: warehouse.Version) -> None:
        self.version = version
        self._folders = dict(version.folders)
        self._show_all()

    def _show_all(self) -> None:
        for name in tables.TABLES:
            self._show(name)

    def _show(self, name: str) -> None:
        """Let a table's view show the folders that count."""
        held = self._folders.get(name, {})
        if self._shown.get(name) == held:
            return
        kinds = {column: _TYPES[str(kind)] for column, kind in tables.TABLES[name].items()}
        if held:
            reader = self.session.read.schema(", ".join(f"{column} {kind}" for column, kind in kinds.items()))
            frame = reader.parquet(*[f"{self.root}/{folder}" for folder in held])
        else:
            nothing = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in kinds.items())
            frame = self.session.sql(f"SELECT {nothing} WHERE false")
        frame.createOrReplaceTempView(name)
        self._shown[name] = held

    def frame(self, question: str, schema: ibis.Schema) -> pa.Table:
        """Answer of a query."""
        if isinstance(self.files, warehouse.LocalFiles):
            return self._by_duckdb(question).cast(schema.to_pyarrow())
        with tables.driver_notices_off():
            return self.session.sql(question).toArrow().cast(schema.to_pyarrow())

    def _by_duckdb(self, question: str) -> pa.Table:
        """Ask the files themselves: a load asks thirty small questions, and Spark takes a second over each."""
        with duckdb.connect() as raw:
            for name in tables.TABLES:
                raw.execute(f"CREATE VIEW {name} AS {self._source(name)}")
            return raw.execute(question).to_arrow_table()

    def _source(self, name: str) -> str:
        """A table as DuckDB reads it from its Parquet files."""
        schema = tables.TABLES[name]
        casts = ", ".join(
            f"CAST({column} AS {_TYPES[str(kind)]}) AS {column}" for column, kind in schema.items()
        )
        held = self._folders.get(name)
        if not held:
            nothing = ", ".join(f"NULL AS {column}" for column in schema)
            return f"SELECT {casts} FROM (SELECT {nothing} WHERE false)"
        places = ", ".join(
            quoted(f"{unquote(urlsplit(self.root).path)}/{folder}/*.parquet") for folder in held
        )
        return f"SELECT {casts} FROM read_parquet([{places}])"

    def batches(self, question: str, schema: ibis.Schema) -> Iterator[pa.RecordBatch]:
        """The same, in pieces."""
        yield from self.frame(question, schema).to_batches()

    def insert(self, name: str, rows: pa.Table) -> None:
        """Write rows to a folder of their own."""
        schema = tables.TABLES[name]
        wanted = rows.select(list(schema)).cast(schema.to_pyarrow())
        with tables.driver_notices_off():
            frame = self.session.createDataFrame(wanted)
        casts = [f"CAST({column} AS {_TYPES[str(kind)]}) AS {column}" for column, kind in schema.items()]
        self._folders[name] = {**self._folders.get(name, {}), **self._written(name, frame.selectExpr(*casts))}
        self._show(name)

    def insert_rows(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Write the rows in one piece."""
        wanted = tables.FLOW_ROWS.to_pyarrow()
        rows = [batch.select(wanted.names).cast(wanted) for batch in batches]
        self.insert("flow_rows", pa.Table.from_batches(rows, wanted))

    def delete(self, name: str, keys: Sequence[str], doomed: str) -> None:
        """Write the table anew, without the rows whose keys the query gives."""
        gone = self.session.sql(doomed).select(*keys).distinct()
        kept = self.session.table(name).join(gone, list(keys), "left_anti").select(*tables.TABLES[name])
        self._folders[name] = self._written(name, kept)
        self._show(name)

    def _written(self, name: str, frame: Any) -> dict[str, int]:
        """Write a frame to a new folder; gives it with its bytes."""
        folder = f"{name}/{uuid.uuid4().hex}"
        frame.write.parquet(f"{self.root}/{folder}")
        return {folder: self.files.size(folder)}

    def close(self) -> None:
        """Stop Spark."""
        self.backend.disconnect()


def open_spark(url: str, *, wait_s: float) -> SparkWarehouse:
    """Start Spark for the warehouse of a `spark://` URL.

    Raises
    ------
    InvalidInput
        The URL names no warehouse.
    MissingExtra
        PySpark is not installed.
    """
    try:
        from pyspark import errors, sql  # an extra
    except ImportError as error:
        raise MissingExtra(
            "A spark:// store needs PySpark.",
            evidence=str(error),
            fix="pip install 'ibis-framework[pyspark]' and Java 17",
        ) from error
    # `local[2]` is no host name for urlsplit: cut by hand.
    address, _, query = url.split("://", 1)[1].partition("?")
    options = parse_qs(query)
    place = options.pop("warehouse", [""])[0]
    if not place:
        raise InvalidInput(
            "A spark:// store needs a warehouse.", fix="spark://local[2]?warehouse=/data/karwan"
        )
    master = address.strip("/") if address.startswith("local") else f"spark://{address}"
    builder = sql.SparkSession.builder.master(master).appName("karwan").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    for key, values in options.items():
        builder = builder.config(key, values[-1])
    try:
        session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    except errors.PySparkException as error:
        raise StoreError(
            f"Spark cannot be started for {url}.", evidence=first_line(error), fix="It needs Java 17."
        ) from error
    root = place if "://" in place else Path(place).resolve().as_uri()
    # Views are the session's own: two stores of one process do not see each other's tables.
    return SparkWarehouse(session.newSession(), root.rstrip("/"), url, wait_s)
