"""The same expressions on three engines: DuckDB, local Spark, a PostgreSQL server; same data, same
numbers.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from urllib.parse import urlencode

import polars as pl
import pytest

from karwan.errors import InvalidInput
from karwan.store import Store, StoreError, ingest, open_store, query, verify
from karwan.store.query import Selection
from karwan.store.sources import Options, source_named
from tests.store_jobs import baci, code_of, die_at, kill_at_every_write, pbs, read, start, total

# What Spark, py4j and psycopg say about their own future is not ours to fix.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def files(folder: Path) -> list[tuple[str, Path, Options]]:
    """A BACI year with rejects, and a national table with quantities, fiscal years and an unknown country."""
    rows = [
        f"2020,{4 + 4 * (n % 9)},586,{code:06d},{n}.{n % 997:03d},{'NA' if n % 7 == 0 else n}"
        for n, code in enumerate(range(100_110, 102_000))
    ]
    baci = folder / "BACI_HS17_Y2020.csv"
    baci.write_text("t,i,j,k,v,q\n" + "\n".join([*rows, "2020,398,586,10121,1,1"]) + "\n")
    pbs = folder / "pbs.csv"
    pbs.write_text(
        "Country,Flow,Fiscal Year,PCT Code,Value (000 US$),Quantity,Unit\n"
        "Kazakhstan,Exports,2022-23,1006.3090,100.001,5,MT\nO'Brienland,Imports,2023-24,1006.3090,200,6,MT\n"
    )
    return [("baci", baci, Options()), ("table", pbs, Options(mapping="pak_pbs", hs_revision="HS22"))]


def fill(store: Store, folder: Path) -> None:
    for source, path, options in files(folder):
        report = ingest(store, source_named(source).read(path, options))[0]
        assert report.status == "loaded"


def answers(store: Store) -> list[pl.DataFrame]:
    """Every kind of question: groups, prefixes, dates, flags, and the whole table."""
    questions = [
        query(store, by=["exporter", "chapter", "period"]).table,
        query(
            store, Selection(product=["1006"], since="2020-01-01", until="2023-12-31"), by=["product"]
        ).table,
        query(store, Selection(flag=["unknown_exporter"]), by=["exporter", "flags"]).table,
        store.table(store.flows()).sort("source", "exporter", "importer", "product", "period"),
        store.rejects().drop("load_id"),
    ]
    return [
        frame.cast({name: pl.Int64 for name, kind in frame.schema.items() if kind.is_integer()})
        for frame in questions
    ]


def counted(store: Store) -> list[tuple[object, ...]]:
    flows = store.flows()
    return store.table(flows.aggregate(rows=flows.count(), value_usd=flows.value_usd.sum())).rows()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> list[pl.DataFrame]:
    folder = tmp_path_factory.mktemp("reference")
    with open_store(folder / "s.duckdb", create=True) as store:
        fill(store, folder)
        return answers(store)


def check(store: Store, folder: Path, reference: list[pl.DataFrame]) -> None:
    fill(store, folder)
    for ours, expected in zip(answers(store), reference, strict=True):
        assert ours.columns == expected.columns
        assert ours.rows() == expected.rows()  # to the last digit
    source, path, options = files(folder)[0]
    assert ingest(store, source_named(source).read(path, options))[0].status == "unchanged"


def replace_one(store: Store, folder: Path) -> None:
    """A newer file takes one row of an earlier one, which `loads` then says."""
    changed = folder / "BACI_HS17_other.csv"
    changed.write_text("t,i,j,k,v,q\n2020,4,586,100110,5,5\n")
    report = ingest(store, source_named("baci").read(changed, Options()), on_overlap="replace")[0]
    assert report.replaced == 1
    answer = query(store, Selection(product=["100110"], source=["baci"])).table
    assert answer.select("value_usd", "flows").rows() == [(5_000.0, 1)]
    loads = store.loads().sort("rows")
    assert loads.select("rows", "replaced").rows() == [(1, 0), (2, 0), (1_889, 1)]


class Died(BaseException):
    """Stands for the end of the process: on Spark nothing that follows it touches a file."""


def die() -> None:
    raise Died


def die_while_loading(store: Store, folder: Path) -> None:
    """A load that ends after its first write, among its writes, or before its version is in place: nothing changed."""
    before = store.loads().rows(), counted(store)
    more = baci(folder, 2021, 10, 3)
    for at in (1, 5, None):
        link = copy(store.link)
        if at is None:
            link.files = copy(link.files)
            link.files.publish = lambda name, text: die()
        else:
            die_at(link, at, die)
        with pytest.raises(Died):
            ingest(Store(link, store.target), read(more))
        look_again(store)
        assert (store.loads().rows(), counted(store)) == before
    assert ingest(store, read(more))[0].rows == 10
    look_again(store)
    assert counted(store)[0][0] == before[1][0][0] + 10
    assert verify(store).problems.is_empty()


def look_again(store: Store) -> None:
    """Read the warehouse as a new process does."""
    store.link.__init__(store.link.session, store.link.root, store.target, 1.0)  # type: ignore[misc]
    assert store.link.layout()


def lose_files(store: Store, warehouse: Path) -> None:
    """A warehouse whose files are gone, or whose newest version is cut, is not answered from."""
    counting = next(iter(store.link.version.folders["flow_rows"]))
    next((warehouse / counting).glob("*.parquet")).unlink()
    with pytest.raises(StoreError, match="It is not answered from"):
        store.link.layout()
    newest = max((warehouse / "_versions").glob("*.json"))
    newest.write_text(newest.read_text()[:40])
    with pytest.raises(StoreError, match="its newest version cannot be read"), store.transaction():
        pytest.fail("a damaged store was opened for a load")


@pytest.mark.timeout(300)  # starts a cluster of its own
def test_spark(tmp_path: Path, reference: list[pl.DataFrame]) -> None:
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("needs Java 17")
    # Settings for tiny data: no second compiler stage, no generated code, one partition.
    settings = {
        "warehouse": tmp_path / "warehouse",
        "spark.sql.warehouse.dir": tmp_path / "hive",
        "spark.sql.shuffle.partitions": 1,
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.log.level": "ERROR",
    }
    url = "spark://local[1]?" + urlencode(settings)
    store = open_store(url)
    try:
        assert store.engine == "pyspark"
        check(store, tmp_path, reference)
        replace_one(store, tmp_path)
        die_while_loading(store, tmp_path)
        lose_files(store, tmp_path / "warehouse")
    finally:
        store.backend._session.stop()
    with pytest.raises(InvalidInput, match="needs a warehouse"):
        open_store("spark://local[2]")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own in a temporary folder, on a free port of 127.0.0.1, run by an ordinary user."""
    pytest.importorskip("psycopg")
    on_path = shutil.which("initdb") or shutil.which("postgres") or "/none/initdb"
    found = [Path(on_path).parent, Path(on_path).resolve().parent]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    binaries = next(
        (each for each in found if (each / "initdb").exists() and (each / "pg_ctl").exists()), found[0]
    )
    if not (binaries / "initdb").exists():
        pytest.skip("needs the PostgreSQL server's binaries")
    as_user: list[str] = []
    folder = tmp_path_factory.mktemp("postgres")
    if os.geteuid() == 0:
        if (
            shutil.which("setpriv") is None
            or subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode
        ):
            pytest.skip("the server refuses root, and there is no user postgres to run it")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        folder = Path(
            subprocess.run(
                [*as_user, "mktemp", "-d"], capture_output=True, text=True, check=True, cwd="/"
            ).stdout.strip()
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    run = {
        "capture_output": True,
        "check": True,
        "cwd": "/",
        "env": {"LC_ALL": "C", "PATH": os.environ["PATH"]},
    }
    subprocess.run(
        [*as_user, binaries / "initdb", "-D", data, "-A", "trust", "-U", "karwan", "-N", "-E", "UTF8"], **run
    )  # type: ignore[call-overload]
    options = f"-p {port} -h 127.0.0.1 -k {folder} -F"
    subprocess.run(
        [*as_user, binaries / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"],
        **{**run, "capture_output": False},
    )  # type: ignore[call-overload]
    try:
        yield f"postgres://karwan@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*as_user, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **run)  # type: ignore[call-overload]
        shutil.rmtree(folder, ignore_errors=True)


def test_postgres(tmp_path: Path, postgres: str, reference: list[pl.DataFrame]) -> None:
    with open_store(postgres) as store:
        assert store.engine == "postgres"
        check(store, tmp_path, reference)
        replace_one(store, tmp_path)
        assert verify(store).problems.is_empty()


@pytest.fixture
def database(postgres: str) -> str:
    """URL of an empty database."""
    import psycopg

    name = f"d{uuid.uuid4().hex}"
    with psycopg.connect(postgres.replace("postgres://", "postgresql://"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    return postgres.replace("/postgres", f"/{name}") if postgres.endswith("/postgres") else postgres


def test_postgres_killed_at_every_write(tmp_path: Path, database: str) -> None:
    first, second = pbs(tmp_path, 100), pbs(tmp_path, 200)
    with open_store(database) as empty:
        assert empty.loads().is_empty()
        ingest(empty, read(first))
    kill_at_every_write(database, second)
    assert code_of(start(database, second, "replace")) == 0
    assert total(database) == (2, 400_000.0)
    with open_store(database, create=True) as store:
        assert ingest(store, read(first), on_overlap="replace")[0].status == "loaded"
    assert total(database) == (2, 200_000.0)


def test_postgres_loads_at_once(tmp_path: Path, database: str) -> None:
    """Four files and one of them a second time, into a database without tables, by five processes."""
    paths = [baci(tmp_path, 2015 + n, 500, 10**n) for n in range(4)]
    jobs = [start(database, path) for path in (*paths, paths[0])]
    assert [code_of(job) for job in jobs] == [0] * 5
    assert total(database) == (2_000, 500 * 1_111_000.0)


def test_postgres_says_who_loads(tmp_path: Path, database: str) -> None:
    with open_store(database, create=True) as store, store.transaction(), open_store(database) as reader:
        assert reader.loads().is_empty()
        with (
            pytest.raises(StoreError, match="another load is under way") as refused,
            open_store(database, create=True, wait_s=0.1) as other,
        ):
            ingest(other, read(pbs(tmp_path, 100)))
        assert "of karwan from" in refused.value.evidence


def test_postgres_that_lost_rows_is_not_answered_from(tmp_path: Path, database: str) -> None:
    import psycopg

    with open_store(database, create=True) as store:
        ingest(store, read(pbs(tmp_path, 100)))
    with psycopg.connect(database.replace("postgres://", "postgresql://")) as server:
        server.execute("DELETE FROM quantities")
    with pytest.raises(StoreError, match="It is not answered from"):
        open_store(database)


def test_postgres_tables_of_others_are_left_alone(database: str) -> None:
    import psycopg

    with psycopg.connect(database.replace("postgres://", "postgresql://")) as server:
        server.execute("CREATE TABLE products (name text)")
    with pytest.raises(StoreError, match="is no trade store"):
        open_store(database, create=True)


def test_unreachable_server_is_said_so() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=r"postgres://karwan:\*\*\*@127.0.0.1:9/x cannot be opened"):
        open_store("postgres://karwan:secret@127.0.0.1:9/x")
