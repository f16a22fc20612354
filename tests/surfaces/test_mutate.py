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
    for path in modules[::4]:
        assert tests.of(mutate.module_name(path)), path


MODEL = """TWO = 1 + 1
def total(a, b):
    found = a + b
    return found
def lost():
    return not TWO
"""
TESTS = """from karwan.model import TWO, total
def test_two():
    assert TWO == 2
def test_total():
    assert total(2, 3) == 5
def test_that_fails():
    assert total(1, 1) == 3
"""


def test_each_change_meets_the_tests_that_evaluate_it_and_the_file_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "src" / "karwan"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model.py").write_text(MODEL)
    test = tmp_path / "test_model.py"
    test.write_text(TESTS)
    monkeypatch.setattr(mutate, "PACKAGE", package)
    monkeypatch.setattr(mutate, "ROOT", tmp_path)
    bench = mutate.Bench(tmp_path / "bench", limit_s=60.0)
    picked = dict(enumerate(mutate.mutations(package / "model.py")))
    seen = bench.look(picked, [test], plain=False)
    assert [one.test.partition("::")[2] for one in seen] == ["", "test_two", "test_total"]
    verdicts = {
        mutation.new: bench.judge(mutation, mutate.fitting(number, seen))
        for number, mutation in picked.items()
    }
    assert {new: verdict.noticed for new, verdict in verdicts.items()} == {
        "(1 - 1)": True,
        "2": True,
        "(a - b)": True,
        "bool(TWO)": False,
    }
    assert verdicts["(a - b)"].by == "test_model.py::test_total"
    assert verdicts["bool(TWO)"].by == "no test evaluates it"
    assert (bench.package / "model.py").read_text() == MODEL


def test_quick_tests_go_first_as_many_as_fit() -> None:
    seen = [
        mutate.Seen("", 0.0, frozenset({3})),
        mutate.Seen("a.py::slow", 2.0, frozenset({1})),
        mutate.Seen("a.py::quick", 1.0, frozenset({1, 2})),
        mutate.Seen("a.py::other", 0.5, frozenset()),
        mutate.Seen("b.py::long", mutate.SPENT, frozenset({1})),
    ]
    names = [[test.test for test in mutate.fitting(number, seen)] for number in range(4)]
    assert names[0] == []
    assert names[1] == ["a.py::quick", "a.py::slow", "a.py::other"]
    assert names[2] == ["a.py::quick", "a.py::other", "a.py::slow"]
    assert names[3] == ["a.py::other", "a.py::quick", "a.py::slow"]


def test_every_change_said_to_make_no_difference_is_one_that_could_be_made() -> None:
    files = {mutate.PACKAGE / file for file, *_ in mutate.equivalents()}
    made = {mutation.key for path in files for mutation in mutate.mutations(path)}
    assert set(mutate.equivalents()) <= made
    assert all(len(reason) > 20 for reason in mutate.equivalents().values())
