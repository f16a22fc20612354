"""The progress line of compilation, and that warming leaves nothing for the first route to compile."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from karwan.cli.compiling import MESSAGE, CompilingLine

# Signatures count, not compilations: a cache on the machine must not make the test pass.
PROBE = """
import importlib, pkgutil
from datetime import date
from numba.core.dispatcher import Dispatcher
import karwan.numerics
from karwan.analysis.contract import Inputs
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route
from karwan.case import read_case
from karwan.runs.warm import warm_kernels

def signatures():
    names = [m.name for m in pkgutil.iter_modules(karwan.numerics.__path__) if m.name != "geodesy"]
    modules = [importlib.import_module(f"karwan.numerics.{name}") for name in names]
    return {
        (m.__name__, name, str(signature))
        for m in modules
        for name, thing in vars(m).items() if isinstance(thing, Dispatcher)
        for signature in thing.signatures
    }

lines = list(warm_kernels())
before = signatures()
query = RouteRequest("Alford", "Cove", "beans", 20.0, date(2025, 7, 7), days_of_year=True, via=("Xing",))
answer_route(Inputs(read_case("toyland")), query)
print(len(lines), len(before) > 8, sorted(signatures() - before))
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def show(stream: io.StringIO) -> str:
    line = CompilingLine(stream)
    for loop in ("tree", "walk", ""):
        line.emit(logging.makeLogRecord({"msg": loop}))
    return stream.getvalue()


def test_a_terminal_sees_each_loop_and_a_clean_line_at_the_end() -> None:
    assert show(Terminal()) == f"\r\x1b[K{MESSAGE}: 1, tree\r\x1b[K{MESSAGE}: 2, walk\r\x1b[K"


def test_a_file_is_told_once() -> None:
    assert show(io.StringIO()) == f"{MESSAGE}\n"


def test_what_the_compiler_does_is_logged(tmp_path: Path) -> None:
    code = (
        "import logging, numpy as np\n"
        "logging.basicConfig(level=logging.INFO, format='%(name)s %(message)s')\n"
        "from karwan.numerics.shortest import csr\n"
        "csr(np.zeros(1, np.int32), 1)\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert "karwan.compiling csr" in run.stderr


@pytest.mark.timeout(300)  # compiles every loop where none is kept yet
def test_nothing_is_left_to_compile_after_warming() -> None:
    run = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "4 True []"
