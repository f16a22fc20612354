"""One million journeys over 12 stages and five two-sided crossings, beside simpy and ciw on the same model.

Run: python benchmarks/journeys.py [--journeys 1000000] [--peers 10000]

All three draw the same model: log-normal service correlated between the sides of a crossing, waits of
M/M/4 queues, daily opening windows, random closures met in equilibrium, a sailing every two days. The peers
run fewer journeys and are scaled per journey. Each peer gets its leanest form: one event per stage, waits
drawn from the same formulas, the daily window by remainder. Queues with traffic of their own, as in
tests/reference, would cost the peers many more events.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import time
from collections.abc import Callable

import ciw
import numpy as np
import simpy

from karwan.transport.reliability import JourneyStages, simulate, stage_queues

DEPART_H, OPENS_H, SHUTS_H = 9.0, 6.0, 22.0
RHO, DAYS = 0.6, 400
ROAD, SHIP = 0, 11
SIDES = range(1, 11)


def route() -> JourneyStages:
    """Road, five crossings of two sides each, ship."""
    sides = np.isin(np.arange(12), SIDES)
    on = lambda value: np.where(sides, value, np.nan)  # noqa: E731
    return JourneyStages(
        name=tuple(
            ["road", *(f"crossing {c} {side}" for c in range(1, 6) for side in ("exit", "entry")), "ship"]
        ),
        kind=np.where(sides, 1, np.where(np.arange(12) == SHIP, 3, 0)),
        mean_h=np.array([60.0, *[8.0, 14.0] * 5, 72.0]),
        cv=np.array([0.25, *[0.7, 1.0] * 5, 0.1]),
        pair=np.where(sides, (np.arange(12) - 1) // 2, -1),
        pair_correlation=RHO,
        headway_h=np.where(np.arange(12) == SHIP, 48.0, 0.0),
        arrivals_per_day=on(60.0),
        servers=on(4.0),
        service_h=on(1.3),
        calendar=np.where(sides, 0, -1),
        calendar_ptr=np.array([0, DAYS]),
        open_start_h=np.arange(DAYS) * 24.0 + OPENS_H,
        open_end_h=np.arange(DAYS) * 24.0 + SHUTS_H,
        closure_rate_per_day=np.where(sides, 0.01, 0.0),
        closure_mean_days=np.where(sides, 2.0, 0.0),
        closure_log_sd=on(0.8),
    )


class Stage:
    """Delay of one stage for the peers: plain Python, everything constant worked out beforehand."""

    def __init__(self, stages: JourneyStages, s: int) -> None:
        queue = {r["stage"]: r for r in stage_queues(stages).iter_rows(named=True)}.get(s)
        self.side, self.second = s in SIDES, s in SIDES and s % 2 == 0
        self.headway = float(stages.headway_h[s])
        self.waits, self.wait_h = (
            (queue["wait_probability"], queue["wait_if_waiting_h"]) if queue else (0.0, 0.0)
        )
        load = float(stages.closure_rate_per_day[s] * stages.closure_mean_days[s])
        self.closed, self.closure_sd = load / (1.0 + load), float(stages.closure_log_sd[s])
        self.closure_mu = (
            math.log(24.0 * float(stages.closure_mean_days[s]) or 1.0) + self.closure_sd**2 / 2.0
        )
        self.sd = math.sqrt(math.log1p(float(stages.cv[s]) ** 2))
        self.mu = math.log(float(stages.mean_h[s])) - self.sd**2 / 2.0

    def delay(self, now: float, z_first: float) -> tuple[float, float]:
        """Hours from arrival to the end of the stage, and the normal draw of its service."""
        uniform = random.random
        hours = 0.0
        if self.side:
            if uniform() < self.closed:
                hours = uniform() * random.lognormvariate(self.closure_mu, self.closure_sd)
            clock = (now + hours) % 24.0
            if clock < OPENS_H:
                hours += OPENS_H - clock
            elif clock >= SHUTS_H:
                hours += 24.0 + OPENS_H - clock
            if uniform() < self.waits:
                hours += random.expovariate(1.0) * self.wait_h
        if self.headway:
            hours += self.headway * uniform()
        z = random.gauss(0.0, 1.0)
        if self.second:
            z = RHO * z_first + math.sqrt(1.0 - RHO * RHO) * z
        return hours + math.exp(self.mu + self.sd * z), z


def run_simpy(stages: JourneyStages, journeys: int) -> np.ndarray:
    steps = [Stage(stages, s).delay for s in range(stages.size)]
    env = simpy.Environment(initial_time=DEPART_H)
    hours = np.empty(journeys)

    def journey(i: int):  # type: ignore[no-untyped-def]
        z = 0.0
        for step in steps:
            hours_here, z = step(env.now, z)
            yield env.timeout(hours_here)
        hours[i] = env.now - DEPART_H

    for i in range(journeys):
        env.process(journey(i))
    env.run()
    return hours


class StageDelay(ciw.dists.Distribution):  # type: ignore[misc]
    """A stage as the service time of a ciw node with servers without end."""

    def __init__(self, stage: Stage) -> None:
        self.step = stage.delay

    def sample(self, t: float | None = None, ind: object = None) -> float:
        hours, z = self.step(t, getattr(ind, "z", 0.0))
        ind.z = z  # type: ignore[attr-defined]
        return hours


def run_ciw(stages: JourneyStages, journeys: int) -> np.ndarray:
    n = stages.size
    network = ciw.create_network(
        # one departure a day, always at the same hour
        arrival_distributions=[
            ciw.dists.Sequential([DEPART_H, *[24.0] * (journeys - 1), math.inf]),
            *[None] * (n - 1),
        ],
        service_distributions=[StageDelay(Stage(stages, s)) for s in range(n)],
        number_of_servers=[math.inf] * n,
        routing=[[1.0 if b == a + 1 else 0.0 for b in range(n)] for a in range(n)],
    )
    run = ciw.Simulation(network)
    run.simulate_until_max_customers(journeys, method="Finish")
    left = {r.id_number: r.arrival_date for r in run.get_all_records() if r.node == 1}
    done = {r.id_number: r.exit_date for r in run.get_all_records() if r.node == n}
    return np.array([done[i] - left[i] for i in done])


def timed(run: Callable[[], np.ndarray], repeats: int) -> tuple[float, float, np.ndarray]:
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        hours = run()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), float(np.median(seconds)), hours


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--journeys", type=int, default=1_000_000)
    parser.add_argument("--peers", type=int, default=10_000)
    asked = parser.parse_args()
    stages = route()
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; "
        f"peers run {asked.peers:,} journeys, scaled"
    )
    simulate(stages, depart_h=DEPART_H, journeys=1000)  # compile or load the compiled loop
    random.seed(1)
    ciw.seed(1)

    def ours(threads: int | None) -> np.ndarray:
        drawn = simulate(stages, depart_h=DEPART_H, journeys=asked.journeys, seed=1, threads=threads)
        # causes of lateness included, which the peers leave out
        assert drawn.stage_lateness.height == stages.size
        return drawn.hours

    runs = {
        "karwan": timed(lambda: ours(None), 9),
        "karwan, one thread": timed(lambda: ours(1), 5),
        "simpy": timed(lambda: run_simpy(stages, asked.peers), 3),
        "ciw": timed(lambda: run_ciw(stages, asked.peers), 3),
    }
    base = runs["karwan"][0] / asked.journeys
    print(f"{'':20}{'best s':>9}{'median s':>10}{'s per 1e6':>11}{'ratio':>8}{'mean h':>9}{'P95 h':>8}")
    for name, (best, median, hours) in runs.items():
        each = best / hours.size
        print(
            f"{name:20}{best:9.3f}{median:10.3f}{each * 1e6:11.3f}{each / base:8.1f}"
            f"{hours.mean():9.2f}{np.quantile(hours, 0.95):8.1f}"
        )
    print(
        "ratio: seconds per journey over those of karwan; "
        "wanted: simpy 200, ciw 50, karwan below 0.5 s per 1e6"
    )


if __name__ == "__main__":
    main()
