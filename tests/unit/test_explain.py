"""Every amount of a route is the product of cells of the case, and the amounts add up to the route."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route
from karwan.case import Case
from karwan.schema import load_schema


@pytest.fixture(scope="module", params=["toyland", "kaz-pak"])
def asked(request: pytest.FixtureRequest) -> tuple[Case, Result]:
    if request.param == "toyland":
        case = request.getfixturevalue("toyland")
        query = RouteRequest("Alford", "Cove", "beans", 20.0, date(2025, 7, 7), journeys=200, explain=True)
    else:
        case = request.getfixturevalue("kaz_pak")
        query = RouteRequest(
            "Kostanay", "Karachi", "chickpeas", 24.0, date(2026, 12, 1), journeys=200, explain=True
        )
    return case, answer_route(Inputs(case), query)


def test_amounts_add_up_to_the_route(asked: tuple[Case, Result]) -> None:
    _, answer = asked
    parts = answer.tables["amounts"].unique(["route", "part"])
    sums = parts.group_by("route", "quantity").agg(pl.col("amount").sum())
    for route in answer.tables["routes"].iter_rows(named=True):
        own = dict(sums.filter(pl.col("route") == route["route"]).select("quantity", "amount").iter_rows())
        stages = answer.tables["stages"].filter(pl.col("route") == route["route"])
        assert own["USD"] == pytest.approx(route["usd"])
        assert own["hours"] == pytest.approx(stages.filter(pl.col("kind") != "wait")["hours"].sum())
        assert own["kg CO2e"] == pytest.approx(route["co2_kg"])


def test_every_cell_is_in_the_case_with_that_value(asked: tuple[Case, Result]) -> None:
    case, answer = asked
    cells = answer.tables["amounts"].filter(pl.col("table") != "")
    assert cells.height > 20
    schema = load_schema()
    for table, key, column, value in cells.select("table", "key", "column", "value").unique().iter_rows():
        row = case[table].filter(pl.col(schema[table].key) == key)
        assert row[column].to_list() == [value]


def test_an_amount_is_the_product_of_its_cells_but_for_a_plain_factor(
    asked: tuple[Case, Result],
) -> None:
    _, answer = asked
    product = (pl.col("value") ** pl.col("power")).product()
    parts = answer.tables["amounts"].filter(pl.col("quantity") == "kg CO2e")
    found = parts.group_by("route", "part").agg(pl.col("amount").first(), product.alias("product"))
    ratio = found["amount"] / found["product"]
    assert ratio.min() == pytest.approx(ratio.max())  # tonnes of the shipment
