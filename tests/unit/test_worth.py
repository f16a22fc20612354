"""Landed cost over a choice of routes, waits for openings, and the worth of a change: by hand, by quadrature, by laws."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.appraisal.worth import (
    Goods,
    RouteStates,
    Taste,
    landed,
    opening_wait,
    response,
    rule_of_half,
)
from karwan.errors import InvalidInput
from karwan.transport.reliability.moments import lognormal_quantile

TASTE = Taste(scale=0.03, path_size_weight=1.0, reliability_ratio=0.5, insurance_share=0.01)


def goods(states: int = 1, duty: float = 0.1) -> Goods:
    return Goods(
        price_usd_t=np.array([500.0, 9000.0]),
        day_share=np.array([0.004, 0.02]),
        unit_t=np.array([20.0, 10.0]),
        tonnes_year=np.array([1000.0, 50.0]),
        duty_share=np.full((states, 2), duty),
        duty_usd_t=np.full((states, 2), 3.0),
    )


def ways(hours: list[list[float]], usd: float = 2000.0) -> RouteStates:
    shape = np.array(hours).shape
    return RouteStates(
        usd_t=np.full(shape, 40.0),
        usd_unit=np.full(shape, usd),
        hours=np.array(hours),
        variance_h2=np.full(shape, 400.0),
        path_size=np.linspace(1.0, 0.5, shape[1]),
    )


def test_one_route_by_hand() -> None:
    found = landed(goods(), ways([[240.0]]), TASTE)
    for p, (price, share, unit) in enumerate(((500.0, 0.004, 20.0), (9000.0, 0.02, 10.0))):
        cif = (price + 40.0 + 2000.0 / unit) * 1.01
        reserve = lognormal_quantile(240.0, 20.0 / 240.0, 0.95) - 240.0
        cost = cif * 1.1 + 3.0 + price * share * (240.0 + 0.5 * reserve) / 24.0
        assert found.logsum_usd_t[0, p] == pytest.approx(cost)
        assert found.duty_usd_t[0, p] == pytest.approx(cif * 0.1 + 3.0)
        assert found.money_usd_t[0, p] == pytest.approx(cif - price)
        assert found.hours[0, p] == pytest.approx(240.0)


def test_two_routes_by_the_formula_of_the_logsum() -> None:
    both = ways([[240.0, 200.0]])
    found = landed(goods(), both, TASTE)
    one = landed(goods(), replace(both, path_size=np.array([1.0, 1e-300])), TASTE).logsum_usd_t[0]
    other = landed(goods(), replace(both, path_size=np.array([1e-300, 1.0])), TASTE).logsum_usd_t[0]
    for p in range(2):
        parts = [math.exp(-0.03 * one[p]), 0.5 * math.exp(-0.03 * other[p])]
        assert found.logsum_usd_t[0, p] == pytest.approx(-math.log(sum(parts)) / 0.03)
        assert found.hours[0, p] == pytest.approx((240 * parts[0] + 200 * parts[1]) / sum(parts))


def test_no_open_route_costs_infinity() -> None:
    found = landed(goods(2), ways([[np.inf, np.inf], [240.0, np.inf]]), TASTE)
    assert np.isinf(found.logsum_usd_t[0]).all()
    assert np.isfinite(found.logsum_usd_t[1]).all()
    assert np.isinf(landed(goods(), ways([[]]), TASTE).logsum_usd_t).all()


@pytest.mark.parametrize(
    ("windows", "horizon"),
    [
        (([0.0], [np.inf]), 100.0),
        (([8.0, 32.0, 56.0, 80.0], [18.0, 42.0, 66.0, np.inf]), 72.0),
        (([5.0], [np.inf]), 100.0),
        (([0.0, 120.0], [60.0, np.inf]), 100.0),
    ],
)
def test_waits_equal_quadrature(windows: tuple[list[float], list[float]], horizon: float) -> None:
    starts, ends = (np.array(side) for side in windows)
    moments = (np.arange(200_000) + 0.5) * horizon / 200_000
    after = np.searchsorted(ends, moments, side="right")
    waits = np.maximum(starts[after] - moments, 0.0)
    mean, variance = opening_wait((starts, ends), horizon)
    assert mean == pytest.approx(waits.mean(), abs=1e-3)
    assert variance == pytest.approx(waits.var(), abs=1e-2)


def test_what_never_opens_again_is_waited_for_without_end() -> None:
    assert opening_wait((np.empty(0), np.empty(0))) == (np.inf, np.inf)
    assert opening_wait((np.array([0.0]), np.array([50.0])), 100.0) == (np.inf, np.inf)
    assert opening_wait((np.array([0.0]), np.array([150.0])), 100.0) == (0.0, 0.0)


def test_rule_of_half_is_near_the_area_under_the_demand_curve() -> None:
    before, after, tonnes, power = 120.0, 110.0, 1000.0, -2.0
    curve = tonnes * (np.linspace(after, before, 100_001) / before) ** (power - 1.0)
    area = np.trapezoid(curve, dx=(before - after) / 100_000)
    half = rule_of_half(np.array([after / before]), np.array([before - after]), np.array([tonnes]), power)[0]
    assert tonnes * (before - after) < area < half < 1.02 * area
    assert response(np.array([1.0]), power)[0] == 1.0
    with pytest.raises(InvalidInput):
        response(np.array([1.0]), 2.0)
    with pytest.raises(InvalidInput):
        Taste(0.0, 1.0, 0.5, 0.0)


HOURS = st.lists(st.one_of(st.just(np.inf), st.floats(1.0, 2000.0)), min_size=3, max_size=3)


@settings(max_examples=80, deadline=None)
@given(first=HOURS, second=HOURS, opened=st.integers(0, 2), at=st.floats(1.0, 2000.0))
def test_laws_of_a_change(first: list[float], second: list[float], opened: int, at: float) -> None:
    more = [h if k != opened or np.isfinite(h) else at for k, h in enumerate(first)]
    less = [h * 0.9 if k == opened else h for k, h in enumerate(first)]
    table = landed(goods(5), ways([first, second, first, more, less]), TASTE).logsum_usd_t
    assert (table[0] == table[2]).all()  # nothing changed is worth nothing
    assert (table[3] <= table[0]).all()  # opening a route never costs
    assert (table[4] <= table[0] + 1e-9).all()  # nor does a faster one
    with np.errstate(invalid="ignore"):
        there, back = table[0] - table[1], table[1] - table[0]
    known = np.isfinite(there)
    assert (there[known] == -back[known]).all()


@settings(max_examples=50, deadline=None)
@given(first=HOURS, cut=st.floats(0.0, 0.1))
def test_a_lower_duty_is_worth_what_is_no_longer_paid(first: list[float], cut: float) -> None:
    if not np.isfinite(first).any():
        return
    before = landed(goods(1, 0.1), ways([first]), TASTE)
    after = landed(goods(1, 0.1 - cut), ways([first]), TASTE)
    gain = before.logsum_usd_t - after.logsum_usd_t
    assert (gain >= -1e-9).all()
    assert (gain >= cut * 500.0 - 1e-9).all()
