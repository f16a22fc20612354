"""A day far out is refused with a sentence by every command that takes one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import typer

from karwan.cli.app import app
from karwan.project import open_case
from karwan.schema.days import FIRST_DAY, LAST_DAY
from tests.commands import TOYLAND, program, run

E = TOYLAND
ROUTE = ("route", E.origin, E.destination, "--case", "toyland", "--tonnes", "20", "--product", "beans",
         "--depart", "2025-07-07")  # fmt: skip
TAKE_A_DAY = {
    "brief": ("brief", "toyland"),
    "corridor assign": ("corridor", "assign", "toyland"),
    "corridor compare": ("corridor", "compare", "toyland"),
    "corridor critical": ("corridor", "critical", "toyland"),
    "corridor modes": ("corridor", "modes", "toyland"),
    "corridor sensitivity": ("corridor", "sensitivity", "toyland"),
    "network export": ("network", "export", "toyland", "--out", "net"),
    "plan pack": ("plan", "pack", "plan.register"),
    "plan status": ("plan", "status", "toyland"),
    "plan worth": ("plan", "worth", "toyland"),
    "scenario compare": ("scenario", "compare", "toyland", "fast_yard"),
    "trade goods": ("trade", "goods", "toyland"),
    "trade status": ("trade", "status", "toyland"),
    "trade target": ("trade", "target", "--case", "toyland"),
    "route": ROUTE,
}


def flags() -> dict[str, set[str]]:
    """Name of each command that takes a day, and its options."""
    found: dict[str, set[str]] = {}

    def look(command: object, name: str) -> None:
        for inner, below in getattr(command, "commands", {}).items():
            look(below, f"{name} {inner}".strip())
        for option in getattr(command, "params", ()):
            for flag in {"--as-of", "--depart"} & set(option.opts):
                found.setdefault(name, set()).add(flag)

    look(typer.main.get_command(app), "")
    return found


FLAGS = flags()


def test_the_commands_asked_take_a_day() -> None:
    assert set(TAKE_A_DAY) <= set(FLAGS)


@pytest.mark.parametrize("day", ["0001-01-01", "1799-12-31", "2201-01-01", "9999-12-31"])
@pytest.mark.parametrize("name", sorted(TAKE_A_DAY))
def test_a_day_out_of_reach_is_refused(
    name: str, day: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for flag in sorted(FLAGS[name]):
        ended = program(*TAKE_A_DAY[name], flag, day)
        assert ended.exit_code == 2, ended.output
        assert f"The day {day} is out of reach." in ended.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("day", [FIRST_DAY, LAST_DAY])
def test_the_outermost_days_are_answered(day: date) -> None:
    assert open_case("toyland").compare(as_of=day).tables["routes"].height
    assert run(["plan", "status", "toyland", "--as-of", str(day)]).escaped is None
