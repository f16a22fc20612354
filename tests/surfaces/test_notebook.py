"""The notebook of docs/ runs from its first cell to its last, and every answer in it can be shown."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebook.ipynb"


def test_every_cell_of_the_notebook_runs() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert len(cells) >= 30
    space: dict[str, Any] = {}
    shown = [_run("".join(cell["source"]), space) for cell in cells if cell["cell_type"] == "code"]
    answers = [one for one in shown if one is not None]
    assert len(answers) == len(shown)
    assert all(len(_looks(one)) < 60_000 for one in answers)


def _run(text: str, space: dict[str, Any]) -> Any:
    """What a cell shows: the value of its last line."""
    tree = ast.parse(text)
    last = tree.body.pop()
    exec(compile(tree, str(NOTEBOOK), "exec"), space)
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), space)


def _looks(value: Any) -> str:
    """A value as a notebook shows it."""
    for way in ("_repr_svg_", "_repr_html_"):
        if hasattr(value, way):
            return str(getattr(value, way)())
    return repr(value)
