"""HS codes: revisions, faults, correlation tables in UNSD's layout, matching without one."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from karwan.errors import InvalidInput, KarwanError
from karwan.store import hs
from karwan.store.hs import (
    code_fault,
    convert,
    is_known_shape,
    match_without_table,
    normalise_revision,
    read_correlation,
    stable_level,
)
from karwan.words import say
from tests.shared import shared_path

# Pairs of HS2022 and HS2017 with every kind of relationship, as UNSD's sheets have them.
PAIRS = [
    ("010121", "010121", "1:1"),
    ("854142", "854140", "1:n"),
    ("854143", "854140", "1:n"),
    ("240411", "240399", "n:n"),
    ("240411", "382499", "n:n"),
    ("240399", "240399", "n:n"),
    ("382499", "382499", "n:n"),
    ("070951", "070951", "n:1"),
    ("070951", "070959", "n:1"),
]
CONVERSIONS = [
    ("010121", "010121"),
    ("854142", "854140"),
    ("854143", "854140"),
    ("240411", "240399"),
    ("240399", "240399"),
    ("382499", "382499"),
    ("070951", "070959"),
]


def workbook(path: Path) -> Path:
    """UNSD's workbook: a conversion sheet with one header row, a correlation sheet with a title row above
    it.
    """
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("HS2022-HS2017 Conversions")
    for number, row in enumerate([("From HS 2022", "To HS 2017"), ("HS 2022", "HS 2017"), *CONVERSIONS]):
        sheet.write_row(number, 0, row)
    sheet = book.add_worksheet("HS2022-HS2017 Correlations")
    for number, row in enumerate([("Between", "", ""), ("HS 2022", "HS 2017", "Relationship"), *PAIRS]):
        sheet.write_row(number, 0, row)
    book.close()
    return path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("H0", "HS92"),
        ("HS 1996", "HS96"),
        ("hs02", "HS02"),
        ("2007", "HS07"),
        ("HS12", "HS12"),
        ("H6", "HS22"),
        ("S3", "S3"),
    ],
)
def test_revision_names(text: str, name: str) -> None:
    assert normalise_revision(text) == name


@pytest.mark.parametrize(
    ("code", "level", "fault"),
    [
        ("010121", None, None),
        ("01", None, None),
        ("0101210000", None, None),
        ("10121", None, "leading zero lost (010121)"),
        ("1", None, "leading zero lost (01)"),
        ("0101", 6, "4 digits where 6 are expected"),
        ("10121.0", None, "decimal number"),
        ("", None, "no product code"),
        ("01012100000000", None, "12 is the most"),
        ("9999AA", None, None),
    ],
)
def test_code_faults(code: str, level: int | None, fault: str | None) -> None:
    found = code_fault(code, level)
    assert (found is None) if fault is None else (found is not None and fault in found)


def test_reserved_and_unknown_chapters() -> None:
    assert [is_known_shape(code) for code in ("010121", "970110", "999999", "770000", "000100", "AA")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_workbook_in_unsd_layout(tmp_path: Path) -> None:
    table = read_correlation(workbook(tmp_path / "HS2022toHS2017ConversionAndCorrelationTables.xlsx"))
    assert (table.newer, table.older) == ("HS22", "HS17")
    assert table.pairs.rows() == PAIRS
    assert table.conversions.rows() == CONVERSIONS


def test_csv_with_the_older_revision_first(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    with path.open("w", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["HS 2017", "HS 2022", "Relationship"])
        rows.writerows([(older, newer, "") for newer, older, _ in PAIRS])
    table = read_correlation(path)
    assert (table.newer, table.older) == ("HS22", "HS17")
    derived = {(newer, older): how for newer, older, how in table.pairs.rows()}
    assert derived["010121", "010121"] == "1:1"
    assert derived["854142", "854140"] == "n:1"
    assert derived["070951", "070959"] == "1:n"
    assert derived["240411", "240399"] == "n:n"
    (tmp_path / "other.csv").write_text("a,b,c\n1,2,3\n")
    with pytest.raises(InvalidInput, match="no correlation table"):
        read_correlation(tmp_path / "other.csv")


@pytest.mark.parametrize("ending", ["xlsx", "xls"])
def test_layouts_of_unsd_workbooks(tmp_path: Path, ending: str) -> None:
    """Headers six rows down, `ex` columns between, relationships in words, codes as numbers, both `From`."""
    title = [("Correlation between HS 2012 and HS 2002",), *[()] * 5]
    marked = [
        (newer if k % 2 else int(newer), "ex", older, "", how.replace(":", " to "))
        for k, (newer, older, how) in enumerate(PAIRS)
    ]
    correlation = [*title, ("HS 2012", "", "HS 2002", "", "Relationship"), (), *marked]
    conversion = [("From HS2012", "From HS 2002"), *CONVERSIONS]
    path = tmp_path / f"HS 2012 to HS 2002 Correlation and conversion tables.{ending}"
    sheets = {"Conversion HS 2012-HS 2002": conversion, "Correlation HS 2012-HS 2002": correlation}
    if ending == "xls":
        book = pytest.importorskip("xlwt").Workbook()
        for name, rows in sheets.items():
            sheet = book.add_sheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    sheet.write(number, place, cell)
        book.save(str(path))
        pytest.importorskip("xlrd")
    else:
        with xlsxwriter.Workbook(path) as made:
            for name, rows in sheets.items():
                sheet = made.add_worksheet(name)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row)
    table = read_correlation(path)
    assert (table.newer, table.older) == ("HS12", "HS02")
    assert table.pairs.rows() == PAIRS
    assert table.conversions.rows() == CONVERSIONS


def test_wits_concordance(tmp_path: Path) -> None:
    """Four columns with descriptions between, as WITS serves them; relationships are derived."""
    path = tmp_path / "JobID-1_Concordance_H6_to_H5.CSV"
    with path.open("w", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(
            ["HS 2022 Product Code", "HS 2022 Product Description", "HS 2017 Product Code", "Description"]
        )
        rows.writerows([(newer, "one, two", older, "x") for newer, older, _ in PAIRS])
    table = read_correlation(path)
    assert (table.newer, table.older) == ("HS22", "HS17")
    assert ("010121", "010121", "1:1") in table.pairs.rows()


def test_files_that_are_no_correlation_are_refused(tmp_path: Path) -> None:
    (tmp_path / "old.xls").write_bytes(b"no workbook at all")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfeHS 2017,HS 2012\n")
    for name, words in (("old.xls", "Excel"), ("bytes.csv", "UTF-8"), ("absent.csv", "no file")):
        with pytest.raises(KarwanError, match=words):
            read_correlation(tmp_path / name)


def test_conversion_down_and_up(tmp_path: Path) -> None:
    table = read_correlation(workbook(tmp_path / "t.xlsx"))
    down = convert(["854142", "240411", "010121", "999999"], "HS2022", "H5", table)
    assert down.codes.rows() == [
        ("010121", "010121", 6, "1:1"),
        ("240411", "240399", 6, "split"),
        ("854142", "854140", 6, "n:1"),
        ("999999", None, 0, "none"),
    ]
    assert "2 of 4 codes convert" in say(down.note)
    up = convert(["854140", "070959", "240399"], "HS17", "HS22", table)
    assert up.codes.rows() == [
        ("070959", "070951", 6, "n:1"),
        ("240399", "240399", 6, "split"),
        ("854140", "854142", 6, "split"),
    ]
    with pytest.raises(InvalidInput, match="joins HS22 and HS17"):
        convert(["010121"], "HS12", "HS17", table)


def test_families_lose_nothing(tmp_path: Path) -> None:
    """No pair joins two families, so sums by family compare the revisions exactly; brute force over the
    pairs.
    """
    table = read_correlation(workbook(tmp_path / "t.xlsx"))
    families = {(revision, code): family for revision, code, family in table.families().rows()}
    assert len(set(families.values())) == 4
    for newer, older, _ in PAIRS:
        assert families["HS22", newer] == families["HS17", older]
    assert families["HS22", "382499"] == families["HS17", "240399"] == "240399"


def test_match_without_a_table_says_at_which_level() -> None:
    found = match_without_table(["010121", "854142", "080999", "981700"], ["010121", "854140", "080111"])
    assert found.codes.rows() == [
        ("010121", "010121", 6, "same code"),
        ("080999", "08", 2, "chapter"),
        ("854142", "8541", 4, "heading"),
        ("981700", None, 0, "none"),
    ]
    assert "No correlation table was given: 1 of 4 codes" in say(found.note)


def test_real_nomenclatures_without_a_table() -> None:
    """HS92 against HS2022 from the published lists: counts computed with plain sets."""
    old = set(
        pl.read_csv(shared_path("data/trade/hs92_product_codes_6digit.csv"), infer_schema=False)[
            "hs_product_6digit_code"
        ]
    )
    new = pl.read_csv(shared_path("data/trade/hs2022_nomenclature.csv"), infer_schema=False)
    six = set(new.filter(level="6")["hscode"])
    found = match_without_table(old, six)
    counts = dict(found.codes["how"].value_counts().iter_rows())
    headings = {code[:4] for code in six}
    assert counts["same code"] == len(old & six)
    assert counts["heading"] == len([code for code in old - six if code[:4] in headings])
    assert sum(counts.values()) == len(old)
    assert stable_level(old, six) in (0, 2)


def test_stable_level() -> None:
    assert stable_level(["100111", "100119"], ["100111", "100119"]) == 6
    assert stable_level(["100111"], ["100190"]) == 4
    assert stable_level(["100111"], ["100610"]) == 2
    assert stable_level(["100111"], ["110100"]) == 0


# -- over several tables, and files that are none ------------------------------------------------------------


def table_of(folder: Path, newer: str, older: str, pairs: list[tuple[str, str]]) -> hs.Correlation:
    path = folder / f"{newer}.csv"
    path.write_text("\n".join([f"HS {newer},HS {older}", *(",".join(pair) for pair in pairs)]) + "\n")
    return hs.read_correlation(path)


def test_codes_convert_over_two_tables_and_the_vaguest_step_counts(tmp_path: Path) -> None:
    first = table_of(tmp_path, "2017", "2012", [("100119", "100119"), ("854370", "854370"), ("010121", "010101"),
                                                 ("010121", "010102"), ("020110", "020110")])  # fmt: skip
    second = table_of(tmp_path, "2022", "2017", [("100119", "100119"), ("854340", "854370"), ("854370", "854370"),
                                                  ("010122", "010121")])  # fmt: skip
    codes = ["100119", "854370", "010101", "020110", "999998"]
    found = hs.convert_over(codes, "HS12", "HS22", [second, first])
    assert found is not None
    assert found.codes.sort("code").rows() == [
        ("010101", "010122", 6, "n:1"),
        ("020110", None, 0, "none"),
        ("100119", "100119", 6, "1:1"),
        ("854370", "854370", 6, "split"),
        ("999998", None, 0, "none"),
    ]
    assert "over HS17 by 2 tables" in say(found.note)
    back = hs.convert_over(["854340", "010122"], "HS22", "HS12", [first, second])
    assert back is not None
    assert back.codes.rows() == [("010122", "010101", 6, "split"), ("854340", "854370", 6, "n:1")]
    assert hs.convert_over(codes, "HS12", "HS22", [first]) is None
    assert hs.convert_over(codes, "HS96", "HS22", [first, second]) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"HS 2022,HS 2017,Relationship\n"),
        ("a.csv", b""),
        ("a.csv", b"HS 2022,HS 2017\n\xff\xfe,100119\n"),
        ("a.csv", b"HS 2022,HS 2017\n" + b'"' + b"x" * 200_000),
        ("a.xlsx", b"PK\x03\x04 and no more"),
        ("a.xlsx", b"no zip"),
        ("a.xls", b"no workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    ],
)
def test_a_correlation_file_that_is_none_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(KarwanError, match="a\\."):
        hs.read_correlation(path)


@pytest.mark.parametrize("cut", range(40, 5600, 397))
def test_an_old_workbook_cut_anywhere_is_refused_or_read(tmp_path: Path, cut: int) -> None:
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("correlation")
    for number, row in enumerate([("HS 2022", "HS 2017"), ("100119", "100119")]):
        for place, cell in enumerate(row):
            sheet.write(number, place, cell)
    path = tmp_path / "a.xls"
    book.save(str(path))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(KarwanError, match=r"a\.xls"):
        hs.read_correlation(path)


@pytest.mark.parametrize(
    "handed",
    [
        "39-correlation-broken.xlsx",
        "39b-correlation-empty-table.csv",
        "40-correlation-cut.xls",
        "40b-correlation-bytes.xls",
    ],
)
def test_handed_correlation_files_are_refused(handed: str) -> None:
    with pytest.raises(KarwanError, match=handed):
        hs.read_correlation(shared_path(f"cases/break/{handed}"))
