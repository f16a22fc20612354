"""Reconciliation on a simulated world panel with known truth, and on the flagship pair's figures."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from karwan.analysis.reconciled import case_priors, reconciled_case
from karwan.case import read_case
from karwan.trade.mirror import Reliability, estimate_cif, reconcile, reporter_sigma
from tests.shared import shared_path

Floats = NDArray[np.float64]


def errors(estimate: Floats, truth: Floats) -> float:
    return float(np.sqrt(np.mean(np.log(estimate / truth) ** 2)))


@pytest.fixture(scope="module")
def world() -> tuple[pl.DataFrame, dict[str, float]]:
    """Real bilateral totals and distances; log errors of known size by reporter, known freight."""
    far = pl.read_parquet(shared_path("data/trade/cepii_dist.parquet")).select(
        pl.col("iso_o").alias("exporter"),
        pl.col("iso_d").alias("importer"),
        pl.col("dist").alias("distance_km"),
        pl.col("contig").alias("contiguous"),
    )
    totals = pl.read_parquet(shared_path("data/trade/penppml_bilateral_totals_1964_2016.parquet"))
    totals = totals.filter((pl.col("time") == 2016) & (pl.col("export") > 1e5))
    names = {"exp": "exporter", "imp": "importer", "export": "truth"}
    flows = (
        totals.rename(names)
        .select("exporter", "importer", "truth")
        .with_columns(pl.col("exporter", "importer").cast(pl.String))
    )
    flows = flows.join(far, on=["exporter", "importer"])
    rng = np.random.default_rng(11)
    flows = pl.concat([flows.with_columns(product=pl.lit(f"{k:02d}")) for k in range(5)])
    countries = sorted(set(flows["exporter"]) | set(flows["importer"]))
    sigmas = dict(zip(countries, rng.uniform(0.1, 0.8, len(countries)), strict=True))
    ln_far = np.log(flows["distance_km"].to_numpy())
    freight = 0.32 - 0.11 * ln_far + 0.010 * ln_far**2 - 0.044 * flows["contiguous"].to_numpy()
    spread = [
        flows[side].replace_strict(sigmas, return_dtype=pl.Float64).to_numpy()
        for side in ("exporter", "importer")
    ]
    truth = flows["truth"].to_numpy() * np.exp(rng.normal(0, 1, flows.height))
    out = truth * np.exp(rng.normal(0, 1, flows.height) * spread[0])
    back = truth * np.exp(np.maximum(freight, 0) + rng.normal(0, 1, flows.height) * spread[1])
    return (
        flows.with_columns(truth=truth, export_usd=out, import_usd=back, freight=np.maximum(freight, 0)),
        sigmas,
    )


def test_log_error_is_within_five_percent_of_the_oracle(world: tuple[pl.DataFrame, dict[str, float]]) -> None:
    flows, sigmas = world
    assert flows.height > 40_000
    cif = estimate_cif(flows.drop("freight", "truth"))
    free = flows.with_columns(import_fob_usd=pl.col("import_usd") / (1 + pl.Series(cif.share(flows))))
    sigma = reporter_sigma(free)
    truth = flows["truth"].to_numpy()
    ours = reconcile(flows, cif, sigma)
    s_x, s_m = (
        flows[side].replace_strict(sigmas, return_dtype=pl.Float64).to_numpy()
        for side in ("exporter", "importer")
    )
    weight = s_m**2 / (s_x**2 + s_m**2)
    fob = flows["import_usd"].to_numpy() / np.exp(flows["freight"].to_numpy())
    oracle = np.exp(weight * np.log(flows["export_usd"].to_numpy()) + (1 - weight) * np.log(fob))
    ratio = errors(ours.table["value_usd"].to_numpy(), truth) / errors(oracle, truth)
    assert ratio < 1.05
    # Log space before BACI's weights before the plain mean.
    baci = errors(reconcile(flows, cif, sigma, method="baci").table["value_usd"].to_numpy(), truth)
    plain = errors(0.5 * flows["export_usd"].to_numpy() + 0.5 * fob, truth)
    assert errors(ours.table["value_usd"].to_numpy(), truth) < baci < plain
    # The band holds as often as it says.
    inside = (ours.table["low_usd"].to_numpy() <= truth) & (truth <= ours.table["high_usd"].to_numpy())
    assert inside.mean() == pytest.approx(0.9, abs=0.02)
    known = sigma.table.filter((pl.col("exports") > 100) & (pl.col("imports") > 100))
    true = known["reporter"].replace_strict(sigmas, return_dtype=pl.Float64).to_numpy()
    assert np.corrcoef(known["sigma_export"].to_numpy(), true)[0, 1] > 0.98


def test_baci_sigmas_are_positive_and_ordered_like_the_truth(
    world: tuple[pl.DataFrame, dict[str, float]],
) -> None:
    flows, sigmas = world
    free = flows.with_columns(import_fob_usd=pl.col("import_usd") / pl.col("freight").exp())
    found = reporter_sigma(free, method="baci").table.drop_nulls()
    assert (found["sigma_export"] > 0).all()
    assert (found["sigma_import"] > 0).all()
    true = found["reporter"].replace_strict(sigmas, return_dtype=pl.Float64).to_numpy()
    for role in ("sigma_export", "sigma_import"):
        assert np.corrcoef(found[role].to_numpy(), true)[0, 1] > 0.85


def test_two_sigmas_and_product_scales(world: tuple[pl.DataFrame, dict[str, float]]) -> None:
    flows, sigmas = world
    largest = (
        flows.group_by("exporter").agg(pl.col("truth").sum()).sort("truth")["exporter"].tail(60).to_list()
    )
    few = flows.filter(pl.col("exporter").is_in(largest) & pl.col("importer").is_in(largest))
    free = few.with_columns(import_fob_usd=pl.col("import_usd") / pl.col("freight").exp())
    two = reporter_sigma(free, one_sigma=False).table.drop_nulls()
    true = two["reporter"].replace_strict(sigmas, return_dtype=pl.Float64).to_numpy()
    assert np.corrcoef(two["sigma_import"].to_numpy(), true)[0, 1] > 0.9
    rng = np.random.default_rng(7)
    doubled = free.with_columns(
        export_usd=pl.when(pl.col("product") == "00")
        .then(pl.col("export_usd") * pl.Series(np.exp(rng.normal(0, 0.9, free.height))))
        .otherwise(pl.col("export_usd"))
    )
    noisy: Reliability = reporter_sigma(doubled, by_product=True)
    scales = dict(noisy.products.iter_rows())
    assert scales["00"] > 2 * max(scale for product, scale in scales.items() if product != "00")


def test_likelihood_of_the_variances_is_at_its_peak() -> None:
    rng = np.random.default_rng(1)
    size = 12
    from karwan.trade.mirror.reliability import pair_variances

    row, column = (index.ravel() for index in np.meshgrid(np.arange(size), np.arange(size), indexing="ij"))
    off = row != column
    row, column = row[off], column[off]
    true = rng.uniform(0.02, 0.4, size)
    count = np.full(row.size, 30.0)
    total = (true[row] + true[column]) * rng.chisquare(30, row.size)
    found, _ = pair_variances(row, column, count, total, size)

    def loss(variance: Floats) -> float:
        fitted = variance[row] + variance[column]
        return float((count * np.log(fitted) + total / fitted).sum())

    for k in range(size):
        for step in (0.99, 1.01):
            moved = found.copy()
            moved[k] *= step
            assert loss(moved) > loss(found)


def test_flagship_pair_has_a_banded_series_from_both_sides() -> None:
    case = read_case("kaz-pak")
    found = reconciled_case(case, case.settings.as_of)
    both = found.table.filter((pl.col("sides") == "both") & (pl.col("direction") != "total"))
    assert {2023, 2024, 2025} <= set(both["year"])
    for row in both.iter_rows(named=True):
        share = case_priors(case).cif_share[row["direction"]]
        assert row["low_usd"] <= row["export_usd"] <= row["high_usd"]
        assert row["low_usd"] <= row["import_usd"] / (1 + share) <= row["high_usd"]
    reports = found.reports.filter((pl.col("year") == 2024) & (pl.col("reporter") == "PAK"))
    out = reports.filter(pl.col("direction") == "a_to_b").row(0, named=True)
    # FY 2023/24 less its first half plus the first half of FY 2024/25, from the State Bank's figures.
    assert out["value_usd"] == pytest.approx(677_000 - 385_000 + 72_760_000)
    assert not out["approximate_period"]
    total = found.table.filter((pl.col("direction") == "total") & (pl.col("year") == 2024)).row(0, named=True)
    assert 53.7e6 < total["value_usd"] < 241.1e6
