"""Whether a row of closures.csv is in force: dated, open-ended, seasonal over New Year, known to the month only."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from karwan.transport.closures import closure_spans, end_unseen, in_force, shut_places, touches


def row(start: str, end: str | None = None, kind: str = "dated", seen: date | None = None) -> dict[str, Any]:
    return {
        "place_kind": "crossing",
        "place_id": "X",
        "kind": kind,
        "start": start,
        "end": end,
        "last_seen": seen,
    }


@pytest.mark.parametrize(
    ("one", "day", "holds"),
    [
        (row("2025-10-12"), date(2025, 10, 12), True),
        (row("2025-10-12"), date(2025, 10, 11), False),
        (row("2025-10-12"), date(2031, 1, 1), True),
        (row("2025-10-12", "2025-10-20"), date(2025, 10, 20), True),
        (row("2025-10-12", "2025-10-20"), date(2025, 10, 21), False),
        (row("12-01", "03-31", "seasonal"), date(2026, 1, 15), True),
        (row("12-01", "03-31", "seasonal"), date(2026, 3, 31), True),
        (row("12-01", "03-31", "seasonal"), date(2026, 4, 1), False),
        (row("2021-08"), date(2021, 8, 20), False),
    ],
)
def test_a_row_holds_on_its_days_only(one: dict[str, Any], day: date, holds: bool) -> None:
    assert in_force(one, day) is holds


def test_a_row_touches_a_span_of_days_by_either_end() -> None:
    season = row("12-01", "03-31", "seasonal")
    assert touches(season, date(2026, 11, 20), date(2026, 12, 1))
    assert not touches(season, date(2026, 4, 1), date(2026, 11, 30))
    assert not touches(row("2025-10-12", "2025-10-20"), date(2025, 10, 21), date(2026, 1, 1))


def test_spans_that_ended_before_are_left_out() -> None:
    assert closure_spans(row("2025-10-12", "2025-10-20"), date(2025, 10, 21)) == []


def test_an_end_after_the_last_sighting_was_not_seen() -> None:
    assert end_unseen(row("2025-10-12", None, seen=date(2026, 2, 24)))
    assert end_unseen(row("2025-10-12", "2026-03-01", seen=date(2026, 2, 24)))
    assert not end_unseen(row("2025-10-12", "2026-02-24", seen=date(2026, 2, 24)))
    assert not end_unseen(row("2025-10-12"))


def test_a_slowdown_shuts_nothing_and_a_season_does() -> None:
    table = pl.DataFrame(
        [
            row("2025-10-12", kind="disruption"),
            {**row("12-01", "03-31", "seasonal"), "place_id": "PASS"},
            {**row("2025-10-12"), "place_id": "LINK", "place_kind": "link"},
        ],
        schema={
            **dict.fromkeys(["place_kind", "place_id", "kind", "start", "end"], pl.String),
            "last_seen": pl.Date,
        },
    )
    assert shut_places(table, "crossing", date(2026, 1, 1)) == {"PASS"}
