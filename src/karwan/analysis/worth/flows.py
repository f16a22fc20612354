"""Tonnes that trade of the two parties moves in a year, by product and pair of places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from karwan.amounts import YEAR_DAYS
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.trade_flows import TradeFlow, YearlyReport, reported_tonnes, trade_flows
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.trade.equilibrium.base import Array
from karwan.trade.mix import mix_of_tonnes
from karwan.trade.parties import DIRECTIONS
from karwan.transport.shipment import goods_sold, make_shipment


@dataclass(frozen=True)
class Flow:
    """Goods that go from one place to another: a product, its tonnes a year, and how it travels."""

    direction: str
    origin: str
    destination: str
    product_id: str
    tonnes_year: float

    def ends(self, case: Case) -> tuple[str, str]:
        """Exporter and importer: of a direction of the parties, or of two other countries, 'UZB-PAK'."""
        if self.direction in DIRECTIONS:
            return case.parties.ends(self.direction)
        exporter, _, importer = self.direction.partition("-")
        return exporter, importer


def flow_direction(case: Case, exporter: str, importer: str) -> str:
    """Direction of the parties, or 'UZB-PAK' for two other countries."""
    ends = (exporter, importer)
    return next((way for way in DIRECTIONS if case.parties.ends(way) == ends), f"{exporter}-{importer}")


def require_trade(case: Case, as_of: date) -> Mapping[str, TradeFlow]:
    """Trade that is valued, both ways.

    Raises
    ------
    InvalidInput
        A direction that no side reports.
    """
    flows = trade_flows(case, as_of)
    for way in DIRECTIONS:
        if way not in flows:
            raise InvalidInput(
                f"No yearly trade {case.parties.label(way)} is known on {as_of}.",
                "flows.csv has no official calendar or fiscal year of all goods",
                "add one to flows.csv, or give --demand.",
            )
    return flows


def trade_text(case: Case, flow: TradeFlow) -> str:
    """Who reports what of a direction, and which report is taken."""
    said = " and ".join(f"USD {one.value_usd / 1e6:,.1f} m ({_words(one)})" for one in flow.reports)
    return f"{case.parties.label(flow.direction)}: {said}; the report of {flow.taken.reporter} is taken."


def _words(report: YearlyReport) -> str:
    return ", ".join(word for word in (report.reporter, report.statistics, report.year_label) if word)


def default_flows(study: CorridorStudy, trade: Mapping[str, TradeFlow]) -> tuple[list[Flow], str]:
    """Value of the trade spread evenly over the goods each side sells and over the pairs of places, and a sentence that says so.

    Goods that travel like the reference load are taken; all goods of a side that sells none of them.
    """
    case = study.case
    form = study.shipment().form
    parties = (case.settings.party_a, case.settings.party_b)
    flows, counts = [], []
    for way, exporter in zip(DIRECTIONS, parties, strict=True):
        goods = goods_sold(case["products"], exporter, form)
        counts.append(f"{goods.height} from {case.country_name(exporter)}")
        pairs = study.pairs(way)
        shares, said = value_shares(case, trade[way], goods)
        counts[-1] += said
        for product, price, share in zip(goods["product_id"], goods["price_usd_t"], shares, strict=True):
            tonnes = trade[way].value_usd * float(share) / price / len(pairs)
            flows += [Flow(way, o, d, product, tonnes) for o, d in pairs]
    text = (
        f"Spread evenly by value over the case's goods that travel as {form} ({', '.join(counts)}) and over its pairs of places, tonnes at each "
        "good's price in its own year, not brought to that of the trade: assumed, as "
        "no trade by product between the two is shipped with the case; `karwan plan worth --demand FILE` takes other flows."
    )
    return flows, text


def value_shares(case: Case, flow: TradeFlow, goods: pl.DataFrame) -> tuple[Array, str]:
    """Share of each good in the value of a flow, and in a few words how it came about; blank where it is even.

    Even, but for a report that comes with tonnes: then the mix nearest to it that has both. Even again where no mix of the goods has both.
    """
    even = np.full(goods.height, 1.0 / goods.height)
    tonnes = reported_tonnes(case, flow)
    if tonnes is None:
        return even, ""
    prices = goods["price_usd_t"].to_numpy().astype(float)
    try:
        return mix_of_tonnes(even, prices, flow.value_usd, tonnes), f" mixed to the {tonnes:,.0f} t reported"
    except InvalidInput:
        per_tonne = flow.value_usd / tonnes
        return (
            even,
            f" whose prices, from {prices.min():,.0f} USD a tonne, no mix brings to the {per_tonne:,.0f} reported",
        )


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
        flows.append(Flow(way, row["origin_id"], row["destination_id"], product, row["t_day"] * YEAR_DAYS))
    return flows
