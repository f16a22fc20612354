"""Trade of the two parties that is valued: one figure each way, with its year, basis, who reports it, and how far the reports differ."""

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


@dataclass(frozen=True)
class ValuedTrade:
    """Trade that is valued both ways, and the newest full year in all that the same side gives.

    Attributes
    ----------
    year_label, usd
        Year or years of the flows, and their value, USD a year.
    newest_label, newest_usd
        Newest full year both ways and its value, USD; that of the flows where no side gives both, or none is newer.
    """

    year_label: str
    usd: float
    newest_label: str
    newest_usd: float

    @property
    def is_newest(self) -> bool:
        """Whether no newer total stands beside."""
        return self.newest_label == self.year_label


def valued_trade(case: Case, as_of: date, flows: Mapping[str, TradeFlow]) -> ValuedTrade | None:
    """Flows both ways together, and the newest total of the side that reports them; None where a direction lacks."""
    if len(flows) < len(DIRECTIONS):
        return None
    labels = " and ".join(sorted({flow.taken.year_label for flow in flows.values()}))
    usd = sum(flow.value_usd for flow in flows.values())
    reporters = {flow.taken.reporter for flow in flows.values()}
    totals = newest_totals(case, as_of).filter(pl.col("reporter").is_in(reporters)).tail(1)
    if len(reporters) > 1 or not totals.height:
        return ValuedTrade(labels, usd, labels, usd)
    return ValuedTrade(labels, usd, str(totals["year_label"][0]), float(totals["value_usd"][0]))


def newest_totals(case: Case, as_of: date) -> pl.DataFrame:
    """Newest full year both ways of each side by its statistics: reporter, year_label, value_usd, the newest last."""
    annual = annual_series(known_flows(case["flows"], case["sources"], as_of))
    totals = annual.filter((pl.col("claimed") == "official") & (pl.col("direction") == "total"))
    order = totals.sort("period_end", "period_start", "reporter")
    return order.unique("reporter", keep="last", maintain_order=True).select(
        "reporter", "year_label", "value_usd"
    )


@dataclass(frozen=True)
class Turnover:
    """Newest trade both ways: value each way in USD a year, whose figures, of which year, and of which period their split is."""

    ways: dict[str, float]
    reporter: str
    year_label: str
    split_label: str

    @property
    def usd(self) -> float:
        """Both ways together."""
        return sum(self.ways.values())


def newest_turnover(case: Case, day: date) -> Turnover:
    """Newest full year of the side whose figures count (`trade_flows`), split as in the newest period it gives both directions of.

    Where the two directions are counted by different sides each stands as it is. Nothing is known of a case without such flows: 0.
    """
    flows = trade_flows(case, day)
    taken = {way: flow.taken for way, flow in flows.items()}
    ways = {way: flow.value_usd for way, flow in flows.items()}
    reporters = sorted({one.reporter for one in taken.values()})
    labels = sorted({one.year_label for one in taken.values()})
    apart = Turnover(ways, " and ".join(reporters), " and ".join(labels), "")
    if len(reporters) != 1:
        return apart
    known = known_flows(case["flows"], case["sources"], day).filter(
        (pl.col("reporter") == reporters[0]) & (pl.col("claimed") == "official")
    )
    total = newest_totals(case, day).filter(pl.col("reporter") == reporters[0])
    split = _newest_split(known)
    if not total.height or split is None:
        return apart
    shares, period = split
    usd, year = float(total["value_usd"][0]), str(total["year_label"][0])
    return Turnover({way: usd * share for way, share in shares.items()}, reporters[0], year, period)


def _newest_split(known: pl.DataFrame) -> tuple[dict[str, float], str] | None:
    """Shares of the two directions in the newest period of all goods that has both, and the words for it."""
    both = known.filter(
        (pl.col("value_kind") == "trade")
        & (pl.col("product_group") == "all")
        & pl.col("direction").is_in(list(DIRECTIONS))
        & (pl.col("value_usd") > 0)
    )
    keys = ["period_start", "period_end", "period_label"]
    periods = both.group_by(keys).agg(pl.col("direction").n_unique().alias("ways"))
    newest = periods.filter(pl.col("ways") == len(DIRECTIONS)).sort("period_end", "period_start").tail(1)
    if not newest.height:
        return None
    one = both.join(newest.select(keys), on=keys).unique("direction", keep="first", maintain_order=True)
    value = dict(one.select("direction", "value_usd").iter_rows())
    return {way: value[way] / sum(value.values()) for way in DIRECTIONS}, str(newest["period_label"][0])


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
