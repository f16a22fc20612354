"""Competitiveness of a case's product: its corridors' landed prices against rivals from a table or the trade
store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from karwan.amounts import percent
from karwan.analysis.observed import with_names
from karwan.appraisal.competitiveness import Offer, compare_offers
from karwan.case.case import Case
from karwan.errors import InvalidInput
from karwan.store.country_codes import country_code
from karwan.store.frame import read_frame, with_numbers, with_texts
from karwan.transport.corridor import ABSENT, corridor_route
from karwan.transport.duty import Duty, find_duty
from karwan.transport.network import NetworkRequest, build_network, worst_basis
from karwan.transport.route import assumed_share
from karwan.transport.shipment import find_product, make_shipment

RIVAL_COLUMNS = {
    "origin": (pl.String, None),
    "way": (pl.String, ""),
    "price_usd_t": (pl.Float64, None),
    "freight_usd_t": (pl.Float64, 0.0),
    "days": (pl.Float64, 0.0),
    "rate_share": (pl.Float64, None),
    "specific_usd_t": (pl.Float64, None),
}


DOMESTIC = Duty(0.0, 0.0, "none on the country's own goods", "computed", "", True)


@dataclass(frozen=True)
class CompetitivenessAnswer:
    """Table of `compare_offers`, and notes on what stands behind it."""

    table: pl.DataFrame
    notes: tuple[str, ...]


def find_competitiveness(
    case: Case,
    product: str,
    *,
    day: date,
    typed: Sequence[dict[str, object]] = (),
    rivals: Path | None = None,
    store: str | None = None,
    origin: str | None = None,
    destination: str | None = None,
    tonnes: float | None = None,
) -> CompetitivenessAnswer:
    """Landed price of a product over every corridor against its rivals.

    Parameters
    ----------
    case, product
        Case, and product id, HS code or name; its exporter decides the direction.
    day
        Day of departure: what is shut on it is marked in the way.
    typed
        Rivals as rows with the columns of the CSV.
    rivals
        CSV with origin, price_usd_t and, optionally, way, freight_usd_t, days, rate_share, specific_usd_t. A
        rate left blank is the case's
        duty on that origin.
    store
        Trade store: unit values of what the importer buys of the product's HS code from others.
    origin, destination
        Node ids; by default the case's first of each.
    tonnes
        Load; by default the case's.

    Raises
    ------
    UnknownName
        No such product.
    InvalidInput
        No corridor reaches the destination, or the rivals' table cannot be used.
    """
    row = find_product(case["products"], product)
    exporter = str(row["exporter"])
    settings = case.settings
    forward = exporter == settings.party_a
    importer = settings.party_b if forward else settings.party_a
    starts, ends = settings.origins, settings.destinations
    if not forward:
        starts, ends = ends, starts
    blank = dict.fromkeys(RIVAL_COLUMNS)
    others = [_rival({**blank, **given}, case, row, importer) for given in typed]
    notes: list[str] = []
    if rivals is not None:
        others += _table_rivals(rivals, case, row, importer)
    if store is not None:
        found, note = _store_rivals(store, case, row, importer, exporter)
        others += found
        notes.append(note)
    own = _own_offers(
        case,
        row,
        origin or starts[0],
        destination or ends[0],
        day,
        tonnes or settings.load_t,
        importer,
        not forward,
    )
    if not others:
        notes.append(
            "No rival prices were given, so there is no break-even: give --rival ORIGIN:PRICE:FREIGHT:DAYS, "
            "--rivals FILE, or --store FILE with flows that carry weights "
            "(`karwan trade ingest baci FILE --store trade.duckdb`)."
        )
    if any(rival.origin == importer for rival in others):
        notes.append(f"Goods of {importer} itself pay no import duty.")
    duty = find_duty(case["tariffs"], str(row["product_id"]), importer, exporter)
    notes.append(
        f"{row['name']}, HS {row['hs_code']}, {origin or starts[0]} to {destination or ends[0]}, {day}, "
        f"{tonnes or settings.load_t:g} t a load; price at origin of {row['price_year']}; duty {duty.text}."
    )
    return CompetitivenessAnswer(compare_offers(own, others), tuple(notes))


def _own_offers(
    case: Case,
    row: dict[str, object],
    origin: str,
    destination: str,
    day: date,
    tonnes: float,
    importer: str,
    backward: bool,
) -> list[Offer]:
    exporter = str(row["exporter"])
    shipment = make_shipment(case["products"], str(row["product_id"]), tonnes)
    network = build_network(case.tables, NetworkRequest(exporter, importer, shipment.form, day))
    duty = find_duty(case["tariffs"], shipment.product_id, importer, exporter)
    names = dict(case["nodes"].select("node_id", "name").iter_rows())
    offers = []
    for corridor in case["corridors"].sort("rank").iter_rows(named=True):
        found = corridor_route(network, shipment, corridor, origin, destination, backward=backward)
        if found.status == ABSENT or found.route is None:
            continue
        shut = f" (shut: {with_names(found.reason, names)})" if found.reason else ""
        lacks = [] if duty.known else ["the duty on this origin"]
        lacks += [f"{percent(assumed_share(found.route))} of hours and money are assumed"]
        offers.append(
            Offer(
                origin=exporter,
                way=f"{corridor['name']}{shut}",
                price_usd_t=shipment.price_usd_t,
                freight_usd_t=found.route.usd / shipment.tonnes,
                days=found.route.days,
                rate_share=duty.rate_share,
                specific_usd_t=duty.specific_usd_t,
                insurance_share=case.parameter("insurance_share"),
                time_cost_share_day=shipment.time_cost_share_day,
                loss_share_day=shipment.loss_share_day,
                lacks="; ".join(lacks),
                basis=worst_basis(
                    str(row["basis"]),
                    duty.basis,
                    *(b for s in found.route.stages for b in (s.basis_usd, s.basis_hours)),
                ),
            )
        )
    if not offers:
        raise InvalidInput(
            f"No corridor of the case joins {origin} and {destination} for {row['name']}.",
            "",
            "name other places.",
        )
    return offers


def _table_rivals(path: Path, case: Case, row: dict[str, object], importer: str) -> list[Offer]:
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
    return [_rival(r, case, row, importer) for r in frame.iter_rows(named=True)]


def _rival(given: dict[str, object], case: Case, row: dict[str, object], importer: str) -> Offer:
    origin = _origin(case, str(given["origin"]))
    domestic = origin == importer
    duty = DOMESTIC if domestic else find_duty(case["tariffs"], str(row["product_id"]), importer, origin)
    lacks = [n for n in ("freight_usd_t", "days") if given[n] is None]
    if domestic:  # what a table says of a duty on imports does not hold for the country's own goods
        given = {**given, "rate_share": None, "specific_usd_t": None}
    own_rate = given["rate_share"] is not None
    lacks += [] if own_rate or duty.known else ["the duty on this origin"]

    def number(name: str, otherwise: float) -> float:
        value = given[name]
        return otherwise if value is None else float(value)  # type: ignore[arg-type]

    return Offer(
        origin=origin,
        way=str(given["way"] or ""),
        price_usd_t=number("price_usd_t", 0.0),
        freight_usd_t=number("freight_usd_t", 0.0),
        days=number("days", 0.0),
        rate_share=number("rate_share", duty.rate_share),
        specific_usd_t=number("specific_usd_t", 0.0 if own_rate else duty.specific_usd_t),
        insurance_share=case.parameter("insurance_share"),
        time_cost_share_day=float(row["time_cost_share_day"]),  # type: ignore[arg-type]
        loss_share_day=float(row["loss_share_day"] or 0.0),  # type: ignore[arg-type]
        lacks="; ".join(lacks),
    )


def _origin(case: Case, text: str) -> str:
    """Code of an origin as somebody wrote it, by the case's countries first; a seller that is no country stays."""
    plain = text.strip()
    for code in case["countries"]["country"]:
        if plain.lower() in (code.lower(), case.country_name(code).lower()):
            return str(code)
    return country_code(plain) or plain


def _store_rivals(
    store: str, case: Case, row: dict[str, object], importer: str, exporter: str, most: int = 8
) -> tuple[list[Offer], str]:
    """Unit values of the importer's purchases from others, the largest sellers of the latest year."""
    from karwan import store as trade_store
    from karwan.store.query import Selection

    code = str(row["hs_code"])
    with trade_store.open_store(store) as opened:
        selection = Selection(importer=(importer,), product=(code[:6],), frequency=("A",))
        by = ["exporter", "period", "valuation", "reporter_side"]
        rows = trade_store.query(opened, selection, by=by).table
    rows = rows.filter((pl.col("weight_kg") > 0) & ~pl.col("exporter").is_in([exporter, importer, "WLD"]))
    known = {code for code in rows["exporter"].unique() if country_code(code) is not None}
    rows = rows.filter(pl.col("exporter").is_in(known))  # groups of countries hold the rivals once more
    if rows.is_empty():
        return [], f"The store {store} has no purchases of HS {code[:6]} by {importer} with weights."
    latest = rows["period"].max()
    rows = rows.filter(pl.col("period") == latest).sort("value_usd", "exporter", descending=[True, False])
    chosen = rows.unique(subset=["exporter"], keep="first", maintain_order=True).head(most)
    offers = [_store_rival(r, case, row, importer) for r in chosen.iter_rows(named=True)]
    what = f"{importer}'s purchases of HS {code[:6]} in {chosen['period'][0]}"
    return offers, f"Rivals' prices are unit values of {what}: mixtures of qualities."


def _store_rival(found: dict[str, object], case: Case, row: dict[str, object], importer: str) -> Offer:
    cif = found["valuation"] == "cif"
    given = {
        "origin": found["exporter"],
        "way": f"unit value {found['period']}, {found['valuation']}",
        "price_usd_t": 1000.0 * float(found["value_usd"]) / float(found["weight_kg"]),  # type: ignore[arg-type]
        "freight_usd_t": 0.0 if cif else None,
        "days": None,
        "rate_share": None,
        "specific_usd_t": None,
    }
    offer = _rival(given, case, row, importer)
    # A CIF value holds freight and insurance already.
    return Offer(**{**vars(offer), "insurance_share": 0.0, "basis": "computed"}) if cif else offer


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
