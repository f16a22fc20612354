"""Growth like for like, contributions and seasons: the model, and the command on a case and on a store."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from karwan.analysis.figures import FIGURES, with_rests
from karwan.cli.app import app
from karwan.errors import InvalidInput
from karwan.project import open_case
from karwan.trade.indicators.growth import contributions, like_periods, runs_of_months
from karwan.trade.period import year_before
from tests.shared import shared_path

RUN = CliRunner()
HEADER = (
    "reporterISO,partnerISO,flowCode,period,classificationCode,cmdCode,primaryValue,netWgt,qty,qtyUnitAbbr"
)


def month(year: int, number: int) -> tuple[date, date]:
    following = date(year + number // 12, number % 12 + 1, 1)
    return date(year, number, 1), date.fromordinal(following.toordinal() - 1)


def test_year_before_keeps_the_end_of_a_month() -> None:
    assert year_before(date(2025, 2, 28)) == date(2024, 2, 29)
    assert year_before(date(2024, 2, 29), 4) == date(2020, 2, 29)
    assert year_before(date(2025, 7, 15), 10) == date(2015, 7, 15)


def test_months_give_the_month_the_year_to_date_and_twelve_months() -> None:
    periods = [month(2023 + k // 12, k % 12 + 1) for k in range(27)]  # January 2023 to March 2025
    found, refused = like_periods(periods)
    assert [one.kind for one in found] == ["twelve months", "year to date", "month"]
    assert [one.span[0] for one in found] == [date(2024, 4, 1), date(2025, 1, 1), date(2025, 3, 1)]
    assert all(one.span[1] == date(2025, 3, 31) for one in found)
    assert [len(one.before) for one in found] == [12, 3, 1]
    assert found[1].span_before == (date(2024, 1, 1), date(2024, 3, 31))
    assert refused == ()
    fiscal, _ = like_periods(periods, year_starts=7)
    assert {one.kind: one.span[0] for one in fiscal}["year to date"] == date(2024, 7, 1)


def test_a_silent_month_refuses_what_needs_it() -> None:
    periods = [month(2023 + k // 12, k % 12 + 1) for k in range(27) if k != 12]  # January 2024 is silent
    found, refused = like_periods(periods)
    assert [one.kind for one in found] == ["month"]
    assert refused == (
        "year to date: 2024-01 not reported",
        "twelve months: 2024-01 not reported",
    )


def test_years_and_parts_compare_with_the_same_months_only() -> None:
    year, part = (date(2024, 1, 1), date(2024, 12, 31)), (date(2025, 1, 1), date(2025, 7, 31))
    earlier = (date(2024, 1, 1), date(2024, 7, 31))
    found, refused = like_periods([year, part, earlier])
    assert [(one.kind, one.now, one.before) for one in found] == [("part of a year", (part,), (earlier,))]
    alone, refused = like_periods([year, part])
    assert alone == ()
    assert refused == ("no year or part of a year is reported for the same months a year earlier",)
    decades, _ = like_periods([year, (date(2014, 1, 1), date(2014, 12, 31))], years_back=10)
    assert decades[0].before[0][0] == date(2014, 1, 1)


def test_a_cut_month_is_no_month() -> None:
    half, earlier = (date(2025, 3, 1), date(2025, 3, 15)), (date(2024, 3, 1), date(2024, 3, 15))
    found, refused = like_periods([half, earlier, month(2024, 3)])
    assert [(one.kind, one.now) for one in found] == [("part of a year", (half,))]
    assert any(reason.startswith("month: 2023-03") for reason in refused)


@pytest.mark.parametrize("wrong", [{"year_starts": 13}, {"years_back": 0}])
def test_senseless_comparisons_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidInput):
        like_periods([month(2024, 1)], **wrong)


amounts = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.01, 1e9), min_size=1)


@settings(deadline=None, max_examples=60)
@given(amounts, amounts, st.floats(0, 1e8), st.floats(0, 1e8))
def test_contributions_add_up_to_the_growth_of_the_total(
    before: dict[str, float], after: dict[str, float], rest_before: float, rest_after: float
) -> None:
    tables = [pl.DataFrame({"product": list(d), "value_usd": list(d.values())}) for d in (before, after)]
    totals = (sum(before.values()) + rest_before, sum(after.values()) + rest_after)
    parts = contributions(*tables, totals=totals)
    assert parts["contribution_share"].sum() == pytest.approx(totals[1] / totals[0] - 1, rel=1e-9, abs=1e-9)
    plain = contributions(*tables)
    own = sum(after.values()) / sum(before.values()) - 1
    assert plain["contribution_share"].sum() == pytest.approx(own, rel=1e-9, abs=1e-9)
    assert set(plain["product"]) == set(before) | set(after)


def test_the_flagship_case_gives_both_sides_their_own_growth() -> None:
    answer = open_case("kaz-pak").growth("KAZ", "PAK")
    rows = answer.tables["growth like for like"]
    fiscal = rows.filter(
        (pl.col("reporter") == "PAK") & (pl.col("period") == "FY 2024/25") & (pl.col("flow") == "PAK to KAZ")
    ).row(0, named=True)
    assert fiscal["growth_share"] == pytest.approx(97.96 / 185.25 - 1)  # -47.1 %, as the State Bank says
    assert fiscal["source_id"] == "profit_fy25"
    databases = rows.filter((pl.col("period") == "2016") & (pl.col("reporter") == "PAK"))
    assert len(databases["source_id"][0].split(";")) == 2  # two databases, said so
    ways = answer.tables["contributions by direction"]
    seven = ways.filter((pl.col("reporter") == "KAZ") & (pl.col("period") == "Jan–Jul 2025"))
    assert seven["contribution_share"].sum() == pytest.approx(89.6 / 36.3 - 1)
    share = dict(seven.select("group", "contribution_share").iter_rows())
    assert share["KAZ to PAK"] == pytest.approx((55.5 - 7.71) / 36.3)
    lacks = answer.tables["not supported"]
    assert "seasons" in set(lacks["question"])
    assert "contributions by product" in set(lacks["question"])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Kazakhstan's monthly reports, January 2022 to May 2025: a season, a trend, three chapters, two partners."""
    folder = tmp_path_factory.mktemp("growth")
    lines = [HEADER]
    for k in range(41):
        period = f"{2022 + k // 12}{k % 12 + 1:02d}"
        for partner, size in (("PAK", 1.0), ("UZB", 3.0)):
            for flow, factor in (("X", 1.0), ("M", 0.5)):
                for code, base in (("071310", 900.0), ("071340", 100.0), ("100630", 500.0), ("720839", 50.0)):
                    if code == "720839" and k < 30:
                        continue
                    value = size * factor * base * SEASON[k % 12] * 1.01**k
                    lines.append(f"KAZ,{partner},{flow},{period},H6,{code},{value:.3f},,,")
    (folder / "monthly.csv").write_text("\n".join(lines) + "\n")
    target = str(folder / "trade.duckdb")
    loaded = RUN.invoke(
        app, ["trade", "ingest", "comtrade-csv", str(folder / "monthly.csv"), "--store", target]
    )
    assert loaded.exit_code == 0, loaded.output
    return target


SEASON = 1.0 + 0.3 * np.sin(2 * np.pi * np.arange(12) / 12)


def answered(*arguments: str) -> dict[str, Any]:
    result = RUN.invoke(app, ["trade", "growth", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_months_of_a_store_give_every_comparison_and_the_season(store: str) -> None:
    answer = answered("KAZ", "PAK", "--store", store)
    out = [row for row in answer["growth like for like"] if row["flow"] == "KAZ to PAK"]
    assert [row["kind"] for row in out] == ["twelve months", "year to date", "month"]
    assert out[1]["period"] == "Jan–May 2025"
    # Old goods grow by 1.01^12; the new chapter comes on top.
    new = sum(50 * SEASON[k] * 1.01 ** (36 + k) for k in range(5))
    old = sum(1500 * SEASON[k] * 1.01 ** (24 + k) for k in range(5))
    assert out[1]["growth_share"] == pytest.approx(1.01**12 - 1 + new / old, rel=1e-5)
    parts = [row for row in answer["contributions by product"] if row["flow"] == "KAZ to PAK"]
    assert {row["group"]: row["state"] for row in parts} == {"07": "both", "10": "both", "72": "new"}
    assert parts[0]["period"] == "Jun 2024–May 2025"
    assert sum(row["contribution_share"] for row in parts) == pytest.approx(out[0]["growth_share"])
    both = [row for row in answer["contributions by direction"] if row["period"] == "Jan–May 2025"]
    assert both[0]["contribution_share"] == pytest.approx(2 * both[1]["contribution_share"], rel=1e-4)
    season = [row["index"] for row in answer["seasons"] if row["flow"] == "KAZ to PAK"]
    assert season == pytest.approx(list(SEASON / SEASON.mean()), abs=0.02)


def test_each_month_and_quarter_grows_by_product_too(store: str) -> None:
    answer = answered("KAZ", "PAK", "--store", store, "--by", "product,month,quarter", "--level", "2")
    months = [row for row in answer["growth by month"] if row["flow"] == "KAZ to PAK"]
    pulses = [row for row in months if row["goods"] == "07"]
    assert len(pulses) == 29
    assert {round(row["growth_share"], 4) for row in pulses} == {round(1.01**12 - 1, 4)}
    quarters = [
        row
        for row in answer["growth by quarter"]
        if row["flow"] == "KAZ to PAK" and row["goods"] == "all goods"
    ]
    assert [row["period"] for row in quarters][:2] == ["Jan–Mar 2025", "Oct–Dec 2024"]
    first = [
        row for row in months if row["goods"] == "all goods" and row["period"][:3] in ("Jan", "Feb", "Mar")
    ]
    assert quarters[0]["value_usd"] == pytest.approx(sum(row["value_usd"] for row in first[:3]))


def test_cumulated_periods_are_subtracted() -> None:
    ends = {(2024, 1): 10.0, (2024, 2): 25.0, (2024, 12): 300.0, (2025, 1): 12.0, (2025, 2): 30.0}
    rows = [
        ("s", "KAZ", "KAZ to PAK", kind, group, date(y, 1, 1), month(y, m)[1], value * share, None, None)
        for (y, m), value in ends.items()
        for kind, group, share in (("total", "all goods", 1.0), ("product", "07", 0.4))
        if (kind, m) != ("product", 1)
    ]
    table = with_rests(pl.DataFrame(rows, schema=FIGURES, orient="row"))
    found = {
        (row["group"], row["start"], row["end"]): row["value_usd"] for row in table.iter_rows(named=True)
    }
    february = (date(2024, 2, 1), date(2024, 2, 29))
    assert found["all goods", *february] == pytest.approx(15.0)
    assert found["07", *february] == pytest.approx(10.0)  # not named in January: no trade in it
    assert found["all goods", date(2024, 3, 1), date(2024, 12, 31)] == pytest.approx(275.0)
    totals = table.filter(pl.col("kind") == "total")
    growth = {one.span[0]: one for one in runs_of_months(set(totals.select("start", "end").iter_rows()), 1)}
    assert set(growth) == {date(2025, 1, 1), date(2025, 2, 1)}
    assert with_rests(table).height == table.height


def test_one_country_is_broken_down_by_partner_at_any_level(store: str) -> None:
    answer = answered("KAZ", "--store", store, "--level", "6", "--limit", "1", "--until", "2024-12-31")
    partners = [row for row in answer["contributions by partner"] if row["flow"] == "KAZ to all"]
    assert [row["group"] for row in partners] == ["UZB", "PAK"]
    goods = [row for row in answer["contributions by product"] if row["flow"] == "KAZ to all"]
    assert goods[0]["group"] == "071310"
    assert goods[1]["group"] == "3 others"
    total = answer["growth like for like"][0]
    assert total["period"] == "2024" or total["period"].endswith("2024")
    assert sum(row["contribution_share"] for row in goods) == pytest.approx(total["growth_share"])
    one = answered("KAZ", "PAK", "--store", store, "--product", "0713", "--by", "product", "--level", "6")
    assert {row["group"] for row in one["contributions by product"]} == {"071310", "071340"}


def test_a_store_and_a_case_stand_beside_each_other(store: str) -> None:
    answer = answered("KAZ", "PAK", "--store", store, "--case", "kaz-pak", "--by", "direction")
    assert {row["source"] for row in answer["growth like for like"]} == {
        "comtrade, HS22",
        "published figures of kaz-pak",
        "published figures of kaz-pak, customs",
        "published figures of kaz-pak, payments",
        "published figures of kaz-pak, press",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["KAZ"], "alone"),
        (["KAZ", "FRA"], "no case is about the two"),
        (["KAZ", "PAK", "--by", "sector"], "no breakdown by sector"),
        (["KAZ", "PAK", "--by", "partner"], "no breakdown by partner"),
        (["KAZ", "PAK", "--case", "toyland"], "is about"),
    ],
)
def test_refusals_say_what_to_do(arguments: list[str], words: str) -> None:
    result = RUN.invoke(app, ["trade", "growth", *arguments])
    assert isinstance(result.exception, InvalidInput)
    assert words in str(result.exception)
    assert result.exception.fix


def test_refusals_of_a_store(store: str) -> None:
    for arguments, words in (
        (["KAZ", "DEU"], "no flows of KAZ and DEU"),
        (["KAZ", "PAK", "--product", "99"], "in 99"),
        (["KAZ", "PAK", "--level", "8"], "no codes of 8 digits"),
    ):
        result = RUN.invoke(app, ["trade", "growth", *arguments, "--store", store])
        assert isinstance(result.exception, InvalidInput)
        assert words in str(result.exception)


def test_sections_of_the_pair_over_a_decade(tmp_path: Path) -> None:
    """UNCTAD sections: what changed between 2005 and 2015, equal to the sums in the file."""
    path = shared_path("data/trade/unctad_sitc_section_bilateral_1995_2005_2015.parquet")
    store = str(tmp_path / "trade.duckdb")
    ingest = ["trade", "ingest", "table", str(path), "--mapping", "unctad_sections", "--store", store]
    assert RUN.invoke(app, ingest).exit_code == 0
    answer = answered("KAZ", "PAK", "--store", store, "--years-back", "10", "--by", "product")
    parts = [row for row in answer["contributions by product"] if row["flow"] == "PAK to KAZ"]
    named = {row["group"]: row["change_usd"] for row in parts}
    assert named["0 Food and live animals"] == pytest.approx(7_060_878 - 269_146, abs=2)
    assert sum(named.values()) == pytest.approx(12_843_884 - 9_967_615, abs=2)
