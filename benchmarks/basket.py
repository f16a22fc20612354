"""Baskets beside scipy.optimize.milp on the same problems: seconds, cost, gap.

Run: python benchmarks/basket.py [--seeds 3]
Bars: 40 of 5,000 goods under 1 s; 40 of 300 goods with a chance constraint over 100 scenarios under 10 s to a
gap of 0.1 %. Both sides run on one thread.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import polars as pl
from scipy import optimize, sparse

from karwan.trade.basket import Basket, Scenarios, choose_basket

GAP = 1e-3


def goods(count: int, seed: int) -> pl.DataFrame:
    """Log-normal potentials, ten sectors, two directions, costs per good and per dollar."""
    random = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "product_id": [f"p{k}" for k in range(count)],
            "bound_usd": random.lognormal(13, 1.5, count),
            "sector": [f"s{k}" for k in random.integers(0, 10, count)],
            "direction": np.where(random.random(count) < 0.5, "a_to_b", "b_to_a"),
            "cost_usd": random.lognormal(10, 1, count),
            "cost_share": random.uniform(0.02, 0.4, count),
            "tonnes_per_usd": 1.0 / random.lognormal(7, 1, count),
        }
    )


def scipy_basket(
    table: pl.DataFrame,
    most: int,
    target: float,
    cap: float,
    room: float | None,
    shares: np.ndarray | None,
    risk: float,
) -> tuple[float, float, float]:
    """Least cost, seconds and CPU seconds of scipy.optimize.milp on the same problem."""
    started, busy = time.perf_counter(), time.process_time()
    count, width = table.height, 2 * table.height
    scenarios = 0 if shares is None else shares.shape[0]
    width += scenarios
    bound = table["bound_usd"].to_numpy() / target
    eye = sparse.eye_array(count)
    pad = sparse.csr_array((count, scenarios))
    rules = [
        optimize.LinearConstraint(sparse.hstack([eye, -sparse.diags_array(bound), pad]).tocsr(), -np.inf, 0.0)
    ]
    rows, lower, upper = [], [], []

    def add(values: np.ndarray, start: int, low: float, high: float) -> None:
        row = np.zeros(width)
        row[start : start + values.size] = values
        rows.append(row)
        lower.append(low)
        upper.append(high)

    add(np.ones(count), count, 0, most)
    for sector in sorted(table["sector"].unique()):
        add((table["sector"] == sector).to_numpy() * 1.0 - cap, 0, -np.inf, 0.0)
    if room is not None:
        add(table["tonnes_per_usd"].to_numpy() * target / room, 0, -np.inf, 1.0)
    if shares is None:
        add(np.ones(count), 0, 1.0, np.inf)
    else:
        for r in range(scenarios):
            add(shares[r], 0, 1.0, np.inf)
            rows[-1][2 * count + r] = 1.0
        add(np.ones(scenarios), 2 * count, 0, np.floor(risk * scenarios + 1e-9))
    rules.append(optimize.LinearConstraint(np.array(rows), lower, upper))
    cost = np.concatenate(
        [table["cost_share"].to_numpy(), table["cost_usd"].to_numpy() / target, np.zeros(scenarios)]
    )
    found = optimize.milp(
        cost,
        constraints=rules,
        bounds=optimize.Bounds(0, np.concatenate([bound, np.ones(count + scenarios)])),
        integrality=np.concatenate([np.zeros(count), np.ones(count + scenarios)]),
        options={"mip_rel_gap": GAP, "time_limit": 120},
    )
    cost_usd = float("nan") if found.x is None else float(found.fun) * target
    return cost_usd, time.perf_counter() - started, time.process_time() - busy


def show(name: str, spent: tuple[float, float], found: Basket, peer: tuple[float, float, float]) -> None:
    """One line of the comparison."""
    cost = f"gap {found.gap_share:.2e}  cost {found.cost_usd:13,.0f}"
    ours = f"karwan {spent[0]:6.2f} s ({spent[1]:5.2f} CPU)  {cost}"
    theirs = f"scipy {peer[1]:6.2f} s ({peer[2]:5.2f} CPU)  cost {peer[0]:13,.0f}"
    print(
        f"{name:38s} {ours}  {theirs}  ratio of CPU {peer[2] / spent[1]:5.2f}  ({found.chosen.height} goods)"
    )


def main() -> None:
    """Run the two bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    choose_basket(goods(10, 0), most_goods=3, target_usd=1e5)  # warm imports
    for seed in range(seeds):
        table = goods(5000, seed)
        best = float(table["bound_usd"].sort(descending=True).head(40).sum())
        room = 3e5
        capacity = pl.DataFrame({"name": ["gate"], "capacity_t": [room]})
        for share in (0.3, 0.6):
            started, busy = time.perf_counter(), time.process_time()
            found = choose_basket(
                table,
                most_goods=40,
                target_usd=share * best,
                sector_caps={"*": 0.25},
                capacity=capacity,
                gap_share=GAP,
            )
            seconds, cpu = time.perf_counter() - started, time.process_time() - busy
            peer = scipy_basket(table, 40, share * best, 0.25, room, None, 0.0)
            show(f"40 of 5,000, target {share:.0%}, seed {seed}", (seconds, cpu), found, peer)
    for seed in range(seeds):
        table = goods(300, seed)
        random = np.random.default_rng(seed)
        shares = random.lognormal(-0.1, 0.4, (100, 1)) * random.lognormal(-0.1, 0.5, (100, 300))
        best = float(table["bound_usd"].sort(descending=True).head(40).sum())
        for share in (0.2, 0.35):
            started, busy = time.perf_counter(), time.process_time()
            found = choose_basket(
                table,
                most_goods=40,
                target_usd=share * best,
                sector_caps={"*": 0.3},
                scenarios=Scenarios(shares, risk=0.1),
                gap_share=GAP,
            )
            seconds, cpu = time.perf_counter() - started, time.process_time() - busy
            peer = scipy_basket(table, 40, share * best, 0.3, None, shares, 0.1)
            show(f"40 of 300, 100 scenarios, {share:.0%}, seed {seed}", (seconds, cpu), found, peer)


if __name__ == "__main__":
    main()
