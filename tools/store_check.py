"""Load real trade files into a store, brief three pairs with it, and check twenty figures against Polars reading the files themselves.

python tools/store_check.py ../shared/data/trade [--no-briefs]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from karwan.analysis.contract import Inputs
from karwan.analysis.indicators import trade_indicators
from karwan.analysis.partners import trade_partners
from karwan.analysis.trade_requests import IndicatorRequest, PartnersRequest
from karwan.store import ingest, open_store, query
from karwan.store.query import Selection
from karwan.store.sources import Options, source_named

FILES = {
    "baci_table": "baci_hs6_afg_zaf_exports_2020_2021.parquet",
    "baci_chapters": "baci_hs92_2digit_exports_2011_2020.parquet",
    "ots_exports": "ots_hs4_exports_2017.parquet",
    "comtrade_edges": "comtrade_5commodity_edges_2020_2026.csv",
    "unctad_sections": "unctad_sitc_section_bilateral_1995_2005_2015.parquet",
}
PAIRS = (("UZB", "PAK"), ("KGZ", "PAK"))
NAMES = {"KAZ": "Kazakhstan", "PAK": "Pakistan", "UZB": "Uzbekistan", "KGZ": "Kyrgyzstan"}
SECTIONS = (
    ("KAZ", "PAK", 2015),
    ("PAK", "KAZ", 2015),
    ("PAK", "KAZ", 2005),
    ("UZB", "PAK", 2015),
    ("KGZ", "PAK", 2015),
)
CLOSE = 1e-6  # relative; values are kept to a thousandth of a dollar
Figure = tuple[str, float, float]


def load(store: Path, folder: Path) -> None:
    """Ingest every file of `FILES`."""
    with open_store(store, create=True) as opened:
        for mapping, name in FILES.items():
            ingest(opened, source_named("table").read(folder / name, Options(mapping=mapping)))


def figures(store: str, folder: Path) -> list[Figure]:
    """Name, value by Karwan and value by Polars of twenty figures."""
    raw = {name: _read(folder / file) for name, file in FILES.items()}
    return [*_sums(store, raw), *_flows(store, raw), *_partners(store, raw), *_indicators(store, raw)]


def _read(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=None)


def _stored(store: str, source: str, **asked: Any) -> float:
    with open_store(store) as opened:
        return float(
            query(opened, Selection(source=(source,), **asked), by=["source"]).table["value_usd"].sum()
        )


def _sums(store: str, raw: dict[str, pl.DataFrame]) -> Iterator[Figure]:
    """The whole of each file."""
    columns = {
        "baci_table": ("v", 1e3),
        "baci_chapters": ("v", 1e6),
        "ots_exports": ("export_value_usd", 1.0),
    }
    columns |= {"comtrade_edges": ("value_usd", 1.0), "unctad_sections": ("value_kusd", 1e3)}
    for source, (name, unit) in columns.items():
        yield (
            f"all of {source}, USD",
            _stored(store, source),
            float(raw[source][name].cast(pl.Float64).sum()) * unit,
        )


def _flows(store: str, raw: dict[str, pl.DataFrame]) -> Iterator[Figure]:
    """Single flows of countries and goods."""
    sections = raw["unctad_sections"].filter(pl.col("section") != "All")
    for seller, buyer, year in SECTIONS:
        names = (pl.col("exporter") == NAMES[seller]) & (pl.col("importer") == NAMES[buyer])
        own = sections.filter(names & (pl.col("year") == year))
        asked = {"exporter": (seller,), "importer": (buyer,), "period": (str(year),)}
        ours = _stored(store, "unctad_sections", level=(1,), **asked)
        yield f"{seller} to {buyer} {year}, sections, USD", ours, float(own["value_kusd"].sum()) * 1e3
    goods = raw["ots_exports"]
    for seller, code in (("kaz", "1001"), ("pak", "1006"), ("kaz", "7202")):
        own = goods.filter((pl.col("reporter_iso") == seller) & (pl.col("product_code") == code))
        ours = _stored(store, "ots_exports", exporter=(seller.upper(),), product=(code,))
        yield f"{seller.upper()} {code} 2017, USD", ours, float(own["export_value_usd"].sum())


def _partners(store: str, raw: dict[str, pl.DataFrame]) -> Iterator[Figure]:
    """Afghan cotton by weight, and all of Afghan exports by buyer."""
    inputs = Inputs(store=store)
    cotton = trade_partners(inputs, PartnersRequest("AFG", "exports", ("520100",), 2020, limit=0))
    every = trade_partners(inputs, PartnersRequest("AFG", "exports", (), 2020, limit=0))
    rows = raw["baci_table"].filter((pl.col("i") == 4) & (pl.col("t") == 2020))
    fibre = rows.filter(
        (pl.col("hs") == cotton.meta["revision"]) & (pl.col("k") == "520100") & (pl.col("j") == 586)
    )
    buyers = rows.filter(pl.col("hs") == every.meta["revision"]).group_by("j").agg(pl.col("v").sum())
    share = buyers["v"] / buyers["v"].sum()
    to_pakistan = pl.col("partner") == "PAK"
    ours = cotton.tables["partners"].row(by_predicate=to_pakistan, named=True)
    theirs = float(fibre["v"].sum()) * 1e3
    yield "Afghan cotton to Pakistan 2020, USD", ours["value_usd"], theirs
    yield "its unit value, USD/t", ours["unit_value_usd_t"], theirs / float(fibre["q"].sum())
    ours = every.tables["partners"].row(by_predicate=to_pakistan, named=True)
    yield (
        "Pakistan's share of Afghan exports 2020",
        ours["share"],
        float(share.filter(buyers["j"] == 586).sum()),
    )
    yield "concentration of their buyers", every.meta["hhi"], float((share**2).sum())


def _indicators(store: str, raw: dict[str, pl.DataFrame]) -> Iterator[Figure]:
    """Kazakhstan's chapters in 2020."""
    answer = trade_indicators(Inputs(store=store), IndicatorRequest("KAZ", source="baci_chapters", limit=96))
    year = raw["baci_chapters"].filter(pl.col("t") == 2020)
    own = year.filter(pl.col("i") == 398)
    value, world = float(own["v"].sum()), float(year["v"].sum())
    grain, all_grain = (float(table.filter(pl.col("k") == "10")["v"].sum()) for table in (own, year))
    advantages = dict(answer.tables["advantages"].select("product", "rca").iter_rows())
    yield "exports of KAZ 2020, USD", answer.meta["exports_usd"], value * 1e6
    yield "their concentration", answer.tables["country"]["hhi"][0], float(((own["v"] / value) ** 2).sum())
    yield "advantage in cereals", advantages["10"], (grain / value) / (all_grain / world)


def briefs(store: str, folder: Path) -> None:
    """Brief kaz-pak and two pairs started from it, with the store; a brief that fails ends the run."""
    cases = ["kaz-pak"]
    for seller, buyer in PAIRS:
        case = folder / f"{seller}-{buyer}".lower()
        _karwan("case", "new", seller, buyer, "--like", "kaz-pak", "--out", str(case))
        cases.append(str(case))
    for case in cases:
        out = folder / "briefs" / Path(case).name
        said = _karwan("brief", case, "--store", store, "--out", str(out))
        print(f"{Path(case).name}: {len(said.splitlines())} lines, {len(list(out.iterdir()))} files")


def _karwan(*arguments: str) -> str:
    command = [sys.executable, "-m", "karwan", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Exit code 1 where a figure differs."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--no-briefs", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        store = Path(place, "trade.duckdb")
        load(store, given.folder)
        found = figures(str(store), given.folder)
        wrong = [one for one in found if abs(one[1] - one[2]) > CLOSE * abs(one[2])]
        for name, ours, theirs in found:
            print(
                f"{'DIFFERS' if (name, ours, theirs) in wrong else 'equal  '} {name}: {ours:,.6g} {theirs:,.6g}"
            )
        print(f"{len(found) - len(wrong)} of {len(found)} equal")
        if not given.no_briefs:
            briefs(str(store), Path(place))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
