"""Country codes and names as trade sources write them, turned into ISO 3166-1 alpha-3.

`mappings/country_codes.csv` holds the numeric codes of the UN M49 standard and the codes UN Comtrade and BACI
add to it (842 for the United States, 699 for India, ...); where CEPII folds a former territory into its
successor (58 into BEL, 280 into DEU, 711 into ZAF, 736 into SDN) so does this table. Names are those of CLDR
(Unicode, by the package Babel), in English, Russian and other languages of the region;
`mappings/country_names.csv` adds the spellings and codes that CLDR has not, `mappings/country_groups.csv`
what stands among partners and is no country: the world, groups of countries, and areas nobody specified.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import TypeVar

from babel import Locale
from babel.core import get_global

from karwan.errors import InvalidInput
from karwan.store.sources.country_names import (
    joined,
    name_key,
    outer_and_inner,
    stem_of,
    tells_owner,
    words_of,
)

Key = TypeVar("Key")

CODE_COLUMNS = ("code", "country_code", "iso3n", "i", "m49")
COUNTRY_COLUMNS = ("country", "country_iso3", "iso3c", "iso_3digit_alpha", "iso3")
NAME_COLUMNS = ("name", "country_name", "country_name_full")
KINDS = ("m49", "iso3", "iso2", "name")
# Languages of CLDR whose names are known; the first two are loaded at once, the others when a name is not found.
FIRST_LANGUAGES = ("en", "ru")
OTHER_LANGUAGES = (
    "kk",
    "uz",
    "ky",
    "tg",
    "tk",
    "az",
    "uk",
    "ur",
    "fa",
    "tr",
    "ar",
    "zh",
    "fr",
    "de",
    "es",
    "it",
)

_NUMBER = re.compile(r"(\d{1,4})(\.0+)?")
_WORLD = re.compile(
    r"(grand )?total\b|(total )?world\b|all (countries|partners)\b|всего|итого|весь мир", re.I
)
_PART = re.compile(r"(of which|o/w|including|incl\.|в том числе|в т\.\s?ч\.|из них|оның ішінде)", re.I)
_REST = re.compile(
    r"(\bnes\b|\bn\.?e\.?s\.?$|\bnei\b|not elsewhere|not specified|unspecified|not stated|not identified"
    r"|^(all )?other\b|^others\b|^rest of|^прочие|^другие|^остальные|не указан|не определен)",
    re.I,
)
_GROUP = re.compile(
    r"(\bcountries\b|^e[ucf]\W?\d+|^g-?\d+$|^(developed|developing) econom|\bincome\b|^страны\b|^государства\b)",
    re.I,
)


@dataclass(frozen=True)
class Party:
    """Who a text of a source means.

    Attributes
    ----------
    code
        Alpha-3 code; of what is no country, the code of the table of groups or the text as it stands.
    kind
        `country`, `world`, `group` (a bloc, a region, a total of some), `rest` (trade with an area nobody
        specified, which no other row holds) or `unknown`.
    """

    code: str
    kind: str


@dataclass(frozen=True)
class Countries:
    """Look-ups of parties: by numeric code, by alpha-3 or alpha-2 code, by name.

    Attributes
    ----------
    by_number
        Numeric code as an integer, to alpha-3.
    alpha3
        Every alpha-3 code known.
    by_name
        Name reduced by `name_key`, to alpha-3.
    by_code
        Other codes of two or three signs, to alpha-3: alpha-2, and those of former times and other bodies.
    groups
        What is no country: the number as text, the code, or the name reduced by `name_key`.
    """

    by_number: Mapping[int, str]
    alpha3: frozenset[str]
    by_name: Mapping[str, str]
    by_code: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, Party] = field(default_factory=dict)
    spellings: tuple[tuple[str, str], ...] = ()

    def resolve(self, text: str, kind: str) -> tuple[str, bool]:
        """Code of `text` and whether it is known; an unknown text is returned as it stands, stripped. A group
        of countries counts as unknown.

        Examples
        --------
        >>> packaged_countries().resolve("842", "m49")
        ('USA', True)
        >>> packaged_countries().resolve("Пакистан", "name")
        ('PAK', True)
        >>> packaged_countries().resolve("XX ", "iso3")
        ('XX', False)
        """
        found = self.find(text, kind)
        return found.code, found.kind not in ("group", "unknown")

    @cached_property
    def numbered(self) -> tuple[tuple[str, bool], ...]:
        """What `resolve` says of every numeric code from 0 to 999, in order."""
        return tuple(self.resolve(str(code), "m49") for code in range(1_000))

    def number(self, country: str) -> int:
        """Numeric code of a country: that of M49, else the least that means it.

        Examples
        --------
        >>> packaged_countries().number("PAK")
        586
        """
        own = _m49().get(country)
        return own if own is not None else min(n for n, found in self.by_number.items() if found == country)

    def find(self, text: str, kind: str) -> Party:
        """Who `text` means.

        Parameters
        ----------
        text
            What the source says.
        kind
            What its column holds by rule: `m49` (numeric code, `398.0` too), `iso3`, `iso2` or `name`. What
            is no such code is looked up as the others.

        Examples
        --------
        >>> packaged_countries().find("Iran, Islamic Rep.", "name")
        Party(code='IRN', kind='country')
        >>> packaged_countries().find("of which: Germany", "name").kind
        'group'
        """
        plain = text.strip()
        looks: tuple[Callable[[str], str | None], ...] = (self._by_code, self._named)
        if plain.isdecimal():  # no name is a number
            looks = (self._by_code,)
        elif kind == "name":
            looks = (self._named, self._by_code)
        found = next((code for look in looks if (code := look(plain)) is not None), None)
        if found is not None:
            return Party(found, "world" if found == "WLD" else "country")
        return self._no_country(plain)

    def _by_code(self, plain: str) -> str | None:
        number = _NUMBER.fullmatch(plain) if plain.isascii() else None
        if number is not None:
            return self.by_number.get(int(number[1]))
        upper = plain.upper()
        return upper if upper in self.alpha3 else self.by_code.get(upper)

    def _named(self, plain: str) -> str | None:
        """By name: as spelt, by its words, by its words without titles, without brackets, in other
        languages.
        """
        found = self.by_name.get(name_key(plain))
        if found is not None or self._names_group(plain) or self._several(plain):
            return found
        words = words_of(plain)
        found = self._by_words.get(words) or self._by_stem.get(stem_of(words))
        return found or self._in_brackets(plain) or _other_languages().get(name_key(plain))

    def _names_group(self, plain: str) -> bool:
        return (
            name_key(plain) in self.groups
            or any(rule.search(plain) for rule in (_REST, _GROUP))
            or bool(_PART.match(plain) or _WORLD.match(plain))
        )

    def _several(self, plain: str) -> bool:
        """Whether a text names two countries: `Belgium and Luxembourg`."""
        found = {self.by_name.get(name_key(part)) for part in joined(plain)}
        return len(found) > 1 and None not in found

    def _in_brackets(self, plain: str) -> str | None:
        """`Burma (Myanmar)` where both parts mean one country, `Puerto Rico (US)`."""
        parts = outer_and_inner(plain)
        if parts is None:
            return None
        outer, inner = parts
        found = self._named(outer)
        return (
            found
            if found is not None and (tells_owner(found, inner) or self._named(inner) == found)
            else None
        )

    @cached_property
    def _by_words(self) -> dict[frozenset[str], str]:
        return _unique((words_of(name), country) for name, country in self.spellings)

    @cached_property
    def _by_stem(self) -> dict[frozenset[str], str]:
        found = _unique((stem_of(words_of(name)), country) for name, country in self.spellings)
        found.pop(frozenset(), None)
        return found

    def _no_country(self, plain: str) -> Party:
        number = _NUMBER.fullmatch(plain) if plain.isascii() else None
        if number is not None:
            found = self.groups.get(str(int(number[1])))
            return found if found is not None else Party(plain, "unknown")
        known = self.groups.get(plain.upper()) or self.groups.get(name_key(plain))
        if known is not None:
            return known if known.code else replace(known, code=plain)
        if self._several(plain):
            return Party(plain, "group")
        for rule, kind in ((_PART, "group"), (_WORLD, "world")):
            if rule.match(plain):
                return Party("WLD" if kind == "world" else plain, kind)
        for rule, kind in ((_REST, "rest"), (_GROUP, "group")):
            if rule.search(plain):
                return Party(plain, kind)
        return Party(plain, "unknown")


def _unique(pairs: Iterator[tuple[Key, str]]) -> dict[Key, str]:
    """Keys that mean one country only."""
    found: dict[Key, str] = {}
    several: set[Key] = set()
    for key, country in pairs:
        if found.setdefault(key, country) != country:
            several.add(key)
    return {key: country for key, country in found.items() if key not in several}


def read_country_codes(path: Path) -> dict[int, tuple[str, str]]:
    """Numeric code to (alpha-3, name) from a CSV with one column of each kind, as CEPII ships with BACI.

    Raises
    ------
    InvalidInput
        The file cannot be read as text, lacks a column, or has a row that is too short.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return _country_codes(path.name, csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(
            f"The table of country codes {path.name} cannot be read.",
            evidence=str(error)[:200],
            fix="Give a CSV in UTF-8, as CEPII ships with BACI.",
        ) from error


def _first_of(wanted: Sequence[str], names: Sequence[str]) -> str | None:
    return next((name for name in wanted if name in names), None)


def _country_codes(file: str, reader: csv.DictReader[str]) -> dict[int, tuple[str, str]]:
    names = list(reader.fieldnames or [])
    code, country = _first_of(CODE_COLUMNS, names), _first_of(COUNTRY_COLUMNS, names)
    if code is None or country is None:
        raise InvalidInput(
            f"{file} is not a table of country codes.",
            evidence=f"columns: {', '.join(names)[:200] or 'none'}",
            fix=f"Give one column of {', '.join(CODE_COLUMNS)} and one of {', '.join(COUNTRY_COLUMNS)}.",
        )
    title = _first_of(NAME_COLUMNS, names) or country
    found: dict[int, tuple[str, str]] = {}
    for row in reader:
        cells = [row[name] for name in (code, country, title)]
        if None in cells:
            raise InvalidInput(
                f"{file}, line {reader.line_num}: the row has fewer cells than the header.",
                evidence=",".join(cell for cell in row.values() if isinstance(cell, str))[:100],
                fix=f"Give {code} and {country} on every row.",
            )
        found.update(_numbered(*(cell.strip() for cell in cells)))
    if not found:
        raise InvalidInput(
            f"{file} holds no country code.",
            evidence=f"columns read: {code}, {country}",
            fix="It must give a number and a three-letter code on each row.",
        )
    return found


def _numbered(number: str, alpha3: str, name: str) -> dict[int, tuple[str, str]]:
    """Number to alpha-3 code and name of a row; empty for groups and remarks, which have no such codes."""
    plain = _NUMBER.fullmatch(number) if number.isascii() else None
    is_country = plain is not None and len(alpha3) == 3 and alpha3.isalpha()
    return {int(plain[1]): (alpha3.upper(), name)} if plain is not None and is_country else {}


@cache
def packaged_countries() -> Countries:
    """The packaged tables and the names of CLDR."""
    by_number = {int(row["code"]): row["country"] for row in _rows("country_codes.csv")}
    titles = [(row["name"], row["country"]) for row in _rows("country_codes.csv") if row["standard"] == "m49"]
    odd = list(_rows("country_names.csv"))
    ours = [(row["name"], row["country"]) for row in odd if row["language"] != "code"]
    spellings = (*chain.from_iterable(_cldr_names(language) for language in FIRST_LANGUAGES), *titles, *ours)
    by_name = {name_key(name): country for name, country in spellings}
    by_code = {row["name"]: row["country"] for row in odd if row["language"] == "code"}
    return Countries(
        by_number=by_number,
        alpha3=frozenset((*by_number.values(), *by_name.values())),
        by_name=by_name,
        by_code={**_alpha2(), **by_code},
        groups=_groups(),
        spellings=spellings,
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (files("karwan.store") / "mappings" / name).open(encoding="utf-8") as handle:
        yield from csv.DictReader(handle)


def _groups() -> dict[str, Party]:
    found: dict[str, Party] = {}
    for row in _rows("country_groups.csv"):
        number, code, name = row["number"], row["code"], row["name"]
        if number:
            found[number] = Party(code or number, row["kind"])
        if code:
            found[code] = Party(code, row["kind"])
        if name.isupper() and len(name) <= 3:
            found[name] = Party(code, row["kind"])
        if name_key(name) and not (name.isupper() and len(name) == 2):
            found.setdefault(name_key(name), Party(code, row["kind"]))
    regions = [
        name
        for language in FIRST_LANGUAGES
        for region, name in Locale.parse(language).territories.items()
        if region.isdigit() and region != "001"
    ]
    for name in regions:
        found.setdefault(name_key(name), Party("", "group"))
    return found


@cache
def _m49() -> dict[str, int]:
    return {
        row["country"]: int(row["code"]) for row in _rows("country_codes.csv") if row["standard"] == "m49"
    }


@cache
def _alpha2() -> dict[str, str]:
    """Alpha-2 to alpha-3, of Babel's table of codes."""
    aliases = get_global("territory_aliases")
    found = {"XK": "XKX"}
    for country in sorted(_m49()):
        if len(of_country := aliases.get(country, ())) == 1:
            found.setdefault(of_country[0], country)
    return found


def _cldr_names(language: str) -> list[tuple[str, str]]:
    """Names of countries in a language of CLDR."""
    alpha2 = _alpha2()
    names = Locale.parse(language).territories
    return [(name, alpha2[code]) for code, name in names.items() if code in alpha2]


@cache
def _other_languages() -> dict[str, str]:
    """Names reduced by `name_key`, in the languages that are loaded when all else fails."""
    names = chain.from_iterable(_cldr_names(language) for language in OTHER_LANGUAGES)
    return _unique((name_key(name), country) for name, country in names)


def countries_with(codes: Path | None) -> Countries:
    """Packaged look-ups, with the numeric codes of a file laid over them."""
    base = packaged_countries()
    if codes is None:
        return base
    given = read_country_codes(codes)
    by_number = {**base.by_number, **{code: country for code, (country, _) in given.items()}}
    names = {name_key(name): country for country, name in given.values() if name_key(name)}
    return replace(
        base,
        by_number=by_number,
        alpha3=base.alpha3 | set(by_number.values()),
        by_name={**base.by_name, **names},
    )
