"""The choice of a port: shares by hand on toyland, bands, and what is said where there is nothing to share out."""

from __future__ import annotations

from datetime import date
from math import exp
from typing import Any

import polars as pl
import pytest

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.port_choice import answer_choice
from karwan.analysis.port_day import without_land
from karwan.analysis.port_requests import PortChoiceRequest
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.report.charts.port_shares import draw_port_shares
from karwan.transport.corridor import corridor_route
from karwan.transport.cost import route_cost
from karwan.transport.paid import Bills
from karwan.words import sentences

VALUE = 6_000_000.0
"""Of toyland's world_flows.csv: Upland to Lowland in 2024."""


def rows_added(table: pl.DataFrame, *rows: dict[str, Any]) -> pl.DataFrame:
    blank = dict.fromkeys(table.columns)
    return pl.concat([table, pl.DataFrame([blank | row for row in rows], schema=table.schema)])


@pytest.fixture(scope="module")
def traded(toyland: Case) -> Case:
    """Toyland with an older figure beside its own, which no longer counts."""
    told = {"source_id": "toy", "basis": "observed", "exporter": "XTA", "importer": "XTC", "sector": "GOODS"}
    flows = rows_added(
        toyland["world_flows"],
        {"world_flow_id": "old", "year": 2020, "value_usd": 1.0, **told},
    )
    return toyland.with_tables({"world_flows": flows})


def ask(case: Case, **asked: Any) -> Result:
    return answer_choice(Inputs(case), PortChoiceRequest("gulf", **asked))


def keys_of(result: Result) -> list[str]:
    return [one.key for one in result.notes if not isinstance(one, str)]


def cost_by(case: Case, via: list[str], avoid: list[str]) -> float:
    """Generalised cost of a tonne of the reference load from Alford to Cove, as `karwan route` reckons it."""
    study = CorridorStudy(case, case.settings.as_of)
    load, row = study.shipment(), {"corridor_id": "-", "via": via, "avoid": avoid}
    network = study.network_between(("XTA", "XTC"), load.form)
    found = corridor_route(network, load, row | {"modes": ["road", "rail", "sea", "ferry"]}, "A", "C")
    assert found.route is not None
    bills = Bills(case.tables, "beans", "pulses_oilseeds", "XTA", case.settings.as_of)
    return route_cost(found.route, study.weights(load), bills.all_told_usd(found.route)) / load.tonnes


def test_shares_by_hand(toyland: Case) -> None:
    """The case as it is. Two ways: by Quay, or by land over X and Y. Lengths count km and 150 a border; both share Alford - X - Bridge.

    By land 120 + 150 + 120 + 120 + 150 + 120 = 780, by Quay 120 + 150 + 120 + 180 + 400 + 110 = 1,080, shared 390. Path sizes are
    (390 / 2 + 390) / 780 = 0.75 and (390 / 2 + 690) / 1,080. Scale 0.02 a dollar. Cove's own pier is an end, no gateway.
    """
    ports = ask(toyland, include_assumed=True).tables["ports"]
    assert ports["node_id"].to_list() == ["Q", None]
    quay, land = ports.rows(named=True)
    costs = cost_by(toyland, ["Q"], []), cost_by(toyland, [], ["Q"])
    assert (quay["cost_usd_t"], land["cost_usd_t"]) == pytest.approx(costs)
    sizes = (390.0 / 2.0 + 690.0) / 1080.0, (390.0 / 2.0 + 390.0) / 780.0
    weights = [size * exp(-0.02 * cost) for size, cost in zip(sizes, costs, strict=True)]
    share = weights[0] / sum(weights)
    assert quay["share"] == pytest.approx(share)
    assert quay["usd"] == pytest.approx(share * VALUE)
    assert quay["tonnes"] == pytest.approx(share * VALUE / 525.0)  # middle of wheat at 250 and beans at 800
    assert quay["tonnes_low"] < quay["tonnes"] < quay["tonnes_high"]
    assert quay["share_of_ports"] == 1.0
    assert quay["share_low"] < quay["share"] < quay["share_high"]
    assert land["share"] == pytest.approx(1.0 - share)
    assert (quay["observed_share"], quay["observed_of"]) == (0.3, "beans, 2023")


def test_an_assumed_port_is_chosen_only_when_asked_for(traded: Case) -> None:
    result = ask(traded)
    assert result.tables["ports"]["node_id"].to_list() == [None]
    assert result.tables["ports"].select("share", "share_low", "share_high", "usd_low").rows() == [
        (1.0, None, None, result.tables["ports"]["usd_low"][0])
    ]
    land = result.tables["ports"].row(0, named=True)
    assert land["varies_by"] == []  # all goes by it in every draw: what it is worth moves, its share cannot
    assert land["usd_low"] < VALUE < land["usd_high"]
    assert land["tonnes_low"] < VALUE / 800.0 and land["tonnes_high"] > VALUE / 250.0
    assert {"port.choice_assumed", "port.choice_single"} <= set(keys_of(result))
    assert "port.choice_single" not in keys_of(ask(traded, include_assumed=True))


def test_a_share_without_a_choice_moves_with_the_trade_alone(traded: Case) -> None:
    """Upland's trade can go by Quay or by land; Lowland's own, added here, by land alone: its report is off, so both shares move."""
    back = {"source_id": "toy", "basis": "observed", "exporter": "XTC", "importer": "XTA", "sector": "GOODS"}
    flows = rows_added(
        traded["world_flows"], {"world_flow_id": "back", "year": 2024, "value_usd": VALUE, **back}
    )
    two = ask(traded.with_tables({"world_flows": flows}), include_assumed=True).tables["ports"]
    assert two["varies_by"].to_list() == [["choice", "trade"]] * two.height
    sure = traded["parameters"].with_columns(
        pl.when(pl.col("parameter_id") == "trade_report_log_sd").then(0.0).otherwise(name).alias(name)
        for name in ("value", "low", "high")
    )
    one = ask(traded.with_tables({"parameters": sure}), include_assumed=True).tables["ports"]
    assert one["varies_by"].to_list() == [["choice"]] * one.height
    assert one["usd_low"][0] / VALUE == pytest.approx(one["share_low"][0])


def test_the_same_seed_gives_the_same_band_and_more_doubt_a_wider_one(traded: Case) -> None:
    first, again = (ask(traded, include_assumed=True).tables["ports"] for _ in range(2))
    assert first.equals(again)
    doubt = pl.col("parameter_id") == "port_cost_error_usd_t"
    wide = traded["parameters"].with_columns(
        *(
            pl.when(doubt).then(pl.col(name) * 4.0).otherwise(name).alias(name)
            for name in ("value", "low", "high")
        )
    )
    wider = ask(traded.with_tables({"parameters": wide}), include_assumed=True).tables["ports"]
    assert wider["share"].equals(first["share"])
    spread = [table["share_high"][0] - table["share_low"][0] for table in (first, wider)]
    assert spread[1] > spread[0]


def test_rules_and_closures_of_the_day_stand_beside_the_shares(traded: Case) -> None:
    """A sanction on Quay, a ban that no way meets, and a slow bridge: what the first sentence rests on, and what falls under what."""
    typed = {"source_id": "toy", "basis": "observed"}
    rule = {"place_kind": "node", "place_id": "Q", "authority": ["US"], "name": "US: Quay", **typed}
    rules = rows_added(
        traded["restrictions"],
        {"restriction_id": "us", "effect": "sanctioned", **rule},
        {"restriction_id": "over", "effect": "forbidden", **rule, "end": date(2001, 1, 1)},
    )
    slow = {"place_kind": "country", "place_id": "XTA", "kind": "disruption", "slowdown_share": 0.3}
    closures = rows_added(
        traded["closures"],
        {"closure_id": "s", "start": "2020-01-01", "reason": "storm", **slow, **typed},
    )
    case = traded.with_tables({"restrictions": rules, "closures": closures})
    result = ask(case, include_assumed=True)
    assert result.tables["on the day"].select("place", "kind", "authority", "what", "touches").rows() == [
        ("Quay", "sanctioned", ["US"], "US: Quay", ["Quay"]),
        ("Upland", "slower by 30 %", [], "storm", ["Quay", "by land"]),
    ]
    told = sentences(result.notes)
    assert told[0].startswith("1 of the 2 country pairs of the market gulf have published trade and a way")
    assert any("ways by Quay (US)" in text for text in told)
    assert any(text == "Slow: Upland slower by 30 % (storm)." for text in told)


def test_a_country_without_a_land_link_has_no_share_by_land(traded: Case) -> None:
    """Its trade that goes by land is given to ports: the share is not known, not nil."""
    assert without_land(traded, ["XTA", "XTC"]) == ()
    sea = traded.with_tables({"links": traded["links"].filter(pl.col("mode") == "sea")})
    assert without_land(sea, ["XTA", "XTC", "XTA"]) == ("XTA", "XTC")


def test_pairs_without_data_are_listed_with_the_reason(traded: Case) -> None:
    lacking = ask(traded).tables["without data"]
    assert lacking.select("exporter", "importer", "reason").rows() == [
        ("Lowland", "Upland", "no published trade in world_flows.csv")
    ]
    far = rows_added(traded["market_members"], {"member_id": "z", "market": "gulf", "country": "XTZ"})
    flow = {"world_flow_id": "z", "exporter": "XTZ", "importer": "XTA", "sector": "GOODS", "year": 2024}
    flows = rows_added(
        traded["world_flows"], {**flow, "value_usd": 5.0, "source_id": "toy", "basis": "observed"}
    )
    case = traded.with_tables({"market_members": far, "world_flows": flows})
    reasons = ask(case).tables["without data"].select("exporter", "importer", "reason").rows()
    assert ("XTZ", "Upland", "no place of XTZ in the network") in reasons
    assert ("XTZ", "Lowland", "no published trade in world_flows.csv") in reasons


def test_a_pair_without_an_open_way_is_listed_with_its_trade(traded: Case) -> None:
    shut = traded["links"].with_columns(state=pl.lit("planned"))
    found = ask(traded.with_tables({"links": shut})).tables
    assert found["ports"].is_empty() and found["pairs"].is_empty()
    lost = found["without data"].filter(pl.col("exporter") == "Upland").row(0, named=True)
    assert lost["usd"] == VALUE
    assert lost["reason"].startswith("no lawful open way")


def test_nothing_to_share_out_says_why(toyland: Case) -> None:
    untold = toyland.with_tables({"world_flows": toyland["world_flows"].clear()})
    assert keys_of(ask(untold)) == ["port.no_flows"]
    none = answer_choice(Inputs(toyland), PortChoiceRequest("central_asia"))
    assert keys_of(none) == ["port.no_market"]
    assert all(table.is_empty() for table in none.tables.values())


def test_an_unknown_market_is_refused() -> None:
    with pytest.raises(InvalidInput, match="No market is called 'moon'"):
        PortChoiceRequest("moon")


def test_the_picture_shows_each_port_with_its_band(traded: Case) -> None:
    picture = draw_port_shares(ask(traded, include_assumed=True).tables["ports"])
    assert picture is not None
    assert "Quay" in picture and "by land or another port" in picture
    assert draw_port_shares(ask(traded).tables["ports"].clear()) is None


def test_the_embedded_case_says_what_its_page_says(kaz_pak: Case) -> None:
    """Pakistan to the Gulf: three ports of Karachi alike, Gwadar far behind; what is not published is listed; every share has a band."""
    south = answer_choice(Inputs(kaz_pak), PortChoiceRequest("south_asia")).tables["ports"]
    assert south["node_id"].to_list()[:2] == ["P_CHB", "P_BND"]
    for name in ("share", "usd", "tonnes"):
        assert (south[f"{name}_low"] < south[name]).all() and (south[name] < south[f"{name}_high"]).all()
    found = ask(kaz_pak).tables
    shares = dict(found["ports"].select("node_id", "share").iter_rows())
    expected = {"P_QAS": 0.32, "P_KHI": 0.30, "P_SAPT": 0.29, "P_GWA": 0.07}
    assert {port: shares[port] for port in expected} == pytest.approx(expected, abs=0.01)
    assert sum(found["ports"]["share"]) == pytest.approx(1.0)
    assert found["ports"].filter(pl.col("node_id") == "P_KHI")["observed_share"].to_list() == [0.54]
    lacking = found["without data"].select("exporter", "importer", "reason").rows()
    assert ("Pakistan", "Saudi Arabia", "no place of Saudi Arabia in the network") in lacking
    assert ("United Arab Emirates", "Kazakhstan", "no published trade in world_flows.csv") in lacking
