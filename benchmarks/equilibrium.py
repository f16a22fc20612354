"""World trade after a change of trade costs: seconds of one sector, of joint draws, and of thirty sectors.

    OMP_NUM_THREADS=1 python benchmarks/equilibrium.py

Invented worlds with large sales at home; checks of the input and identities of the answer are in the time. Medians
of wall-clock time and of processor time of the thread: on a busy machine only the second says something. The aim
stands beside.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from karwan.trade.equilibrium import hat

Array = NDArray[np.float64]
DRAWS = 500


def world(sectors: int, countries: int) -> tuple[Array, Array, Array]:
    """Flows, cost factors and elasticities."""
    rng = np.random.default_rng(11)
    flows = np.exp(rng.normal(0.0, 2.0, (sectors, countries, countries))) * 1e6
    at_home = np.arange(countries)
    flows[:, at_home, at_home] = flows.sum(axis=1) * rng.uniform(1.0, 6.0, (sectors, countries))
    t_hat = np.ones_like(flows)
    t_hat[:, : countries // 4, :] = rng.uniform(0.9, 1.05, (sectors, countries // 4, countries))
    t_hat[:, at_home, at_home] = 1.0
    theta = rng.uniform(2.5, 8.0, sectors)
    return flows, t_hat ** -theta[:, None, None], theta


def median_ms(run: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Wall-clock and processor milliseconds."""
    wall, processor = [], []
    for _ in range(repeats):
        start, began = time.perf_counter(), time.thread_time()
        run()
        processor.append(time.thread_time() - began)
        wall.append(time.perf_counter() - start)
    return statistics.median(wall) * 1e3, statistics.median(processor) * 1e3


def draws(flows: Array, b: Array) -> None:
    """Elasticity and cost move together, the wages are found anew each time."""
    rng = np.random.default_rng(12)
    for theta in np.exp(rng.normal(np.log(4.47), 0.354, DRAWS)):
        hat.solve(flows, b ** (theta / 5.0), np.array([theta]))


def main() -> None:
    one, many = world(1, 69), world(30, 70)
    lines = [
        ("one sector, 69 countries", median_ms(lambda: hat.solve(*one), 51), 2.0),
        (f"one sector, 69 countries, {DRAWS} draws", median_ms(lambda: draws(one[0], one[1]), 3), 1000.0),
        ("30 sectors, 70 countries", median_ms(lambda: hat.solve(*many), 21), 15.0),
        ("the same, universal rule", median_ms(lambda: hat.solve(*many, deficits="universal"), 21), 15.0),
        ("the same, resistances alone", median_ms(lambda: hat.conditional(*many), 21), None),
    ]
    print(f"{'':<40}{'wall ms':>10}{'thread ms':>12}{'aim ms':>10}")
    for label, (wall, processor), aim in lines:
        print(f"{label:<40}{wall:>10.2f}{processor:>12.2f}{'' if aim is None else f'{aim:g}':>10}")


if __name__ == "__main__":
    main()
