"""Run a reader over seeded inputs and keep what is not allowed: other errors, more than five seconds of computing, more than 500 MB."""

from __future__ import annotations

import os
import random
import resource
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from karwan.errors import KarwanError
from tests.fuzz.mutations import TEXT, Mutation, mutate

LIMIT_S = 5.0
LIMIT_MB = 500
MEMORY = Path("/dev/shm")


class TooLong(BaseException):
    """An input computed for longer than `LIMIT_S`; no reader catches it."""


@dataclass(frozen=True)
class Reader:
    """What reads files: the files of a good input, which of them are mutated, and the call.

    Attributes
    ----------
    files
        Gives names and contents of a good input.
    read
        Reads the folder that holds them.
    changed
        Names of files that are mutated, one an input; all by default.
    """

    name: str
    files: Callable[[], Mapping[str, bytes]]
    read: Callable[[Path], object]
    mutations: tuple[Mutation, ...] = TEXT
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """An input that ended as none may."""

    reader: str
    seed: int
    error: str

    def __str__(self) -> str:
        return f"{self.reader} seed {self.seed}: {self.error}"


@dataclass(frozen=True)
class Tried:
    """What came of a run: seeds tried, different inputs among them that were read or refused, and the failures."""

    seeds: int
    inputs: int
    failures: list[Failure]


def run(reader: Reader, folder: Path, seeds: range, *, most: int = 20) -> Tried:
    """A reader over seeds, until so many failed; the good input itself must be read, and no input is read twice."""
    good = dict(reader.files())
    write(folder, good)
    reader.read(folder)
    names = reader.changed or tuple(good)
    failures: list[Failure] = []
    met = set(good.items())
    last, peak, tried = names[0], peak_mb(), 0
    for seed in seeds:
        tried += 1
        rng = random.Random(f"{reader.name} {seed}")
        name = rng.choice(names)
        content = mutate(good[name], rng, reader.mutations)
        if (name, content) in met:
            continue
        met.add((name, content))
        if name != last:
            (folder / last).write_bytes(good[last])
        (folder / name).write_bytes(content)
        last = name
        error, peak = outcome(reader, folder, peak)
        if error:
            failures.append(Failure(reader.name, seed, error))
        if len(failures) == most:
            break
    return Tried(tried, len(met) - len(good), failures)


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder, in memory where there is one: a file is opened three times an input."""
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as made:
        yield Path(made)


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def outcome(reader: Reader, folder: Path, before: float) -> tuple[str, float]:
    """What is wrong with how the reader met its files, '' where nothing is; and the most memory held so far, which was `before`."""
    start = time.process_time()
    error = ""
    try:
        with limited(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader.read(folder)
    except KarwanError:
        error = ""
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as other:
        error = told(other)
    seconds, peak = time.process_time() - start, peak_mb()
    if not error and seconds > LIMIT_S:
        error = f"took {seconds:.1f} s"
    if not error and peak - before > LIMIT_MB:
        error = f"took {peak - before:.0f} MB"
    return error, peak


def told(error: BaseException) -> str:
    """Kind of an error, where it was raised, and its first words."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "karwan" in f.filename]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {place}: {str(error)[:160]!r}"


@contextmanager
def limited() -> Iterator[None]:
    """Raise `TooLong` where the body computes for longer than `LIMIT_S`."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TooLong(f"more than {LIMIT_S:g} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)  # of computing: a busy machine must not make an input slow
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def peak_mb() -> float:
    """Most memory the process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
