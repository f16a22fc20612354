"""The one trade cost: three commands give the same figure, and its laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from karwan.analysis.assignment import assign_corridors
from karwan.analysis.corridor_change import corridor_change
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.pinned import pinned_scenarios
from karwan.analysis.trade_cost import even_flows, trade_cost
from karwan.analysis.worth.flows import flows_of
from karwan.analysis.worth.promises import plan_worth
from karwan.appraisal.worth import Goods, RouteStates, Taste, cost_ratio, expected, route_costs
from karwan.case import Case, embedded_cases, read_case
from karwan.case.scenario import with_scenarios
from karwan.errors import InvalidInput
from karwan.transport.choice import path_size
from tests.unit.test_plan_worth import YARD
from tests.unit.test_plan_worth import toyland as promised

TASTE = Taste(scale=0.03, path_size_weight=1.0, reliability_ratio=0.5, insurance_share=0.01)
DEMAND = pl.DataFrame({"origin_id": ["A"], "destination_id": ["C"], "product_id": ["beans"], "t_day": [1e-9]})


@pytest.fixture(scope="module")
def toyland() -> Case:
    return read_case("toyland")


def test_three_commands_price_a_scenario_alike(tmp_path: Path) -> None:
    """A tonne of beans from A to C with a faster yard: the worth of the plan, the assignment and the trade cost itself."""
    case = read_case(promised(tmp_path / "case", {"yard": YARD}))
    study = CorridorStudy(case, case.settings.as_of)
    cost = trade_cost(case, ["yard"], flows_of(study, DEMAND), study=study)
    fall = float(cost.change.logsum_usd_t[0, 0] - cost.change.logsum_usd_t[1, 0])
    assert fall > 0.1
    table = plan_worth(case, study.as_of, demand=DEMAND, ranges=False, kept=False).promises
    assert table.filter(pl.col("scenario_id") == "yard")["usd_t"][0] == pytest.approx(fall, rel=1e-12)
    under = CorridorStudy(with_scenarios(case, ["yard"]), study.as_of)
    sums = [assign_corridors(s, DEMAND).demand["logsum_usd_t"][0] for s in (study, under)]
    assert sums[0] - sums[1] == pytest.approx(fall, rel=1e-7)


def test_the_corridor_term_of_a_potential_is_the_trade_cost_of_its_goods(toyland: Case) -> None:
    study = CorridorStudy(toyland, toyland.settings.as_of)
    change = corridor_change(toyland, ["fast_yard"], "XTA", theta=5.03, study=study)
    flows = even_flows(toyland, "a_to_b", study.shipment().form, study.pairs("a_to_b"))
    cost = trade_cost(toyland, ["fast_yard"], flows, study=study)
    weight = cost.value_usd / cost.value_usd.sum()
    assert change.factor(5.03) == pytest.approx(float(weight @ cost.t_hat**-5.03), rel=1e-14)
    assert (cost.t_hat < 1.0).all() and (cost.t_hat > 0.9).all()


def test_there_and_back(toyland: Case) -> None:
    """Nearly 1, not 1: the level before differs; .994 to 1.001 over the goods of the flagship case."""
    study = CorridorStudy(toyland, toyland.settings.as_of)
    flows = flows_of(study, DEMAND)
    there = trade_cost(toyland, ["fast_yard"], flows, study=study)
    back = trade_cost(toyland, [], flows, before=["fast_yard"], study=study)
    assert float(there.t_hat[0] * back.t_hat[0]) == pytest.approx(1.0, abs=6e-3)
    assert np.diff(there.change.logsum_usd_t, axis=0) == pytest.approx(
        -np.diff(back.change.logsum_usd_t, axis=0)
    )


def test_routes_are_looked_for_under_every_scenario_of_the_case(tmp_path: Path) -> None:
    """Whether a promise names it, and whether it is asked for; one that cannot be read is left out."""
    case = read_case(promised(tmp_path / "case", {"yard": YARD}))
    assert case.folder is not None
    text = (embedded_cases()["toyland"] / "scenarios" / "fast_yard.yaml").read_text(encoding="utf-8")
    (case.folder / "scenarios" / "fast_yard.yaml").write_text(text, encoding="utf-8")
    (case.folder / "scenarios" / "torn.yaml").write_text("id: torn\n", encoding="utf-8")
    assert "fast_yard" not in case["commitments"]["scenario_id"].to_list()
    study = CorridorStudy(case, case.settings.as_of)
    for asked in ("yard", "fast_yard"):
        assert list(pinned_scenarios(study, {asked: study.scenario(asked)})) == ["fast_yard", "yard"]
    assert list(pinned_scenarios(study, {})) == ["fast_yard", "yard"]


def test_no_goods_are_refused(toyland: Case) -> None:
    with pytest.raises(InvalidInput, match="no goods"):
        trade_cost(toyland, ["fast_yard"], [])


# -- laws on arrays -------------------------------------------------------------------------------------------


def made(seed: int, states: int = 2, routes: int = 6) -> tuple[Goods, RouteStates, np.ndarray, np.ndarray]:
    """Random goods and routes over ten links."""
    draw = np.random.default_rng(seed)
    use = (draw.random((routes, 10)) < 0.4).astype(float)
    use[:, 0] = 1.0
    goods = Goods(
        price_usd_t=draw.uniform(200, 5000, 3),
        day_share=draw.uniform(0.001, 0.02, 3),
        unit_t=np.full(3, 20.0),
        tonnes_year=np.ones(3),
        duty_share=np.full((states, 3), 0.1),
        duty_usd_t=np.zeros((states, 3)),
    )
    ways = RouteStates(
        usd_t=draw.uniform(50, 150, (states, routes)),
        usd_unit=draw.uniform(500, 1500, (states, routes)),
        hours=draw.uniform(50, 900, (states, routes)),
        variance_h2=draw.uniform(0, 900, (states, routes)),
        path_size=np.ones(routes),
    )
    return goods, ways, use, draw.uniform(10, 900, 10)


def ratio(goods: Goods, ways: RouteStates, use: np.ndarray, km: np.ndarray) -> np.ndarray:
    opened = np.isfinite(ways.hours).any(axis=0)
    size = np.ones(opened.size)
    size[opened] = path_size(use[opened], km)
    found, level = expected(route_costs(goods, ways, TASTE), size, TASTE)
    return cost_ratio(found.logsum_usd_t[0], found.logsum_usd_t[1], level[0])


@pytest.mark.parametrize("seed", range(5))
def test_doubling_every_route_changes_nothing(seed: int) -> None:
    goods, ways, use, km = made(seed)
    twice = RouteStates(*(np.concatenate([part, part], axis=-1) for part in vars(ways).values()))
    once = ratio(goods, ways, use, km)
    assert np.abs(ratio(goods, twice, np.vstack([use, use]), km) - once).max() < 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_routes_shut_in_both_states_take_no_part_and_opening_one_never_costs(seed: int) -> None:
    goods, ways, use, km = made(seed)
    shut = ways.hours.copy()
    shut[:, 2] = np.inf
    closed = RouteStates(ways.usd_t, ways.usd_unit, shut, ways.variance_h2, ways.path_size)
    without = RouteStates(*(np.delete(part, 2, axis=-1) for part in vars(closed).values()))
    fewer = np.delete(use, 2, axis=0)
    assert ratio(goods, closed, use, km) == pytest.approx(ratio(goods, without, fewer, km), rel=1e-14)
    opening = shut.copy()
    opening[1] = ways.hours[0]
    opening[0] = np.where(np.isinf(shut[0]), np.inf, ways.hours[0])
    same = [np.vstack([part[0], part[0]]) for part in (ways.usd_t, ways.usd_unit, ways.variance_h2)]
    opens = RouteStates(same[0], same[1], opening, same[2], ways.path_size)
    assert (ratio(goods, opens, use, km) <= 1.0).all()


def test_a_way_of_its_own_far_dearer_moves_nothing() -> None:
    goods, ways, use, km = made(1)
    more = RouteStates(*(np.concatenate([part, part[..., :1]], axis=-1) for part in vars(ways).values()))
    more.usd_t[:, -1] = ways.usd_t.max() + ways.usd_unit.max() / 20.0 + 2000.0
    own = np.vstack([np.hstack([use, np.zeros((6, 1))]), np.eye(11)[10:]])
    assert ratio(goods, more, own, np.append(km, 500.0)) == pytest.approx(
        ratio(goods, ways, use, km), abs=5e-6
    )
