"""A country as somebody writes it - three letters, two letters, a number, a name - as its ISO 3166-1 alpha-3 code.

`mappings/other_codes.csv` holds the two-letter codes of ISO 3166-1 and codes that were once in use (ROM, ZAR, TMP) or
stand for a country ISO has no code for (XKX).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from karwan.io.sources.countries import packaged_countries

WORLD = "WLD"
WORLD_WORDS = frozenset(
    {"world", "total", "all", "allcountries", "wholeworld", "worldtotal", "w", "w00", "wl", "wld", "001"}
)
NEAREST = 5


@cache
def _other_codes() -> dict[str, str]:
    path = files("karwan.io") / "mappings" / "other_codes.csv"
    with path.open(encoding="utf-8") as handle:
        return {row["code"]: row["country"] for row in csv.DictReader(handle)}


@cache
def country_code(text: str) -> str | None:
    """Alpha-3 code of a country as written, `WLD` for the world, None for what is no country.

    Examples
    --------
    >>> country_code("kaz"), country_code("KZ"), country_code("398.0"), country_code("Kazakhstan")
    ('KAZ', 'KAZ', 'KAZ', 'KAZ')
    >>> country_code("World"), country_code("EAU")
    ('WLD', None)
    """
    plain = text.strip()
    if "".join(letter for letter in plain if letter.isalnum()).lower() in WORLD_WORDS:
        return WORLD
    known, other = packaged_countries(), _other_codes()
    capitals = plain.upper()
    if capitals in known.alpha3:
        return capitals
    if capitals in other:
        return other[capitals]
    number, _, rest = plain.partition(".")
    found, is_known = known.resolve(number, "m49") if not rest.strip("0") else (plain, False)
    if not is_known:
        found, is_known = known.resolve(plain, "name")
    return found if is_known else None


def typed_country(text: str) -> str:
    """Code of a country a user typed; what is no country stays as typed, in capitals, for the reader to refuse."""
    return country_code(text) or text.strip().upper()


def typed_countries(texts: Iterable[str]) -> tuple[str, ...]:
    """Codes of countries a user typed, each alone or several with commas between: `KAZ,UZB`."""
    found: list[str] = []
    for text in texts:
        whole = country_code(text)  # `Korea, Republic of` is one
        parts = [whole] if whole else [typed_country(part) for part in text.split(",") if part.strip()]
        found += [part for part in parts if part not in found]
    return tuple(found)


def nearest(text: str, known: Iterable[str], most: int = NEAREST) -> list[str]:
    """The values most like a text, likest first; where none is alike the first of them."""
    values = sorted(set(known))
    upper = {value.upper(): value for value in values}
    alike = get_close_matches(text.upper(), list(upper), n=most, cutoff=0.4)
    starts = [value for value in values if text and value.upper().startswith(text.upper()[:2])]
    chosen = list(dict.fromkeys([*(upper[name] for name in alike), *starts]))
    return (chosen or values)[:most]
