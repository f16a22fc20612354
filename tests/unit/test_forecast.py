"""Forecasts: the walk, the base rate, scores, the case's target section, the command."""

from __future__ import annotations

import json
import math
from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy import stats
from typer.testing import CliRunner

from karwan.analysis.target import target_section
from karwan.analysis.target_answer import panel_rates, panel_scores
from karwan.analysis.turnover import matching_rates, rate_in_words, turnover_series
from karwan.case import Case, read_case
from karwan.cli.app import app
from karwan.errors import InvalidInput, UnknownName
from karwan.schema.frames import result_types
from karwan.trade.forecast import (
    BaseRate,
    Comparable,
    base_rate,
    comparable_cases,
    fit_walk,
    growth_cases,
    growth_needed,
    turnover_panel,
)
from karwan.trade.forecast.back_test import back_test, origins, score_table
from karwan.trade.standing import annual_series, known_flows
from karwan.words import sentences

VALUES = np.array([95.0, 73.5, 52.5, 53.7, 105.6])


def test_growth_needed() -> None:
    assert growth_needed(100.0, 400.0, 2.0) == pytest.approx(1.0)
    with pytest.raises(InvalidInput):
        growth_needed(0.0, 1.0, 1.0)


def test_walk_of_unit_steps_is_mean_and_deviation_of_the_steps() -> None:
    walk = fit_walk(np.arange(5.0), VALUES)
    steps = np.diff(np.log(VALUES))
    assert walk.drift == pytest.approx(steps.mean())
    assert walk.scale == pytest.approx(steps.std(ddof=1))
    assert walk.span == 4.0


def test_chance_is_formula_f14() -> None:
    walk = fit_walk(np.arange(5.0), VALUES)
    horizon, target = 3.0, 200.0
    top = walk.drift * horizon - math.log(target / VALUES[-1])
    below = math.sqrt(walk.scale**2 * horizon + walk.scale**2 * horizon**2 / 4)
    assert walk.chance(target, horizon) == pytest.approx(0.5 * math.erfc(-top / below / math.sqrt(2)))


def test_a_skipped_year_keeps_drift_and_scale_of_steady_growth() -> None:
    whole = fit_walk(np.arange(5.0), 100.0 * 1.1 ** np.arange(5))
    gap = fit_walk(np.array([0.0, 1.0, 3.0, 4.0]), 100.0 * 1.1 ** np.array([0, 1, 3, 4]))
    assert gap.drift == pytest.approx(whole.drift)
    assert gap.scale == pytest.approx(0.0, abs=1e-9)
    assert gap.chance(100.0, 1.0) == 1.0
    assert gap.chance(1e6, 1.0) == 0.0


def test_ranges_hold_the_estimate_and_student_tails_are_thicker() -> None:
    walk = fit_walk(np.arange(5.0), VALUES)
    low, high = walk.chance_range(1000.0, 2.0)
    assert low <= walk.chance(1000.0, 2.0) <= high
    assert walk.chance_t(1000.0, 2.0) > walk.chance(1000.0, 2.0)
    assert walk.quantile_t(0.95, 2.0) > walk.quantile(0.95, 2.0)
    assert walk.quantile(0.5, 2.0) == pytest.approx(walk.quantile_t(0.5, 2.0))


@pytest.mark.parametrize(
    ("times", "values", "words"),
    [
        ([0.0, 1.0], [1.0, 2.0], "too few"),
        ([0.0, 1.0, 2.0], [1.0, 0.0, 2.0], "zero or negative"),
        ([0.0, 2.0, 1.0], [1.0, 2.0, 2.0], "do not increase"),
    ],
)
def test_unusable_series_are_refused(times: list[float], values: list[float], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        fit_walk(np.array(times), np.array(values))


PANEL = pl.DataFrame(
    {
        "exp": ["A", "B", "A", "B", "A", "C", "A", "A"],
        "imp": ["B", "A", "B", "A", "C", "A", "C", "A"],
        "time": [2000, 2000, 2004, 2004, 2000, 2000, 2004, 2000],
        "export": [10.0, 5.0, 40.0, 5.0, 7.0, 0.0, 99.0, 1e9],
    }
)


def test_turnover_needs_both_directions() -> None:
    table = turnover_panel(PANEL)
    assert table.rows() == [("A", "B", 2000, 15.0), ("A", "B", 2004, 45.0), ("A", "C", 2000, 7.0)]


def test_growth_cases_and_base_rate() -> None:
    cases = growth_cases(turnover_panel(PANEL), 4)
    assert cases["multiple"].to_list() == [3.0]
    assert base_rate(cases, 3.0, "").successes == 1
    assert base_rate(cases, 3.1, "").successes == 0
    like = Comparable(10.0, 20.0, landlocked=True)
    assert comparable_cases(cases, like, landlocked=frozenset({"B"})).height == 1
    assert comparable_cases(cases, like, landlocked=frozenset({"C"})).height == 0
    near = Comparable(10.0, 20.0, low_km=0, high_km=100)
    distances = pl.DataFrame({"pair_a": ["A"], "pair_b": ["B"], "distance_km": [500.0]})
    assert comparable_cases(cases, near, distances=distances).height == 0
    with pytest.raises(InvalidInput, match="distances"):
        comparable_cases(cases, near)
    with pytest.raises(InvalidInput, match="export"):
        turnover_panel(PANEL.drop("export"))


@pytest.mark.parametrize(
    ("like", "kept"),
    [
        (Comparable(15.0, 15.0), 1),
        (Comparable(15.1, 20.0), 0),
        (Comparable(10.0, 14.9), 0),
        (Comparable(10.0, 20.0, since=2000), 1),
        (Comparable(10.0, 20.0, since=2001), 0),
        (Comparable(10.0, 20.0, low_km=500.0), 1),
        (Comparable(10.0, 20.0, low_km=501.0), 0),
        (Comparable(10.0, 20.0, high_km=500.0), 1),
        (Comparable(10.0, 20.0, high_km=499.0), 0),
        (Comparable(10.0, 20.0, landlocked=False), 0),
    ],
)
def test_bounds_of_comparable_pairs_hold_at_their_ends(like: Comparable, kept: int) -> None:
    distances = pl.DataFrame({"pair_a": ["A"], "pair_b": ["B"], "distance_km": [500.0]})
    cases = growth_cases(turnover_panel(PANEL), 4)
    found = comparable_cases(cases, like, landlocked=frozenset({"A"}), distances=distances)
    assert found.height == kept


def test_quantiles_of_the_posterior_are_those_of_beta() -> None:
    rate = BaseRate("", 3, 10)
    assert [rate.low, rate.high] == pytest.approx(stats.beta(3.5, 7.5).ppf([0.05, 0.95]))


def test_beta_posterior() -> None:
    rate = BaseRate("", 0, 10)
    assert rate.share == pytest.approx(0.5 / 11)
    assert 0.0 < rate.low < rate.share < rate.high < 0.2


def pair(values: list[float], years: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"pair_a": "A", "pair_b": "B", "year": years, "value_usd": values})


def test_back_tests_use_only_the_past() -> None:
    years = [1964 + 4 * k for k in range(8)]
    values = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]
    points = origins(pair(values, years))
    assert points["year"].to_list() == years[5:]
    assert points["before"].to_list() == pytest.approx(np.log(values[4:7]).tolist())
    assert points["steps"].to_list() == [4.0, 5.0, 6.0]
    assert points["drift"].to_list() == pytest.approx([math.log(2)] * 3)
    changed = pair([*values[:-1], 1e9], years)
    again = origins(changed)
    assert again.drop("observed").equals(points.drop("observed"))
    found = back_test(pair(values, years)).filter(pl.col("model").str.starts_with("random walk"))
    drifting = found.filter(pl.col("model") == "random walk with drift")
    assert drifting["error"].to_list() == pytest.approx([0.0] * 3, abs=1e-12)  # doubling goes on
    flat = score_table(found).filter(pl.col("model") == "random walk").row(0, named=True)
    assert flat["mase"] == pytest.approx(1.0)  # it errs by the step it always took
    assert (flat["pairs"], flat["forecasts"]) == (1, 3)


def test_a_gap_in_the_years_starts_a_new_run() -> None:
    years = [1964, 1968, 1972, 1980, 1984, 1988]
    assert origins(pair([1.0] * 6, years)).height == 0
    assert back_test(pair([1.0] * 6, years)).height == 0


def panel_of_pairs(count: int = 30) -> pl.DataFrame:
    """Turnover of random pairs, 1964-2016."""
    random = np.random.default_rng(2)
    years = np.arange(1964, 2020, 4)
    logs = random.normal(0.1, 0.4, (count, years.size)).cumsum(axis=1) + 18
    return pl.DataFrame(
        {
            "pair_a": np.repeat([f"A{k:02d}" for k in range(count)], years.size),
            "pair_b": "B",
            "year": np.tile(years, count),
            "value_usd": np.exp(logs).ravel(),
        }
    )


def test_every_way_is_scored_on_the_same_points() -> None:
    scored = back_test(panel_of_pairs(), most=6)
    named = {"base rate", "pooled walk"}
    table = score_table(scored)
    assert named | {f"random walk{rest}" for rest in ("", " with drift", ", Student t")} == set(
        table["model"]
    )
    assert table["forecasts"].to_list() == [6] * 5
    points = scored.select("pair_a", "pair_b", "year").unique()
    assert points.height == 6
    assert table["crps"].is_sorted()
    assert table.filter(pl.col("model") == "base rate")["log_score"].to_list() == [None]
    assert back_test(panel_of_pairs(), most=6).equals(back_test(panel_of_pairs(), most=6))


def test_the_base_rate_forecast_is_what_like_pairs_had_done_by_then() -> None:
    """By hand: pairs of half to double the size whose later value was known a step before."""
    panel = panel_of_pairs()
    scored = back_test(panel).filter(pl.col("model") == "base rate")
    row = scored.sort("year", "pair_a").row(-1, named=True)
    values = {(a, year): value for a, _, year, value in panel.iter_rows()}
    start = values[row["pair_a"], row["year"] - 4]
    grown = [
        values[a, year + 4] / value
        for (a, year), value in values.items()
        if year + 4 <= row["year"] - 4 and start / 2 <= value <= start * 2
    ]
    seen = values[row["pair_a"], row["year"]] / start
    assert row["pit"] == pytest.approx(np.mean(np.array(grown) < seen))
    logs = np.log(grown)
    apart = np.abs(logs[:, None] - logs[None, :]).mean() / 2
    assert row["crps"] == pytest.approx(np.abs(logs - math.log(seen)).mean() - apart)


# the embedded case


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case("kaz-pak")


@pytest.fixture(scope="module")
def annual(case: Case) -> pl.DataFrame:
    return annual_series(known_flows(case["flows"], case["sources"], case.settings.as_of))


def test_series_of_each_side_do_not_overlap(case: Case, annual: pl.DataFrame) -> None:
    ours = turnover_series(case, annual, "KAZ", case.settings.as_of)
    theirs = turnover_series(case, annual, "PAK", case.settings.as_of)
    assert ours is not None
    assert theirs is not None
    assert ours.values.tolist() == [95e6, 73.5e6, 52.5e6, 53.7e6, 105.6e6]
    assert theirs.values[-1] == pytest.approx(227.59e6)  # the spoken 250 m of 2025 is no later official year
    for series in (ours, theirs):
        assert (np.diff(series.times) > 0.99).all()


def test_section_follows_the_contract(case: Case, annual: pl.DataFrame) -> None:
    section = target_section(case, annual, case.settings.as_of)
    assert section.fan.columns == list(result_types("target_fan"))
    assert section.chances.columns == list(result_types("target_chances"))
    assert section.base_rate.columns == list(result_types("target_rates"))
    assert section.back_tests.columns == list(result_types("target_tests"))
    assert section.chances["score"].null_count() == 0
    chances = section.chances
    assert chances.height == 18  # three targets, two sides, two walks and the base rate
    assert (chances["low"] <= chances["probability"]).all()
    assert (chances["probability"] <= chances["high"]).all()
    bands = section.fan.select("p05", "p25", "p50", "p75", "p95").to_numpy()
    assert (np.diff(bands, axis=1) >= 0).all()
    assert section.fan["date"].max() == date(2028, 2, 4)
    assert any("thin series" in line for line in sentences(section.text))
    assert any("to" in line and "%" in line for line in sentences(section.text))


def test_base_rate_is_never_for_easier_growth_unsaid(case: Case, annual: pl.DataFrame) -> None:
    section = target_section(case, annual, case.settings.as_of, target_id="turnover_1bn")
    rates = section.chances.filter(pl.col("model").str.ends_with("base rate"))
    assert rates.height == 2
    assert rates["basis_text"].str.contains("upper bound").all()


def test_past_dates_give_no_chances(case: Case, annual: pl.DataFrame) -> None:
    section = target_section(case, annual, date(2030, 1, 1))
    assert section.chances.height == 0
    assert any("No turnover target" in line for line in sentences(section.text))


def test_a_case_without_flows_says_so(case: Case, annual: pl.DataFrame) -> None:
    section = target_section(case, annual.clear(), case.settings.as_of)
    assert section.fan.height == 0
    assert sum("too few full years" in line for line in sentences(section.text)) == 2


def test_unknown_target_lists_the_known(case: Case, annual: pl.DataFrame) -> None:
    with pytest.raises(UnknownName) as caught:
        target_section(case, annual, case.settings.as_of, target_id="nope")
    assert "turnover_1bn" in str(caught.value)


def test_panel_of_the_users_own(case: Case, annual: pl.DataFrame, tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "panel.csv"
    rows = [("IND", "NPL", year, 60e6 * 12 ** ((year - 2000) / 4)) for year in (2000, 2004, 2008)]
    rows += [(b, a, year, value) for a, b, year, value in rows]
    pl.DataFrame(rows, schema=["exp", "imp", "time", "export"], orient="row").write_csv(path)
    rates = panel_rates(case, annual, case.settings.as_of, path, target_id="turnover_1bn")
    four = rates.filter((pl.col("horizon_years") == 4) & (pl.col("multiple") > 9))
    assert four["successes"].to_list() == [1]  # 120 m to 1,440 m; 1,440 m is too large to be comparable
    assert four["cases"].to_list() == [1]
    with pytest.raises(InvalidInput, match="six values in a row"):
        panel_scores(path, 10)
    with pytest.raises(InvalidInput, match="no file"):
        panel_rates(case, annual, case.settings.as_of, path.with_suffix(".parquet"))
    (path.parent / "bad.parquet").write_bytes(b"no parquet")
    with pytest.raises(InvalidInput, match="cannot be read"):
        panel_rates(case, annual, case.settings.as_of, path.parent / "bad.parquet")


def test_command() -> None:
    run = CliRunner().invoke(
        app, ["trade", "target", "--target", "turnover_1bn", "--date", "2030-12-31", "--json"]
    )
    assert run.exit_code == 0, run.output
    answer = json.loads(run.output)
    assert [row["model"] for row in answer["chances"] if row["model"].startswith("Kazakhstan")] == [
        "Kazakhstan: random walk, Student t",
        "Kazakhstan: random walk with drift",
        "Kazakhstan: base rate",
    ]
    assert answer["fan"][-1]["date"] == "2030-12-31"
    assert len(answer["back-tests"]) == 5
    assert all(row["score"] is not None for row in answer["chances"])
    bad = CliRunner().invoke(app, ["trade", "target", "--date", "soon"])
    assert bad.exit_code == 2


def test_a_base_rate_is_for_its_own_growth_and_start_or_says_of_which(
    case: Case, annual: pl.DataFrame
) -> None:
    rates = case["base_rates"]
    own = matching_rates(rates, 17.3, 57.8e6)
    assert {(row["multiple"], row["low_usd"], row["high_usd"]) for row in own} == {(17.3, 28.9e6, 115.6e6)}
    assert rate_in_words(own, 17.3, 57.8e6, 4.0) == ((4 + 0.5) / 1607, "0.3 %, 17.3-fold, 4 y")
    assert rate_in_words(own, 17.3, 57.8e6, 2.0)[1] == "<= 0.3 %, 17.3-fold, 4 y"
    less = rates.filter(pl.col("multiple") < 17.0)
    other = matching_rates(less, 17.3, 57.8e6)
    assert rate_in_words(other, 17.3, 57.8e6, 4.0)[1] == "<= 0.5 %, 10.1-fold, 4 y"
    assert rate_in_words(other, 17.3, 57.8e6, 20.0)[1].startswith(
        "2.8 %, "
    )  # more time than any pair had: no bound
    afar = matching_rates(rates, 30.0, 20e6)  # no band holds so small a start
    assert rate_in_words(afar, 30.0, 20e6, 4.0)[1] == "0.3 %, 17.3-fold, 4 y from 29 m-120 m"
    section = target_section(case, annual, case.settings.as_of, target_id="turnover_1bn")
    assert (
        section.base_rate.height == 12
    )  # the case's two growths: other starts are of the months taken as a year before


def test_a_base_rate_over_another_time_names_both(case: Case, annual: pl.DataFrame) -> None:
    section = target_section(case, annual, case.settings.as_of, target_id="turnover_1bn")
    rate = section.chances.filter(pl.col("model") == "Kazakhstan: base rate").row(0, named=True)
    assert rate["basis_text"] == (
        "8 of 1,366 comparable pairs grew 9.47-fold in 4 years; the date is 1.0 years after the last full year: an upper bound of base rates,"
        " none of models"
    )
    assert set(section.base_rate["horizon_years"]) == {4.0, 8.0}
    like = target_section(case, annual, case.settings.as_of, target_id="turnover_1bn", due=date(2029, 12, 31))
    rate = like.chances.filter(pl.col("model") == "Kazakhstan: base rate").row(0, named=True)
    assert rate["basis_text"] == "8 of 1,366 comparable pairs grew 9.47-fold in 4 years"
    late = target_section(case, annual, case.settings.as_of, target_id="turnover_1bn", due=date(2040, 12, 31))
    assert late.chances["basis_text"].str.contains("a lower bound").any()
