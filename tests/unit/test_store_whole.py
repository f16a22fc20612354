"""A store in a DuckDB file: killed, shared, damaged, or of somebody else; nothing is lost, nothing counts twice."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from karwan.errors import InvalidInput
from karwan.store import StoreError, ingest, open_store, query, upgrade, verify
from tests.commands import Ended, program
from tests.store_jobs import baci, code_of, held, kill_at_every_write, pbs, read, start, total


def trade(*arguments: str) -> Ended:
    """A command of `karwan trade`."""
    return program("trade", *arguments)


@pytest.fixture
def target(tmp_path: Path) -> str:
    return str(tmp_path / "s.duckdb")


def filled(target: str, *paths: Path) -> None:
    with open_store(target, create=True) as store:
        for path in paths:
            ingest(store, read(path))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["packed", "staged"])
def test_killed_at_every_write(tmp_path: Path, target: str, kind: str) -> None:
    first, second = (
        (baci(tmp_path, 2020, 60, 1), baci(tmp_path, 2020, 30, 5, name="V2"))
        if kind == "packed"
        else (pbs(tmp_path, 100), pbs(tmp_path, 200))
    )
    filled(target, first)
    kill_at_every_write(target, second)
    assert code_of(start(target, second, "replace")) == 0
    with open_store(target) as store:
        loads = store.loads()
    assert loads["rows"].to_list() == ([30, 30] if kind == "packed" else [2])
    assert total(target) == ((60, 180_000.0) if kind == "packed" else (2, 400_000.0))
    assert sorted(os.listdir(tmp_path)) == sorted([first.name, second.name, "s.duckdb"])  # no lock, no log


def test_replaced_file_can_be_loaded_again(tmp_path: Path, target: str) -> None:
    first, second = baci(tmp_path, 2020, 60, 1), baci(tmp_path, 2020, 30, 5, name="V2")
    filled(target, first)
    with open_store(target) as store:
        report = ingest(store, read(second), on_overlap="replace")[0]
        assert report.replaced == 30
        assert f"{first.name} (load " in report.notes[-1]
        assert "has 30 rows left" in report.notes[-1]
        assert store.loads().select("rows", "replaced", "value_usd").rows() == [(30, 30, 3e4), (30, 0, 1.5e5)]
        again = ingest(store, read(first), on_overlap="replace")[0]
        assert (again.status, again.rows, again.replaced) == ("loaded", 60, 30)
        assert "is listed no more" in again.notes[-1]
    assert total(target) == (60, 60_000.0)
    with open_store(target) as store:
        assert ingest(store, read(first))[0].status == "unchanged"


@pytest.mark.parametrize("count", [2, 4])
def test_loads_at_once(tmp_path: Path, target: str, count: int) -> None:
    paths = [baci(tmp_path, 2015 + n, 200, 10**n) for n in range(count)]
    jobs = [start(target, path) for path in paths]
    assert [code_of(job) for job in jobs] == [0] * count
    assert total(target) == (200 * count, sum(200_000.0 * 10**n for n in range(count)))


def test_the_same_file_twice_at_once_counts_once(tmp_path: Path, target: str) -> None:
    path = baci(tmp_path, 2020, 200, 1)
    jobs = [start(target, path) for _ in range(2)]
    assert [code_of(job) for job in jobs] == [0, 0]
    assert total(target) == (200, 200_000.0)


def test_threads_of_one_process_load_one_after_the_other(tmp_path: Path, target: str) -> None:
    paths = [baci(tmp_path, 2015 + n, 50, 1) for n in range(3)]
    threads = [threading.Thread(target=filled, args=(target, path)) for path in paths]
    filled(target)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total(target) == (150, 150_000.0)


def test_readers_at_once_and_a_writer_that_waits(tmp_path: Path, target: str) -> None:
    filled(target, baci(tmp_path, 2020, 50, 1))
    code = (
        "import sys, time\nfrom karwan.store import open_store, query\n"
        "with open_store(sys.argv[1]) as store:\n"
        "    print(query(store).table['flows'][0], flush=True)\n    time.sleep(float(sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, target, "3"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as one,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as two,
    ):
        assert one.stdout is not None
        assert two.stdout is not None
        assert [one.stdout.readline().strip(), two.stdout.readline().strip()] == ["50", "50"]
        assert total(target) == (50, 50_000.0)  # a third reader
        with pytest.raises(StoreError, match="it is in use") as refused:
            open_store(target, create=True, wait_s=0.1)
        assert refused.value.evidence.startswith("process ")
        assert str(one.pid) in str(refused.value) or str(two.pid) in str(refused.value)
        assert "open_store" in refused.value.evidence  # the command of the process that holds it
        filled(target, baci(tmp_path, 2021, 50, 1))  # waits till they are done
    assert total(target) == (100, 100_000.0)


def test_a_reader_waits_for_a_writer(tmp_path: Path, target: str) -> None:
    filled(target, baci(tmp_path, 2020, 50, 1))
    writer = open_store(target, create=True)
    held_by_us = subprocess.Popen(
        [sys.executable, "-m", "karwan", "trade", "query", "--store", target, "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(1)
    with open_store(target) as reader:  # in this process, beside the writer
        assert query(reader).table["flows"].to_list() == [50]
    writer.close()
    answer, _ = held_by_us.communicate(timeout=60)
    assert held_by_us.returncode == 0
    assert '"flows": 50' in answer


def test_a_store_that_cannot_be_written_is_read(tmp_path: Path, target: str) -> None:
    filled(target, baci(tmp_path, 2020, 50, 1))
    Path(target).chmod(0o444)
    tmp_path.chmod(0o555)
    before = digest(Path(target))
    try:
        assert total(target) == (50, 50_000.0)
    finally:
        tmp_path.chmod(0o755)
    assert digest(Path(target)) == before


def foreign_database(path: Path) -> None:
    with duckdb.connect(str(path)) as raw:
        raw.execute("CREATE TABLE customers (name VARCHAR); INSERT INTO customers VALUES ('Aida')")


def foreign_loads(path: Path) -> None:
    with duckdb.connect(str(path)) as raw:
        raw.execute("CREATE SCHEMA office; CREATE TABLE office.loads (truck VARCHAR, tonnes DOUBLE)")


def csv_file(path: Path) -> None:
    path.write_text("t,i,j,k,v,q\n2020,398,586,100110,1,2\n")


def sqlite_file(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + bytes(4080))


def text_file(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


@pytest.mark.parametrize("make", [foreign_database, foreign_loads, csv_file, sqlite_file, text_file])
@pytest.mark.parametrize("ending", [".duckdb", ".csv"])
def test_what_is_not_ours_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None], ending: str
) -> None:
    place = tmp_path / f"theirs{ending}"
    make(place)
    before, load = digest(place), baci(tmp_path, 2020, 5, 1)
    for command in (["ingest", "baci", str(load), "--quiet"], ["query"], ["loads"], ["verify", "--upgrade"]):
        result = trade(*command, "--store", str(place))
        assert result.exit_code == 2, result.output
        assert "StoreError: " in result.stderr
        assert "no trade store" in result.stderr or "no DuckDB database" in result.stderr
    assert digest(place) == before
    assert not list(tmp_path.glob("theirs*.wal"))


def test_a_new_store_is_a_file_whatever_its_ending(tmp_path: Path) -> None:
    for name in ("new.csv", "new.parquet", "new.json"):
        place, load = tmp_path / name, baci(tmp_path, 2020, 5, 1)
        result = trade("ingest", "baci", str(load), "--quiet", "--store", str(place))
        loads = trade("loads", "--store", str(place), "--json")
        assert (result.exit_code, loads.exit_code) in ((0, 0), (2, 2)), result.output
        assert ("loaded" in result.stdout) == place.exists()


def test_empty_file_is_no_store(target: str) -> None:
    Path(target).touch()
    with pytest.raises(InvalidInput, match="no trade store"):
        open_store(target)
    with pytest.raises(StoreError, match="the file is empty"):
        open_store(target, create=True, wait_s=0.1)
    assert Path(target).stat().st_size == 0


@pytest.mark.parametrize(
    ("harm", "seen"),
    [
        ("DELETE FROM flow_records WHERE record.product_key % 2 = 0", "rows"),
        ("UPDATE flow_records SET record = struct_update(record, value_milliusd := 7)", "value_milliusd"),
        ("DELETE FROM lanes", "lanes"),
        ("DELETE FROM contexts", "contexts"),
        ("DELETE FROM products WHERE product_key % 2 = 0", "products"),
        ("DELETE FROM loads", "rows"),
        ("INSERT INTO flow_records FROM flow_records", "rows"),
        ("DROP TABLE rejects", "without rejects"),
        ("DROP TABLE contexts", "without contexts"),
    ],
)
def test_a_store_that_lost_something_is_not_answered_from(
    tmp_path: Path, target: str, harm: str, seen: str
) -> None:
    filled(target, baci(tmp_path, 2020, 20, 1))
    with duckdb.connect(target) as raw:
        raw.execute(harm)
    for command in (["query"], ["loads"], ["ingest", "baci", str(baci(tmp_path, 2021, 5, 1)), "--quiet"]):
        result = trade(*command, "--store", target)
        assert result.exit_code == 2
        assert "It is not answered from." in result.stderr
        assert seen in result.stderr
    assert trade("verify", "--store", target).exit_code == 2


@pytest.mark.parametrize(
    ("harm", "check"),
    [
        (
            "UPDATE flow_records SET record = struct_update(record, weight_g := 1) "
            "WHERE record.product_key = 6100110",
            "row_digest",
        ),
        ("UPDATE lanes SET exporter = 'UZB'", "text_digest"),
        ("UPDATE contexts SET period = '2019'", "text_digest"),
        ("UPDATE products SET product = '999999' WHERE product = '100110'", "products_digest"),
        ("UPDATE lanes SET lane_key = lane_key + 1", "flow_rows without lanes"),
    ],
)
def test_verify_finds_what_counts_do_not(tmp_path: Path, target: str, harm: str, check: str) -> None:
    filled(target, baci(tmp_path, 2020, 20, 1), pbs(tmp_path, 100))
    whole = trade("verify", "--store", target)
    assert whole.exit_code == 0, whole.output
    assert "The store is whole: 2 loads, 22 rows" in whole.stdout
    with duckdb.connect(target) as raw:
        raw.execute(harm)
    assert trade("verify", "--store", target, "--json").exit_code == 2
    with open_store(target, checked=False) as store:
        assert check in verify(store).problems["check"].to_list()


def test_damaged_files_are_said_so_and_kept(tmp_path: Path, target: str) -> None:
    """Bytes flipped or cut anywhere: the whole answer, or one sentence; never another answer, never a changed file."""
    filled(target, baci(tmp_path, 2020, 3_000, 1))
    good = Path(target).read_bytes()
    refused = 0
    for n, place in enumerate(range(0, len(good), max(len(good) // 24, 1))):
        bad = bytearray(good)
        bad[place : place + 16] = bytes(16) if n % 2 else b"\xff" * 16
        bad = bad[: place + 1] if n % 5 == 4 else bad
        Path(target).write_bytes(bad)
        result = trade("query", "--store", target, "--json")
        assert result.exit_code in (0, 2), (place, result.output, result.exception)
        if result.exit_code:
            refused += 1
            assert "Error: " in result.stderr
        else:
            assert '"value_usd": 3000000.0' in result.stdout
        assert Path(target).read_bytes() == bytes(bad)
    assert refused > 8


def test_a_load_into_a_damaged_store_does_not_ask_for_room(tmp_path: Path, target: str) -> None:
    """A load meets a damaged block that opening the file did not read: no full disk, and no advice for one."""
    filled(target, baci(tmp_path, 2020, 10, 1))
    good, more, refused = Path(target).read_bytes(), baci(tmp_path, 2021, 10, 1), 0
    for place in range(12_288 + 2_000, len(good), 262_144):
        bad = good[:place] + bytes(100) + good[place + 100 :]
        bad = bad if bad != good else good[:place] + b"\xff" * 100 + good[place + 100 :]
        Path(target).write_bytes(bad)
        result = trade("ingest", "baci", more, "--store", target, "--quiet")
        if result.exit_code:
            refused += 1
            assert "it is damaged" in result.stderr and "Make room" not in result.stderr
            assert Path(target).read_bytes() == bad
        Path(f"{target}.wal").unlink(missing_ok=True)
    assert refused > 2


FULL = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
from karwan.cli import main
sys.argv = ["karwan", "trade", "ingest", "baci", sys.argv[1], "--store", sys.argv[2], "--quiet"]
main()
"""


@pytest.mark.parametrize(("count", "room"), [(60_000, 100_000), (600_000, 3_000_000)])
def test_a_full_disk_is_said_so_and_keeps_what_was_there(
    tmp_path: Path, target: str, count: int, room: int
) -> None:
    filled(target, baci(tmp_path, 2019, 50, 1))
    before = held(target)
    path = tmp_path / "BACI_HS17_Y2020_V1.csv"
    rows = [
        f"2020,{4 + n % 190},586,{100_110 + n // 190:06d},{n * 7919 % 99991}.{n % 997:03d},{n}"
        for n in range(count)
    ]
    path.write_text("t,i,j,k,v,q\n" + "\n".join(rows) + "\n")
    limit = Path(target).stat().st_size + room
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path), target, str(limit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "Nothing was loaded into" in done.stderr
    assert "the disk is full" in done.stderr
    assert "Could not write file" in done.stderr  # the cause, not what came of it
    assert "Traceback" not in done.stderr
    assert held(target) == before
    filled(target, baci(tmp_path, 2021, 50, 1))
    assert total(target) == (100, 100_000.0)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != limit


def earlier_format(target: str) -> None:
    with duckdb.connect(target) as raw:
        raw.execute("DROP TABLE store_info")
        for column in (
            "replaced",
            "value_milliusd",
            "lanes",
            "contexts",
            "quantities",
            "row_digest",
            "text_digest",
        ):
            raw.execute(f"ALTER TABLE loads DROP COLUMN {column}")


def test_earlier_format_is_brought_up_to_date_when_asked(tmp_path: Path, target: str) -> None:
    filled(target, baci(tmp_path, 2020, 20, 1), pbs(tmp_path, 100))
    before = held(target)
    earlier_format(target)
    untouched = digest(Path(target))
    refused = trade("loads", "--store", target)
    assert refused.exit_code == 2
    assert "format 1 of an earlier version" in refused.stderr
    assert f"karwan trade verify --upgrade --store {target}" in refused.stderr
    assert digest(Path(target)) == untouched
    done = trade("verify", "--upgrade", "--store", target)
    assert done.exit_code == 0, done.output
    assert held(target) == before
    assert upgrade(target) == 2


def test_earlier_format_with_keys_twice_stays_as_it_is(tmp_path: Path, target: str) -> None:
    filled(target, baci(tmp_path, 2020, 20, 1))
    earlier_format(target)
    with duckdb.connect(target) as raw:
        raw.execute("INSERT INTO lanes FROM lanes")
    before = digest(Path(target))
    with pytest.raises(StoreError, match="stays as it is"):
        upgrade(target)
    with duckdb.connect(target) as raw:
        assert not raw.execute("FROM duckdb_tables() WHERE table_name = 'store_info'").fetchall()
    assert before


def test_newer_format_is_refused(tmp_path: Path, target: str) -> None:
    filled(target, baci(tmp_path, 2020, 20, 1))
    with duckdb.connect(target) as raw:
        raw.execute("UPDATE store_info SET value = '9' WHERE name = 'format'")
    for command in (["query"], ["verify"], ["verify", "--upgrade"]):
        result = trade(*command, "--store", target)
        assert result.exit_code == 2
        assert "has format 9; this Karwan knows formats up to 2" in result.stderr


def test_other_engines_are_refused() -> None:
    result = trade("loads", "--store", "mysql://u@h/d")
    assert result.exit_code == 2
    assert "cannot live on the engine `mysql`" in result.stderr
