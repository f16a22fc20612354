"""Today's trade of the two parties: one figure each way, with its basis, who reports it, and how far the reports differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from karwan.case import Case
from karwan.trade.parties import DIRECTIONS
from karwan.trade.standing import annual_series, known_flows

CUSTOMS = "customs"


@dataclass(frozen=True)
class YearlyReport:
    """What one side says went one way in its latest year.

    Attributes
    ----------
    reporter
        Country that says it.
    statistics
        Kind of figures: customs or payments; None where the source does not say.
    year_label
        '2024', 'FY 2024/25'.
    value_usd
        Value, USD a year.
    basis
        Basis of the figure; assumed where it is half of both directions.
    source_id
        Keys of its sources.
    """

    reporter: str
    statistics: str | None
    year_label: str
    value_usd: float
    basis: str
    source_id: str


@dataclass(frozen=True)
class TradeFlow:
    """Trade one way in a year: the report that counts, and all there are, that of party a first."""

    direction: str
    taken: YearlyReport
    reports: tuple[YearlyReport, ...]

    @property
    def value_usd(self) -> float:
        """Value that counts, USD a year."""
        return self.taken.value_usd

    @property
    def low_usd(self) -> float:
        """Least of the reports, USD a year."""
        return min(one.value_usd for one in self.reports)

    @property
    def high_usd(self) -> float:
        """Greatest of the reports, USD a year."""
        return max(one.value_usd for one in self.reports)


def trade_flows(case: Case, as_of: date) -> Mapping[str, TradeFlow]:
    """Latest yearly trade of all goods each way, as every analysis takes it.

    Goods are counted, and duty is charged, where they cross the border. So customs figures come first, of the importer before the exporter; where
    no side gives customs figures the exporter's own report stands. Speeches and press figures take no part. Where a side reports only both
    directions together, half of it goes each way.

    Returns
    -------
    Direction ('a_to_b', 'b_to_a') to its flow; a direction that no side reports is missing.
    """
    annual = annual_series(known_flows(case["flows"], case["sources"], as_of)).filter(
        pl.col("claimed") == "official"
    )
    parties = case.parties
    found: dict[str, TradeFlow] = {}
    for way in DIRECTIONS:
        _, importer = parties.ends(way)
        latest = (_latest_report(annual, side, way) for side in parties.codes)
        reports = tuple(report for report in latest if report is not None)
        if reports:
            taken = min(reports, key=lambda report: _precedence(report, importer))
            found[way] = TradeFlow(way, taken, reports)
    return found


def reported_tonnes(case: Case, flow: TradeFlow) -> float | None:
    """Tonnes that stand beside the value that counts, in the same report; None where it has none."""
    taken = flow.taken
    same = (
        (pl.col("reporter") == taken.reporter)
        & (pl.col("direction") == flow.direction)
        & (pl.col("value_usd") == taken.value_usd)
        & (pl.col("quantity_t") > 0)
    )
    rows = case["flows"].filter(same)
    return float(rows["quantity_t"][0]) if rows.height else None


def _latest_report(annual: pl.DataFrame, side: str, way: str) -> YearlyReport | None:
    """Latest report of one side on a direction, or half of what it gives for both."""
    rows = annual.filter(pl.col("reporter") == side)
    one_way = rows.filter(pl.col("direction") == way)
    both_ways = rows.filter(pl.col("direction") == "total")
    chosen, share = (one_way, 1.0) if one_way.height else (both_ways, 0.5)
    if not chosen.height:
        return None
    last = chosen.sort("period_end", "period_start").row(-1, named=True)
    return YearlyReport(
        reporter=side,
        statistics=last["statistics"],
        year_label=last["year_label"],
        value_usd=last["value_usd"] * share,
        basis=last["basis"] if one_way.height else "assumed",
        source_id=last["source_id"],
    )


def _precedence(report: YearlyReport, importer: str) -> tuple[bool, bool]:
    """Sorts customs first, the importer's before the exporter's; else the exporter's own report."""
    customs = report.statistics == CUSTOMS
    by_importer = report.reporter == importer
    return not customs, by_importer != customs
