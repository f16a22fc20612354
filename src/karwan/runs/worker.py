"""What runs inside a worker process: it takes jobs from its pipe one after another and keeps their answers. Loads engines only with a job."""

from __future__ import annotations

import contextlib
import gc
import importlib
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from karwan.memory import COLLECT_AFTER
from karwan.runs.job import Job
from karwan.runs.kept import KeptAnswers

Say = Callable[[str], None]


def serve_jobs(pipe: Connection, folder: str) -> None:
    """Answer jobs until the other end of the pipe is closed.

    Each job `(job, key)` is answered by `("done", "")` once its answer is kept, or by `("failed", trace)`; before that any number of
    `("progress", text)`. What reads no pipe any more ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server's own end closes the pipe
    gc.set_threshold(*COLLECT_AFTER)
    kept = KeptAnswers(Path(folder))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            job, key = pipe.recv()
            pipe.send(_answered(job, key, kept, lambda text: pipe.send(("progress", text))))


def _answered(job: Job, key: str, kept: KeptAnswers, say: Say) -> tuple[str, str]:
    try:
        module, _, name = job.task.partition(":")
        answer: bytes = getattr(importlib.import_module(module), name)(job, say)
        kept.write(key, answer)
    except Exception:  # whatever it is, the worker lives on and the server names it in its log
        return "failed", traceback.format_exc()
    return "done", ""
