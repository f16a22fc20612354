"""World matrices from files of the user: BACI, input-output tables of the OECD, or flows of any layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from karwan.analysis.world.matrix import ALL_GOODS, REST, SERVICES, WorldMatrix, chapter_sectors
from karwan.errors import InvalidInput
from karwan.store.country_codes import country_code
from karwan.store.frame import WORLD_BYTES, collected, read_frame, scan_frame
from karwan.trade.equilibrium.base import Array
from karwan.trade.world import home_sales

BACI = ("t", "i", "j", "k", "v")
ICIO = ("sector", "exporter", "importer", "intermediate_musd")
ICIO_OUTPUT = ("sector", "country", "gross_output_musd", "final_demand_for_output_musd")
FLOWS = ("exporter", "importer", "value_usd")
OUTPUT = ("country", "sector", "usd")
THOUSAND, MILLION = 1e3, 1e6


def baci_flows(path: Path, kind: str, year: int | None) -> pl.DataFrame:
    """exporter, importer, sector, year, value_usd of a BACI file (t, i, j, k, v in thousand USD); one year, the latest by default."""
    table = scan_frame(path, BACI, texts=("i", "j", "k"), most=WORLD_BYTES).select(
        *("i", "j"),
        pl.col("k").str.zfill(6).str.slice(0, 2),
        year=pl.col("t").cast(pl.Int64),
        v=pl.col("v").cast(pl.Float64),
    )
    asked = _year_of(collected(path, table.select(pl.col("year").unique()))["year"], year)
    in_chapter = table.filter(pl.col("year") == asked).group_by("i", "j", "k", "year")
    chosen = collected(path, in_chapter.agg(pl.col("v").sum())).sort("i", "j", "k")
    names = chapter_sectors(kind)
    codes = {text: country_code(text) for text in set(chosen["i"]) | set(chosen["j"])}
    lost = sorted(text for text, code in codes.items() if code is None)
    known = {text: code for text, code in codes.items() if code is not None}
    flows = chosen.select(
        exporter=pl.col("i").replace_strict(known, default=None, return_dtype=pl.String),
        importer=pl.col("j").replace_strict(known, default=None, return_dtype=pl.String),
        sector=pl.col("k").replace_strict(names, default=None, return_dtype=pl.String),
        year=pl.col("year"),
        value_usd=pl.col("v") * THOUSAND,
    )
    kept = flows.drop_nulls(["exporter", "importer", "sector", "value_usd"])
    if not kept.height:
        raise InvalidInput(
            f"{path.name} holds no flow between countries.",
            f"year {asked}; unknown countries: {', '.join(lost[:5])}",
            "give a BACI file with ISO numeric codes.",
        )
    return kept


def plain_flows(path: Path, kind: str, year: int | None) -> pl.DataFrame:
    """exporter, importer, sector, year, value_usd of a file with these columns, or with `product` (HS code) for `sector`."""
    table = read_frame(path, FLOWS, texts=("product", "sector", "exporter", "importer"))
    if "year" not in table.columns:
        raise InvalidInput(
            f"{path.name} has no column year.", f"columns: {', '.join(table.columns)}", "add it."
        )
    if "sector" in table.columns:
        sector = pl.col("sector")
    elif "product" in table.columns:
        sector = (
            pl.col("product")
            .str.slice(0, 2)
            .replace_strict(chapter_sectors(kind), default=None, return_dtype=pl.String)
        )
    else:
        sector = pl.lit(ALL_GOODS)
    chosen = _one_year(table, year)
    return chosen.select("exporter", "importer", sector.alias("sector"), "year", "value_usd").drop_nulls()


def _one_year(table: pl.DataFrame, year: int | None) -> pl.DataFrame:
    return table.filter(pl.col("year") == _year_of(table["year"].unique(), year))


def _year_of(held: pl.Series, year: int | None) -> int:
    """The year asked for, the latest by default."""
    years = sorted(int(one) for one in held.drop_nulls())
    if not years:
        raise InvalidInput("The file has no rows with a year.", "none was read", "give one with rows.")
    if year is not None and year not in years:
        raise InvalidInput(
            f"The file has no rows of {year}.", f"years: {years[0]} to {years[-1]}", "ask for one of these."
        )
    return year or years[-1]


def matrix_of_flows(
    flows: pl.DataFrame,
    output: pl.DataFrame | None,
    gdp_usd: Mapping[str, float],
    countries: Sequence[str],
    source: str,
    goods_output: float,
    services_output: float,
) -> WorldMatrix:
    """Flows between countries with sales at home: output less exports.

    Countries outside `countries` become one rest of the world; none are merged where it is empty. Output is that of `output` (country, sector,
    usd), else a part of the product, shared over sectors as the country's trade is, and then the cell counts as assumed.
    """
    merged = _merged(flows, countries)
    names = tuple(sorted(set(merged["exporter"]) | set(merged["importer"])))
    sectors = tuple(sorted(set(merged["sector"]) - {SERVICES}))
    place = {name: number for number, name in enumerate(names)}
    kind = {name: number for number, name in enumerate(sectors)}
    trade = np.zeros((len(sectors) + 1, len(names), len(names)))
    for exporter, importer, sector, value in merged.select(
        "exporter", "importer", "sector", "value_usd"
    ).iter_rows():
        if sector in kind:
            trade[kind[sector], place[exporter], place[importer]] += value
    assumed = np.zeros(trade.shape, dtype=bool)
    every = np.arange(len(names))
    inside = trade[:, every, every].copy()  # within the rest of the world
    trade[:, every, every] = 0.0
    made, stated = _output(trade, names, sectors, output, gdp_usd, goods_output)
    exports = trade.sum(axis=2)
    trade[:, every, every] = inside + home_sales(made, exports)
    trade[-1, every, every] = services_output * np.array([gdp_usd.get(name, 0.0) for name in names])
    assumed[:, every, every] = ~stated
    kept = trade if trade[-1].any() else trade[:-1]
    return WorldMatrix(
        names,
        (*sectors, SERVICES)[: len(kept)],
        kept,
        assumed[: len(kept)],
        int(flows["year"][0]),
        source,
    )


def _merged(flows: pl.DataFrame, countries: Sequence[str]) -> pl.DataFrame:
    keys = ["exporter", "importer", "sector"]
    if countries:
        ends = (
            pl.when(pl.col(end).is_in(list(countries))).then(pl.col(end)).otherwise(pl.lit(REST)).alias(end)
            for end in keys[:2]
        )
        flows = flows.with_columns(*ends)
    return (
        flows.group_by(keys, maintain_order=True)
        .agg(pl.col("value_usd").sum())
        .filter(pl.col("value_usd") > 0)
    )


def _output(
    trade: Array,
    names: tuple[str, ...],
    sectors: tuple[str, ...],
    output: pl.DataFrame | None,
    gdp_usd: Mapping[str, float],
    goods_output: float,
) -> tuple[Array, np.ndarray]:
    """Output of each sector and country, and where a table states it; shapes (K + 1, n)."""
    size = trade.sum(axis=2) + trade.sum(axis=1)
    mix = size / np.maximum(size.sum(axis=0), 1e-300)
    gdp = np.array([gdp_usd.get(name, 0.0) for name in names])
    made = mix * goods_output * gdp
    stated = np.zeros(made.shape, dtype=bool)
    if output is not None:
        kind = {name: number for number, name in enumerate((*sectors, SERVICES))}
        place = {name: number for number, name in enumerate(names)}
        for country, sector, value in output.select(*OUTPUT).iter_rows():
            if country in place and sector in kind:
                made[kind[sector], place[country]] = value
                stated[kind[sector], place[country]] = True
    return made, stated


def icio_matrix(path: Path, output_path: Path | None, year: int, source: str) -> WorldMatrix:
    """Matrix of an input-output file in long form: intermediate sales by sector, exporter and importer, and output.

    Only intermediate sales are bilateral in it. Final demand for the output of a country and sector is split over buyers as the intermediate
    sales are; all of it is at home where there are none. Those cells count as assumed.

    Raises
    ------
    InvalidInput
        A file or column is missing.
    """
    if output_path is None:
        raise InvalidInput(
            "An input-output file needs the output beside it.",
            f"columns {', '.join(ICIO_OUTPUT)}",
            "give it with --output.",
        )
    sales, output = read_frame(path, ICIO), read_frame(output_path, ICIO_OUTPUT)
    names = tuple(sorted(set(sales["exporter"]) | set(sales["importer"]) | set(output["country"])))
    sectors = tuple(sorted(set(sales["sector"]) | set(output["sector"])))
    place = {name: number for number, name in enumerate(names)}
    kind = {name: number for number, name in enumerate(sectors)}
    flows, final = np.zeros((len(sectors), len(names), len(names))), np.zeros((len(sectors), len(names)))
    for sector, exporter, importer, value in sales.select(*ICIO).iter_rows():
        flows[kind[sector], place[exporter], place[importer]] += value * MILLION
    for sector, country, _, demand in output.select(*ICIO_OUTPUT).iter_rows():
        final[kind[sector], place[country]] += max(demand, 0.0) * MILLION
    sold = flows.sum(axis=2, keepdims=True)
    share = np.divide(flows, sold, out=np.zeros_like(flows), where=sold > 0)
    every = np.arange(len(names))
    share[:, every, every] += sold[:, :, 0] <= 0
    flows = flows + share * final[:, :, None]
    assumed = (share * final[:, :, None]) > 0.5 * flows
    return WorldMatrix(names, sectors, flows, assumed, year, source)


def graft(matrix: WorldMatrix, base: WorldMatrix, missing: Sequence[str]) -> WorldMatrix:
    """A matrix with countries it lacks, cut out of a base that has them: goods by the mix of the partner's trade, all of it assumed.

    Parameters
    ----------
    matrix
        The matrix without them.
    base
        One of all goods that holds them and the others.
    missing
        Countries to add.
    """
    added = [name for name in missing if name in base.countries and name not in matrix.countries]
    if not added:
        return matrix
    names = (*matrix.countries, *added)
    count, old = len(names), len(matrix.countries)
    flows = np.zeros((len(matrix.sectors), count, count))
    flows[:, :old, :old] = matrix.flows_usd
    assumed = np.ones(flows.shape, dtype=bool)
    assumed[:, :old, :old] = matrix.assumed
    abroad = matrix.abroad_usd * matrix.goods[:, None, None]
    bought, sold = _mix(abroad.sum(axis=1)), _mix(abroad.sum(axis=2))
    world = _mix(abroad.sum(axis=(1, 2))[:, None])[:, 0]
    at = {name: number for number, name in enumerate(base.countries)}
    total = base.flows_usd[base.sectors.index(ALL_GOODS)]
    for number in range(old, count):
        for other, name in enumerate(names):
            if name not in at:
                continue
            out, back = (world, world) if other >= old else (bought[:, other], sold[:, other])
            flows[:, number, other] = total[at[names[number]], at[name]] * out
            flows[:, other, number] = total[at[name], at[names[number]]] * back
        flows[:, number, number] = total[at[names[number]], at[names[number]]] * world
        if SERVICES in matrix.sectors and SERVICES in base.sectors:
            at_home = base.flows_usd[base.sectors.index(SERVICES), at[names[number]], at[names[number]]]
            flows[matrix.sectors.index(SERVICES), number, number] = at_home
    return WorldMatrix(names, matrix.sectors, flows, assumed, matrix.year, matrix.source_ids)


def _mix(values: Array) -> Array:
    """Shares of sectors by column; even where a column is empty."""
    total = values.sum(axis=0)
    even = np.full(values.shape, 1.0 / len(values))
    return np.where(total > 0, values / np.maximum(total, 1e-300), even)
