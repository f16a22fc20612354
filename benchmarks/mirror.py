"""World-panel reconciliation: a year of HS6, ten million flows, simulated errors on real margins.

    python benchmarks/mirror.py [flows] [--baci]

Real margins: exports by country and HS4 (Open Trade Statistics 2017), totals by pair (2016), distances
(CEPII) from `../shared/data/trade`, spread over the HS6 codes. Simulated: each reporter's log error, freight,
reports that are missing. Prints seconds by step and the log error against weights that know the truth.
"""

from __future__ import annotations

import resource
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from karwan.trade.mirror import estimate_cif, reconcile, reporter_sigma

TRADE = Path(__file__).resolve().parents[2] / "shared" / "data" / "trade"


def margins() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Shares of HS6 codes in each exporter's trade, totals by pair, distances."""
    exports = (
        pl.read_parquet(TRADE / "ots_hs4_exports_2017.parquet")
        .drop_nulls()
        .select(
            exporter=pl.col("reporter_iso").str.to_uppercase(),
            heading="product_code",
            value="export_value_usd",
        )
    )
    codes = pl.read_csv(TRADE / "hs92_product_codes_6digit.csv", infer_schema_length=0)
    column = max(codes.columns, key=lambda name: codes[name].str.contains(r"^\d{6}$").fill_null(False).sum())
    split = (
        codes.select(product=pl.col(column), heading=pl.col(column).str.slice(0, 4)).unique().sort("product")
    )
    split = split.with_columns(part=1.0 / pl.len().over("heading"))
    exports = exports.join(split, on="heading").with_columns(value=pl.col("value") * pl.col("part"))
    shares = exports.with_columns(share=pl.col("value") / pl.col("value").sum().over("exporter"))
    totals = pl.read_parquet(TRADE / "penppml_bilateral_totals_1964_2016.parquet")
    totals = totals.filter((pl.col("time") == 2016) & (pl.col("export") > 0)).select(
        exporter=pl.col("exp").cast(pl.String), importer=pl.col("imp").cast(pl.String), total="export"
    )
    far = pl.read_parquet(TRADE / "cepii_dist.parquet").select(
        exporter="iso_o", importer="iso_d", distance_km="dist", contiguous="contig"
    )
    return shares.select("exporter", "product", "share"), totals, far


def panel(size: int, seed: int = 0) -> tuple[pl.DataFrame, dict[str, float]]:
    """About the largest `size` flows with two noisy reports each, and the true sigmas."""
    shares, totals, far = margins()
    rng = np.random.default_rng(seed)
    pairs = totals.join(far, on=["exporter", "importer"])
    some = pairs.sample(400, seed=seed).join(shares, on="exporter")
    sizes = (some["total"] * some["share"]).sort(descending=True)
    least = sizes[min(int(size * 400 / pairs.height), sizes.len() - 1)]  # so that about `size` flows remain
    flows = (
        pairs.lazy()
        .join(shares.lazy(), on="exporter")
        .with_columns(truth=pl.col("total") * pl.col("share"))
        .filter(pl.col("truth") >= least)
        .select("exporter", "importer", "product", "truth", "distance_km", "contiguous")
        .collect(engine="streaming")
    )
    countries = sorted(set(flows["exporter"].unique()) | set(flows["importer"].unique()))
    sigmas = dict(zip(countries, rng.uniform(0.1, 0.8, len(countries)), strict=True))
    n = flows.height
    truth = flows["truth"].to_numpy() * np.exp(rng.normal(0, 0.5, n))
    ln_far = np.log(flows["distance_km"].to_numpy())
    freight = np.maximum(
        0.32 - 0.11 * ln_far + 0.010 * ln_far**2 - 0.044 * flows["contiguous"].to_numpy(), 0.0
    )
    spread = [
        flows[s].replace_strict(sigmas, return_dtype=pl.Float64).to_numpy() for s in ("exporter", "importer")
    ]
    out = truth * np.exp(rng.normal(0, 1, n) * spread[0])
    back = truth * np.exp(freight + rng.normal(0, 1, n) * spread[1])
    out[rng.random(n) < 0.12] = np.nan
    back[rng.random(n) < 0.12] = np.nan
    made = flows.with_columns(truth=truth, freight=freight, export_usd=out, import_usd=back).fill_nan(None)
    return made.filter(pl.col("export_usd").is_not_null() | pl.col("import_usd").is_not_null()), sigmas


def rmse(estimate: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.log(estimate / truth) ** 2)))


def errors(flows: pl.DataFrame, value: np.ndarray, sigmas: dict[str, float]) -> None:
    """Log errors of the flows with both reports, beside other rules and the oracle."""
    out, back, truth, freight = (
        flows[name].fill_null(float("nan")).to_numpy()
        for name in ("export_usd", "import_usd", "truth", "freight")
    )
    both = ~np.isnan(out) & ~np.isnan(back)
    s_x, s_m = (
        flows[side].replace_strict(sigmas, return_dtype=pl.Float64).to_numpy()[both]
        for side in ("exporter", "importer")
    )
    out, fob, truth = out[both], back[both] / np.exp(freight[both]), truth[both]
    weight = s_m**2 / (s_x**2 + s_m**2)
    oracle = rmse(np.exp(weight * np.log(out) + (1 - weight) * np.log(fob)), truth)
    print(f"log error, both reports ({both.sum():,} flows)")
    rules = {
        "karwan": value[both],
        "exporter's report": out,
        "importer's, true freight off": fob,
        "mean of the two": (out + fob) / 2,
        "larger of x and m/1.08": np.maximum(out, back[both] / 1.08),
    }
    for name, estimate in rules.items():
        print(
            f"  {name:30s} {rmse(estimate, truth):.4f}   {rmse(estimate, truth) / oracle:.3f} of the oracle's"
        )
    print(f"  {'oracle (true sigma, freight)':30s} {oracle:.4f}")


def main() -> None:
    numbers = [int(word.replace("_", "")) for word in sys.argv[1:] if word[0].isdigit()]
    flows, sigmas = panel(numbers[0] if numbers else 10_000_000)
    given = flows.drop("truth", "freight")
    countries = len(sigmas)
    print(f"{flows.height:,} flows, {countries} countries, {flows['product'].n_unique():,} products")
    marks = [("", time.perf_counter())]
    cif = estimate_cif(given)
    marks.append(("freight share (CIF)", time.perf_counter()))
    free = given.with_columns(import_fob_usd=pl.col("import_usd") / (1.0 + pl.Series(cif.share(given))))
    sigma = reporter_sigma(free, method="baci" if "--baci" in sys.argv else "likelihood")
    marks.append(("reporters' reliability", time.perf_counter()))
    found = reconcile(given, cif, sigma, method="baci" if "--baci" in sys.argv else "log")
    marks.append(("reconciliation, bands", time.perf_counter()))
    for (_, before), (name, after) in pairwise(marks):
        print(f"{name:28s} {after - before:8.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    whole = marks[-1][1] - marks[0][1]
    print(f"{'all':28s} {whole:8.2f} s   peak memory {peak:.1f} GiB with the simulation")
    true_share = float(np.expm1(flows["freight"].to_numpy()).mean())
    print(f"mean freight share {cif.mean_share:.4f}; true {true_share:.4f}")
    known = sigma.table.filter((pl.col("exports") > 100) & (pl.col("imports") > 100))
    true = known["reporter"].replace_strict(sigmas, return_dtype=pl.Float64).to_numpy()
    gap = np.abs(known["sigma_export"].to_numpy() - true)
    print(f"sigma: median error {np.median(gap):.4f}, largest {gap.max():.4f} ({known.height} countries)")
    errors(flows, found.table["value_usd"].to_numpy(), sigmas)
    inside = (found.table["low_usd"] <= flows["truth"]) & (flows["truth"] <= found.table["high_usd"])
    print(f"90 % band holds {float(inside.mean()):.3f} of the flows")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
