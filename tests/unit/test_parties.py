"""Who trades in a table: countries, groups set apart, unknown partners told; weights nobody gave; stray signs."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from karwan.store import ingest, open_store, query
from karwan.store.query import Selection
from karwan.store.sources import Options, source_named
from karwan.store.sources.countries import packaged_countries
from karwan.store.sources.flow_frame import FlowFramer
from karwan.store.sources.mapping import Field, TableMapping

HEADER = "reporterISO,partnerISO,flowCode,period,classificationCode,cmdCode,primaryValue,netWgt\n"


def framed(
    rows: list[tuple[str, str]], *, codes: str = "iso3", values: dict[str, str] | None = None
) -> tuple[pl.DataFrame, list[str]]:
    """Staged rows and notes of exports of KAZ: partner and weight of each."""
    columns = {
        "exporter": Field(value="KAZ"),
        "importer": Field(column="to", codes=codes, values=values or {}),
        "reporter_side": Field(value="exporter"),
        "period": Field(column="year"),
        "product": Field(column="code"),
        "value": Field(column="usd"),
        "weight": Field(column="kg"),
    }
    framer = FlowFramer(TableMapping(name="m", columns=columns), packaged_countries())
    table = pl.DataFrame(
        [
            {"line": line, "to": to, "year": "2023", "code": "1001", "usd": "5", "kg": kg, "raw": to}
            for line, (to, kg) in enumerate(rows, 2)
        ]
    ).with_columns(fault=pl.lit(None, dtype=pl.String))
    return framer.frame(table), framer.parties.notes()


def partners(rows: list[str], **options: object) -> list[tuple[str, str | None]]:
    """Importer and reason of each row."""
    return framed([(to, "1") for to in rows], **options)[0].select("importer", "reason").rows()  # type: ignore[arg-type]


def test_no_weight_beside_a_value_is_unknown() -> None:
    staged, _ = framed([("PAK", "0"), ("UZB", "0.0"), ("CHN", "7")])
    assert staged["weight_g"].to_list() == [None, None, 7_000]


@pytest.mark.parametrize("rows", [["KZ", "NA"], ["NA", "PK", "DE"]])
def test_na_among_two_letter_codes_is_namibia(rows: list[str]) -> None:
    assert ("NAM", None) in partners(rows)


def test_na_by_kind_or_look_up_is_namibia_and_else_missing() -> None:
    assert partners(["NA"], codes="iso2") == [("NAM", None)]
    assert partners(["PAK", "NA"], values={"NA": "NAM"})[1] == ("NAM", None)
    assert partners(["PAK", "UZB", "NA"])[2] == (None, "no exporter or no importer")


def test_notes_name_what_is_no_country() -> None:
    rows = ["Pakistan", "European Union", "Total", "Atlantis", "Areas, nes"]
    staged, notes = framed([(to, "1") for to in rows], codes="name")
    assert staged["importer"].to_list() == ["PAK", "EUR", "WLD", "Atlantis", "Areas, nes"]
    assert staged["flags"].to_list() == ["", "group_importer", "", "unknown_importer", ""]
    assert notes == [
        "1 row of the world as a whole: kept apart from the countries",
        "EUR is a group of countries (1 row): kept apart from the members",
        "1 partner is not known: Atlantis (1 row); kept apart",
    ]


def test_many_unknown_partners_are_counted() -> None:
    _, notes = framed([(f"X{n}", "1") for n in range(7)], codes="name")
    assert notes == ["7 partners are not known: X0, X1, X2, X3, X4 and 2 more (7 rows); kept apart"]


def test_signs_a_terminal_obeys_are_not_kept() -> None:
    staged, _ = framed([("\x1b[31mPAK\u2028", "1")], codes="name")
    row = staged.row(0, named=True)
    assert (row["raw"], row["importer"]) == ("\ufffd[31mPAK\ufffd", "\ufffd[31mPAK")


def test_groups_unknown_partners_and_own_trade_are_not_added(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    sellers = ["EUR,PAK", "DEU,PAK", "FRA,PAK", "XYZ,PAK", "PAK,PAK", "W00,PAK"]
    values = [1000, 600, 400, 7, 50, 1057]
    rows = zip(sellers, values, strict=True)
    path.write_text(HEADER + "".join(f"{pair},X,2022,H6,071340,{value},1\n" for pair, value in rows))
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        report = ingest(store, source_named("comtrade-csv").read(path, Options()))[0]
        found = query(store, Selection(importer=("PAK",)))
    assert dict(found.table.select("partner", "value_usd").iter_rows()) == {
        "country": 1000.0,
        "group": 1000.0,
        "itself": 50.0,
        "unknown": 7.0,
        "world": 1057.0,
    }
    assert found.kept_apart == ("partner",)
    assert "EUR is a group of countries (1 row): kept apart from the members" in report.notes
