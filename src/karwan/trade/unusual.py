"""Months that a year's trade rests on and no other year has: many times the same months a year before, and a good part of the turnover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import polars as pl

from karwan.trade.period import year_before
from karwan.trade.standing import OFFICIAL, base_years, series_figures

Row = dict[str, Any]
FOLD = 3.0
"""So many times the same months a year before are unusual: twice is growth."""
PART = 0.25
"""Less than this share of the turnover both ways is not worth a word."""
UNUSUAL: dict[str, Any] = {
    **dict.fromkeys(["reporter", "year_label", "direction", "months_label"], pl.String),
    **dict.fromkeys(["period_start", "period_end"], pl.Date),
    **dict.fromkeys(["value_usd", "before_usd"], pl.Float64),
    "at_most": pl.Boolean,
    **dict.fromkeys(["fold", "turnover_usd", "without_usd"], pl.Float64),
    "source_id": pl.String,
}


def unusual_months(known: pl.DataFrame, annual: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Of each side's latest full year the months that are out of line with the year before, and the turnover had they been as a year before.

    Unusual are months of one direction, or of both together, that hold at least `FOLD` times what the same count had in the same months a
    year before and at least `PART` of the year's turnover. Where only a longer period of the year before is known that holds those months,
    its whole value stands for them (`at_most`): the true ratio is then larger, and the
    turnover with them as a year before smaller. Months whose year before is not known are never called unusual.
    Of those of a year two are kept: the shortest, and the one with the largest value.

    Parameters
    ----------
    known
        Result of `karwan.trade.standing.known_flows`.
    annual
        Result of `karwan.trade.standing.annual_series`.

    Returns
    -------
    Table with the columns of `UNUSUAL`, by reporter, the shortest first: fold is value_usd over before_usd, null where nothing was traded in
    those months a year before; without_usd is turnover_usd less value_usd plus before_usd: only what lies above the year before goes.
    """
    figures = {key: row for key, row in series_figures(known).items() if row["product_group"] == "all"}
    rows = [row for year in base_years(annual, as_of) for row in _of_year(year, figures.values())]
    return pl.DataFrame(rows, schema=UNUSUAL)


def _of_year(year: Row, figures: Iterable[Row]) -> list[Row]:
    """Unusual months of one year: the shortest and the largest."""
    count = [row for row in figures if _same_count(row, year)]
    found = [row for row in _candidates(year, count) if row["fold"] is None or row["fold"] >= FOLD]
    if not found:
        return []
    by_length = min(
        found, key=lambda row: (row["period_end"] - row["period_start"], -row["value_usd"], row["direction"])
    )
    by_value = max(found, key=lambda row: (row["value_usd"], row["period_start"], row["direction"]))
    return [by_length] if by_length is by_value else [by_length, by_value]


def _same_count(row: Row, year: Row) -> bool:
    """Whether a figure is of the same side and kind of official statistics as a year."""
    same = row["reporter"] == year["reporter"] and row["statistics"] == year["statistics"]
    return bool(same and row["claimed"] == OFFICIAL)


def _candidates(year: Row, count: list[Row]) -> Iterator[Row]:
    """Months within a year that hold a good part of its turnover, with the same months a year before where known."""
    for row in count:
        within = year["period_start"] <= row["period_start"] and row["period_end"] <= year["period_end"]
        if not within or row["value_usd"] < PART * year["value_usd"] or row["value_usd"] >= year["value_usd"]:
            continue
        before = _year_before(row, count)
        if before is not None:
            yield _unusual(year, row, before)


def _year_before(row: Row, count: list[Row]) -> Row | None:
    """The same months a year before in the same direction, or the least figure of a longer period that holds them."""
    start, end = year_before(row["period_start"]), year_before(row["period_end"])
    holding = [
        other
        for other in count
        if other["direction"] == row["direction"]
        and other["period_start"] <= start
        and end <= other["period_end"] < row["period_start"]
    ]
    return min(
        holding,
        key=lambda other: (
            other["value_usd"],
            other["period_end"] - other["period_start"],
            other["period_start"],
        ),
        default=None,
    )


def _unusual(year: Row, row: Row, before: Row) -> Row:
    whole = (before["period_start"], before["period_end"]) == (
        year_before(row["period_start"]),
        year_before(row["period_end"]),
    )
    sources = f"{row['source_id']};{before['source_id']}".split(";")
    return {
        **{name: row[name] for name in ("reporter", "direction", "period_start", "period_end", "value_usd")},
        "year_label": year["year_label"],
        "months_label": row["period_label"],
        "before_usd": before["value_usd"],
        "at_most": not whole,
        "fold": row["value_usd"] / before["value_usd"] if before["value_usd"] else None,
        "turnover_usd": year["value_usd"],
        "without_usd": year["value_usd"] - row["value_usd"] + before["value_usd"],
        "source_id": ";".join(dict.fromkeys(sources)),
    }
