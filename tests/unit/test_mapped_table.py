"""Tables read with a mapping: marks of figures, codes and periods that spreadsheets changed, and broken files."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from karwan.case.yaml_input import parse_yaml
from karwan.errors import KarwanError
from karwan.store.reading import no_progress
from karwan.store.sources.delimited import BadTable
from karwan.store.sources.mapped_table import readings_of
from karwan.store.sources.mapping import TableMapping, mapping_named, parse_mapping
from karwan.store.sources.registry import Options
from tests.shared import shared_path


def mapping_of(**more: str) -> TableMapping:
    """A mapping of the columns p, y, k, v; `more` replaces a field or adds a key."""
    columns = {
        "reporter": "{value: KAZ}",
        "partner": "{column: p, codes: name}",
        "flow": "{value: export}",
        "period": "y",
        "product": "{column: k, strip: '. '}",
        "value": "v",
    }
    columns |= {
        name: more.pop(name) for name in ("period", "product", "value", "partner", "weight") if name in more
    }
    text = "columns:\n" + "".join(f"  {name}: {entry}\n" for name, entry in columns.items())
    text += "".join(f"{name}: {entry}\n" for name, entry in more.items())
    return parse_mapping(parse_yaml(text, "m.yaml", as_text=True))


def rows_of(path: Path, mapping: TableMapping) -> pl.DataFrame:
    """Staged rows of a file."""
    (reading,) = readings_of(path, mapping, Options())
    return pl.concat(reading.frames(no_progress))


def table(folder: Path, cells: list[tuple[str, str, str]], mapping: TableMapping) -> pl.DataFrame:
    """Staged rows of a table of (period, code, value), one partner."""
    path = folder / "t.csv"
    lines = ["p;y;k;v", *(f"Pakistan;{';'.join(row)}" for row in cells)]
    path.write_text("\n".join(lines) + "\n", encoding=mapping.encoding)
    return rows_of(path, mapping)


def values(folder: Path, texts: list[str], **marks: str) -> list[float | None]:
    cells = [("2023", f"{1001 + n}", text) for n, text in enumerate(texts)]
    staged = table(folder, cells, mapping_of(delimiter="';'", **marks))
    figures = staged["value_milliusd"] / 1000
    return [None if reason else figure for figure, reason in zip(figures, staged["reason"], strict=True)]


@pytest.mark.parametrize(
    ("marks", "texts", "expected"),
    [
        ({"decimal": "','", "thousands": "'.'"}, ["1.234,50", "1.234", "12.345.678", "850,25", "12.500"], [1234.5, 1234, 12345678, 850.25, 12500]),
        ({"thousands": "'.'"}, ["1.234,50", "1.234", "0.234", "12.5", "1.2345"], [1234.5, 1234, None, None, None]),
        ({"decimal": "','"}, ["1.234,50", "1.234", "12.345.678", "850,25", "12.500"], [None, None, None, 850.25, None]),
        ({"decimal": "'.'"}, ["1.234", "1,234", "850,25"], [1.234, None, None]),
        ({"thousands": "','"}, ["1,234.5", "12,34,567", "1,23", "0,234", "1234.5"], [1234.5, 1234567, None, None, 1234.5]),
        ({}, ["1'234.5", "1’234’567", "1 234", "1\u00a0234.5", "1\u202f234\u202f567", "1\u2009234"], [1234.5, 1234567, 1234, 1234.5, 1234567, 1234]),
        ({}, ["12 34", "1234 567", "1,234", "1e3", "5.", ".5", "٣", "--1", "1.2.3"], [None, None, None, 1000, 5, 0.5, None, None, None]),
        ({"decimal": "','", "thousands": "' '"}, ["1 234,5", "1\u00a0234,5", "1 23"], [1234.5, 1234.5, None]),
    ],
)  # fmt: skip
def test_figures_are_read_by_the_stated_marks_or_not_at_all(
    tmp_path: Path, marks: dict[str, str], texts: list[str], expected: list[float | None]
) -> None:
    assert values(tmp_path, texts, **marks) == expected


@pytest.mark.parametrize("order", [1, -1])
def test_a_column_whose_marks_contradict_one_another_is_refused(tmp_path: Path, order: int) -> None:
    texts = ["1.234", "12.345.678", "7"][::order]
    with pytest.raises(BadTable, match="decimal comma or dots between thousands") as caught:
        values(tmp_path, texts)
    assert "`v`" in caught.value.fact
    assert values(tmp_path, texts, decimal="','", thousands="'.'") == [1234, 12345678, 7][::order]


def test_dots_between_semicolons_are_refused_where_nothing_tells_what_they_are(tmp_path: Path) -> None:
    """12.500 is 12.5 or 12500: the row, both readings and the way out; one figure that tells settles it."""
    path = tmp_path / "t.csv"

    def read(*figures: str, **more: str) -> list[float | None]:
        rows = "".join(f"Pakistan;2023;100{n};{figure}\n" for n, figure in enumerate(figures, 1))
        path.write_text("p;y;k;v\n" + rows, encoding="utf-8")
        return (rows_of(path, mapping_of(delimiter="';'", **more))["value_milliusd"] / 1000).to_list()

    with pytest.raises(BadTable, match="can be read in two ways") as caught:
        read("500", "12.500", "1.250")
    assert (
        "line 3: `12.500` is 12.5 where" in caught.value.evidence and "12500 where" in caught.value.evidence
    )
    assert "`decimal:" in caught.value.fix
    assert read("12.500", "0.5") == [12.5, 0.5]
    assert read("12.500", "1234.125") == [12.5, 1234.125]
    assert read("500", "7") == [500, 7]
    assert read("12.500", decimal="'.'") == [12.5]
    assert read("12.500", decimal="','", thousands="'.'") == [12500]


def test_a_weight_that_is_no_number_is_flagged_not_lost_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("p,y,k,v,w\nPakistan,2023,1001,5,7 t\nPakistan,2023,1002,5,\n", encoding="utf-8")
    staged = rows_of(path, mapping_of(weight="w"))
    assert staged["flags"].to_list() == ["weight_not_a_number_dropped", ""]
    assert staged["weight_g"].to_list() == [None, None]


def test_codes_that_lost_zeros_as_numbers_are_rejected(tmp_path: Path) -> None:
    codes = [
        "0901.10",
        "0402.10.10",
        "1006.3098",
        "8703 23 190 9",
        "901.1",
        "703.1",
        "1006.3",
        "90110.0",
        "9.011E+04",
    ]
    staged = table(tmp_path, [("2023", code, "1") for code in codes], mapping_of(delimiter="';'"))
    kept = staged.filter(pl.col("reason").is_null())["product"].to_list()
    assert kept == ["090110", "04021010", "10063098", "8703231909"]
    said = staged.filter(pl.col("reason").is_not_null())["reason"].to_list()
    assert len(said) == 5
    assert "product code '901.1' is a decimal number" in said[0]
    plain = mapping_of(delimiter="';'", product="k")
    unstripped = table(tmp_path, [("2023", "901.1", "1")], plain)
    assert "is a decimal number" in unstripped["reason"][0]


FISCAL = ["2009-10", "2010-11", "2011-12", "2012-13"]


@pytest.mark.parametrize(
    "texts",
    [
        *(FISCAL, FISCAL[::-1], FISCAL[:3], FISCAL[:1], ["2011-12", "FY24", "2011-03"]),
        *(["2011/12", "2012-01"], ["2012-01", "2012-02", "2011/12"], ["2011-12", "2012/01"]),  # two marks
    ],
)
def test_years_that_may_be_months_are_refused_until_the_start_is_stated(
    tmp_path: Path, texts: list[str]
) -> None:
    cells = [(text, "1001", "5") for text in texts]
    with pytest.raises(BadTable, match="a month or a fiscal year") as refused:
        table(tmp_path, cells, mapping_of(delimiter="';'"))
    assert re.search(r"as a month (\d{4})-\d\d, as a year \1 to \d{4}", str(refused.value))


@pytest.mark.parametrize(
    ("texts", "start", "expected"),
    [
        (FISCAL, "7", ["2009-07..2010-06", "2010-07..2011-06", "2011-07..2012-06", "2012-07..2013-06"]),
        (FISCAL, "4", ["2009-04..2010-03", "2010-04..2011-03", "2011-04..2012-03", "2012-04..2013-03"]),
        (["2011-11", "2011-12"], "1", ["2011-11", "2011-12"]),
        (["2011-11", "2011-12"], "", ["2011-11", "2011-12"]),
        (["2011/12", "2012/01"], "", ["2011-12", "2012-01"]),
        (["2011-12", "2012-13"], "1", ["2011-12", None]),
        (["2012-13", "2024/25", "FY24", "2024"], "", [None, None, None, "2024"]),
    ],
)
def test_fiscal_years_start_where_the_mapping_says(
    tmp_path: Path, texts: list[str], start: str, expected: list[str | None]
) -> None:
    period = f"{{column: y, fiscal_start_month: {start}}}" if start else "y"
    staged = table(
        tmp_path, [(text, "1001", "5") for text in texts], mapping_of(delimiter="';'", period=period)
    )
    assert staged["period"].to_list() == expected
    said = staged.filter(pl.col("period").is_null())["reason"]
    assert said.str.contains("does not say its first month (fiscal_start_month)", literal=True).all()


def test_a_look_up_comes_before_the_marks_for_missing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("p,y,k,v\nNA,2023,1001,5\nN/A,2023,1001,5\n", encoding="utf-8")
    staged = rows_of(path, mapping_of(partner="{column: p, values: {NA: NAM}}"))
    assert staged["importer"].to_list() == ["NAM", None]
    assert staged["reason"].to_list() == [None, "no exporter or no importer"]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_line_ends_of_every_system_are_read(tmp_path: Path, end: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(
        end.join(["p,y,k,v", "Pakistan,2023,1001,5", "Pakistan,2023,1002", "Pakistan,2023,1003,7"]).encode()
    )
    staged = rows_of(path, mapping_of())
    assert staged.sort("line")["line"].to_list() == [2, 3, 4]
    assert staged.sort("line")["reason"].to_list() == [None, "3 cells where the header has 4", None]


def test_a_row_too_short_with_bytes_that_are_no_text_is_rejected_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(
        b"p,y,k,v\nPakistan,2023,1001,5\nP\xe0k,2023\nP\xe0k,2023,1001,5\nPakistan,2023,1002,6\n"
    )
    staged = rows_of(path, mapping_of()).sort("line")
    said = [
        "2 cells where the header has 4",
        "bytes that are not UTF-8 text: mixed encodings",
    ]
    assert staged["reason"].to_list() == [None, *said, None]


def test_texts_in_utf16_and_code_pages_are_read(tmp_path: Path) -> None:
    for encoding in ("utf-16", "cp1251"):
        staged = table(tmp_path, [("2023", "1001", "5")] * 2, mapping_of(delimiter="';'", encoding=encoding))
        assert staged["reason"].to_list() == [None, None]


# -- workbooks and Parquet files that are none ---------------------------------------------------------------


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def with_part(source: Path, target: Path, name: str, content: bytes | None) -> Path:
    """The zip with one part replaced, or left out."""
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
        for member in whole.namelist():
            if member != name:
                changed.writestr(member, whole.read(member))
            elif content is not None:
                changed.writestr(member, content)
    return target


PARTS = ["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
         "xl/worksheets/sheet1.xml"]  # fmt: skip
BROKEN = [None, b"", b"<", b"<a/>", b"<a><b></a>", b"\xff\xfe\x00", b"\x00" * 100]
ROWS: list[list[object]] = [
    ["p", "y", "k", "v"],
    ["Pakistan", 2023, "1001", 5.25],
    ["Pakistan", 2023, "1002", "5,5"],
]


def test_numbers_and_texts_of_a_workbook_have_one_meaning(tmp_path: Path) -> None:
    staged = rows_of(workbook(tmp_path / "t.xlsx", ROWS), mapping_of(layout="xlsx", decimal="','"))
    assert staged["value_milliusd"].to_list() == [5250, 5500]


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("name", PARTS)
def test_a_workbook_with_a_broken_part_is_refused_or_read(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    whole = workbook(tmp_path / "whole.xlsx", ROWS)
    broken = with_part(whole, tmp_path / "broken.xlsx", name, content)
    try:
        staged = rows_of(broken, mapping_of(layout="xlsx"))
    except KarwanError as error:
        assert "broken.xlsx" in error.fact
    else:
        assert staged.height <= 2


def test_a_workbook_is_bounded_in_rows_and_parts(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "whole.xlsx", ROWS)
    with zipfile.ZipFile(whole) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").replace(b'<row r="3"', b'<row r="999999999"')
    far = with_part(whole, tmp_path / "far.xlsx", "xl/worksheets/sheet1.xml", sheet)
    with pytest.raises(KarwanError, match="more than 1,048,576 rows"):
        rows_of(far, mapping_of(layout="xlsx"))
    large = with_part(whole, tmp_path / "large.xlsx", "xl/styles.xml", b" " * (65 * 2**20))
    with pytest.raises(KarwanError, match="the limit is"):
        rows_of(large, mapping_of(layout="xlsx"))


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([[1]]), "holds list<element: int64>"),
        (pa.array([{"a": 1}]), "holds struct<a: int64>"),
        (pa.array([b"\xff"]), "holds binary"),
    ],
)
def test_parquet_cells_are_single_figures_or_texts(tmp_path: Path, column: pa.Array, said: str) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"p": ["Pakistan"], "y": [2023], "k": ["1001"], "v": column}), path)
    with pytest.raises(BadTable) as caught:
        rows_of(path, mapping_of(layout="parquet"))
    assert "column `v`" in caught.value.fact
    assert said in caught.value.fact


@pytest.mark.parametrize(
    "handed",
    ["34-parquet-footer.parquet", "34b-parquet-panic.parquet", "35-parquet-nested.parquet"],
)
def test_handed_parquet_files_are_refused(handed: str) -> None:
    path = shared_path(f"cases/break/{handed}")
    with pytest.raises(BadTable, match=handed):
        rows_of(path, mapping_named("baci_table"))


def test_periods_by_quarter_and_years_of_two_digits(tmp_path: Path) -> None:
    texts = ["2023-Q1", "2023Q2", "q3 2023", "2023M07", "FY25"]
    staged = table(tmp_path, [(text, "1001", "5") for text in texts], mapping_of(delimiter="';'"))
    spans = ["2023-01..2023-03", "2023-04..2023-06", "2023-07..2023-09", "2023-07", None]
    assert staged["period"].to_list() == spans
    fiscal = mapping_of(delimiter="';'", period="{column: y, fiscal_start_month: 7}")
    texts = ["FY99", "FY68", "2023-Q1", "2020-22"]
    staged = table(tmp_path, [(text, "1001", "5") for text in texts], fiscal)
    assert staged["period"].to_list() == ["1998-07..1999-06", "2067-07..2068-06", None, None]
    assert staged["reason"][3] == "period '2020-22' is not a year, month or range"


def test_codes_as_tariffs_print_them_are_read_and_words_are_none(tmp_path: Path) -> None:
    codes = [
        "1006.30",
        "10.06.30",
        "1006.3098",
        "1006 30 980 0",
        "Всего",
        "All products",
        "9801.00",
        "Wheat",
        "１００１",
        "10०1",
        "1001²",
    ]
    mapping = mapping_of(delimiter="';'", product="k")
    (reading,) = readings_of(written(tmp_path, codes), mapping, Options())
    staged = pl.concat(reading.frames(no_progress))
    assert staged["product"][:6].to_list() == ["100630", "100630", "10063098", "1006309800", "TOTAL", "TOTAL"]
    assert staged["product_level"][:6].to_list() == [6, 6, 8, 10, 0, 0]
    assert staged["reason"][:6].null_count() == 6
    said = staged["reason"][6:].to_list()
    assert said[0] == "product code '9801.00' is a decimal number; HS codes are text"
    assert said[1:3] == [
        f"product '{text}' is no HS code: it has none of the digits 0 to 9" for text in codes[7:9]
    ]
    assert said[3:] == [
        f"product '{text}' is no HS code: not all of its digits are 0 to 9" for text in codes[9:]
    ]
    sections = mapping_of(delimiter="';'", product="k", nomenclature="SITC")
    assert rows_of(written(tmp_path, ["Wheat", "0.1"]), sections)["reason"].null_count() == 2


def written(folder: Path, codes: list[str]) -> Path:
    path = folder / "codes.csv"
    path.write_text("p;y;k;v\n" + "".join(f"Pakistan;2023;{code};{n}\n" for n, code in enumerate(codes, 1)))
    return path


def test_codes_that_are_not_known_are_told(tmp_path: Path) -> None:
    mapping = mapping_of(delimiter="';'", product="k")
    (reading,) = readings_of(written(tmp_path, ["1001", "7701", "770101", "7701"]), mapping, Options())
    list(reading.frames(no_progress))
    assert reading.notes() == [
        "2 product codes are not known: 7701, 770101 (3 rows); kept, flagged unknown_product"
    ]


def test_hidden_sheets_are_passed_over_and_other_tables_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", [["p", "y", "k", "v"], ["Pakistan", 2023, "1001", 1]])
    book = openpyxl.load_workbook(path)
    hidden, more, notes = (
        book.create_sheet(title, place) for title, place in (("old", 0), ("2022", 2), ("notes", 3))
    )
    hidden.sheet_state = "hidden"
    for sheet in (hidden, more):
        sheet.append(["p", "y", "k", "v"])
        sheet.append(["Pakistan", 2022, "1001", 900])
    notes.append(["p", "a remark"])
    book.save(path)
    (reading,) = readings_of(path, mapping_of(layout="xlsx", product="k"), Options())
    assert pl.concat(reading.frames(no_progress))["value_milliusd"].to_list() == [1_000]
    assert reading.notes() == ["the workbook has such tables on other sheets, which were not read: 2022"]
    (named,) = readings_of(path, mapping_of(layout="xlsx", product="k", sheet="'2022'"), Options())
    assert pl.concat(named.frames(no_progress))["value_milliusd"].to_list() == [900_000]
    assert named.notes() == []
