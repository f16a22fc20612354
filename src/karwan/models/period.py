"""Periods of trade statistics: month numbers, whole months, the same months a year earlier."""

from __future__ import annotations

from datetime import date, timedelta

YEAR = 12


def month_number(day: date) -> int:
    """12 x year + month - 1."""
    return day.year * YEAR + day.month - 1


def whole_months(start: date, end: date) -> tuple[int, int] | None:
    """First month and month after of a period of whole months; None where it cuts a month."""
    after = end + timedelta(days=1)
    if start.day != 1 or after.day != 1 or after <= start:
        return None
    return month_number(start), month_number(after)


def year_before(day: date, years: int = 1) -> date:
    """The same day a year (or several) earlier; the last day of February stays the last day of February."""
    following = day + timedelta(days=1)
    if following.day == 1:  # last day of a month
        return following.replace(year=following.year - years) - timedelta(days=1)
    return day.replace(year=day.year - years)
