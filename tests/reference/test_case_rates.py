"""Rates of kaz-pak that are worked out from published prices: each again from its source's own figures."""

from __future__ import annotations

import re
from collections import defaultdict

import polars as pl
import pytest

from karwan.case.case import Case, read_case

ROUBLES_USD = 61.0
"""November 2022, when the Russian grain tariffs were quoted."""

DERIVED = {
    "kaz_rail_2010_feu": 68.60 / 2170,
    "kaz_rail_2010_hopper": 23.94 / 2170,
    "titr_2018_feu": 3474 / 24 / 5500,
    "uzb_rail_2020_feu": 2972.33 / 24 / (1919 + 335 + 2570),
    "uzb_kaz_rail_2020_feu": 4284.32 / 24 / (2062 + 524 + 2570),
    "tkm_rail_2020_feu": 2972.33 / 24 / (1919 + 335 + 2570) / 0.60,
    "kaz_rail_2023_infra": 0.24 / 24,
    "tkm_rail_2023_infra": 0.24 / 24,
    "irn_rail_2023_infra": 0.24 / 24,
    "kaz_rail_2022_grain": 2500 / ROUBLES_USD / 2000,
    "kaz_rail_2022_grain_union": (3150 + 3300) / 2 / ROUBLES_USD / 2000,
    "rus_rail_2022_grain": 1300 / ROUBLES_USD / 2000,
    "rus_rail_2022_grain_union": (600 + 630) / 2 / ROUBLES_USD / 2000,
    "rus_rail_2022_feu": 1300 / ROUBLES_USD / 2000 * (68.60 / 23.94),
    "irn_rail_2021": 35 * 1.09 / 1600,
    "irn_rail_2021_private": 28 * 1.09 / 1600,
    "irn_rail_2025_claim": 40 / 1500,
    "afg_rail_2022": 3.1e9 / 4_673_929 / 88 / 75,
    "pak_rail_2022": 160_000 / 220 / 1214 / 24,
    "pak_rail_2024": 160_000 * 1.05 * 1.05 * 1.03 / 278 / 1214 / 24,
    "pak_road_2025_lhe": 350_000 / 284 / 1200 / 20,
    "pak_road_2025_pew": 500_000 / 284 / 1393 / 20,
    "pak_road_2025_down": 120_000 / 284 / 1200 / 20,
    "irn_road_2026_index": 13_190 / 1.5e6,
}

DIRHAMS_USD = 3.6725
"""The dirham's peg."""

RAILWAY_HOURS_DAY = 16
"""`rail_hours_day`: the speeds of rail rates are for the hours a wagon moves."""

SPEEDS = {
    "irn_rail_speed": 1600 / 72,
    "irn_rail_speed_54h": 1600 / 54,
    "irn_rail_speed_62h": 1600 / 62,
    "pak_rail_speed": 650 / 33,
}
"""Kilometres an hour of the whole time, from the distance and the hours a report gives."""


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case("kaz-pak")


@pytest.mark.parametrize("rate_id", sorted(DERIVED))
def test_a_derived_rate_follows_from_its_source(case: Case, rate_id: str) -> None:
    rate = case["rates"].row(by_predicate=pl.col("rate_id") == rate_id, named=True)
    printed = re.search(r"at ([\d.]+) t\.$", rate["note"])
    assert printed is not None
    assert rate["cost_usd_km"] / float(printed[1]) == pytest.approx(DERIVED[rate_id], rel=0.02)


@pytest.mark.parametrize("rate_id", sorted(SPEEDS))
def test_a_speed_follows_from_the_hours_of_its_source(case: Case, rate_id: str) -> None:
    day = case["parameters"].row(by_predicate=pl.col("parameter_id") == "rail_hours_day", named=True)["value"]
    assert day == RAILWAY_HOURS_DAY
    rate = case["rates"].row(by_predicate=pl.col("rate_id") == rate_id, named=True)
    assert rate["speed_kmh"] == pytest.approx(SPEEDS[rate_id] * 24 / day, rel=0.01)


def test_lifting_a_box_at_jebel_ali_costs_its_tariff_in_dirhams(case: Case) -> None:
    port = case["terminals"].row(by_predicate=pl.col("terminal_id") == "JEBEL_ALI", named=True)
    assert port["handling_usd_teu"] == pytest.approx(700 / DIRHAMS_USD, rel=0.01)
    assert port["handling_usd_feu"] == pytest.approx(1100 / DIRHAMS_USD, rel=0.01)


def test_russian_railways_deliver_a_consignment_at_408_km_a_day(case: Case) -> None:
    day = case["parameters"].row(by_predicate=pl.col("parameter_id") == "rail_hours_day", named=True)["value"]
    speed = case["rates"].row(by_predicate=pl.col("rate_id") == "rus_rail_2026_speed", named=True)[
        "speed_kmh"
    ]
    assert speed * day == pytest.approx(408.4, rel=0.01)


def test_each_railway_has_one_price_in_the_model_and_the_others_beside_it(case: Case) -> None:
    """Container tariffs and CPMM's samples contradict one another: both are kept, one is used."""
    for country in ("KAZ", "UZB", "TKM", "RUS", "IRN", "AFG", "PAK"):
        rows = case["rates"].filter(
            (pl.col("country") == country) & (pl.col("mode") == "rail") & pl.col("cost_usd_km").is_not_null()
        )
        assert rows.filter((pl.col("use") == "model") & (pl.col("unit") == "box40")).height == 1, country
        rows = rows.filter(pl.col("conflict_group").is_not_null())
        assert rows["conflict_group"].n_unique() == 1, country
        assert rows.height >= 2, country


def test_cpmm_would_make_part_of_a_way_dearer_than_the_price_of_the_whole(case: Case) -> None:
    """Tashkent - Turkmenbashi by the samples of single consignments against Tashkent - Istanbul as sold in 2020."""
    shown = case["rates"].filter(pl.col("rate_id").is_in(["uzb_rail_2023", "tkm_rail_2023"]))
    cost = dict(shown.select("country", "cost_usd_km").iter_rows())
    uzbek_km, turkmen_km = 696, 1223
    assert 24 / 20 * (uzbek_km * cost["UZB"] + turkmen_km * cost["TKM"]) > 1.5 * 2972.33


def _rail_km(
    case: Case, start: str, finish: str, without: frozenset[str] = frozenset(), *, gauge_mm: int = 1520
) -> float:
    """Shortest way along open rail of a gauge."""
    near: dict[str, list[tuple[str, float]]] = defaultdict(list)
    rail = case["links"].filter(
        (pl.col("mode") == "rail") & (pl.col("gauge_mm") == gauge_mm) & (pl.col("state") == "open")
    )
    for a, b, km in rail.select("from_node_id", "to_node_id", "length_km").iter_rows():
        near[a].append((b, km))
        near[b].append((a, km))
    best = {start: 0.0}
    open_places = [start]
    while open_places:
        place = open_places.pop(0)
        for other, km in near[place]:
            if other not in without and best[place] + km < best.get(other, float("inf")):
                best[other] = best[place] + km
                open_places.append(other)
    return best[finish]


def test_sarakhs_bandar_abbas_is_as_long_as_its_tariff_says(case: Case) -> None:
    """The tariff of 2021 and the timetables were divided by 1,600 km."""
    assert _rail_km(case, "SRK", "P_BND", gauge_mm=1435) == pytest.approx(1600, rel=0.01)


def test_trains_from_kostanay_reach_the_black_sea_without_moscow(case: Case) -> None:
    direct = _rail_km(case, "KOS", "P_NVS")
    assert direct == pytest.approx(_rail_km(case, "KOS", "P_NVS", frozenset({"MOW"})))
    assert 2500 < direct < 2900
    assert _rail_km(case, "CEK", "P_NVS") < 0.75 * (1866 + 847 + 1199), "the Urals do not go round by Moscow"


def test_the_line_from_oral_meets_the_rest_of_the_kazakh_railway(case: Case) -> None:
    """It does so through Sol-Iletsk in Russia only."""
    assert _rail_km(case, "ORL", "AKB") == pytest.approx(116 + 86 + 69 + 225)
    assert _rail_km(case, "ORL", "AKB", frozenset({"SIL"})) > 1000
