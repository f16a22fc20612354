"""Separation and identification of the gravity fit: by hand, against all sign patterns, and as the command shows it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.cli.app import app
from karwan.errors import InvalidInput
from karwan.trade.potential import estimate_potential, fit_ppml, gravity_easiness, make_margins
from karwan.trade.potential.separation import separated_rows
from karwan.trade.potential.terms import Expectations
from karwan.trade.potential.unrealised import Peers
from tests.shared import shared_path

COUNTRIES = ("KAZ", "PAK", "UZB", "KGZ", "IRN", "IND", "CHN", "RUS")
NEIGHBOURS = (("KAZ", "UZB"), ("KAZ", "KGZ"), ("PAK", "IRN"), ("CHN", "RUS"))


def world() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Flows in which neighbours do not trade, and distances with common borders."""
    random = np.random.default_rng(7)
    shut = {frozenset(pair) for pair in NEIGHBOURS}
    flows, distances = [], []
    for i, j in itertools.permutations(COUNTRIES, 2):
        border = frozenset((i, j)) in shut
        distances.append((i, j, float(np.round(400 + 5000 * random.random())), int(border)))
        if not border:
            flows += [
                (i, j, code, float(np.round(random.lognormal(12, 1)))) for code in ("1001", "2711", "8703")
            ]
    names = ["exporter", "importer"]
    return (
        pl.DataFrame(flows, schema=[*names, "product", "value_usd"], orient="row"),
        pl.DataFrame(distances, schema=[*names, "distance_km", "contiguous"], orient="row"),
    )


def test_a_covariate_that_is_one_only_where_nothing_is_traded_separates_those_rows() -> None:
    a, b = (x.ravel() for x in np.meshgrid(np.arange(5), np.arange(5), indexing="ij"))
    random = np.random.default_rng(3)
    y = random.lognormal(2, 1, 25)
    border = np.zeros(25)
    border[[1, 7, 13]] = 1.0
    y[border > 0] = 0.0
    y[[4, 20]] = 0.0  # zeros that a finite fit explains
    x = np.column_stack([random.standard_normal(25), border])
    assert np.flatnonzero(separated_rows(y, x, a, b)).tolist() == [1, 7, 13]
    fit = fit_ppml(y, x, a, b)
    kept = border == 0
    without = fit_ppml(y[kept], x[kept, :1], a[kept], b[kept])
    assert fit.separated == 3
    assert fit.beta[0] == pytest.approx(without.beta[0], abs=1e-8)
    assert fit.fitted[~kept].tolist() == [0.0, 0.0, 0.0]
    assert fit.fitted[kept] == pytest.approx(without.fitted, rel=1e-8)


def test_the_fit_without_separated_rows_is_that_of_dummies() -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    flows, distances = world()
    margins = make_margins(flows)
    _, fit = gravity_easiness(margins, "KAZ", "PAK", distances)
    assert fit is not None and fit.separated == 8
    table = distances.join(
        flows.group_by("exporter", "importer").agg(pl.col("value_usd").sum()), on=["exporter", "importer"]
    )
    table = table.filter((pl.col("exporter") != "KAZ") | (pl.col("importer") != "PAK"))
    dummies = table.select("exporter", "importer").to_dummies(drop_first=True).to_numpy().astype(float)
    design = np.column_stack([table["distance_km"].log().to_numpy(), np.ones(table.height), dummies])
    scale = table["value_usd"].mean()
    other = statsmodels.GLM(
        table["value_usd"].to_numpy() / scale, design, family=statsmodels.families.Poisson()
    ).fit(tol=1e-12)
    assert fit.beta[0] == pytest.approx(other.params[0], abs=1e-6)


def brute(y: np.ndarray, design: np.ndarray) -> list[int]:
    """Separated rows by a linear program a row over the whole design: the definition, slowly."""
    from scipy.optimize import linprog

    silent, found = y == 0, []
    for row in np.flatnonzero(silent):
        answer = linprog(
            -design[row],
            A_ub=np.vstack([-design[silent], design[[row]]]),
            b_ub=np.concatenate([np.zeros(silent.sum()), [1.0]]),
            A_eq=design[~silent],
            b_eq=np.zeros((~silent).sum()),
            bounds=[(None, None)] * design.shape[1],
            method="highs",
        )
        if answer.success and -answer.fun > 0.5:
            found.append(int(row))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_separated_rows_are_those_of_the_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    a, b = (x.ravel() for x in np.meshgrid(np.arange(4), np.arange(4), indexing="ij"))
    kept = (random.random(16) < 0.8) | (a == b)
    a, b = a[kept], b[kept]
    # Every seller and buyer trades something; signs of one covariate follow the zeros in half of the draws.
    y = np.where((random.random(len(a)) < 0.45) | (a == b), 1.0, 0.0)
    x = np.column_stack(
        [random.integers(0, 2, len(a)), np.where(y > 0, 0.0, random.random(len(a)) - (seed % 2) * 0.4)]
    )
    design = np.hstack([x, np.eye(4)[a], np.eye(4)[b]])
    assert np.flatnonzero(separated_rows(y, x, a, b)).tolist() == brute(y, design)


def test_separation_does_not_end_the_command(tmp_path: Path) -> None:
    flows, distances = world()
    flows.write_csv(tmp_path / "flows.csv")
    distances.write_csv(tmp_path / "dist.csv")
    call = ["trade", "potential", "KAZ", "PAK", "--table", str(tmp_path / "flows.csv"), "--json"]
    result = CliRunner().invoke(
        app, [*call, "--distances", str(tmp_path / "dist.csv")], catch_exceptions=False
    )
    terms = {term["kind"]: term for term in json.loads(result.stdout)["easiness terms"]}
    assert terms["gravity"]["easiness"] > 0
    assert "8 pairs without trade left out" in terms["gravity"]["note"]
    assert "contiguity unknown" in terms["gravity"]["note"]


def test_distances_with_borders_that_no_trade_crosses_leave_the_answer_as_it_was(tmp_path: Path) -> None:
    flows, distances = world()
    flows.write_csv(tmp_path / "flows.csv")
    distances.write_csv(tmp_path / "dist.csv")
    call = ["trade", "potential", "KAZ", "PAK", "--table", str(tmp_path / "flows.csv"), "--json"]
    call += ["--easiness", "observed"]
    plain, told = (
        json.loads(CliRunner().invoke(app, [*call, *more], catch_exceptions=False).stdout)
        for more in ([], ["--distances", str(tmp_path / "dist.csv")])
    )
    assert told["potential_usd"] == pytest.approx(plain["actual_usd"], rel=1e-12)
    assert told["unrealised_usd"] == plain["unrealised_usd"]
    assert "not one of the 8 pairs with a common border trades" in told["notes"]


def test_the_handed_case_of_silent_borders() -> None:
    """All four pairs with a border are silent: 166,580.46, as without the distances."""
    folder = shared_path("cases/inputs/ppml-separation-stops-the-command")
    call = [
        "trade",
        "potential",
        "KAZ",
        "PAK",
        "--table",
        str(folder / "flows.csv"),
        "--easiness",
        "observed",
        "--json",
    ]
    result = CliRunner().invoke(app, [*call, "--distances", str(folder / "dist.csv")], catch_exceptions=False)
    assert json.loads(result.stdout)["potential_usd"] == pytest.approx(166_580.46, abs=0.005)


def test_one_border_that_trade_crosses_keeps_the_distances() -> None:
    flows, distances = world()
    crossing = pl.DataFrame([("KAZ", "UZB", "1001", 5e5)], schema=flows.schema, orient="row")
    found = estimate_potential(
        pl.concat([flows, crossing]), "KAZ", "PAK", expected=Expectations(distances=distances), peers=Peers()
    )
    assert (found.table["distance_factor"] < 1.0).all()


def test_a_neighbour_has_no_gravity_easiness_where_no_neighbours_trade() -> None:
    flows, distances = world()
    ease, _ = gravity_easiness(make_margins(flows), "KAZ", "UZB", distances)
    assert np.isnan(ease.value)
    assert ease.lacks == "trade of other pairs alike in distance and border"


@pytest.mark.parametrize(
    ("kept", "lacks"),
    [
        ((pl.col("exporter") != "KAZ") | (pl.col("importer") == "PAK"), "other sales of the exporter"),
        ((pl.col("importer") != "PAK") | (pl.col("exporter") == "KAZ"), "other purchases of the importer"),
    ],
)
def test_an_easiness_that_is_not_identified_is_null(kept: pl.Expr, lacks: str, tmp_path: Path) -> None:
    flows, distances = world()
    flows.filter(kept).write_csv(tmp_path / "flows.csv")
    distances.write_csv(tmp_path / "dist.csv")
    call = ["trade", "potential", "KAZ", "PAK", "--table", str(tmp_path / "flows.csv"), "--json"]
    call += ["--distances", str(tmp_path / "dist.csv"), "--easiness", "gravity"]
    answer = json.loads(CliRunner().invoke(app, call, catch_exceptions=False).stdout)
    term = next(term for term in answer["easiness terms"] if term["kind"] == "gravity")
    assert term["easiness"] is None and term["potential_usd"] is None
    assert term["lacks"] == lacks
    assert answer["potential_usd"] is None and answer["unrealised_usd"] is None
    assert answer["actual_usd"] > 0
    assert lacks in answer["notes"]


def test_a_term_without_its_data_is_refused_still() -> None:
    flows, _ = world()
    with pytest.raises(InvalidInput, match="gravity"):
        estimate_potential(flows, "KAZ", "PAK", easiness="gravity", peers=Peers())


def test_a_fit_without_trade_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no trade"):
        fit_ppml(np.zeros(3), np.ones((3, 1)), np.arange(3), np.arange(3))
