"""Reading a table by its schema: types, defaults, bounds, keys."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from karwan.case.problems import Problem
from karwan.case.reader import MAX_BYTES, POLARS_TYPE, empty_table, read_rows, read_table
from karwan.schema import Column, TableSpec, load_schema


def column(name: str, kind: str, **more: object) -> Column:
    given: dict[str, object] = {
        "unit": "",
        "required": False,
        "default": None,
        "minimum": None,
        "maximum": None,
        "warn_minimum": None,
        "warn_maximum": None,
        "allowed": (),
        "references": None,
        "description": "A column.",
        **more,
    }
    return Column(name=name, type=kind, **given)  # type: ignore[arg-type]


SPEC = TableSpec(
    name="things",
    key="thing_id",
    required=True,
    provenance=False,
    description="Things.",
    columns=(
        column("thing_id", "text", required=True),
        column("count", "int", default="3", minimum=0, maximum=10, warn_maximum=5),
        column("size_km", "float", minimum=0),
        column("open", "bool"),
        column("day", "date"),
        column("modes", "list", allowed=("road", "rail")),
        column("hs_code", "text", unit="HS"),
    ),
)
HEADER = "thing_id,count,size_km,open,day,modes,hs_code\n"


def read(tmp_path: Path, text: str, spec: TableSpec = SPEC) -> tuple[pl.DataFrame, list[Problem]]:
    path = tmp_path / "things.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path, spec)


def test_a_good_row_is_typed(tmp_path: Path) -> None:
    table, problems = read(tmp_path, HEADER + "a,4,1.5,yes,2026-02-04,road; rail,0101\n")
    assert problems == []
    assert table.row(0) == ("a", 4, 1.5, True, date(2026, 2, 4), ["road", "rail"], "0101")
    assert dict(table.schema) == {c.name: POLARS_TYPE[c.type] for c in SPEC.columns}


def test_blanks_take_the_default_or_stay_missing(tmp_path: Path) -> None:
    table, problems = read(tmp_path, HEADER + "a,,,,,,\n")
    assert problems == []
    assert table.row(0) == ("a", 3, None, None, None, None, None)


def test_columns_may_stand_in_any_order_and_optional_ones_be_absent(tmp_path: Path) -> None:
    table, problems = read(tmp_path, "size_km,thing_id\n2,a\n")
    assert problems == []
    assert table["size_km"].to_list() == [2.0]
    assert table["count"].to_list() == [3]
    assert table.columns == list(SPEC.column_names)


@pytest.mark.parametrize(
    ("cells", "name", "message"),
    [
        ("a,1.5,,,,,", "count", "not a int"),
        ("a,1e3,,,,,", "count", "not a int"),
        ("a,11,,,,,", "count", "outside hard bounds"),
        ("a,1,-0.1,,,,", "size_km", "outside hard bounds"),
        ("a,1,1_000,,,,", "size_km", "not a float"),
        ("a,1,nan,,,,", "size_km", "not a float"),
        ("a,1,1e999,,,,", "size_km", "not a float"),
        ("a,1,1,maybe,,,", "open", "not a bool"),
        ("a,1,1,yes,04.02.2026,,", "day", "not a date"),
        ("a,1,1,yes,2026-02-30,,", "day", "not a date"),
        ("a,1,1,yes,2026-W05-3,,", "day", "not a date"),
        ("a,1,1,yes,,road;canal,", "modes", "value not allowed"),
        ("a,1,1,yes,,,101", "hs_code", "lost its leading zero"),
        ("a,1,1,yes,,,10.1", "hs_code", "not an HS code"),
        (",1,1,yes,,,", "thing_id", "required cell is empty"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, cells: str, name: str, message: str) -> None:
    _, problems = read(tmp_path, HEADER + "z,1,1,yes,,,\n" + cells + "\n")
    assert [(p.severity, p.file, p.row, p.column) for p in problems] == [("error", "things.csv", 3, name)]
    assert message in problems[0].message
    assert problems[0].allowed


def test_outside_the_plausible_is_a_warning_and_kept(tmp_path: Path) -> None:
    table, problems = read(tmp_path, HEADER + "a,7,,,,,\n")
    assert [(p.severity, p.value) for p in problems] == [("warning", "7")]
    assert table["count"].to_list() == [7]


def test_rows_count_lines_of_the_file(tmp_path: Path) -> None:
    """A quoted line break moves the count, a blank line too: the number is what an editor shows."""
    _, problems = read(tmp_path, HEADER + '"a\nb",1,,,,,\n\nc,99,,,,,\n')
    assert [(p.row, p.column) for p in problems] == [(5, "count")]


def test_keys_are_unique(tmp_path: Path) -> None:
    _, problems = read(tmp_path, HEADER + "a,1,,,,,\nb,1,,,,,\na,2,,,,,\n")
    assert [(p.row, p.message) for p in problems] == [(4, "duplicate key, first in row 2")]


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    table, problems = read(tmp_path, "x" * (MAX_BYTES + 1))
    assert table.height == 0
    assert "MB" in problems[0].message


def test_rows_given_as_text_follow_the_same_rules() -> None:
    table, problems = read_rows(
        [(7, {"thing_id": "a", "count": "99"}), (8, {"thing_id": "b", "x": "1"})], SPEC, "s"
    )
    assert table.height == 2
    assert [(p.file, p.row, p.column) for p in problems] == [("s", 8, "x"), ("s", 7, "count")]


def test_an_empty_table_has_the_declared_columns() -> None:
    for spec in load_schema().values():
        table = empty_table(spec)
        assert table.height == 0
        assert table.columns == list(spec.column_names)
