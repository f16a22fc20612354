"""The register in PostgreSQL: the same chain, one writer at a time, nothing changed afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from karwan.register.register import Register
from karwan.runs.kept import KeptAnswers
from karwan.runs.pool import Limits, WorkerPool
from karwan.web.site import Site
from tests.reference.test_store_engines import postgres  # noqa: F401  a fixture
from tests.unit.test_register import WRITER

psycopg = pytest.importorskip("psycopg")


def test_writers_at_once_make_one_chain_that_stays(
    postgres: str,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, postgres, side, "10"], stdout=subprocess.DEVNULL)
        for side in ("XTA", "XTC")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    with Register(postgres) as register:
        assert len(register.entries()) == 20
        assert register.verify() == []
    with psycopg.connect(postgres, autocommit=True) as bare:
        for sql in (
            "UPDATE karwan_register.entry SET reason = 'x'",
            "DELETE FROM karwan_register.entry",
            "TRUNCATE karwan_register.entry",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                bare.execute(sql)


def test_page_notices_what_others_write(
    postgres: str,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Answers rest on what the register holds now, whoever wrote it; of one that is silent nothing is kept."""
    monkeypatch.chdir(tmp_path)
    with Register(postgres, create=True):
        pass
    pool = WorkerPool(KeptAnswers(tmp_path / "answers"), Limits(workers=0))
    site = Site("toyland", None, pool, postgres, {"folder": str(tmp_path)})
    before = site.contents()
    site.look_again()
    assert site.contents() == before
    subprocess.run(
        [sys.executable, "-c", WRITER, postgres, "XTA", "1"], stdout=subprocess.DEVNULL, check=True
    )
    site.look_again()
    assert site.contents() != before
    site.register = postgres.replace("@127.0.0.1:", "@127.0.0.1:1")  # nobody listens there
    silent = []
    for _ in range(2):
        site.look_again()
        silent.append(site.contents())
    assert len({before, *silent}) == 3
