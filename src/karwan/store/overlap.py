"""Flows that an earlier load of the same source brought already: refused, replaced, or kept beside."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from karwan.errors import KarwanError
from karwan.store import tables
from karwan.store.engine import Store
from karwan.store.measure import load_rows, record_again, remove_load
from karwan.store.reading import Reading

ON_OVERLAP = ("refuse", "replace", "keep")
PARTY_KEY = tuple(name for name in tables.FLOW_KEY if name != "product")


class Overlap(KarwanError, ValueError):
    """A load brings flows that an earlier load of the same source has already."""


def settle(store: Store, reading: Reading, load_id: str, on_overlap: str) -> tuple[int, list[str]]:
    """Refuse, replace or keep the flows that are there already.

    Returns how many earlier rows gave way, and what became of each load that they were of.
    """
    repeated = _repeated_rows(store, reading, load_id)
    by_load = {} if repeated is None else _by_load(store, repeated)
    if repeated is None or not by_load:
        return 0, []
    count = sum(by_load.values())
    if on_overlap == "keep":
        return 0, [
            f"{count:,} flows stand in an earlier load too: sums count them twice, unless --by load_id keeps them apart"
        ]
    if on_overlap == "refuse":
        raise Overlap(
            f"{reading.file_name} brings {count:,} flows that the store has already from {reading.source}.",
            evidence="the same reporter, partners, period and product, in another file",
            fix="Use --on-overlap replace to let the newer file win, or keep to hold both.",
        )
    doomed = ibis.to_sql(repeated, dialect=store.engine)
    # The quantities first: the rows tell which they are.
    for name in ("quantities", "flow_rows"):
        store.link.delete(name, ["lane_key", "product_key"], doomed)
    notes = [f"{count:,} rows of earlier loads were replaced"]
    for load in load_rows(store):
        gone = by_load.get(load["load_id"], 0)
        if gone:
            notes.append(_corrected(store, load, gone))
    return count, notes


def stands_twice(store: Store, reading: Reading, load_id: str) -> bool:
    """Whether flows of a load that is there stand in another load of its source too: they were kept beside."""
    repeated = _repeated_rows(store, reading, load_id)
    return repeated is not None and bool(_by_load(store, repeated))


def _corrected(store: Store, load: dict[str, object], gone: int) -> str:
    """Let `loads` say what an earlier load still has; one without rows is a load no more."""
    row = record_again(store, load, replaced=int(str(load["replaced"])) + gone)
    if row["rows"]:
        return f"{row['file_name']} (load {row['load_id']}) has {row['rows']:,} rows left"
    remove_load(store, row["load_id"])
    return f"{row['file_name']} (load {row['load_id']}) has none left and is listed no more"


def _by_load(store: Store, repeated: ir.Table) -> dict[str, int]:
    """How many of the rows are of each load."""
    lanes = tables.committed_lanes(store.backend).select("lane_key", "load_id")
    found = repeated.inner_join(lanes, "lane_key").group_by("load_id").aggregate(n=lambda each: each.count())
    return {load_id: int(n) for load_id, n in store.table(found.select("load_id", "n")).iter_rows()}


def _repeated_rows(store: Store, reading: Reading, load_id: str) -> ir.Table | None:
    """Rows of earlier loads of the source that the load `load_id` (not finished yet) brings again: their two
    keys.
    """
    lanes = tables.lanes(store.backend)
    same_source = lanes.filter(lanes.source == reading.source)
    mine = same_source.filter(same_source.load_id == load_id)
    others = tables.committed_lanes(store.backend)
    others = others.filter((others.source == reading.source) & (others.load_id != load_id))
    mine = mine.select(my_key=mine.lane_key, **{f"my_{name}": mine[name].fill_null("") for name in PARTY_KEY})
    pairs = others.inner_join(mine, [others[name].fill_null("") == mine[f"my_{name}"] for name in PARTY_KEY])
    pairs = pairs.select(pairs.lane_key, pairs.my_key)
    if store.table(pairs.limit(1)).height == 0:
        return None
    rows = store.backend.table("flow_rows")
    old = rows.inner_join(pairs, rows.lane_key == pairs.lane_key).select("lane_key", "my_key", "product_key")
    new = rows.select(new_lane=rows.lane_key, new_product=rows.product_key)
    both = old.inner_join(new, [old.my_key == new.new_lane, old.product_key == new.new_product])
    return both.select("lane_key", "product_key").distinct()
