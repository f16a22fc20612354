"""The route planner: routes of a shipment ranked, their days and money as pictures, and one of them in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from karwan.amounts import number, percent
from karwan.analysis.contract import Result
from karwan.exports import json_text
from karwan.notes import note
from karwan.report.answer_tables import result_block
from karwan.report.blocks import Block, Figure, Prose
from karwan.report.charts.offers import draw_offer_days, draw_offer_money, with_colours
from karwan.report.text import clean
from karwan.schema.results import result_table
from karwan.web.answers.generic import asked, form_of
from karwan.web.answers.maps import map_part, way_lines, way_nodes
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences

ONE_ROUTE = (
    ("stages", "route_stages", "Stages, in order"),
    ("paid", "route_paid", "What is paid"),
    ("carriers", "route_carriers", "Who can carry each leg"),
    ("papers", "route_papers", "Papers, by who asks for them"),
    ("guarantees", "route_guarantees", "Guarantees in customs transit"),
    ("lateness", "route_lateness", "What makes it late"),
    ("queues", "route_queues", "Queues at its crossings"),
)
MAIN = ("from", "to", "product", "tonnes", "depart", "avoid", "via", "open", "promise")


def planner(asking: Asking) -> Page:
    """The page of `karwan route`."""
    analysis, result = asked(asking)
    offers = with_colours(result.tables["routes"], asking.project.case["corridors"])
    chosen = chosen_route(asking, offers)
    promise = result.meta["promise_days"]
    strips = draw_offer_days(offers, "days", say(note("page.route_days")), chosen=chosen, promise=promise)
    money = draw_offer_money(offers, "money", say(note("page.route_money")), chosen=chosen)
    return Page(
        title=say(note("page.route_title")),
        lead=asked_words(result),
        parts={
            "map": _map(asking, result, chosen),
            "offers": [_offer(row, chosen) for row in offers.iter_rows(named=True)],
            "days": Figure(
                "f-days", say(note("page.route_days")), say(note("page.route_days_caption")), "days", strips
            ),
            "money": Figure(
                "f-money",
                say(note("page.route_money")),
                say(note("page.route_money_caption")),
                "USD and days",
                money,
            ),
            "missing": list(_missing(result)),
            "chosen": _name(offers, chosen),
            "one": list(_one_route(asking, result, chosen)),
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences(result.notes),
        geojson=lambda: json_text(route_features(asking, result, chosen)).encode(),
    )


def route_features(asking: Asking, result: Result, chosen: int) -> dict[str, Any]:
    """The chosen route as GeoJSON: one line a run of one mode, straight between the places of the case."""
    stages = result.tables["stages"].filter(pl.col("route") == chosen)
    lines = way_lines(asking.project.case, stages)
    features = [
        {
            "type": "Feature",
            "properties": {"route": chosen, "part": row["seq"], "mode": row["mode"]},
            "geometry": {
                "type": "LineString",
                "coordinates": [list(at) for at in zip(row["lons"], row["lats"], strict=True)],
            },
        }
        for row in lines.iter_rows(named=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _map(asking: Asking, result: Result, chosen: int) -> dict[str, Any]:
    """The map with the chosen route in black."""
    stages = result.tables["stages"].filter(pl.col("route") == chosen)
    case = asking.project.case
    return map_part(asking, way_lines(case, stages), way_nodes(case, stages))


def asked_words(result: Result) -> str:
    """What was asked: from where to where, what, and when."""
    meta = result.meta
    load = meta["shipment"]
    return say(
        note(
            "route.asked",
            origin=meta["origin"]["name"],
            destination=meta["destination"]["name"],
            tonnes=load["tonnes"],
            product=load["name"],
            units=load["units"],
            departure=meta["departure"],
        )
    )


def chosen_route(asking: Asking, offers: pl.DataFrame) -> int:
    """Number of the route the address names, the first otherwise."""
    text = asking.value("route", "1")
    known = offers["route"].to_list()
    return int(text) if text.isdigit() and int(text) in known else int(known[0])


def _name(offers: pl.DataFrame, chosen: int) -> dict[str, Any]:
    row = offers.filter(pl.col("route") == chosen).row(0, named=True)
    return {"route": chosen, "name": clean(row["name"], 120)}


def _offer(row: Mapping[str, Any], chosen: int) -> dict[str, Any]:
    """One route of the list, its figures as texts."""
    facts = [
        f"{number(row['days_p50'], 1)} days, late (P95) {number(row['days_p95'], 1)}",
        f"{number(row['co2_kg'])} kg CO2e",
        f"landed {number(row['landed_usd_t'])} USD/t",
        f"{row['crossings']} border{'' if row['crossings'] == 1 else 's'}",
        f"{number(row['km'])} km",
    ]
    return {
        "route": row["route"],
        "name": clean(row["name"], 160),
        "colour": row["colour"],
        "usd": f"USD {number(row['usd'])}",
        "facts": facts,
        "assumed": f"{percent(row['assumed_share'])} assumed",
        "on_time": "" if row["on_time_share"] is None else f"on time {percent(row['on_time_share'])}",
        "share": "" if row["share"] is None else f"{percent(row['share'])} of shippers",
        "listed": row["status"] == "listed",
        "chosen": row["route"] == chosen,
    }


def _missing(result: Result) -> Iterator[dict[str, Any]]:
    """Named corridors without a route, why, and what is shut on them."""
    shut = result.tables["closed"]
    for row in result.tables["corridors"].iter_rows(named=True):
        if row["route"] is not None:
            continue
        places = [
            one["place"]
            for one in shut.iter_rows(named=True)
            if f"corridor {row['corridor_id']}" in (one["touches"] or ())
            and one["kind"] == "closed"
            and not one["set_aside"]
        ]
        yield {"corridor": clean(row["corridor"]), "reason": clean(row["reason"], 600), "open": places}


def _one_route(asking: Asking, result: Result, chosen: int) -> Iterator[Block]:
    for key, declared, title in ONE_ROUTE:
        table = result.tables[key].filter(pl.col("route") == chosen)
        if key == "lateness":
            table = table.filter(pl.col("share") >= 0.01).sort("share", descending=True)
        rows = result_table(declared)
        if table.height:
            yield result_block(
                rows, key, title, table, asking.notes, without=("route", "place_id", "crossing_id")
            )
        else:
            yield Prose((say(note("page.nothing", what=title)),))
