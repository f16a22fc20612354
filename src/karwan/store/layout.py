"""The store's tables in DuckDB: created, brought up to date, filled in bulk."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb
import pyarrow as pa

from karwan.store import tables

MEMORY_LIMIT = 700_000_000
# While rows stream in, room for every thread's row group is enough; more would fill with blocks written already.
STREAM_MEMORY, STREAM_MEMORY_PER_THREAD = 32_000_000, 16_000_000

SYNC_EVERY_S = 0.05
# Descriptors of files that are synced early, by device and inode. They stay open until the process ends: closing
# any descriptor of a file gives up the lock that DuckDB holds on it for the process.
_SYNCED: dict[tuple[int, int], int] = {}

# The rows of `flow_rows` lie in one column of a table of this name: DuckDB sketches the distinct values of every
# plain column it appends to, which would take a fifth of the time of a load, and no query needs it.
RECORDS = "flow_records"
_TYPES = {
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "string": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
_RECORD = "{" + ", ".join(f"'{name}': {name}" for name in tables.FLOW_ROWS) + "}"


def _columns(name: str) -> str:
    return ", ".join(f'"{column}" {_TYPES[str(kind)]}' for column, kind in tables.TABLES[name].items())


def create(raw: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of an empty store."""
    for name in tables.TABLES:
        if name != "flow_rows":
            raw.execute(f"CREATE TABLE {name} ({_columns(name)})")
    create_records(raw)


def create_records(raw: duckdb.DuckDBPyConnection) -> None:
    """Create the table of the rows, and `flow_rows` as a view of it."""
    raw.execute(f"CREATE TABLE {RECORDS} (record STRUCT({_columns('flow_rows')}))")
    fields = ", ".join(f"record.{name} AS {name}" for name in tables.FLOW_ROWS)
    raw.execute(f"CREATE VIEW flow_rows AS SELECT {fields} FROM {RECORDS}")


def add_tables_and_columns(raw: duckdb.DuckDBPyConnection) -> None:
    """Format 1 to 2: the table of what the store says of itself, and what loads say of their content."""
    raw.execute(f"CREATE TABLE store_info ({_columns('store_info')})")
    for column, kind in tables.LOADS.items():
        raw.execute(f'ALTER TABLE loads ADD COLUMN IF NOT EXISTS "{column}" {_TYPES[str(kind)]}')


def rows_into_records(raw: duckdb.DuckDBPyConnection) -> None:
    """Format 0 to 1: the rows lay in plain columns, and every lane carried its context."""
    contexts = [name for name in tables.CONTEXTS if name != "context_key"]
    same = " AND ".join(f"l.{name} IS NOT DISTINCT FROM c.{name}" for name in contexts)
    raw.execute("ALTER TABLE flow_rows RENAME TO rows_before; ALTER TABLE lanes RENAME TO lanes_before")
    for name in ("contexts", "lanes"):
        raw.execute(f"CREATE TABLE {name} ({_columns(name)})")
    create_records(raw)
    raw.execute(
        f"""
        INSERT INTO {RECORDS} SELECT {_RECORD} FROM rows_before;
        INSERT INTO contexts SELECT row_number() OVER () - 1, *
        FROM (SELECT DISTINCT {", ".join(contexts)} FROM lanes_before);
        INSERT INTO lanes SELECT {", ".join(tables.LANES)} FROM lanes_before l JOIN contexts c ON {same};
        DROP TABLE rows_before; DROP TABLE lanes_before
        """
    )


@contextmanager
def registered(
    raw: duckdb.DuckDBPyConnection, name: str, rows: pa.Table | pa.RecordBatchReader
) -> Iterator[None]:
    """Rows of Arrow as a table that SQL can read."""
    raw.register(name, rows)
    try:
        yield
    finally:
        raw.unregister(name)


def append_rows(raw: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader) -> None:
    """Stream batches with the columns of `flow_rows` into the store."""
    with registered(raw, "incoming_rows", reader), _streaming(raw), _written_early(raw):
        raw.execute(f"INSERT INTO {RECORDS} SELECT {_RECORD} FROM incoming_rows")


@contextmanager
def _streaming(raw: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Little memory, so that blocks already written are used again, and no trial of run lengths, which pay for
    lanes only.
    """
    found = raw.execute(
        "SELECT current_setting('threads'), coalesce(sum(memory_usage_bytes), 0)::BIGINT FROM duckdb_memory()"
    ).fetchone()
    assert found is not None
    room = int(found[1]) + STREAM_MEMORY + STREAM_MEMORY_PER_THREAD * int(found[0])
    wanted = {
        "write_buffer_row_group_count": "1",
        "memory_limit": f"{min(room, MEMORY_LIMIT)}B",
        "disabled_compression_methods": "rle",
    }
    names = ", ".join(f"'{name}'" for name in wanted)
    before = raw.execute(f"SELECT name, value FROM duckdb_settings() WHERE name IN ({names})").fetchall()
    for name, _ in before:
        raw.execute(f"SET {name} = '{wanted[name]}'")
    try:
        yield
    finally:
        for name, value in before:
            with suppress(duckdb.TransactionException):  # of a load that failed, which says why itself
                raw.execute(f"SET {name} = '{value}'")


@contextmanager
def _written_early(raw: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Have the system write to the disk what streams in, so that the commit need not wait for all of it (Linux)."""
    file = raw.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    if sys.platform != "linux" or file is None or file[0] is None:
        yield
        return
    path, done = file[0], threading.Event()

    def sync() -> None:
        with suppress(OSError):  # DuckDB's own sync reports what fails
            while not done.wait(SYNC_EVERY_S):
                status = os.stat(path)
                place = status.st_dev, status.st_ino
                if place not in _SYNCED:
                    _SYNCED[place] = os.open(path, os.O_RDONLY)
                os.fdatasync(_SYNCED[place])

    thread = threading.Thread(target=sync, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def delete_from_lane(raw: duckdb.DuckDBPyConnection, base: int) -> None:
    """Delete everything that lanes from `base` on have."""
    raw.execute(
        "DELETE FROM contexts WHERE context_key IN (SELECT context_key FROM lanes WHERE lane_key >= ?)",
        [base],
    )
    raw.execute(f"DELETE FROM {RECORDS} WHERE record.lane_key >= ?", [base])
    for name in ("quantities", "lanes"):
        raw.execute(f"DELETE FROM {name} WHERE lane_key >= ?", [base])
