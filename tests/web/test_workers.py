"""Workers: equal questions once, limits, a killed worker replaced and its job tried again, answers whole or not there."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from karwan.runs.job import Job, job_key
from karwan.runs.kept import KeptAnswers
from karwan.runs.pool import JobFailed, Limits, PoolFull, Ticket, WorkerPool
from tests.web.tasks import SIZE

KILLS = 50


def job(name: str, **asked: str) -> Job:
    return Job(f"tests.web.tasks:{name}", "none", asked=tuple(asked.items()))


def submit(pool: WorkerPool, one: Job, visitor: str = "") -> Ticket:
    return pool.submit(one, job_key(one), visitor)


def process_of(ticket: Ticket) -> int:
    """Process a slow job runs in, once it has said so."""
    end = time.monotonic() + 30
    while not ticket.progress:
        assert time.monotonic() < end
        time.sleep(0.002)
    return int(ticket.progress)


@pytest.fixture
def kept(tmp_path: Path) -> KeptAnswers:
    return KeptAnswers(tmp_path / "answers")


@pytest.fixture
def pool(kept: KeptAnswers) -> Iterator[WorkerPool]:
    made = WorkerPool(kept, Limits(workers=2, seconds=20, waiting=3))
    yield made
    made.close()


def test_equal_questions_are_computed_once(pool: WorkerPool, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    one = job("count", file=str(runs))
    tickets = [submit(pool, one) for _ in range(5)]
    assert {ticket.answer.result(30) for ticket in tickets} == {job_key(one)}
    assert submit(pool, one).answer.done()
    assert runs.read_text().splitlines() == ["run"]


def test_the_worker_that_answered_last_answers_next_and_another_only_beside_it(pool: WorkerPool) -> None:
    """It has the case at hand: a question that comes alone never waits for a cold worker."""
    asked = [job("slow", text=str(k), seconds="0.01") for k in range(4)]
    alone = set()
    for one in asked:
        ticket = submit(pool, one)
        ticket.answer.result(30)
        alone.add(process_of(ticket))
    assert len(alone) == 1
    two = [submit(pool, job("slow", text=text, seconds="0.4")) for text in "ab"]
    assert len({process_of(ticket) for ticket in two}) == 2
    for ticket in two:
        ticket.answer.result(30)


def test_key_tells_inputs_apart_and_nothing_else() -> None:
    base = Job("a:b", "toyland", (), (("x", "1"), ("y", "2")), None, "abc")
    assert job_key(base) == job_key(Job("a:b", "toyland", (), (("y", "2"), ("x", "1")), None, "abc"))
    others = [
        Job("a:c", "toyland", (), base.asked, None, "abc"),
        Job("a:b", "kaz-pak", (), base.asked, None, "abc"),
        Job("a:b", "toyland", ("s",), base.asked, None, "abc"),
        Job("a:b", "toyland", (), (("x", "1"), ("y", "3")), None, "abc"),
        Job("a:b", "toyland", (), base.asked, "store", "abc"),
        Job("a:b", "toyland", (), base.asked, None, "abd"),
    ]
    assert len({job_key(one) for one in (base, *others)}) == len(others) + 1


@pytest.mark.timeout(240)
def test_killed_in_the_middle_fifty_times_nothing_is_lost_or_half_written(kept: KeptAnswers) -> None:
    """Every job is killed once at a random moment; each is answered whole all the same, by the second try."""
    pool = WorkerPool(kept, Limits(workers=2, seconds=60))
    moments = random.Random(7)
    try:
        for k in range(KILLS):
            ticket = submit(pool, job("slow", text=f"answer {k} ", seconds="0.03"))
            victim = process_of(ticket)
            time.sleep(moments.uniform(0.0, 0.03))
            os.kill(victim, signal.SIGKILL)
            content = kept.read(ticket.answer.result(60))
            assert content == (f"answer {k} " * SIZE)[:SIZE].encode()
            while (
                victim in pool.processes()
            ):  # a kill may come after the answer, and is no harm to the next job
                time.sleep(0.002)
        assert len(pool.processes()) >= 1
        assert [
            path for path in kept.folder.rglob("*") if path.is_file() and path.stat().st_size != SIZE
        ] == []
    finally:
        pool.close()


def test_worker_that_dies_twice_fails_its_job_and_the_pool_lives(pool: WorkerPool) -> None:
    ticket = submit(pool, job("slow", text="x", seconds="15"))
    first = process_of(ticket)
    ticket.progress = ""
    os.kill(first, signal.SIGKILL)
    second = process_of(ticket)
    assert second != first
    os.kill(second, signal.SIGKILL)
    with pytest.raises(JobFailed, match="could not be computed"):
        ticket.answer.result(30)
    assert submit(pool, job("echo", text="y")).answer.result(30)


def test_job_that_takes_too_long_is_ended(kept: KeptAnswers) -> None:
    """Running time counts, not the wait for a processor; a job that does nothing is ended too, only later."""
    pool = WorkerPool(kept, Limits(workers=1, seconds=0.5))
    try:
        submit(pool, job("echo", text="ready")).answer.result(30)
        assert submit(pool, job("slow", text="x", seconds="0.9")).answer.result(30)
        for endless in (job("busy"), job("slow", text="x", seconds="30")):
            with pytest.raises(JobFailed, match="too long"):
                submit(pool, endless).answer.result(30)
        assert submit(pool, job("echo", text="y")).answer.result(30)
    finally:
        pool.close()


def test_small_jobs_go_before_all_that_wait(kept: KeptAnswers) -> None:
    pool = WorkerPool(kept, Limits(workers=1))
    try:
        process_of(submit(pool, job("slow", text="a", seconds="0.3")))
        later, one = submit(pool, job("slow", text="b", seconds="0")), job("echo", text="font")
        small = pool.submit(one, job_key(one), first=True)
        assert (pool.place(small), pool.place(later)) == (1, 2)
    finally:
        pool.close()


def test_full_queue_refuses_with_a_way_out(pool: WorkerPool) -> None:
    running = [submit(pool, job("slow", text=str(k), seconds="5")) for k in range(2)]
    for ticket in running:
        process_of(ticket)
    for k in range(3):
        submit(pool, job("echo", text=f"waits {k}"))
    with pytest.raises(PoolFull) as refused:
        submit(pool, job("echo", text="one too many"))
    assert refused.value.fix


def test_failing_job_keeps_its_trace_for_the_log(pool: WorkerPool) -> None:
    with pytest.raises(JobFailed) as failed:
        submit(pool, job("fail")).answer.result(30)
    assert "secret of the machine" in failed.value.trace
    assert "secret" not in str(failed.value)


def test_least_recently_used_answers_go_first(tmp_path: Path) -> None:
    kept = KeptAnswers(tmp_path, bound=2500)
    for k, key in enumerate(("aa1", "bb2", "cc3")):
        kept.write(key, bytes(1000))
        os.utime(kept.path(key), (k, k))
    assert kept.read("aa1") is not None  # used just now, so that bb2 is the oldest
    assert kept.sweep() == 1
    assert kept.read("bb2") is None and kept.read("cc3") is not None


def test_visitor_has_no_more_than_its_share_at_a_time(kept: KeptAnswers) -> None:
    pool = WorkerPool(kept, Limits(workers=2, each=1))
    try:
        greedy = [submit(pool, job("slow", text=str(k), seconds="1.5"), "a") for k in range(3)]
        process_of(greedy[0])
        other = submit(pool, job("slow", text="other", seconds="0"), "b")
        other.answer.result(30)
        assert not greedy[1].answer.done()
    finally:
        pool.close()
