"""Periods as trade sources write them: years, fiscal years, months and ranges of months."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        [
            "jan january январь янв қаңтар",
            "feb february февраль фев ақпан",
            "mar march март мар наурыз",
            "apr april апрель апр сәуір",
            "may май мамыр",
            "jun june июнь июн маусым",
            "jul july июль июл шілде",
            "aug august август авг тамыз",
            "sep sept september сентябрь сен қыркүйек",
            "oct october октябрь окт қазан",
            "nov november ноябрь ноя қараша",
            "dec december декабрь дек желтоқсан",
        ],
        start=1,
    )
    for name in names.split()
}

FISCAL_PAIR = re.compile(r"(FY\s*)?([0-9]{4})\s*[-/–]\s*([0-9]{2}|[0-9]{4})", re.IGNORECASE)
FISCAL_SINGLE = re.compile(r"FY\s*'?([0-9]{2}|[0-9]{4})", re.IGNORECASE)
QUARTER = re.compile(r"([0-9]{4})[-\s]?Q([1-4])|Q([1-4])[-\s/]?([0-9]{4})", re.IGNORECASE)
LAST_OF_CENTURY = 68  # of years written with two digits


@dataclass(frozen=True)
class Period:
    """A stretch of whole months: its text, first and last day, and frequency (`A`, `M` or `part`).

    A calendar year reads `2020`, a month `2025-03`, anything else `2024-07..2025-06`. `A` means twelve
    months.
    """

    text: str
    start: date
    end: date
    frequency: str


def months(first_year: int, first_month: int, last_year: int, last_month: int) -> Period | None:
    """The period from one month to another, or None where they are out of order or no months."""
    if not (1 <= first_month <= 12 and 1 <= last_month <= 12 and 1900 <= first_year <= last_year <= 2100):
        return None
    span = (last_year - first_year) * 12 + last_month - first_month + 1
    if span < 1:
        return None
    start = date(first_year, first_month, 1)
    end = date(last_year, last_month, calendar.monthrange(last_year, last_month)[1])
    if span == 12 and first_month == 1:
        return Period(str(first_year), start, end, "A")
    if span == 1:
        return Period(f"{first_year}-{first_month:02d}", start, end, "M")
    text = f"{first_year}-{first_month:02d}..{last_year}-{last_month:02d}"
    return Period(text, start, end, "A" if span == 12 else "part")


def parse_period(text: str, fiscal_start_month: int | None = None) -> Period | None:
    """Read one period; None if it is none, or a fiscal year whose first month nobody stated.

    Parameters
    ----------
    text
        `2020`, `202503`, `2025-03`, `03.2025`, `March 2025`, `2024-07..2025-06`, `2024-07-01..2025-06-30`,
        `2023-24`, `FY24`, `2023M07`, `2023-Q1`, `Q1 2023`.
    fiscal_start_month
        First month of the fiscal year; a year written `2023-24` or `FY24` starts in it. A bare `2024` starts
        in it too, and then names the year in which the fiscal year ends. 1 says that years are calendar years,
        and `2011-12` a month. None: not stated; `2011-12` is read as a month then too, and `period_kind` tells
        that it may be a fiscal year.

    Examples
    --------
    >>> parse_period("2023-24", 7).text
    '2023-07..2024-06'
    >>> parse_period("202503").frequency
    'M'
    >>> parse_period("2025-13") is None
    True
    >>> parse_period("2023-24") is None
    True
    """
    plain = _plain(text)
    for reader in (_year, _fiscal, _quarter, _month, _span, _named_month):
        found = reader(plain, fiscal_start_month or 1)
        if found is not None:
            return found
    return None


def period_kind(text: str) -> str:
    """What the writing of a period says by itself: `fiscal` (`2012-13`, `FY24`), `month` (`2011-03`), `either` (`2011-12`:
    December or a fiscal year), `other`.

    Examples
    --------
    >>> [period_kind(text) for text in ("2012-13", "FY24", "2011-12", "2011-03", "2011")]
    ['fiscal', 'fiscal', 'either', 'month', 'other']
    """
    plain = _plain(text)
    pair = FISCAL_PAIR.fullmatch(plain)
    if pair and int(pair[3]) % 100 == (int(pair[2]) + 1) % 100:
        return "either" if not pair[1] and len(pair[3]) == 2 and 1 <= int(pair[3]) <= 12 else "fiscal"
    if FISCAL_SINGLE.fullmatch(plain):
        return "fiscal"
    return "other" if _month(plain, 1) is None or not pair else "month"


def period_mark(text: str) -> str:
    """The mark between the numbers of a period written as a pair (`/` of `2011/12`); empty where it is none."""
    pair = FISCAL_PAIR.fullmatch(_plain(text))
    return _plain(text)[pair.end(2) : pair.start(3)].strip() if pair else ""


def unclear_period(seen: Mapping[tuple[str, str], str]) -> str | None:
    """First period that may be a month or a fiscal year: `2011-12` is December where months beside it have the same mark and no year is fiscal.

    Parameters
    ----------
    seen
        A period of each kind and mark in a table, by `period_kind` and `period_mark`.
    """
    fiscal = any(kind == "fiscal" for kind, _ in seen)
    unclear = (
        t for (kind, mark), t in seen.items() if kind == "either" and (fiscal or ("month", mark) not in seen)
    )
    return next(unclear, None)


def _plain(text: str) -> str:
    plain = text.strip()
    return plain[:-2] if re.fullmatch(r"[0-9]+\.0", plain) else plain


def _twelve(first_year: int, first_month: int) -> Period | None:
    if first_month == 1:
        return months(first_year, 1, first_year, 12)
    return months(first_year, first_month, first_year + 1, first_month - 1)


def _year(text: str, fiscal: int) -> Period | None:
    if not re.fullmatch(r"[0-9]{4}", text):
        return None
    return _twelve(int(text) - (fiscal > 1), fiscal)


def _fiscal(text: str, fiscal: int) -> Period | None:
    """A year written as fiscal, where years start in another month than January."""
    if fiscal == 1:
        return None
    pair = FISCAL_PAIR.fullmatch(text)
    if pair:
        first, last = int(pair[2]), int(pair[3])
        return _twelve(first, fiscal) if last % 100 == (first + 1) % 100 else None
    single = FISCAL_SINGLE.fullmatch(text)
    if single:
        return _twelve(_century(single[1]) - 1, fiscal)
    return None


def _century(year: str) -> int:
    """A year of two digits in full: 69 and later are of the last century, as POSIX reads them."""
    if len(year) == 4:
        return int(year)
    return int(year) + (1900 if int(year) > LAST_OF_CENTURY else 2000)


def _quarter(text: str, fiscal: int) -> Period | None:
    """Three months of a calendar year; where years are fiscal ones nobody said which months a quarter has."""
    found = QUARTER.fullmatch(text) if fiscal == 1 else None
    if found is None:
        return None
    year, quarter = int(found[1] or found[4]), int(found[2] or found[3])
    return months(year, 3 * quarter - 2, year, 3 * quarter)


def _month(text: str, fiscal: int) -> Period | None:
    del fiscal
    found = re.fullmatch(r"([0-9]{4})[-./M]?([0-9]{2})(?:[-.]01)?", text)
    if found:
        return months(int(found[1]), int(found[2]), int(found[1]), int(found[2]))
    found = re.fullmatch(r"([0-9]{1,2})[-./]([0-9]{4})", text)
    return months(int(found[2]), int(found[1]), int(found[2]), int(found[1])) if found else None


def _span(text: str, fiscal: int) -> Period | None:
    del fiscal
    day = r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?"
    found = re.fullmatch(rf"{day}\s*(?:\.\.|/)\s*{day}", text)
    if not found:
        return None
    period = months(int(found[1]), int(found[2]), int(found[4]), int(found[5]))
    if period is None:
        return None
    whole = (found[3] or "01") == "01" and (found[6] is None or int(found[6]) == period.end.day)
    return period if whole else None


def _named_month(text: str, fiscal: int) -> Period | None:
    del fiscal
    words = re.findall(r"[^\W\d_]+|[0-9]{4}", text.lower())
    if len(words) != 2:
        return None
    name, year = (words[0], words[1]) if words[1].isdigit() else (words[1], words[0])
    if not year.isdigit() or name not in MONTH_NAMES:
        return None
    return months(int(year), MONTH_NAMES[name], int(year), MONTH_NAMES[name])
