"""Cases as workers hold them open: each once for the same contents and scenarios."""

from __future__ import annotations

from functools import lru_cache

from karwan.project import Project, open_case
from karwan.runs.job import Job


def opened(job: Job) -> Project:
    """The case of a job, under its scenarios."""
    return _opened(job.case, job.scenarios, job.store, job.contents)


@lru_cache(maxsize=8)
def _opened(case: str, scenarios: tuple[str, ...], store: str | None, contents: str) -> Project:
    project = open_case(case, scenarios or None)
    return Project(project.case, store)
