"""Revealed comparative advantage: Balassa, symmetric, Vollrath, normalised."""

from __future__ import annotations

import numpy as np
import polars as pl

from karwan.trade.indicators.matrix import Floats, trade_matrix


def balassa(value_usd: Floats) -> Floats:
    """Balassa's index: a country's share of a product over its share of all trade.

    Parameters
    ----------
    value_usd
        Shape (countries, products), >= 0.

    Returns
    -------
    Same shape; NaN where the country or the product has no trade (the share is undefined).

    References
    ----------
    Balassa, B. (1965), Trade liberalisation and "revealed" comparative advantage. The Manchester School 33.
    """
    country = value_usd.sum(axis=1, keepdims=True)
    product = value_usd.sum(axis=0, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((value_usd / country) / (product / value_usd.sum()))


def symmetric_advantage(rca: Floats) -> Floats:
    """Symmetric index (RCA - 1) / (RCA + 1), in [-1, 1] (Dalum, Laursen & Villumsen 1998)."""
    return np.asarray((rca - 1.0) / (rca + 1.0))


def normalised_advantage(value_usd: Floats) -> Floats:
    """Normalised index v_ik / X - v_i v_k / X**2, in (-1/4, 1/4).

    It sums to zero over countries and over products, so it can be added up over a basket.

    References
    ----------
    Yu, R., Cai, J. & Leung, P. (2009), The normalized revealed comparative advantage index. Annals of
    Regional Science 43.
    """
    shares = value_usd / value_usd.sum()
    return np.asarray(shares - np.outer(shares.sum(axis=1), shares.sum(axis=0)))


def vollrath_advantage(exports_usd: Floats, imports_usd: Floats) -> Floats:
    """Vollrath's revealed competitiveness: ln relative export advantage - ln relative import advantage.

    The advantages leave out the country and the product themselves from the comparison, as Vollrath does:
    RXA_ik = (v_ik / sum of other products of i) / (product k of others / other products of others).

    Returns
    -------
    Shape (countries, products); NaN where either side has no trade in the cell (a logarithm of zero).

    References
    ----------
    Vollrath, T. L. (1991), A theoretical evaluation of alternative trade intensity measures of revealed
    comparative advantage. Weltwirtschaftliches Archiv 127.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.log(_relative(exports_usd)) - np.log(_relative(imports_usd))
    return np.asarray(np.where(np.isfinite(difference), difference, np.nan))


def _relative(value_usd: Floats) -> Floats:
    country = value_usd.sum(axis=1, keepdims=True)
    product = value_usd.sum(axis=0, keepdims=True)
    own = value_usd / (country - value_usd)
    others = (product - value_usd) / (value_usd.sum() - country - product + value_usd)
    return np.asarray(own / others)


def rca_table(
    exports: pl.DataFrame,
    imports: pl.DataFrame | None = None,
    *,
    country: str = "exporter",
    import_country: str = "importer",
    product: str = "product",
    value: str = "value_usd",
) -> pl.DataFrame:
    """The whole family for every reported cell.

    Parameters
    ----------
    exports
        Long table of exports by `country` and `product`, US dollars.
    imports
        Long table of imports by `import_country` and `product`, over the same products; adds `vollrath`.

    Returns
    -------
    Table country, product, value_usd, rca, rsca, nrca (and vollrath), one row per reported cell: what is not
    in `exports` is not in the result. `vollrath` is null where one side has no trade.
    """
    matrix = trade_matrix(exports, country=country, product=product, value=value)
    rca = balassa(matrix.value_usd)
    table = matrix.long(
        value_usd=matrix.value_usd,
        rca=rca,
        rsca=symmetric_advantage(rca),
        nrca=normalised_advantage(matrix.value_usd),
        reported=matrix.reported,
    )
    if imports is not None:
        aligned = _aligned(exports, imports, country, import_country, product, value)
        table = table.join(aligned, on=["country", "product"], how="left")
    return table.filter(pl.col("reported")).drop("reported").fill_nan(None)


def _aligned(
    exports: pl.DataFrame, imports: pl.DataFrame, country: str, import_country: str, product: str, value: str
) -> pl.DataFrame:
    """Vollrath's index over countries and products that both tables have."""
    left = exports.select(pl.col(country).alias("c"), pl.col(product).alias("p"), pl.col(value).alias("x"))
    right = imports.select(
        pl.col(import_country).alias("c"), pl.col(product).alias("p"), pl.col(value).alias("m")
    )
    shared_c = left.select("c").unique().join(right.select("c").unique(), on="c")
    shared_p = left.select("p").unique().join(right.select("p").unique(), on="p")
    sides = []
    for side, name in ((left, "x"), (right, "m")):
        kept = side.join(shared_c, on="c", how="semi").join(shared_p, on="p", how="semi")
        frame = shared_c.join(shared_p, how="cross").join(
            kept.group_by("c", "p").agg(pl.col(name).sum()), on=["c", "p"], how="left"
        )
        sides.append(
            trade_matrix(
                frame.with_columns(pl.col(name).fill_null(0.0)), country="c", product="p", value=name
            )
        )
    index = vollrath_advantage(sides[0].value_usd, sides[1].value_usd)
    return sides[0].long(vollrath=index)
