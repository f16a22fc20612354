"""No figure of the brief but their own errors rests on the trips that are held back, and none on the order of rows."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import karwan
from karwan.analysis.sections import Brief
from karwan.case import embedded_cases, read_case
from karwan.project import Project
from tests.commands import shuffled

PACKAGE = Path(karwan.__file__).parent
HELD_BACK = pl.col("use") == "validate"
FIGURES = ("distance_km", "time_days", "time_days_min", "time_days_max", "cost_usd")


def changed_project(name: str, folder: Path) -> Project:
    """The case with every figure of its held-back trips three times as large, read from files whose rows stand in another order."""
    case = replace(read_case(shuffled(name, folder, 5)), folder=embedded_cases()[name])
    trips = case["trips"]
    larger = [pl.when(HELD_BACK).then(pl.col(c) * 3.0).otherwise(pl.col(c)).alias(c) for c in FIGURES]
    assert trips.filter(HELD_BACK).height
    return Project(case.with_tables({"trips": trips.with_columns(larger)}))


def parts(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every table, text and number in a result, with where it stands."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from parts(getattr(value, field.name), f"{path}.{field.name}".lstrip("."))
    elif isinstance(value, tuple) and any(dataclasses.is_dataclass(one) for one in value):
        for number, one in enumerate(value):
            yield from parts(one, f"{path}.{number}")
    elif isinstance(value, pl.DataFrame):
        yield path, value.to_dicts()
    else:
        yield path, value


@pytest.mark.parametrize("name", ["toyland", "kaz-pak"])
def test_held_back_trips_and_the_order_of_rows_move_nothing_but_the_errors_of_these_trips(
    name: str, kaz_pak_brief: Brief, tmp_path: Path
) -> None:
    own = kaz_pak_brief if name == "kaz-pak" else Project(read_case(name)).brief()
    before, after = dict(parts(own)), dict(parts(changed_project(name, tmp_path / name).brief()))
    moved = {path for path in before if before[path] != after[path]}
    errors_alone = {"corridors.validation", "front.errors"}
    rows_named = {"basis.warnings"}  # they name rows of the files, which did move
    assert errors_alone <= moved <= errors_alone | rows_named | {"headlines"}
    sentences = [s for s, t in zip(before["headlines"], after["headlines"], strict=True) if s != t]
    assert all("trip" in str(s) for s in sentences)
    assert [row["trips"] for row in before["front.errors"]] == [row["trips"] for row in after["front.errors"]]
    errors = ("observed_", "error_", "in_band", "crps_")
    for old, new in zip(before["corridors.validation"], after["corridors.validation"], strict=True):
        differs = {c for c in old if old[c] != new[c]}
        assert not differs or old["use"] == "validate"
        assert all(c.startswith(errors) for c in differs)


def test_only_the_comparison_reads_the_trips() -> None:
    """Who else reads the table must be looked at here, and may not read the rows held back."""
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"""(case|tables)\[["']trips["']\]""", path.read_text(encoding="utf-8"))
    }
    assert readers == {
        "analysis/trips.py",
        "analysis/own.py",
    }  # the second adds rows of its user and reads none


@pytest.mark.parametrize("table", ["parameters", "rates"])
def test_no_parameter_or_rate_is_judged_from_a_held_back_trip(table: str) -> None:
    """Neither a source of such a trip nor its name stands in a row that the model reads."""
    case = read_case("kaz-pak")
    held = case["trips"].filter(HELD_BACK)
    sources = {source for cell in held["source_id"].to_list() for source in cell.split(";")}
    assert held.height
    rows = [row for row in case[table].iter_rows(named=True) if row.get("use") in (None, "model")]
    assert rows
    shared = sources & {source for row in rows for source in row["source_id"].split(";")}
    named = [trip for trip in held["trip_id"] for row in rows if trip in (row["note"] or "")]
    assert not shared
    assert not named


def test_hours_of_driving_tell_of_no_trip() -> None:
    """The judgement rests on rules, logbooks and the border survey; its range is stated."""
    row = read_case("kaz-pak")["parameters"].row(
        by_predicate=pl.col("parameter_id") == "driving_hours_day_road", named=True
    )
    assert row["basis"] == "assumed"
    assert row["low"] < row["value"] < row["high"]
    assert row["value"] == 11.0
    assert set(row["source_id"].split(";")) == {"aetr", "nelti2_2011", "cpmm_2022_road", "judgement"}
