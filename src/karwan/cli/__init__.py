"""The command line: parse, call, render; no arithmetic."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from karwan.errors import KarwanError

# A command builds large tables once and ends: the collector's default of every 700 objects costs it a tenth of its time.
COLLECT_AFTER = (500_000, 20, 20)


def main() -> None:
    """Run `karwan`; user errors end with exit code 2 and no traceback unless `--debug`."""
    gc.set_threshold(*COLLECT_AFTER)
    atexit.register(
        gc.freeze
    )  # the interpreter looks once more for garbage as it ends, which takes a fifth of a second
    from karwan.cli.app import app
    from karwan.cli.compiling import show_compiling

    show_compiling()
    debug = "--debug" in sys.argv[1:]
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    try:
        app(arguments, standalone_mode=True)
    except KarwanError as error:
        if debug:
            raise
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (PermissionError, FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        if debug:
            raise
        print(f"{type(error).__name__}: {error.strerror}: {error.filename}", file=sys.stderr)
        sys.exit(2)
