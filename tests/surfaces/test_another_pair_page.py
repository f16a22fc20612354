"""The first commands of docs/another_pair.md, as they are typed."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import CommandLine

PAGE = Path(__file__).resolve().parents[2] / "docs" / "another_pair.md"


def test_a_case_like_another_is_made_and_has_no_error(karwan_command: CommandLine) -> None:
    lines = [
        line.split()
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("    karwan ")
    ]
    assert [line[1:3] for line in lines[:2]] == [["case", "new"], ["case", "check"]]
    made = karwan_command(*lines[0][1:])
    assert made.returncode == 0, made.stderr
    assert "to fill: " in made.stdout and "flows.csv" in made.stdout
    checked = karwan_command(*lines[1][1:])
    assert checked.returncode == 0, checked.stderr
    assert "error count: 0" in checked.stdout
