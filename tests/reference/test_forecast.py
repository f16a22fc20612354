"""Forecasts against simulation, statsmodels, numerical integration and the panel of 1964-2016."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import integrate, stats

from karwan.analysis.target_answer import comparables, read_geography, read_panel
from karwan.case import read_case
from karwan.trade.forecast import (
    BaseRate,
    base_rate,
    comparable_cases,
    fit_walk,
    growth_cases,
    turnover_panel,
)
from karwan.trade.forecast.back_test import back_test, score_table
from karwan.trade.forecast.scores import crps, crps_t, sample_crps
from tests.shared import shared_path

VALUES = np.array([95.0, 73.5, 52.5, 53.7, 105.6])


def test_walk_equals_simulation_with_an_uncertain_drift() -> None:
    """400,000 futures, the drift drawn from N(mu, s^2/n): the standard error of a share is below .0008."""
    walk = fit_walk(np.arange(5.0), VALUES)
    random = np.random.default_rng(7)
    horizon, draws = 3, 400_000
    drift = walk.drift + walk.scale / math.sqrt(walk.steps) * random.standard_normal(draws)
    noise = walk.scale * random.standard_normal((horizon, draws)).sum(axis=0)
    later = math.log(walk.last) + drift * horizon + noise
    for target in (50.0, 150.0, 300.0):
        assert walk.chance(target, horizon) == pytest.approx(np.mean(later >= math.log(target)), abs=0.003)


def test_student_chance_equals_simulation_from_the_posterior() -> None:
    walk = fit_walk(np.arange(5.0), VALUES, drifting=False)
    random = np.random.default_rng(8)
    scale = walk.scale * np.sqrt(walk.freedom / random.chisquare(walk.freedom, 400_000))
    later = math.log(walk.last) + scale * math.sqrt(2.0) * random.standard_normal(400_000)
    for target in (150.0, 400.0, 1000.0):
        assert walk.chance_t(target, 2.0) == pytest.approx(np.mean(later >= math.log(target)), abs=0.003)


def test_range_is_the_chance_at_the_ends_of_the_scale() -> None:
    """Ends of s from scipy's chi-square: s^2 (n - 1) / q."""
    walk = fit_walk(np.arange(5.0), VALUES)
    ends = [
        replace(walk, scale=walk.scale * math.sqrt(3 / stats.chi2.ppf(share, 3))).chance(300.0, 2.0)
        for share in (0.05, 0.95)
    ]
    assert walk.chance_range(300.0, 2.0) == pytest.approx((min(ends), max(ends)))


def test_posterior_of_the_base_rate_is_beta() -> None:
    rate = BaseRate("", 8, 1366)
    posterior = stats.beta(8.5, 1358.5)
    assert (rate.share, rate.low, rate.high) == pytest.approx(
        (posterior.mean(), posterior.ppf(0.05), posterior.ppf(0.95))
    )


def test_walk_without_drift_equals_statsmodels_arima_010() -> None:
    arima = pytest.importorskip("statsmodels.tsa.arima.model")
    series = np.log(np.random.default_rng(3).lognormal(0, 0.3, 30).cumprod())
    walk = fit_walk(np.arange(30.0), np.exp(series), drifting=False)
    fit = arima.ARIMA(series, order=(0, 1, 0), trend="n").fit()
    ahead = fit.get_forecast(4)
    assert walk.centre(4.0) == pytest.approx(float(ahead.predicted_mean[-1]), abs=1e-6)
    assert walk.spread(4.0) == pytest.approx(float(ahead.se_mean[-1]), rel=2e-3)


@pytest.mark.parametrize("observed", [-1.3, 0.0, 2.2])
def test_crps_equals_its_integral(observed: float) -> None:
    one = np.array([observed])

    def numeric(cdf: object) -> float:
        left = integrate.quad(lambda x: cdf(x) ** 2, -np.inf, observed)[0]
        return left + integrate.quad(lambda x: (1 - cdf(x)) ** 2, observed, np.inf)[0]

    mean, wide = np.array([0.3]), np.array([0.8])
    assert crps(one, mean, wide)[0] == pytest.approx(numeric(stats.norm(0.3, 0.8).cdf), rel=1e-6)
    five = np.array([5.0])
    assert crps_t(one, mean, wide, five)[0] == pytest.approx(numeric(stats.t(5, 0.3, 0.8).cdf), rel=1e-6)
    sample = np.sort(np.random.default_rng(4).normal(0.3, 0.8, 400))
    pairs = np.abs(sample[:, None] - sample[None, :]).mean()
    assert sample_crps(observed, sample) == pytest.approx(np.abs(sample - observed).mean() - pairs / 2)


def test_forecasts_of_simulated_walks_are_calibrated() -> None:
    """Student t intervals of true random walks cover 90 % (standard error .4 %)."""
    random = np.random.default_rng(5)
    pairs, years = 800, 14
    logs = random.normal(0, 0.4, (pairs, years)).cumsum(axis=1) + 18
    table = pl.DataFrame(
        {
            "pair_a": np.repeat([f"A{k}" for k in range(pairs)], years),
            "pair_b": "B",
            "year": np.tile(np.arange(1964, 1964 + 4 * years, 4), pairs),
            "value_usd": np.exp(logs).ravel(),
        }
    )
    scores = {row["model"]: row for row in score_table(back_test(table)).iter_rows(named=True)}
    student, flat = scores["random walk, Student t"], scores["random walk"]
    assert student["cover90_share"] == pytest.approx(0.9, abs=0.012)
    assert student["log_score"] > flat["log_score"]
    assert student["pit_mean"] == pytest.approx(0.5, abs=0.015)


PANEL = "data/trade/penppml_bilateral_totals_1964_2016.parquet"


def test_base_rates_of_the_case_are_those_of_the_panel() -> None:
    """Panel and geography read by the same readers: codes of former countries (ROM, TMP, ZAR) are renamed in both or in neither."""
    turnover = read_panel(shared_path(PANEL))
    shut, distances = read_geography(
        (shared_path("data/trade/cepii_geo.csv"), shared_path("data/trade/cepii_dist.parquet"))
    )
    typed = read_case("kaz-pak")["base_rates"]
    assert typed.height == 30
    for (low, high, horizon), rows in typed.group_by("low_usd", "high_usd", "horizon_years"):
        cases = growth_cases(turnover, int(horizon))  # type: ignore[call-overload]
        for words, like in comparables(high / 2):
            assert (like.low_usd, like.high_usd) == pytest.approx((low, high), rel=1e-3)
            row = rows.filter(pl.col("comparable") == words).row(0, named=True)
            some = comparable_cases(cases, like, landlocked=shut, distances=distances)
            rate = base_rate(some, row["multiple"], "")
            assert (rate.successes, rate.cases) == (row["successes"], row["cases"])


def test_base_rates_of_the_case_are_those_of_the_files_as_they_are() -> None:
    """The same counts by plain joins of the three files under their own codes, with none of the package's readers."""
    both = pl.read_parquet(shared_path(PANEL)).filter(pl.col("exp") != pl.col("imp"))
    both = both.with_columns(a=pl.min_horizontal("exp", "imp"), b=pl.max_horizontal("exp", "imp"))
    totals = both.group_by("a", "b", "time").agg(v=pl.col("export").sum(), sides=pl.len())
    totals = totals.filter(pl.col("sides") == 2)
    places = pl.read_csv(shared_path("data/trade/cepii_geo.csv"), infer_schema_length=None)
    shut = places.filter(pl.col("landlocked") == 1)["iso3"].unique().implode()
    apart = pl.read_parquet(shared_path("data/trade/cepii_dist.parquet")).select(
        a="iso_o", b="iso_d", km="dist"
    )
    for row in read_case("kaz-pak")["base_rates"].iter_rows(named=True):
        later = totals.select("a", "b", pl.col("time") - int(row["horizon_years"]), then="v")
        cases = totals.filter(pl.col("v").is_between(row["low_usd"], row["high_usd"]))
        cases = cases.join(later, on=["a", "b", "time"])
        if "landlocked" in row["comparable"]:
            cases = cases.filter(pl.col("a").is_in(shut) | pl.col("b").is_in(shut))
        if "km apart" in row["comparable"]:
            cases = cases.join(apart, on=["a", "b"]).filter(pl.col("km").is_between(1000, 4000))
        grown = cases.filter(pl.col("then") >= row["multiple"] * pl.col("v"))
        assert (grown.height, cases.height) == (row["successes"], row["cases"]), row["base_rate_id"]


def test_back_tests_of_the_case_are_those_of_the_panel() -> None:
    panel = pl.read_parquet(shared_path(PANEL), columns=["exp", "imp", "time", "export"])
    typed = {row["model"]: row for row in read_case("kaz-pak")["back_tests"].iter_rows(named=True)}
    scored = score_table(back_test(turnover_panel(panel), most=3000))
    scores = {row["model"]: row for row in scored.iter_rows(named=True)}
    assert set(typed) == set(scores)
    assert {row["forecasts"] for row in typed.values()} == {3000}
    for model, found in scores.items():
        for name in ("log_score", "crps", "mase", "cover90_share", "pit_mean"):
            if found[name] is None:
                assert typed[model][name] is None
            else:
                assert found[name] == pytest.approx(typed[model][name], abs=6e-5)  # typed to four digits


def test_supplies_of_the_case_are_those_of_the_export_table() -> None:
    exports = pl.read_parquet(shared_path("data/trade/ots_hs4_exports_2017.parquet"))
    own = exports.select(
        exporter=pl.col("reporter_iso").str.to_uppercase(), heading="product_code", found="export_value_usd"
    )
    typed = read_case("kaz-pak")["supplies"]
    joined = typed.join(own, on=["exporter", "heading"], how="left")
    assert typed.height > 80
    assert ((joined["found"] - joined["exports_usd"]).abs() < 1.0).all()
