"""Standard output and error as the commands use them: any encoding will do, and no text steers the terminal."""

from __future__ import annotations

import codecs
import io
import re
import sys
import unicodedata
from typing import Any

from karwan.exports import json_text, printable

# What the command line itself sends to a terminal: colours, and erasing or moving of its progress lines.
_OWN = re.compile(r"\x1b\[(?:[0-9;]*m|[0-9]*[ABJK]|\?25[lh])|\r")
_ASCII = {
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "x",
    "→": ">",
    "←": "<",
    "≥": ">=",
    "≤": "<=",
    "·": ".",
    "’": "'",
}


class SafeStream(io.TextIOWrapper):
    """Text stream that shows control characters as escapes.

    A terminal gets the codes of the command line itself; texts from files lose theirs before they reach it, see
    `karwan.cli.output`.
    """

    def write(self, text: str) -> int:
        """Write a text, its control characters as escapes."""
        super().write(self._terminal(text) if self.isatty() else printable(text))
        return len(text)

    def _terminal(self, text: str) -> str:
        kept = _OWN.findall(text)
        parts = [printable(part) for part in _OWN.split(text)]
        return "".join(part + code for part, code in zip(parts, [*kept, ""], strict=True))


def nearest(error: UnicodeError) -> tuple[str, int]:
    """Characters an encoding lacks, as the nearest ones in ASCII or a question mark: an error handler of codecs."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_near(char) for char in lost), error.end


def _near(char: str) -> str:
    plain = _ASCII.get(char) or unicodedata.normalize("NFKD", char)
    return plain.encode("ascii", "ignore").decode("ascii") or "?"


def make_safe() -> None:
    """Put safe streams in the place of standard output and error, where these are streams of a process."""
    codecs.register_error("nearest", nearest)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if type(stream) is not io.TextIOWrapper:
            continue
        stream.flush()
        encoding, buffered = stream.encoding, stream.line_buffering
        safe = SafeStream(stream.detach(), encoding=encoding, errors="nearest", line_buffering=buffered)
        setattr(sys, name, safe)
        setattr(sys, f"__{name}__", safe)


def echo(text: object, *, err: bool = False) -> None:
    """Print a line as it is, not wrapped; `err` for stderr."""
    print(printable(str(text)), file=sys.stderr if err else sys.stdout)


def echo_json(content: Any) -> None:
    """Print content as JSON; see `karwan.exports.json_text`."""
    print(json_text(content))
