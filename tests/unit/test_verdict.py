"""Verdicts on goods: the landed price as a linear function, its band and its switching values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from karwan.appraisal.landed import landed_cost
from karwan.appraisal.verdict import (
    NO,
    ONLY_IF,
    UNKNOWN,
    YES,
    LandedBand,
    bound,
    landed_band,
    switches,
    verdict,
)
from karwan.transport.duty import Duty
from karwan.transport.shipment import Shipment, shipment_of

DUTY = Duty(0.1, 20.0, "MFN 10 % + USD 20/t (2024)", "observed", "toy", True)
ROW = {
    "product_id": "beans",
    "name": "Beans",
    "hs_code": "071333",
    "exporter": "XTA",
    "form": "box",
    "loss_share_day": 0.001,
    "time_cost_share_day": 0.004,
    "stowage_t_feu": 20.0,
    "sector": "grain",
}


def _load(price: float) -> Shipment:
    return shipment_of({**ROW, "price_usd_t": price}, 20.0)


def _band(price: float = 500.0, freight: float = 200.0) -> LandedBand:
    return landed_band(landed_cost(_load(price), freight * 20.0, 30.0, DUTY, 0.01), DUTY, 0.01, 0.1, 0.3)


@given(st.floats(50, 5000), st.floats(1, 2000))
def test_the_band_is_the_landed_cost_at_any_price_and_freight(price: float, freight: float) -> None:
    moved = _band(price, freight)
    assert moved.mean == pytest.approx(
        landed_cost(_load(price), freight * 20.0, 30.0, DUTY, 0.01).landed_usd_t
    )
    first = _band()
    assert moved.price_factor == pytest.approx(first.price_factor)
    assert moved.freight_factor == pytest.approx(first.freight_factor)


def test_points_of_the_band_are_those_of_draws() -> None:
    band = _band()
    rng = np.random.default_rng(7)
    price = rng.normal(band.price, band.price * band.price_cv, 400_000)
    freight = rng.normal(band.freight, band.freight * band.freight_cv, 400_000)
    landed = band.price_factor * price + band.freight_factor * freight + band.fixed
    low, high = np.quantile(landed, [0.05, 0.95])
    assert band.low == pytest.approx(low, rel=0.003)
    assert band.high == pytest.approx(high, rel=0.003)


@pytest.mark.parametrize("rival", [500.0, 800.0, 1100.0])
def test_at_its_switching_value_the_good_lands_at_the_rival(rival: float) -> None:
    found = {switch.name: switch for switch in switches(_band(), rival)}
    assert set(found) >= {"price"}
    if "price" in found:
        assert _band(price=found["price"].at).mean == pytest.approx(rival)
    if "freight" in found:
        assert _band(freight=found["freight"].at).mean == pytest.approx(rival)
    if "duty" in found:
        free = Duty(found["duty"].at, 20.0, "", "observed", "toy", True)
        assert landed_cost(_load(500.0), 4000.0, 30.0, free, 0.01).landed_usd_t == pytest.approx(rival)


def test_verdicts_by_place_of_the_rival_in_the_band() -> None:
    band = _band()
    said = {
        rival: verdict(band, rival, banned=False, demanded=True).kind
        for rival in (band.high, band.mean, band.low - 200)
    }
    assert list(said.values()) == [YES, ONLY_IF, NO]
    assert verdict(band, None, banned=False, demanded=True).kind == UNKNOWN


def test_a_duty_alone_may_decide() -> None:
    sure = landed_band(landed_cost(_load(500.0), 4000.0, 30.0, DUTY, 0.01), DUTY, 0.01, 0.01, 0.01)
    found = verdict(sure, sure.low - 1, banned=False, demanded=True)
    assert (found.kind, found.switch and found.switch.name) == (ONLY_IF, "duty")


def test_a_ban_turns_yes_into_only_if_lifted_and_the_rest_into_no() -> None:
    band = _band()
    lifted = verdict(band, band.high, banned=True, demanded=True)
    assert (lifted.kind, lifted.lifted, lifted.switch) == (ONLY_IF, True, None)
    assert verdict(band, band.mean, banned=True, demanded=True).kind == NO


def test_without_a_demand_only_a_no_stands() -> None:
    band = _band()
    assert verdict(band, band.high, banned=False, demanded=False).kind == UNKNOWN
    assert verdict(band, band.low - 200, banned=False, demanded=False).kind == NO


def test_a_mean_of_all_origins_alone_says_neither_no_nor_only_if() -> None:
    band = _band()
    kinds = [verdict(band, None, banned=False, demanded=True, mean_usd_t=mean).kind for mean in _means(band)]
    assert kinds == [UNKNOWN, UNKNOWN, YES]
    assert verdict(band, None, banned=False, demanded=True, mean_usd_t=band.mean).lacks == "named rival"
    held = [verdict(band, None, banned=True, demanded=True, mean_usd_t=mean).kind for mean in _means(band)]
    assert held == [NO, NO, ONLY_IF]


def _means(band: LandedBand) -> list[float]:
    """A mean below the band, one in it and one above it."""
    return [band.low - 50, band.mean, band.high + 1]


def test_a_heading_whose_origins_are_three_times_apart_holds_unlike_goods() -> None:
    """Medicines: 11,154 USD/t from Russia and 56,085 from all origins; a price by the tonne between them decides nothing."""
    band = _band()
    for times, kind in ((2.9, ONLY_IF), (3.1, UNKNOWN)):
        rival = band.mean
        found = verdict(band, rival, banned=False, demanded=True, mean_usd_t=times * rival)
        assert found.kind == kind
        assert (found.lacks == "like rival") == (kind == UNKNOWN)


def test_a_mean_below_the_known_rival_takes_the_yes_only() -> None:
    band = _band()
    said = [
        verdict(band, rival, banned=False, demanded=True, mean_usd_t=band.mean).kind
        for rival in (band.high + 1, band.mean, band.low - 50)
    ]
    assert said == [UNKNOWN, ONLY_IF, NO]


def test_a_ban_says_no_where_no_price_says_more() -> None:
    assert verdict(_band(), None, banned=True, demanded=True).kind == NO


def test_a_rival_of_another_quality_gives_no_verdict() -> None:
    band = _band()
    assert verdict(band, band.mean * 3.01, banned=False, demanded=True).kind == UNKNOWN
    assert verdict(band, band.price / 3.01, banned=False, demanded=True).kind == UNKNOWN
    near = band.price / 2.99  # dear only by its carriage: the same good
    assert verdict(band, near, banned=False, demanded=True).kind == NO


def test_the_least_known_limit_binds() -> None:
    assert bound({"offer": 5.0, "demand": 3.0}) == bound({"demand": 3.0, "offer": None})
    assert bound({"offer": 2.0, "demand": 3.0}).binding == "offer"
    assert bound({"offer": 2.0, "demand": None}).usd is None
