import pytest

from karwan.appraisal.landed import landed_cost
from karwan.case import read_case
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
