"""Baskets: hand-computed cases, terms, explanations, the embedded case, the command."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.analysis.basket import (
    SECTION_COLUMNS,
    basket_section,
    case_goods,
    offer_pool,
)
from karwan.analysis.basket_targets import basket_target, named_basket
from karwan.analysis.basket_terms import SignTerms, judged_notes, limited, listed_goods
from karwan.analysis.carriage import land_capacity, landed_goods
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.goods import landed_table
from karwan.analysis.goods_table import goods_from_file, goods_from_frame
from karwan.analysis.goods_verdicts import verdict_table
from karwan.analysis.reachable import Turnover, carried_usd, comparable_reach, good_bounds, reach_notes
from karwan.case import Case, read_case
from karwan.cli.app import app
from karwan.errors import InvalidInput, UnknownName
from karwan.project import open_case
from karwan.schema.frames import result_frame
from karwan.trade.basket import Scenarios, Terms, basket_notes, choose_basket, frontier
from karwan.transport.closures import shut_places
from karwan.transport.duty import find_duty
from karwan.words import say, sentences


def goods(**columns: list[object]) -> pl.DataFrame:
    base: dict[str, list[object]] = {
        "product_id": ["a", "b", "c", "d"],
        "bound_usd": [100.0, 80.0, 60.0, 40.0],
        "cost_share": [0.4, 0.1, 0.2, 0.3],
        "sector": ["x", "x", "y", "y"],
        "direction": ["a_to_b", "a_to_b", "b_to_a", "b_to_a"],
        "tonnes_per_usd": [0.001, 0.002, 0.001, 0.004],
    }
    return pl.DataFrame({**base, **columns})


def values(table: pl.DataFrame) -> dict[str, float]:
    return {row["product_id"]: round(row["value_usd"], 6) for row in table.iter_rows(named=True)}


def test_fills_the_target_from_the_cheapest_goods() -> None:
    found = choose_basket(goods(), most_goods=4, target_usd=150.0)
    assert values(found.chosen) == {"b": 80.0, "c": 60.0, "d": 10.0}
    assert found.cost_usd == pytest.approx(8 + 12 + 3)
    target = found.prices.filter(pl.col("kind") == "target").row(0, named=True)
    assert target["dual"] == pytest.approx(0.3)


def test_fewer_goods_cost_more() -> None:
    found = choose_basket(goods(), most_goods=2, target_usd=150.0)
    assert values(found.chosen) == {"b": 80.0, "a": 70.0}
    edge = frontier(goods(), [1, 2, 3, 4], target_usd=150.0)
    assert edge["status"].to_list() == ["infeasible", "optimal", "optimal", "optimal"]
    assert edge["reach_usd"][0] == pytest.approx(100.0)
    assert edge["cost_usd"].to_list()[1:] == pytest.approx([36.0, 23.0, 23.0])


def test_fixed_cost_per_good_keeps_the_basket_short() -> None:
    fixed = goods(cost_share=[0.0] * 4, cost_usd=[5.0, 4.0, 4.0, 1.0])
    found = choose_basket(fixed, most_goods=4, target_usd=120.0)
    assert set(found.chosen["product_id"]) in ({"a", "d"}, {"b", "d"})
    assert found.cost_usd == pytest.approx(5.0)


def test_sector_cap_and_its_price() -> None:
    found = choose_basket(goods(), most_goods=4, target_usd=100.0, sector_caps={"x": 0.5})
    shares = found.chosen.group_by("sector").agg(pl.col("value_usd").sum())
    assert dict(shares.iter_rows())["x"] == pytest.approx(50.0)
    price = found.prices.filter(pl.col("constraint") == "sector x").row(0, named=True)
    assert price["binding"]
    assert price["dual"] == pytest.approx(-0.1)  # a dollar from c (.2) to b (.1)


def test_sector_caps_of_none_and_all() -> None:
    free = values(choose_basket(goods(), most_goods=4, objective="value").chosen)
    every = choose_basket(goods(), most_goods=4, objective="value", sector_caps={"x": 1.0})
    assert values(every.chosen) == free
    none = choose_basket(goods(), most_goods=4, objective="value", sector_caps={"x": 0.0})
    assert set(none.chosen["sector"]) == set(goods()["sector"]) - {"x"}
    with pytest.raises(InvalidInput, match="share in"):
        choose_basket(goods(), most_goods=4, objective="value", sector_caps={"x": -0.1})


def test_capacity_and_its_price_per_tonne() -> None:
    capacity = pl.DataFrame({"name": ["gate"], "capacity_t": [0.2], "direction": ["a_to_b"]})
    found = choose_basket(goods(), most_goods=4, objective="value", capacity=capacity)
    # 100 USD of a fill 0.1 t, 0.1 t is left for 50 USD of b
    assert values(found.chosen) == {"a": 100.0, "b": 50.0, "c": 60.0, "d": 40.0}
    gate = found.prices.filter(pl.col("constraint") == "gate").row(0, named=True)
    assert gate["dual"] == pytest.approx(500.0)
    assert gate["used"] == pytest.approx(0.2)
    assert "gate is full" in " ".join(sentences(basket_notes(found)))


def test_usage_names_which_goods_a_row_carries() -> None:
    capacity = pl.DataFrame({"name": ["gate"], "capacity_t": [0.1]})
    usage = pl.DataFrame({"product_id": ["a", "b"], "name": ["gate", "gate"], "share": [1.0, 0.0]})
    found = choose_basket(
        goods(), most_goods=4, objective="value", capacity=capacity, terms=Terms(usage=usage)
    )
    assert values(found.chosen)["b"] == 80.0
    assert values(found.chosen)["d"] == 40.0


def test_balance_counts_the_baseline() -> None:
    terms = Terms(baseline_usd={"a_to_b": 0.0, "b_to_a": 20.0}, balance=(0.5, 1.0))
    found = choose_basket(goods(), most_goods=4, objective="value", terms=terms)
    ways = dict(found.chosen.group_by("direction").agg(pl.col("value_usd").sum()).iter_rows())
    assert ways["b_to_a"] == pytest.approx(100.0)
    assert ways["a_to_b"] == pytest.approx(120.0)  # as much as comes back, baseline included


def test_budget_caps_the_value() -> None:
    found = choose_basket(goods(), most_goods=4, objective="value", terms=Terms(budget_usd=14.0))
    assert found.value_usd == pytest.approx(80.0 + 30.0)
    assert found.cost_usd == pytest.approx(14.0)


def test_least_value_and_fewest_goods() -> None:
    table = goods(least_usd=[10.0, 10.0, 10.0, 10.0])
    found = choose_basket(table, most_goods=4, target_usd=100.0, terms=Terms(fewest_goods=4))
    assert values(found.chosen) == {"b": 70.0, "a": 10.0, "c": 10.0, "d": 10.0}


def test_out_of_reach_says_how_much_and_what_binds() -> None:
    found = choose_basket(goods(), most_goods=2, target_usd=500.0)
    assert found.status == "infeasible"
    reach = {row["without"]: row["reach_usd"] for row in found.reach.iter_rows(named=True)}
    assert reach[""] == pytest.approx(180.0)
    assert reach["number of goods"] == pytest.approx(280.0)
    assert reach["any of the terms"] == pytest.approx(280.0)
    text = " ".join(sentences(basket_notes(found)))
    assert "out of reach" in text and "number of goods" in text and "bounds themselves fall short" in text
    assert found.breaches["constraint"].to_list() == ["target"]
    assert found.breaches["breach"][0] == pytest.approx(320.0)


def test_terms_that_exclude_one_another_are_named() -> None:
    terms = Terms(fewest_goods=4, budget_usd=0.0)
    table = goods(least_usd=[10.0] * 4)
    found = choose_basket(table, most_goods=4, objective="value", terms=terms)
    assert found.status == "infeasible"
    assert not found.reach.height
    assert set(found.breaches["constraint"]) <= {"budget", "number of goods"}
    assert "exclude one another" in say(basket_notes(found)[0])


def test_chance_constraint_holds_in_as_many_scenarios_as_asked() -> None:
    shares = np.array(
        [[1.0, 1.0, 1.0, 1.0], [0.5, 1.0, 1.0, 1.0], [1.0, 0.1, 1.0, 1.0], [1.0, 0.1, 0.1, 1.0]]
    )
    sure = choose_basket(goods(), most_goods=4, target_usd=140.0, scenarios=Scenarios(shares, risk=0.01))
    loose = choose_basket(goods(), most_goods=4, target_usd=140.0, scenarios=Scenarios(shares, risk=0.5))
    assert sure.met_share == 1.0
    assert loose.met_share == pytest.approx(0.5)
    assert loose.cost_usd < sure.cost_usd


def test_mean_shortfall_in_the_tail_is_bounded() -> None:
    shares = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 1.0]])
    tight = Scenarios(shares, kind="cvar", risk=0.5, shortfall_usd=0.0)
    found = choose_basket(goods(), most_goods=4, target_usd=100.0, scenarios=tight)
    kept = values(found.chosen)
    assert kept.get("b", 0.0) == 0.0 or sum(v for k, v in kept.items() if k != "b") >= 100.0 - 1e-6
    wide = Scenarios(shares, kind="cvar", risk=0.5, shortfall_usd=80.0)
    assert choose_basket(goods(), most_goods=4, target_usd=100.0, scenarios=wide).cost_usd < found.cost_usd


@pytest.mark.parametrize(
    ("change", "statement", "words"),
    [
        ({"bound_usd": [1.0, -1.0, 1.0, 1.0]}, {"target_usd": 1.0}, "bound_usd"),
        ({"bound_usd": [1.0, None, 1.0, 1.0]}, {"target_usd": 1.0}, "bound_usd"),
        ({"bound_usd": [1.0, float("nan"), 1.0, 1.0]}, {"target_usd": 1.0}, "bound_usd"),
        ({"product_id": ["a", "a", "c", "d"]}, {"target_usd": 1.0}, "twice"),
        ({"direction": ["up", "a_to_b", "a_to_b", "a_to_b"]}, {"target_usd": 1.0}, "direction"),
        ({"least_usd": [200.0, 0.0, 0.0, 0.0]}, {"target_usd": 1.0}, "least value"),
        ({}, {}, "without a target"),
        ({}, {"target_usd": float("nan")}, "target is"),
        ({}, {"target_usd": 1.0, "sector_caps": {"z": 0.1}}, "'z'"),
        ({}, {"target_usd": 1.0, "sector_caps": {"x": 3.0}}, "share in"),
        ({}, {"target_usd": 1.0, "most_goods": 0}, "no basket"),
        ({}, {"target_usd": 1.0, "objective": "joy"}, "joy"),
        ({}, {"target_usd": 1.0, "terms": Terms(fewest_goods=9)}, "exclude"),
        ({}, {"target_usd": 1.0, "scenarios": Scenarios(np.ones((2, 3)))}, "do not fit"),
        ({}, {"target_usd": 1.0, "scenarios": Scenarios(np.ones((2, 4)), risk=1.5)}, "risk"),
    ],
)
def test_unusable_statements_are_refused(change: dict, statement: dict, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        choose_basket(goods(**change), **{"most_goods": 3, **statement})


def test_a_balance_turned_round_is_no_range() -> None:
    with pytest.raises(InvalidInput, match="no range"):
        Terms(balance=(2.0, 1.0))


def test_missing_columns_are_named() -> None:
    with pytest.raises(InvalidInput, match="bound_usd"):
        choose_basket(pl.DataFrame({"product_id": ["a"]}), most_goods=1, target_usd=1.0)


# the embedded case


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case("kaz-pak")


def test_bounds_come_from_the_offer_and_its_split_is_marked_assumed(case: Case) -> None:
    pool = offer_pool(case)
    assert pool is not None
    assert (pool.value_usd, pool.goods) == (490e6, 85)
    table = case_goods(case, landed_goods(case, case.settings.as_of))
    assert table.height == 40
    split = table.filter(pl.col("bound_basis") == "assumed")
    buses = table.filter(pl.col("bound_basis") == "observed")
    assert buses["product_id"].to_list() == ["electric_buses"]
    assert buses["bound_usd"][0] == 108e6
    supplies = case["supplies"].select("product_id", "exports_usd")
    joined = split.join(supplies, on="product_id")
    assert (joined["bound_usd"] <= joined["exports_usd"]).all()
    assert 0.9 * 490e6 * 40 / 85 < split["bound_usd"].sum() <= 490e6 * 40 / 85


def test_goods_worth_21_5_m_that_pass_the_price_test(case: Case) -> None:
    target = basket_target(case)
    assert target == (21.5e6, 40, "processed_40")
    study = CorridorStudy(case, case.settings.as_of)
    landed = landed_table(study)
    verdicts = verdict_table(study, landed)
    table, text = basket_section(case, landed, None, verdicts)
    assert table.columns == list(SECTION_COLUMNS)
    assert table.height == 35  # of 40 asked
    assert set(table["verdict"]) == {"only if", "unknown"}
    bounded = table.filter(pl.col("bound_usd").is_not_null())
    assert (bounded["value_usd"] <= bounded["bound_usd"] * (1 + 1e-6)).all()
    buses = table.filter(pl.col("product_id") == "electric_buses").row(0, named=True)
    assert (buses["cap_by"], buses["bound_usd"], buses["bound_of"]) == ("share", 2_329_313, "offer 2017")
    assert table["value_usd"].sum() == pytest.approx(21.5e6, rel=1e-6)
    refused = verdicts.filter(pl.col("verdict") == "no")["product_id"]
    assert "wheat_flour" in refused and not table["product_id"].is_in(refused.implode()).any()
    sectors = table.group_by("sector").agg(pl.col("value_usd").sum())
    assert sectors.height >= 6
    assert sectors["value_usd"].max() <= 0.3 * 21.5e6 * (1 + 1e-6)
    joined = " ".join(sentences(text))
    assert "assumed, no values by good are published" in joined
    assert "34 of 35 goods share 35/85 of the offer of 85 goods worth USD 490 m" in joined
    assert "3 goods from outside the list stand in" in joined
    assert "USD 1 bn is not within reach in the time that is left" in joined
    assert "Price test: of the 35 goods 0 pass as priced (USD 0), 3 if" in joined
    assert "the basket holds USD 1.85 m of the USD 21.5 m" in joined
    assert "adds up to" not in joined  # no sum of announcements


def test_closed_crossings_shrink_the_land_capacity(case: Case) -> None:
    shut = shut_places(case["closures"], "crossing", case.settings.as_of)
    assert {"B_TORK", "B_CHAM"} <= shut
    free = land_capacity(case, None)["capacity_t"][0]
    left = land_capacity(case, case.settings.as_of)["capacity_t"][0]
    assert 0 < left < free


def test_a_good_costs_what_its_cheapest_corridor_adds(case: Case) -> None:
    products = case["products"].filter(pl.col("basket") == "processed_40")
    twice = products.select("product_id", "price_usd_t", landed_usd_t=2.0 * pl.col("price_usd_t"))
    dearer = twice.with_columns(pl.col("landed_usd_t") * 1.5)
    table = case_goods(case, pl.concat([dearer, twice]))
    assert table["cost_share"].to_list() == pytest.approx([1.0] * 40)
    assert "cheapest corridor" in table["note"][0]


def test_a_good_without_a_route_bears_insurance_and_duty(case: Case) -> None:
    one = case["products"].filter(pl.col("product_id") == "zinc")
    landed = one.select("product_id", "price_usd_t", landed_usd_t=2.0 * pl.col("price_usd_t"))
    table = case_goods(case, landed)
    rest = table.filter(pl.col("product_id") == "wheat_flour").row(0, named=True)
    duty = find_duty(case["tariffs"], "wheat_flour", "PAK", "KAZ")
    insured = rest["price_usd_t"] * (1.0 + case.parameter("insurance_share"))
    assert rest["landed_usd_t"] == pytest.approx(insured * (1.0 + duty.rate_share) + duty.specific_usd_t)
    assert "39 without a route" in rest["note"]


def test_unknown_basket_is_named(case: Case) -> None:
    with pytest.raises(UnknownName, match="no_such"):
        case_goods(case, pl.DataFrame(), "no_such")


def test_case_without_offers_says_what_to_add(case: Case) -> None:
    bare = case.with_tables({"flows": case["flows"].filter(pl.col("value_kind") == "trade")})
    with pytest.raises(InvalidInput, match="bounds the goods"):
        case_goods(bare, pl.DataFrame())


# the command


def test_command_prints_json() -> None:
    run = CliRunner().invoke(
        app,
        [
            "basket",
            "--goods",
            "12",
            "--target",
            "21.5e6",
            "--sectors",
            "*=0.3",
            "--frontier",
            "6,12",
            "--json",
        ],
    )
    assert run.exit_code == 0, run.output
    answer = json.loads(run.output)
    assert answer["status"] == "optimal"
    assert len(answer["basket"]) <= 12
    assert [row["most_goods"] for row in answer["frontier"]] == [6, 12]
    assert answer["text"]


def test_command_explains_an_unreachable_value() -> None:
    run = CliRunner().invoke(app, ["basket", "--goods", "5", "--target", "900e6"])
    assert run.exit_code == 0, run.output
    assert "out of reach" in run.output
    csv = CliRunner().invoke(app, ["basket", "--goods", "5", "--target", "900e6", "--csv"])
    assert "# reach" in csv.output


def test_command_answers_reach() -> None:
    run = CliRunner().invoke(app, ["basket", "--reach", "--json"])
    answer = json.loads(run.output)
    assert {"comparable pairs", "bounds by good"} <= answer.keys()
    assert not {"variants", "blocks"} & answer.keys(), "no sum of announcements"
    assert not any("offered" in line for line in answer["text"])


def test_command_keeps_the_corridors_and_the_balance() -> None:
    run = CliRunner().invoke(
        app, ["basket", "--corridors", "today", "--balance", "0.1", "9", "--frontier", "1,3", "--json"]
    )
    assert run.exit_code == 0, run.output
    answer = json.loads(run.output)
    prices = {row["constraint"]: row for row in answer["shadow prices"]}
    tonnes = prices["land corridors, first party to second"]
    assert 0 < tonnes["used"] < tonnes["limit"]
    assert {"balance, least", "balance, greatest"} <= set(prices)
    assert any("flowing already" in line for line in answer["text"])
    assert any(line.startswith("The frontier asks") for line in answer["text"])
    assert answer["frontier"][0]["cost_usd"] >= 0.999 * answer["frontier"][1]["cost_usd"]  # to the gap
    # Exports may be at most twice the imports (1.6 times in 2025): the target then is out of reach, and the balance says so.
    tight = CliRunner().invoke(app, ["basket", "--target", "40e6", "--balance", "0.1", "2", "--json"])
    told = json.loads(tight.output)
    assert told["status"] == "infeasible"
    assert any("balance" in row["without"] for row in told["reach"])
    for wrong, words in ((["--corridors", "rail"], "no 'rail'"), (["--balance", "2", "1"], "no range")):
        bad = CliRunner().invoke(app, ["basket", *wrong])
        assert isinstance(bad.exception, InvalidInput)
        assert words in str(bad.exception)


def test_command_refuses_bad_sectors() -> None:
    run = CliRunner().invoke(app, ["basket", "--sectors", "food"])
    assert isinstance(run.exception, InvalidInput)


def test_command_takes_a_table_of_potentials(tmp_path: Path) -> None:
    path = tmp_path / "potential.csv"
    path.write_text("product,unrealised_usd\n010121,5e6\n020130,3e6\n030211,\n040210,0\n", encoding="utf-8")
    run = CliRunner().invoke(
        app,
        ["basket", "--table", str(path), "--goods", "1", "--target", "4e6", "--frontier", "1,2", "--json"],
    )
    assert run.exit_code == 0, run.output
    answer = json.loads(run.output)
    assert [row["product_id"] for row in answer["basket"]] == ["010121"]
    assert answer["frontier"][1]["value_usd"] == pytest.approx(8e6)
    assert any("no costs" in line for line in answer["text"])
    for bad, words in (("x,y\n1,2\n", "neither"), ("", "cannot be read")):
        path.write_text(bad, encoding="utf-8")
        run = CliRunner().invoke(app, ["basket", "--table", str(path), "--goods", "1", "--target", "4e6"])
        assert isinstance(run.exception, InvalidInput)
        assert words in str(run.exception)


def test_section_of_an_early_day_says_why_there_is_no_basket(case: Case) -> None:
    table, text = basket_section(case, as_of=date(2020, 1, 1))
    assert table.height == 0
    assert table.columns == list(SECTION_COLUMNS)
    assert "No basket" in say(text[0])


def pool(count: int = 10) -> pl.DataFrame:
    """Goods of five sectors with room of 100 each, a container of 1."""
    return pl.DataFrame(
        {
            "product_id": [f"g{n}" for n in range(count)],
            "product": [f"Good {n}" for n in range(count)],
            "sector": [f"s{n % 5}" for n in range(count)],
            "bound_usd": [100.0] * count,
            "bound_basis": ["assumed"] * count,
            "least_usd": [1.0] * count,
            "cost_share": [0.1 * (n + 1) for n in range(count)],
        }
    )


def test_by_default_no_good_is_over_three_even_shares_and_all_goods_stand() -> None:
    found = limited(pool(), None, 10, 100.0, SignTerms())
    assert found.share == pytest.approx(0.3)
    assert found.fewest == 10
    chosen = choose_basket(
        found.goods, most_goods=10, target_usd=100.0, terms=Terms(fewest_goods=found.fewest)
    ).chosen
    assert chosen.height == 10
    assert chosen["value_usd"].max() == pytest.approx(30.0)
    assert chosen["value_usd"].min() == pytest.approx(2.5)
    assert set(chosen["demand"]) == {"unknown"}


def test_the_share_widens_only_where_the_target_asks_for_it() -> None:
    small = pool().with_columns(bound_usd=pl.when(pl.col("product_id") == "g0").then(90.0).otherwise(2.0))
    assert limited(small, None, 10, 100.0, SignTerms()).share > 0.8
    assert limited(small, None, 10, 100.0, SignTerms(share=0.2)).share == 0.2
    with pytest.raises(InvalidInput, match="greatest share"):
        SignTerms(share=1.5)


def test_goods_that_cannot_be_sold_are_left_out_and_demand_bounds_the_rest() -> None:
    verdicts = result_frame(
        "goods_verdicts",
        [
            {"product_id": "g0", "verdict": "no", "demand_kind": "import_t", "bound_usd": 50.0},
            {"product_id": "g1", "verdict": "yes", "demand_kind": "import_t", "bound_usd": 7.0}
            | {"binding": "offer", "offer_year": 2017},
            {"product_id": "g2", "verdict": "unknown", "demand_kind": "unknown"},
            {"product_id": "g3", "verdict": "only if", "demand_kind": "need_t", "bound_usd": 50.0}
            | {"binding": "demand", "demand_period": "2024-07..2025-06", "cut_share": 0.4},
        ],
    )
    found = limited(pool().tail(9), verdicts, 10, 100.0, SignTerms())
    bounds = dict(found.goods.select("product_id", "bound_usd").iter_rows())
    assert bounds["g1"] == 7.0 and bounds["g2"] == pytest.approx(30.0)
    rows = {row["product_id"]: row for row in found.goods.iter_rows(named=True)}
    assert (rows["g1"]["own_usd"], rows["g1"]["cap_by"], rows["g1"]["bound_of"]) == (
        7.0,
        "bound",
        "offer 2017",
    )
    assert (rows["g3"]["own_usd"], rows["g3"]["cap_by"], rows["g3"]["bound_of"]) == (
        50.0,
        "share",
        "demand 2025",
    )
    assert (rows["g3"]["verdict"], rows["g2"]["own_usd"], rows["g2"]["bound_of"]) == ("no plan", None, None)
    assert "Nobody is known to want 7 of the 9 goods" in " ".join(sentences(found.notes))


def test_a_refused_good_gives_its_place_to_the_cheapest_other_of_the_seller(toyland: Case) -> None:
    own = toyland["products"].head(1)
    wares = [own.with_columns(product_id=pl.lit(f"g{n}"), name=pl.lit(f"Good {n}")) for n in range(4)]
    all_goods = pl.concat(wares)
    landed = pl.DataFrame(
        {
            "product_id": ["g0", "g1", "g2", "g3"],
            "price_usd_t": [1.0] * 4,
            "landed_usd_t": [1.1, 1.2, 1.9, 1.3],
        }
    )
    no = [{"product_id": name, "verdict": "no", "bound_usd": 1.0} for name in ("g0", "g3")]
    verdicts = result_frame("goods_verdicts", no)
    case = toyland.with_tables({"products": all_goods})
    listed = all_goods.head(1)
    with pytest.raises(InvalidInput, match="No good of the basket can be sold"):
        listed_goods(case, landed, listed, verdicts, 1, ["g2"])
    found = listed_goods(case, landed, all_goods.head(2), verdicts, 2, ["g2", "g3"])
    assert found.product_ids == ("g1", "g2")  # g3 is cheaper to bring, yet refused as well
    said = sentences(found.notes)
    assert said[0].startswith("1 good is left out") and said[0].endswith("no plan: Good 0 (no).")
    assert said[1] == "1 good from outside the list stands in, the cheapest to bring: Good 2."
    assert listed_goods(case, landed, all_goods.head(2), verdicts, 1, ["g2"]).product_ids == ("g1",)
    assert listed_goods(case, landed, all_goods.head(2), verdicts, 2, ["g3"]).product_ids == ("g1",)
    far = {"product_id": "g1", "verdict": "only if", "cut_share": 0.4, "bound_usd": 1.0}
    dear = result_frame("goods_verdicts", [*no, far])
    other = all_goods.with_columns(
        sector=pl.when(pl.col("product_id") == "g1").then(pl.lit("alone")).otherwise("sector")
    )
    case = toyland.with_tables({"products": other})
    found = listed_goods(case, landed, other.head(3), dear, 3, [])
    assert found.product_ids == ("g1", "g2")  # the only one of its sector stays, and is named
    assert sentences(found.notes)[1].endswith("as no other good is of its sector: Good 1 (no plan).")
    assert listed_goods(
        toyland.with_tables({"products": all_goods}), landed, all_goods, dear, 4, []
    ).product_ids == ("g2",)


def test_the_price_test_of_a_basket_is_counted_with_its_values() -> None:
    kinds = ["only if", "no plan", "unknown", "unknown"]
    chosen = pl.DataFrame({"verdict": kinds, "value_usd": [2e6, 1e6, 3e6, 4e6]})
    counted, left = sentences(judged_notes(chosen, 10e6))
    assert "of the 4 goods 0 pass as priced (USD 0), 1 if" in counted
    assert "1 fail (USD 1 m), 2 are not judged (USD 7 m)" in counted
    assert left == "Without the goods not judged or failed the basket holds USD 2 m of the USD 10 m."
    assert "reached without the goods not judged" in sentences(judged_notes(chosen, 2e6))[1]


def test_goods_below_a_least_value_asked_for_are_left_out() -> None:
    mixed = pool().with_columns(bound_usd=pl.Series([5.0, *[100.0] * 9]))
    found = limited(mixed, None, 10, 100.0, SignTerms(least_usd=8.0))
    assert found.goods["product_id"].to_list() == [f"g{n}" for n in range(1, 10)]
    assert found.goods["least_usd"].min() == 8.0


def test_a_data_frame_does_as_a_table() -> None:
    frame = pl.DataFrame({"product": ["10", "52"], "unrealised_usd": [3e6, None], "lacks": ["x", "y"]})
    goods = goods_from_frame(frame)
    assert goods.select("product_id", "bound_usd").rows() == [("10", 3e6)]
    assert goods_from_frame(frame.to_pandas()).height == 1
    with pytest.raises(InvalidInput, match="no data frame"):
        goods_from_frame([1, 2])
    table = open_case("toyland").basket(table=frame, goods=1, target=1e6).tables["basket"]
    assert table["product_id"].to_list() == ["10"]


def test_the_basket_is_named_by_the_case(toyland: Case) -> None:
    products = toyland["products"].with_columns(basket=pl.lit("our_own"))
    assert named_basket(toyland.with_tables({"products": products})) == "our_own"
    assert named_basket(toyland.with_tables({"products": products.clear()})) == ""


def test_a_billion_is_judged_by_demand_and_by_what_pairs_did_in_the_time_left(case: Case) -> None:
    day = case.settings.as_of
    pairs = comparable_reach(case, 1e9, day)
    kaz = pairs.filter(pl.col("reporter") == "KAZ").sort("due")
    assert kaz["due"].to_list() == [date(2026, 12, 31), date(2027, 2, 4), date(2028, 2, 4)]
    last = kaz.row(2, named=True)
    share = last["years_left"] / 4.0
    median = last["now_usd"] * 1.345**share
    assert last["median_usd"] == pytest.approx(median)
    assert last["p90_usd"] == pytest.approx(median * (3.032 / 1.345) ** math.sqrt(share))
    assert (pairs["p90_usd"] < 1e9).all()
    verdicts = pl.DataFrame(
        {
            "product_id": ["a", "b", "c"],
            "product": ["A", "B", "C"],
            "exporter": ["KAZ", "KAZ", "PAK"],
            "verdict": ["only if", "no", "yes"],
            "ban": [None, "PAK", None],
            "bound_usd": [5e6, 9e6, 2e6],
            "binding": ["demand", "offer", "demand"],
            "bound_price_usd_t": [500.0, 200.0, 1000.0],
        }
    )
    bounds = good_bounds(verdicts, case)
    assert dict(bounds.select("product_id", "bound_usd").iter_rows()) == {"a": 5e6, "c": 2e6, "b": 0.0}
    assert dict(bounds.select("product_id", "binding").iter_rows())["b"] == "ban of PAK"
    assert 0 < carried_usd(bounds, case, day) <= 7e6
    today = Turnover({"KAZ-PAK": 11.8e6, "PAK-KAZ": 41.9e6}, "KAZ", "2025", "2024")
    told = sentences(reach_notes(1e9, today, bounds, 7e6, pairs))
    assert told[0].startswith("USD 1 bn is not within reach in the time that is left")
    assert "2024" in told[1]  # the period of which the split of directions is
    assert len(told) == 2 + pairs.height


def test_a_total_among_the_goods_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("product_id,bound_usd\nTotal,300\n1001,100\n1006,200\n")
    with pytest.raises(InvalidInput, match="a total among its goods"):
        goods_from_file(path)
