"""How many units a load fills, and what one unit costs: hand-reckoned on toyland, and on the tariffs of the Kazakh railway."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from karwan.analysis.registry import BY_NAME
from karwan.analysis.requests import RouteRequest
from karwan.case import Case, read_case
from karwan.errors import InvalidInput
from karwan.project import open_case
from karwan.transport.network import NetworkRequest, build_network
from karwan.transport.network.stage import FreightNetwork
from karwan.transport.own_goods import own_row
from karwan.transport.packing import Packed, capacity_t, pack
from karwan.transport.shipment import find_product, make_shipment, shipment_of

DAY = date(2026, 12, 1)


@pytest.fixture(scope="module")
def toyland() -> Case:
    return read_case("toyland")


@pytest.fixture(scope="module")
def kaz_pak() -> Case:
    return read_case("kaz-pak")


def packed(case: Case, product: str, tonnes: float, *units: str, one_piece: bool = False) -> Packed:
    load = make_shipment(case["products"], product, tonnes, one_piece=one_piece)
    row = find_product(case["products"], product)
    return pack(load, row, case["vehicles"].iter_rows(named=True), units, parameter=case.parameter)


def network_for(case: Case, found: Packed) -> FreightNetwork:
    load = found.shipment
    request = NetworkRequest(
        "XTA", "XTC", load.form, DAY, units=found.units, fill_t=found.fill_t, tonnes=load.tonnes
    )
    return build_network(case.tables, request)


def usd_of(network: FreightNetwork, found: Packed, link: str) -> float:
    arc = next(a for a in network.arcs if a.place_id == link)
    return arc.stages[0].usd(found.shipment.tonnes, found.shipment.units)


def test_a_truck_costs_the_same_half_full(toyland: Case) -> None:
    full, half = packed(toyland, "beans", 20.0), packed(toyland, "beans", 10.0)
    network = network_for(toyland, full)
    assert usd_of(network, full, "A-X") == pytest.approx(1.2 * 120)
    assert usd_of(network, half, "A-X") == usd_of(network, full, "A-X")


def test_two_trucks_cost_twice_one(toyland: Case) -> None:
    found = packed(toyland, "beans", 21.0)
    assert found.shipment.units == 2
    assert usd_of(network_for(toyland, found), found, "A-X") == pytest.approx(2 * 1.2 * 120)


def test_bulk_pays_for_whole_hoppers(toyland: Case) -> None:
    """61 t fill a hopper of 60 t and start another: 2 x 1.8 USD a km."""
    for tonnes, hoppers in ((30.0, 1), (60.0, 1), (61.0, 2)):
        found = packed(toyland, "wheat", tonnes)
        network = network_for(toyland, found)
        arc = next(
            a
            for a in network.arcs
            if network.states[a.head].carrier.startswith("rail") and a.place_kind == "link"
        )
        stage = arc.stages[0]
        assert stage.usd(tonnes, found.shipment.units) == pytest.approx(1.8 * stage.km * hoppers)


def test_a_part_load_pays_by_its_curve_and_never_less_than_the_least(toyland: Case) -> None:
    """5 t of 20 t pay the square root of a quarter; 0.2 t pay the least share."""
    assert packed(toyland, "beans", 5.0, "part_load").shipment.units == pytest.approx(0.5)
    assert packed(toyland, "beans", 0.2, "part_load").shipment.units == pytest.approx(0.2)
    assert packed(toyland, "beans", 40.0, "part_load").shipment.units == 2


def test_a_light_product_is_bound_by_volume() -> None:
    unit = {"payload_t": 21.0, "volume_m3": 33.5}
    assert capacity_t({"stowage_t_feu": 10.0, "density_t_m3": None}, unit) == pytest.approx(5.0)
    assert capacity_t({"stowage_t_feu": 26.0, "density_t_m3": None}, unit) == 21.0
    assert capacity_t({"stowage_t_feu": 26.0, "density_t_m3": 0.5}, unit) == pytest.approx(16.75)


def test_a_unit_that_no_mode_carries_is_refused_with_what_is_allowed(kaz_pak: Case) -> None:
    with pytest.raises(InvalidInput, match=r"hopper.*\n.*box20"):
        packed(kaz_pak, "chickpeas", 20.0, "hopper")


def test_one_piece_is_one_load_on_what_bears_it(kaz_pak: Case) -> None:
    found = packed(kaz_pak, "transformers", 42.0, one_piece=True)
    assert found.shipment.units == 1 and "road" in found.modes
    with pytest.raises(InvalidInput, match="in one piece is more than any unit carries"):
        packed(kaz_pak, "transformers", 400.0, one_piece=True)
    assert packed(kaz_pak, "transformers", 62.0, one_piece=True).modes == {"rail", "sea", "ferry"}


def test_liquids_travel_in_tanks_and_nothing_else_does(kaz_pak: Case) -> None:
    """Liquids in bulk do so unasked, 60 t in a wagon and 22 t in a truck; edible oil where it is asked for."""
    benzene = packed(kaz_pak, "benzene", 60.0)
    assert set(benzene.units) == {"rail_tank", "truck_tank"}
    assert (benzene.shipment.units, dict(benzene.fill_t)["rail"]) == (3, 60.0)
    assert packed(kaz_pak, "wheat_milling", 60.0).units == packed(kaz_pak, "sunflower_oil", 60.0).units == ()
    assert packed(kaz_pak, "sunflower_oil", 60.0, "tank_wagon").units == ("rail_tank_oil",)
    for dry in ("carpets", "wheat_milling"):
        with pytest.raises(InvalidInput, match=r"tank_wagon.*takes HS .*2710.* alone"):
            packed(kaz_pak, dry, 12.0, "tank_wagon")


@pytest.mark.parametrize(
    ("hs", "form"),
    [("220860", "box"), ("020230", "reefer"), ("252329", "bulk"), ("271019", "bulk"), ("071333", "box")],
)
def test_own_goods_travel_as_their_chapter_does_where_nothing_alike_is_in_the_case(
    kaz_pak: Case, hs: str, form: str
) -> None:
    """Vodka is no bulk because sulphur's code begins with the same digit; diesel is no box because bitumen is one."""
    assert own_row(kaz_pak["products"], hs, 900.0, "", "KAZ")["form"] == form


def test_live_animals_travel_on_land_in_units_of_their_own(kaz_pak: Case) -> None:
    row = own_row(kaz_pak["products"], "0104", 3000.0, "", "PAK")
    found = pack(
        shipment_of(row, 30.0), row, kaz_pak["vehicles"].iter_rows(named=True), parameter=kaz_pak.parameter
    )
    assert (found.modes, found.shipment.units) == ({"road", "rail"}, 2)
    with pytest.raises(InvalidInput, match="do not travel as 'box'"):
        own_row(kaz_pak["products"], "0104", 3000.0, "box", "PAK")


@pytest.mark.parametrize(
    ("unit", "tonnes", "published"),
    [("hopper", 70.0, 23.94), ("covered_wagon", 64.0, 19.56), ("box20", 21.0, 46.98), ("box40", 24.0, 68.60)],
)
def test_grain_by_rail_pays_the_published_tariff_of_its_unit(
    unit: str, tonnes: float, published: float
) -> None:
    request = RouteRequest(
        "Kostanay", "Dostyk", "wheat_milling", tonnes, DAY, avoid=("sea", "road"), unit=(unit,), journeys=100
    )
    answer = open_case("kaz-pak").ask(BY_NAME["route"], request)
    best = answer.tables["routes"].filter(pl.col("usd").is_not_null())["usd"][0]
    assert best / tonnes == pytest.approx(published, rel=0.05)
