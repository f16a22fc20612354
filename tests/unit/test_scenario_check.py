"""Checking the scenario files of a case: every wrong one is named with what would be right."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.case import embedded_cases
from karwan.cli.app import app
from tests.commands import case_report

HEAD = "title: T\ndescription: D\nsource_ids: [toy]\nbasis: assumed\n"


@pytest.fixture
def toyland(tmp_path: Path) -> Path:
    folder = tmp_path / "toyland"
    shutil.copytree(embedded_cases()["toyland"], folder)
    return folder


def add(folder: Path, name: str, overrides: str, head: str = HEAD) -> None:
    path = folder / "scenarios" / f"{name}.yaml"
    path.write_text(f"id: {name}\n{head}overrides: {overrides}\n", encoding="utf-8")


def found(folder: Path, severity: str = "errors") -> set[tuple[str, int, str, str, str]]:
    table = case_report(folder).tables[severity]
    rows = table.select("file", "row", "column", "value", "message").iter_rows()
    return {(file, row, column, value, message) for file, row, column, value, message in rows}


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        (
            "[{table: links, key: A-X, set: {stat: open}}]",
            (1, "overrides.set.stat", "stat", "no such column in links.csv; did you mean state"),
        ),
        (
            "[{table: link, key: A-X, remove: true}]",
            (1, "overrides.table", "link", "no such table; did you mean"),
        ),
        (
            "[{table: links, key: A-XX, set: {state: open}}]",
            (1, "link_id", "A-XX", "links.csv has no such row; did you mean A-X"),
        ),
        ("[{table: links, key: A-X, set: {state: opened}}]", (1, "state", "opened", "value not allowed")),
        ("[{table: links, key: A-X, set: {length_km: -5}}]", (1, "length_km", "-5", "outside hard bounds")),
        ("[{table: nodes, key: A, remove: true}]", (0, "", "", "")),
        ("nothing", (0, "overrides", "nothing", "is not a list")),
    ],
)
def test_a_wrong_override_is_an_error_of_the_case(
    toyland: Path, overrides: str, problem: tuple[int, str, str, str]
) -> None:
    add(toyland, "wrong", overrides)
    errors = found(toyland)
    assert errors
    assert {file for file, *_ in errors} == {"scenarios/wrong.yaml"}
    row, column, value, message = problem
    assert (
        any((r, c, v) == (row, column, value) and m.startswith(message) for _, r, c, v, m in errors)
        or not message
    )
    report = case_report(toyland)
    allowed = report.tables["errors"]["allowed"].to_list()
    assert report.meta["error_count"] == len(allowed)
    ran = CliRunner().invoke(app, ["case", "check", str(toyland)])
    assert ran.exit_code == 2
    assert "Traceback" not in ran.output


def test_unknown_sources_and_file_names_are_errors(toyland: Path) -> None:
    add(toyland, "wrong", "[]", HEAD.replace("toy", "toyy"))
    assert found(toyland) == {
        ("scenarios/wrong.yaml", 0, "source_ids", "toyy", "not in sources.csv; did you mean toy?")
    }
    (toyland / "scenarios" / "wrong.yaml").rename(toyland / "scenarios" / "other.yaml")
    assert found(toyland) == {("scenarios/other.yaml", 0, "id", "wrong", "differs from the file's name")}


def test_a_promise_must_name_a_scenario_that_exists(toyland: Path) -> None:
    path = toyland / "commitments.csv"
    table = pl.read_csv(path, infer_schema=False)
    names = ["fast_yard", "fast_yrad", *[None] * (table.height - 2)]
    table.with_columns(scenario_id=pl.Series(names, dtype=pl.String)).write_csv(path)
    (error,) = found(toyland)
    assert error[:4] == ("commitments.csv", 3, "scenario_id", "fast_yrad")
    assert "did you mean fast_yard?" in error[4]
    counted = case_report(toyland).tables["scenarios"]
    assert counted.select("scenario", "promises").rows() == [("fast_yard", 1)]


def test_idle_scenarios_and_stray_files_are_warnings(toyland: Path) -> None:
    add(toyland, "idle", "[{table: links, key: A-X, set: {state: open}}]")
    (toyland / "scenarios" / "notes.yml").write_text("id: notes\n")
    assert {(f, m) for f, *_, m in found(toyland, "warnings")} == {
        ("scenarios/idle.yaml", "changes no cell of the case"),
        ("scenarios/notes.yml", "file is not read"),
    }
    assert case_report(toyland).meta["error_count"] == 0


def test_a_case_with_errors_of_its_own_reports_those_first(toyland: Path) -> None:
    add(toyland, "wrong", "[{table: links, key: A-XX, set: {state: open}}]")
    path = toyland / "links.csv"
    path.write_text(path.read_text().replace("A-X,A,X", "A-X,A,QQ", 1))
    assert {file for file, *_ in found(toyland)} == {"links.csv"}


@pytest.mark.parametrize("name", ["toyland", "kaz-pak"])
def test_the_shipped_scenarios_fit(name: str) -> None:
    report = case_report(name)
    table = report.tables["scenarios"]
    assert report.meta["error_count"] == 0
    assert table.height == len(list((embedded_cases()[name] / "scenarios").glob("*.yaml")))
    assert (table["cells"] > 0).all()
