"""What the trade store has to say."""

from __future__ import annotations

from karwan.words.english.plural import Plural

STORE: dict[str, str | Plural] = {
    "store.rows": Plural("count", "{count:,} row", "{count:,} rows"),
    "store.loaded": "{file} loaded ({source}, load {load})",
    "store.unchanged": "{file} is in the store already: nothing changed ({source}, load {load})",
    "store.kept": "  {stored} stored, {value:,.0f} USD; {rejected} rejected",
    "store.upgraded": "The store had format {before}; it is up to date.",
    "store.whole": "The store is whole: {loads:,} loads, {rows:,} rows; {checks:,} checks.",
    "store.damaged": (
        "{failed:,} of {checks:,} checks failed ({loads:,} loads, {rows:,} rows): the store is damaged. "
        "Take it from a backup, or load the files again into a new store."
    ),
}
