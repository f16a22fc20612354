"""The command line: parse, call, render; no arithmetic."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from karwan.cli.streams import make_safe
from karwan.errors import KarwanError
from karwan.exports import printable
from karwan.memory import COLLECT_AFTER

INTERRUPTED = 130  # what a shell reports of a program that Ctrl-C ended


def main() -> None:
    """Run `karwan`; user errors end with exit code 2 and no traceback unless `--debug`."""
    gc.set_threshold(*COLLECT_AFTER)
    atexit.register(
        gc.freeze
    )  # the interpreter looks once more for garbage as it ends, which takes a fifth of a second
    make_safe()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int | str | None:
    """Run a command line and return its exit code; what ended it is said on stderr."""
    try:
        code = _run([a for a in arguments if a != "--debug"])
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_output()
        code = 1
    except (KarwanError, OSError, MemoryError, KeyboardInterrupt) as error:
        if "--debug" in arguments:
            raise
        code = _ended(error)
    return code


def _run(arguments: list[str]) -> int | str | None:
    """Run the command and return its exit code."""
    from karwan.cli.app import app  # takes most of the start, so an interruption of it is met as well
    from karwan.cli.compiling import show_compiling

    show_compiling()
    try:
        app(arguments, standalone_mode=True)
    except SystemExit as end:
        return end.code
    return 0


def _ended(error: BaseException) -> int:
    """Say on stderr why the command ended, and return its exit code."""
    if isinstance(error, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    if isinstance(error, OSError) and not isinstance(error, KarwanError):
        _leave_output()
    print(printable(_sentence(error)), file=sys.stderr)
    return 2


def _sentence(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, KarwanError):
        return f"{name}: {error}"
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return f"{name}: {error.strerror or error}{where}"
    return f"{name}: the computer has not enough memory for this. Fix: give fewer or smaller files."


def _leave_output() -> None:
    """Drop what is still to be written to a standard output that takes no more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
