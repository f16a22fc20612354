"""docs/security.md: every test that a rule names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(?:tests/\w+/)?(test_\w+)(?:\.py|\.(test_\w+))?`")


def test_every_rule_names_tests_that_are_there() -> None:
    files = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    defined = {name for text in files.values() for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    table = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) >= 20
    for row in rows:
        rule, shown = row.strip("| ").rsplit(" | ", 1)
        named = NAMED.findall(shown)
        assert named or shown in ("-", "`ruff check`"), f"{rule}: names no test"
        for first, second in named:
            if second:
                assert f"def {second}(" in files[first], f"{rule}: {first}.{second}"
            else:
                assert first in files or first in defined, f"{rule}: {first}"
