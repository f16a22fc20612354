"""Money against observed prices on toyland by hand: one year, without the own source, spread and scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import lognorm

from karwan.analysis.contract import Result
from karwan.analysis.prices import index_factors
from karwan.notes import note
from karwan.project import Project, open_case

LEGS = 796.0  # 480 km at 1.20, borders 120, fees 40, change of trucks 60
JUDGED = float(np.sqrt(np.log1p(0.3**2)))


def _table(case: Any, name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = case[name].schema
    blank = dict.fromkeys(schema)
    return pl.DataFrame([blank | row for row in rows], schema=schema)


def _observed(name: str, **cells: Any) -> dict[str, Any]:
    return {
        "observation_id": name,
        "origin": "Alford",
        "destination": "Cove",
        "origin_id": "A",
        "destination_id": "C",
        "avoid": ["rail", "sea"],
        "mode": "road",
        "unit": "truck",
        "cargo": "beans",
        "tonnes": 20.0,
        "year": 2025,
        "price": 700.0,
        "currency": "USD",
        "cost_usd": 700.0,
        "use": "validate",
        "source_id": "judgement",
        "basis": "observed",
        **cells,
    }


@pytest.fixture(scope="module")
def answer() -> Result:
    case = open_case("toyland").case
    old = {
        "index_id": "d1",
        "commodity": "dollar",
        "year": 2020,
        "value": 80.0,
        "source_id": "toy",
        "basis": "observed",
    }
    new = old | {"index_id": "d2", "year": 2025, "value": 100.0}
    part = old | {"index_id": "d3", "year": 2026, "value": 101.0, "basis": "computed"}
    observed = [
        _observed("now"),
        _observed("then", year=2020, cost_usd=640.0, use="calibrate", source_id="news"),
        _observed("per_tonne", unit="t", cost_usd=40.0, use="shown", source_id="toy"),
    ]
    tables = {
        "price_indices": _table(case, "price_indices", [old, new, part]),
        "price_observations": _table(case, "price_observations", observed),
        "rates": pl.concat([case["rates"], _rate(case)]),
    }
    return Project(case.with_tables(tables)).prices()


def _rate(case: Any) -> pl.DataFrame:
    """A later rate of XTA's trucks that rests on the source `news`."""
    row = case["rates"].row(by_predicate=pl.col("rate_id") == "XTA_road", named=True)
    return pl.DataFrame(
        [row | {"rate_id": "later", "year": 2025, "cost_usd_km": 2.2, "source_id": "news"}],
        schema=case["rates"].schema,
    )


def _row(answer: Result, name: str) -> dict[str, Any]:
    return answer.tables["prices"].row(by_predicate=pl.col("observation_id") == name, named=True)


def test_prices_are_brought_to_the_last_whole_year(answer: Result) -> None:
    assert answer.meta["year"] == 2025
    assert _row(answer, "now")["observed_index_usd"] == 700.0
    assert _row(answer, "then")["observed_index_usd"] == 640.0 * 100.0 / 80.0
    assert index_factors(
        pl.DataFrame(schema={"commodity": pl.String, "year": pl.Int64, "basis": pl.String})
    ) == (None, {})


def test_a_price_is_scored_without_the_rates_of_its_own_source(answer: Result) -> None:
    own, other = _row(answer, "then"), _row(answer, "now")
    trucks_of_xta = 360.0  # km before the change of trucks at Yard
    assert other["model_usd"] == pytest.approx(LEGS + trucks_of_xta * 1.0)
    assert other["model_without_usd"] == other["model_usd"]
    assert own["model_usd"] == pytest.approx(LEGS + trucks_of_xta * 1.0)
    assert own["model_without_usd"] == pytest.approx(LEGS)
    assert own["error_share"] == pytest.approx(LEGS / 800.0 - 1.0)


def test_a_price_per_tonne_and_one_that_is_only_shown(answer: Result) -> None:
    shown = _row(answer, "per_tonne")
    assert shown["model_usd"] == pytest.approx((LEGS + 360.0) / 20.0)
    assert (
        shown["model_without_usd"] is None
    )  # every rate of toyland rests on it but one, which has no speed left
    assert shown["error_share"] is None


def test_the_spread_is_judged_and_told_by_other_sources_alone(answer: Result) -> None:
    told = np.log(LEGS / 800.0) ** 2
    spread = np.sqrt((4.0 * JUDGED**2 + told) / 5.0)
    held = _row(answer, "now")
    assert held["model_p95_usd"] / held["model_usd"] == pytest.approx(np.exp(1.6448536 * spread))
    own = _row(answer, "then")
    assert own["model_p95_usd"] / own["model_without_usd"] == pytest.approx(np.exp(1.6448536 * JUDGED))


def test_scores_are_those_of_a_log_normal_forecast(answer: Result) -> None:
    scores = answer.tables["price scores"]
    assert scores.select("use", "prices", "sources").unique().sort("use").rows() == [
        ("all", 2, 2),
        ("calibrate", 1, 1),
        ("validate", 1, 1),
    ]
    judged = scores.filter((pl.col("forecast") == "spread as judged") & (pl.col("use") == "validate"))
    usd = LEGS + 360.0
    forecast = lognorm(JUDGED, scale=usd)
    x = np.linspace(1.0, 6000.0, 200_001)
    crps = np.trapezoid((forecast.cdf(x) - (x >= 700.0)) ** 2, x)
    assert judged["crps_share"][0] == pytest.approx(crps / 700.0, rel=2e-3)
    assert judged["error_share"][0] == pytest.approx(usd / 700.0 - 1.0)


def test_a_case_without_prices_says_so() -> None:
    found = open_case("toyland").prices()
    assert found.tables["prices"].is_empty()
    assert found.notes == (note("prices.none"),)
