"""`karwan route` on the command line: tables, JSON, CSV, refusals, and the worked example of the case."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from karwan.analysis.registry import BY_NAME
from karwan.cli.generated import command_of
from karwan.cli.plain.route import runs_of_numbers
from karwan.errors import KarwanError

EXAMPLE = ["Kostanay", "Karachi", "--product", "chickpeas", "--tonnes", "24", "--depart", "2026-12-01"]
TOY = [
    "Alford",
    "Cove",
    "--case",
    "toyland",
    "--product",
    "beans",
    "--tonnes",
    "20",
    "--depart",
    "2025-07-07",
]
LENGTHS = {"line_haul", "sailing", "crossing"}
APP = typer.Typer()
APP.command("route")(command_of(BY_NAME["route"]))


@APP.callback()
def _root() -> None:
    """Keep `route` a command of its own."""


def run(*arguments: str, columns: int = 160) -> str:
    result = CliRunner(env={"COLUMNS": str(columns)}).invoke(
        APP, ["route", *arguments], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return dict(json.loads(run(*EXAMPLE, "--journeys", "2000", "--json")))


def test_example_shows_three_routes_with_money_days_and_emissions(example: dict[str, Any]) -> None:
    listed = [r for r in example["routes"] if r["status"] == "listed"]
    assert len(listed) >= 3
    for route in listed:
        assert route["usd"] > 0
        assert route["co2_kg"] > 0
        assert 0 < route["days_p50"] < route["days_p95"]
        assert route["landed_usd_t"] > route["price_usd_t"]
    assert abs(sum(r["share"] for r in example["routes"]) - 1.0) < 1e-9


def test_example_says_what_is_closed_and_why_a_corridor_is_missing(example: dict[str, Any]) -> None:
    closed = {row["place"] for row in example["closed"] if row["kind"] == "closed"}
    assert any("Torkham" in place for place in closed)
    reasons = {row["corridor_id"]: row for row in example["corridors"]}
    assert reasons["KUAP"]["status"] == "closed"
    assert "closed since 2025-10-12" in reasons["KUAP"]["reason"]
    assert "last seen closed" in reasons["KUAP"]["reason"]
    assert all(row["reason"] for row in example["corridors"] if row["status"] != "listed")


@pytest.mark.parametrize("name", ["example", "opened"])
def test_reason_of_each_corridor_that_is_only_possible_is_true(
    name: str, request: pytest.FixtureRequest
) -> None:
    """Checked from the printed stages: who dominates, what is shared (150 km a crossing), who the list ends with.

    A border crossed before its change of gauge is another move than one crossed after it.
    """
    answer = request.getfixturevalue(name)
    routes = {r["route"]: r for r in answer["routes"]}
    listed = [r for r in answer["routes"] if r["status"] == "listed"]

    def way(route: int) -> dict[tuple[str, str, bool], float]:
        found: dict[tuple[str, str, bool], float] = {}
        changed = set()
        for s in answer["stages"]:
            if s["route"] == route and s["kind"] == "transfer":
                changed.add(s["place_id"])
            elif s["route"] == route and s["kind"] in LENGTHS:
                key = s["place_id"], s["mode"], s["place_id"] in changed
                found[key] = s["km"] + 150.0 * (s["kind"] == "crossing")
        return found

    def shared(first: int, second: int) -> float:
        one, other = way(first), way(second)
        return sum(one[p] for p in one.keys() & other) / min(sum(one.values()), sum(other.values()))

    seen = set()
    for row in answer["corridors"]:
        if row["status"] != "also possible":
            continue
        own, reason = row["route"], row["reason"]
        assert routes[own]["corridor_id"] == row["corridor_id"]
        if found := re.search(
            r"shares ([\d.]+)% of its way with route (\d+), above the bound of 60%", reason
        ):
            like = int(found[2])
            assert 0.6 < shared(own, like) == pytest.approx(float(found[1]) / 100.0, abs=0.00051)
            assert routes[like]["generalised_usd"] <= routes[own]["generalised_usd"]
            seen.add("overlap")
        elif "ends the list before it" in reason:
            cheaper = [r for r in listed if r["generalised_usd"] <= routes[own]["generalised_usd"]]
            assert len(listed) == 5 and cheaper
            assert max(shared(own, r["route"]) for r in cheaper) <= 0.6
            seen.add("count")
        else:
            assert reason.startswith(("dominated by ", "beaten only by a sanctioned way, "))
            seen.add("dominated")
            if found := re.match(r"(?:dominated by|beaten only by a sanctioned way,) route (\d+)", reason):
                rival = routes[int(found[1])]
                assert all(rival[k] <= routes[own][k] for k in ("usd", "days", "co2_kg"))
    assert "dominated" in seen and seen <= {"overlap", "count", "dominated"}


def test_example_lists_papers_guarantees_and_closure_rates(example: dict[str, Any]) -> None:
    papers = {row["document_id"] for row in example["papers"] if row["route"] == 1}
    assert {"kaz_phyto", "pak_import_permit"} <= papers
    assert {"country", "guarantee", "regime_id"} <= set(example["guarantees"][0])
    for row in example["closure_rates"]:
        assert row["rate_low_per_year"] <= row["rate_per_year"] <= row["rate_high_per_year"]


@pytest.fixture(scope="module")
def opened() -> dict[str, Any]:
    return dict(json.loads(run(*EXAMPLE, "--open", "Torkham,Chaman", "--journeys", "2000", "--json")))


def test_open_and_a_scenario_that_ends_the_closure_have_one_law_of_new_closures(
    opened: dict[str, Any],
) -> None:
    """The record stops where the closure was last seen, however it is set aside; the line after it is what may differ."""
    ended = json.loads(run(*EXAMPLE, "--scenario", "open_afghan_crossings", "--journeys", "2000", "--json"))
    by_open, by_scenario = (
        {row["place_id"]: row for row in answer["closure_rates"]} for answer in (opened, ended)
    )
    assert {"B_CHAM", "B_TORK"} <= set(by_open)
    assert {p: by_scenario[p] for p in by_open} == by_open
    assert by_open["B_CHAM"]["mean_days"] == pytest.approx(276 / 9)  # days of closure, ends
    p95 = [
        next(r["days_p95"] for r in answer["routes"] if r["corridor_id"] == "KTAP_RAIL")
        for answer in (opened, ended)
    ]
    assert abs(p95[1] - p95[0]) < 5.0 + 1.0  # at most the cap of the line, and noise


def test_open_brings_the_afghan_routes_back(opened: dict[str, Any]) -> None:
    status = {row["corridor_id"]: row["status"] for row in opened["corridors"]}
    assert {status["KTAP"], status["KUAP"], status["KUAP_CHAM"]} <= {"listed", "also possible"}
    assert any("AFG" in str(row["passes"]) or "Torkham" in str(row["passes"]) for row in opened["routes"])


def test_return_way_names_corridors_backwards() -> None:
    back = json.loads(
        run("Karachi", "Almaty", "--product", "potatoes", "--tonnes", "20", "--depart", "2026-12-01", "--journeys", "500", "--json")
    )  # fmt: skip
    named = [row["corridor_id"] for row in back["routes"] if row["corridor_id"]]
    assert named
    assert back["origin"]["name"] == "Karachi"


def test_plain_output_reads_as_tables() -> None:
    text = run(*TOY, "--promise", "3", columns=200)  # no heading wraps
    for words in (
        "Alford → Cove",
        "Named corridors",
        "Papers of route 1",
        "Guarantees in customs transit, route 1",
        "stages of route 1 and sources of rules: --full",
        "Midland",
        "on-time share",
        "logsum",
        "an hour at USD 5.33, an hour of P95 less mean at USD 2.67",
    ):
        assert words in text, words
    lines = [line.strip() for line in text.splitlines()]
    first_table = lines.index("Routes")
    assert lines[0].startswith("Alford → Cove") and lines[1].startswith("Landed at 800 at origin")
    assert any(line.startswith("Duty at destination") for line in lines[:first_table])


def test_a_crossing_without_a_closure_on_record_is_named_with_a_bound(example: dict[str, Any]) -> None:
    """None in n years leaves a Poisson rate of up to -ln 0.05 / n at 95 %: the rule of three."""
    (said,) = [one for one in example["notes"] if "closure that came unannounced" in one]
    years = float(re.search(r"in ([\d.]+) years", said).group(1))
    bound = float(re.search(r"rule out ([\d.]+) a year", said).group(1))
    assert bound == pytest.approx(3.0 / years, abs=0.05)
    recorded = {row["place"] for row in example["closure_rates"] if row["closures"]}
    assert not [place for place in recorded if place in said]


def test_plain_tables_say_a_paper_and_a_guarantee_once() -> None:
    text = run(*EXAMPLE, "--journeys", "200", "--full")
    for name in ("SMGS waybill", "Import goods declaration (PSW)", "Fumigation certificate"):
        assert text.count(name) == 1, name
    block = text.split("Guarantees in customs transit, listed routes", 1)[1].split("What makes route 1 late")[
        0
    ]
    rows = [line for line in block.splitlines() if line.startswith("│") and line[2] != " "]
    assert rows and len({row.split("│", 2)[2] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("numbers", "text"), [([1], "1"), ([3, 1, 2], "1-3"), ([1, 3, 4, 9], "1 3-4 9"), ([], "")]
)
def test_route_numbers_are_told_in_runs(numbers: list[int], text: str) -> None:
    assert runs_of_numbers(numbers) == text


def test_csv_holds_every_table() -> None:
    parts = run(*TOY, "--csv").split("# ")
    names = {part.splitlines()[0] for part in parts if part.strip()}
    assert {"routes", "corridors", "stages", "closed", "papers", "guarantees", "lateness"} <= names
    routes = next(part for part in parts if part.startswith("routes\n")).split("\n", 1)[1]
    rows = list(csv.DictReader(io.StringIO(routes)))
    assert float(rows[0]["usd"]) == pytest.approx(796.0)


def test_the_day_the_case_stands_on_is_no_past_day() -> None:
    assert json.loads(run(*TOY, "--depart", "2025-07-01", "--json"))["departure"] == "2025-07-01"


def test_json_and_csv_together_are_a_usage_error() -> None:
    result = CliRunner().invoke(APP, ["route", *TOY, "--json", "--csv"])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["Kostany", "Karachi"], "did you mean Kostanay"),
        (["Kostanaj1", "Karachi"], "did you mean Kostanay"),
        (["Kostanay", "KOS"], "same place"),
        (["Kostanay", "Karachi", "--tonnes", "-5"], "cannot weigh"),
        (["Kostanay", "Karachi", "--depart", "2026-11-23"], "is in the past"),
        (["Kostanay", "Karachi", "--avoid", "PAK"], "cannot be avoided"),
    ],
)
def test_bad_input(change: list[str], words: str) -> None:
    options = [
        "--product",
        "chickpeas",
        "--tonnes",
        "24",
        "--depart",
        "2026-12-01",
        "--journeys",
        "200",
        "--json",
    ]
    with pytest.raises(KarwanError, match=words):
        CliRunner().invoke(APP, ["route", *change[:2], *options, *change[2:]], catch_exceptions=False)


def test_registering_the_command_imports_no_model() -> None:
    """The command line starts fast: compiled kernels and models load only when the command runs."""
    code = (
        "import sys; from karwan.cli.generated import command_of; from karwan.analysis.registry import BY_NAME; command_of(BY_NAME['route']);"
        "print([m for m in sys.modules if m.startswith('karwan.transport') or m in ('numba', 'scipy')])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
