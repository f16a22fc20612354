"""Figures quoted on the pages of routes and reliability equal what the program says of the case."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.market_facts import MarketFacts
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route
from karwan.analysis.seller_price import seller_price
from karwan.case import read_case
from karwan.case.places import Gazetteer
from karwan.case.scenario import case_under
from karwan.transport.journey import recorded_process

DOCS = Path(__file__).parents[2] / "docs"
CASE = read_case("kaz-pak")
YEAR = 365.2425


def page(name: str) -> str:
    return " ".join((DOCS / name).read_text(encoding="utf-8").split())


def days(
    origin: str, corridor: str, opened: tuple[str, ...], scenario: list[str] | None = None
) -> list[float]:
    case = case_under("kaz-pak", scenario or [])[1]
    query = RouteRequest(origin, "Karachi", "chickpeas", 24.0, date(2026, 12, 1), opened=opened)
    row = (
        answer_route(Inputs(case), query)
        .tables["routes"]
        .row(by_predicate=pl.col("corridor_id") == corridor, named=True)
    )
    return [row[c] for c in ("days_p50", "days_p95", "days_p95_no_closures")]


def test_days_of_a_gate_opened_by_option_and_by_scenario() -> None:
    quoted = re.search(
        r"P50 ([\d.]+) days with `--open Torkham,Chaman`, ([\d.]+) under `open_afghan_crossings`; P95 ([\d.]+) and ([\d.]+)\.",
        page("route.md"),
    )
    assert quoted
    opened = days("Kostanay", "KTAP_RAIL", ("Torkham", "Chaman"))
    ended = days("Kostanay", "KTAP_RAIL", (), ["open_afghan_crossings"])
    assert [float(t) for t in quoted.groups()] == pytest.approx(
        [opened[0], ended[0], opened[1], ended[1]], abs=0.051
    )


def test_what_random_closures_do_to_the_p95() -> None:
    quoted = re.search(
        r"KTAP by road has its P95 at (\d+) days, (\d+) if nothing closes at random; KUAP (\d+) and (\d+)",
        page("reliability.md"),
    )
    assert quoted
    ways = [days("Almaty", c, ("Torkham", "Chaman"))[1:] for c in ("KTAP", "KUAP")]
    assert [int(t) for t in quoted.groups()] == [round(d) for way in ways for d in way]


def test_table_of_fitted_closures() -> None:
    process = recorded_process(CASE.tables, CASE.settings.as_of)[0]
    assert process is not None
    fitted = {r["place"]: r for r in process.table.iter_rows(named=True)}
    row = re.compile(
        r"^\| ([^|]+) \| (\d+) \| (\d+) \| ([\d.]+) \(([\d.]+)-([\d.]+)\) \| ([\d.]+) \(([\d.]+)-([\d.]+)\)[^|]*\|",
        re.M,
    )
    quoted = row.findall((DOCS / "reliability.md").read_text(encoding="utf-8"))
    places = Gazetteer(CASE.tables)
    crossings = {r["node_id"]: r["crossing_id"] for r in CASE["crossings"].iter_rows(named=True)}
    seen = set()
    for names, starts, ends, *figures in quoted:
        for name in re.sub(r", (road|rail|sea|each)$", "", names).replace(" pass", " tunnel").split(", "):
            node = "all" if name in ("gates", "each closure once") else places.node(name)
            mine = fitted[crossings.get(node, node)]
            seen.add(mine["place"])
            assert (mine["closures"], mine["ended"]) == (int(starts), int(ends)), name
            parts = [f"rate_{p}per_day" for p in ("", "low_", "high_")]
            values = [mine[p] * YEAR for p in parts] + [mine[f"mean_{p}days"] for p in ("", "low_", "high_")]
            for told, value in zip(figures, values, strict=True):
                digits = len(told.partition(".")[2])
                assert float(told) == pytest.approx(value, abs=0.5001 * 10.0**-digits), (name, told, value)
    assert seen == {p for p, r in fitted.items() if r["closures"]}


def test_long_run_closed_shares_are_the_same_on_both_pages() -> None:
    process = recorded_process(CASE.tables, CASE.settings.as_of)[0]
    assert process is not None
    share = dict(process.table.select("place", "closed_share").iter_rows())
    mine = [f"{100 * share[place]:.1f}" for place in ("B_TORK", "B_CHAM")]
    quoted = re.search(r"Torkham is shut ([\d.]+) % and Chaman ([\d.]+) % of the time", page("plan.md"))
    assert quoted and list(quoted.groups()) == mine
    told = re.findall(
        r"^\| (?:Torkham|Chaman) \|.* ([\d.]+) % \|$", (DOCS / "reliability.md").read_text("utf-8"), re.M
    )
    assert told == mine


def test_what_the_closure_costs_fruit_is_the_difference_of_its_two_rows() -> None:
    rows = re.findall(
        r"`closure` \|[^|]*\|[^|]*\| ([\d,]+) USD \([^)]*\), ([\d,]+) all told", page("route.md")
    )
    before, after = [[int(t.replace(",", "")) for t in row] for row in rows]
    quoted = re.search(r"left ([\d,]+) dearer than the best before \(([\d,]+) all told\)", page("route.md"))
    assert quoted
    assert [int(t.replace(",", "")) for t in quoted.groups()] == [
        b - a for a, b in zip(before, after, strict=True)
    ]


def test_two_prices_of_chickpeas() -> None:
    quoted = re.search(
        r"At the USD (\d+) that `karwan trade goods` takes for chickpeas \(brought to (\d+); the case has (\d+) of (\d+)\)"
        r" the same trade weighs (\d+) % less",
        page("criticality.md"),
    )
    assert quoted
    row = CASE["products"].row(by_predicate=pl.col("product_id") == "chickpeas", named=True)
    price = seller_price(MarketFacts(CASE, CASE.settings.as_of), row)
    less = 100 * (1 - row["price_usd_t"] / price.usd_t)
    mine = [round(price.usd_t), price.year, round(row["price_usd_t"]), row["price_year"], round(less)]
    assert [int(t) for t in quoted.groups()] == mine
