"""The store: once, whole or not at all, every row accounted for, nothing added that must not be."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from karwan.errors import InvalidInput, UnknownName
from karwan.store import NothingUsable, Overlap, StoreError, ingest, open_store, query, upgrade
from karwan.store.query import Selection
from karwan.store.reading import Reading
from karwan.store.sources import Options, source_named

HEADER = "t,i,j,k,v,q\n"
LINES = [
    "2020,398,586,071340,12.5,20",
    "2020,398,586,720839,1.001,NA",
    "2020,586,398,100630,3,2.5",
    "2020,586,398,300490,7.25,",
]


def baci(folder: Path, lines: list[str], name: str = "BACI_HS17_Y2020_V202501.csv") -> Path:
    path = folder / name
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return path


def readings(path: Path, **options: object) -> list[Reading]:
    return source_named("baci").read(path, Options(**options))  # type: ignore[arg-type]


def contents(target: Path) -> list[tuple[object, ...]]:
    with open_store(target) as store:
        return sorted(
            store.table(store.flows())
            .select("exporter", "importer", "product", "value_usd", "weight_kg")
            .rows()
        )


def test_rows_units_and_columns(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        report = ingest(store, readings(baci(tmp_path, LINES)))[0]
        flows = store.table(store.flows()).sort("product")
    assert (report.status, report.rows, report.rejects, report.value_usd) == ("loaded", 4, 0, 23_751.0)
    first = flows.row(0, named=True)
    assert first == {
        "reporter_side": "reconciled",
        "reporter": None,
        "exporter": "KAZ",
        "importer": "PAK",
        "period": "2020",
        "period_start": date(2020, 1, 1),
        "period_end": date(2020, 12, 31),
        "frequency": "A",
        "hs_revision": "HS17",
        "product": "071340",
        "product_level": 6,
        "value_usd": 12_500.0,
        "valuation": "fob",
        "weight_kg": 20_000.0,
        "quantity": None,
        "quantity_unit": None,
        "source": "baci",
        "load_id": report.load_id,
        "flags": "",
    }
    assert flows["weight_kg"].null_count() == 2  # NA and blank: missing, not zero


def test_same_content_twice_changes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "s.duckdb"
    path = baci(tmp_path, LINES)
    with open_store(target, create=True) as store:
        first = ingest(store, readings(path))[0]
    before = contents(target)
    renamed = path.rename(tmp_path / "copy_HS17.csv")
    with open_store(target) as store:
        second = ingest(store, readings(renamed))[0]
        assert store.loads().height == 1
    assert (second.status, second.load_id, second.rows) == ("unchanged", first.load_id, 4)
    assert contents(target) == before


def test_other_options_are_another_load(tmp_path: Path) -> None:
    path = baci(tmp_path, LINES)
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        first = ingest(store, readings(path))[0]
        second = ingest(store, readings(path, hs_revision="HS12"))[0]
    assert second.status == "loaded"
    assert second.load_id != first.load_id


def test_overlap_is_refused_replaced_or_kept(tmp_path: Path) -> None:
    old = readings(baci(tmp_path, LINES))
    new = readings(
        baci(tmp_path, [LINES[0].replace("12.5", "99"), "2020,398,586,100199,5,1"], "BACI_HS17_new.csv")
    )
    target = tmp_path / "s.duckdb"
    with open_store(target, create=True) as store:
        ingest(store, old)
        with pytest.raises(Overlap, match="1 flows that the store has already"):
            ingest(store, new)
        assert query(store).table["value_usd"].to_list() == [23_751.0]
        report = ingest(store, new, on_overlap="replace")[0]
        assert report.replaced == 1
        assert query(store).table["value_usd"].to_list() == [23_751.0 - 12_500 + 99_000 + 5_000]
        kept = readings(baci(tmp_path, [LINES[1].replace("1.001", "2")], "BACI_HS17_third.csv"))
        (report,) = ingest(store, kept, on_overlap="keep")
        assert "stand in an earlier load too: sums count them twice" in report.notes[-1]
        assert query(store, Selection(product=["720839"])).table["flows"].to_list() == [2]
        (report,) = ingest(store, kept, on_overlap="replace")
        assert report.status == "loaded" and report.replaced == 1
        assert query(store, Selection(product=["720839"])).table["flows"].to_list() == [1]
        assert query(store, Selection(product=["720839"])).table["value_usd"].to_list() == [2_000.0]
        assert ingest(store, kept, on_overlap="replace")[0].status == "unchanged"


def test_one_bad_reading_undoes_the_whole_call(tmp_path: Path) -> None:
    good = readings(baci(tmp_path, LINES))
    bad = readings(baci(tmp_path, ["2020,398,586,10121,1,1"], "BACI_HS17_bad.csv"))
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        with pytest.raises(NothingUsable, match="the store is unchanged"):
            ingest(store, good + bad)
        assert store.loads().is_empty()
        assert store.table(store.backend.table("flow_rows")).is_empty()


def test_a_store_in_use_is_said_so(tmp_path: Path) -> None:
    target = tmp_path / "s.duckdb"
    with open_store(target, create=True):
        pass
    code = (
        "import sys, time; from karwan.store import open_store\n"
        "held = open_store(sys.argv[1], create=True); print('open', flush=True); time.sleep(30)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "open"
        with pytest.raises(StoreError, match="cannot be opened: it is in use") as refused:
            open_store(target, wait_s=0.2)
        assert f"process {other.pid} (" in refused.value.evidence
        other.kill()


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no trade store"):
        open_store(tmp_path / "none.duckdb")
    foreign = tmp_path / "foreign.duckdb"
    foreign.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(foreign)
    assert foreign.read_bytes().startswith(b"not a database")


def test_rejects_carry_line_reason_and_text(tmp_path: Path) -> None:
    lines = [
        *LINES,
        "2020,398,586,10121,1,1",
        "2020,398,586,071340,12.5,20",
        "2020,398,586,071340,13,20",
        "2020,398,586,080810,-4,1",
        "2020,398,586,080820,ten,1",
        "20x0,398,586,080830,1,1",
        "2020,398,586,080840,,1",
        "2020,398,586,080850,1",
        "",
        '2020,398,586,"081190",1,1',
    ]
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        report = ingest(store, readings(baci(tmp_path, lines)))[0]
        rejects = store.rejects(report.load_id)
    found = dict(zip(rejects["line"], rejects["reason"], strict=True))
    assert report.rows == len(LINES) + 1
    assert report.rows + report.rejects == len(lines) - 1  # the blank line is no row
    assert "leading zero lost (010121)" in found[6]
    assert found[7] == "duplicate of line 2"
    assert found[8] == "same flow as line 2 with another value"
    assert found[9] == "value -4 is negative"
    assert found[10] == "value 'ten' is not a number"
    assert found[11] == "period '20x0' is not a year, month or range"
    assert found[12] == "value is missing (missing is not zero)"
    assert found[13] == "5 cells where the header has 6"
    assert rejects.filter(line=9)["raw"].to_list() == ["2020,398,586,080810,-4,1"]
    assert rejects.filter(line=13)["raw"].to_list() == ["2020,398,586,080850,1"]
    assert report.reasons["rows"].sum() == report.rejects


def test_packed_reading_keeps_odd_lines_right(tmp_path: Path) -> None:
    """An unknown country, a reserved chapter and a quoted cell go the long way round and still belong to the
    load.
    """
    odd = [
        "2020,398,586,770000,2,1",
        "2020,398,999,071340,4,1",
        '2020,398,586,"081190",8,1',
        "2020,398,586,10121,1,1",
    ]
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        report = ingest(store, readings(baci(tmp_path, LINES + odd)))[0]
        flows = store.table(store.flows())
        assert store.rejects()["line"].to_list() == [9]
    assert (report.rows, report.rejects, report.value_usd) == (7, 1, 37_751.0)
    flags = {row["product"] + row["importer"]: row["flags"] for row in flows.iter_rows(named=True)}
    assert flags["770000PAK"] == "unknown_product"
    assert flags["071340999"] == "unknown_importer"
    assert flags["081190PAK"] == ""


def test_sums_never_mix_what_must_not_be_added(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        ingest(store, readings(baci(tmp_path, LINES)))
        ingest(
            store,
            readings(baci(tmp_path, [line.replace("2020", "2021") for line in LINES], "BACI_HS12_Y2021.csv")),
        )
        total = query(store)
        assert total.kept_apart == ("hs_revision",)
        assert total.table["value_usd"].to_list() == [23_751.0, 23_751.0]
        one = query(store, Selection(hs_revision=["HS17"]), by=["exporter"])
        assert one.kept_apart == ()
        assert one.table.select("exporter", "value_usd", "weight_kg").rows() == [
            ("KAZ", 13_501.0, None),
            ("PAK", 10_250.0, None),
        ]
        assert one.table["weighed_share"].to_list() == pytest.approx([12_500 / 13_501, 3_000 / 10_250])
        since = query(store, Selection(since="2021-01-01"))
        assert since.table["flows"].to_list() == [4]
        assert query(store, Selection(product=["10", "30"]), by=["product"]).table["product"].to_list() == [
            "100630",
            "100630",
            "300490",
            "300490",
        ]
        assert query(store, by=["product"], limit=1).table["value_usd"].to_list() == [12_500.0]
        with pytest.raises(UnknownName, match="no column colour"):
            query(store, by=["colour"])
        assert query(store, Selection(exporter=["'); DROP TABLE loads;--"])).table.is_empty()


def test_overlapping_periods_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "pbs.csv"
    path.write_text(
        "Country,Flow,Fiscal Year,PCT Code,Value (000 US$),Quantity,Unit\n"
        "Kazakhstan,Exports,2022-23,1006.3090,100,5,MT\nKazakhstan,Exports,2023-24,1006.3090,200,6,MT\n"
    )
    yearly = (
        "reporterCode,partnerCode,flowCode,period,classificationCode,cmdCode,primaryValue\n"
        "586,398,X,2023,H6,10063090,50\n"
    )
    other = tmp_path / "comtrade.csv"
    other.write_text(yearly)
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        ingest(store, source_named("table").read(path, Options(mapping="pak_pbs", hs_revision="HS22")))
        assert query(store).kept_apart == ()
        ingest(store, source_named("comtrade-csv").read(other, Options()))
        apart = query(store).kept_apart
        frame = store.table(store.flows()).sort("value_usd")
    assert apart == ("period", "source")
    assert frame["period"].to_list() == ["2023", "2022-07..2023-06", "2023-07..2024-06"]
    assert frame["quantity"].to_list() == [None, 5.0, 6.0]
    assert frame["quantity_unit"].to_list() == [None, "MT", "MT"]


def test_progress_reaches_the_size(tmp_path: Path) -> None:
    seen: list[int] = []
    path = baci(tmp_path, LINES)
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        ingest(store, readings(path), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == path.stat().st_size


def test_loads_name_source_file_and_hash(tmp_path: Path) -> None:
    path = baci(tmp_path, LINES)
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        report = ingest(store, readings(path))[0]
        load = store.loads().row(0, named=True)
    assert load["load_id"] == report.load_id
    assert load["content_hash"] == readings(path)[0].content_hash()
    assert (load["source"], load["file_name"], load["rows"], load["rejects"]) == ("baci", path.name, 4, 0)
    assert load["loaded_at"].year >= 2025
    assert isinstance(store.target, str)


def test_many_pieces_and_no_final_line_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Piece borders anywhere in a line: the same rows as in one piece."""
    from karwan.store.sources import baci as source
    from karwan.store.sources import content

    rows = [
        f"2020,{4 + n % 5},586,{code:06d},{n}.{n % 1000:03d},{n}"
        for n, code in enumerate(range(100_110, 103_000))
    ]
    path = tmp_path / "BACI_HS17_Y2020.csv"
    path.write_text(HEADER + "\n".join(rows))
    monkeypatch.setattr(source, "MAX_LINE", 60)
    for size in (61, 64, 97, 1_000, 4_096, 10**6):
        monkeypatch.setattr(source, "PIECE", size)
        monkeypatch.setattr(content, "PIECE", size)
        packed = readings(path)[0].packed
        assert packed is not None
        reader = packed()
        frame = pl.concat(
            [pl.DataFrame(pl.from_arrow(batch)) for batch in reader.batches(0, lambda done: None)]
        )
        assert reader.usable
        assert frame.height == len(rows)
        assert frame["value_milliusd"].sum() == sum(n * 1_000_000 + n % 1000 * 1000 for n in range(len(rows)))
        assert reader.strays().is_empty()
        assert reader.content_hash() == readings(path)[0].content_hash()


def test_clock_is_a_parameter(tmp_path: Path) -> None:
    from datetime import datetime

    stamp = datetime(2026, 11, 24, 8, 0, 0)
    with open_store(tmp_path / "s.duckdb", create=True) as store:
        ingest(store, readings(baci(tmp_path, LINES)), loaded_at=stamp)
        assert store.loads()["loaded_at"].to_list() == [stamp]


def test_store_of_the_earlier_layout_is_brought_up_to_date(tmp_path: Path) -> None:
    target = tmp_path / "s.duckdb"
    lines = [*LINES, "2020,999,586,100630,1,1", "2021,398,586,100630,1,1"]
    with open_store(target, create=True) as store:
        ingest(store, readings(baci(tmp_path, lines)))
        flows = store.flows().order_by("exporter", "period", "product")
        before = store.table(flows)
        store.raw().execute(
            """
            CREATE TABLE whole AS SELECT * EXCLUDE (context_key) FROM lanes JOIN contexts USING (context_key);
            DROP TABLE lanes; DROP TABLE contexts; ALTER TABLE whole RENAME TO lanes;
            CREATE TABLE plain AS FROM flow_rows;
            DROP VIEW flow_rows; DROP TABLE flow_records; ALTER TABLE plain RENAME TO flow_rows;
            DROP TABLE store_info
            """
        )
    with pytest.raises(StoreError, match="format 0 of an earlier version"):
        open_store(target)
    assert upgrade(target) == 0
    with open_store(target) as store:
        assert store.table(flows).equals(before)
        assert store.table(store.backend.table("contexts")).height == 3
        assert ingest(store, readings(tmp_path / "BACI_HS17_Y2020_V202501.csv"))[0].status == "unchanged"
    assert (
        contents(target)
        == before.select("exporter", "importer", "product", "value_usd", "weight_kg")
        .sort("exporter", "importer", "product", "value_usd")
        .rows()
    )
