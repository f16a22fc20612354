"""What a longer published figure holds beyond a shorter one that starts the same day: January-December less January-July."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from karwan.trade.period import year_after

Row = dict[str, Any]
Series = tuple[Any, ...]
Slot = tuple[Series, date, date, str]
SERIES = ("reporter", "product_group", "value_kind", "claimed", "statistics")
"""Figures that alike in these are one count of one thing."""


def rest_of_periods(figures: Iterable[Row]) -> tuple[list[Row], list[tuple[Row, Row]]]:
    """Figures of periods that nobody published, by subtraction of cumulated ones.

    Only figures of one count are subtracted: same reporter, direction, goods, kind of value, kind of claim (no speech from a statistic) and
    kind of statistics, within twelve months. A period that was printed with two values in a direction stays out there and in the total: the
    difference would hold the revision.

    Parameters
    ----------
    figures
        Rows with the columns of `SERIES`, direction, period_start, period_end, value_usd, source_id; `derived` marks added totals.

    Returns
    -------
    The new rows (period_kind 'part_year', basis 'computed', derived), and the pairs (longer, shorter) refused because the longer period
    holds no more than the shorter.
    """
    rows = list(figures)
    revised = _revised(rows)
    runs: dict[Series, dict[date, Row]] = {}
    for row in rows:
        if _slot(row) not in revised:
            run = runs.setdefault((_series(row), row["direction"], row["period_start"]), {})
            held = run.get(row["period_end"])
            if held is None or (held["derived"], held["flow_id"]) > (row["derived"], row["flow_id"]):
                run[row["period_end"]] = row
    found, refused = [], []
    for key in sorted(runs, key=repr):
        for longer, shorter in _pairs(runs[key]):
            if longer["value_usd"] > shorter["value_usd"]:
                found.append(_rest(longer, shorter))
            else:
                refused.append((longer, shorter))
    return found, refused


def _series(row: Row) -> Series:
    return tuple(row[name] for name in SERIES)


def _slot(row: Row, direction: str | None = None) -> Slot:
    return _series(row), row["period_start"], row["period_end"], direction or row["direction"]


def _revised(rows: Iterable[Row]) -> set[Slot]:
    """Periods that one series prints with more than one value in a direction; their totals hold the revision too."""
    seen: dict[Slot, float] = {}
    found = set()
    for row in rows:
        if not row["derived"] and seen.setdefault(_slot(row), row["value_usd"]) != row["value_usd"]:
            found |= {_slot(row), _slot(row, "total")}
    return found


def _pairs(run: dict[date, Row]) -> Iterator[tuple[Row, Row]]:
    """Every longer figure of a run with every shorter one, within twelve months of the common start."""
    ends = sorted(run)
    for end in ends:
        row = run[end]
        if end >= year_after(row["period_start"]):
            continue
        for earlier in ends:
            if earlier < end:
                yield row, run[earlier]


def _rest(longer: Row, shorter: Row) -> Row:
    sources = dict.fromkeys(f"{longer['source_id']};{shorter['source_id']}".split(";"))
    return {
        **longer,
        "flow_id": f"{longer['flow_id']}-{shorter['flow_id']}",
        "period_start": shorter["period_end"] + timedelta(days=1),
        "period_kind": "part_year",
        "product_id": None,
        "value_usd": longer["value_usd"] - shorter["value_usd"],
        "quantity_t": None,
        "growth_share": None,
        "conflict_group": None,
        "source_id": ";".join(sources),
        "basis": "computed",
        "note": "The longer period as published less the shorter one.",
        "derived": True,
    }
