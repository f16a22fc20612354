"""Jobs for the tests of the workers: quick, slow, failing, and one that tells its process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from karwan.runs.job import Job

SIZE = 200_000
Say = Callable[[str], None]


def echo(job: Job, say: Say) -> bytes:
    """What was asked, long enough that half of it would be seen."""
    return (job.value("text") * SIZE)[:SIZE].encode()


def slow(job: Job, say: Say) -> bytes:
    """The same after a while, saying which process it is in."""
    say(str(os.getpid()))
    time.sleep(float(job.value("seconds")))
    return echo(job, say)


def busy(job: Job, say: Say) -> bytes:
    """Nothing but work, without end."""
    while True:
        pass


def fail(job: Job, say: Say) -> bytes:
    """An error nobody foresaw."""
    raise RuntimeError("secret of the machine")


def count(job: Job, say: Say) -> bytes:
    """Adds a line to a file each time it is run."""
    with open(job.value("file"), "a", encoding="utf-8") as file:
        file.write("run\n")
    time.sleep(0.3)
    return b"counted"
