"""Each rule across rows and tables, broken once on toyland."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from karwan.tables import Case, Problem
from karwan.tables.checks import RULES, check_references, check_rules


def change(case: Case, table: str, row: int, **values: object) -> dict[str, pl.DataFrame]:
    """Tables of the case with cells of one row (0 is the first) changed."""
    frame = case[table]
    for name, value in values.items():
        cells = frame[name].to_list()
        cells[row] = value
        frame = frame.with_columns(pl.Series(name, cells, dtype=frame.schema[name]))
    return {**case.tables, table: frame}


def problems_of(tables: dict[str, pl.DataFrame]) -> list[Problem]:
    return check_rules(tables, {}, ("XTA", "XTC"))


def test_toyland_is_clean(toyland: Case) -> None:
    assert problems_of(dict(toyland.tables)) == []
    assert check_references(toyland.tables, set()) == []


@pytest.mark.parametrize(
    ("table", "row", "values", "column", "message"),
    [
        ("links", 0, {"to_node_id": "A"}, "to_node_id", "joins a node to itself"),
        ("links", 6, {"gauge_mm": None}, "gauge_mm", "open rail link without a gauge"),
        ("links", 0, {"country": None}, "country", "land link without a country"),
        ("links", 0, {"season": "spring"}, "season", "not a season"),
        ("links", 0, {"country": "XTC"}, "country", "neither of its countries"),
        ("crossings", 0, {"opening_hours": "8-18"}, "opening_hours", "not opening hours"),
        ("crossings", 0, {"opening_hours": "08:00-25:00"}, "opening_hours", "not opening hours"),
        ("crossings", 2, {"closed_weekdays": ["Saturday"]}, "closed_weekdays", "not weekdays"),
        ("crossings", 2, {"country_b": "XTA"}, "country_b", "joins two countries"),
        ("closures", 0, {"place_id": "YY"}, "place_id", "no such crossing"),
        ("closures", 0, {"place_kind": "link"}, "place_id", "no such link"),
        ("closures", 0, {"start": "March"}, "start", "not a day"),
        ("closures", 0, {"end": "2024-02-30"}, "end", "not a day"),
        ("closures", 0, {"start": "12-01"}, "start", "without a year"),
        ("closures", 0, {"kind": "disruption", "slowdown_share": 0.5, "end": "12-01"}, "end", "than start"),
        ("closures", 0, {"kind": "seasonal", "end": None}, "end", "two days"),
        ("closures", 0, {"kind": "disruption"}, "slowdown_share", "needs its slowdown"),
        ("weight_limits", 0, {"place_id": "XTQ"}, "place_id", "no such country"),
        ("weight_limits", 1, {"place_kind": "link"}, "place_id", "no such link"),
        ("corridors", 0, {"via": ["X", "QQ"]}, "via", "no node QQ"),
        ("corridors", 0, {"avoid": ["XTQ"]}, "avoid", "no node or country XTQ"),
        ("corridors", 0, {"colour": "blue"}, "colour", "not a colour"),
        ("flows", 0, {"period_end": date(2022, 1, 1)}, "period_end", "ends before it starts"),
        ("flows", 0, {"period_end": date(2023, 6, 30)}, "period_kind", "a year of 181 days"),
    ],
)
def test_a_breach_is_named(
    toyland: Case, table: str, row: int, values: dict[str, object], column: str, message: str
) -> None:
    found = problems_of(change(toyland, table, row, **values))
    assert [(p.file, p.row, p.column) for p in found if message in p.message] == [
        (f"{table}.csv", row + 2, column)
    ]
    assert all(p.severity == "error" and p.allowed for p in found)


@pytest.mark.parametrize(
    ("table", "row", "values", "column", "message"),
    [
        ("crossings", 0, {"capacity_trucks_day": 0.0}, "capacity_trucks_day", "X is shut: its capacity is 0"),
        ("crossings", 1, {"capacity_wagons_day": 0.0}, "capacity_wagons_day", "Y is shut"),
        ("links", 0, {"capacity_t_day": 0.0}, "capacity_t_day", "is shut"),
        ("crossings", 0, {"background_trucks_day": 201.0}, "background_trucks_day", "traffic of X is above"),
        ("links", 0, {"capacity_t_day": 100.0, "background_t_day": 101.0}, "background_t_day", "above its"),
    ],
)
def test_traffic_above_capacity_is_a_warning(
    toyland: Case, table: str, row: int, values: dict[str, object], column: str, message: str
) -> None:
    found = problems_of(change(toyland, table, row, **values))
    assert [(p.severity, p.file, p.row, p.column) for p in found] == [
        ("warning", f"{table}.csv", row + 2, column)
    ]
    assert message in found[0].message
    full = change(toyland, "crossings", 0, background_trucks_day=200.0, capacity_trucks_day=200.0)
    assert problems_of(full) == []


def test_every_rule_has_a_breach_in_this_file() -> None:
    """A new rule needs its broken row above; the count below is raised with it."""
    assert [rule.__name__ for rule in RULES] == [
        "links_have_mode_fields",
        "crossing_links_lie_on_a_side",
        "crossings_have_hours",
        "closures_name_places",
        "weight_limits_name_places",
        "corridors_name_nodes",
        "periods_run_forward",
        "traffic_within_capacity",
    ]


def test_an_unknown_name_is_met_with_near_ones(toyland: Case) -> None:
    found = check_references(change(toyland, "products", 0, exporter="XTAA"), set())
    assert len(found) == 1
    assert "did you mean" in found[0].message
    assert "XTA" in found[0].message


def test_one_of_several_sources_is_enough_to_be_wrong(toyland: Case) -> None:
    found = check_references(change(toyland, "links", 3, source_id="toy; gazette"), set())
    assert [(p.row, p.value) for p in found] == [(5, "gazette")]


def test_names_in_an_unreadable_file_are_not_judged(toyland: Case) -> None:
    tables = {**toyland.tables, "countries": toyland["countries"].clear()}
    assert check_references(tables, {"countries.csv"}) == []
    assert len(check_references(tables, set())) > 10


def test_places_that_case_yaml_names_exist(toyland: Case) -> None:
    found = check_rules(toyland.tables, {"origins": ("A", "Almaty")}, ("XTA", "XTQ"))
    assert [(p.file, p.column, p.value) for p in found] == [
        ("case.yaml", "brief.origins", "Almaty"),
        ("case.yaml", "party_b", "XTQ"),
    ]
