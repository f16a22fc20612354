"""Which of the store's sources answers by default: a rule that is said, never the one that happens to have most rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
import polars as pl

from karwan.analysis.levels import level_title
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.store import Store
from karwan.store.filters import held_near

Pair = tuple[str | None, str | None]
PARTIAL = "commodity"  # nomenclature of sources that hold some goods only, not all of them
THIN = 0.5  # a year with fewer than so many of the flows of the year before is no full year
COARSE = 20  # products; a level with fewer says little of what a country makes
OWN_SIDES = ("reconciled", "unknown")  # a row of neither side's own report speaks for its exporter


@dataclass(frozen=True)
class Chosen:
    """The source, nomenclature and level that answer, and what was set aside.

    Attributes
    ----------
    source, hs_revision, digits
        Which rows of the store.
    years
        Full years it has, in order.
    part_years
        Years set aside: not over when they were loaded, or with under half of the flows of the year before.
    both
        Whether both countries' own exports are in it.
    others
        Sources that would do too, in words.
    products
        Product codes it has.
    """

    source: str
    hs_revision: str
    digits: int
    years: tuple[int, ...]
    part_years: tuple[int, ...]
    both: bool
    others: str
    products: int

    def notes(self, pair: Pair) -> list[Note]:
        """What the reader must know: source and level, years set aside, a coarse level, a country that does not report."""
        names = {"source": self.source, "revision": self.hs_revision, "digits": self.digits}
        said = [note("store.chosen", year=str(self.years[-1]) if self.years else "", **names)]
        if self.part_years:
            said.append(note("store.part_years", years=", ".join(map(str, self.part_years))))
        if self.products < COARSE:
            said.append(note("store.coarse", products=self.products))
        if not self.both and None not in pair:
            said.append(note("store.one_reports", pair=" and ".join(map(str, pair))))
        if self.others:
            said.append(note("store.other_sources", others=self.others))
        return said


def chosen_source(
    opened: Store, flows: ir.Table, pair: Pair, *, where: str, digits: int | None = None, named: bool = False
) -> Chosen:
    """The finest product level that both countries report in the newest full year.

    Part years are set aside; sources that hold some goods only are taken by name alone. Where the two do not both report, their sales and
    purchases in others' figures do.

    Parameters
    ----------
    flows
        Yearly flows by product with `partner`, of the sources that may be taken.
    pair
        Exporter and importer; None is any.
    where
        The store, for messages.
    digits
        Digits of the products wanted, or finer.
    named
        Whether a source was asked for by name.

    Raises
    ------
    InvalidInput
        The store has no such flows, or none of both countries.
    """
    counts = _with_part_years(_counts(opened, flows, pair), loaded_days(opened))
    if not named and (counts["hs_revision"] != PARTIAL).any():
        counts = counts.filter(pl.col("hs_revision") != PARTIAL)
    fitting = counts if digits is None else counts.filter(pl.col("product_level") >= digits)
    if fitting.is_empty():
        raise _no_such_level(counts, digits, where)
    usable = fitting.filter((pl.col("sells") > 0) & (pl.col("buys") > 0))
    if usable.is_empty():
        raise _no_pair(opened, counts, digits, where, pair)
    pool = _first_filled(usable, ~pl.col("part"))
    pool = _first_filled(pool, (pl.col("said_a") > 0) & (pl.col("said_b") > 0))
    newest = pool.filter(pl.col("year") == pool["year"].max())
    order = ["product_level", "rows", "source", "hs_revision"]
    best = newest.sort(order, descending=[digits is None, True, False, False]).row(0, named=True)
    keys = ("source", "hs_revision", "product_level")
    own = usable.filter(pl.all_horizontal(pl.col(key) == best[key] for key in keys))
    full = own.filter(~pl.col("part") | (pl.col("year") == best["year"]))
    rest = usable.filter(pl.col("source") != best["source"])
    return Chosen(
        source=best["source"],
        hs_revision=best["hs_revision"],
        digits=best["product_level"],
        years=tuple(sorted(set(full["year"]))),
        part_years=tuple(sorted(set(own["year"]) - set(full["year"]))),
        both=bool(best["said_a"] and best["said_b"]),
        others=named_sources(rest) if rest.height else "",
        products=best["products"],
    )


def _counts(opened: Store, flows: ir.Table, pair: Pair) -> pl.DataFrame:
    """Rows, and rows that speak of the two, by source, nomenclature, level and year."""
    flows = flows.mutate(year=flows.period_end.year())
    sells, buys = (
        flows.count() if code is None else (flows[side] == code).cast("int64").sum()
        for side, code in zip(("exporter", "importer"), pair, strict=True)
    )
    said = {
        name: flows.count() if code is None else _speaks_for(flows, code).cast("int64").sum()
        for name, code in zip(("said_a", "said_b"), pair, strict=True)
    }
    grouped = flows.group_by("source", "hs_revision", "product_level", "year")
    table = opened.table(
        grouped.aggregate(
            rows=flows.count(),
            products=flows.product.nunique(),
            ends=flows.period_end.max(),
            sells=sells,
            buys=buys,
            **said,
        )
    )
    return table.with_columns(pl.col("ends").cast(pl.Date), pl.col("year", "product_level").cast(pl.Int64))


def _speaks_for(flows: ir.Table, country: str) -> Any:
    own = flows.reporter_side.isin(OWN_SIDES) & (flows.exporter == country)
    return own | (flows.reporter == country).fill_null(False)


def loaded_days(opened: Store) -> pl.DataFrame:
    """Day each source was last loaded."""
    loads = opened.loads()
    days = loads["loaded_at"].cast(pl.String).str.slice(0, 10).str.to_date()
    return loads.select("source", loaded=days).group_by("source").agg(pl.col("loaded").max())


def _with_part_years(counts: pl.DataFrame, loaded: pl.DataFrame) -> pl.DataFrame:
    """The counts with `part`: years that were not over when they were loaded, or thin beside the year before."""
    keys = ["source", "hs_revision", "product_level"]
    table = counts.join(loaded, on="source", how="left").sort(*keys, "year")
    before = pl.col("rows").shift(1).over(keys)
    follows = (pl.col("year") - pl.col("year").shift(1).over(keys)) == 1
    newest = pl.col("year") == pl.col("year").max().over(keys)
    thin = newest & follows & (pl.col("rows") < THIN * before)
    unfinished = pl.col("ends") > pl.col("loaded")
    return table.with_columns(part=(thin | unfinished).fill_null(False))


def _first_filled(table: pl.DataFrame, test: pl.Expr) -> pl.DataFrame:
    """The rows that pass, or all where none does."""
    passing = table.filter(test)
    return passing if passing.height else table


def _no_such_level(counts: pl.DataFrame, digits: int | None, where: str) -> InvalidInput:
    have = ", ".join(map(str, sorted(set(counts["product_level"]))))
    asked = "." if digits is None else f" at {level_title(digits)}."
    return InvalidInput(
        f"The store {where} has no bilateral yearly flows by product{asked}",
        f"it has such flows with codes of {have} digits" if have else "it has none at any level",
        "bring them in with `karwan trade ingest baci FILE` (HS6, all countries), then ask again.",
    )


def _no_pair(opened: Store, counts: pl.DataFrame, digits: int | None, where: str, pair: Pair) -> InvalidInput:
    missing = held_near(opened, [code for code in pair if code])
    sides = zip(("sells", "buys"), pair, ("exports", "imports"), strict=True)
    told = [
        f"{code}'s {word}: {named_sources(counts.filter(pl.col(has) > 0))}"
        for has, code, word in sides
        if code
    ]
    at = "." if digits is None else f" at {level_title(digits)}."
    return InvalidInput(
        f"No source of the store {where} has both sides{at}",
        "; ".join([*told, missing] if missing else told),
        "choose a level or --source that has both, or bring in `karwan trade ingest baci FILE` (HS6, all countries).",
    )


def named_sources(counts: pl.DataFrame) -> str:
    """Sources and their digits: 'baci_table (6-digit codes)'."""
    levels = counts.sort("rows", descending=True).group_by("source", maintain_order=True)
    held = levels.agg(pl.col("product_level").unique().sort())
    told = [f"{name} ({'/'.join(map(str, digits))}-digit codes)" for name, digits in held.iter_rows()]
    return ", ".join(told) or "no source"
