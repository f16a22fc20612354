"""Which goods can be sold: demand first, then the landed price on the open corridor against the cheapest rival."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import polars as pl

from karwan.amounts import percent
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.goods import landed_table
from karwan.analysis.goods_shown import is_far, verdict_counts
from karwan.analysis.market_facts import MarketDemand, MarketFacts, period_text
from karwan.analysis.rivals import MarketRival, Rivals, border_shut, market_rivals
from karwan.analysis.seller_offer import SellerOffer, seller_crop_usd, seller_offer, sharing
from karwan.analysis.seller_price import priced, seller_price
from karwan.analysis.stored_case import stored_case
from karwan.analysis.trade_requests import GoodsRequest
from karwan.appraisal.landed import landed_cost
from karwan.appraisal.verdict import (
    FAR_CUT,
    NO,
    ONLY_IF,
    UNKNOWN,
    YES,
    Verdict,
    bound,
    landed_band,
    of_stand_in,
    verdict,
)
from karwan.case import Case
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.transport.duty import Tariffs
from karwan.transport.network import worst_basis
from karwan.transport.network.terms import join_sources
from karwan.transport.shipment import Shipment, find_product

Row = dict[str, Any]
ORDER = (YES, ONLY_IF, NO, UNKNOWN)
SOLD = 0.01  # of the buyer's imports: a good with such a share is sold, whatever its price says


def answer_goods(inputs: Inputs, request: GoodsRequest) -> Result:
    """Verdict on every good of the case, or on one.

    Method: landed price of the open corridor that lands cheapest (see `landed_table`), at the seller's own price where one is published;
    its 5-95 % band from the spreads of price and freight; the cheapest of the buyer's unit values from other origins, with their duty,
    and prices at home, which bear none. See `karwan.appraisal.verdict.verdict`.

    Raises
    ------
    UnknownName
        No such product.
    """
    stored = stored_case(inputs, request.as_of)
    case = stored.case
    study = CorridorStudy(case, request.as_of or case.settings.as_of)
    if case["products"].is_empty():
        return Result({"goods": result_frame("goods_verdicts")}, notes=(note("goods.none"), *stored.notes))
    asked = _asked(case, request)
    goods = _Goods(study, landed_table(study, asked))
    table = goods.table(asked)
    notes = (*_notes(goods, table), *stored.notes)
    return Result({"goods": table}, meta={"as_of": str(study.as_of)}, notes=notes, lead=1)


def verdict_table(study: CorridorStudy, landed: pl.DataFrame) -> pl.DataFrame:
    """Verdict on every good of a case, from landed prices that are reckoned already; see `results/goods_verdicts.csv`."""
    return _Goods(study, landed).table(study.case["products"].to_dicts())


def _asked(case: Case, request: GoodsRequest) -> list[Row]:
    if request.product:
        return [dict(find_product(case["products"], request.product))]
    return case["products"].to_dicts()


class _Goods:
    """What all goods of a case share: facts, tariffs, landed prices by product, spreads."""

    def __init__(self, study: CorridorStudy, landed: pl.DataFrame) -> None:
        self.study = study
        self.case = study.case
        self.facts = MarketFacts(study.case, study.as_of)
        self.tariffs = Tariffs(study.case["tariffs"])
        self.landed = {row["product_id"]: row for row in landed.iter_rows(named=True)}
        self.offers = {row["product_id"]: row for row in study.case["supplies"].iter_rows(named=True)}
        self.insurance = study.case.parameter("insurance_share")
        self.reach = study.case.parameter("reachable_share")
        self.cv = {
            kind: study.case.parameter(f"price_cv_{kind}") for kind in ("observed", "computed", "assumed")
        }

    def table(self, products: Sequence[Row]) -> pl.DataFrame:
        """Rows of products, the sellable ones first."""
        ends = [self._at(end) for end in ("low", "high")]
        rows = []
        for product in products:
            row = self.row(product)
            others = {at.row(product)["verdict"] for at in ends} - {row["verdict"]}
            rows.append(row | {"verdict_by_duty": ", ".join(k for k in ORDER if k in others) or None})
        rows.sort(key=_order)
        return result_frame("goods_verdicts", rows)

    def _at(self, end: str) -> _Goods:
        """The same with assumed duties, the rivals' too, at an end of their range."""
        other = copy(self)
        other.tariffs = Tariffs(self.case["tariffs"], end)
        return other

    def importer(self, product: Row) -> str:
        """The other party."""
        settings = self.case.settings
        return settings.party_b if product["exporter"] == settings.party_a else settings.party_a

    def row(self, product: Row) -> Row:
        """The product's row of the answer."""
        importer = self.importer(product)
        price = seller_price(self.facts, product)
        rivals = market_rivals(self.facts, self.tariffs, product, importer, price.country)
        rival = rivals.shown
        sold = self.facts.sold(product, importer, product["exporter"])
        ban = self.facts.ban(product, importer)
        demand = self.facts.demand(product, importer, product["exporter"])
        offer = seller_offer(self.facts, product, self.offers.get(product["product_id"]), price.usd_t)
        sources = [price.source_id, *([offer.source_id] if offer and demand else [])]
        sources += [
            row["source_id"] for row in (rival and rival.fact.row, ban, demand and demand.row, sold) if row
        ]
        row = {
            **{name: product[name] for name in ("product_id", "hs_code", "sector", "exporter")},
            "product": product["name"],
            "importer": importer,
            "verdict": UNKNOWN,
            "lacks": "corridor",
            **price.columns(),
            "price_old": price.is_old(self.facts.year()),
            "load_t": self.study.loads.full_t(product),
            **_rival_columns(rival, self.study, importer),
            "sold_share": sold["value"] if sold else None,
            "sold_period": period_text(sold) if sold else None,
            **_demand_columns(demand),
            **(offer.columns() if offer else {}),
            **self._bound(product, demand, offer, price.usd_t),
            "ban": ban["country"] if ban else None,
            "ban_since": period_text(ban) if ban else None,
            "source_id": join_sources(*sources),
        }
        carried = self.landed.get(product["product_id"])
        if carried is None:
            return row | _amounts(row, demand, sold)
        row["source_id"] = join_sources(*sources, carried["source_id"])
        wanted = demand.row["basis"] if demand else "observed"
        row["basis"] = worst_basis(price.basis, carried["basis"], _rival_basis(rival), wanted)
        found = self._landed_columns(
            priced(self.study.loads.packed(product, row["load_t"]).shipment, price), carried, row, rivals
        )
        row |= found | {"contradicts": _contradicts(found["verdict"], row["sold_share"])}
        return row | _amounts(row, demand, sold)

    def _landed_columns(self, load: Shipment, carried: Row, row: Row, rivals: Rivals) -> Row:
        """Landed price with its band, and the verdict."""
        duty = self.tariffs.duty(load.product_id, row["importer"], row["exporter"])
        freight_usd = carried["freight_usd_t"] * load.tonnes
        landed = landed_cost(load, freight_usd, carried["days"], duty, self.insurance)
        band = landed_band(landed, duty, self.insurance, self.cv[row["price_basis"]], self.cv["assumed"])
        cheapest, mean = rivals.cheapest, rivals.mean
        found = verdict(
            band,
            cheapest.usd_t if cheapest else None,
            banned=row["ban"] is not None,
            demanded=row["demand_kind"] != UNKNOWN,
            mean_usd_t=mean.usd_t if mean else None,
        )
        rival = rivals.shown
        if row["price_country"] and not row["ban"]:
            found = of_stand_in(found, band, rival.usd_t if rival else None)
        return {
            "verdict": found.kind,
            "lacks": found.lacks or None,
            **_switch_columns(found),
            "landed_usd_t": band.mean,
            "landed_low_usd_t": band.low,
            "landed_high_usd_t": band.high,
            "freight_usd_t": band.freight,
            "corridor_id": carried["corridor_id"],
            "corridor_share": landed.corridor_share,
            "duty_usd_t": landed.duty_usd_t if duty.known else None,
            "duty": duty.text,
            "gap_usd_t": band.mean - rival.usd_t if rival else None,
        }

    def _bound(
        self, product: Row, demand: MarketDemand | None, offer: SellerOffer | None, price: float
    ) -> Row:
        """How much can be sold in a year, USD at the price at origin of now, and what binds."""
        limit = bound(
            {
                "offer": offer.usd if offer else None,
                "crop": seller_crop_usd(self.facts, product, price),
                "demand": demand.usd(price) * self.reach if demand else None,
            }
        )
        return {"bound_usd": limit.usd, "binding": limit.binding or None}


def _order(row: Row) -> tuple[int, bool, bool, float, str]:
    """Verdicts in order, of each what needs a cut that is no plan last, before it what rests on an old price of another; then the largest first."""
    rank = ORDER.index(row["verdict"])
    return rank, is_far(row), row["price_old"], -(row["bound_usd"] or 0.0), row["product_id"]


def _amounts(row: Row, demand: MarketDemand | None, sold: Row | None) -> Row:
    """The bound in tonnes and at the price that can be asked; what the buyer takes from the seller a year and what the bound leaves.

    A good that sells only if its price is at most a figure brings in no more than that: tonnes are those of the price of now, money is
    at the lower of the two prices. Nothing is said of what is sold where its share or the demand of the good itself is not known.
    """
    price = row["price_usd_t"]
    asked = min(price, row["switch_at"]) if row.get("switch") == "price" else price
    tonnes = None if row["bound_usd"] is None else row["bound_usd"] / price
    found: Row = {"bound_t": tonnes}
    if tonnes is not None:
        found |= {"bound_usd": tonnes * asked, "bound_price_usd_t": asked}
    if demand is None or sold is None or demand.row["heading"]:
        return found
    now = demand.usd(price) * float(sold["value"])
    left = None if tonnes is None else max(0.0, tonnes - now / price) * asked
    return found | {"sold_usd": now, "unrealised_usd": left}


def _rival_columns(rival: MarketRival | None, study: CorridorStudy, importer: str) -> Row:
    if rival is None:
        return {}
    row = rival.fact.row
    return {
        "rival_usd_t": rival.usd_t,
        "rival_origin": (row["origin"] if row["quantity"] == "home_price" else None) or rival.name,
        "rival_heading": rival.heading,
        "rival_kind": row["quantity"],
        "rival_place": row["place"],
        "rival_basis": _rival_basis(rival),
        "rival_period": rival.period,
        "rival_shut": border_shut(study.case, rival.origin, importer, study.as_of),
    }


def _rival_basis(rival: MarketRival | None) -> str:
    """Basis of the rival's price: assumed where the mean of a whole heading stands in for the good's own."""
    if rival is None:
        return "observed"
    return "assumed" if rival.heading else str(rival.fact.row["basis"])


def _contradicts(found: str, sold: float | None) -> bool | None:
    """Whether what is sold says otherwise: a share held by a good without a yes, or none by one that has it; None where not known."""
    if sold is None:
        return None
    return sold == 0 if found == YES else sold >= SOLD


def _demand_columns(demand: MarketDemand | None) -> Row:
    if demand is None:
        return {"demand_kind": UNKNOWN}
    return {
        "demand_t_year": demand.tonnes,
        "demand_usd_year": None if demand.tonnes else demand.a_year,
        "demand_kind": demand.row["quantity"],
        "demand_heading": demand.row["heading"],
        "demand_origin": demand.row["origin"],
        "demand_period": period_text(demand.row),
    }


def _switch_columns(found: Verdict) -> Row:
    if found.lifted:
        return {"switch": "ban lifted"}
    if found.switch is None:
        return {}
    now, at = found.switch.now, found.switch.at
    cut = 1.0 - at / now if now > at else None
    return {"switch": found.switch.name, "switch_now": now, "switch_at": at, "cut_share": cut}


def _duty_notes(table: pl.DataFrame) -> list[Note]:
    """How many verdicts rest on an assumed duty, and which would be another within its range."""
    judged = table.filter(pl.col("verdict") != UNKNOWN)
    assumed = judged.filter(pl.col("duty").str.contains("assumed"))
    if assumed.is_empty():
        return []
    turned = table.filter(pl.col("verdict_by_duty").is_not_null())
    named = ", ".join(f"{row['product']} ({row['verdict_by_duty']})" for row in turned.iter_rows(named=True))
    within = note("goods.duty_turns", products=named) if named else note("goods.duty_holds")
    return [note("goods.duty_assumed", goods=assumed.height, all=judged.height, within=within)]


def _notes(goods: _Goods, table: pl.DataFrame) -> list[Note]:
    """How many goods can be judged, how to read the verdicts, what contradicts them, and how many goods lack what."""
    said = [note("goods.counts", cut=percent(FAR_CUT), **verdict_counts(table))]
    for row in table.filter(pl.col("contradicts")).iter_rows(named=True):
        told = {name: row[name] for name in ("product", "importer", "exporter", "sold_share", "sold_period")}
        said.append(note("goods.contradicts", verdict=row["verdict"], **told))
    borrowed = table.filter(pl.col("price_country").is_not_null() & (pl.col("verdict") == ONLY_IF))
    if borrowed.height:
        said.append(note("goods.stand_in", goods=borrowed.height, products=", ".join(borrowed["product"])))
    for (exporter, heading, year), products in sharing(table).items():
        told = {"exporter": exporter, "heading": heading, "year": str(year)}
        said.append(note("goods.shared_offer", products=", ".join(products), **told))
    wide = table.filter(pl.col("rival_heading").is_not_null())
    if wide.height:
        said.append(note("goods.heading_mean", goods=wide.height, products=", ".join(wide["product"])))
    said += _duty_notes(table)
    shut = table.filter(pl.col("rival_shut") & (pl.col("verdict") != UNKNOWN))
    if shut.height:
        said.append(note("goods.rival_shut", goods=shut.height, products=", ".join(shut["product"])))
    lacking = table.filter(pl.col("verdict") == UNKNOWN).group_by("lacks", maintain_order=True).len()
    for lacks, count in sorted(lacking.iter_rows(), key=lambda one: -one[1]):
        key = "network" if lacks == "corridor" and goods.case["corridors"].is_empty() else lacks
        said.append(note(f"goods.lacks_{key.replace(' ', '_')}", goods=count))
    without = table.filter(pl.col("demand_kind") == UNKNOWN).height
    if without:
        said.append(note("goods.demand_unknown", goods=without, all=table.height))
    said.append(
        note(
            "goods.method",
            price_year=str(goods.facts.year()),
            reach_share=goods.reach,
            cv_share=goods.cv["assumed"],
        )
    )
    return said
