"""Columns of the report's tables as rows: written in known forms, of columns the brief has, each table used."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest

from karwan.report import listing
from karwan.schema.report import ReportColumn, report_columns, report_tables
from tests.sample_brief import sample_brief

SECTIONS = Path(listing.__file__).parent / "sections"
NOT_IN_THE_SAMPLE = {"usd_feu", "net_usd_year_target", "product_group", "contribution_share"} | {
    c.name for c in report_columns("back_tests")
}
BY_THE_SECTION = ("own", "own_right")


def _brief_columns() -> set[str]:
    """Names of all columns of all tables of a brief."""
    brief = sample_brief()
    sections = [getattr(brief, part.name) for part in fields(brief)]
    parts = [s for s in sections if hasattr(s, "__dataclass_fields__")]
    tables = [getattr(part, item.name) for part in parts for item in fields(part)]
    return {name for table in tables if isinstance(table, pl.DataFrame) for name in table.columns}


def test_columns_are_of_the_brief_and_of_a_known_form() -> None:
    columns = [column for name in report_tables() for column in report_columns(name)]
    known = _brief_columns() | NOT_IN_THE_SAMPLE
    assert {c.name for c in columns if c.form not in BY_THE_SECTION} <= known
    assert {c.form for c in columns} <= {*listing.FORMS, *BY_THE_SECTION, "corridor", "status"}
    assert all(c.label for c in columns)


def test_each_declared_table_is_made_by_a_section() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in SECTIONS.glob("*.py"))
    made = set(re.findall(r'li\.columns\(\s*"(\w+)"', source))
    assert made == set(report_tables())


def test_a_figure_of_an_assumed_row_is_marked_where_its_column_says_so() -> None:
    row = {"cost": 2.5, "basis": "assumed"}
    marked = listing.maker(ReportColumn("cost", "number1", "Cost", "USD", 0.7, "yes"))(row)
    plain = listing.maker(ReportColumn("cost", "number1", "Cost", "USD", 0.7, ""))(row)
    assert (marked.text, marked.assumed, plain.assumed) == ("2.5", True, False)


def test_differences_carry_their_sign() -> None:
    assert listing.FORMS["signed1"](1.5) == "+1.5"
    assert not listing.FORMS["signed1"](0.0).startswith("+")


def test_an_own_column_without_its_maker_is_refused() -> None:
    with pytest.raises(KeyError, match="days_range"):
        listing.columns("routes", state=lambda row: listing.cell(""))
