"""Each rule across rows and tables, broken once on toyland."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from karwan.case import Case, CaseProblems, Problem, read_case, write_template
from karwan.case.checks import RULES, check_references, check_rules


def place(case: Case, table: str, key: str) -> int:
    """Number of a row, 0 is the first."""
    return case[table][case[table].columns[0]].to_list().index(key)


def change(case: Case, table: str, key: str, **values: object) -> dict[str, pl.DataFrame]:
    """Tables of the case with cells of one row changed."""
    frame, row = case[table], place(case, table, key)
    for name, value in values.items():
        cells = frame[name].to_list()
        cells[row] = value
        frame = frame.with_columns(pl.Series(name, cells, dtype=frame.schema[name]))
    return {**case.tables, table: frame}


def problems_of(tables: dict[str, pl.DataFrame]) -> list[Problem]:
    return check_rules(tables, read_case("toyland").settings)


def test_toyland_is_clean(toyland: Case) -> None:
    assert problems_of(dict(toyland.tables)) == []
    assert check_references(toyland.tables, set()) == []


@pytest.mark.parametrize(
    ("table", "key", "values", "column", "message"),
    [
        ("links", "A-X", {"to_node_id": "A"}, "to_node_id", "joins a node to itself"),
        ("links", "A-Xr", {"gauge_mm": None}, "gauge_mm", "open rail link without a gauge"),
        ("links", "A-X", {"country": None}, "country", "land link without a country"),
        ("links", "A-X", {"season": "spring"}, "season", "not a season"),
        ("links", "A-X", {"country": "XTC"}, "country", "neither of its countries"),
        ("crossings", "X", {"opening_hours": "8-18"}, "opening_hours", "not opening hours"),
        ("crossings", "X", {"opening_hours": "08:00-25:00"}, "opening_hours", "not opening hours"),
        ("crossings", "Z", {"closed_weekdays": ["Saturday"]}, "closed_weekdays", "not weekdays"),
        ("crossings", "Z", {"country_b": "XTA"}, "country_b", "joins two countries"),
        ("closures", "y22", {"place_id": "YY"}, "place_id", "no such crossing"),
        ("closures", "y22", {"place_kind": "link"}, "place_id", "no such link"),
        ("closures", "y22", {"start": "March"}, "start", "not a day"),
        ("closures", "y22", {"end": "2024-02-30"}, "end", "not a day"),
        ("closures", "y22", {"start": "12-01"}, "start", "without a year"),
        (
            "closures",
            "y22",
            {"kind": "disruption", "slowdown_share": 0.5, "end": "12-01"},
            "end",
            "than start",
        ),
        ("closures", "y22", {"kind": "seasonal", "end": None}, "end", "two days"),
        ("closures", "y22", {"kind": "disruption"}, "slowdown_share", "needs its slowdown"),
        ("weight_limits", "mid_heavy", {"place_id": "XTQ"}, "place_id", "no such country"),
        ("weight_limits", "zenith_heavy", {"place_kind": "link"}, "place_id", "no such link"),
        ("corridors", "MID", {"via": ["X", "QQ"]}, "via", "no node QQ"),
        ("corridors", "MID", {"avoid": ["XTQ"]}, "avoid", "no node or country XTQ"),
        ("corridors", "MID", {"colour": "blue"}, "colour", "not a colour"),
        ("tariffs", "beans_c", {"low_share": 0.1, "high_share": 0.2}, "rate_share", "outside its own range"),
        ("tariffs", "beans_c", {"low_share": 0.0}, "low_share", "both ends"),
        ("flows", "a23", {"period_end": date(2022, 1, 1)}, "period_end", "ends before it starts"),
        ("links", "Z-C", {"season": "04-01..02-30"}, "season", "not a season"),
        ("crossings", "X", {"opening_hours": "24:30-24:40"}, "opening_hours", "not opening hours"),
        ("closures", "y22", {"end": "2022-02-01"}, "end", "ends before it starts"),
        ("parameters", "driving_hours_day_road", {"value": 0.0}, "value", "outside the bounds"),
        ("parameters", "crossing_time_cv", {"low": -0.1}, "low", "outside the bounds"),
        ("flows", "a23", {"period_end": date(2023, 6, 30)}, "period_kind", "a year of 181 days"),
        ("venture_sales", "v1_leather", {"low": 15.0}, "low", "leaves out price_usd"),
        ("ventures", "v1", {"partner_a": "XTC", "partner_b": "XTC"}, "partner_b", "of one country"),
        ("venture_sales", "v1_leather", {"share": 1.5}, "share", "more than all"),
        ("venture_sales", "v1_leather", {"origin_id": "A"}, "destination_id", "one end of the way"),
        ("venture_stages", "v1_tan", {"input_product": "leather"}, "input_product", "in a circle"),
        ("venture_finance", "v1_bank", {"tenor_years": 1}, "tenor_years", "no year is left"),
        ("venture_finance", "v1_bank", {"usd": 1_000_001.0}, "usd", "1,000,000 is spent once"),
        ("venture_stages", "v1_tan", {"input_product": "gold"}, "input_product", "free and without end"),
        ("venture_supply", "v1_hides", {"product_id": "gold"}, "product_id", "takes in gold"),
    ],
)
def test_a_breach_is_named(
    toyland: Case, table: str, key: str, values: dict[str, object], column: str, message: str
) -> None:
    found = problems_of(change(toyland, table, key, **values))
    assert [(p.file, p.row, p.column) for p in found if message in p.message] == [
        (f"{table}.csv", place(toyland, table, key) + 2, column)
    ]
    assert all(p.severity == "error" and p.allowed for p in found)


@pytest.mark.parametrize(
    ("table", "key", "values", "column", "message"),
    [
        (
            "crossings",
            "X",
            {"capacity_trucks_day": 0.0},
            "capacity_trucks_day",
            "X is shut: its capacity is 0",
        ),
        ("crossings", "Y", {"capacity_wagons_day": 0.0}, "capacity_wagons_day", "Y is shut"),
        ("links", "A-X", {"capacity_t_day": 0.0}, "capacity_t_day", "is shut"),
        (
            "crossings",
            "X",
            {"background_trucks_day": 201.0},
            "background_trucks_day",
            "traffic of X is above",
        ),
        (
            "links",
            "A-X",
            {"capacity_t_day": 100.0, "background_t_day": 101.0},
            "background_t_day",
            "above its",
        ),
    ],
)
def test_traffic_above_capacity_is_a_warning(
    toyland: Case, table: str, key: str, values: dict[str, object], column: str, message: str
) -> None:
    found = problems_of(change(toyland, table, key, **values))
    assert [(p.severity, p.file, p.row, p.column) for p in found] == [
        ("warning", f"{table}.csv", place(toyland, table, key) + 2, column)
    ]
    assert message in found[0].message
    full = change(toyland, "crossings", "X", background_trucks_day=200.0, capacity_trucks_day=200.0)
    assert problems_of(full) == []


@pytest.mark.parametrize(
    ("values", "column", "message"),
    [
        ({}, "", ""),
        ({"place_id": "XTQ"}, "place_id", "no such country"),
        ({"place_kind": "crossing"}, "place_id", "no such crossing"),
        ({"end": date(2025, 2, 28)}, "end", "before its start 2025-03-01"),
        ({"end": date(2025, 3, 1)}, "", ""),
    ],
)
def test_a_restriction_names_a_place_and_runs_forward(
    toyland: Case, values: dict[str, object], column: str, message: str
) -> None:
    """Toyland bans nothing, so the row is made here."""
    row = {"restriction_id": "ban", "place_kind": "country", "place_id": "XTA", "start": date(2025, 3, 1)}
    banned = pl.DataFrame([row | values], schema_overrides={"end": pl.Date})
    table = pl.concat([toyland["restrictions"].clear(), banned], how="diagonal")
    found = problems_of({**toyland.tables, "restrictions": table})
    assert [(p.severity, p.file, p.row, p.column, p.message) for p in found] == (
        [("error", "restrictions.csv", 2, column, message)] if column else []
    )


def test_every_rule_has_a_breach_in_this_file() -> None:
    """A new rule needs its broken row above; the count below is raised with it."""
    assert [rule.__name__ for rule in RULES] == [
        "regimes_say_whose_goods",
        "links_have_mode_fields",
        "crossing_links_lie_on_a_side",
        "crossings_have_hours",
        "closures_name_places",
        "weight_limits_name_places",
        "restrictions_name_places",
        "corridors_name_nodes",
        "periods_run_forward",
        "traffic_within_capacity",
        "parameters_within_bounds",
        "rates_within_ranges",
        "modes_have_vehicles",
        "ranges_hold_their_value",
        "ranges_are_of_a_number",  # its breaches: test_venture.py
        "ventures_can_be_appraised",
        "sales_are_made",
        "stages_of_one_venture",
        "fleets_have_a_way",
        "loans_are_repaid",
        "money_is_for_something",
        "raw_material_comes_from_somewhere",
        "ways_in_bond_lead_off_the_dock",
        "operators_say_when_and_how",
        "services_name_places",
        "through_rates_have_a_unit",
    ]


def test_an_unknown_name_is_met_with_near_ones(toyland: Case) -> None:
    found = check_references(change(toyland, "products", "wheat", exporter="XTAA"), set())
    assert len(found) == 1
    assert "did you mean" in found[0].message
    assert "XTA" in found[0].message


def test_one_of_several_sources_is_enough_to_be_wrong(toyland: Case) -> None:
    found = check_references(change(toyland, "links", "Y-C", source_id="toy; gazette"), set())
    assert [(p.row, p.value) for p in found] == [(place(toyland, "links", "Y-C") + 2, "gazette")]


def test_names_in_an_unreadable_file_are_not_judged(toyland: Case) -> None:
    tables = {**toyland.tables, "countries": toyland["countries"].clear()}
    assert check_references(tables, {"countries.csv"}) == []
    assert len(check_references(tables, set())) > 10


def test_places_that_case_yaml_names_exist(toyland: Case) -> None:
    wrong = replace(
        toyland.settings,
        origins=("A", "Almaty", "B"),
        party_b="XTQ",
        reference_product="bean",
        destinations=(),
    )
    found = check_rules(toyland.tables, wrong)
    assert [(p.file, p.column, p.value, p.severity) for p in found] == [
        ("case.yaml", "party_b", "XTQ", "error"),
        ("case.yaml", "brief.origins", "Almaty", "error"),
        ("case.yaml", "brief.origins", "B", "error"),
        ("case.yaml", "brief.reference_product", "bean", "error"),
        ("case.yaml", "brief.destinations", "", "error"),
    ]
    assert "did you mean beans" in found[3].message


def test_a_case_without_places_yet_is_only_warned(toyland: Case) -> None:
    bare = replace(toyland.settings, origins=(), destinations=(), ports=(), reference_product="")
    found = check_rules({name: table.clear() for name, table in toyland.tables.items()}, bare)
    assert {(p.column, p.severity) for p in found if p.column.startswith("brief")} == {
        ("brief.origins", "warning"),
        ("brief.destinations", "warning"),
        ("brief.reference_product", "warning"),
    }


def test_a_mode_without_a_vehicle_is_named(toyland: Case) -> None:
    tables = {**toyland.tables, "vehicles": toyland["vehicles"].filter(pl.col("mode") != "rail")}
    assert [(p.file, p.column, p.value) for p in problems_of(tables)] == [("vehicles.csv", "mode", "rail")]


def test_a_case_that_still_states_its_currency_is_read(tmp_path: Path) -> None:
    """The key is gone from `case.yaml`; cases written before keep working, in USD only."""
    folder = tmp_path / "case"
    write_template("UZB", "PAK", folder, date(2026, 1, 1))
    settings = folder / "case.yaml"
    text = settings.read_text(encoding="utf-8")
    assert "currency" not in text
    settings.write_text(f"{text}currency: USD\n", encoding="utf-8")
    assert read_case(folder).settings.party_a == "UZB"
    settings.write_text(f"{text}currency: EUR\n", encoding="utf-8")
    with pytest.raises(CaseProblems, match="currency"):
        read_case(folder)
