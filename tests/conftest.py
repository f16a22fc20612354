"""Fixtures shared by every test: cases, a broken copy of one, the command line in-process and outside."""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from karwan.analysis.sections import Brief
from karwan.case import Case, embedded_cases, read_case
from karwan.project import Project
from tests.answered_once import AnsweredOnce, answered_once

# An example may be slow on a busy machine or at its first call; the limit on each test stands in pyproject.toml.
# Examples are the same in every run: a change is judged by its own failures, not by chance. `--hypothesis-seed` looks further.
settings.register_profile("karwan", deadline=None, derandomize=True)
settings.load_profile("karwan")

# Networks are many small things and no circles: looking for circles at Python's pace takes a quarter of the tests' time.
gc.set_threshold(100_000, 10, 10)

CommandLine = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session", autouse=True)
def kept_answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnsweredOnce]:
    """Dear answers of the embedded cases, shared by all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "answers"
    folder.mkdir(exist_ok=True)
    with answered_once(folder) as kept:
        yield kept


@pytest.fixture(autouse=True)
def answers_are_reckoned_anew_where_a_test_patches(
    request: pytest.FixtureRequest, kept_answers: AnsweredOnce
) -> None:
    """A test that patches what answers rest on reads none that stood before."""
    kept_answers.on = "monkeypatch" not in request.fixturenames


@pytest.fixture(scope="session")
def toyland() -> Case:
    """The small invented case, read once."""
    return read_case("toyland")


@pytest.fixture(scope="session")
def kaz_pak() -> Case:
    """The embedded Kazakhstan-Pakistan case, read once."""
    return read_case("kaz-pak")


@pytest.fixture(scope="session")
def kaz_pak_brief(kaz_pak: Case, tmp_path_factory: pytest.TempPathFactory) -> Brief:
    """The brief of the large case on its own day, made once a run: what one worker made the others read."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return Project(kaz_pak).brief()
    made = tmp_path_factory.getbasetemp().parent / "kaz-pak.brief"
    if not made.exists():
        own = made.with_suffix(f".{os.getpid()}")
        own.write_bytes(pickle.dumps(Project(kaz_pak).brief()))
        own.replace(made)
    brief: Brief = pickle.loads(made.read_bytes())
    return brief


@pytest.fixture
def toy_copy(tmp_path: Path) -> Path:
    """A copy of toyland that a test may break."""
    folder = tmp_path / "toy"
    shutil.copytree(embedded_cases()["toyland"], folder)
    return folder


@pytest.fixture
def karwan_command(tmp_path: Path) -> CommandLine:
    """Run `karwan` as a program of its own; returns the completed process with text output."""

    def run(*arguments: str | Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "karwan", *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"},
            check=False,
        )

    return run


def fingerprint(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
