"""Karwan: from what two countries promised each other to what their trade will be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from karwan._version import __version__

if TYPE_CHECKING:
    from karwan.project import Project, open_case, save_brief

__all__ = ["Project", "__version__", "open_case", "save_brief"]


def __getattr__(name: str) -> Any:
    """Load the facade when it is first asked for, so that the command line starts fast."""
    if name in ("Project", "open_case", "save_brief"):
        from karwan import project

        return getattr(project, name)
    raise AttributeError(f"module 'karwan' has no attribute {name!r}")
