"""What a worker is asked, and the key under which its answer is kept. Loads no engine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from karwan._version import __version__


@dataclass(frozen=True)
class Job:
    """One question to a worker.

    Attributes
    ----------
    task
        `module:function` that answers: `(job, say) -> bytes`, with `say(text)` for its progress.
    case
        Id of an embedded case, or a folder.
    scenarios
        Ids of scenarios the case stands under, in order.
    asked
        The question as names and values, in an order that does not matter.
    store
        Trade store; None where there is none.
    contents
        Digest of what the case, the store and the register hold; see `folder_digest`.
    register
        Register of the plan; None where there is none.
    """

    task: str
    case: str
    scenarios: tuple[str, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    store: str | None = None
    contents: str = ""
    register: str | None = None

    def values(self, name: str) -> list[str]:
        """Values asked under a name, in order."""
        return [value for key, value in self.asked if key == name]

    def value(self, name: str) -> str:
        """The last value asked under a name; empty where there is none."""
        return next(iter(self.values(name)[::-1]), "")


def job_key(job: Job) -> str:
    """Key of a job's answer, equal for equal inputs: SHA-256 of the version of the program and the job, 64 hexadecimal digits."""
    asked = sorted(job.asked, key=lambda pair: pair[0])
    text = json.dumps(
        [program(), job.contents, job.task, job.case, job.scenarios, asked, job.store, job.register]
    )
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def program() -> str:
    """Version of the program: its number and a digest of its files, so that a changed checkout answers anew."""
    return f"{__version__}-{folder_digest(Path(__file__).parents[1], signature=True)}"


def folder_digest(folder: Path, *, signature: bool = False) -> str:
    """Digest of all files of a folder: of what they hold, or of their sizes and times (`signature`), which is quick."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found.update(f"{path.relative_to(folder)}\0".encode())
            found.update(_sign(path) if signature else path.read_bytes())
    return found.hexdigest()[:16]


def _sign(path: Path) -> bytes:
    state = path.stat()
    return f"{state.st_size},{state.st_mtime_ns};".encode()
