"""Tables on narrow terminals: numbers stay whole, nothing is wider than the terminal."""

from __future__ import annotations

import io

import polars as pl
import pytest
from rich.console import Console

from karwan.cli.output import _rich

NUMBERS = ("USD", "days_p95", "kg CO2e", "landed USD/t")


def printed(table: pl.DataFrame, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(_rich("routes", table, width))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def routes(columns: int) -> pl.DataFrame:
    names = {"name": ["Bolashak / Serhetyaka, Sarahs / Sarakhs, Taftan / Mirjaveh", "QTTA"]}
    many = {f"{NUMBERS[i % 4]} {i}": [14894.0, 1234567.0 + i] for i in range(columns)}
    return pl.DataFrame({**names, **many})


@pytest.mark.parametrize("columns", [2, 5, 7, 12])
@pytest.mark.parametrize("width", [80, 120, 160])
def test_numbers_stay_whole_and_lines_fit(columns: int, width: int) -> None:
    text = printed(routes(columns), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert text.count("14,894") == columns
    assert all(f"{1234567 + i:,}" in text for i in range(columns))


def test_a_table_with_room_keeps_its_lines_and_a_crowded_one_becomes_records() -> None:
    assert "┃" in printed(routes(2), 160)
    crowded = printed(routes(12), 80)
    assert "┃" not in crowded and "─" not in crowded
    assert crowded.splitlines()[1].split()[0] == "name"
