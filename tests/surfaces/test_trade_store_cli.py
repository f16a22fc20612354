"""`karwan trade ingest|query|sources|loads|rejects`: what they print, and that errors end in a message and
exit code 2.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from karwan.analysis.registry import BY_NAME
from karwan.errors import InvalidInput, UnknownName
from karwan.project import open_case
from karwan.schema.frames import result_types
from tests.commands import Ended, program


def trade(*arguments: str) -> Ended:
    """A command of `karwan trade`."""
    return program("trade", *arguments)


ROWS = "t,i,j,k,v,q\n2020,398,586,071340,12.5,20\n2020,586,398,100630,3,NA\n2020,398,586,10121,1,1\n"


@pytest.fixture
def baci(tmp_path: Path) -> Path:
    path = tmp_path / "BACI_HS17_Y2020_V202501.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "trade.duckdb")


def test_ingest_prints_rows_rejects_and_reasons(baci: Path, store: str) -> None:
    result = trade("ingest", "baci", str(baci), "--store", store)
    assert result.exit_code == 0, result.output
    assert "BACI_HS17_Y2020_V202501.csv loaded (baci, load " in result.stdout
    assert "2 rows stored, 15,500 USD; 1 row rejected" in result.stdout
    assert "1  product code … has … digits" in result.stdout
    again = trade("ingest", "baci", str(baci), "--store", store)
    assert "is in the store already: nothing changed" in again.stdout


def test_query_as_table_json_and_csv(baci: Path, store: str) -> None:
    trade("ingest", "baci", str(baci), "--store", store)
    table = trade("query", "--store", store, "--by", "exporter,importer")
    assert table.exit_code == 0, table.output
    assert "12,500" in table.stdout
    assert "2 rows" in table.stdout
    as_json = trade("query", "--store", store, "--exporter", "kaz", "--by", "product", "--json")
    assert json.loads(as_json.stdout)["rows"] == [
        {
            "product": "071340",
            "name": "Vegetables, leguminous; lentils, shelled, whether or not skinned or split, dried",
            "value_usd": 12500.0,
            "weight_kg": 20000.0,
            "weighed_share": 1.0,
            "flows": 1,
        }
    ]
    as_csv = trade("query", "--store", store, "--by", "exporter", "--by", "product", "--csv")
    rows = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    assert [(row["exporter"], row["product"], row["value_usd"], row["weight_kg"]) for row in rows] == [
        ("KAZ", "071340", "12500.0", "20000.0"),
        ("PAK", "100630", "3000.0", ""),
    ]


def test_query_says_what_it_keeps_apart(baci: Path, store: str) -> None:
    trade("ingest", "baci", str(baci), "--store", store)
    trade("ingest", "baci", str(baci), "--store", store, "--hs-revision", "HS12")
    result = trade("query", "--store", store, "--json")
    answer = json.loads(result.stdout)
    assert [row["hs_revision"] for row in answer["rows"]] == ["HS12", "HS17"]
    assert answer["notes"] == ["kept apart by hs_revision: the same goods stand under several nomenclatures"]


def test_loads_and_rejects(baci: Path, store: str) -> None:
    ingested = json.loads(trade("ingest", "baci", str(baci), "--store", store, "--json").stdout)
    loads = json.loads(trade("loads", "--store", store, "--json").stdout)
    assert (loads[0]["load_id"], loads[0]["rows"], loads[0]["rejects"]) == (ingested[0]["load_id"], 2, 1)
    rejects = json.loads(trade("rejects", "--store", store, "--load", loads[0]["load_id"], "--json").stdout)
    assert (rejects[0]["line"], rejects[0]["raw"]) == (4, "2020,398,586,10121,1,1")
    assert "leading zero lost" in rejects[0]["reason"]


def test_known_codes_and_country_codes_from_files(tmp_path: Path, baci: Path, store: str) -> None:
    codes = tmp_path / "codes.csv"
    codes.write_text("hscode,description\n071340,Lentils\n")
    countries = tmp_path / "countries.csv"
    countries.write_text("country_code,country_name,country_iso3\n398,Kazakhstan,KZZ\n")
    options = ["--nomenclature", str(codes), "--country-codes", str(countries)]
    assert trade("ingest", "baci", str(baci), "--store", store, *options).exit_code == 0
    rows = json.loads(trade("query", "--store", store, "--by", "exporter,product,flags", "--json").stdout)[
        "rows"
    ]
    assert [(row["exporter"], row["product"], row["flags"]) for row in rows] == [
        ("KZZ", "071340", ""),
        ("PAK", "100630", "unknown_product"),
    ]


def test_sources_lists_registry_and_mappings() -> None:
    text = trade("sources").stdout
    assert "baci" in text
    assert "kaz_customs" in text
    listed = json.loads(trade("sources", "--json").stdout)
    assert {"baci", "comtrade", "comtrade-csv", "table", "case"} == {
        entry["source"] for entry in listed["sources"]
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ingest", "bacci", "x.csv"], "There is no source `bacci`"),
        (["ingest", "baci"], "needs a file"),
        (["ingest", "baci", "nowhere.csv"], "There is no file nowhere.csv"),
        (["ingest", "table", "nowhere.csv"], "needs a mapping"),
        (["ingest", "comtrade", "--set", "reporters"], "has no `=`"),
        (["ingest", "comtrade", "--set", "reporters=KAZ"], "needs reporters and periods"),
        (["query", "--store", "nowhere.duckdb"], "There is no trade store at nowhere.duckdb"),
        (["query", "--since", "yesterday"], "'yesterday' does not match"),
        (["loads", "--store", "nowhere.duckdb"], "There is no trade store"),
    ],
)
def test_errors_are_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = trade(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_group_by_nonsense_is_an_error(baci: Path, store: str) -> None:
    trade("ingest", "baci", str(baci), "--store", store)
    result = trade("query", "--store", store, "--by", "colour")
    assert result.exit_code == 2
    assert "no column colour" in result.stderr


@pytest.mark.parametrize("name", ["exporter", "product", "period", "source"])
def test_a_blank_filter_is_not_all(name: str, baci: Path, store: str) -> None:
    """As a script asks whose variable is empty."""
    trade("ingest", "baci", str(baci), "--store", store)
    for blank in ("", " , "):
        result = trade("query", "--store", store, f"--{name}", blank)
        assert result.exit_code == 2
        assert f"The filter {name} is blank" in result.stderr


def test_the_facade_asks_what_the_commands_ask(baci: Path, store: str) -> None:
    trade("ingest", "baci", str(baci), "--store", store)
    project = open_case("toyland", store=store)
    asked = {
        "trade query": project.query(by=["exporter"], level=[6]),
        "trade loads": project.loads(),
        "trade rejects": project.rejects(),
        "trade sources": project.flow_sources(),
        "trade verify": project.verify(),
    }
    for name, result in asked.items():
        for key, table in result.tables.items():
            declared = result_types(BY_NAME[name].table_of(key))
            assert table.height and set(table.columns) <= set(declared), key
    assert asked["trade query"].tables["rows"]["value_usd"].to_list() == [12500.0, 3000.0]
    assert asked["trade verify"].meta == {"ok": True, "loads": 1, "rows": 2}
    with pytest.raises(InvalidInput, match="needs a trade store"):
        open_case("toyland").loads()
    with pytest.raises(UnknownName, match="no load zzz"):
        project.rejects(load="zzz")


def test_importing_the_commands_is_light() -> None:
    """The command line starts without DuckDB, Ibis or numba."""
    import subprocess
    import sys

    heavy = "('duckdb', 'ibis', 'numba', 'pandas')"
    code = f"import sys, karwan.cli.app; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
