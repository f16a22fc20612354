"""Every reader over seeded inputs: 2,000 in each run of the tests, 150 for the dear ones, or as many as `KARWAN_FUZZ_INPUTS` says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from karwan.errors import InvalidInput
from tests.fuzz.harness import Failure, Reader, folder, outcome, run, write
from tests.fuzz.readers import READERS

INPUTS, INPUTS_OF_DEAR = 2_000, 150
# Over five milliseconds an input: 312 of the 379 seconds that 2,000 inputs of each take.
DEAR = {
    *("comtrade csv", "comtrade zip", "comtrade service", "baci", "baci zip", "mapped xlsx", "mapped csv"),
    *("case with crossings", "case with rates", "case with corridors", "case.yaml", "geography", "gmns"),
    *("indicators table", "basket table", "world flows", "correlation xlsx"),
}


def inputs_of(reader: Reader) -> int:
    """How many inputs a reader meets."""
    asked = os.environ.get("KARWAN_FUZZ_INPUTS")
    if asked:
        return int(asked)
    return INPUTS_OF_DEAR if reader.name in DEAR else INPUTS


def test_the_dear_readers_are_there() -> None:
    assert {reader.name for reader in READERS} >= DEAR


@pytest.mark.timeout(300)  # thousands of inputs, each held to five seconds by the harness
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_only_errors_of_the_project(reader: Reader) -> None:
    with folder() as made:
        failures = run(reader, made, range(inputs_of(reader)), most=5)
    assert not failures, "\n".join(map(str, failures))


def test_the_harness_sees_what_is_not_allowed(tmp_path: Path) -> None:
    def read(folder: Path) -> None:
        text = (folder / "x.csv").read_bytes()
        if b"a" not in text:
            raise InvalidInput("no a")
        if b"b" not in text:
            raise KeyError("b")

    failures = run(Reader("strict", lambda: {"x.csv": b"a,b\n"}, read), tmp_path, range(200), most=3)
    assert len(failures) == 3
    assert all(isinstance(f, Failure) and "KeyError" in f.error for f in failures)


def test_the_harness_sees_an_endless_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.harness.LIMIT_S", 0.1)

    def read(folder: Path) -> None:
        while folder:
            pass

    write(tmp_path, {"x.csv": b""})
    assert "TooLong" in outcome(Reader("slow", lambda: {"x.csv": b""}, read), tmp_path)


def test_the_harness_sees_a_bomb(tmp_path: Path) -> None:
    assert "MB" in outcome(Reader("bomb", dict, lambda folder: len(b"x" * 700_000_000)), tmp_path)
