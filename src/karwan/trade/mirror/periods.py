"""Calendar-year figures from whatever periods a reporter published."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from karwan.trade.period import YEAR


@dataclass(frozen=True)
class PeriodFigure:
    """A published value of one reporter and direction over whole months.

    Attributes
    ----------
    first, after
        Month numbers (12 x year + month - 1): the first month, and the first month no longer covered.
    rank
        0 official, 1 press, 2 speech.
    fob
        True where the figure is stated at the exporter's border.
    """

    first: int
    after: int
    value_usd: float
    label: str
    source_id: str
    rank: int
    fob: bool = False


@dataclass(frozen=True)
class YearFigure:
    """A calendar year's value as a reporter's figures give it.

    Attributes
    ----------
    method
        'same period', 'sums and differences', 'fiscal years by months', 'scaled from part of the year' or
        'split of the total'.
    moved_share
        Share of the year that is not pinned by a figure on just those months, in [0, 1].
    months
        Months of the year the figures cover.
    """

    year: int
    value_usd: float
    method: str
    moved_share: float
    months: int
    pieces: tuple[str, ...]
    source_ids: tuple[str, ...]
    rank: int
    fob: bool = False


def calendar_year(
    figures: Sequence[PeriodFigure], year: int, *, most_moved: float = 0.5
) -> YearFigure | None:
    """The value of a calendar year, exactly where the figures allow it.

    In this order of how much has to be assumed: a figure on the year itself; sums and differences of
    figures that lead from its first to its last month (a fiscal year less its first half plus the next
    first half); fiscal years cut by months; a part of the year, scaled up. None where more than
    `most_moved` of the year would be assumed.
    """
    start, stop = year * YEAR, (year + 1) * YEAR
    exact = _walk(figures, start, stop)
    if exact is not None and exact[0] >= 0:
        pieces = exact[1]
        method = "same period" if len(pieces) == 1 else "sums and differences"
        return _made(year, exact[0], method, 0.0, YEAR, pieces)
    options = [o for o in (_allocated(figures, year), _scaled(figures, year)) if o is not None]
    best = min(options, key=lambda option: option.moved_share, default=None)
    return best if best is not None and best.moved_share <= most_moved + 1e-9 else None


def _made(
    year: int,
    value: float,
    method: str,
    moved: float,
    months: int,
    pieces: Sequence[tuple[int, PeriodFigure]],
) -> YearFigure:
    pieces = sorted(pieces, key=lambda piece: -piece[0])
    words = tuple(("less " if sign < 0 else "") + figure.label for sign, figure in pieces)
    sources = tuple(dict.fromkeys(figure.source_id for _, figure in pieces))
    rank, fob = max(figure.rank for _, figure in pieces), all(figure.fob for _, figure in pieces)
    return YearFigure(year, value, method, moved, months, words, sources, rank, fob)


def _walk(
    figures: Sequence[PeriodFigure], start: int, stop: int
) -> tuple[float, list[tuple[int, PeriodFigure]]] | None:
    """Value from one month to another along figures, forwards or backwards, by the fewest and firmest."""
    steps: dict[int, list[tuple[int, int, PeriodFigure]]] = {}
    for figure in figures:
        steps.setdefault(figure.first, []).append((figure.after, 1, figure))
        steps.setdefault(figure.after, []).append((figure.first, -1, figure))
    order = count()
    queue: list[tuple[int, int, int, float, list[tuple[int, PeriodFigure]]]] = [
        (0, next(order), start, 0.0, [])
    ]
    done: set[int] = set()
    while queue:
        spent, _, here, value, pieces = heapq.heappop(queue)
        if here == stop:
            return value, pieces
        if here in done:
            continue
        done.add(here)
        for there, sign, figure in steps.get(here, []):
            if there not in done:
                weight = 10 + 25 * figure.rank
                path = [*pieces, (sign, figure)]
                heapq.heappush(
                    queue, (spent + weight, next(order), there, value + sign * figure.value_usd, path)
                )
    return None


def _allocated(figures: Sequence[PeriodFigure], year: int) -> YearFigure | None:
    """Twelve-month figures that straddle the year, each cut in proportion to the months shared with it."""
    start, stop = year * YEAR, (year + 1) * YEAR
    value, fixed, reached = 0.0, 0.0, start
    pieces = []
    for figure in sorted(figures, key=lambda f: (f.first, f.rank)):
        if figure.after - figure.first != YEAR or figure.after <= reached or figure.first >= stop:
            continue
        if figure.first > reached:
            return None
        shared = min(figure.after, stop) - reached
        value += figure.value_usd * shared / YEAR
        fixed += (shared / YEAR) ** 2
        pieces.append((1, figure))
        reached = min(figure.after, stop)
    if reached < stop or not pieces:
        return None
    return _made(year, value, "fiscal years by months", 1.0 - fixed, YEAR, pieces)


def _scaled(figures: Sequence[PeriodFigure], year: int) -> YearFigure | None:
    """The longest run of months within the year that the figures give, scaled to twelve."""
    start, stop = year * YEAR, (year + 1) * YEAR
    points = sorted({p for f in figures for p in (f.first, f.after) if start <= p <= stop})
    spans = sorted(
        ((b - a, a, b) for k, a in enumerate(points) for b in points[k + 1 :]), key=lambda s: (-s[0], -s[2])
    )
    for months, first, after in spans:
        found = _walk(figures, first, after)
        if found is not None and found[0] >= 0:
            value = found[0] * YEAR / months
            method = "scaled from part of the year"
            return _made(year, value, method, 1.0 - months / YEAR, months, found[1])
    return None
