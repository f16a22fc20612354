"""Where a register is kept: a SQLite file, or a PostgreSQL database by its address. Append-only by triggers."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from karwan.errors import InvalidInput, MissingExtra
from karwan.register.entry import Entry

FORMAT = "karwan register 1"
WAIT_S = 5
LOCK = int.from_bytes(b"register", "big") >> 1
TABLES = (
    "CREATE TABLE info (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE person (person_id TEXT PRIMARY KEY, name TEXT NOT NULL, side TEXT NOT NULL)",
    "CREATE TABLE entry (chain_id TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL, side TEXT NOT NULL, "
    "commitment_id TEXT NOT NULL, kind TEXT NOT NULL, change TEXT NOT NULL, reason TEXT NOT NULL, previous TEXT NOT NULL, "
    "digest TEXT NOT NULL, PRIMARY KEY (chain_id, number))",
    "CREATE TABLE checkpoint (chain_id TEXT NOT NULL, number INTEGER NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL, "
    "key TEXT NOT NULL, signature TEXT NOT NULL, PRIMARY KEY (chain_id, digest, key))",
)
POSTGRES = ("postgres://", "postgresql://")
THERE = "SELECT 1 FROM information_schema.schemata WHERE schema_name = 'karwan_register'"
KEPT = ("entry", "checkpoint")
HELD = (
    "SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM checkpoint), chain_id, count(*), "
    "md5(string_agg(digest, '' ORDER BY number)) FROM karwan_register.entry GROUP BY chain_id ORDER BY chain_id"
)
COLUMNS = "number, at, author, side, commitment_id, kind, change, reason, previous, digest"


class Database(Protocol):
    """What the chain asks of the place it is kept in."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query, `?` for each value."""
        ...

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run a statement, `?` for each value."""
        ...

    def writing(self) -> Any:
        """A context in which nobody else writes: all of it is kept, or nothing."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class SqliteRegister:
    """A SQLite file: WAL, a write waits `WAIT_S` for another, each is on disk before it is said to be kept."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        if not create and not path.is_file():
            raise InvalidInput(f"There is no register {path}.", "", "say something first: `karwan plan say`.")
        fresh = not path.exists()
        try:
            self._con = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
            if fresh:
                self._con.execute("PRAGMA journal_mode=WAL")
                self._make()
            self._con.execute("PRAGMA synchronous=FULL")
            found = self.rows("SELECT value FROM info WHERE name = 'format'")
        except sqlite3.Error as error:
            raise InvalidInput(
                f"{path.name} is no register.", str(error), "name the file of a register."
            ) from error
        if found != [(FORMAT,)]:
            raise InvalidInput(
                f"{path.name} is no register of this program.", str(found), f"its format must be {FORMAT}."
            )

    def _make(self) -> None:
        with self.writing():
            for sql in TABLES:
                self.run(sql.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
            for table in KEPT:
                for act in ("UPDATE", "DELETE"):
                    self.run(
                        f"CREATE TRIGGER IF NOT EXISTS {table}_{act.lower()} BEFORE {act} ON {table} "
                        "BEGIN SELECT RAISE(ABORT, 'the register is append-only'); END"
                    )
            self.run("INSERT OR IGNORE INTO info VALUES ('format', ?)", (FORMAT,))

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self._con.execute(sql, tuple(values)).fetchall()

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run a statement."""
        self._con.execute(sql, tuple(values))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer at a time: BEGIN IMMEDIATE."""
        try:
            self._con.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise InvalidInput(
                f"{self.path.name} is being written to.",
                f"waited {WAIT_S} s: {error}",
                "try again in a moment.",
            ) from error
        try:
            yield
        except BaseException:
            self._con.execute("ROLLBACK")
            raise
        self._con.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._con.close()


class PostgresRegister:
    """A PostgreSQL database, tables in the schema `karwan_register`; one writer at a time by an advisory lock."""

    def __init__(self, address: str, *, create: bool) -> None:
        self._con = _connected(address)
        there = self.rows(THERE)
        if not there and not create:
            raise InvalidInput(
                "There is no register at that address.", "", "say something first: `karwan plan say`."
            )
        self._con.execute("SET search_path TO karwan_register")
        if not there:
            self._make()
        found = self.rows("SELECT value FROM info WHERE name = 'format'")
        if found != [(FORMAT,)]:
            raise InvalidInput(
                "That is no register of this program.", str(found), f"its format must be {FORMAT}."
            )

    def _make(self) -> None:
        with self.writing():
            self.run("CREATE SCHEMA IF NOT EXISTS karwan_register")
            for sql in TABLES:
                self.run(sql.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
            self.run(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'the register is append-only'; END $$"
            )
            for table in KEPT:
                self.run(f"DROP TRIGGER IF EXISTS {table}_kept ON {table}")
                self.run(
                    f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
                )
            self.run("INSERT INTO info VALUES ('format', ?) ON CONFLICT DO NOTHING", (FORMAT,))

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        found: list[tuple[Any, ...]] = self._con.execute(sql.replace("?", "%s"), tuple(values)).fetchall()
        return found

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run a statement."""
        self._con.execute(sql.replace("?", "%s"), tuple(values))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer at a time: an advisory lock that the transaction holds."""
        with self._con.transaction():
            self.run("SELECT pg_advisory_xact_lock(?)", (LOCK,))
            yield

    def close(self) -> None:
        """Close the connection."""
        self._con.close()


def _connected(address: str) -> Any:
    try:
        import psycopg  # an extra: only a register in PostgreSQL needs it
    except ImportError as error:
        raise MissingExtra(
            "A register in PostgreSQL needs the package psycopg.",
            str(error),
            "pip install 'karwan[postgres]'.",
        ) from error
    try:
        return psycopg.connect(address, autocommit=True)
    except psycopg.Error as error:
        raise InvalidInput("The database does not answer.", str(error)[:200], "check the address.") from error


def is_register(place: str) -> bool:
    """Whether something stands at a place already: a file, or the schema in a PostgreSQL database.

    Raises
    ------
    InvalidInput
        The database does not answer.
    """
    if not place.startswith(POSTGRES):
        return Path(place).exists()
    con = _connected(place)
    try:
        return bool(con.execute(THERE).fetchall())
    finally:
        con.close()


def register_mark(place: str) -> str:
    """Something short that changes with what a register holds, whoever wrote it; cheap enough to be asked each second.

    Of a file its size and time, and those of the log SQLite keeps beside it; of a PostgreSQL database the digests of its chains. Empty where
    there is none.

    Raises
    ------
    InvalidInput
        The database does not answer.
    """
    if not place.startswith(POSTGRES):
        found = (os.stat(name) for name in (place, f"{place}-wal") if os.path.exists(name))
        return "".join(f"-{state.st_size}-{state.st_mtime_ns}" for state in found)
    if not is_register(place):
        return ""
    database = PostgresRegister(place, create=False)
    try:
        return hashlib.sha256(repr(database.rows(HELD)).encode()).hexdigest()[:16]
    finally:
        database.close()


def database_at(place: str, *, create: bool) -> Database:
    """The database of a register: a file, or an address that begins with postgres:// or postgresql://.

    Raises
    ------
    InvalidInput
        It is absent and not to be created, is something else, or does not answer.
    """
    if place.startswith(POSTGRES):
        return PostgresRegister(place, create=create)
    path = Path(place)
    if create and not path.parent.is_dir():
        raise InvalidInput(f"There is no folder {path.parent}.", "", "make it first.")
    return SqliteRegister(path, create=create)


def entry_values(entry: Entry) -> tuple[Any, ...]:
    """An entry as values of its columns."""
    record = entry.record()
    record["change"] = json.dumps(record["change"], sort_keys=True, ensure_ascii=False)
    return tuple(record.values())
