"""Baskets against enumeration of every choice and against an independent solver."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from scipy import optimize

from karwan.trade.basket import Scenarios, Terms, choose_basket
from karwan.trade.basket.scenario_rows import least_delivered


def random_goods(seed: int, count: int) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    bound = random.lognormal(13, 1, count)
    return pl.DataFrame(
        {
            "product_id": [f"p{k}" for k in range(count)],
            "bound_usd": bound,
            "sector": [f"s{k}" for k in random.integers(0, 3, count)],
            "direction": np.where(random.random(count) < 0.5, "a_to_b", "b_to_a"),
            "cost_usd": random.lognormal(9, 1, count),
            "cost_share": random.uniform(0.0, 0.5, count),
            "least_usd": 0.1 * bound * (random.random(count) < 0.5),
            "tonnes_per_usd": random.uniform(1e-4, 4e-3, count),
        }
    )


def linear_rows(table: pl.DataFrame, target: float, cap: float, room: float) -> tuple[np.ndarray, np.ndarray]:
    """A_ub x <= b_ub over values x: target, sector caps, capacity; written apart from the package."""
    rows, limits = [-np.ones(table.height)], [-target]
    for sector in sorted(table["sector"].unique()):
        rows.append((table["sector"] == sector).to_numpy() * 1.0 - cap)
        limits.append(0.0)
    rows.append(table["tonnes_per_usd"].to_numpy())
    limits.append(room)
    return np.array(rows), np.array(limits)


def enumerate_least_cost(table: pl.DataFrame, most: int, target: float, cap: float, room: float) -> float:
    """Least cost over every set of at most `most` goods, a linear program for each."""
    best = np.inf
    share, fixed = table["cost_share"].to_numpy(), table["cost_usd"].to_numpy()
    bound, least = table["bound_usd"].to_numpy(), table["least_usd"].to_numpy()
    rows, limits = linear_rows(table, target, cap, room)
    for size in range(most + 1):
        for chosen in itertools.combinations(range(table.height), size):
            taken = np.zeros(table.height, dtype=bool)
            taken[list(chosen)] = True
            limit = np.column_stack([np.where(taken, least, 0.0), np.where(taken, bound, 0.0)])
            found = optimize.linprog(share, A_ub=rows, b_ub=limits, bounds=limit)
            if found.status == 0:
                best = min(best, found.fun + fixed[taken].sum())
    return best


@pytest.mark.parametrize("seed", range(8))
def test_least_cost_equals_enumeration(seed: int) -> None:
    table = random_goods(seed, 7)
    most = 3
    target = 0.5 * float(table["bound_usd"].sort(descending=True).head(most).sum())
    room = 0.8 * float((table["tonnes_per_usd"] * table["bound_usd"]).sum()) / 2
    expected = enumerate_least_cost(table, most, target, 0.7, room)
    capacity = pl.DataFrame({"name": ["gate"], "capacity_t": [room]})
    found = choose_basket(
        table,
        most_goods=most,
        target_usd=target,
        sector_caps={"*": 0.7},
        capacity=capacity,
        gap_share=1e-9,
    )
    if np.isinf(expected):
        assert found.status == "infeasible"
    else:
        assert found.cost_usd == pytest.approx(expected, rel=1e-6)


def scipy_least_cost(  # the same problem for scipy.optimize.milp, written apart from the package
    table: pl.DataFrame, most: int, target: float, shares: np.ndarray | None, missed: int
) -> float:
    count = table.height
    scenarios = 0 if shares is None else shares.shape[0]
    bound = table["bound_usd"].to_numpy() / 1e6
    width = 2 * count + scenarios
    cost = np.concatenate(
        [table["cost_share"].to_numpy(), table["cost_usd"].to_numpy() / 1e6, np.zeros(scenarios)]
    )
    link = np.zeros((count, width))
    link[:, :count] = np.eye(count)
    link[:, count : 2 * count] = -np.diag(bound)
    number = np.zeros((1, width))
    number[0, count : 2 * count] = 1.0
    rules = [optimize.LinearConstraint(link, -np.inf, 0.0), optimize.LinearConstraint(number, 0, most)]
    if shares is None:
        reach = np.zeros((1, width))
        reach[0, :count] = 1.0
        rules.append(optimize.LinearConstraint(reach, target / 1e6, np.inf))
    else:
        reach = np.zeros((scenarios, width))
        reach[:, :count] = shares
        reach[:, 2 * count :] = np.eye(scenarios) * target / 1e6
        lost = np.zeros((1, width))
        lost[0, 2 * count :] = 1.0
        rules += [
            optimize.LinearConstraint(reach, target / 1e6, np.inf),
            optimize.LinearConstraint(lost, 0, missed),
        ]
    upper = np.concatenate([bound, np.ones(count + scenarios)])
    whole = np.concatenate([np.zeros(count), np.ones(count + scenarios)])
    found = optimize.milp(
        cost,
        constraints=rules,
        bounds=optimize.Bounds(0, upper),
        integrality=whole,
        options={"mip_rel_gap": 1e-8},
    )
    return float(found.fun) * 1e6


@pytest.mark.parametrize("seed", range(4))
def test_least_cost_equals_scipy(seed: int) -> None:
    table = random_goods(seed, 60).with_columns(least_usd=pl.lit(0.0))
    target = 0.6 * float(table["bound_usd"].sort(descending=True).head(12).sum())
    found = choose_basket(table, most_goods=12, target_usd=target, gap_share=1e-8)
    assert found.cost_usd == pytest.approx(scipy_least_cost(table, 12, target, None, 0), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_narrowed_search_loses_no_more_than_the_gap(seed: int) -> None:
    """300 goods, of which the search first looks at 60: the basket is scipy's to the gap asked for."""
    table = random_goods(seed, 300).with_columns(least_usd=pl.lit(0.0))
    target = 0.4 * float(table["bound_usd"].sort(descending=True).head(8).sum())
    found = choose_basket(table, most_goods=8, target_usd=target, gap_share=1e-5)
    best = scipy_least_cost(table, 8, target, None, 0)
    assert best * (1 - 1e-6) <= found.cost_usd <= best * (1 + 1.1e-5)


def test_narrowed_search_finds_the_greatest_value() -> None:
    """Without other terms the greatest value of N goods is that of the N largest."""
    table = random_goods(9, 400).with_columns(least_usd=pl.lit(0.0))
    found = choose_basket(table, most_goods=20, objective="value", gap_share=1e-7)
    assert found.value_usd == pytest.approx(table["bound_usd"].sort(descending=True).head(20).sum(), rel=1e-6)


def test_out_of_reach_of_many_goods_names_the_largest_reach() -> None:
    table = random_goods(9, 400).with_columns(least_usd=pl.lit(0.0))
    largest = float(table["bound_usd"].sort(descending=True).head(20).sum())
    found = choose_basket(table, most_goods=20, target_usd=2 * largest)
    assert found.reach["reach_usd"][0] == pytest.approx(largest, rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_no_basket_delivers_less_than_the_tightened_rows_say(seed: int) -> None:
    """Against random shares of the goods that miss the need in few enough scenarios."""
    random = np.random.default_rng(seed)
    delivered = random.lognormal(0, 0.7, (12, 6))
    need, missed = 0.5 * float(np.median(delivered.sum(axis=1))), 3
    floor = least_delivered(delivered, need, missed)
    baskets = random.random((20_000, 6)) ** random.choice([0.3, 1.0, 3.0], (20_000, 1))
    given = baskets @ delivered.T
    kept = given[(given < need).sum(axis=1) <= missed]
    assert kept.shape[0] > 100
    assert (kept >= floor - 1e-9).all()
    assert floor.max() > 0


@pytest.mark.parametrize("seed", range(3))
def test_chance_constraint_equals_scipy(seed: int) -> None:
    table = random_goods(seed, 20).with_columns(least_usd=pl.lit(0.0))
    shares = np.random.default_rng(seed).lognormal(-0.1, 0.5, (20, 20))
    target = 0.4 * float(table["bound_usd"].sort(descending=True).head(6).sum())
    found = choose_basket(
        table, most_goods=6, target_usd=target, scenarios=Scenarios(shares, risk=0.1), gap_share=1e-8
    )
    assert found.cost_usd == pytest.approx(scipy_least_cost(table, 6, target, shares, 2), rel=1e-6)
    assert found.met_share is not None
    assert found.met_share >= 0.9 - 1e-9


def test_shadow_price_of_the_target_is_the_slope_of_the_cost() -> None:
    table = random_goods(3, 30).with_columns(cost_usd=pl.lit(0.0), least_usd=pl.lit(0.0))
    target = 0.3 * float(table["bound_usd"].sum())
    found = choose_basket(table, most_goods=30, target_usd=target, gap_share=1e-9)
    more = choose_basket(table, most_goods=30, target_usd=target + 100.0, gap_share=1e-9)
    price = found.prices.filter(pl.col("kind") == "target")["dual"][0]
    assert (more.cost_usd - found.cost_usd) / 100.0 == pytest.approx(price, rel=1e-4)


def test_tail_shortfall_equals_its_definition() -> None:
    """The CVaR of the chosen basket, from its sorted scenarios, is the shortfall asked for."""
    table = random_goods(5, 15).with_columns(least_usd=pl.lit(0.0))
    shares = np.random.default_rng(5).lognormal(-0.1, 0.5, (40, 15))
    target = 0.3 * float(table["bound_usd"].sum())
    asked = 0.2 * target
    found = choose_basket(
        table,
        most_goods=10,
        target_usd=target,
        scenarios=Scenarios(shares, kind="cvar", risk=0.1, shortfall_usd=asked),
        terms=Terms(),
        gap_share=1e-8,
    )
    joined = table.join(found.chosen.select("product_id", "value_usd"), on="product_id", how="left")
    value = (
        joined.sort(pl.col("product_id").str.slice(1).cast(pl.Int64))["value_usd"].fill_null(0.0).to_numpy()
    )
    shortfall = np.sort(target - shares @ value)[::-1]
    assert shortfall[:4].mean() == pytest.approx(
        asked, rel=1e-5
    )  # the worst 10 % of 40; binding at least cost
