"""Texts of the report: cleaning, dates, safe links."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import urlsplit

from karwan.amounts import NONE

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BREAKS = re.compile("[\t\n\r\x0b\x0c\x85\u2028\u2029]")
_CONTROL = "\x00-\x1f\x7f-\x9f"
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNASSIGNED = "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ufdd0-\ufdef"
_LAST_OF_PLANES = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_DROPPED = re.compile(f"[{_CONTROL}{_BIDI}{_UNASSIGNED}{_LAST_OF_PLANES}]")
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f<>\"'`\\{}|^]")
_SPACE = re.compile(r"\s+")
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_TIES = re.compile(r"(?<=\bUSD) (?=[\d−])|(?<=\d) (?=(?:%|(?:tn|bn|m|k|t|km|h)\b))")
LIMIT = 4000


def clean(value: object, limit: int = LIMIT) -> str:
    """Text of `value` without control, direction-override and unassigned marks, spaces collapsed.

    Parameters
    ----------
    value
        Anything; None becomes ''.
    limit
        Longest text kept; a longer one ends in an ellipsis.
    """
    if value is None:
        return ""
    text = _cleaned(str(value))
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


@lru_cache(maxsize=4096)
def _cleaned(text: str) -> str:
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    text = _BREAKS.sub(" ", _ESCAPES.sub("", text))
    return _SPACE.sub(" ", _DROPPED.sub("", text)).strip()


def escape(value: object) -> str:
    """Cleaned text, escaped for HTML and SVG content and attributes."""
    return html.escape(clean(value), quote=True)


def tied(text: str) -> str:
    """Text whose amounts are not broken between number and unit: 'USD 1.2 m', '50 %', '20 t'."""
    return _TIES.sub("\u00a0", text)


def right_to_left(text: str) -> bool:
    """Whether the first strong character runs right to left (Arabic, Urdu)."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def safe_url(value: object) -> str | None:
    """The address when it is plain http(s) with a host and no user part, else None."""
    text = str(value or "").strip()
    if len(text) > 2000 or _NOT_IN_URL.search(text) or text != clean(text):
        return None
    return text if _plain_http(text) else None


def _plain_http(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises where it is none
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def as_date(value: object) -> date | None:
    """Date of a date, a datetime or an ISO text; None for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            return None
    return None


def day(value: object) -> str:
    """Date as '4 Feb 2026'; a text that is no date is returned cleaned; an en dash when missing."""
    found = as_date(value)
    if found is None:
        return clean(value) or NONE
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def month(value: date) -> str:
    """Date as 'Feb 2026'."""
    return f"{_MONTHS[value.month - 1]} {value.year}"


def names(value: object, joiner: str = ", ") -> str:
    """A list, a semicolon-separated text or a plain text, as one readable text."""
    return joiner.join(items(value)) or NONE


def items(value: object) -> list[str]:
    """Parts of a list or of a semicolon-separated text, cleaned, blanks dropped."""
    if value is None:
        return []
    if isinstance(value, str):
        parts: Iterable[object] = value.split(";")
    elif isinstance(value, Iterable):
        parts = value
    else:
        parts = (value,)
    return [text for text in (clean(part) for part in parts) if text]


def words(value: object) -> str:
    """A key such as 'partly_done' as words, first letter capital."""
    text = clean(value).replace("_", " ")
    return text[:1].upper() + text[1:] if text else NONE
