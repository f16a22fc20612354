"""What `case check` passes survives every command: toyland mutated one table at a time.

CI runs a seeded sample; `KARWAN_MUTATIONS=1000 pytest tests/surfaces/test_mutated_cases.py` runs so many.
"""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from karwan.case import embedded_cases, inspect_case
from karwan.schema import Column, load_schema
from tests.commands import commands, run, strict_json, write_brief

COUNT = int(os.environ.get("KARWAN_MUTATIONS", "3"))
ALWAYS = ("no rows in flows", "no rows in closures", "no rows in corridors")
Change = Callable[[Path], None]
pytestmark = pytest.mark.timeout(300)  # each runs every command and writes a brief


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def write_rows(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def without_rows(path: Path) -> None:
    write_rows(path, rows_of(path)[:1])


def without_column(name: str, path: Path) -> None:
    rows = rows_of(path)
    if name not in rows[0]:  # the file leaves it out already
        return
    at = rows[0].index(name)
    write_rows(path, [row[:at] + row[at + 1 :] for row in rows])


def all_cells(name: str, text: str, path: Path) -> None:
    head, *rows = rows_of(path)
    if name not in head:  # a column the file leaves out is added
        head, rows = [*head, name], [[*row, ""] for row in rows]
    at = head.index(name)
    write_rows(path, [head, *([*row[:at], text, *row[at + 1 :]] for row in rows)])


def texts(column: Column) -> list[str]:
    """Ends of what a column may hold."""
    if column.type in ("int", "float"):
        ends = (column.minimum, column.maximum, column.warn_maximum, 0.0)
        return list(dict.fromkeys(f"{end:.15g}" for end in ends if end is not None))
    by_type = {"date": ["1800-01-01", "2200-12-31", "2024-02-29"], "bool": ["true", "false"]}
    return ["", *column.allowed, *by_type.get(column.type, [])]


def mutations() -> Iterator[tuple[str, str, Change]]:
    """Name, table and change."""
    home = embedded_cases()["toyland"]
    for spec in load_schema().values():
        if not (home / f"{spec.name}.csv").is_file():
            continue
        yield f"no rows in {spec.name}", spec.name, without_rows
        yield f"no file {spec.name}", spec.name, Path.unlink
        for column in spec.columns:
            yield f"no column {spec.name}.{column.name}", spec.name, partial(without_column, column.name)
            for text in texts(column):
                change = partial(all_cells, column.name, text)
                yield f"{spec.name}.{column.name} = {text!r}", spec.name, change


EVERY = list(mutations())
CHOSEN = [m for m in EVERY if m[0] in ALWAYS] + random.Random(9).sample(EVERY, min(COUNT, len(EVERY)))


@pytest.mark.parametrize(("name", "table", "change"), CHOSEN, ids=[m[0] for m in CHOSEN])
def test_what_the_check_passes_survives_every_command(
    name: str, table: str, change: Change, toy_copy: Path, tmp_path: Path
) -> None:
    change(toy_copy / f"{table}.csv")
    case, problems = inspect_case(toy_copy)
    refused = case is None or any(p.severity == "error" for p in problems)
    todo = commands(toy_copy)
    for command in ("case check",) if refused else todo:
        ran = run(todo[command])
        assert ran.escaped is None, (command, ran.escaped)
        assert ran.code == 2 if refused else ran.code in (0, 2)
        if ran.code == 0:
            assert strict_json(ran.output)
    if not refused:
        ran = write_brief(toy_copy, tmp_path)
        assert ran.escaped is None, ran.escaped


def test_the_commands_refuse_what_the_check_refuses(toy_copy: Path) -> None:
    all_cells("value", "0", toy_copy / "parameters.csv")
    for command, arguments in commands(toy_copy).items():
        if command not in ("scenario list",):
            assert run(arguments).code == 2, command


@pytest.mark.parametrize(
    ("table", "change"), [("rates", without_rows), ("links", partial(all_cells, "state", "closed"))]
)
def test_with_no_way_open_trade_says_so(table: str, change: Change, toy_copy: Path) -> None:
    """A network that joins nothing is a case like another: what needs a way ends with a sentence."""
    change(toy_copy / f"{table}.csv")
    todo = commands(toy_copy)
    assert run(todo["case check"]).code == 0
    for command in ("scenario trade", "scenario regime", "plan draft"):
        ran = run(todo[command])
        assert ran.code == 2 and "No way is open between the two countries" in ran.output, (command, ran)
