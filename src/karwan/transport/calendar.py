"""Opening windows of a place: daily hours, weekdays, seasons and dated closures on one time axis."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

HORIZON_DAYS = 400
DAYS_BEFORE = 2  # a day that opens late, runs past midnight and lies west of UTC reaches over two midnights
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Windows = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


@dataclass(frozen=True)
class ClosedSpan:
    """Days on which a place is shut.

    Attributes
    ----------
    start, end
        First and last closed day; `end` None means no end is known.
    """

    start: date
    end: date | None

    def covers(self, day: date) -> bool:
        """Whether `day` is a closed day."""
        return self.start <= day and (self.end is None or day <= self.end)

    def touches(self, first: date) -> bool:
        """Whether any closed day is `first` or later; a span that ends before it starts has none."""
        return self.end is None or self.end >= max(self.start, first)


def seasonal_spans(start: str, end: str, first: date, days: int = HORIZON_DAYS) -> list[ClosedSpan]:
    """Dated spans of a closure that recurs every year, MM-DD to MM-DD, touching the horizon."""
    spans = []
    for year in range(first.year - 1, (first + timedelta(days=days)).year + 1):
        begin, finish = _season(year, start, end)
        if finish >= first:
            spans.append(ClosedSpan(begin, finish))
    return spans


def outside_season(begin: str, end: str, first: date, days: int = HORIZON_DAYS) -> list[ClosedSpan]:
    """Dated spans between the seasons of a place that is usable every year from MM-DD to MM-DD, touching the horizon.

    A season that ends on 29 February ends with February, one that begins there begins on its last day. A season that begins on the
    day after its end lasts all year.

    Examples
    --------
    >>> spans = outside_season("12-15", "02-29", date(2025, 7, 1), 200)
    >>> [(str(s.start), str(s.end)) for s in spans]
    [('2025-03-01', '2025-12-14')]
    """
    last = first + timedelta(days=days)
    seasons = [_season(year, begin, end) for year in range(first.year - 2, last.year + 2)]
    one = timedelta(days=1)
    gaps = [ClosedSpan(before[1] + one, after[0] - one) for before, after in pairwise(seasons)]
    return [g for g in gaps if g.end is not None and g.start <= g.end and g.end >= first and g.start <= last]


def _season(year: int, begin: str, end: str) -> tuple[date, date]:
    """First and last day of the season that begins in a year."""
    return _day(year, begin), _day(year if end >= begin else year + 1, end)


def _day(year: int, month_day: str) -> date:
    month, day = int(month_day[:2]), int(month_day[3:5])
    return date(year, month, 28) if (month, day) == (2, 29) and not isleap(year) else date(year, month, day)


def open_windows(
    first: date,
    *,
    hours: str = "00:00-24:00",
    closed_weekdays: Sequence[str] = (),
    closed: Sequence[ClosedSpan] = (),
    utc_offset_h: float = 0.0,
    days: int = HORIZON_DAYS,
) -> Windows | None:
    """Windows in which a place is open, in hours from midnight UTC of `first`.

    Parameters
    ----------
    first
        Day the axis starts.
    hours
        Daily opening 'HH:MM-HH:MM', local time; an end before the start runs past midnight.
    closed_weekdays
        Weekdays shut, as 'Sat'.
    closed
        Dated spans shut.
    utc_offset_h
        Local time minus UTC, h.
    days
        Length of the axis.

    Returns
    -------
    (starts, ends), sorted and disjoint, the last end infinite when the place is open at the horizon's end; None when it is always open.
    Two empty arrays mean shut throughout. The same question is answered by the same arrays: do not write into them.
    """
    if hours == "00:00-24:00" and not closed_weekdays and not closed:
        return None
    return _windows(first, hours, tuple(closed_weekdays), tuple(closed), utc_offset_h, days)


@lru_cache(maxsize=2048)
def _windows(
    first: date,
    hours: str,
    closed_weekdays: tuple[str, ...],
    closed: tuple[ClosedSpan, ...],
    utc_offset_h: float,
    days: int,
) -> Windows | None:
    begin, finish = _hour(hours[:5]), _hour(hours[6:])
    if finish <= begin:
        finish += 24.0
    spans = [span for span in closed if span.touches(first - timedelta(days=DAYS_BEFORE))]
    if finish - begin >= 24.0 and not closed_weekdays:
        return _between(spans, first, utc_offset_h, days)
    shut = {WEEKDAYS.index(name) for name in closed_weekdays}
    openings: list[tuple[float, float]] = []
    for offset in range(-DAYS_BEFORE, days):
        day = first + timedelta(days=offset)
        if day.weekday() not in shut and not any(span.covers(day) for span in spans):
            midnight = offset * 24.0 - utc_offset_h
            openings.append((midnight + begin, midnight + finish))
    starts, ends = _merged([(max(0.0, start), end) for start, end in openings if end > 0.0])
    if ends and ends[-1] >= days * 24.0 - 24.0 - abs(utc_offset_h):
        ends[-1] = np.inf
    return np.array(starts), np.array(ends)


def _merged(openings: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Starts and ends of openings in order, those that touch as one."""
    starts: list[float] = []
    ends: list[float] = []
    for start, end in openings:
        if ends and start <= ends[-1] + 1e-9:
            ends[-1] = max(end, ends[-1])
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends


def _between(spans: Sequence[ClosedSpan], first: date, utc_offset_h: float, days: int) -> Windows | None:
    """Windows of a place that is open day and night except on closed spans; None where none of them counts."""
    starts: list[float] = []
    ends: list[float] = []
    at = 0.0
    for span in sorted(spans, key=lambda s: s.start):
        shut_from = (span.start - first).days * 24.0 - utc_offset_h
        if shut_from > at:
            starts.append(at)
            ends.append(shut_from)
        if span.end is None:
            return np.array(starts), np.array(ends)
        at = max(at, ((span.end - first).days + 1) * 24.0 - utc_offset_h)
    if at == 0.0 and not starts:
        return None
    if at < days * 24.0:
        starts.append(at)
        ends.append(np.inf)
    return np.array(starts), np.array(ends)


def _hour(text: str) -> float:
    return int(text[:2]) + int(text[3:5]) / 60.0


def hours_since(first: date, moment: datetime) -> float:
    """Hours from midnight of `first` to `moment`, both UTC."""
    return (moment - datetime(first.year, first.month, first.day)).total_seconds() / 3600.0
