"""Transit regimes: legs by hand on toyland, worth of terms by laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from karwan.analysis.case_requests import RegimeRequest, ScenarioTradeRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridor_change import corridor_change
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.answer import answer_trade
from karwan.analysis.coupling.promised import PromisedWelfare
from karwan.analysis.coupling.turnover import turnover_factors
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.regime.answer import answer_regime
from karwan.analysis.regime.exact import DrawnStates, Variant
from karwan.analysis.regime.given import given_notes
from karwan.analysis.regime.lead import base_lead, trade_lead
from karwan.analysis.regime.legs import leg_table
from karwan.analysis.regime.papers import moved_papers, paper_table
from karwan.analysis.regime.states import IN_FORCE, regime_states
from karwan.analysis.regime.term_draws import TermDraws
from karwan.analysis.regime.worth import NONE, TermCosts, quantity_words, worth_table
from karwan.analysis.worth.states import NOW
from karwan.case import Case
from karwan.errors import InvalidInput, UnknownName
from karwan.notes import Note
from karwan.schema import load_schema
from karwan.schema.frames import result_frame
from karwan.transport.network.regimes import Regimes
from karwan.words import sentences
from tests.unit.test_coupling import small_world


@pytest.fixture
def pact(toyland: Case) -> Case:
    """Toyland with a pact of Upland and Lowland on the table: no change of trucks, a tenth of trucks scanned for 5 h, a fee of 30."""
    regime = toyland["regimes"].with_columns(
        regime_id=pl.lit("pact"), parties=pl.lit(["XTA", "XTC"]), state=pl.lit("negotiated"),
        in_force=pl.lit(None, pl.Date), guarantee=pl.lit("insurance"), guarantee_usd_trip=pl.lit(45.0),
    )  # fmt: skip
    schema = toyland["regime_terms"].schema
    rows = [
        {"term_id": f"pact_{q}", "regime_id": "pact", "leg": "border", "place_id": place, "quantity": q, "value": v, "op": "set"}
        | {"source_id": "toy", "basis": "assumed"}
        for q, v, place in (("swap_needed", 0.0, None), ("scan_share", 0.1, "XTC"), ("scan_h", 5.0, "XTC"), ("fee_usd", 30.0, "XTC"))
    ]  # fmt: skip
    terms = pl.DataFrame(rows, schema=schema)
    swap = toyland["access"].with_columns(
        rule=pl.when(pl.col("country") == "XTC").then(pl.lit("swap")).otherwise("rule")
    )
    tables = {"regimes": pl.concat([toyland["regimes"], regime]), "regime_terms": terms, "access": swap}
    return toyland.with_tables(tables)


def test_legs_before_and_after_by_hand(pact: Case) -> None:
    legs = leg_table(regime_states(pact, "pact"))
    here = {r["what"]: r for r in legs.filter(country="XTC", registration="XTA").iter_rows(named=True)}
    swap = here["trucks changed"]
    assert (swap["before"], swap["after"]) == (1.0, 0.0)
    assert swap["usd_change"] == -pact.parameter("truck_swap_cost_usd")
    assert swap["hours_change"] == -pact.parameter("truck_swap_time_h")
    assert here["share scanned"]["after"] == 0.1 and here["share scanned"]["before"] is None
    assert here["hours scanned and examined"]["after"] == pytest.approx(0.5)
    assert here["fee of the regime"]["usd_change"] == 30.0
    assert here["guarantee"]["after"] == 45.0 and "insurance (pact)" in here["guarantee"]["text"]
    assert set(legs["country"]) == {"XTA", "XTC"}


def test_access_that_rests_on_a_regime_is_a_term_of_it(pact: Case) -> None:
    """In force, trucks let in by its access rules, no such term stated: what that brings is not put down to its fee and its checks."""
    live = pl.col("regime_id") == "pact"
    state = pl.when(live).then(pl.lit("in_force")).otherwise("state")
    here = pl.col("country") == "XTC"
    rule, rests = (pl.when(here).then(pl.lit(one)) for one in ("permit", "pact"))
    tables = {
        "regimes": pact["regimes"].with_columns(state=state),
        "access": pact["access"].with_columns(
            rule=rule.otherwise("rule"), regime_id=rests.otherwise("regime_id")
        ),
        "regime_terms": pact["regime_terms"].filter(pl.col("quantity") != "swap_needed"),
    }
    table = worth_table(regime_states(pact.with_tables(tables), "pact"))
    assert table["term"][0] == "no change of trucks" and table["basis"][0] == "assumed"
    alone = dict(table.select("term", "alone_usd_t").iter_rows())
    assert alone["no change of trucks"] > 0.0 >= alone["fees"]


def test_the_term_that_opens_the_border_is_worth_most(pact: Case) -> None:
    table = worth_table(regime_states(pact, "pact"))
    worth = dict(table.select("term", "worth_usd_t").iter_rows())
    assert table["term"][0] == "no change of trucks" and worth["no change of trucks"] > 0
    assert worth["fees"] < 0, "without its fee the regime would be worth more"
    assert table["term"][-1] == "all together"


def test_a_regime_without_terms_or_unknown_is_refused(toyland: Case) -> None:
    with pytest.raises(InvalidInput, match="regime_terms"):
        regime_states(toyland, "toy_transit")
    with pytest.raises(UnknownName, match="toy_transit"):
        regime_states(replace(toyland), "toy_transitt")


def with_terms(case: Case, **levels: float) -> Case:
    """The case with more terms of the pact, at levels by quantity."""
    first = case["regime_terms"].head(1)
    more = [
        first.with_columns(
            term_id=pl.lit(f"pact_{name}"), quantity=pl.lit(name), value=pl.lit(level), place_id=pl.lit(None)
        )
        for name, level in levels.items()
    ]
    return case.with_tables(
        {"regime_terms": pl.concat([case["regime_terms"], *more], how="vertical_relaxed")}
    )


def test_the_head_names_losers_with_their_dollars(pact: Case) -> None:
    """Upland gains 2 % of 10 m, a third pair loses 5.3 m: both stand in the head; a pair that moves by USD 100 does not."""
    states = regime_states(pact, "pact")

    def pair(exporter: str, importer: str, value: float, change: float) -> dict[str, object]:
        head = {"pair": f"{exporter} to {importer}", "exporter": exporter, "importer": importer}
        return head | {"value_usd_year": value, "new_value_usd_year": value + change}

    rows = [pair("XTA", "XTC", 1e7, 2e5), pair("XTC", "XTA", 1e6, 1e2), pair("XTZ", "XTY", 1e9, -5.3e6)]
    pairs = result_frame("response_pairs", rows)
    assert sentences(trade_lead(pact, states, pairs)) == [
        "Trade a year with the regime in force against suspended: XTA to XTC +USD 200 k (+2.0 %), XTC to XTA USD 0 (+0.0 %).",
        "One country pair loses trade: XTZ to XTY −USD 5.3 m (−0.5 %) a year.",
    ]
    alone = sentences(trade_lead(pact, states, pairs.head(2)))
    assert alone[1] == "No country pair loses USD 500 of trade a year."


def test_a_regime_that_moves_nothing_says_who_carries_without_it(kaz_pak: Case) -> None:
    """AUPTT lets Uzbek trucks through Pakistan; Pakistani ones go the whole way by the transport agreement, under a TIR carnet."""
    trucks, guarantee = given_notes(regime_states(kaz_pak, "AUPTT"))
    assert (trucks.values["trucks"], trucks.values["country"]) == ("Uzbekistan", "Pakistan")
    assert "cooperation in transport" in str(trucks.values["regime"])
    assert guarantee.values == {"kind": "tir", "regimes": ["TIR"]}
    assert not list(given_notes(regime_states(kaz_pak, "KZ_PK_TTA")))


def test_the_head_says_first_what_is_shut_today(kaz_pak: Case) -> None:
    said = sentences(base_lead(regime_states(kaz_pak, "APTTA")))
    assert said[0].startswith("5 crossings that this answer takes as open are closed on 24 November 2026:")
    assert "Torkham" in said[0] and said[0].endswith(
        "It supposes “The Pakistan-Afghanistan crossings reopen to trade”."
    )


@pytest.mark.parametrize(("permits", "binds"), [(1.0, True), (1e9, False)])
def test_permits_are_held_against_the_trucks_that_would_come(pact: Case, permits: float, binds: bool) -> None:
    """Suspended, trucks are changed at the border and no foreign one enters; in force the quota is held against those that do."""
    case = with_terms(pact, permit_quota_year=permits)
    answer = answer_regime(Inputs(case), RegimeRequest("pact", pairs="parties", draws=0))
    upland = answer.tables["permits"].filter(registration="XTA").row(0, named=True)
    assert upland["before_trucks_year"] == 0.0 and upland["after_trucks_year"] > 1.0
    assert upland["permits_year"] == permits and upland["binds"] is binds
    assert upland["covered_share"] == pytest.approx(min(1.0, permits / upland["after_trucks_year"]))
    said = [one.key for one in answer.notes if isinstance(one, Note)]
    assert ("regime.quota" in said) is binds and "regime.base_bare" in said
    assert answer.lead == said.index("regime.base_bare"), "what it does comes first, then on what it stands"
    assert "regime.trade" in said[: answer.lead]
    assert {"regime.best_supposed", "regime.assumed_all"} <= set(said), "every term of the pact is assumed"
    assert "regime.quota_open" not in said
    assert (upland["permit_usd"] > 0.0) is binds
    assert upland["held_trucks_year"] == pytest.approx(min(permits, upland["after_trucks_year"]), rel=2e-3)


def test_trade_falls_where_permits_are_short(pact: Case) -> None:
    """A tenth of the permits wanted: trade grows by less than with all of them, and by more than with one."""
    wanted = answer_regime(Inputs(with_terms(pact, permit_quota_year=1e9)), RegimeRequest("pact", draws=0))
    come = wanted.tables["permits"].filter(registration="XTA")["after_trucks_year"][0]
    found = []
    for permits in (1.0, come / 10.0, 1e9):
        answer = answer_regime(
            Inputs(with_terms(pact, permit_quota_year=permits)), RegimeRequest("pact", draws=0)
        )
        found.append(float(answer.tables["pairs"].filter(exporter="XTA")["queue_partial_share"][0]))
    assert found == sorted(found) and found[0] < found[1] < found[2]


def test_papers_before_and_after_by_hand(pact: Case) -> None:
    """A paper of the pact is asked for with it alone; the plain view shows what moves and one row for the rest."""
    own = {
        "document_id": "pact_seal",
        "name": "Seal of the pact",
        "scope": "destination",
        "regime_id": "pact",
    }
    own |= {
        "issued_by": "its office",
        "cost_usd": 12.0,
        "time_h": 5.0,
        "source_id": "toy",
        "basis": "assumed",
    }
    schema = pact["documents"].schema
    seal = pl.DataFrame([{name: own.get(name) for name in schema}], schema=schema)
    case = pact.with_tables({"documents": pl.concat([pact["documents"], seal])})
    states = regime_states(case, "pact")
    table = paper_table(states, CorridorStudy(case, case.settings.as_of))
    seals = table.filter(pl.col("paper") == "Seal of the pact")
    assert seals.select("before_usd", "after_usd", "usd_change", "hours_change", "text").unique().rows() == [
        (0.0, 12.0, 12.0, 5.0, "asked for with the regime alone")
    ]
    shown = moved_papers(table)
    assert shown.filter(pl.col("paper").str.ends_with("papers that stay")).height == table["pair"].n_unique()
    assert shown.height < table.height and shown["after_usd"].sum() == pytest.approx(table["after_usd"].sum())


def test_ends_of_a_range_bound_the_worth_of_a_term(pact: Case) -> None:
    """A fee of 30 that may be 0 or 60 costs what it is, nothing, or twice as much."""
    ranged = pl.when(pl.col("quantity") == "fee_usd")
    terms = pact["regime_terms"].with_columns(
        low=ranged.then(0.0).otherwise("low"), high=ranged.then(60.0).otherwise("high")
    )
    table = worth_table(regime_states(pact.with_tables({"regime_terms": terms}), "pact"))
    fees = table.filter(term="fees").row(0, named=True)
    assert fees["high_usd_t"] == pytest.approx(0.0, abs=1e-9)
    assert 2.1 * fees["worth_usd_t"] < fees["low_usd_t"] < 1.5 * fees["worth_usd_t"] < 0.0
    assert table.filter(term="share scanned")["low_usd_t"].to_list() == [None]
    assert fees["value"] == "fee USD 30 a truck" and fees["range"] == "fee USD 0 to 60 a truck"


def test_every_quantity_of_a_regime_has_its_clause() -> None:
    allowed = next(c for c in load_schema()["regime_terms"].columns if c.name == "quantity").allowed
    assert set(quantity_words()) == set(allowed)
    assert all("{value}" in clause for _, clause in quantity_words().values())


# -- bands ---------------------------------------------------------------------------------------------------


def ranged(case: Case) -> Case:
    """The pact with a fee of 30 that may be 0 or 60, and an hour of scans that may be 2 to 9."""
    open_ = {"fee_usd": (0.0, 60.0), "scan_h": (2.0, 9.0)}
    terms = case["regime_terms"].with_columns(
        pl.col("quantity").replace_strict({k: v[place] for k, v in open_.items()}, default=None).alias(end)
        for place, end in enumerate(("low", "high"))
    )
    return case.with_tables({"regime_terms": terms})


def test_every_figure_has_a_band_or_is_stated_for_any_number_of_workers(pact: Case) -> None:
    case = with_terms(ranged(pact), permit_quota_year=20.0)
    one, two = (
        answer_regime(Inputs(case), RegimeRequest("pact", pairs="parties", draws=6, seed=3, workers=n))
        for n in (1, 2)
    )
    assert all(one.tables[key].equals(two.tables[key]) for key in one.tables)
    legs = one.tables["legs"].filter(country="XTC", registration="XTA")
    here = {row["what"]: row for row in legs.iter_rows(named=True)}
    fee, scanned = here["fee of the regime"], here["share scanned"]
    assert (fee["known_by"], scanned["known_by"]) == ("band", "stated")
    assert 0.0 <= fee["after_p05"] < fee["after_p50"] < fee["after_p95"] <= 60.0
    assert scanned["after_p05"] == scanned["after_p95"] == scanned["after"] == 0.1
    assert here["trucks changed"]["usd_change_p05"] is not None
    worth = one.tables["terms by worth"]
    assert (worth["worth_p05_usd_t"] <= worth["worth_p95_usd_t"]).all()
    permits = one.tables["permits"].filter(registration="XTA").row(0, named=True)
    assert permits["held_trucks_year_p95"] == pytest.approx(20.0, rel=2e-3), "no draw passes the permits"
    assert permits["after_trucks_year_p05"] > 20.0 and permits["permit_p05_usd"] > 0.0
    pairs, papers = one.tables["pairs"], one.tables["papers"]
    lead = next(said for said in one.notes if isinstance(said, Note) and said.key == "regime.trade")
    assert all("in joint draws" in moved for moved in lead.values["moved"])
    assert pairs["low_share"].null_count() == 0 and pairs["new_value_p95_usd_year"].null_count() == 0
    assert set(papers["known_by"]) <= {"band", "stated"}
    judged = papers.filter(
        (pl.col("basis") == "assumed") & (pl.col("after_usd") > 0) & (pl.col("kind") == "paper")
    )
    assert (judged["known_by"] == "band").all()
    assert one.tables["inputs"].group_by("pair").agg(pl.col("share").sum())[
        "share"
    ].to_list() == pytest.approx([1.0] * pairs.height)


def test_a_draw_at_an_end_of_a_term_is_the_regime_at_that_end(pact: Case) -> None:
    """Fee at its high end: the state with the regime moves all the way to the state of that end, and none where nothing is drawn."""
    states = regime_states(ranged(pact), "pact")
    terms, costs = TermDraws(states), TermCosts(states)
    lacking = {NONE: None, **costs.dropped}
    moved = DrawnStates.of(
        costs.plan, terms, [Variant(name, costs.number(name), gone) for name, gone in lacking.items()]
    )
    place = dict.fromkeys((one.name for one in terms.spreads), 0.0)

    def drawn(**at: float) -> dict[str, float]:
        parts = moved.at(terms.levels(place | at))
        return costs.costs(costs.plan.outcome(priced=parts))

    usual = costs.costs(costs.plan.outcome())
    assert drawn() == pytest.approx(usual, rel=1e-12), "at the levels stated nothing moves"
    high = drawn(pact_fee_usd=1.0)
    assert high[IN_FORCE] == pytest.approx(usual["high fees"], rel=1e-9)
    assert high["without fees"] == pytest.approx(usual["without fees"], rel=1e-12)
    assert high[NONE] == usual[NONE]
    assert terms.levels(place | {"scan_h XTC": -1.0})["pact_scan_h"] == 2.0


def test_a_draw_is_the_state_itself_not_a_sum_of_terms(pact: Case) -> None:
    """Fee and scan at their high ends: what the case gives with both, to the cent."""
    states = regime_states(ranged(pact), "pact")
    terms, costs = TermDraws(states), TermCosts(states)
    moved = DrawnStates.of(costs.plan, terms, [Variant(IN_FORCE, costs.number(IN_FORCE), ())])
    place = dict.fromkeys((one.name for one in terms.spreads), 0.0)
    levels = terms.levels(place | {"pact_fee_usd": 1.0, "scan_h XTC": 1.0})
    outcome = costs.plan.outcome(priced=moved.at(levels))
    both = costs.costs(outcome)[IN_FORCE]
    assert both == pytest.approx(costs.costs(costs.plan.outcome())["high all together"], rel=1e-9)


def test_hours_are_not_observed_under_a_regime_that_starts_on_the_day(pact: Case) -> None:
    """A regime put in force today changes hours against those observed before, however much it checks."""
    heavy = pact["regime_terms"].with_columns(
        value=pl.when(pl.col("quantity") == "scan_share").then(1.0).otherwise("value")
    )
    after = regime_states(pact.with_tables({"regime_terms": heavy}), "pact").after
    day = after.settings.as_of
    rows = [after[name].to_dicts() for name in ("regimes", "regime_terms", "fees")]
    change = Regimes(*rows, day).change("XTC", "XTA", direction="inbound")
    assert change is not None and change[0].regime_id == "pact" and change[1].regime_id != "pact"
    later = Regimes(*rows, day + timedelta(days=1)).change("XTC", "XTA", direction="inbound")
    assert later is not None and later[1].regime_id == "pact"


# -- promises against the permits of a regime in force -------------------------------------------------------


@pytest.fixture
def live(pact: Case) -> Case:
    """The pact in force, in a world whose incomes answer."""
    on = pl.when(pl.col("regime_id") == "pact").then(pl.lit("in_force")).otherwise("state")
    goods = [(product, None, "goods") for product in pact["products"]["product_id"]]
    mapped = pl.DataFrame(goods, schema=["product_id", "hs", "sector"], orient="row")
    tables = {"regimes": pact["regimes"].with_columns(state=on), "world_flows": small_world()}
    return pact.with_tables(tables | {"sector_map": mapped})


@pytest.fixture
def quick(tmp_path: Path) -> str:
    """A scenario of a quicker border, as a file."""
    path = tmp_path / "quick_border.yaml"
    text = "overrides:\n  - {table: crossing_times, key: Y_XTC_road, set: {time_h: 1}, reason: Invented.}\n"
    path.write_text(
        f"id: quick_border\ntitle: Quick border\ndescription: d\nsource_ids: [toy]\nbasis: assumed\n{text}"
    )
    return str(path)


def traded(case: Case, name: str, **options: object) -> Result:
    return answer_trade(Inputs(case), ScenarioTradeRequest((name,), pairs="parties", **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(("permits", "binds"), [(1.0, True), (1e9, False)])
def test_every_command_holds_trade_to_the_same_permits(
    live: Case, quick: str, permits: float, binds: bool
) -> None:
    """A quicker border adds trips under the pact: no more than permits, or the trips of today, in worth, target, trade and potential alike."""
    case = with_terms(live, permit_quota_year=permits)
    study, world = CorridorStudy(case, case.settings.as_of), read_world_trade(case)
    scenario = study.scenario(quick)
    promised = {"quick_border": (scenario, study.under([scenario]))}
    held, free = (PromisedWelfare(study, world, promised) for _ in range(2))
    free.quotas.regimes.clear()
    state = frozenset(("quick_border",))
    short = held.at(state).held.short
    assert not held.at(NOW).held.short, "trips that come as things stand already hold"
    assert bool(short) is binds
    said = held.held_notes(("quick_border",))
    assert [one.key for one in said] == ["coupling.quota"] * len(short)
    gain, whole = held.gain(state), free.gain(state)
    assert (gain == pytest.approx(whole, rel=1e-12)) is not binds
    if binds:
        assert 0.0 < float(gain.sum()) < float(whole.sum())
        assert {one.registration for one in short} == {"XTA"} and short[0].permit_usd > 0.0
        assert short[0].wanted_year > short[0].permits_year > permits
    answer = traded(case, quick)
    assert tuple(one for one in answer.notes if isinstance(one, Note) and one.key == "coupling.quota") == said
    welfare = dict(answer.tables["countries"].select("country", "welfare_usd_year").iter_rows())
    assert [welfare[code] for code in world.countries] == pytest.approx(gain.tolist(), rel=1e-9)
    pairs = answer.tables["pairs"]
    factor = turnover_factors(study, promised)["quick_border"]
    assert factor == pytest.approx(
        float(pairs["new_value_usd_year"].sum() / pairs["value_usd_year"].sum()), rel=1e-9
    )
    partial = traded(case, quick, partial=True, no_queues=True, theta=5.03).tables["pairs"]
    change = corridor_change(case, [quick], "XTA", theta=5.03)
    moved = partial.filter(exporter="XTA")["free_partial_share"][0]
    assert change.factor(5.03) == pytest.approx(1.0 + moved, rel=1e-9)
    assert [one.key for one in change.held] == ["coupling.quota"] * binds


def test_draws_of_a_scenario_hold_its_permits_too(live: Case, quick: str) -> None:
    """With one permit no draw brings more trade than with any number, and most bring less."""
    one, any_number = (
        traded(with_terms(live, permit_quota_year=permits), quick, draws=6, seed=3).tables["pairs"]
        for permits in (1.0, 1e9)
    )
    for end in ("low_share", "median_share", "high_share"):
        assert one[end][0] < any_number[end][0]


def test_a_scenario_that_is_the_base_changes_nothing_however_few_permits(live: Case) -> None:
    """Trips that came in the state trade was made in hold already."""
    moved = traded(with_terms(live, permit_quota_year=1.0), "today").tables["pairs"]
    assert moved["queue_general_share"].abs().max() < 1e-8


def test_permits_are_said_not_to_hold_where_no_trade_is_known(live: Case, quick: str) -> None:
    bare = with_terms(live, permit_quota_year=1.0)
    bare = bare.with_tables({name: bare[name].clear() for name in ("world_flows", "flows")})
    change = corridor_change(bare, [quick], "XTA", theta=5.03)
    assert [one.key for one in change.held] == ["coupling.permits_unknown"]
    assert change.factor(5.03) > 1.0
