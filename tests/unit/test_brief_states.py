"""The states of a case beside the rest of its brief: the same in one process and in two, and said where there is one alone."""

from __future__ import annotations

import multiprocessing

import pytest

from karwan.analysis import brief_states
from karwan.analysis.brief_states import StatesBeside, StatesPart, states_part
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.venture.sheets import BriefVentures
from karwan.case import Case


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any case counts as large."""
    monkeypatch.setattr(brief_states, "LARGE", 0)


def _equal(one: StatesPart, two: StatesPart) -> bool:
    assert one.worth is not None and two.worth is not None
    assert isinstance(one.ventures, BriefVentures) and isinstance(two.ventures, BriefVentures)
    tables = (one.worth.equals(two.worth), one.ventures.appraisals.equals(two.ventures.appraisals))
    return all(tables) and one.worth_text == two.worth_text


def test_a_second_process_gives_the_same(toyland: Case) -> None:
    study = CorridorStudy(toyland, toyland.settings.as_of)
    others = len(multiprocessing.active_children())
    beside = StatesBeside(study, workers=2).start()
    assert len(multiprocessing.active_children()) == others + 1
    found = beside.part()
    assert not beside.reason
    assert found.worth is not None and found.worth.height > 0
    assert _equal(found, states_part(study))


def test_without_a_second_process_the_first_answers_and_says_why(
    toyland: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(multiprocessing.get_context("spawn"), "Pipe", refuse)
    study = CorridorStudy(toyland, toyland.settings.as_of)
    beside = StatesBeside(study, workers=2).start()
    assert _equal(beside.part(), states_part(study))
    assert beside.reason == "no more processes"


def test_a_second_process_that_dies_leaves_the_part_to_the_first(toyland: Case) -> None:
    study = CorridorStudy(toyland, toyland.settings.as_of)
    beside = StatesBeside(study, workers=2).start()
    for process in multiprocessing.active_children():
        process.kill()
    assert _equal(beside.part(), states_part(study))
    assert beside.reason == "the second process ended without an answer"


@pytest.mark.parametrize(("workers", "large"), [(1, 0), (2, 1_000)])
def test_one_worker_or_a_small_case_starts_no_process(
    toyland: Case, monkeypatch: pytest.MonkeyPatch, workers: int, large: int
) -> None:
    monkeypatch.setattr(brief_states, "LARGE", large)
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: pytest.fail("a process"))
    study = CorridorStudy(toyland, toyland.settings.as_of)
    assert _equal(StatesBeside(study, workers).start().part(), states_part(study))
