"""What the server holds: the case it serves, the workers that answer, and the answers kept. Loads no engine."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, time_ns
from typing import Any

from karwan.errors import InvalidInput
from karwan.register.database import register_mark
from karwan.runs.job import Job, folder_digest, job_key
from karwan.runs.pool import Ticket, WorkerPool

log = logging.getLogger("karwan.web")
FACTS = "karwan.web.answers.work:facts"
PAGE = "karwan.web.answers.work:page"
DOWNLOAD = "karwan.web.answers.work:download"
PICTURE = "karwan.web.answers.pictures:picture"
FONTS = ("fonts.css", "plex-sans.woff2", "plex-sans-italic.woff2", "plex-serif.woff2")
LANGUAGE = "en"
_LOOK = 1.0  # seconds between two looks at the files of the case


@dataclass
class Site:
    """A served case.

    Attributes
    ----------
    case
        As it was named: id or folder.
    store
        Trade store, or None.
    pool
        Workers.
    register
        Register of the plan, or None.
    facts
        What `karwan.web.answers.work.facts` says of the case.
    """

    case: str
    store: str | None
    pool: WorkerPool
    register: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    _contents: str = ""
    _case: str = ""
    _signature: str = ""
    _looked: float = -_LOOK

    @property
    def case_id(self) -> str:
        """Id of the case, in every address."""
        return str(self.facts["case_id"])

    @property
    def root(self) -> str:
        """Where the pages of the case begin."""
        return f"/{LANGUAGE}/{self.case_id}/"

    def contents(self) -> str:
        """Digest of what the case and the store hold now; files are looked at again after a second."""
        if monotonic() - self._looked < _LOOK:
            return self._contents
        self._looked = monotonic()
        folder = Path(str(self.facts["folder"]))
        signature = folder_digest(folder, signature=True)
        if signature != self._signature:
            self._signature = signature
            self._case = folder_digest(folder)
        self._contents = self._case + _signature(self.store) + self._of_register()
        return self._contents

    def tag(self) -> str:
        """Part of the addresses of pictures and fonts, which change with the case and the program and not with what is said of the plan."""
        self.contents()
        return self._case[:12]

    def picture(self, name: str) -> Job:
        """A job that makes a picture or font."""
        self.contents()
        return Job(PICTURE, self.case, asked=(("name", name),), contents=self._case)

    def warm(self) -> None:
        """Have the fonts made before the first question: no page is painted without them."""
        for name in FONTS:
            self.submit(self.picture(name), "")

    def _of_register(self) -> str:
        """What marks the register as it is now; of one that does not answer, a mark of the moment, so that no answer is kept for it."""
        try:
            return f"-{register_mark(self.register)}" if self.register else ""
        except InvalidInput as error:
            log.error("the register does not answer: %s", error.evidence)
            return f"-silent-{time_ns()}"

    def look_again(self) -> None:
        """Look at the files at the next question: something was written."""
        self._looked = -_LOOK

    def job(self, task: str, asked: Iterable[tuple[str, str]], scenarios: Iterable[str] = ()) -> Job:
        """A job on the case as its files are now."""
        return Job(
            task, self.case, tuple(scenarios), tuple(asked), self.store, self.contents(), self.register
        )

    def submit(self, job: Job, visitor: str) -> Ticket:
        """The ticket of a job; small ones that a page or a form cannot do without go first."""
        return self.pool.submit(job, job_key(job), visitor, first=job.task in (FACTS, PICTURE))

    def learn(self) -> None:
        """Ask a worker for the facts of the case, at the start; it may take its time on a busy machine, within the limits of the pool.

        Raises
        ------
        InvalidInput
            There is no such case, or it has errors.
        JobFailed
            No worker could say.
        """
        job = Job(FACTS, self.case, contents=_unread(self.case))
        ticket = self.pool.submit(job, job_key(job))
        key = ticket.answer.result()
        facts = json.loads(self.pool.kept.read(key) or b"{}")
        if "error" in facts:
            raise InvalidInput(**facts["error"])
        self.facts = facts


def _signature(path: str | None) -> str:
    """Size and time of a file and of the log SQLite keeps beside it; empty where there is none."""
    if not path:
        return ""
    found = (os.stat(name) for name in (path, f"{path}-wal") if os.path.exists(name))
    return "".join(f"-{state.st_size}-{state.st_mtime_ns}" for state in found)


def _unread(case: str) -> str:
    """Something of a folder that changes with it; an embedded case changes with the program."""
    folder = Path(case)
    return folder_digest(folder, signature=True) if folder.is_dir() else ""
