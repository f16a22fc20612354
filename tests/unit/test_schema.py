"""The schema itself: every row well-formed, every reference real, units in names."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from karwan.errors import UnknownName
from karwan.schema import load_schema
from karwan.schema.describe import columns_of, tables_of_schema

TYPES = {"text", "int", "float", "bool", "date", "list"}
UNIT_SUFFIXES = {
    "_h": ("h",),
    "_km": ("km",),
    "_usd_km": ("USD/(unit km)",),
    "_share": ("share", "1"),
    "_usd": ("USD",),
    "_mm": ("mm",),
}


def unit_suffix(name: str) -> str:
    """Longest suffix of a name that tells its unit: `_usd_km` is no length."""
    return max((suffix for suffix in UNIT_SUFFIXES if name.endswith(suffix)), key=len, default="")


def test_every_declared_table_has_columns_and_a_key() -> None:
    schema = load_schema()
    assert len(schema) >= 28
    for spec in schema.values():
        assert spec.key in spec.column_names
        assert spec.column(spec.key).required
        assert len(set(spec.column_names)) == len(spec.column_names)
        assert spec.description.endswith(".")


def test_every_column_is_described_and_of_a_known_type() -> None:
    for spec in load_schema().values():
        for column in spec.columns:
            assert column.type in TYPES, (spec.name, column.name)
            assert len(column.description) > 3, (spec.name, column.name)


def test_references_name_keys_of_declared_tables() -> None:
    schema = load_schema()
    for spec in schema.values():
        for column in spec.columns:
            if column.references:
                table, key = column.references
                assert schema[table].key == key, (spec.name, column.name)


def test_bounds_are_nested_and_defaults_lie_within() -> None:
    for spec in load_schema().values():
        for c in spec.columns:
            hard = [b for b in (c.minimum, c.warn_minimum, c.warn_maximum, c.maximum) if b is not None]
            assert hard == sorted(hard), (spec.name, c.name)
            if c.default is not None and c.type in ("int", "float"):
                value = float(c.default)
                assert c.minimum is None or value >= c.minimum
                assert c.maximum is None or value <= c.maximum
            if c.default is not None and c.allowed:
                assert set(c.default.split(";")) <= set(c.allowed)


def test_shares_lie_between_bounds_and_units_follow_the_suffix() -> None:
    for spec in load_schema().values():
        for c in spec.columns:
            if c.type != "float":
                continue
            for suffix, units in UNIT_SUFFIXES.items():
                if suffix == unit_suffix(c.name) and not c.name.endswith("_t_km"):
                    assert c.unit in units, (spec.name, c.name, c.unit)
            if c.name.endswith("_share") and not c.name.startswith(("growth", "rate", "slowdown", "gap")):
                assert c.maximum is not None, (spec.name, c.name)


def test_tables_with_provenance_end_with_it() -> None:
    for spec in load_schema().values():
        tail = spec.column_names[-3:] == ("source_id", "basis", "note")
        assert tail == spec.provenance, spec.name


def test_every_schema_file_belongs_to_a_declared_table() -> None:
    folder = resources.files("karwan.schema")
    files = {p.name for p in folder.iterdir() if p.name.endswith(".csv")}
    others = {"tables.csv", "provenance.csv", "known_parameters.csv", "report_columns.csv"}
    others |= {"known_indicators.csv", "known_regime_quantities.csv", "venture_templates.csv"}
    assert files == {f"{name}.csv" for name in load_schema()} | others
    for name in files:
        rows = list(csv.reader(folder.joinpath(name).read_text(encoding="utf-8").splitlines()))
        assert {len(row) for row in rows} == {len(rows[0])}, name


def test_an_unknown_column_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_schema()["nodes"].column("colour")


def test_the_description_shows_bounds_and_allowed_values() -> None:
    rows = {row["column"]: row for row in columns_of("closures").iter_rows(named=True)}
    assert rows["kind"]["allowed"] == "dated, seasonal, disruption"
    assert rows["kind"]["required"] is True
    assert rows["source_id"]["references"] == "sources.source_id"
    assert "0" in rows["slowdown_share"]["bounds"]
    assert tables_of_schema()["table"].to_list() == list(load_schema())


def test_the_description_of_an_unknown_table_lists_the_known() -> None:
    with pytest.raises(UnknownName, match="crossings"):
        columns_of("crossing")
