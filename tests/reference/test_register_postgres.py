"""The register in PostgreSQL: the same chain, one writer at a time, nothing changed afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from karwan.register.register import Register
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
