"""Routes of toyland worked out by hand, the short list, landed cost, and what `answer_route` refuses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route, promised_days
from karwan.analysis.route.offers import make_offers
from karwan.analysis.route.query import resolve
from karwan.analysis.route.reasons import left_off
from karwan.appraisal.landed import landed_cost
from karwan.case import Case, read_case
from karwan.case.places import Gazetteer
from karwan.errors import InvalidInput, UnknownName, Unreachable
from karwan.notes import note
from karwan.transport.choice import path_size_logit
from karwan.transport.corridor import corridor_route
from karwan.transport.cost import Weights, route_cost
from karwan.transport.duty import find_duty
from karwan.transport.journey import ArrivalModel
from karwan.transport.network import FreightNetwork, NetworkRequest, build_network
from karwan.transport.path import allowed_arcs, least_cost_path
from karwan.transport.route import Route, assumed_share, make_route, next_opening, stage_table
from karwan.transport.route_choice import incidence, shared_ways, short_list
from karwan.transport.routing import overlap_share
from karwan.transport.shipment import make_shipment

CASE = read_case("toyland")
DAY = date(2025, 7, 7)  # a Monday
BEANS = make_shipment(CASE["products"], "beans", 20.0)
QUERY = RouteRequest("Alford", "Cove", "beans", 20.0, DAY, journeys=2000)
FREE = Weights(BEANS.value_of_time_usd_h)


@pytest.fixture(scope="module")
def network() -> FreightNetwork:
    return build_network(CASE.tables, NetworkRequest("XTA", "XTC", "box", DAY))


@pytest.fixture(scope="module")
def answer() -> Result:
    return answer_route(Inputs(CASE), QUERY)


def road(network: FreightNetwork, via: Sequence[str]) -> Route:
    found = least_cost_path(
        network, network.arc_hours(), "A", "C", via=via, allowed=allowed_arcs(network, modes=["road"])
    )
    assert found.arcs is not None
    return make_route(network, BEANS, found.arcs)


def with_rows(table: str, *rows: dict[str, object]) -> Case:
    columns = CASE[table].schema
    full = [{c: row.get(c) for c in columns} for row in rows]
    return CASE.with_tables({table: pl.concat([CASE[table], pl.DataFrame(full, schema=columns)])})


CLOSED_Y: dict[str, object] = {
    "closure_id": "now",
    "place_kind": "crossing",
    "place_id": "Y",
    "kind": "dated",
    "start": "2025-05-01",
    "last_seen": date(2025, 5, 20),
    "reason": "strike",
    "history": False,
    "source_id": "toy",
    "basis": "assumed",
}


def test_road_through_midland_by_hand(network: FreightNetwork) -> None:
    """Four links of 120 km at 7.2 USD/t and 4.8 h; borders 10 h and 14 h; swap 6 h; Yard opens at 8:00.

    Money: 4 x 144 links + 20 + 30 + 40 transit fee at Xing + 25 + 45 at Yard + 60 swap = 796. Clock: Xing at 4.8, left at 14.8; Yard
    reached at 24.4, which is 0:24 of Tuesday, open at 32; 14 h of border, 6 h of swap, 4.8 h of road: 56.8.
    """
    route = road(network, ["X", "Y"])
    assert route.usd == pytest.approx(796.0)
    assert route.hours == pytest.approx(56.8)
    assert sum(route.waits_h) == pytest.approx(7.6)
    assert route.km == pytest.approx(480.0)
    assert route.co2_kg == pytest.approx(0.1 * 480 * 20)
    line_haul = 4 * (0.2 * 4.8) ** 2
    sides = sum((0.5 * h) ** 2 for h in (4, 6, 5, 9))
    swap = (0.5 * 6) ** 2
    together = (
        2 * (4 * 6 + 5 * 9) * np.expm1(0.3 * np.log1p(0.5**2))
    )  # logs of the two sides correlate by 0.3
    assert route.variance_h2 == pytest.approx(line_haul + sides + swap + together)
    assert route.crossings == ("X", "Y")
    assert route.passed == ("A", "X", "B", "Y", "C")


def test_stage_table_adds_up(network: FreightNetwork) -> None:
    route = road(network, ["X", "Y"])
    table = stage_table(route)
    assert table["usd"].sum() == pytest.approx(route.usd)
    assert table["hours"].sum() == pytest.approx(route.hours)
    assert table["co2_kg"].sum() == pytest.approx(route.co2_kg)
    assert table.filter(pl.col("kind") == "wait")["hours"].to_list() == pytest.approx([7.6])
    assert table["stage"].to_list() == list(range(1, table.height + 1))
    assert assumed_share(route) == 1.0


def test_next_opening_at_the_edges() -> None:
    windows = (np.array([8.0, 32.0]), np.array([18.0, 42.0]))
    assert next_opening(windows, 8.0) == 8.0
    assert next_opening(windows, 18.0) == 32.0  # the end is outside the window
    assert next_opening(windows, 43.0) == np.inf


def test_landed_cost_by_hand(network: FreightNetwork) -> None:
    duty = find_duty(CASE["tariffs"], "beans", "XTC", "XTA")
    assert (duty.rate_share, duty.known) == (0.02, True)  # the preference replaces 5 %
    landed = landed_cost(BEANS, 800.0, 2.5, duty, 0.005)
    assert landed.freight_usd_t == 40.0
    assert landed.insurance_usd_t == pytest.approx(0.005 * 840)
    assert landed.time_usd_t == pytest.approx(800 * 0.008 * 2.5)
    assert landed.duty_usd_t == pytest.approx(0.02 * (840 + 4.2))
    assert landed.landed_usd_t == pytest.approx(800 + 40 + 4.2 + 16 + 0.02 * 844.2)
    assert not find_duty(CASE["tariffs"], "wheat", "XTB", "XTA").known


def test_short_list_is_distinct_and_ranked(network: FreightNetwork) -> None:
    found = short_list(network, BEANS, "A", "C", weights=FREE)
    costs = [route_cost(r, FREE) for r in found.routes]
    assert costs == sorted(costs)
    assert costs[0] == pytest.approx(found.generalised_cost_usd.min())
    assert len(found.routes) >= 3
    keys, lengths = network.physical
    for i, first in enumerate(found.routes):
        for second in found.routes[:i]:
            assert (
                overlap_share(keys[list(first.arcs)], keys[list(second.arcs)], lengths) <= found.overlap_max
            )


def test_truck_registration_does_not_make_a_route_different(network: FreightNetwork) -> None:
    keys, _ = network.physical
    same = [a for a, arc in enumerate(network.arcs) if arc.place_id == "B-Y" and arc.tail != arc.head]
    towards_y = [a for a in same if network.states[network.arcs[a].head].node_id == "Y"]
    assert len(towards_y) > 1
    assert len(set(keys[towards_y])) == 1


def test_a_label_limit_gives_a_stated_epsilon(network: FreightNetwork) -> None:
    exact = short_list(network, BEANS, "A", "C", weights=FREE)
    coarse = short_list(network, BEANS, "A", "C", weights=FREE, max_labels=exact.pareto.n_labels - 1)
    assert exact.exact
    assert coarse.epsilon > 0 or not coarse.pareto.complete
    assert not coarse.exact


def test_via_and_avoid(network: FreightNetwork) -> None:
    by_pass = short_list(network, BEANS, "A", "C", weights=FREE, via=["Z"])
    assert all("Z" in r.crossings for r in by_pass.routes)
    past = short_list(network, BEANS, "A", "C", weights=FREE, avoid=["XTB"])
    assert all(r.crossings == ("Z",) for r in past.routes)
    no_rail = short_list(network, BEANS, "A", "C", weights=FREE, avoid=["rail", "sea"])
    assert {s.mode for r in no_rail.routes for s in r.stages} == {"road"}
    no_border = short_list(network, BEANS, "A", "C", weights=FREE, avoid=["Y"])
    assert all("Y" not in r.crossings for r in no_border.routes)


def test_shares_are_the_path_size_logit(answer: Result, network: FreightNetwork) -> None:
    table = answer.tables["routes"]
    assert table["share"].sum() == pytest.approx(1.0)
    found = short_list(network, BEANS, "A", "C", weights=FREE)
    used, lengths = incidence(found.routes)
    costs = [route_cost(r, FREE) / 20 for r in found.routes]
    choice = path_size_logit(costs, used, lengths, scale=0.02, path_size_weight=1.0)
    assert choice.shares.sum() == pytest.approx(1.0)
    assert (choice.path_size <= 1.0).all()


def test_answer_names_corridors_and_reasons(answer: Result) -> None:
    routes, corridors = answer.tables["routes"], answer.tables["corridors"]
    assert routes["name"][0] == "Midland, by road"
    assert routes["usd"][0] == pytest.approx(796.0)
    assert routes["days"][0] == pytest.approx(56.8 / 24, rel=0.03)  # 56.8 h on mean hours from midnight
    assert (routes["days_p5"] < routes["days"]).all() and (routes["days"] < routes["days_p95"]).all()
    assert (routes["days_p5"] <= routes["days_p50"]).all() and (
        routes["days_p50"] <= routes["days_p95"]
    ).all()
    assert (routes["days_p95_no_closures"] <= routes["days_p95"] + 1e-9).all()
    sea = corridors.filter(pl.col("corridor_id") == "SEA").row(0, named=True)
    assert sea["status"] == "also possible"
    assert sea["reason"].startswith("dominated by route 1: USD 400 dearer")
    assert set(corridors["corridor_id"]) == {"MID", "RAIL", "PASS", "SEA"}
    assert answer.meta["search"]["exact"]


def test_a_lawful_way_is_not_dominated_by_a_sanctioned_one() -> None:
    """Route 1 passes Y; where that is sanctioned, a way that avoids Y is beaten by nothing a lawful shipper can take."""
    rule = {"restriction_id": "r", "name": "Y", "place_kind": "crossing", "place_id": "Y", "source_id": "toy"}
    reasons = {}
    for effect in ("sanctioned", "unknown"):
        row = {name: None for name in CASE["restrictions"].columns}
        row |= {**rule, "effect": effect, "authority": ["EU"], "basis": "assumed"}
        held = pl.DataFrame([row], schema=CASE["restrictions"].schema)
        found = answer_route(Inputs(CASE.with_tables({"restrictions": held})), replace(QUERY, journeys=100))
        reasons[effect] = found.tables["corridors"].filter(corridor_id="SEA")["reason"].item()
    assert reasons["sanctioned"].startswith("beaten only by a sanctioned way, route 1: USD 400 dearer")
    assert reasons["unknown"].startswith("dominated by route 1: USD 400 dearer")


def test_a_corridor_off_a_full_list_says_so_and_the_same_way_stands_once() -> None:
    found = answer_route(Inputs(CASE), replace(QUERY, count=1, journeys=200))
    rows = {r["corridor_id"]: r for r in found.tables["corridors"].iter_rows(named=True)}
    assert rows["PASS"]["status"] == "listed"  # beyond the one asked for: it is the surest
    best = {r["route"]: r["best_in"] for r in found.tables["routes"].iter_rows(named=True)}
    assert "surest" in best[rows["PASS"]["route"]]
    plan = resolve(CASE, replace(QUERY, count=1, journeys=200))
    search = short_list(plan.network, plan.shipment, "A", "C", weights=plan.weights, count=1)
    first = make_offers(plan, search, {}, ArrivalModel())[:1]
    by_pass = next(r for r in search.routes if r.crossings == ("Z",))
    reason = left_off(plan, search, first, by_pass, route_cost(by_pass, plan.weights))
    assert re.match(
        r"not dominated, but --count 1 ends the list before it; USD \d+ worse than route 1", reason
    )
    ways = found.tables["stages"].group_by("route").agg(pl.col("place_id"), pl.col("mode"))
    assert ways.unique(["place_id", "mode"]).height == ways.height == found.tables["routes"].height


def test_what_keeps_a_route_off_the_list_is_its_likeness_to_one_taken_before() -> None:
    plan = resolve(CASE, replace(QUERY, journeys=200))
    found = short_list(plan.network, plan.shipment, "A", "C", weights=plan.weights)
    first, like = (found.routes[k] for k in (1, 2))  # both by rail, over other stations
    share = float(shared_ways(like, [first])[0])
    keys, lengths = plan.network.physical
    one, other = ({*keys[list(r.arcs)].tolist()} for r in (like, first))
    both = sum(lengths[k] for k in one & other)
    assert share == pytest.approx(both / min(sum(lengths[k] for k in w) for w in (one, other)))
    assert 0.0 < share < found.overlap_max
    offers = [o for o in make_offers(plan, found, {}, ArrivalModel()) if o.route.way == first.way]
    number = offers[0].number
    strict = replace(found, overlap_max=share - 0.01)
    cost = offers[0].cost(plan.weights) + 10.0
    reason = left_off(plan, strict, offers, like, cost)
    assert reason.startswith(
        f"not dominated, but shares {share:.1%} of its way with route {number}, above the bound of"
    )
    assert f"USD 10 worse than route {number} at these weights: USD 112 cheaper, 31 h slower" in reason
    coarse = replace(found, epsilon=0.05)
    assert left_off(plan, coarse, offers, like, cost).endswith("stands for all routes within 5%")


def test_a_corridor_met_only_by_turning_back_says_where() -> None:
    """From the middle country a corridor over the first border would cross it twice."""
    inland = build_network(CASE.tables, NetworkRequest("XTB", "XTC", "box", DAY))
    corridor = CASE["corridors"].row(0, named=True)
    found = corridor_route(inland, BEANS, corridor, "B", "C")
    assert (found.status, found.route) == ("absent", None)
    assert found.reason == "its places are passed only by turning back at X"


def test_same_seed_same_answer(answer: Result) -> None:
    again = answer_route(Inputs(CASE), QUERY)
    assert all(table.equals(again.tables[name]) for name, table in answer.tables.items())
    other = answer_route(Inputs(CASE), replace(QUERY, seed=2))
    assert other.tables["routes"]["days_p95"][0] != answer.tables["routes"]["days_p95"][0]
    assert other.tables["routes"]["usd"][0] == answer.tables["routes"]["usd"][0]


def test_closed_crossing_is_told_with_its_row_and_opened_again() -> None:
    case = with_rows("closures", CLOSED_Y)
    closed = answer_route(Inputs(case), QUERY)
    row = closed.tables["corridors"].filter(pl.col("corridor_id") == "MID").row(0, named=True)
    assert row["status"] == "closed"
    assert row["reason"] == "Yard closed since 2025-05-01 (strike), no end known, last seen closed 2025-05-20"
    assert "Yard" in closed.tables["closed"]["place"]
    assert all("Yard" not in passes for passes in closed.tables["routes"]["passes"])
    opened = answer_route(Inputs(case), replace(QUERY, opened=("yard",)))
    assert opened.tables["routes"]["name"][0] == "Midland, by road"
    assert opened.tables["closed"].filter(pl.col("place_id") == "Y")["set_aside"].to_list() == [True]


def test_a_weight_limit_is_the_reason() -> None:
    limit = {"limit_id": "low", "place_kind": "country", "place_id": "XTB", "max_gross_t": 34.0, "over": "forbidden", "source_id": "toy", "basis": "assumed"}  # fmt: skip
    above = {**limit, "limit_id": "high", "place_id": "XTC", "max_gross_t": 60.0}
    table = answer_route(Inputs(with_rows("weight_limits", limit, above)), QUERY).tables["corridors"]
    row = table.row(by_predicate=pl.col("corridor_id") == "MID", named=True)
    assert row["status"] == "absent"
    assert row["reason"] == "Midland lets no truck over 34 t on: load less than 20 t a truck"


def test_forbidden_trucks_are_the_reason() -> None:
    rule = {"access_id": "no", "country": "XTB", "vehicle_registration": "XTA", "mode": "road", "rule": "forbidden", "source_id": "toy", "basis": "assumed"}  # fmt: skip
    found = answer_route(Inputs(with_rows("access", rule)), QUERY)
    row = found.tables["corridors"].filter(pl.col("corridor_id") == "MID").row(0, named=True)
    assert row["status"] == "absent"
    assert row["reason"] == "XTB forbids XTA vehicles (no)"


def test_season_shows_as_a_wait() -> None:
    winter = answer_route(Inputs(CASE), replace(QUERY, departure=date(2025, 12, 1)))
    row = winter.tables["corridors"].filter(pl.col("corridor_id") == "PASS").row(0, named=True)
    assert row["reason"] == "waits 119 days for Zenith – Cove (usable 04-01..11-30); others run meanwhile"
    assert (row["status"], row["route"]) == ("closed", None)
    assert "PASS" not in winter.tables["routes"]["corridor_id"].to_list()


def test_avoided_corridor_says_so() -> None:
    found = answer_route(Inputs(CASE), replace(QUERY, avoid=("Midland",)))
    rows = {r["corridor_id"]: r for r in found.tables["corridors"].iter_rows(named=True)}
    assert rows["MID"]["reason"] == "passes what you avoid: Midland"
    assert rows["PASS"]["status"] == "listed"


def test_promise_gives_the_share_on_time() -> None:
    late = answer_route(Inputs(CASE), replace(QUERY, promise="2")).tables["routes"]["on_time_share"]
    early = answer_route(Inputs(CASE), replace(QUERY, promise="20")).tables["routes"]["on_time_share"]
    assert late[0] < early[0] <= 1.0


@pytest.mark.parametrize(
    ("text", "days"), [("35", 35.0), (" 2.5 ", 2.5), ("2025-07-09", 3.0), ("2025-07-07", 1.0)]
)
def test_a_promise_is_days_or_a_day(text: str, days: float) -> None:
    assert promised_days(text, DAY) == days


@pytest.mark.parametrize("text", ["soon", "2025-13-01", "", "3 days"])
def test_another_promise_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="neither days nor a day"):
        promised_days(text, DAY)


def test_load_moves_arrivals_and_the_usual_load_adds_nothing(answer: Result) -> None:
    usual, full = answer.tables["queues"], answer_route(Inputs(CASE), replace(QUERY, load=2.2))
    assert set(usual["added_h"].drop_nulls()) == {0.0}
    shares = {(r["crossing_id"], r["mode"]): r for r in full.tables["queues"].iter_rows(named=True)}
    assert shares["X", "road"]["usual_load_share"] == pytest.approx(0.5)
    assert shares["X", "road"]["load_share"] == pytest.approx(1.1)
    assert shares["X", "road"]["state"] == "beyond limit"
    assert shares["X", "rail"]["state"] == "load unknown"
    before, after = answer.tables["routes"], full.tables["routes"]
    road = before.with_row_index("at").filter(pl.col("modes").list.contains("road"))["at"].to_list()
    assert all(after["days_p50"][i] > before["days_p50"][i] for i in road[:1])
    assert full.meta["load"] == 2.2 and note("route.load", load=2.2) in full.notes
    assert all(after["days"][i] > before["days"][i] for i in road[:1])


def test_days_of_year_has_a_row_for_each_day() -> None:
    table = answer_route(Inputs(CASE), replace(QUERY, days_of_year=True, journeys=200)).tables["days_of_year"]
    assert table.height == 365
    assert table["departure"][0] == DAY
    assert (table["days_p50"] <= table["days_p95"]).all()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"tonnes": -1.0}, InvalidInput, "cannot weigh -1"),
        ({"tonnes": 1e12}, InvalidInput, "cannot weigh 1e\\+12"),
        ({"tonnes": 1e-9}, InvalidInput, "allowed: 0.001 to 2,000,000"),
        ({"value_of_time_usd_h": 1e300}, InvalidInput, "--value-of-time 1e\\+300 cannot be used"),
        ({"value_of_time_usd_h": float("nan")}, InvalidInput, "--value-of-time nan"),
        ({"reliability_ratio": -1.0}, InvalidInput, "--reliability-ratio -1 cannot be used"),
        ({"carbon_price_usd_t": float("inf")}, InvalidInput, "--carbon-price inf"),
        ({"tonnes": float("nan")}, InvalidInput, "cannot weigh nan"),
        ({"departure": date(2020, 1, 1)}, InvalidInput, "is in the past"),
        ({"departure": date(2025, 6, 30)}, InvalidInput, "the case stands on 2025-07-01, 1 day later"),
        ({"departure": date(2040, 1, 1)}, InvalidInput, "too far ahead"),
        ({"destination": "A"}, InvalidInput, "same place"),
        ({"origin": "Nowhere"}, UnknownName, "No place is called 'Nowhere'"),
        ({"destination": "Yarden"}, UnknownName, r"did you mean Yard \(Y\)"),
        ({"product": "uranium"}, UnknownName, "No product is called"),
        ({"promise": "-3"}, InvalidInput, "promise"),
        ({"journeys": 1}, InvalidInput, "journeys"),
        ({"journeys": 10**9}, InvalidInput, "journeys"),
        ({"load": -0.1}, InvalidInput, "load of -0.1"),
        ({"load": float("nan")}, InvalidInput, "load of nan"),
        ({"registration": "ZZZ"}, UnknownName, "No country has the code"),
        ({"avoid": ("Cove",)}, InvalidInput, "end of the route"),
        ({"avoid": ("Yard",), "via": ("Yard",)}, InvalidInput, "both in --avoid and in --via"),
        ({"avoid": ("XTB", "Zenith")}, Unreachable, "No way from Alford to Cove"),
        ({"opened": ("Atlantis",)}, UnknownName, "service is called 'Atlantis'"),
        ({"opened": ("Yarrd",)}, UnknownName, r"did you mean Yard \(Y\)"),
        ({"opened": ("A-Cpp",)}, UnknownName, r"did you mean Alford – Cove \(A-Cp\)"),
        ({"opened": ("sea",)}, UnknownName, "it is a mode, which only --avoid takes"),
        ({"avoid": ("Midlandd",)}, UnknownName, r"did you mean Midland \(XTB\)"),
        ({"avoid": ("raill",)}, UnknownName, r"did you mean rail \(mode\)"),
        ({"via": ("Yarrd",)}, UnknownName, r"did you mean Yard \(Y\)"),
        ({"via": ("Midland",)}, UnknownName, r"it is a country; places in it: .*\(B\)"),
        ({"via": ("Quay",), "avoid": ("sea",)}, Unreachable, "No way from Alford to Quay without sea"),
    ],
)
def test_bad_input_is_refused_with_its_reason(
    change: dict[str, object], error: type[Exception], words: str
) -> None:
    query = replace(QUERY, **change)  # type: ignore[arg-type]
    with pytest.raises(error, match=words):
        answer_route(Inputs(CASE), query)


def test_all_ways_shut_is_told_with_what_shuts_them() -> None:
    rows = [{**CLOSED_Y, "closure_id": f"c{p}", "place_id": p} for p in ("X", "Y", "Z")]
    with pytest.raises(Unreachable, match="strike") as caught:
        answer_route(Inputs(with_rows("closures", *rows)), QUERY)
    assert "--open" in str(caught.value)


def test_disconnected_network_is_refused() -> None:
    alone = CASE.with_tables(
        {"links": CASE["links"].filter(~pl.col("link_id").is_in(["Y-C", "Y-Cr", "Z-C", "P-C"]))}
    )
    with pytest.raises(Unreachable, match="No route can end at Cove"):
        answer_route(Inputs(alone), QUERY)


def test_places_by_id_name_and_part() -> None:
    places = Gazetteer(CASE.tables)
    assert places.node("y") == places.node("YARD") == places.node(" Yard ") == "Y"
    assert places.openable("Yard") == ("Y", "Y")
    assert places.openable("A-Cp") == places.openable("Alford - Cove") == ("A-Cp",)
    assert places.avoidable("Midland") == "XTB"
    assert places.avoidable("SEA") == "sea"
    with pytest.raises(UnknownName, match="did you mean Zenith"):  # never guessed
        places.node("Zenit")
    assert places.name("A-X") == "Alford – Xing"


def test_journeys_that_never_arrive_leave_days_missing_not_infinite() -> None:
    """Two crossings shut the day after departure with no end known: journeys that come later never get on."""
    spans = [("2025-07-10", None, "X"), ("2025-07-10", None, "Z")]
    rows = [{**CLOSED_Y, "closure_id": f"l{p}", "place_id": p, "start": s, "end": e} for s, e, p in spans]
    late = answer_route(
        Inputs(with_rows("closures", *rows)), replace(QUERY, departure=date(2025, 7, 9), avoid=("rail",))
    )
    first = late.tables["routes"].row(0, named=True)
    assert first["never_arrives_share"] > 0.0
    assert first["days_p95"] is None or first["days_p95"] < 400
    numbers = late.tables["routes"].select(pl.col(pl.Float64))
    assert not numbers.select(pl.any_horizontal(pl.all().is_infinite().any())).item()
