"""Tonnes that trade of the two parties moves in a year, by product and pair of places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from karwan.analysis.corridors import CorridorStudy
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.trade.parties import DIRECTIONS
from karwan.trade.standing import annual_series, known_flows
from karwan.transport.shipment import make_shipment

DAYS_YEAR = 365.0


@dataclass(frozen=True)
class Flow:
    """Goods that go from one place to another: a product, its tonnes a year, and how it travels."""

    direction: str
    origin: str
    destination: str
    product_id: str
    tonnes_year: float


@dataclass(frozen=True)
class Today:
    """Value that goes each way in a year, USD, with the lowest and highest side's report, and what it rests on."""

    usd: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]
    text: tuple[str, ...]


@dataclass(frozen=True)
class _Report:
    """Latest yearly value one way by one side's statistics."""

    side: str
    value_usd: float
    year_label: str
    statistics: str | None


def today_of(case: Case, as_of: date) -> Today:
    """Latest yearly value each way, the other reports as the range.

    What is worth something to trade is worth it on goods at the border, and duty is charged there by the importing side's customs. So customs figures
    come first, of the importer before the exporter; where no side gives customs figures the exporter's own report stands. Speeches and press figures
    take no part. Where a side reports only both directions together, half of it goes each way.
    """
    settings = case.settings
    annual = annual_series(known_flows(case["flows"], case["sources"], as_of)).filter(
        pl.col("claimed") == "official"
    )
    usd, low, high, text = {}, {}, {}, []
    parties = (settings.party_a, settings.party_b)
    for way, importer in zip(DIRECTIONS, parties[::-1], strict=True):
        found = [report for side in parties if (report := _latest(annual, side, way)) is not None]
        if not found:
            raise InvalidInput(
                f"No yearly trade {way_name(case, way)} is known on {as_of}.",
                "flows.csv has no official calendar or fiscal year of all goods",
                "add one to flows.csv, or give --demand.",
            )
        chosen = min(found, key=lambda one: _order(one, importer))
        values = [one.value_usd for one in found]
        usd[way], low[way], high[way] = chosen.value_usd, min(values), max(values)
        said = " and ".join(f"USD {one.value_usd / 1e6:,.1f} m ({_words(one)})" for one in found)
        text.append(f"{way_name(case, way)}: {said}; the report of {chosen.side} is taken.")
    return Today(usd, low, high, tuple(text))


def _latest(annual: pl.DataFrame, side: str, way: str) -> _Report | None:
    """Latest report of one side on a direction, or half of what it gives for both."""
    rows = annual.filter(pl.col("reporter") == side)
    own = rows.filter(pl.col("direction") == way)
    rows, share = (own, 1.0) if own.height else (rows.filter(pl.col("direction") == "total"), 0.5)
    if not rows.height:
        return None
    last = rows.sort("period_end", "period_start").row(-1, named=True)
    return _Report(side, last["value_usd"] * share, last["year_label"], last["statistics"])


def _order(report: _Report, importer: str) -> tuple[bool, bool]:
    """Customs first, the importer's before the exporter's; else the exporter's own report."""
    customs = report.statistics == "customs"
    return not customs, (report.side == importer) != customs


def _words(report: _Report) -> str:
    return ", ".join(word for word in (report.side, report.statistics, report.year_label) if word)


def way_name(case: Case, way: str) -> str:
    """'Kazakhstan to Pakistan'."""
    names = [case.country_name(code) for code in (case.settings.party_a, case.settings.party_b)]
    return " to ".join(names if way == DIRECTIONS[0] else names[::-1])


def default_flows(study: CorridorStudy, today: Today) -> tuple[list[Flow], str]:
    """Today's value spread evenly over the goods each side sells and over the pairs of places, and a sentence that says so.

    Goods that travel like the reference load are taken; all goods of a side that sells none of them.
    """
    case = study.case
    form = study.shipment().form
    parties = (case.settings.party_a, case.settings.party_b)
    flows, counts = [], []
    for way, exporter in zip(DIRECTIONS, parties, strict=True):
        own = case["products"].filter(pl.col("exporter") == exporter).sort("product_id")
        alike = own.filter(pl.col("form") == form)
        goods = alike if alike.height else own
        counts.append(f"{goods.height} from {case.country_name(exporter)}")
        pairs = study.pairs(way)
        for product, price in goods.select("product_id", "price_usd_t").iter_rows():
            tonnes = today.usd[way] / goods.height / price / len(pairs)
            flows += [Flow(way, o, d, product, tonnes) for o, d in pairs]
    text = (
        f"Spread evenly by value over the case's goods that travel as {form} ({', '.join(counts)}) and over its pairs of places: assumed, as "
        "no trade by product between the two is shipped with the case; `karwan plan worth --demand FILE` takes other flows."
    )
    return flows, text


def flows_of(study: CorridorStudy, demand: pl.DataFrame) -> list[Flow]:
    """Flows of a demand table (origin_id, destination_id, product_id, t_day).

    Raises
    ------
    InvalidInput
        A row does not go between the two parties.
    """
    case = study.case
    country = dict(case["nodes"].select("node_id", "country").iter_rows())
    ends = (case.settings.party_a, case.settings.party_b)
    flows = []
    for row in demand.iter_rows(named=True):
        pair = (country.get(row["origin_id"]), country.get(row["destination_id"]))
        if pair not in (ends, ends[::-1]):
            raise InvalidInput(
                f"{row['origin_id']} to {row['destination_id']} does not join {ends[0]} and {ends[1]}.",
                f"they lie in {pair[0] or 'no known country'} and {pair[1] or 'no known country'}",
                "give node ids of nodes.csv, one in each party.",
            )
        way = DIRECTIONS[0] if pair == ends else DIRECTIONS[1]
        product = make_shipment(case["products"], row["product_id"], case.settings.load_t).product_id
        flows.append(Flow(way, row["origin_id"], row["destination_id"], product, row["t_day"] * DAYS_YEAR))
    return flows
