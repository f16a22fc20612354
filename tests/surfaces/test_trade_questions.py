"""Questions to `karwan trade` and `karwan basket` as people type them: answered, or refused with the nearest values."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.cli.app import app
from karwan.errors import InvalidInput
from karwan.store import open_store
from tests.commands import program

RUN = CliRunner()
MAPPING = (
    "name: st\ntitle: st\nprovider: st\nlayout: csv\ncolumns:\n"
    "  exporter: {column: exporter, codes: iso3}\n  importer: {column: importer, codes: iso3}\n"
    "  reporter_side: {value: exporter}\n  period: year\n  product: {column: product, level: 4}\n"
    "  hs_revision: {value: HS17}\n  value: {column: value_usd}\n"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("store")
    table = "exporter,importer,product,value_usd,year\nKAZ,PAK,1001,300,2023\nUZB,PAK,5201,70,2023\n"
    (folder / "t.csv").write_text(table, encoding="utf-8")
    (folder / "map.yaml").write_text(MAPPING, encoding="utf-8")
    target = str(folder / "s.duckdb")
    call = ["trade", "ingest", "table", str(folder / "t.csv"), "--mapping", str(folder / "map.yaml")]
    result = RUN.invoke(app, [*call, "--store", target, "--quiet"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return target


@pytest.mark.parametrize(
    ("filters", "value"),
    [
        (["--exporter", "Kazakhstan"], 300),
        (["--exporter", "kz"], 300),
        (["--exporter", "KAZ, uzb"], 370),
        (["--importer", "pakistan", "--product", "52.01"], 70),
        (["--product", "10,52"], 370),
        (["--period", "2023"], 370),
        (["--side", "Exporter"], 370),
    ],
)
def test_filters_are_understood(store: str, filters: list[str], value: float) -> None:
    result = RUN.invoke(app, ["trade", "query", "--store", store, *filters, "--json"], catch_exceptions=False)
    assert [row["value_usd"] for row in json.loads(result.stdout)["rows"]] == [value]


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (["--exporter", "KAZZ"], "The store has no exporter KAZZ"),
        (["--exporter", "FRA"], "it has KAZ, UZB"),
        (["--exporter", "KAZ,KAZZ"], "The store has no exporter KAZZ"),
        (["--importer", "WLD"], "The store has no importer WLD"),
        (["--period", "2020-13"], "`2020-13` is no period"),
        (["--period", "2023-24"], "`2023-24` is no period"),
        (["--period", "2019"], "it has 2023"),
        (["--level", "6"], "it has 4"),
        (["--product", "9999"], "The store has no product that begins with 9999"),
        (["--product", "umbrellas"], "No product here is called 'umbrellas'"),
        (["--product", "chickpeas"], "No product here"),
        (["--source", "baci"], "it has st"),
        (["--since", "2024-01-01"], "the store's periods: 2023"),
        (["--since", "2024-01-01", "--until", "2023-01-01"], "is after"),
        (["--exporter", "KAZ", "--product", "5201"], "all the filters together"),
    ],
)
def test_a_query_that_matches_nothing_says_so(store: str, filters: list[str], words: str) -> None:
    result = program("trade", "query", "--store", store, *filters)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize(
    ("call", "fact", "way_out"),
    [
        ("compete beans --case toyland --from XX", "No place is called 'XX'", "nodes.csv"),
        ("compete beans --case toyland --rival AUS:-5", "The offer of AUS has an impossible", "above 0"),
        ("compete beans --case toyland --tonnes -1", "cannot weigh -1 t", "give its tonnes"),
        ("goods toyland --product zzz", "No product is called 'zzz'", "use a product id"),
        (
            "mirror XTA XTC --case toyland --year 1990",
            "no yearly figures of the two countries for 1990",
            "choose",
        ),
        ("mirror KAZ kazakhstan", "The two countries are the same", "name two countries"),
        ("growth KAZ KAZ --store {store}", "The two countries are the same", "name two countries"),
        ("growth KAZ PAK --store {store} --year-starts 13", "cannot start in month 13", "1 to 12"),
        ("indicators KAZ --partner KAZ --store {store}", "partner are the same", "name another partner"),
        ("potential KAZ PAK --freight-share -1 2 --store {store}", "figures that cannot be", "0 or more"),
        ("potential KAZ PAK --days 5 -2 --store {store}", "figures that cannot be", "0 or more"),
        ("potential KAZ PAK --store {empty}", "it has none at any level", "karwan trade ingest"),
        ("partners KAZ --store {empty}", "it has none", "karwan trade ingest"),
        ("query --store {empty}", "The store holds no flows", "karwan trade ingest"),
        ("loads --store {there}", "bytes, .csv", "with the ending .duckdb"),
        ("query --store {store} --csv {there}", "is no folder to write to", "--csv --table NAME > FILE"),
        ("target --case toyland --date 2020-01-01", "The date of the target is past", "give a later date"),
        ("names zzzzqqq", "like it: no word", "name other words"),
    ],
)
def test_a_wrong_question_ends_in_fact_evidence_and_way_out(
    store: str, tmp_path: Path, call: str, fact: str, way_out: str
) -> None:
    there, empty = tmp_path / "there.csv", tmp_path / "empty.duckdb"
    there.write_text("a,b\n1,2\n", encoding="utf-8")
    if "{empty}" in call:
        with open_store(str(empty), create=True):
            pass
    told = program("trade", *call.format(store=store, there=there, empty=empty).split())
    assert told.exit_code == 2, told.output
    assert fact in told.stderr and "Fix:" in told.stderr and way_out in told.stderr
    assert there.read_text(encoding="utf-8") == "a,b\n1,2\n"


def test_a_day_before_all_figures_is_told_so() -> None:
    told = program("trade", "status", "toyland", "--as-of", "1990-01-01")
    assert told.exit_code == 0 and "the first ends on 2023-12-31" in told.stdout


def test_the_basket_reads_what_potential_prints(tmp_path: Path) -> None:
    rows = [
        (i, j, code, 1000.0 * (1 + (7 * n + 3 * m + k) % 11))
        for n, i in enumerate(("KAZ", "PAK", "UZB", "IRN"))
        for m, j in enumerate(("KAZ", "PAK", "UZB", "IRN"))
        for k, code in enumerate(("0101", "1001", "2711", "5201"))
        if i != j and (n, k) != (0, 1)
    ]
    flows = tmp_path / "flows.csv"
    pl.DataFrame(rows, schema=["exporter", "importer", "product", "value_usd"], orient="row").write_csv(flows)
    answers = []
    for form in ("csv", "json"):
        printed = RUN.invoke(app, ["trade", "potential", "KAZ", "PAK", "--table", str(flows), f"--{form}"])
        table = tmp_path / f"potential.{form}"
        table.write_text(printed.stdout, encoding="utf-8")
        call = ["basket", "--table", str(table), "--goods", "2", "--target", "10"]
        answers.append(
            json.loads(RUN.invoke(app, [*call, "--json"], catch_exceptions=False).stdout)["basket"]
        )
        plain = RUN.invoke(app, call, catch_exceptions=False)
        assert plain.exit_code == 0 and answers[0][0]["product"] in plain.stdout
    assert answers[0] == answers[1]
    assert all(isinstance(good["potential_usd"], float) for good in answers[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("product_id,bound_usd,sector\np1,abc,s1\n", "line 2, bound_usd is 'abc'"),
        ("product_id,bound_usd\np1,0\n", "no good with a bound"),
        ("product_id,bound_usd\np1,-4\n", "below zero"),
        ("product_id,bound_usd\np1,5\n# more\nproduct_id,bound_usd\np2,6\n", "2 tables of goods"),
        ("product_id,bound_usd\np1,1,000\n", "line 2 has 3 cells"),
        ('{"basket": 3', "no JSON"),
    ],
)
def test_tables_of_goods_that_cannot_serve_are_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text(text, encoding="utf-8")
    result = RUN.invoke(app, ["basket", "--table", str(path), "--goods", "1", "--target", "10"])
    assert isinstance(result.exception, InvalidInput)
    assert words in str(result.exception)


def test_a_table_of_two_columns_prints_plainly(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("product_id,bound_usd\na,100\nb,200\nc,300\n", encoding="utf-8")
    result = RUN.invoke(
        app, ["basket", "--table", str(path), "--goods", "2", "--target", "250"], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert "USD 500" in result.stdout


@pytest.mark.parametrize("origin", ["PAK", "pak", "Pakistan", "PK"])
def test_a_domestic_rival_pays_no_import_duty(origin: str, tmp_path: Path) -> None:
    path = tmp_path / "rivals.csv"
    path.write_text(
        f"origin,price_usd_t,freight_usd_t,days,rate_share\n{origin},600,20,2,0.2\n", encoding="utf-8"
    )
    call = ["trade", "compete", "chickpeas", "--rivals", str(path), "--json"]
    answer = json.loads(RUN.invoke(app, call, catch_exceptions=False).stdout)
    rival = next(row for row in answer["landed price, cheapest first"] if row["role"] == "rival")
    assert rival["origin"] == "PAK" and rival["duty_usd_t"] == 0.0 and rival["lacks"] == ""
    assert any("pay no import duty" in note for note in answer["notes"])


@pytest.mark.parametrize("cell", ["NA", "1,000", "5 %"])
def test_side_tables_with_text_cells_are_refused(cell: str, tmp_path: Path) -> None:
    flows, panel, rates = tmp_path / "flows.csv", tmp_path / "panel.csv", tmp_path / "rates.csv"
    flows.write_text(
        "exporter,importer,product,value_usd\nKAZ,PAK,1001,5\nPAK,KAZ,1006,6\n", encoding="utf-8"
    )
    panel.write_text(f'exp,imp,time,export\nKAZ,PAK,2000,"{cell}"\n', encoding="utf-8")
    rates.write_text(f'exporter,importer,product,rate_share\nKAZ,PAK,1001,"{cell}"\n', encoding="utf-8")
    for call in (
        ["target", "--panel", str(panel)],
        ["potential", "KAZ", "PAK", "--table", str(flows), "--tariffs", str(rates)],
    ):
        result = RUN.invoke(app, ["trade", *call])
        assert isinstance(result.exception, InvalidInput)
        assert "has values that are no numbers" in str(result.exception)
        assert "line 2" in str(result.exception) and cell in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("KAZZ", "PAK"), "no KAZZ; it has KAZ, PAK"),
        (("KAZ", "PAK", "--product", "9999"), "no product 9999; it has 1001"),
    ],
)
def test_growth_that_finds_nothing_names_what_the_store_has(
    arguments: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text(
        "reporterISO,partnerISO,flowCode,period,classificationCode,cmdCode,primaryValue\n"
        "KAZ,PAK,X,2022,H6,1001,12.5\n"
    )
    store = str(tmp_path / "s.duckdb")
    assert program("trade", "ingest", "comtrade-csv", tmp_path / "x.csv", "--store", store).exit_code == 0
    ended = program("trade", "growth", *arguments, "--store", store)
    assert ended.exit_code == 2
    assert told in ended.output
