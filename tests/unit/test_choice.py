"""Path-size logit: hand-computed shares, limits, derivatives, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.special import logsumexp, softmax

from karwan.errors import InvalidInput
from karwan.transport.choice import logit, logit_rows, path_size, path_size_logit


def loop_hole(overlap: float) -> tuple[np.ndarray, np.ndarray]:
    """One route of length 1 alone, two of length 1 that share `overlap` of it."""
    incidence = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1]])
    return incidence, np.array([1.0, overlap, 1.0 - overlap, 1.0 - overlap])


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5, 0.9, 1.0])
def test_loop_hole_network(overlap: float) -> None:
    # Path size of the two is 1 - overlap / 2, so the lone route gets 1 / (3 - overlap): 1/3 without, 1/2 with
    # full overlap, where plain logit gives 1/3 always.
    incidence, length = loop_hole(overlap)
    choice = path_size_logit(np.ones(3), incidence, length, scale=2.0)
    np.testing.assert_allclose(choice.path_size, [1.0, 1.0 - overlap / 2, 1.0 - overlap / 2])
    np.testing.assert_allclose(choice.shares[0], 1.0 / (3.0 - overlap))
    plain = path_size_logit(np.ones(3), incidence, length, scale=2.0, path_size_weight=0.0)
    np.testing.assert_allclose(plain.shares, 1.0 / 3.0)


def test_by_hand_with_unequal_costs() -> None:
    # exp(-0.5 x 2) x 1 = 0.367879; exp(-0.5 x 1) x 0.75 = 0.454898; exp(-0.5 x 3) x 0.75 = 0.167348
    incidence, length = loop_hole(0.5)
    choice = path_size_logit([2.0, 1.0, 3.0], incidence, length, scale=0.5)
    np.testing.assert_allclose(choice.shares, [0.371548, 0.459435, 0.169017], atol=1e-6)
    assert choice.logsum[0] == pytest.approx(-np.log(0.990125) / 0.5, abs=1e-5)


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_identical_routes_share_what_one_gets(copies: int) -> None:
    incidence = np.vstack([[1, 0], *[[0, 1]] * copies])
    cost = np.array([3.0] + [2.0] * copies)
    choice = path_size_logit(cost, incidence, [4.0, 7.0], scale=1.3)
    single = path_size_logit([3.0, 2.0], np.eye(2), [4.0, 7.0], scale=1.3)
    assert choice.shares[0] == pytest.approx(single.shares[0], rel=1e-13)
    assert choice.shares[1:].sum() == pytest.approx(single.shares[1], rel=1e-13)
    assert choice.logsum[0] == pytest.approx(single.logsum[0], rel=1e-13)


def test_plain_logit_agrees_with_scipy() -> None:
    cost = np.random.default_rng(5).uniform(100.0, 400.0, 40)
    choice = logit(cost, np.ones(40), scale=0.02)
    np.testing.assert_allclose(choice.shares, softmax(-0.02 * cost), rtol=1e-12)
    assert choice.logsum[0] == pytest.approx(-logsumexp(-0.02 * cost) / 0.02, rel=1e-13)


def test_groups_do_not_touch_each_other() -> None:
    incidence = np.array([[1, 0], [0, 1], [1, 0], [1, 1]])
    group = [0, 1, 1, 0]
    both = path_size_logit([1.0, 2.0, 2.5, 1.5], incidence, [1.0, 2.0], scale=[0.5, 2.0], group=group)
    for which, scale in ((0, 0.5), (1, 2.0)):
        rows = np.flatnonzero(np.array(group) == which)
        alone = path_size_logit(
            np.array([1.0, 2.0, 2.5, 1.5])[rows], incidence[rows], [1.0, 2.0], scale=scale
        )
        np.testing.assert_allclose(both.shares[rows], alone.shares)
        assert both.logsum[which] == pytest.approx(alone.logsum[0])


def test_sparse_and_dense_agree() -> None:
    incidence, length = loop_hole(0.3)
    dense = path_size(incidence, length)
    np.testing.assert_array_equal(path_size(sparse.csr_array(incidence), length), dense)


def test_exponent_counts_long_routes_less() -> None:
    incidence = np.array([[1, 1, 0], [1, 0, 1]])
    length = np.array([1.0, 1.0, 9.0])
    plain, bent = path_size(incidence, length), path_size(incidence, length, exponent=2.0)
    # Route 0 (2 km) on the shared km: 1/2 x 1/(1 + (2/10)^2); route 1 (10 km): 1/10 x 1/(1 + (10/2)^2)
    np.testing.assert_allclose(bent, [0.5 / 1.04 + 0.5, 0.1 / 26 + 0.9])
    assert bent[0] > plain[0]
    assert bent[1] < plain[1]


def test_huge_costs_and_scales_stay_finite() -> None:
    choice = logit([1e9, 1e9 + 1.0, 2e9], np.ones(3), scale=50.0)
    np.testing.assert_allclose(choice.shares, [1.0, np.exp(-50.0), 0.0], rtol=1e-6)
    assert choice.logsum[0] == pytest.approx(1e9)


def test_scale_zero_splits_by_path_size() -> None:
    incidence, length = loop_hole(1.0)
    choice = path_size_logit([1.0, 50.0, 2.0], incidence, length, scale=0.0)
    np.testing.assert_allclose(choice.shares, [0.5, 0.25, 0.25])
    assert np.isnan(choice.logsum[0])


def test_closed_routes() -> None:
    incidence, length = loop_hole(1.0)
    choice = path_size_logit([1.0, np.inf, 1.0], incidence, length, scale=1.0)
    np.testing.assert_allclose(choice.shares, [0.5, 0.0, 0.5])  # the closed twin no longer counts as overlap
    shut = logit([np.inf, np.inf, 4.0], np.ones(3), scale=1.0, group=[0, 0, 1])
    np.testing.assert_array_equal(shut.shares, [0.0, 0.0, 1.0])
    assert shut.logsum.tolist() == [np.inf, 4.0]


def test_derivatives_are_those_of_the_shares() -> None:
    cost, sizes, group = np.array([3.0, 2.0, 2.5, 1.0]), np.array([1.0, 0.6, 0.7, 1.0]), [0, 0, 0, 1]
    at = logit(cost, sizes, scale=0.7, group=group)
    step = 1e-6
    for column in range(4):
        bump = np.eye(4)[column] * step
        up, down = (logit(cost + s * bump, sizes, scale=0.7, group=group) for s in (1.0, -1.0))
        np.testing.assert_allclose(at.slopes()[:, column], (up.shares - down.shares) / (2 * step), atol=1e-8)
        change = (up.logsum - down.logsum)[group[column]] / (2 * step)
        assert at.logsum_slope[column] == pytest.approx(change, abs=1e-8)
    np.testing.assert_allclose(at.own_slope, np.diag(at.slopes()))
    np.testing.assert_allclose(at.own_elasticity, at.own_slope * cost / at.shares)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"scale": -1.0}, "scale"),
        ({"scale": np.inf}, "scale"),
        ({"scale": [1.0, 2.0]}, "scale"),
        ({"path_size_weight": -0.5}, "path_size_weight"),
        ({"generalised_cost": [1.0, np.nan, 1.0]}, "nan"),
        ({"generalised_cost": [1.0, 2.0]}, "number"),
        ({"length": [1.0, 1.0]}, "lengths"),
        ({"length": [0.0, 1.0, 1.0, 1.0]}, "no length"),
        ({"incidence": [[2, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1]]}, "neither 0 nor 1"),
        ({"group": [0, 1]}, "group"),
        ({"group": [0.5, 1.0, 1.0]}, "group"),
    ],
)
def test_refuses(change: dict[str, object], word: str) -> None:
    incidence, length = loop_hole(0.5)
    given = {"generalised_cost": np.ones(3), "incidence": incidence, "length": length, "scale": 1.0, **change}
    with pytest.raises(InvalidInput, match=word):
        path_size_logit(**given)  # type: ignore[arg-type]


def test_many_choices_at_once_are_each_choice_alone() -> None:
    random = np.random.default_rng(3)
    cost = random.uniform(50.0, 150.0, size=(4, 5, 6))
    cost[0, 0, 2] = cost[1, 3, :] = np.inf
    sizes = random.uniform(0.2, 1.0, size=6)
    shares, logsums = logit_rows(cost, sizes, scale=0.03, path_size_weight=0.8)
    for at in np.ndindex(4, 5):
        alone = logit(cost[at], sizes, scale=0.03, path_size_weight=0.8)
        np.testing.assert_allclose(shares[at], alone.shares, rtol=1e-13)
        np.testing.assert_allclose(logsums[at], alone.logsum[0], rtol=1e-13)
