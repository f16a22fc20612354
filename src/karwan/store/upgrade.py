"""Bring a store of an earlier format up to date, in place, all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from karwan.store import layout, tables
from karwan.store.duckdb_file import DuckDBFile
from karwan.store.engine import Store, format_of, open_as_it_is
from karwan.store.errors import StoreError, other_format
from karwan.store.measure import measure, record_products
from karwan.store.postgres import PostgresDatabase
from karwan.store.verify import structure

_FIRST = ibis.schema({name: tables.LOADS[name] for name in tables.LOADS_AT_FIRST})
# Rows of loads that never ended: invisible in format 1, in the way of the counts of format 2.
_LEFT_BEHIND = (
    ("quantities", "lane_key", "lanes"),
    ("flow_rows", "lane_key", "lanes"),
    ("rejects", "load_id", "loads"),
)


def upgrade(target: str | Path) -> int | None:
    """Bring the store up to date; gives its format before, None where there is no store.

    Counts and values of the loads are taken from their rows. Rows of loads that never ended are removed.

    Raises
    ------
    StoreError
        The store is newer than this Karwan, lives on Spark, or holds keys twice.
    """
    store, before = open_as_it_is(target)
    with store:
        if before is None or before == tables.FORMAT:
            return before
        if before > tables.FORMAT:
            raise other_format(store.target, before)
        if not isinstance(store.link, DuckDBFile | PostgresDatabase):
            raise StoreError(
                f"The store at {store.target} has format {before}, which cannot be brought up to date on Spark.",
                fix="Load the files into a new warehouse.",
            )
        with store.transaction():
            if format_of(store) != tables.FORMAT:
                _upgrade(store, before)
    return before


def _upgrade(store: Store, before: int) -> None:
    link = store.link
    if isinstance(link, DuckDBFile):
        if before == 0:
            layout.rows_into_records(link.raw)
        layout.add_tables_and_columns(link.raw)
    elif isinstance(link, PostgresDatabase):
        link.add_tables_and_columns()
    _remove_left_behind(store)
    wrong = [check for check in structure(store) if not check[-1]]
    if wrong:
        raise StoreError(
            f"The store {store.target} is damaged and stays as it is: two loads at once, or a killed one, left keys "
            "that occur twice or lead nowhere.",
            evidence="; ".join(f"{name}: {found}" for name, _, _, found, _ in wrong),
            fix="Load the files into a new store.",
        )
    loads: list[dict[str, Any]] = store.frame(
        f"SELECT {', '.join(_FIRST)} FROM loads ORDER BY loaded_at, load_id", _FIRST
    ).to_dicts()
    rows = [_measured(store, load) for load in loads]
    link.delete("loads", ["load_id"], "SELECT load_id FROM loads")
    link.insert("loads", pa.Table.from_pylist(rows, schema=tables.LOADS.to_pyarrow()))
    stated = pa.table({"name": ["format"], "value": [str(tables.FORMAT)]}, schema=tables.INFO.to_pyarrow())
    link.insert("store_info", stated)
    record_products(store)


def _measured(store: Store, load: dict[str, Any]) -> dict[str, Any]:
    measures = measure(store, load["load_id"])
    # Format 1 did not correct a load whose rows were replaced.
    replaced = max(int(load["rows"]) - int(measures["rows"]), 0)
    return {**load, **measures, "value_usd": measures["value_milliusd"] / tables.MILLI, "replaced": replaced}


def _remove_left_behind(store: Store) -> None:
    unfinished = (
        "SELECT c.load_id FROM contexts c LEFT JOIN loads x ON x.load_id = c.load_id WHERE x.load_id IS NULL"
    )
    lanes = f"SELECT l.lane_key FROM lanes l JOIN contexts c ON c.context_key = l.context_key WHERE c.load_id IN ({unfinished})"
    store.link.delete("lanes", ["lane_key"], lanes)
    store.link.delete("contexts", ["load_id"], unfinished)
    for table, key, home in _LEFT_BEHIND:
        gone = f"SELECT t.{key} FROM {table} t LEFT JOIN {home} h ON h.{key} = t.{key} WHERE h.{key} IS NULL"
        store.link.delete(table, [key], gone)
