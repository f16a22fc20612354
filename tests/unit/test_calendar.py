"""Opening windows against a brute-force clock, and by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.transport.calendar import (
    WEEKDAYS,
    ClosedSpan,
    hours_since,
    open_windows,
    outside_season,
    seasonal_spans,
)

MONDAY = date(2026, 2, 2)


def test_always_open_is_none() -> None:
    assert open_windows(MONDAY) is None


def test_daily_hours_by_hand() -> None:
    windows = open_windows(MONDAY, hours="08:00-18:30", days=3)
    assert windows is not None
    assert windows[0].tolist() == [8.0, 32.0, 56.0]
    assert windows[1][:2].tolist() == [18.5, 42.5]
    assert windows[1][2] == np.inf


def test_local_time_is_moved_to_utc() -> None:
    windows = open_windows(MONDAY, hours="08:00-18:00", utc_offset_h=5.0, days=2)
    assert windows is not None
    assert windows[0][0] == 3.0
    assert windows[1][0] == 13.0


def test_hours_past_midnight_run_on() -> None:
    windows = open_windows(MONDAY, hours="22:00-04:00", days=3)
    assert windows is not None
    assert windows[0].tolist() == [0.0, 22.0, 46.0, 70.0]
    assert windows[1][:3].tolist() == [4.0, 28.0, 52.0]


def test_a_weekend_joins_neighbouring_days() -> None:
    windows = open_windows(MONDAY, closed_weekdays=("Sat", "Sun"), days=14)
    assert windows is not None
    assert windows[0].tolist() == [0.0, 168.0]
    assert windows[1][0] == 120.0


def test_a_closure_without_end_leaves_what_came_before() -> None:
    windows = open_windows(MONDAY, closed=(ClosedSpan(date(2026, 2, 4), None),), days=30)
    assert windows is not None
    assert windows[0].tolist() == [0.0]
    assert windows[1].tolist() == [48.0]


def test_shut_throughout_is_empty_not_none() -> None:
    windows = open_windows(MONDAY, closed=(ClosedSpan(date(2025, 10, 12), None),))
    assert windows is not None
    assert windows[0].size == 0
    assert windows[1].size == 0


def test_a_past_closure_does_not_count() -> None:
    assert open_windows(MONDAY, closed=(ClosedSpan(date(2022, 3, 1), date(2022, 3, 10)),)) is None


def test_a_season_that_crosses_new_year() -> None:
    spans = seasonal_spans("11-15", "03-31", date(2026, 2, 2), 400)
    assert ClosedSpan(date(2025, 11, 15), date(2026, 3, 31)) in spans
    assert ClosedSpan(date(2026, 11, 15), date(2027, 3, 31)) in spans
    assert any(span.covers(date(2026, 1, 1)) for span in spans)
    assert not any(span.covers(date(2026, 7, 1)) for span in spans)


def test_leap_day_of_a_common_year() -> None:
    spans = seasonal_spans("02-29", "03-05", date(2026, 1, 1), 100)
    assert spans[0].start in (date(2025, 2, 28), date(2026, 2, 28))


def test_hours_since_midnight() -> None:
    assert hours_since(MONDAY, datetime(2026, 2, 3, 6, 30)) == 30.5


def test_a_night_west_of_greenwich_is_not_lost() -> None:
    """Open 20:00 to 19:00 but for Monday: Saturday's opening ends on Monday at 07:00 UTC, twelve hours behind."""
    windows = open_windows(
        MONDAY, hours="20:00-19:00", closed_weekdays=("Sun", "Mon"), utc_offset_h=-12.0, days=3
    )
    assert windows is not None
    assert (windows[0][0], windows[1][0]) == (0.0, 7.0)


def test_a_day_shut_before_the_axis_does_not_reach_into_it() -> None:
    shut = ClosedSpan(MONDAY - timedelta(days=3), MONDAY - timedelta(days=1))
    windows = open_windows(MONDAY, hours="22:00-04:00", closed=(shut,), days=3)
    assert windows is not None
    assert windows[0][0] == 22.0
    west = open_windows(MONDAY, closed=(shut,), utc_offset_h=-5.0)
    assert west is not None
    assert west[0].tolist() == [5.0]


@pytest.mark.parametrize(
    ("begin", "end", "day", "shut"),
    [
        ("12-15", "02-29", date(2027, 2, 28), False),
        ("12-15", "02-29", date(2027, 3, 1), True),
        ("12-15", "02-29", date(2028, 2, 29), False),
        ("12-15", "02-28", date(2028, 2, 29), True),
        ("02-29", "10-31", date(2027, 2, 27), True),
        ("02-29", "10-31", date(2027, 2, 28), False),
        ("03-01", "10-31", date(2028, 2, 29), True),
        ("01-01", "12-31", date(2027, 12, 31), False),
        ("04-01", "03-31", date(2027, 3, 31), False),
    ],
)
def test_outside_a_season(begin: str, end: str, day: date, shut: bool) -> None:
    spans = outside_season(begin, end, date(2026, 12, 20), 600)
    assert any(span.covers(day) for span in spans) == shut


@settings(max_examples=60, deadline=None)
@given(
    begin=st.integers(0, 23),
    length=st.integers(1, 23),
    closed=st.sets(st.sampled_from(WEEKDAYS), max_size=6),
    offset=st.sampled_from([0.0, 5.0, 5.5, 14.0, -3.0, -9.5, -12.0]),
    first=st.integers(-7, 10),
    span=st.integers(0, 5),
)
def test_windows_agree_with_a_clock(
    begin: int, length: int, closed: set[str], offset: float, first: int, span: int
) -> None:
    """Every quarter of an hour of two weeks, asked of the windows and of the rule itself."""
    finish = (begin + length) % 24
    shut = ClosedSpan(MONDAY + timedelta(days=first), MONDAY + timedelta(days=first + span))
    windows = open_windows(
        MONDAY,
        hours=f"{begin:02d}:00-{finish:02d}:00",
        closed_weekdays=sorted(closed),
        closed=(shut,),
        utc_offset_h=offset,
        days=30,
    )
    assert windows is not None
    starts, ends = windows
    assert np.all(starts[1:] > ends[:-1])
    assert np.all(ends > starts)
    for quarter in range(24 * 4 * 14):
        hour = quarter / 4 + 0.125
        local = datetime(2026, 2, 2) + timedelta(hours=hour + offset)
        opened = False
        for back in (0, 1, 2):
            day = (local - timedelta(days=back)).date()
            since = (local - datetime(day.year, day.month, day.day)).total_seconds() / 3600
            if WEEKDAYS[day.weekday()] not in closed and not shut.covers(day):
                opened |= begin <= since < begin + length
        at = int(np.searchsorted(starts, hour, side="right")) - 1
        assert (at >= 0 and hour < ends[at]) == opened, (hour, local)


def test_an_end_before_the_start_of_a_span_covers_nothing() -> None:
    span = ClosedSpan(date(2026, 2, 4), date(2026, 2, 3))
    assert not any(span.covers(MONDAY + timedelta(days=n)) for n in range(10))


@pytest.mark.parametrize("hours", ["00:00-24:00", "00:00-00:00"])
def test_round_the_clock(hours: str) -> None:
    assert open_windows(MONDAY, hours=hours) is None
