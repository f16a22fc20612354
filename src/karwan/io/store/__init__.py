"""The trade store: flows as reported, each with who said so, kept once and queried through Ibis."""

from karwan.io.store.engine import DEFAULT_STORE, Store, StoreError, open_store
from karwan.io.store.load import LoadReport, NothingUsable, Overlap, ingest
from karwan.io.store.query import QueryResult, query
from karwan.io.store.reading import Reading

__all__ = [
    "DEFAULT_STORE",
    "LoadReport",
    "NothingUsable",
    "Overlap",
    "QueryResult",
    "Reading",
    "Store",
    "StoreError",
    "ingest",
    "open_store",
    "query",
]
