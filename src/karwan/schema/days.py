"""The days a case may speak of: beyond them calendars, seasons and sums of days mean nothing."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from karwan.errors import InvalidInput

_PART = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
FIRST_DAY, LAST_DAY = date(1800, 1, 1), date(2200, 12, 31)


def day_in_reach(day: date) -> date:
    """The day itself.

    Raises
    ------
    InvalidInput
        It lies before `FIRST_DAY` or after `LAST_DAY`.

    Examples
    --------
    >>> day_in_reach(date(2026, 12, 1)).year
    2026
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidInput(
            f"The day {day} is out of reach.",
            f"days run from {FIRST_DAY} to {LAST_DAY}",
            "give a day near the case's own.",
        )
    return day


def day_span(text: str) -> tuple[date, date] | None:
    """First and last day of a year, month or day written YYYY, YYYY-MM or YYYY-MM-DD; None where it is none.

    Examples
    --------
    >>> [str(day) for day in day_span("2024-02") or ()]
    ['2024-02-01', '2024-02-29']
    >>> day_span("spring 2024")
    """
    found = _PART.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    last_month = month or 12
    days = monthrange(year, last_month)[1] if year else 0
    if not 1 <= (day or 1) <= days:
        return None
    return date(year, month or 1, day or 1), date(year, last_month, day or days)


def within(since: str | None, until: str | None, day: date) -> bool:
    """Whether a day lies in a span of years, months or days; a blank end is open.

    Examples
    --------
    >>> within("2024-02", None, date(2024, 2, 1)), within(None, "2024", date(2025, 1, 1))
    (True, False)
    """
    start, end = (day_span(text) if text else None for text in (since, until))
    return (start is None or start[0] <= day) and (end is None or day <= end[1])
