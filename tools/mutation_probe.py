"""Which tests evaluate a mutated expression: a pytest plugin for `tools/mutate.py`.

The probe in the sources is a builtin, so that a module needs no import for it; it gives None, so that `probe(3) or x` is x.
"""

from __future__ import annotations

import builtins
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

PROBE = "_mutation_probe"
REPORT = "MUTATION_REPORT"
HITS: set[int] = set()


setattr(builtins, PROBE, HITS.add)


def pytest_collection_finish() -> None:
    """Write down what is evaluated on import, before any test."""
    _report("", 0.0, True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Write down the probes a test passes and its CPU time."""
    HITS.clear()
    start = time.process_time()
    yield
    _report(item.nodeid, time.process_time() - start, not getattr(item, "_failed", False))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    """Remember that a test failed or was skipped in any of its phases."""
    yield
    if call.excinfo is not None:
        item._failed = True  # type: ignore[attr-defined]


def _report(test: str, seconds: float, passed: bool) -> None:
    row = {"test": test, "seconds": seconds, "hits": sorted(HITS), "passed": passed}
    with open(os.environ[REPORT], "a", encoding="utf-8") as report:
        report.write(json.dumps(row) + "\n")
