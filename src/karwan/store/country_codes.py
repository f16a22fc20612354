"""A country as somebody types it - a code, a number, a name - as its ISO 3166-1 alpha-3 code."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

from karwan.store.sources.countries import packaged_countries

WORLD = "WLD"
# Codes of panels of trade that stand for a country or a former one and that no source of ours ships.
PANEL_CODES = {
    "BLX": "BLX",  # Belgium with Luxembourg: neither of the two
    "EAZ": "EAZ",
    "KN1": "KN1",
    "MNT": "MNT",
    "PCZ": "PCZ",
    "SVR": "SVR",
    "SVU": "SVU",
    "VDR": "VDR",
    "XKO": "XKX",
    "XKV": "XKX",
    "YMD": "YMD",
}
NEAREST = 5


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
    if plain.upper() in PANEL_CODES:
        return PANEL_CODES[plain.upper()]
    found = packaged_countries().find(plain, "name")
    if found.kind == "world":
        return WORLD
    return found.code if found.kind == "country" else None


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
