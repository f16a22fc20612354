"""Margins: what each country sells and buys of each product, and each pair trades in all, from a long table
of flows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from karwan.errors import InvalidInput

Array = npt.NDArray[np.float64]
NEEDED = ("exporter", "importer", "product", "value_usd")


@dataclass(frozen=True)
class Margins:
    """Sums of a table of flows.

    Attributes
    ----------
    countries
        ISO3 codes, C of them; rows of every array.
    products
        Product codes, K of them.
    exports_usd, imports_usd
        Yearly value by country and product, shapes (C, K).
    pairs_usd
        Yearly value by exporter and importer over all products, shape (C, C).
    flows
        Yearly mean flows: exporter, importer, product (enumerations), value_usd and, if given, log_sd; a row
        for each that is not zero.
    years
        Number of years averaged over.
    """

    countries: tuple[str, ...]
    products: tuple[str, ...]
    exports_usd: Array
    imports_usd: Array
    pairs_usd: Array
    flows: pl.DataFrame
    years: int

    @property
    def world_usd(self) -> Array:
        """Value by product over all countries, shape (K,)."""
        return np.asarray(self.exports_usd.sum(axis=0), dtype=np.float64)

    @property
    def shares(self) -> Array:
        """Share of each exporter in the world's trade of each product, shape (C, K); 0 for a product nobody
        trades.
        """
        world = self.world_usd
        return np.divide(self.exports_usd, world, out=np.zeros_like(self.exports_usd), where=world > 0)

    @property
    def expected_pairs_usd(self) -> Array:
        """Trade of each pair if every importer bought each product from every exporter at its world share,
        shape (C, C).
        """
        return np.asarray(self.shares @ self.imports_usd.T, dtype=np.float64)

    @property
    def easiness(self) -> Array:
        """Actual over expected trade of each pair, shape (C, C); NaN where nothing is expected."""
        expected = self.expected_pairs_usd
        return np.divide(self.pairs_usd, expected, out=np.full_like(expected, np.nan), where=expected > 0)

    def country(self, code: str) -> int:
        """Row of a country.

        Raises
        ------
        InvalidInput
            The table has no flow of it.
        """
        if code not in self.countries:
            raise InvalidInput(
                f"The table of flows has no country {code}.",
                f"it has {len(self.countries)}: {', '.join(self.countries[:8])}, ...",
                "use ISO 3166-1 alpha-3 codes, and a table with both sides' trade with everybody.",
            )
        return self.countries.index(code)


def make_margins(flows: pl.DataFrame) -> Margins:
    """Sum a long table of bilateral flows.

    Years are averaged arithmetically; a flow absent in one of the years counts as zero in it, as in a matrix
    that every country reports to.
    Flows of a country with itself are left out.

    Parameters
    ----------
    flows
        Columns exporter, importer (ISO3), product (text), value_usd (>= 0) and, optionally, year. One level
        and one nomenclature of products. Optionally log_sd, the standard deviation of the logarithm of a
        value's error; errors of the years are taken as independent.

    Raises
    ------
    InvalidInput
        A column, a country or a product is missing, a value is negative or no number, nothing is left, or the
        importer is the world throughout (exporter totals say nothing on who buys).
    """
    missing = [name for name in NEEDED if name not in flows.columns]
    if missing:
        raise InvalidInput(
            f"The table of flows lacks {', '.join(missing)}.",
            f"columns: {', '.join(flows.columns)}",
            f"name the columns {', '.join(NEEDED)} (and year).",
        )
    keys = [pl.col(name).is_null() for name in ("exporter", "importer", "product")]
    value = pl.col("value_usd")
    bad = flows.filter(pl.any_horizontal(*keys, value < 0, ~value.is_finite()))
    if bad.height:
        raise InvalidInput(
            f"{bad.height} flows have no country or product, or a value that is negative or no number.",
            str(bad.head(3).rows()),
            "correct or drop them.",
        )
    years = flows["year"].n_unique() if "year" in flows.columns else 1
    kept = flows.filter(
        (pl.col("value_usd") > 0)
        & (pl.col("exporter") != pl.col("importer"))
        & (pl.col("exporter") != "WLD")
        & (pl.col("importer") != "WLD")
    )
    if kept.is_empty():
        world = flows.height > 0 and bool((flows["importer"] == "WLD").all())
        raise InvalidInput(
            "The table holds exports to the world only: it does not say who buys."
            if world
            else "The table of flows has no flow between two countries.",
            f"{flows.height} rows",
            "give a bilateral table, as BACI, UN Comtrade or the UNCTAD matrix are.",
        )
    return _sum(kept, max(years, 1))


def _sum(kept: pl.DataFrame, years: int) -> Margins:
    countries = sorted(set(kept["exporter"].unique()) | set(kept["importer"].unique()))
    products = sorted(kept["product"].unique())
    place, good = pl.Enum(countries), pl.Enum(products)
    # Codes of an enumeration group and sort many times faster than text.
    value_usd = pl.col("value_usd").cast(pl.Float64)
    spread = [(value_usd * pl.col("log_sd")).alias("error_usd")] if "log_sd" in kept.columns else []
    errors = [(pl.col("error_usd") ** 2).sum().sqrt() / pl.col("value_usd").sum()] if spread else []
    rows = (
        kept.select(
            pl.col("exporter").cast(place),
            pl.col("importer").cast(place),
            pl.col("product").cast(good),
            value_usd,
            *spread,
        )
        .sort("exporter", "importer", "product", "value_usd")  # sums do not hang on the order of the rows
        .group_by("exporter", "importer", "product")
        .agg(pl.col("value_usd").sum() / years, *(each.alias("log_sd") for each in errors))
        .sort("exporter", "importer", "product")
    )
    i, j, k = (rows[n].to_physical().cast(pl.Int64).to_numpy() for n in ("exporter", "importer", "product"))
    value = rows["value_usd"].to_numpy()
    c, n = len(countries), len(products)

    def total(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], width: int) -> Array:
        sums = np.bincount(a * width + b, weights=value, minlength=c * width)
        return np.asarray(sums, dtype=np.float64).reshape(c, width)

    return Margins(
        countries=tuple(countries),
        products=tuple(products),
        exports_usd=total(i, k, n),
        imports_usd=total(j, k, n),
        pairs_usd=total(i, j, c),
        flows=rows,
        years=years,
    )
