"""UN Comtrade tables: both layouts, who by which code, the record's own valuation, totals and their parts."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from karwan.store.reading import no_progress
from karwan.store.sources import Options
from karwan.store.sources.comtrade_csv import read_comtrade_csv
from karwan.store.sources.comtrade_layout import layout_of
from karwan.store.sources.comtrade_parts import parts_of
from karwan.store.sources.delimited import BadTable
from tests.unit.comtrade_server import record

ROW = {"reporterISO": "KAZ", "partnerISO": "PAK", "flowCode": "X", "period": "2022", "cmdCode": "1502"}


def framed(folder: Path, text: str | bytes) -> tuple[pl.DataFrame, list[str]]:
    """Staged rows and notes of a file."""
    path = folder / "TradeData.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    reading = read_comtrade_csv(path, Options())[0]
    return pl.concat(list(reading.frames(no_progress))), reading.notes()


def of_records(folder: Path, *changes: dict[str, object]) -> pl.DataFrame:
    """Staged rows of records with every column of the present layout, by line."""
    rows = [record(**change) for change in changes]
    text = pl.DataFrame(rows, infer_schema_length=None, strict=False).write_csv()
    return framed(folder, text)[0].sort("line")


def settled(*rows: tuple[str, str, str, float]) -> tuple[dict[int, str], int, int]:
    """Lines set aside with their reasons, rows summed and flows: from product, mode, procedure and value."""
    names = ("cmdCode", "motCode", "customsCode", "primaryValue")
    table = pl.DataFrame(
        [
            {**ROW, **dict(zip(names, map(str, row), strict=True)), "line": line}
            for line, row in enumerate(rows, 2)
        ]
    ).with_columns(fault=pl.lit(None, dtype=pl.String))
    parts = parts_of([table], layout_of([*ROW, *names], "t.csv"))
    return dict(parts.aside.iter_rows()), parts.summed, parts.flows


def test_parts_without_a_total_are_summed() -> None:
    rows = [
        ("1", "2100", "C04", 900),
        ("1", "3200", "C04", 80),
        ("1", "0", "C00", 5),
        ("2", "1000", "C01", 40),
    ]
    assert settled(*rows) == ({}, 4, 2)


def test_parts_beside_their_total_are_set_aside() -> None:
    aside, _, flows = settled(("1", "0", "C00", 100), ("1", "2100", "C00", 60), ("1", "3200", "C00", 40))
    assert set(aside) == {3, 4}
    assert set(aside.values()) == {
        "set aside: a breakdown by mode of transport of a total that the file has too"
    }
    assert flows == 0


def test_a_total_with_one_mode_asked_for_stays_the_total() -> None:
    assert set(settled(("1", "0", "C00", 100), ("1", "2100", "C00", 30))[0]) == {3}


def test_two_breakdowns_of_one_total_are_one() -> None:
    rows = [("1", "2100", "C00", 60), ("1", "3200", "C00", 40), ("1", "0", "C01", 70), ("1", "0", "C02", 30)]
    aside, summed, flows = settled(*rows)
    assert set(aside) == {4, 5}
    assert (summed, flows) == (2, 1)


def test_an_unstated_mode_larger_than_the_rest_is_a_part_among_tariff_lines() -> None:
    rows = [("1", "2100", "C04", 10), ("1", "0", "C00", 500), ("2", "2100", "C04", 7)]
    assert settled(*rows) == ({}, 3, 2)


def test_repeated_rows_are_told_where_others_are_summed() -> None:
    rows = [("1", "2100", "C04", 10), ("1", "2100", "C04", 10), ("2", "0", "C00", 7), ("2", "0", "C00", 8)]
    aside, summed, flows = settled(*rows)
    assert aside == {3: "duplicate of line 2", 5: "same flow as line 4 with another value"}
    assert (summed, flows) == (1, 1)


@pytest.mark.parametrize(
    ("flow", "primary", "cif", "fob", "valuation"),
    [
        ("M", 100, None, 100, "fob"),
        ("M", 100, 100, None, "cif"),
        ("M", 100, None, None, "cif"),
        ("M", 100, 0, 100, "fob"),
        ("M", 9, None, 100, "cif"),
        ("M", 1000.4, None, 1000, "fob"),
        ("M", 90, 100, 90, "fob"),
        ("M", 100, 100, 90, "cif"),
        ("X", 100, None, 100, "fob"),
        ("X", 100, None, None, "fob"),
        ("X", 100, 100, None, "cif"),
        ("M", 100, 100, 100, "cif"),
    ],
)
def test_the_record_says_its_valuation(
    tmp_path: Path, flow: str, primary: float, cif: int | None, fob: int | None, valuation: str
) -> None:
    change = {"flowCode": flow, "primaryValue": primary, "cifvalue": cif, "fobvalue": fob}
    assert of_records(tmp_path, change)["valuation"].to_list() == [valuation]


def test_numbers_stand_in_for_blank_iso_codes(tmp_path: Path) -> None:
    blank = {"reporterISO": "", "partnerISO": "N/A"}
    found = of_records(
        tmp_path,
        blank,
        {**blank, "partnerCode": "842.0"},
        {"partnerISO": "S19", "partnerCode": 490},
        {"partnerISO": "EUR", "partnerCode": 97},
        {"partnerCode": 398, "partnerISO": "PAK"},
    )
    assert found["importer"].to_list()[:4] == ["PAK", "USA", "TWN", "EUR"]
    assert found["flags"].to_list()[3] == "group_importer;weight_estimated"
    assert found["reason"].to_list() == [None] * 4 + [
        "partner is PAK by its ISO code PAK and KAZ by its number 398"
    ]


def test_the_old_layout_loads_by_its_numbers(tmp_path: Path) -> None:
    text = (
        "Classification,Year,Period,Trade Flow,Reporter Code,Reporter,Reporter ISO,Partner Code,Partner,Partner ISO,"
        "2nd Partner Code,Mode of Transport Code,Commodity Code,Netweight (kg),Trade Value (US$),Flag\n"
        "HS,2016,2016,Import,398,Kazakhstan,,586,Pakistan,,,,0713,0,70,0\n"
        "HS,2016,2016,Export,398,Kazakhstan,,757,Switzerland,,,,0713,5,30,4\n"
    )
    found, _ = framed(tmp_path, text)
    rows = found.sort("line").select("exporter", "importer", "valuation", "weight_g", "flags").rows()
    assert rows == [
        ("PAK", "KAZ", "cif", None, ""),
        ("KAZ", "CHE", "fob", 5_000, "weight_or_quantity_estimated"),
    ]


def test_the_file_of_the_web_site_loads_in_latin_1(tmp_path: Path) -> None:
    """47 names, every row with a comma more, and letters of Latin-1."""
    rows = [
        record(partnerISO="TUR", partnerCode=792, partnerDesc="Türkiye", qtyUnitAbbr="m²"),
        record(partnerISO="CIV", partnerCode=384, partnerDesc="Côte d'Ivoire"),
    ]
    lines = pl.DataFrame(rows, infer_schema_length=None, strict=False).write_csv().splitlines()
    assert lines[0].count(",") == 46
    text = "\r\n".join([lines[0], *(f"{line}," for line in lines[1:])])
    found, notes = framed(tmp_path, text.encode("latin-1"))
    found = found.sort("line")
    assert found.select("importer", "quantity_unit", "reason").rows() == [
        ("TUR", "m²", None),
        ("CIV", "kg", None),
    ]
    assert notes == []


def test_a_short_row_that_is_not_utf8_is_one_reject(tmp_path: Path) -> None:
    head = b"reporterISO,partnerISO,flowCode,period,classificationCode,cmdCode,primaryValue\n"
    found, _ = framed(tmp_path, head + b"KAZ,PAK,X,2022,H6,071340,10\nKAZ,P\xe0K\n")
    assert found.sort("line").select("line", "reason").rows() == [
        (2, None),
        (3, "2 cells where the header has 7"),
    ]


def test_lines_that_end_in_cr_are_read(tmp_path: Path) -> None:
    head = b"reporterISO,partnerISO,flowCode,period,classificationCode,cmdCode,primaryValue\r"
    found, _ = framed(tmp_path, head + b"KAZ,PAK,X,2022,H6,071340,10\r")
    assert found.select("line", "value_milliusd", "reason").rows() == [(2, 10_000, None)]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(BadTable, match="it lacks cmdCode, primaryValue, partnerISO or partnerCode"):
        layout_of(["reporterISO", "flowCode", "period"], "x.csv")


@pytest.mark.parametrize(("mark", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-16"), (",", "utf-16")])
def test_a_file_that_a_spreadsheet_wrote_anew_is_read(tmp_path: Path, mark: str, encoding: str) -> None:
    text = mark.join([*ROW, "primaryValue", "classificationCode"]) + "\n"
    text += mark.join([*ROW.values(), "500.5", "H6"]) + "\n"
    staged, notes = framed(tmp_path, text.encode(encoding))
    assert staged.select("exporter", "importer", "value_milliusd").rows() == [("KAZ", "PAK", 500_500)]
    assert staged["reason"].to_list() == [None]
    assert notes == []
