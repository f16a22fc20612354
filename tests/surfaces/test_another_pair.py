"""The three commands the README gives for another pair of countries end in a brief that says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from karwan.project import new_case, open_case
from karwan.report.blocks import Missing
from karwan.report.document import build_document
from tests.commands import commands, run
from tests.conftest import CommandLine

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_three_commands_of_the_readme(karwan_command: CommandLine, tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8").split("## Another pair of countries")[1]
    lines = [line.split("#")[0].split() for line in text.splitlines() if line.startswith("    karwan ")]
    assert [line[1] for line in lines] == ["case", "case", "brief"]
    printed = ""
    for line in lines:
        done = karwan_command(*line[1:])
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        printed = done.stdout
    for table in ("flows.csv", "corridors.csv", "products.csv", "brief.ports", "commitments.csv"):
        assert table in printed
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".html", ".pdf", ".xlsx"}


@pytest.fixture
def empty_case(tmp_path: Path) -> Path:
    folder = tmp_path / "uzb-pak"
    day = open_case("toyland").case.settings.as_of
    new_case("UZB", "PAK", folder, day)
    return folder


def test_each_section_without_rows_names_its_table(empty_case: Path) -> None:
    document = build_document(open_case(empty_case).brief())
    said = {s.title: [b.text for b in s.blocks if isinstance(b, Missing)] for s in document.sections}
    for title, table in (
        ("Where we stand", "flows.csv"),
        ("Corridors", "corridors.csv"),
        ("Goods", "products.csv"),
        ("Ports", "brief.ports"),
        ("The plan", "commitments.csv"),
    ):
        assert any(table in text for text in said[title]), (title, said[title])


def test_every_command_answers_from_an_empty_case(empty_case: Path) -> None:
    for name, arguments in commands(empty_case).items():
        ran = run(arguments)
        assert ran.escaped is None, (name, ran.escaped)
        assert ran.code in (0, 2)
        assert ran.output.strip()


def test_what_compares_places_says_that_none_are_named(empty_case: Path) -> None:
    ran = run(["corridor", "critical", str(empty_case)])
    assert ran.code == 2
    assert "no places or no product" in ran.output
