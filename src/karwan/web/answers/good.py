"""One good: verdict, both reports of its trade and what it probably was, rivals and break-even freight, papers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from karwan.amounts import NONE, usd
from karwan.analysis.contract import Result
from karwan.analysis.registry import BY_NAME
from karwan.analysis.requests import RouteRequest
from karwan.analysis.trade_requests import CompeteRequest, GoodsRequest, MirrorRequest
from karwan.case import Case
from karwan.errors import KarwanError
from karwan.notes import note
from karwan.report.answer_tables import answer_tables, result_block
from karwan.report.blocks import Block, Column, Missing, Table, cell
from karwan.report.text import clean, day
from karwan.schema.results import result_table
from karwan.transport.shipment import find_product
from karwan.web.answers.generic import case_name, computed, form_of, shown, usual_values
from karwan.web.answers.goods import goods_table
from karwan.web.answers.page import Asking, Page
from karwan.web.forms import read_request
from karwan.words import say, sentences

Row = dict[str, Any]


def answer(asking: Asking) -> Page:
    """The page of one good; its files are those of `karwan trade compete`.

    Raises
    ------
    UnknownName
        The case has no such good.
    """
    product = dict(find_product(asking.project.case["products"], asking.ids["id"]))
    known = str(product["product_id"])
    asking = replace(asking, query={**asking.query, "product": [known]})
    goods = computed(asking.project, BY_NAME["trade goods"], GoodsRequest(as_of=_day(asking)))
    own = goods.tables["goods"].filter(pl.col("product_id") == known)
    offers, found = _offers(asking, known)
    verdict = replace(goods_table(asking, own), caption=say(note("page.good_verdict")))
    blocks: list[Block] = [
        verdict,
        *offers,
        *_reports(asking, product),
        *_papers(asking, product),
    ]
    return Page(
        title=clean(product["name"], 120),
        lead=say(note("page.good_lead", hs_code=product["hs_code"], exporter=product["exporter"])),
        parts={"tables": blocks},
        form=[one for one in form_of(asking) if one.name != "product"],
        result=found,
        declared={key: BY_NAME["trade compete"].table_of(key) for key in found.tables} if found else {},
        notes=sentences([*found.notes, *found.alerts]) if found else (),
    )


def _day(asking: Asking) -> Any:
    return asking.as_of if asking.value("as_of") else None


def _offers(asking: Asking, product: str) -> tuple[list[Block], Result | None]:
    """Landed price by corridor against rivals with the freight at which they are equal; why not where no corridor reaches the buyer."""
    analysis = BY_NAME["trade compete"]
    request: CompeteRequest = read_request(
        analysis.request, asking.query, usual_values(asking.project.case, analysis.name)
    )
    if request.day is None:
        request = replace(request, day=_day(asking))
    try:
        result = computed(asking.project, analysis, request)
    except KarwanError as error:
        return [Missing(say(note("page.good_offers")), f"{error.fact} {error.evidence}")], None
    tables = answer_tables(analysis, shown(analysis, result), asking.notes)
    return [replace(tables[0], caption=say(note("page.good_offers"))), *tables[1:]], result


def _reports(asking: Asking, product: Row) -> list[Block]:
    """What the case's sources report of the good, and both sides' reports in the trade store with what the trade probably was."""
    blocks = [one for one in (_published(asking, product), _mirrored(asking, product)) if one is not None]
    title = say(note("page.good_reports"))
    return blocks or [Missing(title, say(note("page.good_no_reports", hs_code=product["hs_code"])))]


def _published(asking: Asking, product: Row) -> Block | None:
    """Rows of `flows.csv` about the good."""
    flows = asking.project.case["flows"].filter(pl.col("product_id") == product["product_id"])
    if flows.is_empty():
        return None
    heads = (
        Column("Says"),
        Column("Kind"),
        Column("From"),
        Column("To"),
        Column("Value", "USD", right=True),
        Column("Quantity", "t", right=True),
        Column("Note", share=3.0),
    )
    rows = tuple(
        (
            cell(row["reporter"], row=row, notes=asking.notes.of(row["source_id"])),
            cell(f"{row['value_kind']}, {row['claimed']}"),
            cell(day(row["period_start"])),
            cell(day(row["period_end"])),
            cell(usd(row["value_usd"])),
            cell(usd(row["quantity_t"])),
            cell(clean(row["note"], 300) or NONE),
        )
        for row in flows.sort("period_end", descending=True).iter_rows(named=True)
    )
    return Table("published", say(note("page.good_published")), heads, rows)


def _mirrored(asking: Asking, product: Row) -> Block | None:
    """Both reports of the good in the store, their ratio and what the trade probably was; None without a store that has them."""
    if asking.project.store is None:
        return None
    settings = asking.project.case.settings
    code = str(product["hs_code"])
    request = MirrorRequest(settings.party_a, settings.party_b, level=len(code))
    try:
        result = computed(asking.project, BY_NAME["trade mirror"], request)
    except KarwanError:
        return None
    analysis = BY_NAME["trade mirror"]
    for key, table in result.tables.items():
        if "product" in table.columns and "low_usd" in table.columns:
            own = table.filter(pl.col("product") == code)
            rows = result_table(analysis.table_of(key))
            if own.height:
                return result_block(rows, "reports", say(note("page.good_reports")), own, asking.notes)
    return None


def _papers(asking: Asking, product: Row) -> list[Block]:
    """Papers of the good on the route ranked first, from where it is made to the other side."""
    case = asking.project.case
    if not (case.settings.origins and case.settings.destinations):
        return [Missing(say(note("page.papers")), say(note("page.nothing", what=say(note("page.papers")))))]
    request = _route(case, product, asking)
    try:
        result = computed(asking.project, BY_NAME["route"], request)
    except KarwanError as error:
        return [Missing(say(note("page.papers")), f"{error.fact} {error.evidence}")]
    papers = result.tables["papers"].filter(pl.col("route") == 1)
    name = clean(result.tables["routes"]["name"][0], 160)
    title = say(note("page.good_papers", name=name))
    if papers.is_empty():
        return [Missing(title, say(note("page.nothing", what=say(note("page.papers")))))]
    without = ("route", "place_id", "crossing_id")
    return [
        result_block(result_table("route_papers"), "papers", title, papers, asking.notes, without=without)
    ]


def _route(case: Case, product: Row, asking: Asking) -> RouteRequest:
    """The route asked of the planner for the good: from where it is made, else the first origin of its direction."""
    settings = case.settings
    starts, ends = settings.origins, settings.destinations
    if product["exporter"] != settings.party_a:
        starts, ends = ends, starts
    origin = product.get("origin_id") or starts[0]
    return RouteRequest(
        origin=case_name(case, (origin,)),
        destination=case_name(case, ends[:1]),
        product=str(product["product_id"]),
        tonnes=settings.load_t,
        departure=asking.as_of,
    )
