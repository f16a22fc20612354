"""Real tables through the store: queries give the sums that pyarrow reads from the files, and PROVENANCE's
row counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from karwan.store import Store, ingest, open_store, query
from karwan.store.query import Selection
from karwan.store.sources import Options, source_named
from karwan.store.sources.countries import countries_with
from karwan.words import sentences
from tests.shared import shared_path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import store_check

# mapping, file, rows in PROVENANCE.md, value column, USD per unit, group column of the file, of ours
TABLES = [
    ("baci_table", "baci_hs6_afg_zaf_exports_2020_2021.parquet", 214_209, "v", 1e3, "hs", "hs_revision"),
    ("baci_chapters", "baci_hs92_2digit_exports_2011_2020.parquet", 193_930, "v", 1e6, "t", "period"),
    (
        "ots_exports",
        "ots_hs4_exports_2017.parquet",
        233_432,
        "export_value_usd",
        1.0,
        "product_code",
        "product",
    ),
    (
        "unctad_sections",
        "unctad_sitc_section_bilateral_1995_2005_2015.parquet",
        488_964,
        "value_kusd",
        1e3,
        "year",
        "period",
    ),
    ("comtrade_hs4", "comtrade_hs4_bilateral_23c_1989_1990.parquet", 229_585, "value", 1e3, "hs4", "product"),
    (
        "comtrade_edges",
        "comtrade_5commodity_edges_2020_2026.csv",
        38_897,
        "value_usd",
        1.0,
        "layer",
        "product",
    ),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """All tables in one store, so that they must not disturb one another."""
    target = tmp_path_factory.mktemp("store") / "trade.duckdb"
    reports = {}
    with open_store(target, create=True) as store:
        for mapping, name, *_ in TABLES:
            readings = source_named("table").read(shared_path(f"data/trade/{name}"), Options(mapping=mapping))
            reports[mapping] = ingest(store, readings)[0]
    return {"target": target, "reports": reports}


def test_twenty_figures_equal_polars(filled: dict[str, object]) -> None:
    """`tools/store_check.py` loads the same files; its briefs of three pairs take minutes and run on demand."""
    found = store_check.figures(str(filled["target"]), shared_path("data/trade"))
    assert len(found) == 20
    for name, ours, theirs in found:
        assert ours == pytest.approx(theirs, rel=store_check.CLOSE), name
        assert theirs > 0, name


@pytest.mark.parametrize(("mapping", "name", "rows", "value", "unit", "theirs", "ours"), TABLES)
def test_sums_equal_the_files(
    filled: dict[str, object],
    mapping: str,
    name: str,
    rows: int,
    value: str,
    unit: float,
    theirs: str,
    ours: str,
) -> None:
    path = shared_path(f"data/trade/{name}")
    table = pa_csv.read_csv(path) if path.suffix == ".csv" else pq.read_table(path)
    report = filled["reports"][mapping]  # type: ignore[index]
    valued = pc.sum(pc.and_(pc.is_valid(table[value]), pc.invert(pc.is_nan(table[value])))).as_py()
    assert table.num_rows == rows
    assert report.rows == valued
    assert report.rows + report.rejects == rows
    expected = table.group_by(theirs).aggregate([(value, "sum")]).to_pydict()
    sums = {
        str(key): total * unit
        for key, total in zip(expected[theirs], expected[f"{value}_sum"], strict=True)
        if total
    }
    with open_store(str(filled["target"])) as store:
        answer = query(store, Selection(source=[mapping]), by=[ours, "product_level", "hs_revision"])
    got: dict[str, float] = {}
    for row in answer.table.iter_rows(named=True):
        if row["value_usd"]:
            got[row[ours]] = got.get(row[ours], 0.0) + row["value_usd"]
    assert set(got) == set(sums)
    # Every row is stored to the tenth of a cent: half of that, for each of its rows, is the most a group can
    # be off.
    for key, total in sums.items():
        assert got[key] == pytest.approx(total, rel=1e-12, abs=0.0005 * rows)


def test_baci_pair_against_the_file(filled: dict[str, object]) -> None:
    """Afghanistan to Pakistan, 2020, chapter 08, in the revision of 2017: one pair, one chapter, value and
    weight.
    """
    table = pq.read_table(shared_path("data/trade/baci_hs6_afg_zaf_exports_2020_2021.parquet"))
    chapter = pc.starts_with(table["k"], "08")
    wanted = [pc.equal(table["hs"], "HS17"), pc.equal(table["i"], 4), pc.equal(table["j"], 586), chapter]
    mask = wanted[0]
    for test in wanted[1:]:
        mask = pc.and_(mask, test)
    rows = table.filter(mask)
    selection = Selection(
        source=["baci_table"],
        exporter=["AFG"],
        importer=["PAK"],
        product=["08"],
        hs_revision=["HS17"],
        period=["2020"],
    )
    with open_store(str(filled["target"])) as store:
        answer = query(store, selection).table.row(0, named=True)
    assert answer["flows"] == rows.num_rows > 5
    assert answer["value_usd"] == pytest.approx(pc.sum(rows["v"]).as_py() * 1e3, rel=1e-12)
    assert answer["weight_kg"] == pytest.approx(pc.sum(rows["q"]).as_py() * 1e3, rel=1e-12)


def test_unknown_codes_are_kept_and_flagged(filled: dict[str, object]) -> None:
    with open_store(str(filled["target"])) as store:
        flows = store.flows()
        odd = flows.filter((flows.source == "comtrade_edges") & flows.flags.contains("unknown_exporter"))
        codes = set(store.table(odd.select("exporter").distinct())["exporter"])
    assert codes == {"E19", "X1", "X2", "XX"}


def test_unctad_names_are_all_countries(filled: dict[str, object]) -> None:
    with open_store(str(filled["target"])) as store:
        flows = store.flows()
        flagged = flows.filter((flows.source == "unctad_sections") & (flows.flags.contains("unknown")))
        assert store.table(flagged.select("exporter", "importer").limit(5)).is_empty()


def test_all_sources_side_by_side_are_kept_apart(filled: dict[str, object]) -> None:
    with open_store(str(filled["target"])) as store:
        answer = query(store, by=["exporter"])
    assert {"source", "hs_revision", "product_level", "partner"} <= set(answer.kept_apart)
    assert any("several sources" in note for note in sentences(answer.notes))


def test_fast_baci_reader_equals_the_general_one(tmp_path: Path) -> None:
    """The real rows written in BACI's own CSV format: packed and staged reading store the same flows."""
    from dataclasses import replace

    table = pq.read_table(shared_path("data/trade/baci_hs6_afg_zaf_exports_2020_2021.parquet"))
    rows = table.filter(pc.and_(pc.equal(table["hs"], "HS92"), pc.equal(table["t"], 2020))).to_pylist()
    path = tmp_path / "BACI_HS92_Y2020_V202201.csv"
    lines = [
        f"{r['t']},{r['i']},{r['j']},{r['k']},{r['v']:.3f},"
        + ("NA" if r["q"] is None else format(r["q"], ".3f"))
        for r in rows
    ]
    path.write_text("t,i,j,k,v,q\n" + "\n".join(lines) + "\n")
    codes = countries_with(shared_path("data/trade/baci_country_codes.csv"))
    reading = source_named("baci").read(path, Options(countries=codes))[0]
    assert reading.packed is not None
    frames = []
    for number, entry in enumerate((reading, replace(reading, packed=None))):
        with open_store(tmp_path / f"{number}.duckdb", create=True) as store:
            report = ingest(store, [entry])[0]
            assert (report.rows, report.rejects) == (len(rows), 0)
            frames.append(_sorted(store))
    assert frames[0].equals(frames[1])
    assert frames[0]["value_usd"].sum() == pytest.approx(sum(row["v"] for row in rows) * 1e3, rel=1e-12)


def _sorted(store: Store):  # type: ignore[no-untyped-def]
    flows = store.table(store.flows())
    return flows.sort("exporter", "importer", "product")
