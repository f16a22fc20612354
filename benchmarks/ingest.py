"""Ingest of a BACI-format CSV into the trade store against `polars.read_csv` alone on the same file.

    python benchmarks/ingest.py [--rows 10000000] [--repeats 5] [--folder DIR] [--shuffled]

Each measurement runs in a process of its own (peak memory is the process's), in turns, with the file in the
page cache. Both sides first read a file of 1,000 rows, so that imports are timed for neither; the whole process is
printed as well. The bar: the ingest (parsed, checked, keyed, hashed, committed to disk) takes at most 2.5 times what
`polars.read_csv` needs to read the file, under 1.5 GB, and a grouped query over it takes under 1 s warm. Polars is
measured as called plainly, and with `schema_overrides={"k": String}`, which it needs to keep the leading zeros the
store keeps.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

# Peak resident memory of this process image; getrusage would count what the parent held when it forked.
PEAK = """
import resource

def peak_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))

def cpu_s():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
"""

POLARS = """
import json, sys, time
import polars
polars.read_csv(sys.argv[3]{options})
start, used = time.perf_counter(), cpu_s()
frame = polars.read_csv(sys.argv[1]{options})
took, used = time.perf_counter() - start, cpu_s() - used
assert frame.height == int(sys.argv[2])
print(json.dumps({{"s": took, "cpu": used, "mb": peak_mb()}}))
"""

KARWAN = """
import json, sys, time
from pathlib import Path
from karwan.store.sources import Options, source_named
from karwan.store import ingest, open_store, query
from karwan.store.query import Selection
path, rows, store = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[4])
with open_store(store.with_suffix(".warm"), create=True) as opened:
    ingest(opened, source_named("baci").read(Path(sys.argv[3]), Options()))
start, used = time.perf_counter(), cpu_s()
with open_store(store, create=True) as opened:
    report = ingest(opened, source_named("baci").read(path, Options()))[0]
took, used = time.perf_counter() - start, cpu_s() - used
assert report.rows == rows, report
mb = peak_mb()
store.with_suffix(".warm").unlink()
with open_store(store) as opened:
    queries = []
    for by in (["exporter"], ["exporter", "chapter"], ["product"]):
        query(opened, by=by)
        start = time.perf_counter()
        query(opened, by=by)
        queries.append(time.perf_counter() - start)
print(json.dumps({"s": took, "cpu": used, "mb": mb, "value_usd": report.value_usd, "queries": queries,
                  "disk_mb": store.stat().st_size / 2**20}))
"""


def write_baci(path: Path, rows: int, *, seed: int = 7, shuffled: bool = False) -> float:
    """Write `rows` distinct flows in BACI's format and order (t, i, j, k); returns their value in USD."""
    from karwan.store.sources.countries import packaged_countries

    rng = np.random.default_rng(seed)
    by_country = {}
    for code, country in sorted(packaged_countries().by_number.items()):
        if code:
            by_country.setdefault(country, code)
    codes = np.array(sorted(by_country.values())[:200])
    digits = np.arange(10_111, 971_000)
    products = np.sort(rng.choice(digits[digits // 10_000 != 77], 5_000, replace=False))
    cells = np.unique(rng.integers(0, 200 * 199 * 5_000, int(rows * 1.2) + 1_000))
    cells = rng.permutation(cells)[:rows]
    if not shuffled:
        cells.sort()
    exporter, rest = np.divmod(cells, 199 * 5_000)
    importer, product = np.divmod(rest, 5_000)
    importer = np.where(importer >= exporter, importer + 1, importer)
    value = np.round(np.exp(rng.normal(3.0, 3.0, rows)) + 0.001, 3)
    weight = np.round(value * np.exp(rng.normal(0.0, 1.5, rows)), 3)
    frame = pl.DataFrame(
        {
            "t": np.full(rows, 2022, np.int32),
            "i": codes[exporter],
            "j": codes[importer],
            "k": pl.Series(products[product]).cast(pl.String).str.zfill(6),
            "v": value,
            "q": pl.Series(weight).zip_with(
                pl.Series(rng.random(rows) >= 0.03), pl.Series([None] * rows, dtype=pl.Float64)
            ),
        }
    )
    frame.write_csv(path, null_value="NA", float_precision=3)
    return float(np.round(value * 1e3).sum())


def run(code: str, *arguments: str) -> dict[str, float]:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PEAK + code, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return {**json.loads(done.stdout.splitlines()[-1]), "process": time.perf_counter() - start}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument(
        "--shuffled", action="store_true", help="rows in random order: duplicates must be searched"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = Path(folder) / "BACI_HS17_Y2022_V202501.csv"
        value = write_baci(path, arguments.rows, shuffled=arguments.shuffled)
        small = Path(folder) / "BACI_HS17_Y2021_V202501.csv"
        write_baci(small, 1_000)
        print(f"{arguments.rows:,} rows, {path.stat().st_size / 2**20:,.0f} MiB")
        path.read_bytes()  # into the page cache, for both sides
        plain, text, ours = [], [], []
        for repeat in range(arguments.repeats):
            # Interleaved, so that a busy machine slows all three alike.
            plain.append(run(POLARS.format(options=""), str(path), str(arguments.rows), str(small)))
            kept = ", schema_overrides={'k': polars.String}, null_values='NA'"
            text.append(run(POLARS.format(options=kept), str(path), str(arguments.rows), str(small)))
            store = Path(folder) / f"store{repeat}.duckdb"
            ours.append(run(KARWAN, str(path), str(arguments.rows), str(small), str(store)))
            assert abs(ours[-1]["value_usd"] - value) <= 1e-9 * value
            store.unlink()
        report("polars.read_csv", plain)
        report("polars.read_csv, codes kept as text", text)
        report("karwan ingest", ours)
        took = statistics.median(entry["s"] for entry in ours)
        for name, entries in (("polars.read_csv", plain), ("polars.read_csv with text", text)):
            print(f"time of {name}: {took / statistics.median(e['s'] for e in entries):.2f} times (bar 2.5)")
        queries = np.median([entry["queries"] for entry in ours], axis=0)
        names = ("by exporter", "by exporter and chapter", "by product")
        print(
            "warm queries:",
            ", ".join(f"{name} {took:.2f} s" for name, took in zip(names, queries, strict=True)),
            "(bar 1 s)",
        )
        print(f"store on disk: {ours[-1]['disk_mb']:,.0f} MiB")


def report(name: str, entries: list[dict[str, float]]) -> None:
    took = [entry["s"] for entry in entries]
    peak = max(entry["mb"] for entry in entries)
    print(
        f"{name:38s} median {statistics.median(took):.2f} s (min {min(took):.2f}, max {max(took):.2f}), "
        f"{statistics.median(entry['cpu'] for entry in entries):.2f} s of processor, peak {peak:,.0f} MiB"
    )


if __name__ == "__main__":
    main()
