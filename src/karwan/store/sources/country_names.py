"""Names of countries reduced to keys that do not depend on accents, marks, word order or abbreviations.

`Iran, Islamic Rep.`, `Islamic Republic of Iran` and `Iran (Islamic Republic of)` have one key; so have
`St. Kitts & Nevis` and `Saint Kitts and Nevis`. The names themselves come from CLDR (by Babel) and from
`mappings/country_names.csv`, which holds the spellings that no rule gives.
"""

from __future__ import annotations

import re
import unicodedata

# Abbreviated words, each to the words it stands for.
_SHORT = {
    "rep": "republic",
    "repub": "republic",
    "dem": "democratic",
    "fed": "federal",
    "federated": "federal",
    "federation": "federal",
    "sts": "states",
    "st": "saint",
    "ste": "saint",
    "utd": "united",
    "em": "emirates",
    "emir": "emirates",
    "terr": "territory",
    "territories": "territory",
    "is": "islands",
    "isl": "islands",
    "isls": "islands",
    "isds": "islands",
    "island": "islands",
    "n": "north",
    "northern": "north",
    "s": "south",
    "eq": "equatorial",
    "br": "british",
    "fr": "french",
    "peoples": "people",
    "dpr": "democratic people republic",
    "pdr": "people democratic republic",
    "pr": "people republic",
    "ir": "islamic republic",
    "ar": "arab republic",
    "ur": "united republic",
    "rb": "bolivarian republic",
    "fyr": "former yugoslav republic",
    "tfyr": "former yugoslav republic",
    "fmr": "former",
    "респ": "республика",
}
_FILLERS = frozenset(["of", "the", "and", "de", "la", "du", "и"])
# Words that say what kind of state it is, not which.
# fmt: off
_TITLES = frozenset((
    "republic", "kingdom", "state", "states", "principality", "federal", "islamic", "arab",
    "people", "democratic", "socialist", "bolivarian", "bolivariana", "republica",
    "plurinational", "commonwealth", "sultanate", "hashemite", "cooperative", "independent",
    "grand", "duchy", "united", "union", "former", "yugoslav", "sar", "special",
    "administrative", "region", "emirate", "nation", "республика", "королевство", "государство",
    "княжество", "султанат", "исламская", "арабская", "народная", "демократическая",
    "социалистическая", "федеративная", "федерация", "боливарианская", "многонациональное",
    "объединенная", "кооперативная", "бывшая", "югославская",
))
# fmt: on
_OWNERS = frozenset(["us", "usa", "uk", "french", "france", "netherlands", "dutch", "nz", "part"])
_TERRITORIES = frozenset(
    """PRI GUM ASM MNP VIR BMU CYM GIB AIA VGB TCA MSR FLK SHN GLP MTQ GUF REU MYT NCL PYF SPM WLF BLM MAF ABW
    CUW SXM BES COK NIU TKL GRL FRO""".split()  # noqa: SIM905 - a list of codes
)
# Names shared by several states or by states of several times: the title says which.
_NEED_TITLE = frozenset(["congo", "korea", "china", "yugoslavia", "конго", "корея", "китаи", "югославия"])
_NEED_DEMOCRATIC = frozenset(["germany", "yemen", "vietnam", "германия", "иемен", "вьетнам"])
_DEMOCRATIC = frozenset(["democratic", "people", "демократическая", "народная"])

_INITIALS = re.compile(r"\b(?:\w\.\s?){2,}")
_APOSTROPHES = re.compile("['’‘`´ʻʼ]")


def name_key(name: str) -> str:
    """Letters of a name without accents, spaces and marks, in lower case: `Côte d'Ivoire` ->
    `cotedivoire`.
    """
    return "".join(letter for letter in _plain(name) if letter.isalpha())


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).lower()


def words_of(name: str) -> frozenset[str]:
    """Words of a name, in full, without fillers.

    Examples
    --------
    >>> sorted(words_of("St. Vincent & the Grenadines"))
    ['grenadines', 'saint', 'vincent']
    """
    text = _INITIALS.sub(lambda found: found[0].replace(".", "").replace(" ", "") + " ", _plain(name))
    text = _APOSTROPHES.sub("", text)
    words = re.findall(r"[^\W\d_]+", text)
    full = " ".join(_SHORT.get(word, word) for word in words).split()
    return frozenset(full) - _FILLERS


def stem_of(words: frozenset[str]) -> frozenset[str]:
    """Words without those that say the kind of state; empty where these tell states apart.

    Examples
    --------
    >>> stem_of(words_of("Egypt, Arab Rep."))
    frozenset({'egypt'})
    >>> stem_of(words_of("Congo, Dem. Rep."))
    frozenset()
    """
    stem = words - _TITLES
    if stem & _NEED_TITLE or (stem & _NEED_DEMOCRATIC and words & _DEMOCRATIC):
        return frozenset()
    return stem


def outer_and_inner(name: str) -> tuple[str, str] | None:
    """A name as `Burma (Myanmar)` in its two parts; None where there are no brackets."""
    found = re.fullmatch(r"\s*([^()]+?)\s*\(([^()]+)\)\s*", name)
    return None if found is None else (found[1], found[2])


def tells_owner(country: str, inner: str) -> bool:
    """Whether what stands in brackets only says to whom a territory belongs: `Puerto Rico (US)`."""
    return country in _TERRITORIES and words_of(inner) <= _OWNERS


def joined(name: str) -> list[str]:
    """The parts of a name that an `and` joins: two countries may stand in one row."""
    return [part.strip() for part in re.split(r"\s(?:and|и)\s|&|\+", name) if part.strip()]
