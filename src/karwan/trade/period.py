"""Periods of trade statistics: month numbers, whole months, the same months a year earlier, years between two days."""

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


def year_after(day: date, years: int = 1) -> date:
    """The same day a year (or several) later; 29 February becomes the last day of February.

    Examples
    --------
    >>> year_after(date(2028, 2, 29))
    datetime.date(2029, 2, 28)
    """
    return year_before(day, -years)


def years_between(start: date, end: date) -> float:
    """Years from one day to another: whole years exactly, the rest as a share of the year it falls in; negative backwards.

    Examples
    --------
    >>> years_between(date(2025, 12, 31), date(2026, 12, 31))
    1.0
    """
    if end < start:
        return -years_between(end, start)
    whole = end.year - start.year
    if year_after(start, whole) > end:
        whole -= 1
    since = year_after(start, whole)
    return whole + (end - since).days / (year_after(start, whole + 1) - since).days
