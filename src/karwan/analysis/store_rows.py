"""Rows of a case from the trade store: what its two countries report of each other, and what they pay others for the case's goods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import PurePath
from typing import Any

import ibis.expr.types as ir
import polars as pl

from karwan.analysis.figures import store_figures
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.store import Store, open_store
from karwan.store.query import Selection, select

Row = dict[str, Any]
WHOLE_MARKET = 50  # exporters; a source with as many that sell to a country holds what it buys
LEAST_T = 20.0  # tonnes, a truck: the unit value of less is a sample, not a price
DIGITS = 6
SOURCE = "store"


def with_store_rows(case: Case, store: str, day: date) -> tuple[Case, tuple[Note, ...]]:
    """The case with the store's rows in `flows`, `markets` and `sources`, and what was taken and is missing; see `stored_case`."""
    flows, notes = _reports(case, store, day)
    markets, said = _markets(case, store, day)
    tables = {
        "flows": pl.concat([case["flows"], flows]),
        "markets": pl.concat([_not_replaced(case["markets"], markets), markets]),
    }
    named = _names(flows, markets)
    if named:
        rows = [_source_row(name, store) for name in sorted(named)]
        extra = pl.DataFrame(rows, schema=case["sources"].schema)
        tables["sources"] = pl.concat([case["sources"], extra])
    return case.with_tables(tables), (*notes, *said)


def _reports(case: Case, store: str, day: date) -> tuple[pl.DataFrame, list[Note]]:
    """What either side reports of the two in the store, a row for each period and direction, and what is missing."""
    a, b = case.parties.codes
    schema = case["flows"].schema
    try:
        figures = store_figures(store, a, b, until=day).table
    except InvalidInput:
        return pl.DataFrame(schema=schema), [note("store.no_reports", a=a, b=b)]
    ways = {f"{a} to {b}": "a_to_b", f"{b} to {a}": "b_to_a"}
    totals = figures.filter((pl.col("kind") == "total") & pl.col("flow").is_in(list(ways)))
    own = totals.filter(pl.col("reporter").is_in([a, b]))
    rows = [
        {
            "flow_id": f"{_key(row['source'])}_{row['reporter']}_{ways[row['flow']]}_{row['start']}_{row['end']}".lower(),
            "reporter": row["reporter"],
            "direction": ways[row["flow"]],
            "period_start": row["start"],
            "period_end": row["end"],
            "period_kind": _kind(row["start"], row["end"]),
            "product_group": "all",
            "value_usd": row["value_usd"],
            "value_kind": "trade",
            "claimed": "official",
            "statistics": "customs",
            "source_id": _key(row["source"]),
            "basis": "observed",
        }
        for row in own.iter_rows(named=True)
    ]
    notes = []
    for source, reporter in totals.select("source", "reporter").unique(maintain_order=True).iter_rows():
        held = totals.filter((pl.col("source") == source) & (pl.col("reporter") == reporter))
        first, last = held["start"].min(), held["end"].max()
        notes.append(
            note("store.reports", source=source, reporter=reporter, first=str(first), last=str(last))
        )
    silent = [code for code in (a, b) if code not in set(own["reporter"])]
    notes += [note("store.silent_side", country=code) for code in silent]
    return pl.DataFrame(rows, schema=schema), notes


def _kind(start: date, end: date) -> str:
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    if months == 12:
        return "calendar_year" if start.month == 1 else "fiscal_year"
    return "month" if months == 1 else "part_year"


def _key(source: str) -> str:
    """Source id of a source of the store: 'store_baci_hs17' of 'baci, HS17'."""
    return f"{SOURCE}_{source.replace(', ', '_')}".lower()


def _markets(case: Case, store: str, day: date) -> tuple[pl.DataFrame, list[Note]]:
    """Rows of `markets` for the case's goods: unit value by origin and, of a source that holds the whole market, imports and shares."""
    schema = case["markets"].schema
    codes = {str(code)[:DIGITS] for code in case["products"]["hs_code"]}
    with open_store(store) as opened:
        flows = _goods_flows(opened, sorted(codes), case.parties.codes, day)
        if flows.is_empty():
            return pl.DataFrame(schema=schema), [note("store.no_goods", goods=len(codes))]
        width = _market_width(opened, case.parties.codes)
    rows: list[Row] = []
    for product in case["products"].iter_rows(named=True):
        rows += _product_rows(product, flows, width, case.parties.codes)
    found = {row["product_id"] for row in rows}
    said = [note("store.goods", goods=len(found), all=case["products"].height)]
    return pl.DataFrame(rows, schema=schema), said


def _yearly(opened: Store, parties: Sequence[str]) -> ir.Table:
    """Yearly flows between countries to the two, no side's export reports where it reports its imports itself."""
    flows = select(opened, Selection(importer=tuple(parties), frequency=("A",), level=(DIGITS,)))
    return flows.filter((flows.partner == "country") & (flows.hs_revision != "case"))


def _goods_flows(opened: Store, codes: Sequence[str], parties: Sequence[str], day: date) -> pl.DataFrame:
    """Value and weight of each flow to the two of goods of the case, newest year last."""
    flows = _yearly(opened, parties)
    flows = flows.filter(flows.product.isin(list(codes)) & (flows.period_end <= day.isoformat()))
    keys = [
        "source",
        "hs_revision",
        "reporter_side",
        "exporter",
        "importer",
        "product",
        "period_start",
        "period_end",
    ]
    rows = opened.table(
        flows.group_by(keys).aggregate(milli=flows.value_milliusd.sum(), grams=flows.weight_g.sum())
    )
    return rows.with_columns(
        pl.col("period_start", "period_end").cast(pl.Date),
        usd=pl.col("milli").cast(pl.Float64) / 1e3,
        tonnes=pl.col("grams").cast(pl.Float64) / 1e6,
    ).sort("period_end", *keys[:6])


def _market_width(opened: Store, parties: Sequence[str]) -> dict[tuple[str, str, date], int]:
    """Exporters that sell to a country in a year of a source."""
    flows = _yearly(opened, parties)
    keys = ["source", "importer", "period_end"]
    table = opened.table(flows.group_by(keys).aggregate(exporters=flows.exporter.nunique()))
    table = table.with_columns(pl.col("period_end").cast(pl.Date))
    return {
        (source, importer, end): n
        for source, importer, end, n in table.select(*keys, "exporters").iter_rows()
    }


def _product_rows(
    product: Row, flows: pl.DataFrame, width: dict[tuple[str, str, date], int], parties: Sequence[str]
) -> list[Row]:
    """Rows of one good: its newest year in the source with most origins."""
    importer = next(code for code in parties if code != product["exporter"])
    own = flows.filter(
        (pl.col("importer") == importer) & (pl.col("product") == str(product["hs_code"])[:DIGITS])
    )
    if own.is_empty():
        return []
    newest = own.filter(pl.col("period_end") == own["period_end"].max())
    counts = newest.group_by("source", "hs_revision", "reporter_side").len()
    best = counts.sort(
        "len", "source", "hs_revision", "reporter_side", descending=[True, False, False, False]
    ).row(0, named=True)
    chosen = newest.filter(
        pl.all_horizontal(pl.col(key) == best[key] for key in ("source", "hs_revision", "reporter_side"))
    )
    first = chosen.row(0, named=True)
    whole = width.get((first["source"], importer, first["period_end"]), 0) >= WHOLE_MARKET
    return list(_facts(product, importer, chosen, whole))


def _facts(product: Row, importer: str, chosen: pl.DataFrame, whole: bool) -> Iterable[Row]:
    first = chosen.row(0, named=True)
    common = {
        "product_id": product["product_id"],
        "country": importer,
        "start": first["period_start"],
        "end": first["period_end"],
        "place": f"HS {first['product']}",
        "printed": "",
        "use": "model",
        "source_id": _key(f"{first['source']}, {first['hs_revision']}"),
        "basis": "computed",
    }
    name = f"{common['source_id']}_{product['product_id']}_{first['period_end']:%Y}"
    total_usd, total_t = float(chosen["usd"].sum()), float(chosen["tonnes"].sum())
    for row in chosen.iter_rows(named=True):
        origin = {"origin": row["exporter"], **common}
        if row["tonnes"] and row["tonnes"] >= LEAST_T:
            yield {
                "market_id": f"{name}_uv_{row['exporter']}",
                "quantity": "unit_value",
                "value": row["usd"] / row["tonnes"],
                **origin,
            }
        if whole and total_usd > 0:
            yield {
                "market_id": f"{name}_share_{row['exporter']}",
                "quantity": "origin_share",
                "value": row["usd"] / total_usd,
                **origin,
            }
    if whole:
        yield {"market_id": f"{name}_usd", "quantity": "import_usd", "value": total_usd, **common}
        if not chosen["tonnes"].null_count():
            yield {"market_id": f"{name}_t", "quantity": "import_t", "value": total_t, **common}


def _not_replaced(markets: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The case's rows but those the store has of the same good, country, quantity and origin, as new or newer."""
    if stored.is_empty():
        return markets
    keys = ["product_id", "country", "quantity", "origin"]
    newest = stored.group_by(keys).agg(stored_end=pl.col("end").max())
    joined = markets.join(newest, on=keys, how="left", nulls_equal=True, maintain_order="left")
    older = pl.col("stored_end").is_not_null() & (pl.col("end").fill_null(date.min) <= pl.col("stored_end"))
    return joined.filter(~older.fill_null(False)).select(markets.columns)


def _names(*tables: pl.DataFrame) -> set[str]:
    return {name for table in tables for name in table["source_id"].unique()}


def _source_row(name: str, store: str) -> Row:
    return {
        "source_id": name,
        "title": f"{name.removeprefix(f'{SOURCE}_')}, in the trade store {PurePath(store).name}",
        "publisher": "trade store",
        "licence": "as its sources",
    }
