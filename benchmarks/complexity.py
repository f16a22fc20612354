"""ECI and PCI on 200 countries and 5,000 products: Karwan beside `ecomplexity` and `economic-complexity`.

    python benchmarks/complexity.py [countries] [products] [--skip-slow]

Prints seconds, ratios and the largest difference of ECI. The peers are optional.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import polars as pl

from karwan.trade.indicators import TradeMatrix, balassa, complexity, trade_matrix
from karwan.trade.indicators.complexity import _eigenvectors, specialisation


def exports(countries: int, products: int) -> pl.DataFrame:
    """Nested trade: abler countries make more products, harder products are made by fewer."""
    rng = np.random.default_rng(0)
    ability, difficulty = np.sort(rng.normal(0, 1, countries)), np.sort(rng.normal(0, 1, products))
    chance = 1 / (1 + np.exp(-(1.5 * ability[:, None] - difficulty[None, :])))
    value = np.exp(rng.normal(10, 2, chance.shape)) * chance
    value[rng.random(chance.shape) > 0.15 + 0.85 * chance] = np.nan
    rows, columns = np.nonzero(~np.isnan(value))
    return pl.DataFrame(
        {
            "exporter": [f"C{k:03d}" for k in rows],
            "product": [f"P{k:05d}" for k in columns],
            "value_usd": value[rows, columns],
        }
    )


def timed(call: Callable[[], object], repeats: int) -> float:
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def eci_pci(matrix: TradeMatrix) -> np.ndarray:
    """From values to standardised ECI and PCI, without density and outlook."""
    kept = specialisation(balassa(matrix.value_usd))
    kept = kept[kept.sum(axis=1) > 0][:, kept.sum(axis=0) > 0]
    country, product, _ = _eigenvectors(kept)
    return np.concatenate([country, product - country.mean()]) / country.std()


def peer_ecomplexity(table: pl.DataFrame) -> tuple[float, pl.DataFrame]:
    from ecomplexity import ecomplexity

    frame = table.with_columns(year=2020).to_pandas()
    names = {"time": "year", "loc": "exporter", "prod": "product", "val": "value_usd"}
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = ecomplexity(frame, names, check_logsupermodularity=False, verbose=False)
    spent = time.perf_counter() - start
    return spent, pl.from_pandas(result[["exporter", "eci"]]).group_by("exporter").first()


def peer_economic_complexity(table: pl.DataFrame) -> float:
    import economic_complexity

    wide = table.to_pandas().pivot_table(
        index="exporter", columns="product", values="value_usd", fill_value=0.0
    )

    def run() -> object:
        advantage = economic_complexity.rca(wide)
        return economic_complexity.complexity(advantage)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return timed(run, 3)


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    countries, products = (numbers + [200, 5000][len(numbers) :])[:2]
    table = exports(countries, products)
    matrix = trade_matrix(table)
    ours = timed(lambda: eci_pci(matrix), 7)
    whole = timed(lambda: complexity(matrix), 5)
    from_table = timed(lambda: complexity(trade_matrix(table)), 3)
    print(f"{countries} x {products}, {table.height:,} cells with trade")
    print(f"karwan, ECI and PCI from values           {ours:10.4f} s")
    print(f"karwan, with density, COI and COG         {whole:10.4f} s")
    print(f"karwan, the same from the long table      {from_table:10.4f} s")
    try:
        peer = peer_economic_complexity(table)
        print(f"economic-complexity, RCA, ECI and PCI     {peer:10.4f} s   {peer / ours:8.1f} x ECI and PCI")
    except ImportError:
        print("economic-complexity is not installed")
    if "--skip-slow" in sys.argv:
        return
    try:
        spent, other = peer_ecomplexity(table)
    except ImportError:
        print("ecomplexity is not installed")
        return
    found = complexity(matrix)
    both = found.country_table().join(other, left_on="country", right_on="exporter", suffix="_other")
    gap = float((both["eci"] - both["eci_other"]).abs().max())  # type: ignore[arg-type]
    print(f"ecomplexity (all of its output)           {spent:10.4f} s   {spent / ours:8.0f} x ECI and PCI")
    print(f"{'':52s}   {spent / whole:8.0f} x with density and outlook")
    print(f"largest difference of ECI                 {gap:10.1e}")


if __name__ == "__main__":
    main()
