"""Figures as tables write them: decimal and thousands marks, and columns whose marks contradict one another."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from karwan.store.sources.mapping import TableMapping

SPACES = " \u00a0\u202f\u2009"
APOSTROPHES = "'’"
EXPONENT = r"(?:[eE][+-]?[0-9]+)?"
# Written by whoever takes the comma for the decimal mark, or the dot for the mark of thousands.
COMMA_DECIMAL = (
    r"^[+-]?(?:[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|[0-9.]+\.[0-9]{3},[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,})$"
)
# 1.234: a little more than one by one reading, more than a thousand by the other.
EITHER = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$"


def figures(text: pl.Expr, mapping: TableMapping) -> pl.Expr:
    """Numbers of texts written with the mapping's marks; null for any other text.

    Spaces (also the narrow ones) and apostrophes part thousands without being stated; commas and dots only where
    `thousands` says so. Groups have three digits, between commas also two (12,34,567), and begin with no zero: 0.234
    is no 234.
    """
    mark = mapping.decimal_mark
    parting = SPACES + APOSTROPHES + mapping.thousands
    signed = text.str.replace("−", "-", literal=True)
    plain = signed.str.contains(_pattern(mark, mapping.thousands))
    digits = signed.str.replace_all(f"[{re.escape(parting)}]", "").str.replace(mark, ".", literal=True)
    return pl.when(plain).then(digits).otherwise(None).cast(pl.Float64, strict=False)


def _pattern(mark: str, thousands: str) -> str:
    groups = [_grouped(SPACES, "{3}"), _grouped(APOSTROPHES, "{3}")]
    if thousands not in SPACES + APOSTROPHES:
        groups.append(_grouped(thousands, "{2,3}" if thousands == "," else "{3}"))
    whole = "|".join(["[0-9]+", *groups])
    decimals = re.escape(mark)
    return rf"^[+-]?(?:(?:{whole})(?:{decimals}[0-9]*)?|{decimals}[0-9]+){EXPONENT}$"


def _grouped(marks: str, size: str) -> str:
    mark = f"[{re.escape(marks)}]"
    return f"[1-9][0-9]{{0,2}}(?:{mark}[0-9]{size})*{mark}[0-9]{{3}}"


def marks_stated(mapping: TableMapping) -> str:
    """The marks a mapping reads figures by, for messages."""
    thousands = f"`{mapping.thousands}`" if mapping.thousands.strip() else "spaces only"
    return f"decimal mark `{mapping.decimal_mark}`, thousands mark {thousands}"


def contradictions(table: pl.DataFrame, columns: Sequence[str]) -> dict[str, tuple[bool, bool]]:
    """For each column of texts whether it has figures only a decimal comma explains, and figures such as 1.234 that then mean thousands."""
    if not columns:
        return {}
    signs = {"comma": COMMA_DECIMAL, "either": EITHER}
    held = [
        pl.col(name).str.contains(pattern).any().alias(f"{sign} {name}")
        for name in columns
        for sign, pattern in signs.items()
    ]
    row = table.select(held).row(0, named=True)
    return {name: (row[f"comma {name}"], row[f"either {name}"]) for name in columns}
