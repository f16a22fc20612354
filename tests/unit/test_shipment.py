import pytest

from karwan.case import read_case
from karwan.errors import InvalidInput, UnknownName
from karwan.transport.shipment import find_product, make_shipment


@pytest.fixture(scope="module")
def products():
    return read_case("kaz-pak")["products"]


def test_value_of_time_is_value_times_daily_shares(products):
    load = make_shipment(products, "chickpeas", 20)
    expected = load.price_usd_t * 20 * (load.time_cost_share_day + load.loss_share_day) / 24
    assert load.value_of_time_usd_h == pytest.approx(expected)


@pytest.mark.parametrize(("tonnes", "units"), [(20, 1), (25, 1), (25.1, 2), (75, 3)])
def test_units_are_whole_trucks(products, tonnes, units):
    per_unit = products.filter(product_id="chickpeas")["stowage_t_feu"][0]
    assert per_unit == 25
    assert make_shipment(products, "chickpeas", tonnes).units == units


@pytest.mark.parametrize("tonnes", [0, -3, float("nan"), float("inf"), 3e9])
def test_absurd_weights_are_refused(products, tonnes):
    with pytest.raises(InvalidInput, match="cannot weigh"):
        make_shipment(products, "chickpeas", tonnes)


def test_products_are_found_by_id_name_and_hs_code(products):
    by_id = find_product(products, "chickpeas")
    assert find_product(products, by_id["hs_code"]) == by_id
    assert find_product(products, by_id["name"]) == by_id


def test_unknown_product_names_the_nearest(products):
    with pytest.raises(UnknownName, match="chickpeas"):
        find_product(products, "chikpeas")
