"""The part of a brief that studies the case in other states, worth of promises and ventures: in a second process where it may have one."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import signal
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.connection import Connection

import polars as pl

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.sections import BriefVentures
from karwan.analysis.venture.sheets import brief_ventures
from karwan.analysis.worth.answer import brief_worth
from karwan.case import Case
from karwan.errors import KarwanError
from karwan.notes import Note

LARGE = 100
"""Links of a case from which a second process saves more than its start of some 3 seconds takes."""


@dataclass(frozen=True)
class StatesPart:
    """What keeping the promises is worth, with the sentences on it, and whether the ventures would pay; see `BriefParts`."""

    worth: pl.DataFrame | None = None
    worth_text: tuple[str | Note, ...] = ()
    ventures: BriefVentures | None = None


def states_part(study: CorridorStudy) -> StatesPart:
    """The part, reckoned here; empty where the case compares nothing."""
    if not study.comparable:
        return StatesPart()
    worth, text = brief_worth(study)
    return StatesPart(worth, text, brief_ventures(study))


def _send_part(pipe: Connection, case: Case, day: date, collect_after: tuple[int, int, int]) -> None:
    """What the second process does; on an error it ends without an answer, and the first one meets the same error."""
    gc.set_threshold(*collect_after)  # as rarely as the first process looks for garbage
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with the first process
    with contextlib.suppress(KarwanError):
        pipe.send(states_part(CorridorStudy(case, day)))


@dataclass
class StatesBeside:
    """The part under way in a second process while this one reckons the rest.

    Attributes
    ----------
    study
        Corridors of the case.
    workers
        Processes allowed; with one, for a small case, or where a second cannot be had, the part is reckoned here when it is asked for.
    reason
        Why there was no answer of a second process; empty where there was one, or none was asked for.
    """

    study: CorridorStudy
    workers: int = 1
    reason: str = ""
    _pipe: Connection | None = field(default=None, init=False)

    def start(self) -> StatesBeside:
        """Start the second process: spawned, as a forked one hangs once compiled loops have run, and ended with this one."""
        if self.workers < 2 or not self.study.comparable or self.study.case["links"].height < LARGE:
            return self
        context = multiprocessing.get_context("spawn")
        asked = (self.study.case, self.study.as_of, gc.get_threshold())
        try:
            pipe, other = context.Pipe(duplex=False)
            context.Process(target=_send_part, args=(other, *asked), daemon=True).start()
        except (OSError, RuntimeError, AssertionError) as error:  # no room, or a process that may have none
            self.reason = str(error)
            return self
        other.close()
        self._pipe = pipe
        return self

    def part(self) -> StatesPart:
        """The part; the same wherever it is reckoned."""
        if self._pipe is not None:
            try:
                found: StatesPart = self._pipe.recv()
            except (EOFError, OSError):
                self.reason = "the second process ended without an answer"
            else:
                return found
        return states_part(self.study)
