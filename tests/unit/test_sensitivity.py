"""Switch values: exposures against a rebuilt network, roots against the formula, range and wording."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.sensitivity import (
    CorridorBase,
    rebuild_switches,
    sensitivity_answer,
    sensitivity_note,
    sensitivity_table,
)
from karwan.case import Case, read_case
from karwan.errors import InvalidInput
from karwan.transport.corridor import OPEN
from karwan.transport.cost import buffer_time
from karwan.transport.network import FreightNetwork, NetworkRequest, build_network
from karwan.transport.route import Route
from karwan.transport.sensitivity import Exposure, Rival, exposures, nearest_rival, sensitivity, switch_value
from karwan.words import say

KEY = {
    "parameters": "parameter_id",
    "rates": "rate_id",
    "crossing_times": "crossing_time_id",
    "transfers": "transfer_id",
    "services": "service_id",
    "links": "link_id",
    "closures": "closure_id",
    "fees": "fee_id",
}


@cache
def study_of(case_id: str) -> CorridorStudy:
    case = read_case(case_id)
    return CorridorStudy(case, case.settings.as_of)


@cache
def rivals(case_id: str) -> tuple[Case, list[Rival]]:
    study = study_of(case_id)
    case = study.case
    base = CorridorBase(study)
    pair = study.pairs("a_to_b")[0]
    routes = [(f.corridor_id, f) for d, o, e, f in base.found if d == "a_to_b" and (o, e) == pair]
    weights = study.weights(study.shipment())
    open_ones = [
        Rival(name, f.route, weights) for name, f in routes if f.status == OPEN and f.route is not None
    ]
    return case, sorted(open_ones, key=lambda r: r.cost_usd_t)


def rebuilt(case: Case, route: Route, exposure: Exposure, value: float) -> FreightNetwork:
    """The route's network with one input changed."""
    table = case[exposure.table]
    changed = (
        pl.when(pl.col(KEY[exposure.table]) == exposure.row_key)
        .then(value)
        .otherwise(pl.col(exposure.column))
    )
    tables = {**case.tables, exposure.table: table.with_columns(changed.alias(exposure.column))}
    settings = case.settings
    return build_network(
        tables,
        NetworkRequest(settings.party_a, settings.party_b, route.network.form, route.network.first_day),
        kept=study_of(settings.case_id).kept.without((exposure.table,)),
    )


def moving_cost(network: FreightNetwork, rival: Rival) -> float:
    """USD/t of the route's arcs in a network, waits for openings and the buffer left out."""
    route = rival.route
    load = route.shipment
    arcs = list(route.arcs)
    usd = network.arc_usd(load)[arcs].sum()
    usd += rival.weights.carbon_price_usd_kg * network.arc_co2(load)[arcs].sum()
    return float(usd + load.value_of_time_usd_h * network.arc_hours()[arcs].sum()) / load.tonnes


def check(case: Case, found: list[Rival], exposure: Exposure, factor: float) -> None:
    value = exposure.value * factor
    network = rebuilt(case, found[0].route, exposure, value)
    for number, rival in enumerate(found):
        change = moving_cost(network, rival) - moving_cost(rival.route.network, rival)
        expected = exposure.cost(number, 0.0, value)
        assert expected == pytest.approx(change, abs=1e-9), (exposure.row_key, exposure.column, rival.name)


def test_every_exposure_of_toyland_equals_a_rebuilt_network() -> None:
    case, found = rivals("toyland")
    inputs = [e for e in exposures(case.tables, found, 0.5, 2.0) if e.table in KEY and e.value]
    assert {e.table for e in inputs} == {
        "parameters",
        "rates",
        "crossing_times",
        "transfers",
        "services",
        "links",
        "fees",
    }
    for exposure in inputs:
        if exposure.row_key != "reliability_ratio":  # the buffer is held: by hand below
            check(case, found, exposure, 1.4)


def test_one_exposure_of_each_kind_of_the_real_case_equals_a_rebuilt_network() -> None:
    case, found = rivals("kaz-pak")
    kinds: dict[tuple[str, str], Exposure] = {}
    for exposure in exposures(case.tables, found, 0.5, 2.0):
        if exposure.table in KEY and exposure.value and (exposure.linear or exposure.inverse):
            kinds.setdefault((exposure.table, exposure.column), exposure)
    assert ("closures", "slowdown_share") in kinds
    for exposure in kinds.values():
        check(case, found, exposure, 0.7)


def test_cost_of_a_day_and_carbon_by_hand() -> None:
    case, found = rivals("toyland")
    inputs = {e.row_key: e for e in exposures(case.tables, found, 0.5, 2.0)}
    route = found[0].route
    day = inputs["beans"].cost(0, 0.0, 0.016)
    weights = found[0].weights
    buffer_h = buffer_time([route.hours], [route.variance_h2])[0]
    ratio = weights.value_of_reliability_usd_h / weights.value_of_time_usd_h
    assert day == pytest.approx(800 * 0.008 / 24 * (route.hours + ratio * buffer_h))
    buffered = inputs["reliability_ratio"]
    more = buffered.cost(0, 0.0, buffered.value + 0.1)
    assert more == pytest.approx(0.1 * 800 * 0.008 / 24 * buffer_h)
    carbon = inputs["carbon_price_usd_t"].cost(0, 0.0, 100.0)
    assert carbon == pytest.approx(100 * route.co2_kg / 1000 / 20)


def test_costs_meet_at_the_switch_value() -> None:
    case, found = rivals("toyland")
    costs = [r.cost_usd_t for r in found]
    met = 0
    for exposure in exposures(case.tables, found, 0.5, 2.0):
        switch = switch_value(exposure, costs)
        if switch is None:
            continue
        value, rival = switch
        best = exposure.cost(0, costs[0], value)
        assert exposure.cost(rival, costs[rival], value) == pytest.approx(best)
        others = [exposure.cost(n, c, value) for n, c in enumerate(costs)]
        assert min(others) == pytest.approx(best)  # nobody overtook earlier
        met += 1
    assert met > 10


def test_switch_values_of_a_line_and_a_hyperbola() -> None:
    rate = Exposure("rates", "r", "cost_usd_km", "", 2.0, 1.0, 4.0, "", linear={0: 10.0})
    assert switch_value(rate, [50.0, 60.0]) == (4.0, 1)
    speed = Exposure("rates", "r", "speed_kmh", "", 40.0, 20.0, 80.0, "", inverse={0: 10.0})
    halved, rival = switch_value(speed, [50.0, 60.0]) or (0.0, 0)
    assert halved == pytest.approx(20.0)
    assert rival == 1
    both = Exposure("links", "l", "x", "", 1.0, 0.5, 2.0, "", linear={1: 10.0}, inverse={1: 4.0})
    value, _ = switch_value(both, [50.0, 51.0]) or (0.0, 0)
    assert 51.0 + 10 * (value - 1) + 4 * (1 / value - 1) == pytest.approx(50.0)
    none = Exposure("rates", "r", "speed_kmh", "", 40.0, 20.0, 80.0, "", linear={0: 5.0, 1: 5.0})
    assert switch_value(none, [50.0, 60.0]) is None


def test_a_wider_range_flips_more_and_names_the_new_corridor() -> None:
    case, found = rivals("toyland")
    narrow = sensitivity(case.tables, found)
    wide = sensitivity(case.tables, found, low_factor=0.01, high_factor=100.0)
    assert not narrow["flips"].any()
    flipped = wide.filter(pl.col("flips"))
    assert flipped.height > 5
    assert (flipped["corridor_flipped"] != flipped["corridor_now"]).all()
    assert flipped["switch_text"].str.contains("above|below").all()
    assert (flipped["rival"] != flipped["corridor_now"]).all()
    assert (flipped["behind_usd_t"] <= 1e-9).all()
    stay = narrow.filter(~pl.col("flips"))
    assert stay["corridor_flipped"].is_null().all()
    assert (stay["rival"] != stay["corridor_now"]).all()
    assert (stay["behind_usd_t"] > 0.0).all()
    assert (stay["behind_usd_t"] <= stay["lead_usd_t"] + 1e-9).all()


def test_the_nearest_rival_by_a_fine_grid_over_the_range() -> None:
    case, found = rivals("toyland")
    costs = [r.cost_usd_t for r in found]
    for low, high in ((0.5, 2.0), (0.01, 100.0)):
        for exposure in exposures(case.tables, found, low, high):
            rival, behind = nearest_rival(exposure, costs)
            grid = np.geomspace(exposure.low or 1e-9, exposure.high, 4001)
            leads = [
                min(exposure.cost(k, costs[k], v) - exposure.cost(0, costs[0], v) for v in grid)
                for k in range(1, len(costs))
            ]
            assert behind == pytest.approx(min(leads), abs=1e-3)
            assert leads[rival - 1] == pytest.approx(min(leads), abs=1e-3)


def test_the_text_names_the_nearest_rival_or_those_that_overtake() -> None:
    case, found = rivals("toyland")
    stays = say(sensitivity_note(sensitivity(case.tables, found)))
    assert "none of" in stays
    assert "still" in stays
    turns = say(sensitivity_note(sensitivity(case.tables, found, low_factor=0.01, high_factor=100.0)))
    assert "could flip it within their range, to" in turns
    assert "Fewer than two" in say(sensitivity_note(sensitivity(case.tables, found[:1])))


def test_only_assumed_inputs_are_listed() -> None:
    case, found = rivals("kaz-pak")
    table = sensitivity(case.tables, found)
    for name in ("crossing_times", "transfers", "services", "links", "parameters"):
        rows = table.filter(pl.col("table") == name)["row_key"]
        bases = case[name].filter(pl.col(KEY[name]).is_in(rows.to_list()))["basis"]
        # an opposite direction's row that stands in for a missing one counts as assumed
        assert name == "crossing_times" or set(bases) <= {"assumed"}


def test_one_corridor_has_no_rival() -> None:
    case, found = rivals("toyland")
    assert sensitivity(case.tables, found[:1]).height == 0
    twin = Rival("the same under another name", found[0].route, found[0].weights)
    assert sensitivity(case.tables, [found[0], twin]).height == 0


@pytest.mark.parametrize("low, high", [(0.0, 2.0), (1.0, 2.0), (0.5, 1.0), (0.5, float("inf"))])
def test_a_range_must_enclose_the_value(low: float, high: float) -> None:
    case, found = rivals("toyland")
    with pytest.raises(InvalidInput, match="enclose"):
        sensitivity(case.tables, found, low_factor=low, high_factor=high)


def test_brief_table_and_answer_agree() -> None:
    case = read_case("toyland")
    study = CorridorStudy(case, case.settings.as_of)
    brief = sensitivity_table(study)
    full = sensitivity_answer(CorridorBase(study), "a_to_b", ("A", "C"))
    assert brief.columns == full.columns[:10]
    assert brief.rows() == full.select(brief.columns).rows()


def test_flips_of_the_real_case_are_checked_on_a_rebuilt_network() -> None:
    """From Kostanay the Caspian and the line through Bolashak stand within a dollar a tonne: flips abound, and those held are kept."""
    study = study_of("kaz-pak")
    base = CorridorBase(study)
    pair = ("KOS", "P_KHI")
    assert pair in study.pairs("a_to_b")
    found = sensitivity_answer(base, "a_to_b", pair)
    some = pl.concat([found.filter("flips").head(6), found.filter(~pl.col("flips"))])
    assert 0 < some.filter("flips").height < some.height
    table = rebuild_switches(base, "a_to_b", pair, some)
    assert table.filter(~pl.col("flips"))["best_rebuilt"].is_null().all()
    assert table.filter(pl.col("flips") & (pl.col("best_rebuilt") != pl.col("corridor_now"))).height > 0


def test_the_brief_keeps_only_flips_that_hold() -> None:
    study = study_of("kaz-pak")
    base = CorridorBase(study)
    pair = study.pairs("a_to_b")[0]
    table = rebuild_switches(base, "a_to_b", pair, sensitivity_answer(base, "a_to_b", pair))
    flipped = table.filter(pl.col("flips"))
    held = flipped.filter(pl.col("best_rebuilt") != pl.col("corridor_now"))["row_key"].to_list()
    brief = sensitivity_table(study)
    assert brief.filter(pl.col("flips"))["row_key"].to_list() == held
    taken_back = brief.filter(pl.col("switch_text").str.contains("finds another way"))["row_key"]
    assert sorted([*held, *taken_back]) == sorted(flipped["row_key"])
