"""Newcomers: products a country does not export yet, ranked by how near they are to what it does export."""

from __future__ import annotations

import numpy as np
import polars as pl

from karwan.errors import InvalidInput
from karwan.trade.potential.margins import Array


def product_density(exports_usd: Array) -> Array:
    """Density of each product around each country's exports, F3 of the product space.

    Parameters
    ----------
    exports_usd
        Exports by country and product, shape (C, K).

    Returns
    -------
    Shape (C, K), in [0, 1]: share of the proximity to a product that lies in products the country exports
    with RCA >= 1. NaN for a product
    that is near to none.

    References
    ----------
    Hidalgo, Klinger, Barabasi & Hausmann (2007), doi:10.1126/science.1144581.
    """
    advantage = balassa_advantage(exports_usd)
    made = (advantage >= 1).astype(np.float64)
    ubiquity = made.sum(axis=0)
    together = made.T @ made
    larger = np.maximum(ubiquity[:, None], ubiquity[None, :])
    proximity = np.divide(together, larger, out=np.zeros_like(together), where=larger > 0)
    total = proximity.sum(axis=0)
    near = made @ proximity
    density: Array = np.divide(near, total, out=np.full_like(near, np.nan), where=total > 0)
    return density


def balassa_advantage(exports_usd: Array) -> Array:
    """Revealed comparative advantage by country and product, shape (C, K); 0 where nothing is traded."""
    country, product = exports_usd.sum(axis=1), exports_usd.sum(axis=0)
    expected = np.outer(country, product) / max(float(exports_usd.sum()), 1e-300)
    return np.divide(exports_usd, expected, out=np.zeros_like(exports_usd), where=expected > 0)


def rank_newcomers(
    products: tuple[str, ...],
    exports_usd: Array,
    row: int,
    *,
    imports_usd: Array | None = None,
    density: Array | None = None,
    least_rca: float = 0.0,
) -> pl.DataFrame:
    """Rank the products a country does not export by density; a rank, not dollars (ITC's diversification
    indicator).

    Parameters
    ----------
    products
        Codes, K of them.
    exports_usd
        Shape (C, K).
    row
        Row of the country.
    imports_usd
        What the importer buys of each product, shape (K,); missing when unknown.
    density
        Shape (C, K) where another model has it already.
    least_rca
        Products with an advantage at or below this count as not exported.

    Returns
    -------
    Table: rank (1 is nearest), product, density, rca, imports_usd (null when unknown), lacks.

    Raises
    ------
    InvalidInput
        Shapes differ.
    """
    if exports_usd.shape[1] != len(products) or (density is not None and density.shape != exports_usd.shape):
        raise InvalidInput(
            "Products, exports and density differ in shape.", f"{exports_usd.shape}, {len(products)} products"
        )
    near = product_density(exports_usd) if density is None else density
    advantage = balassa_advantage(exports_usd)[row]
    demand = (
        pl.Series(imports_usd, dtype=pl.Float64)
        if imports_usd is not None
        else pl.lit(None, dtype=pl.Float64)
    )
    lacks = (
        "dollars: a rank only" if imports_usd is not None else "dollars: a rank only; the importer's demand"
    )
    return (
        pl.DataFrame({"product": list(products), "density": near[row], "rca": advantage})
        .with_columns(imports_usd=demand, lacks=pl.lit(lacks))
        .filter((pl.col("rca") <= least_rca) & pl.col("density").is_finite())
        .sort(["density", "product"], descending=[True, False])
        .with_row_index("rank", offset=1)
    )
