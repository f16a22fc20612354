"""Laws of journeys, queues and moments that hold for any route."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from karwan.numerics import draws
from karwan.numerics import journeys as kernel
from karwan.transport.reliability import (
    JourneyStages,
    erlang_c,
    lateness,
    lognormal_quantile,
    mgc_wait,
    moments,
    simulate,
)
from karwan.transport.reliability.journeys import calendar_windows, stage_arrays
from karwan.transport.reliability.stages import WHOLE

NAN = float("nan")
QUICK = settings(max_examples=30, deadline=None)
hours = st.floats(0.0, 200.0)


@st.composite
def routes(draw: st.DrawFn, *, clocks: bool = True, certain: bool = False) -> JourneyStages:
    """Up to six stages with any mix of queue, sailing, closure, pair and calendar."""
    n = draw(st.integers(1, 6))
    some = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    queued = some(st.booleans())
    nan_unless = lambda flags, values: [v if f else NAN for f, v in zip(flags, values, strict=True)]  # noqa: E731
    servers = np.array(some(st.integers(1, 5)), dtype=float)
    service_h = np.array(some(st.floats(0.01, 3.0)))
    used = np.array(some(st.floats(0.0, 0.95)))
    gaps = draw(st.lists(st.floats(0.1, 40.0), min_size=2, max_size=12))
    edges = np.cumsum(gaps)[: len(gaps) // 2 * 2]
    random_share = 0.0 if certain else 1.0
    return JourneyStages(
        name=tuple(f"s{i}" for i in range(n)),
        kind=np.array(some(st.integers(0, 3))),
        mean_h=np.array(some(hours)),
        cv=random_share * np.array(some(st.floats(0.0, 3.0))),
        pair=np.arange(n) // 2 if draw(st.booleans()) else np.full(n, -1),
        pair_correlation=draw(st.floats(-1.0, 1.0)),
        headway_h=np.array(some(st.sampled_from([0.0, 24.0, 70.5]))) * (random_share if not clocks else 1.0),
        sailing_phase_h=np.array(
            some(st.sampled_from([5.0] if certain else [NAN, 5.0] if clocks else [NAN]))
        ),
        arrivals_per_day=np.array(nan_unless(queued, used * servers / service_h * 24.0))
        * (0.0 if certain else 1.0),
        servers=np.array(nan_unless(queued, servers)),
        service_h=np.array(nan_unless(queued, service_h)),
        service_cv=np.array(some(st.floats(0.0, 2.0))),
        calendar=np.array(some(st.integers(-1, 0 if clocks else -1))),
        calendar_ptr=np.array([0, edges.size // 2]),
        open_start_h=edges[::2],
        open_end_h=np.append(edges[1:-1:2], draw(st.sampled_from([np.inf, float(edges[-1])]))),
        closure_rate_per_day=random_share * np.array(some(st.sampled_from([0.0, 0.01, 0.3]))),
        closure_mean_days=np.array(some(st.floats(0.1, 30.0))),
        closure_log_sd=np.array(some(st.sampled_from([NAN, 0.0, 0.9]))),
        backlog_load=np.array(some(st.sampled_from([0.0, 0.3, 0.6]))),
        backlog_cap_days=np.array(some(st.sampled_from([0.0, 0.7, 2.0]))),
        dated=np.where(np.arange(n) == draw(st.integers(0, 2 * n)), 0, -1) if clocks else np.full(n, -1),
        dated_ptr=np.array([0, edges.size // 2]),
        dated_start_h=edges[::2] - 30.0,
        dated_end_h=edges[1::2] - 30.0,
        group=np.zeros(n),
        group_log_sd=random_share * np.array(some(st.sampled_from([0.0, 0.4]))),
        trip_log_sd=random_share * draw(st.sampled_from([0.0, 0.3])),
        leave_over_h=draw(st.sampled_from([0.0, 24.0])) if clocks else 0.0,
        jam_share=random_share * np.array(some(st.sampled_from([0.0, 0.1]))),
        jam_h=np.array(some(st.sampled_from([0.0, 60.0]))),
    )


@QUICK
@given(st.data(), st.integers(0, 2**64 - 1), st.floats(-100.0, 300.0))
def test_compiled_equals_plain_for_any_route(data: st.DataObject, seed: int, depart_h: float) -> None:
    stages = data.draw(routes())
    drawn = simulate(stages, depart_h=depart_h, journeys=530, seed=seed, threads=2)
    args = stage_arrays(stages), calendar_windows(stages), draws.seed_key(seed), depart_h
    plain, waits = kernel.run_journeys_plain(*args, np.arange(530))
    assert np.allclose(drawn.hours, plain, rtol=1e-12, atol=1e-9)
    assert np.all(drawn.hours >= 0) and np.all(waits >= 0)
    arrived = np.isfinite(plain)
    if arrived.any():
        assert drawn.mean_h == pytest.approx(float(plain[arrived].mean()), rel=1e-9, abs=1e-9)
        shares = lateness(drawn, promised_h=drawn.quantile(0.3))["share"]
        assert shares.null_count() == stages.size or shares.sum() == pytest.approx(1.0)


@QUICK
@given(routes(clocks=False, certain=True), st.integers(0, 99))
def test_zero_variance_equals_the_sum(stages: JourneyStages, seed: int) -> None:
    drawn = simulate(replace(stages, headway_h=np.zeros(stages.size)), journeys=5, seed=seed)
    total = 0.0
    for h in stages.mean_h:
        total += h
    assert np.all(drawn.hours == total)


@QUICK
@given(routes(), st.integers(0, 99), st.floats(0.0, 200.0), st.floats(0.0, 50.0))
def test_leaving_later_never_arrives_earlier(
    stages: JourneyStages, seed: int, depart_h: float, by: float
) -> None:
    early = simulate(stages, depart_h=depart_h, journeys=64, seed=seed).hours + depart_h
    late = simulate(stages, depart_h=depart_h + by, journeys=64, seed=seed).hours + depart_h + by
    assert np.all(late >= early - 1e-6)


@QUICK
@given(routes(), st.integers(0, 99))
def test_halving_the_unit_of_time_doubles_the_hours(stages: JourneyStages, seed: int) -> None:
    doubled = {
        f.name: getattr(stages, f.name) * 2.0
        for f in fields(stages)
        if f.name.endswith("_h") or f.name in ("closure_mean_days", "backlog_cap_days")
    }
    halved = {n: getattr(stages, n) / 2.0 for n in ("arrivals_per_day", "closure_rate_per_day")}
    twice = replace(stages, **doubled, **halved)
    once = simulate(stages, depart_h=7.0, journeys=100, seed=seed).hours
    assert np.allclose(simulate(twice, depart_h=14.0, journeys=100, seed=seed).hours, 2.0 * once, rtol=1e-12)


@QUICK
@given(routes(clocks=False), st.integers(0, 99))
def test_order_of_stages_does_not_change_moments(stages: JourneyStages, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(stages.size)
    moved = {f.name: getattr(stages, f.name)[order] for f in fields(stages) if f.name not in WHOLE}
    shuffled = replace(stages, name=tuple(stages.name[i] for i in order), **moved)
    assert moments(shuffled).mean_h == pytest.approx(moments(stages).mean_h)
    assert moments(shuffled).variance_h2 == pytest.approx(moments(stages).variance_h2, abs=1e-6)


@QUICK
@given(st.floats(0.01, 100.0), st.floats(0.01, 5.0), st.floats(0.001, 0.999))
def test_lognormal_quantile_equals_scipy(mean: float, cv: float, share: float) -> None:
    log_sd = np.sqrt(np.log(1.0 + cv**2))
    expected = stats.lognorm.ppf(share, log_sd, scale=mean * np.exp(-(log_sd**2) / 2.0))
    assert lognormal_quantile(mean, cv, share) == pytest.approx(expected, rel=1e-9)


@QUICK
@given(st.integers(1, 200), st.floats(0.0, 0.999), st.floats(0.0, 0.999))
def test_erlang_c_grows_with_load_and_falls_with_servers(servers: int, a: float, b: float) -> None:
    low, high = sorted((a, b))
    waits = erlang_c(low * servers, servers)
    assert 0.0 <= waits <= erlang_c(high * servers, servers) + 1e-12 <= 1.0 + 1e-12
    assert erlang_c(low * servers, servers + 1) <= waits + 1e-12
    assert erlang_c(low, 1) == pytest.approx(low)


@QUICK
@given(st.integers(1, 30), st.floats(0.01, 0.99), st.floats(0.01, 10.0), st.floats(0.0, 3.0))
def test_queue_obeys_little_and_scales_with_its_variability(c: int, used: float, s: float, cv: float) -> None:
    rate = used * c / s
    wait = mgc_wait(rate, s, c, service_cv=cv)
    assert wait.utilisation_share == pytest.approx(used)
    assert wait.queue_length == pytest.approx(rate * wait.wait_mean_h)
    assert wait.wait_mean_h == pytest.approx(wait.wait_probability * wait.wait_if_waiting_h)
    assert wait.wait_mean_h == pytest.approx(
        mgc_wait(rate, s, c, service_cv=1.0).wait_mean_h * (1 + cv**2) / 2
    )


@QUICK
@given(st.floats(0.001, 0.999), st.floats(0.1, 50.0), st.floats(0.0, 2.0))
def test_quantile_and_probability_are_inverse(share: float, mean: float, cv: float) -> None:
    drawn = simulate(
        JourneyStages(("a",), np.zeros(1), np.array([mean]), np.array([cv])), journeys=333, seed=1
    )
    value = drawn.quantile(share)
    assert drawn.probability_by(value) >= share
    assert drawn.probability_by(np.nextafter(value, -np.inf)) < share
