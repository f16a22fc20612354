"""Imports go in no circle; files and functions stay readable. The layers are in pyproject.toml, held by import-linter."""

from __future__ import annotations

import ast
import io
import tokenize
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "karwan"
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60
# Waivers: a ceiling and the reason.
LONG_FILES: dict[str, tuple[int, str]] = {}
LONG_FUNCTIONS = {
    "karwan.numerics.pareto.label_setting": (110, "solver loop: the label-setting search"),
    "karwan.report.sections.target.target_section": (80, "one section's blocks in reading order"),
}
SIGNED = ("karwan.cli.", "karwan.project")
"""Modules whose functions have one parameter for each option; only their bodies are measured."""


def module_name(path: Path) -> str:
    parts = ("karwan", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(p): p for p in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def type_only(tree: ast.Module) -> set[int]:
    """Ids of import nodes under `if TYPE_CHECKING`, which do not run."""
    return {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for inner in block.body
        for node in ast.walk(inner)
    }


def imports(module: str, *, at_import: bool) -> set[str]:
    """Package modules that `module` imports; `at_import` leaves out what runs later or never."""
    tree = TREES[module]
    skipped = type_only(tree) if at_import else set()
    later = {
        id(node)
        for function in ast.walk(tree)
        if at_import and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped or id(node) in later:
            continue
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.split(".")[0] == "karwan"}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "karwan":
            assert node.level == 0
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in FILES else node.module)
    return {name if name in FILES else name.rpartition(".")[0] for name in found} - {module}


def test_no_import_cycles() -> None:
    graph = {m: imports(m, at_import=True) - {"karwan"} for m in FILES}
    # A package's __init__ gathers its own modules; a module below it that names a sibling is no cycle by itself.
    for module, targets in graph.items():
        graph[module] = {t for t in targets if not module.startswith(t + ".")}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")
    assert set(order) == set(FILES)


def test_kernels_need_no_package_code() -> None:
    for module in FILES:
        if module.startswith("karwan.numerics."):
            foreign = {m for m in imports(module, at_import=False) if not m.startswith("karwan.numerics")}
            assert not foreign, f"{module} imports {foreign}"


def test_files_are_short() -> None:
    sizes = {p.relative_to(PACKAGE).as_posix(): len(p.read_text().splitlines()) for p in FILES.values()}
    long = {n: size for n, size in sizes.items() if size > LONG_FILES.get(n, (MAX_FILE_LINES, ""))[0]}
    assert not long, f"files over {MAX_FILE_LINES} lines: {long}"


def code_lines(source: str) -> set[int]:
    """Numbers of the lines that hold code: no blank line, no comment."""
    skip = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skip:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return lines


def function_size(node: ast.FunctionDef | ast.AsyncFunctionDef, code: set[int], *, body_only: bool) -> int:
    """Code lines of a function without its docstring; the parameters of commands and of the facade are typed options and do not count."""
    first = node.body[0]
    start = first.lineno if body_only else node.lineno
    own = set(range(start, (node.end_lineno or node.lineno) + 1)) & code
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        own -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return len(own)


def test_functions_are_short() -> None:
    long: dict[str, int] = {}
    for module, path in FILES.items():
        code = code_lines(path.read_text(encoding="utf-8"))
        for node in ast.walk(TREES[module]):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = function_size(node, code, body_only=module.startswith(SIGNED))
                if size > LONG_FUNCTIONS.get(f"{module}.{node.name}", (MAX_FUNCTION_LINES, ""))[0]:
                    long[f"{module}.{node.name}"] = size
    assert not long, f"functions over {MAX_FUNCTION_LINES} code lines: {long}"


def test_every_module_opens_with_a_sentence() -> None:
    silent = [m for m, tree in TREES.items() if not (ast.get_docstring(tree) or "").strip()]
    assert not silent
