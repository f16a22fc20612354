"""Appraisal of ventures: spreadsheet examples, numpy-financial, laws, and waiting against simulated borders."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import formulas
import numpy as np
import numpy_financial as oracle
import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.amounts import Z95
from karwan.analysis.case_requests import ScenarioTradeRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.trade_cost import trade_cost
from karwan.analysis.venture import traffic
from karwan.analysis.venture.answer import answer_appraise, appraisals_of
from karwan.analysis.venture.appraise import LOAD, Appraisal, rates_of
from karwan.analysis.venture.band import quantiles
from karwan.analysis.venture.read import Figure, read_venture
from karwan.analysis.venture.sheets import brief_ventures
from karwan.analysis.venture.tables import ALWAYS_SHOWN, indicator_table, indicator_text
from karwan.analysis.venture_requests import AppraiseRequest, WaitRequest
from karwan.analysis.worth.flows import Flow
from karwan.appraisal.venture.cash import available, capacity, cash_flows
from karwan.appraisal.venture.draws import Range, draw_values, importance, shut_years
from karwan.appraisal.venture.economic import Shadow, distribution, economic_flow, shadow_of
from karwan.appraisal.venture.indicators import (
    NONE,
    SEVERAL,
    UNIQUE,
    debt_cover,
    internal_rate,
    least_cover,
    loan_life_cover,
    mirr,
    npv,
    payback,
)
from karwan.appraisal.venture.model import Cost, Loan, Sale, Supply, Venture, VentureStage, VentureTerms
from karwan.appraisal.venture.switching import TriedInput, switching_values
from karwan.appraisal.venture.waiting import built, equal_hazards, price_threshold, wait, yearly_options
from karwan.case import Case, CaseProblems, read_case
from karwan.errors import InvalidInput, UnknownName
from karwan.notes import Note
from karwan.project import open_case
from karwan.report.blocks import Notes
from karwan.report.charts.venture import draw_gains, draw_tornado, draw_venture_cash
from karwan.report.sections.ventures import annex
from karwan.report.venture_book import write_venture_book
from karwan.words import say

TERMS = VentureTerms(
    build=1, life=4, financial=0.1, economic=0.09, tax=0.25, share_a=0.6, partners=("XTA", "XTC"), host="XTA",
    depreciation=4, working_days=36.5, resale=0.1,
)  # fmt: skip
PLANT = Venture(
    stages=(VentureStage("s.tan", "hide", "blue", (0.5,)),),
    costs=(
        Cost("c.plant", "capex", "USD", tradable=0.5),
        Cost("c.men", "labour", "USD/year", skilled=0.25),
        Cost("c.salt", "per_input", "USD/input", tradable=1.0),
        Cost("c.fee", "royalty", "share of sales", owner="XTC"),
        Cost("c.school", "training", "USD", first=1, last=2),
        Cost("c.power", "energy", "USD/output"),
    ),
    sales=(Sale("p.blue", "blue"), Sale("p.glue", "glue", by_product=True)),
    supplies=(Supply("u.hide", "hide"),),
    loans=(Loan("l.bank", "Bank", "XTC", "loan", grace=1, tenor=3), Loan("l.gift", "Fund", "XTA", "grant")),
    terms=TERMS,
    values={
        "s.tan.capacity_year": 100.0, "s.tan.output_per_input": 0.8, "s.tan.utilisation": 1.0,
        "c.plant.value": 40_000.0, "c.men.value": 4_000.0, "c.salt.value": 10.0, "c.fee.value": 0.02,
        "c.school.value": 1_000.0, "c.power.value": 5.0,
        "p.blue.price_usd": 550.0, "p.blue.share": 1.0, "p.blue.duty_share": 0.1, "p.blue.freight_usd": 40.0,
        "p.blue.hours": 240.0, "p.blue.day_share": 0.002, "p.glue.price_usd": 20.0, "p.glue.share": 0.1,
        "u.hide.available_year": 400.0, "u.hide.fit_share": 0.5, "u.hide.reachable_share": 0.4,
        "u.hide.price_usd_t": 60.0, "u.hide.collection_usd_t": 20.0, "u.hide.opportunity_share": 0.2,
        "l.bank.usd": 10_000.0, "l.bank.rate_share": 0.08, "l.bank.fee_share": 0.01, "l.gift.usd": 2_000.0,
    },
)  # fmt: skip
SHADOW = shadow_of({"e": 1.05, "w": 0.8, "x": 3.0, "t": 0.5, "u": 7.0}, {"exchange": "e", "unskilled": "w", "effluent_usd": "x", "spill": "t", "users_usd": "u"})  # fmt: skip


def test_documented_spreadsheet_examples() -> None:
    """Values printed in the documentation of NPV, IRR and MIRR of the common spreadsheets."""
    assert float(npv(0.1, np.array([-10_000.0, 3000, 4200, 6800]))) / 1.1 == pytest.approx(1188.44, abs=0.005)
    four = np.array([-70_000.0, 12_000, 15_000, 18_000, 21_000])
    assert internal_rate(four).rate == pytest.approx(-0.0212, abs=5e-5)
    assert internal_rate(np.append(four, 26_000.0)).rate == pytest.approx(0.0866, abs=5e-5)
    assert mirr(np.array([-120_000.0, 39_000, 30_000, 21_000, 37_000, 46_000]), 0.10, 0.12) == pytest.approx(0.1261, abs=5e-5)  # fmt: skip


@settings(max_examples=40)
@given(
    st.integers(1, 10**6),
    st.lists(st.integers(0, 10**6), min_size=2, max_size=15).filter(lambda flows: sum(flows) > 1),
)
def test_agrees_with_numpy_financial_where_the_root_is_unique(outlay: int, income: list[int]) -> None:
    flows = np.array([-outlay, *income], dtype=float)
    assert float(npv(0.07, flows)) == pytest.approx(float(oracle.npv(0.07, flows)), rel=1e-9, abs=1e-6)
    found = internal_rate(flows)
    theirs = float(oracle.irr(flows))
    if -0.99 < theirs < 900.0:
        assert found.kind == UNIQUE
        assert found.rate == pytest.approx(theirs, rel=1e-6, abs=1e-8)
    own = mirr(flows, 0.08, 0.1)
    assert own == pytest.approx(float(oracle.mirr(flows, 0.08, 0.1)), rel=1e-9, abs=1e-9)


def test_internal_rates_that_are_not_unique_are_all_told() -> None:
    several = internal_rate(np.array([-1000.0, 2300.0, -1320.0]))  # (1 + r) is 1.1 and 1.2
    assert several.kind == SEVERAL and several.rate is None
    assert several.rates == pytest.approx((0.1, 0.2), abs=1e-12)
    assert internal_rate(np.array([-5.0, -1.0, -1.0])).kind == NONE
    assert internal_rate(np.zeros(3)).kind == NONE
    assert np.isnan(mirr(np.array([-5.0, -1.0]), 0.1, 0.1))


def test_payback_and_cover_of_debt() -> None:
    flows = np.array([-100.0, 40.0, 40.0, 40.0])
    assert payback(flows) == pytest.approx(2.5)
    assert npv(0.1, flows) < 0 and payback(flows, 0.1) == np.inf
    assert payback(flows, 0.05) == pytest.approx(2 + (100 - 40 / 1.05 - 40 / 1.05**2) / (40 / 1.05**3))
    assert payback(np.array([-100.0, 40.0])) == np.inf
    assert payback(np.array([5.0, 1.0])) == 0.0
    cash, due = np.array([0.0, 30.0, 30.0, 30.0]), np.array([0.0, 20.0, 15.0, 0.0])
    assert debt_cover(cash, due)[1:3].tolist() == [1.5, 2.0]
    assert float(least_cover(cash, due)) == 1.5
    assert float(least_cover(cash, np.zeros(4))) == np.inf
    interest = np.array(
        [5.0, 20.0, 15.0, 0.0]
    )  # interest of the year of building is paid by the owners, not out of its earnings
    assert float(least_cover(cash, interest)) == 0.0 and float(least_cover(cash, interest, 1)) == 1.5
    cover = loan_life_cover(cash, due, np.array(30.0), np.array(0.1), 1)
    assert cover == pytest.approx((30 / 1.1 + 30 / 1.21) / 30)


def test_what_is_drawn_has_the_bands_of_what_pays_back() -> None:
    lost, slow, fast = [-100.0, 0.0, 0.0], [-100.0, 50.0, 50.0], [-100.0, 200.0, 0.0]
    flows = np.array([lost, slow, fast]).T
    assert payback(flows).tolist() == [np.inf, 2.0, 0.5]
    assert quantiles(payback(flows)) == (0.5, 2.0, np.inf)
    assert indicator_text(np.inf, "years") == "never"
    rates = rates_of(flows)
    assert rates.tolist() == pytest.approx([-np.inf, 0.0, 1.0], abs=1e-9)
    assert indicator_text(rates[0], "share") == "all lost"


def test_every_year_of_a_plant_by_hand() -> None:
    cash = cash_flows(PLANT)
    taken = np.array([0.0, 50, 80, 80, 80])  # load 50 then 100 %, and 400 x .5 x .4 = 80 hides at most
    gate = 550 / 1.1 - 40 - 550 * 0.002 * 240 / 24
    blue, glue = 0.8 * taken * gate, 0.1 * taken * 20
    sales = blue + glue
    school = np.array([0.0, 500, 500, 0, 0])
    work = np.array([0.0, 1, 1, 1, 1])
    running = 4000 * work + 10 * taken + 0.02 * sales + school + 5 * 0.8 * taken + 80 * taken
    ebitda = sales - running
    capital = np.array([40_000.0, 0, 0, 0, 0])
    depreciation = 10_000 * work
    interest = np.array([0.0, 800, 800, 400, 0])  # 10,000 owed, repaid in years 2 and 3
    principal = np.array([0.0, 0, 5000, 5000, 0])

    def tax(profit: np.ndarray) -> np.ndarray:
        losses, due = 0.0, []
        for one in profit:
            net = one - losses
            losses = max(-net, 0.0)
            due.append(0.25 * max(net, 0.0))
        return np.array(due)

    working = np.diff([0.0, 0, *(0.1 * running[1:4]), 0.0])
    residual = np.array([0.0, 0, 0, 0, 4000])
    project = ebitda - capital - tax(ebitda - depreciation) - working + residual
    equity = (
        ebitda - capital - tax(ebitda - depreciation - interest) - working + residual - interest - principal
    )
    equity[0] += 10_000 - 100 + 2_000
    assert cash.ebitda[:, 0] == pytest.approx(ebitda)
    assert cash.working_change[:, 0] == pytest.approx(working)
    assert cash.project[:, 0] == pytest.approx(project)
    assert cash.equity[:, 0] == pytest.approx(equity)
    economic = (
        sales * 1.05 - 40_000 * 1.025 * (capital > 0) - 4000 * work * (0.25 + 0.75 * 0.8) - 10 * taken * 1.05
        - school - 5 * 0.8 * taken - (0.2 * 60 + 20) * taken - working + residual - 3 * taken + 0.5 * school + 7 * taken
    )  # fmt: skip
    assert economic_flow(PLANT, cash, SHADOW)[:, 0] == pytest.approx(economic)


def test_who_gains_adds_up_to_the_economic_flow() -> None:
    cash = cash_flows(PLANT)
    gains = distribution(PLANT, cash, SHADOW)
    whole = sum(gain.flow for gain in gains)
    assert np.asarray(whole) == pytest.approx(economic_flow(PLANT, cash, SHADOW), abs=1e-6)
    by_group = {(g.country, g.group): float(npv(0.09, g.flow)[0]) for g in gains}
    assert by_group["XTC", "owner of the technology"] > 0
    assert by_group["XTA", "suppliers of raw material"] == pytest.approx(
        float(npv(0.09, 0.8 * 60 * cash.taken["s.tan"])[0])
    )


def test_days_that_are_no_money_stay_out_of_the_cash_and_in_the_economies() -> None:
    """Of 0.2 % a day half is interest and loss; ten days, and one day kept in reserve."""
    held = PLANT.with_values({"p.blue.wait_share": 0.001, "p.blue.late_hours": 24.0})
    sales = tuple(replace(sale, market="XTC") for sale in held.sales)
    cash, plain = cash_flows(replace(held, sales=sales)), cash_flows(PLANT)
    sold = 0.8 * plain.taken["s.tan"]
    assert cash.sales["p.blue"] - plain.sales["p.blue"] == pytest.approx(sold * 550 * 0.001 * 10)
    waits = sold * 550 * (0.001 * 10 + 0.002 * 1)
    assert cash.waits["p.blue"] == pytest.approx(waits)
    moved = economic_flow(held, cash, SHADOW) - economic_flow(PLANT, plain, SHADOW)
    working = cash.working_change - plain.working_change  # the royalty is a share of the sales
    assert moved == pytest.approx(-1.05 * sold * 550 * 0.002 - working)
    gains = distribution(replace(held, sales=sales), cash, SHADOW)
    assert [(one.country, one.group) for one in gains if one.group == "buyers who wait"] == [
        ("XTC", "buyers who wait")
    ]
    whole = sum(one.flow for one in gains)
    assert np.asarray(whole) == pytest.approx(economic_flow(held, cash, SHADOW), abs=1e-6)


def test_internal_rate_of_the_flows_has_no_value_left() -> None:
    flows = cash_flows(PLANT).project[:, 0]
    rate = internal_rate(flows).rate
    assert rate is not None and abs(float(npv(rate, flows))) < 1e-6


def test_equity_at_the_rate_of_the_loan_is_the_project_without_tax() -> None:
    bare = replace(PLANT, terms=replace(TERMS, tax=0.0), loans=PLANT.loans[:1])
    cash = cash_flows(bare.with_values({"l.bank.fee_share": 0.0}))
    assert npv(0.08, cash.equity) == pytest.approx(npv(0.08, cash.project), abs=1e-6)


def test_two_stages_with_a_product_between_make_what_one_makes() -> None:
    """A stage of yield .8 split in .9 and .8 / .9: the middle product is used up, so a price for it moves nothing."""
    split = replace(
        PLANT, stages=(VentureStage("s.lime", "hide", "pelt", (0.5,)), VentureStage("s.tan", "pelt", "blue", (0.5,))),
        sales=(*PLANT.sales, Sale("p.pelt", "pelt")),
        costs=tuple(replace(c, stage="s.lime" if c.driver == "USD/input" else "s.tan") for c in PLANT.costs),
    ).with_values({
        "s.lime.capacity_year": 100.0, "s.lime.output_per_input": 0.9, "s.tan.output_per_input": 0.8 / 0.9, "p.pelt.price_usd": 999.0,
        "s.lime.utilisation": 1.0,
    })  # fmt: skip
    assert cash_flows(split).project == pytest.approx(cash_flows(PLANT).project, abs=1e-6)


def test_twice_the_plant_is_worth_twice() -> None:
    sizes = ("capacity_year", "available_year")
    yearly = ("c.plant.value", "c.men.value", "c.school.value", "l.bank.usd", "l.gift.usd")
    double = {k: 2 * v for k, v in PLANT.values.items() if k.endswith(sizes) or k in yearly}
    one, two = cash_flows(PLANT), cash_flows(PLANT.with_values(double))
    assert two.equity == pytest.approx(2 * one.equity)


def test_learning_and_training_raise_load_and_yield() -> None:
    slow = cash_flows(replace(PLANT, terms=replace(TERMS, learning_years=2.0, yield_gain=0.1)))
    load = 1 - np.exp(-np.arange(1, 5) / 2)
    assert slow.taken["s.tan"][1:, 0] == pytest.approx(np.minimum(100 * load, 80))
    assert slow.made["s.tan"][1:, 0] == pytest.approx(0.8 * np.minimum(100 * load, 80) * (1 + 0.1 * load))
    off = cash_flows(replace(PLANT, stages=(VentureStage("s.tan", "hide", "blue"),)))
    assert off.taken["s.tan"][1:, 0].tolist() == [80.0] * 4


def test_a_switching_value_put_back_leaves_nothing() -> None:
    def worth(values: Mapping[str, np.ndarray]) -> np.ndarray:
        return npv(0.1, cash_flows(PLANT.with_values(values)).project)

    price = TriedInput("p.blue.price_usd", 550.0, 500.0, 600.0, (0.0, 2000.0))
    fit = TriedInput("u.hide.fit_share", 0.5, 0.1, 0.9, (0.0, 1.0))
    found, other = switching_values(worth, (price, fit))
    assert found.value is not None and found.of_range is not None
    assert abs(float(worth({found.key: np.array([found.value])})[0])) < 1e-8 * 40_000
    assert found.of_range == pytest.approx(abs(found.value - 550) / 50)
    assert found.low_npv == pytest.approx(float(worth({found.key: np.array([500.0])})[0]))
    assert found.low_npv < found.high_npv
    assert switching_values(worth, (fit,))[0] == other
    (none,) = switching_values(
        lambda values: 0 * values["x"] - 1.0, (TriedInput("x", 1.0, 0.5, 1.5, (0.0, 2.0)),)
    )
    assert none.value is None and none.of_range is None


RANGES = (
    Range("u.hide.price_usd_t", 60.0, 40.0, 90.0),
    Range("p.blue.price_usd", 550.0, 480.0, 630.0, with_key="u.hide.price_usd_t", correlation=0.7),
    Range("s.tan.utilisation", 0.9, 0.5, 1.0, most=1.0),
)


def test_draws_keep_ends_means_and_correlation() -> None:
    few, many = (draw_values(RANGES, n, 7, "factor.capex") for n in (2_000, 40_000))
    price = many["p.blue.price_usd"]
    assert np.quantile(price, [0.05, 0.5, 0.95]) == pytest.approx([480, 550, 630], rel=0.01)
    assert many["s.tan.utilisation"].max() <= 1.0
    logs = np.corrcoef(np.log(price), np.log(many["u.hide.price_usd_t"]))[0, 1]
    assert logs == pytest.approx(0.7, abs=0.02)
    assert many["factor.capex"].mean() == pytest.approx(1.28, abs=4 * 0.4 / 200)
    values = [npv(0.1, cash_flows(PLANT.with_values(one)).project) for one in (few, many)]
    assert values[0].mean() == pytest.approx(values[1].mean(), abs=4 * values[0].std() / np.sqrt(2_000))
    shares = importance(many, values[1])
    assert sum(one.share for one in shares) == pytest.approx(1.0)
    assert [one.share for one in shares] == sorted((one.share for one in shares), reverse=True)
    assert {one.key: one.correlation for one in shares}["factor.capex"] < 0
    assert importance({"x": np.ones(3)}, np.arange(3.0)) == ()


def test_a_draw_is_what_the_number_alone_gives() -> None:
    drawn = draw_values(RANGES, 50, 3)
    together = cash_flows(PLANT.with_values(drawn)).equity
    alone = cash_flows(PLANT.with_values({key: float(value[17]) for key, value in drawn.items()})).equity
    assert together[:, 17] == pytest.approx(alone[:, 0])


def test_waiting_against_simulated_borders() -> None:
    rate, opens, shuts, cost, earned = 0.08, 0.6, 0.3, 60.0, (-2.0, 12.0)
    found = wait(*earned, cost, rate=rate, opens=opens, shuts=shuts)
    dice = np.random.default_rng(5)
    paths = 20_000
    until = dice.exponential(1 / opens, paths)
    clock, value, is_open = until.copy(), np.zeros(paths), True
    while clock.min() < 150:  # 12 / .08 e^-12 is nothing
        length = dice.exponential(1 / (shuts if is_open else opens), paths)
        value += earned[int(is_open)] / rate * (np.exp(-rate * clock) - np.exp(-rate * (clock + length)))
        clock, is_open = clock + length, not is_open
    waited = value - cost * np.exp(-rate * until)
    error = waited.std() / np.sqrt(paths)
    assert found.waiting == pytest.approx(waited.mean(), abs=3.5 * error)
    now = waited + cost * np.exp(-rate * until) + earned[0] / rate * (1 - np.exp(-rate * until)) - cost
    assert found.now == pytest.approx(now.mean(), abs=3.5 * now.std() / np.sqrt(paths))


def test_waiting_is_an_option() -> None:
    found = wait(-2.0, 12.0, 60.0, rate=0.08, opens=0.6, shuts=0.3)
    assert found.option >= 0.0 and found.waiting >= found.now
    both = wait(3.0, 12.0, 60.0, rate=0.08, opens=0.6, shuts=0.3)  # built at once or later, it pays
    assert 0.0 < both.now < both.waiting
    assert both.option == pytest.approx(both.waiting - both.now)
    at_once = wait(
        11.0, 12.0, 60.0, rate=0.08, opens=0.6, shuts=0.3
    )  # a right that nobody uses is worth nothing
    assert at_once.build and at_once.now > at_once.waiting and at_once.option == 0.0
    shut, is_open = built(-2.0, 12.0, 0.08, 0.6, 0.3)
    assert (0.08 + 0.6) * shut == pytest.approx(-2.0 + 0.6 * is_open)
    assert (0.08 + 0.3) * is_open == pytest.approx(12.0 + 0.3 * shut)
    earned = np.array([-1.0, -2.0]), np.array([12.0, -1.0])
    hazard, none = equal_hazards(*earned, 60.0, rate=0.08, shuts=0.05, delay=2.0)
    at = wait(-1.0, 12.0, 60.0, rate=0.08, opens=hazard, shuts=0.05, delay=2.0)
    assert at.now == pytest.approx(at.waiting, abs=1e-6)
    assert np.isnan(none)
    many = wait(*earned, 60.0, rate=0.08, opens=hazard, shuts=0.05, delay=2.0)
    assert many.waiting[0] == at.waiting and many.now.shape == (2,)
    assert price_threshold(0.04, 0.04, 0.2) == (2.0, 2.0)
    with pytest.raises(InvalidInput):
        wait(1.0, 1.0, 1.0, rate=0.0, opens=1.0, shuts=1.0)
    with pytest.raises(InvalidInput):
        price_threshold(0.04, 0.0, 0.2)


def test_options_to_give_up_and_to_enlarge_never_cost() -> None:
    earned = np.array([[-3.0] * 10, [9.0] * 10])
    chances = {"rate": 0.1, "opens": 0.5, "shuts": 0.5}
    plain = yearly_options(earned, **chances, resale=None)
    sold = yearly_options(earned, **chances, resale=10.0)
    both = yearly_options(earned, **chances, resale=10.0, expand=(2 * earned, 15.0))
    assert plain[0] < sold[0] <= both[0] and plain[1] < sold[1] < both[1]
    always = yearly_options(np.full((2, 3), 5.0), rate=0.1, opens=0.0, shuts=0.0, resale=0.0)
    assert always == pytest.approx((5 / 1.1 + 5 / 1.21 + 5 / 1.331,) * 2)


def test_neutral_shadow_prices_leave_only_transfers() -> None:
    cash = cash_flows(PLANT)
    neutral = {name: np.asarray(value) for name, value in vars(Shadow()).items()}
    sold_free = PLANT.with_values({"u.hide.opportunity_share": 1.0})
    flow = economic_flow(sold_free, cash, neutral)
    assert flow == pytest.approx(cash.project + cash.tax_unlevered + cash.costs["c.fee"])
    assert round(Z95, 4) == 1.6449


def test_toyland_by_hand() -> None:
    """Every year of the toy tannery, its tables read by eye: 36,000 hides are fit and within reach, loads .5, .8 and 1 of 50,000."""
    taken = np.array([0.0, 25_000, 36_000, 36_000])
    sales = 2 * 14 * taken
    men, salt, fee, raw = 100_000 * np.array([0, 1, 1, 1]), 2 * taken, 0.05 * sales, 6 * taken
    running = men + salt + fee + raw
    ebitda = sales - running
    capital = np.array([1e6, 0, 0, 0])
    written_off = 250_000 * np.array([0, 1, 1, 1])
    interest = np.array([0, 40_000, 40_000, 20_000])
    tax, bare = 0.25 * (ebitda - written_off - interest), 0.25 * (ebitda - written_off)
    tax[0] = bare[0] = 0.0
    working = np.diff([0, 0, 0.2 * running[1], 0.2 * running[2], 0])
    residual = np.array([0, 0, 0, 100_000])
    project = ebitda - capital - bare - working + residual
    owners = (
        ebitda - capital - tax - working + residual - interest + np.array([400_000, 0, -200_000, -200_000])
    )
    economic = sales - 1.1 * capital - 0.75 * men - salt - 2 * taken - working + residual
    result = open_case("toyland").appraise("v1", draws=50)
    made = result.detail
    assert isinstance(made, Appraisal)
    assert made.cash.project[:, 0] == pytest.approx(project)
    assert made.cash.equity[:, 0] == pytest.approx(owners)
    assert made.economic == pytest.approx(economic)
    assert made.fnpv == pytest.approx(sum(flow / 1.1**t for t, flow in enumerate(project)))
    worth = {(one.country, one.group): float(npv(0.08, one.flow)[0]) for one in made.gains}
    assert sum(worth.values()) == pytest.approx(made.enpv)
    hides = worth["XTA", "suppliers of raw material"]
    assert hides == pytest.approx(sum(0.8 * 5 * flow / 1.08**t for t, flow in enumerate(taken)))


def test_break_even_load_is_looked_for_up_to_full_load() -> None:
    """A price at which even the full plant loses has none; a plant at a third of its load may turn up to three times that."""
    made = open_case("toyland").appraise("v1", draws=20).detail
    assert isinstance(made, Appraisal) and made.full_load == 1.0

    def at(**values: float) -> Appraisal:
        keys = {"price": "venture_sales.v1_leather.price_usd", "load": "venture_stages.v1_tan.utilisation"}
        changed = {keys[name]: np.asarray(value) for name, value in values.items()}
        bare = replace(made.read, venture=made.read.venture.with_values(changed), ranges=())
        return replace(made, read=bare)

    shown = {
        name: indicator_table(one).filter(indicator="break_even_load")["shown"].item()
        for name, one in (("poor", at(price=4.0)), ("third", at(load=1 / 3)))
    }
    assert shown["poor"] == "none up to full load" and at(price=4.0).break_even_load is None
    third = at(load=1 / 3)
    assert third.full_load == pytest.approx(3.0)
    assert third.break_even_load is not None and 1.0 < third.break_even_load < 3.0
    tried = next(one for one in third.switches if one.key == LOAD)
    assert third._worth({LOAD: np.array([tried.value])})[0] == pytest.approx(0.0, abs=1.0)


def test_no_single_value_stands_on_assumed_inputs() -> None:
    result = open_case("toyland").appraise("v1", draws=400)
    table = result.tables["indicators"]
    assert set(table.filter(pl.col("value").is_not_null())["indicator"]) <= set(ALWAYS_SHOWN)
    row = {name: table.filter(indicator="fnpv")[name].item() for name in ("value", "p05", "p50", "p95")}
    assert result.meta["withheld"] and row["value"] is None
    assert row["p05"] < row["p50"] < row["p95"]
    assert table.filter(indicator="firr")["value"].item() is None
    keys = [one.key for one in result.notes if isinstance(one, Note)]
    certain = next(one for one in result.notes if isinstance(one, Note) and one.key == "venture.certain")
    assert certain.values["inputs"] == 10 and "capacity a year: Hides to leather" in certain.values["names"]
    assert keys[:2] == ["venture.withheld", "venture.gap_band"] and "venture.find_out" in keys
    middle = next(
        one for one in result.notes if isinstance(one, Note) and one.key == "venture.middle_worked_back"
    )
    worse = float((result.detail.drawn.fnpv < result.detail.fnpv).mean())
    assert middle.values["worse_share"] == worse and 0.0 < worse < 1.0
    decides = result.tables["what decides"]
    assert not single_values(result.tables), "a single value of the middle case is printed"
    assert result.tables["cash in the middle case"].is_empty()
    band = result.tables["cash by year"]
    assert (band["project_p05_usd"] < band["project_p50_usd"]).all() and band.height == 4
    assert decides["variance_share"].sum() == pytest.approx(1.0)
    assert set(decides["key"][:2]) == {"factor.capex", "venture_sales.v1_leather.price_usd"}
    assert len(say_all(result.notes)) == len(result.notes)


def single_values(tables: Mapping[str, pl.DataFrame]) -> list[str]:
    """Columns that hold a value of money over the whole life without a band, bar the cells of the case themselves."""
    names = (
        "npv_usd",
        "fnpv_usd",
        "enpv_usd",
        "cost_usd",
        "low_npv_usd",
        "base_npv_usd",
        "high_npv_usd",
        "project_usd",
    )
    found = [(key, name) for key, table in tables.items() for name in names if name in table.columns]
    return [f"{key}.{name}" for key, name in found if tables[key][name].null_count() < tables[key].height]


def say_all(notes: tuple[Note | str, ...]) -> list[str]:
    """Every note in words: a note without a message is an error."""
    return [say(one) for one in notes]


RANGE = "range_id,venture_id,of_table,of_row,of_column,low,high,source_id,basis,note\n"


def test_a_range_of_its_own_row_is_drawn_with_its_ground(toy_copy: Path) -> None:
    row = "size,v1,venture_stages,v1_tan,capacity_year,40000,60000,toy,assumed,Hides differ in weight.\n"
    (toy_copy / "venture_ranges.csv").write_text(RANGE + row, encoding="utf-8")
    result = open_case(toy_copy).appraise("v1", draws=4000)
    values = result.detail.drawn.values["venture_stages.v1_tan.capacity_year"]
    assert np.quantile(values, [0.05, 0.5, 0.95]) == pytest.approx([40000.0, 50000.0, 60000.0], rel=0.02)
    certain = next(one for one in result.notes if isinstance(one, Note) and one.key == "venture.certain")
    assert certain.values["inputs"] == 9
    shown = result.tables["what decides"].filter(key="venture_stages.v1_tan.capacity_year")
    assert shown["ground"].item().endswith("Range: Hides differ in weight.")
    assert (shown["low"].item(), shown["high"].item()) == (40000.0, 60000.0)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,v1,venture_stages,v1_dry,capacity_year,1,2,toy,assumed,", "v1 has no such row in venture_stages"),
        ("a,v1,venture_stages,v1_tan,vehicles,1,2,toy,assumed,", "venture_stages.csv has no number there"),
        (
            "a,v1,venture_stages,v1_tan,capacity_year,60000,70000,toy,assumed,",
            "leaves out capacity_year 50000",
        ),
        ("a,v1,venture_stages,v1_tan,output_per_input,1,3,toy,assumed,", "allowed"),
    ],
    ids=["row", "blank", "outside", "column"],
)
def test_a_range_of_no_number_is_refused(toy_copy: Path, row: str, said: str) -> None:
    (toy_copy / "venture_ranges.csv").write_text(f"{RANGE}{row}\n", encoding="utf-8")
    with pytest.raises(CaseProblems, match=said):
        open_case(toy_copy)


def test_observed_inputs_let_the_value_stand(toyland: Case) -> None:
    tables = ("venture_costs", "venture_sales", "venture_supply", "venture_stages", "venture_shadow")
    seen = {name: toyland[name].with_columns(basis=pl.lit("observed")) for name in tables}
    capital = pl.col("kind") == "capex"
    ends = {
        end: pl.when(capital).then(factor * pl.col("value")).otherwise(end)
        for end, factor in (("low", 0.9), ("high", 1.2))
    }
    seen["venture_costs"] = seen["venture_costs"].with_columns(**ends)
    result = answer_appraise(Inputs(toyland.with_tables(seen)), AppraiseRequest("v1", draws=400))
    assert not result.meta["withheld"] and result.detail.assumed_share == 0.0
    assert not result.detail.read.overruns, "a range of its own beats the class of overruns"
    assert result.tables["indicators"].filter(indicator="fnpv")["value"].item() == pytest.approx(
        result.detail.fnpv
    )


def test_the_corridor_leaves_a_price_at_the_gate(toyland: Case) -> None:
    """Beans sold from A to C: duty 2 %, money and days of the corridor as the landed cost at the case's own price tells them."""
    sales = toyland["venture_sales"].with_columns(
        product_id=pl.lit("beans"), origin_id=pl.lit("A"), destination_id=pl.lit("C"), price_unit=pl.lit("t"),
        price_usd=pl.lit(1000.0), low=pl.lit(900.0), high=pl.lit(1100.0),
    )  # fmt: skip
    case = toyland.with_tables({"venture_sales": sales})
    states = ((), ("fast_yard",))
    (as_is, fast), = appraisals_of(case, ["v1"], states, draws=20)  # fmt: skip
    row = as_is[1].table.row(0, named=True)
    late = as_is[1].values[f"venture_sales.{row['sale_id']}.late_hours"]
    interest = as_is[0].read.venture.terms.financial / 365
    days = 1000 * interest * row["hours"] / 24
    assert row["duty_share"] == 0.02 and row["days_usd"] == pytest.approx(days)
    assert late > 0.0
    assert row["wait_usd"] == pytest.approx(1000 * ((0.008 - interest) * row["hours"] + 0.008 * late) / 24)
    assert row["gate_usd"] == pytest.approx(1000 / 1.02 - row["freight_usd"] - days)
    cost = trade_cost(case, (), [Flow("a_to_b", "A", "C", "beans", 1.0)])
    landed = (
        800
        + row["freight_usd"]
        + float(cost.change.duty_usd_t[1, 0])
        + 800 * 0.008 * (row["hours"] + late) / 24
    )
    assert landed == pytest.approx(float(cost.gate_usd_t[0]))
    assert fast[1].table["gate_usd"].item() > row["gate_usd"]
    assert fast[0].fnpv > as_is[0].fnpv


@pytest.mark.parametrize(
    "years", [(1.5, 5.0, 0.5), (1.5, 2.0, None), (1.5, None, 1.0), (float("nan"), None, None)]
)
def test_years_out_of_order_are_refused(years: tuple[float, float | None, float | None]) -> None:
    mean, low, high = years
    with pytest.raises(InvalidInput, match="not in order"):
        WaitRequest("leather", reopening_years=mean, low=low, high=high)


def test_compare_wait_and_template(tmp_path: Path) -> None:
    project = open_case("toyland")
    rows = project.compare_venture("v1", ["fast_yard"], draws=30).tables["under scenarios"]
    assert rows["scenario"].to_list() == ["as it stands", "fast_yard"]
    assert rows["fnpv_change_p95_usd"].to_list() == [0.0, 0.0], "nothing it sells goes over the corridor"
    assert rows["fnpv_change_usd"].to_list() == [None, None], "assumed inputs drive it: no single difference"
    waits = project.wait_venture("v1", opening="fast_yard", reopening_years=2.0, closing_years=3.0)
    wait_rows = waits.tables["build now or wait"]
    assert wait_rows["reopening_years"].to_list() == [1.0, 2.0, 4.0]
    assert wait_rows["now_usd"].null_count() == wait_rows["build"].null_count() == 3
    assert (wait_rows["now_p05_usd"] < wait_rows["now_p95_usd"]).all()
    assert {one.key for one in waits.notes if isinstance(one, Note)} >= {
        "venture.earned_band",
        "venture.withheld",
    }
    shares = wait_rows.select("build_share", "wait_share", "neither_share")
    assert shares.sum_horizontal().to_list() == pytest.approx([1.0] * 3)
    lead = waits.notes[0]
    assert isinstance(lead, Note) and waits.lead == 1
    assert lead.values["neither_share"] == wait_rows["neither_share"][1]
    assert say_all((lead,))[0].startswith("In ")
    with pytest.raises(InvalidInput, match="closure record"):
        project.wait_venture("v1", opening="fast_yard")
    for low, years, high in ((5.0, 2.0, 0.5), (1.0, float("nan"), 3.0), (3.0, 2.0, None), (None, 2.0, 1.0)):
        with pytest.raises(InvalidInput, match=r"are not in order|lie outside the fewest and the most"):
            project.wait_venture(
                "v1",
                opening="fast_yard",
                reopening_years=years,
                low=low,
                high=high,
                closing_years=3.0,
            )
    cells = project.venture_template("logistics", out=tmp_path / "rows").tables["rows to fill"]
    assert "venture_stages" in cells["table"].to_list()
    written = pl.read_csv(tmp_path / "rows" / "venture_costs.csv", infer_schema=False)
    assert written.filter(cost_id="ID_fuel")["unit"].item() == "USD/input"
    with pytest.raises(InvalidInput, match="kinds: tannery"):
        project.venture_template("zeppelin")
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="no folder to write to"):
        project.venture_template("logistics", out=tmp_path / "file")
    assert project.ventures().tables["ventures"]["appraised"].to_list() == [True]


def test_scenarios_change_a_ventures_own_rows_and_unknown_ones_are_refused(tmp_path: Path) -> None:
    dear = tmp_path / "dear.yaml"
    dear.write_text(
        "id: dear\ntitle: Leather fetches more\ndescription: A toy.\nbasis: assumed\nsource_ids: [toy]\noverrides:\n"
        "  - {table: venture_sales, key: v1_leather, set: {price_usd: 16, high: 20}, reason: Supposed.}\n"
    )
    project = open_case("toyland")
    rows = project.compare_venture("v1", [str(dear)], draws=30).tables["under scenarios"]
    assert rows["fnpv_change_p05_usd"].to_list()[0] == 0.0 and rows["fnpv_change_p05_usd"].to_list()[1] > 0.0
    with pytest.raises(UnknownName, match="dearer"):
        project.appraise("v1", ["dearer"], draws=10)


def test_bad_ventures_are_refused(toy_copy: Path) -> None:
    with pytest.raises(UnknownName, match="v1"):
        open_case("toyland").appraise("v2")
    changes = {
        "venture_stages": {"input_product": "leather", "vehicles": "3", "origin_id": "A"},
        "venture_sales": {"share": "1.5", "low": "15"},
        "venture_finance": {"tenor_years": "1"},
    }
    for name, cells in changes.items():
        table = pl.read_csv(toy_copy / f"{name}.csv", infer_schema=False)
        table.with_columns(**{c: pl.lit(v) for c, v in cells.items()}).write_csv(toy_copy / f"{name}.csv")
    with pytest.raises(CaseProblems) as caught:
        read_case(toy_copy)
    said = str(caught.value)
    for fact in (
        "in a circle",
        "more than all of leather",
        "leaves out price_usd",
        "no year is left to repay it",
        "without hours of a round trip, and without destination_id, product_id",
    ):
        assert fact in said
    bare = open_case("toyland").case.with_tables(
        {"venture_sales": open_case("toyland").case["venture_sales"].clear()}
    )
    with pytest.raises(InvalidInput, match="venture_sales"):
        answer_appraise(Inputs(bare), AppraiseRequest("v1"))


PRICE = Figure("venture_supply", "hide", "price_usd_t", "USD", "assumed", "toy", "")


FLEET = {"s.tan.vehicles": 2.0, "s.tan.days_year": 300.0, "s.tan.turn_hours": 100.0, "s.tan.wait_hours": 20.0}


class Sheets:
    """A workbook's formulas worked out by a reckoning of its own: + - * /, MIN, MAX, SUM, IF, NPV and IRR over cells."""

    def __init__(self, path: Path) -> None:
        self.book = openpyxl.load_workbook(path)
        self.known: dict[tuple[str, str], float] = {}

    def cell(self, sheet: str, place: str) -> float:
        key = (sheet, place.replace("$", ""))
        if key not in self.known:
            value = self.book[sheet][key[1]].value
            text = str(value)
            self.known[key] = self.formula(text[1:], sheet) if text.startswith("=") else float(value or 0)
        return self.known[key]

    def span(self, sheet: str, first: str, last: str) -> list[float]:
        return [
            self.cell(sheet, one.coordinate) for row in self.book[sheet][f"{first}:{last}"] for one in row
        ]

    def formula(self, text: str, sheet: str) -> float:
        def place(found: re.Match[str]) -> str:
            at = (found[1] or sheet).rstrip("!")
            if found[3]:
                return f"span({at!r}, {found[2].replace('$', '')!r}, {found[3][1:].replace('$', '')!r})"
            return f"cell({at!r}, {found[2]!r})"

        pattern = r"((?:Inputs|Cash)!)?(\$?[A-Z]{1,2}\$?\d+)(:\$?[A-Z]{1,2}\$?\d+)?"
        code = re.sub(pattern, place, text).replace(")=0,", ")==0,").replace(")=1,", ")==1,")
        names = {
            "cell": self.cell, "span": self.span, "MIN": min, "MAX": max, "SUM": sum,
            "IF": lambda test, yes, no: yes if test else no,
            "NPV": lambda rate, flows: sum(f / (1 + rate) ** (n + 1) for n, f in enumerate(flows)),
            "IRR": lambda flows: internal_rate(np.array(flows)).rate,
        }  # fmt: skip
        return float(eval(code, {"__builtins__": {}}, names))

    def line(self, label: str) -> list[float]:
        sheet = self.book["Cash"]
        row = next(cells for cells in sheet.iter_rows() if cells[0].value == label)
        return [self.cell("Cash", one.coordinate) for one in row[2:] if one.value is not None]

    def put(self, key: str, value: float) -> None:
        sheet = self.book["Inputs"]
        row = next(cells for cells in sheet.iter_rows() if cells[7].value == key)
        row[1].value, self.known = value, {}


def test_formulas_of_the_workbook_give_what_the_model_gives(tmp_path: Path) -> None:
    """Two stages, a by-product, a grant and training, then another price and other days: every line follows."""
    case = open_case("toyland").case
    plant = replace(PLANT, terms=replace(TERMS, yield_gain=0.1)).with_values(FLEET)
    read = replace(read_venture(case, "v1"), venture=plant)
    read = replace(read, shadow_keys={}, ranges=RANGES[:1], figures={RANGES[0].key: PRICE}, overruns=False)
    made = Appraisal(read, 20)
    write_venture_book(made, tmp_path / "v.xlsx")
    sheets = Sheets(tmp_path / "v.xlsx")
    changed = {
        "p.blue.price_usd": 620.0,
        "p.blue.hours": 480.0,
        "l.bank.rate_share": 0.05,
        "u.hide.fit_share": 0.3,
        "s.tan.turn_hours": 600.0,
        "p.blue.wait_share": 0.0015,
        "p.blue.late_hours": 36.0,
    }
    assert made.withheld and sheets.book["Answer"]["B5"].value.endswith(',"withheld")')
    sheets.put("accepted", 1.0)
    for values in ({}, changed):
        for key, value in values.items():
            sheets.put(key, value)
        now = Appraisal(replace(read, venture=read.venture.with_values(values)), 20)
        assert sheets.line("EBITDA") == pytest.approx(now.cash.ebitda[:, 0])
        assert sheets.line("Project cash") == pytest.approx(now.cash.project[:, 0])
        assert sheets.line("Cash of the owners") == pytest.approx(now.cash.equity[:, 0])
        assert sheets.line("Economic flow") == pytest.approx(now.economic)
        assert sheets.cell("Answer", "B5") == pytest.approx(now.fnpv)
        assert sheets.cell("Answer", "B6") == pytest.approx(now.firr.rate)
        assert sheets.cell("Answer", "B7") == pytest.approx(now.enpv)


def test_a_library_of_its_own_reckons_the_workbook(tmp_path: Path) -> None:
    """The formulas worked out by `formulas`, as they came and with another price; the answer waits for the reader's word."""
    result = open_case("toyland").appraise("v1", draws=20)
    write_venture_book(result.detail, tmp_path / "v.xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own
        model = formulas.ExcelModel().loads(str(tmp_path / "v.xlsx")).finish()
        rows = openpyxl.load_workbook(tmp_path / "v.xlsx")["Inputs"].iter_rows(min_row=2)
        cells = {row[7].value: f"'[v.xlsx]INPUTS'!{row[1].coordinate}" for row in rows}
        plain = model.calculate()
        changed = {cells["accepted"]: 1.0, cells["venture_sales.v1_leather.price_usd"]: 16.0}
        moved = model.calculate(inputs=changed)
    answer = [f"'[v.xlsx]ANSWER'!B{row}" for row in range(5, 10)]
    assert {plain[one].value[0, 0] for one in answer} == {"withheld"}
    dear = result.detail.read.venture.with_values({"venture_sales.v1_leather.price_usd": 16.0})
    now = Appraisal(replace(result.detail.read, venture=dear), 20)
    owners = float(npv(0.1, now.cash.equity)[0])
    told = [float(moved[one].value[0, 0]) for one in answer]
    assert told == pytest.approx([now.fnpv, now.firr.rate, now.enpv, now.eirr.rate, owners])


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_workbook_is_recalculated_by_libreoffice(tmp_path: Path) -> None:
    result = open_case("toyland").appraise("v1", draws=20)
    write_venture_book(result.detail, tmp_path / "v.xlsx")
    sheets = Sheets(tmp_path / "v.xlsx")
    sheets.put("venture_sales.v1_leather.price_usd", 16.0)
    sheets.put("accepted", 1.0)
    sheets.book.save(tmp_path / "changed.xlsx")
    done = [
        "soffice",
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(tmp_path / "out"),
    ]
    subprocess.run([*done, str(tmp_path / "changed.xlsx")], check=True, capture_output=True, timeout=100)
    answer = openpyxl.load_workbook(tmp_path / "out" / "changed.xlsx", data_only=True)["Answer"]
    moved = result.detail.read.venture.with_values({"venture_sales.v1_leather.price_usd": 16.0})
    now = Appraisal(replace(result.detail.read, venture=moved), 20)
    assert answer["B5"].value == pytest.approx(now.fnpv) and answer["B7"].value == pytest.approx(now.enpv)


def test_pictures_of_a_venture_say_what_its_tables_say() -> None:
    tables = open_case("toyland").appraise("v1", draws=30).tables
    tornado = draw_tornado(tables["what decides"])
    assert tornado is not None and "price: leather" in tornado and "factor" in tornado
    gains = draw_gains(tables["who gains"])
    assert gains is not None and "suppliers of raw material, XTA" in gains
    cash = draw_venture_cash(tables["cash by year"])
    assert cash is not None and ">2029<" in cash
    assert (
        draw_tornado(tables["what decides"].clear()) is None
        and draw_gains(tables["who gains"].clear()) is None
    )


def test_a_promise_names_its_venture(toy_copy: Path) -> None:
    for name, key in (("commitments", "c2"), ("milestones", "m2")):
        table = pl.read_csv(toy_copy / f"{name}.csv", infer_schema=False)
        named = pl.when(pl.col(table.columns[0]) == key).then(pl.lit("v1")).otherwise(None)
        table.with_columns(venture_id=named).write_csv(toy_copy / f"{name}.csv")
    tables = open_case(toy_copy).plan().tables
    assert dict(tables["commitments"].select("commitment_id", "venture_id").iter_rows()) == {
        "c1": None,
        "c2": "v1",
    }
    assert tables["milestones"].filter(milestone_id="m2")["venture_id"].item() == "v1"
    row = tables["ventures"].filter(venture_id="v1").row(0, named=True)
    assert row["promises"] == "c2, m2" and row["appraised"]
    (toy_copy / "milestones.csv").write_text((toy_copy / "milestones.csv").read_text().replace("v1", "v9"))
    with pytest.raises(CaseProblems, match="v9"):
        read_case(toy_copy)


def test_training_is_worth_the_yield_it_adds(toyland: Case) -> None:
    """Leather in hand of 3 % more after training: the value of the same draws without it, beside people and cost."""
    row = {"cost_id": "v1_school", "kind": "training", "value": 5000.0, "unit": "USD", "people": 12, "owner": "XTC", "yield_gain_share": 0.03}  # fmt: skip
    costs = toyland["venture_costs"]
    school = (
        costs.head(1).with_columns(**{name: pl.lit(value) for name, value in row.items()}).cast(costs.schema)
    )
    made = answer_appraise(
        Inputs(toyland.with_tables({"venture_costs": pl.concat([costs, school])})),
        AppraiseRequest("v1", draws=60),
    )
    told = made.tables["technology and training"].filter(kind="training").row(0, named=True)
    assert (told["people"], told["owner"], told["yield_gain_share"]) == (12, "XTC", 0.03)
    assert told["cost_p50_usd"] == pytest.approx(5000.0)
    sold = made.detail.drawn.cash.sales["venture_sales.v1_leather"]
    more = npv(
        0.1, sold * 0.95 * 0.75 * (0.03 / 1.03)
    )  # after 5 % of royalty and 25 % of tax, all of it profit
    assert told["yield_worth_p50_usd"] == pytest.approx(float(np.median(more)), rel=0.15)


def test_the_brief_holds_ventures_and_why_others_have_no_figures(toyland: Case) -> None:
    ventures = toyland["ventures"]
    bare = ventures.with_columns(venture_id=pl.lit("v0"), life_years=pl.lit(None, pl.Int64))
    sales = toyland["venture_sales"].with_columns(
        product_id=pl.lit("beans"), origin_id=pl.lit("A"), destination_id=pl.lit("C"), price_unit=pl.lit("t"),
    )  # fmt: skip
    case = toyland.with_tables({"ventures": pl.concat([ventures, bare.cast(ventures.schema)])})
    study = CorridorStudy(case, case.settings.as_of)
    found = brief_ventures(study)
    lines = {row["venture_id"]: row for row in found.appraisals.iter_rows(named=True)}
    assert lines["v0"]["reason"] == "lacks years at work, stages, sales, capital"
    assert lines["v1"]["fnpv_usd"] is None and lines["v1"]["fnpv_p05_usd"] < lines["v1"]["fnpv_p95_usd"]
    assert found.indicators.filter(venture_id="v1").height == found.sheets[0].indicators.height
    blocks = [one.key for one in annex(found.sheets, Notes({}))]
    assert blocks == ["indicators-venture-0", "f-cash-venture-0", "f-tornado-venture-0", "f-gains-venture-0"]
    shut = case.with_tables({"venture_sales": sales, "links": case["links"].clear()})
    said = brief_ventures(CorridorStudy(shut, case.settings.as_of)).appraisals.filter(venture_id="v1")
    assert "No route is open for beans" in said["reason"].item()


def test_a_market_shut_in_some_years_is_a_state_and_no_average(toyland: Case) -> None:
    shut = np.zeros((5, 2))
    shut[2, 1] = 1.0  # the second draw cannot sell its leather in year 2
    cash = cash_flows(replace(PLANT, shut={"p.blue": shut}))
    assert cash.taken["s.tan"].T.tolist() == [[0.0, 50, 80, 80, 80], [0.0, 50, 0, 80, 80]]
    assert cash.revenue[2, 1] == 0.0 and cash.ebitda[2, 1] == pytest.approx(-4000 - 500)
    assert cash.project[:, 0] == pytest.approx(cash_flows(PLANT).project[:, 0])
    halves = replace(PLANT, sales=(*PLANT.sales, Sale("p.home", "blue")), shut={"p.blue": shut})
    prices = {"p.blue.share": 0.4, "p.home.share": 0.6, "p.home.price_usd": 100.0}
    two = cash_flows(halves.with_values(prices | {"u.hide.available_year": 900.0}))
    assert two.made["s.tan"][2].tolist() == pytest.approx([80.0, 48.0]), (
        "what the shut market took is not made"
    )
    assert (
        two.sales["p.home"][2].tolist() == pytest.approx([4800.0, 4800.0])
        and two.sales["p.blue"][2, 1] == 0.0
    )

    dice, share = np.random.default_rng(4), np.full(4_000, 0.3)
    years = shut_years(share, 40, 3.0, dice)
    assert years.mean() == pytest.approx(0.3, abs=0.01)
    assert (years[1:] & years[:-1]).sum() / years[:-1].sum() == pytest.approx(1 - 1 / 3, abs=0.01)
    alone = shut_years(share, 40, None, dice)
    assert (alone[1:] & alone[:-1]).sum() / alone[:-1].sum() == pytest.approx(0.3, abs=0.01)

    ban = {"import_ban_share": 0.4, "ban_low": 0.2, "ban_high": 0.6}
    sales = toyland["venture_sales"].with_columns(**{name: pl.lit(value) for name, value in ban.items()})
    result = answer_appraise(
        Inputs(toyland.with_tables({"venture_sales": sales})), AppraiseRequest("v1", draws=300)
    )
    revenue = result.detail.drawn.cash.revenue[1:]
    assert set(np.unique(revenue == 0.0)) == {False, True}, "a year is shut or it is not"
    assert (revenue == 0.0).mean() == pytest.approx(0.4, abs=0.06)
    decides = result.tables["what decides"].filter(pl.col("key").str.ends_with("import_ban_share"))
    assert decides["variance_share"].item() > 0.1 and decides["base"].item() == 0.4
    assert "venture.ban" in [one.key for one in result.notes if isinstance(one, Note)]
    assert len(say_all(result.notes)) == len(result.notes)


def test_a_fleet_makes_the_trips_that_its_hours_and_permits_allow(toyland: Case) -> None:
    fleet = PLANT.with_values(FLEET)
    stage = fleet.stages[0]
    assert float(capacity(fleet, stage)) == 100.0, (
        "2 vehicles could make 2 x 300 x 24 / 120 = 120: permits bind"
    )
    slow = fleet.with_values({"factor.hours": np.array([1.0, 2.0])})
    assert capacity(slow, stage).tolist() == pytest.approx([100.0, 2 * 300 * 24 / 220])
    cells = {
        "vehicles": 10.0,
        "wait_hours": 24.0,
        "origin_id": "A",
        "destination_id": "C",
        "product_id": "beans",
    }
    stages = toyland["venture_stages"].with_columns(**{name: pl.lit(value) for name, value in cells.items()})
    glue = toyland["venture_sales"].with_columns(
        sale_id=pl.lit("v1_back"),
        by_product=pl.lit(True),
        share=pl.lit(0.5),
        output_product=pl.lit("loads back"),
        price_usd=pl.lit(4000.0),
        low=pl.lit(3000.0),
        high=pl.lit(5000.0),
    )
    sales = pl.concat([toyland["venture_sales"], glue.cast(toyland["venture_sales"].schema)])
    case = toyland.with_tables({"venture_stages": stages, "venture_sales": sales})
    made = answer_appraise(Inputs(case), AppraiseRequest("v1", draws=50))
    value = made.detail.read.venture.value
    both = trade_cost(
        case, (), [Flow("a_to_b", "A", "C", "beans", 1.0), Flow("b_to_a", "C", "A", "beans", 1.0)]
    )
    assert float(value("venture_stages.v1_tan.turn_hours")) == pytest.approx(
        float(both.change.hours[1].sum())
    )
    told = {row["measure"]: row for row in made.tables["fleet"].iter_rows(named=True)}
    hours = float(value("venture_stages.v1_tan.turn_hours")) + 24
    assert told["turn"]["p05"] < hours < told["turn"]["p95"] and told["turn"]["value"] is None
    turning = told["break_even_return"]["value"]
    moved = made.detail.read.venture.with_values({"venture_sales.v1_back.share": turning})
    assert float(npv(0.1, cash_flows(moved).project)[0]) == pytest.approx(0.0, abs=1e-6)
    keys = [one.key for one in made.notes if isinstance(one, Note)]
    assert "venture.fleet_vehicles" in keys and len(say_all(made.notes)) == len(made.notes)
    assert open_case("toyland").appraise("v1", draws=20).tables["fleet"].is_empty()


def test_a_terminal_lives_on_the_corridors_boxes_and_on_others(
    toyland: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 300 units a year that pass its port 40 % come, on top of the 36,000 that it wins elsewhere; the loop gives the 300."""
    own = {"u.hide.corridor_year": 50.0, "u.hide.transit_share": 0.4}
    assert float(available(PLANT.with_values(own), "u.hide")) == 400 * 0.5 * 0.4 + 50 * 0.4
    places = pl.DataFrame({"kind": ["terminal", "link"], "place_id": ["T1", "T1"], "volume_day": [2.0, 9.0]})
    asked: list[tuple[str, ...]] = []

    def loop(inputs: Inputs, request: ScenarioTradeRequest) -> Result:
        asked.append(request.scenarios)
        return Result({"places": places})

    monkeypatch.setattr(traffic, "answer_trade", loop)
    terminal = {"terminal_id": "T1", "node_id": "C"}
    terminals = pl.DataFrame([terminal], schema_overrides=toyland["terminals"].schema)
    supply = toyland["venture_supply"].with_columns(port_id=pl.lit("C"), transit_share=pl.lit(0.5))
    case = toyland.with_tables(
        {
            "venture_supply": supply,
            "terminals": pl.concat([toyland["terminals"].clear(), terminals], how="diagonal"),
        }
    )
    found = answer_appraise(Inputs(case), AppraiseRequest("v1", draws=20, trade=True))
    assert asked == [("today",)]
    assert float(found.detail.read.venture.value("venture_supply.v1_hides.corridor_year")) == pytest.approx(
        730.485
    )
    told = [one for one in found.notes if isinstance(one, Note) and one.key == "venture.corridor_traffic"]
    assert told[0].values["own_share"] == pytest.approx(365.2425 / (36_000 + 365.2425))
    assert float(found.detail.cash.taken["venture_stages.v1_tan"].max()) == pytest.approx(36_365.2425)
    assert len(say_all(found.notes)) == len(found.notes)
