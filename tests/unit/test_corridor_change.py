"""What a scenario does to carriage: the logsum by hand, and the corridor term of potential from it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.analysis.corridor_change import CorridorChange, corridor_change
from karwan.analysis.corridor_compare import compared_routes
from karwan.analysis.corridors import CorridorStudy
from karwan.case import read_case
from karwan.case.scenario import ScenarioError, case_under
from karwan.cli.app import app
from karwan.errors import InvalidInput, UnknownName
from karwan.project import open_case
from karwan.trade.potential import corridor_ratio
from karwan.words import say

RUN = CliRunner()


@pytest.fixture(scope="module")
def opened() -> CorridorChange:
    return corridor_change(*case_under("kaz-pak", ["open_afghan_crossings"]), "KAZ")


def test_expected_carriage_is_the_logsum_of_the_open_corridors(opened: CorridorChange) -> None:
    case = read_case("kaz-pak")
    study = CorridorStudy(case, case.settings.as_of)
    load = study.shipment()
    origin, destination = study.pairs("a_to_b")[0]
    routes = compared_routes(study).filter(
        (pl.col("origin_id") == origin)
        & (pl.col("destination_id") == destination)
        & (pl.col("status") == "open")
    )
    scale = case.parameter("logit_scale_per_usd_t")
    costs = [usd / load.tonnes for usd in routes["generalised_usd"]]
    logsum = -math.log(sum(math.exp(-scale * cost) for cost in costs)) / scale
    found = opened
    assert found.cost_share[0] == pytest.approx(logsum / load.price_usd_t)
    assert found.cost_share[0] < min(costs) / load.price_usd_t  # a choice is worth something
    assert found.cost_share[1] < found.cost_share[0]  # more corridors open
    assert found.words is not None
    now, _, under = say(found.words).partition("under")
    assert "KUAP" in under and "KUAP" not in now


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
    factor = corridor_ratio(opened.cost_share, (0.0, 0.0), elasticity=5.03)
    assert factor > 1
    assert terms["corridor"] == pytest.approx(terms["observed"] * factor)
    assert answer["corridor"].startswith("Chickpeas: carriage is expected to take")
    both = RUN.invoke(app, [*call, "--freight-share", "0.3", "0.2"])
    assert "Both a scenario and freight shares" in str(both.exception)
