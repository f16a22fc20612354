"""Competitiveness of a case's product: its corridors' landed prices against rivals from a table or the trade
store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from karwan.amounts import percent
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.market_facts import MarketFacts
from karwan.analysis.observed import with_names
from karwan.analysis.rivals import NO_DUTY, MarketRival, border_shut, market_rivals
from karwan.analysis.seller_price import SellerPrice, priced, seller_price
from karwan.analysis.trade_requests import CompeteRequest
from karwan.appraisal.competitiveness import PricedOffer, compare_offers
from karwan.case.case import Case
from karwan.case.places import Gazetteer
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.store import open_store, query
from karwan.store.country_codes import country_code
from karwan.store.frame import read_frame, with_numbers, with_texts
from karwan.store.query import Selection
from karwan.transport.corridor import ABSENT, corridor_route
from karwan.transport.duty import Duty, Tariffs, find_duty
from karwan.transport.network import worst_basis
from karwan.transport.packing import lot_t
from karwan.transport.route import Route, assumed_share
from karwan.transport.shipment import find_product

RIVAL_COLUMNS = {
    "origin": (pl.String, None),
    "way": (pl.String, ""),
    "price_usd_t": (pl.Float64, None),
    "freight_usd_t": (pl.Float64, 0.0),
    "days": (pl.Float64, 0.0),
    "rate_share": (pl.Float64, None),
    "specific_usd_t": (pl.Float64, None),
}


TABLE = "landed price, cheapest first"


@dataclass(frozen=True)
class _Sale:
    """A product on its way from its exporter to the other party of the case.

    Attributes
    ----------
    row
        The product's row of products.csv.
    origin, destination
        Node ids.
    tonnes, day
        Load, and day of departure.
    facts
        What is known of the market, for prices of one year.
    """

    case: Case
    row: dict[str, Any]
    importer: str
    backward: bool
    origin: str
    destination: str
    tonnes: float
    day: date
    facts: MarketFacts

    @property
    def exporter(self) -> str:
        """Country the product comes from."""
        return str(self.row["exporter"])

    @property
    def price(self) -> SellerPrice:
        """The seller's price."""
        return seller_price(self.facts, self.row)

    def named(self, node_id: str) -> str:
        """Name of a place of the case."""
        names = dict(self.case["nodes"].select("node_id", "name").iter_rows())
        return str(names.get(node_id, node_id))

    def duty_on(self, origin: str) -> Duty:
        """The importer's duty on the product from an origin."""
        return find_duty(self.case["tariffs"], str(self.row["product_id"]), self.importer, origin)


def answer_compete(inputs: Inputs, request: CompeteRequest) -> Result:
    """Landed price of a product over every corridor against its rivals.

    Raises
    ------
    UnknownName
        No such product.
    InvalidInput
        No corridor reaches the destination, or the rivals' table cannot be used.
    """
    sale = _sale(inputs.the_case(), request)
    rivals, notes = _rivals(sale, request, request.trade_store or inputs.store)
    own = _own_offers(sale)
    duty = sale.duty_on(sale.exporter)
    about = note(
        "compete.about",
        product=sale.row["name"],
        hs_code=sale.row["hs_code"],
        origin=sale.named(sale.origin),
        destination=sale.named(sale.destination),
        day=str(sale.day),
        tonnes=f"{sale.tonnes:g}",
        **sale.price.told(),
        duty=duty.text,
    )
    table = compare_offers(own, rivals)
    return Result({TABLE: table}, notes=(*notes, *_stand_in(sale, table), about))


def _sale(case: Case, request: CompeteRequest) -> _Sale:
    """What is asked, with the case's own places, load and day where none is named."""
    row = find_product(case["products"], request.product)
    settings = case.settings
    backward = row["exporter"] != settings.party_a
    starts, ends = settings.origins, settings.destinations
    if backward:
        starts, ends = ends, starts
    origin = request.origin or row.get("origin_id") or next(iter(starts), None)
    destination = request.destination or next(iter(ends), None)
    if origin is None or destination is None or case["nodes"].is_empty():
        raise InvalidInput(
            f"The case {settings.case_id} knows no way for {row['name']}, so nothing lands.",
            f"{case['nodes'].height} places in nodes.csv; case.yaml names {len(starts)} to start from and {len(ends)} to go to",
            "fill the network (nodes.csv, links.csv, corridors.csv) and the places of the brief, or name places with --from and --to; "
            "`karwan trade goods` tells demand and rivals without one.",
        )
    places = Gazetteer(case.tables)
    return _Sale(
        case=case,
        row=row,
        importer=settings.party_a if backward else settings.party_b,
        backward=backward,
        origin=places.node(str(origin)),
        destination=places.node(destination),
        tonnes=request.tonnes or lot_t(row, case["vehicles"].iter_rows(named=True)),
        day=request.day or settings.as_of,
        facts=MarketFacts(case, request.day or settings.as_of),
    )


def _rivals(sale: _Sale, request: CompeteRequest, store: str | None) -> tuple[list[PricedOffer], list[Note]]:
    """Offers of other origins: typed, of a table, of the store; and what there is to say of them."""
    blank = dict.fromkeys(RIVAL_COLUMNS)
    offers = [_rival({**blank, **given}, sale) for given in parse_rivals(request.rival)]
    notes: list[Note] = []
    if request.rivals is not None:
        offers += _table_rivals(request.rivals, sale)
    if store is not None:
        found, said = _store_rivals(store, sale)
        offers += found
        notes.append(said)
    if not offers and request.trade_store is None:
        offers = _market_rivals(sale)
        notes += [note("compete.market_rivals")] if offers else []
    if not offers:
        notes.append(note("compete.no_rivals"))
    if any(rival.origin == sale.importer for rival in offers):
        notes.append(note("compete.own_goods", importer=sale.importer))
    return offers, notes


def _market_rivals(sale: _Sale) -> list[PricedOffer]:
    """What the case knows of rivals, the same that `karwan trade goods` judges by."""
    known = market_rivals(
        sale.facts, Tariffs(sale.case["tariffs"]), sale.row, sale.importer, sale.price.country
    )
    return [_market_rival(one, sale) for one in known.compared]


def _market_rival(rival: MarketRival, sale: _Sale) -> PricedOffer:
    """A price in the buyer's country: freight and insurance are in it, duty comes on top."""
    fact = rival.fact
    shut = border_shut(sale.case, rival.origin, sale.importer, sale.day)
    way = " ".join(
        (
            fact.row["quantity"].replace("_", " "),
            f"of HS {rival.heading}" if rival.heading else "",
            rival.period or "no period",
            f"brought to {sale.facts.year()}" if fact.indexed else "as seen",
            "(its border is shut)" if shut else "",
        )
    )
    return PricedOffer(
        origin=rival.name,
        way=" ".join(way.split()),
        price_usd_t=fact.usd_t,
        freight_usd_t=0.0,
        days=0.0,
        rate_share=rival.duty.rate_share,
        specific_usd_t=rival.duty.specific_usd_t,
        lacks="" if rival.duty.known else "the duty on this origin",
        basis=worst_basis(fact.row["basis"], rival.duty.basis),
        shut=bool(shut),
    )


def _stand_in(sale: _Sale, table: pl.DataFrame) -> list[Note]:
    """What a seller may ask whose own price is not known: the most over the open corridors."""
    price = sale.price
    asked = table.filter((pl.col("role") == "own") & ~pl.col("shut"))["break_even_price_usd_t"].drop_nulls()
    most = max(asked.to_list(), default=None)
    if not price.country or most is None:
        return []
    told = {"seller": sale.exporter, "country": price.country, "price_usd_t": price.usd_t}
    if most < 0:
        return [note("compete.stand_in_never", **told)]
    return [note("compete.stand_in", most_usd_t=most, **told)]


def _own_offers(sale: _Sale) -> list[PricedOffer]:
    case = sale.case
    study = CorridorStudy(case, sale.day)
    packed = study.loads.packed(sale.row, sale.tonnes)
    load, network = packed.shipment, study.loads.network(packed, sale.row, (sale.origin, sale.destination))
    names = dict(case["nodes"].select("node_id", "name").iter_rows())
    offers = []
    for corridor in case["corridors"].sort("rank").iter_rows(named=True):
        found = corridor_route(network, load, corridor, sale.origin, sale.destination, backward=sale.backward)
        if found.status == ABSENT or found.route is None:
            continue
        shut = f" (shut: {with_names(found.reason, names)})" if found.reason else ""
        offers.append(_own_offer(sale, study, found.route, f"{corridor['name']}{shut}", shut=bool(shut)))
    if not offers:
        raise InvalidInput(
            f"No corridor of the case joins {sale.origin} and {sale.destination} for {sale.row['name']}.",
            "",
            "name other places.",
        )
    return offers


def _own_offer(
    sale: _Sale, study: CorridorStudy, found: Route, way: str, *, shut: bool = False
) -> PricedOffer:
    """The product over a corridor, with all that `karwan route` counts as carriage."""
    shipment = priced(found.shipment, sale.price)
    route = replace(found, shipment=shipment)
    bills = study.bills(sale.row, "b_to_a" if sale.backward else "a_to_b")
    duty = sale.duty_on(sale.exporter)
    lacks = [] if duty.known else ["the duty on this origin"]
    lacks += [f"{percent(assumed_share(route))} of hours and money are assumed"]
    stages = [basis for stage in route.stages for basis in (stage.basis_usd, stage.basis_hours)]
    return PricedOffer(
        origin=sale.exporter,
        way=way,
        price_usd_t=shipment.price_usd_t,
        freight_usd_t=bills.carriage_usd(route) / shipment.tonnes,
        days=study.mean_days(found, shut=shut),
        rate_share=duty.rate_share,
        specific_usd_t=duty.specific_usd_t,
        insurance_share=sale.case.parameter("insurance_share"),
        time_cost_share_day=shipment.time_cost_share_day,
        loss_share_day=shipment.loss_share_day,
        lacks="; ".join(lacks),
        basis=worst_basis(sale.price.basis, duty.basis, *stages),
        shut=shut,
    )


def _table_rivals(path: Path, sale: _Sale) -> list[PricedOffer]:
    fix = f"columns it may have: {', '.join(RIVAL_COLUMNS)}."
    frame = read_frame(path, ("origin", "price_usd_t"), texts=None, fix=fix)
    kinds = {name: kind for name, (kind, _) in RIVAL_COLUMNS.items()}
    figures = [name for name, kind in kinds.items() if kind == pl.Float64]
    frame = with_texts(with_numbers(path, frame, figures), ("origin", "way"))
    frame = frame.select(
        pl.col(name) if name in frame.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in kinds.items()
    )
    if frame["origin"].null_count() or frame["price_usd_t"].null_count():
        raise InvalidInput(f"{path.name} has rows without origin or price.", "", "fill or drop them.")
    return [_rival(row, sale) for row in frame.iter_rows(named=True)]


def _rival(given: Mapping[str, Any], sale: _Sale) -> PricedOffer:
    origin = _origin(sale.case, str(given["origin"]))
    domestic = origin == sale.importer
    duty = NO_DUTY if domestic else sale.duty_on(origin)
    lacks = [name for name in ("freight_usd_t", "days") if given[name] is None]
    if domestic:  # what a table says of a duty on imports does not hold for the country's own goods
        given = {**given, "rate_share": None, "specific_usd_t": None}
    own_rate = given["rate_share"] is not None
    lacks += [] if own_rate or duty.known else ["the duty on this origin"]
    otherwise = {
        "price_usd_t": 0.0,
        "freight_usd_t": 0.0,
        "days": 0.0,
        "rate_share": duty.rate_share,
        "specific_usd_t": 0.0 if own_rate else duty.specific_usd_t,
    }
    figures = {name: _number(given[name], default) for name, default in otherwise.items()}
    return PricedOffer(
        origin=origin,
        way=str(given["way"] or ""),
        price_usd_t=figures["price_usd_t"],
        freight_usd_t=figures["freight_usd_t"],
        days=figures["days"],
        rate_share=figures["rate_share"],
        specific_usd_t=figures["specific_usd_t"],
        insurance_share=sale.case.parameter("insurance_share"),
        time_cost_share_day=float(sale.row["time_cost_share_day"]),
        loss_share_day=float(sale.row["loss_share_day"] or 0.0),
        lacks="; ".join(lacks),
    )


def _number(value: Any, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def _origin(case: Case, text: str) -> str:
    """Code of an origin as somebody wrote it, by the case's countries first; a seller that is no country stays."""
    plain = text.strip()
    for code in case["countries"]["country"]:
        if plain.lower() in (code.lower(), case.country_name(code).lower()):
            return str(code)
    return country_code(plain) or plain


def _store_rivals(store: str, sale: _Sale, most: int = 8) -> tuple[list[PricedOffer], Note]:
    """Unit values of the importer's purchases from others, the largest sellers of the latest year."""
    importer, code = sale.importer, str(sale.row["hs_code"])[:6]
    with open_store(store) as opened:
        selection = Selection(importer=(importer,), product=(code,), frequency=("A",))
        by = ["exporter", "period", "valuation", "reporter_side"]
        rows = query(opened, selection, by=by).table
    rows = rows.filter(
        (pl.col("weight_kg") > 0) & ~pl.col("exporter").is_in([sale.exporter, importer, "WLD"])
    )
    known = {seller for seller in rows["exporter"].unique() if country_code(seller) is not None}
    rows = rows.filter(pl.col("exporter").is_in(known))  # groups of countries hold the rivals once more
    if rows.is_empty():
        return [], note("compete.no_purchases", store=store, hs_code=code, importer=importer)
    latest = rows["period"].max()
    rows = rows.filter(pl.col("period") == latest).sort("value_usd", "exporter", descending=[True, False])
    chosen = rows.unique(subset=["exporter"], keep="first", maintain_order=True).head(most)
    offers = [_store_rival(found, sale) for found in chosen.iter_rows(named=True)]
    return offers, note(
        "compete.unit_values", importer=importer, hs_code=code, period=str(chosen["period"][0])
    )


def _store_rival(found: Mapping[str, Any], sale: _Sale) -> PricedOffer:
    cif = found["valuation"] == "cif"
    seen = 1000.0 * float(found["value_usd"]) / float(found["weight_kg"])
    price, indexed = sale.facts.brought(seen, int(str(found["period"])[:4]), sale.row)
    brought = f", brought to {sale.facts.year()}" if indexed else ""
    given = {
        "origin": found["exporter"],
        "way": f"unit value {found['period']}, {found['valuation']}{brought}",
        "price_usd_t": price,
        "freight_usd_t": 0.0 if cif else None,
        "days": None,
        "rate_share": None,
        "specific_usd_t": None,
    }
    offer = _rival(given, sale)
    # A CIF value holds freight and insurance already.
    return replace(offer, insurance_share=0.0, basis="computed") if cif else offer


def parse_rivals(texts: Sequence[str]) -> list[dict[str, object]]:
    """Rivals typed as ORIGIN:PRICE[:FREIGHT[:DAYS]].

    Raises
    ------
    InvalidInput
        A text does not have that form.
    """
    rows: list[dict[str, object]] = []
    for text in texts:
        parts = text.split(":")
        try:
            numbers = [float(p) for p in parts[1:]]
        except ValueError:
            numbers = []
        if not 1 <= len(numbers) <= 3 or not parts[0]:
            raise InvalidInput(
                f"{text!r} is no rival.", "", "write ORIGIN:PRICE:FREIGHT:DAYS, such as IND:640:55:12."
            )
        names = ("price_usd_t", "freight_usd_t", "days")
        rows.append({"origin": parts[0], **dict(zip(names, numbers, strict=False))})
    return rows
