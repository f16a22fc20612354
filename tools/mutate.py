"""Change the models and kernels in small ways, one at a time, and tell which changes no test notices.

python tools/mutate.py                                  thirty mutations of seed 1; exit code 1 where more than two live
python tools/mutate.py --count 5 --seed 7 --under transport/network
python tools/mutate.py --under trade/standing.py --list     what could be mutated, and nothing is run

A mutation swaps a comparison, moves a bound, turns + into - or `and` into `or`, adds one to a number, takes the least for the
largest, or drops a `not`. The tests run on a copy of the package, first unchanged and with a probe at each expression that will be
mutated: so it is known which tests evaluate it and how long they take; what fails then is said and left out. Then each mutation meets
the quickest of its tests in a process of its own. Kernels run uncompiled, so that a loop is judged by its source. A mutation that takes
more CPU time than its limit counts as noticed. `equivalent_mutants.csv` lists the changes that make no difference, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import csv
import hashlib
import json
import math
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from measures import PACKAGE, module_name, targets
from mutation_probe import PROBE, REPORT

ROOT = PACKAGE.parents[1]
ROOMS = ("transport", "trade", "appraisal", "numerics")
NO_MODEL = ("compiled.py",)  # settings of the compiler
MOST_ALIVE = 2
TOOLS = Path(__file__).resolve().parent
EQUIVALENT = TOOLS / "equivalent_mutants.csv"
SPENT = 6.0  # CPU seconds that the tests of a mutation take together where nothing is changed
SLOWEST = 20  # seconds beyond which a test is left out
BASELINE_S = 1200.0  # CPU seconds that the tests may take together where nothing is changed
WAITED = 8.0  # times the CPU seconds that are waited, as the machine may have other work
OVERTIME = 124
FILES = 6  # test files a mutation is looked for in
PLUGINS = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "mutation_probe")
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
    def plain(self) -> bool:
        """Whether it is in a compiled loop, which is judged uncompiled."""
        return self.path.is_relative_to(PACKAGE / "numerics")

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is, wherever its line moves: file, kind, before and after."""
        first, last = self.span(source := self.path.read_bytes())
        before = " ".join(source[first:last].decode().split())
        return str(self.path.relative_to(PACKAGE)), self.kind, before, " ".join(self.new.split())

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

    def probe(self, source: bytes, number: int) -> list[tuple[int, bytes]]:
        """What to insert where into the source so that it tells the probe when the expression is evaluated."""
        first, last = self.span(source)
        if not self.new.startswith(("(", "bool(")):  # a statement that counts, or a number
            counting = re.match(rb"[^=]*[-+*/]=\s*", source[first:last])
            first += counting.end() if counting else 0
        return [(first, f"({PROBE}({number}) or (".encode()), (last, b"))")]

    def __str__(self) -> str:
        _, kind, before, after = self.key
        return f"{self.where} {kind}: {before} -> {after}"


@dataclass(frozen=True)
class Verdict:
    """What the tests said of a mutation."""

    noticed: bool
    by: str
    seconds: float
    same: bool = False

    @property
    def word(self) -> str:
        """The verdict in a word."""
        return "same   " if self.same else "noticed" if self.noticed else "LIVES  "


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
    """Some mutations, the kinds in turn, no line twice; a change elsewhere in the sources leaves the choice as it is."""
    by_kind: dict[str, list[tuple[bytes, Mutation]]] = defaultdict(list)
    met: Counter[tuple[str, ...]] = Counter()
    for mutation in candidates:
        key = mutation.key
        met[key] += 1
        rank = hashlib.sha256(f"{seed} {key} {met[key]}".encode()).digest()
        by_kind[mutation.kind].append((rank, mutation))
    for held in by_kind.values():
        held.sort(key=lambda ranked: ranked[0])
    found: dict[str, Mutation] = {}
    while len(found) < count and any(by_kind.values()):
        for kind in KINDS:
            if by_kind[kind] and len(found) < count:
                _, mutation = by_kind[kind].pop()
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
                return sorted(found, key=lambda p: (p.stem not in nouns, p.parent.name != "unit", str(p)))[
                    :FILES
                ]
            ring = {importer for inner in ring for importer in self._importers[inner]} - seen
            seen |= ring
        return []


@dataclass(frozen=True)
class Seen:
    """A test on the unchanged package: its CPU seconds, and the mutations whose expression it evaluates; without a name, the import."""

    test: str
    seconds: float
    hits: frozenset[int]


class Bench:
    """A copy of the package on which tests run.

    Parameters
    ----------
    folder
        Where the copy goes.
    limit_s
        CPU seconds a mutation may take, of which its tests take `SPENT` at most where nothing is changed.
    """

    def __init__(self, folder: Path, limit_s: float) -> None:
        self.package = folder / "src" / "karwan"
        self._limit_s = limit_s
        self._report = folder / "report.jsonl"
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(folder / "src"), str(TOOLS))),
            "PYTHONDONTWRITEBYTECODE": "1",  # a cached file of a mutation must not outlive it
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            REPORT: str(self._report),
        }
        shutil.copytree(PACKAGE, self.package)
        probing = f"import builtins\n\nbuiltins.{PROBE} = set().add\n"  # the plugin puts its own in its place
        (folder / "src" / "sitecustomize.py").write_text(probing)

    def run(self, words: Iterable[str], plain: bool, limit_s: float) -> tuple[int, str]:
        """Exit code and output of pytest; `OVERTIME` where it took more CPU seconds than the limit."""
        environment = self._environment | ({"NUMBA_DISABLE_JIT": "1"} if plain else {})
        command = [sys.executable, "-m", "pytest", "-q", "--tb=no", *PLUGINS, "--hypothesis-seed=0", *words]
        if plain:  # words of the generator wrap round, of which NumPy warns where a compiled loop does not
            command += ["-W", "ignore::RuntimeWarning"]
        seconds = math.ceil(limit_s)
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=WAITED * limit_s,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds)),
            )
        except subprocess.TimeoutExpired:
            return OVERTIME, ""
        return OVERTIME if done.returncode < 0 else done.returncode, done.stdout + done.stderr

    def look(self, mutations: Mapping[int, Mutation], files: Iterable[Path], plain: bool) -> list[Seen]:
        """Run test files once on the unchanged package, with a probe at each mutation; what fails is said and left out."""
        self._report.write_text("")
        with self._changed(probed(mutations)):
            words = (f"--timeout={SLOWEST}", *map(str, files))
            code, output = self.run(words, plain, BASELINE_S)
        if code == OVERTIME:
            print(
                f"  the tests take over {BASELINE_S:.0f} s unchanged: those not reached judge nothing",
                flush=True,
            )
        rows = [json.loads(line) for line in self._report.read_text().splitlines()]
        if not rows:
            raise SystemExit(f"No test runs on the unchanged package.\n{output}")
        for row in rows:
            if not row["passed"]:
                print(f"  left out: {row['test']} fails, is skipped or is slow unchanged", flush=True)
        return [Seen(row["test"], row["seconds"], frozenset(row["hits"])) for row in rows if row["passed"]]

    def judge(self, mutation: Mutation, tests: Sequence[Seen]) -> Verdict:
        """Run tests with a mutation, and put the file back."""
        if not tests:
            return Verdict(False, "no test evaluates it", 0.0)
        start = time.monotonic()
        source = (self.package / mutation.path.relative_to(PACKAGE)).read_bytes()
        with self._changed({mutation.path: mutation.apply(source)}):
            code, output = self.run(["-x", *(test.test for test in tests)], mutation.plain, self._limit_s)
        by = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
        said = {0: f"{len(tests)} tests pass", OVERTIME: f"over {self._limit_s:.0f} s"}
        return Verdict(code != 0, said.get(code, by[1] if by else output[-80:]), time.monotonic() - start)

    @contextmanager
    def _changed(self, sources: Mapping[Path, bytes]) -> Iterator[None]:
        """The copy with other sources for a while; their dates stay, so that compiled loops stay usable."""
        files = {self.package / path.relative_to(PACKAGE): source for path, source in sources.items()}
        kept = {file: (file.read_bytes(), file.stat()) for file in files}
        try:
            for file, source in files.items():
                file.write_bytes(source)
            yield
        finally:
            for file, (source, stamp) in kept.items():
                file.write_bytes(source)
                os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def probed(mutations: Mapping[int, Mutation]) -> dict[Path, bytes]:
    """Sources that tell the probe when the expression of a mutation is evaluated, by file."""
    sources = {mutation.path: mutation.path.read_bytes() for mutation in mutations.values()}
    inserted: dict[Path, list[tuple[int, bytes]]] = defaultdict(list)
    for number, mutation in mutations.items():
        inserted[mutation.path] += mutation.probe(sources[mutation.path], number)
    for path, inserts in inserted.items():
        for offset, text in sorted(inserts, key=lambda insert: insert[0], reverse=True):
            sources[path] = sources[path][:offset] + text + sources[path][offset:]
    return sources


def fitting(number: int, seen: Sequence[Seen]) -> list[Seen]:
    """Tests that evaluate a mutation, quick ones first, then others of their files, as many as fit into the time.

    What is evaluated on import is every test's.
    """
    on_import = any(number in one.hits for one in seen if not one.test)
    tests = sorted((one for one in seen if one.test), key=lambda test: test.seconds)
    direct = [test for test in tests if on_import or number in test.hits]
    files = {test.test.partition("::")[0] for test in direct}
    others = [test for test in tests if test not in direct and test.test.partition("::")[0] in files]
    found: list[Seen] = []
    for test in (*direct, *others):
        if not found or sum(t.seconds for t in found) + test.seconds <= SPENT:
            found.append(test)
    return found


def equivalents() -> dict[tuple[str, ...], str]:
    """Changes that are known to make no difference, each with its reason."""
    with EQUIVALENT.open(encoding="utf-8", newline="") as file:
        return {
            (row["file"], row["kind"], row["before"], row["after"]): row["reason"]
            for row in csv.DictReader(file)
        }


def read_options() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--under", default="", help="only files whose path in the package begins so")
    parser.add_argument("--limit", type=float, default=40.0, help="CPU seconds a mutation may take")
    parser.add_argument("--list", action="store_true", help="show the mutations, run nothing")
    return parser.parse_args()


def judged(picked: Sequence[Mutation], limit_s: float) -> Iterator[tuple[Mutation, Verdict]]:
    """Each mutation and what the tests say of it."""
    tests, known = Tests(), equivalents()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), limit_s)
        for plain in (False, True):
            mine = {n: m for n, m in enumerate(picked) if m.plain == plain}
            files = dict.fromkeys(file for m in mine.values() for file in tests.of(module_name(m.path)))
            seen = bench.look(mine, files, plain) if mine else []
            for number, mutation in mine.items():
                reason = known.get(mutation.key)
                yield (
                    mutation,
                    Verdict(True, reason, 0.0, True)
                    if reason
                    else bench.judge(mutation, fitting(number, seen)),
                )


def main() -> int:
    """Mutate, run, print; 1 where more than two live."""
    given = read_options()
    files = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
    files = [path for path in files if str(path.relative_to(PACKAGE)).startswith(given.under)]
    candidates = [mutation for path in files if path.name not in NO_MODEL for mutation in mutations(path)]
    picked = chosen(candidates, given.count, given.seed)
    print(
        f"{len(picked)} of {len(candidates):,} mutations in {len(files)} files, seed {given.seed}", flush=True
    )
    if given.list:
        print(*picked, sep="\n")
        return 0
    alive = 0
    for mutation, verdict in judged(picked, given.limit):
        alive += not verdict.noticed
        print(f"{verdict.word} {mutation} [{verdict.by}, {verdict.seconds:.0f} s]", flush=True)
    print(f"{alive} of {len(picked)} live (at most {MOST_ALIVE})")
    return int(alive > MOST_ALIVE)


if __name__ == "__main__":
    sys.exit(main())
