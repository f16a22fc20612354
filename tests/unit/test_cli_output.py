"""Tables on narrow terminals: numbers stay whole, nothing is wider than the terminal."""

from __future__ import annotations

import io
import json

import polars as pl
import pytest
from rich.console import Console

from karwan.cli.output import Format, _rich, cell_text, emit, fact

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


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("unrealised_usd", 92096924.05, "unrealised: USD 92.1 m"),
        ("unrealised_low_usd", 940.0, "unrealised low: USD 940"),
        ("assumed_share", 0.418, "assumed: 42 %"),
        ("cif_share", {"KAZ to PAK": 0.0706, "PAK to KAZ": 0.1345}, "cif: KAZ to PAK 7.1 %, PAK to KAZ 13 %"),
        ("flows_of", "2024, all goods", "flows of: 2024, all goods"),
        ("coverage", 0.9, "coverage: 0.9"),
    ],
)
def test_facts_under_a_table_are_words(name: str, value: object, said: str) -> None:
    assert fact(name, value) == said


@pytest.mark.parametrize(
    ("value", "name", "shown"),
    [
        (8.81e-49, "probability", "<0.1 %"),
        (0.97, "growth_share", "+97 %"),
        (-0.0, "dual", "0"),
        (1234567.0, "value_usd", "1,234,567"),
        ("a;b", "source_id", "a, b"),
        (None, "share", "–"),
    ],
)
def test_cells_are_read_by_their_column(value: object, name: str, shown: str) -> None:
    assert cell_text(value, name) == shown


@pytest.mark.parametrize("width", [60, 80, 120])
def test_notes_wrap_between_words(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    note = "Costs: duty and freight over the mean road rate; no route was computed. " * 5
    table = pl.DataFrame({"value_usd": [1.0]})
    emit({"sums": table}, Format.TABLE, columns={"sums": {"value_usd": "USD"}}, notes=(note,))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert "┃ USD ┃" in lines[2]
    assert " ".join(" ".join(lines).split()).endswith(note.strip())


def test_json_keeps_names_and_raw_values(capsys: pytest.CaptureFixture[str]) -> None:
    table = pl.DataFrame({"probability": [8.81e-49]})
    emit({"chances": table}, Format.JSON, columns={"chances": {"probability": "chance"}}, notes=("One.",))
    assert json.loads(capsys.readouterr().out) == {"text": ["One."], "chances": [{"probability": 8.81e-49}]}


def test_a_narrow_terminal_leaves_out_the_last_columns_and_names_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    table = routes(6)
    heads = {name: name for name in table.columns}
    emit({"routes": table}, Format.TABLE, columns={"routes": heads})
    text = capsys.readouterr().out
    assert max(len(line) for line in text.splitlines()) <= 60
    assert "1,234,570" in text and "1,234,572" not in text
    assert "No room for USD 4, days_p95 5: see --csv." in " ".join(text.split())
    emit({"routes": table}, Format.TABLE)  # without an order of importance nothing is left out
    assert "1,234,572" in capsys.readouterr().out
