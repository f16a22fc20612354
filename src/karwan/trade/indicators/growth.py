"""Growth like for like: which periods compare, how trade changed between them, and what the change is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from karwan.errors import InvalidInput
from karwan.trade.indicators.matrix import checked_flows
from karwan.trade.period import YEAR, month_number, whole_months, year_before

Period = tuple[date, date]
KINDS = ("month", "quarter", "year to date", "twelve months", "year", "part of a year")


@dataclass(frozen=True)
class LikePeriods:
    """Two like periods: the same months, whole years apart.

    Attributes
    ----------
    kind
        Of `KINDS`.
    now, before
        The reported periods whose sums compare, in order.
    """

    kind: str
    now: tuple[Period, ...]
    before: tuple[Period, ...]

    @property
    def span(self) -> Period:
        """First and last day of the later period."""
        return self.now[0][0], self.now[-1][1]

    @property
    def span_before(self) -> Period:
        """First and last day of the earlier period."""
        return self.before[0][0], self.before[-1][1]


def like_periods(
    periods: Iterable[Period], *, year_starts: int = 1, years_back: int = 1
) -> tuple[tuple[LikePeriods, ...], tuple[str, ...]]:
    """Comparisons that one series of reports allows, and those it does not, with the reason.

    A reported year or part of a year compares with the same one a year earlier. Months give three more: the
    last month, the year to date (from the month the year starts to the last month reported) and the last
    twelve months, each against the same months a year earlier. Every month must be reported on both sides:
    a silent month is not zero.

    Parameters
    ----------
    periods
        First and last day of each period that the series reports.
    year_starts
        Month that the year to date starts in, 1-12 (7 for a fiscal year from July).
    years_back
        Years between the two periods; one is growth like for like.

    Returns
    -------
    Comparisons, latest first and the longest first where they end together; reasons for those refused.

    Raises
    ------
    InvalidInput
        No such month, or no year between the periods.
    """
    if years_back < 1:
        raise InvalidInput(f"{years_back} years back is no comparison.", fix="Give 1 or more.")
    if not 1 <= year_starts <= YEAR:
        raise InvalidInput(f"A year cannot start in month {year_starts}.", fix="Give a month, 1 to 12.")
    known = set(periods)
    lengths = {period: _months(period) for period in known}
    months = {month_number(period[0]): period for period in known if lengths[period] == 1}
    long = sorted(period for period in known if lengths[period] != 1)
    found, refused = [], []
    for period in long:
        earlier = (year_before(period[0], years_back), year_before(period[1], years_back))
        if earlier in known:
            kind = "year" if lengths[period] == YEAR else "part of a year"
            found.append(LikePeriods(kind, (period,), (earlier,)))
    if long and not any(one.kind in ("year", "part of a year") for one in found):
        ago = "a year" if years_back == 1 else f"{years_back} years"
        refused.append(f"no year or part of a year is reported for the same months {ago} earlier")
    if months:
        of_months, reasons = _of_months(months, year_starts, years_back * YEAR)
        found += of_months
        refused += reasons
    found.sort(key=lambda one: (one.span[1], -one.span[0].toordinal()), reverse=True)
    return tuple(found), tuple(refused)


def runs_of_months(
    periods: Iterable[Period], count: int, *, year_starts: int = 1, years_back: int = 1
) -> tuple[LikePeriods, ...]:
    """Every month (`count` 1) or quarter (3, from the month the year starts in) that the months allow, latest first.

    A quarter that is reported whole stands as it is; else its three months must be reported, and the same of the year before.
    """
    known = set(periods)
    months = {month_number(period[0]): period for period in known if _months(period) == 1}
    whole = {month_number(period[0]): period for period in known if _months(period) == count}

    def parts(first: int) -> tuple[Period, ...]:
        if first in whole:
            return (whole[first],)
        run = [months.get(number) for number in range(first, first + count)]
        return tuple(period for period in run if period is not None) if all(run) else ()

    starts = sorted(
        {number - (number - (year_starts - 1)) % count for number in (*months, *whole)}, reverse=True
    )
    kind = "month" if count == 1 else "quarter"
    pairs = ((parts(first), parts(first - years_back * YEAR)) for first in starts)
    return tuple(LikePeriods(kind, now, before) for now, before in pairs if now and before)


def _months(period: Period) -> int:
    """Whole months of a period; zero where it cuts one."""
    span = whole_months(*period)
    return 0 if span is None else span[1] - span[0]


def _of_months(months: dict[int, Period], year_starts: int, back: int) -> tuple[list[LikePeriods], list[str]]:
    """Comparisons up to the last month."""
    last = max(months)
    since = (last % YEAR - (year_starts - 1)) % YEAR + 1
    found, refused = [], []
    for kind, count in (("month", 1), ("year to date", since), ("twelve months", YEAR)):
        if (count == 1 and kind != "month") or (count == YEAR and kind == "year to date"):
            continue  # the year to date is the month itself, or the twelve months
        now = range(last - count + 1, last + 1)
        absent = [n for n in (*(k - back for k in now), *now) if n not in months]
        if absent:
            some = ", ".join(f"{n // YEAR}-{n % YEAR + 1:02d}" for n in absent[:4])
            more = f" and {len(absent) - 4} more" if len(absent) > 4 else ""
            refused.append(f"{kind}: {some}{more} not reported")
            continue
        found.append(
            LikePeriods(kind, tuple(months[n] for n in now), tuple(months[n - back] for n in now)),
        )
    return found, refused


def contributions(
    earlier: pl.DataFrame,
    later: pl.DataFrame,
    *,
    by: str = "product",
    value: str = "value_usd",
    totals: tuple[float, float] | None = None,
    rest: str = "not broken down",
) -> pl.DataFrame:
    """Contribution of each group to the growth of the total, percentage points as shares.

    Both tables must describe like periods of one reporter; see `like_periods`. A group that one table does
    not name is `new` or `gone`: it counts with zero in the sum, and is marked, for it may be unreported
    rather than absent.

    Parameters
    ----------
    totals
        Totals of both periods where they are reported apart from the groups; what the groups leave of them
        is a row called `rest`, so that the contributions still add up.

    Returns
    -------
    Table `by`, earlier_usd, later_usd (null where not reported), change_usd, contribution_share (change over
    the earlier total; they add up to the growth of the total), growth_share (of the group itself), state
    ('both', 'new', 'gone'); largest absolute change first.

    Raises
    ------
    InvalidInput
        The earlier period has no trade.
    """
    sides = []
    for table, name in ((earlier, "earlier_usd"), (later, "later_usd")):
        known = checked_flows(table, by, value=value)
        sides.append(known.group_by(by).agg(pl.col(value).sum().alias(name)))
    table = sides[0].join(sides[1], on=by, how="full", coalesce=True)
    before = float(table["earlier_usd"].sum())
    if totals is not None:
        left = [
            total - float(table[name].sum()) for total, name in zip(totals, table.columns[1:], strict=True)
        ]
        if any(abs(gap) > 1e-9 * max(abs(total), 1.0) for gap, total in zip(left, totals, strict=True)):
            table = table.vstack(pl.DataFrame([(rest, *left)], schema=table.schema, orient="row"))
        before = totals[0]
    if not before > 0:
        raise InvalidInput("The earlier period has no trade; growth is undefined.")
    change = pl.col("later_usd").fill_null(0.0) - pl.col("earlier_usd").fill_null(0.0)
    table = table.with_columns(
        change_usd=change,
        contribution_share=change / before,
        growth_share=pl.when(pl.col("earlier_usd") > 0).then(
            pl.col("later_usd") / pl.col("earlier_usd") - 1.0
        ),
        state=pl.when(pl.col("earlier_usd").is_null())
        .then(pl.lit("new"))
        .when(pl.col("later_usd").is_null())
        .then(pl.lit("gone"))
        .otherwise(pl.lit("both")),
    )
    return table.sort(pl.col("change_usd").abs(), by, descending=[True, False])
