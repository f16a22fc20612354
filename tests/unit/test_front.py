"""The first two pages on cases that would make them lie."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from karwan.analysis import front
from karwan.analysis.corridor_compare import compared_routes
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.front_ways import CHEAPEST, CLEAR, FASTEST, TOGETHER, Way, chosen_ways, ways_table
from karwan.analysis.sections import Brief, PlanSection
from karwan.analysis.standing import standing_section
from karwan.case import Case, read_case
from karwan.report.sections.corridors import day_state, is_troubled
from karwan.report.sections.front import _counts
from karwan.schema.frames import result_frame
from tests.unit.test_headlines import DAY, TURNED, figure, plan, promise, standing, with_rows, year

NOTHING = result_frame("target_without")


@pytest.fixture(scope="module")
def toyland() -> Case:
    return read_case("toyland")


def test_momentum_is_the_newest_change_also_where_it_fell(toyland: Case) -> None:
    found = front.momentum_table(standing(toyland, TURNED).growth).row(0, named=True)
    assert (found["period_label"], found["previous_label"]) == ("Aug–Dec 2025", "Aug–Dec 2024")
    assert found["growth_share"] == pytest.approx(16.0 / 17.4 - 1)
    assert (found["whole_label"], found["how"]) == ("2025", "by subtraction")
    assert found["whole_share"] == pytest.approx(105.6 / 53.7 - 1)
    assert (found["value_usd"], found["previous_value_usd"]) == pytest.approx((16.0e6, 17.4e6))
    assert (found["whole_usd"], found["whole_previous_usd"]) == pytest.approx((105.6e6, 53.7e6))
    assert found["whole_previous_label"] == "2024"


def test_totals_name_their_kind_and_what_was_said_before_is_history(toyland: Case) -> None:
    rows = [
        *TURNED,
        year(2016, 27e6, reporter="XTC", statistics=None),
        year(2024, 99e6, reporter="XTC", statistics="payments"),
        year(2025, 250e6, reporter="XTC", claimed="speech"),
        year(2020, 900e6, claimed="speech"),
    ]
    table = front.totals_table(standing(toyland, rows), DAY)
    assert table.select("reporter_name", "counted", "value_usd").rows() == [
        ("Lowland", "payments", 99e6),
        ("Lowland", "speech", 250e6),
        ("Upland", "customs", 105.6e6),
    ]


def good(product_id: str, verdict: str, **other: Any) -> dict[str, Any]:
    return {"product_id": product_id, "verdict": verdict, **other}


def test_goods_are_ranked_by_verdict_then_by_the_way_to_go_and_unknown_ones_are_none() -> None:
    rows = [
        good("unknown", "unknown", landed_usd_t=1.0, rival_usd_t=100.0, bound_usd=9e9),
        good("far", "only if", switch_now=900.0, switch_at=450.0, bound_usd=60e6),
        good("under", "only if", switch_now=450.0, switch_at=900.0, bound_usd=2e6),
        good("tiny", "only if", switch_now=450.0, switch_at=900.0, bound_usd=9e5),
        good("near", "only if", switch_now=1770.0, switch_at=1750.0, bound_usd=1e6),
        good("ban", "only if", bound_usd=8e9),
        good(
            "old",
            "only if",
            switch_now=450.0,
            switch_at=900.0,
            bound_usd=9e7,
            price_old=True,
        ),
        good("cut", "only if", switch_now=900.0, switch_at=450.0, cut_share=0.5, bound_usd=9e9),
        good("dear", "no", landed_usd_t=200.0, rival_usd_t=100.0),
        good("miss", "no", landed_usd_t=110.0, rival_usd_t=100.0),
        good("small", "yes", bound_usd=1e6),
        good("large", "yes", bound_usd=2e6),
    ]
    for order in (rows, rows[::-1]):
        table = result_frame("goods_verdicts", order)
        every = front.best_goods(table, 11)["product_id"].to_list()
        assert every == [
            "large",
            "small",
            "under",
            "near",
            "far",
            "ban",
            "tiny",
            "old",
            "cut",
            "miss",
            "dear",
        ]
        assert front.best_goods(table)["product_id"].to_list() == every[:3]
    counted = front.best_goods(table).row(0, named=True)
    assert [counted[f"goods_{kind}"] for kind in ("judged", "yes", "only_if", "no_plan", "no")] == [
        11,
        2,
        6,
        1,
        2,
    ]
    assert front.best_goods(result_frame("goods_verdicts", rows[:1])).is_empty()


def owed(case: Case, rows: list[dict[str, Any]], worth: list[dict[str, Any]]) -> pl.DataFrame:
    made = plan(case, rows)
    table = result_frame("plan_worth", worth)
    section = PlanSection(made.by_domain, made.commitments, made.milestones, made.ventures, table)
    return front.owed_table(section, (case.settings.party_a, case.settings.party_b), {"s3": ("XTA", "XTC")})


def test_an_ask_is_what_the_other_side_alone_promised_and_a_contract_is_none(toyland: Case) -> None:
    a, b = toyland.settings.party_a, toyland.settings.party_b
    rows = [
        promise("theirs", parties=[b], scenario_id="s1"),
        promise("bodies", parties=["PORT", "NLC"], owner=b, scenario_id="s2"),
        promise("joint", parties=[a, b], scenario_id="s3"),
        promise("done", parties=[b], status="done", scenario_id="s4"),
        promise("private", parties=[b], kind="private", scenario_id="s5"),
        promise("ours", parties=[a]),
    ]
    worth = [
        {"commitment_id": row["commitment_id"], "scenario_id": row["scenario_id"], "net_usd_year": usd}
        for row, usd in zip(rows, (1e6, 2e6, 9e6, 9e6, 9e6, None), strict=True)
    ]
    table = owed(toyland, rows, worth)
    assert table.select("owner", "rank", "commitment_id").rows() == [
        (a, None, "ours"),
        (b, 1, "bodies"),
        (b, 2, "theirs"),
    ]


def test_asks_are_ranked_by_net_worth_then_time_and_a_duty_given_up_is_no_worth(toyland: Case) -> None:
    b = toyland.settings.party_b
    figures = {
        "duty": (-10.0, 0.0, "s1"),  # spares millions of duty: nothing net
        "hours": (0.0, 12.0, "s2"),
        "money": (5e5, 1.0, "s3"),
        "again": (5e5, 1.0, "s3"),
        "nothing": (0.0, 0.0, "s4"),
    }
    rows = [promise(name, parties=[b], scenario_id=scenario) for name, (_, _, scenario) in figures.items()]
    rows[3]["due"] = date(2026, 12, 31)
    worth = [
        {
            "commitment_id": name,
            "scenario_id": scenario,
            "net_usd_year": usd,
            "hours_t": hours,
            "usd_year": 9e6,
        }
        for name, (usd, hours, scenario) in figures.items()
    ]
    for order in (rows, rows[::-1]):
        table = owed(toyland, order, worth)
        ranked = table.filter(pl.col("rank").is_not_null())
        assert ranked["commitment_id"].to_list() == ["again", "hours"]
        assert ranked["also_needs"].to_list() == [["XTA"], []]
        assert set(table["commitment_id"]) - set(ranked["commitment_id"]) == {"duty", "nothing"}


def test_due_in_sixty_days_holds_both_ends_and_tells_the_plans_end_apart(toyland: Case) -> None:
    last = DAY + timedelta(days=60)
    rows = [
        promise("today", due=DAY),
        promise("last", due=last),
        promise("after", due=last + timedelta(days=1)),
        promise("past", due=DAY - timedelta(days=1)),
        promise("kept", due=last, status="done"),
        promise("plan", due=DAY, due_basis="plan_period"),
        promise("contract", due=DAY, kind="private"),
        promise("undated"),
    ]
    table = front.due_table(plan(toyland, rows), DAY)
    assert table.filter(pl.col("kind") == "promise")["row_id"].to_list() == ["today", "last", "plan"]
    leap = date(2028, 2, 29)
    table = front.due_table(plan(toyland, [promise("x", due=date(2028, 4, 29))], leap), leap)
    assert "x" in table["row_id"].to_list()


def test_outlook_stands_on_the_days_of_the_targets_and_no_target_is_none(toyland: Case) -> None:
    rows = [year(n, usd) for n, usd in ((2022, 20e6), (2023, 21e6), (2024, 19e6), (2025, 20e6))]
    annual = standing(toyland, rows).annual
    case = with_rows(
        toyland,
        "targets",
        [{"target_id": "t", "quantity": "turnover", "unit": "USD", "value": 40e6, "due": date(2027, 12, 31)}],
    )
    row = front.outlook_table(case, annual, DAY, NOTHING).row(0, named=True)
    assert (row["by"], row["base_usd"]) == (date(2027, 12, 31), 20e6)
    assert row["p50_usd"] == pytest.approx(20e6)
    assert row["p05_usd"] < 19e6 and row["p95_usd"] > 21e6
    assert 0.0 < row["probability"] < 0.5
    assert front.outlook_table(case, annual, date(2028, 1, 1), NOTHING).is_empty()
    short = standing_section(
        with_rows(toyland, "flows", [figure("one", date(2025, 1, 1), date(2025, 12, 31), 1e6)]), DAY
    )
    assert front.outlook_table(case, short.annual, DAY, NOTHING).is_empty()


def way(name: str, cost: float | None, days: float, *effects: str) -> Way:
    row = {
        "corridor_id": name,
        "corridor": name,
        "direction": "a_to_b",
        "pair_label": "A → B",
        "colour": "#000000",
    }
    figures = {
        "usd_20t": cost,
        "all_told_usd": cost,
        "days": days,
        "days_p95": days * 2,
        "assumed_share": 0.5,
        "generalised_usd": cost,
    }
    rules = [
        {"effect": effect, "authority": ["US"], "name": f"{name} {effect}", "source_id": "s"}
        for effect in effects
    ]
    return Way(row | figures, rules)


def test_the_way_today_names_its_sanctions_and_the_best_that_meets_none() -> None:
    usable = [
        way("cheap", 100.0, 30.0, "sanctioned", "unknown", "sanctioned"),
        way("banned", 1.0, 1.0, "forbidden"),
        way("quick", 300.0, 10.0),
        way("plain", 200.0, 40.0, "unknown"),
        way("lost", None, 5.0),
    ]
    for order in (usable, usable[::-1]):
        rows = {row["corridor_id"]: row for row in chosen_ways(order)}
        assert {name: row["role"] for name, row in rows.items()} == {
            "cheap": f"{TOGETHER}, {CHEAPEST}",
            "quick": FASTEST,
            "plain": CLEAR,
        }
        assert (rows["cheap"]["sanctions"], rows["cheap"]["unknown"], rows["cheap"]["authority"]) == (
            2,
            1,
            "US",
        )
        assert (rows["plain"]["sanctions"], rows["plain"]["unknown"]) == (0, 1)
        assert list(rows) == ["plain", "quick", "cheap"]
    assert chosen_ways([way("banned", 1.0, 1.0, "forbidden")]) == []


def test_the_cheapest_way_is_by_all_that_is_paid() -> None:
    plain, papers = way("plain", 200.0, 40.0), way("papers", 100.0, 40.0)
    dear = Way(papers.row | {"all_told_usd": 300.0, "generalised_usd": 500.0}, papers.rules)
    rows = {row["corridor_id"]: row for row in chosen_ways([plain, dear])}
    assert CHEAPEST in rows["plain"]["role"]
    assert "papers" not in rows or CHEAPEST not in rows["papers"]["role"]


def test_slow_downs_in_the_days_are_named_and_legs_that_nobody_publishes_counted(toyland: Case) -> None:
    slow = {"kind": "disruption", "start": "2026-01-01", "end": None, "slowdown_share": 0.5, "history": False}
    rows = [
        {**slow, "closure_id": "slow_b", "place_kind": "country", "place_id": "XTB", "mode": "road"},
        {**slow, "closure_id": "slow_rail", "place_kind": "country", "place_id": "XTA", "mode": "rail"},
        {**slow, "closure_id": "over", "place_kind": "country", "place_id": "XTC", "end": "2026-01-02"},
    ]
    study = CorridorStudy(with_rows(toyland, "closures", rows), date(2026, 11, 24))
    table = ways_table(study, compared_routes(study)).filter(pl.col("direction") == "a_to_b")
    found = {row["corridor_id"]: row for row in table.iter_rows(named=True)}
    assert found["PASS"]["slowed"] is None
    assert (found["PASS"]["legs"], found["PASS"]["legs_carried"]) == (2, 0)
    through_midland = [row for row in found.values() if row["corridor_id"] != "PASS"]
    assert through_midland and all(row["slowed"] == "Midland 50 %" for row in through_midland)


def test_every_way_says_what_slows_it_and_when_that_was_last_seen(toyland: Case) -> None:
    slow = {"kind": "disruption", "start": "2026-01-01", "end": None, "slowdown_share": 0.5, "history": False}
    slow |= {"place_kind": "country", "mode": "road"}
    rows = [
        {**slow, "closure_id": "slow_b", "place_id": "XTB", "last_seen": date(2026, 5, 1)},
        {**slow, "closure_id": "over", "place_id": "XTB", "end": "2026-01-02", "last_seen": date(2026, 1, 2)},
    ]
    study = CorridorStudy(with_rows(toyland, "closures", rows), date(2026, 11, 24))
    routes = compared_routes(study).filter(pl.col("slowed").is_not_null())
    assert routes["slowed"].unique().to_list() == ["Midland 50 %"]
    assert routes["last_seen"].unique().to_list() == [date(2026, 5, 1)]
    said = {day_state(row) for row in routes.filter(pl.col("status") == "open").iter_rows(named=True)}
    assert said == {"open; slowed: Midland 50 %; seen 1 May 2026"}


def test_a_way_is_plainly_open_only_without_ban_sanction_and_slow_down() -> None:
    row = {"status": "open", "reason": "", "ban": None, "sanctions": "", "slowed": None, "last_seen": None}
    assert day_state(row) == "open, no sanction known" and not is_troubled(row)
    met = row | {"sanctions": "EU US", "ban": "no meat"}
    assert day_state(met) == "open; banned: no meat; under EU and US sanctions" and is_troubled(met)


def test_agreements_in_force_or_of_others_are_no_caveat() -> None:
    regimes = pl.DataFrame(
        {
            "regime_id": ["b", "a", "c", "d"],
            "name": ["B", "A", "C", "D"],
            "parties": [["P", "Q"], ["Q", "P"], ["P", "Q", "R"], ["P", "Q"]],
            "state": ["signed", "negotiated", "signed", "in_force"],
            "signed": [DAY, None, DAY, DAY],
            "source_id": ["s"] * 4,
        }
    )
    assert front.unsettled_law(regimes, ("P", "Q"))["regime_id"].to_list() == ["a", "b"]


def test_errors_are_those_of_the_trips_held_back() -> None:
    trips = [
        ("validate", "done", -5.0, True),
        ("validate", "done", 5.0, False),
        ("calibrate", "done", 40.0, False),
    ]
    table = pl.DataFrame(
        [(*trip, trip[2] / 10) for trip in trips],
        schema=["use", "status", "error_days", "in_band", "error_share"],
        orient="row",
    )
    assert front.errors_table(table).rows() == [(2, 5.0, 0.0, 1)]
    assert front.errors_table(table.filter(pl.col("use") == "calibrate")).is_empty()


@pytest.mark.parametrize(
    ("sanctions", "said"),
    [
        ([0, 2], "of the ways under no known sanction"),
        ([1, 2], "every open way falls under a known sanction"),
    ],
)
def test_where_every_way_falls_under_a_sanction_it_is_said(sanctions: list[int], said: str) -> None:
    day = {"day_usd": 54.0, "late_day_usd": 27.0, "co2_usd_t": 0.0}
    ways = pl.DataFrame([day | {"sanctions": count} for count in sanctions])
    assert said in _counts(cast(Brief, SimpleNamespace(front=SimpleNamespace(ways=ways))))
