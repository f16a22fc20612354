"""Reliability: hand-computed journeys, queues, moments and closures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from karwan.errors import InvalidInput, KarwanError
from karwan.numerics import draws
from karwan.numerics import journeys as kernel
from karwan.transport.reliability import (
    JourneyStages,
    SaturatedQueue,
    UnidentifiedClosures,
    departures,
    fit_closures,
    lateness,
    lognormal_quantile,
    mgc_wait,
    moments,
    simulate,
    stage_queues,
    utilisation,
)
from karwan.transport.reliability.journeys import calendar_windows, stage_arrays

NAN = float("nan")


def full_route(days: int = 120) -> JourneyStages:
    """Seven stages with everything on: two-sided crossing, queues, windows, closures and lines, two sailings."""
    return JourneyStages(
        name=("road", "exit side", "entry side", "yard", "ferry", "road", "ship"),
        kind=[0, 1, 1, 2, 3, 0, 3],
        mean_h=[30.0, 6.0, 9.0, 12.0, 18.0, 0.0, 40.0],
        cv=[0.2, 0.9, 1.1, 0.5, 0.0, 0.3, 0.1],
        pair=[-1, 4, 4, -1, -1, -1, -1],
        pair_correlation=0.6,
        headway_h=[0, 0, 0, 0, 24.0, 0, 84.0],
        sailing_phase_h=[NAN, NAN, NAN, NAN, 7.0, NAN, NAN],
        arrivals_per_day=[NAN, 80.0, 70.0, NAN, NAN, NAN, NAN],
        servers=[NAN, 3, 1, NAN, NAN, NAN, NAN],
        service_h=[NAN, 0.8, 0.3, NAN, NAN, NAN, NAN],
        service_cv=[1, 1.0, 0.4, 1, 1, 1, 1],
        calendar=[-1, 0, 0, 1, -1, -1, -1],
        calendar_ptr=[0, days, days + 1],
        open_start_h=[*(np.arange(days) * 24.0 + 8.0), 10.0],
        open_end_h=[*(np.arange(days) * 24.0 + 18.0), np.inf],
        closure_rate_per_day=[0, 0.02, 0, 0.05, 0, 0, 0],
        closure_mean_days=[0, 4.0, 0, 1.0, 0, 0, 0],
        closure_log_sd=[NAN, 0.8, NAN, NAN, NAN, NAN, NAN],
        backlog_load=[0, 0.7, 0, 0.5, 0, 0, 0],
        backlog_cap_days=[np.inf, 3.0, *[np.inf] * 5],
        dated=[-1, 0, -1, -1, -1, -1, -1],
        dated_ptr=[0, 2],
        dated_start_h=[20.0, 510.0],
        dated_end_h=[50.0, 540.0],
        group=[0, 1, 1, 2, 3, 0, 3],
        group_log_sd=[0.2, 0.4, 0.4, 0.0, 0.1, 0.2, 0.1],
        trip_log_sd=0.15,
        jam_share=[0, 0.05, 0, 0, 0, 0, 0],
        jam_h=[0, 60.0, 0, 0, 0, 0, 0],
    )


def one(**columns: object) -> JourneyStages:
    """One deterministic stage of an hour with the given columns."""
    return JourneyStages(**{"name": ("gate",), "kind": [1], "mean_h": [1.0], "cv": [0.0], **columns})  # type: ignore[arg-type]


def gate(windows: list[tuple[float, float]]) -> JourneyStages:
    starts, ends = zip(*windows, strict=True) if windows else ((), ())
    return one(calendar=[0], calendar_ptr=[0, len(windows)], open_start_h=starts, open_end_h=ends)


def test_journey_without_variance_is_the_sum() -> None:
    stages = JourneyStages(name=("a", "b", "c"), kind=[0, 1, 2], mean_h=[20.0, 9.5, 0.0], cv=[0.0, 0.0, 0.0])
    drawn = simulate(stages, journeys=600, seed=5, depart_h=17.0)
    assert np.all(drawn.hours == 29.5)
    assert drawn.mean_h == 29.5 and drawn.sd_h == 0.0 and drawn.buffer_time_h == 0.0
    assert drawn.stage_lateness["share"].null_count() == 3  # nobody is late: unknown, not zero


@pytest.mark.parametrize(
    ("depart_h", "hours"),
    [(0.0, 9.0), (8.0, 1.0), (17.9, 1.0), (18.0, 15.0), (33.0, 1.0), (42.0, np.inf), (99.0, np.inf)],
)
def test_stage_starts_only_in_a_window(depart_h: float, hours: float) -> None:
    drawn = simulate(gate([(8.0, 18.0), (32.0, 42.0)]), depart_h=depart_h, journeys=3)
    assert np.allclose(drawn.hours, hours)


def test_last_window_may_stay_open() -> None:
    assert simulate(gate([(8.0, 9.0), (500.0, np.inf)]), depart_h=1e6, journeys=1).hours[0] == 1.0


def test_calendar_without_windows_never_opens() -> None:
    drawn = simulate(gate([]), journeys=4)
    assert drawn.never_arrives_share == 1.0
    assert np.isnan(drawn.mean_h) and np.isnan(drawn.sd_h) and drawn.time_p50_h == np.inf
    assert drawn.stage_hours["stuck_share"].to_list() == [1.0]


def test_irregular_windows_are_found_like_a_search() -> None:
    rng = np.random.default_rng(7)
    edges = np.cumsum(rng.exponential(1.0, 400) ** 3 + 1e-6)
    windows = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    stages = gate(windows)
    for depart in [*rng.uniform(0, edges[-1] * 1.05, 300), *edges[:40]]:
        waits = [max(a - depart, 0.0) for a, b in windows if b > depart]
        expected = depart + (waits[0] if waits else np.inf) + 1.0 - depart
        assert simulate(stages, depart_h=float(depart), journeys=1).hours[0] == pytest.approx(
            expected, abs=1e-9
        )


def test_scheduled_sailing_waits_for_the_next_departure() -> None:
    ship = one(kind=[3], headway_h=[48.0], sailing_phase_h=[10.0])
    hours = [simulate(ship, depart_h=t, journeys=1).hours[0] for t in (0.0, 10.0, 11.0, 58.0, -39.0)]
    assert hours == [11.0, 1.0, 48.0, 1.0, 2.0]


def test_journeys_that_never_arrive_are_left_out_of_means_and_kept_in_shares() -> None:
    stages = JourneyStages(
        name=("road", "gate"),
        kind=[0, 1],
        mean_h=[10.0, 1.0],
        cv=[1.0, 0.0],
        calendar=[-1, 0],
        calendar_ptr=[0, 1],
        open_start_h=[0.0],
        open_end_h=[20.0],
    )
    drawn = simulate(stages, journeys=20_000, seed=2)
    arrived = drawn.hours[np.isfinite(drawn.hours)]
    late_share = 1.0 - arrived.size / 20_000
    assert 0.05 < late_share < 0.12
    assert drawn.never_arrives_share == pytest.approx(late_share)
    assert drawn.stage_hours["stuck_share"].to_list() == [0.0, pytest.approx(late_share)]
    assert drawn.mean_h == pytest.approx(arrived.mean()) and arrived.max() < 21.0
    assert drawn.time_p95_h == np.inf and drawn.time_p50_h < 10.0
    assert drawn.probability_by(1e9) == pytest.approx(1.0 - late_share)


def test_compiled_loop_equals_plain_twin() -> None:
    stages = full_route(days=30)
    drawn = simulate(stages, journeys=3000, seed=11, depart_h=500.0)
    args = stage_arrays(stages), calendar_windows(stages), draws.seed_key(11), 500.0
    hours, waits = kernel.run_journeys_plain(*args, np.arange(3000))
    assert np.allclose(drawn.hours, hours, rtol=1e-12, atol=0)
    arrived = np.isfinite(hours)
    assert 0 < np.count_nonzero(arrived) < 3000
    columns = [f"{c}_h" for c in kernel.COMPONENTS]
    assert np.allclose(
        drawn.stage_hours.select(columns).to_numpy(), waits[:, :, arrived].mean(axis=2), rtol=1e-12
    )


def test_a_crossing_may_come_first_and_its_sides_go_together() -> None:
    stages = JourneyStages(
        name=("out", "in"),
        kind=[1, 1],
        mean_h=[4.0, 6.0],
        cv=[0.5, 1.0],
        pair=[0, 0],
        pair_correlation=1.0,
    )
    st = stage_arrays(stages)
    assert st.partner.tolist() == [-1, 0] and st.partner_rho.tolist() == [0.0, 1.0]
    args = st, calendar_windows(stages), draws.seed_key(5), 0.0
    hours, waits = kernel.run_journeys_plain(*args, np.arange(500))
    first, second = (waits[s].sum(axis=0) for s in range(2))
    steps = np.log(first / (4.0 / np.sqrt(1.25))) / np.sqrt(np.log(1.25))
    assert np.allclose(np.log(second / (6.0 / np.sqrt(2.0))) / np.sqrt(np.log(2.0)), steps)
    assert np.std(steps) == pytest.approx(1.0, abs=0.1)
    assert np.allclose(simulate(stages, journeys=500, seed=5).hours, hours, rtol=1e-12)


def test_the_line_of_dated_closures_grows_to_its_cap_and_clears_between_them() -> None:
    stages = one(
        backlog_load=[0.5],
        backlog_cap_days=[1.0],
        dated=[0],
        dated_ptr=[0, 2],
        dated_start_h=[100.0, 158.0],
        dated_end_h=[148.0, 170.0],
    )
    *_, before, after = calendar_windows(stages)
    # 48 h shut, of which vehicles join for 24 h: a line of 12 h; 10 h open clear 5 h of it; 12 h more add 6 h
    assert before.tolist() == [0.0, 7.0] and after.tolist() == [12.0, 13.0]


def test_lateness_leaves_out_what_never_arrives() -> None:
    stages = JourneyStages(
        name=("road", "gate"),
        kind=[0, 1],
        mean_h=[10.0, 1.0],
        cv=[1.0, 0.0],
        calendar=[-1, 0],
        calendar_ptr=[0, 1],
        open_start_h=[0.0],
        open_end_h=[20.0],
    )
    drawn = simulate(stages, journeys=5000, seed=2, promised_h=15.0)
    arrived = drawn.hours[np.isfinite(drawn.hours)]
    late_by_h = arrived[arrived > 15.0].mean() - arrived.mean()
    assert drawn.stage_lateness["excess_h"].to_list() == pytest.approx([late_by_h, 0.0], abs=1e-9)


def test_threads_and_number_of_journeys_change_nothing() -> None:
    stages = full_route()
    first = simulate(stages, journeys=70_000, seed=1, threads=1)
    for threads in (2, 5):
        again = simulate(stages, journeys=70_000, seed=1, threads=threads)
        assert np.array_equal(first.hours, again.hours)
        assert first.stage_hours.equals(again.stage_hours) and first.stage_lateness.equals(
            again.stage_lateness
        )
    assert np.array_equal(simulate(stages, journeys=777, seed=1).hours, first.hours[:777])
    assert not np.array_equal(simulate(stages, journeys=777, seed=2).hours, first.hours[:777])


def test_lateness_is_the_mean_excess_of_late_journeys() -> None:
    stages, promise = full_route(), 330.0
    drawn = simulate(stages, journeys=4000, seed=3, promised_h=promise)
    args = stage_arrays(stages), calendar_windows(stages), draws.seed_key(3), 0.0
    hours, waits = kernel.run_journeys_plain(*args, np.arange(4000))
    by_stage = waits.sum(axis=1)
    excess = by_stage[:, hours > promise].mean(axis=1) - by_stage.mean(axis=1)
    assert np.allclose(drawn.stage_lateness["excess_h"], excess)
    assert np.allclose(drawn.stage_lateness["share"], excess / excess.sum())
    assert drawn.stage_lateness["share"].sum() == pytest.approx(1.0)
    assert excess.sum() == pytest.approx(hours[hours > promise].mean() - hours.mean())
    later = lateness(simulate(stages, journeys=4000, seed=3), promised_h=promise)
    assert later.equals(drawn.stage_lateness)


def test_lateness_of_a_single_uncertain_stage_is_all_its_own() -> None:
    stages = JourneyStages(name=("sure", "unsure"), kind=[0, 1], mean_h=[20.0, 20.0], cv=[0.0, 1.0])
    drawn = simulate(stages, journeys=5000, seed=4)
    assert drawn.stage_lateness["share"].to_list() == pytest.approx([0.0, 1.0])
    assert drawn.promised_h == drawn.time_p95_h


def test_quantiles_are_order_statistics() -> None:
    drawn = simulate(one(mean_h=[10.0], cv=[0.5]), journeys=1000, seed=8)
    ordered = np.sort(drawn.hours)
    assert drawn.quantile(0.95) == ordered[949] and drawn.quantile(1.0) == ordered[-1]
    assert drawn.probability_by(drawn.quantile(0.95)) == 0.95
    assert drawn.percentiles.filter(pl.col("share") == 0.5)["hours"][0] == ordered[499]
    low, high = drawn.quantile_interval(0.95)
    assert low < drawn.quantile(0.95) < high
    assert drawn.mean_error_h == pytest.approx(drawn.sd_h / np.sqrt(1000))
    with pytest.raises(InvalidInput, match="share in"):
        drawn.quantile(0.0)


def test_departures_equal_single_simulations() -> None:
    stages = full_route(days=20)
    times = [300.0, 0.0, 31.5, 450.0, 0.0]
    table = departures(stages, depart_h=times, journeys=900, seed=6, threads=3)
    assert table["depart_h"].to_list() == times
    for row in table.iter_rows(named=True):
        alone = simulate(stages, depart_h=row["depart_h"], journeys=900, seed=6)
        assert (row["time_p50_h"], row["time_p95_h"]) == (alone.time_p50_h, alone.time_p95_h)
        assert row["never_arrives_share"] == pytest.approx(alone.never_arrives_share)
        assert row["mean_h"] == pytest.approx(alone.mean_h)
    shut = departures(gate([(0.0, 1.0)]), depart_h=[5.0], journeys=10)
    assert shut.row(0) == (5.0, np.inf, np.inf, None, 1.0)


def test_departures_of_a_route_without_clocks_are_all_alike() -> None:
    table = departures(one(cv=[0.4]), depart_h=np.arange(5.0), journeys=100)
    assert table["time_p95_h"].n_unique() == 1 and table.height == 5


def test_saturated_queue_is_a_state_and_an_error() -> None:
    stages = replace(full_route(), arrivals_per_day=np.array([NAN, 80.0, 90.0, NAN, NAN, NAN, NAN]))
    assert utilisation(stages)[2] == pytest.approx(1.125)
    table = stage_queues(stages)
    assert table["state"].to_list() == ["stable", "saturated"]
    assert table["wait_mean_h"].null_count() == 1
    for refuse in (simulate, moments, lambda s: departures(s, depart_h=[0.0])):
        with pytest.raises(SaturatedQueue, match=r"entry side: 90 arrivals a day need 1.12 servers of 1"):
            refuse(stages)


def test_queue_without_arrivals_or_without_service_adds_nothing() -> None:
    idle = one(arrivals_per_day=[0.0], servers=[2], service_h=[1.0])
    instant = one(arrivals_per_day=[50.0], servers=[2], service_h=[0.0])
    assert np.all(simulate(idle, journeys=50).hours == 1.0)
    assert np.all(simulate(instant, journeys=50).hours == 1.0)


def test_queue_refuses_nonsense() -> None:
    with pytest.raises(InvalidInput, match="cv -1"):
        mgc_wait(1.0, 0.1, 1, service_cv=-1.0)
    with pytest.raises(InvalidInput, match=r"0\.5 servers"):
        mgc_wait(1.0, 0.1, 0.5, service_cv=1.0)  # type: ignore[arg-type]


def test_moments_add_hand_computed_terms() -> None:
    stages = JourneyStages(
        name=("border", "border", "ship"),
        kind=[1, 1, 3],
        mean_h=[4.0, 6.0, 10.0],
        cv=[0.5, 1.0, 0.0],
        pair=[0, 0, -1],
        pair_correlation=1.0,
        headway_h=[0.0, 0.0, 12.0],
        closure_rate_per_day=[0.25, 0.0, 0.0],
        closure_mean_days=[4.0, 0.0, 0.0],
        arrivals_per_day=[NAN, 24.0, NAN],
        servers=[NAN, 1, NAN],
        service_h=[NAN, 0.5, NAN],
    )
    m = moments(stages)
    # closure: met with probability 1/2, exponential rest of 96 h; queue M/M/1 at 0.5: mean 0.5, variance 0.75
    assert m.mean_h == pytest.approx(48.0 + 4.0 + 0.5 + 6.0 + 6.0 + 10.0)
    s1, s2 = np.sqrt(np.log(1.25)), np.sqrt(np.log(2.0))
    covariance = 4.0 * 6.0 * (np.exp(s1 * s2) - 1.0)
    closure = 0.5 * 2 * 96.0**2 - 48.0**2
    assert m.variance_h2 == pytest.approx(closure + 4.0 + 0.75 + 36.0 + 12.0 + 2 * covariance)
    assert m.exact and not moments(full_route()).exact
    assert m.quantile(0.5) == pytest.approx(m.mean_h / np.sqrt(1 + m.variance_h2 / m.mean_h**2))
    assert m.stages["mean_h"].sum() == pytest.approx(m.mean_h)


def test_lognormal_quantile_refuses_what_it_cannot_do() -> None:
    assert lognormal_quantile(7.0, 0.0, 0.95) == 7.0
    with pytest.raises(InvalidInput, match="share 1"):
        lognormal_quantile(7.0, 0.3, 1.0)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"mean_h": [-1.0]}, "mean_h -1 is not a finite number"),
        ({"mean_h": [NAN]}, "mean_h nan"),
        ({"cv": [101.0]}, "cv 101 is outside"),
        ({"kind": [4]}, "kind 4 is not one of"),
        ({"headway_h": [-2.0]}, "headway_h -2"),
        ({"servers": [2.0]}, "arrivals_per_day nan is not >= 0"),
        ({"arrivals_per_day": [5], "servers": [1.5], "service_h": [1]}, "servers 1.5 is not a whole number"),
        ({"calendar": [0]}, "calendar 0 is not one of the 0 calendars"),
        ({"calendar": [0], "calendar_ptr": [0, 1], "open_start_h": [5], "open_end_h": [5]}, "start < end"),
        ({"calendar_ptr": [0, 2], "open_start_h": [5], "open_end_h": [6]}, "calendar_ptr must rise"),
        ({"closure_rate_per_day": [0.1]}, "closure_mean_days 0 is not finite > 0"),
        ({"pair_correlation": 1.5}, "pair_correlation is 1.5"),
        ({"cv": [0.1, 0.2]}, "cv has 2 values for 1 stages"),
        ({"name": (), "kind": [], "mean_h": [], "cv": []}, "there is no stage"),
    ],
)
def test_stages_out_of_bounds_are_refused(columns: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        one(**columns)
    assert message in str(caught.value)


def test_every_problem_is_counted_and_five_are_shown() -> None:
    with pytest.raises(InvalidInput) as caught:
        JourneyStages(
            name="abcdefg", kind=[0] * 7, mean_h=[-1.0] * 7, cv=[0.0] * 7, pair=[1, 1, 1, 0, 0, 2, 3]
        )  # type: ignore[arg-type]
    assert "8 problem(s)" in str(caught.value) and "and 3 more" in str(caught.value)


@pytest.mark.parametrize(
    "asked", [{"journeys": 0}, {"journeys": 10**9}, {"seed": -1}, {"depart_h": np.inf}, {"threads": 0}]
)
def test_draws_out_of_bounds_are_refused(asked: dict[str, float]) -> None:
    with pytest.raises(KarwanError):
        simulate(one(), **asked)  # type: ignore[arg-type]


def closures(*rows: tuple[str, date | None, date | None]) -> pl.DataFrame:
    seen = {"observed_from": date(2024, 1, 1), "observed_to": date(2025, 1, 1)}
    kinds = {"place": pl.String, "start_date": pl.Date, "end_date": pl.Date, **dict.fromkeys(seen, pl.Date)}
    listed = [{"place": p, "start_date": a, "end_date": b, **seen} for p, a, b in rows]
    return pl.DataFrame(listed, schema=kinds)


def test_closures_count_starts_ends_and_exposure() -> None:
    fitted = fit_closures(
        closures(
            ("pass", date(2023, 12, 22), date(2024, 1, 11)),  # began before: 10 days closed in view, no start
            ("pass", date(2024, 3, 1), date(2024, 3, 11)),
            ("pass", date(2024, 12, 12), None),  # still closed: 20 days
            ("quiet", None, None),
        )
    ).table
    row = fitted.row(0, named=True)
    assert (row["closures"], row["ended"], row["observed_days"]) == (2, 2, 366.0)
    assert (row["closed_days"], row["open_days"]) == (40.0, 326.0)
    assert row["rate_per_day"] == pytest.approx(2 / 326) and row["mean_days"] == pytest.approx(20.0)
    assert row["rate_low_per_day"] < 2 / 326 < row["rate_high_per_day"]
    assert row["mean_low_days"] < 20.0 < row["mean_high_days"] and "too few events" in row["note"]
    load = 2 / 326 * 20.0
    assert row["closed_share"] == pytest.approx(load / (1 + load))
    quiet = fitted.row(1, named=True)
    assert (quiet["closures"], quiet["rate_per_day"], quiet["closed_share"]) == (0, 0.0, 0.0)
    assert quiet["mean_days"] is None and quiet["rate_high_per_day"] > 0


def test_fitted_closures_feed_the_stages() -> None:
    process = fit_closures(closures(("pass", date(2024, 3, 1), date(2024, 3, 11)), ("quiet", None, None)))
    rate, mean, log_sd = process.stage_values("pass")
    stages = one(closure_rate_per_day=[rate], closure_mean_days=[mean], closure_log_sd=[log_sd])
    assert moments(stages).mean_h == pytest.approx(1.0 + 10 / 366 * 240)
    assert process.stage_values("quiet")[:2] == (0.0, 0.0)
    with pytest.raises(UnidentifiedClosures, match="fitted places: pass, quiet"):
        process.stage_values("elsewhere")


def test_closure_without_an_end_has_an_interval_but_no_mean() -> None:
    process = fit_closures(closures(("gate", date(2024, 10, 12), None)))
    row = process.table.row(0, named=True)
    assert row["mean_days"] is None and row["closed_share"] is None
    assert row["closed_days"] == 81.0 and 20.0 < row["mean_low_days"] < 81.0 < row["mean_high_days"]
    assert "no end was seen" in row["note"]
    with pytest.raises(UnidentifiedClosures, match="pooled=True"):
        process.stage_values("gate")


def test_pooled_closures_add_up() -> None:
    rows = closures(
        ("a", date(2024, 2, 1), date(2024, 2, 4)),
        ("b", date(2024, 5, 1), date(2024, 5, 8)),
        ("c", None, None),
    )
    pooled = fit_closures(rows, pooled=True).table.row(0, named=True)
    assert (pooled["place"], pooled["closures"], pooled["observed_days"]) == ("all", 2, 3 * 366.0)
    assert pooled["mean_days"] == pytest.approx(5.0)


def test_equal_lengths_make_a_narrow_lognormal() -> None:
    rows = closures(*(("a", date(2024, m, 1), date(2024, m, 8)) for m in range(1, 11)))
    row = fit_closures(rows).table.row(0, named=True)
    assert row["shape"] == "lognormal" and row["log_sd"] == pytest.approx(0.01, rel=0.05)
    assert row["aicc_lognormal"] < row["aicc_exponential"]
    asked = fit_closures(rows[:2], shape="lognormal").table.row(0, named=True)
    assert asked["shape"] == "exponential" and "a log-normal needs 3 ends" in asked["note"]


def test_datetimes_count_hours() -> None:
    seen = {"observed_from": datetime(2024, 1, 1), "observed_to": datetime(2024, 1, 11)}
    row = {"place": "a", "start_date": datetime(2024, 1, 2, 6), "end_date": datetime(2024, 1, 2, 18), **seen}
    assert fit_closures(pl.DataFrame([row])).table["closed_days"][0] == 0.5


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", date(2024, 5, 1), date(2024, 5, 1))], "does not end after it starts"),
        ([("a", None, date(2024, 5, 1))], "ends without a start"),
        ([("a", date(2025, 5, 1), None)], "outside the observation window"),
        ([("a", date(2023, 5, 1), date(2023, 6, 1))], "outside the observation window"),
        (
            [("a", date(2024, 5, 1), date(2024, 5, 9)), ("a", date(2024, 5, 5), None)],
            "overlaps the closure before it",
        ),
        ([("a", date(2024, 5, 1), None), ("a", date(2024, 6, 1), None)], "overlaps the closure before it"),
        ([], "no closure events"),
    ],
)
def test_impossible_closures_are_refused(
    rows: list[tuple[str, date | None, date | None]], message: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        fit_closures(closures(*rows))
    assert message in str(caught.value)


def test_closure_options_and_columns_are_checked() -> None:
    rows = closures(("a", date(2024, 5, 1), None))
    with pytest.raises(InvalidInput, match="missing end_date"):
        fit_closures(rows.drop("end_date"))
    with pytest.raises(InvalidInput, match="use one of auto"):
        fit_closures(rows, shape="weibull")
    with pytest.raises(InvalidInput, match="level 1"):
        fit_closures(rows, level=1.0)
    with pytest.raises(UnidentifiedClosures, match="closed during its whole observation window"):
        fit_closures(closures(("a", date(2023, 5, 1), None)))
