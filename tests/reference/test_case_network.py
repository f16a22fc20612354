"""The network of kaz-pak: coverage, connection, and its check lengths against the independent packages."""

from __future__ import annotations

from collections import defaultdict

import polars as pl
import pytest

from karwan.case.case import Case, read_case
from karwan.case.length_check import SHORTER, length_findings
from karwan.exchange.independent_network import independent_lengths
from karwan.numerics.geodesy import great_circle_km


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case("kaz-pak")


def test_size_and_countries(case: Case) -> None:
    assert case["nodes"].height >= 120
    assert case["links"].height >= 170
    wanted = {"KAZ", "UZB", "TKM", "AFG", "PAK", "IRN", "CHN", "KGZ", "TJK"}
    land = case["links"].filter(pl.col("mode").is_in(["road", "rail"]))
    assert wanted <= set(land["country"])
    assert {1435, 1520, 1676} <= set(land["gauge_mm"].drop_nulls())
    assert {"open", "planned", "construction"} <= set(case["links"]["state"])


def test_a_land_link_lies_in_the_country_of_its_places(case: Case) -> None:
    """A crossing belongs to both its countries; any other place to its own."""
    country = dict(case["nodes"].select("node_id", "country").iter_rows())
    sides = {
        n: {a, b} for n, a, b in case["crossings"].select("node_id", "country_a", "country_b").iter_rows()
    }
    land = case["links"].filter(pl.col("mode").is_in(["road", "rail"]))
    for link, a, b, where in land.select("link_id", "from_node_id", "to_node_id", "country").iter_rows():
        for node in (a, b):
            assert where in sides.get(node, {country[node]}), (link, node, where)


def test_rail_has_a_gauge_and_nothing_else_has(case: Case) -> None:
    links = case["links"]
    assert links.filter(pl.col("mode") == "rail")["gauge_mm"].null_count() == 0
    assert links.filter(pl.col("mode") != "rail")["gauge_mm"].is_null().all()


def test_every_place_is_on_a_link_and_roads_join_the_two_countries(case: Case) -> None:
    links = case["links"]
    used = set(links["from_node_id"]) | set(links["to_node_id"])
    assert used == set(case["nodes"]["node_id"])
    near = defaultdict(set)
    for a, b in links.filter(pl.col("mode") == "road").select("from_node_id", "to_node_id").iter_rows():
        near[a].add(b)
        near[b].add(a)
    seen, todo = {"ALA"}, ["ALA"]
    while todo:
        for other in near[todo.pop()] - seen:
            seen.add(other)
            todo.append(other)
    assert {"KOS", "AST", "PET", "PAV", "P_KHI", "P_QAS", "P_GWA", "P_BND", "KHG", "TAS", "HER"} <= seen


def test_every_sailing_runs_on_a_sea_link_and_every_sea_link_has_one(case: Case) -> None:
    sea = set(case["links"].filter(pl.col("mode").is_in(["sea", "ferry"]))["link_id"])
    assert set(case["services"]["link_id"]) == sea


def test_corridors_name_places_and_have_their_own_colour(case: Case) -> None:
    corridors = case["corridors"]
    places = set(case["nodes"]["node_id"])
    assert corridors.height >= 7
    assert corridors["colour"].n_unique() == corridors.height
    assert corridors["name"].str.len_chars().max() <= 12  # type: ignore[operator]
    assert {via for row in corridors["via"] for via in row} <= places


def test_no_link_is_shorter_than_the_great_circle(case: Case) -> None:
    """Beyond what the accuracy of its two places explains."""
    findings = length_findings(case["links"], case["nodes"])
    assert SHORTER not in set(findings["finding"])


def test_disagreements_are_few_and_each_is_explained(case: Case) -> None:
    findings = length_findings(case["links"], case["nodes"])
    checked = case["links"]["check_length_km"].is_not_null().sum()
    assert findings.height < 0.2 * checked
    assert findings["note"].null_count() == 0


def test_check_lengths_are_those_of_the_packages(case: Case) -> None:
    """Every twenty-first link again from the packages; typed values are rounded to km."""
    pytest.importorskip("scgraph_data")
    pytest.importorskip("searoute")
    sample = case["links"].gather_every(21)
    again = independent_lengths(sample, case["nodes"])
    assert sample["check_length_km"].is_null().to_list() == (~again["covered"]).to_list()
    for link, typed, found in zip(
        sample["link_id"], sample["check_length_km"], again["check_length_km"], strict=True
    ):
        assert typed is None or typed == pytest.approx(found, abs=0.51), link


def test_the_sphere_and_the_tables_agree_on_a_known_distance(case: Case) -> None:
    """Almaty to Karachi, 2,229 km by great circle (checked with pyproj in the unit test of geodesy)."""
    at = {n: (a, o) for n, a, o in case["nodes"].select("node_id", "lat", "lon").iter_rows()}
    assert float(great_circle_km(*at["ALA"], *at["KHI"])) == pytest.approx(2229, abs=2)
