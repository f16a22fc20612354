"""Put a reading into the store: once, whole or not at all, with every row accounted for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import ibis
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from karwan.errors import InvalidInput, KarwanError
from karwan.store import layout, tables
from karwan.store.digest import RowDigest
from karwan.store.engine import Store, make_empty
from karwan.store.measure import load_table, measure, record_products, remove_load
from karwan.store.overlap import ON_OVERLAP, PARTY_KEY, settle, stands_twice
from karwan.store.reading import PackedRows, Progress, Reading, no_progress
from karwan.store.staging import Staging

# Keys of so many rows, 8 bytes each, are looked through for repeats in memory.
SORTED_IN_MEMORY = 20_000_000
_TOP = ibis.schema({"top": "int64"})


class NothingUsable(KarwanError, ValueError):
    """A file has rows, and none of them can be stored."""


MOST_UNKNOWN = (
    0.5  # of the rows of a file; with more of them its columns are likely others than the mapping says
)


@dataclass(frozen=True)
class LoadReport:
    """What became of one reading.

    Attributes
    ----------
    load_id
        Name of the load.
    status
        `loaded`, or `unchanged` where the store had this content already.
    rows, rejects
        Rows stored and rows not stored; together they are all rows of the file.
    value_usd
        Value of the rows stored.
    reasons
        Columns `reason`, `rows`: rejects by reason (codes and values in it left out), most frequent first.
    replaced
        Rows of earlier loads that gave way.
    notes
        What the reader or the store found worth saying.
    """

    load_id: str
    source: str
    file_name: str
    status: str
    rows: int
    rejects: int
    value_usd: float
    reasons: pl.DataFrame
    replaced: int
    notes: tuple[str, ...]


def ingest(
    store: Store,
    readings: Sequence[Reading],
    *,
    on_overlap: str = "refuse",
    progress: Progress = no_progress,
    loaded_at: datetime | None = None,
    allow_unknown: bool = True,
) -> list[LoadReport]:
    """Store readings in one transaction.

    Parameters
    ----------
    store
        The open store.
    readings
        Files, archive members or answers.
    on_overlap
        What to do when a reading brings a flow that an earlier load of the same source has: `refuse`,
        `replace` the earlier rows, or `keep` both.
    progress
        Called with the bytes read so far, over all readings.
    loaded_at
        Time to record; now if None.
    allow_unknown
        Whether a file may have mostly rows of countries or product codes that are not known.

    Raises
    ------
    InvalidInput
        It has, and may not; nothing is stored then.
    NothingUsable
        Not one row of a file can be stored.
    Overlap
        Flows are there already and `on_overlap` is `refuse`.
    """
    if on_overlap not in ON_OVERLAP:
        raise InvalidInput(f"on_overlap is `{on_overlap}`.", fix=f"Choose of {', '.join(ON_OVERLAP)}.")
    stamp = (loaded_at or datetime.now(UTC)).replace(tzinfo=None, microsecond=0)
    reports = []
    done = 0
    with store.transaction():
        make_empty(store)
        for reading in readings:
            moved = _shifted(progress, done)
            report = _ingest_one(store, reading, on_overlap, moved, stamp)
            if not allow_unknown and report.status != "unchanged":
                _refuse_unknown(store, report)
            reports.append(report)
            done += reading.content_bytes
            progress(done)
    return reports


def _refuse_unknown(store: Store, report: LoadReport) -> None:
    """Refuse a load most of whose rows are of countries, or of product codes, that are not known."""
    flows = store.flows()
    own = flows.filter(flows.load_id == report.load_id)
    flags = own.flags.fill_null("")
    country = flags.contains("unknown_exporter") | flags.contains("unknown_importer")
    marks = {"countries": country, "product codes": flags.contains("unknown_product")}
    counts = own.aggregate(
        rows=own.count(), **{name: mark.ifelse(1, 0).sum() for name, mark in marks.items()}
    )
    row = store.table(counts).row(0, named=True)
    for name in marks:
        if row["rows"] and (row[name] or 0) > MOST_UNKNOWN * row["rows"]:
            raise InvalidInput(
                f"{report.file_name} knows few {name}: {row[name]:,} of {row['rows']:,} rows have others.",
                "; ".join(note for note in report.notes if "not known" in note) or f"source {report.source}",
                "Check the columns and the mapping, or give --allow-unknown to store them apart.",
            )


def _shifted(progress: Progress, start: int) -> Progress:
    return lambda done_bytes: progress(start + done_bytes)


def _ingest_one(
    store: Store, reading: Reading, on_overlap: str, progress: Progress, stamp: datetime
) -> LoadReport:
    others = store.loads().filter(pl.col("source") == reading.source)
    earlier = others.filter(options=reading.options_text(), content_bytes=reading.content_bytes)
    # Hashing first costs a pass over the file; it is done only where a load of the same size could be the
    # same.
    if earlier.height:
        same = earlier.filter(pl.col("content_hash") == reading.content_hash())
        if same.height:
            load = same.row(0, named=True)
            beside = on_overlap == "replace" and stands_twice(store, reading, load["load_id"])
            if not load["replaced"] and not beside:
                return _unchanged(load)
            # Later files have replaced some of its rows, or stand beside them; what is left gives way to the whole file.
            remove_load(store, load["load_id"])
            others = others.filter(pl.col("load_id") != load["load_id"])
    if others.is_empty():
        on_overlap = "keep"  # there is nothing to overlap with
    if reading.packed is not None and store.engine == "duckdb":
        base = _next_lane(store)
        report = _load_packed(store, reading, reading.packed(), _Policy(on_overlap, progress, stamp, base))
        if report is not None:
            return report
        layout.delete_from_lane(store.raw(), base)
    return _load_staged(store, reading, _Policy(on_overlap, progress, stamp, _next_lane(store)))


@dataclass(frozen=True)
class _Policy:
    on_overlap: str
    progress: Progress
    stamp: datetime
    lane_base: int


def _products(store: Store) -> pl.DataFrame:
    """The products that the store has keys of."""
    return store.frame(f"SELECT {', '.join(tables.PRODUCTS)} FROM products", tables.PRODUCTS)


def _next_lane(store: Store) -> int:
    """The first lane key nobody has used."""
    return _next_key(store, "lanes", "lane_key")


def _next_key(store: Store, name: str, key: str) -> int:
    """One more than the largest key in a table."""
    # By hand: Ibis takes ten milliseconds over each such question, and a load asks several.
    found = store.frame(f"SELECT coalesce(max({key}), -1) AS top FROM {name}", _TOP)
    return int(found["top"][0]) + 1


def _unchanged(load: dict[str, Any]) -> LoadReport:
    return LoadReport(
        load_id=load["load_id"],
        source=load["source"],
        file_name=load["file_name"],
        status="unchanged",
        rows=int(load["rows"]),
        rejects=int(load["rejects"]),
        value_usd=float(load["value_usd"]),
        reasons=_no_reasons(),
        replaced=0,
        notes=("the store has this content already, from " + str(load["loaded_at"]),),
    )


def _no_reasons() -> pl.DataFrame:
    return pl.DataFrame(schema={"reason": pl.String, "rows": pl.Int64})


def summarise_reasons(rejects: pl.DataFrame) -> pl.DataFrame:
    """Rejects by reason, with what is particular to a row (quoted text, numbers) left out, most frequent
    first.
    """
    general = (
        pl.col("reason")
        .str.replace_all(r"'[^']*'", "…")
        .str.replace_all(r" ?\(0?\d+\)", "")
        .str.replace_all(r"(^|[ (=:])-?\d[\d.e+-]*", "${1}…")
    )
    return (
        rejects.select(reason=general)
        .group_by("reason")
        .agg(rows=pl.len().cast(pl.Int64))
        .sort(["rows", "reason"], descending=[True, False])
    )


def _load_staged(store: Store, reading: Reading, policy: _Policy) -> LoadReport:
    content_hash = reading.content_hash()
    with Staging() as staging:
        for frame in reading.frames(policy.progress):
            staging.add(frame)
        staging.settle(reading.repeats)
        staging.key(policy.lane_base, _products(store))
        rejects = staging.rejects()
        rows, value_usd = staging.totals()
        if rows == 0:
            raise _nothing_usable(reading, rejects)
        load_id = reading.load_id(content_hash)
        passed = RowDigest()
        _insert_keyed(store, staging, load_id, reading.source, passed)
    return _finish(store, reading, policy, _Outcome(load_id, content_hash, rows, value_usd, rejects, passed))


def _load_packed(store: Store, reading: Reading, packed: PackedRows, policy: _Policy) -> LoadReport | None:
    """Load by the short cut; None where the file is not one it covers (what it wrote is then the caller's to
    delete).
    """
    raw = store.raw()
    passed = RowDigest()
    _insert_rows(store, packed.batches(policy.lane_base, policy.progress), passed)
    if not packed.usable:
        return None
    content_hash = packed.content_hash()
    load_id = reading.load_id(content_hash)
    if not packed.in_order and _has_repeats(raw, policy.lane_base, packed.rows):
        return None
    with layout.registered(raw, "incoming", packed.products()):
        raw.execute("INSERT INTO products SELECT * FROM incoming ANTI JOIN products USING (product_key)")
    _insert_lanes(store, packed, load_id, reading.source)
    strays = packed.strays()
    rejects = _load_strays(store, strays, load_id, reading.source, passed)
    if rejects is None:
        return None
    rows, value_usd = packed.rows, packed.value_usd
    if strays.height:
        totals = raw.execute(
            "SELECT count(*), coalesce(sum(value_milliusd), 0) FROM flow_rows WHERE lane_key >= ?",
            [policy.lane_base],
        ).fetchone()
        assert totals is not None
        rows, value_usd = int(totals[0]), float(totals[1]) / tables.MILLI
    if rows == 0:
        raise _nothing_usable(reading, rejects)
    return _finish(store, reading, policy, _Outcome(load_id, content_hash, rows, value_usd, rejects, passed))


def _load_strays(
    store: Store, strays: pl.DataFrame, load_id: str, source: str, passed: RowDigest
) -> pl.DataFrame | None:
    """Add the lines the short cut left out and the general reader accepts; the rejects of the others.

    None where such a line is a flow that the short cut has stored: which of the two stays is the staged
    path's to say.
    """
    if strays.height == 0:
        return strays.select("line", "reason", "raw")
    with Staging() as staging:
        staging.add(strays)
        staging.settle("reject")
        base = _next_lane(store)
        staging.key(base, _products(store))
        _insert_keyed(store, staging, load_id, source, passed)
        rejects = staging.rejects()
        same = " AND ".join(f"a.{name} IS NOT DISTINCT FROM b.{name}" for name in PARTY_KEY)
        twins = store.raw().execute(
            f"""
            WITH placed AS (SELECT * FROM lanes JOIN contexts USING (context_key) WHERE load_id = ?)
            SELECT 1 FROM placed a JOIN placed b ON {same}
            JOIN flow_rows x ON x.lane_key = a.lane_key JOIN flow_rows y ON y.lane_key = b.lane_key
            WHERE a.lane_key >= ? AND b.lane_key < ? AND x.product_key = y.product_key
            LIMIT 1
            """,
            [load_id, base, base],
        )
        return None if twins.fetchone() is not None else rejects


def _has_repeats(raw: Any, lane_base: int, rows: int) -> bool:
    if rows <= SORTED_IN_MEMORY:
        # Sorting the keys as numbers takes a third of the time of grouping them.
        question = "SELECT lane_key::BIGINT << 31 | product_key AS key FROM flow_rows WHERE lane_key >= ?"
        keys = raw.execute(question, [lane_base]).to_arrow_table()["key"].to_numpy()
        keys = np.sort(keys)
        return bool((keys[1:] == keys[:-1]).any())
    found = raw.execute(
        "SELECT 1 FROM flow_rows WHERE lane_key >= ? "
        "GROUP BY lane_key, product_key HAVING count(*) > 1 LIMIT 1",
        [lane_base],
    ).fetchone()
    return found is not None


@dataclass(frozen=True)
class _Outcome:
    load_id: str
    content_hash: str
    rows: int
    value_usd: float
    rejects: pl.DataFrame
    passed: RowDigest


def _finish(store: Store, reading: Reading, policy: _Policy, outcome: _Outcome) -> LoadReport:
    """Settle what overlaps, write the rejects, then the row in `loads`."""
    replaced, replacements = settle(store, reading, outcome.load_id, policy.on_overlap)
    notes = [*reading.notes(), *replacements]
    if outcome.rejects.height:
        rejects = outcome.rejects.select(pl.lit(outcome.load_id).alias("load_id"), "line", "reason", "raw")
        _insert(store, "rejects", rejects.to_arrow())
    row = {
        "load_id": outcome.load_id,
        "source": reading.source,
        "file_name": reading.file_name,
        "content_bytes": reading.content_bytes,
        "content_hash": outcome.content_hash,
        "options": reading.options_text(),
        "value_usd": outcome.value_usd,
        "loaded_at": policy.stamp,
        "notes": "; ".join(notes),
        "replaced": 0,
        **measure(store, outcome.load_id, outcome.passed),
    }
    _insert(store, "loads", load_table(row))
    record_products(store)
    return LoadReport(
        load_id=outcome.load_id,
        source=reading.source,
        file_name=reading.file_name,
        status="loaded",
        rows=outcome.rows,
        rejects=outcome.rejects.height,
        value_usd=outcome.value_usd,
        reasons=summarise_reasons(outcome.rejects),
        replaced=replaced,
        notes=tuple(notes),
    )


def _nothing_usable(reading: Reading, rejects: pl.DataFrame) -> NothingUsable:
    shown = rejects.sort("line").head(3)
    lines = "; ".join(f"line {line}: {reason}" for line, reason in shown.select("line", "reason").iter_rows())
    return NothingUsable(
        f"None of the {rejects.height:,} rows of {reading.file_name} can be stored; the store is unchanged.",
        evidence=lines or "the file has no rows",
        fix="Is it the right source and mapping?",
    )


def _insert_lanes(store: Store, keyed: Staging | PackedRows, load_id: str, source: str) -> None:
    """Append the contexts of a load, numbered on from those the store has, then the lanes that have them."""
    base = _next_key(store, "contexts", "context_key")
    contexts = cast(pl.DataFrame, pl.from_arrow(keyed.contexts()))
    contexts = contexts.with_columns(
        context_key=(pl.col("context_key") + base).cast(pl.Int32),
        load_id=pl.lit(load_id),
        source=pl.lit(source),
    )
    _insert(store, "contexts", contexts.select(*tables.CONTEXTS).to_arrow())
    lanes = keyed.lanes()
    place = lanes.column_names.index("context_key")
    keys = pc.add(lanes["context_key"], pa.scalar(base, pa.int32()))
    _insert(store, "lanes", lanes.set_column(place, "context_key", keys))


def _insert_keyed(store: Store, staging: Staging, load_id: str, source: str, passed: RowDigest) -> None:
    """Append what was staged: products, lanes, rows, quantities."""
    _insert(store, "products", staging.fresh_products())
    _insert_lanes(store, staging, load_id, source)
    _insert_rows(store, staging.rows(), passed)
    _insert(store, "quantities", staging.quantities())


def _insert(store: Store, name: str, rows: pa.Table) -> None:
    """Append rows to a small table."""
    if rows.num_rows:
        store.link.insert(name, rows)


def _insert_rows(store: Store, batches: Iterator[pa.RecordBatch], passed: RowDigest) -> None:
    """Append to `flow_rows`, and take the rows in as they pass by."""
    store.link.insert_rows(passed.passing(batches))
