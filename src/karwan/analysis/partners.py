"""Partners of a country in one good or all: value, share, growth, rank, unit value, and how concentrated they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.store_choice import PARTIAL, loaded_days
from karwan.analysis.trade_requests import PartnersRequest
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.store import Store, open_store
from karwan.store.country_codes import typed_country
from karwan.store.filters import held_near, nothing_matches, understood
from karwan.store.product_names import name_of
from karwan.store.query import Selection, select
from karwan.trade.indicators import concentration

REPORT = ["source", "hs_revision", "reporter_side", "valuation"]
FLOWS = {"exports": ("exporter", "importer"), "imports": ("importer", "exporter")}
KG_A_TONNE = 1000.0
WHOLE_MARKET = 50  # countries that sell in a source that holds whole markets


@dataclass(frozen=True)
class _Report:
    """One count of a country's trade by partner: of one source, side, nomenclature, valuation and level, in whole years."""

    rows: pl.DataFrame
    words: dict[str, Any]
    others: int
    sellers: int

    @property
    def years(self) -> list[int]:
        """Years it has, in order."""
        return sorted(set(self.rows["year"]))


def trade_partners(inputs: Inputs, request: PartnersRequest) -> Result:
    """Partners of a country by value in one year, beside the year before.

    Method: of the store's yearly flows between two countries one report is taken, so that nothing is added twice: the one with the newest
    full year; then the country's own, a reconciled one, its partners'; then the one with most partners. Of its product levels the shortest
    that holds the goods asked for; totals where all goods are. Sources that hold some goods only are taken by name
    alone. Growth stands only where both years are in the same report.

    Raises
    ------
    InvalidInput
        No such flow, or the year is not in the report.
    UnknownName
        The store has no such flows; the message names what it has.
    """
    if request.flow not in FLOWS:
        raise InvalidInput(f"There is no flow {request.flow!r}.", "exports or imports", "choose one of them.")
    country = typed_country(request.country)
    with open_store(inputs.the_store()) as opened:
        report = _report(opened, country, request)
    year = _year(report, request.year)
    now, before = (_of_year(report.rows, one) for one in (year, year - 1))
    table = _ranked(now, before if year - 1 in report.years else None)
    shares = concentration(table["value_usd"].to_numpy())
    meta = {
        "country": country,
        "flow": request.flow,
        "goods": ", ".join(f"{code} {name_of(code) or ''}".strip() for code in request.product) or "all",
        "year": year,
        **report.words,
        "value_usd": float(table["value_usd"].sum()),
        "hhi": float(shares["hhi"]),
        "effective_number": float(shares["effective_number"]),
        "top_three_share": float(table["share"].head(3).sum()),
    }
    shown = table.head(request.limit) if request.limit else table
    return Result(
        {"partners": result_frame("partners", shown.drop("weighed_usd", "weight_kg").to_dicts())},
        meta,
        tuple(_notes(request.flow, report, table, shown)),
    )


def _report(opened: Store, country: str, request: PartnersRequest) -> _Report:
    """The report taken, by the rule of `trade_partners`."""
    own, other = FLOWS[request.flow]
    given: dict[str, Any] = {
        own: (country,),
        "product": request.product,
        "source": request.source,
        "frequency": ("A",),
    }
    asked = understood(opened, Selection(**given))
    flows = select(opened, asked)
    flows = flows.filter(flows.partner == "country")
    flows = flows.mutate(
        year=flows.period_end.year(), weighed_milli=flows.weight_g.notnull().ifelse(flows.value_milliusd, 0)
    )
    keys = [*REPORT, "product_level", "year", other]
    rows = opened.table(
        flows.group_by(keys).aggregate(
            ends=flows.period_end.max(),
            milli=flows.value_milliusd.sum(),
            weighed=flows.weighed_milli.sum(),
            grams=flows.weight_g.sum(),
        )
    )
    if rows.is_empty():
        lacking = held_near(opened, [country], request.product)
        if lacking:
            raise InvalidInput(
                f"The store has no {request.flow} of {country} by partner.",
                lacking,
                "check the codes, or ingest flows by partner.",
            )
        nothing_matches(opened, asked)
    usd = [
        (pl.col(name).cast(pl.Float64) / 1000.0).alias(to)
        for name, to in (("milli", "value_usd"), ("weighed", "weighed_usd"))
    ]
    rows = rows.with_columns(
        *usd,
        pl.col("year", "product_level").cast(pl.Int64),
        weight_kg=pl.col("grams").cast(pl.Float64) / 1000.0,
    ).rename({other: "partner"})
    if not request.source and (rows["hs_revision"] != PARTIAL).any():
        rows = rows.filter(pl.col("hs_revision") != PARTIAL)
    over = rows.join(loaded_days(opened), on="source", how="left")
    full = over.filter((pl.col("ends").cast(pl.Date) <= pl.col("loaded")).fill_null(True)).drop(
        "loaded", "ends"
    )
    return _taken(opened, full if full.height else over.drop("loaded", "ends"), own)


def _taken(opened: Store, rows: pl.DataFrame, own: str) -> _Report:
    sides = {own: 0, "reconciled": 1}
    keys = [*REPORT, "product_level"]
    counts = rows.group_by(keys).agg(newest=pl.col("year").max(), partners=pl.col("partner").n_unique())
    ranked = counts.with_columns(
        side=pl.col("reporter_side").replace_strict(sides, default=2, return_dtype=pl.Int64)
    ).sort(
        ["newest", "side", "product_level", "partners", "source", "hs_revision", "valuation"],
        descending=[True, False, False, True, False, False, False],
    )
    best = ranked.row(0, named=True)
    kept = rows.filter(pl.all_horizontal(pl.col(key) == best[key] for key in keys))
    words = {
        "source": best["source"],
        "revision": best["hs_revision"],
        "reported_by": best["reporter_side"],
        "valuation": best["valuation"],
    }
    held = select(opened, Selection(source=(best["source"],), frequency=("A",)))
    sellers = opened.table(held.filter(held.partner == "country").select("exporter").distinct()).height
    return _Report(kept, words, ranked.height - 1, sellers)


def _year(report: _Report, asked: int | None) -> int:
    if asked is None:
        return report.years[-1]
    if asked not in report.years:
        raise InvalidInput(
            f"{report.words['source']} has no year {asked} of this trade.",
            f"it has {', '.join(map(str, report.years))}",
            "choose of these, or name another --source.",
        )
    return asked


def _of_year(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    return (
        rows.filter(pl.col("year") == year)
        .group_by("partner")
        .agg(pl.col("value_usd", "weighed_usd", "weight_kg").sum())
        .filter(pl.col("value_usd") > 0)
    )


def _ranked(now: pl.DataFrame, before: pl.DataFrame | None) -> pl.DataFrame:
    """Partners with share, rank, unit value, and what the year before says; nothing of it where it is not known."""
    table = (
        _with_rank(now, "rank")
        .with_columns(
            share=pl.col("value_usd") / pl.col("value_usd").sum(),
            weight_t=pl.when(pl.col("weight_kg") > 0).then(pl.col("weight_kg") / KG_A_TONNE),
            weighed_share=pl.col("weighed_usd") / pl.col("value_usd"),
        )
        .with_columns(
            unit_value_usd_t=pl.when(pl.col("weight_t").is_not_null()).then(
                pl.col("weighed_usd") / pl.col("weight_t")
            )
        )
    )
    if before is None:
        blank = pl.lit(None, dtype=pl.Float64)
        return table.with_columns(
            before_usd=blank, growth_share=blank, rank_before=pl.lit(None, dtype=pl.Int64)
        )
    earlier = _with_rank(before, "rank_before").select("partner", "rank_before", before_usd="value_usd")
    return table.join(earlier, on="partner", how="left", maintain_order="left").with_columns(
        growth_share=pl.col("value_usd") / pl.col("before_usd") - 1.0
    )


def _with_rank(table: pl.DataFrame, name: str) -> pl.DataFrame:
    ordered = table.sort("value_usd", "partner", descending=[True, False])
    return ordered.with_row_index(name, offset=1).with_columns(pl.col(name).cast(pl.Int64))


def _notes(flow: str, report: _Report, table: pl.DataFrame, shown: pl.DataFrame) -> list[Note]:
    said = []
    if flow == "imports" and report.sellers < WHOLE_MARKET:
        said.append(note("partners.few_sellers", source=report.words["source"], count=report.sellers))
    if shown.height < table.height:
        said.append(note("partners.more", count=table.height - shown.height))
    if report.words["reported_by"] not in ("exporter", "importer") or report.others:
        said.append(note("partners.report", others=report.others, **report.words))
    if table["before_usd"].null_count() == table.height:
        said.append(note("partners.no_year_before"))
    return said
