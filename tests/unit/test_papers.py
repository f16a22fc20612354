"""Papers and guarantees of toyland routes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from karwan.case import read_case
from karwan.transport.duty import Duty
from karwan.transport.guarantees import security_cost
from karwan.transport.network import NetworkRequest, build_network
from karwan.transport.papers import _journeys, _two_parties, counted_usd, regime_in_force
from karwan.transport.path import allowed_arcs, least_cost_path
from karwan.transport.route import Route, make_route
from karwan.transport.shipment import make_shipment
from tests.unit.papers_once import list_guarantees, list_papers

CASE = read_case("toyland")
DAY = date(2025, 6, 2)
BEANS = make_shipment(CASE["products"], "beans", 20.0)


def route(*via: str, modes: tuple[str, ...] = ()) -> Route:
    network = build_network(CASE.tables, NetworkRequest("XTA", "XTC", "box", DAY))
    usable = allowed_arcs(network, modes=modes)
    found = least_cost_path(network, network.arc_hours(), "A", "C", via=via, allowed=usable)
    assert found.arcs is not None
    return make_route(network, BEANS, found.arcs)


def test_papers_by_leg_country_and_sector() -> None:
    papers = list_papers(route("X", "Y", modes=("road",)), CASE.tables, "pulses_oilseeds", DAY)
    assert papers.select("scope", "place_id", "mode", "document_id").rows() == [
        ("origin", "XTA", "", "phyto"),
        ("leg", "", "road", "waybill"),
        ("country", "XTB", "", "td"),
        ("country", "XTB", "road", "mid_heavy"),
    ]
    assert papers["cost_usd"].to_list() == [20.0, 5.0, 15.0, None]
    assert papers["time_h"].null_count() == 4  # missing is not zero


def test_a_route_from_a_border_starts_in_the_country_it_leaves() -> None:
    whole = route("X", "Y", modes=("road",))
    kinds = [whole.network.arcs[a].place_kind for a in whole.arcs]
    from_border = make_route(whole.network, BEANS, whole.arcs[kinds.index("crossing") :])
    papers = list_papers(from_border, CASE.tables, "pulses_oilseeds", DAY)
    assert papers.select("scope", "place_id").rows()[0] == ("origin", "XTA")
    assert "XTA" not in papers.filter(pl.col("scope") == "country")["place_id"]


def test_a_heavy_truck_needs_a_permit_where_it_is_over_the_limit() -> None:
    """15 t of truck and 20 t of beans are over the 34 t of XTB; 18 t of beans are not."""
    heavy = list_papers(route("X", "Y", modes=("road",)), CASE.tables, "machinery", DAY)
    assert "35.0 t gross, 34 t without" in heavy.filter(pl.col("document_id") == "mid_heavy")["name"].item()
    by_road = route("X", "Y", modes=("road",))
    light = replace(by_road, shipment=make_shipment(CASE["products"], "beans", 18.0))
    past_it = route("Z", modes=("road",))
    for other in (light, past_it):
        assert "mid_heavy" not in list_papers(other, CASE.tables, "machinery", DAY)["document_id"]


def test_no_transit_paper_where_nothing_is_passed_through() -> None:
    papers = list_papers(route("Z", modes=("road",)), CASE.tables, "machinery", DAY)
    assert papers["document_id"].to_list() == ["waybill"]


def test_port_paper_at_each_port_and_crossing_paper_at_its_crossing() -> None:
    columns = CASE["documents"].schema
    extra = [
        {"document_id": "bl", "name": "Bill", "scope": "port", "source_id": "toy", "basis": "assumed"},
        {"document_id": "gate", "name": "Gate", "scope": "crossing", "place_id": "X", "mode": "road", "source_id": "toy", "basis": "assumed"},
        {"document_id": "rail", "name": "Rail", "scope": "crossing", "place_id": "X", "mode": "rail", "source_id": "toy", "basis": "assumed"},
    ]  # fmt: skip
    rows = [{c: row.get(c) for c in columns} for row in extra]
    tables = {**CASE.tables, "documents": pl.concat([CASE["documents"], pl.DataFrame(rows, schema=columns)])}
    papers = list_papers(route("Q", "P"), tables, "machinery", DAY)
    by_sea = papers.filter(pl.col("document_id") == "bl")
    assert by_sea["place_id"].to_list() == ["Q", "P"]
    assert papers.filter(pl.col("document_id") == "gate")["place_id"].to_list() == ["X"]
    assert papers.filter(pl.col("document_id") == "rail").is_empty()


@pytest.mark.parametrize(
    ("hauls", "asked"),
    [
        ("road XTA, sea , road XTB", False),  # drayage at both ends of a voyage
        ("road XTA, rail XTB, road XTC", False),
        ("road XTA, road XTB, sea ", True),
        ("road XTA, ferry , road XTB", True),
    ],
)
def test_a_waybill_between_parties_wants_one_journey_through_both(hauls: str, asked: bool) -> None:
    """What a truck does in two countries at the ends of another carrier's way is haulage inside each."""
    stages = []
    for haul in hauls.split(", "):
        mode, _, country = haul.partition(" ")
        kind = "line_haul" if country else "sailing"
        stages.append(SimpleNamespace(kind=kind, mode=mode, country=country))
        stages.append(SimpleNamespace(kind="transfer", mode="road", country="XTB"))
    trip = SimpleNamespace(stages=stages)
    journeys = _journeys(cast(Route, trip), "road")
    assert _two_parties({"parties": ["XTA", "XTB", "XTC"]}, journeys) == asked
    assert _two_parties(None, journeys)


def test_paper_of_a_lapsed_regime_is_left_out() -> None:
    documents = CASE["documents"].with_columns(
        regime_id=pl.when(pl.col("document_id") == "td").then(pl.lit("toy_transit")).otherwise("regime_id")
    )
    tables = {**CASE.tables, "documents": documents}
    via = route("X", "Y", modes=("road",))
    assert "td" in list_papers(via, tables, "machinery", DAY)["document_id"]
    lapsed = {**tables, "regimes": CASE["regimes"].with_columns(state=pl.lit("lapsed"))}
    assert "td" not in list_papers(via, lapsed, "machinery", DAY)["document_id"]
    assert "td" not in list_papers(via, tables, "machinery", date(2020, 12, 31))["document_id"]


def test_regime_in_force_by_day_and_state() -> None:
    regime = CASE["regimes"].row(by_predicate=pl.col("regime_id") == "toy_transit", named=True)
    assert regime_in_force(regime, date(2021, 1, 1))
    assert not regime_in_force(regime, date(2020, 12, 31))
    assert regime_in_force({**regime, "in_force": None}, date(2000, 1, 1))
    assert not regime_in_force({**regime, "state": "signed"}, DAY)


def test_guarantee_under_the_regime_the_access_rule_rests_on() -> None:
    found = list_guarantees(route("X", "Y", modes=("road",)), CASE.tables, {}, DAY)
    assert found.select("country", "mode", "registration", "guarantee", "regime_id", "cost_usd").rows() == [
        ("XTB", "road", "XTA", "tir", "toy_transit", 60.0)
    ]


def extended() -> dict[str, pl.DataFrame]:
    """Toyland with a fourth country behind Cove: from Alford to Delta two countries are passed, on one carnet."""
    rows: dict[str, list[dict[str, object]]] = {
        "countries": [{"country": "XTD", "name": "Deltaland", "landlocked": False}],
        "nodes": [
            {"node_id": "W", "name": "Weir", "country": "XTC", "kind": "crossing", "lat": 40.0, "lon": 60.0},
            {"node_id": "D", "name": "Delta", "country": "XTD", "kind": "city", "lat": 39.0, "lon": 60.0},
        ],
        "crossings": [
            {"crossing_id": "W", "name": "Weir", "node_id": "W", "country_a": "XTC", "country_b": "XTD", "modes": ["road"], "opening_hours": "00:00-24:00", "utc_offset_h": 0.0}
        ],
        "crossing_times": [
            {"crossing_time_id": f"W_{side}", "crossing_id": "W", "side": side, "direction": "both", "mode": "road", "year": 2024, "time_h": 5.0, "time_cv": 0.5,
             "cost_usd": 10.0, "use": "model"}
            for side in ("XTC", "XTD")
        ],
        "links": [
            {"link_id": "C-W", "from_node_id": "C", "to_node_id": "W", "country": "XTC", **ROAD},
            {"link_id": "W-D", "from_node_id": "W", "to_node_id": "D", "country": "XTD", **ROAD},
        ],
        "rates": [{"rate_id": "XTD_road", "country": "XTD", "mode": "road", "year": 2024, "unit": "truck", "cost_usd_km": 1.2, "speed_kmh": 60.0, "use": "model"}],
        "access": [{"access_id": "low", "country": "XTC", "vehicle_registration": "XTA", "mode": "road", "rule": "allowed", "regime_id": "toy_transit"}],
    }  # fmt: skip
    tables = dict(CASE.tables)
    for name, more in rows.items():
        schema = CASE[name].schema
        added = [{c: {"source_id": "toy", "basis": "assumed", **row}.get(c) for c in schema} for row in more]
        tables[name] = pl.concat([CASE[name], pl.DataFrame(added, schema=schema)])
    return tables


ROAD = {"mode": "road", "directed": False, "state": "open", "length_km": 120.0, "cost_factor": 1.0}


def test_one_carnet_serves_every_country_on_the_way() -> None:
    tables = extended()
    network = build_network(tables, NetworkRequest("XTA", "XTD", "box", DAY))
    usable = allowed_arcs(network, modes=("road",))
    found = least_cost_path(network, network.arc_hours(), "A", "D", via=("X", "Y"), allowed=usable)
    assert found.arcs is not None
    guarantees = list_guarantees(make_route(network, BEANS, found.arcs), tables, {}, DAY)
    columns = guarantees.select("country", "guarantee", "regime_id", "cost_usd")
    assert columns.rows() == [("XTB", "tir", "toy_transit", 60.0), ("XTC", "tir", "toy_transit", 0.0)]
    assert ["lodged once" in note for note in guarantees["note"]] == [False, True]


def test_a_carnet_is_the_same_whichever_agreement_names_it() -> None:
    """In Lowland another agreement without a figure of its own names it: paid for once; alone it costs what the first one says."""
    tables = extended()
    first = pl.col("regime_id") == "toy_transit"
    named = {"regime_id": pl.lit("other"), "guarantee_usd_trip": pl.lit(None, dtype=pl.Float64)}
    tables["regimes"] = pl.concat([tables["regimes"], tables["regimes"].filter(first).with_columns(**named)])
    low = pl.when(pl.col("access_id") == "low").then(pl.lit("other")).otherwise("regime_id")
    tables["access"] = tables["access"].with_columns(regime_id=low)
    network = build_network(tables, NetworkRequest("XTA", "XTD", "box", DAY))
    usable = allowed_arcs(network, modes=("road",))
    found = least_cost_path(network, network.arc_hours(), "A", "D", via=("X", "Y"), allowed=usable)
    assert found.arcs is not None
    both = list_guarantees(make_route(network, BEANS, found.arcs), tables, {}, DAY)
    assert both.select("regime_id", "cost_usd").rows() == [("toy_transit", 60.0), ("other", 0.0)]
    rests = tables["access"].with_columns(regime_id=pl.lit("other"))
    alone = list_guarantees(make_route(network, BEANS, found.arcs), tables | {"access": rests}, {}, DAY)
    assert alone.select("regime_id", "cost_usd").rows() == [("other", 60.0), ("other", 0.0)]


def test_guarantee_unknown_without_a_regime_is_missing_not_zero() -> None:
    tables = {**CASE.tables, "regimes": CASE["regimes"].clear()}
    row = list_guarantees(route("X", "Y", modes=("road",)), tables, {}, DAY).row(0, named=True)
    assert (row["guarantee"], row["cost_usd"]) == ("unknown", None)


def test_share_of_what_is_at_risk() -> None:
    regimes = CASE["regimes"].with_columns(
        guarantee=pl.lit("bank"),
        guarantee_share=pl.lit(0.1),
        guarantee_usd_trip=pl.lit(None, dtype=pl.Float64),
    )
    tables = {**CASE.tables, "regimes": regimes}
    duty = Duty(0.25, 1.0, "", "assumed", "toy", True)
    via = route("X", "Y", modes=("road",))
    row = list_guarantees(via, tables, {"XTB": duty}, DAY).row(0, named=True)
    at_risk = 0.25 * 800 * 20 + 1.0 * 20
    assert row["at_risk_usd"] == pytest.approx(at_risk)
    assert row["cost_usd"] == pytest.approx(0.1 * at_risk)
    assert list_guarantees(via, tables, {}, DAY)["cost_usd"].to_list() == [None]


def test_no_guarantee_where_no_country_is_passed_through() -> None:
    assert list_guarantees(route("Z", modes=("road",)), CASE.tables, {}, DAY).is_empty()


def transit_terms(*rows: dict[str, object]) -> pl.DataFrame:
    """Terms of the transit agreement of toyland."""
    schema = CASE["regime_terms"].schema
    head = {"regime_id": "toy_transit", "leg": "country", "op": "set", "source_id": "toy", "basis": "assumed"}
    full = [{**head, "term_id": f"t{n}", **row} for n, row in enumerate(rows)]
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in full], schema=schema)


def test_terms_of_a_regime_ask_for_papers_and_a_fee_by_value() -> None:
    """In the country passed: 40 USD, 36 hours, and 10 % of 20 t at 800 USD for the sector they name."""
    via = route("X", "Y", modes=("road",))
    terms = transit_terms(
        {"quantity": "paper_usd", "value": 40.0},
        {"quantity": "prepare_h", "value": 36.0},
        {"quantity": "fee_share", "value": 0.1, "sectors": ["machinery"]},
    )
    fees = CASE["fees"].filter(pl.col("regime_id").is_null())
    tables = {**CASE.tables, "regime_terms": terms, "fees": fees}
    for sector, usd in (("pulses_oilseeds", 40.0), ("machinery", 40.0 + 0.1 * 800 * 20)):
        papers = list_papers(via, tables, sector, DAY).filter(pl.col("name").str.starts_with("Papers"))
        assert papers.select("place_id", "cost_usd", "time_h").rows() == [("XTB", usd, 36.0)]
    charged = fees.head(0).extend(pl.DataFrame([fee_of("toy_transit")], schema=fees.schema))
    held = list_papers(via, {**tables, "fees": charged}, "pulses_oilseeds", DAY)
    assert held.filter(pl.col("name").str.starts_with("Papers"))["cost_usd"].to_list() == [0.0]


def fee_of(regime: str) -> dict[str, object]:
    """A fee that holds the money of a regime's paper already."""
    own = {"fee_id": "carnet", "regime_id": regime, "source_id": "toy", "basis": "assumed"}
    return {name: own.get(name) for name in CASE["fees"].columns}


def test_a_term_names_the_kind_of_guarantee() -> None:
    terms = transit_terms({"quantity": "guarantee_kind", "text_value": "none"})
    row = list_guarantees(
        route("X", "Y", modes=("road",)), {**CASE.tables, "regime_terms": terms}, {}, DAY
    ).row(0, named=True)
    assert (row["guarantee"], row["cost_usd"], row["tied_usd"]) == ("none", 0.0, 0.0)


def test_a_security_by_hand() -> None:
    """1 % premium on half of 4,000 USD at risk, and a fifth of it tied up for 73 days at 10 % a year."""
    terms = {"guarantee_premium_share": 0.01, "guaranteed_share": 0.5, "cash_margin_share": 0.2}
    terms |= {"tied_days": 73.0, "interest_share_year": 0.1}
    regime = {"guarantee": "bank", "guarantee_usd_trip": 60.0, "guarantee_share": None}
    found = security_cost(regime, 4000.0, terms)
    assert found == (2000.0, 400.0, pytest.approx(20.0 + 400.0 * 0.1 * 0.2))
    assert security_cost(regime, 4000.0, {}) == (4000.0, 0.0, 60.0)
    assert security_cost(regime, None, terms) == (None, None, 60.0)


def test_money_that_a_fee_or_security_holds_is_counted_once() -> None:
    papers = [{"cost_usd": 10.0}, {"cost_usd": 5.0, "counted": "paper"}, {"cost_usd": None}]
    assert counted_usd([*papers, {"cost_usd": 100.0, "counted": "fees"}]) == 15.0
