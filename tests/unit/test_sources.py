"""Readers: documented formats in, exact rows out; malformed input refused or rejected with a reason."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from karwan.case import read_case
from karwan.errors import InvalidInput, UnknownName
from karwan.store import LoadReport, NothingUsable, ingest, open_store
from karwan.store.archive import BadArchive, check_zip
from karwan.store.sources import SOURCES, Options, source_named
from karwan.store.sources.delimited import BadTable
from karwan.store.sources.mapping import mapping_named, packaged_mappings
from karwan.store.sources.periods import parse_period
from tests.unit.comtrade_server import record

HEADER = "t,i,j,k,v,q\n"


def stored(
    folder: Path, source: str, path: Path | None, **options: object
) -> tuple[LoadReport, pl.DataFrame, pl.DataFrame]:
    """Report, flows and rejects of one file in a fresh store."""
    target = folder / "store.duckdb"
    target.unlink(missing_ok=True)
    with open_store(target, create=True) as store:
        report = ingest(store, source_named(source).read(path, Options(**options)))[0]  # type: ignore[arg-type]
        return report, store.table(store.flows()), store.rejects()


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# -- registry, countries, periods ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_source_says_what_it_is(name: str) -> None:
    source = SOURCES[name]
    assert source.name == name
    assert source.title
    assert source.provider
    assert source.licence
    assert source.reads
    documented = (Path(__file__).parents[2] / "docs" / "sources_trade.md").read_text()
    assert f"`{name}`" in documented


@pytest.mark.parametrize("name", sorted(packaged_mappings()))
def test_every_packaged_mapping_is_documented(name: str) -> None:
    mapping = packaged_mappings()[name]
    assert mapping.title
    assert mapping.provider
    assert mapping.licence
    assert mapping.note
    documented = (Path(__file__).parents[2] / "docs" / "sources_trade.md").read_text()
    assert f"`{name}`" in documented


def test_unknown_source_and_mapping_are_named() -> None:
    with pytest.raises(UnknownName, match="no source `bacci`"):
        source_named("bacci")
    with pytest.raises(InvalidInput, match="no mapping `nowhere`"):
        mapping_named("nowhere")


@pytest.mark.parametrize(
    ("text", "fiscal", "expected"),
    [
        ("2020", 1, "2020"),
        ("2020.0", 1, "2020"),
        ("202503", 1, "2025-03"),
        ("2025-03", 1, "2025-03"),
        ("03.2025", 1, "2025-03"),
        ("March 2025", 1, "2025-03"),
        ("Mar-2025", 1, "2025-03"),
        ("март 2025", 1, "2025-03"),
        ("2024-07..2025-06", 1, "2024-07..2025-06"),
        ("2024-01-01..2024-12-31", 1, "2024"),
        ("2024-07-01..2024-12-31", 1, "2024-07..2024-12"),
        ("2023-24", 7, "2023-07..2024-06"),
        ("2023-2024", 7, "2023-07..2024-06"),
        ("2011-12", 7, "2011-07..2012-06"),
        ("2011-12", 1, "2011-12"),
        ("FY24", 7, "2023-07..2024-06"),
        ("2012-13", 1, None),
        ("2012-13", None, None),
        ("2012-2013", None, None),
        ("FY24", None, None),
        ("2024", None, "2024"),
        ("٢٠٢٤", None, None),
        ("2024", 7, "2023-07..2024-06"),
        ("2025-13", 1, None),
        ("20250", 1, None),
        ("2024-07-02..2024-12-31", 1, None),
        ("2025-06..2024-07", 1, None),
        ("total", 1, None),
    ],
)
def test_periods(text: str, fiscal: int | None, expected: str | None) -> None:
    found = parse_period(text, fiscal)
    assert (None if found is None else found.text) == expected


# -- files from strangers ------------------------------------------------------------------------------------


def test_wrong_delimiter_is_refused_and_named(tmp_path: Path) -> None:
    path = written(tmp_path / "BACI_HS17.csv", "t;i;j;k;v;q\n2020;4;586;071340;1;1\n")
    with pytest.raises(BadTable, match="separated by semicolons"):
        stored(tmp_path, "baci", path)


def test_a_misspelt_column_is_suggested(tmp_path: Path) -> None:
    path = written(tmp_path / "pbs.csv", "Country,Flow,Fiscal Yaer,PCT Code,Value (000 US$),Quantity,Unit\n")
    with pytest.raises(BadTable, match="Did you mean Fiscal Yaer"):
        stored(tmp_path, "table", path, mapping="pak_pbs")


def test_truncated_zip_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BACI_HS17_Y2020_V1.csv", HEADER + "2020,4,586,071340,1,1\n" * 1000)
    path = written(tmp_path / "BACI_HS17.zip", whole.getvalue()[:-30])
    with pytest.raises(BadArchive, match="not a whole zip"):
        stored(tmp_path, "baci", path)


def test_damaged_member_leaves_the_store_unchanged(tmp_path: Path) -> None:
    rows = "".join(f"2020,4,586,{code:06d},{code}.5,1\n" for code in range(100_110, 130_000))
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BACI_HS17_Y2020_V1.csv", HEADER + rows)
    data = bytearray(whole.getvalue())
    data[len(data) // 2] ^= 0xFF
    path = written(tmp_path / "BACI_HS17.zip", bytes(data))
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        with pytest.raises(Exception, match=r"BadArchive|unpacked|CRC|decompress"):
            ingest(store, source_named("baci").read(path, Options()))
        assert store.loads().is_empty()
        assert store.table(store.backend.table("flow_rows")).is_empty()


def test_zip_bomb_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "BACI_HS17_bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("BACI_HS17_Y2020.csv", "w") as member,
    ):
        for _ in range(100):
            member.write(bytes(2**20))
    with pytest.raises(BadArchive, match="zip bomb"):
        stored(tmp_path, "baci", path)
    with pytest.raises(BadArchive, match="more than the limit of 1,000"):
        check_zip(path, max_total_bytes=1_000)


def test_zip_with_years_and_code_lists(tmp_path: Path) -> None:
    path = tmp_path / "BACI_HS17_V202501.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BACI_HS17_Y2020_V202501.csv", HEADER + "2020,4,586,071340,1,1\n")
        archive.writestr("BACI_HS17_Y2021_V202501.csv", HEADER + "2021,4,586,071340,2,NA")
        archive.writestr(
            "country_codes_V202501.csv",
            "country_code,country_name,country_iso2,country_iso3\n4,Afghanistan,AF,AFG\n",
        )
        archive.writestr("product_codes_HS17_V202501.csv", "code,description\n071340,Lentils\n")
        archive.writestr("Readme.txt", "BACI")
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        reports = ingest(store, source_named("baci").read(path, Options()))
        flows = store.table(store.flows()).sort("period")
        plain = written(tmp_path / "BACI_HS17_Y2020_V202501.csv", HEADER + "2020,4,586,071340,1,1\n")
        again = ingest(store, source_named("baci").read(plain, Options()))
    assert [report.file_name for report in reports] == [
        "BACI_HS17_V202501.zip!BACI_HS17_Y2020_V202501.csv",
        "BACI_HS17_V202501.zip!BACI_HS17_Y2021_V202501.csv",
    ]
    assert flows["value_usd"].to_list() == [1_000.0, 2_000.0]
    assert again[0].status == "unchanged"


def test_mixed_encodings_reject_the_lines_that_are_no_text(tmp_path: Path) -> None:
    header = (
        b"reporterISO,partnerISO,flowCode,period,classificationCode,cmdCode,primaryValue,qty,qtyUnitAbbr\n"
    )
    good = b"KAZ,PAK,X,2022,H6,071340,5,1,kg\n"
    bad = "KAZ,PAK,X,2022,H6,071390,5,1,кг\n".encode("cp1251")
    report, flows, rejects = stored(
        tmp_path, "comtrade-csv", written(tmp_path / "c.csv", header + good + bad)
    )
    assert (report.rows, report.rejects) == (1, 1)
    assert rejects.row(0, named=True)["reason"] == "bytes that are not UTF-8 text: mixed encodings"
    assert rejects["line"].to_list() == [3]
    assert flows["product"].to_list() == ["071340"]


def test_header_line_without_end_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "BACI_HS17.csv"
    with path.open("wb") as sparse:  # 5 GB of zero bytes that take no disk
        sparse.truncate(5 * 2**30)
    with pytest.raises(BadTable, match="no header line ends in the first 256 KiB"):
        source_named("baci").read(path, Options())
    with path.open("wb") as text:
        text.write(b"t,i,j,k,v,q" * 2**20)
    with pytest.raises(BadTable, match="no header line"):
        source_named("baci").read(path, Options())


def test_row_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "BACI_HS17.csv"
    with path.open("wb") as text:
        text.write(b"t,i,j,k,v,q\n2020,4,586,071340,1,1\n2020,4,586,")
        for _ in range(24):
            text.write(b"9" * 2**20)
    with pytest.raises(BadTable, match="cannot be read"):
        stored(tmp_path, "baci", path)


def test_sql_and_formulas_are_text_and_flagged(tmp_path: Path) -> None:
    text = (
        "Country,Flow,Fiscal Year,PCT Code,Value (000 US$),Quantity,Unit\n"
        '"Robert\'); DROP TABLE loads;--",Exports,2023-24,1006.3090,1,1,MT\n'
        '"=HYPERLINK(""http://x"",""y"")",Exports,2023-24,1006.3091,2,1,MT\n'
        "Kazakhstan,Exports,2023-24,1006.3092,=1+1,1,MT\n"
        "Kazakhstan,Exports,2023-24,1006.3093,3,1,=CMD()\n"
    )
    report, flows, rejects = stored(tmp_path, "table", written(tmp_path / "p.csv", text), mapping="pak_pbs")
    assert (report.rows, report.rejects) == (3, 1)
    assert rejects["reason"].to_list() == ["value '=1+1' is a formula, not a number"]
    by_product = {row["product"]: row for row in flows.iter_rows(named=True)}
    assert by_product["10063090"]["importer"] == "Robert'); DROP TABLE loads;--"
    assert by_product["10063090"]["flags"] == "unknown_importer"
    assert by_product["10063091"]["flags"] == "unknown_importer;formula_text"
    assert by_product["10063093"]["flags"] == "formula_text"


def test_duplicates_can_be_summed_where_the_mapping_says(tmp_path: Path) -> None:
    text = (
        "Country,Flow,Fiscal Year,PCT Code,Value (000 US$),Quantity,Unit\n"
        "Kazakhstan,Exports,2023-24,1006.3090,1,10,MT\nKazakhstan,Exports,2023-24,1006.3090,2,5,MT\n"
        "China,Exports,2023-24,1006.3090,2,5,MT\nChina,Exports,2023-24,1006.3090,3,5,KG\n"
    )
    path = written(tmp_path / "p.csv", text)
    report, _, rejects = stored(tmp_path, "table", path, mapping="pak_pbs")
    assert (report.rows, report.rejects) == (2, 2)
    assert rejects["reason"].to_list() == [
        "same flow as line 2 with another value",
        "same flow as line 4 with another value",
    ]
    mapping = written(
        tmp_path / "sum.yaml", (Path("src/karwan/store/mappings/pak_pbs.yaml")).read_text() + "repeats: sum\n"
    )
    report, flows, _ = stored(tmp_path, "table", path, mapping=str(mapping))
    by_country = {row["importer"]: row for row in flows.iter_rows(named=True)}
    assert (report.rows, report.rejects) == (2, 0)
    assert by_country["KAZ"]["value_usd"] == 3_000.0
    assert by_country["KAZ"]["quantity"] == 15.0
    assert by_country["CHN"]["quantity"] is None  # units differ
    assert by_country["CHN"]["flags"] == "summed"


def test_a_file_of_nothing_but_rejects_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "BACI_HS17.csv", HEADER + "2020,4,586,10121,1,1\n")
    with pytest.raises(NothingUsable, match="leading zero lost"):
        stored(tmp_path, "baci", path)


def test_revision_must_be_known_for_baci(tmp_path: Path) -> None:
    path = written(tmp_path / "baci.csv", HEADER + "2020,4,586,071340,1,1\n")
    with pytest.raises(InvalidInput, match="does not say the HS revision"):
        stored(tmp_path, "baci", path)
    assert stored(tmp_path, "baci", path, hs_revision="H5")[1]["hs_revision"].to_list() == ["HS17"]


def test_known_codes_flag_the_others(tmp_path: Path) -> None:
    path = written(tmp_path / "BACI_HS17.csv", HEADER + "2020,4,586,071340,1,1\n2020,4,586,071341,1,1\n")
    flows = stored(tmp_path, "baci", path, known_codes=frozenset({"071340"}))[1].sort("product")
    assert flows["flags"].to_list() == ["", "unknown_product"]


# -- Comtrade, national statistics, cases --------------------------------------------------------------------


def test_comtrade_csv_present_columns(tmp_path: Path) -> None:
    rows = [
        record(),
        record(flowCode="M", primaryValue=700, cifvalue=700, fobvalue=None, cmdCode="TOTAL", period="202303"),
        record(motCode=2100),
        record(partnerCode=0, partnerISO="W00", cmdCode="10"),
        record(flowCode="RX"),
        record(partnerCode=899, partnerISO="_X", cmdCode="9999AA", netWgt=None, qty=None, qtyUnitAbbr="N/A"),
    ]
    path = tmp_path / "TradeData.csv"
    pl.DataFrame(rows, infer_schema_length=None, strict=False).write_csv(path)
    report, flows, rejects = stored(tmp_path, "comtrade-csv", path)
    assert (report.rows, report.rejects) == (4, 2)
    assert rejects["reason"].to_list() == [
        "set aside: a breakdown by mode of transport of a total that the file has too",
        "set aside: flow 'RX' is neither exports nor imports",
    ]
    by_code = {row["product"]: row for row in flows.iter_rows(named=True)}
    lentils = by_code["071340"]
    assert (lentils["exporter"], lentils["importer"], lentils["reporter"]) == ("KAZ", "PAK", "KAZ")
    assert (lentils["reporter_side"], lentils["valuation"], lentils["hs_revision"]) == (
        "exporter",
        "fob",
        "HS22",
    )
    assert (lentils["value_usd"], lentils["weight_kg"], lentils["quantity"]) == (
        12_500.125,
        20_000.0,
        20_000.0,
    )
    assert (lentils["quantity_unit"], lentils["flags"]) == ("kg", "weight_estimated")
    total = by_code["TOTAL"]
    assert (total["exporter"], total["importer"], total["reporter_side"]) == ("PAK", "KAZ", "importer")
    assert (total["valuation"], total["period"], total["frequency"], total["product_level"]) == (
        "cif",
        "2023-03",
        "M",
        0,
    )
    assert by_code["10"]["importer"] == "WLD"
    assert by_code["9999AA"]["importer"] == "_X"
    assert by_code["9999AA"]["flags"] == "unknown_product;weight_estimated"
    assert by_code["9999AA"]["quantity"] is None


def test_comtrade_csv_old_columns(tmp_path: Path) -> None:
    text = (
        "Classification,Year,Period,Period Desc.,Aggregate Level,Is Leaf Code,Trade Flow Code,Trade Flow,"
        "Reporter Code,Reporter,Reporter ISO,Partner Code,Partner,Partner ISO,Commodity Code,Commodity,"
        "Qty Unit Code,Qty Unit,Qty,Netweight (kg),Trade Value (US$),Flag\n"
        "H4,2016,2016,2016,6,1,2,Export,398,Kazakhstan,KAZ,586,Pakistan,PAK,071340,Lentils,8,kg,5,5,9,0\n"
        "H4,2016,2016,2016,6,1,1,Import,398,Kazakhstan,KAZ,0,World,WLD,071340,Lentils,8,kg,5,5,11,4\n"
    )
    _, flows, _ = stored(tmp_path, "comtrade-csv", written(tmp_path / "comtrade.csv", text))
    first, second = flows.sort("value_usd").iter_rows(named=True)
    assert (first["exporter"], first["importer"], first["hs_revision"], first["valuation"]) == (
        "KAZ",
        "PAK",
        "HS12",
        "fob",
    )
    assert (second["exporter"], second["importer"], second["flags"]) == (
        "WLD",
        "KAZ",
        "weight_or_quantity_estimated",
    )
    with pytest.raises(BadTable, match="no Comtrade CSV"):
        stored(tmp_path, "comtrade-csv", written(tmp_path / "other.csv", "a,b\n1,2\n"))


def kaz_workbook(path: Path) -> Path:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("2025")
    sheet.write(0, 0, "Внешняя торговля Республики Казахстан")
    header = [
        "Период",
        "Код ТН ВЭД",
        "Наименование",
        "Страна",
        "Доп. ед. изм.",
        "Экспорт, тонн",
        "Экспорт, тыс. долл. США",
        "Экспорт, доп. ед.",
        "Импорт, тонн",
        "Импорт, тыс. долл. США",
        "Импорт, доп. ед.",
    ]
    sheet.write_row(2, 0, header)
    sheet.write_row(
        3, 0, ["март 2025", "0713 40 000 0", "Чечевица", "Пакистан", "кг", 20.5, "1 234,5", 20500, "", "", ""]
    )
    sheet.write_row(4, 0, ["март 2025", "1006309600", "Рис", "Пакистан", "кг", "", "", "", 3, 2.25, 3000])
    sheet.write_row(5, 0, ["март 2025", 713400000, "Чечевица", "Китай", "кг", 1, 1, 1, "", "", ""])
    sheet.write_formula(6, 6, "=G4*2")
    sheet.write_row(6, 0, ["март 2025", "0713400000", "Чечевица", "Узбекистан", "кг", 1])
    book.close()
    return path


def test_kazakhstan_workbook(tmp_path: Path) -> None:
    path = kaz_workbook(tmp_path / "kaz.xlsx")
    report, flows, rejects = stored(tmp_path, "table", path, mapping="kaz_customs", hs_revision="HS22")
    assert (report.rows, report.rejects) == (2, 2)
    assert report.notes == ("4 cells without a figure were taken as not reported",)
    lentils, rice = flows.sort("product").iter_rows(named=True)
    assert (lentils["exporter"], lentils["importer"], lentils["product"]) == ("KAZ", "PAK", "0713400000")
    assert (lentils["value_usd"], lentils["weight_kg"], lentils["quantity"]) == (
        1_234_500.0,
        20_500.0,
        20_500.0,
    )
    assert (lentils["period"], lentils["valuation"], lentils["product_level"]) == ("2025-03", "fob", 10)
    assert (rice["exporter"], rice["importer"], rice["reporter_side"], rice["valuation"]) == (
        "PAK",
        "KAZ",
        "importer",
        "cif",
    )
    found = dict(zip(rejects["line"], rejects["reason"], strict=True))
    assert "leading zero lost (0713400000)" in found[6]
    assert found[7] == "value '=G4*2' is a formula, not a number"


def test_kazakhstan_csv_in_cp1251(tmp_path: Path) -> None:
    text = (
        "Направление;Период;Страна;Код ТН ВЭД;Стоимость, тыс. долл. США;Вес нетто, тонн\r\n"
        "ЭК;01.2025;ПАКИСТАН;0713400000;1 500,25;10,5\r\nИМ;01.2025;Пакистан;1006309600;7;3\r\n"
    )
    path = written(tmp_path / "kaz.csv", text.encode("cp1251"))
    _, flows, _ = stored(tmp_path, "table", path, mapping="kaz_customs_csv")
    assert flows.sort("product").select(
        "exporter", "importer", "value_usd", "weight_kg", "valuation"
    ).rows() == [
        ("KAZ", "PAK", 1_500_250.0, 10_500.0, "fob"),
        ("PAK", "KAZ", 7_000.0, 3_000.0, "cif"),
    ]


def test_state_bank_table_has_two_figures_a_row(tmp_path: Path) -> None:
    path = written(
        tmp_path / "sbp.csv",
        'Month,Country,Exports,Imports\nJul-2024,Kazakhstan,"1,234",\nAug-2024,Kazakhstan,5,6\n',
    )
    report, flows, _ = stored(tmp_path, "table", path, mapping="pak_sbp")
    assert (report.rows, report.rejects) == (3, 0)
    assert flows.sort("value_usd")["value_usd"].to_list() == [5_000.0, 6_000.0, 1_234_000.0]
    assert set(flows["product_level"]) == {0}


def test_months_side_by_side_are_parts_as_documented(tmp_path: Path) -> None:
    """The mapping printed in docs/sources_trade.md, on a table of that layout."""
    page = (Path(__file__).parents[2] / "docs" / "sources_trade.md").read_text(encoding="utf-8")
    mapping = written(tmp_path / "sbp_receipts.yaml", page.split("```yaml\n")[1].split("```")[0])
    table = written(
        tmp_path / "sbp.csv",
        'COUNTRY,Jul-24,Aug-24\nKazakhstan,"7,102",6880\nUzbekistan,1200,\nTotal,9000,9000\n',
    )
    _, flows, rejects = stored(tmp_path, "table", table, mapping=str(mapping))
    assert set(flows.select("importer", "period", "value_usd").rows()) == {
        ("KAZ", "2024-07", 7_102_000.0),
        ("KAZ", "2024-08", 6_880_000.0),
        ("UZB", "2024-07", 1_200_000.0),
    }
    assert set(rejects["reason"]) == {"set aside: another country or a total"}


def test_case_figures_keep_every_quoted_source(tmp_path: Path) -> None:
    folder = tmp_path / "kaz-pak"
    folder.mkdir()
    written(folder / "case.yaml", "id: kaz-pak\nparty_a: KAZ\nparty_b: PAK\n")
    written(
        folder / "flows.csv",
        "flow_id,reporter,direction,period_start,period_end,period_kind,product_group,value_usd,value_kind,valuation,claimed,"
        "conflict_group,source_id,basis\n"
        "f1,PAK,b_to_a,2023-07-01,2024-06-30,fiscal_year,all,185250000,trade,,press,c1,sbp,observed\n"
        "f2,PAK,a_to_b,2024-07-01,2025-06-30,fiscal_year,all,129630000,trade,,press,,sbp,observed\n"
        "f3,KAZ,total,2022-01-01,2022-12-31,calendar_year,all,73500000,trade,,speech,,inform,observed\n"
        "f4,KAZ,b_to_a,2022-01-01,2022-12-31,calendar_year,all,95000000,trade,fob,speech,,inform,assumed\n"
        "f5,PAK,b_to_a,2016-01-01,2016-12-31,calendar_year,medicaments,182280000,potential,,press,,sbp,observed\n"
        "f6,KAZ,total,2021-01-01,2021-12-31,calendar_year,all,95000000,trade,,speech,,only_totals,observed\n",
    )
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        reports = ingest(store, source_named("case").read(folder, Options()))
        flows = store.table(store.flows()).sort("value_usd")
        again = ingest(store, source_named("case").read(folder / "flows.csv", Options()))
        reasons = set(store.rejects()["reason"])
    assert [(report.source, report.rows, report.rejects) for report in reports] == [
        ("case:kaz-pak:inform", 1, 1),
        ("case:kaz-pak:sbp", 2, 2),  # the source that states a total only is rejected here
    ]
    assert [report.status for report in again] == ["unchanged", "unchanged"]
    assert reasons == {
        "set aside: a two-way total has no direction",
        "set aside: a potential, an offer or a deal, not trade that moved",
    }
    last = flows.row(2, named=True)
    assert (last["exporter"], last["importer"], last["reporter"], last["reporter_side"]) == (
        "PAK",
        "KAZ",
        "PAK",
        "exporter",
    )
    assert (last["period"], last["frequency"], last["product"]) == ("2023-07..2024-06", "A", "TOTAL")
    assert last["flags"] == "press_figure;conflicting"
    assert flows["flags"][0] == "speech_figure;assumed"


def test_an_embedded_case_is_named_as_elsewhere(tmp_path: Path) -> None:
    """Every row of its flows.csv is stored or rejected with a reason."""
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        reports = ingest(store, source_named("case").read(Path("kaz-pak"), Options()))
        flows, rejects = store.table(store.flows()), store.rejects()
    table = read_case("kaz-pak")["flows"]
    assert sum(report.rows for report in reports) == flows.height > 50
    assert flows.height + rejects.height == table.height
    trade = table.filter((pl.col("direction") != "total") & (pl.col("value_kind") == "trade"))
    assert flows["value_usd"].sum() == pytest.approx(trade["value_usd"].sum())
    with pytest.raises(UnknownName, match="nowhere"):
        source_named("case").read(Path("nowhere"), Options())


@pytest.mark.parametrize("damage", [b"\xff", b'"' + b"x" * 200_000 + b'"'])
def test_a_damaged_case_is_refused_in_one_sentence(tmp_path: Path, damage: bytes) -> None:
    written(tmp_path / "case.yaml", "id: x\nparty_a: KAZ\nparty_b: PAK\n")
    head = b"reporter,direction,period_start,period_end,value_usd,source_id\n"
    written(tmp_path / "flows.csv", head + damage + b",a_to_b,2023-01-01,2023-12-31,1,s\n")
    with pytest.raises(BadTable, match="cannot be read"):
        source_named("case").read(tmp_path, Options())
    written(tmp_path / "case.yaml", b"a: [\xff")
    with pytest.raises(InvalidInput, match="not UTF-8 text"):
        source_named("case").read(tmp_path, Options())
