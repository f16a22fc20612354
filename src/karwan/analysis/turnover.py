"""Turnover of each side over its full years, the targets of the case, and the base rates that fit a multiple."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import MEAN_YEAR_DAYS, percent, usd_rough
from karwan.case import Case
from karwan.errors import UnknownName
from karwan.trade.forecast import BaseRate
from karwan.trade.period import years_between

Row = dict[str, Any]
SLACK = 0.02
"""Two multiples that differ by less count as one."""


@dataclass(frozen=True)
class Series:
    """Full-year turnover of one side: ends of the years, values, and the words for them."""

    reporter: str
    name: str
    ends: tuple[date, ...]
    values: np.ndarray
    labels: tuple[str, ...]
    spoken: int

    @property
    def times(self) -> np.ndarray:
        """Ends of the years in years."""
        return np.array([end.toordinal() / MEAN_YEAR_DAYS for end in self.ends])

    def years_to(self, due: date) -> float:
        """Years from the end of the last year to a date; whole years exactly."""
        return years_between(self.ends[-1], due)


def turnover_series(case: Case, annual: pl.DataFrame, reporter: str, as_of: date) -> Series | None:
    """Positive full-year totals of one side since its latest gap of more than two years; None with fewer than
    two.

    Years that overlap an earlier one kept (a fiscal year after a calendar year) stay out: their steps would
    count months twice.
    """
    rows = annual.filter(
        (pl.col("reporter") == reporter)
        & (pl.col("direction") == "total")
        & (pl.col("period_end") <= as_of)
        & (pl.col("value_usd") > 0)
    ).sort("period_end", "period_start", descending=True)
    official = rows.filter(pl.col("claimed") == "official")
    if not official.height:
        return None
    kept: list[dict[str, Any]] = []
    for row in rows.filter(pl.col("period_end") <= official["period_end"][0]).iter_rows(named=True):
        if kept and row["period_end"] > kept[-1]["period_start"]:
            continue
        if kept and (kept[-1]["period_end"] - row["period_end"]).days > 2.5 * MEAN_YEAR_DAYS:
            break
        kept.append(row)
    kept.reverse()
    if len(kept) < 2:
        return None
    return Series(
        reporter,
        case.country_name(reporter),
        tuple(row["period_end"] for row in kept),
        np.array([row["value_usd"] for row in kept]),
        tuple(row["year_label"] for row in kept),
        sum(row["claimed"] != "official" for row in kept),
    )


def turnover_targets(case: Case, as_of: date, target_id: str | None = None) -> pl.DataFrame:
    """Turnover targets in USD with a due date after `as_of`.

    Raises
    ------
    UnknownName
        The target asked for is no such target.
    """
    every = case["targets"].filter(
        (pl.col("quantity") == "turnover") & (pl.col("unit") == "USD") & pl.col("due").is_not_null()
    )
    if target_id is not None:
        every = every.filter(pl.col("target_id") == target_id)
        if not every.height:
            known = case["targets"].filter(pl.col("quantity") == "turnover")["target_id"].to_list()
            raise UnknownName(
                f"No turnover target is called {target_id!r}.",
                f"targets: {', '.join(known)}",
                "use one of these.",
            )
    return every.filter(pl.col("due") > as_of).sort("due", "target_id")


def matching_rates(rates: pl.DataFrame, multiple: float, base_usd: float) -> list[dict[str, Any]]:
    """Rows of a growth at most as hard as the one needed (2 % slack), from a start band that holds the turnover where one does.

    The greatest such multiple, of the band whose middle is nearest; empty where every rate known is of a harder growth.
    """
    usable = rates.filter(pl.col("multiple") <= multiple * (1.0 + SLACK))
    held = usable.filter((pl.col("low_usd") <= base_usd) & (pl.col("high_usd") >= base_usd))
    known = held if held.height else usable
    if not known.height:
        return []
    off = ((pl.col("low_usd") * pl.col("high_usd")).sqrt() / base_usd).log().abs().round(3)
    known = known.with_columns(off=off).filter(pl.col("multiple") == pl.col("multiple").max())
    nearest = known.filter(pl.col("off") == pl.col("off").min())
    return nearest.sort("horizon_years", "cases", "comparable").to_dicts()


def rates_over(rows: list[Row], years: float) -> tuple[float, list[BaseRate]]:
    """The shortest horizon of base rates that is at least so many years, else the longest, and the rates over it; `rows` not empty."""
    enough = [row["horizon_years"] for row in rows if row["horizon_years"] >= years]
    horizon = min(enough) if enough else max(row["horizon_years"] for row in rows)
    return horizon, [BaseRate("", r["successes"], r["cases"]) for r in rows if r["horizon_years"] == horizon]


def rate_in_words(rows: list[Row], multiple: float, base_usd: float, years: float) -> tuple[float, str]:
    """Share of the middle narrowness of 'comparable' and its words: growth and time it was counted for, `<=` where that makes it an upper bound.

    A bound it is where less growth was asked of pairs of the same start, or more time was theirs, and nothing speaks the other way; `rows` not empty.
    """
    horizon, same = rates_over(rows, years)
    share = same[len(same) // 2].share
    asked, low, high = (rows[0][name] for name in ("multiple", "low_usd", "high_usd"))
    easier = asked < multiple * (1.0 - SLACK)
    longer = horizon > years + 0.1
    held = low <= base_usd <= high
    bound = "<= " if (easier or longer) and held and horizon >= years - 0.1 else ""
    start = "" if held else f" from {usd_rough(low)}-{usd_rough(high)}"
    return share, f"{bound}{percent(share)}, {asked:.3g}-fold, {horizon:g} y{start}"
