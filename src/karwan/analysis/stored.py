"""What the trade store holds, summed by groups, and in one HS revision where asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from karwan.analysis.revision import in_revision
from karwan.errors import InvalidInput
from karwan.store import QueryResult, Store, open_store, query
from karwan.store.filters import nothing_matches, understood
from karwan.store.query import Selection


def stored_flows(
    target: str,
    selection: Selection,
    *,
    by: Sequence[str] = (),
    limit: int | None = None,
    revision: str | None = None,
    correlations: Sequence[Path] = (),
) -> QueryResult:
    """Sums of the stored flows that pass the filters.

    Parameters
    ----------
    target
        Path or address of the store.
    selection
        Filters as people type them; see `karwan.store.filters.understood`.
    by, limit
        See `karwan.store.query`.
    revision, correlations
        HS revision to express the products in, and the tables to do so by; see `karwan.analysis.revision.in_revision`.

    Raises
    ------
    InvalidInput
        Correlation tables without a revision, or a filter that cannot be read.
    UnknownName
        A filter's value is not in the store, or nothing passes all filters together.
    """
    if revision is None and correlations:
        raise InvalidInput("A correlation table was given without a revision.", fix="Give --revision HS12.")
    with open_store(target) as opened:
        asked = understood(opened, selection)
        if revision is None:
            return _found(opened, asked, by, limit)
        result = _found(opened, asked, tuple(dict.fromkeys([*by, "product", "hs_revision"])), None)
    table, notes = in_revision(result.table, revision, correlations)
    shown = table.sort("value_usd", descending=True).head(limit) if limit else table
    return QueryResult(shown, result.kept_apart, (*result.notes, *notes))


def _found(opened: Store, asked: Selection, by: Sequence[str], limit: int | None) -> QueryResult:
    """The answer of a query; an error where it is empty."""
    result = query(opened, asked, by=by, limit=limit)
    if result.table.is_empty():
        raise nothing_matches(opened, asked)
    return result
