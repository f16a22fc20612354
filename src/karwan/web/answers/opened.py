"""Cases as workers hold them open: each once for the same contents and scenarios."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

from karwan.project import Project, open_case
from karwan.runs.job import Job


def opened(job: Job) -> Project:
    """The case of a job, under its scenarios and with the plan as its register has it."""
    typed = as_typed(job)
    return typed if job.register is None else _under(typed, job.register)


def as_typed(job: Job) -> Project:
    """The case of a job under its scenarios, with the plan as its files have it."""
    return _opened(job.case, job.scenarios, job.store, job.contents)


@lru_cache(maxsize=8)
def _opened(case: str, scenarios: tuple[str, ...], store: str | None, contents: str) -> Project:
    """`contents` changes with the files of the case and with its register, so that neither is read from memory after a change."""
    return Project(open_case(case, scenarios or None).case, store)


_UNDER: OrderedDict[tuple[int, str], tuple[Project, Project]] = OrderedDict()


def _under(typed: Project, register: str) -> Project:
    """A case under its register; the last ones are remembered with the case they were made of."""
    key = (id(typed), register)
    if key not in _UNDER:
        _UNDER[key] = (typed, typed.under_register(register))
    _UNDER.move_to_end(key)
    while len(_UNDER) > 8:
        _UNDER.popitem(last=False)
    return _UNDER[key][1]
