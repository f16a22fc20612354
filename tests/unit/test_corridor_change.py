"""What a scenario does to the cost of trade, and the corridor term of potential from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from karwan.analysis.corridor_change import CorridorChange, corridor_change
from karwan.case import Case
from karwan.case.scenario import ScenarioError
from karwan.cli.app import app
from karwan.errors import InvalidInput, UnknownName
from karwan.project import open_case

RUN = CliRunner()


@pytest.fixture(scope="module")
def opened(kaz_pak: Case) -> CorridorChange:
    return corridor_change(kaz_pak, ["open_afghan_crossings"], "KAZ", theta=5.03)


def test_the_share_after_gives_the_factor_on_trade(opened: CorridorChange) -> None:
    assert opened.cost_share is not None
    now, then = opened.cost_share
    assert now > then > 0  # more corridors open
    assert opened.factor(5.03) == pytest.approx(((1 + then) / (1 + now)) ** -5.03)
    assert 1 < opened.factor(2.5) < opened.factor(5.03) < opened.factor(8.0)


def test_unknown_scenarios_and_pairs_are_refused() -> None:
    project = open_case("kaz-pak")
    with pytest.raises(InvalidInput, match="No case is about"):
        project.potential("KAZ", "FRA", scenario=["open_afghan_crossings"])
    call = ["trade", "potential", "KAZ", "PAK", "--scenario", "no_such_scenario"]
    assert isinstance(RUN.invoke(app, call).exception, ScenarioError | UnknownName)


def test_potential_takes_its_corridor_term_from_a_scenario(tmp_path: Path, opened: CorridorChange) -> None:
    rows = ["exporter,importer,product,value_usd"]
    for k, one in enumerate(("KAZ", "PAK", "UZB", "IND")):
        rows += [
            f"{one},{other},{product:02d},{1000 * (k + 1) + 10 * product}"
            for other in ("KAZ", "PAK", "UZB", "IND")
            if other != one
            for product in range(1, 6)
        ]
    table = tmp_path / "flows.csv"
    table.write_text("\n".join(rows) + "\n")
    call = ["trade", "potential", "KAZ", "PAK", "--table", str(table), "--scenario", "open_afghan_crossings"]
    done = RUN.invoke(app, [*call, "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    terms = {row["kind"]: row["easiness"] for row in answer["easiness terms"]}
    factor = opened.factor(5.03)
    assert factor > 1
    assert terms["corridor"] == pytest.approx(terms["observed"] * factor)
    assert "46 goods over 6 pairs of places" in answer["corridor"]
    both = RUN.invoke(app, [*call, "--freight-share", "0.3", "0.2"])
    assert "Both a scenario and freight shares" in str(both.exception)
