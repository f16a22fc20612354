"""The days a case may speak of: beyond them calendars, seasons and sums of days mean nothing."""

from __future__ import annotations

from datetime import date

from karwan.errors import InvalidInput

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
