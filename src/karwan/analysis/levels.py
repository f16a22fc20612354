"""Levels of product codes: their digits, their titles, and the names of SITC sections."""

from __future__ import annotations

import polars as pl

from karwan.errors import InvalidInput
from karwan.store.product_names import name_of, product_names_of

LEVELS = {
    "hs2": (2, "HS2 chapters"),
    "hs4": (4, "HS4 headings"),
    "hs6": (6, "HS6 subheadings"),
    "sitc1": (1, "SITC sections"),
}
SITC_SECTIONS = {
    "0": "Food and live animals",
    "1": "Beverages and tobacco",
    "2": "Crude materials",
    "3": "Mineral fuels",
    "4": "Animal and vegetable oils",
    "5": "Chemicals",
    "6": "Manufactures by material",
    "7": "Machinery and transport equipment",
    "8": "Other manufactures",
    "9": "Other commodities",
}


def level_digits(level: str) -> int:
    """Digits of the codes at a level.

    Raises
    ------
    InvalidInput
        No such level.
    """
    key = level.lower().replace("-", "").replace("_", "")
    key = {"sitc": "sitc1", "sections": "sitc1", "sections1": "sitc1"}.get(key, key)
    if key not in LEVELS:
        raise InvalidInput(f"No product level is called {level!r}.", "", f"choose of {', '.join(LEVELS)}.")
    return LEVELS[key][0]


def level_title(digits: int) -> str:
    """Level in words; 0 stands for products in words."""
    if not digits:
        return "goods in words"
    return next((title for n, title in LEVELS.values() if n == digits), f"{digits}-digit codes")


def named(table: pl.DataFrame) -> pl.DataFrame:
    """The table with a name column after the code, where names are known."""
    codes = set(table["product"])
    if codes <= set(SITC_SECTIONS):
        names = pl.col("product").replace_strict(SITC_SECTIONS, default=None)
    elif any(name_of(code) for code in codes):
        names = product_names_of(pl.col("product"))
    else:
        return table
    at = table.columns.index("product") + 1
    return table.select(*table.columns[:at], names.alias("name"), *table.columns[at:])
