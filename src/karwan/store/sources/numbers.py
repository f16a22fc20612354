"""Figures as tables write them: decimal and thousands marks, and columns whose marks contradict one another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from karwan.store.frame import EITHER
from karwan.store.sources.mapping import TableMapping

SPACES = " \u00a0\u202f\u2009"
APOSTROPHES = "'’"
EXPONENT = r"(?:[eE][+-]?[0-9]+)?"
# Written by whoever takes the comma for the decimal mark, or the dot for the mark of thousands.
COMMA_DECIMAL = (
    r"^[+-]?(?:[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|[0-9.]+\.[0-9]{3},[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,})$"
)
DECIMAL_DOT = r"^[+-]?(?:0?\.[0-9]+|[0-9]+\.(?:[0-9]{1,2}|[0-9]{4,})|(?:0|[0-9]{4,})\.[0-9]{3})$"


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


@dataclass(frozen=True)
class Marks:
    """What the figures of a column show of their marks.

    Attributes
    ----------
    comma, dot
        Whether it has figures that only a decimal comma (or dots between thousands) explains; that only a decimal dot does.
    either
        Line and text of the first figure such as 1.234: a little more than one, or more than a thousand; None without any.
    """

    comma: bool = False
    dot: bool = False
    either: tuple[int, str] | None = None

    def __or__(self, later: Marks) -> Marks:
        return Marks(self.comma or later.comma, self.dot or later.dot, self.either or later.either)


def marks_of(table: pl.DataFrame, columns: Sequence[str]) -> dict[str, Marks]:
    """What each column of texts shows of its marks; `table` has the line of each row."""
    if not columns:
        return {}
    signs = {"comma": COMMA_DECIMAL, "dot": DECIMAL_DOT, "either": EITHER}
    held = [
        pl.col(name).str.contains(pattern).any().alias(f"{sign} {name}")
        for name in columns
        for sign, pattern in signs.items()
    ]
    row = table.select(held).row(0, named=True)
    found = {}
    for name in columns:
        first = None
        if row[f"either {name}"]:
            first = table.filter(pl.col(name).str.contains(EITHER)).select("line", name).row(0)
        found[name] = Marks(row[f"comma {name}"], row[f"dot {name}"], first)
    return found
