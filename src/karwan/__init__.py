"""Karwan: from what two countries promised each other to what their trade will be."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from karwan._version import __version__

if TYPE_CHECKING:
    from karwan.project import Project, open_case
    from karwan.report.brief_files import save_brief

__all__ = ["Project", "__version__", "open_case", "save_brief"]


ROOMS = {
    "Project": "karwan.project",
    "open_case": "karwan.project",
    "save_brief": "karwan.report.brief_files",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: whoever imports one light module of the package does not load them all."""
    if name in ROOMS:
        return getattr(import_module(ROOMS[name]), name)
    raise AttributeError(f"module 'karwan' has no attribute {name!r}")
