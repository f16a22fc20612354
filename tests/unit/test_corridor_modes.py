"""Corridors by land like for like: by road, by rail, by rail as far as it lies, by the best mix."""

from __future__ import annotations

import polars as pl
import pytest

from karwan.analysis.corridor_modes import AS_FAR, MIX
from karwan.errors import UnknownName
from karwan.project import open_case
from karwan.schema.modes import RAIL, ROAD


def test_each_land_corridor_stands_by_each_way_from_each_origin_both_ways() -> None:
    project = open_case("toyland")
    table = project.modes().tables["ways"]
    land = [r["corridor_id"] for r in project.case["corridors"].to_dicts() if set(r["modes"]) <= {ROAD, RAIL}]
    pairs = table.select("origin_id", "destination_id").unique().height
    assert table.height == len(land) * pairs * 4
    assert set(table["direction"]) == {"a_to_b", "b_to_a"}
    assert table.filter(pl.col("usd").is_null())["reason"].str.len_chars().min() > 0


def test_ways_keep_to_their_modes_and_the_mix_costs_least() -> None:
    table = open_case("toyland").modes(corridors=("rail",)).tables["ways"].filter(pl.col("usd").is_not_null())
    assert set(table["corridor_id"]) == {"RAIL"}
    shares = dict(table.group_by("way").agg(pl.col("rail_share").mean()).iter_rows())
    assert shares["road"] == 0.0
    assert shares["rail as far as it lies"] >= shares["best mix"]
    assert (table["all_told_usd"] > table["usd"]).all()
    ranked = table.pivot("way", index="pair_label", values="usd")
    assert ranked.height == table["pair_label"].n_unique()


def test_no_way_of_a_corridor_beats_its_best_mix_in_money_and_days() -> None:
    table = (
        open_case("kaz-pak").modes(corridors=("IRAN_ROAD",)).tables["ways"].filter(pl.col("status") == "open")
    )
    mix = table.filter(pl.col("way") == MIX).select("origin_id", "destination_id", "all_told_usd", "days")
    joined = table.join(mix, on=["origin_id", "destination_id"], suffix="_mix")
    better = (pl.col("all_told_usd") < pl.col("all_told_usd_mix")) & (pl.col("days") < pl.col("days_mix"))
    assert joined.height > mix.height > 0
    assert joined.filter(better).height == 0
    whole = table.filter((pl.col("way") == "rail") & (pl.col("rail_share") == 1.0))
    far = table.filter(pl.col("way") == AS_FAR).join(
        whole, on=["origin_id", "destination_id"], suffix="_rail"
    )
    assert far.height > 0
    assert (far["all_told_usd"] <= far["all_told_usd_rail"] + 27.0 * 40).all()


def test_a_corridor_by_sea_is_not_compared() -> None:
    with pytest.raises(UnknownName, match="SEA"):
        open_case("toyland").modes(corridors=("SEA",))
