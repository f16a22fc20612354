"""The mutations of tools/mutate.py: each changes what is computed, and nothing else."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import mutate

SOURCE = b'''@keep(size=1)
def share(a: int | None, b: float = 2.0) -> "x + y":
    """Not 1 + 1."""
    if not a or a < b:
        raise ValueError(f"{a + 1} is below {b}")
    total = "caf\xc3\xa9: " + str(min(a, b) - 1)
    return total
'''


def mutated(tmp_path: Path, source: bytes) -> dict[str, list[str]]:
    """Kind to the lines that mutations of a source put in place of others."""
    file = tmp_path / "model.py"
    file.write_bytes(source)
    found: dict[str, list[str]] = {}
    before = source.decode().splitlines()
    for mutation in mutate.mutations(file):
        after = mutation.apply(source).decode().splitlines()
        ast.parse("\n".join(after))
        changed = [new.strip() for old, new in zip(before, after, strict=True) if old != new]
        assert len(changed) == 1
        found.setdefault(mutation.kind, []).extend(changed)
    return found


def test_every_kind_of_change_and_no_type_message_decorator_or_text(tmp_path: Path) -> None:
    assert mutated(tmp_path, SOURCE) == {
        "number": [
            'def share(a: int | None, b: float = 3.0) -> "x + y":',
            'total = "café: " + str(min(a, b) - 2)',
        ],
        "boolean": ["if (not a and a < b):"],
        "negation": ["if bool(a) or a < b:"],
        "comparison": ["if not a or (a >= b):"],
        "bound": ["if not a or (a <= b):"],
        "arithmetic": ['total = "café: " + str((min(a, b) + 1))'],
        "extreme": ['total = "café: " + str((max(a, b)) - 1)'],
    }


def test_a_sum_of_several_lines_is_one_change(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    source = b"x = (\n    first\n    + second\n)\n"
    file.write_bytes(source)
    (one,) = mutate.mutations(file)
    assert one.apply(source) == b"x = (\n    (first - second)\n)\n"


def test_the_same_seed_picks_the_same_changes_of_every_kind() -> None:
    files = sorted((mutate.PACKAGE / "transport" / "network").glob("*.py"))
    candidates = [mutation for path in files for mutation in mutate.mutations(path)]
    picked = mutate.chosen(candidates, 14, 3)
    assert picked == mutate.chosen(candidates, 14, 3) != mutate.chosen(candidates, 14, 4)
    assert len({mutation.where for mutation in picked}) == 14
    assert {mutation.kind for mutation in picked} == set(mutate.KINDS)


def test_a_module_has_the_tests_of_its_noun_or_of_what_imports_it() -> None:
    tests = mutate.Tests()
    assert tests.of("karwan.trade.standing")[0].name == "test_standing.py"
    assert "test_network.py" in {path.name for path in tests.of("karwan.transport.network.links")}
    modules = [path for path in (mutate.PACKAGE / "trade").rglob("*.py") if path.name != "__init__.py"]
    assert len(modules) > 20
    for path in modules:
        assert tests.of(mutate.module_name(path)), path


def test_a_change_that_a_test_sees_is_noticed_and_the_file_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "src" / "karwan"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model.py").write_bytes(b"WHOLE = 1 + 1\n")
    test = tmp_path / "test_model.py"
    test.write_text("from karwan.model import WHOLE\n\ndef test_whole():\n    assert WHOLE == 2\n")
    monkeypatch.setattr(mutate, "PACKAGE", package)
    monkeypatch.setattr(mutate, "ROOT", tmp_path)
    bench = mutate.Bench(tmp_path / "bench", limit_s=60.0)
    verdicts = {
        mutation.new: bench.judge(mutation, [test]).noticed
        for mutation in mutate.mutations(package / "model.py")
    }
    assert verdicts == {"(1 - 1)": True, "2": True}
    assert (bench.package / "model.py").read_bytes() == b"WHOLE = 1 + 1\n"
    assert not bench.judge(next(mutate.mutations(package / "model.py")), []).noticed
