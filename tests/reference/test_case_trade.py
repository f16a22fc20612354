"""Trade tables of the kaz-pak case against the published figures beside the checkout."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

import karwan
from tests.shared import shared_path

CASE = Path(karwan.__file__).resolve().parent / "cases" / "kaz-pak"
DIRECTIONS = {"KAZ_to_PAK": "a_to_b", "PAK_to_KAZ": "b_to_a", "total": "total"}
NAMES = {"KAZ": "Kazakhstan", "PAK": "Pakistan"}


def table(name: str) -> list[dict[str, str]]:
    """Rows of one table of the case."""
    with (CASE / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_published_figure_stands_in_flows() -> None:
    """Each published value is a flow of the same direction, to the dollar."""
    path = shared_path("data/trade/kaz_pak_published_stats.csv")
    flows = {(row["direction"], row["value_usd"]) for row in table("flows")}
    missing = []
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            direction = DIRECTIONS[row["flow"].removesuffix("_potential")]
            dollars = str(round(float(row["value_musd"]) * 1e6)) if row["value_musd"] else ""
            if (direction, dollars) not in flows:
                missing.append((row["period"], row["flow"], row["value_musd"]))
    assert missing == []


def test_prices_of_third_countries_are_assumed() -> None:
    stand_ins = [row for row in table("products") if "standing in for the party's own" in row["note"]]
    assert len(stand_ins) > 5
    assert {row["basis"] for row in stand_ins} == {"assumed"}


@pytest.mark.parametrize("exporter", ["KAZ", "PAK"])
def test_long_series_of_flows(exporter: str) -> None:
    """The 2015 sections and the fourth-year totals are those of the two collections."""
    sections = pl.read_parquet(shared_path("data/trade/unctad_sitc_section_bilateral_1995_2005_2015.parquet"))
    totals = pl.read_parquet(shared_path("data/trade/penppml_bilateral_totals_1964_2016.parquet"))
    importer = "PAK" if exporter == "KAZ" else "KAZ"
    pair = sections.filter(
        (pl.col("year") == 2015)
        & (pl.col("exporter") == NAMES[exporter])
        & (pl.col("importer") == NAMES[importer])
        & (pl.col("value_kusd") >= 1)
    )
    series = totals.filter((pl.col("exp") == exporter) & (pl.col("imp") == importer) & (pl.col("export") > 0))
    mine = [row for row in table("flows") if row["reporter"] == exporter]

    def typed(source: str) -> list[int]:
        return sorted(int(row["value_usd"]) for row in mine if row["source_id"] == source)

    assert typed("carlaint_unctad") == sorted(round(v * 1000) for v in pair["value_kusd"])
    assert typed("penppml_totals") == sorted(round(v) for v in series["export"])


def test_every_product_code_is_in_the_nomenclature() -> None:
    """Each HS code exists in HS2022."""
    path = shared_path("data/trade/hs2022_nomenclature.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        codes = {row["hscode"] for row in csv.DictReader(stream)}
    assert [row["hs_code"] for row in table("products") if row["hs_code"] not in codes] == []


@pytest.mark.parametrize(
    ("product", "code", "exporter", "revision", "year"),
    [
        ("ferrochrome", "720241", 710, "HS92", 2021),
        ("sodium_dichromate", "284130", 710, "HS17", 2020),
        ("hot_rolled_coil", "720839", 710, "HS17", 2020),
        ("chickpeas", "071320", 4, "HS17", 2020),
        ("tractors", "870193", 710, "HS17", 2020),
    ],
)
def test_price_is_the_unit_value(product: str, code: str, exporter: int, revision: str, year: int) -> None:
    """A typed price is value over quantity of the named exporter, to three digits."""
    rows = pl.read_parquet(shared_path("data/trade/baci_hs6_afg_zaf_exports_2020_2021.parquet")).filter(
        (pl.col("k") == code)
        & (pl.col("i") == exporter)
        & (pl.col("hs") == revision)
        & (pl.col("t") == year)
        & (pl.col("q") > 0)
    )
    unit_value = 1000 * float(rows["v"].sum()) / float(rows["q"].sum())
    price = next(float(r["price_usd_t"]) for r in table("products") if r["product_id"] == product)
    assert price == pytest.approx(unit_value, rel=0.006)


def test_the_basket_is_forty_goods_in_six_sectors() -> None:
    """The article's basket has forty goods, and the article's sectors, and a duty each way in."""
    basket = [row for row in table("products") if row["basket"] == "processed_40"]
    assert len(basket) == 40
    assert {row["sector"] for row in basket} == {
        "petrochemicals",
        "metallurgy",
        "food",
        "chemicals",
        "machinery",
        "pharma",
    }
    duties = {(r["product_id"], r["importer"]) for r in table("tariffs") if r["kind"] == "mfn"}
    for row in table("products"):
        importer = "PAK" if row["exporter"] == "KAZ" else "KAZ"
        assert (row["product_id"], importer) in duties
