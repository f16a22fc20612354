"""The trade store: flows as reported, each with who said so, kept once and queried through Ibis."""

from karwan.store.engine import DEFAULT_STORE, Store, open_store
from karwan.store.errors import StoreError
from karwan.store.load import LoadReport, NothingUsable, ingest
from karwan.store.overlap import Overlap
from karwan.store.query import QueryResult, query
from karwan.store.reading import Reading
from karwan.store.upgrade import upgrade
from karwan.store.verify import Verification, verify

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
