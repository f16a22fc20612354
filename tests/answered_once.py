"""Answers of the embedded cases that cost seconds: what one worker found in a run the others read."""

from __future__ import annotations

import hashlib
import os
import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any
from unittest import mock

from karwan.analysis.contract import Analysis, Inputs, Result
from karwan.case import Case, embedded_cases

DEAR_S = 1.0
"""Seconds of computing from which an answer is worth keeping."""
STANDS_ON = ("settings", "scenarios", "warnings")


class AnsweredOnce:
    """Stands in for `Analysis.answer`: the same question of an embedded case as it stands is reckoned once a run.

    A copy of a case, a store, a table of a test's own and a test that patches anything (`on` is False) are reckoned anew.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.on, self.read = folder, True, 0
        self._reckon = Analysis.answer
        self._homes = set(embedded_cases().values())

    def answer(self, analysis: Analysis[Any], inputs: Inputs, request: Any) -> Result:
        """The answer at hand, or a new one, kept where it was dear."""
        path = self._path(analysis, inputs, request)
        if path is not None and path.exists():
            self.read += 1
            held: Result = pickle.loads(path.read_bytes())
            return held
        began = time.process_time()
        found = self._reckon(analysis, inputs, request)
        if path is not None and time.process_time() - began > DEAR_S:
            self._keep(path, found)
        return found

    def _path(self, analysis: Analysis[Any], inputs: Inputs, request: Any) -> Path | None:
        case = inputs.case
        if not self.on or case is None or inputs.store or case.own or case.folder not in self._homes:
            return None
        if any(isinstance(getattr(request, one.name), Path) for one in fields(request)):
            return None  # what the file holds may be another
        asked = (analysis.name, repr(request), inputs.named, str(case.folder), content(case))
        return self.folder / f"{hashlib.sha256(repr(asked).encode()).hexdigest()}.answer"

    @staticmethod
    def _keep(path: Path, found: Result) -> None:
        own = path.with_suffix(f".{os.getpid()}")
        own.write_bytes(pickle.dumps(found))
        own.replace(path)


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
    """Keep dear answers below a folder while the body runs."""
    kept = AnsweredOnce(folder)

    def answer(analysis: Analysis[Any], inputs: Inputs, request: Any) -> Result:
        return kept.answer(analysis, inputs, request)

    with mock.patch.object(Analysis, "answer", answer):
        yield kept
