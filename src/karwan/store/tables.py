"""The tables of the trade store and the one expression that joins them into `flows`.

A flow is stored once, in narrow rows: who traded with whom stands in `lanes`, when, by whom and how it was
measured in `contexts`, the product in `products`, `flow_rows` carries two keys and the figures, and
`quantities` the supplementary quantity of the rows that have one. Money is stored in thousandths of a US dollar
and weight in grams, as whole numbers, so that a sum is the same on every engine and in every order of the
rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import ibis
import ibis.expr.types as ir
from ibis.backends import BaseBackend

MILLI = 1_000.0

FLOW_ROWS = ibis.schema(
    {
        "lane_key": "int32",
        "product_key": "int32",
        "value_milliusd": "int64",
        "weight_g": "int64",
    }
)
QUANTITIES = ibis.schema({"lane_key": "int32", "product_key": "int32", "quantity": "float64"})
LANES = ibis.schema(
    {
        "lane_key": "int32",
        "context_key": "int32",
        "reporter": "string",
        "exporter": "string",
        "importer": "string",
    }
)
CONTEXTS = ibis.schema(
    {
        "context_key": "int32",
        "load_id": "string",
        "source": "string",
        "reporter_side": "string",
        "period": "string",
        "period_start": "date",
        "period_end": "date",
        "frequency": "string",
        "hs_revision": "string",
        "valuation": "string",
        "quantity_unit": "string",
        "flags": "string",
    }
)
PRODUCTS = ibis.schema({"product_key": "int32", "product": "string", "product_level": "int32"})
LOADS = ibis.schema(
    {
        "load_id": "string",
        "source": "string",
        "file_name": "string",
        "content_bytes": "int64",
        "content_hash": "string",
        "options": "string",
        "rows": "int64",
        "rejects": "int64",
        "value_usd": "float64",
        "loaded_at": "timestamp",
        "notes": "string",
        "replaced": "int64",
        "value_milliusd": "int64",
        "lanes": "int64",
        "contexts": "int64",
        "quantities": "int64",
        "row_digest": "string",
        "text_digest": "string",
    }
)
REJECTS = ibis.schema({"load_id": "string", "line": "int64", "reason": "string", "raw": "string"})

# What the store says of itself: `format`, and count and digest of the products.
INFO = ibis.schema({"name": "string", "value": "string"})
FORMAT = 2
# Columns of `loads` that every format has.
LOADS_AT_FIRST = tuple(LOADS)[: tuple(LOADS).index("replaced")]

TABLES = {
    "store_info": INFO,
    "loads": LOADS,
    "contexts": CONTEXTS,
    "lanes": LANES,
    "products": PRODUCTS,
    "flow_rows": FLOW_ROWS,
    "quantities": QUANTITIES,
    "rejects": REJECTS,
}

REPORTER_SIDES = ("exporter", "importer", "reconciled", "unknown")
VALUATIONS = ("fob", "cif", "unknown")
FREQUENCIES = ("A", "M", "part")

# The columns of `flows`, in order.
FLOWS = (
    "reporter_side",
    "reporter",
    "exporter",
    "importer",
    "period",
    "period_start",
    "period_end",
    "frequency",
    "hs_revision",
    "product",
    "product_level",
    "value_usd",
    "valuation",
    "weight_kg",
    "quantity",
    "quantity_unit",
    "source",
    "load_id",
    "flags",
)

# What makes two rows the same flow: equal here means a duplicate.
FLOW_KEY = (
    "reporter_side",
    "reporter",
    "exporter",
    "importer",
    "period",
    "frequency",
    "hs_revision",
    "product",
    "valuation",
)


@contextmanager
def driver_notices_off() -> Iterator[None]:
    """Silence what Ibis 12 and the engines' drivers say about their own future (`fetch_arrow_table() is
    deprecated`).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield


def lanes(backend: BaseBackend) -> ir.Table:
    """Lanes with their context, those of the load under way included."""
    return backend.table("lanes").inner_join(backend.table("contexts"), "context_key")


def committed_lanes(backend: BaseBackend) -> ir.Table:
    """Lanes of finished loads; that of a load under way is not among `loads` yet."""
    contexts = backend.table("contexts").semi_join(backend.table("loads"), "load_id")
    return backend.table("lanes").inner_join(contexts, "context_key")


def measured(backend: BaseBackend) -> ir.Table:
    """`flows` with the stored whole numbers `value_milliusd` and `weight_g`, without the supplementary
    quantity.
    """
    rows = backend.table("flow_rows")
    return rows.inner_join(committed_lanes(backend), "lane_key").inner_join(
        backend.table("products"), "product_key"
    )


def flows(backend: BaseBackend) -> ir.Table:
    """Every stored flow as one expression with the columns `FLOWS`, on any engine.

    `value_usd` is in US dollars, `weight_kg` in kilograms; a missing weight or quantity is null, never zero.
    """
    joined = measured(backend).left_join(backend.table("quantities"), ["lane_key", "product_key"])
    table = joined.mutate(
        value_usd=joined.value_milliusd.cast("float64") / MILLI,
        weight_kg=joined.weight_g.cast("float64") / MILLI,
    )
    return table.select(*FLOWS)
