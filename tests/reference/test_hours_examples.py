"""The scores, trips and hours of kaz-pak in the page on reliability are those the program gives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import figures
import hours_examples

pytestmark = pytest.mark.timeout(300)


def test_figures_are_those_of_the_program() -> None:
    written = (figures.DOCS / "reliability.md").read_text(encoding="utf-8")
    assert written == figures.page("reliability.md", hours_examples.PAGES), "run `make docs`"
