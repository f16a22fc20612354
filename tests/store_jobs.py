"""Loads in processes of their own, which can be killed at any write, and what a store holds afterwards.

The processes are forked from a server that has imported the libraries once, so that one costs a fraction of a second.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from karwan.store import NothingUsable, ingest, open_store, query, verify
from karwan.store.sources import Options, source_named

CONTEXT = multiprocessing.get_context("forkserver")
# Not the package itself: what it reads when imported starts threads of Polars, which do not outlive a fork.
CONTEXT.set_forkserver_preload(["duckdb", "ibis", "openpyxl", "pandas", "polars", "psycopg", "pyarrow.csv"])
KILLED = -signal.SIGKILL
WRITES = ("insert", "insert_rows", "delete")


def baci(folder: Path, year: int, rows: int, value: int, *, name: str = "V1", way: str = "398,586") -> Path:
    """A BACI year: `rows` flows of `value` thousand USD."""
    path = folder / f"BACI_HS17_Y{year}_{name}.csv"
    lines = [f"{year},{way},{code:06d},{value},2" for code in range(100_110, 100_110 + rows)]
    path.write_text("t,i,j,k,v,q\n" + "\n".join(lines) + "\n")
    return path


def pbs(folder: Path, value: int) -> Path:
    """A national table: two flows with quantities and one reject."""
    path = folder / f"pbs_{value}.csv"
    path.write_text(
        "Country,Flow,Fiscal Year,PCT Code,Value (000 US$),Quantity,Unit\n"
        f"Kazakhstan,Exports,2022-23,1006.3090,{value},5,MT\nKazakhstan,Exports,2023-24,1006.3090,{value},6,MT\n"
        "Kazakhstan,Exports,2023-24,1006.3010,,6,MT\n"
    )
    return path


def read(path: Path) -> list[Any]:
    """The readings of a file made here."""
    if path.name.startswith("pbs"):
        return source_named("table").read(path, Options(mapping="pak_pbs", hs_revision="HS22"))
    return source_named("baci").read(path, Options())


def load(target: str, path: Path, on_overlap: str = "refuse", kill_at: int = 0) -> None:
    """Load a file; the process is killed after its write number `kill_at`, in the midst of it if that is negative."""
    with open_store(target, create=True) as store:
        if kill_at:
            die_at(store.link, kill_at, lambda: os.kill(os.getpid(), signal.SIGKILL))
        # As the command does, which looks through what it stored before it is done.
        ingest(store, read(path), on_overlap=on_overlap, allow_unknown=False)


def die_at(link: Any, at: int, die: Callable[[], None]) -> Callable[[], int]:
    """Let a link call `die` after its write number `at`, or when rows are half written if `at` is negative.

    Gives a function that tells how many writes there were.
    """
    done = 0

    def counted(write: Callable[..., None]) -> Callable[..., None]:
        def writing(*arguments: Any) -> None:
            nonlocal done
            done += 1
            mine = done
            if at < 0 and write.__name__ == "insert_rows":
                write(_half(arguments[0], die))
            write(*arguments)
            if mine == at:
                die()

        return writing

    for name in WRITES:
        setattr(link, name, counted(getattr(link, name)))
    return lambda: done


def writes_of(target: str, path: Path) -> int:
    """How many writes it takes to load a file in place of what is there; the store stays as it is."""
    unusable = path.with_name("pbs_none.csv")
    unusable.write_text("Country,Flow,Fiscal Year,PCT Code,Value (000 US$),Quantity,Unit\n")
    with open_store(target, create=True) as store:
        done = die_at(store.link, 0, lambda: None)
        with pytest.raises(NothingUsable):
            ingest(store, [*read(path), *read(unusable)], on_overlap="replace")
    unusable.unlink()
    return done()


def kill_at_every_write(target: str, path: Path) -> None:
    """Kill loads of a file after each of their writes, and in the midst of the rows; nothing may have changed."""
    before = held(target)
    steps = [-1, *range(1, writes_of(target, path) + 1)]
    assert len(steps) > 8
    for some in batched(steps, 3):
        jobs = [start(target, path, "replace", at) for at in some]
        assert [code_of(job) for job in jobs] == [KILLED] * len(jobs)
    assert held(target) == before


def batched(steps: list[int], size: int) -> list[list[int]]:
    """The steps in groups."""
    return [steps[n : n + size] for n in range(0, len(steps), size)]


def _half(batches: Iterator[pa.RecordBatch], die: Callable[[], None]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch.slice(0, batch.num_rows // 2)
        die()


def start(*arguments: Any) -> Any:
    """Start `load` in a process."""
    process = CONTEXT.Process(target=load, args=arguments)
    process.start()
    return process


def code_of(process: Any) -> int | None:
    """Wait for a process; its exit code."""
    process.join(timeout=90)
    if process.exitcode is None:
        process.kill()
    code: int | None = process.exitcode
    return code


def held(target: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What the store says it was given, and what it has, load by load; they must agree, and the store be whole."""
    with open_store(target) as store:
        loads = store.loads().sort("load_id").select("load_id", "rows", "value_usd").rows()
        found = query(store, by=["load_id", "period"]).table
        found = found.group_by("load_id").agg(pl.col("flows", "value_usd").sum())
        flows = found.sort("load_id").select("load_id", "flows", "value_usd").rows()
        problems = verify(store).problems
    assert problems.is_empty(), problems
    assert loads == flows
    return loads, flows


def total(target: str) -> tuple[int, float]:
    """Flows and value of the whole store, which must agree with its loads."""
    loads, _ = held(target)
    return sum(rows for _, rows, _ in loads), sum(value for _, _, value in loads)
