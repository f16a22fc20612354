"""The same expressions on three engines: DuckDB, local Spark, a PostgreSQL server; same data, same
numbers.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import polars as pl
import pytest

from karwan.errors import InvalidInput
from karwan.io.sources import Options, source_named
from karwan.io.store import Store, StoreError, ingest, open_store, query
from karwan.io.store.query import Selection

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
    # A load that never finished is invisible, and its keys are not used again.
    before = counted(store)
    from karwan.io.store import load

    for name in ("contexts", "lanes"):
        entry = (
            store.table(store.backend.table(name)).head(1).with_columns(context_key=pl.lit(800_000, pl.Int32))
        )
        left = {
            "contexts": {"load_id": pl.lit("unfinished")},
            "lanes": {"lane_key": pl.lit(900_000, pl.Int32)},
        }
        load._insert(store, name, entry.with_columns(**left[name]).to_arrow())
    rows = (
        store.table(store.backend.table("flow_rows")).head(5).with_columns(lane_key=pl.lit(900_000, pl.Int32))
    )
    load._insert(store, "flow_rows", rows.to_arrow())
    assert counted(store) == before
    assert load._next_lane(store) == 900_001
    assert load._next_key(store, "contexts", "context_key") == 800_001


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
        changed = tmp_path / "BACI_HS17_other.csv"
        changed.write_text("t,i,j,k,v,q\n2020,4,586,100110,5,5\n")
        with pytest.raises(StoreError, match="cannot replace rows"):
            ingest(store, source_named("baci").read(changed, Options()), on_overlap="replace")
    finally:
        store.backend._session.stop()
    with pytest.raises(InvalidInput, match="needs a warehouse"):
        open_store("spark://local[2]")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own in a temporary folder, on a free port of 127.0.0.1, run by an ordinary user."""
    pytest.importorskip("psycopg")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [
        Path(shutil.which("initdb") or "/none").parent
    ]
    binaries = found[-1]
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
        changed = tmp_path / "BACI_HS17_other.csv"
        changed.write_text("t,i,j,k,v,q\n2020,4,586,100110,5,5\n")
        report = ingest(store, source_named("baci").read(changed, Options()), on_overlap="replace")[0]
        assert report.replaced == 1
        answer = query(store, Selection(product=["100110"], source=["baci"])).table
        assert answer.select("value_usd", "flows").rows() == [(5_000.0, 1)]


def test_unreachable_server_is_said_so() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=r"postgres://karwan:\*\*\*@127.0.0.1:9/x cannot be opened"):
        open_store("postgres://karwan:secret@127.0.0.1:9/x")
