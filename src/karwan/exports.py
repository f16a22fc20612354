"""What leaves the program: files written whole, cells no spreadsheet runs, JSON any program reads, texts any terminal may show."""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from karwan.errors import NotWritten

# A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection"), the wide forms of the signs among them.
FORMULA = r"^\s*[=+\-@\t\r\n＝＋－＠]"
NUMBER = r"^[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?%?$"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_UNSEEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_BIDI}\ud800-\udfff]")
_BEYOND_JSON = re.compile(f"[\x7f-\x9f\u2028\u2029{_BIDI}\ud800-\udfff]")


@contextmanager
def beside(path: Path | str) -> Iterator[Path]:
    """A file to write in the folder of `path`, put in its place once it is whole; nothing is left of one that is not.

    A device or a pipe is written to as it is.

    Raises
    ------
    NotWritten
        The disk is full, the folder is not writable or not there; a file that stood under the name is unchanged.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with beside(Path(folder, "a.txt")) as part:
    ...         _ = part.write_text("whole")
    ...     Path(folder, "a.txt").read_text()
    'whole'
    """
    final = Path(path).resolve()
    special = final.exists() and not final.is_file()
    part = final if special else final.with_name(f".{final.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        yield part
        if not special:
            os.replace(part, final)
    except NotWritten:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotWritten(
            f"{path} was not written.",
            reason,
            "make room, or name another place; a file that was there is as it was.",
        ) from error
    finally:
        if not special:
            part.unlink(missing_ok=True)


@contextmanager
def folder_beside(path: Path | str) -> Iterator[Path]:
    """A folder to fill, put in the place of `path` once it is whole; nothing is left of one that is not.

    A kill leaves at most a hidden folder `.NAME.xxxxxxxx.part` beside it, never a half one under the name.

    Raises
    ------
    NotWritten
        The disk is full, the place is not writable, or a folder that holds files stands under the name.
    """
    final = Path(path).resolve()
    part = final.with_name(f".{final.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir(parents=True)
        yield part
        if final.is_dir():
            final.rmdir()  # empty: it may have been made for this
        os.replace(part, final)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotWritten(f"{path} was not made.", reason, "make room, or name another place.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_text(path: Path | str, text: str) -> None:
    """Write a text as UTF-8, whole or not at all; see `beside`."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a file, whole or not at all; see `beside`."""
    with beside(path) as part:
        part.write_bytes(content)


def write_durably(path: Path | str, content: bytes) -> None:
    """Write a file, whole or not at all, and on disk before it stands under its name; see `beside`."""
    with beside(path) as part, part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def defused(text: str) -> str:
    """Text of a CSV cell with an apostrophe before it where a spreadsheet would take it for a formula.

    A number stays a number, with its sign.

    Examples
    --------
    >>> defused('=HYPERLINK("http://x")'), defused("-5.3"), defused("- other")
    ('\\'=HYPERLINK("http://x")', '-5.3', "'- other")
    """
    return f"'{text}" if re.match(FORMULA, text) and not re.match(NUMBER, text) else text


def printable(text: str) -> str:
    r"""Text whose control and direction-override characters are shown as escapes: nothing in it steers a terminal.

    Line ends and tabs stay.

    Examples
    --------
    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _UNSEEN.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def json_text(content: Any, *, indent: int | None = 2) -> str:
    """Content as JSON: a number that is not finite is null, a day is ISO text, no control character stands bare.

    Examples
    --------
    >>> json_text({"hours": float("inf")}, indent=None)
    '{"hours": null}'
    """
    text = json.dumps(_plain(content), ensure_ascii=False, indent=indent, allow_nan=False)
    return _BEYOND_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _plain(value: Any) -> Any:
    """The value in the types of JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return _plain(value.item()) if hasattr(value, "item") else str(value)
