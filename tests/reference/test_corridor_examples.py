"""The figures of kaz-pak in the pages on assignment, corridors and sensitivity are those the program gives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import corridor_examples
import figures

pytestmark = pytest.mark.timeout(300)  # whole commands on kaz-pak


@pytest.mark.parametrize("name", corridor_examples.PAGES)
def test_figures_are_those_of_the_program(name: str) -> None:
    written = (figures.DOCS / name).read_text(encoding="utf-8")
    assert written == figures.page(name, corridor_examples.PAGES), "run `make docs`"
