"""Every headline on cases that would make it lie."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from karwan.analysis import headlines as hl
from karwan.analysis.brief_build import empty_target
from karwan.analysis.plan import plan_section
from karwan.analysis.sections import CorridorSection, PlanSection, Standing, TargetSection
from karwan.analysis.standing import standing_section
from karwan.case import Case, read_case
from karwan.schema.frames import result_frame
from karwan.trade.standing import DISTANCE

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def toyland() -> Case:
    return read_case("toyland")


def with_rows(case: Case, name: str, rows: list[dict[str, Any]]) -> Case:
    """The case with other rows in one table; what a row leaves out is taken from the table's first row or empty."""
    old = case[name]
    base = {**old.row(0, named=True)}
    table = pl.DataFrame([{**base, **row} for row in rows], schema=old.schema)
    return replace(case, tables={**case.tables, name: table})


def figure(flow_id: str, start: date, end: date, usd: float, **other: Any) -> dict[str, Any]:
    kind = "calendar_year" if (start.month, end.month) == (1, 12) else "part_year"
    return {
        "flow_id": flow_id,
        "period_start": start,
        "period_end": end,
        "period_kind": kind,
        "value_usd": usd,
        "conflict_group": None,
        "growth_share": None,
        "statistics": "customs",
        **other,
    }


def year(number: int, usd: float, **other: Any) -> dict[str, Any]:
    name = "-".join([f"y{number}", *map(str, other.values())])
    return figure(name, date(number, 1, 1), date(number, 12, 31), usd, **other)


def seven(number: int, usd: float, **other: Any) -> dict[str, Any]:
    name = "-".join([f"s{number}", *map(str, other.values())])
    return figure(name, date(number, 1, 1), date(number, 7, 31), usd, **other)


TURNED = [year(2024, 53.7e6), seven(2024, 36.3e6), year(2025, 105.6e6), seven(2025, 89.6e6)]


def standing(case: Case, rows: list[dict[str, Any]], day: date = DAY) -> Standing:
    return standing_section(with_rows(case, "flows", rows), day)


def test_growth_that_turned_leads_with_the_fall(toyland: Case) -> None:
    said = hl.trade_headline(standing(toyland, TURNED), DAY)
    assert (
        "Newest like-for-like change both ways: −8.0 % by Upland's customs statistics (Aug–Dec 2025 on Aug–Dec 2024,"
        " by subtraction; 2025 as a whole +97 %)."
    ) in said


def test_a_fall_is_shown_as_a_fall(toyland: Case) -> None:
    said = hl.trade_headline(standing(toyland, [year(2024, 10e6), year(2025, 5e6)]), DAY)
    assert "−50 % by Upland's customs statistics (2025 on 2024)" in said


def test_a_year_without_a_figure_is_named(toyland: Case) -> None:
    section = standing(toyland, TURNED)
    assert "No 2026 figure is known: the newest ends on 31 December 2025 (Upland)." in hl.trade_headline(
        section, DAY
    )
    early = hl.trade_headline(standing(toyland, TURNED, date(2025, 12, 31)), date(2025, 12, 31))
    assert "figure is known" not in early


def test_a_speech_is_neither_the_newest_figure_nor_growth_nor_a_mirror(toyland: Case) -> None:
    spoken = [
        figure("said26", date(2026, 1, 1), date(2026, 6, 30), 900e6, claimed="speech"),
        year(2025, 250e6, claimed="speech", reporter="XTC"),
        year(2024, 10e6, reporter="XTC"),
        year(2023, 10e6, claimed="speech"),
    ]
    section = standing(toyland, [*TURNED, *spoken])
    said = hl.trade_headline(section, DAY)
    assert "No 2026 figure is known" in said
    assert "250" not in said
    assert "900" not in said
    assert set(section.growth["claimed"]) == {"official"}
    assert "2023" not in section.growth["previous_label"].to_list()
    assert section.mirror["period_label"].to_list() == ["2024"]


def test_only_speeches_are_no_statistics(toyland: Case) -> None:
    said = hl.trade_headline(standing(toyland, [year(2025, 250e6, claimed="speech")]), DAY)
    assert said == (
        "No official figure of a whole year's trade both ways is known. No official trade figure is known on 24 November 2026."
    )


def test_payments_and_customs_are_named_and_never_compared(toyland: Case) -> None:
    rows = [
        year(2024, 10e6, statistics="payments"),
        year(2025, 30e6),
        year(2025, 99e6, reporter="XTC", statistics="payments"),
    ]
    section = standing(toyland, rows)
    said = hl.trade_headline(section, DAY)
    assert (
        "USD 99 m in 2025 by Lowland's payments statistics; USD 30 m in 2025 by Upland's customs statistics"
        in said
    )
    assert "Customs and payments do not compare." in said
    assert section.growth.is_empty()
    assert section.mirror["reason"].to_list() == ["same twelve months; customs against payments"]


def test_a_case_without_flows_has_no_trade_headline(toyland: Case) -> None:
    empty = replace(toyland, tables={**toyland.tables, "flows": toyland["flows"].clear()})
    assert hl.trade_headline(standing_section(empty, DAY), DAY) == ""


def test_shuffled_rows_give_the_same_sentences(toyland: Case) -> None:
    rows = [*TURNED, year(2025, 99e6, reporter="XTC"), year(2024, 98e6, reporter="XTC")]
    assert hl.trade_headline(standing(toyland, rows), DAY) == hl.trade_headline(
        standing(toyland, rows[::-1]), DAY
    )
    targets = [
        {"target_id": "b", "title": "B", "due": date(2027, 1, 1), "value": 20e6},
        {"target_id": "a", "title": "A", "due": date(2027, 1, 1), "value": 20e6},
        {"target_id": "c", "title": "C", "due": date(2026, 12, 31), "value": 20e6},
        {"target_id": "d", "title": "D", "due": date(2025, 12, 31), "value": 20e6},
    ]
    said = set()
    for order in (targets, targets[::-1]):
        section = standing_section(with_rows(with_rows(toyland, "flows", TURNED), "targets", order), DAY)
        said.add(hl.distance_headline(section, DAY))
    assert len(said) == 1
    assert said.pop().startswith("C by 31 December 2026")


def test_growth_needed_over_whole_years_is_exact(toyland: Case) -> None:
    case = with_rows(toyland, "flows", [year(2025, 105.6e6)])
    target = {
        "title": "Turnover of USD 1 bn",
        "value": 1e9,
        "due": date(2026, 12, 31),
        "due_basis": "plan_period",
    }
    section = standing_section(with_rows(case, "targets", [target]), DAY)
    assert hl.distance_headline(section, DAY) == (
        "Turnover of USD 1 bn by 31 December 2026 (the plan's end; its text sets no day) is 9.5 times Upland's 2025 (growth of 847 % a year"
        " from there)."
    )


def test_days_named_for_the_same_value_stand_beside_the_plans_end(toyland: Case) -> None:
    case = with_rows(toyland, "flows", [year(2025, 10e6)])
    plain = {"title": "T", "value": 40e6, "due_basis": "published"}
    targets = [
        {**plain, "target_id": "end", "due": date(2026, 12, 31), "due_basis": "plan_period"},
        {**plain, "target_id": "said", "due": date(2027, 2, 4)},
        {**plain, "target_id": "past", "due": date(2026, 1, 1)},
        {**plain, "target_id": "less", "due": date(2027, 3, 1), "value": 30e6},
    ]
    said = hl.distance_headline(standing_section(with_rows(case, "targets", targets), DAY), DAY)
    assert said.startswith("T by 31 December 2026 (the plan's end; its text sets no day) is 4.0 times")
    assert said.endswith(" Days that were named for it: 4 February 2027.")


@pytest.mark.parametrize(
    ("changes", "ending"),
    [
        ({"due": None}, "T (no date is set) is 4.0 times Upland's 2025."),
        ({"due": date(2026, 1, 1)}, "T by 1 January 2026 is 4.0 times Upland's 2025 (its date has passed)."),
        (
            {"value": 5e6, "due": date(2027, 12, 31)},
            "T by 31 December 2027 is 0.5 times Upland's 2025: reached.",
        ),
    ],
)
def test_a_target_without_a_day_past_or_reached_is_said_so(
    toyland: Case, changes: dict[str, Any], ending: str
) -> None:
    case = with_rows(toyland, "flows", [year(2025, 10e6)])
    target = {"title": "T", "value": 40e6, "due_basis": "published", **changes}
    assert hl.distance_headline(standing_section(with_rows(case, "targets", [target]), DAY), DAY) == ending


def promise(commitment_id: str, **other: Any) -> dict[str, Any]:
    return {
        "commitment_id": commitment_id,
        "title": commitment_id,
        "status": "unknown",
        "due": None,
        "due_basis": "published",
        "due_part": None,
        "scenario_id": None,
        **other,
    }


def plan(case: Case, rows: list[dict[str, Any]], day: date = DAY) -> PlanSection:
    return plan_section(with_rows(case, "commitments", rows), day)


def test_a_promise_is_late_only_when_its_own_term_has_passed(toyland: Case) -> None:
    rows = [
        promise("buses", due=date(2026, 4, 30), due_part="first deliveries"),
        promise("open"),
        promise("today", due=DAY),
        promise("past", due=date(2026, 11, 23)),
        promise("kept", due=date(2026, 1, 1), status="done"),
        promise("begun", due=date(2026, 4, 30), due_part="first deliveries", status="partly_done"),
    ]
    section = plan(toyland, rows)
    late = section.commitments.filter("late")["commitment_id"].to_list()
    assert late == ["past"]
    assert section.commitments.filter("part_late")["commitment_id"].to_list() == ["buses"]
    assert hl.plan_headline(section, DAY) == (
        "The plan: 1 of 6 promises done on the evidence found, 1 past their date and not known to be done, 4 without evidence; 1 more fall due"
        " within a year. One has a part past its date and not known to be done: first deliveries of “buses”, due 30 April 2026."
    )


def test_a_contract_of_companies_is_no_promise_of_the_plan(toyland: Case) -> None:
    rows = [
        promise("kept", due=date(2026, 1, 1), status="done"),
        promise("buses", due=date(2026, 4, 30), due_part="first deliveries", kind="private"),
        promise("mill", kind="private"),
    ]
    said = hl.plan_headline(plan(toyland, rows), DAY)
    assert said.startswith("The plan: 1 of 1 promises done on the evidence found, 0 past their date")
    assert said.endswith(
        "Not counted: contracts of companies (2), of them past their date and not known to be done: first deliveries of “buses”, due 30 April 2026."
    )


def test_a_leap_day_has_a_year_after_it(toyland: Case) -> None:
    day = date(2028, 2, 29)
    rows = [promise("in", due=date(2029, 2, 28)), promise("out", due=date(2029, 3, 1))]
    assert "1 more fall due within a year." in hl.plan_headline(plan(toyland, rows, day), day)


def worth(rows: list[dict[str, Any]]) -> PlanSection:
    empty = pl.DataFrame()
    return PlanSection(empty, empty, empty, empty, result_frame("plan_worth", rows))


def worth_row(commitment_id: str, usd: float, duty: float, **other: Any) -> dict[str, Any]:
    net = usd - duty
    return {
        "commitment_id": commitment_id,
        "title": commitment_id,
        "scenario_id": f"s-{commitment_id}",
        "usd_year": usd,
        "duty_usd_year": duty,
        "net_usd_year": net,
        "low_net_usd_year": net / 2,
        "high_net_usd_year": net * 2,
        **other,
    }


def test_a_preference_is_no_worth_however_large_its_duty() -> None:
    rows = [worth_row("preference", 2.3e6, 2.29e6), worth_row("road", 0.4e6, 0.0)]
    for order in (rows, rows[::-1]):
        assert hl.worth_headline(worth(order)) == (
            "Worth most to trade net of duty, on assumed inputs: road (USD 400 k a year, 200 k to 800 k)."
        )
        assert hl.duty_headline(worth(order)) == (
            "What models “preference” would spare trade USD 2.3 m a year of duty: a transfer from the treasuries, not counted as worth."
        )
    assert hl.duty_headline(worth(rows[1:])) == hl.duty_headline(worth([])) == ""


def test_what_a_worth_supposes_is_said_beside_it() -> None:
    rows = [worth_row("road", 0.4e6, 0.0, modelled_as="The crossings reopen")]
    assert "road, modelled as: The crossings reopen (USD 400 k a year" in hl.worth_headline(worth(rows))


def test_promises_of_one_scenario_are_named_once_by_the_nearest_date() -> None:
    shared = {"scenario_id": "s"}
    rows = [
        worth_row("a", 1e6, 0.0, **shared),
        worth_row("z", 1e6, 0.0, due=date(2026, 12, 31), **shared),
        worth_row("y", 1e6, 0.0, due=date(2027, 12, 31), **shared),
    ]
    for order in (rows, rows[::-1]):
        assert hl.worth_headline(worth(order)) == (
            "Worth most to trade net of duty, on assumed inputs: z (USD 1 m a year, 500 k to 2 m)."
        )


def test_who_loses_where_trade_answers_stands_beside_the_worth() -> None:
    row = worth_row("border", 1e6, 0.0, usd_year_ge_a=-5.26e6, usd_year_ge_b=2.05e8)
    said = hl.worth_headline(worth([row]), ("Upland", "Lowland"))
    assert said.endswith("500 k to 2 m; where all trade answers Upland loses 5.3 m, Lowland gains 200 m).")
    bands = {"low_usd_year_ge_a": -1.3e7, "high_usd_year_ge_a": -1.6e6, "flows_year": "2024"}
    said = hl.worth_headline(worth([row | bands]), ("Upland", "Lowland"))
    assert "Upland loses 5.3 m (1.6 m to 13 m), Lowland gains 200 m)." in said
    assert said.startswith("Worth most to trade net of duty, on assumed inputs, at the trade of 2024: ")
    assert "loses" not in hl.worth_headline(worth([worth_row("road", 1e6, 0.0)]), ("Upland", "Lowland"))


def test_a_closure_seen_before_it_began_was_announced() -> None:
    row = {"place": "Gate", "since": "2026-07-10", "last_seen": date(2026, 6, 30)}
    assert hl._seen(row) == " (announced on 30 June 2026)"
    assert hl._seen(row | {"since": "2026-06-01"}) == " (30 June 2026)"
    assert hl._seen(row | {"last_seen": None}) == ""


def test_nothing_worth_anything_is_no_headline() -> None:
    assert hl.worth_headline(worth([worth_row("a", 0.0, 0.0), {"commitment_id": "b", "title": "b"}])) == ""
    assert hl.worth_headline(worth([])) == ""


def aim(**other: Any) -> Standing:
    row = {
        "target_id": "t",
        "title": "T",
        "target_usd": 1e9,
        "due": date(2026, 12, 31),
        "reporter": "XTA",
        "due_basis": "published",
        **other,
    }
    empty = pl.DataFrame()
    return Standing(empty, empty, empty, empty, empty, pl.DataFrame([row], schema=DISTANCE), empty, empty)


def chances(*rows: tuple[str, float, float, float, str]) -> TargetSection:
    schema = ["model", "probability", "low", "high", "basis_text"]
    table = pl.DataFrame(list(rows), schema=schema, orient="row").with_columns(target=pl.lit("T"))
    return replace(empty_target(), chances=table)


def test_a_base_rate_stands_apart_from_the_models_with_its_own_years() -> None:
    rows = (
        (
            "Upland: base rate",
            0.023,
            0.008,
            0.031,
            "24 of 1,057 comparable pairs grew 4-fold in 4 years; an upper bound",
        ),
        ("Upland: random walk", 0.002, 0.0, 0.009, ""),
        ("Lowland: random walk", 0.012, 0.0, 0.02, ""),
    )
    expected = (
        "T by 31 December 2026: models of each side's own past give a chance of 0.2 % to 1.2 %, with their own error up to 2.0 %; Upland: base rate 2.3 %, 0.8 % to 3.1 %"
        " (24 of 1,057 comparable pairs grew 4-fold in 4 years; an upper bound)."
    )
    for order in (rows, rows[::-1]):
        assert hl.chance_headline(chances(*order), aim(), DAY) == expected


def test_no_chance_is_no_headline() -> None:
    assert hl.chance_headline(empty_target(), aim(), DAY) == ""


ROUTES = {
    "pair_label": pl.String,
    "direction": pl.String,
    "corridor_id": pl.String,
    "corridor": pl.String,
    "status": pl.String,
    "generalised_usd": pl.Float64,
    "usd_20t": pl.Float64,
    "days": pl.Float64,
    "days_p95": pl.Float64,
}


def corridors(
    routes: list[tuple[Any, ...]], shut: Sequence[tuple[Any, ...]] = (), trips: Sequence[tuple[Any, ...]] = ()
) -> CorridorSection:
    rows = [("A → B", "a_to_b", name, name.upper(), *rest) for name, *rest in routes]
    closures = pl.DataFrame(
        list(shut),
        schema={"place": pl.String, "kind": pl.String, "corridors": pl.String, "last_seen": pl.Date},
        orient="row",
    )
    validation = pl.DataFrame(
        list(trips),
        schema={
            "trip_id": pl.String,
            "route_label": pl.String,
            "use": pl.String,
            "status": pl.String,
            "error_days": pl.Float64,
            "error_share": pl.Float64,
            "in_band": pl.Boolean,
        },
        orient="row",
    )
    ranks = pl.DataFrame({"corridor_id": ["y", "x"], "rank": [1, 2]})
    reference = pl.DataFrame({"key": ["pair"], "value": ["A → B"]})
    empty = pl.DataFrame()
    return CorridorSection(
        ranks,
        pl.DataFrame(rows, schema=ROUTES, orient="row"),
        empty,
        closures,
        validation,
        reference,
        *[empty] * 6,
    )


def test_with_every_route_shut_nothing_is_open() -> None:
    section = corridors(
        [("x", "closed", 9.0, 5000.0, 20.0, 30.0), ("y", "closed", 8.0, 6000.0, 10.0, 20.0)],
        [
            ("Gate", "closed", "X, Y", date(2026, 2, 24)),
            ("Arch", "closed", "X", None),
            ("Pass", "slower", "X", None),
        ],
    )
    assert hl.corridor_headline(section) == "No corridor is open for A → B."
    assert hl.closed_headline(section) == (
        "Closed as last reported: Y, X, at Arch, Gate (24 February 2026). If open, Y would cost USD 6,000 and 10 days on A → B."
    )


def test_the_cheapest_way_stands_with_its_sanctions_where_another_is_best() -> None:
    section = corridors([("sea", "open", 8.0, 4557.0, 32.0, 47.0), ("road", "open", 7.0, 5116.0, 12.0, 18.0)])
    assert hl.corridor_headline(section).endswith("(P95 18); SEA is cheapest, USD 4,557 and 32 days.")
    sanctioned = replace(section, routes=section.routes.with_columns(sanctions=pl.lit("EU US")))
    assert hl.corridor_headline(sanctioned).endswith("USD 4,557 and 32 days, sanctions: EU US.")


def test_ties_between_corridors_are_broken_by_name_not_by_order() -> None:
    rows = [("y", "open", 9.0, 5000.0, 20.0, 30.0), ("x", "open", 9.0, 5000.0, 20.0, 30.0)]
    expected = (
        "A → B, 20 t, by the model: of the corridors open as last reported X costs least in money and time together, USD 5,000 and 20 days"
        " (P95 30)."
    )
    for order in (rows, rows[::-1]):
        assert hl.corridor_headline(corridors(order)) == expected
    assert hl.closed_headline(corridors(rows)) == ""
    assert hl.corridor_headline(corridors([])) == ""


def test_errors_that_cancel_out_do_not_look_small() -> None:
    trips = [
        ("b", "B", "validate", "done", -5.0, -0.5, True),
        ("a", "A", "validate", "done", 5.0, 0.5, False),
        ("c", "C", "calibrate", "done", 40.0, 4.0, False),
        ("d", "D", "validate", "planned", 40.0, 4.0, None),
    ]
    for order in (trips, trips[::-1]):
        assert hl.fit_headline(corridors([], trips=order)) == (
            "The model against 2 trial trips it was not fitted to: off by 5.0 days on average (mean absolute error, n = 2), 0.0 with its sign"
            " (model minus observed); 1 lie between its P5 and P95; furthest off by +5.0 days on A."
        )
    assert hl.fit_headline(corridors([], trips=trips[2:])) == ""
