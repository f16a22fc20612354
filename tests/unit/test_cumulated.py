from datetime import date
from typing import Any

import pytest

from karwan.trade.cumulated import rest_of_periods
from karwan.trade.period import year_after, years_between


def row(flow_id: str, end: date, usd: float, start: date = date(2025, 1, 1), **other: Any) -> dict[str, Any]:
    """A published figure of one series."""
    return {
        "flow_id": flow_id,
        "reporter": "XTA",
        "direction": "total",
        "product_group": "all",
        "value_kind": "trade",
        "claimed": "official",
        "statistics": "customs",
        "period_start": start,
        "period_end": end,
        "value_usd": usd,
        "source_id": flow_id,
        "derived": False,
        **other,
    }


YEAR, SEVEN, THREE = date(2025, 12, 31), date(2025, 7, 31), date(2025, 3, 31)


def spans(rows: list[dict[str, Any]]) -> dict[tuple[date, date], float]:
    return {(r["period_start"], r["period_end"]): r["value_usd"] for r in rows}


def test_a_year_less_its_first_months_is_the_rest_of_it() -> None:
    found, refused = rest_of_periods(
        [row("year", YEAR, 105.6e6), row("seven", SEVEN, 89.6e6), row("q1", THREE, 19.4e6)]
    )
    assert spans(found) == pytest.approx(
        {
            (date(2025, 8, 1), YEAR): 16.0e6,
            (date(2025, 4, 1), YEAR): 86.2e6,
            (date(2025, 4, 1), SEVEN): 70.2e6,
        }
    )
    assert refused == []
    assert {r["basis"] for r in found} == {"computed"}
    assert {r["source_id"] for r in found} == {"year;seven", "year;q1", "seven;q1"}


@pytest.mark.parametrize(
    "other",
    [
        {"reporter": "XTC"},
        {"direction": "a_to_b"},
        {"product_group": "beans"},
        {"claimed": "speech"},
        {"claimed": "press"},
        {"statistics": "payments"},
        {"statistics": None},
        {"period_start": date(2025, 2, 1)},
    ],
)
def test_unlike_figures_are_not_subtracted(other: dict[str, Any]) -> None:
    found, refused = rest_of_periods([row("year", YEAR, 10.0), row("part", SEVEN, 4.0, **other)])
    assert (found, refused) == ([], [])


def test_a_period_printed_twice_stays_out_for_the_rest_would_hold_the_revision() -> None:
    rows = [
        row("year", YEAR, 10.0),
        row("first", SEVEN, 4.0),
        row("later", SEVEN, 5.0),
        row("q1", THREE, 1.0),
    ]
    found, _ = rest_of_periods(rows)
    assert spans(found) == {(date(2025, 4, 1), YEAR): 9.0}
    again, _ = rest_of_periods([row("year", YEAR, 10.0), row("first", SEVEN, 4.0), row("same", SEVEN, 4.0)])
    assert spans(again) == {(date(2025, 8, 1), YEAR): 6.0}


def test_a_longer_period_that_holds_no_more_is_refused_not_a_fall_to_nothing() -> None:
    longer, shorter = row("ten", date(2025, 10, 31), 38.7e6), row("seven", SEVEN, 89.6e6)
    assert rest_of_periods([longer, shorter]) == ([], [(longer, shorter)])
    assert rest_of_periods([row("ten", date(2025, 10, 31), 1.0), row("seven", SEVEN, 1.0)])[0] == []


def test_two_years_less_one_is_no_cumulated_period() -> None:
    assert rest_of_periods([row("two", date(2026, 12, 31), 30.0), row("one", YEAR, 10.0)]) == ([], [])


def test_the_order_of_the_rows_changes_nothing() -> None:
    rows = [
        row("year", YEAR, 10.0),
        row("seven", SEVEN, 4.0),
        row("q1", THREE, 1.0),
        row("again", SEVEN, 4.0),
    ]
    assert rest_of_periods(rows) == rest_of_periods(rows[::-1])


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        (date(2025, 12, 31), date(2026, 12, 31), 1.0),
        (date(2024, 2, 29), date(2025, 2, 28), 1.0),
        (date(2024, 2, 29), date(2028, 2, 29), 4.0),
        (date(2025, 6, 30), date(2026, 12, 31), 1.0 + 184 / 365),
        (date(2026, 1, 1), date(2026, 1, 1), 0.0),
        (date(2026, 12, 31), date(2025, 12, 31), -1.0),
    ],
)
def test_whole_years_count_exactly(start: date, end: date, years: float) -> None:
    assert years_between(start, end) == pytest.approx(years, rel=1e-15)


def test_a_year_after_a_leap_day_is_a_day() -> None:
    assert year_after(date(2028, 2, 29)) == date(2029, 2, 28)
    assert year_after(date(2028, 2, 29), 4) == date(2032, 2, 29)
    assert year_after(date(2026, 11, 24)) == date(2027, 11, 24)
