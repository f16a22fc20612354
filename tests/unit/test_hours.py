"""Hours fitted to trips: closed forms against brute force, and the table of kaz-pak against the rows it comes from."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from karwan.analysis.trips import fits_without, predicted_days, trip_routes, trip_sample, trips_fitted_to
from karwan.case import read_case
from karwan.errors import InvalidInput
from karwan.transport.hours import FACTORS, KINDS_OF_PLACE, HoursPrior, TripSample, fit_hours, place_spread

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import fit_hours as tool

PLACES = len(KINDS_OF_PLACE)


def sample(hours: np.ndarray, observed: np.ndarray, *, fixed: float = 0.0, log_sd: float = 0.2) -> TripSample:
    """Ordinary trips over road haul and road border alone, each of its own source."""
    n = observed.size
    table = np.zeros((n, PLACES))
    table[:, [0, 3]] = hours
    return TripSample(
        hours=table,
        fixed_h=np.full(n, fixed),
        of_kind=np.zeros((n, 2)),
        observed_h=observed,
        log_sd=np.full(n, log_sd),
        same_source=np.eye(n, dtype=bool),
    )


def prior(log_sd: float = 0.4, trip: float = 0.3) -> HoursPrior:
    return HoursPrior(np.zeros(len(FACTORS)), np.full(len(FACTORS), log_sd), trip)


def test_the_fit_is_the_posterior_that_brute_force_finds() -> None:
    """Two factors and the spread of trips on a grid of 61 x 61 x 40 points, without making anything linear."""
    trips = sample(
        np.array([[60.0, 30.0], [100.0, 20.0], [20.0, 60.0], [80.0, 80.0]]),
        np.array([80.0, 100.0, 120.0, 150.0]),
    )
    grid, taus = np.linspace(-1.2, 1.2, 61), np.linspace(0.02, 1.0, 40)
    a, b, tau = np.meshgrid(grid, grid, taus, indexing="ij")
    log_post = stats.norm.logpdf(a, 0, 0.4) + stats.norm.logpdf(b, 0, 0.4) - 0.5 * (tau / 0.3) ** 2
    spread = np.sqrt(0.2**2 + 0.05**2 + tau**2)
    for (road, border), seen in zip(trips.hours[:, [0, 3]], trips.observed_h, strict=True):
        log_post += stats.norm.logpdf(np.log(seen), np.log(road * np.exp(a) + border * np.exp(b)), spread)
    weight = np.exp(log_post - log_post.max())
    weight /= weight.sum()
    fit = fit_hours(prior(), trips)
    for number, values in ((0, a), (3, b)):
        mean = float((weight * values).sum())
        assert fit.log_mean[number] == pytest.approx(mean, abs=0.04)
        assert fit.log_sd[number] == pytest.approx(
            float(np.sqrt((weight * (values - mean) ** 2).sum())), abs=0.03
        )
    assert fit.trip_log_sd == pytest.approx(float(np.sqrt((weight * tau**2).sum())), abs=0.02)
    untouched = [i for i in range(len(FACTORS)) if i not in (0, 3)]
    assert fit.log_sd[untouched] == pytest.approx(0.4)


def test_one_kind_of_place_is_the_normal_with_normal_prior() -> None:
    """All hours of one kind: log hours are linear in its factor, and for one spread of trips the posterior is the textbook one."""
    trips = sample(np.array([[50.0, 0.0]] * 3), np.array([80.0, 90.0, 70.0]), log_sd=0.3)
    fit = fit_hours(prior(trip=1e-6), trips)
    noise = 0.3**2 + 0.05**2 + 0.02**2
    precision = 1.0 / 0.4**2 + 3.0 / noise
    assert fit.log_mean[0] == pytest.approx(
        np.log(trips.observed_h / 50.0).sum() / noise / precision, rel=1e-6
    )
    assert fit.log_sd[0] == pytest.approx(precision**-0.5, rel=1e-6)


def test_trips_of_one_source_tell_less_than_trips_of_several() -> None:
    apart = sample(np.array([[50.0, 0.0]] * 4), np.array([80.0, 82.0, 79.0, 81.0]))
    together = TripSample(**{**vars(apart), "same_source": np.ones((4, 4), dtype=bool)})
    assert fit_hours(prior(), together).log_sd[0] > fit_hours(prior(), apart).log_sd[0]
    assert fit_hours(prior(), apart).log_sd[0] < 0.4


def test_a_trip_without_hours_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cannot be fitted"):
        fit_hours(prior(), sample(np.zeros((1, 2)), np.array([24.0])))


def test_spread_of_places_is_found_again() -> None:
    """400 places in 40 groups with three figures each, drawn with known spreads."""
    draw = np.random.default_rng(3)
    like = np.repeat(np.arange(40), 30)
    place = np.repeat(np.arange(400), 3)
    log = draw.normal(0, 1, 40)[like] + draw.normal(0, 0.6, 400)[place] + draw.normal(0, 0.3, 1200)
    own, other = place_spread(place, log, like)
    assert other == pytest.approx(0.6, rel=0.1)
    assert own == pytest.approx((1 / 0.6**2 + 1 / 0.3**2) ** -0.5, rel=0.1)


def test_table_is_what_its_rows_give() -> None:
    """hours.csv of kaz-pak is reproduced from trips, borders and judgement; no trip held back is among its sources."""
    table = tool.fitted_table("kaz-pak").sort("hours_id")
    case = read_case("kaz-pak")
    held = case["hours"].sort("hours_id")
    for column in ("factor", "log_sd", "own_log_sd", "other_log_sd"):
        assert table[column].to_list() == pytest.approx(held[column].to_list(), abs=2e-3)
    assert table.select("trips", "rows", "source_id").equals(held.select("trips", "rows", "source_id"))
    back = case["trips"].filter(pl.col("use") == "validate")["trip_id"].to_list()
    fitted = [trip for trip in trip_routes(case) if trip.fitted]
    assert len(fitted) == held["trips"].max()
    assert not {trip.row["trip_id"] for trip in fitted} & set(back)


def test_no_scored_trip_enters_its_own_fit() -> None:
    """Moving the days of a trip, and of all that share its source, moves no prediction of it."""
    case = read_case("kaz-pak")
    before = trip_routes(case)
    scored = next(trip for trip in before if trip.row["trip_id"] == "TCS_KHI_TAS_2021")
    shared = pl.col("source_id").str.contains("investuz_2021_05")
    moved = case["trips"].with_columns(pl.when(shared).then(40.0).otherwise("time_days").alias("time_days"))
    changed = case.with_tables({"trips": moved})
    after = trip_routes(changed)
    number = before.index(scored)
    assert after[number].row["time_days"] == 40.0
    days = [
        predicted_days(trips[number], case, fits_without(case, trips)[number]) for trips in (before, after)
    ]
    assert np.array_equal(*days)
    others = [fits_without(case, trips)[0] for trips in (before, after)]
    assert others[0] is not None
    assert others[1] is not None
    assert not np.allclose(others[0].log_mean, others[1].log_mean)


def test_a_trip_told_without_its_stays_in_port_waits_for_no_ship() -> None:
    """Kashgar - Karachi - Jebel Ali: as told the port hours and the wait for the ship are set aside, in the fit and in the forecast."""
    case = read_case("kaz-pak")
    told = case["trips"].filter(trip_id="NLC_KHG_JEA_2025")
    assert told["without_stay"].item()
    in_full = told.with_columns(without_stay=pl.lit(False))
    samples, days = [], []
    for table in (told, in_full):
        changed = case.with_tables({"trips": table})
        trips = trips_fitted_to(changed)
        samples.append(trip_sample(changed, trips))
        days.append(predicted_days(trips[0], changed, None).mean())
    port = KINDS_OF_PLACE.index("port")
    assert samples[0].hours[0, port] == 0.0 < samples[1].hours[0, port]
    assert np.delete(samples[0].hours, port) == pytest.approx(np.delete(samples[1].hours, port))
    waited = samples[1].fixed_h[0] - samples[0].fixed_h[0]
    assert waited > 24.0
    assert days[1] - days[0] > waited / 24.0
