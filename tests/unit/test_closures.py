"""Whether a row of closures.csv is in force: dated, open-ended, seasonal over New Year, known to the month only."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.day_rows import day_notes
from karwan.analysis.registry import BY_NAME
from karwan.analysis.requests import CompareRequest
from karwan.case import read_case
from karwan.case.places import Gazetteer
from karwan.transport.closures import (
    closure_spans,
    days_shut,
    end_unseen,
    in_force,
    shut_days,
    shut_places,
    touches,
)


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


def test_an_answer_of_another_day_says_which_rows_hold() -> None:
    """Toyland on its own day says nothing; a year earlier it names what is shut then and counts what begins or ends later."""
    case = read_case("toyland")
    day, stands = date(case.settings.as_of.year - 1, 6, 1), case.settings.as_of
    row = {name: None for name in case["closures"].columns} | {
        "place_kind": "crossing",
        "kind": "dated",
        "history": True,
    }
    shut = {"closure_id": "past", "place_id": "Y", "start": f"{day.year}-05-01", "end": f"{day.year}-07-01"}
    later = {"closure_id": "later", "place_id": "Y", "start": f"{day.year}-08-01"}
    rows = pl.DataFrame([row | shut, row | later], schema=case["closures"].schema)
    case = case.with_tables({"closures": rows})
    assert day_notes(case, stands) == ()
    said, named = day_notes(case, day)
    values = said.values
    assert (values["closures"], values["ended"], values["later"]) == (1, 1, 1)
    assert named.values["names"] == [Gazetteer(case.tables).name("Y")]
    answered = BY_NAME["corridor compare"].answer(Inputs(case), CompareRequest(as_of=day))
    assert answered.notes[-2:] == (said, named)


def test_a_closure_counts_its_days_from_a_day_that_is_known() -> None:
    row = {"kind": "dated", "start": "2025-10-12", "end": None, "last_seen": None}
    assert days_shut(row, date(2025, 11, 1)) == 20
    assert days_shut(row, date(2025, 10, 1)) == 0
    assert days_shut({**row, "start": "2025-10"}, date(2025, 11, 1)) == 0


def test_days_on_which_a_place_was_shut_are_no_days_of_its_record() -> None:
    rows = [
        {"start": "2019-12-20", "end": "2020-01-10"},  # ten days of January
        {"start": "2020-01-05", "end": "2020-01-12"},  # two more
        {"start": "2020-01-30", "end": None},  # and one, as the last day is not counted
    ]
    assert len(shut_days(rows, date(2020, 1, 1), date(2020, 1, 31))) == 10 + 2 + 1
    assert not shut_days([], date(2020, 1, 1), date(2020, 1, 31))
