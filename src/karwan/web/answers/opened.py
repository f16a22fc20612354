"""Cases as workers hold them open: each once for the same contents and scenarios."""

from __future__ import annotations

from functools import lru_cache

from karwan.project import Project, open_case
from karwan.runs.job import Job


def opened(job: Job) -> Project:
    """The case of a job, under its scenarios and with the plan as its register has it."""
    return _opened(job.case, job.scenarios, job.store, job.contents, job.register)


def as_typed(job: Job) -> Project:
    """The case of a job under its scenarios, with the plan as its files have it."""
    return _opened(job.case, job.scenarios, job.store, job.contents, None)


@lru_cache(maxsize=8)
def _opened(
    case: str, scenarios: tuple[str, ...], store: str | None, contents: str, register: str | None
) -> Project:
    project = Project(open_case(case, scenarios or None).case, store)
    return project if register is None else project.under_register(register)
