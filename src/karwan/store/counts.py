"""Hold the tables of a store against what its loads say they hold: quick enough for every opening."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from karwan.store.errors import StoreError

if TYPE_CHECKING:
    from karwan.store.engine import Store

# For each count: what `loads` says, and what is there.
COUNTS = {
    "rows": ("SELECT coalesce(sum(rows), 0) FROM loads", "SELECT count(*) FROM flow_rows"),
    "value_milliusd": (
        "SELECT coalesce(sum(value_milliusd), 0) FROM loads",
        "SELECT coalesce(sum(value_milliusd), 0) FROM flow_rows",
    ),
    "lanes": ("SELECT coalesce(sum(lanes), 0) FROM loads", "SELECT count(*) FROM lanes"),
    "contexts": ("SELECT coalesce(sum(contexts), 0) FROM loads", "SELECT count(*) FROM contexts"),
    "quantities": ("SELECT coalesce(sum(quantities), 0) FROM loads", "SELECT count(*) FROM quantities"),
    "rejects": ("SELECT coalesce(sum(rejects), 0) FROM loads", "SELECT count(*) FROM rejects"),
    "products": (
        "SELECT coalesce(max(CAST(value AS BIGINT)), 0) FROM store_info WHERE name = 'products'",
        "SELECT count(*) FROM products",
    ),
}
_SCHEMA = ibis.schema({f"{name}_{side}": "int64" for name in COUNTS for side in ("said", "found")})


def differing(store: Store) -> list[tuple[str, int, int]]:
    """Counts that differ: the name, what the loads say, what is there."""
    parts = [
        f"CAST(({question}) AS BIGINT) AS {name}_{side}"
        for name, questions in COUNTS.items()
        for side, question in zip(("said", "found"), questions, strict=True)
    ]
    row = store.frame(f"SELECT {', '.join(parts)}", _SCHEMA).row(0, named=True)
    pairs = [(name, row[f"{name}_said"], row[f"{name}_found"]) for name in COUNTS]
    return [pair for pair in pairs if pair[1] != pair[2]]


def check_counts(store: Store) -> None:
    """Refuse a store that does not hold what its loads say.

    Raises
    ------
    StoreError
        A count differs.
    """
    wrong = differing(store)
    if not wrong:
        return
    seen = "; ".join(f"{name}: the loads say {said:,}, there are {found:,}" for name, said, found in wrong)
    raise StoreError(
        f"The store {store.target} does not hold what was loaded into it. It is not answered from.",
        evidence=seen,
        fix="`karwan trade verify` says which loads; take the store from a backup, or load the files into a new one.",
    )
