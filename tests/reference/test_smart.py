"""SMART against the demand system it linearises, solved numerically: Armington with a CES nest.

Imports of one product: a composite in constant-elasticity demand, Q = A P^E_m, of varieties by origin with an
elasticity of substitution of -E_s (Jammes & Olarreaga 2005, section 1). World prices are one unless supply is
finite, so values at world prices are quantities.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy import optimize

from karwan.trade.smart import Elasticities, SmartResult, simulate_corridor, simulate_tariffs

Floats = NDArray[np.float64]
VALUES = np.array([120.0, 300.0, 80.0])
NAMES = ("AAA", "BBB", "CCC")
E_M, E_S = -1.3, -1.8


def demanded(prices: Floats, before: Floats, e_m: float = E_M, e_s: float = E_S) -> Floats:
    """Quantities at consumer prices, calibrated to `VALUES` at the prices before."""
    sigma = -e_s
    spent = VALUES * before
    share = spent / spent.sum()
    index = float((share * (prices / before) ** (1 - sigma)).sum() ** (1 / (1 - sigma)))
    return np.asarray(VALUES * index**e_m * (prices / before / index) ** -sigma)


def smart(before: Floats, after: Floats, e_m: float = E_M, e_s: float = E_S) -> SmartResult:
    table = pl.DataFrame(
        {
            "product": "010101",
            "exporter": NAMES,
            "value_usd": VALUES,
            "rate_before_share": before,
            "rate_after_share": after,
        }
    )
    return simulate_tariffs(table, Elasticities(e_m, e_s))


def gap(cut: float, what: str) -> float:
    """Relative difference of SMART to the exact system where AAA's rate of 20 % is cut by a share of it."""
    rates = np.full(3, 0.2)
    after = np.array([0.2 * (1 - cut), 0.2, 0.2])
    if what == "creation":
        exact = float((demanded(1 + after, 1 + rates) - VALUES).sum())
        return abs(float(smart(rates, after).products["creation_usd"][0]) / exact - 1)
    if what == "diversion":  # the composite held, as SMART does
        exact = float((demanded(1 + after, 1 + rates, e_m=0.0) - VALUES)[0])
        return abs(float(smart(rates, after, e_m=-1e-12).products["diversion_usd"][0]) / exact - 1)
    exact = welfare(rates, after)
    return abs(float(smart(rates, after).products["welfare_usd"][0]) / exact - 1)


def welfare(before: Floats, after: Floats) -> float:
    """Consumer surplus under the composite's demand curve, and the change of the revenue."""
    steps = np.linspace(0.0, 1.0, 4001)
    path = [before + s * (after - before) for s in steps]
    slope = [-float((demanded(1 + rate, 1 + before) * (after - before)).sum()) for rate in path]
    surplus = float(np.trapezoid(slope, steps))
    bought = demanded(1 + after, 1 + before)
    return surplus + float((after * bought).sum() - (before * VALUES).sum())


@pytest.mark.parametrize("what", ["creation", "diversion", "welfare"])
def test_smart_is_the_first_order_of_the_armington_system(what: str) -> None:
    """The difference vanishes with the cut, and in proportion to it: SMART is the system's derivative."""
    errors = [gap(cut, what) for cut in (0.08, 0.04, 0.02, 0.01)]
    assert errors[-1] < 0.01
    for large, small in itertools.pairwise(errors):
        assert small == pytest.approx(large / 2, rel=0.15)


def test_a_full_cut_stays_near_the_exact_system() -> None:
    """What the linear form costs from 20 % to nothing: docs/smart.md quotes these figures."""
    found = {what: gap(1.0, what) for what in ("creation", "diversion")}
    assert found == pytest.approx({"creation": 0.238, "diversion": 0.234}, abs=5e-4)
    rates, after = np.full(3, 0.2), np.array([0.0, 0.2, 0.2])
    exact = float((demanded(1 + after, 1 + rates) - VALUES).sum())
    assert smart(rates, after).products["creation_usd"][0] < exact


def test_welfare_is_harbergers_sum_and_not_the_full_wedge() -> None:
    """Charging all diverted trade the last unit's loss would turn the sign of a gain."""
    rates, after = np.full(3, 0.2), np.array([0.0, 0.2, 0.2])
    products = smart(rates, after).products.row(0, named=True)
    exact = welfare(rates, after)
    wedge = 0.1 * products["creation_usd"] - 0.2 * products["diversion_usd"]
    assert wedge < 0 < products["welfare_usd"] < exact
    # With the system's own quantities Harberger's sum is within a sixth of the exact gain.
    moved = demanded(1 + after, 1 + rates) - VALUES
    assert float(((rates + after) / 2 * moved).sum()) == pytest.approx(exact, rel=0.16)


@pytest.mark.parametrize("supply", [0.5, 2.0, 10.0, 99.0])
def test_finite_supply_is_the_market_equilibrium(supply: float) -> None:
    """One origin, supply X = p^E_x against demand (p (1 + t))^E_m: quantity and world price at small changes."""
    table = pl.DataFrame(
        {
            "product": "010101",
            "exporter": "AAA",
            "value_usd": [100.0],
            "rate_before_share": [0.2],
            "rate_after_share": [0.199],
        }
    )
    row = simulate_tariffs(table, Elasticities(E_M, E_S, supply)).partners.row(0, named=True)

    def excess(p: float) -> float:
        return 100 * math.pow(p * 1.199 / 1.2, E_M) - 100 * math.pow(p, supply)

    price = float(optimize.brentq(excess, 0.5, 2.0, xtol=1e-15))
    assert row["price_change_share"] == pytest.approx(price - 1, rel=2e-3)
    assert row["creation_usd"] == pytest.approx(100 * price**supply - 100, rel=2e-3)


def test_the_corridor_form_is_the_same_system_with_freight_in_the_price() -> None:
    """Freight of AAA from 30 to 29.9 % of value, tariffs of 20 % unchanged."""
    table = pl.DataFrame(
        {"product": "010101", "exporter": NAMES, "value_usd": VALUES, "rate_share": [0.2, 0.2, 0.2]}
    )
    found = simulate_corridor(table, Elasticities(E_M, E_S), exporter="AAA", freight_share=(0.3, 0.299))
    before = np.full(3, 1.2) * 1.3
    after = before.copy()
    after[0] = 1.2 * 1.299
    bought = demanded(after, before)
    created = float(found.products["creation_usd"][0])
    assert created == pytest.approx(float((bought - VALUES).sum()), rel=2e-3)
    gained = float(found.products["diversion_usd"][0])
    own = float((demanded(after, before, e_m=0.0) - VALUES)[0])
    assert gained == pytest.approx(own, rel=2e-3)
    assert math.isfinite(float(found.products["revenue_change_usd"][0]))
