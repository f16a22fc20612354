"""What the trade store holds: flows summed by groups, loads, rejected rows, sources it reads, and whether it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.revision import in_revision
from karwan.analysis.trade_requests import (
    FlowSourcesRequest,
    LoadsRequest,
    QueryRequest,
    RejectsRequest,
    VerifyRequest,
)
from karwan.errors import InvalidInput, UnknownName
from karwan.notes import note
from karwan.schema.frames import result_frame, result_types
from karwan.store import QueryResult, Store, open_store, query, upgrade, verify
from karwan.store.filters import nothing_matches, understood
from karwan.store.hs import REVISIONS, is_hs
from karwan.store.product_names import product_names_of
from karwan.store.query import Selection, nomenclatures
from karwan.store.sources import SOURCES
from karwan.store.sources.mapping import packaged_mappings


def answer_query(inputs: Inputs, request: QueryRequest) -> Result:
    """Sums of the stored flows that pass the filters, in one HS revision where asked.

    Returns
    -------
    Table 'rows': the columns grouped by, those kept apart unasked, then value_usd, weight_kg, weighed_share, flows.

    Raises
    ------
    InvalidInput
        No store is named, correlation tables come without a revision, or a filter cannot be read.
    UnknownName
        A filter's value is not in the store, or nothing passes all filters together.
    """
    if request.revision is None and request.correlation:
        raise InvalidInput("A correlation table was given without a revision.", fix="Give --revision HS12.")
    with open_store(inputs.the_store()) as opened:
        asked = understood(opened, _selection(request))
        if request.revision is None:
            found = _found(opened, asked, request.by, request.limit)
            return Result(
                {"rows": _with_names(found.table, nomenclatures(opened, asked))}, alerts=found.notes
            )
        found = _found(opened, asked, tuple(dict.fromkeys([*request.by, "product", "hs_revision"])), None)
        held = nomenclatures(opened, asked)
    table, notes = in_revision(found.table, request.revision, request.correlation)
    if request.limit:
        table = table.sort("value_usd", descending=True).head(request.limit)
    return Result({"rows": _with_names(table, held)}, alerts=(*found.notes, *notes))


def _with_names(table: pl.DataFrame, nomenclatures: frozenset[str]) -> pl.DataFrame:
    """The table with the name of each HS code after its code; a code of SITC has the digits of another good in HS."""
    column = next((name for name in ("product", "heading", "chapter") if name in table.columns), None)
    if column is None:
        return table
    if "hs_revision" in table.columns:
        coded = pl.col("hs_revision").is_in(["HS", *REVISIONS])
    else:
        coded = pl.lit(all(map(is_hs, nomenclatures)))
    named = table.select(name=pl.when(coded).then(product_names_of(pl.col(column))))["name"]
    if named.null_count() == table.height:
        return table
    at = table.columns.index(column) + 1
    return table.select(*table.columns[:at], named, *table.columns[at:])


def _selection(request: QueryRequest) -> Selection:
    return Selection(
        exporter=request.exporter,
        importer=request.importer,
        reporter=request.reporter,
        side=request.side,
        product=request.product,
        level=request.level,
        period=request.period,
        source=request.source,
        hs_revision=request.hs_revision,
        since=_iso(request.since),
        until=_iso(request.until),
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _found(opened: Store, asked: Selection, by: Sequence[str], limit: int | None) -> QueryResult:
    """The answer of a query; an error where it is empty."""
    result = query(opened, asked, by=by, limit=limit)
    if result.table.is_empty():
        raise nothing_matches(opened, asked)
    return result


def answer_loads(inputs: Inputs, request: LoadsRequest) -> Result:
    """Finished loads of the store, oldest first."""
    with open_store(inputs.the_store()) as opened:
        return Result({"loads": opened.loads().select(list(result_types("store_loads")))})


def answer_rejects(inputs: Inputs, request: RejectsRequest) -> Result:
    """Rows that were not stored, with the reason, of one load or of all.

    Raises
    ------
    UnknownName
        The store has no such load.
    """
    with open_store(inputs.the_store()) as opened:
        loads = opened.loads()["load_id"].to_list()
        if request.load is not None and request.load not in loads:
            raise UnknownName(
                f"The store has no load {request.load}.",
                f"it has {', '.join(loads) or 'none'}",
                "see `karwan trade loads`.",
            )
        return Result({"rejects": opened.rejects(request.load)})


def answer_sources(inputs: Inputs, request: FlowSourcesRequest) -> Result:
    """Sources of trade figures that can be read, and the packaged mappings of tables."""
    sources = [
        {"source": one.name, "title": one.title, "provider": one.provider, "reads": one.reads}
        for one in SOURCES.values()
    ]
    mappings = [
        {"mapping": one.name, "title": one.title, "provider": one.provider, "layout": one.layout}
        for one in packaged_mappings().values()
    ]
    return Result(
        {
            "sources": result_frame("store_sources", sources),
            "mappings": result_frame("store_mappings", mappings),
        }
    )


def answer_verify(inputs: Inputs, request: VerifyRequest) -> Result:
    """What the store holds against what its loads say; it fails where one check does.

    Raises
    ------
    StoreError
        The engine cannot read the store, or an earlier one cannot be brought up to date.
    """
    store, alerts = inputs.the_store(), []
    if request.upgrade:
        alerts.append(note("store.upgraded", before=upgrade(store)))
    with open_store(store, checked=False) as opened:
        found = verify(opened)
    failed = found.problems.height
    counts = {"loads": found.loads, "rows": found.rows, "checks": found.checks.height}
    if failed:
        alerts.append(note("store.damaged", failed=failed, **counts))
    return Result(
        {"checks": found.checks},
        {"ok": not failed, "loads": found.loads, "rows": found.rows},
        alerts=tuple(alerts),
        failed=bool(failed),
    )


def with_count(result: Result, view: None, form: str) -> Result:
    """A list as people read it, the number of its rows below."""
    if form != "table":
        return result
    rows = next(iter(result.tables.values())).height
    return replace(result, notes=(*result.notes, note("store.rows", count=rows)))


def faults_only(result: Result, view: None, form: str) -> Result:
    """A verified store as people read it: the checks that failed, or that it is whole."""
    if form != "table":
        return result
    checks = result.tables["checks"]
    facts: dict[str, Any] = {name: result.meta[name] for name in ("loads", "rows")}
    whole = () if result.failed else (note("store.whole", checks=checks.height, **facts),)
    return replace(result, tables={"checks": checks.filter(~pl.col("ok")).drop("ok")}, meta={}, notes=whole)
