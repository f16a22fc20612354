"""What is paid for a route adds up, and the time before departure stands apart."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from karwan.analysis.contract import Result
from karwan.analysis.registry import BY_NAME
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route.paid import KINDS, _beyond_usd
from karwan.project import open_case

DAY = date(2025, 7, 7)


@pytest.fixture(scope="module")
def answer() -> Result:
    request = RouteRequest("Alford", "Cove", "beans", 20.0, DAY, promise="60", journeys=200)
    return open_case("toyland").ask(BY_NAME["route"], request)


def test_what_is_paid_adds_up_to_the_money_of_the_stages(answer: Result) -> None:
    paid, routes = answer.tables["paid"], answer.tables["routes"]
    beside = ("papers", "guarantees", "storage", "insurance")
    for row in routes.iter_rows(named=True):
        own = paid.filter(pl.col("route") == row["route"])
        assert set(own["kind"]) <= set(KINDS)
        assert own.filter(~pl.col("kind").is_in(beside))["usd"].sum() == pytest.approx(row["usd"])
        assert own["usd"].sum() == pytest.approx(row["all_told_usd"])
        assert row["freight_usd"] <= row["usd"] <= row["all_told_usd"]
        papers = answer.tables["papers"].filter(pl.col("route") == row["route"])
        assert row["lead_days"] == pytest.approx((papers["time_h"].max() or 0.0) / 24.0)


def test_lead_time_counts_against_the_promise_when_asked(answer: Result) -> None:
    request = RouteRequest(
        "Alford", "Cove", "beans", 20.0, DAY, promise="60", with_lead_time=True, journeys=200
    )
    late = open_case("toyland").ask(BY_NAME["route"], request).tables["routes"]
    assert (late["on_time_share"] <= answer.tables["routes"]["on_time_share"]).all()


def test_storage_is_what_the_dwell_exceeds_the_free_days_by() -> None:
    """A dwell of 7 days that hardly varies, 5 of them free, costs 2 days; one of 3 days costs nothing."""
    port = {"dwell_time_h": 168.0, "dwell_cv": 0.001, "free_days": 5.0, "storage_usd_day": 50.0}
    assert _beyond_usd(port) == pytest.approx(100.0)
    assert _beyond_usd({**port, "dwell_time_h": 72.0}) == pytest.approx(0.0, abs=1e-9)
    assert 100.0 < _beyond_usd({**port, "dwell_cv": 0.6}) < 350.0
