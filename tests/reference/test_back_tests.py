"""What the docs say of the guarantees of October 2023 is what the model says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def back_tests() -> Iterator[ModuleType]:
    """The tool that writes the comparisons."""
    sys.path.insert(0, str(ROOT / "tools"))
    import back_tests as module

    yield module
    sys.path.remove(str(ROOT / "tools"))


def test_the_page_holds_the_guarantees_as_reckoned(back_tests: ModuleType) -> None:
    page = (ROOT / "docs" / "coupling.md").read_text(encoding="utf-8")
    lines = list(back_tests.guarantee())
    assert len(lines) == 12 and "| **seen**" in lines[-4]
    missing = [line for line in lines if line not in page]
    assert not missing, "run `python tools/back_tests.py`"
    assert "The sign is right" in lines[-1]


def test_a_guarantee_by_hand(back_tests: ModuleType) -> None:
    one = back_tests.BankGuarantee(0.5, 0.004, 1.0, 0.1, 146.0)
    assert one.value_share == pytest.approx(0.5 * (2 * 0.004 + 0.1 * 146 / 365 - 0.008))


def test_days_shut_by_hand(back_tests: ModuleType) -> None:
    one = back_tests.Seen("PAK", "AFG", date(2025, 10, 1), date(2025, 10, 31), -0.5, "")
    assert one.shut_share == pytest.approx(20 / 31)
