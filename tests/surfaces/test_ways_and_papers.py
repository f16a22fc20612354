"""Shipments with what must hold of their ways, rules and papers, and others of the same kind."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route
from karwan.analysis.route.offers import ALIKE
from karwan.case import Case
from karwan.case.known import known_on
from karwan.case.scenario import apply_scenario, find_scenario
from karwan.errors import InvalidInput, UnknownName, Unreachable
from karwan.transport.journey import recorded_process
from karwan.words import say

DAY = date(2026, 12, 1)


ANSWERED: dict[tuple[int, RouteRequest], Result] = {}


def ask(case: Case, origin: str, destination: str, product: str, tonnes: float = 20.0, **more: Any) -> Result:
    """The answer to a request, reckoned once."""
    request = RouteRequest(
        origin, destination, product, tonnes, **{"departure": DAY, "journeys": 200, **more}
    )
    key = (id(case), request)
    if key not in ANSWERED:
        ANSWERED[key] = answer_route(Inputs(case), request)
    return ANSWERED[key]


def papers(answer: Result, route: int | None = None) -> set[str]:
    table = answer.tables["papers"]
    return set((table if route is None else table.filter(pl.col("route") == route))["document_id"])


def rows(answer: Result, table: str) -> list[dict[str, Any]]:
    return answer.tables[table].to_dicts()


def test_visas_only_where_a_foreign_driver_enters(kaz_pak: Case) -> None:
    answer = ask(kaz_pak, "Almaty", "Karachi", "chickpeas")
    sea = next(r for r in rows(answer, "routes") if r["corridor_id"] == "IRAN_SEA" and "rail" in r["modes"])
    own = answer.tables["papers"].filter(pl.col("route") == sea["route"])
    hauled = answer.tables["stages"].filter(
        (pl.col("route") == sea["route"]) & (pl.col("mode") == "road") & (pl.col("kind") == "line_haul")
    )
    assert set(hauled["country"]) == {"PAK"}  # drayage in Karachi by a truck of its own
    assert not [d for d in own["document_id"] if d.startswith("visa_")]
    assert own.filter(pl.col("document_id") == "bill_of_lading")["place_id"].to_list() == ["P_BND"]
    assert own.filter(pl.col("document_id") == "vgm")["place_id"].to_list() == ["P_BND"]
    by_road = next(r for r in rows(answer, "routes") if r["corridor_id"] == "IRAN_ROAD")
    visas = {d for d in papers(answer, by_road["route"]) if d.startswith("visa_")}
    assert visas == {"visa_tkm"}  # Kazakh drivers need none in Uzbekistan and Iran
    changes = answer.tables["stages"].filter(
        (pl.col("route") == by_road["route"]) & pl.col("name").str.contains("goods change to a")
    )
    # no visa of Pakistan: its own truck goes on from Taftan
    assert changes["country"].to_list() == ["PAK"]
    qtta = next(r for r in rows(answer, "routes") if r["corridor_id"] == "QTTA")
    assert "visa_chn" not in papers(answer, qtta["route"])
    assert by_road["lead_days"] == pytest.approx(10.0)


def test_a_pakistani_driver_needs_other_visas(kaz_pak: Case) -> None:
    answer = ask(kaz_pak, "Karachi", "Almaty", "towels", avoid=("rail", "sea"))
    qtta = next(r for r in rows(answer, "routes") if r["corridor_id"] == "QTTA")
    assert {"visa_chn", "visa_kgz", "visa_kaz"} <= papers(answer, qtta["route"])


def test_no_eurasian_preference_outside_the_union(kaz_pak: Case) -> None:
    tashkent = papers(ask(kaz_pak, "Karachi", "Tashkent", "rice_other"))
    assert "pak_forma" not in tashkent
    assert {"uzb_import", "uzb_plant_in"} <= tashkent
    assert "pak_forma" in papers(ask(kaz_pak, "Karachi", "Almaty", "rice_other"))
    assert "pak_forma" not in papers(
        ask(kaz_pak, "Karachi", "Almaty", "denim")
    )  # the tariff has no preference


def test_meat_and_hides_have_papers_of_their_own(kaz_pak: Case) -> None:
    canned = papers(ask(kaz_pak, "Bishkek", "Karachi", "canned_beef"))
    assert {"kgz_vet", "kgz_halal", "pak_vet_in"} <= canned
    assert "pak_vet_quarantine" not in canned
    hides = papers(ask(kaz_pak, "Almaty", "Karachi", "hides_bovine"))
    assert {"kaz_vet", "pak_vet_quarantine"} <= hides
    assert not {"kaz_halal", "pak_vet_in"} & hides
    flour = papers(ask(kaz_pak, "Almaty", "Karachi", "pasta"))
    assert not {"kaz_vet", "kaz_halal", "pak_vet_quarantine"} & flour


def test_dangerous_goods_go_by_their_class(kaz_pak: Case) -> None:
    answer = ask(kaz_pak, "Almaty", "Karachi", "yellow_phosphorus")
    assert answer.meta["shipment"]["dangerous"] == "UN 1381, class 4.2 (6.1), PG I"
    for route in rows(answer, "routes"):
        own = papers(answer, route["route"])
        asked = {"road": "adr", "rail": "smgs_dg", "sea": "imdg"}
        foreign = {m for m in route["modes"] if m != "sea"}
        if "sea" in route["modes"]:
            assert asked["sea"] in own
        if foreign == {"road"}:
            assert asked["road"] in own
    assert "smgs_dg" in papers(answer)
    plain = papers(ask(kaz_pak, "Almaty", "Karachi", "stpp"))
    assert not {"adr", "smgs_dg", "imdg", "dg_sds"} & plain


def test_the_kazakh_plan_is_asked_on_kazakh_rail_only(kaz_pak: Case) -> None:
    kashgar = ask(kaz_pak, "Kashgar", "Islamabad", "auto_parts")
    assert "rail_plan" not in papers(kashgar)
    for answer in (kashgar, ask(kaz_pak, "Almaty", "Karachi", "chickpeas")):
        rail = answer.tables["stages"].filter((pl.col("mode") == "rail") & (pl.col("country") == "KAZ"))
        table = answer.tables["papers"]
        assert set(table.filter(pl.col("document_id") == "rail_plan")["route"]) == set(rail["route"])


@pytest.mark.parametrize(
    ("origin", "destination", "product"),
    [("Islamabad", "Kabul", "potatoes"), ("Lahore", "Dushanbe", "onions_pak")],
)
def test_no_route_waits_for_months(kaz_pak: Case, origin: str, destination: str, product: str) -> None:
    answer = ask(kaz_pak, origin, destination, product)
    waits = answer.tables["stages"].filter(pl.col("kind") == "wait")
    assert (waits["hours"] < 30 * 24).all()
    assert (answer.tables["routes"]["days"] < 60).all()


def test_no_leg_closed_to_the_trade_is_offered(kaz_pak: Case) -> None:
    answer = ask(kaz_pak, "Tashkent", "Mundra", "cotton_kaz")
    assert "PAK" not in set(answer.tables["stages"]["country"])
    assert not {"KHI_MUN", "KHI_NSA", "GWA_MUN"} & set(answer.tables["stages"]["place_id"])
    left_out = answer.tables["rules"].filter(pl.col("left_out").is_not_null())
    assert set(left_out["effect"]) <= {"forbidden"}
    with pytest.raises(Unreachable, match="2025-04-24"):
        ask(kaz_pak, "Lahore", "Mundra", "rice_other")
    onward = ask(kaz_pak, "Tashkent", "Nhava Sheva", "rice_other", journeys=100)
    assert "PAK" not in set(onward.tables["stages"]["country"])


def test_before_the_ban_the_leg_is_open(kaz_pak: Case) -> None:
    then = date(2025, 2, 1)
    answer = ask(kaz_pak, "Tashkent", "Mundra", "cotton_kaz", departure=then, as_of=then, avoid=("IRN",))
    assert "PAK" in set(answer.tables["stages"]["country"])


@pytest.mark.parametrize(
    ("origin", "destination", "product", "tonnes"),
    [("Tashkent", "Karachi", "cotton_kaz", 19.0), ("Almaty", "Lahore", "lentils_red", 22.0)],
)
def test_the_best_in_one_thing_are_listed(
    kaz_pak: Case, origin: str, destination: str, product: str, tonnes: float
) -> None:
    few = ask(kaz_pak, origin, destination, product, tonnes, journeys=2000)
    many = ask(kaz_pak, origin, destination, product, tonnes, journeys=2000, count=20)
    for column in ("usd", "days", "days_p95"):
        assert few.tables["routes"][column].min() <= many.tables["routes"][column].min() * 1.02
    assert few.tables["routes"].filter(pl.col("status") == "listed").height <= 5


@pytest.mark.parametrize("promise", ["2027-01-20", "30"])
def test_with_a_promise_the_chance_to_keep_it_ranks(kaz_pak: Case, promise: str) -> None:
    answer = ask(kaz_pak, "Karachi", "Almaty", "kinnow", promise=promise, journeys=2000)
    chances = answer.tables["routes"]["on_time_share"].to_list()
    assert all(chance >= max(chances[k:]) - ALIKE for k, chance in enumerate(chances))
    assert "likeliest" in answer.tables["routes"]["best_in"][0]


def test_of_two_ways_as_sure_the_cheaper_stands_first(kaz_pak: Case) -> None:
    answer = ask(kaz_pak, "Faisalabad", "Almaty", "towels", tonnes=18, promise="2027-01-10", journeys=2000)
    first, *others = answer.tables["routes"].rows(named=True)
    alike = [row for row in others if row["on_time_share"] >= first["on_time_share"] - ALIKE]
    assert alike
    assert all(row["generalised_usd"] >= first["generalised_usd"] for row in alike)


def test_a_corridor_is_not_named_for_one_border_or_the_start_itself(kaz_pak: Case) -> None:
    answer = ask(kaz_pak, "Bandar Abbas", "Almaty", "chickpeas", journeys=500)
    named = set(answer.tables["routes"]["corridor_id"])
    assert "IRAN_ROAD" in named
    assert not named & {"QTTA", "IRAN_SEA"}


def test_ktap_by_road_keeps_to_kazakhstan_where_its_corridor_does(kaz_pak: Case) -> None:
    answer = ask(
        kaz_pak, "Kostanay", "Karachi", "chickpeas", avoid=("rail", "RUS"), opened=("Torkham", "Chaman")
    )
    assert "RUS" not in set(answer.tables["stages"]["country"])
    assert next(r for r in rows(answer, "corridors") if r["corridor_id"] == "KTAP")["route"] is not None


def test_sanctions_are_told_and_filtered(kaz_pak: Case) -> None:
    free = ask(kaz_pak, "Almaty", "Karachi", "chickpeas", avoid=("CHN", "RUS", "AZE"))
    sea = next(r for r in rows(free, "routes") if r["corridor_id"] == "IRAN_SEA")
    assert {"us_bandar_abbas", "us_iran_transit"} <= set(sea["rules"])
    assert any("2012-10-22" in text for text in free.meta["first_choice_rests_on"])
    lawful = ask(kaz_pak, "Almaty", "Karachi", "chickpeas", lawful_for=("US",))
    assert "IRN" not in set(lawful.tables["stages"]["country"])
    assert lawful.tables["rules"].filter(pl.col("left_out").is_not_null()).height > 0
    reason = next(r for r in rows(lawful, "corridors") if r["corridor_id"] == "IRAN_ROAD")["reason"]
    assert reason.startswith("US")
    european = ask(kaz_pak, "Almaty", "Karachi", "chickpeas", lawful_for=("EU",))
    assert "KHI_BND" not in set(european.tables["stages"]["place_id"])
    with pytest.raises(UnknownName, match="EU, US, UN"):
        ask(kaz_pak, "Almaty", "Karachi", "chickpeas", lawful_for=("UK",))


def test_relief_goods_pass_where_trade_does_not(kaz_pak: Case) -> None:
    relief = ask(kaz_pak, "Karachi", "Kabul", "rice_other", humanitarian=True)
    assert "B_TORK" in set(relief.tables["stages"]["place_id"])
    assert {"aid_manifest", "aid_letter"} <= papers(relief)
    trade = ask(kaz_pak, "Karachi", "Kabul", "rice_other")
    assert "B_TORK" not in set(trade.tables["stages"]["place_id"])
    with pytest.raises(Unreachable, match="medicines"):
        ask(kaz_pak, "Karachi", "Kabul", "medicines_pak", 5.0)
    assert ask(kaz_pak, "Karachi", "Kabul", "medicines_pak", 5.0, humanitarian=True).tables["routes"].height


def test_own_goods(kaz_pak: Case) -> None:
    answer = ask(kaz_pak, "Almaty", "Karachi", "", hs="0202", price=4000.0, form="reefer", units=2)
    assert answer.meta["shipment"]["price_usd_t"] == 4000.0
    assert (answer.meta["shipment"]["form"], answer.meta["shipment"]["units"]) == ("reefer", 2)
    assert {"kaz_vet", "kaz_halal"} <= papers(answer)
    red = ask(kaz_pak, "Almaty", "Karachi", "", hs="2804.70", price=3000.0, dangerous="UN 1338")
    assert red.meta["shipment"]["dangerous"] == "UN 1338, class 4.1, PG III"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"hs": "0202", "price": -1.0}, "above 0"),
        ({"hs": "0202"}, "--price"),
        ({"hs": "beef", "price": 10.0}, "2 to 10 digits"),
        ({"hs": "0202", "price": 10.0, "form": "barrel"}, "box, bulk, reefer"),
        ({"hs": "0202", "price": 10.0, "dangerous": "0000"}, "1381"),
        ({"hs": "0202", "price": 10.0, "units": 0}, "1 to"),
        ({}, "--hs"),
    ],
)
def test_what_own_goods_cannot_be(kaz_pak: Case, given: dict[str, Any], told: str) -> None:
    with pytest.raises((InvalidInput, UnknownName)) as refused:
        ask(kaz_pak, "Almaty", "Karachi", "", **given)
    assert told in str(refused.value)


def test_a_past_trip_is_reckoned_as_it_was_known(kaz_pak: Case) -> None:
    before = ask(kaz_pak, "Lahore", "Tashkent", "kinnow", departure=date(2025, 5, 10), as_of=date(2025, 5, 1))
    assert {"B_TORK", "B_CHAM"} & set(before.tables["stages"]["place_id"])
    after = ask(kaz_pak, "Lahore", "Tashkent", "kinnow", departure=date(2026, 2, 10), as_of=date(2026, 2, 1))
    assert not {"B_TORK", "B_CHAM"} & set(after.tables["stages"]["place_id"])
    day = date(2025, 5, 1)
    process, _ = recorded_process(known_on(kaz_pak, day).tables, day)
    assert process is not None
    known = {row["place"]: row["closures"] for row in process.table.iter_rows(named=True)}
    told = {row["place_id"]: row["closures"] for row in rows(before, "closure_rates")}
    assert told and all(known[place] == closures for place, closures in told.items())  # none that came after
    later = kaz_pak["restrictions"].filter(pl.col("start") > day)["restriction_id"]
    held = known_on(kaz_pak, day)["restrictions"]["restriction_id"]
    assert later.len() and held.len() and not set(later) & set(held)
    old = ask(kaz_pak, "Almaty", "Karachi", "chickpeas", departure=date(2022, 3, 1), as_of=date(2022, 2, 1))
    assert not any(rule.startswith("eu_") for row in rows(old, "routes") for rule in row["rules"])
    assert old.meta["as_of"] == date(2022, 2, 1)
    with pytest.raises(InvalidInput, match="2022-01-01"):
        ask(kaz_pak, "Almaty", "Karachi", "chickpeas", as_of=date(2021, 12, 31))


def test_queues_of_days_are_known_once_their_record_has_begun(kaz_pak: Case) -> None:
    assert known_on(kaz_pak, date(2022, 2, 1))["queue_states"].is_empty()
    assert known_on(kaz_pak, date(2026, 2, 1))["queue_states"].equals(kaz_pak["queue_states"])


def test_visa_promises_move_lead_time_only(kaz_pak: Case) -> None:
    assert kaz_pak.folder is not None
    kept = apply_scenario(kaz_pak, find_scenario(kaz_pak.folder, "visa_promises"))
    now, then = (ask(case, "Karachi", "Almaty", "towels", avoid=("rail", "sea")) for case in (kaz_pak, kept))
    assert now.tables["routes"]["usd"].to_list() == then.tables["routes"]["usd"].to_list()
    visas = [
        a.tables["papers"].filter(pl.col("document_id") == "visa_kaz")["time_h"].max() for a in (now, then)
    ]
    assert visas[0] == pytest.approx(168.0)
    assert visas[1] < visas[0]
    leads = [a.tables["routes"]["lead_days"].sum() for a in (now, then)]
    assert leads[1] <= leads[0]


def test_lead_time_counts_in_the_promise_when_asked(kaz_pak: Case) -> None:
    asked, plain = (
        ask(kaz_pak, "Almaty", "Karachi", "towels", promise="20", with_lead_time=lead, avoid=("rail", "sea"))
        for lead in (True, False)
    )
    chances = [answer.tables["routes"]["on_time_share"].max() for answer in (asked, plain)]
    assert chances[0] < chances[1]


@pytest.mark.parametrize("end", ["Jebel Ali", "Colombo", "Mersin"])
def test_ports_abroad_start_and_end_a_route(kaz_pak: Case, end: str) -> None:
    for origin, destination in ((end, "Tashkent"), ("Tashkent", end)):
        answer = ask(kaz_pak, origin, destination, "auto_parts", journeys=100)
        assert answer.tables["routes"].height > 0


def test_the_end_of_the_pandemic_is_not_known_before_it_is_past(kaz_pak: Case) -> None:
    def end(case: Case, closure: str) -> object:
        return case["closures"].filter(pl.col("closure_id") == closure)["end"].to_list()

    amid, after = known_on(kaz_pak, date(2022, 6, 1)), known_on(kaz_pak, date(2023, 6, 1))
    assert (end(amid, "khun_covid_2020"), end(after, "khun_covid_2020")) == ([None], ["2023-04-02"])
    assert end(amid, "khun_winter_2023") == ["2024-01-01"]  # announced every year


@pytest.mark.parametrize(
    ("product", "tonnes", "more", "said"),
    [
        ("wheat_milling", 3000.0, {"unit": ("hopper",)}, "43 by rail of 69.77 t"),
        ("carpets", 0.2, {}, "2 % of a truck"),
        ("transformers", 42.0, {}, "3 parts of 14 t"),
        ("", 20.0, {"hs": "4101", "price": 900.0, "form": "box"}, "900 at origin (the price given)"),
    ],
)
def test_what_the_units_and_the_price_are_is_said(
    kaz_pak: Case, product: str, tonnes: float, more: dict[str, Any], said: str
) -> None:
    answer = ask(kaz_pak, "Almaty", "Karachi", product, tonnes, **more)
    assert any(said in say(one) for one in answer.notes)


def test_an_ordinary_full_load_says_nothing_of_units(kaz_pak: Case) -> None:
    told = {one.key for one in ask(kaz_pak, "Almaty", "Karachi", "chickpeas").notes}
    assert not told & {"route.fills", "route.half_empty", "route.in_parts"}
