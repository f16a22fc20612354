"""Three-way gravity: a published coefficient, an independent estimator, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.gravity import answer_gravity
from karwan.analysis.trade_requests import GravityRequest
from karwan.errors import InvalidInput, MissingExtra
from karwan.trade import gravity
from tests.shared import shared_path


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    """Seven countries, four years, agreements that begin at different times, some zeros."""
    rng = np.random.default_rng(4)
    names = [f"C{number}" for number in range(7)]
    rows = []
    for a, exporter in enumerate(names):
        for b, importer in enumerate(names):
            start = (a * b) % 6
            for year in range(4):
                rta = float(exporter != importer and year >= start)
                size = np.exp(2.0 + 0.2 * a - 0.1 * b + 0.1 * year * (a - b) + 0.5 * rta + 3.0 * (a == b))
                rows.append((exporter, importer, 2000 + year, rta, rng.poisson(size)))
    return pl.DataFrame(rows, schema=["exporter", "importer", "year", "rta", "value"], orient="row")


def test_the_coefficient_of_agreements_is_that_of_the_book() -> None:
    """Yotov, Piermartini, Monteiro & Larch (2016), application 3: RTA .557, s.e. .102, 28,482 rows."""
    pytest.importorskip("pyfixest", reason="needs the extra gravity")
    path = shared_path("data/trade/agtpa_applications.parquet")
    found = answer_gravity(Inputs(), GravityRequest(path, ("rta",), every=4))
    row = found.tables["coefficients"].row(0, named=True)
    assert row["estimate"] == pytest.approx(0.557, abs=5e-4)
    assert row["se"] == pytest.approx(0.102, abs=5e-4)
    assert found.meta["rows"] == 28482
    assert found.meta["left_out"] == 28566 - 28482
    assert row["effect_share"] == pytest.approx(0.7457, abs=1e-3)
    assert row["duty_share"] == pytest.approx(-0.1048, abs=1e-3)


@pytest.mark.parametrize("borders", [False, True])
def test_statsmodels_with_dummies_finds_the_same(panel: pl.DataFrame, borders: bool) -> None:
    pytest.importorskip("pyfixest", reason="needs the extra gravity")
    model = pytest.importorskip("statsmodels.api", reason="needs statsmodels")
    found = gravity.fit_three_way(panel, ["rta"], borders=borders, directed=borders)
    keyed, terms = gravity._prepared(panel, ["rta"], borders, borders)
    traded = keyed.filter(pl.col("value").sum().over("pair") > 0)
    dummies = traded.select("exporter_year", "importer_year", "pair").to_dummies()
    design = np.column_stack([traded.select(terms).to_numpy(), dummies.to_numpy()]).astype(float)
    kept = _independent(design)
    groups = traded["pair"].rank("dense").to_numpy()
    fit = model.GLM(traded["value"].to_numpy(), design[:, kept], family=model.families.Poisson()).fit(
        tol=1e-12, maxiter=200, cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    count = len(set(groups))
    assert kept[: len(terms)] == list(range(len(terms)))
    assert found.coefficients["estimate"].to_numpy() == pytest.approx(fit.params[: len(terms)], abs=1e-7)
    corrected = fit.bse[: len(terms)] * np.sqrt(count / (count - 1))
    assert found.coefficients["se"].to_numpy() == pytest.approx(corrected, rel=1e-5)
    assert found.clusters == count


def _independent(design: np.ndarray) -> list[int]:
    """Columns that those before do not span."""
    basis = np.zeros((0, len(design)))
    kept = []
    for number, column in enumerate(design.T):
        rest = column - basis.T @ (basis @ column)
        rest = rest - basis.T @ (basis @ rest)
        if np.linalg.norm(rest) > 1e-8 * max(np.linalg.norm(column), 1e-12):
            basis = np.vstack([basis, rest / np.linalg.norm(rest)])
            kept.append(number)
    return kept


def test_what_stays_the_same_needs_an_estimate_without_pairs(panel: pl.DataFrame) -> None:
    pytest.importorskip("pyfixest", reason="needs the extra gravity")
    far = panel.with_columns(distance=(pl.col("exporter") != pl.col("importer")).cast(pl.Float64))
    with pytest.raises(InvalidInput, match="nothing to estimate"):
        gravity.fit_three_way(far, ["rta", "distance"])
    found = gravity.fit_three_way(far, ["rta", "distance"], pair_effects=False)
    assert found.coefficients["term"].to_list() == ["rta", "distance"]
    assert found.coefficients["estimate"][1] == pytest.approx(-3.0, abs=0.3)


def test_wrong_panels_are_refused(panel: pl.DataFrame, tmp_path: Path) -> None:
    pytest.importorskip("pyfixest", reason="needs the extra gravity")
    with pytest.raises(InvalidInput, match="no column tariff"):
        gravity.fit_three_way(panel, ["tariff"])
    with pytest.raises(InvalidInput, match="No column is asked"):
        gravity.fit_three_way(panel, [])
    with pytest.raises(InvalidInput, match="clustered by 'moon'"):
        gravity.fit_three_way(panel, ["rta"], cluster="moon")
    with pytest.raises(InvalidInput, match="not finite, or negative"):
        gravity.fit_three_way(panel.with_columns(value=-pl.col("value")), ["rta"])
    path = tmp_path / "panel.csv"
    panel.write_csv(path)
    with pytest.raises(InvalidInput, match="--value"):
        answer_gravity(Inputs(), GravityRequest(path, ("rta",)))
    with pytest.raises(InvalidInput, match="no file"):
        answer_gravity(Inputs(), GravityRequest(tmp_path / "none.csv", ("rta",)))


def test_without_the_package_the_extra_is_named(panel: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gravity, "pyfixest", None)
    with pytest.raises(MissingExtra) as caught:
        gravity.fit_three_way(panel, ["rta"])
    assert "karwan[gravity]" in str(caught.value)
