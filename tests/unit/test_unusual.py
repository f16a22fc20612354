"""Months that a year rests on: found, bounded, said wherever the year is, and never found where a season or growth explains them."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from karwan.analysis import front
from karwan.analysis import headlines as hl
from karwan.analysis.brief_build import empty_target
from karwan.analysis.sections import Standing
from karwan.analysis.target import target_section
from karwan.case import Case, read_case
from karwan.trade.cumulated import rest_of_periods
from tests.unit.test_cumulated import row, spans
from tests.unit.test_headlines import DAY, figure, standing, with_rows, year

OUT: dict[str, Any] = {"direction": "a_to_b"}
BACK: dict[str, Any] = {"direction": "b_to_a"}
TARGET = {"title": "T", "value": 400e6, "due": date(2026, 12, 31), "due_basis": "published"}


@pytest.fixture(scope="module")
def toyland() -> Case:
    return read_case("toyland")


def months(number: int, first: int, last: int, usd: float, **other: Any) -> dict[str, Any]:
    """A figure of some months of a year."""
    end = {2: 28, 6: 30, 10: 31, 12: 31}[last]
    return figure(
        f"m{number}-{first}-{last}-{usd}", date(number, first, 1), date(number, last, end), usd, **other
    )


SURGE = [
    year(2024, 60e6, **BACK),
    year(2024, 1e6, **OUT),
    year(2025, 40e6, **BACK),
    year(2025, 60e6, **OUT),
    months(2025, 1, 10, 20e6, **OUT),
]


def test_two_months_that_hold_two_fifths_of_a_year_are_found_with_a_bound_on_the_year_before(
    toyland: Case,
) -> None:
    table = standing(toyland, SURGE).unusual
    columns = ["months_label", "value_usd", "before_usd", "at_most", "fold", "turnover_usd", "without_usd"]
    assert table.select(columns).rows() == [
        ("Nov–Dec 2025", 40e6, 1e6, True, 40.0, 100e6, 61e6),
        ("2025", 60e6, 1e6, False, 60.0, 100e6, 41e6),
    ]
    assert table["direction_label"].unique().to_list() == ["Upland to Lowland"]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([year(2024, 50e6), year(2025, 100e6), months(2025, 1, 10, 30e6)], id="growth"),
        pytest.param(
            [
                year(2024, 80e6),
                months(2024, 1, 10, 20e6),
                year(2025, 100e6),
                months(2025, 1, 10, 30e6),
            ],
            id="a season",
        ),
        pytest.param([year(2025, 100e6), months(2025, 1, 10, 30e6)], id="nothing known before"),
        pytest.param(
            [
                year(2024, 99e6, **BACK),
                year(2024, 0.1e6, **OUT),
                year(2025, 99e6, **BACK),
                year(2025, 9e6, **OUT),
            ],
            id="a small part",
        ),
        pytest.param(
            [year(2024, 1e6, statistics="payments"), year(2025, 100e6), months(2025, 1, 10, 30e6)],
            id="counted otherwise",
        ),
        pytest.param([year(2024, 1e6), year(2025, 100e6)], id="the whole turnover"),
    ],
)
def test_growth_seasons_and_other_counts_are_not_unusual(toyland: Case, rows: list[dict[str, Any]]) -> None:
    assert standing(toyland, rows).unusual.is_empty()


def test_months_without_any_trade_a_year_before_have_no_ratio(toyland: Case) -> None:
    rows = [
        year(2024, 50e6, **BACK),
        year(2024, 0.0, **OUT),
        year(2025, 50e6, **BACK),
        year(2025, 50e6, **OUT),
    ]
    section = standing(toyland, rows)
    assert section.unusual["fold"].to_list() == [None]
    assert hl.unusual_headline(section, empty_target(), DAY) == (
        "Out of line with the year before: Upland's 2025 holds USD 50 m Upland to Lowland in 2025, none a year before."
    )


def aimed(case: Case) -> Standing:
    return standing(with_rows(case, "targets", [TARGET]), SURGE)


def test_headlines_and_totals_say_the_year_as_published_and_with_them_as_a_year_before(toyland: Case) -> None:
    section = aimed(toyland)
    assert hl.unusual_headline(section, empty_target(), DAY) == (
        "Out of line with the year before: Upland's 2025 holds USD 40 m Upland to Lowland in Nov–Dec 2025, at least 40 times a year before"
        " and USD 60 m Upland to Lowland in 2025, 60 times a year before."
    )
    assert hl.distance_headline(section, DAY) == (
        "T by 31 December 2026 is 4.0 times Upland's 2025 (growth of 300 % a year from there; at least 6.6 times had Upland to Lowland in"
        " Nov–Dec 2025 been as a year before; 9.8 times had Upland to Lowland in 2025 been as a year before)."
    )
    found = front.without_table(section, toyland.parties, DAY)
    columns = ["counted", "exporter", "importer", "without_usd", "target_multiple"]
    assert found.select(columns).rows() == [
        ("customs", "XTA", "XTC", 61e6, pytest.approx(400 / 61)),
        ("customs", "XTA", "XTC", 41e6, pytest.approx(400 / 41)),
    ]


def test_chances_stand_as_published_and_with_them_as_a_year_before_and_the_published_one_is_not_moved(
    toyland: Case,
) -> None:
    case = with_rows(toyland, "targets", [TARGET])
    section = aimed(toyland)
    plain = target_section(case, section.annual, DAY)
    beside = target_section(case, section.annual, DAY, unusual=section.unusual)
    assert beside.chances.equals(plain.chances)
    assert plain.without.is_empty()
    assert beside.without["base_usd"].to_list() == [61e6, 41e6]
    student = plain.chances.filter(pl.col("model").str.contains("Student"))["probability"][0]
    assert beside.without["probability_with"].to_list() == pytest.approx([student, student])
    assert beside.without["probability"][1] != pytest.approx(student)
    assert "; chance of T by 31 December 2026 with them as a year before: Upland " in hl.unusual_headline(
        section, beside, DAY
    )
    said = hl.chance_headline(beside, section, DAY)  # one range: the chance as published and those without
    assert "past, with and without its unusual months, give a chance of 0 % to 11 %, with" in said
    assert "past give a chance of 11 %, with" in hl.chance_headline(plain, section, DAY)
    outlook = front.outlook_table(case, section.annual, DAY, beside.without)
    assert outlook.select("base_usd", "less").rows() == [(100e6, None), (41e6, "Upland to Lowland, 2025")]


def test_a_revision_of_one_direction_does_not_hide_the_months_of_the_other() -> None:
    year_end, ten = date(2025, 12, 31), date(2025, 10, 31)
    rows = [
        row("out", year_end, 60.0, **OUT),
        row("out10", ten, 20.0, **OUT),
        row("back", year_end, 40.0, **BACK),
        row("first", ten, 30.0, **BACK),
        row("later", ten, 31.0, **BACK),
        row("all", year_end, 100.0),
        row("all10", ten, 50.0, derived=True),
    ]
    found, _ = rest_of_periods(rows)
    assert spans(found) == {(date(2025, 11, 1), year_end): 40.0}
    assert [one["direction"] for one in found] == ["a_to_b"]
