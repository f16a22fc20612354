from datetime import date

import polars as pl
import pytest

from karwan.case import read_case
from karwan.trade.standing import (
    Parties,
    annual_series,
    distance_to_targets,
    known_flows,
    like_for_like,
    mirror_pairs,
    period_label,
    refused_comparisons,
)

PARTIES = Parties("XTA", "XTC", "Upland", "Lowland")
DAY = date(2025, 7, 1)


@pytest.fixture(scope="module")
def toyland():
    return read_case("toyland")


@pytest.fixture(scope="module")
def known(toyland):
    return known_flows(toyland["flows"], toyland["sources"], DAY)


@pytest.mark.parametrize(
    ("start", "end", "kind", "label"),
    [
        (date(2024, 1, 1), date(2024, 12, 31), "calendar_year", "2024"),
        (date(2024, 7, 1), date(2025, 6, 30), "fiscal_year", "FY 2024/25"),
        (date(2025, 1, 1), date(2025, 7, 31), "part_year", "Jan–Jul 2025"),
        (date(2023, 7, 1), date(2024, 2, 29), "part_year", "Jul 2023–Feb 2024"),
        (date(2022, 9, 1), date(2022, 9, 30), "month", "Sep 2022"),
    ],
)
def test_periods_are_named_as_readers_say_them(start, end, kind, label):
    assert period_label(start, end, kind) == label


def test_growth_is_taken_on_the_same_months_only(known):
    growth = like_for_like(known)
    assert growth.select("period_label", "previous_label").rows() == [
        ("Jan–Jun 2025", "Jan–Jun 2024"),
        ("2024", "2023"),
    ]
    assert growth["growth_share"].to_list() == pytest.approx([0.2, 0.2])


def test_half_a_year_is_not_compared_with_a_whole_one(known):
    refused = refused_comparisons(known, PARTIES)
    assert refused["subject"].to_list() == ["Upland: Jan–Jun 2025 (USD 6.0 m) against 2024 (USD 12.0 m)"]
    assert "6 months against twelve" in refused["reason"][0]


def test_mirror_gap_is_the_larger_over_the_smaller(known):
    pair = mirror_pairs(known, PARTIES).row(0, named=True)
    assert (pair["value_a_usd"], pair["value_b_usd"], pair["aligned"]) == (12e6, 18e6, True)
    assert pair["ratio"] == pytest.approx(1.5)


@pytest.mark.parametrize(("end", "pairs"), [(date(2024, 5, 29), 1), (date(2024, 5, 28), 0)])
def test_years_are_paired_from_150_common_days_on_both_ends_counted(toyland, end, pairs):
    """1 January to 29 May 2024 are 31 + 29 + 31 + 30 + 29 = 150 days."""
    fiscal = pl.col("flow_id") == "c24"
    flows = toyland["flows"].with_columns(
        period_start=pl.when(fiscal).then(date(2023, 5, 30)).otherwise("period_start"),
        period_end=pl.when(fiscal).then(end).otherwise("period_end"),
        period_kind=pl.when(fiscal).then(pl.lit("fiscal_year")).otherwise("period_kind"),
    )
    flows = flows.filter(pl.col("flow_id").is_in(["a24", "c24"]))
    found = mirror_pairs(known_flows(flows, toyland["sources"], DAY), PARTIES)
    assert found["aligned"].to_list() == [False] * pairs


def test_figures_of_periods_not_over_are_not_known(toyland):
    early = known_flows(toyland["flows"], toyland["sources"], date(2024, 12, 30))
    assert early["flow_id"].to_list() == ["a23", "a24h"]


def test_distance_is_the_yearly_growth_that_reaches_the_target(known, toyland):
    distance = distance_to_targets(annual_series(known), toyland["targets"], DAY)
    row = distance.filter(pl.col("reporter") == "XTA").row(0, named=True)
    assert row["multiple"] == pytest.approx(20 / 12)
    assert row["years_from_base"] == 3.0
    assert 12e6 * (1 + row["growth_needed_share"]) ** 3 == pytest.approx(20e6)


def test_totals_are_added_up_where_a_side_gives_both_directions():
    case = read_case("kaz-pak")
    known = known_flows(case["flows"], case["sources"], date(2026, 11, 24))
    year = known.filter(
        pl.col("derived") & (pl.col("reporter") == "PAK") & (pl.col("period_label") == "FY 2024/25")
    ).row(0, named=True)
    assert year["value_usd"] == pytest.approx(97.96e6 + 129.63e6)
    assert year["basis"] == "computed"


def test_growth_agrees_with_what_the_sources_state():
    case = read_case("kaz-pak")
    growth = like_for_like(known_flows(case["flows"], case["sources"], date(2026, 11, 24)))
    stated = growth.filter(
        (pl.col("reporter") == "PAK")
        & (pl.col("direction") == "b_to_a")
        & pl.col("stated_growth_share").is_not_null()
    )
    assert stated.height >= 3
    gaps = (stated["growth_share"] - stated["stated_growth_share"]).abs()
    assert gaps.max() < 0.002


def test_row_order_changes_nothing(toyland):
    rows = toyland["flows"]
    forward = annual_series(known_flows(rows, toyland["sources"], DAY))
    backward = annual_series(known_flows(rows.reverse(), toyland["sources"], DAY))
    assert forward.equals(backward)


def test_contributions_of_the_directions_add_up_to_the_growth_of_turnover() -> None:
    """Kazakhstan, January-July 2025: +146.8 % of turnover is +131.7 points of exports and +15.2 of imports."""
    case = read_case("kaz-pak")
    growth = like_for_like(known_flows(case["flows"], case["sources"], date(2026, 11, 24)))
    seven = growth.filter((pl.col("reporter") == "KAZ") & (pl.col("period_label") == "Jan–Jul 2025"))
    rows = {row["direction"]: row for row in seven.iter_rows(named=True)}
    assert rows["total"]["contribution_share"] is None
    assert rows["a_to_b"]["contribution_share"] == pytest.approx((55.5 - 7.71) / 36.3)
    points = rows["a_to_b"]["contribution_share"] + rows["b_to_a"]["contribution_share"]
    assert points == pytest.approx(
        rows["total"]["growth_share"], abs=5e-4
    )  # the published figures are rounded
    alone = growth.filter((pl.col("reporter") == "PAK") & (pl.col("period_label") == "Sep 2022"))
    assert alone["contribution_share"].to_list() == [None]  # that month's turnover is not published
