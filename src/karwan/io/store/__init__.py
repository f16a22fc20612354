"""The trade store: flows as reported, each with who said so, kept once and queried through Ibis."""

from karwan.io.store.engine import DEFAULT_STORE, Store, open_store
from karwan.io.store.errors import StoreError
from karwan.io.store.load import LoadReport, NothingUsable, ingest
from karwan.io.store.overlap import Overlap
from karwan.io.store.query import QueryResult, query
from karwan.io.store.reading import Reading
from karwan.io.store.upgrade import upgrade
from karwan.io.store.verify import Verification, verify

__all__ = [
    "DEFAULT_STORE",
    "LoadReport",
    "NothingUsable",
    "Overlap",
    "QueryResult",
    "Reading",
    "Store",
    "StoreError",
    "Verification",
    "ingest",
    "open_store",
    "query",
    "upgrade",
    "verify",
]
