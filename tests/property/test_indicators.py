"""Identities of the trade indicators over random tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from karwan.trade.indicators import (
    balassa,
    complementarity,
    concentration,
    density,
    normalised_advantage,
    outlook_gain,
    proximity,
)
from karwan.trade.indicators.complexity import _eigenvectors, proximity_sums


def random_exports(seed: int, countries: int, products: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(0, 2, (countries, products)))
    return np.where(rng.random((countries, products)) < 0.4, 0.0, values)


SHAPES = st.tuples(st.integers(0, 10_000), st.integers(4, 15), st.integers(3, 40))


@given(SHAPES)
@settings(max_examples=60, deadline=None)
def test_weighted_balassa_is_one_and_normalised_sums_to_zero(shape: tuple[int, int, int]) -> None:
    values = random_exports(*shape)
    assume((values.sum(axis=0) > 0).all() and (values.sum(axis=1) > 0).all())
    weights = values.sum(axis=0) / values.sum()
    assert balassa(values) @ weights == pytest.approx(np.ones(values.shape[0]))
    nrca = normalised_advantage(values)
    assert np.abs(nrca.sum(axis=0)).max() < 1e-15
    assert np.abs(nrca.sum(axis=1)).max() < 1e-15
    assert (np.abs(nrca) <= 0.25).all()
    assert np.allclose(balassa(7.5 * values), balassa(values), rtol=1e-12)
    assert ((nrca > 0) == (balassa(values) > 1)).all() or np.abs(
        nrca[(nrca > 0) != (balassa(values) > 1)]
    ).max() < 1e-15


@given(SHAPES)
@settings(max_examples=60, deadline=None)
def test_density_and_gain_by_levels_equal_the_matrix_product(shape: tuple[int, int, int]) -> None:
    values = random_exports(*shape)
    specialised = (values > np.median(values)).astype(float)
    specialised = specialised[:, specialised.sum(axis=0) > 0]
    assume(specialised.shape[1] > 1)
    near = proximity(specialised)
    assert np.allclose(proximity_sums(specialised), near.sum(axis=1), rtol=1e-12)
    assert np.allclose(density(specialised), specialised @ near / near.sum(axis=0), atol=1e-12)
    pci = np.random.default_rng(shape[0]).normal(size=near.shape[0])
    gain = (1 - specialised) * ((1 - specialised) @ (near * (pci / near.sum(axis=1))[:, None]))
    assert np.allclose(outlook_gain(specialised, pci), gain, atol=1e-11)


@given(SHAPES)
@settings(max_examples=40, deadline=None)
def test_country_values_are_means_of_product_values_up_to_the_eigenvalue(shape: tuple[int, int, int]) -> None:
    values = random_exports(*shape)
    specialised = (np.nan_to_num(balassa(values)) >= 1).astype(float)
    specialised = specialised[specialised.sum(axis=1) > 0][:, specialised.sum(axis=0) > 0]
    assume(min(specialised.shape) > 3)
    try:
        country, product, second = _eigenvectors(specialised)
    except ValueError:
        assume(False)
        return
    assert np.allclose(specialised @ product / specialised.sum(axis=1), country, atol=1e-12)
    assert np.allclose(specialised.T @ country / specialised.sum(axis=0), second * product, atol=1e-9)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_concentration_bounds(values: list[float]) -> None:
    assume(sum(values) > 1e-3)
    found = concentration(np.array(values))
    size = len(values)
    assert 1 / size - 1e-12 <= found["hhi"] <= 1 + 1e-12
    assert -1e-12 <= found["theil"] <= np.log(size) + 1e-12
    assert 1 - 1e-9 <= found["effective_number"] <= found["entropy_number"] * (1 + 1e-9)


@given(SHAPES)
@settings(max_examples=40, deadline=None)
def test_complementarity_is_symmetric_and_bounded(shape: tuple[int, int, int]) -> None:
    values = random_exports(*shape)
    assume(values[0].sum() > 0 and values[1].sum() > 0)
    there = complementarity(values[0], values[1])
    assert there + 1e-12 >= 0.0 and there <= 1.0 + 1e-12
    assert there == pytest.approx(complementarity(values[1], values[0]))
