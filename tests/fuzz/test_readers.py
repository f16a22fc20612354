"""Every reader over seeded inputs: 2,000 in each run of the tests, or as many as `KARWAN_FUZZ_INPUTS` says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from karwan.errors import InvalidInput
from tests.fuzz.harness import Failure, Reader, folder, outcome, peak_mb, run, write
from tests.fuzz.readers import READERS

INPUTS = int(os.environ.get("KARWAN_FUZZ_INPUTS", "2000"))
DIFFERENT_SHARE = 0.8
"""Least share of the seeds that give an input of its own: small files meet the same change twice."""


@pytest.mark.timeout(300)  # thousands of inputs, each held to five seconds by the harness
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_only_errors_of_the_project(reader: Reader) -> None:
    with folder() as made:
        tried = run(reader, made, range(INPUTS), most=5)
    assert not tried.failures, "\n".join(map(str, tried.failures))
    assert tried.seeds == INPUTS
    assert tried.inputs > DIFFERENT_SHARE * INPUTS


def test_the_harness_sees_what_is_not_allowed(tmp_path: Path) -> None:
    def read(folder: Path) -> None:
        text = (folder / "x.csv").read_bytes()
        if b"a" not in text:
            raise InvalidInput("no a")
        if b"b" not in text:
            raise KeyError("b")

    tried = run(Reader("strict", lambda: {"x.csv": b"a,b\n"}, read), tmp_path, range(200), most=3)
    failures = tried.failures
    assert len(failures) == 3
    assert all(isinstance(f, Failure) and "KeyError" in f.error for f in failures)


def test_the_harness_sees_an_endless_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.harness.LIMIT_S", 0.1)

    def read(folder: Path) -> None:
        while folder:
            pass

    write(tmp_path, {"x.csv": b""})
    assert "TooLong" in outcome(Reader("slow", lambda: {"x.csv": b""}, read), tmp_path, peak_mb())[0]


def test_the_harness_sees_a_bomb(tmp_path: Path) -> None:
    bomb = Reader("bomb", dict, lambda folder: len(b"x" * 700_000_000))
    assert "MB" in outcome(bomb, tmp_path, peak_mb())[0]
