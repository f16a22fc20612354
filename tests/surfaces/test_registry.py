"""The registry of analyses: light, complete, and the same in command line, facade, result rows and docs."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from karwan.analysis.case_requests import BriefRequest
from karwan.analysis.contract import CASE_WAYS, STORE_WAYS, Analysis
from karwan.analysis.registry import ANALYSES, BY_NAME
from karwan.cli.app import app
from karwan.project import Project, open_case
from karwan.schema.frames import result_types
from karwan.schema.results import SHOWN, TYPES, result_names, result_table
from karwan.schema.shown import split_title

ROOT = Path(__file__).resolve().parents[2]
DOCS, SOURCE = ROOT / "docs", ROOT / "src" / "karwan"


@pytest.fixture(params=ANALYSES, ids=lambda analysis: analysis.name)
def analysis(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_the_registry_loads_no_engine() -> None:
    code = "import sys, karwan.analysis.registry; print([m for m in ('polars', 'numba', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_request_is_frozen_and_says_how_it_is_asked(analysis: Analysis[Any]) -> None:
    assert is_dataclass(analysis.request)
    assert analysis.request.__dataclass_params__.frozen
    assert "Example: karwan " in (inspect.getdoc(analysis.request) or "")
    asked = [*fields(analysis.request), *(fields(analysis.view) if analysis.view else ())]
    assert len({one.name for one in asked}) == len(asked)
    for one in asked:
        assert one.metadata["help"].endswith((".", "?"))
    assert analysis.case in CASE_WAYS
    assert analysis.store in STORE_WAYS


def test_the_facade_has_a_method_with_the_fields_of_the_request(analysis: Analysis[Any]) -> None:
    method = getattr(Project, analysis.method)
    asked = set(inspect.signature(method).parameters) - {"self"}
    assert {one.name for one in fields(analysis.request)} == asked


def test_result_rows_are_complete(analysis: Analysis[Any]) -> None:
    for name in analysis.tables.values():
        table = result_table(name)
        assert table.title
        for column in table.columns:
            assert column.type in TYPES and column.shown in SHOWN and column.description.endswith((".", "?"))
        assert len({column.name for column in table.columns}) == len(table.columns)


def test_every_result_table_is_of_an_analysis_or_made_somewhere() -> None:
    answered = {name for analysis in ANALYSES for name in analysis.tables.values()}
    assert answered <= set(result_names())
    code = "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "analysis").rglob("*.py"))
    unused = {name for name in set(result_names()) - answered if f'"{name}"' not in code}
    assert unused == set()


def test_parts_of_a_table_are_titled_by_a_column_or_a_text_with_columns() -> None:
    table = pl.DataFrame({"place": ["A", "B"], "to": ["C", "D"]})
    assert table.select(split_title("place")).to_series().to_list() == ["A", "B"]
    assert table.select(split_title("{place} → {to}")).to_series().to_list() == ["A → C", "B → D"]


def test_the_page_is_there(analysis: Analysis[Any]) -> None:
    assert (DOCS / f"{analysis.page}.md").is_file()


def test_the_command_is_there(analysis: Analysis[Any]) -> None:
    noun, _, verb = analysis.name.rpartition(" ")
    group = app
    for word in noun.split():
        group = {one.name: one.typer_instance for one in group.registered_groups}[word]
    commands = group.registered_commands
    assert verb in {command.name for command in commands}


def test_the_brief_holds_the_tables_it_declares() -> None:
    brief = BY_NAME["brief"]
    result = open_case("toyland").ask(brief, BriefRequest())
    assert result.tables.keys() == brief.tables.keys()
    for key, table in result.tables.items():
        assert dict(table.schema) == result_types(brief.tables[key]), key
