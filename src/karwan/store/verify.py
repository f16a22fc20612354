"""Verify a store from end to end: keys, references, and what every load says it holds."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import polars as pl

from karwan.store import counts
from karwan.store.engine import Store
from karwan.store.measure import MEASURES, info, load_rows, measure, products_measured

SCHEMA = {
    "check": pl.String,
    "load_id": pl.String,
    "expected": pl.String,
    "found": pl.String,
    "ok": pl.Boolean,
}
_UNIQUE = {
    "loads": ("load_id",),
    "contexts": ("context_key",),
    "lanes": ("lane_key",),
    "products": ("product_key",),
    "product codes": ("product", "product_level"),
    "flow_rows": ("lane_key", "product_key"),
    "quantities": ("lane_key", "product_key"),
}
# Table, key, and the table that must have it.
_REFERENCES = (
    ("flow_rows", "lane_key", "lanes"),
    ("flow_rows", "product_key", "products"),
    ("lanes", "context_key", "contexts"),
    ("contexts", "load_id", "loads"),
    ("rejects", "load_id", "loads"),
)
_COUNT = ibis.schema({"n": "int64"})


@dataclass(frozen=True)
class Verification:
    """What was verified.

    Attributes
    ----------
    checks
        Columns `check`, `load_id` (empty where the check is of the whole store), `expected`, `found`, `ok`.
    loads, rows
        How many loads the store lists, and how many rows they say they hold.
    """

    checks: pl.DataFrame
    loads: int
    rows: int

    @property
    def problems(self) -> pl.DataFrame:
        """The checks that failed."""
        return self.checks.filter(~pl.col("ok"))


def verify(store: Store) -> Verification:
    """Compare everything a store holds with what its loads say; every row is read.

    Raises
    ------
    StoreError
        The engine cannot read the store.
    """
    found = [*structure(store), *_totals(store)]
    loads = load_rows(store)
    for load in loads:
        measures = measure(store, load["load_id"])
        found += [_check(name, load[name], measures[name], load["load_id"]) for name in MEASURES]
    said = info(store)
    found += [
        _check(name, said.get(name, "0" if name == "products" else value), value)
        for name, value in products_measured(store).items()
    ]
    rows = sum(int(load["rows"]) for load in loads)
    return Verification(pl.DataFrame(found, schema=SCHEMA, orient="row"), len(loads), rows)


def _check(name: str, expected: object, found: object, load_id: str = "") -> tuple[object, ...]:
    return name, load_id, str(expected), str(found), str(expected) == str(found)


def _totals(store: Store) -> list[tuple[object, ...]]:
    wrong = {name: (said, there) for name, said, there in counts.differing(store)}
    return [
        _check(f"total of {name}", *wrong.get(name, ("as the loads say", "as the loads say")))
        for name in counts.COUNTS
    ]


def structure(store: Store) -> list[tuple[object, ...]]:
    """Checks of keys that occur twice, and of keys that lead nowhere."""
    checks = []
    for name, keys in _UNIQUE.items():
        table = "products" if name == "product codes" else name
        columns = ", ".join(keys)
        question = f"SELECT count(*) AS n FROM (SELECT {columns} FROM {table} GROUP BY {columns} HAVING count(*) > 1) t"
        checks.append(_check(f"keys of {name} that occur twice", 0, _one(store, question)))
    for table, key, home in _REFERENCES:
        question = (
            f"SELECT count(*) AS n FROM {table} t LEFT JOIN (SELECT DISTINCT {key} AS known FROM {home}) h "
            f"ON h.known = t.{key} WHERE h.known IS NULL"
        )
        checks.append(_check(f"{table} without {home}", 0, _one(store, question)))
    question = (
        "SELECT count(*) AS n FROM quantities q LEFT JOIN flow_rows f "
        "ON f.lane_key = q.lane_key AND f.product_key = q.product_key WHERE f.lane_key IS NULL"
    )
    checks.append(_check("quantities without flow_rows", 0, _one(store, question)))
    return checks


def _one(store: Store, question: str) -> int:
    return int(store.frame(question, _COUNT)["n"][0])
