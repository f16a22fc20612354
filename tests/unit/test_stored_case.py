"""What the store knows of a pair in the case's tables, and so in every answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.goods_verdicts import answer_goods
from karwan.analysis.standing import trade_status
from karwan.analysis.stored_case import stored_case
from karwan.analysis.trade_requests import GoodsRequest, StatusRequest
from karwan.case import Case
from karwan.project import open_case
from karwan.store import ingest, open_store
from karwan.store.sources import source_named
from karwan.store.sources.registry import Options
from karwan.words import sentences

MAPPING = """name: toy
title: toy
provider: test
licence: none
layout: csv
nomenclature: HS17
columns:
  exporter: {column: exporter, codes: iso3}
  importer: {column: importer, codes: iso3}
  reporter_side: side
  period: year
  product: {column: product, level: 6}
  value: value_usd
  weight: weight_kg
  valuation: {value: fob}
"""
ROWS = (
    ("KAZ", "PAK", "071310", 400_000, 1_000_000, "exporter", 2024),
    ("KAZ", "PAK", "071310", 500_000, 1_000_000, "importer", 2024),
    ("PAK", "KAZ", "080521", 90_000, 200_000, "exporter", 2024),
    ("CAN", "PAK", "071310", 300_000, 1_000_000, "importer", 2024),
    ("RUS", "PAK", "071310", 290_000, 1_000_000, "importer", 2024),
    ("AUS", "PAK", "071310", 90, 1_000, "importer", 2024),
    ("CAN", "PAK", "071310", 999_000, 1_000_000, "importer", 2023),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("stored")
    head = "exporter,importer,product,value_usd,weight_kg,side,year"
    lines = [",".join(map(str, row)) for row in ROWS]
    (folder / "toy.csv").write_text("\n".join([head, *lines]))
    (folder / "toy.yaml").write_text(MAPPING)
    path = str(folder / "t.duckdb")
    with open_store(path, create=True) as opened:
        options = Options(mapping=str(folder / "toy.yaml"))
        ingest(opened, source_named("table").read(folder / "toy.csv", options))
    return path


def test_without_a_store_the_case_stands(kaz_pak: Case) -> None:
    assert stored_case(Inputs(kaz_pak)).case is kaz_pak


def test_reports_of_both_sides_and_rivals_stand_in_the_case(kaz_pak: Case, store: str) -> None:
    found = stored_case(Inputs(kaz_pak, store))
    own = found.case["flows"].filter(pl.col("source_id") == "store_toy_hs17")
    said = {(r["reporter"], r["direction"]): r["value_usd"] for r in own.iter_rows(named=True)}
    assert said[("KAZ", "a_to_b")] == 400_000
    assert said[("PAK", "a_to_b")] == 500_000
    market = found.case["markets"].filter(pl.col("source_id") == "store_toy_hs17")
    assert set(market["product_id"]) == {"peas_dry", "kinnow"}
    market = market.filter(pl.col("product_id") == "peas_dry")
    prices = dict(market.filter(pl.col("quantity") == "unit_value").select("origin", "value").iter_rows())
    assert prices == pytest.approx({"KAZ": 500.0, "CAN": 300.0, "RUS": 290.0})
    assert set(market["start"]) == {date(2024, 1, 1)}
    assert "store_toy_hs17" in found.case["sources"]["source_id"].to_list()


def test_the_store_replaces_older_rows_and_leaves_newer_ones(kaz_pak: Case, store: str) -> None:
    rows = kaz_pak["markets"].filter(pl.col("product_id") == "peas_dry")
    rows = rows.filter((pl.col("quantity") == "unit_value") & (pl.col("origin") == "AFG"))
    old = rows.with_columns(origin=pl.lit("CAN"), market_id=pl.lit("old"))
    new = old.with_columns(end=pl.lit(date(2025, 12, 31)), market_id=pl.lit("new"))
    case = kaz_pak.with_tables({"markets": pl.concat([kaz_pak["markets"], old, new])})
    kept = stored_case(Inputs(case, store)).case["markets"]["market_id"].to_list()
    assert "old" not in kept and "new" in kept


def test_the_answers_use_it_and_say_so(kaz_pak: Case, store: str) -> None:
    inputs = Inputs(kaz_pak, store)
    goods = answer_goods(inputs, GoodsRequest("peas_dry"))
    row: dict[str, Any] = goods.tables["goods"].row(0, named=True)
    assert (row["rival_origin"], row["verdict"]) == ("RUS", "no")
    said = " ".join(sentences(goods.notes))
    assert "From the store: toy, HS17, as KAZ has it, 2024-01-01 to 2024-12-31." in said
    reported = trade_status(inputs, StatusRequest()).tables["reported"]
    assert "store_toy_hs17" in reported["source_id"].to_list()


def test_case_yaml_names_the_store(tmp_path: Path, toyland: Case) -> None:
    assert toyland.folder is not None
    folder = tmp_path / "toy"
    folder.mkdir()
    for path in toyland.folder.glob("*.*"):
        (folder / path.name).write_bytes(path.read_bytes())
    yaml = (folder / "case.yaml").read_text()
    (folder / "case.yaml").write_text(yaml + "store: trade.duckdb\n")
    assert open_case(folder).store == str(folder / "trade.duckdb")
    assert open_case(folder, store="other.duckdb").store == "other.duckdb"
    assert open_case("toyland").store is None
