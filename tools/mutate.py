"""Change the models and kernels in small ways, one at a time, and tell which changes no test notices.

python tools/mutate.py                                  thirty mutations of seed 1; exit code 1 where more than two live
python tools/mutate.py --count 5 --seed 7 --under transport/network
python tools/mutate.py --under trade/standing.py --list     what could be mutated, and nothing is run

A mutation swaps a comparison, moves a bound, turns + into - or `and` into `or`, adds one to a number, takes the least for the
largest, or drops a `not`. The tests run on a copy of the package, first unchanged: what fails then is said and left out.
Kernels run uncompiled, so that a loop is judged by its source. A mutation that outlasts its time limit counts as noticed.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from measures import PACKAGE, module_name, targets

ROOT = PACKAGE.parents[1]
ROOMS = ("transport", "trade", "appraisal", "numerics")
MOST_ALIVE = 2
COMPARISON: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
BOUND: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
}  # fmt: skip
EXTREME = {
    "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum",
    "argmin": "argmax", "argmax": "argmin", "min_horizontal": "max_horizontal", "max_horizontal": "min_horizontal",
}  # fmt: skip
JOINED = (ast.List, ast.Tuple, ast.ListComp, ast.JoinedStr)
# Messages, types and settings of the compiler are not what a model computes.
NOT_MUTATED = (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Mutation:
    """One change of one expression: where (lines from 1, columns in bytes from 0), of which kind, and to what."""

    path: Path
    start: tuple[int, int]
    end: tuple[int, int]
    kind: str
    new: str

    @property
    def where(self) -> str:
        """File of the package and line."""
        return f"{self.path.relative_to(PACKAGE)}:{self.start[0]}"

    def span(self, source: bytes) -> tuple[int, int]:
        """First byte of the expression and the one behind it."""
        lines = source.splitlines(keepends=True)
        first, last = (sum(map(len, lines[: line - 1])) + column for line, column in (self.start, self.end))
        return first, last

    def apply(self, source: bytes) -> bytes:
        """The source with the change made."""
        first, last = self.span(source)
        return source[:first] + self.new.encode() + source[last:]

    def __str__(self) -> str:
        source = self.path.read_bytes()
        first, last = self.span(source)
        return " ".join(f"{self.where} {self.kind}: {source[first:last].decode()} -> {self.new}".split())


@dataclass(frozen=True)
class Verdict:
    """What the tests said of a mutation."""

    noticed: bool
    by: str
    seconds: float


def changed(node: ast.expr, **fields: object) -> str:
    """Source of a copy of an expression with some fields replaced, in brackets."""
    copy = deepcopy(node)
    for name, value in fields.items():
        setattr(copy, name, value)
    return f"({ast.unparse(copy)})"


def of_compare(node: ast.Compare) -> Iterator[tuple[str, str]]:
    """Each comparison of a chain turned round, and its bound moved."""
    for kind, swaps in (("comparison", COMPARISON), ("bound", BOUND)):
        for i, operator in enumerate(node.ops):
            if type(operator) in swaps:
                yield kind, changed(node, ops=[*node.ops[:i], swaps[type(operator)](), *node.ops[i + 1 :]])


def of_sum(node: ast.BinOp) -> Iterator[tuple[str, str]]:
    """Plus for minus, times for divided by; texts and lists that are joined stay."""
    texts_or_lists = any(isinstance(side, JOINED) or is_text(side) for side in (node.left, node.right))
    if type(node.op) in ARITHMETIC and not texts_or_lists:
        yield "arithmetic", changed(node, op=ARITHMETIC[type(node.op)]())


def is_text(node: ast.expr) -> bool:
    """Whether an expression is a text as it stands."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def of_number(node: ast.Constant) -> Iterator[tuple[str, str]]:
    """A number and one."""
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield "number", repr(node.value + 1)


def of_call(node: ast.Call) -> Iterator[tuple[str, str]]:
    """The least for the largest, as a function or a method."""
    called = node.func
    if isinstance(called, ast.Name) and called.id in EXTREME:
        yield "extreme", changed(node, func=ast.Name(EXTREME[called.id]))
    elif isinstance(called, ast.Attribute) and called.attr in EXTREME:
        yield "extreme", changed(node, func=ast.Attribute(called.value, EXTREME[called.attr]))


def of_boolean(node: ast.BoolOp) -> Iterator[tuple[str, str]]:
    """And for or."""
    yield "boolean", changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def of_not(node: ast.UnaryOp) -> Iterator[tuple[str, str]]:
    """What is negated, not negated."""
    if isinstance(node.op, ast.Not):
        yield "negation", f"bool({ast.unparse(node.operand)})"


def of_added(node: ast.AugAssign) -> Iterator[tuple[str, str]]:
    """A sum that is counted down."""
    if type(node.op) in ARITHMETIC and not isinstance(node.value, JOINED):
        copy = deepcopy(node)
        copy.op = ARITHMETIC[type(node.op)]()
        yield "arithmetic", ast.unparse(copy)


CHANGES: dict[type[ast.AST], Callable[..., Iterator[tuple[str, str]]]] = {
    ast.Compare: of_compare,
    ast.BinOp: of_sum,
    ast.Constant: of_number,
    ast.Call: of_call,
    ast.BoolOp: of_boolean,
    ast.UnaryOp: of_not,
    ast.AugAssign: of_added,
}
KINDS = ("comparison", "bound", "arithmetic", "number", "extreme", "boolean", "negation")


def computing(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes below one that compute: no type, no decorator, no message of an error."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, NOT_MUTATED):
                yield child
                yield from computing(child)


def mutations(path: Path) -> Iterator[Mutation]:
    """Every mutation of a file."""
    source = path.read_text(encoding="utf-8")
    for node in computing(ast.parse(source)):
        for kind, new in CHANGES[type(node)](node) if type(node) in CHANGES else ():
            start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
            yield Mutation(path, start, end, kind, new)


def chosen(candidates: Iterable[Mutation], count: int, seed: int) -> list[Mutation]:
    """Some mutations, the kinds in turn, no line twice."""
    generator = random.Random(seed)
    by_kind: dict[str, list[Mutation]] = defaultdict(list)
    for mutation in candidates:
        by_kind[mutation.kind].append(mutation)
    for held in by_kind.values():
        generator.shuffle(held)
    found: dict[str, Mutation] = {}
    while len(found) < count and any(by_kind.values()):
        for kind in KINDS:
            if by_kind[kind] and len(found) < count:
                mutation = by_kind[kind].pop()
                found.setdefault(mutation.where, mutation)
    return list(found.values())


def imports_of(files: Iterable[Path], known: set[str]) -> dict[Path, set[str]]:
    """Modules of the package that each file names."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in files}
    return {path: {t for n in ast.walk(tree) for t in targets(n, known)} for path, tree in trees.items()}


class Tests:
    """Which test files belong to a module: those of its noun and those that import it; else those of its importers."""

    def __init__(self) -> None:
        modules = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
        named = imports_of(modules.values(), set(modules))
        self._importers: dict[str, set[str]] = defaultdict(set)
        for module, path in modules.items():
            for target in named[path]:
                self._importers[target].add(module)
        folders = [ROOT / "tests" / folder for folder in ("unit", "property")]
        files = [path for folder in folders for path in sorted(folder.glob("test_*.py"))]
        self._files = imports_of(files, set(modules))

    def of(self, module: str) -> list[Path]:
        """Test files of a module, those of its noun first."""
        nouns = [f"test_{noun}" for noun in module.split(".")[2:]]
        ring, seen = {module}, {module}
        while ring:
            found = [p for p, named in self._files.items() if p.stem in nouns or named & ring]
            if found:
                return sorted(found, key=lambda p: (p.stem not in nouns, str(p)))
            ring = {importer for inner in ring for importer in self._importers[inner]} - seen
            seen |= ring
        return []


class Bench:
    """A copy of the package on which tests run."""

    def __init__(self, folder: Path, limit_s: float) -> None:
        self.package = folder / "src" / "karwan"
        self._limit_s = limit_s
        self._seconds: dict[tuple[Path, bool], float | None] = {}
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(folder / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",  # a cached file of a mutation must not outlive it
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
        }
        shutil.copytree(PACKAGE, self.package)

    def run(self, tests: Iterable[Path], plain: bool, limit_s: float) -> tuple[int, str]:
        """Exit code and output of test files; 124 where they took longer than the limit."""
        environment = self._environment | ({"NUMBA_DISABLE_JIT": "1"} if plain else {})
        words = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
        words += ["--hypothesis-seed=0", *map(str, tests)]
        try:
            done = subprocess.run(
                words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit_s, check=False
            )
        except subprocess.TimeoutExpired:
            return 124, ""
        return done.returncode, done.stdout + done.stderr

    def sound(self, test: Path, plain: bool) -> bool:
        """Whether a test file passes on the unchanged package; said once where it does not."""
        if (test, plain) not in self._seconds:
            start = time.monotonic()
            code, _ = self.run([test], plain, 4 * self._limit_s)
            self._seconds[test, plain] = time.monotonic() - start if code == 0 else None
            if code:
                how = "uncompiled" if plain else "unchanged"
                print(f"  left out: {test.relative_to(ROOT)} does not pass {how}", flush=True)
        return self._seconds[test, plain] is not None

    def judge(self, mutation: Mutation, tests: Iterable[Path]) -> Verdict:
        """Run the tests with a mutation, and put the file back."""
        plain = mutation.path.is_relative_to(PACKAGE / "numerics")
        usable = [test for test in tests if self.sound(test, plain)]
        if not usable:
            return Verdict(False, "no test file belongs to it", 0.0)
        limit_s = max(self._limit_s, 3 * sum(self._seconds[test, plain] or 0.0 for test in usable))
        file = self.package / mutation.path.relative_to(PACKAGE)
        start = time.monotonic()
        kept, stamp = file.read_bytes(), file.stat()
        file.write_bytes(mutation.apply(kept))
        try:
            code, output = self.run(usable, plain, limit_s)
        finally:
            file.write_bytes(kept)
            os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # so that compiled loops stay usable
        by = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
        said = {0: f"{len(usable)} test files pass", 124: f"over {limit_s:.0f} s"}
        return Verdict(code != 0, said.get(code, by[1] if by else output[-80:]), time.monotonic() - start)


def read_options() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--under", default="", help="only files whose path in the package begins so")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds a mutation may run at least")
    parser.add_argument("--list", action="store_true", help="show the mutations, run nothing")
    return parser.parse_args()


def main() -> int:
    """Mutate, run, print; 1 where more than two live."""
    given = read_options()
    files = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
    files = [path for path in files if str(path.relative_to(PACKAGE)).startswith(given.under)]
    candidates = [mutation for path in files for mutation in mutations(path)]
    picked = chosen(candidates, given.count, given.seed)
    print(
        f"{len(picked)} of {len(candidates):,} mutations in {len(files)} files, seed {given.seed}", flush=True
    )
    if given.list:
        print(*picked, sep="\n")
        return 0
    tests, alive = Tests(), 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), given.limit)
        for mutation in picked:
            verdict = bench.judge(mutation, tests.of(module_name(mutation.path)))
            alive += not verdict.noticed
            word = "noticed" if verdict.noticed else "LIVES  "
            print(f"{word} {mutation} [{verdict.by}, {verdict.seconds:.0f} s]", flush=True)
    print(f"{alive} of {len(picked)} live (at most {MOST_ALIVE})")
    return int(alive > MOST_ALIVE)


if __name__ == "__main__":
    sys.exit(main())
