"""Compiled hot loops, each with a plain twin that tests compare it to.

The compiler keeps what it made beside the sources, so a loop is compiled once for each machine and Python. What it
is compiling goes to the log `karwan.compiling`, which the command line shows.
"""

from __future__ import annotations

import logging
import sys
from types import ModuleType

from numba.core import event

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


def _leave_blas_out() -> None:
    """Load numba's array functions without SciPy's linear algebra, a tenth of the start of `karwan route`.

    numba looks for it when these functions are loaded, and again when a loop that calls it is compiled; no loop here does. A
    stand-in answers the first look.
    """
    name = "scipy.linalg.cython_blas"
    if name in sys.modules:
        return
    sys.modules[name] = ModuleType(name)
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del sys.modules[name]


_leave_blas_out()
