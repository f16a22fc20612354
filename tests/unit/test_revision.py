"""Sums of a query expressed in one HS revision: with a correlation table, without one, and what never adds up."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.analysis.revision import in_revision
from karwan.cli.app import app
from karwan.errors import InvalidInput
from karwan.words import say
from tests.commands import program
from tests.shared import shared_path
from tests.unit.test_hs import workbook

RUN = CliRunner()


def sums(*rows: tuple[str, str, float, float | None]) -> pl.DataFrame:
    table = pl.DataFrame(
        rows, schema=["product", "hs_revision", "value_usd", "weight_kg"], orient="row"
    ).with_columns(pl.col("weight_kg").cast(pl.Float64))
    known = pl.when(pl.col("weight_kg").is_not_null()).then(1.0).otherwise(0.0)
    return table.with_columns(weighed_share=known, flows=pl.lit(1))


def test_codes_convert_by_the_table_and_sums_follow(tmp_path: Path) -> None:
    book = workbook(tmp_path / "HS2022toHS2017ConversionAndCorrelationTables.xlsx")
    table = sums(
        ("854142", "HS22", 10.0, 1.0),
        ("854143", "HS22", 5.0, 2.0),
        ("240411", "HS22", 7.0, None),
        ("24039900", "HS22", 1.0, 4.0),
        ("999998", "HS22", 3.0, 1.0),
        ("854140", "HS17", 100.0, 9.0),
        ("85", "HS22", 1000.0, 1.0),
    )
    found, notes = in_revision(table, "HS 2017", [book])
    rows = {(r["product"], r["reported_in"]): r for r in found.iter_rows(named=True)}
    both = rows["854140", "HS22"]
    assert (both["value_usd"], both["weight_kg"], both["flows"], both["matched"]) == (15.0, 3.0, 2, "n:1")
    assert rows["854140", "HS17"]["value_usd"] == 100.0  # another report: never added
    smoked = rows["240399", "HS22"]
    assert (smoked["value_usd"], smoked["weight_kg"], smoked["matched"]) == (8.0, None, "split")
    assert smoked["weighed_share"] == pytest.approx(1 / 8)
    assert rows["999998", "HS22"]["hs_revision"] == "HS22"  # not in the table: kept as it is
    assert rows["999998", "HS22"]["matched"] == "none"
    assert rows["85", "HS22"]["matched"] == ""
    assert found["value_usd"].sum() == table["value_usd"].sum()
    assert len(notes) == 1
    assert say(notes[0]).startswith("HS22 to HS17: 3 of 5 codes convert")


def test_without_a_table_codes_match_at_the_level_that_is_stable() -> None:
    table = sums(
        ("010121", "HS22", 1.0, 1.0),
        ("010129", "HS22", 2.0, 1.0),
        ("010121", "HS17", 4.0, 1.0),
        ("010190", "HS17", 8.0, 1.0),
    )
    found, notes = in_revision(table, "HS17")
    rows = {(r["product"], r["reported_in"]): (r["value_usd"], r["matched"]) for r in found.to_dicts()}
    assert rows["010121", "HS22"] == (1.0, "same code")
    assert rows["0101", "HS22"] == (2.0, "heading")
    assert "No correlation table was given: 1 of 2" in say(notes[0])
    alone, notes = in_revision(table.filter(hs_revision="HS22"), "HS12")
    assert alone["product"].to_list() == ["010121", "010129"]
    assert "kept as they are" in say(notes[0])
    with pytest.raises(InvalidInput, match="no HS revision"):
        in_revision(table, "S3")


def test_command_on_real_rows_of_two_revisions(tmp_path: Path) -> None:
    """BACI's Afghan exports of 2020 stand under HS17 and HS92: each report keeps its own sum in one revision."""
    path = shared_path("data/trade/baci_hs6_afg_zaf_exports_2020_2021.parquet")
    store = str(tmp_path / "t.duckdb")
    own = tmp_path / "afg.parquet"
    rows = pl.read_parquet(path).filter((pl.col("i") == 4) & (pl.col("t") == 2020))
    rows.write_parquet(own)
    ingest = ["trade", "ingest", "table", str(own), "--mapping", "baci_table", "--store", store]
    assert RUN.invoke(app, ingest).exit_code == 0
    query = ["trade", "query", "--store", store, "--exporter", "AFG", "--revision", "HS92", "--json"]
    answer = json.loads(RUN.invoke(app, query).stdout)
    sides = pl.DataFrame(answer["rows"]).group_by("reported_in").agg(pl.col("value_usd").sum())
    total = dict(sides.iter_rows())
    stated = dict(rows.group_by("hs").agg(pl.col("v").sum() * 1000).iter_rows())
    assert total == pytest.approx(stated)
    assert any("743 of 1072 codes exist in both" in note for note in answer["notes"])
    made = tmp_path / "pairs.csv"
    with made.open("w", newline="") as handle:
        lines = csv.writer(handle)
        lines.writerow(["HS 2017", "HS 1992", "Relationship"])
        lines.writerow(["080252", "080250", "n:1"])
    exact = json.loads(RUN.invoke(app, [*query, "--correlation", str(made), "--product", "0802"]).stdout)
    pistachios = [r for r in exact["rows"] if r["product"] == "080250"]
    assert [(r["reported_in"], r["matched"]) for r in pistachios] == [("HS17", "1:1")]
    refused = program("trade", "query", "--store", store, "--correlation", str(made))
    assert refused.exit_code == 2


def test_command_converts_over_two_tables_given_together(tmp_path: Path) -> None:
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    a.write_text("HS 2017,HS 2012,Relationship\n100119,100119,1:1\n854370,854370,1:1\n")
    b.write_text("HS 2022,HS 2017,Relationship\n100119,100119,1:1\n854340,854370,n:1\n854370,854370,n:n\n")
    table = pl.DataFrame(
        {
            "product": ["100119", "854370"],
            "hs_revision": ["HS12", "HS12"],
            "value_usd": [300.0, 70.0],
            "weight_kg": pl.Series([None, None], dtype=pl.Float64),
            "weighed_share": [0.0, 0.0],
            "flows": [1, 1],
        }
    )
    found, notes = in_revision(table, "HS22", [a, b])
    assert found.select("product", "hs_revision", "value_usd", "matched").rows() == [
        ("100119", "HS22", 300.0, "1:1"),
        ("854370", "HS22", 70.0, "split"),
    ]
    assert "over HS17 by 2 tables" in say(notes[0])
    kept, notes = in_revision(table, "HS22", [a])
    assert kept["matched"].to_list() == ["none", "none"]
    assert "the tables given (HS12-HS17) do not lead there" in say(notes[0])
