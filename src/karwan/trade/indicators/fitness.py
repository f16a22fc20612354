"""Fitness of countries and complexity of products, the nonlinear alternative to ECI and PCI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from karwan.trade.indicators.complexity import Complexity
from karwan.trade.indicators.matrix import Floats

STEPS = 200


@dataclass(frozen=True)
class Fitness:
    """Fitness and complexity, each with mean 1.

    Attributes
    ----------
    fitness
        Of countries, shape (C,).
    quality
        Complexity of products, shape (P,).
    settled
        Whether the order of the countries was the same over the last tenth of the steps.
    """

    fitness: Floats
    quality: Floats
    settled: bool


def fitness(specialised: Floats, steps: int = STEPS) -> Fitness:
    """Fitness-complexity of a matrix of comparative advantage.

    F_c = sum over p of M_cp Q_p and Q_p = 1 / sum over c of M_cp / F_c, each divided by its mean after every step, from F = Q = 1. Values
    of weak countries may fall towards zero for ever (Pugliese, Zaccaria & Pietronero 2016): the order settles, the values need not, so
    the number of steps is fixed and belongs to the figure.

    Parameters
    ----------
    specialised
        Shape (C, P) of 0 and 1; every country and product has an advantage.
    steps
        Steps taken.

    References
    ----------
    Tacchella, Cristelli, Caldarelli, Gabrielli & Pietronero (2012), Scientific Reports 2, 723, doi:10.1038/srep00723.
    """
    countries, products = np.ones(specialised.shape[0]), np.ones(specialised.shape[1])
    calm = 0
    for _ in range(steps):
        stronger = specialised @ products
        harder = 1.0 / (specialised.T @ (1.0 / countries))
        stronger, harder = stronger / stronger.mean(), harder / harder.mean()
        same = np.array_equal(np.argsort(stronger, kind="stable"), np.argsort(countries, kind="stable"))
        calm = calm + 1 if same else 0
        countries, products = np.maximum(stronger, np.finfo(float).tiny), harder
    return Fitness(countries, products, calm >= steps // 10)


def fitness_table(found: Complexity) -> pl.DataFrame:
    """country, fitness, fitness_rank of the countries of `complexity`, fittest first."""
    values = fitness(found.specialised).fitness
    table = pl.DataFrame({"country": list(found.countries), "fitness": values})
    return table.sort("fitness", "country", descending=[True, False]).with_row_index("fitness_rank", offset=1)
