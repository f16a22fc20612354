"""Every screen answers with the tables of the facade, and every file is that of the command line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from karwan.cli.app import app as command_line
from karwan.web.screens import SCREENS, Screen
from tests.web.conftest import CASE, Served

ASKED = [screen for screen in SCREENS if screen.analysis is not None and "{" not in screen.address]
STORE = ("trade indicators", "trade query", "trade loads", "trade rejects", "trade verify")
FAILS = dict.fromkeys((*STORE, "basket"), 422)  # toyland has no trade store and no basket


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.address or "brief")
def test_every_screen_answers(web: Served, screen: Screen) -> None:
    if "{" in screen.address:
        pytest.skip("its ids are those of the case: see the test of its own")
    answer = web.page(screen.address)
    assert answer.status_code == FAILS.get(screen.asks, 200), answer.text
    assert "<h1>" in answer.text


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


@pytest.mark.parametrize(
    "words",
    [
        ["corridor", "compare"],
        ["corridor", "observed"],
        ["trade", "status"],
        ["trade", "target"],
        ["trade", "sources"],
    ],
)
def test_files_equal_the_command_line(web: Served, words: list[str]) -> None:
    case = {"target": ["--case", CASE], "sources": []}.get(words[1], [CASE])
    for form in ("json", "csv"):
        printed = CliRunner().invoke(command_line, [*words, *case, f"--{form}"])
        assert printed.exit_code == 0, printed.output
        got = web.page(f"{'/'.join(words)}.{form}")
        assert got.status_code == 200
        assert got.text == printed.stdout


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
