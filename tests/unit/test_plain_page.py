"""What a plain table shows of a result: headings that depend on the values, and columns named after a country."""

from __future__ import annotations

from datetime import date

import polars as pl

from karwan.cli.plain import route
from karwan.schema.results import ResultColumn, ResultTable
from karwan.schema.shown import shown_headings


def rows(*columns: tuple[str, str, str]) -> ResultTable:
    made = tuple(
        ResultColumn(name, "text", "", label, shown, "What it is.") for name, label, shown in columns
    )
    return ResultTable("made_up", "made up", "", made)


def test_a_column_is_shown_only_where_it_says_something() -> None:
    declared = rows(("source", "", "varies"), ("claimed", "stated by", "filled"), ("kind", "", "no"))
    silent = pl.DataFrame({"source": ["a", "a"], "claimed": [None, None], "kind": ["x", "y"]})
    assert shown_headings(declared, silent) == {}
    telling = pl.DataFrame({"source": ["a", "b"], "claimed": [None, "press"], "kind": ["x", "y"]})
    assert shown_headings(declared, telling) == {"source": "source", "claimed": "stated by"}


def test_a_pattern_takes_the_columns_nobody_declares() -> None:
    declared = rows(("value_usd", "USD", "room"), ("*_usd", "*, USD", ""), ("year", "", ""))
    table = pl.DataFrame({"year": [2024], "kaz_usd": [1.0], "pak_usd": [2.0], "value_usd": [1.5]})
    assert shown_headings(declared, table) == {
        "kaz_usd": "KAZ, USD",
        "pak_usd": "PAK, USD",
        "year": "year",
        "value_usd": "USD",
    }


def test_sanctions_stand_in_the_first_table_and_the_headline() -> None:
    routes = pl.DataFrame(
        {"route": [1, 2, 3], "status": ["listed", "listed", "also possible"], "name": ["A", "B", "C"]}
    )
    rules = pl.DataFrame(
        {
            "route": [1, 1, 1, 2, None],
            "effect": ["sanctioned", "sanctioned", "unknown", "unknown", "sanctioned"],
            "authority": [["US"], ["EU", "US"], ["UN"], ["EU"], ["UN"]],
        }
    )
    assert route._marks(routes, rules) == [
        "listed, sanctions: EU US, not known: UN",
        "listed, not known: EU",
        "also possible",
    ]
    meta = {
        "shipment": {"tonnes": 20.0, "name": "Rice", "units": 1},
        "origin": {"name": "Here"},
        "destination": {"name": "There"},
        "departure": date(2026, 12, 1),
    }
    assert "CAUTION: route 1, A, falls under sanctions of EU and US" in route._asked(meta, routes, rules)
    assert "CAUTION" not in route._asked(meta, routes, rules.filter(pl.col("effect") == "unknown"))
