"""A store in a DuckDB file: read by many processes at once, written by one; who must wait is told for whom."""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import duckdb
import ibis
import pyarrow as pa
from ibis.backends import BaseBackend

from karwan.errors import InvalidInput
from karwan.store import layout
from karwan.store.errors import StoreError, first_line
from karwan.store.link import Layout

RETRY_S = 0.05
# DuckDB takes a file of another kind for a table to be read, and would fetch a reader for it from the network.
_CONFIG = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
# One load at a time in this process, by the path of the store; between processes the file's own lock does it.
_LOADING: dict[str, threading.Lock] = {}
_LOADING_GUARD = threading.Lock()
_BUSY = ("Could not set lock", "different configuration")
_NO_DATABASE = ("not a valid DuckDB", "Cannot launch in-memory", "extension", "No magic bytes")


class DuckDBFile:
    """A DuckDB file, open for reading; open for writing if `writing`, else only while it is being loaded."""

    def __init__(self, path: Path, *, writing: bool, wait_s: float) -> None:
        self.path = path
        self.writing = writing
        self.wait_s = wait_s
        self.backend = self._connect(writing)

    @property
    def raw(self) -> duckdb.DuckDBPyConnection:
        """The connection below Ibis."""
        return cast(Any, self.backend).con  # type: ignore[no-any-return]

    def layout(self) -> Layout:
        """Every table and view of the file, whatever its schema."""
        found = self.raw.execute(
            "SELECT table_name, column_name FROM duckdb_columns() "
            "WHERE NOT internal AND database_name = current_database()"
        ).fetchall()
        tables: Layout = {}
        for name, column in found:
            tables.setdefault(name, set()).add(column)
        return tables

    def create(self) -> None:
        """Create the tables of an empty store."""
        layout.create(self.raw)

    def pretend(self) -> None:
        """Refuse: a file without tables is no store."""
        raise InvalidInput(f"{self.path} holds no trade store.", fix="Fill one with `karwan trade ingest`.")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Alone, and all or nothing. A store opened for reading is opened for writing as long as it takes."""
        with self._alone():
            for_this = not self.writing
            if for_this:
                self._reopen(writing=True)
            try:
                with self._all_or_nothing():
                    yield
            finally:
                if for_this:
                    self._reopen(writing=False)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with _LOADING_GUARD:
            lock = _LOADING.setdefault(os.path.realpath(self.path), threading.Lock())
        if not lock.acquire(timeout=self.wait_s):
            raise _held(self.path, "this process is loading into it already", "Wait for that load.")
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        try:
            self.raw.execute("BEGIN TRANSACTION")
            yield
            self.raw.execute("COMMIT")
        except BaseException as error:
            # After a failed write DuckDB has undone the transaction, or shut the file, by itself.
            with suppress(duckdb.Error):
                self.raw.execute("ROLLBACK")
            self._join_threads()
            if isinstance(error, duckdb.Error):
                raise _not_stored(self.path, error) from error
            raise

    def _join_threads(self) -> None:
        """Wait for DuckDB's threads: one may still be letting go of rows from Python, which may end after this."""
        with suppress(duckdb.Error):
            self.raw.execute("SET threads = 1")
            self.raw.execute("RESET threads")

    def frame(self, question: str, schema: ibis.Schema) -> pa.Table:
        """Answer of a query."""
        return self.raw.execute(question).to_arrow_table().cast(schema.to_pyarrow())

    def batches(self, question: str, schema: ibis.Schema) -> Iterator[pa.RecordBatch]:
        """Answer of a query, piece by piece."""
        for batch in self.raw.execute(question).to_arrow_reader():
            yield batch.cast(schema.to_pyarrow())

    def insert(self, name: str, rows: pa.Table) -> None:
        """Append rows to a table."""
        with layout.registered(self.raw, "incoming", rows):
            self.raw.execute(f"INSERT INTO {name} BY NAME SELECT * FROM incoming")

    def insert_rows(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Stream into `flow_rows`."""
        first = next(batches, None)
        if first is None:
            return
        stream = _Stream(first, batches)
        reader = pa.RecordBatchReader.from_batches(first.schema, stream)
        try:
            layout.append_rows(self.raw, reader)
        finally:
            stream.end()

    def delete(self, name: str, keys: Sequence[str], doomed: str) -> None:
        """Delete the rows whose keys the query gives."""
        record = "record." if name == "flow_rows" else ""
        same = " AND ".join(f"f.{record}{key} = d.{key}" for key in keys)
        table = layout.RECORDS if record else name
        self.raw.execute(f"DELETE FROM {table} AS f USING ({doomed}) AS d WHERE {same}")

    def close(self) -> None:
        """Close the file."""
        self.backend.disconnect()

    def keep_writing(self) -> None:
        """Open the file for writing until it is closed."""
        self._reopen(writing=True)
        self.writing = True

    def _reopen(self, *, writing: bool) -> None:
        self.backend.disconnect()
        self.backend = self._connect(writing)

    def _connect(self, writing: bool) -> BaseBackend:
        """Open the file, waiting while another process holds it."""
        until = time.monotonic() + self.wait_s
        while True:
            try:
                backend = self._connected(writing)
                break
            except duckdb.Error as error:
                said = str(error)
                busy = any(words in said for words in _BUSY) or self._being_made()
                if not busy or time.monotonic() > until:
                    raise _not_opened(self.path, said) from error
            time.sleep(RETRY_S)
        try:
            _set_up(cast(Any, backend).con, self.path, writing)
        except BaseException:
            backend.disconnect()
            raise
        return backend

    def _being_made(self) -> bool:
        """Whether another process may be making the file just now: it has no byte yet."""
        return self.path.exists() and self.path.stat().st_size == 0

    def _connected(self, writing: bool) -> BaseBackend:
        if writing:
            return cast(BaseBackend, ibis.duckdb.connect(self.path, **_CONFIG))
        try:
            return cast(BaseBackend, ibis.duckdb.connect(self.path, read_only=True, **_CONFIG))
        except duckdb.ConnectionException:
            # This process holds the file for writing already: read through what is open.
            return cast(BaseBackend, ibis.duckdb.connect(self.path, **_CONFIG))


def open_duckdb(path: Path, *, create: bool, wait_s: float) -> DuckDBFile:
    """Open the file of a store.

    An existing file is looked at before it is opened for writing: what is not ours is never written to.

    Raises
    ------
    InvalidInput
        There is no store at the path.
    StoreError
        The file is no DuckDB file, is damaged, or another process holds it.
    """
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder, not a trade store.", fix="Give the path of a file.")
    empty = not path.exists() or path.stat().st_size == 0
    if empty and not create:
        raise InvalidInput(
            f"There is no trade store at {path}.", fix="Fill one with `karwan trade ingest`, or give --store."
        )
    if empty:
        _make_folder(path)
    return DuckDBFile(path, writing=empty, wait_s=wait_s)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder of the store {path} cannot be made.", evidence=str(error), fix="Give another path."
        ) from error


def _set_up(raw: duckdb.DuckDBPyConnection, path: Path, writing: bool) -> None:
    file = raw.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()")
    found = file.fetchone()
    if found is None or found[0] is None:
        raise _no_database(path, "DuckDB reads it as a table of another format")
    raw.execute(f"SET memory_limit = '{layout.MEMORY_LIMIT}B'")
    raw.execute("SET preserve_insertion_order = false")
    raw.execute("SET enable_progress_bar = false")
    if not writing:
        # Beside the file may be no place to write.
        folder = Path(tempfile.gettempdir(), f"karwan-read-{os.getpid()}")
        with suppress(duckdb.Error):  # fixed once something has been laid there
            raw.execute("SET temp_directory = ?", [str(folder)])


def _no_database(path: Path, said: str) -> StoreError:
    return StoreError(
        f"The trade store {path} cannot be opened: the file is no DuckDB database. It was left as it is.",
        evidence=said,
        fix="Give the path of a store, or of a file that does not exist yet, with the ending .duckdb.",
    )


def _not_opened(path: Path, said: str) -> StoreError:
    line = said.strip().split("\n")[0][:300]
    if path.exists() and path.stat().st_size == 0:
        return StoreError(
            f"The trade store {path} cannot be opened: the file is empty.", fix="Remove it and load again."
        )
    if "Could not set lock" in said:
        return _held(path, *_holder(said))
    if "different configuration" in said:
        return _held(path, "this process has it open for another purpose", "Close the other use of it first.")
    if any(words in said for words in _NO_DATABASE):
        ending = path.suffix or "no ending"
        return _no_database(path, f"{path.stat().st_size if path.is_file() else 0:,} bytes, {ending}")
    if "Permission denied" in said:
        return StoreError(
            f"The trade store {path} cannot be opened: no permission.",
            evidence=line,
            fix="Ask the owner of the file, or give another --store.",
        )
    return damaged(str(path), line)


def damaged(target: str, said: str) -> StoreError:
    """The error of a store whose content cannot be read."""
    return StoreError(
        f"The trade store {target} cannot be opened or read: it is damaged, or made by another version of DuckDB. "
        "It was left as it is.",
        evidence=said,
        fix="Take it from a backup, or load the files again into a new store.",
    )


def _holder(said: str) -> tuple[str, str]:
    """Who holds the lock, and what to do about it."""
    number = re.search(r"\(PID (\d+)\)", said)
    if number is None:
        return "another process holds it", "Wait for the other process, or stop it."
    command = _command(number[1])
    who = f"process {number[1]}" + (f" ({command})" if command else "")
    return f"{who} holds it", f"Wait for process {number[1]}, or stop it."


def _command(number: str) -> str:
    """Command line of a process, as far as the system tells (Linux)."""
    with suppress(OSError):
        text = Path("/proc", number, "cmdline").read_bytes().replace(b"\0", b" ")
        signs = [sign if sign.isprintable() else " " for sign in text.decode(errors="replace")]
        return "".join(signs).strip()[:120]
    return ""


def _held(path: Path, who: str, fix: str) -> StoreError:
    return StoreError(
        f"The trade store {path} cannot be opened: it is in use.",
        evidence=f"{who}, and waiting was in vain",
        fix=fix,
    )


def _not_stored(path: Path, error: duckdb.Error) -> StoreError:
    line = first_line(error)
    said = str(error)
    if "corrupt" in said.lower():
        return damaged(str(path), line)
    full = "No space left" in said or "Could not write" in said or "not enough space" in said.lower()
    return StoreError(
        f"Nothing was loaded into {path}: " + ("the disk is full." if full else "DuckDB could not write it."),
        evidence=line,
        fix="Make room and load again; what was there before is unchanged.",
    )


class _Stream:
    """Batches that a thread of DuckDB asks for; it may be waiting for one when the load has failed already."""

    def __init__(self, first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> None:
        self._first: pa.RecordBatch | None = first
        self._rest = rest
        self._asking = threading.Lock()
        self._ended = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self

    def __next__(self) -> pa.RecordBatch:
        with self._asking:
            if self._ended:
                raise StopIteration
            first, self._first = self._first, None
            return first if first is not None else next(self._rest)

    def end(self) -> None:
        """Wait for the batch that is being made, and make no more."""
        with self._asking:
            self._ended = True
