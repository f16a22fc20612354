"""Measure what a load has in the store: counts, value, digests. Written when it is loaded, compared by `verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import polars as pl
import pyarrow as pa

from karwan.store import tables
from karwan.store.digest import RowDigest, text_digest

if TYPE_CHECKING:
    from karwan.store.engine import Store

MEASURES = (
    "rows",
    "rejects",
    "value_milliusd",
    "lanes",
    "contexts",
    "quantities",
    "row_digest",
    "text_digest",
)
_OF_LOAD = "JOIN contexts c ON c.context_key = l.context_key WHERE c.load_id = "


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def measure(store: Store, load_id: str, passed: RowDigest | None = None) -> dict[str, Any]:
    """The columns `MEASURES` of a load; its rows are read unless they were taken in as they `passed` by."""
    name = quoted(load_id)
    rows = passed if passed is not None else _rows(store, name)
    contexts = store.frame(_columns("contexts", "x") + f" WHERE x.load_id = {name}", tables.CONTEXTS)
    lanes = store.frame(_columns("lanes", "l") + f" {_OF_LOAD}{name}", tables.LANES)
    quantities = store.frame(
        _columns("quantities", "x") + f" JOIN lanes l ON l.lane_key = x.lane_key {_OF_LOAD}{name}",
        tables.QUANTITIES,
    )
    rejects = store.frame(_columns("rejects", "x") + f" WHERE x.load_id = {name}", tables.REJECTS)
    return {
        "rows": rows.rows,
        "rejects": rejects.height,
        "value_milliusd": rows.value_milliusd,
        "lanes": lanes.height,
        "contexts": contexts.height,
        "quantities": quantities.height,
        "row_digest": rows.text(),
        "text_digest": text_digest([contexts, lanes, quantities, rejects]),
    }


def _columns(name: str, short: str) -> str:
    columns = ", ".join(f"{short}.{column}" for column in tables.TABLES[name])
    return f"SELECT {columns} FROM {name} {short}"


def _rows(store: Store, name: str) -> RowDigest:
    digest = RowDigest()
    question = _columns("flow_rows", "x") + f" JOIN lanes l ON l.lane_key = x.lane_key {_OF_LOAD}{name}"
    for batch in store.batches(question, tables.FLOW_ROWS):
        digest.add(batch)
    return digest


def info(store: Store) -> dict[str, str]:
    """What the store says of itself."""
    rows = store.frame("SELECT name, value FROM store_info", tables.INFO)
    return dict(rows.iter_rows())


def products_measured(store: Store) -> dict[str, str]:
    """Count and digest of the products, as `store_info` holds them."""
    products = store.frame(f"SELECT {', '.join(tables.PRODUCTS)} FROM products", tables.PRODUCTS)
    return {"products": str(products.height), "products_digest": text_digest([products])}


def record_products(store: Store) -> None:
    """Bring what `store_info` says of the products up to date."""
    count = store.frame("SELECT count(*) AS n FROM products", ibis.schema({"n": "int64"}))["n"][0]
    if info(store).get("products") == str(count):
        return
    entries = products_measured(store)
    names = " UNION ALL ".join(f"SELECT {quoted(name)} AS name" for name in entries)
    store.link.delete("store_info", ["name"], names)
    rows = {"name": list(entries), "value": list(entries.values())}
    store.link.insert("store_info", pa.table(rows, schema=tables.INFO.to_pyarrow()))


def record_again(store: Store, load: dict[str, Any], *, replaced: int) -> dict[str, Any]:
    """Measure a load anew after `replaced` of its rows gave way, and correct its row in `loads`; gives that row."""
    measures = measure(store, load["load_id"])
    value = {"value_usd": measures["value_milliusd"] / tables.MILLI, "replaced": replaced}
    row = {**load, **measures, **value}
    store.link.delete("loads", ["load_id"], f"SELECT {quoted(load['load_id'])} AS load_id")
    store.link.insert("loads", load_table(row))
    return row


def load_table(row: dict[str, Any]) -> pa.Table:
    """One row of `loads` as a table."""
    return pa.Table.from_pylist([row], schema=tables.LOADS.to_pyarrow())


def remove_load(store: Store, load_id: str) -> None:
    """Take a load out of every table."""
    name = quoted(load_id)
    keys = f"SELECT l.lane_key FROM lanes l {_OF_LOAD}{name}"
    for table in ("quantities", "flow_rows", "lanes"):
        store.link.delete(table, ["lane_key"], keys)
    for table in ("contexts", "rejects", "loads"):
        store.link.delete(table, ["load_id"], f"SELECT {name} AS load_id")


def load_rows(store: Store) -> list[dict[str, Any]]:
    """The rows of `loads`, oldest first."""
    loads: pl.DataFrame = store.loads()
    return loads.to_dicts()
