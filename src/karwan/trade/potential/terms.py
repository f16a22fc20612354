"""Terms of the export potential: supply, demand and the factors that tariffs, growth and distance put on
them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from karwan.trade.potential.margins import Array, Margins


@dataclass(frozen=True)
class Expectations:
    """What the potential may take into account beside the flows; None leaves a term out.

    Attributes
    ----------
    growth
        country, gdp_ratio, population_ratio: expected over current (1.10 is +10 % in five years).
    tariffs
        exporter, importer, product, rate_share.
    distances
        exporter, importer, distance_km.
    income_elasticity
        Elasticity of imports to income per head, one for all products.
    tariff_elasticity
        Exponent of the tariff terms (sigma in ITC's list of variables; 1 in the open R port).
    net_importer_correction
        Scale supply by exports over imports where a country imports more of a product than it exports: goods
        that only pass through.
    """

    growth: pl.DataFrame | None = None
    tariffs: pl.DataFrame | None = None
    distances: pl.DataFrame | None = None
    income_elasticity: float = 1.0
    tariff_elasticity: float = 1.0
    net_importer_correction: bool = True


def make_terms(margins: Margins, exporter: str, importer: str, expected: Expectations) -> pl.DataFrame:
    """Terms of supply and demand by product.

    Parameters
    ----------
    margins
        Sums of the flows, K products.
    exporter, importer
        ISO3.
    expected
        Growth, tariffs, distances and elasticities.

    Returns
    -------
    Table of K rows: product, actual_usd, exports_usd (exporter to all), imports_usd (importer from all),
    world_usd, supply_share (projected
    share of the world market), net_importer_factor, supply_tariff_factor, growth_factor,
    demand_tariff_factor, distance_factor, supply
    (product of the supply terms), demand_usd (imports times the demand terms), lacks (what was left at 1 for
    want of data).

    References
    ----------
    Decreux & Spies (2016), Export Potential Assessments, ITC.
    """
    i, j = margins.country(exporter), margins.country(importer)
    terms = {
        "actual_usd": _actual(margins, exporter, importer),
        "exports_usd": margins.exports_usd[i],
        "imports_usd": margins.imports_usd[j],
        "world_usd": margins.world_usd,
        "supply_share": _supply_share(margins, i, expected.growth),
        "net_importer_factor": _net_importer(margins, i)
        if expected.net_importer_correction
        else _ones(margins),
        **_tariff_terms(margins, exporter, importer, expected),
        "growth_factor": np.full(len(margins.products), _growth(importer, expected)),
        "distance_factor": _distance(margins, exporter, importer, expected.distances),
    }
    supply = terms["supply_share"] * terms["net_importer_factor"] * terms["supply_tariff_factor"]
    demand = (
        terms["imports_usd"]
        * terms["growth_factor"]
        * terms["demand_tariff_factor"]
        * terms["distance_factor"]
    )
    table = pl.DataFrame({"product": list(margins.products), **terms, "supply": supply, "demand_usd": demand})
    absent = pl.lit(_left_out(expected, exporter, importer))
    none = pl.when(pl.col("exports_usd") == 0).then(pl.lit("; exports of this product by the exporter"))
    tariff = pl.when(pl.col("_tariff_known") | (expected.tariffs is None)).then(pl.lit(""))
    return table.with_columns(
        lacks=(
            absent + none.otherwise(pl.lit("")) + tariff.otherwise(pl.lit("; tariff on the pair"))
        ).str.strip_chars("; ")
    ).drop("_tariff_known")


def _ones(margins: Margins) -> Array:
    return np.ones(len(margins.products))


def _actual(margins: Margins, exporter: str, importer: str) -> Array:
    own = margins.flows.filter((pl.col("exporter") == exporter) & (pl.col("importer") == importer))
    found = dict(own.select("product", "value_usd").iter_rows())
    return np.array([found.get(p, 0.0) for p in margins.products])


def _ratios(growth: pl.DataFrame | None, name: str) -> dict[str, float]:
    if growth is None:
        return {}
    rows = growth.filter(pl.col(name).is_not_null()).select("country", name)
    return dict(rows.iter_rows())


def _supply_share(margins: Margins, i: int, growth: pl.DataFrame | None) -> Array:
    ratio = _ratios(growth, "gdp_ratio")
    weights = np.array([ratio.get(c, 1.0) for c in margins.countries])
    projected = margins.exports_usd * weights[:, None]
    world = projected.sum(axis=0)
    share: Array = np.divide(projected[i], world, out=np.zeros_like(world), where=world > 0)
    return share


def _net_importer(margins: Margins, i: int) -> Array:
    exports, imports = margins.exports_usd[i], margins.imports_usd[i]
    ratio = np.divide(exports, imports, out=np.ones_like(exports), where=imports > 0)
    capped: Array = np.minimum(1.0, ratio)
    return capped


def _growth(importer: str, expected: Expectations) -> float:
    gdp = _ratios(expected.growth, "gdp_ratio").get(importer)
    people = _ratios(expected.growth, "population_ratio").get(importer)
    if gdp is None or people is None:
        return 1.0
    return float((gdp / people) ** expected.income_elasticity * people)


def _tariff_terms(margins: Margins, exporter: str, importer: str, expected: Expectations) -> dict[str, Array]:
    """Advantage of the exporter on all markets, and of the pair on the importer's market; 1 where no rate is
    known.
    """
    n = len(margins.products)
    if expected.tariffs is None:
        return {
            "supply_tariff_factor": np.ones(n),
            "demand_tariff_factor": np.ones(n),
            "_tariff_known": np.zeros(n, bool),
        }
    rates = _in_codes(expected.tariffs.select("exporter", "importer", "product", "rate_share"), margins)
    keys = ["exporter", "importer", "product"]
    rated = margins.flows.join(rates, on=keys, how="inner", maintain_order="left")
    faced = _weighted_rate(rated.filter(pl.col("exporter") == exporter), margins)
    world = _weighted_rate(rated, margins)
    market = _weighted_rate(rated.filter(pl.col("importer") == importer), margins)
    pair = rates.filter((pl.col("exporter") == exporter) & (pl.col("importer") == importer))
    own_rate = dict(pair.select("product", "rate_share").iter_rows())
    own = np.array([own_rate.get(p, np.nan) for p in margins.products])
    power = expected.tariff_elasticity
    supply = ((1.0 + faced) / (1.0 + world)) ** power
    demand = ((1.0 + market) / (1.0 + own)) ** power
    return {
        "supply_tariff_factor": np.where(np.isnan(supply), 1.0, supply),
        "demand_tariff_factor": np.where(np.isnan(demand), 1.0, demand),
        "_tariff_known": ~np.isnan(own),
    }


def _in_codes(table: pl.DataFrame, margins: Margins) -> pl.DataFrame:
    """The rows whose countries and products the flows have, in the same enumerations, none incomplete."""
    kinds = {n: margins.flows.schema[n] for n in ("exporter", "importer", "product") if n in table.columns}
    return table.with_columns(pl.col(n).cast(kind, strict=False) for n, kind in kinds.items()).drop_nulls()


def _weighted_rate(rated: pl.DataFrame, margins: Margins) -> Array:
    mean = rated.group_by("product").agg(
        ((pl.col("rate_share") * pl.col("value_usd")).sum() / pl.col("value_usd").sum()).alias("mean")
    )
    found = dict(mean.iter_rows())
    return np.array([found.get(p, np.nan) for p in margins.products])


def _distance(margins: Margins, exporter: str, importer: str, distances: pl.DataFrame | None) -> Array:
    """How far the pair's distance is from the mean distance at which the importer buys each product."""
    if distances is None:
        return _ones(margins)
    known = _in_codes(distances.select("exporter", "importer", "distance_km"), margins)
    known = known.filter(pl.col("distance_km") > 0)
    own = known.filter((pl.col("exporter") == exporter) & (pl.col("importer") == importer))
    if own.is_empty():
        return _ones(margins)
    bought = margins.flows.filter(pl.col("importer") == importer)
    bought = bought.join(known, on=["exporter", "importer"], maintain_order="left")
    mean = bought.group_by("product").agg(
        ((pl.col("distance_km").log() * pl.col("value_usd")).sum() / pl.col("value_usd").sum()).alias("mean")
    )
    found = dict(mean.iter_rows())
    average = np.array([found.get(p, np.nan) for p in margins.products])
    factor = np.exp(-np.abs(average - np.log(own["distance_km"][0])))
    return np.where(np.isnan(factor), 1.0, factor)


def _left_out(expected: Expectations, exporter: str, importer: str) -> str:
    """Terms no data was given for, as text."""
    gdp, people = _ratios(expected.growth, "gdp_ratio"), _ratios(expected.growth, "population_ratio")
    parts = []
    if exporter not in gdp or importer not in gdp or importer not in people:
        parts.append("growth expectations")
    if expected.tariffs is None:
        parts.append("tariffs")
    known = expected.distances
    if (
        known is None
        or known.filter(
            (pl.col("exporter") == exporter)
            & (pl.col("importer") == importer)
            & pl.col("distance_km").is_not_null()
        ).is_empty()
    ):
        parts.append("distances")
    return "; ".join(parts)
