"""The compiler of the hot loops, which tells the log `karwan.compiling` what it is at.

What it made is kept beside the sources, so a loop is compiled once for each machine and Python; where these and the user's own cache are
not writable, it is kept among the temporary files.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from numba import config, njit
from numba.core import event
from numba.misc.appdirs import AppDirs

LOG = logging.getLogger("karwan.compiling")


class _Announcer(event.Listener):
    """Log each loop that starts to be compiled, and an empty line when the last of a nest is done."""

    def __init__(self) -> None:
        self._depth = 0

    def on_start(self, event: event.Event) -> None:
        self._depth += 1
        LOG.info(event.data["dispatcher"].py_func.__name__)

    def on_end(self, event: event.Event) -> None:
        self._depth -= 1
        if not self._depth:
            LOG.info("")


event.register("numba:compile", _Announcer())  # type: ignore[no-untyped-call]


def cache_folder(usual: Iterable[Path], temporary: Path) -> Path | None:
    """Folder for compiled loops, or None where one of the usual ones is writable.

    Parameters
    ----------
    usual
        Folders the compiler looks for by itself.
    temporary
        Folder of temporary files. What is loaded from a cache is run, so a folder there serves only where it is the
        user's own and shut to others; a fresh one is made otherwise.
    """
    if any(map(_writable, usual)):
        return None
    folder = temporary / f"karwan-loops-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if _own(folder) and _writable(folder):
            return folder
    except OSError:
        pass  # somebody else's file of that name: the next line makes another folder
    return Path(tempfile.mkdtemp(prefix="karwan-loops-", dir=temporary))


def _own(folder: Path) -> bool:
    """Whether a folder belongs to the user and nobody else may look into it."""
    state = folder.lstat()
    return not folder.is_symlink() and (
        not hasattr(os, "getuid") or (state.st_uid == os.getuid() and not state.st_mode & 0o077)
    )


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


if not config.CACHE_DIR:  # type: ignore[attr-defined]
    _user = Path(AppDirs(appname="numba", appauthor=False).user_cache_dir)  # type: ignore[no-untyped-call]
    _found = cache_folder((Path(__file__).parent / "__pycache__", _user), Path(tempfile.gettempdir()))
    if _found is not None:
        config.CACHE_DIR = str(_found)  # type: ignore[attr-defined]

__all__ = ["cache_folder", "njit"]
