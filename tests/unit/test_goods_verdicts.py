"""Goods against what is known of their demand: which fact is used, and what follows for the verdict."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from karwan.analysis.competitiveness import TABLE as COMPETE
from karwan.analysis.competitiveness import answer_compete
from karwan.analysis.contract import Inputs
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.goods import landed_table
from karwan.analysis.goods_shown import present_goods, short_row
from karwan.analysis.goods_verdicts import answer_goods
from karwan.analysis.market_facts import MarketFacts
from karwan.analysis.reachable import good_bounds
from karwan.analysis.requests import RouteRequest
from karwan.analysis.rivals import border_shut
from karwan.analysis.route import answer_route
from karwan.analysis.trade_requests import CompeteRequest, GoodsRequest, GoodsView
from karwan.case import Case
from karwan.notes import Note
from karwan.schema.frames import result_frame
from karwan.words import sentences

FACT = {
    "product_id": "beans",
    "heading": None,
    "origin": None,
    "place": None,
    "printed": "",
    "use": "model",
    "source_id": "toy",
    "basis": "observed",
    "note": None,
}


def _with(case: Case, *facts: dict[str, Any], indices: tuple[dict[str, Any], ...] = ()) -> Case:
    rows = [{"market_id": f"m{n}", **FACT, **fact} for n, fact in enumerate(facts)]
    rates = [{"source_id": "toy", "basis": "observed", "note": None, **row} for row in indices]
    return case.with_tables(
        {
            "markets": pl.DataFrame(rows, schema=case["markets"].schema),
            "price_indices": pl.DataFrame(rates, schema=case["price_indices"].schema),
        }
    )


def _fact(quantity: str, value: float | None, year: int = 2024, **more: Any) -> dict[str, Any]:
    country = more.pop("country", "XTC")
    return {
        "quantity": quantity,
        "value": value,
        "country": country,
        "start": date(year, 1, 1),
        "end": date(year, 12, 31),
        **more,
    }


def _row(case: Case) -> dict[str, Any]:
    found: dict[str, Any] = (
        answer_goods(Inputs(case), GoodsRequest("beans")).tables["goods"].row(0, named=True)
    )
    return found


def test_without_facts_the_demand_is_unknown_and_said(toyland: Case) -> None:
    result = answer_goods(Inputs(toyland), GoodsRequest())
    assert set(result.tables["goods"]["verdict"]) == {"unknown"}
    assert result.tables["goods"]["bound_usd"].null_count() == result.tables["goods"].height
    assert any("Demand is unknown for 3 of 3 goods" in sentence for sentence in sentences(result.notes))


def test_a_cheap_rival_says_no_and_a_dear_one_yes(toyland: Case) -> None:
    wanted = _fact("import_t", 1000.0)
    landed = _row(_with(toyland, wanted))["landed_usd_t"]
    dear = _row(_with(toyland, wanted, _fact("home_price", landed * 2.5)))
    cheap = _row(_with(toyland, wanted, _fact("home_price", landed / 2.5)))
    assert (dear["verdict"], cheap["verdict"]) == ("yes", "no")
    assert dear["gap_usd_t"] == pytest.approx(-1.5 * landed)
    assert dear["bound_usd"] == pytest.approx(
        1000 * toyland.parameter("reachable_share") * dear["price_usd_t"]
    )


def test_a_home_rival_bears_no_duty_and_another_origin_does(toyland: Case) -> None:
    home = _row(_with(toyland, _fact("home_price", 900.0)))
    abroad = _row(_with(toyland, _fact("unit_value", 900.0, origin="XTB")))
    duty = toyland["tariffs"].filter((pl.col("product_id") == "beans") & pl.col("exporter").is_null())
    rate, specific = duty["rate_share"][0] or 0.0, duty["specific_usd_t"][0] or 0.0
    assert home["rival_usd_t"] == 900.0
    assert abroad["rival_usd_t"] == pytest.approx(900 * (1 + rate) + specific)


def test_an_assumed_duty_says_so_and_which_verdict_its_range_gives(toyland: Case) -> None:
    """At 200 % of duty the beans land dearer than the home rival, which pays none; at their own 2 % they do not."""
    wanted = _fact("import_t", 1000.0)
    landed = _row(_with(toyland, wanted))["landed_usd_t"]
    case = _with(toyland, wanted, _fact("home_price", landed * 1.7))
    ends = case["tariffs"].with_columns(low_share=pl.lit(0.0), high_share=pl.lit(2.0))
    row = _row(case.with_tables({"tariffs": ends}))
    assert row["duty"] == "preference 2.0 % (2024, assumed, 0 % to 200 %)"
    assert (row["verdict"], row["verdict_by_duty"]) == ("yes", "only if")
    assert _row(case)["verdict_by_duty"] is None
    said = " ".join(
        sentences(answer_goods(Inputs(case.with_tables({"tariffs": ends})), GoodsRequest("beans")).notes)
    )
    assert "The duty under 1 of 1 verdicts is assumed" in said
    assert "would be others: Beans (only if)" in said


def test_the_cheapest_rival_is_named(toyland: Case) -> None:
    row = _row(
        _with(
            toyland, _fact("home_price", 950.0), _fact("unit_value", 700.0, origin="XTB", place="at the port")
        )
    )
    assert (row["rival_origin"], row["rival_kind"], row["rival_place"]) == (
        "XTB",
        "unit_value",
        "at the port",
    )


def test_a_mean_is_named_and_a_share_that_contradicts_is_said(toyland: Case) -> None:
    facts = (
        _fact("import_t", 1000.0),
        _fact("unit_value", 500.0),
        _fact("origin_share", 0.32, origin="XTA"),
    )
    result = answer_goods(Inputs(_with(toyland, *facts)), GoodsRequest("beans"))
    row = result.tables["goods"].row(0, named=True)
    assert (row["verdict"], row["lacks"]) == ("unknown", "named rival")
    assert (row["rival_origin"], row["sold_share"], row["contradicts"]) == ("mean of all origins", 0.32, True)
    assert any("XTA held 32 % of XTC's imports" in sentence for sentence in sentences(result.notes))


def test_an_offer_without_an_origin_is_a_rival(toyland: Case) -> None:
    landed = _row(toyland)["landed_usd_t"]
    row = _row(_with(toyland, _fact("import_t", 1000.0), _fact("offer_price", landed / 2.5)))
    assert (row["verdict"], row["rival_origin"]) == ("no", "an offer")


def test_people_read_the_count_first_and_judged_goods_only(toyland: Case) -> None:
    landed = _row(toyland)["landed_usd_t"]
    case = _with(toyland, _fact("import_t", 1000.0), _fact("home_price", landed / 2.5))
    result = answer_goods(Inputs(case), GoodsRequest())
    told = present_goods(result, GoodsView(full=True), "table")
    assert sentences(result.notes)[0].startswith("Of 3 goods 1 can be judged: ")
    assert (result.lead, told.lead) == (1, 1)
    assert told.tables["goods"]["product_id"].to_list() == ["beans"]
    for view, form in ((GoodsView(), "json"), (GoodsView(every=True, full=True), "table")):
        assert present_goods(result, view, form).tables["goods"].height == 3
    (short,) = present_goods(result, GoodsView(), "table").tables.values()
    assert (short["verdict"].to_list(), short["missing"].to_list()) == (["no"], [[]])
    every = present_goods(result, GoodsView(every=True), "table").tables["in short"]
    assert every.height == 3 and every["missing"].list.len().max() > 0


@pytest.mark.parametrize(("at", "verdict", "cut"), [(701.0, "only if", 0.299), (699.0, "no plan", 0.301)])
def test_a_cut_of_more_than_three_tenths_is_no_plan(at: float, verdict: str, cut: float) -> None:
    row = result_frame("goods_verdicts", [{"product": "Coil", "exporter": "XTA", "verdict": "only if"}])
    full = row.row(0, named=True) | {
        "switch": "price",
        "switch_now": 1000.0,
        "switch_at": at,
        "cut_share": cut,
    }
    short = short_row(full | {"price_country": "ZAF", "bound_usd": 1e6})
    assert (short["verdict"], short["sells_at"]) == (verdict, f"{at:.0f}")
    assert short["missing"] == ["own price"]


def test_the_sellers_own_export_price_goes_before_the_case(toyland: Case) -> None:
    assert _row(toyland)["price_kind"] == "case"
    row = _row(_with(toyland, _fact("export_price", 555.0, country="XTA")))
    assert (row["price_kind"], row["price_usd_t"]) == ("export_price", 555.0)


def test_the_pairs_own_unit_value_goes_before_any_other_price(toyland: Case) -> None:
    facts = (
        _fact("export_price", 555.0, country="XTA"),
        _fact("unit_value", 444.0, origin="XTA", place="at the port"),
        _fact("unit_value", 333.0, origin="XTB"),
    )
    row = _row(_with(toyland, *facts))
    assert (row["price_kind"], row["price_usd_t"], row["price_place"]) == ("unit_value", 444.0, "at the port")
    assert row["price_country"] is None


def test_a_price_that_stands_in_decides_nothing(toyland: Case) -> None:
    beans = pl.col("product_id") == "beans"
    foreign = toyland["products"].with_columns(price_country=pl.when(beans).then(pl.lit("ZAF")))
    case = toyland.with_tables({"products": foreign})
    wanted = _fact("import_t", 1000.0)
    row = _row(_with(case, wanted, _fact("unit_value", 700.0, origin="XTB")))
    assert (row["price_kind"], row["price_country"], row["rival_origin"]) == ("case", "ZAF", "XTB")
    assert (row["verdict"], row["switch"], row["price_basis"]) == ("only if", "price", "assumed")
    assert 0 < row["switch_at"] < 700.0
    assert row["bound_t"] == pytest.approx(1000 * case.parameter("reachable_share"))
    assert row["bound_price_usd_t"] == row["switch_at"]
    assert row["bound_usd"] == pytest.approx(
        row["bound_t"] * row["switch_at"]
    )  # not at a price that does not sell
    home = _row(_with(case, wanted, _fact("home_price", 5000.0)))
    assert (home["price_country"], home["verdict"]) == (
        "ZAF",
        "unknown",
    )  # six times as dear: another good
    dear = _row(_with(case, wanted, _fact("home_price", 1500.0)))
    assert (dear["verdict"], dear["switch"]) == ("only if", "price")
    assert (
        dear["switch_at"] > dear["bound_price_usd_t"] == dear["price_usd_t"]
    )  # never above the price of now
    own = _row(_with(case, wanted, _fact("home_price", 1500.0), _fact("home_price", 800.0, country="XTA")))
    assert own["price_country"] is None
    assert own["verdict"] == "yes"


def test_no_origin_is_both_stand_in_and_rival(toyland: Case) -> None:
    """The cheapest rival keeps its origin; the newest of the others lends its price, of two as new the one of the greater share."""
    beans = pl.col("product_id") == "beans"
    foreign = toyland["products"].with_columns(price_country=pl.when(beans).then(pl.lit("XTB")))
    case = toyland.with_tables({"products": foreign})
    b, c, d = (
        _fact("unit_value", usd, origin=key) for usd, key in ((600.0, "XTB"), (700.0, "ZAF"), (650.0, "ZMB"))
    )
    share = _fact("origin_share", 0.4, origin="ZAF")
    older = _fact("unit_value", 500.0, year=2022, origin="MWI")
    for facts, lender, rival in (
        ((b,), "XTB", None),
        ((b, _fact("unit_value", 680.0)), "XTB", "mean of all origins"),
        ((b, c), "ZAF", "XTB"),
        ((b, c, d), "ZMB", "XTB"),
        ((b, c, d, share), "ZAF", "XTB"),
        ((b, older), "MWI", "XTB"),
        ((b, c, older), "ZAF", "XTB"),
    ):
        row = _row(_with(case, *facts))
        assert (row["price_country"], row["rival_origin"]) == (lender, rival), facts
    table = answer_compete(Inputs(_with(case, b, c)), CompeteRequest("beans")).tables[COMPETE]
    assert table.filter(role="rival")["origin"].to_list() == ["XTB"]


def test_a_heading_stands_in_for_a_good_and_is_said(toyland: Case) -> None:
    wide = {"product_id": None, "heading": "0713"}
    found = answer_goods(Inputs(_with(toyland, _fact("unit_value", 680.0, **wide))), GoodsRequest("beans"))
    row = found.tables["goods"].row(0, named=True)
    assert (row["rival_heading"], row["rival_usd_t"], row["basis"]) == (
        "0713",
        pytest.approx(680.0, rel=0.5),
        "assumed",
    )
    assert any("mean of its whole heading" in sentence for sentence in sentences(found.notes))


def test_a_figure_that_goods_share_is_counted_once(toyland: Case) -> None:
    """Own tonnes before the heading's money where no older; a crop bounds; what two goods share is said, and adds up to itself alone."""
    demand = [_fact("import_t", 1e6, product_id=key) for key in ("beans", "wheat")]
    supply = {"exporter": "XTA", "heading": "0713", "world_usd": 1e9, "source_id": "toy", "basis": "observed"}
    rows = [
        {"supply_id": key, "product_id": key, "year": 2023, "exports_usd": 5e6, "note": None, **supply}
        for key in ("beans", "wheat")
    ]
    sold = toyland.with_tables({"supplies": pl.DataFrame(rows, schema=toyland["supplies"].schema)})

    def verdicts(*facts: dict[str, Any]) -> Any:
        return answer_goods(Inputs(_with(sold, *demand, *facts)), GoodsRequest())

    shared = verdicts()
    by_id = {row["product_id"]: row for row in shared.tables["goods"].iter_rows(named=True)}
    assert {by_id[key]["bound_usd"] for key in ("beans", "wheat")} == {5e6}
    assert any("bounds each; together" in sentence for sentence in sentences(shared.notes))
    reach = good_bounds(shared.tables["goods"], sold)
    assert reach["bound_usd"].sum() == pytest.approx(5e6)
    assert set(reach["binding"]) == {"offer", "shared offer"}
    own = verdicts(_fact("capacity_t", 100.0, country="XTA"), _fact("harvest_t", 50.0, country="XTA"))
    row = own.tables["goods"].filter(product_id="beans").row(0, named=True)
    assert (row["binding"], row["bound_usd"]) == ("crop", pytest.approx(50 * row["price_usd_t"]))
    assert (row["offer_heading"], row["offer_usd_year"]) == (None, pytest.approx(100 * row["price_usd_t"]))


def test_goods_start_where_they_are_grown(toyland: Case) -> None:
    study = CorridorStudy(toyland, toyland.settings.as_of)
    other = "B"  # Bridge, on the way of the midland corridor
    grown = pl.when(pl.col("product_id") == "beans").then(pl.lit(other))
    case = toyland.with_tables({"products": toyland["products"].with_columns(origin_id=grown)})
    landed = landed_table(CorridorStudy(case, case.settings.as_of))
    labels = dict(landed.select("product_id", "route_label").iter_rows())
    assert labels["beans"] != labels["wheat"]
    assert labels["beans"] == study.pair_label(other, study.pairs("a_to_b")[0][1])


def test_an_index_of_carriage_is_no_index_of_goods(toyland: Case) -> None:
    rows = (
        {"index_id": "f", "commodity": "food", "year": 2024, "value": 1.0},
        {"index_id": "d", "commodity": "dollar", "year": 2025, "value": 1.0},
    )
    assert MarketFacts(_with(toyland, indices=rows), toyland.settings.as_of).year() == 2024


def test_every_answer_lands_a_good_at_one_price_and_load(toyland: Case) -> None:
    indices = tuple(
        {"index_id": f"food_{year}", "commodity": "food", "year": year, "value": value}
        for year, value in ((2024, 100.0), (2025, 130.0))
    )
    case = _with(toyland, indices=indices)
    study = CorridorStudy(case, case.settings.as_of)
    landed = landed_table(study).row(by_predicate=pl.col("product_id") == "beans", named=True)
    judged = _row(case)
    own = answer_compete(Inputs(case), CompeteRequest("beans")).tables[COMPETE]
    origin, destination = study.pairs("a_to_b")[0]
    asked = RouteRequest(origin, destination, "beans", landed["load_t"], case.settings.as_of)
    route = answer_route(Inputs(case), asked)
    offers = route.tables["routes"].filter(pl.col("corridor_id") == landed["corridor_id"])
    assert landed["price_usd_t"] == pytest.approx(800.0 * 1.3)
    for name in ("price_usd_t", "load_t", "price_period", "price_indexed", "landed_usd_t", "freight_usd_t"):
        assert judged[name] == pytest.approx(landed[name]), name
    for name in ("price_usd_t", "freight_usd_t", "landed_usd_t"):
        assert own[name][0] == pytest.approx(landed[name]), name
        assert offers[name].min() == pytest.approx(landed[name], rel=2e-3), name
    assert any("brought to 2025), for 20 t" in sentence for sentence in sentences(route.notes))


def test_prices_are_brought_to_one_year_and_stale_ones_left(toyland: Case) -> None:
    indices = tuple(
        {"index_id": f"food_{year}", "commodity": "food", "year": year, "value": value}
        for year, value in ((2018, 100.0), (2024, 120.0))
    )
    old = _fact("unit_value", 700.0, year=2018, origin="XTB")
    day = toyland.settings.as_of
    product = toyland["products"].filter(pl.col("product_id") == "beans").row(0, named=True)
    brought = MarketFacts(_with(toyland, old, indices=indices), day).unit_values(product, "XTC", "XTA")
    assert [one.usd_t for one in brought] == [pytest.approx(840.0)]
    assert MarketFacts(_with(toyland, old), day).unit_values(product, "XTC", "XTA") == []


def test_a_ban_holds_until_it_is_known_to_have_ended(toyland: Case) -> None:
    day = toyland.settings.as_of
    product = toyland["products"].filter(pl.col("product_id") == "beans").row(0, named=True)
    ended = _fact("ban", None, year=day.year - 2)
    standing = _fact("ban", None, year=day.year - 2, end=None)
    later = _fact("ban", None, year=day.year + 1, end=None)
    assert MarketFacts(_with(toyland, ended), day).ban(product, "XTC") is None
    assert MarketFacts(_with(toyland, later), day).ban(product, "XTC") is None
    held = MarketFacts(_with(toyland, standing), day).ban(product, "XTC")
    assert held is not None and held["country"] == "XTC"


def test_part_of_a_year_is_brought_to_a_year(toyland: Case) -> None:
    half = _fact("import_t", 500.0, start=date(2024, 1, 1), end=date(2024, 6, 30))
    assert _row(_with(toyland, half))["demand_t_year"] == pytest.approx(1000.0)


def test_kaz_pak_says_what_its_facts_say(kaz_pak: Case) -> None:
    goods = answer_goods(Inputs(kaz_pak), GoodsRequest()).tables["goods"]
    by_id = {row["product_id"]: row for row in goods.iter_rows(named=True)}
    assert by_id["wheat_milling"]["ban"] == "PAK"
    assert by_id["wheat_milling"]["verdict"] != "yes"
    assert by_id["chickpeas"]["demand_t_year"] == 550_000
    assert by_id["peas_dry"]["demand_heading"] == "0713"
    for pulse, rival, binding in (
        ("peas_dry", "CAN", "offer"),
        ("chickpeas", "PAK", "crop"),
        ("lentils_red", "AUS", "demand"),
    ):
        row = by_id[pulse]
        assert (row["price_country"], row["rival_origin"], row["binding"]) == ("AFG", rival, binding)
        assert (
            row["rival_period"].startswith("2025")
            and row["offer_heading" if binding != "crop" else "ban"] is None
        )
        assert row["rival_basis"] == ("computed" if pulse == "chickpeas" else "assumed")  # offers to India
    lent = goods.filter(pl.col("price_country").is_not_null())
    assert lent.filter(pl.col("price_country") == pl.col("rival_origin")).is_empty()
    assert by_id["kinnow"]["verdict"] == "unknown"
    assert by_id["kinnow"]["rival_origin"] == "mean of all origins"
    assert by_id["kinnow"]["contradicts"]
    assert by_id["rice_kaz"]["rival_kind"] == "export_price"
    assert goods.filter((pl.col("verdict") == "yes") & (pl.col("demand_kind") == "unknown")).is_empty()


def test_compete_and_goods_know_the_same_rival(toyland: Case) -> None:
    """One source of rivals: the price that `trade goods` judges by is the cheapest rival of `trade compete`, and its shut border is said by both."""
    facts = (_fact("home_price", 950.0), _fact("unit_value", 700.0, origin="XTB", place="at the port"))
    bare = _with(toyland, *facts)
    crossing = bare["crossings"].with_columns(country_a=pl.lit("XTB"), country_b=pl.lit("XTC"))
    day = toyland.settings.as_of
    shut = {name: None for name in bare["closures"].columns} | {
        "closure_id": "c", "place_kind": "crossing", "kind": "dated", "start": str(day), "reason": "x", "history": False,
        "source_id": "toy", "basis": "assumed",
    }  # fmt: skip
    rows = [shut | {"place_id": key} for key in crossing["crossing_id"]]
    closures = pl.DataFrame(rows, schema=bare["closures"].schema)
    assert border_shut(bare.with_tables({"crossings": crossing, "closures": closures}), "XTB", "XTC", day)
    assert border_shut(bare.with_tables({"crossings": crossing}), "XTB", "XTC", day) is False
    assert border_shut(bare, "XTC", "XTC", day) is None
    row = _row(bare)
    table = answer_compete(Inputs(bare), CompeteRequest("beans")).tables[COMPETE]
    rivals = table.filter(role="rival")
    assert rivals["landed_usd_t"].min() == pytest.approx(row["rival_usd_t"])
    assert dict(rivals.select("origin", "landed_usd_t").iter_rows())["XTC"] == 950.0
    assert (row["rival_origin"], rivals.sort("landed_usd_t")["origin"][0]) == ("XTB", "XTB")
    typed = answer_compete(Inputs(bare), CompeteRequest("beans", rival=("XTB:650",)))
    assert typed.tables[COMPETE].filter(role="rival").height == 1, (
        "what is typed stands in place of the case's"
    )


def test_compete_says_what_a_seller_without_a_price_may_ask(toyland: Case) -> None:
    beans = pl.col("product_id") == "beans"
    foreign = toyland["products"].with_columns(price_country=pl.when(beans).then(pl.lit("ZAF")))
    case = _with(
        toyland.with_tables({"products": foreign}),
        _fact("unit_value", 700.0, origin="XTB"),
        _fact("import_t", 9.0),
    )
    found = answer_compete(Inputs(case), CompeteRequest("beans"))
    said = next(one for one in found.notes if isinstance(one, Note) and one.key == "compete.stand_in")
    assert said.values["most_usd_t"] == pytest.approx(_row(case)["switch_at"], rel=0.02)
    assert any("ZAF stands in for it" in sentence for sentence in sentences(found.notes))


def test_what_is_sold_now_is_its_share_of_the_demand(toyland: Case) -> None:
    """1,000 t at 800 USD/t, a tenth within reach, 6 % of it the seller's: 48,000 sold, 32,000 left of 80,000."""
    wanted = _fact("import_t", 1000.0)
    known = _row(_with(toyland, wanted, _fact("origin_share", 0.06, origin="XTA")))
    assert known["bound_usd"] == pytest.approx(80_000.0)
    assert known["sold_usd"] == pytest.approx(48_000.0)
    assert known["unrealised_usd"] == pytest.approx(32_000.0)
    full = _row(_with(toyland, wanted, _fact("origin_share", 0.5, origin="XTA")))
    assert full["unrealised_usd"] == 0.0
    unknown = _row(_with(toyland, wanted))
    assert unknown["sold_usd"] is None and unknown["unrealised_usd"] is None
