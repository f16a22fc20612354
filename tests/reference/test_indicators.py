"""Complexity against the package `ecomplexity` and against a table worked out in the literature's way."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

from karwan.trade.indicators import Complexity, complexity, rca_table, trade_matrix
from tests.shared import shared_path

COLUMNS = {"country": "reporter_iso", "product": "product_code", "value": "export_value_usd"}


@pytest.fixture(scope="module")
def exports() -> pl.DataFrame:
    return pl.read_parquet(shared_path("data/trade/ots_hs4_exports_2017.parquet"))


@pytest.fixture(scope="module")
def ours(exports: pl.DataFrame) -> Complexity:
    return complexity(trade_matrix(exports, **COLUMNS))


@pytest.fixture(scope="module")
def theirs(exports: pl.DataFrame) -> pl.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = pytest.importorskip("ecomplexity")
        frame = exports.drop_nulls().with_columns(year=2017).to_pandas()
        names = {"time": "year", "loc": "reporter_iso", "prod": "product_code", "val": "export_value_usd"}
        result = package.ecomplexity(frame, names, check_logsupermodularity=False, verbose=False)
    return pl.from_pandas(result)


def largest(table: pl.DataFrame, one: str, other: str) -> float:
    return float((table[one] - table[other]).abs().max())  # type: ignore[arg-type]


def test_country_values_equal_ecomplexity(ours: Complexity, theirs: pl.DataFrame) -> None:
    other = theirs.group_by("reporter_iso").agg(pl.col("eci", "coi").first().name.suffix("_other"))
    both = ours.country_table().join(other, left_on="country", right_on="reporter_iso")
    assert both.height == 224
    assert largest(both, "eci", "eci_other") < 1e-9
    assert largest(both, "coi", "coi_other") < 1e-9


def test_product_values_equal_ecomplexity(ours: Complexity, theirs: pl.DataFrame) -> None:
    other = theirs.group_by("product_code").agg(
        pl.col("pci").first().alias("other"), pl.col("ubiquity").first()
    )
    both = ours.product_table().join(other, left_on="product", right_on="product_code")
    assert both.height == 1222
    assert largest(both, "pci", "other") < 1e-9
    assert (both["ubiquity"] == both["ubiquity_right"]).all()


def test_density_gain_and_advantage_equal_ecomplexity(ours: Complexity, theirs: pl.DataFrame) -> None:
    for country in ("kaz", "pak", "deu"):
        other = theirs.filter(pl.col("reporter_iso") == country).select(
            "product_code", "density", "cog", "rca"
        )
        both = ours.of_country(country).join(
            other, left_on="product", right_on="product_code", suffix="_other"
        )
        assert both.height == 1222
        for name in ("density", "cog", "rca"):
            assert largest(both, name, f"{name}_other") < 1e-9


def test_normalised_advantage_sums_to_zero_on_real_trade(exports: pl.DataFrame) -> None:
    table = rca_table(exports, **COLUMNS)
    assert table.height == exports.drop_nulls()["export_value_usd"].len()
    matrix = trade_matrix(exports, **COLUMNS)
    total = matrix.value_usd.sum()
    silent = (
        np.outer(matrix.value_usd.sum(axis=1), matrix.value_usd.sum(axis=0))[~matrix.reported].sum()
        / total**2
    )
    assert table["nrca"].sum() == pytest.approx(silent, abs=1e-12)


def test_a_symmetric_triangular_world_by_hand() -> None:
    # Nested specialisation: the country that makes everything is most complex, the rarest product too.
    made = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]], dtype=float)
    diversity, ubiquity = made.sum(axis=1), made.sum(axis=0)
    chain = (made / diversity[:, None]) @ (made / ubiquity[None, :]).T
    values, vectors = np.linalg.eig(chain)
    second = np.real(vectors[:, np.argsort(-np.real(values))[1]])
    second *= np.sign(np.corrcoef(second, diversity)[0, 1])
    expected = (second - second.mean()) / second.std()
    from karwan.trade.indicators.complexity import _eigenvectors

    country, product, _ = _eigenvectors(made)
    assert (country - country.mean()) / country.std() == pytest.approx(expected)
    assert np.argmax(product) == 3
    assert np.argmin(product) == 0
