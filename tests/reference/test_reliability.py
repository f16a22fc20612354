"""Journeys, queues and closures against published values, exact chains and event simulations by others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import special, stats

from karwan.numerics import draws
from karwan.numerics import journeys as kernel
from karwan.transport.reliability import (
    JourneyStages,
    erlang_c,
    fit_closures,
    mg1_wait,
    mgc_wait,
    mmc_wait,
    moments,
    simulate,
)
from karwan.transport.reliability.closures import gamma_quantile
from tests.unit.test_reliability import full_route

NAN = float("nan")
FOUR_SIGMA = 4.0  # a right result fails one time in 16,000


def batch_error(values: np.ndarray, batches: int = 25) -> float:
    """Standard error of the mean of a correlated series, by batch means."""
    means = [b.mean() for b in np.array_split(values, batches)]
    return float(np.std(means, ddof=1) / np.sqrt(batches))


def test_generator_gives_the_published_splitmix64_sequence() -> None:
    # first outputs for seed 1234567, as listed on Rosetta Code, "Pseudo-random numbers/Splitmix64"
    states = np.uint64(1234567) + np.arange(1, 6, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert draws.mix_plain(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_draws_are_uniform_and_unrelated() -> None:
    n = 40_000
    keys = draws.mix_plain(draws.seed_key(0) + np.arange(1, n + 1, dtype=np.uint64) * draws.GAMMA)
    drawn = [kernel._uniform_plain(keys, stage, purpose) for stage in range(3) for purpose in range(5)]
    near = draws.mix_plain(draws.seed_key(1) + np.arange(1, n + 1, dtype=np.uint64) * draws.GAMMA)
    drawn.append(kernel._uniform_plain(near, 0, 0))
    for u in drawn:
        assert u.min() > 0.0 and u.max() < 1.0
        assert stats.kstest(u, "uniform").pvalue > 1e-4
        assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < FOUR_SIGMA / np.sqrt(n)
        assert stats.chisquare(np.bincount((u * 256).astype(int), minlength=256)).pvalue > 1e-4
    related = np.abs(np.corrcoef(drawn) - np.eye(len(drawn)))
    assert related.max() < 4.5 / np.sqrt(n)  # 120 pairs


def test_normal_quantile_equals_scipy_and_its_twin() -> None:
    u = np.concatenate(
        [np.linspace(1e-9, 1 - 1e-9, 20_001), 2.0 ** -np.arange(2.0, 54.0), 1 - 2.0 ** -np.arange(2.0, 53.0)]
    )
    compiled = np.array([draws.normal(share) for share in u.tolist()])
    assert np.allclose(compiled, special.ndtri(u), rtol=1e-14, atol=1e-15)
    assert np.allclose(compiled, draws.normal_plain(u), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("arrivals_per_h", "service_h", "servers", "wait_h", "waiting"),
    [
        (2.0, 1 / 3, 1, 2 / 3, 4 / 3),  # Hillier and Lieberman, County Hospital, one doctor
        (2.0, 1 / 3, 2, 1 / 24, 1 / 12),  # the same with two doctors
        (6.0, 1 / 3, 3, 4 / 27, 8 / 9),  # Gross, Shortle, Thompson and Harris, eye clinic
        (20.0, 1 / 30, 2, 1 / 240, 1 / 12),  # Render, Stair and Hanna, information desk with two employees
    ],
)
def test_textbook_queues(
    arrivals_per_h: float, service_h: float, servers: int, wait_h: float, waiting: float
) -> None:
    wait = mmc_wait(arrivals_per_h, service_h, servers)
    assert wait.wait_mean_h == pytest.approx(wait_h, rel=1e-12)
    assert wait.queue_length == pytest.approx(waiting, rel=1e-12)


def test_erlang_c_equals_its_defining_sum() -> None:
    for servers, load in [(1, 0.3), (4, 3.0), (10, 8.5), (60, 55.0), (150, 149.0)]:
        terms = np.exp(np.arange(servers) * np.log(load) - special.gammaln(np.arange(servers) + 1))
        last = np.exp(servers * np.log(load) - special.gammaln(servers + 1)) * servers / (servers - load)
        assert erlang_c(load, servers) == pytest.approx(last / (terms.sum() + last), rel=1e-10)


def exact_mdc_queue_length(load: float, servers: int) -> float:
    """Mean number waiting in M/D/c: Crommelin's chain, one step per service time, solved numerically."""
    size = 60 + int(12 * load / (1 - load / servers))
    arrivals = stats.poisson.pmf(np.arange(size), load)
    step = np.zeros((size, size))
    for n in range(size):
        left = max(n - servers, 0)
        step[n, left:] = arrivals[: size - left]
        step[n, -1] += 1.0 - step[n].sum()
    lead = np.linalg.solve((step.T - np.eye(size))[1:, 1:], -(step.T - np.eye(size))[1:, 0])
    share = np.concatenate([[1.0], lead])
    return float(share @ np.arange(size) / share.sum() - load)


@pytest.mark.parametrize("used", [0.3, 0.5, 0.7, 0.9])
def test_md1_is_exact_and_mdc_is_near(used: float) -> None:
    assert mg1_wait(used, 1.0, 0.0).queue_length == pytest.approx(exact_mdc_queue_length(used, 1), rel=1e-6)
    for servers, tolerance in [(2, 0.12), (4, 0.25), (8, 0.45)]:
        exact = exact_mdc_queue_length(used * servers, servers)
        near = mgc_wait(used * servers, 1.0, servers, service_cv=0.0).queue_length
        bound = tolerance if used < 0.7 else tolerance / 3.0
        assert near == pytest.approx(exact, rel=bound), (servers, near / exact)
        assert near <= exact  # Allen-Cunneen understates the wait of constant service


def test_simulation_equals_the_closed_moments() -> None:
    stages = replace(
        full_route(),
        calendar=np.full(7, -1),
        dated=np.full(7, -1),
        sailing_phase_h=np.full(7, NAN),
        pair_correlation=0.7,
    )
    exact = moments(stages)
    drawn = simulate(stages, journeys=600_000, seed=21)
    assert exact.exact
    assert abs(drawn.mean_h - exact.mean_h) < FOUR_SIGMA * drawn.mean_error_h
    squares = (drawn.hours - exact.mean_h) ** 2
    assert abs(squares.mean() - exact.variance_h2) < FOUR_SIGMA * squares.std() / np.sqrt(squares.size)
    parts = ["closure_h", "sailing_h", "queue_h", "service_h"]
    found, wanted = drawn.stage_hours.select(parts).to_numpy(), exact.stages.select(parts).to_numpy()
    spread = np.sqrt(exact.stages["variance_h2"].to_numpy())[:, None] + 1e-9
    assert np.all(np.abs(found - wanted) < 1e-9 + FOUR_SIGMA * spread / np.sqrt(600_000))


def test_service_hours_are_lognormal_and_the_two_sides_correlate() -> None:
    sides = JourneyStages(
        name=("exit", "entry"),
        kind=[1, 1],
        mean_h=[8.0, 12.0],
        cv=[0.7, 1.3],
        pair=[0, 0],
        pair_correlation=0.6,
    )
    n = 40_000
    both = simulate(sides, journeys=n, seed=2).hours
    first = simulate(replace(sides, mean_h=np.array([8.0, 0.0])), journeys=n, seed=2).hours
    log_sd = np.sqrt(np.log1p(np.array([0.7, 1.3]) ** 2))
    logs = np.log(first), np.log(both - first)
    for x, mean, s in zip(logs, (8.0, 12.0), log_sd, strict=True):
        assert stats.kstest((x - np.log(mean) + s**2 / 2) / s, "norm").pvalue > 1e-4
    found = np.arctanh(np.corrcoef(*logs)[0, 1])
    assert abs(found - np.arctanh(0.6)) < FOUR_SIGMA / np.sqrt(n)


@pytest.mark.parametrize("log_sd", [NAN, 0.0, 0.9])
def test_closure_waits_equal_a_walk_through_open_and_closed_spells(log_sd: float) -> None:
    rate, mean = 0.1, 3.0
    stage = JourneyStages(
        name=("gate",),
        kind=[1],
        mean_h=[0.0],
        cv=[0.0],
        closure_rate_per_day=[rate],
        closure_mean_days=[mean],
        closure_log_sd=[log_sd],
    )
    rng = np.random.default_rng(3)
    spells = 150_000
    opened = rng.exponential(1 / rate, spells)
    closed = (
        rng.exponential(mean, spells)
        if np.isnan(log_sd)
        else mean * np.exp(log_sd * rng.standard_normal(spells) - log_sd**2 / 2)
    )
    ends = np.cumsum(opened + closed)
    looks = np.arange(100.0, ends[-1] * 0.99, 57.0)
    cycle = np.searchsorted(ends, looks, side="right")
    waits = 24.0 * np.where(looks > ends[cycle] - closed[cycle], ends[cycle] - looks, 0.0)
    drawn = simulate(stage, journeys=30_000, seed=9).hours
    assert np.mean(waits > 0) == pytest.approx(
        np.mean(drawn > 0), abs=FOUR_SIGMA * np.sqrt(0.18 * 2 / 30_000)
    )
    assert np.mean(drawn > 0) == pytest.approx(0.3 / 1.3, abs=FOUR_SIGMA * np.sqrt(0.18 / 30_000))
    assert stats.ks_2samp(waits[waits > 0], drawn[drawn > 0]).pvalue > 1e-4


@pytest.mark.parametrize("events", [0, 1, 2, 7, 30, 400])
@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.95, 0.999])
def test_gamma_quantiles_equal_scipy(events: int, share: float) -> None:
    assert gamma_quantile(events, share) == pytest.approx(special.gammaincinv(events + 0.5, share), rel=1e-9)


def test_censored_fit_equals_scipy() -> None:
    rng = np.random.default_rng(5)
    start = datetime(2000, 1, 1)
    rows, ended, cut = [], [], []
    for i in range(60):  # one closure per place, some cut off by the end of observation
        length = float(rng.lognormal(1.0, 0.8))
        until = 400.0 + float(rng.uniform(1.0, 9.0))
        done = 400.0 + length <= until
        (ended if done else cut).append(length if done else until - 400.0)
        rows.append(
            {
                "place": f"p{i}",
                "start_date": start + timedelta(days=400.0),
                "end_date": start + timedelta(days=400.0 + length) if done else None,
                "observed_from": start,
                "observed_to": start + timedelta(days=until),
            }
        )
    assert len(cut) > 10
    seen = stats.CensoredData(uncensored=ended, right=cut)
    log_sd, _, median = stats.lognorm.fit(seen, floc=0)
    row = fit_closures(pl.DataFrame(rows), pooled=True).table.row(0, named=True)
    assert row["shape"] == "lognormal" and row["closures"] == 60 and row["ended"] == len(ended)
    assert row["log_sd"] == pytest.approx(log_sd, rel=1e-3)
    assert row["mean_days"] == pytest.approx(median * np.exp(log_sd**2 / 2), rel=1e-3)
    simple = fit_closures(pl.DataFrame(rows), pooled=True, shape="exponential").table.row(0, named=True)
    assert simple["mean_days"] == pytest.approx(stats.expon.fit(seen, floc=0)[1], rel=1e-3)


def histories(places: int, rate: float, mean: float, log_sd: float, years: float, seed: int) -> pl.DataFrame:
    """Recorded closures of many places over a window cut out of long alternating histories."""
    rng = np.random.default_rng(seed)
    zero, rows = datetime(2000, 1, 1), []
    since, until = 400.0, 400.0 + 365.0 * years
    for p in range(places):
        t = 0.0
        found = []
        while t < until:
            begin = t + rng.exponential(1 / rate)
            length = (
                rng.exponential(mean) if np.isnan(log_sd) else mean * rng.lognormal(-(log_sd**2) / 2, log_sd)
            )
            t = begin + length
            if t > since and begin < until:
                found.append((zero + timedelta(days=begin), zero + timedelta(days=t) if t <= until else None))
        window = {"observed_from": zero + timedelta(days=since), "observed_to": zero + timedelta(days=until)}
        rows += [
            {"place": f"{p}", "start_date": a, "end_date": b, **window} for a, b in found or [(None, None)]
        ]
    return pl.DataFrame(rows)


def test_intervals_of_closures_cover_the_truth_as_often_as_they_say() -> None:
    table = fit_closures(histories(400, 0.01, 5.0, NAN, 2.0, 1), shape="exponential", level=0.9).table
    rate = table.filter(pl.col("rate_low_per_day") <= 0.01, pl.col("rate_high_per_day") >= 0.01).height / 400
    known = table.filter(pl.col("mean_low_days").is_not_null())
    mean = known.filter(pl.col("mean_low_days") <= 5.0, pl.col("mean_high_days") >= 5.0).height / known.height
    allowed = FOUR_SIGMA * np.sqrt(0.09 / 400)
    assert rate == pytest.approx(0.9, abs=allowed) and mean == pytest.approx(0.9, abs=allowed)
    pooled = fit_closures(histories(400, 0.01, 5.0, NAN, 2.0, 1), shape="exponential", pooled=True).table
    assert pooled["rate_per_day"][0] == pytest.approx(0.01, rel=FOUR_SIGMA / np.sqrt(pooled["closures"][0]))
    assert pooled["mean_days"][0] == pytest.approx(5.0, rel=FOUR_SIGMA / np.sqrt(pooled["ended"][0]))


def test_profile_intervals_of_lognormal_closures_cover_the_truth() -> None:
    table = fit_closures(histories(80, 0.03, 4.0, 0.7, 3.0, 2), shape="lognormal", level=0.9).table
    high = pl.col("mean_high_days").fill_null(np.inf)
    covered = table.filter(pl.col("mean_low_days") <= 4.0, high >= 4.0).height / 80
    assert covered == pytest.approx(0.9, abs=FOUR_SIGMA * np.sqrt(0.09 / 80))
    pooled = fit_closures(histories(80, 0.03, 4.0, 0.7, 3.0, 2), pooled=True).table.row(0, named=True)
    assert pooled["shape"] == "lognormal" and pooled["log_sd"] == pytest.approx(0.7, abs=0.05)
    assert pooled["mean_low_days"] < 4.0 < pooled["mean_high_days"]


# The same journey as a discrete-event simulation: real queues with traffic of their own, a real process of
# closures, real sailings.


def crossing_route(days: int) -> JourneyStages:
    return JourneyStages(
        name=("road", "exit side", "entry side", "ship"),
        kind=[0, 1, 1, 3],
        mean_h=[30.0, 6.0, 9.0, 20.0],
        cv=[0.3, 0.8, 1.0, 0.1],
        pair=[-1, 0, 0, -1],
        pair_correlation=0.6,
        headway_h=[0, 0, 0, 48.0],
        sailing_phase_h=[NAN, NAN, NAN, 5.0],
        arrivals_per_day=[NAN, 14.0, 9.0, NAN],
        servers=[NAN, 2, 1, NAN],
        service_h=[NAN, 2.4, 1.8, NAN],
        calendar=[-1, 0, -1, -1],
        calendar_ptr=[0, days],
        open_start_h=np.arange(days) * 24.0 + 8.0,
        open_end_h=np.arange(days) * 24.0 + 20.0,
        closure_rate_per_day=[0, 0.08, 0, 0],
        closure_mean_days=[0, 1.5, 0, 0],
        closure_log_sd=[NAN, 0.6, NAN, NAN],
    )


def simpy_hours(
    stages: JourneyStages, journeys: int, every_h: float, depart_h: float, seed: int
) -> np.ndarray:
    simpy = pytest.importorskip("simpy", reason="simpy is not installed")
    rng, env = np.random.default_rng(seed), simpy.Environment()
    log_sd = np.sqrt(np.log1p(stages.cv**2))
    booths = {s: simpy.Resource(env, int(stages.servers[s])) for s in (1, 2)}
    gate = {"reopens": env.event().succeed()}
    hours = np.full(journeys, np.nan)

    def occupy(booth, request, mean):  # type: ignore[no-untyped-def]
        yield env.timeout(rng.exponential(mean))
        booth.release(request)

    def vehicle(s):  # type: ignore[no-untyped-def]
        request = booths[s].request()
        yield request
        yield from occupy(booths[s], request, stages.service_h[s])

    def traffic(s):  # type: ignore[no-untyped-def]
        while True:
            yield env.timeout(rng.exponential(24.0 / stages.arrivals_per_day[s]))
            env.process(vehicle(s))

    def closures():  # type: ignore[no-untyped-def]
        sd = stages.closure_log_sd[1]
        while True:
            yield env.timeout(rng.exponential(24.0 / stages.closure_rate_per_day[1]))
            gate["reopens"] = env.event()
            yield env.timeout(24.0 * stages.closure_mean_days[1] * rng.lognormal(-(sd**2) / 2, sd))
            gate["reopens"].succeed()

    def journey(i):  # type: ignore[no-untyped-def]
        yield env.timeout(1000.0 + every_h * i + depart_h - (1000.0 % 48.0))
        left = env.now
        z = rng.standard_normal(4)
        z[2] = 0.6 * z[1] + 0.8 * z[2]
        for s in range(4):
            if s == 1:
                yield gate["reopens"]
                clock = env.now % 24.0
                yield env.timeout(max(8.0 - clock, 0.0) if clock < 20.0 else 32.0 - clock)
            if s == 3:
                yield env.timeout((5.0 - env.now) % 48.0)
            if s in booths:
                request = booths[s].request()
                yield request
                env.process(occupy(booths[s], request, stages.service_h[s]))
            yield env.timeout(stages.mean_h[s] * np.exp(log_sd[s] * z[s] - log_sd[s] ** 2 / 2))
        hours[i] = env.now - left

    for s in booths:
        env.process(traffic(s))
    env.process(closures())
    for i in range(journeys):
        env.process(journey(i))
    env.run(until=1000.0 + every_h * journeys + 3000.0)
    return hours[np.isfinite(hours)]


def test_journey_equals_simpy_with_real_queues_and_closures() -> None:
    stages = crossing_route(days=600)
    peer = simpy_hours(stages, journeys=1500, every_h=96.0, depart_h=3.0, seed=1)
    assert peer.size == 1500
    drawn = simulate(stages, depart_h=3.0, journeys=200_000, seed=1)
    error = np.hypot(batch_error(peer), drawn.mean_error_h)
    assert abs(peer.mean() - drawn.mean_h) < FOUR_SIGMA * error
    for share in (0.1, 0.5, 0.9, 0.95):
        within = np.mean(peer <= drawn.quantile(share))
        assert within == pytest.approx(share, abs=FOUR_SIGMA * np.sqrt(share * (1 - share) / peer.size))
    assert stats.ks_2samp(peer, drawn.hours[:20_000]).pvalue > 1e-4


def test_queues_and_journey_equal_ciw() -> None:
    ciw = pytest.importorskip("ciw", reason="ciw is not installed")
    # road -> booths M/M/3 -> yard -> scanner M/G/1; the two hauls have servers without end
    log_sd = {m: float(np.sqrt(np.log1p(c**2))) for m, c in ((5.0, 0.4), (3.0, 0.6), (0.35, 0.5))}
    lognormal = lambda m: ciw.dists.Lognormal(float(np.log(m)) - log_sd[m] ** 2 / 2, log_sd[m])  # noqa: E731
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(2.0), None, None, None],
        service_distributions=[lognormal(5.0), ciw.dists.Exponential(1.0), lognormal(3.0), lognormal(0.35)],
        number_of_servers=[float("inf"), 3, float("inf"), 1],
        routing=[[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]],
    )
    ciw.seed(4)
    run = ciw.Simulation(network)
    run.simulate_until_max_customers(9000)
    rows = [(r.id_number, r.node, r.waiting_time, r.service_time) for r in run.get_all_records()]
    records = pl.DataFrame(rows, schema=["id", "node", "wait_h", "service_h"], orient="row")
    records = records.filter(pl.col("id") > 300)  # the first find empty queues
    waits = {n: records.filter(pl.col("node") == n).sort("id")["wait_h"].to_numpy() for n in (2, 4)}
    booths, scanner = mmc_wait(2.0, 1.0, 3), mg1_wait(2.0, 0.35, 0.5)
    for wait, exact in ((waits[2], booths), (waits[4], scanner)):
        assert abs(wait.mean() - exact.wait_mean_h) < FOUR_SIGMA * batch_error(wait)
        assert abs(np.mean(wait > 1e-9) - exact.wait_probability) < FOUR_SIGMA * batch_error(wait > 1e-9)
    stages = JourneyStages(
        name=("road", "booths", "yard", "scanner"),
        kind=[0, 1, 2, 1],
        mean_h=[5.0, 0.0, 3.0, 0.35],
        cv=[0.4, 0.0, 0.6, 0.5],
        arrivals_per_day=[NAN, 48.0, NAN, 48.0],
        servers=[NAN, 3, NAN, 1],
        service_h=[NAN, 1.0, NAN, 0.35],
        service_cv=[1.0, 1.0, 1.0, 0.5],
    )
    hours = pl.col("wait_h") + pl.when(pl.col("node") == 2).then(0.0).otherwise(pl.col("service_h"))
    whole = records.group_by("id").agg(hours.sum().alias("hours"), pl.len().alias("nodes")).filter(nodes=4)
    peer = whole.sort("id")["hours"].to_numpy()
    drawn = simulate(stages, journeys=200_000, seed=4)
    assert peer.size > 8000
    assert abs(peer.mean() - drawn.mean_h) < FOUR_SIGMA * np.hypot(batch_error(peer), drawn.mean_error_h)
    for share in (0.1, 0.5, 0.9):
        late = peer <= drawn.quantile(share)
        assert late.mean() == pytest.approx(share, abs=FOUR_SIGMA * batch_error(late))
