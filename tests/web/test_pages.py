"""Every screen answers with the tables of the facade, and every file is that of the command line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import polars as pl
import pypdf
import pytest
from typer.testing import CliRunner

from karwan.amounts import number
from karwan.analysis.contract import Analysis
from karwan.analysis.corridor_map import LINES, drawn_lines
from karwan.analysis.trade_requests import CompeteRequest
from karwan.case import read_case
from karwan.cli.app import app as command_line
from karwan.errors import InvalidInput
from karwan.project import open_case
from karwan.report.blocks import Missing
from karwan.web.answers import good
from karwan.web.answers.generic import usual_values
from karwan.web.answers.scenarios import aligned
from karwan.web.forms import asked_fields, read_request
from karwan.web.screens import SCREENS, Screen
from tests.web.conftest import CASE, Served

ASKED = [screen for screen in SCREENS if screen.analysis is not None and "{" not in screen.address]
REFUSED = {  # toyland has no basket; the others cannot do without a word, a scenario of trade, a folder of own rows, or a store
    "basket",
    "observed list",
    "trade names",
    "trade world build",
    "trade world show",
    "trade world check",
}
OTHERWISE = {
    "brief": "its command prints no CSV, and the page does",
    "plan/register": "it asks the register served: test_register_pages compares it",
    "plan/changes": "it asks the register served: test_register_pages compares its table",
    "plan/pack": "it asks the register served: test_register_forms compares it",
}
PACKED = 40_000
"""Bytes of a page as it is sent; `benchmarks/pages.py` holds the embedded case to it."""
WITHOUT_STORE = {"trade goods", "trade target", "trade status", "brief"}  # it would only add to their answer


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.address or "brief")
def test_every_screen_answers(web: Served, screen: Screen) -> None:
    if "{" in screen.address:
        pytest.skip("its ids are those of the case: see the test of its own")
    answer = web.page(screen.address)
    needs_store = (
        screen.analysis is not None and bool(screen.analysis.store) and screen.asks not in WITHOUT_STORE
    )
    assert answer.status_code == (422 if needs_store or screen.asks in REFUSED else 200), answer.text
    assert "<h1" in answer.text
    assert len(gzip.compress(answer.content, 6)) <= PACKED


@pytest.mark.parametrize(
    "address", ["brief/standing", "corridors/MID", "crossings/X", "ventures/v1", "goods/beans"]
)
def test_pages_of_one_thing_answer_and_unknown_ids_name_known_ones(web: Served, address: str) -> None:
    assert web.page(address).status_code == 200
    unknown = web.page(f"{address.split('/')[0]}/no-such")
    assert unknown.status_code == 404
    assert any(said in unknown.text for said in ("known", "it has", "venture list", "nearest")), unknown.text


def test_a_good_has_a_page_with_its_verdict_offers_reports_and_papers(web: Served) -> None:
    page = web.page("goods/beans").text
    for said in (
        "Can it be sold?",
        "unknown: rival lacking",
        "the freight at which they are equal",
        "karwan trade ingest",
    ):
        assert said in page
    assert "Phytosanitary certificate" in page and "first: Midland" in page
    assert web.page("goods/beans.json").content == web.page("trade/compete.json?product=beans").content
    assert f'href="{web.site.root}goods/beans?as_of=2025-08-01"' in web.page("goods?as_of=2025-08-01").text


def test_a_good_of_a_case_without_places_has_no_papers() -> None:
    """Nothing starts or ends there, so no route is asked for; it ended in an error."""
    settings = SimpleNamespace(origins=(), destinations=())
    asking: Any = SimpleNamespace(project=SimpleNamespace(case=SimpleNamespace(settings=settings)))
    (block,) = good._papers(asking, {})
    assert isinstance(block, Missing)


def test_a_long_list_is_shown_in_parts_and_small_numbers_lead_to_theirs(web: Served) -> None:
    assert "Rows 1 to" not in web.page("sources").text
    found = web.site.root
    assert f'{found}sources#s1"' in web.page("goods/beans").text


def test_the_list_of_questions_names_each_once_and_leads_to_it(web: Served) -> None:
    page = web.page("ask").text
    listed = re.findall(r'<li><a href="([^"]*)">([^<]*)</a>', page)
    names = [name for _, name in listed]
    assert len(names) == len(set(names)) > 30
    known = {f"{web.site.root}{screen.address}" for screen in SCREENS}
    assert {address.partition("?")[0] for address, _ in listed} <= known


def test_tables_of_a_page_are_those_of_the_facade(web: Served) -> None:
    """Every corridor of the facade stands in the monitor with its money, and every route in the planner."""
    project = open_case(CASE)
    text = web.page("corridors").text
    routes = project.corridors()
    first = routes.filter(routes["pair_label"] == routes["pair_label"][0])
    for row in first.iter_rows(named=True):
        assert row["corridor"] in text
        assert row["usd_20t"] is None or f"<span>{number(row['usd_20t'])}</span>" in text
    settings = project.case.settings
    asked = {"product": settings.reference_product, "tonnes": settings.load_t, "departure": settings.as_of}
    offers = project.route(settings.origins[0], settings.destinations[0], **asked).tables["routes"]
    planner = web.page("route").text
    assert planner.count('class="no"') == offers.height
    for row in offers.iter_rows(named=True):
        assert f"USD {number(row['usd'])}" in planner


def test_process_that_serves_loads_no_engine() -> None:
    code = (
        "import sys, karwan.web.serve\n"
        "from karwan.web.conf import configure\n"
        "configure()\n"
        "import karwan.web.urls\n"
        "heavy = ('polars', 'numba', 'numpy', 'scipy', 'duckdb', 'karwan.project')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


PLAIN_FILES = ("json", "csv")
BOUND_FILES = {"xlsx": b"PK\x03\x04", "pdf": b"%PDF-"}
ALSO = {"route/days": ["--days-of-year"]}  # what a screen asks beyond its address
CASE_WORDS = {"argument": [CASE], "plain": [CASE], "place": [CASE], "none": []}


def command_words(screen: Screen, analysis: Analysis[object]) -> list[str]:
    """The command that asks what the page of an analysis asks when it is opened."""
    words = [*analysis.name.split(), *CASE_WORDS.get(analysis.case, ["--case", CASE])]
    usual = usual_values(read_case(CASE), analysis.name)
    for one in asked_fields(analysis.request):
        if one.name not in usual:
            continue
        value = usual[one.name]
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        flag = str(one.metadata["flag"]) or f"--{one.name.replace('_', '-')}"
        words += [text] if flag == "argument" else [flag, text]
    return words + ALSO.get(screen.address, [])


@pytest.mark.parametrize("number", range(len(ASKED)), ids=lambda number: ASKED[number].address)
def test_files_equal_the_command_line(web: Served, number: int) -> None:
    """Each screen that asks an analysis gives its JSON or its CSV byte for byte, and one of three its workbook or its print."""
    screen = ASKED[number]
    analysis = screen.analysis
    assert analysis is not None
    if screen.address in OTHERWISE:
        pytest.skip(OTHERWISE[screen.address])
    form, bound = PLAIN_FILES[number % 2], list(BOUND_FILES)[number // 2 % 2]
    printed = CliRunner().invoke(command_line, [*command_words(screen, analysis), f"--{form}"])
    got = web.page(f"{screen.address or 'brief'}.{form}")
    if printed.exit_code and not printed.stdout:
        assert got.status_code in (404, 422) and got.json()["ok"] is False
        return
    assert got.text == printed.stdout
    if number % 3 == 0:
        made = web.page(f"{screen.address or 'brief'}.{bound}")
        assert made.status_code == 200 and made.content.startswith(BOUND_FILES[bound])


def test_geojson_is_that_of_the_export(web: Served, tmp_path: Path) -> None:
    words = ["network", "export", CASE, "--format", "geojson", "--out", str(tmp_path)]
    assert CliRunner().invoke(command_line, words).exit_code == 0
    assert web.page("corridors.geojson").content == (tmp_path / "corridors.geojson").read_bytes()
    for address, layer, key in (
        ("corridors/MID", "corridors", "MID"),
        ("crossings/X", "crossings", "X"),
        ("ports/P", "nodes", "P"),
    ):
        every = json.loads((tmp_path / f"{layer}.geojson").read_text())["features"]
        assert web.page(f"{address}.geojson").json()["features"] == [one for one in every if one["id"] == key]
    assert web.page("brief.geojson").content == web.page("corridors.geojson").content
    route = web.page("route.geojson").json()
    assert route["features"] and route["features"][0]["geometry"]["type"] == "LineString"


def test_workbook_and_print_hold_the_answer(web: Served) -> None:
    book = openpyxl.load_workbook(io.BytesIO(web.page("corridors.xlsx").content))
    assert book["routes"].max_row == open_case(CASE).corridors().height + 1
    printed = web.page("corridors.pdf").content
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(printed)).pages)
    assert "Midland" in text and "Which corridor" in text
    assert web.page("sources.xlsx").status_code == 200
    venture = openpyxl.load_workbook(io.BytesIO(web.page("venture/appraise.xlsx?draws=20").content))
    assert venture.sheetnames == ["Answer", "Inputs", "Cash"]
    assert str(venture["Answer"]["B5"].value).startswith("=IF(Inputs!")
    page = web.page("venture/appraise").text
    assert all(f'id="f-{name}"' in page for name in ("cash", "tornado", "gains")) and page.count("<svg") >= 3


def test_plan_is_a_board_a_line_of_time_and_its_worth(web: Served) -> None:
    board = web.page("plan").text
    assert 'id="f-status"' in board and f"{web.site.root}plan/promises/c1" in board
    assert f"{web.site.root}ventures/v1" in board
    late = web.page("plan?late=1").text
    assert "Cut the bean tariff" in late and "Open Zenith all week" not in late
    assert "None of the plan is like that" in web.page("plan?domain=Trade&side=XTA").text
    line = web.page("plan?view=timeline").text
    assert 'id="f-timeline"' in line and "Plan signed" in line
    assert "no scenario models it" in web.page("plan/worth").text


def test_things_are_chosen_by_name_and_what_steers_is_folded_away(web: Served) -> None:
    page = web.page("ventures/v1").text
    assert '<option value="v1" selected>Toy tannery</option>' in page
    assert page.index("<details>") < page.index('name="draws"')
    assert "least DSCR" in page[: page.index('id="f-cash"')]
    assert web.page("ventures/v1.json").content == web.page("venture/appraise.json?venture_id=v1").content
    assert "Pact of Upland and Lowland" in web.page("scenario/regime").text
    assert "the Gulf" in web.page("ports").text and "Ports side by side" in web.page("ports").text


def test_a_port_has_its_terminals_terms_and_zones_with_sources(web: Served) -> None:
    case = open_case(CASE).case
    port = case.settings.ports[0]
    name = case["nodes"].filter(case["nodes"]["node_id"] == port)["name"][0]
    assert f'href="{web.site.root}ports/{port}"' in web.page("ports").text
    page = web.page(f"ports/{port}").text
    assert f"<h1>{name}</h1>" in page and "Terms of the terminals" in page
    held = web.page(f"ports/{port}.json").json()
    assert {row["node_id"] for row in held["port_terminals"]} == {port}
    assert {row["place"] for row in held["port_terms"]} == {name}
    assert web.page("ports/nowhere").status_code == 404
    beside = web.page("ports/Q").text  # the case compares Pier alone
    assert "No ports" not in beside and "Quay terminal" in beside and "<h1>Quay</h1>" in beside
    choice = web.page("port/choice?market=gulf").text
    assert ">t, assumed<" in choice and ">T, " not in choice, "a tonne is no tesla"


def test_a_regime_has_its_clauses_what_rests_on_it_and_its_legs(web: Served) -> None:
    """The pact has terms and legs before and after; the other agreement says why it has none."""
    assert f'href="{web.site.root}regimes/toy_pact"' in web.page("scenario/regime").text
    page = web.page("regimes/toy_pact").text
    assert "<h1>Pact of Upland and Lowland</h1>" in page and "a scan takes 5 h" in page
    assert "scenario/regime?regime_id=toy_pact" in page
    held = web.page("regimes/toy_pact.json").json()
    terms = open_case(CASE).case["regime_terms"].filter(pl.col("regime_id") == "toy_pact")
    assert len(held["regime_clauses"]) == terms.height and all(
        row["source_id"] for row in held["regime_clauses"]
    )
    assert {row["what"] for row in held["regime_legs"]} >= {"trucks changed", "fee of the regime"}
    other = web.page("regimes/toy_transit").text
    assert "No terms in figures" in other and "toy_transit" not in held
    rests = web.page("regimes/toy_transit.json").json()["regime_rests"]
    assert [row["what"] for row in rests if row["kind"] == "access"] == ["all trucks: allowed"]
    assert web.page("regimes/nowhere").status_code == 404
    assert f'href="{web.site.root}regimes/toy_pact"' in web.page("regimes").text
    listed = web.page("regimes.json").json()["regimes_listed"]
    assert {row["regime_id"]: (row["terms"], row["rests"]) for row in listed} == {
        "toy_pact": (5, 0),
        "toy_transit": (0, 1),
    }


@pytest.mark.parametrize("address", ["brief", "brief/plan", "crossings/X", "plan/exchange"])
def test_pages_that_ask_no_analysis_have_their_tables_as_files_too(web: Served, address: str) -> None:
    assert web.page(f"{address}.csv").text.startswith("#") or address == "plan/exchange"
    assert web.page(f"{address}.json").json()
    if address == "brief":
        printed = CliRunner().invoke(command_line, ["brief", CASE, "--json"])
        assert web.page("brief.json").text == printed.stdout
    assert web.page(f"{address}.xlsx").content.startswith(b"PK")


def test_drawn_lines_join_the_ends_of_their_links() -> None:
    """Every line of kaz-pak begins and ends at the places of its link, and says where it comes from."""
    case = read_case("kaz-pak")
    lines = drawn_lines(case)
    places = {r["node_id"]: (r["lon"], r["lat"]) for r in case["nodes"].iter_rows(named=True)}
    links = {r["link_id"]: r for r in case["links"].iter_rows(named=True)}
    assert len(lines) >= 400
    for link, points in lines.items():
        assert len(points) >= 2
        for end, at in (("from_node_id", points[0]), ("to_node_id", points[-1])):
            assert at == pytest.approx(places[links[link][end]], abs=0.001), link
    assert case.folder is not None
    with (case.folder / LINES).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["source"] and row["licence"] for row in rows)


def test_unknown_place_is_named_with_suggestions(web: Served) -> None:
    answer = web.page("route?from=Alfrod&to=Cove")
    assert answer.status_code == 404
    assert "Alford" in answer.text
    envelope = web.page("route.json?from=Alfrod&to=Cove")
    assert envelope.status_code == 404
    assert json.loads(envelope.text)["ok"] is False


def test_value_out_of_bounds_is_refused_in_the_page(web: Served) -> None:
    answer = web.page("route?count=0&depart=yesterday")
    assert answer.status_code == 422
    assert "count" in answer.text and "depart" in answer.text


def test_question_without_what_it_needs_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_request(CompeteRequest, {}, {})
    assert "product: nothing is given" in refused.value.evidence


def test_workbench_file_equals_the_command(web: Served) -> None:
    printed = CliRunner().invoke(command_line, ["scenario", "compare", CASE, "fast_yard", "--json"])
    assert web.page("scenarios.json?with=fast_yard").text == printed.stdout


def test_the_workbench_has_a_picture_whatever_is_asked(web: Served) -> None:
    """Of all pairs that between which most ways move; before anything is ticked what keeping each promise is worth."""
    assert 'id="f-moves"' in web.page("scenarios?with=fast_yard&pair=all").text
    assert 'hx-get="/en/toyland/plan/worth"' in web.page("scenarios").text


def test_no_such_page_and_no_such_case(web: Served) -> None:
    assert web.page("nothing").status_code == 404
    assert web.get("/en/elsewhere/route").status_code == 404
    assert web.page("nothing.json").json()["status"] == 404


def test_same_address_same_bytes_and_nothing_twice(web: Served) -> None:
    first = web.page("corridor/observed")
    again = web.page("corridor/observed")
    assert first.content == again.content
    unchanged = web.get(f"{web.site.root}corridor/observed", **{"If-None-Match": first.headers["etag"]})
    assert unchanged.status_code == 304


def test_a_file_is_no_scenario_of_an_address(web: Served) -> None:
    answer = web.page("scenario/compare?scenarios=/etc/x.yaml")
    assert answer.status_code == 422
    assert "is no id" in answer.text


def test_workbench_lines_two_sets_up_by_way_and_not_by_order() -> None:
    """A corridor that one set alone opens stands under it and is absent under the other, in whichever order they are asked."""
    one = pl.DataFrame([_way_row("N", "open", 10.0)])
    two = pl.DataFrame(
        [
            _way_row("N", "open", 9.0),
            {**_way_row("NEW", None, None), "status_after": "open", "usd_20t_after": 7.0},
        ]
    )
    for found, at in (([one, two], 1), ([two, one], 0)):
        rows = {row["corridor_id"]: sides for row, sides in aligned(found)}
        assert rows["NEW"][at]["usd_20t_after"] == 7.0 and rows["NEW"][at]["moved"]
        assert rows["NEW"][1 - at]["status_after"] == "absent" and not rows["NEW"][1 - at]["moved"]
        assert rows["N"][at]["usd_20t_after"] == 9.0 and rows["N"][1 - at]["usd_20t_after"] == 10.0


def _way_row(corridor: str, status: str | None, usd: float | None) -> dict[str, object]:
    """A row of `results/scenario_corridors.csv` with what the workbench reads of it."""
    figures = {
        f"{name}_{end}": usd for name in ("usd_20t", "days", "days_p95") for end in ("before", "after")
    }
    ends = {"corridor_id": corridor, "origin_id": "a", "destination_id": "b", "direction": "a_to_b"}
    states = {"status_before": status, "status_after": status, "moved": True}
    return {**ends, "corridor": corridor, "pair_label": "a → b", **states, **figures}


def test_workbench_shows_the_chance_move(web: Served) -> None:
    """The chances under a set are those of the command under the same scenario."""
    got = web.page("scenarios/chance.json?with=fast_yard").json()["chances"]
    under = open_case(CASE).scenario("fast_yard").target().tables["chances"]
    wanted = {(row["target"], row["model"]): row["probability"] for row in under.iter_rows(named=True)}
    assert got and all(
        row["chance_with"] == pytest.approx(wanted[row["target"], row["model"]]) for row in got
    )
    page = web.page("scenarios/chance?with=fast_yard").text
    assert "Set A" in page and "as things stand" in page
