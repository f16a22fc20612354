"""`karwan case` and `karwan docs`, and that the two embedded cases are what they claim."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.case import Case, inspect_case, write_template
from karwan.cli.app import app
from karwan.errors import NotWritten
from karwan.schema import load_schema
from tests.commands import case_report
from tests.conftest import CommandLine, fingerprint

RUNNER = CliRunner()


def output(*arguments: str) -> str:
    done = RUNNER.invoke(app, list(arguments), env={"COLUMNS": "200"}, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("name", ["toyland", "kaz-pak"])
def test_embedded_cases_have_no_errors(name: str) -> None:
    _, problems = inspect_case(name)
    assert [p.line() for p in problems if p.severity == "error"] == []


def test_kaz_pak_holds_what_the_brief_needs(kaz_pak: Case) -> None:
    least = {
        "nodes": 110,
        "links": 150,
        "crossings": 20,
        "closures": 20,
        "terminals": 12,
        "products": 40,
        "flows": 50,
        "commitments": 40,
        "milestones": 10,
        "domains": 10,
        "sources": 100,
        "corridors": 5,
        "ventures": 3,
    }
    short = {name: kaz_pak[name].height for name, count in least.items() if kaz_pak[name].height < count}
    assert not short
    links = kaz_pak["links"]
    assert {1520, 1435, 1676} <= set(links["gauge_mm"].drop_nulls())
    assert {"road", "rail", "sea"} <= set(links["mode"])
    assert "planned" in set(links["state"])
    assert kaz_pak["closures"]["start"].str.contains(r"^\d\d-\d\d$").any(), (
        "no closure that returns every year"
    )


def test_every_fact_of_kaz_pak_has_source_and_basis(kaz_pak: Case) -> None:
    for spec in load_schema().values():
        if spec.provenance:
            assert kaz_pak[spec.name]["source_id"].null_count() == 0, spec.name
            assert set(kaz_pak[spec.name]["basis"]) <= {"observed", "computed", "assumed"}, spec.name


def test_hs_codes_of_kaz_pak_keep_their_zeros(kaz_pak: Case) -> None:
    products = kaz_pak["products"]
    assert products["hs_code"].dtype == pl.String
    assert products["hs_code"].str.contains(r"^(\d\d){1,5}$").all()
    assert products.filter(pl.col("hs_code").str.starts_with("0")).height > 5


def test_check_prints_the_same_numbers_in_every_form() -> None:
    report = case_report("toyland")
    assert report.meta["error_count"] == 0
    as_json = json.loads(output("case", "check", "toyland", "--json"))
    assert as_json["rows"] == report.meta["rows"]
    assert as_json["rows by basis"] == report.tables["rows by basis"].to_dicts()
    as_csv = (
        output("case", "check", "toyland", "--csv").split("# conflicts")[0].removeprefix("# rows by basis\n")
    )
    rows = list(csv.DictReader(io.StringIO(as_csv)))
    assert [r["table"] for r in rows] == list(load_schema())
    assert [int(r["rows"]) for r in rows] == report.tables["rows by basis"]["rows"].to_list()
    table = output("case", "check", "toyland")
    assert "rows by basis" in table
    assert "assumed: 98 %" in table


def test_check_of_kaz_pak_lists_conflicts_and_shares() -> None:
    report = case_report("kaz-pak")
    assert report.tables["conflicts between sources"].height > 0
    assert 0 < report.meta["assumed_share"] < 1
    counts = report.tables["rows by basis"].drop_nulls("observed")
    assert (counts["observed"] + counts["computed"] + counts["assumed"] == counts["rows"]).all()


def test_check_of_a_broken_case_lists_errors_and_ends_with_2(toy_copy: Path) -> None:
    path = toy_copy / "links.csv"
    path.write_text(path.read_text().replace("A-X,A,X,", "A-X,A,XX,"), encoding="utf-8")
    before = fingerprint(toy_copy)
    done = RUNNER.invoke(app, ["case", "check", str(toy_copy), "--json"])
    assert done.exit_code == 2
    content = json.loads(done.stdout)
    assert [(e["file"], e["row"], e["column"], e["value"]) for e in content["errors"]] == [
        ("links.csv", 2, "to_node_id", "XX")
    ]
    assert fingerprint(toy_copy) == before


def test_a_new_case_reads_without_errors(tmp_path: Path) -> None:
    folder = tmp_path / "uzb-pak"
    written = output("case", "new", "UZB", "PAK", "--out", str(folder)).split()
    assert len(written) == len(load_schema()) + 1
    case, problems = inspect_case(folder)
    assert [p.line() for p in problems if p.severity == "error"] == []
    assert case is not None
    assert (case.settings.party_a, case.settings.party_b) == ("UZB", "PAK")
    for spec in load_schema().values():
        header = (folder / f"{spec.name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert header == ",".join(spec.column_names)


def test_json_holds_the_warnings_and_their_number() -> None:
    content = json.loads(output("case", "check", "kaz-pak", "--json"))
    assert isinstance(content["warnings"], list)
    assert content["warning_count"] == len(content["warnings"]) > 0


def test_a_new_case_that_is_killed_leaves_no_folder_of_its_name(tmp_path: Path) -> None:
    killed = """
import os, signal, sys
from datetime import date
from pathlib import Path
from karwan.case import template
def seed(name, columns, parties, own=template._seed_rows):
    if name == "links":
        os.kill(os.getpid(), signal.SIGKILL)
    return own(name, columns, parties)
template._seed_rows = seed
template.write_template("UZB", "PAK", Path(sys.argv[1]), date(2026, 1, 1))
"""
    done = subprocess.run([sys.executable, "-c", killed, str(tmp_path / "x")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "x").exists()
    assert len(output("case", "new", "UZB", "PAK", "--out", str(tmp_path / "x")).split()) > 5


def test_a_new_case_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("karwan.case.template._seed_rows", full)
    with pytest.raises(NotWritten, match="was not made"):
        write_template("UZB", "PAK", tmp_path / "x", date(2026, 1, 1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("a", "b"), [("UZB", "UZB"), ("uz", "PAK"), ("UZB", "PAKI")])
def test_a_new_case_needs_two_country_codes(
    a: str, b: str, tmp_path: Path, karwan_command: CommandLine
) -> None:
    done = karwan_command("case", "new", a, b, "--out", tmp_path / "x")
    assert done.returncode == 2
    assert done.stderr.startswith("InvalidInput: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x").exists()


def test_a_new_case_overwrites_nothing(tmp_path: Path, karwan_command: CommandLine) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.txt").write_text("keep")
    done = karwan_command("case", "new", "UZB", "PAK", "--out", tmp_path / "x")
    assert done.returncode == 2
    assert "not empty" in done.stderr
    assert fingerprint(tmp_path / "x").keys() == {"mine.txt"}


def test_list_names_the_embedded_cases() -> None:
    rows = json.loads(output("case", "list", "--json"))["cases"]
    assert [r["case"] for r in rows] == ["kaz-pak", "toyland"]


def test_an_unknown_case_is_an_error_of_the_user(karwan_command: CommandLine) -> None:
    done = karwan_command("case", "check", "atlantis")
    assert done.returncode == 2
    assert "embedded cases: kaz-pak, toyland" in done.stderr
    assert "Traceback" not in done.stderr


def test_both_forms_at_once_are_refused() -> None:
    done = RUNNER.invoke(app, ["case", "list", "--json", "--csv"])
    assert done.exit_code == 2


def test_docs_tables_prints_the_schema() -> None:
    listed = json.loads(output("docs", "tables", "--json"))["tables"]
    assert [r["table"] for r in listed] == list(load_schema())
    columns = json.loads(output("docs", "tables", "crossings.csv", "--json"))["crossings"]
    assert [c["column"] for c in columns] == list(load_schema()["crossings"].column_names)
    with pytest.raises(LookupError, match="crossings"):
        RUNNER.invoke(app, ["docs", "tables", "kettles"], catch_exceptions=False)
