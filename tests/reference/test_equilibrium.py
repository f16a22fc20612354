"""The border-removal exercise of Yotov, Piermartini, Monteiro & Larch (2016), An Advanced Guide to Trade Policy
Analysis: the Structural Gravity Model, chapter 2, application 1: 69 countries, 2006, sigma 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from karwan.trade.equilibrium import hat
from karwan.trade.equilibrium.base import Array
from karwan.trade.equilibrium.deficits import DEFICITS
from karwan.trade.potential.ppml import fit_ppml
from tests.shared import shared_path

THETA = np.array([6.0])
EXPORTS_SHARE = {"AUS": 2.29559, "DEU": 1.3339, "USA": 3.5998, "JPN": 2.2080, "CHN": 1.7550}
REAL_INCOME_SHARE = {"DEU": 0.243, "USA": 0.106}


@dataclass(frozen=True)
class Border:
    """Fitted trade of 2006 and the change that removes borders."""

    beta: Array
    countries: list[str]
    flows: Array
    b: Array


@pytest.fixture(scope="module")
def border() -> Border:
    path = shared_path("data/trade/agtpa_applications.parquet")
    rows = pl.read_parquet(path).filter(pl.col("year") == 2006)
    countries = sorted(rows["exporter"].unique())
    place = {name: number for number, name in enumerate(countries)}
    exporter = np.array([place[name] for name in rows["exporter"]])
    importer = np.array([place[name] for name in rows["importer"]])
    abroad = (exporter != importer).astype(np.float64)
    covariates = np.column_stack([np.log(rows["dist"].to_numpy()), rows["cntg"].to_numpy(), abroad])
    fit = fit_ppml(rows["trade"].to_numpy(), covariates, exporter, importer)
    flows, b = np.zeros((1, 69, 69)), np.ones((1, 69, 69))
    flows[0, exporter, importer] = fit.fitted
    b[0, exporter, importer] = np.exp(-fit.beta[2] * abroad)
    return Border(fit.beta, countries, flows, b)


def exports(flows: Array) -> Array:
    return np.asarray(flows[0].sum(axis=1) - np.diag(flows[0]))


def test_coefficients_are_those_of_the_book(border: Border) -> None:
    assert border.beta == pytest.approx([-0.7912879, 0.6736456, -2.47445], abs=5e-7)


def test_exports_with_multilateral_resistance_are_those_of_the_book(border: Border) -> None:
    found = hat.conditional(border.flows, border.b, THETA)
    change = exports(found.flows) / exports(border.flows) - 1.0
    for country, published in EXPORTS_SHARE.items():
        assert change[border.countries.index(country)] == pytest.approx(published, abs=1e-4)


@pytest.mark.parametrize("deficits", DEFICITS)
def test_real_income_is_that_of_the_book(border: Border, deficits: str) -> None:
    """Within .6 points: the published iteration stopped at a change of 0.01."""
    found = hat.solve(border.flows, border.b, THETA, deficits=deficits)
    assert found.identities.worst < 1e-10
    for country, published in REAL_INCOME_SHARE.items():
        assert found.real_income[border.countries.index(country)] - 1.0 == pytest.approx(published, abs=0.006)
