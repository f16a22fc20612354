"""Country codes and names as trade sources write them, turned into ISO 3166-1 alpha-3.

`mappings/country_codes.csv` holds the numeric codes of the UN M49 standard and the codes UN Comtrade and BACI
add to it (842 for the United States, 699 for India, ...); where CEPII folds a former territory into its
successor (58 into BEL, 280 into DEU, 711 into ZAF, 736 into SDN) so does this table.
`mappings/country_names.csv` holds other spellings, English and Russian.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from karwan.errors import InvalidInput

CODE_COLUMNS = ("code", "country_code", "iso3n", "i", "m49")
COUNTRY_COLUMNS = ("country", "country_iso3", "iso3c", "iso_3digit_alpha", "iso3")


@dataclass(frozen=True)
class Countries:
    """Three look-ups into ISO alpha-3: by numeric code, by alpha-3 code, by name.

    Attributes
    ----------
    by_number
        Numeric code as an integer, to alpha-3.
    alpha3
        Every alpha-3 code known.
    by_name
        Name reduced to its letters in lower case, to alpha-3.
    """

    by_number: Mapping[int, str]
    alpha3: frozenset[str]
    by_name: Mapping[str, str]

    def resolve(self, text: str, kind: str) -> tuple[str, bool]:
        """Alpha-3 code of `text` and whether it is known; an unknown text is returned as it stands, stripped.

        Parameters
        ----------
        text
            What the source says.
        kind
            `m49` (numeric code), `iso3` (alpha-3, any case) or `name`.

        Examples
        --------
        >>> packaged_countries().resolve("842", "m49")
        ('USA', True)
        >>> packaged_countries().resolve("Пакистан", "name")
        ('PAK', True)
        >>> packaged_countries().resolve("XX ", "iso3")
        ('XX', False)
        """
        plain = text.strip()
        if kind == "m49":
            found = self.by_number.get(int(plain)) if plain.isascii() and plain.isdigit() else None
        elif kind == "iso3":
            found = plain.upper() if plain.upper() in self.alpha3 else None
        else:
            found = self.by_name.get(name_key(plain))
            if found is None and plain.upper() in self.alpha3:
                found = plain.upper()
        return (plain, False) if found is None else (found, True)


KINDS = ("m49", "iso3", "name")


def name_key(name: str) -> str:
    """Letters of a name without accents, spaces and marks, in lower case: `Côte d'Ivoire` ->
    `cotedivoire`.
    """
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in decomposed if letter.isalpha()).lower()


def read_country_codes(path: Path) -> dict[int, tuple[str, str]]:
    """Numeric code to (alpha-3, name) from a CSV with one column of each kind, as CEPII ships with BACI."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        names = reader.fieldnames or []
        code = next((name for name in CODE_COLUMNS if name in names), None)
        country = next((name for name in COUNTRY_COLUMNS if name in names), None)
        if code is None or country is None:
            raise InvalidInput(
                f"{path.name} is not a table of country codes.",
                evidence=f"columns: {', '.join(names) or 'none'}",
                fix=f"Give one column of {', '.join(CODE_COLUMNS)} and one of {', '.join(COUNTRY_COLUMNS)}.",
            )
        title = next(
            (name for name in ("name", "country_name", "country_name_full") if name in names), country
        )
        found: dict[int, tuple[str, str]] = {}
        for row in reader:
            if (
                row[code].strip().isdigit()
                and len(row[country].strip()) == 3
                and row[country].strip().isalpha()
            ):
                found[int(row[code])] = (row[country].strip().upper(), row[title].strip())
    return found


@cache
def packaged_countries() -> Countries:
    """The packaged tables."""
    folder = files("karwan.io") / "mappings"
    by_number: dict[int, str] = {}
    by_name: dict[str, str] = {}
    with (folder / "country_codes.csv").open(encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            by_number[int(row["code"])] = row["country"]
            if row["standard"] != "comtrade":
                by_name[name_key(row["name"])] = row["country"]
    with (folder / "country_names.csv").open(encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            by_name[name_key(row["name"])] = row["country"]
    return Countries(by_number=by_number, alpha3=frozenset(by_number.values()), by_name=by_name)


def countries_with(codes: Path | None) -> Countries:
    """Packaged look-ups, with the numeric codes of a file laid over them."""
    base = packaged_countries()
    if codes is None:
        return base
    given = read_country_codes(codes)
    by_number = {**base.by_number, **{code: country for code, (country, _) in given.items()}}
    by_name = {**base.by_name, **{name_key(name): country for country, name in given.values()}}
    return Countries(by_number=by_number, alpha3=base.alpha3 | set(by_number.values()), by_name=by_name)
