"""Border tables of the kaz-pak case against the publications they were typed from."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import karwan
from tests.shared import shared_path

CASE = Path(karwan.__file__).resolve().parent / "cases" / "kaz-pak"
ALPHA3 = {"KZ": "KAZ", "UZ": "UZB", "TM": "TKM", "AF": "AFG", "PK": "PAK", "IR": "IRN"}
ALPHA3 |= {"CN": "CHN", "KG": "KGZ", "TJ": "TJK", "RU": "RUS"}
SURVEYED = {
    ("Chaman", "PAK"): "B_CHAM",
    ("Spin Buldak", "AFG"): "B_CHAM",
    ("Torkham (reported as Peshawar)", "PAK"): "B_TORK",
    ("Torkham", "PAK"): "B_TORK",
    ("Torkham", "AFG"): "B_TORK",
    ("Khunjerab", "PAK"): "B_KHUN",
    ("Shirkhan Bandar", "AFG"): "B_SHIR",
    ("Khorgos", "CHN"): "B_KHOR",
    ("Horgos", "CHN"): "B_KHOR",
    ("Alashankou", "CHN"): "B_DOST",
    ("Alat", "UZB"): "B_ALAT",
    ("Yallama", "UZB"): "B_KONY",
    ("Farap", "TKM"): "B_ALAT",
    ("Tsiteli Khidi", "GEO"): "B_REDB",
}
OUTSIDE_THE_NETWORK = {"Erenhot"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def table(name: str) -> list[dict[str, str]]:
    return read(CASE / f"{name}.csv")


def test_every_surveyed_crossing_row_is_typed_with_its_figures() -> None:
    typed = {
        (r["crossing_id"], r["side"], r["direction"], r["mode"], r["year"], float(r["time_h"])): r
        for r in table("crossing_times")
        if r["time_h"]
    }
    rows = read(shared_path("data/corridor/bcp_performance.csv"))
    for row in rows:
        if row["bcp"] in OUTSIDE_THE_NETWORK:
            continue
        direction = "both" if row["direction"] == "all" else row["direction"]
        crossing = SURVEYED[row["bcp"], row["country"]]
        key = (crossing, row["country"], direction, row["mode"], row["year"], float(row["hours"]))
        assert key in typed, f"{key} is not in crossing_times.csv"
        assert typed[key]["basis"] == "observed"
        if row["cost_usd"]:
            assert float(typed[key]["cost_usd"]) == float(row["cost_usd"])


def test_the_two_editions_that_swap_torkham_and_chaman_stand_side_by_side() -> None:
    group = [
        r for r in table("crossing_times") if r["conflict_group"] == "pak_2020_swap" and r["year"] == "2020"
    ]
    hours = {(r["crossing_id"], r["source_id"]): float(r["time_h"]) for r in group}
    assert hours[("B_TORK", "cpmm_2022_pak")] == hours[("B_CHAM", "cpmm_2020_pak")] == 50.0
    assert hours[("B_CHAM", "cpmm_2022_pak")] == hours[("B_TORK", "cpmm_2020_pak")] == 70.7


@pytest.mark.parametrize(
    ("area", "mode", "direction", "year", "crossing", "side"),
    [
        ("UZB", "road", "outbound", "2023", "B_AIRA", "UZB"),
        ("UZB", "road", "inbound", "2023", "B_KONY", "UZB"),
        ("TKM", "rail", "inbound", "2023", "B_BOLA", "TKM"),
        ("TKM", "road", "inbound", "2023", "B_SERH", "TKM"),
        ("TKM", "road", "outbound", "2020", "B_SERH", "TKM"),
        ("KAZ", "rail", "inbound", "2022", "B_DOST", "KAZ"),
        ("KAZ", "rail", "outbound", "2022", "B_SARY", "KAZ"),
        ("AFG", "road", "all", "2020", "B_AIRA", "AFG"),
        ("PAK", "road", "inbound", "2020", "B_CHAM", "PAK"),
    ],
)
def test_a_side_nobody_measured_takes_its_country_average(
    area: str, mode: str, direction: str, year: str, crossing: str, side: str
) -> None:
    published: dict[str, float] = {}
    for way in ("all", direction):  # money is sometimes published for both directions together
        for r in read(shared_path("data/corridor/cpmm_tfi.csv")):
            if (r["area"], r["mode"], r["direction"], r["year"]) == (area, mode, way, year):
                published[r["indicator"]] = float(r["value"])
    wanted = (crossing, side, mode, "both" if direction == "all" else direction, year)
    keys = ("crossing_id", "side", "mode", "direction", "year")
    (row,) = [
        r for r in table("crossing_times") if tuple(r[k] for k in keys) == wanted and r["use"] == "model"
    ]
    assert float(row["time_h"]) == published["TFI1"]
    assert float(row["cost_usd"]) == published["TFI2"]
    assert row["basis"] == "assumed"
    assert "ountry average, not this crossing" in row["note"]


def test_each_side_of_each_crossing_has_hours_and_money_both_ways() -> None:
    rows = [r for r in table("crossing_times") if r["use"] == "model"]
    for crossing in table("crossings"):
        for side in (crossing["country_a"], crossing["country_b"]):
            for mode in crossing["modes"].split(";"):
                for direction in ("outbound", "inbound"):
                    own = [
                        r
                        for r in rows
                        if (r["crossing_id"], r["side"], r["mode"]) == (crossing["crossing_id"], side, mode)
                        and r["direction"] in (direction, "both")
                    ]
                    where = f"{crossing['crossing_id']} {side} {mode} {direction}"
                    assert any(r["time_h"] for r in own), f"no hours: {where}"
                    assert any(r["cost_usd"] for r in own), f"no money: {where}"


def test_every_border_node_collected_is_a_crossing_between_its_countries() -> None:
    crossings = {r["crossing_id"]: r for r in table("crossings")}
    for node in read(shared_path("data/corridor/nodes.csv")):
        if node["id"].startswith("B_"):
            pair = [ALPHA3[c] for c in node["country"].split("-")]
            assert [crossings[node["id"]][k] for k in ("country_a", "country_b")] == pair


def test_all_pakistan_afghanistan_crossings_are_shut_since_october_2025() -> None:
    shut = {
        r["place_id"]: r
        for r in table("closures")
        if r["kind"] == "dated" and r["start"] == "2025-10-12" and not r["end"]
    }
    assert set(shut) == {"B_TORK", "B_CHAM", "B_GHUL", "B_KHAR", "B_ANGO"}
    assert all(r["last_seen"] > "2026-01-31" and r["basis"] == "observed" for r in shut.values())


def test_turkmen_fees_are_those_published() -> None:
    published = {r["id"]: r["value"] for r in read(shared_path("data/corridor/freight_rates.csv"))}
    typed = {r["fee_id"]: float(r["cost_usd"]) for r in table("fees")}
    for fee, source in {"tkm_entry_10t": "TKM-entry-10t", "tkm_entry_20t": "TKM-entry-20t"}.items():
        assert typed[fee] == float(published[source])
    assert typed["tkm_entry_20p"] == float(published["TKM-entry-20p"])
    tolls = [float(v) for v in published["TKM-bridge"].split("/")]
    assert [typed[f"tkm_bridge_{c}"] for c in ("10", "20", "36", "36p")] == tolls


def test_trips_between_the_two_countries_are_never_fitted() -> None:
    trips = {r["trip_id"]: r for r in table("trips")}
    for name in ("KTZE_PAV_KHI_2024", "KTZE_PAV_JEA_2024", "NLC_ALA_2023", "NLC_AST_2023", "KAZ_PAK_2023"):
        assert trips[name]["use"] == "validate" and trips[name]["status"] == "done"
    assert all(t["status"] == "done" for t in trips.values() if t["use"] != "shown")
    assert (
        sum(t["use"] == "calibrate" and bool(t["time_days"] or t["cost_usd"]) for t in trips.values()) >= 10
    )


def test_trial_shipments_carry_the_published_distances() -> None:
    typed = {r["trip_id"]: r["distance_km"] for r in table("trips")}
    names = {"NLC-ALA-2023": "NLC_ALA_2023", "NLC-AST-2023": "NLC_AST_2023", "NLC-TAS-2023": "NLC_TAS_2023"}
    names["KAZ-PAK-2023"] = "KAZ_PAK_2023"
    for row in read(shared_path("data/corridor/trial_shipments.csv")):
        if row["id"] in names:
            assert typed[names[row["id"]]] == row["distance_km"]


def test_assumed_money_and_hours_never_pass_as_observed() -> None:
    for name in ("crossing_times", "transfers", "fees", "documents"):
        for row in table(name):
            if row["source_id"] == "judgement":
                assert row["basis"] == "assumed", f"{name}: {row}"
