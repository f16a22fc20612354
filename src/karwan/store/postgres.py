"""A store in a PostgreSQL database: a load is one transaction, one at a time; readers see a snapshot."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from ibis.backends import BaseBackend

from karwan.store import tables
from karwan.store.errors import StoreError, first_line
from karwan.store.link import Layout

RETRY_S = 0.05
FETCHED = 200_000
# The key of the lock that a load holds till its transaction ends: `karwan` as a number.
LOCK = int.from_bytes(b"karwan", "big")
_TYPES = {
    "int32": "integer",
    "int64": "bigint",
    "float64": "double precision",
    "string": "text",
    "date": "date",
    "timestamp": "timestamp",
}
_PRIMARY = {
    "store_info": "name",
    "loads": "load_id",
    "contexts": "context_key",
    "lanes": "lane_key",
    "products": "product_key",
}


class PostgresDatabase:
    """A connection that reads one snapshot, and writes in transactions of their own."""

    def __init__(self, backend: BaseBackend, target: str, wait_s: float) -> None:
        self.backend = backend
        self.target = target
        self.wait_s = wait_s
        self._snapshot: Any = None
        self._pretended = False
        self._con.execute("SET application_name = 'karwan'")

    @property
    def _con(self) -> Any:
        return cast(Any, self.backend).con

    def layout(self) -> Layout:
        """Tables and views that an unqualified name of ours would find."""
        names = ", ".join(f"'{name}'" for name in tables.TABLES)
        found = self._con.execute(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            f"WHERE c.relname IN ({names}) AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm', 'p') "
            "AND pg_table_is_visible(c.oid)"
        ).fetchall()
        present: Layout = {}
        for name, column in found:
            present.setdefault(name, set()).add(column)
        return present

    def create(self) -> None:
        """Create the tables that are absent."""
        for name in tables.TABLES:
            self._con.execute(f"CREATE TABLE IF NOT EXISTS {name} ({_columns(name)})")

    def add_tables_and_columns(self) -> None:
        """Format 1 to 2: the table of what the store says of itself, what loads say of their content, unique keys."""
        self._con.execute(f"CREATE TABLE store_info ({_columns('store_info')})")
        for column, kind in tables.LOADS.items():
            self._con.execute(f"ALTER TABLE loads ADD COLUMN IF NOT EXISTS {column} {_TYPES[str(kind)]}")

    def pretend(self) -> None:
        """Let a database without our tables read as an empty store, for this session only."""
        for name in tables.TABLES:
            self._con.execute(f"CREATE TEMPORARY TABLE {name} ({_columns(name)})")
        self._pretended = True

    def read(self) -> None:
        """Read from now on what stood here now: loads that end meanwhile are not seen half."""
        self._con.read_only = True
        self._con.isolation_level = _psycopg().IsolationLevel.REPEATABLE_READ
        self._snapshot = self._con.transaction()
        self._snapshot.__enter__()

    def _leave_snapshot(self) -> None:
        if self._snapshot is not None:
            self._snapshot.__exit__(None, None, None)
            self._snapshot = None
            self._con.read_only = None
            self._con.isolation_level = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Alone among loads, and all or nothing."""
        reading = self._snapshot is not None
        self._leave_snapshot()
        self._drop_pretended()
        try:
            with self._con.transaction():
                self._lock()
                yield
        except _psycopg().Error as error:
            raise _not_stored(self.target, error) from error
        finally:
            if reading and not self._con.closed:
                self.read()

    def _drop_pretended(self) -> None:
        if self._pretended:
            for name in tables.TABLES:
                self._con.execute(f"DROP TABLE pg_temp.{name}")
            self._pretended = False

    def _lock(self) -> None:
        until = time.monotonic() + self.wait_s
        while not self._con.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK]).fetchone()[0]:
            if time.monotonic() > until:
                raise self._held()
            time.sleep(RETRY_S)

    def _held(self) -> StoreError:
        holders = self._con.execute(
            "SELECT a.pid, a.usename, coalesce(host(a.client_addr), 'this machine'), a.xact_start FROM pg_locks l "
            "JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted "
            "AND (l.classid::bigint << 32 | l.objid::bigint) = %s",
            [LOCK],
        ).fetchall()
        who = "; ".join(
            f"server process {p} of {user} from {host}, since {at:%H:%M:%S} UTC"
            for p, user, host, at in holders
        )
        return StoreError(
            f"The store at {self.target} is in use: another load is under way. Nothing was loaded.",
            evidence=f"{who or 'the other load has just ended'}, and waiting was in vain",
            fix="Load again when it is done.",
        )

    def frame(self, question: str, schema: ibis.Schema) -> pa.Table:
        """Answer of a query."""
        return pa.Table.from_batches(self.batches(question, schema), schema.to_pyarrow())

    def batches(self, question: str, schema: ibis.Schema) -> Iterator[pa.RecordBatch]:
        """Answer of a query, piece by piece."""
        wanted = schema.to_pyarrow()
        with self._con.transaction(), self._con.cursor(name="karwan_rows") as cursor:
            cursor.execute(question)
            while rows := cursor.fetchmany(FETCHED):
                columns = zip(*rows, strict=True)
                arrays = [
                    pa.array([_whole(cell) for cell in column], type=field.type)
                    for column, field in zip(columns, wanted, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=wanted)

    def insert(self, name: str, rows: pa.Table) -> None:
        """Append rows to a table."""
        schema = tables.TABLES[name]
        wanted = rows.select(list(schema)).cast(schema.to_pyarrow())
        with self._con.cursor() as cursor, cursor.copy(_copy(name)) as copy:
            for batch in wanted.to_batches():
                copy.write(_as_csv(batch))

    def insert_rows(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Stream into `flow_rows`."""
        wanted = tables.FLOW_ROWS.to_pyarrow()
        with self._con.cursor() as cursor, cursor.copy(_copy("flow_rows")) as copy:
            for batch in batches:
                copy.write(_as_csv(batch.select(wanted.names).cast(wanted)))

    def delete(self, name: str, keys: Sequence[str], doomed: str) -> None:
        """Delete the rows whose keys the query gives."""
        same = " AND ".join(f"f.{key} = d.{key}" for key in keys)
        self._con.execute(f"DELETE FROM {name} AS f USING ({doomed}) AS d WHERE {same}")

    def close(self) -> None:
        """Close the connection."""
        if not self._con.closed:
            self._con.close()


def _psycopg() -> Any:
    import psycopg  # an extra

    return psycopg


def _whole(cell: object) -> object:
    """A sum of whole numbers comes as a decimal."""
    return int(cell) if type(cell).__name__ == "Decimal" else cell  # type: ignore[call-overload]


def _columns(name: str) -> str:
    columns = [f"{column} {_TYPES[str(kind)]}" for column, kind in tables.TABLES[name].items()]
    if name in _PRIMARY:
        columns.append(f"PRIMARY KEY ({_PRIMARY[name]})")
    return ", ".join(columns)


def _copy(name: str) -> str:
    columns = ", ".join(tables.TABLES[name])
    return f"COPY {name} ({columns}) FROM STDIN (FORMAT csv)"


def _as_csv(batch: pa.RecordBatch) -> bytes:
    """Lines for COPY: text in quotes, null as nothing. PostgreSQL holds no NUL, which becomes U+FFFD."""
    arrays = [
        pc.replace_substring(column, "\0", "\ufffd") if pa.types.is_string(column.type) else column
        for column in batch.columns
    ]
    text = io.BytesIO()
    options = pa.csv.WriteOptions(include_header=False)
    pa.csv.write_csv(pa.RecordBatch.from_arrays(arrays, names=batch.schema.names), text, options)
    return text.getvalue()


def open_postgres(url: str, *, shown: str, wait_s: float) -> PostgresDatabase:
    """Connect to the database of a `postgres://` URL; `shown` is the URL without its password."""
    try:
        backend = ibis.connect(url.replace("postgresql://", "postgres://", 1))
    except _psycopg().Error as error:
        raise StoreError(
            f"The store at {shown} cannot be opened.",
            evidence=first_line(error),
            fix="Check host, port, database and that the server runs.",
        ) from error
    return PostgresDatabase(cast(BaseBackend, backend), shown, wait_s)


def _not_stored(target: str, error: BaseException) -> StoreError:
    return StoreError(
        f"Nothing was loaded into the store at {target}.",
        evidence=first_line(error) or type(error).__name__,
        fix="See what the server says, then load again; what was there before is unchanged.",
    )
