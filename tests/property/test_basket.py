"""Laws of baskets on random instances."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.trade.basket import Basket, Scenarios, Terms, choose_basket


@st.composite
def instances(draw: st.DrawFn) -> tuple[pl.DataFrame, int, float]:
    count = draw(st.integers(2, 9))
    seed = draw(st.integers(0, 10_000))
    random = np.random.default_rng(seed)
    table = pl.DataFrame(
        {
            "product_id": [f"p{k}" for k in range(count)],
            "bound_usd": np.round(random.lognormal(13, 1, count)),
            "sector": [f"s{k}" for k in random.integers(0, 3, count)],
            "direction": np.where(random.random(count) < 0.5, "a_to_b", "b_to_a"),
            "cost_usd": np.round(random.lognormal(9, 1, count)),
            "cost_share": random.uniform(0.0, 0.5, count),
            "tonnes_per_usd": random.uniform(1e-4, 4e-3, count),
        }
    )
    most = draw(st.integers(1, count))
    share = draw(st.floats(0.05, 0.95))
    return table, most, share * float(table["bound_usd"].sort(descending=True).head(most).sum())


def solve(table: pl.DataFrame, most: int, target: float, **more: object) -> Basket:
    return choose_basket(table, most_goods=most, target_usd=target, gap_share=1e-7, **more)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(instances())
def test_the_basket_keeps_its_terms(instance: tuple[pl.DataFrame, int, float]) -> None:
    table, most, target = instance
    found = solve(table, most, target, sector_caps={"*": 0.6})
    assert found.chosen.height <= most
    assert (found.chosen["value_usd"] <= found.chosen["bound_usd"] * (1 + 1e-7)).all()
    if found.status == "infeasible":
        assert found.reach["reach_usd"][0] < target * (1 + 1e-6)
        return
    assert found.value_usd >= target * (1 - 1e-6)
    sectors = found.chosen.group_by("sector").agg(pl.col("value_usd").sum())
    assert sectors["value_usd"].max() <= 0.6 * found.value_usd * (1 + 1e-5) + 1.0  # type: ignore[operator]


@settings(max_examples=25, deadline=None)
@given(instances(), st.randoms())
def test_order_of_the_goods_does_not_matter(
    instance: tuple[pl.DataFrame, int, float], random: object
) -> None:
    table, most, target = instance
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=random.randint(0, 999))  # type: ignore[attr-defined]
    assert solve(table, most, target).cost_usd == pytest.approx(
        solve(shuffled, most, target).cost_usd, rel=1e-5
    )


@settings(max_examples=25, deadline=None)
@given(instances(), st.floats(0.01, 1000.0))
def test_cost_scales_with_the_unit(instance: tuple[pl.DataFrame, int, float], factor: float) -> None:
    table, most, target = instance
    scaled = table.with_columns(pl.col("bound_usd", "cost_usd") * factor)
    one, other = solve(table, most, target), solve(scaled, most, target * factor)
    assert other.cost_usd == pytest.approx(factor * one.cost_usd, rel=1e-4)


@settings(max_examples=25, deadline=None)
@given(instances())
def test_cost_never_falls_with_the_target_nor_rises_with_the_count(
    instance: tuple[pl.DataFrame, int, float],
) -> None:
    table, most, target = instance
    cost = solve(table, most, target).cost_usd
    assert solve(table, most, 0.8 * target).cost_usd <= cost * (1 + 1e-6)
    assert solve(table, table.height, target).cost_usd <= cost * (1 + 1e-6)


@settings(max_examples=20, deadline=None)
@given(instances(), st.integers(0, 999))
def test_certain_scenarios_are_the_basket_without_them(
    instance: tuple[pl.DataFrame, int, float], seed: int
) -> None:
    table, most, target = instance
    sure = Scenarios(np.ones((7, table.height)), risk=0.2)
    cost = solve(table, most, target).cost_usd
    assert solve(table, most, target, scenarios=sure).cost_usd == pytest.approx(cost, rel=1e-5)
    shares = np.random.default_rng(seed).uniform(0.6, 1.0, (7, table.height))
    found = solve(table, most, 0.5 * target, scenarios=Scenarios(shares, risk=0.3))
    assert found.met_share is not None
    assert found.met_share >= 5 / 7 - 1e-9  # floor(.3 * 7) = 2 may be missed


@settings(max_examples=20, deadline=None)
@given(instances())
def test_balance_is_kept(instance: tuple[pl.DataFrame, int, float]) -> None:
    table, most, _ = instance
    terms = Terms(baseline_usd={"a_to_b": 1e5, "b_to_a": 2e5}, balance=(0.4, 1.5))
    found = choose_basket(table, most_goods=most, objective="value", terms=terms, gap_share=1e-7)
    if found.status == "infeasible":
        return
    ways = dict(found.chosen.group_by("direction").agg(pl.col("value_usd").sum()).iter_rows())
    out, back = 1e5 + ways.get("a_to_b", 0.0), 2e5 + ways.get("b_to_a", 0.0)
    assert 0.4 * (1 - 1e-5) <= out / back <= 1.5 * (1 + 1e-5)
