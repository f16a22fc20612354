"""Trade that is valued: which report counts, that every analysis starts from it, and what stands beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from karwan.analysis.basket import baseline_by_direction
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.sensitivity import demand_of
from karwan.analysis.trade_flows import ValuedTrade, trade_flows, valued_trade
from karwan.analysis.worth.flows import default_flows
from karwan.case import read_case


def test_trade_is_valued_on_customs_of_the_importer_before_payments() -> None:
    """Kazakh customs: USD 41.9 m came from Pakistan in 2024; Pakistan's payments of 97.96 m are the other end of the range."""
    case = read_case("kaz-pak")
    flows = trade_flows(case, date(2026, 11, 24))
    assert {way: flow.value_usd for way, flow in flows.items()} == {"a_to_b": 11.8e6, "b_to_a": 41.9e6}
    assert {way: flow.high_usd for way, flow in flows.items()} == {"a_to_b": 129.63e6, "b_to_a": 97.96e6}
    taken = flows["b_to_a"].taken
    assert (taken.reporter, taken.statistics, taken.year_label) == ("KAZ", "customs", "2024")
    assert taken.basis == "computed"


def test_every_analysis_starts_from_one_figure() -> None:
    """Weak points and worth of one brief stand on the same trade; a basket on the newest total, which the worth names beside."""
    case = read_case("kaz-pak")
    day = case.settings.as_of
    study = CorridorStudy(case, day)
    flows = trade_flows(case, day)
    worth, _ = default_flows(study, flows)
    price = dict(case["products"].select("product_id", "price_usd_t").iter_rows())
    basket = baseline_by_direction(case, day)
    tonnes = demand_of(study).tonnes_year
    for way, flow in flows.items():
        spread = sum(one.tonnes_year * price[one.product_id] for one in worth if one.direction == way)
        assert spread == pytest.approx(flow.value_usd)
        assert tonnes[way] * study.shipment().price_usd_t == pytest.approx(flow.value_usd)
    valued = valued_trade(case, day, flows)
    assert valued == ValuedTrade("2024", 53.7e6, "2025", 105.6e6)
    assert sum(basket.values()) == pytest.approx(valued.newest_usd)


def test_half_of_a_total_is_assumed() -> None:
    """Toyland publishes totals only: half of each exporter's own goes each way, and nobody observed the half."""
    toyland = read_case("toyland")
    flows = trade_flows(toyland, toyland.settings.as_of)
    assert {way: flow.value_usd for way, flow in flows.items()} == {"a_to_b": 6e6, "b_to_a": 9e6}
    assert {flow.taken.basis for flow in flows.values()} == {"assumed"}


def test_a_direction_nobody_reports_is_missing() -> None:
    toyland = read_case("toyland")
    assert trade_flows(toyland, date(1990, 1, 1)) == {}
    assert valued_trade(toyland, date(1990, 1, 1), {}) is None


@pytest.mark.parametrize(
    ("kinds", "taken"),
    [
        (("customs", "customs"), {"a_to_b": "XTC", "b_to_a": "XTA"}),
        (("customs", "payments"), {"a_to_b": "XTA", "b_to_a": "XTA"}),
        (("payments", "payments"), {"a_to_b": "XTA", "b_to_a": "XTC"}),
        ((None, None), {"a_to_b": "XTA", "b_to_a": "XTC"}),
    ],
)
def test_which_report_counts(kinds: tuple[str | None, str | None], taken: dict[str, str]) -> None:
    toyland = read_case("toyland")
    base = toyland["flows"].row(1, named=True)
    rows = [
        {
            **base,
            "flow_id": f"{side}-{way}",
            "reporter": side,
            "direction": way,
            "value_usd": usd,
            "statistics": kind,
            "conflict_group": None,
        }
        for side, usd, kind in (("XTA", 1e6, kinds[0]), ("XTC", 2e6, kinds[1]))
        for way in ("a_to_b", "b_to_a")
    ]
    rows.append(
        {
            **rows[0],
            "flow_id": "said",
            "claimed": "speech",
            "value_usd": 9e9,
            "period_end": date(2024, 12, 31),
        }
    )
    values = {"XTA": 1e6, "XTC": 2e6}
    for order in (rows, rows[::-1]):
        flows = pl.DataFrame(order, schema=toyland["flows"].schema)
        case = replace(toyland, tables={**toyland.tables, "flows": flows})
        assert {way: flow.value_usd for way, flow in trade_flows(case, date(2026, 1, 1)).items()} == {
            way: values[side] for way, side in taken.items()
        }
