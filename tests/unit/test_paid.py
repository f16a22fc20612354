"""What is paid for a route adds up, and the time before departure stands apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.registry import BY_NAME
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route
from karwan.project import open_case
from karwan.transport.paid import KINDS
from karwan.transport.terminal import storage_usd

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


def test_rank_and_landed_cost_go_by_all_that_is_paid(answer: Result) -> None:
    """A paper that only one way needs moves its generalised cost by its price, and its landed cost by that and what insurance adds."""
    case = open_case("toyland").case
    crossing = answer.tables["routes"]["passes"][0][0]
    node = case["nodes"].filter(pl.col("name") == crossing)["node_id"][0]
    blank = dict.fromkeys(case["documents"].columns)
    own = {
        **case["documents"].row(0, named=True),
        **blank,
        "document_id": "dear",
        "name": "Dear paper",
        "scope": "crossing",
    }
    own |= {"place_id": node, "cost_usd": 900.0, "source_id": "toy", "basis": "assumed"}
    papers = pl.concat([case["documents"], pl.DataFrame([own], schema=case["documents"].schema)])
    dear = replace(case, tables={**case.tables, "documents": papers})
    request = RouteRequest("Alford", "Cove", "beans", 20.0, DAY, promise="60", journeys=200)
    moved = answer_route(Inputs(dear), request).tables["routes"]
    before = {(r["km"], r["usd"]): r for r in answer.tables["routes"].to_dicts()}
    met = [(before[key], r) for r in moved.to_dicts() if (key := (r["km"], r["usd"])) in before]
    assert any(crossing in after["passes"] for _, after in met)
    for was, after in met:
        paid = 900.0 if crossing in after["passes"] else 0.0
        assert after["generalised_usd"] - was["generalised_usd"] == pytest.approx(paid, abs=1e-6)
        assert after["freight_usd_t"] - was["freight_usd_t"] == pytest.approx(paid / 20.0, abs=1e-9)
        assert after["usd"] == pytest.approx(was["usd"])


def test_lead_time_counts_against_the_promise_when_asked(answer: Result) -> None:
    request = RouteRequest(
        "Alford", "Cove", "beans", 20.0, DAY, promise="60", with_lead_time=True, journeys=200
    )
    late = open_case("toyland").ask(BY_NAME["route"], request).tables["routes"]
    assert (late["on_time_share"] <= answer.tables["routes"]["on_time_share"]).all()


def test_storage_is_what_the_dwell_exceeds_the_free_days_by() -> None:
    """A dwell of 7 days that hardly varies, 5 of them free, costs 2 days; one of 3 days costs nothing."""
    port = {"dwell_time_h": 168.0, "dwell_cv": 0.001, "free_days": 5.0, "storage_usd_day": 50.0}
    assert storage_usd(port) == pytest.approx(100.0)
    assert storage_usd({**port, "dwell_time_h": 72.0}) == pytest.approx(0.0, abs=1e-9)
    assert 100.0 < storage_usd({**port, "dwell_cv": 0.6}) < 350.0
