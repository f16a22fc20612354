"""A progress line while loops are compiled, which happens once on a machine."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

MESSAGE = "compiling number-crunching loops, once on this machine"


class CompilingLine(logging.Handler):
    """Show on one line which loop is being compiled; where the stream is no terminal, say once that it happens.

    Examples
    --------
    >>> import io
    >>> stream = io.StringIO()
    >>> line = CompilingLine(stream)
    >>> for loop in ("tree", "walk", ""):
    ...     line.emit(logging.makeLogRecord({"msg": loop}))
    >>> stream.getvalue()
    'compiling number-crunching loops, once on this machine\\n'
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(logging.INFO)
        self._stream = sys.stderr if stream is None else stream
        self._loops = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Show the loop that the record names; an empty name means that none is being compiled now."""
        loop = record.getMessage()
        self._loops += bool(loop)
        if self._stream.isatty():
            text = f"{MESSAGE}: {self._loops}, {loop}" if loop else ""
            self._stream.write(f"\r\x1b[K{text[:120]}")
        elif self._loops == 1 and loop:
            self._stream.write(f"{MESSAGE}\n")
        self._stream.flush()


def show_compiling() -> None:
    """Show on stderr what the loops' compiler is at."""
    log = logging.getLogger("karwan.compiling")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.handlers = [CompilingLine()]
