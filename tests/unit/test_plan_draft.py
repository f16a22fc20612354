"""The next plan: who gains is taken, who would lose is said, every old promise has a fate, and the files hold it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from docx import Document

from karwan.analysis.case_requests import DraftView
from karwan.analysis.contract import Result
from karwan.analysis.plan_choice import Candidate, PlanTerms, _beyond_budget, _in_return
from karwan.analysis.plan_draft import _sentence, _years_later, half_way
from karwan.analysis.plan_grounds import _terms_text
from karwan.analysis.plan_wording import Cell, Wording, _figure, _parts
from karwan.analysis.regime.worth import regime_grounds
from karwan.case import read_case
from karwan.case.scenario import Scenario, apply_scenario, differences, find_scenario
from karwan.errors import InvalidInput
from karwan.project import open_case
from karwan.register.rules import Said
from karwan.report.plan_draft import present_draft
from karwan.words import say
from tests.unit.test_plan_worth import IDLE, RAIL, YARD, toyland

TOLL = "[{table: crossing_times, key: Y_XTC_road, set: {time_h: 90}, reason: Invented.}]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("draft") / "case"
    return toyland(home, {"yard": YARD, "rail": RAIL, "idle": IDLE, "toll": TOLL})


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    return open_case(folder).draft(start=date(2027, 1, 1), end=date(2028, 12, 31), most=1, draws=4)


@pytest.fixture(scope="module")
def answer(result: Result) -> dict[str, list[dict[str, Any]]]:
    return {key: table.to_dicts() for key, table in result.tables.items()}


def test_the_draft_holds_what_gains_and_says_what_not(answer: dict[str, Any]) -> None:
    draft = answer["draft"]
    assert len(draft) == 1 and draft[0]["usd_year"] > 1000
    for row in draft:
        assert row["usd_year_a"] >= 0 and row["usd_year_b"] >= 0
        assert row["low_usd_year"] <= row["usd_year"] <= row["high_usd_year"]
        assert row["last_usd_year"] == pytest.approx(row["usd_year"])  # it is the only one
        assert row["cost"] == "unknown" and row["evidence"] and row["observable"] and row["baseline"]
        assert date(2027, 1, 1) <= row["due"] <= date(2028, 12, 31)
        assert "Upland" in row["sides"] and "Lowland" in row["sides"]
    names = {row["scenario_id"] for row in draft}
    left = {row["scenario_id"]: row["reason"] for row in answer["left out"]}
    assert names | left.keys() == {"yard", "rail", "idle", "toll", "fast_yard"}
    assert "moves no cost" in left["idle"] and "costs more" in left["toll"]
    assert any("beyond the 1" in reason for reason in left.values())
    fates = {row["commitment_id"]: row["fate"] for row in answer["old plan"]}
    assert fates["c_none"] == "for the sides to decide" and fates["c_idle"] == "dropped"
    assert {key for key, fate in fates.items() if fate == "carried over"} == {
        f"c_{name}" for name in names if name != "fast_yard"
    }
    assert any(row["change"] == "new" for row in draft)  # the shipped scenario that no promise names


def test_the_wording_names_places_and_values(answer: dict[str, Any]) -> None:
    row = answer["draft"][0]
    assert row["scenario_id"] == "fast_yard"
    whats, befores, afters = (row[name].split("; ") for name in ("observable", "baseline", "goal"))
    for what, before, after in zip(whats[:3], befores, afters, strict=False):
        assert f"{what} from {before} to {after}" in row["wording"]
    assert "hours at Yard from 9 to 3" in row["wording"]  # no key of a table, no column's name
    assert "_" not in row["wording"] + row["observable"] + row["goal"]


def test_the_schedule_has_every_value_of_the_promises(answer: dict[str, Any]) -> None:
    draft, schedule = answer["draft"][0], answer["schedule"]
    assert {row["number"] for row in schedule} == {1}
    assert ("hours at …", "Yard", "9", "3") in {tuple(row.values())[1:] for row in schedule}
    assert draft["baseline_rests_on"] and draft["supposes"]
    assert draft["depends"] == "Midland" and "Midland" not in draft["owner"]  # no party to the plan


def test_a_plan_follows_the_one_that_ends_to_the_day(folder: Path) -> None:
    case = read_case(folder)
    start = case.settings.plan_end + timedelta(days=1)
    asked = _years_later(start)
    assert (asked.year, asked.month) == (start.year + 2, start.month) or asked.year == start.year + 1
    assert half_way(date(2027, 1, 1), date(2028, 12, 31)) == date(2027, 12, 31)
    assert _years_later(date(2027, 1, 1)) == date(2028, 12, 31)


def test_values_that_fall_and_rise_are_no_one_range() -> None:
    pairs = [("0.7", "0.5"), ("1", "0.6"), ("0.9", "0.5"), ("0.15", "0.5"), ("0.8", "0.4")]
    cells = [Cell("tariff on {places}", f"line {n}", "cost_factor", *pair) for n, pair in enumerate(pairs)]
    down, up = (_figure(part) for part in _parts(cells))
    assert (down.before, down.after) == ("70 %–100 %", "40 %–60 %")
    assert (up.what, up.before, up.after) == ("tariff on line 3", "15 %", "50 %")
    assert len(_parts(cells[:3])) == 3  # few values are told apart


def test_a_figure_that_moves_against_its_kind_says_why() -> None:
    """Discounts on a line: one factor that made good the others rises."""
    case = read_case("kaz-pak")
    assert case.folder is not None
    changed = apply_scenario(case, find_scenario(case.folder, "rail_tariff_discount"))
    moved = Wording(case, changed, differences(case, changed)).moved()
    assert [one.after for one in moved[:2]] == ["60 %", "50 %"]
    assert moved[2].before == "15 %"
    assert moved[2].after.startswith("50 % (with 50 % off up to Bereket this piece has nothing to make good")


def test_a_duty_is_what_is_charged_before_and_after() -> None:
    """The regulatory duty stays beside a preference: 20 % and 24 % become 10 % and 24 %, not 10 %."""
    case = read_case("kaz-pak")
    assert case.folder is not None
    changed = apply_scenario(case, find_scenario(case.folder, "tariff_preference"))
    words = Wording(case, changed, differences(case, changed))
    name = case["products"].filter(product_id="biscuits")["name"][0]
    biscuits = next(cell for cell in words.schedule() if cell.place == name)
    assert biscuits.what == "import duty of Pakistan on {places}"
    assert (biscuits.shown().before, biscuits.shown().after) == ("44 %", "34 %")


def test_terms_of_a_regime_ground_the_text_of_its_promise() -> None:
    rows = [
        ("share scanned", 5.3, "20 % of trucks scanned; a scan takes 15 h", 0.0, 6.0),
        ("guarantee", 0.0, "security by insurance", None, None),
        ("all together", 5.3, None, 0.0, 6.5),
    ]
    columns = ("term", "worth_usd_t", "value", "low_usd_t", "high_usd_t")
    grounds = regime_grounds(pl.DataFrame(rows, schema=columns, orient="row"))
    said = _terms_text(grounds)
    assert "USD 5.3 (0.0 to 6.5) a tonne" in said and "share scanned 5.3" in said
    assert said.endswith("of no worth: guarantee")
    text = _sentence(_candidate("pact", None), [], [grounds], date(2027, 12, 31))
    assert text == "pact (terms: 20 % of trucks scanned, a scan takes 15 h), by 31 December 2027"


def test_who_gains_could_pay_who_loses() -> None:
    names = {"a": "Upland", "b": "Lowland"}
    assert "2.1 % of what Lowland would gain makes Upland whole" in _in_return(
        names, (200e6, -4.3e6, 204.3e6)
    )
    assert _in_return(names, (-3e6, -4e6, 1e6)) == "it needs something in return"


def test_the_line_of_a_promise_names_the_third_countries_it_needs(result: Result) -> None:
    draft = result.tables["draft"]
    lines = [say(one) for one in present_draft(result, DraftView(), "table").notes]
    for row in draft.iter_rows(named=True):
        line = next(line for line in lines if line.startswith(f"{row['number']}. {row['wording']}"))
        assert (f"needs {row['depends']} too" in line) == bool(row["depends"])
    assert draft["depends"].str.len_chars().max() > 0


def test_the_files_hold_the_draft(
    result: Result, answer: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    draft, word, plain = answer["draft"], tmp_path / "draft.docx", tmp_path / "draft.json"
    present_draft(result, DraftView(docx=word, proposal=plain), "json")
    heads = [p.text for p in Document(str(word)).paragraphs]
    assert any(draft[0]["wording"] in line for line in heads)
    proposal = json.loads(plain.read_text(encoding="utf-8"))
    assert [row["wording"] for row in proposal["proposals"]] == [row["wording"] for row in draft]
    with pytest.raises(InvalidInput, match="who proposes"):
        DraftView(proposal=tmp_path / "draft.karwan")
    view = DraftView(proposal=tmp_path / "draft.karwan", side="XTA", by="A. Bek")
    present_draft(result, view, "json")
    register = str(tmp_path / "plan.register")
    project = open_case(folder)
    assert project.merge_register(register, tmp_path / "draft.karwan") == 2
    key = f"next_{draft[0]['scenario_id']}"
    project.say(register, Said("XTC", key, "wording", {"text": "Otherwise"}, "Amended"), "S. Khan")
    waiting = project.plan_pack(register).tables["waiting"].to_dicts()
    assert {(row["what"], row["waits_for"]) for row in waiting} == {
        ("wording", "XTC"),
        ("due", "XTC"),
        ("wording", "XTA"),
    }
    state = project.plan_state(register, every=True).tables["promises"]
    assert state.filter(state["commitment_id"] == key)["title"][0].startswith("proposed: ")
    assert project.plan_history(register, promise=key).tables["entries"].height == 3
    with pytest.raises(InvalidInput, match="no promise"):
        project.say(register, Said("XTC", "next_nothing", "due", {"due": "2027-01-01"}, "No such"), "S. Khan")


def test_a_budget_leaves_out_what_costs_more() -> None:
    terms = PlanTerms(5, "both", 10e6)
    cheap, dear, unknown = (_candidate(name, cost) for name, cost in (("c", 6e6), ("d", 6e6), ("u", None)))
    assert _beyond_budget(cheap, terms, []) == "" == _beyond_budget(unknown, terms, [cheap])
    assert _beyond_budget(dear, terms, [cheap]) == "costs USD 6 m, and USD 4 m of the budget is left"


def _candidate(name: str, cost: float | None) -> Candidate:
    scenario = Scenario(name, name, "", (), "assumed", ())
    return Candidate(scenario, (), {"usd_year_ge": 1e6}, (None, None), cost, read_case("toyland"))


def test_a_plan_must_end_after_it_starts_and_sides_be_parties(folder: Path) -> None:
    project = open_case(folder)
    with pytest.raises(InvalidInput, match="ends before"):
        project.draft(start=project.case.settings.plan_end, end=project.case.settings.plan_start)
    with pytest.raises(InvalidInput, match="no side"):
        project.draft(who="KAZ")


def test_every_promise_has_a_scenario_or_says_what_one_would_need() -> None:
    promises = read_case("kaz-pak")["commitments"]
    bare = promises.filter(pl.col("scenario_id").is_null())
    trade = bare.filter(pl.col("domain_id").is_in(["trade", "economy"]))
    assert (promises.height, bare.height, trade.height) == (81, 65, 29)
    assert bare.filter(pl.col("needs").fill_null("").str.len_chars() < 10).is_empty()
