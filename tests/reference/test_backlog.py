"""Lines behind closed gates against event simulations, walks through open and closed spells, and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from karwan.transport.reliability import JourneyStages, moments, simulate
from karwan.transport.reliability.backlog import cut_moments, partial_moments

NAN = float("nan")
FOUR_SIGMA = 4.0


def gate(**columns: object) -> JourneyStages:
    return JourneyStages(name=("gate",), kind=[1], mean_h=[0.0], cv=[0.0], **columns)  # type: ignore[arg-type]


def gate_waits(
    *,
    arrivals_h: float,
    capacity_h: float,
    closures: list[tuple[float, float]],
    cap_h: float,
    probes: np.ndarray,
) -> np.ndarray:
    """Waits of probes in a first-come line of evenly spaced trucks behind a gate, by simpy."""
    simpy = pytest.importorskip("simpy", reason="simpy is not installed")
    env = simpy.Environment()
    line, waits = simpy.Store(env), np.full(probes.size, np.nan)
    state = {"shut_since": None, "reopens": env.event()}

    def lane():  # type: ignore[no-untyped-def]
        while True:
            passed = yield line.get()
            while state["shut_since"] is not None:
                yield state["reopens"]
            if passed is not None:
                passed.succeed()
            else:
                yield env.timeout(1.0 / capacity_h)

    def traffic():  # type: ignore[no-untyped-def]
        while True:
            yield env.timeout(1.0 / arrivals_h)
            since = state["shut_since"]
            if since is None or env.now - since <= cap_h:
                line.put(None)

    def keeper():  # type: ignore[no-untyped-def]
        for shut, reopen in closures:
            yield env.timeout(shut - env.now)
            state.update(shut_since=env.now, reopens=env.event())
            yield env.timeout(reopen - env.now)
            state["shut_since"] = None
            state["reopens"].succeed()

    def probe(i):  # type: ignore[no-untyped-def]
        yield env.timeout(probes[i])
        passed = env.event()
        line.put(passed)
        yield passed
        waits[i] = env.now - probes[i]

    for process in (lane(), traffic(), keeper(), *(probe(i) for i in range(probes.size))):
        env.process(process)
    env.run(until=float(probes[-1]) + 500.0)
    return waits


@pytest.mark.parametrize("cap_h", [np.inf, 30.0])
def test_dated_closures_and_their_lines_equal_simpy(cap_h: float) -> None:
    # the second closure begins before the line of the first has cleared, the third is a short one long after
    closures = [(100.0, 148.0), (190.0, 214.0), (700.0, 706.0)]
    probes = np.arange(20.0, 900.0, 3.7)
    seen = gate_waits(arrivals_h=12.0, capacity_h=20.0, closures=closures, cap_h=cap_h, probes=probes)
    stages = gate(
        dated=[0],
        dated_ptr=[0, 3],
        dated_start_h=[a for a, _ in closures],
        dated_end_h=[b for _, b in closures],
        backlog_load=[0.6],
        backlog_cap_days=[cap_h / 24.0],
    )
    drawn = [simulate(stages, depart_h=float(t), journeys=1).hours[0] for t in probes]
    assert np.max(seen) > 45.0 and np.count_nonzero(seen > 1.0) > 40
    # trucks are whole: the line moves in steps of one truck, 0.05 h
    assert np.max(np.abs(seen - drawn)) < 0.16


def walk(
    rate: float, mean: float, log_sd: float, load: float, cap: float, spells: int, seed: int
) -> np.ndarray:
    """Waits at random moments of a long record of open and closed spells, the line a fluid."""
    rng = np.random.default_rng(seed)
    opened = rng.exponential(24.0 / rate, spells)
    length = (
        24.0
        * mean
        * (
            rng.exponential(1.0, spells)
            if np.isnan(log_sd)
            else rng.lognormal(-(log_sd**2) / 2.0, log_sd, spells)
        )
    )
    start = np.cumsum(opened + length) - length
    added = load * np.minimum(length, 24.0 * cap)
    before, line = np.empty(spells), 0.0
    for k in range(spells):
        before[k] = line = max(0.0, line - (1.0 - load) * opened[k])
        line += added[k]
    at = rng.uniform(start[spells // 100], start[-1], 100_000)
    k = np.searchsorted(start, at, side="right") - 1
    since, reopened = at - start[k], start[k] + length[k]
    shut = since < length[k]
    after = np.maximum(0.0, before[k] + added[k] - (1.0 - load) * (at - reopened))
    line = np.where(shut, load * np.minimum(since, 24.0 * cap) + before[k], after)
    clock, k = np.where(shut, reopened, at), k + 1
    while (on := (line > 0.0) & (k < spells) & (clock + line > start[np.minimum(k, spells - 1)])).any():
        at_gate = np.minimum(k, spells - 1)
        line = np.where(on, line - (start[at_gate] - clock), line)
        clock, k = np.where(on, start[at_gate] + length[at_gate], clock), k + on
    return clock + line - at


@pytest.mark.parametrize(
    "given",
    [
        (0.05, 3.0, NAN, 0.6, np.inf),
        (0.05, 3.0, NAN, 0.8, 2.0),
        (0.05, 3.0, 0.8, 0.7, np.inf),
        (0.05, 3.0, 0.8, 0.7, 2.5),
    ],
)
def test_random_closures_and_their_lines_equal_a_walk(
    given: tuple[float, float, float, float, float],
) -> None:
    rate, mean, log_sd, load, cap = given
    stages = gate(
        closure_rate_per_day=[rate],
        closure_mean_days=[mean],
        closure_log_sd=[log_sd],
        backlog_load=[load],
        backlog_cap_days=[cap],
    )
    drawn = simulate(stages, journeys=200_000, seed=5)
    walks = [walk(*given, spells=30_000, seed=seed) for seed in range(4)]
    means = [w.mean() for w in walks]
    error = np.hypot(np.std(means) / np.sqrt(3.0), drawn.mean_error_h)
    assert abs(np.mean(means) - drawn.mean_h) < FOUR_SIGMA * error
    seen = np.concatenate(walks)
    assert np.mean(seen == 0.0) == pytest.approx(np.mean(drawn.hours == 0.0), abs=0.01)
    for share in (0.8, 0.9, 0.97):
        assert np.mean(seen <= drawn.quantile(share)) == pytest.approx(share, abs=0.008)
    exact = moments(stages)
    assert abs(drawn.mean_h - exact.mean_h) < FOUR_SIGMA * drawn.mean_error_h
    fourth = np.mean((drawn.hours - drawn.mean_h) ** 4)
    spread = np.sqrt((fourth - drawn.sd_h**4) / drawn.hours.size)
    assert abs(drawn.sd_h**2 - exact.variance_h2) < FOUR_SIGMA * spread


@pytest.mark.parametrize("log_sd", [NAN, 0.0, 0.6, 1.5])
@pytest.mark.parametrize("cap", [0.5, 3.0, 40.0])
def test_partial_moments_equal_integrals(log_sd: float, cap: float) -> None:
    below, above = partial_moments(3.0, log_sd, cap)
    if log_sd == 0.0:
        assert below.tolist() == pytest.approx([3.0**k for k in range(4)] if cap >= 3.0 else [0.0] * 4)
        return
    law = (
        stats.expon(scale=3.0)
        if np.isnan(log_sd)
        else stats.lognorm(log_sd, scale=3.0 * np.exp(-(log_sd**2) / 2))
    )
    for k in range(4):
        part = integrate.quad(lambda x, k=k: x**k * law.pdf(x), 0.0, cap, limit=200)[0]
        assert below[k] == pytest.approx(part, rel=1e-6, abs=1e-9)
        assert below[k] + above[k] == pytest.approx(law.moment(k) if k else 1.0, rel=1e-9)
    first = integrate.quad(lambda x: min(x, cap) * law.pdf(x), 0.0, cap)[0] + cap * law.sf(cap)
    assert cut_moments(3.0, log_sd, cap)[0] == pytest.approx(first, rel=1e-6)
