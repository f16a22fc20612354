"""The few names a user of the library meets, and what they promise."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import karwan
from karwan import errors
from karwan.case import Case
from karwan.errors import KarwanError, UnknownName

PACKAGE = Path(karwan.__file__).parent


def test_public_names_exist_and_are_documented() -> None:
    for name in karwan.__all__:
        thing = getattr(karwan, name)
        if name != "__version__":
            assert inspect.getdoc(thing), name
    assert {"open_case", "save_brief", "Project"} <= set(karwan.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'opencase'"):
        karwan.opencase  # noqa: B018


def test_public_methods_of_a_project_are_typed_and_documented() -> None:
    for name, method in inspect.getmembers(karwan.Project, inspect.isfunction):
        if name.startswith("_"):
            continue
        assert inspect.getdoc(method), name
        assert inspect.signature(method).return_annotation is not inspect.Signature.empty, name


def test_the_package_is_marked_as_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_version_follows_the_changelog() -> None:
    changelog = (PACKAGE.parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
    top = next(line for line in changelog.splitlines() if line.startswith("## "))
    assert top.split()[1] == karwan.__version__


def test_importing_the_package_and_its_command_line_stays_light() -> None:
    """Neither compiles kernels nor loads the solvers; the command line must answer `--help` at once."""
    code = (
        "import sys, karwan, karwan.cli.app; "
        "print([m for m in ('numba', 'highspy', 'pandas', 'pyarrow', 'ibis', 'statsmodels', 'typst') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_error_belongs_to_the_tree_and_to_a_builtin() -> None:
    leaves = [e for e in vars(errors).values() if inspect.isclass(e) and issubclass(e, KarwanError)]
    assert len(leaves) >= 6
    for leaf in leaves:
        assert inspect.getdoc(leaf)
        if leaf is not KarwanError:
            builtin = [
                b
                for b in leaf.__mro__
                if b.__module__ == "builtins" and b not in (Exception, BaseException, object)
            ]
            assert builtin, leaf
            assert KeyError not in builtin, "str() of a KeyError quotes the message"


def test_an_error_says_fact_evidence_and_way_out() -> None:
    text = str(UnknownName("No such place.", "Atlantis", "name a node"))
    assert text.splitlines() == ["No such place.", "  Seen: Atlantis", "  Fix: name a node"]


def test_package_code_raises_no_bare_exception_and_prints_only_on_the_command_line() -> None:
    said = re.compile(r"\b(raise\s+(Exception|BaseException|RuntimeError)|except(?=\s*:)|print)\b")
    suspect = {path: text for path in PACKAGE.rglob("*.py") if said.search(text := path.read_text("utf-8"))}
    assert suspect
    for path, text in suspect.items():
        for node in ast.walk(ast.parse(text)):
            where = f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = getattr(node.exc.func, "id", "")
                assert name not in ("Exception", "BaseException", "RuntimeError"), where
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, where
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
                assert path.is_relative_to(PACKAGE / "cli"), where


def test_a_case_is_asked_by_table_name(toyland: Case) -> None:
    assert toyland["nodes"].height == 8
    with pytest.raises(UnknownName, match="crossings"):
        toyland["crossing"]


def test_a_changed_case_is_a_new_one(toyland: Case) -> None:
    changed = toyland.with_tables({"closures": toyland["closures"].clear()})
    assert changed["closures"].height == 0
    assert toyland["closures"].height == 3


def test_open_case_answers_in_tables() -> None:
    project = karwan.open_case("toyland")
    corridors = project.corridors()
    assert set(corridors["corridor"]) == {"Midland", "Rail", "Pass", "Sea"}
    assert project.sources().tables["sources"].height >= 1
    assert project.plan().tables["commitments"].height == project.case["commitments"].height


def test_open_case_names_the_embedded_ones() -> None:
    with pytest.raises(UnknownName, match="kaz-pak"):
        karwan.open_case("kaz-uzb")
