"""The figures of kaz-pak in the pages on assignment, corridors and sensitivity are those the program gives."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import corridor_examples
import figures

SLOW = ("scenario.md", "sensitivity.md")
pytestmark = pytest.mark.timeout(300)  # whole commands on kaz-pak


@pytest.mark.parametrize("name", corridor_examples.PAGES)
def test_figures_are_those_of_the_program(name: str) -> None:
    if name in SLOW and "KARWAN_ALL_FIGURES" not in os.environ:
        pytest.skip("takes a minute: KARWAN_ALL_FIGURES=1 checks it, `make docs` writes it")
    written = (figures.DOCS / name).read_text(encoding="utf-8")
    assert written == figures.page(name, corridor_examples.PAGES), "run `make docs`"
