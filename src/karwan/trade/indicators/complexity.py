"""Economic complexity: ECI, PCI, proximity, density, outlook.

Density and outlook are computed without the product x product proximity matrix. Proximity depends on a pair
of products only through the countries they share and the larger ubiquity, and ubiquity takes at most as many
values as there are countries; so products are grouped by ubiquity and the sums run over countries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.errors import InvalidInput
from karwan.trade.indicators.matrix import Floats, TradeMatrix
from karwan.trade.indicators.rca import balassa

CONNECTED = 1.0 - 1e-9


@dataclass(frozen=True)
class Complexity:
    """Complexity of countries and products.

    Attributes
    ----------
    countries, products
        Labels kept: countries with at least one advantage, products with at least one such country.
    specialised
        Shape (countries, products): 1.0 where the index of comparative advantage reaches the threshold.
    rca
        Balassa's index over the whole matrix, same shape.
    eci, pci
        Standardised as the Atlas does: both by the mean and standard deviation of the countries' values.
    density
        Share of a product's proximity that the country already has, in [0, 1]; distance is 1 - density.
    coi, coi_raw, cog
        Complexity outlook index (standardised, and before), and outlook gain per country and product (zero
        where the country is specialised already).
    second_eigenvalue
        Of the country matrix; near 1 means groups of countries that share no products.
    """

    countries: tuple[str, ...]
    products: tuple[str, ...]
    specialised: Floats
    rca: Floats
    eci: Floats
    pci: Floats
    density: Floats
    coi: Floats
    coi_raw: Floats
    cog: Floats
    second_eigenvalue: float

    def country_table(self) -> pl.DataFrame:
        """country, eci, eci_rank, coi, diversity; highest ECI first."""
        table = pl.DataFrame(
            {
                "country": list(self.countries),
                "eci": self.eci,
                "coi": self.coi,
                "diversity": self.specialised.sum(axis=1).astype(np.int64),
            }
        ).sort("eci", descending=True)
        return table.with_row_index("eci_rank", offset=1).select(
            "country", "eci_rank", "eci", "coi", "diversity"
        )

    def product_table(self) -> pl.DataFrame:
        """product, pci, pci_rank, ubiquity; highest PCI first."""
        table = pl.DataFrame(
            {
                "product": list(self.products),
                "pci": self.pci,
                "ubiquity": self.specialised.sum(axis=0).astype(np.int64),
            }
        ).sort("pci", descending=True)
        return table.with_row_index("pci_rank", offset=1).select("product", "pci_rank", "pci", "ubiquity")

    def of_country(self, country: str) -> pl.DataFrame:
        """One row per product: product, rca, specialised, pci, density, distance, cog.

        Raises
        ------
        InvalidInput
            The country has no advantage in any product, or is not in the data.
        """
        if country not in self.countries:
            raise InvalidInput(
                f"{country} has no product with a comparative advantage here.",
                f"{len(self.countries)} countries have one.",
                "Check the code and the data.",
            )
        row = self.countries.index(country)
        return pl.DataFrame(
            {
                "product": list(self.products),
                "rca": self.rca[row],
                "specialised": self.specialised[row] > 0,
                "pci": self.pci,
                "density": self.density[row],
                "distance": 1.0 - self.density[row],
                "cog": self.cog[row],
            }
        )


def complexity(matrix: TradeMatrix, *, threshold: float = 1.0) -> Complexity:
    """ECI, PCI, density and outlook from exports.

    Parameters
    ----------
    matrix
        Exports by country and product.
    threshold
        Least Balassa index that counts as an advantage.

    Raises
    ------
    InvalidInput
        Fewer than three countries have an advantage, or the countries fall into groups that share no
        product (the second eigenvalue is 1 and its vector says only who is in which group).

    References
    ----------
    Hidalgo & Hausmann (2009), PNAS 106; Hausmann, Hidalgo et al. (2014), The Atlas of Economic Complexity.
    """
    rca = balassa(matrix.value_usd)
    full = (np.nan_to_num(rca, nan=0.0) >= threshold).astype(np.float64)
    countries, products = full.sum(axis=1) > 0, full.sum(axis=0) > 0
    kept = np.ascontiguousarray(full[countries][:, products])
    if kept.shape[0] < 3:
        raise InvalidInput(
            "Complexity needs at least three countries with an advantage.",
            f"{kept.shape[0]} of {full.shape[0]}",
            "Use a table of many countries.",
        )
    eci_raw, pci_raw, second = _eigenvectors(kept)
    mean, deviation = float(eci_raw.mean()), float(eci_raw.std())
    total, missing = proximity_sums(kept), 1.0 - kept
    unshifted = pci_raw / deviation
    through = _through_levels(kept, np.vstack([kept, missing * (unshifted / total)]))
    near, gain = through[: kept.shape[0]] / total, missing * through[kept.shape[0] :]
    coi_raw = (near * missing) @ unshifted
    return Complexity(
        countries=tuple(np.asarray(matrix.countries)[countries].tolist()),
        products=tuple(np.asarray(matrix.products)[products].tolist()),
        specialised=kept,
        rca=rca[countries][:, products],
        eci=(eci_raw - mean) / deviation,
        pci=(pci_raw - mean) / deviation,
        density=near,
        coi=(coi_raw - coi_raw.mean()) / coi_raw.std(),
        coi_raw=coi_raw,
        cog=gain,
        second_eigenvalue=second,
    )


def _eigenvectors(specialised: Floats) -> tuple[Floats, Floats, float]:
    """Country and product values before standardisation, from the symmetric form of the problem."""
    diversity, ubiquity = specialised.sum(axis=1), specialised.sum(axis=0)
    scaled = specialised / np.sqrt(diversity[:, None] * ubiquity[None, :])
    values, vectors = np.linalg.eigh(scaled @ scaled.T)
    second = float(values[-2])
    if second > CONNECTED:
        raise InvalidInput(
            "The countries fall into groups that share no product with an advantage.",
            f"second eigenvalue {second:.12f}",
            "Drop the isolated countries or use coarser products.",
        )
    country = vectors[:, -2] / np.sqrt(diversity)
    product = (specialised.T @ country) / ubiquity
    country = (specialised @ product) / diversity
    sign = 1.0 if (country - country.mean()) @ diversity >= 0 else -1.0
    return sign * country, sign * product, second


def proximity(specialised: Floats) -> Floats:
    """Proximity of products: countries with both, over the larger number of countries with one.

    Parameters
    ----------
    specialised
        Shape (countries, products) of 0 and 1; each product has a country.

    Returns
    -------
    Shape (products, products), symmetric, 1 on the diagonal.
    """
    ubiquity = specialised.sum(axis=0)
    small = specialised.astype(np.float32)  # counts below 2**24 are exact
    shared = (small.T @ small).astype(np.float64)
    return np.asarray(shared / np.maximum(ubiquity[:, None], ubiquity[None, :]))


def _through_levels(specialised: Floats, weighted: Floats) -> Floats:
    """weighted @ proximity(specialised), without the products x products matrix.

    With u the ubiquity and G_u = sum over levels l of W_l M_l' / max(u, l), the columns of level u are
    G_u M_u. Costs 2 C**2 P instead of C P**2.
    """
    ubiquity = specialised.sum(axis=0).astype(np.int64)
    order = np.argsort(ubiquity, kind="stable")
    levels, starts = np.unique(ubiquity[order], return_index=True)
    bounds = [*starts.tolist(), ubiquity.size]
    columns, weights = specialised[:, order], np.ascontiguousarray(weighted[:, order])
    above = (weights / ubiquity[order]) @ columns.T
    below = np.zeros_like(above)
    result = np.empty(weighted.shape)
    for level, a, b in zip(levels, bounds[:-1], bounds[1:], strict=True):
        block = columns[:, a:b]
        part = weights[:, a:b] @ block.T
        below += part
        part /= level
        above -= part
        np.divide(below, level, out=part)
        part += above
        np.matmul(part, block, out=result[:, a:b])
    inverse = np.empty_like(order)
    inverse[order] = np.arange(order.size)
    return np.asarray(result[:, inverse])


def proximity_sums(specialised: Floats) -> Floats:
    """Sum of each product's proximities to all products (itself included)."""
    ones = np.ones((1, specialised.shape[1]))
    return np.asarray(_through_levels(specialised, ones)[0])


def density(specialised: Floats) -> Floats:
    """Share of each product's proximity that a country already has: shape (countries, products), in [0, 1].

    References
    ----------
    Hidalgo, Klinger, Barabasi & Hausmann (2007), Science 317.
    """
    return np.asarray(_through_levels(specialised, specialised) / proximity_sums(specialised))


def outlook_gain(specialised: Floats, pci: Floats, *, total: Floats | None = None) -> Floats:
    """Complexity outlook gain of adding a product: what it brings near, weighted by complexity.

    COG_cp = (1 - M_cp) sum over p' of (1 - M_cp') PCI_p' phi_pp' / sum over q of phi_p'q, the form of the
    Stata and Python packages `ecomplexity`; PCI is the eigenvector over the standard deviation, not shifted.

    Parameters
    ----------
    specialised
        Shape (countries, products) of 0 and 1.
    pci
        Complexity of each product.
    total
        Result of `proximity_sums`, if known.
    """
    total = proximity_sums(specialised) if total is None else total
    missing = 1.0 - specialised
    return np.asarray(missing * _through_levels(specialised, missing * (pci / total)))


def specialisation(rca: Floats, *, threshold: float = 1.0) -> NDArray[np.float64]:
    """1.0 where an index of comparative advantage reaches the threshold, 0.0 elsewhere, undefined too."""
    return np.asarray(np.nan_to_num(rca, nan=0.0) >= threshold, dtype=np.float64)
