"""Corridor and trade together: the loop against bisection, laws of both sides, and the command on toyland in a small world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from scipy.optimize import brentq

from karwan.analysis.case_requests import ScenarioTradeRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.coupling.answer import answer_trade
from karwan.analysis.coupling.shown import present_trade
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.target import target_section
from karwan.analysis.target_promises import factor_under, promise_chances, shown_promises, side_of
from karwan.appraisal.coupling.corridor import Corridor, Places, shape_rows
from karwan.appraisal.coupling.draws import Spread, draw_inputs, rank_shares
from karwan.appraisal.coupling.loop import Carried, settle_trade
from karwan.appraisal.coupling.trade import CONDITIONAL, GENERAL, PARTIAL, TradeResponse
from karwan.case import Case, read_case
from karwan.case.scenario import with_scenarios
from karwan.errors import InvalidInput
from karwan.notes import Note
from karwan.schema.frames import result_frame
from karwan.trade.standing import annual_series, known_flows

THETA = 5.03


# -- the loop ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slope", [0.01, 0.3, 3.0])
def test_the_loop_finds_the_root_where_plain_repetition_swings(slope: float) -> None:
    """One good, one place: cost 1 + slope x volume, tonnes 10 x cost ** -6."""
    found = settle_trade(
        lambda v: Carried(1.0 + slope * v / 10.0, lambda tonnes: tonnes),
        lambda t_hat: 10.0 * t_hat**-6.0,
        np.array([10.0]),
        np.array([10.0]),
    )
    root = brentq(lambda x: x - 10.0 * (1.0 + slope * x / 10.0) ** -6.0, 0.0, 10.0, xtol=1e-14)
    assert found.converged and found.residual <= 1e-8
    assert found.tonnes_day[0] == pytest.approx(root, rel=1e-7)
    plain = settle_trade(
        lambda v: Carried(1.0 + slope * v / 10.0, lambda tonnes: tonnes),
        lambda t_hat: 10.0 * t_hat**-6.0,
        np.array([10.0]),
        np.array([10.0]),
        memory=0,
        max_iterations=40,
    )
    assert plain.converged == (slope < 0.1)


def test_what_does_not_settle_says_so_and_nothing_is_refused() -> None:
    stuck = settle_trade(
        lambda v: Carried(1.0 + v, lambda t: t),
        lambda t: 5.0 * t**-9.0,
        np.ones(1),
        np.ones(1),
        max_iterations=2,
    )
    assert not stuck.converged and stuck.residual > 1e-8 and stuck.iterations == 2
    with pytest.raises(InvalidInput, match="no trade"):
        settle_trade(lambda v: Carried(v, lambda t: t), lambda t: t, np.zeros(1), np.zeros(1))


# -- the corridor --------------------------------------------------------------------------------------------


def corridor(capacity: float = 40.0, tonnes: float = 100.0) -> Corridor:
    """Two goods, two routes each; the first route passes a border with a queue."""
    queue = shape_rows("border_queue", {"open_share": 1.0})
    places = Places(
        ("border_queue",), np.array([queue]), np.array([capacity]), np.array([20.0]), np.array([12.0])
    )
    use = sparse.csr_array(np.array([[1.0], [0.0], [1.0], [0.0]]))
    return Corridor(
        base_usd_t=np.array([500.0, 520.0, 900.0, 960.0]),
        cost_usd_t=np.array([470.0, 520.0, 870.0, 960.0]),
        log_size=np.zeros(4),
        good=np.array([0, 0, 1, 1]),
        hour_usd_t=np.array([0.2, 0.5]),
        passes=use,
        units_t=use / 20.0,
        places=places,
        base_tonnes_day=np.array([tonnes, tonnes / 2.0]),
        scale=0.03,
    )


def response(tonnes: np.ndarray, banned: np.ndarray | None = None) -> TradeResponse:
    """Both goods go from country 0 to country 1 of three."""
    flows = np.array([[[90.0, 6.0, 4.0], [5.0, 80.0, 6.0], [3.0, 7.0, 900.0]]])
    return TradeResponse(flows, np.array([THETA]), np.array([1, 1]), np.array([0.6, 0.4]), tonnes, banned)


def test_hours_observed_hold_in_the_base_state_and_others_are_apart() -> None:
    one = corridor()
    volume = one.base_volume
    assert one.added_h(volume) == pytest.approx([0.0], abs=1e-12)
    assert one.load_day(volume) == pytest.approx([max(20.0, volume[0])])
    same = replace(one, cost_usd_t=one.base_usd_t)
    assert same.at(volume).t_hat == pytest.approx([1.0, 1.0], abs=1e-14)


def test_shares_and_logsum_by_hand() -> None:
    one = corridor()
    ends = [np.exp(-0.03 * c) for c in (470.0, 520.0)]
    logsum = -np.log(sum(ends)) / 0.03
    before = -np.log(np.exp(-0.03 * 500.0) + np.exp(-0.03 * 520.0)) / 0.03
    share = 1.0 / (1.0 + np.exp(-0.03 * 20.0))
    level = share * 500.0 + (1.0 - share) * 520.0
    t_hat = one.at(one.base_volume, queues=False).t_hat
    assert t_hat[0] == pytest.approx(1.0 + (logsum - before) / level, rel=1e-13)


def solved(one: Corridor, kind: str) -> np.ndarray:
    trade = response(one.base_tonnes_day)
    found = settle_trade(
        one.at, lambda t: trade.answer(t, kind).tonnes_day, one.base_tonnes_day, one.base_volume
    )
    assert found.converged
    return found.tonnes_day


@pytest.mark.parametrize("kind", [PARTIAL, GENERAL])
def test_a_queue_takes_part_of_the_gain_and_room_gives_it_back(kind: str) -> None:
    """More capacity never lowers the tonnes of a single pair; without end it is the answer of one pass."""
    wide = [solved(corridor(capacity), kind) for capacity in (20.5, 24.0, 40.0, 1e9)]
    totals = [float(tonnes.sum()) for tonnes in wide]
    assert totals == sorted(totals) and totals[0] < totals[-1]
    one = corridor(1e9)
    free = response(one.base_tonnes_day).answer(one.at(one.base_volume, queues=False).t_hat, kind)
    assert wide[-1] == pytest.approx(free.tonnes_day, rel=1e-9)


# -- the trade side ------------------------------------------------------------------------------------------


def test_no_change_of_cost_changes_nothing() -> None:
    trade = response(np.array([3.0, 2.0]))
    for kind in (PARTIAL, CONDITIONAL, GENERAL):
        answer = trade.answer(np.ones(2), kind)
        assert np.abs(answer.value_ratio - 1.0).max() < 1e-10
        assert np.abs(answer.flows - trade.flows).max() < 1e-10 * trade.flows.max()


@pytest.mark.parametrize("kind", [PARTIAL, CONDITIONAL, GENERAL])
def test_goods_add_up_to_their_cell(kind: str) -> None:
    trade = response(np.array([3.0, 2.0]))
    answer = trade.answer(np.array([0.9, 1.05]), kind)
    whole = answer.flows[0, 0, 1] / trade.flows[0, 0, 1]
    assert float(trade.weight @ answer.value_ratio) == pytest.approx(whole, rel=1e-12)
    wage = 1.0 if answer.equilibrium is None else answer.equilibrium.wages[0]
    assert answer.tonnes_day == pytest.approx(
        np.array([3.0, 2.0]) * answer.value_ratio / (np.array([0.9, 1.05]) * wage), rel=1e-12
    )
    if answer.equilibrium is not None:
        assert answer.equilibrium.identities.worst < 1e-10


def test_a_ban_empties_the_pair_alone() -> None:
    banned = np.zeros((1, 3, 3), dtype=bool)
    banned[0, 0, 1] = True
    answer = response(np.array([3.0, 2.0]), banned).answer(np.ones(2), GENERAL)
    assert answer.flows[0, 0, 1] == 0.0 and not answer.tonnes_day.any()
    assert answer.flows[0, 2, 1] > 7.0


# -- the command ---------------------------------------------------------------------------------------------


def small_world() -> pl.DataFrame:
    values = {"XTA": (900e6, 6e6, 40e6), "XTC": (9e6, 1200e6, 60e6), "ROW": (50e6, 70e6, 9e10)}
    countries = ("XTA", "XTC", "ROW")
    rows = [
        (exporter, importer, "goods", 2024, value, "fob", "toy", "assumed")
        for exporter, sold in values.items()
        for importer, value in zip(countries, sold, strict=True)
    ]
    names = ["exporter", "importer", "sector", "year", "value_usd", "valuation", "source_id", "basis"]
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.fixture(scope="module")
def in_a_world() -> Case:
    case = read_case("toyland")
    goods = [(product, None, "goods") for product in case["products"]["product_id"]]
    mapped = pl.DataFrame(goods, schema=["product_id", "hs", "sector"], orient="row")
    return case.with_tables({"world_flows": small_world(), "sector_map": mapped})


def asked(case: Case, *names: str, **options: object) -> Result:
    return answer_trade(Inputs(case), ScenarioTradeRequest(names, **options))  # type: ignore[arg-type]


def test_trade_without_sales_at_home_is_no_world(toyland: Case) -> None:
    """Toyland's one row of trade between two countries leaves the trade to flows.csv; with sales at home of both it is a world."""
    told = read_world_trade(toyland)
    assert not told.whole and set(told.countries) == {"XTA", "XTC"}
    row = toyland["world_flows"]
    home = [row.with_columns(exporter=pl.lit(one), importer=pl.lit(one)) for one in ("XTA", "XTC")]
    assert read_world_trade(toyland.with_tables({"world_flows": pl.concat([row, *home])})).whole


def test_four_columns_side_by_side(in_a_world: Case) -> None:
    found = asked(in_a_world, "fast_yard")
    assert found.meta["converged"] and found.meta["residual"] <= 1e-8
    pairs = found.tables["pairs"]
    assert pairs["pair"].to_list() == ["Upland to Lowland", "Lowland to Upland"]
    shares = pairs.select(
        "free_partial_share", "free_general_share", "queue_partial_share", "queue_general_share"
    )
    assert shares.null_count().sum_horizontal()[0] == 0
    out = pairs.row(0, named=True)
    assert out["queue_general_share"] > 0 and out["free_partial_share"] > 0
    products = found.tables["products"].filter(pl.col("pair") == "Upland to Lowland")
    change = float((products["value_usd_year"] * products["value_share"]).sum()) / out["value_usd_year"]
    assert change == pytest.approx(out["queue_general_share"], rel=1e-10)
    worth = found.tables["countries"].filter(pl.col("country") != "ROW")
    assert "Rest of the world" in found.tables["countries"]["name"].to_list()
    assert (worth["welfare_usd_year"] > 0).all()


def test_partial_without_queues_is_the_cost_ratio_to_the_power(in_a_world: Case) -> None:
    found = asked(in_a_world, "fast_yard", partial=True, no_queues=True, theta=4.0)
    row = found.tables["pairs"].row(0, named=True)
    products = found.tables["products"].filter(pl.col("pair") == row["pair"])
    assert products.height == 1  # so the mean over goods is that over places, near enough
    assert row["free_partial_share"] == pytest.approx(row["cost_ratio"] ** -4.0 - 1.0, rel=0.02)
    assert row["queue_partial_share"] is None and row["free_general_share"] is None
    assert not found.tables["countries"].height


def test_today_is_no_change_where_trade_was_made_as_things_stand(in_a_world: Case) -> None:
    found = asked(in_a_world, "today").tables["pairs"]
    assert found["queue_general_share"].abs().max() < 1e-8
    with pytest.raises(InvalidInput, match="cannot be joined"):
        asked(in_a_world, "today", "fast_yard")


def test_a_world_that_is_not_there_leaves_incomes_out() -> None:
    found = asked(read_case("toyland"), "fast_yard", pairs="parties")
    assert found.tables["pairs"]["free_general_share"].null_count() == found.tables["pairs"].height
    with pytest.raises(InvalidInput, match="deficits"):
        ScenarioTradeRequest(("fast_yard",), deficits="none")


# -- draws ---------------------------------------------------------------------------------------------------


def test_shares_of_inputs_add_up_and_name_what_moves() -> None:
    inputs = draw_inputs([Spread("strong", 1.0, 0.5, 2.0), Spread("weak", 1.0, 0.9, 1.1)], 400, 3)
    outcome = inputs[:, 0] ** 2 * inputs[:, 1]
    correlation, share = rank_shares(inputs, outcome)
    assert share.sum() == pytest.approx(1.0)
    assert correlation[0] > 0.9 and share[0] > 0.9
    assert np.quantile(inputs[:, 0], 0.95) == pytest.approx(2.0, rel=0.15)
    assert (
        draw_inputs([Spread("strong", 1.0, 0.5, 2.0)], 5, 3)[:3]
        == draw_inputs([Spread("strong", 1.0, 0.5, 2.0)], 3, 3)
    ).all()
    with pytest.raises(InvalidInput, match="range of wrong"):
        Spread("wrong", 1.0, 2.0, 3.0)


def test_draws_are_the_same_for_any_number_of_workers(in_a_world: Case) -> None:
    one, two = (asked(in_a_world, "fast_yard", draws=8, seed=5, workers=n) for n in (1, 2))
    assert one.tables["pairs"].equals(two.tables["pairs"])
    assert one.tables["inputs"].equals(two.tables["inputs"])
    row = one.tables["pairs"].row(0, named=True)
    assert row["low_share"] < row["median_share"] < row["high_share"]
    frozen = asked(in_a_world, "fast_yard", draws=8, seed=5, frozen_queues=True).tables["pairs"]
    assert frozen["median_share"][0] == pytest.approx(row["median_share"], rel=0.02)


# -- the target ----------------------------------------------------------------------------------------------


def test_a_target_moves_with_a_scenario_and_with_a_promise(in_a_world: Case) -> None:
    day = in_a_world.settings.as_of
    rows = in_a_world["commitments"].head(1)
    promise = rows.with_columns(scenario_id=pl.lit("fast_yard"), status=pl.lit("unknown"))
    planned = in_a_world.with_tables({"commitments": promise})
    table = promise_chances(planned, day)
    assert table.height and (table["factor"] > 1.0).all()
    assert (table["chance_with"] > table["chance"]).all()
    under = with_scenarios(planned, ["fast_yard"])
    assert factor_under(under, day) == pytest.approx(table["factor"][0], rel=1e-9)
    assert factor_under(planned, day) == 1.0
    above = promise_chances(planned, day, factor=1.1)
    assert (above["chance"] > table["chance"]).all()  # the scenarios it stands under count in both
    flows = planned["flows"]
    other = {"XTA": "XTC", "XTC": "XTA"}
    swapped = [pl.col("reporter").replace(other), pl.col("value_usd") / 4, pl.format("{}_b", "flow_id")]
    both = pl.concat([flows, flows.with_columns(*swapped[:2], swapped[2].alias("flow_id"))])
    planned = planned.with_tables({"flows": both.unique("flow_id", maintain_order=True)})
    one, two = (
        ("Pairs", 4.0, multiple, hits, 100, "all", 0.0, 1e15) for multiple, hits in ((1.0, 50), (3.0, 5))
    )
    columns = [
        "label",
        "horizon_years",
        "multiple",
        "successes",
        "cases",
        "comparable",
        "low_usd",
        "high_usd",
    ]
    rates = pl.DataFrame([one, two], schema=columns, orient="row")
    annual = annual_series(known_flows(planned["flows"], planned["sources"], day))
    chances = target_section(planned, annual, day, rates=rates).chances
    base = {
        (row["target"], side_of(str(row["model"]))): row["probability"]
        for row in chances.iter_rows(named=True)
        if row["model"].endswith("base rate")
    }
    rows = promise_chances(planned, day, rates=rates).to_dicts()
    assert len(set(base.values())) == 2  # each side needs another growth, and has its own rate
    assert all(row["base_rate"] == base[row["target"], side_of(str(row["model"]))] for row in rows)


def test_promises_that_move_nothing_are_one_line() -> None:
    rows = [
        {
            "target": "T",
            "model": f"A: {way}",
            "scenario_id": name,
            "modelled_as": name,
            "factor": factor,
            "score": score,
        }
        for way, score in (("walk", 0.5), ("drift", 0.6))
        for name, factor in (("moves", 1.2), ("idle", 1.0), ("hardly", 1.0001))
    ]
    shown, said = shown_promises(result_frame("target_promises", rows))
    assert shown.select("model", "scenario_id").rows() == [("A: walk", "moves")]
    assert said[-1].values["names"] == ["hardly", "idle"] and said[-1].values["count"] == 2


def test_an_even_split_over_goods_is_marked_and_no_band_is_shown_without_draws(in_a_world: Case) -> None:
    """Two goods of a sector share its trade; one that stands alone has all of it."""
    case = in_a_world.with_tables({"products": twin(in_a_world["products"])})
    goods = [(product, None, "goods") for product in case["products"]["product_id"]]
    mapped = pl.DataFrame(goods, schema=["product_id", "hs", "sector"], orient="row")
    found = asked(case.with_tables({"sector_map": mapped}), "fast_yard", no_queues=True, partial=True)
    split = found.tables["products"].group_by("pair").agg("base_split", pl.len())
    assert {n: set(marks) for _, marks, n in split.iter_rows()} == {
        1: {"whole sector"},
        2: {"assumed equal share"},
    }
    shown = present_trade(found, None, "table")
    assert not {"low_share", "median_share", "high_share"} & set(shown.tables["pairs"].columns)
    hidden = shown.tables["products"].filter(pl.col("base_split") == "assumed equal share")
    assert hidden["tonnes_year"].null_count() == 2 and hidden["value_share"].null_count() == 0
    assert "coupling.split" in [one.key for one in shown.notes if isinstance(one, Note)]
    assert present_trade(found, None, "json") is found


def twin(products: pl.DataFrame) -> pl.DataFrame:
    """Goods with a second one like the first of the exporter that has one alone."""
    alone = products.filter(pl.len().over("exporter", "form") == 1).head(1)
    return pl.concat([products, alone.with_columns(product_id=pl.lit("twin"), name=pl.lit("Twin"))])


def test_a_scenario_that_trade_was_made_under_is_named(in_a_world: Case) -> None:
    """It moves nothing, and the answer says so and what to ask; beside another it says which one moves nothing."""
    made = replace(in_a_world.settings, trade_state=("fast_yard",), trade_year=2024)
    case = replace(in_a_world, settings=made)
    found = asked(case, "fast_yard", no_queues=True, partial=True)
    assert found.tables["pairs"]["free_partial_share"].abs().max() == 0.0
    said = {one.key: dict(one.values) for one in found.notes if isinstance(one, Note)}
    assert said["coupling.in_force_already"] == {"scenarios": ["fast_yard"], "year": 2024}
    assert "coupling.in_force_already" not in {
        one.key for one in asked(case, "today", no_queues=True, partial=True).notes if isinstance(one, Note)
    }


def test_what_people_read_of_it_is_rounded_and_short() -> None:
    result = Result(
        {
            "countries": pl.DataFrame({"welfare_usd_year": [float(n) * 1_234_567.0 for n in range(-10, 10)]}),
            "places": pl.DataFrame(
                {
                    "base_day": [1234.5, 1.0, 2.0],
                    "load_share": [0.9, 0.1, 0.1],
                    "added_h": [0.0, -0.5, 0.001],
                    "beyond_limit": [False, False, False],
                }
            ),
        }
    )
    shown = present_trade(result, None, "table")
    assert shown.tables["countries"]["welfare_usd_year"][0] == pytest.approx(-12_300_000.0, rel=1e-12)
    assert shown.tables["countries"].height == 12
    assert shown.tables["places"]["base_day"].to_list() == [1230.0, 1.0]
    assert [one.key for one in shown.notes] == ["coupling.shown"]
    assert present_trade(result, None, "json") is result
