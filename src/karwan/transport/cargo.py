"""Classes of cargo that rules and papers ask about: dangerous goods by UN number, relief goods; and how an HS code fits a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from karwan.errors import UnknownName

Row = dict[str, Any]
DANGEROUS, HUMANITARIAN = "dangerous", "humanitarian"


@dataclass(frozen=True)
class DangerousGoods:
    """An entry of the Dangerous Goods List of the UN Model Regulations.

    Attributes
    ----------
    un_number
        Four digits.
    name
        Proper shipping name.
    hazard
        Class or division.
    subsidiary
        Further hazards.
    packing_group
        'I', 'II', 'III' or blank.
    """

    un_number: str
    name: str
    hazard: str
    subsidiary: tuple[str, ...] = ()
    packing_group: str = ""

    @property
    def text(self) -> str:
        """'UN 1381, class 4.2 (6.1), PG I'."""
        more = f" ({', '.join(self.subsidiary)})" if self.subsidiary else ""
        group = f", PG {self.packing_group}" if self.packing_group else ""
        return f"UN {self.un_number}, class {self.hazard}{more}{group}"


@dataclass(frozen=True)
class Cargo:
    """What rules and papers ask about a shipment's goods.

    Attributes
    ----------
    hs_code
        HS code as text.
    dangerous
        Its entry, where it is dangerous.
    humanitarian
        Whether it is relief goods of an agency.
    """

    hs_code: str = ""
    dangerous: DangerousGoods | None = None
    humanitarian: bool = False

    @property
    def classes(self) -> frozenset[str]:
        """Classes of cargo it is of."""
        found = {DANGEROUS: self.dangerous is not None, HUMANITARIAN: self.humanitarian}
        return frozenset(name for name, holds in found.items() if holds)


def fits_hs(hs_code: str, wanted: Sequence[str] | None) -> bool:
    """Whether a code lies under one of the chapters, headings or codes wanted; none wanted fits all.

    Examples
    --------
    >>> fits_hs("160250", ["02", "1602"]), fits_hs("071320", ["02"]), fits_hs("071320", None)
    (True, False, True)
    """
    return not wanted or any(hs_code.startswith(code) for code in wanted if hs_code)


def find_dangerous(rows: Iterable[Row], un_number: str) -> DangerousGoods:
    """Entry of a UN number, written '1381', 'UN1381' or 'UN 1381'.

    Raises
    ------
    UnknownName
        No such entry; those that are typed are named.
    """
    held = {row["un_number"]: row for row in rows}
    number = un_number.upper().removeprefix("UN").strip()
    if number not in held:
        close = get_close_matches(number, list(held), n=5, cutoff=0.5) or sorted(held)[:8]
        raise UnknownName(
            f"No dangerous goods have the UN number {un_number!r}.",
            f"{len(held)} are typed in dangerous_goods.csv: {', '.join(sorted(held)) or 'none'}",
            f"use one of them, nearest: {', '.join(close)}; or add its row from the UN Model Regulations.",
        )
    return _entry(held[number])


def dangerous_by_hs(rows: Iterable[Row], hs_code: str) -> DangerousGoods | None:
    """Entry that the goods of an HS code fall under, by the longest code that fits; None where none does."""
    found = [row for row in rows if row["hs"] and fits_hs(hs_code, row["hs"])]
    if not found:
        return None
    return _entry(
        max(found, key=lambda row: max(len(code) for code in row["hs"] if fits_hs(hs_code, [code])))
    )


def _entry(row: Row) -> DangerousGoods:
    return DangerousGoods(
        row["un_number"],
        row["name"],
        row["class"],
        tuple(row["subsidiary"] or ()),
        row["packing_group"] or "",
    )
