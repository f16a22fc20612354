"""Answers of the embedded cases that cost seconds, and dear tables that many rest on: what one worker found in a run the others read."""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import polars as pl

from karwan.analysis.contract import Analysis, Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.goods import landed_table
from karwan.analysis.observed import validation_table
from karwan.case import Case, embedded_cases

DEAR_S = 1.0
"""Seconds of computing from which an answer is worth keeping."""
STANDS_ON = ("settings", "scenarios", "warnings")
TABLES = (landed_table, validation_table)
"""Functions of a case or study alone whose tables of the large case take seconds."""


class AnsweredOnce:
    """Stands in for `Analysis.answer` and `TABLES`: the same question of an embedded case as it stands is reckoned once a run.

    A copy of a case, a store, a file that is read, a table of a test's own and a test that patches anything (`on` is False) are reckoned anew.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.on = folder, True
        self._homes = set(embedded_cases().values())
        self._digests: dict[int, tuple[Case, str]] = {}

    def answer(self, reckon: Callable[..., Result], asked: tuple[Analysis[Any], Inputs, Any]) -> Result:
        """The answer of an analysis."""
        analysis, inputs, request = asked
        files = any(isinstance(getattr(request, one.name), Path) for one in fields(request))
        path = (
            None
            if inputs.store or files
            else self._path(inputs.case, analysis.name, repr(request), inputs.named)
        )
        found: Result = self._once(path, lambda: reckon(*asked))
        return found

    def table(
        self, reckon: Callable[..., pl.DataFrame], about: Case | CorridorStudy, *rest: Any
    ) -> pl.DataFrame:
        """A table of a case or study."""
        case, more = (
            (about, ()) if isinstance(about, Case) else (about.case, (about.as_of, sorted(about.set_aside)))
        )
        path = self._path(case, reckon.__name__, *more)
        found: pl.DataFrame = self._once(path, lambda: reckon(about, *rest))
        return found

    def _once(self, path: Path | None, reckon: Callable[[], Any]) -> Any:
        if path is not None and path.exists():
            return pickle.loads(path.read_bytes())
        began = time.process_time()
        found = reckon()
        if path is not None and time.process_time() - began > DEAR_S:
            own = path.with_suffix(f".{os.getpid()}")
            own.write_bytes(pickle.dumps(found))
            own.replace(path)
        return found

    def _path(self, case: Case | None, *asked: Any) -> Path | None:
        if not self.on or case is None or case.own or case.folder not in self._homes:
            return None
        name = repr((*asked, str(case.folder), self._digest(case)))
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()}.answer"

    def _digest(self, case: Case) -> str:
        if id(case) not in self._digests:  # the case is held, so that no other gets its id
            self._digests[id(case)] = case, content(case)
        return self._digests[id(case)][1]


def content(case: Case) -> str:
    """Digest of what a case holds, with that of the case it stands under."""
    found = hashlib.sha256(repr([getattr(case, name) for name in STANDS_ON]).encode())
    for name, table in case.tables.items():
        found.update(name.encode())
        found.update(pickle.dumps(table.to_dict(as_series=False)))
    found.update(content(case.bare).encode() if case.bare else b"")
    return found.hexdigest()


@contextmanager
def answered_once(folder: Path) -> Iterator[AnsweredOnce]:
    """Keep dear answers and tables below a folder while the body runs, for all modules that know the functions."""
    kept = AnsweredOnce(folder)
    reckon = Analysis.answer

    def answer(analysis: Analysis[Any], inputs: Inputs, request: Any) -> Result:
        return kept.answer(reckon, (analysis, inputs, request))

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(Analysis, "answer", answer))
        for function in TABLES:
            stand_in = partial(kept.table, function)
            for module in [m for name, m in sys.modules.items() if name.startswith("karwan.")]:
                if getattr(module, function.__name__, None) is function:
                    stack.enter_context(mock.patch.object(module, function.__name__, stand_in))
        yield kept
