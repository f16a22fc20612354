"""Worker processes that answer jobs: equal ones once, within limits; a dead worker is replaced and its job tried once more."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from collections import Counter, deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from pathlib import Path
from time import monotonic

from karwan.errors import KarwanError
from karwan.runs.job import Job
from karwan.runs.kept import KeptAnswers
from karwan.runs.worker import serve_jobs

_TRIES = 2
_LOOK = 5.0  # seconds between two looks at the clock of a job
_STUCK = 5  # times its limit after which a job is ended though its process did not run


class PoolFull(KarwanError, RuntimeError):
    """As many jobs wait as may."""


class JobFailed(KarwanError, RuntimeError):
    """A job ended without an answer; `trace` is for the log."""

    def __init__(self, fact: str, evidence: str = "", fix: str = "", trace: str = "") -> None:
        super().__init__(fact, evidence, fix)
        self.trace = trace


@dataclass(frozen=True)
class Limits:
    """What a pool allows.

    Attributes
    ----------
    workers
        Processes.
    seconds
        Longest running time of one job: what its process had of a processor, at most the time gone by. Waiting in the queue does not count,
        nor waiting for a processor that others use; a job whose process does nothing is ended after five times as long.
    waiting
        Jobs that may wait.
    each
        Jobs of one visitor that run at the same time.
    """

    workers: int = 2
    seconds: float = 120.0
    waiting: int = 200
    each: int = 4


@dataclass
class Ticket:
    """A job in the pool.

    Attributes
    ----------
    key
        Key of its answer.
    answer
        Done when the answer is kept; its result is the key.
    progress
        What its worker last said.
    """

    job: Job
    key: str
    visitor: str
    answer: Future[str] = field(default_factory=Future)
    progress: str = ""
    running: bool = False


class _Died(Exception):
    """The process of a worker ended in the middle of a job."""


class _Worker:
    """A spawned process and the pipe to it."""

    def __init__(self, folder: str) -> None:
        context = multiprocessing.get_context("spawn")  # forked workers hang once compiled loops have run
        self.pipe, other = context.Pipe()
        self.process: SpawnProcess = context.Process(target=serve_jobs, args=(other, folder), daemon=True)
        self.process.start()
        other.close()

    def run(self, ticket: Ticket, seconds: float) -> tuple[str, str]:
        """The last word of the worker on a job; TimeoutError where it takes too long, `_Died` where the process ends."""
        clock = _Clock(self.process.pid or 0, seconds)
        try:
            self.pipe.send((ticket.job, ticket.key))
            while (left := clock.left()) > 0:
                if not self.pipe.poll(min(left, _LOOK)):
                    continue
                word, text = self.pipe.recv()
                if word != "progress":
                    return word, text
                ticket.progress = text
        except (EOFError, OSError) as error:
            raise _Died from error
        raise TimeoutError

    def stop(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self.pipe.close()
        self.process.kill()
        self.process.join()


class _Clock:
    """Running time of one job in a process."""

    def __init__(self, process: int, seconds: float) -> None:
        self._process, self._seconds = process, seconds
        self._start, self._before = monotonic(), _processor_s(process)

    def left(self) -> float:
        """Seconds of running time left, 0 or less once it is used up."""
        gone = monotonic() - self._start
        after = _processor_s(self._process)
        if after is None or self._before is None or gone > _STUCK * self._seconds:
            return self._seconds - gone
        left = self._seconds - min(after - self._before, gone)
        return max(left, 0.05) if left > 0 else left


def _processor_s(process: int) -> float | None:
    """Seconds a process had of the processors; None where the system does not tell."""
    try:
        parts = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
    except OSError:
        return None
    user, system = parts.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class WorkerPool:
    """Workers, and what waits for them.

    Parameters
    ----------
    kept
        Where answers are kept.
    limits
        What is allowed.
    """

    def __init__(self, kept: KeptAnswers, limits: Limits | None = None) -> None:
        self.kept, self.limits = kept, limits or Limits()
        self._waiting: deque[Ticket] = deque()
        self._open: dict[str, Ticket] = {}
        self._running: Counter[str] = Counter()
        self._idle: list[int] = []
        self._ready = threading.Condition()
        self._closed = False
        self._workers: dict[int, _Worker] = {}
        self._keepers = [
            threading.Thread(target=self._keep, args=(n,), daemon=True) for n in range(self.limits.workers)
        ]
        for keeper in self._keepers:
            keeper.start()

    def submit(self, job: Job, key: str, visitor: str = "", *, first: bool = False) -> Ticket:
        """The ticket of a job: a new one, that of an equal one on its way, or one already answered; `first` goes before all that wait.

        Raises
        ------
        PoolFull
            Too many jobs wait.
        """
        with self._ready:
            found = self._open.get(key)
            if found is not None:
                return found
            ticket = Ticket(job, key, visitor)
            if self.kept.path(key).is_file():
                ticket.answer.set_result(key)
                return ticket
            if len(self._waiting) >= self.limits.waiting:
                raise PoolFull(
                    "Too many questions are waiting.",
                    f"{len(self._waiting)} wait, {self.limits.workers} are computed at a time",
                    "try again in a minute.",
                )
            self._open[key] = ticket
            self._waiting.insert(0 if first else len(self._waiting), ticket)
            self._ready.notify_all()
            return ticket

    def place(self, ticket: Ticket) -> int:
        """How many jobs go before a waiting one; 0 for one that runs."""
        with self._ready:
            return self._waiting.index(ticket) + 1 if ticket in self._waiting else 0

    def processes(self) -> list[int]:
        """Ids of the worker processes alive."""
        return [w.process.pid for w in self._workers.values() if w.process.is_alive() and w.process.pid]

    def close(self) -> None:
        """End the workers; what waits is left unanswered."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
        for worker in list(self._workers.values()):
            worker.stop()
        for ticket in list(self._open.values()):
            ticket.answer.cancel()

    def _next(self, number: int) -> Ticket | None:
        """The first waiting job whose visitor has room, for the worker that fell idle last: it has the case at hand. None once the pool is closed."""
        with self._ready:
            while not self._closed:
                open_ = [one for one in self._waiting if self._running[one.visitor] < self.limits.each]
                before = len(self._idle) - 1 - self._idle.index(number)  # workers that fell idle later
                if len(open_) > before:
                    self._idle.remove(number)
                    return self._taken(open_[0])
                self._ready.wait()
        return None

    def _taken(self, ticket: Ticket) -> Ticket:
        """A job that waited, now one of its visitor's that run."""
        self._waiting.remove(ticket)
        self._running[ticket.visitor] += 1
        ticket.running = True
        return ticket

    def _keep(self, number: int) -> None:
        """Keep one worker busy."""
        self._workers[number] = _Worker(str(self.kept.folder))
        with self._ready:
            self._idle.append(number)
        while (ticket := self._next(number)) is not None:
            try:
                word, text = self._tried(number, ticket)
                self._finish(number, ticket, None if word == "done" else _failure(text))
            except JobFailed as error:
                self._finish(number, ticket, error)

    def _tried(self, number: int, ticket: Ticket) -> tuple[str, str]:
        if not self._workers[number].process.is_alive():  # ended while idle: no try of this job
            self._replace(number)
        for _ in range(_TRIES):
            try:
                return self._workers[number].run(ticket, self.limits.seconds)
            except _Died:
                self._replace(number)
            except TimeoutError:
                self._replace(number)
                raise JobFailed(
                    "The answer took too long.",
                    f"stopped after {self.limits.seconds:g} seconds of running time",
                    "ask for less, or ask the command line, which has no limit.",
                ) from None
        raise JobFailed(
            "The answer could not be computed.",
            "two workers ended in the middle of it, perhaps for lack of memory",
            "ask for less, or ask the command line.",
        )

    def _replace(self, number: int) -> None:
        self._workers[number].stop()
        if not self._closed:
            self._workers[number] = _Worker(str(self.kept.folder))

    def _finish(self, number: int, ticket: Ticket, error: JobFailed | None) -> None:
        with self._ready:
            self._idle.append(number)  # before the answer is told, so that the next question finds it
            self._open.pop(ticket.key, None)
            self._running[ticket.visitor] -= 1
            self._ready.notify_all()
        if ticket.answer.cancelled():
            return
        if error is None:
            ticket.answer.set_result(ticket.key)
        else:
            ticket.answer.set_exception(error)


def _failure(trace: str) -> JobFailed:
    return JobFailed("The answer could not be computed.", "", "the log of the server says more.", trace)


__all__ = ["JobFailed", "Limits", "PoolFull", "Ticket", "WorkerPool"]
