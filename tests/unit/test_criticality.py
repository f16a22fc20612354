"""Criticality on toyland: by hand, by brute force, and what must always hold."""

from __future__ import annotations

import math
from functools import cache
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.criticality import before_and_after, brief_weak_points, critical_answer
from karwan.analysis.sensitivity import CorridorBase, demand_of
from karwan.case import read_case
from karwan.errors import InvalidInput, UnknownName
from karwan.schema.frames import result_types
from karwan.transport.criticality import (
    CROSSING,
    LINK,
    TERMINAL,
    ChoiceModel,
    Place,
    Queue,
    Trade,
    access_loss,
    choice_loss,
    close_pairs,
    closure_effects,
    criticality,
    joint_effects,
)
from karwan.transport.criticality.closures import _excess
from karwan.transport.path import door_states
from karwan.words import say, sentences

CHOICE = ChoiceModel(scale=0.02, path_size_weight=1.0)


@cache
def study() -> CorridorStudy:
    case = read_case("toyland")
    return CorridorStudy(case, case.settings.as_of)


@cache
def base() -> CorridorBase:
    return CorridorBase(study(), tonnes_year=10_000.0)


def brute_force(trade: Trade, closed: set[Place]) -> float:
    """Least generalised cost of the trade's only pair over every simple path."""
    ((origin, destination),) = trade.tonnes
    goals = set(door_states(trade.network, destination))
    barred = {int(a) for p in closed for a in trade.place_arcs.get(p, ())}
    best = np.inf

    def walk(state: int, cost: float, seen: frozenset[int]) -> None:
        nonlocal best
        if cost >= best:
            return
        if state in goals:
            best = cost
            return
        for arc in trade.network.out[state]:
            head = trade.network.arcs[arc].head
            if head not in seen and arc not in barred and np.isfinite(trade.cost[arc]):
                walk(head, cost + trade.cost[arc], seen | {head})

    for state in door_states(trade.network, origin, start=True):
        walk(state, 0.0, frozenset({state}))
    return float(best)


def test_every_closure_equals_brute_force() -> None:
    for trade in base().trades:
        (pair,) = trade.tonnes
        for place in trade.place_arcs:
            route = trade.least_routes([place])[pair]
            found = np.inf if route is None else trade.cost[list(route)].sum()
            assert found == pytest.approx(brute_force(trade, {place})), place


def test_closing_the_first_crossing_by_hand() -> None:
    """Road over Xing: 480 km at 0.06, 120 USD at borders, 40 transit, 60 swap. Over Zenith: 720 km at 0.09, 70 and 60 USD."""
    (effect,) = closure_effects(base().trades[:1], [(CROSSING, "X")])
    before = 480 * 0.06 + (120 + 40 + 60) / 20
    after = 720 * 0.06 * 1.5 + (10 + 60 + 60) / 20
    assert effect["extra_usd_t"] == pytest.approx(after - before)
    hours_before = 480 / 60 * 2.4 + 4 + 6 + 5 + 9 + 6
    hours_after = 720 / 60 * 2.4 + 8 + 12 + 6
    assert effect["extra_hours"] == pytest.approx(hours_after - hours_before)
    hour_usd_t = 800 * 0.008 / 24
    yearly = 10_000 * (after - before + hour_usd_t * (hours_after - hours_before))
    assert effect["extra_usd_year"] == pytest.approx(yearly)


def test_no_trade_starts_on_a_truck_that_came_back() -> None:
    """A foreign truck found at the origin would dodge the change of trucks at the border."""
    trade = base().trades[0]
    ((origin, _),) = trade.tonnes
    registrations = {trade.network.states[s].registration for s in door_states(trade.network, origin)}
    assert registrations == {"XTA", "XTB", "XTC"}  # trucks of all three come to Alford
    assert {trade.network.states[s].registration for s in trade.starts[origin]} == {"XTA"}
    for place in trade.place_arcs:
        (route,) = trade.least_routes([place]).values()
        if route is not None:
            first = trade.network.states[trade.network.arcs[route[0]].tail]
            assert first.registration == trade.network.home, place


def test_both_ways_over_the_border_closed_cut_the_pair_off() -> None:
    ways = [(CROSSING, "X"), (CROSSING, "Z")]
    effects = closure_effects(base().trades, ways)
    assert [e["after"] for e in effects] == [None, None]
    table = close_pairs(base().trades, ways)
    assert table["pairs_cut"].to_list() == [2]
    assert table["beyond_usd_year"].to_list() == [None]
    assert table["tonnes_year_cut"].to_list() == [20_000.0]


def test_places_in_a_row_lose_no_more_together_than_one_of_them() -> None:
    table = close_pairs(base().trades[:1], [(CROSSING, "X"), (CROSSING, "Y")])
    row = table.row(0, named=True)
    alone = closure_effects(base().trades[:1], [(CROSSING, "X")])[0]["extra_usd_year"]
    assert row["extra_usd_year"] == pytest.approx(alone)
    assert row["beyond_usd_year"] == pytest.approx(-alone)


def _seen(effects: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted(
        (
            e["trade"],
            e["origin"],
            e["destination"],
            e["after"] is None,
            round(e.get("extra_usd_year", 0.0), 6),
        )
        for e in effects
    )


def test_any_two_places_closed_together_equal_brute_force() -> None:
    trades = base().trades
    places = sorted({p for trade in trades for p in trade.place_arcs})
    alone = {p: closure_effects(trades, [p]) for p in places}
    for first, second in combinations(places, 2):
        found = joint_effects(trades, first, second, alone)
        assert _seen(found) == _seen(closure_effects(trades, [first, second]))
        costs = {e["trade"]: e for e in found}
        for number, trade in enumerate(trades):
            (pair,) = trade.tonnes
            way = costs[number]["after"] if number in costs else trade.best[pair]
            cost = np.inf if way is None else trade.cost[list(way)].sum()
            assert cost == pytest.approx(brute_force(trade, {first, second})), (first, second)


def test_two_places_of_the_case_closed_together_equal_a_search_anew() -> None:
    """On KAZ-PAK the short cut of `joint_effects` gives what closing both in one search gives."""
    case = read_case("kaz-pak")
    trades = CorridorBase(CorridorStudy(case, case.settings.as_of)).trades
    used = {p: None for t in trades for r in t.best.values() if r is not None for p in t.places_on(r)}
    places = [p for p in used if p[0] != LINK] + [p for p in used if p[0] == LINK][::6]
    alone = {p: closure_effects(trades, [p]) for p in places}
    for first, second in combinations(places, 2):
        found = joint_effects(trades, first, second, alone)
        assert _seen(found) == _seen(closure_effects(trades, [first, second])), (first, second)


def test_distinct_pairs_leave_out_places_in_a_row() -> None:
    worst = [(CROSSING, "X"), (CROSSING, "Y")]
    others = [(CROSSING, "Z"), (LINK, "A-Z"), (LINK, "Z-C")]
    every = close_pairs(base().trades, worst, others)
    assert every.height == 7  # X and Y, and each with three others
    kept = close_pairs(base().trades, worst, others, distinct=True)
    # X and Y do what either does alone; Z and its two roads bar the same way. With Y and Z shut the train over X is left.
    assert kept.select("place_id_1", "place_id_2", "pairs_cut").rows() == [("X", "Z", 2), ("Y", "Z", 0)]


def test_places_in_a_row_have_the_same_rank_to_look_at() -> None:
    places = {r["place_id"]: r for r in criticality(base().trades, CHOICE).places.iter_rows(named=True)}
    assert (places["X"]["rank"], places["X"]["same_as_rank"]) == (1, None)
    assert places["Y"]["same_as_rank"] == 1
    assert places["Y-C"]["same_as_rank"] == places["B-Y"]["rank"]
    assert places["Z"]["same_as_rank"] is None  # no best route uses it


def test_no_closure_makes_the_best_route_cheaper() -> None:
    result = criticality(base().trades, CHOICE)
    assert (result.effects["extra_usd_year"].drop_nulls() >= -1e-6).all()
    assert result.places["rank"].to_list() == list(range(1, result.places.height + 1))
    assert result.places["value_hour_usd_year"].min() >= 0.0  # type: ignore[operator]


def test_an_hour_less_is_worth_the_shares_that_pass() -> None:
    """For a small saving the fall of the logsum is tonnes x share x saving; here the hour is small against the scale."""
    trades = base().trades
    result = criticality(trades, CHOICE)
    expected = 0.0
    for trade in trades:
        routes = trade.choice_set
        uses = np.asarray(routes.use[:, trade.place_arcs[CROSSING, "X"]].sum(axis=1)).ravel()
        expected += float(routes.tonnes[routes.group] * routes.shares(0.02, 1.0) @ uses) * trade.hour_usd_t
    found = dict(
        result.sides.select("side", "value_hour_usd_year")
        .filter(result.sides["crossing_id"] == "X")
        .iter_rows()
    )
    assert found["XTA"] == pytest.approx(expected, rel=5e-3)
    assert found["XTA"] >= expected  # switching adds to it
    assert found["XTA"] == pytest.approx(found["XTB"])


def test_a_truck_of_capacity_by_the_erlang_formula() -> None:
    """M/M/1: wait = 24 / (C - V) x V / C hours; the worth is its fall x tonnes x value of time."""
    trade = base().trades[0]
    queue = Queue(200.0, 100.0, 1)
    result = criticality([trade], CHOICE, queues={"X": queue})
    row = result.places.filter(place_id="X", kind=CROSSING).row(0, named=True)
    routes = trade.choice_set
    road = [a for a in trade.place_arcs[CROSSING, "X"] if trade.network.arcs[a].stages[0].mode == "road"]
    uses = np.asarray(routes.use[:, road].sum(axis=1)).ravel()
    tonnes = float(routes.tonnes[routes.group] * routes.shares(0.02, 1.0) @ uses)
    volume = 100.0 + tonnes / 365.0 / 20.0
    fall = 24.0 * (volume / 200 / (200 - volume) - volume / 201 / (201 - volume))
    assert row["value_truck_usd_year"] == pytest.approx(fall * tonnes * trade.hour_usd_t)
    assert row["background_hours_year"] == pytest.approx(fall * 100.0 * 365.0)
    other = result.places.filter(place_id="Y", kind=CROSSING).row(0, named=True)
    assert other["value_truck_usd_year"] is None


def test_losing_a_choice_never_gains_and_tends_to_the_best_way() -> None:
    trades = base().trades
    sharp = ChoiceModel(scale=100.0, path_size_weight=0.0)
    for place in {p for trade in trades for p in trade.place_arcs}:
        effects = closure_effects(trades, [place])
        lost = choice_loss(trades, place, effects, CHOICE)
        assert lost is not None
        assert lost >= -1e-9
        best = sum(e["extra_usd_year"] for e in effects)
        # Everybody takes the best route: what is lost is what the best ways lose, up to ln(routes) / scale a tonne.
        assert choice_loss(trades, place, effects, sharp) == pytest.approx(best, abs=20_000 * 0.02)


def test_a_choice_lost_with_the_last_route_has_no_price() -> None:
    whole = base().trades[0]
    narrow = Trade(
        whole.network, whole.shipment, whole.tonnes, {}, whole.link_of_service, frozenset({"XTA", "XTC"})
    )
    gate = (CROSSING, "Z")
    assert choice_loss([narrow], gate, closure_effects([narrow], [gate]), CHOICE) is None
    (lost,) = access_loss(narrow, whole, CHOICE).values()
    assert 0.0 < lost < np.inf


def test_a_sailing_is_closed_with_its_link() -> None:
    trade = base().trades[0]
    assert (LINK, "Q-P") in trade.place_arcs
    assert (TERMINAL, "P") in trade.place_arcs
    assert not any(place[1] == "QP" for place in trade.place_arcs)


def test_within_keeps_the_search_inside_countries() -> None:
    whole = base().trades[0]
    narrow = Trade(
        whole.network, whole.shipment, whole.tonnes, {}, whole.link_of_service, frozenset({"XTA", "XTC"})
    )
    (route,) = narrow.least_routes().values()
    assert route is not None
    assert (CROSSING, "Z") in narrow.places_on(route)
    assert closure_effects([narrow], [(CROSSING, "Z")])[0]["after"] is None


def test_tonnes_scale_the_year_and_nothing_else() -> None:
    twice = CorridorBase(study(), tonnes_year=20_000.0)
    one = criticality(base().trades, CHOICE).places
    two = criticality(twice.trades, CHOICE).places
    assert two["place_id"].to_list() == one["place_id"].to_list()
    assert two["extra_usd_t"].to_list() == one["extra_usd_t"].to_list()
    np.testing.assert_allclose(two["extra_usd_year"], 2 * one["extra_usd_year"])
    np.testing.assert_allclose(two["value_hour_usd_year"], 2 * one["value_hour_usd_year"])


@pytest.mark.parametrize("tonnes", [-1.0, float("nan"), float("inf")])
def test_bad_tonnes_are_refused(tonnes: float) -> None:
    with pytest.raises(InvalidInput, match="out of range"):
        CorridorBase(study(), tonnes_year=tonnes)


def test_demand_from_the_latest_flow() -> None:
    """Toyland has totals only: half of each side's own figure of 2024, at 800 USD/t."""
    demand = demand_of(study())
    assert demand.tonnes_year == {"a_to_b": 12e6 / 2 / 800, "b_to_a": 18e6 / 2 / 800}
    assert all("assumed" in line for line in sentences(demand.notes))


def test_brief_tables_have_the_declared_columns_and_real_names() -> None:
    table, points = brief_weak_points(study())
    assert table.schema == result_types("brief_weak_places")
    assert points.schema == result_types("brief_weak_map")
    first = table.row(0, named=True)
    assert (first["place"], first["kind"], first["reroute"]) == ("Xing", CROSSING, "Midland → Pass")
    assert first["in_row"] == "Yard"
    assert "Yard" not in table["place"].to_list()
    assert set(points["kind"]) == {CROSSING, TERMINAL, LINK}


def test_points_on_the_map_stand_where_the_places_are() -> None:
    _, points = brief_weak_points(study())
    at = {n: (lon, lat) for n, lon, lat in study().case["nodes"].select("node_id", "lon", "lat").iter_rows()}
    rows = {r["place_id"]: r for r in points.iter_rows(named=True)}
    assert (rows["X"]["lons"], rows["X"]["lats"]) == ([at["X"][0]], [at["X"][1]])
    assert rows["B-Y"]["lons"] == [at["B"][0], at["Y"][0]]
    assert rows["Q-P"]["mode"] == "sea"


def test_answer_closes_the_worst_places_with_their_fallbacks() -> None:
    answer = critical_answer(base(), most=2)
    first = answer.pairs.row(0, named=True)
    assert (first["place_1"], first["place_2"]) == ("Xing", "Zenith")
    assert (first["pairs_cut"], first["tonnes_year_cut"]) == (2, 20_000.0)
    assert first["cut_off"] == ["Alford → Cove", "Cove → Alford"]
    assert set(answer.reroutes["after"]) == {"Pass", "Rail"}
    assert set(answer.reroutes["kind"]) == {CROSSING, LINK}
    assert say(answer.notes[-1]).endswith("1 cuts a pair off.")


def test_no_pair_of_places_is_closed_where_none_is_wanted() -> None:
    answer = critical_answer(base(), most=0)
    assert answer.pairs.is_empty()
    assert "cut off together" not in answer.plain()


def test_plain_tables_tell_of_places_in_a_row_once() -> None:
    answer = critical_answer(base())
    plain = answer.plain()
    ranks = answer.places.filter(pl.col("same_as_rank").is_null())["rank"].to_list()
    assert plain["weak points"]["rank"].to_list() == ranks
    assert plain["ways round"].row(0, named=True)["in_row"] == "Yard"
    assert plain["cut off together"]["cut_off"].to_list()[0] == ["Alford → Cove", "Cove → Alford"]
    assert [t.height for t in answer.plain(top=1).values()] == [1] * len(plain)


@pytest.mark.parametrize("word", ["Y", "yard"])
def test_one_place_is_told_of_with_its_reroutes(word: str) -> None:
    every, one = critical_answer(base()), critical_answer(base(), only=word)
    assert one.places.equals(every.places.filter(pl.col("place_id") == "Y"))
    assert one.reroutes.equals(every.reroutes.filter(pl.col("place_id") == "Y"))
    assert one.reroutes.height == 2
    assert set(one.pairs["place_1"]) == {"Yard"}
    assert one.weak_points.equals(every.weak_points)  # the map shows them all
    assert "reroutes" in one.plain()
    assert say(one.notes[-1]).startswith(f"The 1 named {word!r} closed together")


def test_a_part_of_a_name_tells_of_all_that_hold_it() -> None:
    found = critical_answer(base(), most=0, only="brid")
    assert found.places.height > 1
    assert all("Bridge" in place for place in found.places["place"])
    with pytest.raises(UnknownName, match="did you mean Yard"):
        critical_answer(base(), only="yart")


def test_what_two_closures_lose_in_the_last_digits_is_nothing() -> None:
    alone = [1632397.1111111112, 1252515.3333333335]
    assert _excess(math.nextafter(sum(alone), math.inf), alone) == 0.0
    assert _excess(sum(alone) + 1.0, alone) == pytest.approx(1.0)


def test_opened_base_is_never_dearer() -> None:
    table = before_and_after(base(), CorridorBase(study(), opened=frozenset({"Y"}), tonnes_year=10_000.0))
    assert table["extra_usd_year"].to_list() == [0.0, 0.0]  # nothing is closed on that day


def test_closures_of_2025_cost_what_the_docs_say() -> None:
    case = read_case("kaz-pak")
    real = CorridorStudy(case, case.settings.as_of)
    crossings = frozenset({"B_TORK", "B_CHAM", "B_GHUL", "B_KHAR", "B_ANGO"})
    table = before_and_after(CorridorBase(real), CorridorBase(real, opened=crossings))
    assert (table["extra_usd_year"] >= -1e-6).all()
    assert table.height == 12


def gauge_changes_at_a_border(trade: Trade, route: tuple[int, ...]) -> list[int]:
    """Where on a route a crossing and a change of gauge stand side by side at one post."""
    return [
        n
        for n, (a, b) in enumerate(pairwise(trade.network.arcs[a] for a in route))
        if a.place_id == b.place_id and {a.place_kind, b.place_kind} == {"crossing", "transfer"}
    ]


def twins_at_a_gauge_change(trade: Trade, route: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The route with crossing and gauge change in either order, at the first post where both stand side by side."""
    arcs = trade.network.arcs
    n = gauge_changes_at_a_border(trade, route)[0]
    first, second = arcs[route[n]], arcs[route[n + 1]]
    ways = [
        (a, b)
        for a, one in enumerate(arcs)
        if one.tail == first.tail
        for b, two in enumerate(arcs)
        if (two.tail, two.head) == (one.head, second.head)
    ]
    return [(*route[:n], *way, *route[n + 2 :]) for way in ways]


def test_a_gauge_change_before_or_behind_a_border_is_one_route() -> None:
    """The network holds both orders at the same cost; as two routes they would draw more than the share of one."""
    case = read_case("kaz-pak")
    trade = CorridorBase(CorridorStudy(case, case.settings.as_of), tonnes_year=10_000.0).trades[0]
    route = next(r for r in trade.choice_set.flat if gauge_changes_at_a_border(trade, r))
    twins = twins_at_a_gauge_change(trade, route)
    assert len(twins) == 2
    assert route in twins
    assert trade.money(twins[0]) == pytest.approx(trade.money(twins[1]))
    assert trade.time(twins[0]) == pytest.approx(trade.time(twins[1]))
    assert trade.distinct(twins) == (twins[0],)
    for routes in trade.choice_set.routes:
        assert len({trade.network.way(r) for r in routes}) == len(routes)
