from dataclasses import replace

import polars as pl
import pytest

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.goods import landed_table
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route.query import resolve
from karwan.appraisal.landed import landed_cost
from karwan.case import Case, read_case
from karwan.transport.corridor import corridor_route
from karwan.transport.cost import additive_cost
from karwan.transport.duty import find_duty
from karwan.transport.shipment import make_shipment


@pytest.fixture(scope="module")
def toyland():
    return read_case("toyland")


def test_preference_takes_the_place_of_the_mfn_rate(toyland):
    assert find_duty(toyland["tariffs"], "beans", "XTC", "XTA").rate_share == pytest.approx(0.02)
    assert find_duty(toyland["tariffs"], "beans", "XTC", "XTB").rate_share == pytest.approx(0.05)


def test_missing_tariff_is_not_a_zero_tariff(toyland):
    duty = find_duty(toyland["tariffs"], "beans", "XTB", "XTA")
    assert not duty.known
    assert duty.text == "no tariff row"


def test_regulatory_duty_is_added_and_vat_is_not():
    case = read_case("kaz-pak")
    sugar = find_duty(case["tariffs"], "sugar_kaz", "PAK", "KAZ")
    kinds = case["tariffs"].filter(product_id="sugar_kaz", importer="PAK", use="model")["kind"].to_list()
    assert "vat" not in kinds
    assert sugar.rate_share >= 0.2


def test_parts_of_the_landed_cost_by_hand(toyland):
    load = make_shipment(toyland["products"], "beans", 20)
    duty = find_duty(toyland["tariffs"], "beans", "XTC", "XTA")
    landed = landed_cost(load, freight_usd=1000, days=5, duty=duty, insurance_share=0.005)
    assert landed.freight_usd_t == pytest.approx(50)
    assert landed.insurance_usd_t == pytest.approx(0.005 * 850)
    assert landed.time_usd_t == pytest.approx(800 * 0.008 * 5)
    assert landed.duty_usd_t == pytest.approx(0.02 * (850 + 4.25))
    assert landed.landed_usd_t == pytest.approx(800 + 50 + 4.25 + 32 + 0 + 17.085)
    assert landed.corridor_share == pytest.approx((50 + 4.25 + 32) / landed.landed_usd_t)


def with_meat(case: Case) -> Case:
    """The case with four of its goods, the onions become frozen beef, over two corridors."""
    goods = case["products"].filter(
        pl.col("product_id").is_in(["wheat_milling", "rapeseed_oil", "chickpeas", "onions_kaz"])
    )
    beef = pl.col("product_id") == "onions_kaz"
    named = goods.with_columns(
        name=pl.when(beef).then(pl.lit("Beef")).otherwise("name"),
        hs_code=pl.when(beef).then(pl.lit("020230")).otherwise("hs_code"),
        origin_id=pl.lit(None, pl.String),
    )
    two = case["corridors"].filter(pl.col("corridor_id").is_in(["CHINA_SEA", "QTTA"]))
    return case.with_tables({"products": named, "corridors": two})


def test_landed_freight_is_what_the_route_of_the_same_load_pays(kaz_pak: Case) -> None:
    """Grain in hoppers, oil in tanks, beef in a reefer, chickpeas in a truck of 20 t: to the cent as `karwan route` over the same corridor."""
    case = with_meat(kaz_pak)
    study = CorridorStudy(case, case.settings.as_of)
    landed = {row["product_id"]: row for row in landed_table(study).iter_rows(named=True)}
    forms = {name: (row["form"], row["load_t"]) for name, row in landed.items()}
    assert forms["wheat_milling"] == forms["rapeseed_oil"] == ("bulk", 3000.0)
    assert forms["onions_kaz"] == ("reefer", 20.0) and forms["chickpeas"] == ("box", 20.0)
    for name, row in landed.items():
        start, finish = study.pairs(row["direction"])[0]
        request = RouteRequest(start, finish, product=name, tonnes=row["load_t"], departure=study.as_of)
        plan = resolve(case, request)
        corridor = next(one for one in plan.corridors if one["corridor_id"] == row["corridor_id"])
        cost = additive_cost(plan.network, plan.shipment)
        found = corridor_route(plan.network, plan.shipment, corridor, start, finish, if_open=False, cost=cost)
        assert found.route is not None
        route = replace(found.route, shipment=replace(plan.shipment, price_usd_t=row["price_usd_t"]))
        assert row["freight_usd_t"] == pytest.approx(
            plan.bills.carriage_usd(route) / row["load_t"], abs=0.005
        ), name
    assert study.loads.packed(
        case["products"].filter(product_id="rapeseed_oil").row(0, named=True), 3000.0
    ).units == (
        "rail_tank",
        "truck_tank",
    )
